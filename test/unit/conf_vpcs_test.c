/*
 * VPCs in a configuration: what is refused, in which words, and what those who
 * say nothing have.
 */
#include "unit/conf_text.h"

#define TABLES	"route_tables = ( { name = \"blue\"; table = 100; }, "	\
	"{ name = \"red\"; table = 200; } );"
#define V(s)	TOP(TABLES "vpcs = ( " s " );")
#define ONE(s)	V("{ name = \"v\"; interfaces = [ \"eth1\" ]; " s " }")
#define TWO(a, b) V("{ name = \"v\"; interfaces = [ \"eth1\" ]; " a " }, "	\
	"{ name = \"w\"; interfaces = [ \"eth2\" ]; " b " }")
#define NETS(s)	ONE("prefixes = ( " s " );")
#define E_ONE(key, why) E_TOP("vpcs[0]." key, why)
#define ROUTE(s, vpc) TOP("vpcs = ( { name = \"v\"; interfaces = [ \"eth1\" "	\
	"]; " vpc " } ); route_tables = ( { name = \"b\"; table = 7; "	\
	"routes = ( { prefix = \"0.0.0.0/0\"; " s " } ); } );")
#define E_ROUTE(key, why) E_TOP("route_tables[0].routes[0]." key, why)

static const struct conf_row rows[] = {
	{ "no VPCs", V(""), NULL },
	{ "one that says nothing", ONE(""), NULL },
	{ "one without interfaces", V("{ name = \"v\"; }"),
	    E_ONE("interfaces", "missing") },
	{ "an empty list of these", V("{ name = \"v\"; interfaces = [ ]; }"),
	    E_ONE("interfaces", "must have 1 to 8 names, not 0") },
	{ "nine of these", V("{ name = \"v\"; interfaces = [ \"a\", \"b\", "
	    "\"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\" ]; }"),
	    E_ONE("interfaces", "must have 1 to 8 names, not 9") },
	{ "no name of one", V("{ name = \"v\"; interfaces = [ \"a/b\" ]; }"),
	    E_ONE("interfaces[0]", "must be 1 to 15 letters, digits, \".\", "
	    "\"_\" and \"-\", beginning with a letter or digit, not \"a/b\"") },
	{ "the loopback interface", V("{ name = \"v\"; interfaces = [ \"lo\" "
	    "]; }"), E_ONE("interfaces[0]",
	    "\"lo\" means something else to the kernel") },
	{ "one twice", V("{ name = \"v\"; interfaces = [ \"eth1\", \"eth1\" "
	    "]; }"), E_ONE("interfaces[1]", "\"eth1\" is there twice") },
	{ "no text", V("{ name = \"v\"; interfaces = [ 1 ]; }"),
	    E_ONE("interfaces[0]", "must be the name of an interface in "
	    "quotes, not a number") },
	{ "one of two VPCs", V("{ name = \"v\"; interfaces = [ \"eth1\" ]; }, "
	    "{ name = \"w\"; interfaces = [ \"eth1\" ]; }"),
	    E_TOP("vpcs[1].interfaces",
	    "eth1 is an interface of \"v\" already") },
	{ "two of one name", V("{ name = \"v\"; interfaces = [ \"eth1\" ]; }, "
	    "{ name = \"v\"; interfaces = [ \"eth2\" ]; }"),
	    E_TOP("vpcs[1].name", "\"v\" is there twice") },
	{ "a VRF device", V("{ name = \"v\"; interfaces = [ \"vrf100\" ]; }"),
	    E_ONE("interfaces",
	    "vrf100 is the VRF device of route table \"blue\"") },
	{ "a tunnel's interface", FRAME("vpcs = ( { name = \"v\"; interfaces = "
	    "[ \"tun7\" ]; } );", "hub", "", OUTSIDE,
	    "interface_name = \"tun7\";"),
	    E_ONE("interfaces", "tun7 is the interface of a/1") },

	{ "what the interfaces have", ONE("prefixes = \"interface\";"), NULL },
	{ "something else", ONE("prefixes = \"link\";"), E_ONE("prefixes",
	    "must be \"interface\" or a list, not \"link\"") },
	{ "no networks", NETS(""), NULL },
	{ "networks", NETS("\"10.1.0.0/16\", \"fd00:1::/64\""), NULL },
	{ "a network with host bits", NETS("\"10.1.0.1/16\""),
	    E_ONE("prefixes[0]", "\"10.1.0.1/16\" has host bits set; its "
	    "network is 10.1.0.0/16") },
	{ "a network twice", NETS("\"10.1.0.0/16\", \"10.1.0.0/16\""),
	    E_ONE("prefixes[1]", "10.1.0.0/16 is there twice") },
	{ "a number", NETS("7"), E_ONE("prefixes[0]", "must be a network in "
	    "quotes or a group, not a number") },
	{ "one behind a router", NETS("{ prefix = \"10.1.0.0/16\"; next_hop = "
	    "\"10.2.0.1\"; }"), NULL },
	{ "a group without router", NETS("{ prefix = \"10.1.0.0/16\"; }"),
	    E_ONE("prefixes[0].next_hop", "missing") },
	{ "a router of the other family", NETS("{ prefix = \"10.1.0.0/16\"; "
	    "next_hop = \"fd00::1\"; }"), E_ONE("prefixes[0].next_hop",
	    "is not of the IP version of 10.1.0.0/16") },
	{ "a router for all", ONE("next_hop = \"10.1.0.1\";"), NULL },
	{ "two", ONE("next_hop = [ \"10.1.0.1\", \"fd00::1\" ];"), NULL },
	{ "two of a family", ONE("next_hop = [ \"10.1.0.1\", \"10.1.0.2\" ];"),
	    E_ONE("next_hop[1]", "there is a next hop of that IP version "
	    "already") },

	{ "tables", ONE("association = \"red\"; propagation = [ \"blue\", "
	    "\"main\" ];"), NULL },
	{ "a table that is not there", ONE("association = \"green\";"),
	    E_ONE("association",
	    "there is no route table \"green\" in route_tables") },
	{ "forwarding", ONE("forwarding = \"tunnels\";"), NULL },
	{ "of another kind", ONE("forwarding = \"yes\";"),
	    E_ONE("forwarding",
	    "must be \"system\" or \"tunnels\", not \"yes\"") },

	{ "one network in two tables", TWO("association = \"red\"; prefixes = "
	    "[ \"10.1.0.0/16\" ];", "association = \"blue\"; prefixes = "
	    "[ \"10.1.0.0/16\" ];"), NULL },
	{ "in one", TWO("association = \"red\"; prefixes = "
	    "[ \"10.1.0.0/16\" ];", "association = \"blue\"; prefixes = "
	    "[ \"10.1.0.0/16\" ]; propagation = [ \"blue\", \"red\" ];"),
	    E_TOP("vpcs[1].prefixes", "10.1.0.0/16 is a prefix of \"v\" in "
	    "route table \"red\" already") },

	{ "a route to a VPC", ROUTE("vpc = \"v\";",
	    "next_hop = \"10.1.0.1\";"), NULL },
	{ "to one without router", ROUTE("vpc = \"v\";", ""),
	    E_ROUTE("vpc", "\"v\" has no next_hop for 0.0.0.0/0") },
	{ "to one that is not there", ROUTE("vpc = \"w\";", ""),
	    E_ROUTE("vpc", "there is no VPC \"w\"") },
	{ "to a connection as well", ROUTE("vpc = \"v\"; connection = \"a\";",
	    ""), E_ROUTE("vpc", "the route leads elsewhere already") },

	{ "networks through tunnels only",
	    CONN("tunnel_only_networks = [ \"10.0.0.0/8\" ];"), NULL },
};

