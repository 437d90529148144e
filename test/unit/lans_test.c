/*
 * What the monitor does about interfaces that are not ours: which of their
 * addresses are in a network, what the engine may ask for, and the text of the
 * table of packet filters.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "daemon/check.h"
#include "daemon/fence.h"
#include "daemon/nl_lan.h"
#include "unit/conf_text.h"

/* --- addresses --- */

static const struct {
	const char	*what;
	const char	*address, *local;	/* IFA_ADDRESS, IFA_LOCAL */
	uint8_t		len;
	uint32_t	flags;
	const char	*net;			/* "": none that counts */
} addresses[] = {
	{ "an address", "10.1.0.1", "10.1.0.1", 16, 0, "10.1.0.0/16" },
	{ "a peer's", "10.9.0.2", "10.1.0.1", 24, 0, "10.9.0.0/24" },
	{ "of IPv6", "fd00:1::1", NULL, 64, 0, "fd00:1::/64" },
	{ "one alone", "10.1.0.1", "10.1.0.1", 32, 0, "" },
	{ "of IPv6", "fd00:1::1", NULL, 128, 0, "" },
	{ "link-local", "fe80::1", NULL, 64, 0, "" },
	{ "of IPv4", "169.254.9.1", "169.254.9.1", 16, 0, "" },
	{ "loopback", "127.0.0.1", "127.0.0.1", 8, 0, "" },
	{ "somebody else has it", "fd00:1::1", NULL, 64, IFA_F_DADFAILED,
	    "" },
	{ "without a route", "10.1.0.1", "10.1.0.1", 16, IFA_F_NOPREFIXROUTE,
	    "" },
	{ "deprecated", "fd00:1::1", NULL, 64, IFA_F_DEPRECATED,
	    "fd00:1::/64" },
};

static void
put_addr(struct nlmsghdr *h, uint16_t type, const char *text)
{
	struct addr a;

	assert_true(addr_parse(&a, text));
	mnl_attr_put(h, type, addr_octets(&a), a.b);
}

static struct nlmsghdr *
address_message(void *buf, size_t i, unsigned ifindex)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = RTM_NEWADDR;
	m->ifa_family = addresses[i].local == NULL ? AF_INET6 : AF_INET;
	m->ifa_prefixlen = addresses[i].len;
	m->ifa_index = ifindex;
	put_addr(h, IFA_ADDRESS, addresses[i].address);
	if (addresses[i].local != NULL)
		put_addr(h, IFA_LOCAL, addresses[i].local);
	mnl_attr_put_u32(h, IFA_FLAGS, addresses[i].flags);
	return h;
}

static void
only_addresses_with_a_network_count(void **state)
{
	_Alignas(8) uint8_t buf[512];
	char text[PREFIX_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct nlmsghdr *h;
		struct prefix p;
		bool is;

		memset(buf, 0, sizeof(buf));
		h = address_message(buf, i, 7);
		is = nl_lan_net(h, 7, &p);
		assert_int_equal(nl_lan_event(h), 7);
		assert_false(nl_lan_net(h, 8, &p));
		if (!is)
			text[0] = '\0';
		else
			prefix_str(&p, text);
		if (strcmp(text, addresses[i].net) != 0)
			fail_msg("%s, %s: %s", addresses[i].what,
			    addresses[i].address, text);
		h->nlmsg_type = RTM_DELADDR;
		assert_false(nl_lan_net(h, 7, &p));
		h->nlmsg_len = NLMSG_LENGTH(2);
		assert_int_equal(nl_lan_event(h), 0);
	}
}

/* --- checks --- */

static struct conf *
two_vpcs(void)
{
	char line[600];
	struct conf *c = parse(TOP("route_tables = ( { name = \"blue\"; "
	    "table = 100; } ); vpcs = ( { name = \"v\"; interfaces = [ "
	    "\"eth1\" ]; association = \"blue\"; }, { name = \"w\"; "
	    "interfaces = [ \"eth2\" ]; forwarding = \"tunnels\"; } );"),
	    line);

	assert_string_equal(line, "");
	return c;
}

