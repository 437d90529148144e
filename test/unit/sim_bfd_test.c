/*
 * Gateways in the simulated world (test/sim) that watch their tunnels by BFD:
 * what happens when the path breaks silently while IKE gets through, and when
 * it is nobody's failure.
 */
#include "test/unit/sim_pair.h"

#define BFD_ON	"bfd = true; "

static void
both(const char *connection)
{
	p.hub_conf.connection = p.branch_conf.connection = connection;
}

static struct bfd_info
bfd(const struct gate *g, unsigned tunnel)
{
	const struct gw_tunnel *t = gw_tunnel_find(g->gw, "vpn", tunnel);
	struct bfd_info i = { 0 };

	assert_non_null(t);
	bfd_get(g->gw->bfd, t->id, &i);
	return i;
}

static void
bfd_is(enum bfd_state state)
{
	for (unsigned n = 1; n <= 2; n++) {
		assert_int_equal(bfd(p.hub, n).state, state);
		assert_int_equal(bfd(p.branch, n).state, state);
	}
}

/* Of tunnel 1, while IKE gets through: towards the branch, the hub. */
static void
esp_is_lost(bool to_branch, bool to_hub)
{
	p.link[0]->no_esp[0] = to_branch;
	p.link[0]->no_esp[1] = to_hub;
}

static void
bfd_comes_up_and_agrees_on_the_interval(void **state)
{
	(void)state;
	p.hub_conf.connection = "bfd = true; "
	    "bfd_minimum_interval_milliseconds = 100; ";
	p.branch_conf.connection = "bfd = true; bfd_detect_multiplier = 5; ";
	started();
	bfd_is(BFD_UP);
	assert_int_equal(bfd(p.hub, 1).tx_interval.ns, span_ms(300).ns);
	assert_int_equal(bfd(p.hub, 1).detect_time.ns, span_ms(1500).ns);
	assert_int_equal(bfd(p.branch, 1).detect_time.ns, span_ms(900).ns);
	assert_false(bfd(p.hub, 1).polling);
	assert_int_equal(gate_count(p.hub, "bfd-up"), 2);
	assert_int_equal(gate_count(p.hub, "bfd-down"), 0);
}

static void
a_broken_path_moves_routes_within_the_detection_time(bool to_branch,
    bool to_hub)
{
	struct span hub, branch;
	struct instant start;

	both(BFD_ON);
	started();
	hops(2);
	start = p.w.now;
	esp_is_lost(to_branch, to_hub);
	hub = until_hops(p.hub, GATE_HOST_1, 1, 5);
	branch = until_hops(p.branch, GATE_HOST_0, 1, 5);
	assert_true(hub.ns + branch.ns < span_ms(1100).ns);
	assert_true(instant_since(p.w.now, start).ns > span_ms(500).ns);
	later(2000);
	/* IKE knows nothing of it. */
	assert_int_equal(gate_count(p.hub, "ike-down"), 0);
	assert_int_equal(gate_count(p.branch, "ike-down"), 0);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
	assert_string_equal(pair_get(p.hub, "vpn/1", "bgp.state"), "Idle");
	assert_string_equal(pair_get(p.hub, "vpn/2", "state"), "UP");
	probes(50);
	later(2000);
	no_probe_was_lost();
	hops(1);
	esp_is_lost(false, false);
	all_up();
	until_hops(p.hub, GATE_HOST_1, 2, 60);
	until_hops(p.branch, GATE_HOST_0, 2, 60);
	bfd_is(BFD_UP);
}

static void
a_path_that_is_broken_in_both_directions_carries_nothing(void **state)
{
	(void)state;
	a_broken_path_moves_routes_within_the_detection_time(true, true);
	assert_non_null(strstr(gate_text(p.hub, "bfd-down"),
	    "control detection time expired: nothing heard for 900 ms"));
}

static void
a_path_that_is_broken_towards_the_branch_carries_nothing(void **state)
{
	(void)state;
	a_broken_path_moves_routes_within_the_detection_time(true, false);
	/* The branch hears nothing, and tells the hub so. */
	assert_non_null(strstr(gate_text(p.branch, "bfd-down"),
	    "control detection time expired"));
	assert_non_null(strstr(gate_text(p.hub, "bfd-down"),
	    "the peer signals Down: control detection time expired"));
	assert_non_null(strstr(gate_text(p.hub, "bgp-notification"),
	    "6/10 Cease, BFD Down"));
}

static void
a_path_that_is_broken_towards_the_hub_carries_nothing(void **state)
{
	(void)state;
	a_broken_path_moves_routes_within_the_detection_time(false, true);
	assert_non_null(strstr(gate_text(p.branch, "bgp-notification"),
	    "6/10 Cease, BFD Down"));
}

