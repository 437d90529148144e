/*
 * Forwarding by nexthop objects (rtnetlink): a nexthop is a device and maybe
 * a gateway on it, a group spreads over several, a route names one of them by
 * id.  Losing a tunnel rewrites one group and no route.
 *
 * Everything carries our protocol number.  A prefix where another's route
 * stands with the same metric is refused (EEXIST) and never taken over.
 * Nexthops are onlink: that the gateway's address is in no connected prefix
 * is normal on a tunnel.  The kernel removes nexthops of a device that goes
 * down, with their routes, and says nothing; the engine knows from the link.
 */
#include "daemon/nl_route.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/nl_xfrm.h"
#include "util/array.h"

#define METRIC6_DEFAULT	1024	/* what IPv6 makes of none */

static uint16_t
set_flags(bool replace)
{
	return NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL);
}

static struct nlmsghdr *
nexthop_begin(struct nlq *q, uint16_t type, uint16_t flags, int family,
    uint32_t id, const struct nl_op *op)
{
	struct nlmsghdr *h = nlq_begin(q, type, flags, op);
	struct nhmsg *nh = mnl_nlmsg_put_extra_header(h, sizeof(*nh));

	nh->nh_family = (unsigned char)family;
	if (type == RTM_NEWNEXTHOP)
		nh->nh_protocol = KERN_ROUTE_PROTO;
	mnl_attr_put_u32(h, NHA_ID, id);
	return h;
}

void
nl_nexthop_set(struct nlq *q, const struct kern_nexthop *nh, unsigned ifindex,
    bool replace, const struct nl_op *op)
{
	bool gateway = addr_is_set(&nh->gateway) && !addr_is_any(&nh->gateway);
	int family = addr_is_set(&nh->gateway) ? nl_family(&nh->gateway) :
	    AF_INET;
	struct nlmsghdr *h = nexthop_begin(q, RTM_NEWNEXTHOP,
	    set_flags(replace), family, nh->id, op);
	struct nhmsg *m = mnl_nlmsg_get_payload(h);

	if (nh->blackhole)
		mnl_attr_put(h, NHA_BLACKHOLE, 0, NULL);
	else
		mnl_attr_put_u32(h, NHA_OIF, ifindex);
	if (gateway && !nh->blackhole) {
		m->nh_flags = RTNH_F_ONLINK;
		mnl_attr_put(h, NHA_GATEWAY, addr_octets(&nh->gateway),
		    nh->gateway.b);
	}
	nlq_end(q, h);
}

void
nl_group_set(struct nlq *q, const struct kern_group *g, bool replace,
    const struct nl_op *op)
{
	struct nlmsghdr *h = nexthop_begin(q, RTM_NEWNEXTHOP,
	    set_flags(replace), AF_UNSPEC, g->id, op);
	struct nexthop_grp member[KERN_GROUP_MAX] = { 0 };

	for (uint32_t i = 0; i < g->n && i < KERN_GROUP_MAX; i++)
		member[i].id = g->member[i];
	mnl_attr_put(h, NHA_GROUP, g->n * sizeof(member[0]), member);
	if (g->resilient)
		mnl_attr_put_u16(h, NHA_GROUP_TYPE, NEXTHOP_GRP_TYPE_RES);
	nlq_end(q, h);
}

void
nl_nexthop_del(struct nlq *q, uint32_t id, const struct nl_op *op)
{
	nlq_end(q, nexthop_begin(q, RTM_DELNEXTHOP, 0, AF_UNSPEC, id, op));
}

struct kern_route
nl_route_normal(const struct kern_route *r)
{
	struct kern_route n = *r;

	if (n.metric == 0 && n.prefix.addr.family == ADDR_IPV6)
		n.metric = METRIC6_DEFAULT;
	return n;
}

static struct nlmsghdr *
route_begin(struct nlq *q, uint16_t type, uint16_t flags,
    const struct kern_route *r, const struct nl_op *op)
{
	struct nlmsghdr *h = nlq_begin(q, type, flags, op);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = (unsigned char)nl_family(&r->prefix.addr);
	m->rtm_dst_len = r->prefix.len;
	m->rtm_table = r->table < 256 ? (unsigned char)r->table :
	    RT_TABLE_COMPAT;
	m->rtm_protocol = KERN_ROUTE_PROTO;
	m->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE :
	    RT_SCOPE_UNIVERSE;
	m->rtm_type = type == RTM_DELROUTE ? RTN_UNSPEC : RTN_UNICAST;
	if (r->prefix.len > 0)
		mnl_attr_put(h, RTA_DST, addr_octets(&r->prefix.addr),
		    r->prefix.addr.b);
	mnl_attr_put_u32(h, RTA_TABLE, r->table);
	if (r->metric != 0)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	return h;
}

void
nl_route_set(struct nlq *q, const struct kern_route *r, bool replace,
    const struct nl_op *op)
{
	struct nlmsghdr *h = route_begin(q, RTM_NEWROUTE, set_flags(replace),
	    r, op);

	mnl_attr_put_u32(h, RTA_NH_ID, r->nexthop);
	if (addr_is_set(&r->prefsrc))
		mnl_attr_put(h, RTA_PREFSRC, addr_octets(&r->prefsrc),
		    r->prefsrc.b);
	nlq_end(q, h);
}

