/* The prefix store beneath the RIB; for rib*.c only. */
#ifndef BGP_RIB_NET_H
#define BGP_RIB_NET_H

#include "bgp/limit.h"
#include "bgp/rib.h"

void		rib_net_init(struct rib *);
void		rib_net_fini(struct rib *);
/* 0: no memory */
uint32_t	rib_add(struct rib *, uint16_t table, const struct prefix *);

#endif
