/*
 * BFD of a tunnel (RFC 5880, RFC 5882): its session and sockets, and whether
 * the tunnel may carry traffic by what they find.
 */
#ifndef GW_WATCH_H
#define GW_WATCH_H

#include "gw/inner.h"

/*
 * path: packets can get through as far as the lower layers know; wanted: and
 * they should.  Otherwise the peer is told that it ends, if it can be.
 */
void		watch_settle(struct gw_tunnel *, struct instant, bool path,
		    bool wanted);
/* The configuration is another one. */
void		watch_change(struct gw_tunnel *, struct instant);
/* With another gateway, which knows nothing of the session. */
void		watch_moved(struct gw_tunnel *, struct instant);
void		watch_fini(struct gw_tunnel *);
/* Its sockets are asked for again: answers were lost. */
void		watch_restate(struct gw_tunnel *);
/* Answer to KERN_BFD_LISTEN or KERN_BFD_CONNECT for tunnel; false: failed. */
bool		watch_opened(struct gw *, uint32_t tunnel, bool ok);
/*
 * False: the path is broken, or strict and not known to be whole; why says
 * which, and may be NULL.
 */
bool		watch_allows(const struct gw_tunnel *, struct reason *why);
/* Everything that the core has put out; false: nothing. */
bool		watch_pump(struct gw *, struct instant);

#endif
