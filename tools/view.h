/* What vpnctl shows of tunnels and routes. */
#ifndef TOOLS_VIEW_H
#define TOOLS_VIEW_H

#include <jansson.h>
#include <stdbool.h>

void	view_tunnels(const json_t *answer);	/* one line each */
/* That a configuration waits to be confirmed, where it does. */
void	view_apply(const json_t *answer);
void	view_tunnel(const json_t *answer);	/* all there is to know */
/* Some rows of a table, the first with the titles. */
void	view_routes(const json_t *rows, bool first);
void	view_tables(const json_t *answer);	/* one line each */
void	view_vpcs(const json_t *answer);	/* likewise */
void	view_counters(const json_t *rows, bool first);
void	view_paths(const json_t *rows, bool first);
void	view_neighbors(const json_t *answer);	/* one line each */
void	view_neighbor(const json_t *answer);	/* all there is to know */
/* One line each; of a single one all there is to know. */
void	view_bfd(const json_t *answer);
void	view_explain_route(const json_t *answer);
void	view_explain(const json_t *answer);	/* failures, both sides */

/* Times: "3m12s", and with the time itself before it. */
void	view_age(const json_t *, char *, size_t);
void	view_since(const json_t *, char *, size_t);

#endif
