/* IKE's datagrams in batches, sent and received with both addresses known. */
#ifndef DAEMON_UDP_H
#define DAEMON_UDP_H

#include "util/addr.h"

#define UDP_BATCH	64	/* datagrams at most with one system call */

/* What one system call has brought. */
struct udp_in;

/* NULL: out of memory. */
struct udp_in	*udp_in_new(void);
void		udp_in_free(struct udp_in *);
/* How many came, 0 when none waits, or -errno.  What was there before goes. */
int		udp_recv(int fd, uint16_t local_port, struct udp_in *);
/* The nth of them: a view of its octets, until the next call. */
struct bytes	udp_in_get(const struct udp_in *, unsigned n, struct path *);

/* What waits to be sent on one socket.  All-zero: valid and empty. */
struct udp_out {
	int		fd;
	unsigned	n;
	struct {
		struct path	path;
		uint8_t		*data;	/* owned */
		size_t		n;
	}		v[UDP_BATCH];
};

/* Is there room for one more, for this socket? */
bool		udp_out_has_room(const struct udp_out *, int fd);
/* Takes data over; the source is path's local address.  Needs room. */
void		udp_out_put(struct udp_out *, int fd, const struct path *,
		    uint8_t *data, size_t n);
/*
 * Sends what waits: 0 when all of it has gone, or -errno of one that could not
 * go, with where it was to go: that one is dropped, and the rest still waits.
 */
int		udp_flush(struct udp_out *, struct endpoint *to);
void		udp_out_fini(struct udp_out *);

#endif