void
nl_route_unreachable(struct nlq *q, const struct kern_route *r,
    bool replace, const struct nl_op *op)
{
	struct nlmsghdr *h = route_begin(q, RTM_NEWROUTE, set_flags(replace),
	    r, op);
	struct rtmsg *m = mnl_nlmsg_get_payload(h);

	m->rtm_type = RTN_UNREACHABLE;
	nlq_end(q, h);
}

void
nl_route_del(struct nlq *q, const struct kern_route *r,
    const struct nl_op *op)
{
	nlq_end(q, route_begin(q, RTM_DELROUTE, 0, r, op));
}

int
nl_route_dump(struct nl *nl, int family, nl_each *each, void *arg)
{
	_Alignas(8) uint8_t buf[128] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->rtm_family = (unsigned char)family;
	m->rtm_protocol = KERN_ROUTE_PROTO;	/* filter, where strict */
	return nl_ask(nl->route_ask, h, each, arg, NULL);
}

int
nl_nexthop_dump(struct nl *nl, nl_each *each, void *arg)
{
	_Alignas(8) uint8_t buf[128] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	mnl_nlmsg_put_extra_header(h, sizeof(struct nhmsg));
	h->nlmsg_type = RTM_GETNEXTHOP;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return nl_ask(nl->route_ask, h, each, arg, NULL);
}

static bool
route_read(const struct nlmsghdr *h, struct kern_route *r)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct nlattr *a;
	struct addr dst;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    (m->rtm_flags & RTM_F_CLONED) != 0)
		return false;
	dst = addr_any(m->rtm_family == AF_INET6 ? ADDR_IPV6 : ADDR_IPV4);
	*r = (struct kern_route){ .table = m->rtm_table };
	mnl_attr_for_each(a, h, sizeof(*m)) {
		uint16_t type = mnl_attr_get_type(a);

		if (type == RTA_DST)
			dst = addr_from(bytes_of(mnl_attr_get_payload(a),
			    mnl_attr_get_payload_len(a)));
		if (mnl_attr_get_payload_len(a) < 4)
			continue;
		if (type == RTA_TABLE)
			r->table = mnl_attr_get_u32(a);
		if (type == RTA_PRIORITY)
			r->metric = mnl_attr_get_u32(a);
		if (type == RTA_NH_ID)
			r->nexthop = mnl_attr_get_u32(a);
	}
	r->prefix = (struct prefix){ .addr = dst, .len = m->rtm_dst_len };
	return addr_is_set(&dst);
}

bool
nl_route_parse(const struct nlmsghdr *h, struct kern_route *r)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);

	return h->nlmsg_type == RTM_NEWROUTE && route_read(h, r) &&
	    m->rtm_protocol == KERN_ROUTE_PROTO;
}

/* False: its id is none of ours. */
static bool
nexthop_read(const struct nlmsghdr *h, uint32_t *id)
{
	struct nlattr *a;
	uint32_t n = 0;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct nhmsg))
		return false;
	mnl_attr_for_each(a, h, sizeof(struct nhmsg)) {
		if (mnl_attr_get_type(a) == NHA_ID &&
		    mnl_attr_get_payload_len(a) >= 4)
			n = mnl_attr_get_u32(a);
	}
	if (!nl_is_ours(n))
		return false;
	*id = n;
	return true;
}

bool
nl_nexthop_parse(const struct nlmsghdr *h, uint32_t *id)
{
	const struct nhmsg *m = mnl_nlmsg_get_payload(h);

	return h->nlmsg_type == RTM_NEWNEXTHOP &&
	    mnl_nlmsg_get_payload_len(h) >= sizeof(*m) &&
	    m->nh_protocol == KERN_ROUTE_PROTO && nexthop_read(h, id);
}

unsigned
nl_nexthop_oif(const struct nlmsghdr *h)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nhmsg)) {
		if (mnl_attr_get_type(a) == NHA_OIF &&
		    mnl_attr_get_payload_len(a) == sizeof(uint32_t))
			return mnl_attr_get_u32(a);
	}
	return 0;
}

bool
nl_route_event(const struct nlmsghdr *h, uint32_t *nexthop,
    struct kern_route *r)
{
	switch (h->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		*nexthop = 0;
		return route_read(h, r);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return nexthop_read(h, nexthop);
	}
	return false;
}

/* Loads of a filter are in network order, a netlink header in the host's. */
#define FLIPPED(field)	htons((uint16_t)(field))

#define AT(type, field)	((uint32_t)(offsetof(type, field)))
#define BEHIND(type, field) ((uint32_t)NLMSG_HDRLEN + AT(type, field))

/*
 * Our own requests cause events too, a million for a full table; the kernel
 * drops them here, by the port that they came from.  Of the rest the routes
 * are let through that have our protocol number or replaced another one.
 */
bool
nl_route_only_others(struct nl *nl)
{
	const uint32_t port = htonl(mnl_socket_get_portid(nl->route->sock));
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    AT(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 7, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
		    AT(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FLIPPED(RTM_NEWNEXTHOP),
		    6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FLIPPED(RTM_DELNEXTHOP),
		    5, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    BEHIND(struct rtmsg, rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KERN_ROUTE_PROTO, 3, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
		    AT(struct nlmsghdr, nlmsg_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FLIPPED(NLM_F_REPLACE),
		    1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	return setsockopt(mnl_socket_get_fd(nl->route_events), SOL_SOCKET,
	    SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}
