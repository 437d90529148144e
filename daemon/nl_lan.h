/* What the kernel has about an interface that is not ours. */
#ifndef DAEMON_NL_LAN_H
#define DAEMON_NL_LAN_H

#include "daemon/nl.h"

/*
 * Into e->lan, but for name and flushed; the networks in order.  Its index, 0
 * where there is none.
 */
unsigned	nl_lan_state(struct nl *, const char *name,
		    struct kern_event *e);
/* The link that an event about a link or an address concerns; 0: none. */
unsigned	nl_lan_event(const struct nlmsghdr *);
/* The network that an address message of this interface has. */
bool		nl_lan_net(const struct nlmsghdr *, unsigned ifindex,
		    struct prefix *);

#endif
