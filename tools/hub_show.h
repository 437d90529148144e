/*
 * The hub's objects as AWS's API answers with them: its names of members, in
 * its capitals, so that filters that are written for it work.
 */
#ifndef TOOLS_HUB_SHOW_H
#define TOOLS_HUB_SHOW_H

#include <jansson.h>

#include "tools/hub_set.h"

/* CustomerGateway, VpnGateway or TransitGateway, TransitGatewayRouteTable. */
json_t		*hub_show_customer(const struct conf_customer *);
json_t		*hub_show_gateway(const struct conf_target *);
json_t		*hub_show_table(const struct conf *, const struct conf_table *);
/*
 * VpnConnection.  tunnels: what the daemon answers to "show", or NULL.  keys:
 * where pre-shared keys are, for PreSharedKey; NULL: without.
 */
json_t		*hub_show_connection(const struct conf *,
		    const struct conf_connection *, const json_t *tunnels,
		    const struct hub_set *keys);
/* ActiveVpnTunnelStatus of each tunnel of the connection, of all: NULL. */
json_t		*hub_show_status(const json_t *tunnels, const char *name);

#endif
