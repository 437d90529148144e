/* The control protocol's requests: what is taken, what is refused, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "gw/ctl.h"
#include "util/array.h"

#define X10	"xxxxxxxxxx"
#define X47	X10 X10 X10 X10 "xxxxxxx"
#define CMD(c)	"{\"command\":\"" c "\"}"
#define NAMED(c, n) "{\"command\":\"" c "\",\"name\":\"" n "\"}"
#define WANT(c, w, n) { .command = c, .what = w, .name = n }
#define NOT_NAME " is not the name of a connection (NAME) or of a tunnel "	\
	"(NAME/1)"

static const struct row {
	const char	*what;
	const char	*line;
	const char	*error;		/* NULL: taken */
	struct ctl_request want;
} rows[] = {
	{ "show all", CMD("show"), NULL, WANT(CTL_SHOW, CTL_WHAT_CHILD, "") },
	{ "show one", NAMED("show", "vpn-branch1/1"), NULL,
	    WANT(CTL_SHOW, CTL_WHAT_CHILD, "vpn-branch1/1") },
	{ "routes", CMD("routes"), NULL,
	    WANT(CTL_ROUTES, CTL_WHAT_CHILD, "") },
	{ "up", NAMED("up", "a"), NULL, WANT(CTL_UP, CTL_WHAT_CHILD, "a") },
	{ "down", NAMED("down", "a/2"), NULL,
	    WANT(CTL_DOWN, CTL_WHAT_CHILD, "a/2") },
	{ "rekey of the child by default", NAMED("rekey", "a"), NULL,
	    WANT(CTL_REKEY, CTL_WHAT_CHILD, "a") },
	{ "rekey of the IKE SA",
	    "{\"command\":\"rekey\",\"name\":\"a\",\"what\":\"ike\"}", NULL,
	    WANT(CTL_REKEY, CTL_WHAT_IKE, "a") },
	{ "reload", " { \"command\" : \"reload\" } ", NULL,
	    WANT(CTL_RELOAD, CTL_WHAT_CHILD, "") },
	{ "counters of all", CMD("counters"), NULL,
	    WANT(CTL_COUNTERS, CTL_WHAT_CHILD, "") },
	{ "counters of one, from where they ended",
	    "{\"command\":\"counters\",\"name\":\"a\",\"cursor\":\"7\"}",
	    NULL, { .command = CTL_COUNTERS, .name = "a", .cursor = 7 } },
	{ "a dump", CMD("bgp-dump"), NULL,
	    WANT(CTL_BGP_DUMP, CTL_WHAT_CHILD, "") },
	{ "a dump of one neighbour", NAMED("bgp-dump", "a"),
	    .error = "bgp-dump takes no name" },
	{ "a trace", CMD("bgp-trace"), NULL,
	    WANT(CTL_BGP_TRACE, CTL_WHAT_CHILD, "") },
	{ "a trace of one neighbour", NAMED("bgp-trace", "a"), NULL,
	    WANT(CTL_BGP_TRACE, CTL_WHAT_CHILD, "a") },
	{ "the end of a trace",
	    "{\"command\":\"bgp-trace\",\"cursor\":\"3\",\"what\":\"end\"}",
	    NULL, { .command = CTL_BGP_TRACE, .what = CTL_WHAT_END,
	    .cursor = 3 } },
	{ "explain a tunnel", NAMED("explain", "a/1"), NULL,
	    WANT(CTL_EXPLAIN, CTL_WHAT_CHILD, "a/1") },
	{ "explain an address", NAMED("explain", "2001:db8::1"), NULL,
	    WANT(CTL_EXPLAIN, CTL_WHAT_CHILD, "2001:db8::1") },
	{ "keys of all", CMD("keys"), NULL, WANT(CTL_KEYS, CTL_WHAT_CHILD, "") },
	{ "keys of one", NAMED("keys", "a/1"), NULL,
	    WANT(CTL_KEYS, CTL_WHAT_CHILD, "a/1") },
	{ "neighbours", CMD("bgp"), NULL, WANT(CTL_BGP, CTL_WHAT_CHILD, "") },
	{ "a neighbour by its address", NAMED("bgp", "169.254.10.2"), NULL,
	    WANT(CTL_BGP, CTL_WHAT_CHILD, "169.254.10.2") },
	{ "the best routes by default", CMD("bgp-routes"), NULL,
	    WANT(CTL_BGP_ROUTES, CTL_WHAT_BEST, "") },
	{ "what a neighbour taught", "{\"what\":\"received\",\"name\":\"a/1\","
	    "\"command\":\"bgp-routes\",\"cursor\":\"4294967297\"}", NULL,
	    { .command = CTL_BGP_ROUTES, .what = CTL_WHAT_RECEIVED,
	    .name = "a/1", .cursor = 4294967297 } },
	{ "a shutdown with a text",
	    "{\"command\":\"bgp-shutdown\",\"name\":\"a\",\"text\":\"at 5\"}",
	    NULL, { .command = CTL_BGP_SHUTDOWN, .name = "a",
	    .text = "at 5" } },
	{ "members in any order", "{\"name\":\"a\",\"command\":\"up\"}", NULL,
	    WANT(CTL_UP, CTL_WHAT_CHILD, "a") },
	{ "the longest name", NAMED("up", X47 "/1"), NULL,
	    WANT(CTL_UP, CTL_WHAT_CHILD, X47 "/1") },
	{ "drain to an address",
	    "{\"command\":\"drain\",\"to\":\"192.0.2.9\"}", NULL,
	    { .command = CTL_DRAIN,
	    .to = { ADDR_IPV4, { 192, 0, 2, 9 } } } },
	{ "drain of one", NAMED("drain", "a/1"), NULL,
	    WANT(CTL_DRAIN, CTL_WHAT_CHILD, "a/1") },
	{ "a replacement", NAMED("replace-tunnel", "a/1"), NULL,
	    WANT(CTL_REPLACE, CTL_WHAT_CHILD, "a/1") },
	{ "one with what is pending", "{\"command\":\"replace-tunnel\","
	    "\"name\":\"a/1\",\"what\":\"maintenance\"}", NULL,
	    WANT(CTL_REPLACE, CTL_WHAT_MAINTENANCE, "a/1") },
	{ "undrain", CMD("undrain"), NULL,
	    WANT(CTL_UNDRAIN, CTL_WHAT_CHILD, "") },
	{ "apply for good", "{\"command\":\"apply\",\"candidate\":\"Ab1\"}",
	    NULL, { .command = CTL_APPLY, .candidate = "Ab1" } },
	{ "apply on trial", "{\"command\":\"apply\",\"candidate\":\"Ab1\","
	    "\"confirm_within\":\"86400\"}", NULL,
	    { .command = CTL_APPLY, .candidate = "Ab1", .seconds = 86400 } },
	{ "confirm", CMD("confirm"), NULL,
	    WANT(CTL_CONFIRM, CTL_WHAT_CHILD, "") },
	{ "undo", CMD("undo"), NULL, WANT(CTL_UNDO, CTL_WHAT_CHILD, "") },
	{ "apply of nothing", CMD("apply"),
	    .error = "member \"candidate\" is missing" },
	{ "a candidate that leads elsewhere",
	    "{\"command\":\"apply\",\"candidate\":\"../x\"}",
	    .error = "\"../x\" does not name a candidate" },
	{ "a candidate without a name",
	    "{\"command\":\"apply\",\"candidate\":\"\"}",
	    .error = "\"\" does not name a candidate" },
	{ "a candidate's name too long",
	    "{\"command\":\"apply\",\"candidate\":\"xxxxxxxxxxxxxxxx\"}",
	    .error = "\"xxxxxxxxxxxxxxxx\" does not name a candidate" },
	{ "no time to confirm", "{\"command\":\"apply\",\"candidate\":\"a\","
	    "\"confirm_within\":\"0\"}", .error = "\"confirm_within\" must "
	    "be 1 to 86400 seconds, not \"0\"" },
	{ "more than a day to confirm", "{\"command\":\"apply\","
	    "\"candidate\":\"a\",\"confirm_within\":\"86401\"}",
	    .error = "\"confirm_within\" must be 1 to 86400 seconds, not "
	    "\"86401\"" },
	{ "drain to a name",
	    "{\"command\":\"drain\",\"to\":\"hub.example\"}",
	    .error = "\"hub.example\" is not an IPv4 or IPv6 address" },
	{ "an address where none belongs",
	    "{\"command\":\"show\",\"to\":\"192.0.2.9\"}",
	    .error = "show takes no \"to\"" },

	{ "an unknown command", CMD("frobnicate"),
	    .error = "unknown command \"frobnicate\"" },
	{ "a command in capitals", CMD("SHOW"), .error = "unknown command \"SHOW\"" },
	{ "control characters are not echoed", CMD("a\\nb"),
	    .error = "unknown command \"a\\x0ab\"" },
	{ "no command", "{\"name\":\"a\"}",
	    .error = "member \"command\" is missing" },
	{ "no member at all", "{}", .error = "member \"command\" is missing" },
	{ "an unknown member", "{\"command\":\"show\",\"x\":\"\"}",
	    .error = "unknown member \"x\"" },
	{ "a command that is a number", "{\"command\":1}",
	    .error = "member \"command\" must be a text" },
	{ "a name that is null", "{\"command\":\"up\",\"name\":null}",
	    .error = "member \"name\" must be a text" },
	{ "a name where none belongs", NAMED("reload", "a"),
	    .error = "reload takes no name" },
	{ "ike where none belongs",
	    "{\"command\":\"up\",\"name\":\"a\",\"what\":\"ike\"}",
	    .error = "up takes no \"what\"" },
	{ "a rekey of something else",
	    "{\"command\":\"rekey\",\"name\":\"a\",\"what\":\"esp\"}",
	    .error = "rekey \"child\" or \"ike\", not \"esp\"" },
	{ "routes of a kind that there is not",
	    "{\"command\":\"bgp-routes\",\"what\":\"ike\"}",
	    .error = "bgp-routes \"best\" or \"received\" or \"accepted\" or "
	    "\"advertised\", not \"ike\"" },
	{ "a route to explain is missing", CMD("explain-route"),
	    .error = "member \"prefix\" is missing" },
	{ "a route that is none", "{\"command\":\"explain-route\","
	    "\"prefix\":\"10.0.0.0/33\"}", .error = "\"10.0.0.0/33\" is "
	    "neither a prefix nor an address" },
	{ "a cursor that is none", "{\"command\":\"routes\",\"cursor\":\"-1\"}",
	    .error = "\"-1\" is not a cursor of an earlier answer" },
	{ "a cursor that is too large", "{\"command\":\"routes\",\"cursor\":"
	    "\"99999999999999999999\"}", .error = "\"99999999999999999999\" is "
	    "not a cursor of an earlier answer" },
	{ "a text too long", "{\"command\":\"bgp-shutdown\",\"name\":\"a\","
	    "\"text\":\"" X47 X47 X47 X47 X47 X47 "\"}",
	    .error = "the text is longer than 255 octets" },
	{ "a text where none belongs", "{\"command\":\"up\",\"text\":\"x\"}",
	    .error = "up takes no text" },
	{ "a name with a blank", NAMED("up", "a b"), .error = "\"a b\"" NOT_NAME },
	{ "an empty name", NAMED("up", ""), .error = "\"\"" NOT_NAME },
	{ "a name too long", NAMED("up", X47 "x"), .error = "\"" X47 "x\"" NOT_NAME },
	{ "an array", "[]", .error = "request must be a JSON object" },
	{ "an object within",
	    "{\"command\":{\"command\":\"show\"}}",
	    .error = "request must be one flat JSON object" },
	{ "many arrays", "[[[[[[[[[[[[[[[[",
	    .error = "request must be one flat JSON object" },
	{ "brackets in a text open nothing", CMD("{[{["),
	    .error = "unknown command \"{[{[\"" },
};

