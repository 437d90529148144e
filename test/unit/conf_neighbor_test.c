/*
 * BGP neighbours outside of tunnels in a configuration: what is refused, in
 * which words; and which of them an address is.
 */
#include "unit/conf_text.h"

#define N(s)	TOP("neighbors = ( { name = \"core\"; " s " } );")
#define AS	"remote_asn = 65010; "
#define HERE	"interface = \"lan0\"; local_ip_address = \"10.0.0.1\"; "
#define HERE6	"interface = \"lan0\"; local_ip_address = \"fd00::1\"; "
#define THERE	"remote_ip_address = \"10.0.0.2\"; "
#define FROM	"remote_ip_prefix = \"10.0.0.0/24\"; "
#define PLAIN	AS HERE THERE
#define FAR	AS HERE "remote_ip_address = \"10.9.0.2\"; "
#define TWO(a, b) TOP("neighbors = ( { name = \"core\"; " a " }, { " b " } );")
#define E_N(key, why) E_TOP("neighbors[0]." key, why)
#define E_N2(key, why) E_TOP("neighbors[1]." key, why)
#define NO_IBGP	": BGP within one AS (iBGP) is not supported"

static const struct conf_row rows[] = {
	{ "a router on link", N(PLAIN), NULL },
	{ "of IPv6", TOP("router_id = \"10.0.0.1\"; neighbors = ( { name = "
	    "\"core\"; " AS HERE6 "remote_ip_address = \"fd00::2\"; } );"),
	    NULL },
	{ "of IPv6, without anything of IPv4", N(AS HERE6
	    "remote_ip_address = \"fd00::2\";"), "t.conf: router_id: "
	    "missing: no tunnel has a tunnel_inside_cidr to take it from" },
	{ "with keys that tunnels have for BGP", N(PLAIN "bgp_role = "
	    "\"peer\"; max_prefixes_in = 5; local_as = 65099; "
	    "bgp_ttl_security = true; allowas_in = 1;"), NULL },
	{ "a key that is for tunnels alone", N(PLAIN "startup_action = "
	    "\"start\";"), E_N("startup_action", "may not stand here, only "
	    "in a tunnel or a connection") },
	{ "a key of a neighbor at the top", TOP("max_neighbors = 5;"),
	    E_TOP("max_neighbors", "may not stand here, only in a neighbor") },
	{ "a slip of the pen", N(PLAIN "multihop = 2;"), E_N("multihop",
	    "unknown key; did you mean \"multihop_ttl\"?") },
	{ "no AS number", N(HERE THERE), E_N("remote_asn", "missing") },
	{ "no interface", N(AS "local_ip_address = \"10.0.0.1\"; " THERE),
	    E_N("interface", "missing") },
	{ "no address of ours", N(AS "interface = \"lan0\"; " THERE),
	    E_N("local_ip_address", "missing") },
	{ "no address of its", N(AS HERE), E_N("remote_ip_address",
	    "missing: a neighbor has an address, or calls from a "
	    "remote_ip_prefix") },
	{ "both", N(PLAIN FROM), E_N("remote_ip_prefix", "and "
	    "remote_ip_address exclude each other") },
	{ "another IP version", N(AS HERE "remote_ip_address = \"fd00::2\";"),
	    E_N("remote_ip_address", "must be of the same IP version as "
	    "local_ip_address") },
	{ "ourselves", N(AS HERE "remote_ip_address = \"10.0.0.1\";"),
	    E_N("remote_ip_address", "is the same as local_ip_address") },
	{ "our own AS", N("remote_asn = 64512; " HERE THERE),
	    E_N("remote_asn", "must differ from asn" NO_IBGP) },
	{ "our own AS in a range", N("remote_asn = \"64500-64520\"; " HERE
	    FROM), E_N("remote_asn", "must not include asn" NO_IBGP) },
	{ "several AS numbers of one router", N("remote_asn = [ 65010, "
	    "65011 ]; " HERE THERE), E_N("remote_asn", "must be one AS "
	    "number: several are for remote_ip_prefix") },
	{ "a reserved AS", N("remote_asn = 23456; " HERE THERE),
	    E_N("remote_asn", "AS 23456 is reserved and cannot be used") },
	{ "AS 0", N("remote_asn = 0; " HERE THERE), E_N("remote_asn",
	    "must be an AS number, 1 to 4294967294, or a range like "
	    "\"64512-64520\"") },
	{ "a range that ends before it begins", N("remote_asn = "
	    "\"65020-65010\"; " HERE FROM), E_N("remote_asn",
	    "must be an AS number, 1 to 4294967294, or a range like "
	    "\"64512-64520\"") },
	{ "a range and something", N("remote_asn = \"65010-65020x\"; " HERE
	    FROM), E_N("remote_asn",
	    "must be an AS number, 1 to 4294967294, or a range like "
	    "\"64512-64520\"") },
	{ "a list of both", N("remote_asn = ( 65010, \"65020-65030\" ); "
	    HERE FROM "max_neighbors = 1000;"), NULL },
	{ "an empty list", N("remote_asn = ( ); " HERE FROM),
	    E_N("remote_asn", "must have 1 to 16 AS numbers or ranges, not "
	    "0") },
	{ "too many callers", N(AS HERE FROM "max_neighbors = 1001;"),
	    E_N("max_neighbors", "must be 1 to 1000 neighbors, not 1001") },
	{ "a limit of one", N(PLAIN "max_neighbors = 5;"),
	    E_N("max_neighbors", "is for remote_ip_prefix") },

	{ "over two hops", N(FAR "multihop_ttl = 2; gateway_ip_address = "
	    "\"10.0.0.2\";"), NULL },
	{ "over one hop", N(FAR "multihop_ttl = 1;"), E_N("multihop_ttl",
	    "must be 0 or 2 to 255 hops, not 1") },
	{ "over more than there can be", N(FAR "multihop_ttl = 256;"),
	    E_N("multihop_ttl", "must be 0 or 2 to 255 hops, not 256") },
	{ "without a gateway", N(FAR "multihop_ttl = 2;"),
	    E_N("gateway_ip_address", "missing: with multihop_ttl, the router "
	    "on link through which the neighbor and its routes are "
	    "reached") },
	{ "a gateway to who is on link", N(PLAIN "gateway_ip_address = "
	    "\"10.0.0.3\";"), E_N("gateway_ip_address", "is for a neighbor "
	    "that is not on link: needs multihop_ttl") },
	{ "itself as the gateway", N(FAR "multihop_ttl = 2; "
	    "gateway_ip_address = \"10.9.0.2\";"), E_N("gateway_ip_address",
	    "is the same as remote_ip_address: without multihop_ttl the "
	    "neighbor is on link") },
	{ "a gateway of IPv6", N(FAR "multihop_ttl = 2; gateway_ip_address = "
	    "\"fd00::2\";"), E_N("gateway_ip_address", "must be of the same "
	    "IP version as local_ip_address") },

	{ "a strict role without one", N(PLAIN "bgp_role_strict = true;"),
	    E_N("bgp_role_strict", "needs bgp_role") },
	{ "IPv4 by IPv6 over IPv4", N(PLAIN "bgp_extended_next_hop = true;"),
	    E_N("bgp_extended_next_hop", "needs a local_ip_address of "
	    "IPv6") },
	{ "a network of the other IP version", N(PLAIN "networks = "
	    "[ \"fd01::/48\" ];"), E_N("networks", "fd01::/48 is not of the "
	    "IP version of local_ip_address") },
	{ "the AS number that it has, as ours", N(PLAIN "local_as = 65010;"),
	    E_N("local_as", "must differ from asn and remote_asn, it is "
	    "65010") },
	{ "a connection's name", TOP("neighbors = ( { name = \"a\"; " PLAIN
	    "} );"), E_N("name", "\"a\" is a connection's name already") },
	{ "a tunnel's interface", FRAME("neighbors = ( { name = \"core\"; "
	    PLAIN "} );", "hub", "", OUTSIDE, "interface_name = \"lan0\";"),
	    E_N("interface", "lan0 is the interface of a/1: its neighbor is "
	    "that connection's") },
	{ "one name twice", TWO(PLAIN, "name = \"core\"; " AS HERE
	    "remote_ip_address = \"10.0.0.3\";"), E_N2("name", "\"core\" is "
	    "there twice") },
	{ "one address twice", TWO(PLAIN, "name = \"b\"; " PLAIN),
	    E_N2("remote_ip_address", "is already that of \"core\"") },
	{ "one network twice", TWO(AS HERE FROM, "name = \"b\"; " AS HERE
	    FROM), E_N2("remote_ip_prefix", "is already that of \"core\"") },
	{ "one address within a network", TWO(AS HERE FROM, "name = \"b\"; "
	    PLAIN), NULL },
};