static void
only_what_the_configuration_has_is_let_through(void **state)
{
	static const struct {
		struct kern_lan	lan;
		int		error;
	} asked[] = {
		{ { "eth1", 100, false }, 0 },
		{ { "eth2", 0, true }, 0 },
		{ { "eth1", 0, false }, EPERM },
		{ { "eth1", 100, true }, EPERM },
		{ { "eth2", 0, false }, EPERM },
		{ { "eth3", 0, false }, EPERM },
		{ { "..", 0, false }, EPERM },
		{ { "lo", 0, false }, EPERM },
	};
	struct monitor m = { .files.conf = two_vpcs() };
	struct lan known = { .lan = { "eth1", 100, false } };
	struct lan gone = { .lan = { "eth3", 0, true } };
	struct kern_op op = { .kind = KERN_LAN_SET };
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		op.lan = asked[i].lan;
		assert_int_equal(check_lan_set(&m, &op, &why),
		    asked[i].error);
		assert_int_equal(check_lan_del(&m, &op, &why), EPERM);
	}
	m.lans = (struct lans){ .v = &gone, .n = 1 };
	op.lan = gone.lan;
	assert_int_equal(check_lan_del(&m, &op, &why), 0);
	m.lans = (struct lans){ .v = &known, .n = 1 };
	op.lan = known.lan;
	assert_int_equal(check_lan_del(&m, &op, &why), EPERM);
	/* Nexthops may be on those that were stated. */
	op = (struct kern_op){ .kind = KERN_NEXTHOP_SET };
	op.nexthop.id = KERN_ID_BASE + 1;
	str_set(op.nexthop.dev, sizeof(op.nexthop.dev), "eth1");
	assert_int_equal(check_nexthop_set(&m, &op, &why), 0);
	str_set(op.nexthop.dev, sizeof(op.nexthop.dev), "eth2");
	assert_int_equal(check_nexthop_set(&m, &op, &why), EPERM);
	conf_free(m.files.conf);
}

static void
an_unreachable_route_has_the_worst_metric(void **state)
{
	static const struct {
		uint32_t	nexthop, metric, table;
		int		error;
	} asked[] = {
		{ 0, KERN_METRIC_WORST, 254, 0 },
		{ 0, 0, 254, EPERM },
		{ 0, KERN_METRIC_WORST - 1, 254, EPERM },
		{ 0, KERN_METRIC_WORST, 100, EPERM },
		{ KERN_ID_BASE + 1, 0, 254, 0 },
		{ 1, 0, 254, EPERM },
	};
	struct monitor m = { .nl = NULL };
	struct kern_op op = { .kind = KERN_ROUTE_SET };
	struct reason why;

	(void)state;
	assert_true(prefix_parse(&op.route.prefix, "10.9.0.0/16"));
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		op.route.nexthop = asked[i].nexthop;
		op.route.metric = asked[i].metric;
		op.route.table = asked[i].table;
		assert_int_equal(check_route_set(&m, &op, &why),
		    asked[i].error);
	}
}

/* --- the table --- */

#define HEAD								\
	"add table inet vpnd\ndelete table inet vpnd\ntable inet vpnd {\n"	\
	"chain mtu128 {\n"						\
	"meta nfproto ipv4 tcp option maxseg size set 88\n"		\
	"meta nfproto ipv6 tcp option maxseg size set 68\n}\n"
#define MTU1400								\
	"chain mtu1400 {\n"						\
	"meta nfproto ipv4 tcp option maxseg size set 1360\n"		\
	"meta nfproto ipv6 tcp option maxseg size set 1340\n}\n"
#define SYN	"tcp flags & (syn | rst) == syn"
#define CHAINS								\
	"chain from_tunnels {\n"					\
	"type filter hook prerouting priority -150; policy accept;\n"	\
	SYN " iifname vmap @tunnels\n}\n"				\
	"chain to_tunnels {\n"						\
	"type filter hook forward priority -150; policy accept;\n"	\
	SYN " oifname vmap @tunnels\n}\n"