static void
requests_are_taken_or_refused_with_a_reason(void **state)
{
	(void)state;
	unsigned bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ctl_request r = { 0 };
		struct reason why = { "" };
		bool ok = ctl_parse(bytes_str(rows[i].line), &r, &why);
		const struct row *w = &rows[i];

		if (ok == (w->error == NULL) && (!ok ?
		    strcmp(why.s, w->error) == 0 :
		    r.command == w->want.command && r.what == w->want.what &&
		    r.cursor == w->want.cursor &&
		    r.seconds == w->want.seconds &&
		    strcmp(r.candidate, w->want.candidate) == 0 &&
		    strcmp(r.text, w->want.text) == 0 &&
		    addr_eq(&r.to, &w->want.to) &&
		    strcmp(r.name, w->want.name) == 0))
			continue;
		print_error("%s: %s: %s\n", w->what, ok ? "taken" : "refused",
		    why.s);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* What exactly is wrong is the JSON parser's to say. */
static void
what_is_no_json_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"", " ", "show", "{", "{\"command\"}", "{\"command\":\"show\"",
		"{\"command\":\"show\"} x", "{\"command\":\"show\",}",
		"{\"command\":\"show\",\"command\":\"up\"}",
		"{\"command\":\"\\u0000\"}", "{\"command\":\"\xff\"}",
		"{\"command\":\"\\u00\n\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct ctl_request r = { .name = "untouched" };
		struct reason why = { "" };

		assert_false(ctl_parse(bytes_str(lines[i]), &r, &why));
		assert_non_null(strstr(why.s, "request is not JSON: "));
		assert_null(strchr(why.s, '\n'));
		assert_string_equal(r.name, "untouched");
	}
}

