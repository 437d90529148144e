/*
 * Prefix lists and policies in a configuration: what is refused, in which
 * words, and that what is accepted decides as it was written.
 */
#include "unit/conf_text.h"

#include "bgp/aspath.h"
#include "bgp/attr.h"

#define BGP	"remote_asn = 65010; "
#define IN4	"tunnel_inside_cidr = \"169.254.10.0/30\"; "
#define LIST(s)	TOP("prefix_lists = ( { name = \"l\"; entries = [" s "]; } );")
#define POL(s)	TOP("policies = ( { name = \"p\"; terms = (" s "); } );")
#define TERM(s)	POL("{ " s " then = \"accept\"; }")
#define E_LIST(why) "t.conf:2: prefix_lists[0].entries[0]: " why
#define E_TERM(key, why) "t.conf:2: policies[0].terms[0]." key ": " why
#define NAMED(top, conn, tun)						\
	FRAME("prefix_lists = ( { name = \"vpc\"; entries = [ ]; } ); "	\
	    "policies = ( { name = \"from-branch\"; terms = ( ); } ); "	\
	    top, "hub", BGP conn, OUTSIDE, IN4 tun)

static const struct conf_row rows[] = {
	{ "entries of all forms", LIST("\"10.0.0.0/8\", \"permit fd00::/8 ge "
	    "9\", \"deny 0.0.0.0/0 ge 1 le 7\""), NULL },
	{ "no entries", LIST(""), NULL },
	{ "no list", TOP("prefix_lists = ( );"), NULL },
	{ "an entry with host bits", LIST("\"10.0.0.1/8\""),
	    E_LIST("10.0.0.1/8 has host bits set; its network is "
	    "10.0.0.0/8") },
	{ "an entry that is no text", TOP("prefix_lists = ( { name = \"l\"; "
	    "entries = [ 1 ]; } );"), E_LIST("must be a text in quotes") },
	{ "ge below the network's", LIST("\"10.0.0.0/8 ge 7\""),
	    E_LIST("must have 8 <= ge <= le <= 32, not ge 7 and le 32") },
	{ "a list without a name", TOP("prefix_lists = ( { entries = [ ]; } "
	    ");"), E_TOP("prefix_lists[0].name", "missing") },
	{ "a list without entries", TOP("prefix_lists = ( { name = \"l\"; } "
	    ");"), E_TOP("prefix_lists[0].entries", "missing") },
	{ "two lists of one name", TOP("prefix_lists = ( { name = \"l\"; "
	    "entries = [ ]; }, { name = \"l\"; entries = [ ]; } );"),
	    E_TOP("prefix_lists[1].name", "\"l\" is there twice") },
	{ "an unknown key of a list", TOP("prefix_lists = ( { name = \"l\"; "
	    "entrys = [ ]; } );"), E_TOP("prefix_lists[0].entrys",
	    "unknown key; did you mean \"entries\"?") },

	{ "two policies of one name", TOP("policies = ( { name = \"p\"; "
	    "terms = ( ); }, { name = \"p\"; terms = ( ); } );"),
	    E_TOP("policies[1].name", "\"p\" is there twice") },
	{ "a policy without terms", TOP("policies = ( { name = \"p\"; } );"),
	    E_TOP("policies[0].terms", "missing") },
	{ "terms that are none", TOP("policies = ( { name = \"p\"; terms = "
	    "[ 1 ]; } );"), E_TOP("policies[0].terms",
	    "must be a list of groups: ( { ... } )") },
	{ "two terms of one name", POL("{ name = \"a\"; then = \"next\"; }, "
	    "{ name = \"a\"; then = \"accept\"; }"),
	    E_TOP("policies[0].terms[1].name", "\"a\" is there twice") },
	{ "a term named like another one's number", POL("{ name = \"2\"; "
	    "then = \"next\"; }, { then = \"accept\"; }"),
	    E_TOP("policies[0].terms[1].name", "\"2\" is there twice") },
	{ "a term that decides nothing", POL("{ }"),
	    E_TERM("then", "missing") },
	{ "a term that decides something else", POL("{ then = \"permit\"; }"),
	    E_TERM("then", "must be \"accept\", \"reject\" or \"next\", not "
	    "\"permit\"") },
	{ "match that is no group", TERM("match = 1;"),
	    E_TERM("match", "must be a group: { ... }") },
	{ "an unknown condition", TERM("match = { as_paths = \"1\"; };"),
	    E_TERM("match.as_paths", "unknown key; did you mean "
	    "\"as_path\"?") },
	{ "a condition outside of match", TERM("as_path = \"1\";"),
	    E_TERM("as_path", "may not stand here, only in match of a "
	    "term") },
	{ "a change in match", TERM("match = { prepend = 1; };"),
	    E_TERM("match.prepend", "may not stand here, only in set of a "
	    "term") },
	{ "changes where it rejects", POL("{ set = { med = 1; }; then = "
	    "\"reject\"; }"), E_TERM("set", "nothing is set where \"then\" is "
	    "\"reject\"") },
	{ "no prefix list of any name", TERM("match = { prefix_list = "
	    "\"x\"; };"), E_TERM("match.prefix_list", "there is no prefix "
	    "list \"x\", nor any other") },
	{ "a prefix list spelled wrong", TOP("prefix_lists = ( { name = "
	    "\"vpc\"; entries = [ ]; } ); policies = ( { name = \"p\"; "
	    "terms = ( { match = { prefix_list = [ \"vpc\", \"vcp\" ]; }; "
	    "then = \"next\"; } ); } );"), E_TERM("match.prefix_list[1]",
	    "there is no prefix list \"vcp\"; did you mean \"vpc\"?") },
	{ "an AS path", TERM("match = { as_path = \"^65001 .* 65002$\"; };"),
	    NULL },
	{ "AS paths", TERM("match = { as_path = [ \"^$\", \"_1_\" ]; };"),
	    NULL },
	{ "what is no AS path", TERM("match = { as_path = [ \"1\", \"x\" ]; "
	    "};"), E_TERM("match.as_path[1]", "must have an AS number, "
	    "\".\" or \"(\" at \"x\"") },
	{ "no AS path at all", TERM("match = { as_path = [ ]; };"),
	    E_TERM("match.as_path", "must have a pattern") },
	{ "a length", TERM("match = { as_path_length = 3; };"), NULL },
	{ "lengths", TERM("match = { as_path_length = \"3-255\"; };"), NULL },
	{ "a length beyond", TERM("match = { as_path_length = 256; };"),
	    E_TERM("match.as_path_length", "must be 0 to 255, or a range "
	    "within that like \"0-255\"") },
	{ "lengths backwards", TERM("match = { as_path_length = \"3-2\"; };"),
	    E_TERM("match.as_path_length", "must be 0 to 255, or a range "
	    "within that like \"0-255\"") },
	{ "a length that is a list", TERM("match = { as_path_length = [ ]; "
	    "};"), E_TERM("match.as_path_length", "must be a whole number or "
	    "a range in quotes, not a list") },
	{ "the largest MED", TERM("set = { med = 4294967295; };"), NULL },
	{ "a larger one", TERM("set = { med = 4294967296; };"),
	    E_TERM("set.med", "must be 0 to 4294967295, not 4294967296") },
	{ "communities", TERM("match = { community_any = [ \"65010:*\", "
	    "\"no-export\" ]; }; set = { community_add = \"1:2:3\"; };"),
	    NULL },
	{ "no community at all", TERM("match = { community_any = [ ]; };"),
	    E_TERM("match.community_any", "must have a community") },
	{ "but set to none", TERM("set = { communities = [ ]; };"), NULL },
	{ "what is no community", TERM("match = { community_none = "
	    "\"no-exports\"; };"), E_TERM("match.community_none", "must be a "
	    "community like 65010:100, 65010:1:2, rt:65010:100 or no-export, "
	    "not \"no-exports\"") },
	{ "a wildcard is not added", TERM("set = { community_add = "
	    "\"65010:*\"; };"), E_TERM("set.community_add", "must be one "
	    "community; \"*\" and ranges are for matching and deleting") },
	{ "but deleted", TERM("set = { community_delete = \"65010:*\"; };"),
	    NULL },
	{ "sixteen times", TERM("set = { prepend = 16; };"), NULL },
	{ "too often", TERM("set = { prepend = 17; };"),
	    E_TERM("set.prepend", "must be 1 to 16 times, not 17") },
	{ "AS numbers", TERM("set = { prepend_as = ( 1, 4200000000 ); };"),
	    NULL },
	{ "AS 0", TERM("set = { prepend_as = [ 0 ]; };"),
	    E_TERM("set.prepend_as[0]", "must be an AS number, 1 to "
	    "4294967294") },
	{ "no AS numbers", TERM("set = { prepend_as = [ ]; };"),
	    E_TERM("set.prepend_as", "must have 1 to 16 AS numbers, not 0") },

	{ "a policy by its name", NAMED("", "import_policy = "
	    "\"from-branch\";", "export_policy = \"from-branch\";"), NULL },
	{ "a policy spelled wrong", NAMED("", "import_policy = "
	    "\"from-brnach\";", ""), E_CONN("import_policy", "there is no "
	    "policy \"from-brnach\"; did you mean \"from-branch\"?") },
	{ "a policy where there is none", FRAME("", "hub",
	    BGP "import_policy = \"x\";", OUTSIDE, IN4),
	    E_CONN("import_policy", "there is no policy \"x\", nor any "
	    "other") },
	{ "a policy without BGP", FRAME("policies = ( { name = \"p\"; terms "
	    "= ( ); } );", "hub", "", OUTSIDE, "import_policy = \"p\";"),
	    "t.conf:8: connections[0].tunnels[0].import_policy: is for BGP: "
	    "needs remote_asn" },
	{ "a limit without BGP", CONN("max_prefixes_in = 1;"),
	    E_CONN("max_prefixes_in", "is for BGP: needs remote_asn") },
	{ "our own AS ten times", FRAME("", "hub", BGP "allowas_in = 10;",
	    OUTSIDE, IN4), NULL },
	{ "eleven times", FRAME("", "hub", BGP "allowas_in = 11;", OUTSIDE,
	    IN4), E_CONN("allowas_in", "must be 0 to 10 times, not 11") },
	{ "another AS of ours", FRAME("", "hub", BGP "local_as = 65001; "
	    "local_as_replace_as = true;", OUTSIDE, IN4), NULL },
	{ "the same AS of ours", FRAME("", "hub", BGP "local_as = 64512;",
	    OUTSIDE, IN4), E_CONN("local_as", "must differ from asn and "
	    "remote_asn, tunnel 1's is 64512") },
	{ "the peer's AS", FRAME("", "hub", BGP "local_as = 65010;",
	    OUTSIDE, IN4), E_CONN("local_as", "must differ from asn and "
	    "remote_asn, tunnel 1's is 65010") },
	{ "no other AS to replace", FRAME("", "hub", BGP
	    "local_as_replace_as = true;", OUTSIDE, IN4),
	    E_CONN("local_as_replace_as", "needs local_as, which tunnel 1 "
	    "has not") },
	{ "half of private", FRAME("", "hub", BGP
	    "remove_private_as = \"yes\";", OUTSIDE, IN4),
	    E_CONN("remove_private_as", "must be \"none\", \"only\", \"all\" "
	    "or \"replace\", not \"yes\"") },
	{ "a short pause", FRAME("", "hub", BGP
	    "max_prefixes_restart_seconds = 9;", OUTSIDE, IN4),
	    E_CONN("max_prefixes_restart_seconds", "must be 0 or 10 to 86400 "
	    "seconds, not 9") },
};

