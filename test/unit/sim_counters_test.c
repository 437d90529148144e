/*
 * Counters of gateways in the simulated world (test/sim): each row of the table
 * against what has happened there.
 */
#include "gw/counters.h"
#include "test/unit/sim_pair.h"
#include "util/array.h"

static uint64_t
value(const struct gate *g, const struct gw_tunnel *t, const char *name)
{
	struct counters *c = counters_read(g->gw, t);
	const struct counter *row = NULL;
	uint64_t v;

	assert_non_null(c);
	for (size_t i = 0; (row = counter_at(i)) != NULL &&
	    strcmp(row->name, name) != 0;)
		i++;
	assert_non_null(row);
	v = counter_value(c, row);
	counters_free(c);
	return v;
}

static struct gw_tunnel *
tunnel(const struct gate *g)
{
	return gw_tunnel_find(g->gw, "vpn", 1);
}

static void
nothing_is_counted_that_did_not_happen(void **state)
{
	(void)state;
	started();
	assert_int_equal(value(p.hub, NULL, "kernel_errors"), 0);
	assert_int_equal(value(p.hub, NULL, "kernel_overruns"), 0);
	assert_int_equal(value(p.hub, NULL, "kernel_changes"), 0);
	assert_int_equal(value(p.hub, NULL, "fib_routes_refused"), 0);
	assert_int_equal(value(p.hub, NULL, "engine_turns"), 0);
	assert_int_equal(value(p.hub, tunnel(p.hub), "tunnel_downs"), 0);
	assert_int_equal(value(p.hub, tunnel(p.hub), "bgp_refreshes_in"), 0);
	assert_int_equal(value(p.hub, tunnel(p.hub),
	    "bgp_notifications_in"), 0);
}

static void
tables_are_counted_as_they_are(void **state)
{
	struct bgp_peer_info b = { 0 };
	unsigned ran = 0;

	(void)state;
	started();
	later(5000);
	for (unsigned i = KERN_LINK_SET; i <= KERN_ROUTE_DEL; i++)
		ran += p.hub->kernel.ran[i];
	assert_int_equal(value(p.hub, NULL, "tunnels_up"),
	    value(p.hub, NULL, "tunnels"));
	assert_true(bgp_peer_get(p.hub->gw->bgp, tunnel(p.hub)->id, &b));
	assert_in_range(b.held, 1, 1000);
	assert_int_equal(value(p.hub, tunnel(p.hub), "bgp_received"), b.held);
	assert_int_equal(value(p.hub, tunnel(p.hub), "bgp_advertised"),
	    b.advertised);
	assert_in_range(value(p.hub, NULL, "bgp_prefixes_ipv4"), 2, 1000);
	assert_in_range(value(p.hub, NULL, "bgp_paths"),
	    value(p.hub, NULL, "bgp_prefixes_ipv4"), 1000);
	assert_in_range(value(p.hub, NULL, "bgp_attribute_sets"), 1, 1000);
	assert_true(value(p.hub, NULL, "bgp_prefix_octets") > 0);
	assert_true(value(p.hub, NULL, "bgp_path_octets") > 0);
	assert_true(value(p.hub, NULL, "bgp_attribute_octets") > 0);
	assert_true(value(p.hub, NULL, "bgp_decisions") > 0);
	assert_int_equal(value(p.hub, NULL, "fib_routes_installed"),
	    p.hub->kernel.routes_n);
	assert_int_equal(value(p.hub, NULL, "fib_routes"),
	    p.hub->kernel.routes_n);
	assert_int_equal(value(p.hub, NULL, "fib_routes_asked"), 0);
	assert_int_equal(value(p.hub, NULL, "kernel_operations"), ran);
	assert_int_equal(value(p.hub, NULL, "kernel_answers"), ran);
	assert_int_equal(value(p.branch, NULL, "bgp_connects"),
	    p.branch->kernel.ran[KERN_CONNECT]);
	assert_int_equal(value(p.hub, NULL, "fib_route_sets"),
	    p.hub->kernel.ran[KERN_ROUTE_SET]);
}

