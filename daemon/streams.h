/*
 * The engine's BGP connections: numbered by the gateway, carried by
 * descriptors that the monitor opened or that came in on its listeners.
 */
#ifndef DAEMON_STREAMS_H
#define DAEMON_STREAMS_H

#include "gw/gw.h"
#include "util/map.h"

struct streams {
	int		ep;		/* borrowed */
	struct gw	*gw;		/* borrowed */
	struct map	conns;		/* number -> struct stream */
	struct map	listeners;	/* tunnel -> struct stream */
};

void	streams_init(struct streams *, int ep, struct gw *);
void	streams_fini(struct streams *);
/* Takes the descriptor over. */
void	streams_add(struct streams *, uint32_t conn, int fd);
void	streams_listen(struct streams *, uint32_t tunnel, int fd);
void	streams_unlisten(struct streams *, uint32_t tunnel);
/* A listener has somebody at the door. */
void	streams_accept(struct streams *, struct instant, uint32_t tunnel);
void	streams_readable(struct streams *, struct instant, uint32_t conn);
/* There is room, or there are octets: send what can be sent. */
void	streams_send(struct streams *, struct instant, uint32_t conn);
/* To be closed once what waits is sent. */
void	streams_close(struct streams *, struct instant, uint32_t conn);

#endif
