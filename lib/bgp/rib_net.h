/* The prefix store beneath the RIB; for rib*.c only. */
#ifndef BGP_RIB_NET_H
#define BGP_RIB_NET_H

#include "bgp/limit.h"
#include "bgp/rib.h"

void		rib_net_init(struct rib *);
void		rib_net_fini(struct rib *);
uint32_t	rib_add(struct rib *, const struct prefix *);	/* 0: memory */

#endif