static void
each_rule_has_its_words(void **state)
{
	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void
a_network_without_a_next_hop_has_that_of_its_vpc(void **state)
{
	char line[600], text[ADDR_STRLEN];
	struct conf *c = parse(ONE("association = \"blue\"; next_hop = "
	    "\"10.1.0.1\"; prefixes = ( \"10.2.0.0/16\", { prefix = "
	    "\"10.3.0.0/16\"; next_hop = \"10.1.0.2\"; }, \"fd00:1::/64\" );"),
	    line);
	const struct conf_vpc *v;

	(void)state;
	assert_string_equal(line, "");
	v = conf_vpc_of(c, "eth1");
	assert_ptr_equal(v, conf_vpc_named(c, "v"));
	assert_int_equal(v->prefixes.n, 3);
	assert_string_equal(addr_str(&v->prefixes.v[0].next_hop, text),
	    "10.1.0.1");
	assert_string_equal(addr_str(&v->prefixes.v[1].next_hop, text),
	    "10.1.0.2");
	assert_false(addr_is_set(&v->prefixes.v[2].next_hop));
	assert_int_equal(v->association, 100);
	assert_int_equal(v->propagation.n, 1);
	assert_int_equal(v->propagation.v[0], 100);
	assert_null(conf_vpc_of(c, "eth2"));
	conf_free(c);
}

static void
who_says_nothing_has_what_the_interfaces_have(void **state)
{
	char line[600];
	struct conf *c = parse(ONE(""), line);
	const struct conf_vpc *v = conf_vpc_named(c, "v");

	(void)state;
	assert_null(v->prefixes.v);
	assert_false(v->closed);
	assert_int_equal(v->association, CONF_TABLE_MAIN);
	assert_int_equal(v->propagation.v[0], CONF_TABLE_MAIN);
	conf_free(c);
	c = parse(NETS(""), line);
	assert_non_null(conf_vpc_named(c, "v")->prefixes.v);
	assert_int_equal(conf_vpc_named(c, "v")->prefixes.n, 0);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_words),
		cmocka_unit_test(
		    a_network_without_a_next_hop_has_that_of_its_vpc),
		cmocka_unit_test(
		    who_says_nothing_has_what_the_interfaces_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
