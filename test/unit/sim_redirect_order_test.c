/*
 * Orders to drain: which tunnels they are about, and for how long.
 */
#include "test/unit/sim_hubs.h"

static void
an_order_outlives_a_reload_that_makes_the_tunnel_anew(void **state)
{
	(void)state;
	ends[BRANCH].connection = NULL;
	all_started();
	drain(A, B);
	ends[A].connection = "dpd_timeout_seconds = 77;";
	write_conf(A);
	gate_reload(g[A]);
	later(5000);
	assert_string_not_equal(drained(A, "state"), "off");
	assert_string_equal(drained(A, "to"), outside[B]);
	gate_crash(g[A], false);
	start(A);
	assert_string_equal(drained(A, "state"), "off");
}

/* It is looked after as one that was there when the order was given. */
static void
an_order_waits_for_a_tunnel_that_is_away(void **state)
{
	char text[1024];

	(void)state;
	ends[BRANCH].connection = "accept_redirect = true; "
	    "redirect_gateways = [ \"203.0.113.64/26\" ];";
	ends[A].anywhere = true;
	ends[A].more = other;
	all_started();
	asked(A, "{\"command\":\"drain\",\"to\":\"203.0.113.1\","
	    "\"name\":\"vpn\"}");
	str_fmt(text, sizeof(text), "asn = 64512; connections = ( %s );",
	    other);
	gate_conf(g[A], text);
	gate_reload(g[A]);
	later(20000);
	assert_null(gw_tunnel_find(g[A]->gw, "vpn", 1));
	write_conf(A);
	gate_reload(g[A]);
	later(10000);
	wait_with(A, 120);
	later(50000);
	assert_true(is_with(A));
	assert_string_equal(drained(A, "state"), "staying");
}

static const struct {
	const char	*what, *request;
	bool		 ok;
	const char	*state;		/* of the tunnel, after it */
	const char	*error;
} orders[] = {
	{ "all", "\"drain\"", true, "gone", NULL },
	{ "but not this connection", "\"undrain\",\"name\":\"vpn\"", true,
	    "off", NULL },
	{ "but this tunnel", "\"drain\",\"name\":\"vpn/1\"", true, "gone",
	    NULL },
	{ "its connection lifts that, too", "\"undrain\",\"name\":\"vpn\"",
	    true, "off", NULL },
	{ "all again", "\"drain\",\"to\":\"203.0.113.1\"", true, "gone",
	    NULL },
	{ "one that is not there", "\"undrain\",\"name\":\"vpn2\"", false,
	    "gone", "no connection or tunnel named vpn2" },
	{ "not this tunnel", "\"undrain\",\"name\":\"vpn/1\"", true, "off",
	    NULL },
	{ "none", "\"undrain\"", true, "off", NULL },
	{ "to ourselves", "\"drain\",\"to\":\"192.0.2.1\"", false, "off",
	    "192.0.2.1 is this gateway's own address (vpn/1)" },
	{ "to nowhere", "\"drain\",\"to\":\"0.0.0.0\"", false, "off",
	    "0.0.0.0 is not the address of a gateway" },
	{ "to another family",
	    "\"drain\",\"to\":\"2001:db8::9\",\"name\":\"vpn\"", false, "off",
	    "2001:db8::9 is not of the IP version of vpn/1" },
	{ "to a name", "\"drain\",\"to\":\"hub.example\"", false, "off",
	    "\"hub.example\" is not an IPv4 or IPv6 address" },
	{ "undrain has no address", "\"undrain\",\"to\":\"192.0.2.9\"", false,
	    "off", "undrain takes no \"to\"" },
};

static void
the_last_order_counts(void **state)
{
	(void)state;
	start(A);
	later(1000);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		char line[256];
		json_t *answer;

		print_message("    %s\n", orders[i].what);
		str_fmt(line, sizeof(line), "{\"command\":%s}",
		    orders[i].request);
		answer = asked(A, line);
		assert_int_equal(json_is_true(json_object_get(answer, "ok")),
		    orders[i].ok);
		if (orders[i].error != NULL)
			assert_string_equal(json_string_value(json_object_get(
			    answer, "error")), orders[i].error);
		assert_string_equal(drained(A, "state"), orders[i].state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(an_order_outlives_a_reload_that_makes_the_tunnel_anew),
		STORY(an_order_waits_for_a_tunnel_that_is_away),
		STORY(the_last_order_counts),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
