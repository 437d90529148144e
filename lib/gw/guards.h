/*
 * Guards: unreachable routes, worse than any other of their prefix, for what
 * has to go through tunnels, so that without one it does not go in clear.
 */
#ifndef GW_GUARDS_H
#define GW_GUARDS_H

#include "gw/inner.h"

/* As the configuration has them; what is different is asked for. */
void		guards_converge(struct gw *);
void		guards_fini(struct gw *);
/* All is stated again; or the one of this prefix, if there is one. */
void		guards_restate(struct gw *);
void		guards_changed(struct gw *, uint32_t table,
		    const struct prefix *);
/* The answer to one of our KERN_ROUTE_SET or KERN_ROUTE_DEL. */
void		guards_answer(struct gw *, struct instant,
		    const struct kern_event *);
void		guards_tick(struct gw *, struct instant);

#endif