static void
each_rule_has_its_words(void **state)
{
	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static const char whole[] =
	"asn = 64512;\n"
	"prefix_lists = (\n"
	"  { name = \"default\"; entries = [ \"0.0.0.0/0\", \"::/0\" ]; },\n"
	"  { name = \"branch\"; entries = [ \"deny 10.2.9.0/24\",\n"
	"    \"10.2.0.0/16 le 24\" ]; } );\n"
	"policies = ( { name = \"in\"; terms = (\n"
	"  { name = \"no-default\"; match = { prefix_list = \"default\"; };\n"
	"    then = \"reject\"; },\n"
	"  { match = { community_any = [ \"65010:666\" ]; };\n"
	"    set = { local_pref = 50; community_delete = \"65010:*\"; };\n"
	"    then = \"next\"; },\n"
	"  { name = \"ours\"; match = { as_path = \"^65010+$\";\n"
	"      prefix_list = [ \"branch\", \"default\" ]; };\n"
	"    set = { community_add = [ \"64512:1\" ]; prepend = 1; };\n"
	"    then = \"accept\"; } ); } );\n"
	"connections = ( { name = \"a\"; role = \"hub\"; remote_asn = 65010;\n"
	"  import_policy = \"in\"; max_prefixes_in = 100; local_as = 65001;\n"
	"  tunnels = ( { " OUTSIDE IN4 "}, {\n" OUTSIDE2
	"    tunnel_inside_cidr = \"169.254.11.0/30\"; as_override = true;\n"
	"  } ); } );\n";

/* {prefix, has 65010:666} to the local preference; -1: rejected. */
static int64_t
judged(const struct policy *p, const char *prefix, bool backup)
{
	static const uint8_t path[] = { 2, 2, 0, 0, 0xfd, 0xf2, 0, 0, 0xfd,
	    0xf2 };
	static const uint8_t marked[] = { 0xc0, 8, 0, 4, 0xfd, 0xf2, 2,
	    0x9a };
	const struct policy_side side = { .asn = 64512 };
	struct prefix net = { 0 };
	union attrs_buf buf;

	assert_true(prefix_parse(&net, prefix));
	attr_originate(&buf);
	memcpy(buf.attrs.data, path, sizeof(path));
	buf.attrs.path_n = sizeof(path);
	buf.attrs.hops = 2;
	if (backup) {
		memcpy(buf.attrs.data + sizeof(path), marked, sizeof(marked));
		buf.attrs.rest_n = sizeof(marked);
	}
	if (!policy_run(p, policy_key(p, &net), &side, &buf).accepted)
		return -1;
	assert_int_equal(buf.attrs.hops, 3);
	assert_int_equal(buf.attrs.rest_n, 8);
	return buf.attrs.local_pref;
}

static void
a_policy_decides_as_it_was_written(void **state)
{
	char line[600];
	struct conf *c = parse(whole, line);
	const struct conf_connection *a;
	const struct policy *p;

	(void)state;
	assert_string_equal(line, "");
	a = conf_find(c, "a");
	assert_int_equal(a->tunnels[0].bgp.import, 1);
	assert_int_equal(a->tunnels[1].bgp.import, 1);
	assert_int_equal(a->tunnels[0].bgp.export, 0);
	assert_int_equal(a->tunnels[0].bgp.max_in, 100);
	assert_int_equal(a->tunnels[0].bgp.warn_percent, 75);
	assert_true(a->tunnels[0].bgp.heed_shutdown);
	assert_false(a->tunnels[0].bgp.as_override);
	assert_true(a->tunnels[1].bgp.as_override);
	assert_int_equal(a->tunnels[1].local_as, 65001);
	assert_null(conf_policy(c, 0));
	p = conf_policy(c, 1);
	assert_non_null(p);
	assert_int_equal(judged(p, "10.2.0.0/16", false), 100);
	assert_int_equal(judged(p, "10.2.1.0/24", true), 50);
	assert_int_equal(judged(p, "10.2.9.0/24", false), -1);
	assert_int_equal(judged(p, "10.3.0.0/16", false), -1);
	assert_int_equal(judged(p, "0.0.0.0/0", false), -1);
	conf_free(c);
}

static void
a_policy_may_be_required(void **state)
{
	char line[600];
	struct conf *c = parse(TOP("bgp_requires_policy = true;"), line);

	(void)state;
	assert_string_equal(line, "");
	assert_non_null(conf_policy(c, 0));
	assert_int_equal(judged(conf_policy(c, 0), "10.2.0.0/16", false), -1);
	conf_free(c);
}

/* The same text read twice is the same policy, another one is not. */
static void
policies_compare_across_reloads(void **state)
{
	char line[600], other[sizeof(whole)];
	struct conf *one = parse(whole, line), *two = parse(whole, line);
	struct conf *three;

	(void)state;
	strcpy(other, whole);
	*strstr(other, "le 24") = 'g';
	three = parse(other, line);
	assert_string_equal(line, "");
	assert_true(policy_eq(conf_policy(one, 1), conf_policy(two, 1)));
	assert_false(policy_eq(conf_policy(one, 1), conf_policy(three, 1)));
	conf_free(one);
	conf_free(two);
	conf_free(three);
}

static void
long_lists_are_read(void **state)
{
	enum { N = 20000 };
	size_t cap = 1 << 20, n = 0;
	char *text = malloc(cap), line[600];
	struct conf *c;

	(void)state;
	n += (size_t)snprintf(text, cap, "asn = 1; connections = ( );\n"
	    "prefix_lists = ( { name = \"l\"; entries = [\n");
	for (unsigned i = 0; i < N; i++)
		n += (size_t)snprintf(text + n, cap - n,
		    "\"%u.%u.%u.0/24 le 28\"%s\n", 1 + i / 65536,
		    i / 256 % 256, i % 256, i + 1 < N ? "," : "");
	snprintf(text + n, cap - n, "]; } );");
	c = parse(text, line);
	assert_string_equal(line, "");
	assert_int_equal(c->plists_n, 1);
	for (unsigned i = 0; i < N; i += 7) {
		struct prefix p = { { ADDR_IPV4, { (uint8_t)(1 + i / 65536),
		    (uint8_t)(i / 256), (uint8_t)i, 16 } }, 28 };

		assert_true(plist_permits(c->plists[0].list, &p));
		p.len = 29;
		assert_false(plist_permits(c->plists[0].list, &p));
	}
	conf_free(c);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_words),
		cmocka_unit_test(a_policy_decides_as_it_was_written),
		cmocka_unit_test(a_policy_may_be_required),
		cmocka_unit_test(policies_compare_across_reloads),
		cmocka_unit_test(long_lists_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
