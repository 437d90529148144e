/*
 * Gateways in the simulated world (test/sim): what operators ask of BGP
 * through the control socket, and what they do to its sessions.
 */
#include "test/unit/sim_pair.h"

#include "gw/ctl.h"

/* The answer, which must be ok; borrowed until the next request. */
static json_t *
ask(struct gate *g, const char *line)
{
	json_t *a = gate_ctl(g, line);

	assert_non_null(a);
	assert_true(json_is_true(json_object_get(a, "ok")));
	return a;
}

static void
refuses(struct gate *g, const char *line, int code, const char *error)
{
	json_t *a = gate_ctl(g, line);

	assert_non_null(a);
	assert_false(json_is_true(json_object_get(a, "ok")));
	assert_string_equal(json_string_value(json_object_get(a, "error")),
	    error);
	assert_int_equal(json_integer_value(json_object_get(a, "exit")), code);
}

static const char *
text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	assert_non_null(s);
	return s;
}

static json_t *
neighbor(struct gate *g, const char *name)
{
	char line[128];
	json_t *list;

	str_fmt(line, sizeof(line), "{\"command\":\"bgp\",\"name\":\"%s\"}",
	    name);
	list = json_object_get(ask(g, line), "neighbors");
	assert_int_equal(json_array_size(list), 1);
	return json_array_get(list, 0);
}

static json_t *
table(struct gate *g, const char *name, const char *what, size_t n)
{
	char line[128];
	json_t *list;

	str_fmt(line, sizeof(line), "{\"command\":\"bgp-routes\",\"name\":"
	    "\"%s\",\"what\":\"%s\"}", name, what);
	list = json_object_get(ask(g, line), "routes");
	assert_int_equal(json_array_size(list), n);
	return json_array_get(list, 0);
}

static void
neighbours_and_their_tables(void **state)
{
	json_t *j;

	(void)state;
	started();
	j = json_object_get(ask(p.hub, "{\"command\":\"bgp\"}"), "neighbors");
	assert_int_equal(json_array_size(j), 2);
	j = neighbor(p.hub, "vpn/1");
	assert_string_equal(text(j, "tunnel"), "vpn/1");
	assert_string_equal(text(j, "state"), "Established");
	assert_int_equal(json_integer_value(json_object_get(j, "received")),
	    1);
	assert_int_equal(json_integer_value(json_object_get(j, "accepted")),
	    1);
	assert_true(json_is_true(json_object_get(j, "as4")));
	/* By the neighbour's address it is the same. */
	assert_string_equal(text(neighbor(p.hub, text(j, "neighbor")),
	    "tunnel"), "vpn/1");
	j = table(p.hub, "vpn/1", "received", 1);
	assert_string_equal(text(j, "from"), "vpn/1");
	assert_string_equal(text(j, "origin"), "IGP");
	assert_true(json_is_true(json_object_get(j, "accepted")));
	table(p.hub, "vpn/1", "accepted", 1);
	j = table(p.hub, "vpn/2", "advertised", 1);
	assert_string_equal(text(j, "from"), "local");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(j,
	    "as_path"), 0)), 64512);
	j = json_object_get(ask(p.hub, "{\"command\":\"bgp-routes\"}"),
	    "routes");
	assert_int_equal(json_array_size(j), 2);
	refuses(p.hub, "{\"command\":\"bgp-routes\",\"what\":\"received\","
	    "\"name\":\"vpn\"}", CTL_EXIT_USAGE, "received routes are those "
	    "of one neighbor: name its tunnel (NAME/1), or itself");
	refuses(p.hub, "{\"command\":\"bgp\",\"name\":\"192.0.2.77\"}",
	    CTL_EXIT_NO_OBJECT, "no connection or tunnel named 192.0.2.77");
	refuses(p.hub, "{\"command\":\"up\",\"name\":\"169.254.10.2\"}",
	    CTL_EXIT_NO_OBJECT, "no connection or tunnel named 169.254.10.2");
}

