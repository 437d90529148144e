/* What vpnctl shows of tunnels and routes. */
#ifndef TOOLS_VIEW_H
#define TOOLS_VIEW_H

#include <jansson.h>

void	view_tunnels(const json_t *answer);	/* one line each */
void	view_tunnel(const json_t *answer);	/* all there is to know */
void	view_routes(const json_t *answer);
void	view_explain(const json_t *answer);	/* failures, both sides */

#endif
