/*
 * IKE's sockets in the engine: read in batches, those of peers before those of
 * strangers, and told by a program (sieve.h) which datagram belongs where.
 */
#ifndef DAEMON_PORTS_H
#define DAEMON_PORTS_H

#include "daemon/engine.h"
#include "daemon/udp.h"
#include "gw/gw.h"

#define PORTS_SOCKETS	(ENGINE_UDP_N * SIEVE_CLASSES)

struct ports {
	const struct engine_boot *boot;
	struct gw	*gw;
	struct udp_in	*in;
	struct udp_out	 out;
	unsigned	 left[PORTS_SOCKETS];	/* batches to be read, this turn */
	uint32_t	 key[4];	/* of the sieves */
	uint32_t	 peers_seen;	/* gw_peers_changed() of the sieves */
	struct instant	 sieve_at;	/* not before */
	struct instant	 count_at;	/* likewise */
	uint32_t	 dropped[PORTS_SOCKETS];	/* as the kernel counts */
	struct gw_drops	 drops;
};

/* Puts the sockets into the poller.  0 or -errno. */
int		ports_init(struct ports *, const struct engine_boot *,
		    struct gw *, int ep);
void		ports_fini(struct ports *);
/* That socket, by the number it has in the poller, can be read. */
void		ports_ready(struct ports *, uint32_t number);
/*
 * Gives the gateway one batch; peers first.  False: nothing is left to be read
 * in this turn.
 */
bool		ports_read(struct ports *);
/* Takes the datagram's octets over, to be sent with the next ones. */
void		ports_send(struct ports *, struct gw_out *);
/* Now. */
void		ports_flush(struct ports *);
/* New sieves when the peers are others; what was dropped, to the gateway. */
void		ports_tick(struct ports *, struct instant now);
struct instant	ports_deadline(const struct ports *);

#endif
