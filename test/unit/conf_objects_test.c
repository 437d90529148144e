/*
 * Gateways and customer gateways in a configuration: what is refused, in
 * which words, and what their connections have of them.
 */
#include "unit/conf_text.h"

#define CGW(s)	"customer_gateways = ( " s " ); "
#define GW(s)	"gateways = ( " s " ); "
#define ONE	"{ name = \"c1\"; ip_address = \"198.51.100.1\"; "	\
	"bgp_asn = 65010; }"
#define TWO	"{ name = \"c2\"; ip_address = \"198.51.100.2\"; "	\
	"bgp_asn = 65020; }"
#define VGW	"{ name = \"v1\"; type = \"virtual-private\"; }"
#define TGW	"{ name = \"t1\"; type = \"transit\"; }"
#define BLUE	"route_tables = ( { name = \"blue\"; table = 100; }, "	\
	"{ name = \"red\"; table = 200; } ); "
#define OBJECTS	CGW(ONE ", " TWO) GW(VGW ", " TGW)
/* Objects are in line 2, a connection's keys in 4, its tunnels' in 6 and 8. */
#define FULL(top, conn, one, two) "asn = 64512;\n" top			\
	"\nconnections = ( { name = \"a\";\n" conn "\ntunnels = ( {\n"	\
	"local_outside_ip_address = \"192.0.2.1\"; "			\
	"tunnel_inside_cidr = \"169.254.10.0/30\"; " one "\n}, {\n"	\
	"local_outside_ip_address = \"192.0.2.2\"; "			\
	"tunnel_inside_cidr = \"169.254.10.4/30\"; " two "\n} ); } );\n"
#define ATT(conn) FULL(OBJECTS, conn, "", "")
#define V1	"gateway = \"v1\"; customer_gateway = \"c1\"; "
#define T1	"gateway = \"t1\"; customer_gateway = \"c1\"; "
#define E_ATT(key, why)	"t.conf:4: connections[0]." key ": " why
#define E_NONE(key, why) "t.conf:3: connections[0]." key ": " why
#define E_LACKS(key, why) "t.conf:5: connections[0].tunnels[0]." key ": " why
#define E_ONE(key, why)	"t.conf:6: connections[0].tunnels[0]." key ": " why
/* A second connection, its keys in line 6. */
#define MORE(top, conn) "asn = 64512;\n" top				\
	"\nconnections = ( { name = \"a\"; " V1				\
	"tunnels = ( { local_outside_ip_address = \"192.0.2.1\"; "	\
	"tunnel_inside_cidr = \"169.254.10.0/30\"; },\n"		\
	"{ local_outside_ip_address = \"192.0.2.2\"; "			\
	"tunnel_inside_cidr = \"169.254.10.4/30\"; } ); },\n"		\
	"{ name = \"b\";\n" conn "\n"					\
	"tunnels = ( { local_outside_ip_address = \"192.0.2.1\"; "	\
	"tunnel_inside_cidr = \"169.254.10.8/30\"; },\n"		\
	"{ local_outside_ip_address = \"192.0.2.2\"; "			\
	"tunnel_inside_cidr = \"169.254.10.12/30\"; } ); } );\n"
