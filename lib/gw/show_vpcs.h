/* VPCs as JSON. */
#ifndef GW_SHOW_VPCS_H
#define GW_SHOW_VPCS_H

#include <jansson.h>

#include "gw/inner.h"

/* A new reference; NULL: no memory. */
json_t	*show_vpcs(const struct gw *);

#endif
