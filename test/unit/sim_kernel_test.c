/*
 * Gateways in the simulated world (test/sim): a kernel that loses interfaces,
 * refuses operations and forgets to tell, and what is left in it at the end.
 */
#include "test/unit/sim_pair.h"

#include "gw/fib.h"

static void
a_deleted_or_downed_interface_comes_back(void **state)
{
	(void)state;
	started();
	gate_link_delete(p.hub, "vpn1");
	later(20);
	assert_int_equal(gate_count(p.hub, "interface-lost"), 1);
	all_up();
	later(2000);
	hops(2);
	gate_link_down(p.branch, "vpn2");
	all_up();
	later(2000);
	hops(2);
	assert_int_equal(p.branch->kernel.failed, 0);
}

static void
a_refused_sa_is_tried_again(void **state)
{
	(void)state;
	p.hub->kernel.refuse[KERN_SA_ADD] = 2;
	p.branch->kernel.refuse[KERN_SA_ADD] = 1;
	started();
	hops(2);
	p.w.steady = true;
	p.hub->kernel.refuse[KERN_SA_ADD] = 1;
	done(p.hub, "{\"command\":\"rekey\",\"name\":\"vpn/1\"}");
	later(20000);
	p.branch->kernel.refuse[KERN_SA_ADD] = 1;
	done(p.hub, "{\"command\":\"rekey\",\"name\":\"vpn/1\"}");
	later(120000);
	all_up();
}

static void
a_refused_interface_is_tried_again(void **state)
{
	(void)state;
	p.hub->kernel.refuse[KERN_LINK_SET] = 2;
	pair_start(&p);
	later(1000);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "interface");
	assert_string_equal(pair_get(p.hub, "vpn/1", "reason"),
	    "refused by the simulator");
	all_up();
}

static void
refused_nexthops_and_routes_are_tried_again(void **state)
{
	static const enum kern_op_kind kinds[] = { KERN_NEXTHOP_SET,
	    KERN_GROUP_SET, KERN_ROUTE_SET, KERN_POLICY_SET, KERN_LISTEN };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		p.hub->kernel.refuse[kinds[i]] = 1;
	pair_start(&p);
	pair_run_up(&p, span_s(120));
	later(120000);
	hops(2);
	assert_true(gate_count(p.hub, "kernel-refused") > 0);
}

static void
what_somebody_else_deletes_is_stated_again(void **state)
{
	(void)state;
	started();
	for (unsigned i = 0; i < 12; i++) {
		gate_meddle(p.hub, i);
		later(200);
		hops(2);
	}
	assert_int_equal(gate_count(p.hub, "kernel-changed"), 12);
}

static void
lost_kernel_events_end_in_a_resync(void **state)
{
	(void)state;
	started();
	for (unsigned i = 1; i < 12; i++) {
		gate_lose(p.hub, i);
		done(p.hub, "{\"command\":\"rekey\",\"name\":\"vpn\"}");
		if (i % 3 == 0)
			gate_link_delete(p.hub, "vpn1");
		later(200000);
		all_up();
		later(2000);
		hops(2);
		assert_int_equal(gate_count(p.hub, "kernel-overrun"), i);
	}
}

/*
 * More routes than are on their way at a time: none is gone meanwhile, be
 * events lost once more before all are stated; what is stale goes at the end.
 */
static void
a_resync_sweeps_no_route_that_is_wanted(void **state)
{
	enum { N = FIB_WINDOW + 200 };
	static char networks[N * 20];
	struct kernel *k = &p.hub->kernel;
	unsigned least = UINT32_MAX;

	(void)state;
	str_set(networks, sizeof(networks), "\"10.2.0.0/16\"");
	for (unsigned i = 1; i < N; i++)
		str_add(networks, sizeof(networks), ", \"10.%u.%u.0/24\"",
		    100 + i / 256, i % 256);
	p.branch_conf.networks = networks;
	pair_write(&p);
	started();
	assert_int_equal(p.hub->kernel.routes_n, N);
	k->routes[k->routes_n++] = (struct kernel_route){ .r = k->routes[0].r };
	k->routes[N].r.metric = 7;
	for (unsigned i = 0; i < 4000; i++) {
		if (i % 300 == 0 && i < 1200)
			gate_overrun(p.hub);
		later(1);
		if (k->routes_n < least)
			least = k->routes_n;
	}
	assert_int_equal(gate_count(p.hub, "kernel-overrun"), 4);
	assert_int_equal(least, N);
	assert_int_equal(k->routes_n, N);
}

static void
events_lost_at_the_start_do_not_hold_it_up(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 40; i++) {
		pair_fini(&p);
		pair_init(&p, i);
		pair_start(&p);
		gate_lose(p.hub, i);
		gate_lose(p.branch, 40 - i);
		pair_run_up(&p, span_s(120));
		later(2000);
		hops(2);
	}
}

static void
a_gateway_that_stops_leaves_nothing(void **state)
{
	struct reason why;

	(void)state;
	started();
	gate_stop(p.branch);
	later(8000);
	assert_true(p.branch->stopped);
	if (!check_clean(p.branch, &why))
		fail_msg("%s", why.s);
	assert_int_equal(p.hub->kernel.sas_n, 0);
	hops(0);
	gate_crash(p.branch, false);
	gate_start(p.branch);
	all_up();
}

/* The monitor waits as long as traffic is given to move away. */
static void
stopping_takes_as_long_as_the_longest_shutdown(void **state)
{
	struct span usual;

	(void)state;
	started();
	usual = gw_stop_most(p.hub->gw->conf);
	p.hub_conf.tunnel[1] = "graceful_shutdown_seconds = 40;";
	pair_write(&p);
	gate_reload(p.hub);
	later(1000);
	assert_int_equal(gw_stop_most(p.hub->gw->conf).ns,
	    usual.ns + span_s(40).ns);
	gate_stop(p.hub);
	later(30000);
	assert_false(p.hub->stopped);
	later((unsigned)(usual.ns / 1000000) + 10001);
	assert_true(p.hub->stopped);
}

static void
a_gateway_stops_though_the_peer_is_silent(void **state)
{
	struct reason why;

	(void)state;
	started();
	p.link[0]->cut = p.link[1]->cut = true;
	gate_stop(p.hub);
	later((unsigned)(gw_stop_most(p.hub->gw->conf).ns / 1000000) + 1);
	assert_true(p.hub->stopped);
	if (!check_clean(p.hub, &why))
		fail_msg("%s", why.s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_deleted_or_downed_interface_comes_back),
		STORY(a_refused_sa_is_tried_again),
		STORY(a_refused_interface_is_tried_again),
		STORY(refused_nexthops_and_routes_are_tried_again),
		STORY(what_somebody_else_deletes_is_stated_again),
		STORY(lost_kernel_events_end_in_a_resync),
		STORY(a_resync_sweeps_no_route_that_is_wanted),
		STORY(events_lost_at_the_start_do_not_hold_it_up),
		STORY(a_gateway_that_stops_leaves_nothing),
		STORY(stopping_takes_as_long_as_the_longest_shutdown),
		STORY(a_gateway_stops_though_the_peer_is_silent),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
