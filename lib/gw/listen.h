/* Where a tunnel's BGP neighbour may call, and the key that signs its TCP. */
#ifndef GW_LISTEN_H
#define GW_LISTEN_H

#include "gw/inner.h"

/* LISTEN or UNLISTEN on the tunnel's inside address. */
void	listen_set(struct gw_tunnel *, enum kern_op_kind);
/* Would TCP be signed otherwise, or with another key? */
bool	listen_differs(const struct conf_tunnel *, const struct conf_tunnel *);
/*
 * It is: the session ends and begins anew, the tunnel below stays.  A socket
 * that is open keeps what it was made with.
 */
void	listen_renew(struct gw_tunnel *, struct instant);

#endif
