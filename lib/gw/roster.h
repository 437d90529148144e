/* The list of tunnels, kept to what the configuration has. */
#ifndef GW_ROSTER_H
#define GW_ROSTER_H

#include "gw/creds.h"
#include "gw/inner.h"

/*
 * What is gone or changed begins to end, what is new begins, where nothing
 * that still ends is in its way: to be called again when that is over.
 */
void	roster_converge(struct gw *, struct instant);
/* Out of the list and the indices; the caller frees it. */
void	roster_leave(struct gw *, struct gw_tunnel *);
/* Those that stay use the new certificates; the old ones are freed. */
void	roster_renew(struct gw *, struct creds *old);

#endif
