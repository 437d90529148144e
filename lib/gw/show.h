/* The state of a gateway as JSON, for operators and scripts. */
#ifndef GW_SHOW_H
#define GW_SHOW_H

#include <jansson.h>

#include "gw/inner.h"

/* A new reference each; NULL: no memory. */
json_t	*show_tunnel(const struct gw_tunnel *);
/* Does a configuration wait to be confirmed, and until when? */
json_t	*show_apply(const struct gw *, struct instant now);
json_t	*show_route(const struct gw *, const struct fib_route *);
json_t	*show_text(const char *);
json_t	*show_time(int64_t wall);	/* "2026-01-31T12:00:00Z" */

#endif
