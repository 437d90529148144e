/*
 * The engine's BFD sockets: two per tunnel that is watched, opened by the
 * monitor and bound to the tunnel's interface.
 */
#ifndef DAEMON_BFDS_H
#define DAEMON_BFDS_H

#include "gw/gw.h"
#include "util/map.h"

struct bfds {
	int		ep;		/* borrowed */
	struct gw	*gw;		/* borrowed */
	struct map	all;		/* tunnel -> struct bfd_pair */
};

void	bfds_init(struct bfds *, int ep, struct gw *);
void	bfds_fini(struct bfds *);
/* Takes the descriptor over: of what comes in, or of what goes out. */
void	bfds_open(struct bfds *, uint32_t tunnel, bool in, int fd);
void	bfds_close(struct bfds *, uint32_t tunnel);
/* What has come, some of it. */
void	bfds_read(struct bfds *, struct instant, uint32_t tunnel);
/* What has come for those that would be declared dead now. */
void	bfds_catch_up(struct bfds *, struct instant);
void	bfds_send(struct bfds *, uint32_t tunnel, struct bytes);

#endif
