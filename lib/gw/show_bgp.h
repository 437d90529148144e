/* BGP as JSON: neighbours, paths, and why a prefix is routed as it is. */
#ifndef GW_SHOW_BGP_H
#define GW_SHOW_BGP_H

#include <jansson.h>

#include "bgp/look.h"
#include "gw/inner.h"
#include "gw/neighbors.h"

/* A new reference each; NULL: no memory. */
json_t	*show_neighbor(const struct neighbor *);
/* Why one outside of tunnels is not up. */
json_t	*explain_neighbor(const struct neighbor *);
json_t	*show_path(const struct gw *, const struct prefix *,
	    const struct look_path *);
/* All candidates for the longest prefix that covers this one. */
json_t	*explain_route(const struct gw *, uint16_t table,
	    const struct prefix *);

#endif