static void
every_rule_of_neighbors_has_its_words(void **state)
{
	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void
one_needs_our_own_as_number(void **state)
{
	char line[600];
	struct conf *c = parse("connections = ( );\nneighbors = ( { name = "
	    "\"core\"; " PLAIN "} );", line);

	(void)state;
	assert_null(c);
	assert_string_equal(line, "t.conf: asn: missing: neighbor \"core\" "
	    "runs BGP");
}

static void
its_address_serves_as_router_id(void **state)
{
	char line[600];
	struct conf *c = parse("asn = 64512; connections = ( ); neighbors = "
	    "( { name = \"core\"; " PLAIN "} );", line);

	(void)state;
	assert_string_equal(line, "");
	assert_int_equal(c->router_id, 0x0a000001);
	assert_int_equal(c->neighbors[0].association, CONF_TABLE_MAIN);
	assert_int_equal(c->neighbors[0].hold_time, 30);
	conf_free(c);
}

static const struct {
	const char	*what;
	const char	*ifname, *local, *remote;
	const char	*name;		/* NULL: nobody */
} callers[] = {
	{ "who is named", "lan0", "10.0.0.1", "10.0.0.2", "core" },
	{ "who is in the longer network", "lan0", "10.0.0.1", "10.0.0.200",
	    "near" },
	{ "who is in the other one", "lan0", "10.0.0.1", "10.7.0.1", "wide" },
	{ "who is in none", "lan0", "10.0.0.1", "11.0.0.1", NULL },
	{ "on another interface", "lan1", "10.0.0.1", "10.0.0.2", NULL },
	{ "to another address", "lan0", "10.0.0.9", "10.0.0.2", NULL },
};

static void
a_caller_is_the_most_specific_one(void **state)
{
	char line[600];
	struct conf *c = parse("asn = 64512; connections = ( ); neighbors = ( "
	    "{ name = \"wide\"; " AS HERE "remote_ip_prefix = "
	    "\"10.0.0.0/8\"; }, { name = \"core\"; " PLAIN "}, "
	    "{ name = \"near\"; " AS HERE "remote_ip_prefix = "
	    "\"10.0.0.128/25\"; } );", line);

	(void)state;
	assert_string_equal(line, "");
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		const struct conf_neighbor *n;
		struct addr local, remote;
		const char *got;

		assert_true(addr_parse(&local, callers[i].local));
		assert_true(addr_parse(&remote, callers[i].remote));
		n = conf_neighbor_at(c, callers[i].ifname, &local, &remote);
		got = n == NULL ? "nobody" : n->name;
		if (strcmp(got, callers[i].name == NULL ? "nobody" :
		    callers[i].name) != 0)
			fail_msg("%s: %s", callers[i].what, got);
	}
	conf_free(c);
}

