/*
 * The policy of the monitor: what an engine may ask for, should it ever be
 * somebody else's.  Every check answers 0 or an errno, and says why.
 */
#ifndef DAEMON_CHECK_H
#define DAEMON_CHECK_H

#include "daemon/monitor.h"

typedef int	check_fn(const struct monitor *, const struct kern_op *,
		    struct reason *);

check_fn	check_nothing;		/* carries no argument to judge */
check_fn	check_link_set, check_link_del, check_link_look;
check_fn	check_table_set, check_table_del;
check_fn	check_lan_set, check_lan_del;
check_fn	check_sa_add, check_sa_del, check_sa_path;
check_fn	check_policy_set, check_policy_del;
check_fn	check_nexthop_set, check_nexthop_del;
check_fn	check_group_set;
check_fn	check_route_set, check_route_del;
check_fn	check_listen, check_connect;
check_fn	check_auth;
check_fn	check_apply;

#endif
