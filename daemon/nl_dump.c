/*
 * Reconciliation.  Nothing is ever flushed: what is ours is told by its marks
 * (reqid or if_id in our range, alias, protocol number), read from the kernel
 * and compared with what was stated.  A walk reads all objects of one sort
 * first and deletes then, because a dump is not stable while its objects go.
 *
 * Nexthops come first: with a nexthop the kernel removes its routes, a
 * million of them in half a second; one by one that takes ten.
 */
#include "daemon/nl_dump.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/nl_link.h"
#include "daemon/nl_route.h"
#include "daemon/nl_table.h"
#include "daemon/nl_xfrm.h"
#include "util/array.h"

enum purpose {
	FIND,
	SWEEP,
	UNSTATED,		/* some of that, before all of it */
	REMOVE,
};

/* What it takes to delete one object. */
union item {
	struct kern_sa_id {
		uint32_t	spi, mark;
		struct addr	dst;
	} sa;
	struct kern_policy policy;
	uint32_t	nexthop;
	struct kern_route route;
	struct nl_rule	rule;
	char		link[KERN_IFNAME_LEN];
};

struct walk {
	struct nl	*nl;
	struct stated	*stated;
	enum purpose	purpose;
	unsigned	oif;		/* only nexthops of this one; 0: any */
	union item	*items;		/* to be deleted; owned */
	size_t		 n, cap;
	bool		 no_memory;
};

struct sort {
	int	(*read)(struct walk *);
	void	(*del)(struct walk *, const union item *);
	size_t	counter;		/* offset in struct nl_removed */
};

static bool
doomed(struct walk *w, uint64_t fp)
{
	switch (w->purpose) {
	case FIND:
		w->no_memory |= !stated_found(w->stated, fp);
		return false;
	case SWEEP:
		return !stated_keep(w->stated, fp);
	case UNSTATED:
		if (stated_has(w->stated, fp))
			return false;
		stated_unset(w->stated, fp);
		return true;
	case REMOVE:
		return true;
	}
	return false;
}

static void
doom(struct walk *w, const union item *item)
{
	union item *more;

	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 64 : w->cap * 2;
		more = realloc(w->items, w->cap * sizeof(*more));
		if (more == NULL) {
			w->cap = w->n;
			w->no_memory = true;
			return;
		}
		w->items = more;
	}
	w->items[w->n++] = *item;
}

static int
each_sa(const struct nlmsghdr *h, void *arg)
{
	struct walk *w = arg;
	union item item = { 0 };
	struct kern_sa sa;

	if (!nl_sa_parse(h, &sa) || !doomed(w, stated_sa(w->stated, &sa)))
		return 0;
	item.sa.spi = sa.spi;
	item.sa.dst = sa.dst;
	item.sa.mark = sa.mark_not_if_id ? sa.if_id : 0;
	doom(w, &item);
	return 0;
}

static int
each_policy(const struct nlmsghdr *h, void *arg)
{
	struct walk *w = arg;
	union item item = { 0 };

	if (nl_policy_parse(h, &item.policy) &&
	    doomed(w, stated_policy(w->stated, &item.policy)))
		doom(w, &item);
	return 0;
}

static int
each_nexthop(const struct nlmsghdr *h, void *arg)
{
	struct walk *w = arg;
	union item item = { 0 };

	if (nl_nexthop_parse(h, &item.nexthop) &&
	    (w->oif == 0 || nl_nexthop_oif(h) == w->oif) &&
	    doomed(w, stated_nexthop(w->stated, item.nexthop)))
		doom(w, &item);
	return 0;
}

static int
each_route(const struct nlmsghdr *h, void *arg)
{
	struct walk *w = arg;
	union item item = { 0 };

	if (nl_route_parse(h, &item.route) &&
	    doomed(w, stated_route(w->stated, &item.route)))
		doom(w, &item);
	return 0;
}

static int
each_rule(const struct nlmsghdr *h, void *arg)
{
	struct walk *w = arg;
	union item item = { 0 };

	if (nl_rule_parse(h, &item.rule) && doomed(w, stated_rule(w->stated,
	    item.rule.family == ADDR_IPV6, item.rule.ifname,
	    item.rule.table)))
		doom(w, &item);
	return 0;
}

static void
each_link(void *arg, const char *name)
{
	struct walk *w = arg;
	union item item = { 0 };

	if (!doomed(w, stated_link(w->stated, name)))
		return;
	memcpy(item.link, name, strnlen(name, sizeof(item.link) - 1));
	doom(w, &item);
}

static int
dump_xfrm(struct walk *w, uint16_t type, nl_each *each)
{
	_Alignas(8) uint8_t buf[64] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return nl_ask(w->nl->xfrm_ask, h, each, w, NULL);
}

static int
read_sas(struct walk *w)
{
	return dump_xfrm(w, XFRM_MSG_GETSA, each_sa);
}

static int
read_policies(struct walk *w)
{
	return dump_xfrm(w, XFRM_MSG_GETPOLICY, each_policy);
}

static int
read_nexthops(struct walk *w)
{
	return nl_nexthop_dump(w->nl, each_nexthop, w);
}