static void
static_routes_are_moved_as_well(void **state)
{
	(void)state;
	p.hub_conf.no_bgp = p.branch_conf.no_bgp = true;
	p.hub_conf.connection = BFD_ON "routes = [\"10.2.0.0/16\"]; ";
	p.branch_conf.connection = BFD_ON "routes = [\"10.1.0.0/16\"]; ";
	started();
	hops(2);
	bfd_is(BFD_UP);
	esp_is_lost(true, true);
	later(1200);
	hops(1);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
	esp_is_lost(false, false);
	later(5000);
	hops(2);
}

static void
a_peer_without_bfd_loses_nothing(void **state)
{
	(void)state;
	p.hub_conf.connection = BFD_ON;
	started();
	hops(2);
	later(20000);
	hops(2);
	assert_int_equal(bfd(p.hub, 1).state, BFD_DOWN);
	assert_true(bfd(p.hub, 1).counts.out >= 20);
	assert_string_equal(pair_get(p.hub, "vpn/1", "state"), "UP");
}

static void
a_strict_tunnel_to_a_peer_without_bfd_waits(void **state)
{
	(void)state;
	p.hub_conf.connection = BFD_ON "bfd_strict = true; ";
	pair_start(&p);
	later(30000);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
	assert_non_null(strstr(pair_get(p.hub, "vpn/1", "reason"),
	    "bfd_strict"));
	assert_string_equal(pair_get(p.hub, "vpn/1", "bgp.state"), "Idle");
	hops(0);
	/* The peer learns it, and all is well. */
	p.branch_conf.connection = BFD_ON;
	pair_write(&p);
	gate_reload(p.branch);
	all_up();
	until_hops(p.hub, GATE_HOST_1, 2, 60);
	bfd_is(BFD_UP);
}

static void
a_peer_that_takes_bfd_down_by_order_loses_nothing(void **state)
{
	(void)state;
	both(BFD_ON);
	started();
	bfd_is(BFD_UP);
	p.branch_conf.connection = "";
	pair_write(&p);
	gate_reload(p.branch);
	later(500);
	assert_int_equal(bfd(p.hub, 1).state, BFD_DOWN);
	assert_int_equal(bfd(p.hub, 1).remote_state, BFD_ADMIN_DOWN);
	later(20000);
	hops(2);
	assert_int_equal(gate_count(p.hub, "tunnel-down"), 0);
	assert_non_null(strstr(gate_text(p.hub, "bfd-down"),
	    "the peer is administratively down"));
	/* And again. */
	p.branch_conf.connection = BFD_ON;
	pair_write(&p);
	gate_reload(p.branch);
	later(5000);
	bfd_is(BFD_UP);
	hops(2);
	assert_int_equal(gate_count(p.hub, "tunnel-down"), 0);
}

static void
intervals_change_while_it_is_up(void **state)
{
	(void)state;
	both(BFD_ON);
	started();
	bfd_is(BFD_UP);
	both("bfd = true; bfd_minimum_interval_milliseconds = 1000; "
	    "bfd_detect_multiplier = 2; ");
	pair_write(&p);
	gate_reload(p.branch);
	later(5000);
	assert_int_equal(bfd(p.hub, 1).detect_time.ns, span_ms(2000).ns);
	gate_reload(p.hub);
	later(5000);
	both("bfd = true; bfd_minimum_interval_milliseconds = 50; ");
	pair_write(&p);
	gate_reload(p.hub);
	gate_reload(p.branch);
	later(5000);
	assert_int_equal(bfd(p.hub, 1).detect_time.ns, span_ms(150).ns);
	assert_int_equal(bfd(p.branch, 1).tx_interval.ns, span_ms(50).ns);
	assert_int_equal(gate_count(p.hub, "bfd-down"), 0);
	assert_int_equal(gate_count(p.branch, "bfd-down"), 0);
	hops(2);
}

static void
its_bfd_ends_unheard(const char *connection)
{
	both(connection);
	started();
	bfd_is(BFD_UP);
	esp_is_lost(true, true);
	later(2000);
	p.branch_conf.connection = "";
	pair_write(&p);
	gate_reload(p.branch);
	/* It says that it ends for three seconds, to nobody. */
	later(5000);
	esp_is_lost(false, false);
	later(30000);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 1);
	later(90000);
}

static void
a_peer_whose_bfd_ends_unheard_is_tried_without(void **state)
{
	(void)state;
	its_bfd_ends_unheard(BFD_ON);
	assert_int_equal(gate_count(p.hub, "bfd-silent"), 1);
	assert_string_equal(pair_get(p.hub, "vpn/1", "state"), "UP");
	hops(2);
}

