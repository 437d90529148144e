/* Nexthop objects, groups of them, and the routes that name them. */
#ifndef DAEMON_NL_ROUTE_H
#define DAEMON_NL_ROUTE_H

#include "daemon/nl.h"

/*
 * Into the queue, which must have room.  `replace` says that what stands
 * there is ours; otherwise the kernel refuses where something stands already.
 */
void		nl_nexthop_set(struct nlq *, const struct kern_nexthop *,
		    unsigned ifindex, bool replace, const struct nl_op *);
void		nl_group_set(struct nlq *, const struct kern_group *,
		    bool replace, const struct nl_op *);
void		nl_nexthop_del(struct nlq *, uint32_t id,
		    const struct nl_op *);
void		nl_route_set(struct nlq *, const struct kern_route *,
		    bool replace, const struct nl_op *);
/* Of its table, prefix and metric. */
void		nl_route_unreachable(struct nlq *, const struct kern_route *,
		    bool replace, const struct nl_op *);
void		nl_route_del(struct nlq *, const struct kern_route *,
		    const struct nl_op *);

/* The route as the kernel will show it. */
struct kern_route nl_route_normal(const struct kern_route *);

/*
 * The socket of events hears only of what others do to routes and nexthops of
 * ours; before any event was read.  False: errno.
 */
bool		nl_route_only_others(struct nl *);
/* One of those: either of them was touched; false: not ours. */
bool		nl_route_event(const struct nlmsghdr *, uint32_t *nexthop,
		    struct kern_route *);

/* Dumps of what is ours; false: not ours. */
int		nl_route_dump(struct nl *, int family, nl_each *, void *);
int		nl_nexthop_dump(struct nl *, nl_each *, void *);
bool		nl_route_parse(const struct nlmsghdr *, struct kern_route *);
bool		nl_nexthop_parse(const struct nlmsghdr *, uint32_t *id);
/* The interface that one leads through; 0: none, as of a group. */
unsigned	nl_nexthop_oif(const struct nlmsghdr *);

#endif