#define E_TARGET(key, why) E_TOP("gateways[0]." key, why)
#define E_CUST(key, why) E_TOP("customer_gateways[0]." key, why)
#define CUST(s)	TOP(CGW("{ name = \"c\"; " s " }"))
#define TARGET(s) TOP(BLUE GW("{ name = \"g\"; " s " }"))
#define AMAZON(asn, where)						\
	{ "AS " #asn, CUST("bgp_asn = " #asn ";"),			\
	    E_CUST("bgp_asn", "AS " #asn " is reserved by AWS " where) }

static const struct conf_row rows[] = {
	/* customer gateways */
	{ "a customer gateway", CUST("ip_address = \"198.51.100.1\"; "
	    "bgp_asn = 65010; device_name = \"x\";"), NULL },
	{ "one that may be anywhere", CUST(""), NULL },
	{ "one without a name", TOP(CGW("{ }")), E_CUST("name", "missing") },
	{ "one twice", TOP(CGW(ONE ", " ONE)),
	    E_TOP("customer_gateways[1].name", "\"c1\" is there twice") },
	{ "the lowest AS", CUST("bgp_asn = 1;"), NULL },
	{ "AS 0", CUST("bgp_asn = 0;"),
	    E_CUST("bgp_asn", "must be 1 to 4294967295, not 0") },
	{ "the highest AS", CUST("bgp_asn = 4294967295;"), NULL },
	{ "one beyond", CUST("bgp_asn = 4294967296;"),
	    E_CUST("bgp_asn", "must be 1 to 4294967295, not 4294967296") },
	AMAZON(7224, "in every Region"),
	AMAZON(9059, "in eu-west-1"),
	AMAZON(10124, "in ap-northeast-1"),
	AMAZON(17943, "in ap-southeast-1"),
	{ "AS_TRANS", CUST("bgp_asn = 23456;"),
	    E_CUST("bgp_asn", "AS 23456 is reserved and cannot be used") },
	{ "a multicast address", CUST("ip_address = \"224.0.0.1\";"),
	    E_CUST("ip_address", "must be a unicast address that routers "
	    "forward, not \"224.0.0.1\"") },
	{ "a key of a connection", CUST("remote_asn = 1;"),
	    E_CUST("remote_asn", "may not stand here, only in a "
	    "connection") },
	{ "one address, two AS numbers", TOP(CGW(ONE ", { name = \"c2\"; "
	    "ip_address = \"198.51.100.1\"; bgp_asn = 65011; }")), NULL },
	{ "one address, two devices", TOP(CGW(ONE ", { name = \"c2\"; "
	    "ip_address = \"198.51.100.1\"; bgp_asn = 65010; "
	    "device_name = \"two\"; }")), NULL },
	{ "all three alike", TOP(CGW(TWO ", " ONE ", { name = \"c3\"; "
	    "ip_address = \"198.51.100.1\"; bgp_asn = 65010; }")),
	    E_TOP("customer_gateways[2].device_name", "ip_address and bgp_asn "
	    "are those of \"c1\": one of the three must differ") },
	{ "two that may be anywhere", TOP(CGW("{ name = \"c1\"; }, "
	    "{ name = \"c2\"; }")), NULL },

	/* gateways */
	{ "a virtual private gateway", TARGET("type = \"virtual-private\"; "
	    "amazon_side_asn = 65534; route_table = \"blue\"; "
	    "vpc = \"v\";"), NULL },
	{ "a transit gateway", TARGET("type = \"transit\"; "
	    "amazon_side_asn = 4200000000; vpn_ecmp_support = false; "
	    "default_route_table_association = \"blue\"; "
	    "default_route_table_propagation = \"red\";"), NULL },
	{ "one of no type", TARGET(""), E_TARGET("type", "missing") },
	{ "one of another type", TARGET("type = \"vgw\";"),
	    E_TARGET("type", "must be \"virtual-private\" or \"transit\", not "
	    "\"vgw\"") },
	{ "a public AS number", TARGET("type = \"transit\"; "
	    "amazon_side_asn = 3333;"), E_TARGET("amazon_side_asn", "must be "
	    "a private AS number, 64512 to 65534 or 4200000000 to 4294967294, "
	    "not 3333; without the key it is asn") },
	{ "the number below the private ones", TARGET("type = \"transit\"; "
	    "amazon_side_asn = 64511;"), E_TARGET("amazon_side_asn", "must be "
	    "a private AS number, 64512 to 65534 or 4200000000 to 4294967294, "
	    "not 64511; without the key it is asn") },
	{ "that of an old gateway", TARGET("type = \"transit\"; "
	    "amazon_side_asn = 7224;"), NULL },
	{ "ECMP on a virtual private one", TARGET("type = "
	    "\"virtual-private\"; vpn_ecmp_support = false;"),
	    E_TARGET("vpn_ecmp_support",
	    "is only for a gateway of type \"transit\"") },
	{ "a VPC of a transit one", TARGET("type = \"transit\"; "
	    "vpc = \"v\";"), E_TARGET("vpc",
	    "is only for a gateway of type \"virtual-private\"") },
	{ "a table that is not there", TARGET("type = \"virtual-private\"; "
	    "route_table = \"green\";"), E_TARGET("route_table", "there is no "
	    "route table \"green\" in route_tables") },
	{ "two in the main table", TOP(GW(VGW ", { name = \"v2\"; "
	    "type = \"virtual-private\"; }")), E_TOP("gateways[1].route_table",
	    "\"main\" is already that of gateway \"v1\"; each virtual private "
	    "gateway needs its own") },
	{ "two in two tables", TOP(BLUE GW(VGW ", { name = \"v2\"; "
	    "type = \"virtual-private\"; route_table = \"red\"; }")), NULL },
	{ "a gateway twice", TOP(GW(TGW ", " TGW)),
	    E_TOP("gateways[1].name", "\"t1\" is there twice") },

	/* connections of the two */
	{ "on a virtual private one", ATT(V1), NULL },
	{ "on a transit one", ATT(T1), NULL },
	{ "a hub by name", ATT(V1 "role = \"hub\";"), NULL },
	{ "a device", ATT(V1 "role = \"device\";"), E_ATT("role",
	    "must be \"hub\", as a connection with gateway is") },
	{ "no customer gateway", ATT("gateway = \"v1\";"),
	    E_NONE("customer_gateway", "missing: a connection with gateway "
	    "names whose it is") },
	{ "no gateway", ATT("customer_gateway = \"c1\";"),
	    E_NONE("gateway", "missing: a connection with customer_gateway "
	    "names what of ours it ends at") },
	{ "a gateway that is not there", ATT("gateway = \"v9\"; "
	    "customer_gateway = \"c1\";"), E_ATT("gateway",
	    "there is no gateway \"v9\" in gateways") },
	{ "a customer that is not there", ATT("gateway = \"v1\"; "
	    "customer_gateway = \"c9\";"), E_ATT("customer_gateway",
	    "there is no customer gateway \"c9\" in customer_gateways") },
	{ "an AS number besides", ATT(V1 "remote_asn = 65010;"),
	    E_ATT("remote_asn", "is said by customer gateway \"c1\"") },
	{ "an address besides", FULL(OBJECTS, V1,
	    "remote_outside_ip_address = \"198.51.100.1\";", ""),
	    E_ONE("remote_outside_ip_address",
	    "is said by customer gateway \"c1\"") },
	{ "an identity besides", ATT(V1 "remote_id = \"x\";"), NULL },
	{ "two identities", FULL(CGW("{ name = \"c1\"; ip_address = "
	    "\"198.51.100.1\"; remote_id = \"x\"; }") GW(VGW),
	    V1 "remote_id = \"x\";", "", ""), E_ATT("remote_id",
	    "is said by customer gateway \"c1\"") },
	{ "an AS of ours besides", ATT(V1 "local_as = 64600;"),
	    E_ATT("local_as", "is said by gateway \"v1\"") },
	{ "a table besides", ATT(V1 "association = \"main\";"),
	    E_ATT("association", "is said by gateway \"v1\"") },
	{ "which a transit one allows", ATT(T1 "association = \"main\"; "
	    "propagation = [ ];"), NULL },
	{ "one tunnel", "asn = 64512;\n" OBJECTS "\nconnections = ( { "
	    "name = \"a\";\n" V1 "tunnels = ( { local_outside_ip_address = "
	    "\"192.0.2.1\"; tunnel_inside_cidr = \"169.254.10.0/30\"; } ); "
	    "} );", E_ATT("tunnels",
	    "must be 2 in a connection of a gateway, not 1") },
	{ "static routes", ATT(V1 "static_routes_only = true; "
	    "routes = [ \"10.1.0.0/16\" ];"), NULL },
	{ "static routes besides BGP", ATT(V1 "routes = [ \"10.1.0.0/16\" ];"),
	    E_ATT("routes", "need static_routes_only = true: static routes "
	    "and BGP exclude each other") },
	{ "networks without BGP", ATT(V1 "static_routes_only = true; "
	    "networks = [ \"10.1.0.0/16\" ];"), E_ATT("networks", "are "
	    "announced by BGP, but static_routes_only is true") },
	{ "static without a gateway", CONN("static_routes_only = true;"),
	    E_CONN("static_routes_only", "is for a connection of a gateway; "
	    "without one there is no BGP unless there is remote_asn") },
	{ "the gateway's AS as the customer's", FULL(CGW(ONE)
	    GW("{ name = \"v1\"; type = \"virtual-private\"; "
	    "amazon_side_asn = 65010; }"), V1, "", ""),
	    E_ATT("customer_gateway",
	    "its bgp_asn 65010 is its gateway's, too: they must differ") },
	{ "our AS as the customer's", FULL(CGW("{ name = \"c1\"; "
	    "ip_address = \"198.51.100.1\"; bgp_asn = 64512; }")
	    GW("{ name = \"v1\"; type = \"virtual-private\"; "
	    "amazon_side_asn = 65010; }"), V1, "", ""),
	    E_ATT("customer_gateway",
	    "its bgp_asn 64512 is ours (asn), too: they must differ") },
	{ "a customer anywhere with a key", FULL(CGW("{ name = \"c1\"; }")
	    GW(VGW), V1 "remote_id = \"x\";", "", ""),
	    E_LACKS("remote_authentication", "must be \"certificate\": customer "
	    "gateway \"c1\" has no ip_address") },
	{ "and with a certificate", FULL(CGW("{ name = \"c1\"; "
	    "ca_certificates = \"ca.pem\"; remote_id = \"x\"; }") GW(VGW),
	    V1 "remote_authentication = \"certificate\";", "", ""), NULL },
	{ "calling a customer anywhere", FULL(CGW("{ name = \"c1\"; "
	    "ca_certificates = \"ca.pem\"; remote_id = \"x\"; }") GW(VGW),
	    V1 "remote_authentication = \"certificate\";",
	    "startup_action = \"start\";", ""), E_ONE("startup_action",
	    "\"start\" needs an ip_address of the customer gateway") },
	{ "IPv6 inside a virtual private one", FULL(OBJECTS, V1,
	    "tunnel_inside_ipv6_cidr = \"fd00::/126\";", ""),
	    E_ONE("tunnel_inside_ipv6_cidr",
	    "IPv6 needs a gateway of type \"transit\"") },
	{ "and as its traffic", FULL(OBJECTS, V1,
	    "tunnel_inside_ip_version = \"both\";", ""),
	    E_ONE("tunnel_inside_ip_version",
	    "IPv6 needs a gateway of type \"transit\"") },
	{ "IPv6 inside a transit one", FULL(OBJECTS, T1,
	    "tunnel_inside_ipv6_cidr = \"fd00::/126\";", ""), NULL },

	{ "group 5 in phase 1", FULL(OBJECTS, V1,
	    "phase1_dh_group_numbers = [ 14, 5 ];", ""),
	    E_ONE("phase1_dh_group_numbers", "group 5 is for phase 2 alone on "
	    "a connection of a gateway") },
	{ "and in phase 2", FULL(OBJECTS, V1,
	    "phase2_dh_group_numbers = [ 14, 5 ];", ""), NULL },

	/* several */
	{ "two customers", MORE(OBJECTS, "gateway = \"v1\"; "
	    "customer_gateway = \"c2\";"), NULL },
	{ "two of one AS", MORE(CGW(ONE ", { name = \"c2\"; ip_address = "
	    "\"198.51.100.2\"; bgp_asn = 65010; }") GW(VGW),
	    "gateway = \"v1\"; customer_gateway = \"c2\";"),
	    "t.conf:6: connections[1].customer_gateway: its bgp_asn 65010 is "
	    "that of connection \"a\", too: on a virtual private gateway each "
	    "customer gateway needs its own, or as_override" },
	{ "one of whom is given the other's by another name",
	    MORE(CGW(ONE ", { name = \"c2\"; ip_address = "
	    "\"198.51.100.2\"; bgp_asn = 65010; }") GW(VGW),
	    "gateway = \"v1\"; customer_gateway = \"c2\"; "
	    "as_override = true;"), NULL },
	{ "on two gateways", MORE(CGW(ONE ", { name = \"c2\"; ip_address = "
	    "\"198.51.100.2\"; bgp_asn = 65010; }") GW(VGW ", " TGW),
	    "gateway = \"t1\"; customer_gateway = \"c2\";"), NULL },
	{ "one customer, two connections", MORE(OBJECTS, V1
	    "remote_id = \"x\";"), NULL },
};

static void
every_rule_holds_at_its_border(void **state)
{
	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void
a_connection_has_what_its_gateways_say(void **state)
{
	static const char text[] = FULL(BLUE CGW("{ name = \"c1\"; "
	    "ip_address = \"198.51.100.1\"; bgp_asn = 65010; "
	    "remote_id = \"branch\"; }")
	    GW("{ name = \"v1\"; type = \"virtual-private\"; "
	    "amazon_side_asn = 64600; route_table = \"blue\"; }"), V1, "",
	    "max_prefixes_in = 7;");
	const struct conf_connection *c;
	const struct conf_tunnel *t;
	char line[600], id[CONF_ID_LEN], address[ADDR_STRLEN];
	struct conf *conf = parse(text, line);

	(void)state;
	assert_string_equal(line, "");
	c = &conf->connections[0];
	t = &c->tunnels[1];
	assert_string_equal(conf_target(conf, c)->name, "v1");
	assert_string_equal(conf_customer(conf, c)->name, "c1");
	assert_true(c->hub);
	assert_int_equal(c->remote_asn, 65010);
	assert_int_equal(c->association, 100);
	assert_int_equal(c->propagation.n, 1);
	assert_int_equal(c->propagation.v[0], 100);
	assert_string_equal(addr_str(&t->remote, address), "198.51.100.1");
	assert_string_equal(conf_id_str(&t->remote_id, id), "branch");
	assert_false(t->start);
	assert_int_equal(t->local_as, 64600);
	assert_true(t->local_as_no_prepend && t->local_as_replace_as);
	assert_int_equal(c->tunnels[0].bgp.max_in, 100);
	assert_int_equal(t->bgp.max_in, 7);
	assert_int_equal(t->bgp.max_out, 1000);
	conf_free(conf);
}

static void
a_transit_gateway_has_defaults_of_its_own(void **state)
{
	static const char text[] = FULL(BLUE CGW(ONE)
	    GW("{ name = \"t1\"; type = \"transit\"; "
	    "default_route_table_association = \"blue\"; "
	    "default_route_table_propagation = \"red\"; }"), T1, "", "");
	const struct conf_connection *c;
	char line[600];
	struct conf *conf = parse(text, line);

	(void)state;
	assert_string_equal(line, "");
	c = &conf->connections[0];
	assert_true(conf_target(conf, c)->ecmp);
	assert_int_equal(conf_target(conf, c)->asn, 64512);
	assert_int_equal(c->association, 100);
	assert_int_equal(c->propagation.v[0], 200);
	assert_int_equal(c->tunnels[0].local_as, 0);
	assert_int_equal(c->tunnels[0].bgp.max_in, 1000);
	assert_int_equal(c->tunnels[0].bgp.max_out, 5000);
	conf_free(conf);
}

/* What is announced, what a route without a MED counts as, and who shares. */
static void
the_second_tunnel_is_the_worse_one(void **state)
{
	static const struct {
		const char	*text;
		struct { uint32_t out, in; enum bgp_share share; bool worse; }
		    is[2];
	} of[] = {
		{ ATT(V1), { { 100, 0, BGP_SHARE_NONE, false },
		    { 200, 0, BGP_SHARE_NONE, true } } },
		{ ATT(T1), { { 100, 100, BGP_SHARE_PATH, false },
		    { 100, 100, BGP_SHARE_PATH, false } } },
		{ FULL(CGW(ONE) GW("{ name = \"t1\"; type = \"transit\"; "
		    "vpn_ecmp_support = false; }"), T1, "", ""),
		    { { 100, 100, BGP_SHARE_NONE, false },
		    { 200, 100, BGP_SHARE_NONE, true } } },
		{ ATT(T1 "static_routes_only = true;"),
		    { { 0, 0, BGP_SHARE_NONE, false },
		    { 0, 0, BGP_SHARE_NONE, false } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		char line[600];
		struct conf *conf = parse(of[i].text, line);
		const struct conf_tunnel *t = conf->connections[0].tunnels;

		assert_string_equal(line, "");
		for (unsigned k = 0; k < 2; k++) {
			assert_int_equal(t[k].bgp.med_out, of[i].is[k].out);
			assert_int_equal(t[k].bgp.med_in, of[i].is[k].in);
			assert_int_equal(t[k].bgp.share, of[i].is[k].share);
			assert_int_equal(t[k].bgp.rank > t[0].bgp.rank,
			    of[i].is[k].worse);
		}
		conf_free(conf);
	}
}

static void
a_connection_without_gateways_has_none_of_it(void **state)
{
	char line[600];
	struct conf *conf = parse(TOP(OBJECTS), line);

	(void)state;
	assert_string_equal(line, "");
	assert_null(conf_target(conf, &conf->connections[0]));
	assert_null(conf_customer(conf, &conf->connections[0]));
	assert_int_equal(conf->connections[0].tunnels[0].bgp.max_in, 0);
	conf_free(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_holds_at_its_border),
		cmocka_unit_test(a_connection_has_what_its_gateways_say),
		cmocka_unit_test(a_transit_gateway_has_defaults_of_its_own),
		cmocka_unit_test(the_second_tunnel_is_the_worse_one),
		cmocka_unit_test(
		    a_connection_without_gateways_has_none_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
