/* The list of tunnels, kept to what the configuration has. */
#ifndef GW_ROSTER_H
#define GW_ROSTER_H

#include "gw/creds.h"
#include "gw/inner.h"

/*
 * The configuration is a new one.  What is gone or changed begins to end; what
 * is new begins, unless something that still ends is in its way.
 */
void	roster_converge(struct gw *, struct instant);
/* One that has ended goes for good, and what waited for that begins. */
void	roster_bury(struct gw *, struct instant, struct gw_tunnel *);
/* Those that stay use the new certificates; the old ones are freed. */
void	roster_renew(struct gw *, struct creds *old);
void	roster_fini(struct gw *);

#endif
