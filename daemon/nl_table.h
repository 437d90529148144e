/* VRF devices, rules for interfaces, and unreachable default routes. */
#ifndef DAEMON_NL_TABLE_H
#define DAEMON_NL_TABLE_H

#include "daemon/nl.h"

/* A rule of ours: what comes in there is resolved in that table. */
struct nl_rule {
	enum addr_family family;
	char		ifname[KERN_IFNAME_LEN];
	uint32_t	table;
};

/*
 * Makes the VRF device be there and up; *ifindex.  An errno, with the reason
 * in text (of KERN_TEXT_LEN); EOPNOTSUPP: the kernel has none.
 */
int		nl_vrf_set(struct nl *, const struct kern_table *,
		    unsigned *ifindex, char *text);
/* The unreachable default route of last resort in a table. */
struct kern_route nl_last_resort(enum addr_family, uint32_t table);
/* Adds or deletes a rule; an errno, 0 also when it was (not) there already. */
int		nl_rule(struct nl *, const struct nl_rule *, bool add,
		    char *text);
/* Dumps of what is ours; false: not ours. */
int		nl_rule_dump(struct nl *, int family, nl_each *, void *);
bool		nl_rule_parse(const struct nlmsghdr *, struct nl_rule *);

#endif
