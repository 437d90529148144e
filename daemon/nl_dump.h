/* Reconciliation: what of ours is in the kernel against what was stated. */
#ifndef DAEMON_NL_DUMP_H
#define DAEMON_NL_DUMP_H

#include "daemon/nl.h"
#include "daemon/stated.h"

struct nl_removed {
	unsigned	links, sas, policies, nexthops, routes, rules;
};

/* Tells stated what of ours is there already; 0 or -errno. */
int		nl_found(struct nl *, struct stated *);
/* Deletes what of ours was not stated in this generation; 0 or -errno. */
int		nl_sweep(struct nl *, struct stated *, struct nl_removed *);
/* The same for all but nexthops and routes, which stay known. */
int		nl_sweep_but_routes(struct nl *, struct stated *,
		    struct nl_removed *);
/* Of the nexthops of one interface those that were not; 0 or -errno. */
int		nl_sweep_nexthops(struct nl *, struct stated *,
		    unsigned ifindex, struct nl_removed *);
/* Deletes all that is ours. */
int		nl_remove_ours(struct nl *, struct nl_removed *);

#endif