static int
read_routes(struct walk *w)
{
	int rc = nl_route_dump(w->nl, AF_INET, each_route, w);
	int rc6 = nl_route_dump(w->nl, AF_INET6, each_route, w);

	/* A kernel without IPv6 has no IPv6 routes. */
	return rc != 0 ? rc : rc6 == -EOPNOTSUPP ? 0 : rc6;
}

static int
read_rules(struct walk *w)
{
	int rc = nl_rule_dump(w->nl, AF_INET, each_rule, w);
	int rc6 = nl_rule_dump(w->nl, AF_INET6, each_rule, w);

	return rc != 0 ? rc : rc6 == -EOPNOTSUPP || rc6 == -EAFNOSUPPORT ? 0 :
	    rc6;
}

static int
read_links(struct walk *w)
{
	return nl_link_ours(w->nl, each_link, w);
}

static void
del_sa(struct walk *w, const union item *i)
{
	struct kern_sa sa = { .spi = i->sa.spi, .dst = i->sa.dst,
	    .if_id = i->sa.mark, .mark_not_if_id = i->sa.mark != 0 };

	nl_sa_del(w->nl->xfrm, &sa, &(struct nl_op){ 0 });
}

static void
del_policy(struct walk *w, const union item *i)
{
	nl_policy_del(w->nl->xfrm, &i->policy, &(struct nl_op){ 0 });
}

static void
del_nexthop(struct walk *w, const union item *i)
{
	nl_nexthop_del(w->nl->route, i->nexthop, &(struct nl_op){ 0 });
}

static void
del_route(struct walk *w, const union item *i)
{
	nl_route_del(w->nl->route, &i->route, &(struct nl_op){ 0 });
}

static void
del_rule(struct walk *w, const union item *i)
{
	char text[KERN_TEXT_LEN];

	nl_rule(w->nl, &i->rule, false, text);
}

static void
del_link(struct walk *w, const union item *i)
{
	char text[KERN_TEXT_LEN];

	nl_link_del(w->nl, i->link, text);
}

static const struct sort sorts[] = {
	{ read_nexthops, del_nexthop, offsetof(struct nl_removed, nexthops) },
	{ read_routes, del_route, offsetof(struct nl_removed, routes) },
	{ read_policies, del_policy, offsetof(struct nl_removed, policies) },
	{ read_sas, del_sa, offsetof(struct nl_removed, sas) },
	{ read_links, del_link, offsetof(struct nl_removed, links) },
	{ read_rules, del_rule, offsetof(struct nl_removed, rules) },
};

#define ROUTED	2		/* of them are about routes */

static void
flush(struct nl *nl)
{
	nlq_flush(nl->xfrm);
	nlq_reset(nl->xfrm);
	nlq_flush(nl->route);
	nlq_reset(nl->route);
}

static int
walk_sort(struct walk *w, const struct sort *sort, struct nl_removed *removed)
{
	int rc;

	w->n = 0;
	rc = sort->read(w);
	for (size_t i = 0; i < w->n; i++) {
		if (!nlq_room(w->nl->xfrm) || !nlq_room(w->nl->route))
			flush(w->nl);
		sort->del(w, &w->items[i]);
	}
	flush(w->nl);
	if (removed != NULL)
		*(unsigned *)(void *)((char *)removed + sort->counter) +=
		    (unsigned)w->n;
	return rc;
}

/* Goes on after an error, so that as much as can be is done; the first one. */
static int
walk(struct nl *nl, struct stated *stated, enum purpose purpose,
    struct nl_removed *removed)
{
	struct walk w = { .nl = nl, .stated = stated, .purpose = purpose };
	int rc, first = 0;

	for (size_t i = purpose == UNSTATED ? ROUTED : 0;
	    i < ARRAY_SIZE(sorts); i++) {
		rc = walk_sort(&w, &sorts[i], removed);
		if (first == 0)
			first = rc;
	}
	free(w.items);
	return first == 0 && w.no_memory ? -ENOMEM : first;
}

int
nl_found(struct nl *nl, struct stated *stated)
{
	return walk(nl, stated, FIND, NULL);
}

int
nl_sweep(struct nl *nl, struct stated *stated, struct nl_removed *removed)
{
	int rc;

	*removed = (struct nl_removed){ 0 };
	rc = walk(nl, stated, SWEEP, removed);
	stated_keep_end(stated);
	return rc;
}

int
nl_sweep_but_routes(struct nl *nl, struct stated *stated,
    struct nl_removed *removed)
{
	*removed = (struct nl_removed){ 0 };
	return walk(nl, stated, UNSTATED, removed);
}

int
nl_sweep_nexthops(struct nl *nl, struct stated *stated, unsigned ifindex,
    struct nl_removed *removed)
{
	struct walk w = { .nl = nl, .stated = stated, .purpose = UNSTATED,
	    .oif = ifindex };
	int rc;

	*removed = (struct nl_removed){ 0 };
	rc = walk_sort(&w, &sorts[0], removed);
	free(w.items);
	return rc;
}

int
nl_remove_ours(struct nl *nl, struct nl_removed *removed)
{
	struct stated none = { 0 };

	*removed = (struct nl_removed){ 0 };
	return walk(nl, &none, REMOVE, removed);
}
