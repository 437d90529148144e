/*
 * Why something is as it is, as JSON: what `vpnctl explain` shows.
 *
 *   { "name", "state", "layer", "reason", "since",
 *     "failure": { "code", "text", "at", "remedy",
 *                  "facts": [ { "name", "value" } ... ] } }
 *
 * "failure" is the last of IKE's, kept also while the tunnel is up.
 */
#ifndef GW_EXPLAIN_H
#define GW_EXPLAIN_H

#include <jansson.h>

#include "gw/inner.h"

/* A new reference each; NULL: no memory. */
json_t	*explain_tunnel(const struct gw_tunnel *);
/* An array of one: a stranger at this address, or what is known of it. */
json_t	*explain_address(const struct gw *, const struct addr *);

#endif