#define APART								\
	"set closed {\ntype ifname\nelements = { \"eth1\" }\n}\n"	\
	"set inside {\ntype ifname\n"					\
	"elements = { \"eth1\", \"eth2\", \"tun0\", \"tun1\", "		\
	"\"vrf100\" }\n}\n"						\
	"chain apart {\n"						\
	"type filter hook forward priority 0; policy accept;\n"		\
	"iifname @closed oifname != @inside counter drop\n"		\
	"oifname @closed iifname != @inside counter drop\n}\n"

static void
put_tunnel(struct monitor *m, const char *name, uint32_t id, uint32_t mtu)
{
	struct kern_link l = { .if_id = id, .mtu = mtu };

	str_set(l.name, sizeof(l.name), name);
	assert_non_null(iface_put(&m->ifaces, &l));
}

static void
text_is(const struct monitor *m, const char *expected)
{
	char *text = fence_text(m);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void
the_table_has_tunnels_by_their_mtu_and_vpcs_apart(void **state)
{
	static struct monitor m;
	struct lan lans[2] = { { .lan = { .name = "eth1" } },
	    { .lan = { .name = "eth2" } } };

	(void)state;
	text_is(&m, HEAD "map tunnels {\ntype ifname : verdict\n}\n" CHAINS
	    "}\n");
	put_tunnel(&m, "tun1", 2, 1400);
	put_tunnel(&m, "tun0", 1, 1400);
	text_is(&m, HEAD MTU1400 "map tunnels {\ntype ifname : verdict\n"
	    "elements = { \"tun0\" : jump mtu1400,\n"
	    "\"tun1\" : jump mtu1400 }\n}\n" CHAINS "}\n");
	m.lans = (struct lans){ .v = lans, .n = 2 };
	assert_false(lans_closed(&m.lans));
	lans[0].lan.closed = true;
	assert_true(lans_closed(&m.lans));
	m.rtables.n = 2;
	m.rtables.v[0] = (struct rtable){ 100, 9, "vrf100" };
	m.rtables.v[1] = (struct rtable){ 200, 0, "vrf200" };
	text_is(&m, HEAD MTU1400 "map tunnels {\ntype ifname : verdict\n"
	    "elements = { \"tun0\" : jump mtu1400,\n"
	    "\"tun1\" : jump mtu1400 }\n}\n" CHAINS APART "}\n");
	ifaces_fini(&m.ifaces);
}

/* No more chains than that; nobody is given more room than there is. */
static void
very_many_mtus_share_chains(void **state)
{
	static struct monitor m;
	unsigned chains = 0, jumps = 0;
	char *text;

	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		char name[KERN_IFNAME_LEN];

		str_fmt(name, sizeof(name), "t%03u", i);
		put_tunnel(&m, name, i + 1, 1500 - i);
	}
	text = fence_text(&m);
	assert_non_null(text);
	for (const char *at = text; (at = strstr(at, "chain mtu")) != NULL;
	    at++)
		chains++;
	for (const char *at = text; (at = strstr(at, "jump mtu")) != NULL;
	    at++) {
		unsigned long mtu = strtoul(at + 8, NULL, 10);
		unsigned long of = strtoul(at - 7, NULL, 10);

		assert_true(mtu <= 1500 - of && mtu >= 128);
		jumps++;
	}
	assert_int_equal(chains, 64);
	assert_int_equal(jumps, 300);
	free(text);
	ifaces_fini(&m.ifaces);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_addresses_with_a_network_count),
		cmocka_unit_test(
		    only_what_the_configuration_has_is_let_through),
		cmocka_unit_test(an_unreachable_route_has_the_worst_metric),
		cmocka_unit_test(
		    the_table_has_tunnels_by_their_mtu_and_vpcs_apart),
		cmocka_unit_test(very_many_mtus_share_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
