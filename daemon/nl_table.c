/*
 * What a route table of the kernel needs so that packets get there and stay
 * there: a VRF device or rules for interfaces, and in the table an unreachable
 * default route, worse than any other, so that what finds no route in it does
 * not go on to the main table.
 *
 * The priority of our rules is that of the kernel's own rule for VRF devices:
 * behind the local table, before all that people usually have.  Rules carry
 * our protocol number, a VRF device the alias that all links of ours have.
 */
#include "daemon/nl_table.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vrf.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/nl_inside.h"
#include "daemon/nl_link.h"
#include "daemon/nl_route.h"
#include "daemon/nl_xfrm.h"
#include "util/str.h"

#define RULE_PRIORITY	1000

/* --- VRF devices --- */

static int
failed(const char *what, const char *name, int error, char *text)
{
	str_fmt(text, KERN_TEXT_LEN, "VRF device %s: %s: %s", name, what,
	    nl_geterror(error));
	return nl_link_errno(error);
}

/* Ours by its alias; or left by us before it was given one, still down. */
static bool
is_ours(struct rtnl_link *link, uint32_t table)
{
	const char *alias = rtnl_link_get_ifalias(link);
	uint32_t number = 0;

	if (alias != NULL && alias[0] != '\0')
		return strncmp(alias, NL_ALIAS, strlen(NL_ALIAS)) == 0;
	return rtnl_link_is_vrf(link) &&
	    rtnl_link_vrf_get_tableid(link, &number) == 0 &&
	    number == table && (rtnl_link_get_flags(link) & IFF_UP) == 0;
}

static bool
is_right(struct rtnl_link *link, uint32_t table)
{
	uint32_t number = 0;

	return rtnl_link_is_vrf(link) &&
	    rtnl_link_vrf_get_tableid(link, &number) == 0 && number == table;
}

static int
create(struct nl *nl, const struct kern_table *t)
{
	struct rtnl_link *link = rtnl_link_vrf_alloc();
	int rc;

	if (link == NULL)
		return -NLE_NOMEM;
	rtnl_link_set_name(link, t->vrf_name);
	rc = rtnl_link_vrf_set_tableid(link, t->number);
	if (rc == 0)
		rc = rtnl_link_add(nl->links, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	return rc;
}

/* Whatever was there: the link as it should be, but for alias and state. */
static int
establish(struct nl *nl, const struct kern_table *t, char *text)
{
	struct rtnl_link *link = NULL;
	int rc = 0;

	if (rtnl_link_get_kernel(nl->links, 0, t->vrf_name, &link) < 0) {
		rc = create(nl, t);
	} else if (!is_ours(link, t->number)) {
		rtnl_link_put(link);
		str_fmt(text, KERN_TEXT_LEN,
		    "interface %s exists and is not ours", t->vrf_name);
		return EEXIST;
	} else if (!is_right(link, t->number)) {
		rc = rtnl_link_delete(nl->links, link);
		if (rc == 0)
			rc = create(nl, t);
	}
	rtnl_link_put(link);
	return rc < 0 ? failed("cannot be made", t->vrf_name, rc, text) : 0;
}

static int
dress(struct nl *nl, struct rtnl_link *link, const struct kern_table *t)
{
	const char *alias = rtnl_link_get_ifalias(link);
	struct rtnl_link *want;
	int rc;

	if (alias != NULL && strcmp(alias, t->alias) == 0 &&
	    (rtnl_link_get_flags(link) & IFF_UP) != 0)
		return 0;
	want = rtnl_link_alloc();
	if (want == NULL)
		return -NLE_NOMEM;
	rtnl_link_set_ifalias(want, t->alias);
	rtnl_link_set_flags(want, IFF_UP);
	rc = rtnl_link_change(nl->links, link, want, 0);
	rtnl_link_put(want);
	return rc;
}

int
nl_vrf_set(struct nl *nl, const struct kern_table *t, unsigned *ifindex,
    char *text)
{
	struct rtnl_link *link = NULL;
	int rc = establish(nl, t, text);

	if (rc == 0)
		rc = nl_inside_sysctl(t->vrf_name, text);
	if (rc != 0)
		return rc;
	rc = rtnl_link_get_kernel(nl->links, 0, t->vrf_name, &link);
	if (rc == 0)
		rc = dress(nl, link, t);
	if (rc == 0)
		*ifindex = (unsigned)rtnl_link_get_ifindex(link);
	rtnl_link_put(link);
	return rc < 0 ? failed("cannot be set up", t->vrf_name, rc, text) : 0;
}

/* --- the last resort --- */

struct kern_route
nl_last_resort(enum addr_family family, uint32_t table)
{
	return (struct kern_route){
		.prefix = { .addr = addr_any(family) }, .table = table,
		.metric = KERN_METRIC_WORST,
	};
}

/* --- rules --- */

static struct nlmsghdr *
rule_message(void *buf, const struct nl_rule *r, bool add)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct fib_rule_hdr *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (add)
		h->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	m->family = r->family == ADDR_IPV6 ? AF_INET6 : AF_INET;
	m->action = FR_ACT_TO_TBL;
	m->table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	mnl_attr_put_strz(h, FRA_IIFNAME, r->ifname);
	mnl_attr_put_u32(h, FRA_TABLE, r->table);
	mnl_attr_put_u32(h, FRA_PRIORITY, RULE_PRIORITY);
	mnl_attr_put_u8(h, FRA_PROTOCOL, KERN_ROUTE_PROTO);
	return h;
}

int
nl_rule(struct nl *nl, const struct nl_rule *r, bool add, char *text)
{
	_Alignas(8) uint8_t buf[256] = { 0 };
	char why[KERN_TEXT_LEN] = "";
	int rc = -nl_ask(nl->route_ask, rule_message(buf, r, add), NULL, NULL,
	    why);

	if (rc == 0 || (add ? rc == EEXIST : rc == ENOENT) ||
	    (r->family == ADDR_IPV6 && (rc == EAFNOSUPPORT ||
	    rc == EOPNOTSUPP)))
		return 0;
	str_fmt(text, KERN_TEXT_LEN, "rule for interface %s: %s", r->ifname,
	    why[0] != '\0' ? why : strerror(rc));
	return rc;
}

int
nl_rule_dump(struct nl *nl, int family, nl_each *each, void *arg)
{
	_Alignas(8) uint8_t buf[128] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct fib_rule_hdr *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_GETRULE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->family = (uint8_t)family;
	return nl_ask(nl->route_ask, h, each, arg, NULL);
}

bool
nl_rule_parse(const struct nlmsghdr *h, struct nl_rule *r)
{
	const struct fib_rule_hdr *m = mnl_nlmsg_get_payload(h);
	struct nlattr *a;
	uint8_t proto = 0;

	if (h->nlmsg_type != RTM_NEWRULE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return false;
	memset(r, 0, sizeof(*r));
	r->family = m->family == AF_INET6 ? ADDR_IPV6 : ADDR_IPV4;
	r->table = m->table;
	mnl_attr_for_each(a, h, sizeof(*m)) {
		uint16_t type = mnl_attr_get_type(a), n;

		n = mnl_attr_get_payload_len(a);
		if (type == FRA_IIFNAME &&
		    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			str_set(r->ifname, sizeof(r->ifname),
			    mnl_attr_get_str(a));
		else if (type == FRA_TABLE && n >= 4)
			r->table = mnl_attr_get_u32(a);
		else if (type == FRA_PROTOCOL && n >= 1)
			proto = mnl_attr_get_u8(a);
	}
	return proto == KERN_ROUTE_PROTO && r->ifname[0] != '\0';
}