/* Everything that grows has grown, and nothing has shrunk. */
static void
counters_only_grow(void **state)
{
	static const char *const grown[] = {
		"bgp_updates_in", "bgp_updates_out", "bgp_established",
		"tunnel_ups", "tunnel_downs",
	};
	uint64_t before[64], first[ARRAY_SIZE(grown)];
	const struct counter *row;

	(void)state;
	started();
	for (size_t i = 0; (row = counter_at(i)) != NULL; i++)
		before[i] = value(p.hub, row->of == COUNTER_GATEWAY ? NULL :
		    tunnel(p.hub), row->name);
	for (size_t i = 0; i < ARRAY_SIZE(grown); i++)
		first[i] = value(p.hub, tunnel(p.hub), grown[i]);
	gate_ctl(p.branch, "{\"command\":\"down\",\"name\":\"vpn/1\"}");
	later(10000);
	gate_ctl(p.branch, "{\"command\":\"up\",\"name\":\"vpn/1\"}");
	later(60000);
	all_up();
	for (size_t i = 0; (row = counter_at(i)) != NULL; i++) {
		if (row->kind == COUNTER_COUNTER)
			assert_in_range(value(p.hub, row->of ==
			    COUNTER_GATEWAY ? NULL : tunnel(p.hub),
			    row->name), before[i], UINT64_MAX);
	}
	for (size_t i = 0; i < ARRAY_SIZE(grown); i++)
		assert_true(value(p.hub, tunnel(p.hub), grown[i]) > first[i]);
	assert_int_equal(value(p.hub, tunnel(p.hub),
	    "bgp_notifications_in"), 1);
}

static void
what_the_kernel_refuses_is_counted(void **state)
{
	struct kern_event lost = { .kind = KERN_OVERRUN };

	(void)state;
	started();
	p.hub->kernel.refuse[KERN_ROUTE_SET] = 1;
	gw_kern(p.hub->gw, p.w.now, &lost);
	gate_drain(p.hub);
	later(100);
	assert_int_equal(value(p.hub, NULL, "kernel_errors"), 1);
	assert_int_equal(value(p.hub, NULL, "fib_routes_refused"), 1);
	assert_int_equal(value(p.hub, NULL, "fib_routes_failed"), 1);
	later(60000);
	assert_int_equal(value(p.hub, NULL, "fib_routes_failed"), 0);
	assert_int_equal(value(p.hub, NULL, "fib_routes_refused"), 1);
	assert_int_equal(value(p.hub, NULL, "kernel_overruns"), 1);
	gw_turned(p.hub->gw, span_ms(3));
	gw_turned(p.hub->gw, span_ms(2));
	assert_int_equal(value(p.hub, NULL, "engine_turns"), 2);
	assert_int_equal(value(p.hub, NULL, "engine_busy"), 5000);
	assert_int_equal(value(p.hub, NULL, "engine_longest_turn"), 3000);
}

static void
what_the_monitor_counts_comes_along(void **state)
{
	struct kern_event e = { .kind = KERN_DONE, .op = KERN_COUNT };

	(void)state;
	started();
	e.counts = (struct kern_counts){ 1, 2, 3, 4, 5, 6, 7 };
	gw_kern(p.hub->gw, p.w.now, &e);
	assert_int_equal(value(p.hub, NULL, "netlink_batches"), 1);
	assert_int_equal(value(p.hub, NULL, "netlink_messages"), 2);
	assert_int_equal(value(p.hub, NULL, "netlink_errors"), 3);
	assert_int_equal(value(p.hub, NULL, "netlink_events"), 4);
	assert_int_equal(value(p.hub, NULL, "netlink_overruns"), 5);
	assert_int_equal(value(p.hub, NULL, "engine_starts"), 6);
}

static size_t
answered(const char *request, const char *tunnel)
{
	const json_t *answer = gate_ctl(p.hub, request), *c;
	size_t i, n = 0;

	/* The monitor is asked first. */
	if (answer == NULL)
		later(10);
	json_array_foreach(json_object_get(p.hub->answer, "counters"), i, c)
		n += strcmp(json_string_value(json_object_get(c, "tunnel")),
		    tunnel) == 0;
	return n;
}

static void
an_answer_has_each_row_once(void **state)
{
	size_t of[3] = { 0 };
	const struct counter *row;

	(void)state;
	started();
	for (size_t i = 0; (row = counter_at(i)) != NULL; i++)
		of[row->of]++;
	assert_int_equal(answered("{\"command\":\"counters\"}", ""),
	    of[COUNTER_GATEWAY]);
	assert_int_equal(answered("{\"command\":\"counters\"}", "vpn/1"),
	    of[COUNTER_TUNNEL] + of[COUNTER_NEIGHBOR]);
	assert_int_equal(answered("{\"command\":\"counters\","
	    "\"name\":\"vpn/1\"}", ""), 0);
	assert_int_equal(answered("{\"command\":\"counters\","
	    "\"cursor\":\"1\"}", "vpn/1"), 0);
	assert_int_equal(answered("{\"command\":\"counters\","
	    "\"cursor\":\"1\"}", ""), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		STORY(nothing_is_counted_that_did_not_happen),
		STORY(tables_are_counted_as_they_are),
		STORY(counters_only_grow),
		STORY(what_the_kernel_refuses_is_counted),
		STORY(what_the_monitor_counts_comes_along),
		STORY(an_answer_has_each_row_once),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