/* Also where BFD is a must: it has it, and wants it down. */
static void
a_peer_that_takes_bfd_down_after_a_failure_is_let_in(void **state)
{
	(void)state;
	both(BFD_ON "bfd_strict = true; ");
	started();
	esp_is_lost(true, true);
	later(2000);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
	esp_is_lost(false, false);
	p.branch_conf.connection = "";
	pair_write(&p);
	gate_reload(p.branch);
	later(30000);
	assert_int_equal(bfd(p.hub, 1).state, BFD_DOWN);
	assert_string_equal(pair_get(p.hub, "vpn/1", "state"), "UP");
	hops(2);
}

static void
but_not_where_it_must_have_bfd(void **state)
{
	(void)state;
	its_bfd_ends_unheard(BFD_ON "bfd_strict = true; ");
	assert_int_equal(gate_count(p.hub, "bfd-silent"), 0);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 1);
}

/* The kernel goes on forwarding; its neighbour finds that BFD has restarted. */
static void
an_engine_that_restarts_comes_back(void **state)
{
	(void)state;
	both(BFD_ON);
	started();
	gate_crash(p.hub, true);
	later(300);
	gate_start(p.hub);
	all_up();
	later(20000);
	bfd_is(BFD_UP);
	until_hops(p.hub, GATE_HOST_1, 2, 60);
	until_hops(p.branch, GATE_HOST_0, 2, 60);
}

/* The branch's engine dies, and its BFD with it; the kernel goes on. */
static void
its_engine_dies(void)
{
	both(BFD_ON "bgp_graceful_restart = \"full\"; "
	    "bgp_graceful_restart_seconds = 20; ");
	p.hub_conf.connection = p.branch_conf.connection;
	started();
	bfd_is(BFD_UP);
	hops(2);
	gate_crash(p.branch, true);
	later(3000);
	assert_int_equal(gate_count(p.hub, "bfd-down"), 2);
	assert_non_null(strstr(gate_text(p.hub, "bfd-down"),
	    "control detection time expired"));
}

/* RFC 5882 section 4.3.2: its C bit is clear. */
static void
routes_of_a_neighbor_that_restarts_stay(void **state)
{
	(void)state;
	its_engine_dies();
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
	assert_int_equal(gate_count(p.hub, "tunnel-down"), 2);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bgp");
	gate_start(p.branch);
	all_up();
	later(5000);
	bfd_is(BFD_UP);
	hops(2);
	/* What counted for its restart counts no more. */
	esp_is_lost(true, true);
	later(1200);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
	hops(1);
}

static void
but_no_longer_than_it_may_restart(void **state)
{
	(void)state;
	its_engine_dies();
	later(20000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 0);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "bfd");
}

static void
a_tunnel_that_is_taken_down_ends_in_order(void **state)
{
	(void)state;
	both(BFD_ON);
	started();
	done(p.branch, "{\"command\":\"down\",\"name\":\"vpn/1\"}");
	later(5000);
	assert_non_null(strstr(gate_text(p.hub, "bfd-down"),
	    "the peer is administratively down"));
	assert_false(bfd(p.branch, 1).running);
	hops(1);
	done(p.branch, "{\"command\":\"up\",\"name\":\"vpn/1\"}");
	all_up();
	later(5000);
	bfd_is(BFD_UP);
	hops(2);
}

static void
lost_descriptors_and_refused_sockets_are_asked_for_again(void **state)
{
	(void)state;
	both(BFD_ON);
	p.hub->kernel.refuse[KERN_BFD_LISTEN] = 2;
	p.branch->kernel.refuse[KERN_BFD_CONNECT] = 1;
	pair_start(&p);
	all_up();
	later(20000);
	bfd_is(BFD_UP);
	gate_link_delete(p.hub, "vpn1");
	later(20000);
	bfd_is(BFD_UP);
	hops(2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(bfd_comes_up_and_agrees_on_the_interval),
		STORY(a_path_that_is_broken_in_both_directions_carries_nothing),
		STORY(a_path_that_is_broken_towards_the_branch_carries_nothing),
		STORY(a_path_that_is_broken_towards_the_hub_carries_nothing),
		STORY(static_routes_are_moved_as_well),
		STORY(a_peer_without_bfd_loses_nothing),
		STORY(a_strict_tunnel_to_a_peer_without_bfd_waits),
		STORY(a_peer_that_takes_bfd_down_by_order_loses_nothing),
		STORY(a_peer_whose_bfd_ends_unheard_is_tried_without),
		STORY(but_not_where_it_must_have_bfd),
		STORY(a_peer_that_takes_bfd_down_after_a_failure_is_let_in),
		STORY(intervals_change_while_it_is_up),
		STORY(an_engine_that_restarts_comes_back),
		STORY(routes_of_a_neighbor_that_restarts_stay),
		STORY(but_no_longer_than_it_may_restart),
		STORY(a_tunnel_that_is_taken_down_ends_in_order),
		STORY(lost_descriptors_and_refused_sockets_are_asked_for_again),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
