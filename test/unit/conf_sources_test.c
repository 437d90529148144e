/* A configuration of several files: what is whose, in which order, and where. */
#include "conf_text.h"

#define FILES	4

#define TUNNEL_WITH(keys, n)						\
	"tunnels = ( { local_outside_ip_address = \"192.0.2.1\"; "	\
	"remote_outside_ip_address = \"198.51.100." n "\"; " keys " } );"
#define TUNNEL(n) TUNNEL_WITH("", n)
#define INSIDE	"tunnel_inside_cidr = \"169.254.9.0/30\"; "
#define C(name, n) "{ name = \"" name "\"; role = \"hub\"; " TUNNEL(n) " }"
#define ONE(name, n) "connections = (\n" C(name, n) " );\n"

static struct conf *
parse_files(const char *const text[static FILES], bool directory,
    char line[static 600])
{
	static const char *const names[FILES] = {
		"t.conf", "conf.d/1.conf", "conf.d/2.conf", "conf.d/3.conf",
	};
	struct conf_source v[FILES];
	struct conf_sources all = { .v = v, .directory = directory };
	struct conf_error e;
	struct conf *c;

	for (; all.n < FILES && text[all.n] != NULL; all.n++)
		v[all.n] = (struct conf_source){ .name = names[all.n],
		    .text = bytes_str(text[all.n]) };
	c = conf_parse_all(&all, &e);
	line[0] = '\0';
	if (c == NULL)
		conf_error_str(&e, line, 600);
	return c;
}

static const struct {
	const char	*what;
	const char	*text[FILES];
	bool		alone;		/* there is no directory */
	const char	*error;
} rows[] = {
	{ "a file alone must have connections", { "asn = 1;\n" }, true,
	    "t.conf: connections: missing" },
	{ "beside a directory it need not", { "asn = 1;\n" }, false, "" },
	{ "nor need those in it", { ONE("a", "1"), "", "# nothing\n" }, false,
	    "" },
	{ "a number stands in any file", { "", "asn = 7;", ONE("a", "1") },
	    false, "" },
	{ "but in one alone", { "asn = 7;\n", "\n", "\nasn = 7;\n" }, false,
	    "conf.d/2.conf:2: asn: stands in t.conf:1 already" },
	{ "an unknown key", { "", "\n\nasm = 7;" }, false,
	    "conf.d/1.conf:3: asm: unknown key; did you mean \"asn\"?" },
	{ "a syntax error", { "asn = 7;\n", ONE("a", "1"), "\nasn = = 1;" },
	    false, "conf.d/2.conf:2: syntax error" },
	{ "an unterminated comment", { "", "\n/* " }, false,
	    "conf.d/1.conf:2: comment without its closing */" },
	{ "a wrong value knows its file, and its place there",
	    { ONE("a", "1"), ONE("b", "2"), "connections = ( " C("c", "3")
	    ",\n{ name = \"d\"; role = \"hub\"; remote_asn = 0;\n" TUNNEL("4")
	    " } );" }, false, "conf.d/2.conf:2: connections[1].remote_asn: "
	    "must be 1 to 4294967294, not 0" },
	{ "a list that is none", { ONE("a", "1"), "connections = 5;" }, false,
	    "conf.d/1.conf:1: connections: must be a list of groups: "
	    "( { ... } )" },
	{ "a name twice", { ONE("a", "1"), ONE("b", "2"), ONE("a", "3") },
	    false, "conf.d/2.conf:2: connections[0].name: \"a\" is there "
	    "twice" },
	{ "an interface twice", { ONE("a", "1"), "connections = ( { name = "
	    "\"b\"; role = \"hub\";\n" TUNNEL_WITH("interface_name = "
	    "\"vpn1\"; ", "2") "});" }, false, "conf.d/1.conf:2: "
	    "connections[0].tunnels[0].interface_name: "
	    "is already the name of the interface of a/1" },
	{ "a policy of another file", { "", "policies = ( { name = \"p\"; "
	    "terms = ( { match = { prefix_list = \"l\"; }; then = "
	    "\"accept\"; } ); } );", "prefix_lists = ( { name = \"l\"; "
	    "entries = [ \"10.0.0.0/8\" ]; } );" }, false, "" },
	{ "BGP without asn is an error of the file that has none",
	    { "# empty\n", "connections = ( { name = \"a\"; role = \"hub\"; "
	    "remote_asn = 65000; " TUNNEL_WITH(INSIDE, "1") " } );" }, false, "t.conf: asn: missing: connection "
	    "\"a\" runs BGP" },
	{ "the same AS on both sides is the connection's", { "asn = 7;",
	    ONE("a", "1"), "\n\nconnections = ( {\nname = \"b\"; role = "
	    "\"hub\";\nremote_asn = 7; " TUNNEL_WITH(INSIDE, "2") " } );" }, false,
	    "conf.d/2.conf:5: connections[0].remote_asn: must differ from "
	    "asn: BGP within one AS is not supported" },
	{ "a wrong source address is its own file's", { "", ONE("a", "1"),
	    "\nroute_source_ipv4_address = \"::1\";" }, false,
	    "conf.d/2.conf:2: route_source_ipv4_address: must be an IPv4 "
	    "address" },
	{ "a route of a table to nowhere", { ONE("a", "1"), "route_tables = "
	    "( { name = \"t\"; table = 100; } );", "route_tables = ( { name = "
	    "\"u\"; table = 101;\nroutes = ( { prefix = \"10.0.0.0/8\";\n"
	    "connection = \"x\"; } ); } );" }, false, "conf.d/2.conf:3: "
	    "route_tables[0].routes[0].connection: there is no connection "
	    "\"x\"" },
	{ "more tables than there may be, over all",
	    { "route_tables = ( { name = \"1\"; table = 1; }, { name = \"2\"; "
	    "table = 2; }, { name = \"3\"; table = 3; }, { name = \"4\"; "
	    "table = 4; }, { name = \"5\"; table = 5; }, { name = \"6\"; "
	    "table = 6; }, { name = \"7\"; table = 7; }, { name = \"8\"; "
	    "table = 8; }, { name = \"9\"; table = 9; }, { name = \"10\"; "
	    "table = 10; } );", "route_tables = ( { name = \"11\"; table = "
	    "11; }, { name = \"12\"; table = 12; }, { name = \"13\"; table = "
	    "13; }, { name = \"14\"; table = 14; }, { name = \"15\"; table = "
	    "15; }, { name = \"16\"; table = 16; } );", "\nroute_tables = "
	    "( { name = \"17\"; table = 17; }, { name = \"18\"; table = 18; "
	    "}, { name = \"19\"; table = 19; }, { name = \"20\"; table = 20; "
	    "}, { name = \"21\"; table = 21; } );" }, false,
	    "conf.d/2.conf:2: route_tables: must have 20 groups at most over "
	    "all files, and these are up to the 21th" },
};