static void
routes_lead_to_neighbors_and_gateways_alone(void **state)
{
	static const struct {
		const char *gateway;
		bool may;
	} hops[] = {
		{ "10.0.0.2", true }, { "10.0.0.3", true },
		{ "10.9.0.2", false }, { "10.0.0.4", false },
		{ "10.5.0.7", true }, { "10.6.0.7", false },
	};
	struct addr a;
	char line[600];
	struct conf *c = parse("asn = 64512; connections = ( ); neighbors = ( "
	    "{ name = \"core\"; " PLAIN "}, { name = \"far\"; " FAR
	    "multihop_ttl = 2; gateway_ip_address = \"10.0.0.3\"; }, "
	    "{ name = \"lab\"; " AS HERE "remote_ip_prefix = "
	    "\"10.5.0.0/16\"; } );", line);

	(void)state;
	assert_string_equal(line, "");
	for (size_t i = 0; i < ARRAY_SIZE(hops); i++) {
		assert_true(addr_parse(&a, hops[i].gateway));
		if (conf_neighbor_hop(c, "lan0", &a) != hops[i].may)
			fail_msg("%s", hops[i].gateway);
		assert_false(conf_neighbor_hop(c, "lan1", &a));
	}
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_of_neighbors_has_its_words),
		cmocka_unit_test(one_needs_our_own_as_number),
		cmocka_unit_test(its_address_serves_as_router_id),
		cmocka_unit_test(a_caller_is_the_most_specific_one),
		cmocka_unit_test(routes_lead_to_neighbors_and_gateways_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
