/*
 * VPCs: interfaces that are no tunnels, as the kernel has them, and the ways
 * to the networks behind them.
 */
#ifndef GW_VPCS_H
#define GW_VPCS_H

#include "gw/inner.h"

/* What leads to a prefix; live: packets would get there. */
struct way {
	struct fib_hops	hops;		/* n 0: nothing, or the kernel's own */
	bool		live;
	bool		vpc;		/* it leads to one */
	bool		alone;		/* of one hop */
};

/* Interfaces of the configuration that are not known yet; after tables. */
void		vpcs_converge(struct gw *);
/* All routes of VPCs once more, after another configuration. */
void		vpcs_refill(struct gw *, struct instant,
		    const struct conf *old);
/* Those that nobody needs any more go. */
void		vpcs_bury(struct gw *);
void		vpcs_fini(struct gw *);
void		vpcs_restate(struct gw *);
/* The answer to KERN_LAN_SET; KERN_LAN_STATE. */
void		vpcs_answer(struct gw *, struct instant, uint32_t id,
		    const struct kern_event *);
void		vpcs_state(struct gw *, struct instant,
		    const struct kern_event *);
void		vpcs_tick(struct gw *, struct instant);
struct instant	vpcs_deadline(const struct gw *);

/* To a prefix of a VPC that propagates to the table; hops 0, dead: none. */
void		vpcs_way(const struct gw *, uint16_t table,
		    const struct prefix *, struct way *);
/* By the router of the VPC of this name. */
void		vpcs_router(const struct gw *, const char *vpc,
		    enum addr_family, struct way *);
/* The interface that a hop of the fib leads to; NULL: it is none. */
const struct gw_lan *vpcs_lan(const struct gw *, uint32_t hop);
const struct gw_lan *vpcs_lan_named(const struct gw *, const char *ifname);
/* Why packets do not get to it; "": they do. */
void		vpcs_why(const struct gw_lan *, struct reason *);

#endif