static void
rules_hold_over_all_files(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[600];
		struct conf *c = parse_files(rows[i].text, !rows[i].alone,
		    line);

		if (strcmp(line, rows[i].error) != 0) {
			print_error("%s:\n  got  %s\n  want %s\n",
			    rows[i].what, line, rows[i].error);
			bad++;
		}
		conf_free(c);
	}
	assert_int_equal(bad, 0);
}

/* Interfaces are numbered by it: a directory changes none of the file's. */
static void
files_count_one_behind_the_other(void **state)
{
	static const struct {
		const char	*name, *ifname, *source;
		int		line;
	} want[] = {
		{ "m", "vpn1", "t.conf", 2 }, { "z", "vpn2", "conf.d/1.conf", 2 },
		{ "b", "vpn3", "conf.d/3.conf", 2 },
		{ "a", "vpn4", "conf.d/3.conf", 3 },
	};
	static const char *const text[FILES] = {
		ONE("m", "1"), ONE("z", "2"), "",
		"connections = (\n" C("b", "3") ",\n" C("a", "4") " );",
	};
	char line[600];
	struct conf *c = parse_files(text, true, line);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct conf_connection *k = &c->connections[i];

		assert_string_equal(k->name, want[i].name);
		assert_string_equal(k->tunnels[0].ifname, want[i].ifname);
		assert_string_equal(k->source, want[i].source);
		assert_int_equal(k->line, want[i].line);
	}
	conf_free(c);
}

/* What is one file, cut in two between its groups, is the same. */
static void
one_file_or_two_make_no_difference(void **state)
{
	static const char *const one[FILES] = {
		"asn = 7;\nconnections = ( " C("a", "1") "," C("b", "2") " );",
	};
	static const char *const two[FILES] = {
		ONE("a", "1"), ONE("b", "2"), "asn = 7;",
	};
	char line[600];
	struct conf *a = parse_files(one, false, line);
	struct conf *b = parse_files(two, true, line);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->asn, b->asn);
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_memory_equal(a->connections[i].tunnels,
		    b->connections[i].tunnels,
		    sizeof(a->connections[i].tunnels));
	conf_free(a);
	conf_free(b);
}

static void
no_text_at_all_is_an_error(void **state)
{
	const struct conf_sources none = { .n = 0 };
	struct conf_error e;

	(void)state;
	assert_null(conf_parse_all(&none, &e));
	assert_string_equal(e.why.s, "no text");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_hold_over_all_files),
		cmocka_unit_test(files_count_one_behind_the_other),
		cmocka_unit_test(one_file_or_two_make_no_difference),
		cmocka_unit_test(no_text_at_all_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
