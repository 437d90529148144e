/*
 * One tunnel: its interface, its IKE peer, its policies, its BGP neighbour and
 * its place in the forwarding table, converged to what is wanted.
 */
#ifndef GW_TUNNEL_H
#define GW_TUNNEL_H

#include "gw/inner.h"

/* NULL: no memory.  Nothing happens before the first tunnel_settle(). */
struct gw_tunnel *tunnel_new(struct gw *, struct instant, uint32_t id,
		    const struct conf_connection *, const struct conf_tunnel *);
/* It is described there, from now on; the whole is held. */
void		tunnel_conf(struct gw_tunnel *, struct instant,
		    struct conf *of, const struct conf_connection *,
		    const struct conf_tunnel *);
/* Its interface is stated again. */
void		tunnel_relink(struct gw_tunnel *);
/*
 * Certificates and what belongs to them may have changed: takes them from the
 * gateway's.  conf: how it is configured now, or NULL: not any more.
 */
void		tunnel_creds(struct gw_tunnel *, const struct conf_tunnel *);
void		tunnel_free(struct gw_tunnel *, struct instant);
/* Something about it changed: look at it when the event ends. */
void		tunnel_touch(struct gw_tunnel *);
void		tunnel_clean(struct gw_tunnel *);	/* it need not be */
/* Takes the next steps towards what is wanted; arms the timer. */
void		tunnel_settle(struct gw_tunnel *, struct instant);
void		tunnel_tick(struct gw_tunnel *, struct instant);
/* By an operator, or because the daemon ends. */
void		tunnel_admin(struct gw_tunnel *, struct instant, bool up);
/* From scratch, at once, as an operator wants it who says "up". */
void		tunnel_begin(struct gw_tunnel *, struct instant);
/* Its traffic moves away, then it ends in order: see upkeep.h. */
void		tunnel_replace(struct gw_tunnel *, struct instant);
/* The session with its neighbour is shut for this reason; "": it may be. */
void		tunnel_bgp_admin(struct gw_tunnel *, const char *shut);
/* Ends in order, then is freed by its gateway. */
void		tunnel_remove(struct gw_tunnel *, struct instant);
/* Is nothing left of it with the peer?  One that becomes so is touched. */
bool		tunnel_ended(const struct gw_tunnel *);
/* News from below. */
void		tunnel_ike_event(struct gw_tunnel *, struct instant,
		    const struct ike_out *);
void		tunnel_link_event(struct gw_tunnel *, struct instant,
		    const struct kern_event *);
/* The kernel refused to listen, a socket, a policy, or to move an SA. */
void		tunnel_refused(struct gw_tunnel *, struct instant,
		    enum kern_op_kind);
/* All of its kernel state is stated again (after KERN_OVERRUN). */
void		tunnel_restate(struct gw_tunnel *, struct instant);
/* The lowest layer that is down, and why. */
enum gw_layer	tunnel_layer(const struct gw_tunnel *, struct reason *why);
const char	*tunnel_layer_str(enum gw_layer);

#endif
