/*
 * State and networks of an interface.  What counts as a network is what the
 * kernel makes a route for: that of an address, or of the peer's address on a
 * point-to-point link; not an address alone (/32, /128), nor what is the
 * link's own business (link-local).
 */
#include "daemon/nl_lan.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/nl_link.h"

#ifndef IFA_FLAGS
#define IFA_FLAGS	8
#endif

struct look {
	unsigned	ifindex;
	struct kern_event *e;
};

static bool
is_of_link(const struct prefix *p)
{
	static const struct prefix ipv4 = { { ADDR_IPV4, { 169, 254 } }, 16 };

	return addr_is_link_local(&p->addr) || prefix_covers(&ipv4, p) ||
	    addr_is_loopback(&p->addr);
}

bool
nl_lan_net(const struct nlmsghdr *h, unsigned ifindex, struct prefix *out)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	struct prefix p = { .len = 0 };
	struct nlattr *a;
	uint32_t flags;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    m->ifa_index != ifindex)
		return false;
	flags = m->ifa_flags;
	mnl_attr_for_each(a, h, sizeof(*m)) {
		uint16_t type = mnl_attr_get_type(a);
		uint16_t n = mnl_attr_get_payload_len(a);

		if (type == IFA_FLAGS && n >= 4)
			flags = mnl_attr_get_u32(a);
		/* The network's; IFA_LOCAL is ours, where that differs. */
		if (type == IFA_ADDRESS && (n == 4 || n == 16))
			p.addr = addr_from(bytes_of(mnl_attr_get_payload(a),
			    n));
	}
	p.len = m->ifa_prefixlen;
	if (!addr_is_set(&p.addr) || p.len == 0 ||
	    p.len >= addr_bits(&p.addr) ||
	    (flags & (IFA_F_DADFAILED | IFA_F_NOPREFIXROUTE)) != 0)
		return false;
	p = prefix_network(&p);
	if (is_of_link(&p))
		return false;
	*out = p;
	return true;
}

static int
prefix_order(const void *va, const void *vb)
{
	const struct prefix *a = va, *b = vb;
	int c = addr_cmp(&a->addr, &b->addr);

	return c != 0 ? c : a->len - b->len;
}

static int
each_addr(const struct nlmsghdr *h, void *arg)
{
	struct look *l = arg;
	struct kern_event *e = l->e;
	struct prefix p;

	if (!nl_lan_net(h, l->ifindex, &p))
		return 0;
	for (unsigned i = 0; i < e->lan.n; i++) {
		if (prefix_eq(&e->lan.nets[i], &p))
			return 0;
	}
	if (e->lan.n == KERN_NETS_MAX)
		e->lan.more = true;
	else
		e->lan.nets[e->lan.n++] = p;
	return 0;
}

static void
dump(struct nl *nl, int family, struct look *l)
{
	_Alignas(8) uint8_t buf[128] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_GETADDR;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->ifa_family = (unsigned char)family;
	m->ifa_index = l->ifindex;	/* filter, where strict */
	nl_ask(nl->route_ask, h, each_addr, l, NULL);
}

unsigned
nl_lan_state(struct nl *nl, const char *name, struct kern_event *e)
{
	struct look l = { .ifindex = if_nametoindex(name), .e = e };

	nl_link_state(nl, name, &e->lan.exists, &e->lan.up);
	if (!e->lan.exists || l.ifindex == 0)
		return 0;
	dump(nl, AF_INET, &l);
	dump(nl, AF_INET6, &l);
	qsort(e->lan.nets, e->lan.n, sizeof(e->lan.nets[0]), prefix_order);
	return l.ifindex;
}

unsigned
nl_lan_event(const struct nlmsghdr *h)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(h);
	const struct ifaddrmsg *addr = mnl_nlmsg_get_payload(h);

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return mnl_nlmsg_get_payload_len(h) < sizeof(*link) ? 0 :
		    (unsigned)link->ifi_index;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return mnl_nlmsg_get_payload_len(h) < sizeof(*addr) ? 0 :
		    addr->ifa_index;
	}
	return 0;
}
