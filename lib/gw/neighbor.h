/* A tunnel's BGP neighbour: where it may call, and a session begun anew. */
#ifndef GW_NEIGHBOR_H
#define GW_NEIGHBOR_H

#include "gw/inner.h"

/* The device, and how far segments may go or may have come. */
void	neighbor_conn(const struct gw_tunnel *, struct kern_conn *);
/* LISTEN or UNLISTEN on the tunnel's inside address. */
void	neighbor_listen(struct gw_tunnel *, enum kern_op_kind);
/* Somebody listens for this tunnel now: nobody is to, if it is gone. */
void	neighbor_listens(struct gw *, uint32_t tunnel);
/* Does a session of the one differ from one of the other? */
bool	neighbor_differs(const struct conf_tunnel *,
	    const struct conf_tunnel *);
/*
 * It does, and the tunnel has the new one: the session ends and begins anew,
 * what is below stays.
 */
void	neighbor_renew(struct gw_tunnel *, struct instant);
/* The first neighbour outside of tunnels has come, or the last one gone. */
void	neighbor_insiders(struct gw *, struct instant);

#endif