static void
a_request_ends_below_its_limit(void **state)
{
	(void)state;
	static char line[CTL_LINE_MAX + 1];
	struct ctl_request r;
	struct reason why = { "" };

	memset(line, ' ', sizeof(line));
	memcpy(line, CMD("show"), strlen(CMD("show")));
	assert_true(ctl_parse(bytes_of(line, CTL_LINE_MAX - 1), &r, &why));
	assert_false(ctl_parse(bytes_of(line, CTL_LINE_MAX), &r, &why));
	assert_string_equal(why.s, "request longer than 4096 octets");
}

static void
names_split_into_connection_and_tunnel(void **state)
{
	(void)state;
	static const struct {
		const char	*s, *connection;	/* NULL: no name */
		unsigned	 tunnel;
	} names[] = {
		{ "a", "a", 0 }, { "a/1", "a", 1 }, { "a/2", "a", 2 },
		{ "a/9", "a", 9 }, { "A-b_c.9/1", "A-b_c.9", 1 },
		{ X47, X47, 0 },
		{ "", NULL, 0 }, { "/1", NULL, 0 }, { "a/", NULL, 0 },
		{ "a/0", NULL, 0 }, { "a/x", NULL, 0 }, { "a/1/1", NULL, 0 },
		{ "a/10", NULL, 0 }, { "a b", NULL, 0 }, { "a\n", NULL, 0 },
		{ X47 "x", NULL, 0 }, { X47 "x/1", NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char connection[CONF_NAME_LEN] = "untouched";
		unsigned tunnel = 77;
		bool ok = ctl_name(names[i].s, connection, &tunnel);

		assert_int_equal(ok, names[i].connection != NULL);
		assert_string_equal(connection, ok ? names[i].connection :
		    "untouched");
		assert_int_equal(tunnel, ok ? names[i].tunnel : 77);
	}
}

static void
commands_have_names(void **state)
{
	(void)state;
	assert_string_equal(ctl_command_str(CTL_SHOW), "show");
	assert_string_equal(ctl_command_str(CTL_RELOAD), "reload");
	assert_string_equal(ctl_command_str(CTL_COMMANDS), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_taken_or_refused_with_a_reason),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(a_request_ends_below_its_limit),
		cmocka_unit_test(names_split_into_connection_and_tunnel),
		cmocka_unit_test(commands_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
