/*
 * The engine's BGP connections: numbered by the gateway, carried by
 * descriptors that the monitor opened or that came in on its listeners.
 */
#ifndef DAEMON_STREAMS_H
#define DAEMON_STREAMS_H

#include "daemon/poller.h"
#include "gw/gw.h"
#include "util/map.h"

#define STREAMS_TURN	32768	/* octets in and out of all in one turn */

struct streams {
	int		ep;		/* borrowed */
	struct gw	*gw;		/* borrowed */
	struct map	conns;		/* number -> struct stream */
	struct map	listeners;	/* tunnel -> struct stream */
	size_t		left;		/* octets of this turn */
	unsigned	served;		/* events of this turn */
	uint32_t	last;		/* connection whose turn it was */
};

/* A new turn of the loop. */
void	streams_begin(struct streams *);
/*
 * Of these events the next of a connection: each has one turn, in the order of
 * their numbers, from where the last turn of the loop had to stop.  -1: all
 * had it, or too much was done already.
 */
int	streams_choose(struct streams *, const struct poller_event *, int n);

void	streams_init(struct streams *, int ep, struct gw *);
void	streams_fini(struct streams *);
/* Takes the descriptor over. */
void	streams_add(struct streams *, uint32_t conn, int fd);
void	streams_listen(struct streams *, uint32_t tunnel, int fd);
void	streams_unlisten(struct streams *, uint32_t tunnel);
/* A listener has somebody at the door. */
void	streams_accept(struct streams *, struct instant, uint32_t tunnel);
void	streams_readable(struct streams *, struct instant, uint32_t conn);
/* There is room, or there are octets: send some; the rest in later turns. */
void	streams_send(struct streams *, struct instant, uint32_t conn);
/* To be closed once what waits is sent. */
void	streams_close(struct streams *, struct instant, uint32_t conn);

#endif