static void
a_route_is_explained_by_its_candidates(void **state)
{
	json_t *j, *all;

	(void)state;
	started();
	j = json_object_get(ask(p.hub, "{\"command\":\"explain-route\","
	    "\"prefix\":\"10.2.0.9\"}"), "route");
	assert_string_equal(text(j, "prefix"), "10.2.0.0/16");
	assert_string_equal(text(json_object_get(j, "fib"), "state"),
	    "installed");
	all = json_object_get(j, "candidates");
	assert_int_equal(json_array_size(all), 2);
	assert_true(json_is_true(json_object_get(json_array_get(all, 0),
	    "best")));
	assert_true(json_is_true(json_object_get(json_array_get(all, 1),
	    "multipath")));
	assert_string_equal(text(json_array_get(all, 1), "reason"),
	    "the best path wins by peer address");
	/* Not back to the one AS that it came from. */
	assert_int_equal(json_array_size(json_object_get(j,
	    "advertised_to")), 0);
	all = json_object_get(j, "not_advertised_to");
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(text(json_array_get(all, 0), "reason"),
	    "this peer taught it");
	assert_string_equal(text(json_array_get(all, 1), "reason"),
	    "it has come through the peer's AS");
	j = json_object_get(ask(p.hub, "{\"command\":\"explain-route\","
	    "\"prefix\":\"10.1.0.0/16\"}"), "route");
	assert_true(json_is_true(json_object_get(j, "own")));
	assert_null(json_object_get(j, "fib"));
	assert_int_equal(json_array_size(json_object_get(j,
	    "advertised_to")), 2);
	refuses(p.hub, "{\"command\":\"explain-route\",\"prefix\":"
	    "\"203.0.113.0/24\"}", CTL_EXIT_NO_OBJECT,
	    "no route through a tunnel covers 203.0.113.0/24");
}

static json_t *
explained(struct gate *g, const char *prefix)
{
	char line[128];

	str_fmt(line, sizeof(line), "{\"command\":\"explain-route\","
	    "\"prefix\":\"%s\"}", prefix);
	return json_object_get(ask(g, line), "route");
}

/* Policies at both ends of the hub: each names its term. */
static void
a_policy_that_rejects_is_named(void **state)
{
	const char *why = "rejected by term \"private\" of policy \"out\"";
	json_t *j, *all, *not;

	(void)state;
	p.hub_conf.top = "prefix_lists = ("
	    " { name = \"big\"; entries = [ \"10.2.0.0/16\" ]; },"
	    " { name = \"ours\"; entries = [ \"10.1.0.0/16\" ]; } );\n"
	    "policies = ( { name = \"in\"; terms = ("
	    " { name = \"unwanted\"; match = { prefix_list = \"big\"; };"
	    " then = \"reject\"; }, { then = \"accept\"; } ); },\n"
	    "{ name = \"out\"; terms = ( { name = \"private\";"
	    " match = { prefix_list = \"ours\"; }; then = \"reject\"; },"
	    " { then = \"accept\"; } ); } );\n";
	p.hub_conf.tunnel[0] = "import_policy = \"in\";"
	    " export_policy = \"out\";";
	started();
	j = explained(p.hub, "10.2.0.9");
	all = json_object_get(j, "candidates");
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(text(json_array_get(all, 0), "from"), "vpn/2");
	assert_true(json_is_true(json_object_get(json_array_get(all, 0),
	    "best")));
	assert_false(json_is_true(json_object_get(json_array_get(all, 1),
	    "accepted")));
	assert_string_equal(text(json_array_get(all, 1), "reason"),
	    "rejected by term \"unwanted\" of policy \"in\"");
	j = explained(p.hub, "10.1.0.0/16");
	assert_int_equal(json_array_size(json_object_get(j,
	    "advertised_to")), 1);
	not = json_object_get(j, "not_advertised_to");
	assert_int_equal(json_array_size(not), 1);
	assert_string_equal(text(json_array_get(not, 0), "reason"), why);
	assert_string_equal(json_string_value(json_array_get(json_object_get(
	    json_array_get(not, 0), "tunnels"), 0)), "vpn/1");
}

