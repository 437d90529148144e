/* Route tables that the engine has stated, and how packets get there. */
#ifndef DAEMON_RTABLES_H
#define DAEMON_RTABLES_H

#include "gw/conf.h"

struct monitor;

/* Those of a configuration, and those of one before that still end. */
#define RTABLES_MAX	(4 * CONF_TABLES)

struct rtable {
	uint32_t	number;
	unsigned	vrf;		/* ifindex of its device; 0: rules */
	char		vrf_name[KERN_IFNAME_LEN];
};

struct rtables {
	struct rtable	v[RTABLES_MAX];
	unsigned	n;
};

struct rtable	*rtable_find(struct rtables *, uint32_t number);
/* KERN_TABLE_SET, KERN_TABLE_DEL. */
void		rtable_set(struct monitor *, const struct kern_op *);
void		rtable_del(struct monitor *, const struct kern_op *);
/* Before a sweep: what an engine before has stated and this one has not. */
void		rtables_prune(struct monitor *);
/*
 * Before an interface is made, and after: rules, and the VRF device that it
 * has to be in (0: none).  An errno, with the reason in text.
 */
int		rtable_join(struct monitor *, const struct kern_link *,
		    enum kern_link_kind, unsigned *vrf, char *text);
void		rtable_leave(struct monitor *, const struct kern_link *was,
		    const struct kern_link *is, bool by_rule);
/* A VRF device went: the engine has to know; NULL: it is none. */
const struct rtable *rtable_by_vrf(const struct rtables *, const char *name);

#endif
