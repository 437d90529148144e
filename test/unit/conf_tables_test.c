/*
 * Route tables in a configuration: what is refused, in which words, and what
 * those who say nothing belong to.
 */
#include "unit/conf_text.h"

#define T(s)	"route_tables = ( " s " );"
#define BLUE	"{ name = \"blue\"; table = 100; }"
#define RED	"{ name = \"red\"; table = 200; }"
#define ROUTE(s) TOP(T("{ name = \"blue\"; table = 100; routes = ( " s " ); }"))
#define WITH(conn) FRAME(T(BLUE ", " RED), "hub", conn, OUTSIDE, "")
#define E_ROUTE(i, key, why)						\
	E_TOP("route_tables[0].routes[" #i "]" key, why)

static const struct conf_row rows[] = {
	{ "two tables", TOP(T(BLUE ", " RED)), NULL },
	{ "no tables", TOP(T("")), NULL },
	{ "the highest number", TOP(T("{ name = \"b\"; table = 65535; }")),
	    NULL },
	{ "a number beyond it", TOP(T("{ name = \"b\"; table = 65536; }")),
	    E_TOP("route_tables[0].table", "must be 1 to 65535, not 65536") },
	{ "number 0", TOP(T("{ name = \"b\"; table = 0; }")),
	    E_TOP("route_tables[0].table", "must be 1 to 65535, not 0") },
	{ "the kernel's own", TOP(T("{ name = \"b\"; table = 255; }")),
	    E_TOP("route_tables[0].table",
	    "255 is the kernel's table \"local\"") },
	{ "the main table's number", TOP(T("{ name = \"b\"; table = 254; }")),
	    E_TOP("route_tables[0].table",
	    "254 is the kernel's table \"main\"") },
	{ "its name", TOP(T("{ name = \"main\"; table = 100; }")),
	    E_TOP("route_tables[0].name", "\"main\" is the kernel's main "
	    "table, which is always there") },
	{ "no number", TOP(T("{ name = \"b\"; }")),
	    E_TOP("route_tables[0].table", "missing") },
	{ "no name", TOP(T("{ table = 100; }")),
	    E_TOP("route_tables[0].name", "missing") },
	{ "two of one name", TOP(T(BLUE ", { name = \"blue\"; table = 7; }")),
	    E_TOP("route_tables[1].name", "\"blue\" is there twice") },
	{ "two of one number", TOP(T(BLUE ", { name = \"b\"; table = 100; }")),
	    E_TOP("route_tables[1].table",
	    "100 is already the table of \"blue\"") },
	{ "a VRF of another kind", TOP(T("{ name = \"b\"; table = 1; "
	    "vrf = \"yes\"; }")), E_TOP("route_tables[0].vrf", "must be "
	    "\"auto\", \"always\" or \"never\", not \"yes\"") },
	{ "a VRF's name that a tunnel has", FRAME(T(BLUE), "hub", "", OUTSIDE,
	    "interface_name = \"vrf100\";"),
	    E_TOP("route_tables[0].table", "its VRF device would be vrf100, "
	    "which is the interface of a/1") },

	{ "routes of both kinds", ROUTE("{ prefix = \"10.0.0.0/8\"; "
	    "connection = \"a\"; }, { prefix = \"fd00::/8\"; "
	    "blackhole = true; }"), NULL },
	{ "a route to nowhere", ROUTE("{ prefix = \"10.0.0.0/8\"; }"),
	    E_ROUTE(0, ".connection", "missing: a route leads to a "
	    "connection, or is a blackhole") },
	{ "a route to both", ROUTE("{ prefix = \"10.0.0.0/8\"; "
	    "connection = \"a\"; blackhole = true; }"),
	    E_ROUTE(0, ".blackhole", "the route cannot lead to a connection "
	    "as well") },
	{ "a route to a stranger", ROUTE("{ prefix = \"10.0.0.0/8\"; "
	    "connection = \"x\"; }"), E_ROUTE(0, ".connection",
	    "there is no connection \"x\"") },
	{ "a route with host bits", ROUTE("{ prefix = \"10.0.0.1/8\"; "
	    "blackhole = true; }"), E_ROUTE(0, ".prefix", "\"10.0.0.1/8\" has "
	    "host bits set; its network is 10.0.0.0/8") },
	{ "a route of a family that its tunnels lack", ROUTE("{ prefix = "
	    "\"fd00::/8\"; connection = \"a\"; }"), E_ROUTE(0, ".prefix",
	    "fd00::/8 does not fit tunnel_inside_ip_version of tunnel 1 of "
	    "\"a\"") },
	{ "a route twice", ROUTE("{ prefix = \"10.0.0.0/8\"; connection = "
	    "\"a\"; }, { prefix = \"10.0.0.0/8\"; blackhole = true; }"),
	    E_ROUTE(1, ".prefix", "10.0.0.0/8 is there twice") },

	{ "an association", WITH("association = \"red\";"), NULL },
	{ "one with the main table", WITH("association = \"main\";"), NULL },
	{ "one with a table that is not there",
	    WITH("association = \"green\";"), E_CONN("association",
	    "there is no route table \"green\" in route_tables") },
	{ "propagation", WITH("propagation = [ \"red\", \"blue\", \"main\" "
	    "];"), NULL },
	{ "no propagation", WITH("propagation = [ ];"), NULL },
	{ "propagation twice", WITH("propagation = [ \"red\", \"red\" ];"),
	    E_CONN("propagation[1]", "\"red\" is there twice") },
	{ "propagation to a table that is not there",
	    WITH("propagation = [ \"red\", \"green\" ];"),
	    E_CONN("propagation[1]", "there is no route table \"green\" in "
	    "route_tables") },
	{ "an association in a tunnel", TUN("association = \"main\";"),
	    E_TUN("association", "may not stand here, only in a "
	    "connection") },
};

static void
each_rule_has_its_words(void **state)
{
	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void
who_says_nothing_belongs_to_the_main_table(void **state)
{
	(void)state;
	static const struct {
		const char	*what, *conn;
		uint16_t	association, n, into[2];
	} tests[] = {
		{ "nothing", "", 254, 1, { 254 } },
		{ "an association alone", "association = \"blue\";", 100, 1,
		    { 100 } },
		{ "no propagation", "association = \"blue\"; "
		    "propagation = [ ];", 100, 0, { 0 } },
		{ "propagation alone", "propagation = [ \"red\", \"blue\" "
		    "];", 254, 2, { 200, 100 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		char text[2000], line[600];
		const struct conf_connection *c;
		struct conf *conf;

		snprintf(text, sizeof(text), WITH("%s"), tests[i].conn);
		conf = parse(text, line);
		assert_string_equal(line, "");
		c = &conf->connections[0];
		assert_int_equal(c->association, tests[i].association);
		assert_int_equal(c->propagation.n, tests[i].n);
		for (unsigned k = 0; k < tests[i].n; k++)
			assert_int_equal(c->propagation.v[k],
			    tests[i].into[k]);
		assert_string_equal(conf_table_name(conf, 254), "main");
		assert_string_equal(conf_table_name(conf, 100), "blue");
		assert_string_equal(conf_table_name(conf, 7), "");
		conf_free(conf);
	}
}

/* RFC 7296 aside: the same inside CIDR in another table is another one. */
static void
an_inside_cidr_is_unique_within_its_table(void **state)
{
	(void)state;
	static const char *const other[] = { "blue", "red" };
	static const char form[] = T(BLUE ", " RED) "connections = ( "
	    "{ name = \"a\"; role = \"hub\"; association = \"blue\"; "
	    "tunnels = ( { " OUTSIDE " tunnel_inside_cidr = "
	    "\"169.254.10.0/30\"; } ); }, { name = \"b\"; role = \"hub\"; "
	    "association = \"%s\"; tunnels = ( { " OUTSIDE2
	    " tunnel_inside_cidr = \"169.254.10.0/30\"; } ); } );";

	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		char text[2000], line[600];
		struct conf *c;

		snprintf(text, sizeof(text), form, other[i]);
		c = parse(text, line);
		assert_string_equal(line, i == 1 ? "" : "t.conf:1: "
		    "connections[1].tunnels[0].tunnel_inside_cidr: is already "
		    "the inside CIDR of a/1");
		conf_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_words),
		cmocka_unit_test(who_says_nothing_belongs_to_the_main_table),
		cmocka_unit_test(an_inside_cidr_is_unique_within_its_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