/* What is refused is not what a packet takes. */
static void
a_refused_route_is_explained_with_the_one_that_is_used(void **state)
{
	json_t *j;

	(void)state;
	p.branch_conf.networks = "\"10.2.0.0/16\", \"10.2.3.0/24\"";
	p.hub_conf.top = "prefix_lists = ("
	    " { name = \"small\"; entries = [ \"10.2.3.0/24\" ]; } );\n"
	    "policies = ( { name = \"in\"; terms = ("
	    " { match = { prefix_list = \"small\"; };"
	    " then = \"reject\"; }, { then = \"accept\"; } ); } );\n";
	p.hub_conf.connection = "import_policy = \"in\";";
	started();
	j = explained(p.hub, "10.2.3.4");
	assert_string_equal(text(j, "prefix"), "10.2.3.0/24");
	assert_string_equal(text(json_array_get(json_object_get(j,
	    "candidates"), 0), "reason"),
	    "rejected by term \"1\" of policy \"in\"");
	assert_null(json_object_get(j, "fib"));
	assert_string_equal(text(json_object_get(j, "covered_by"), "prefix"),
	    "10.2.0.0/16");
	assert_string_equal(text(json_object_get(j, "covered_by"), "state"),
	    "installed");
}

static void
a_session_is_shut_down_until_it_is_started(void **state)
{
	(void)state;
	started();
	ask(p.hub, "{\"command\":\"bgp-shutdown\",\"name\":\"vpn/1\","
	    "\"text\":\"new line cards at 5\"}");
	later(40000);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bgp");
	assert_string_equal(pair_get(p.hub, "vpn/1", "reason"),
	    "shut down: new line cards at 5");
	assert_string_equal(text(neighbor(p.hub, "vpn/1"), "state"), "Idle");
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 1);
	/* The peer reads it, whatever it tried since. */
	assert_non_null(strstr(gate_text(p.branch, "bgp-notification"),
	    "6/2 Cease, Administrative Shutdown: \"new line cards at 5\""));
	/* It stays so when the tunnel is built anew. */
	p.hub_conf.tunnel[0] = "replay_window_size = 2048;";
	pair_write(&p);
	assert_null(gate_ctl(p.hub, "{\"command\":\"reload\"}"));
	later(60000);
	assert_string_equal(pair_get(p.hub, "vpn/1", "reason"),
	    "shut down: new line cards at 5");
	assert_string_equal(pair_get(p.hub, "vpn/2", "state"), "UP");
	ask(p.hub, "{\"command\":\"bgp-start\",\"name\":\"vpn/1\"}");
	all_up();
	later(2000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
}

static void
a_session_that_is_cleared_comes_back(void **state)
{
	(void)state;
	started();
	ask(p.hub, "{\"command\":\"bgp-clear\",\"name\":\"vpn\"}");
	later(100);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 0);
	all_up();
	later(2000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    neighbor(p.hub, "vpn/1"), "counters"), "established")), 2);
}

static void
a_refresh_is_asked_for_and_answered(void **state)
{
	(void)state;
	started();
	ask(p.hub, "{\"command\":\"bgp-refresh\",\"name\":\"vpn\"}");
	later(1000);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    neighbor(p.branch, "vpn/1"), "counters"), "refreshes_in")), 1);
	ask(p.hub, "{\"command\":\"bgp-shutdown\",\"name\":\"vpn/1\"}");
	later(1000);
	refuses(p.hub, "{\"command\":\"bgp-refresh\",\"name\":\"vpn/1\"}",
	    CTL_EXIT_FAILED, "vpn/1: the session is not established");
	/* The others of the connection are asked all the same, once more. */
	refuses(p.hub, "{\"command\":\"bgp-refresh\",\"name\":\"vpn\"}",
	    CTL_EXIT_FAILED, "vpn/1: the session is not established");
	later(1000);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    neighbor(p.branch, "vpn/2"), "counters"), "refreshes_in")), 2);
}

static void
a_neighbour_is_shown_with_our_as_towards_it(void **state)
{
	(void)state;
	p.hub_conf.connection = "local_as = 64999;";
	p.branch_conf.remote_asn = 64999;
	started();
	assert_int_equal(json_integer_value(json_object_get(neighbor(p.hub,
	    "vpn/1"), "local_asn")), 64999);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(neighbours_and_their_tables,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_route_is_explained_by_its_candidates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_policy_that_rejects_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_refused_route_is_explained_with_the_one_that_is_used,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_session_is_shut_down_until_it_is_started, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    a_session_that_is_cleared_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_refresh_is_asked_for_and_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_neighbour_is_shown_with_our_as_towards_it, set_up,
		    tear_down),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
