/*
 * Gateways whose engines die and are followed by others: the tunnels go on
 * with the same SAs, numbers and interfaces, under traffic; what does not fit
 * the configuration any more is set up anew, and nothing else.
 */
#include "test/unit/sim_pair.h"

struct spis {
	uint64_t	ike[2];
	uint32_t	child[2];
};

static struct spis
spis(const struct gate *g)
{
	struct spis s;

	for (unsigned i = 0; i < 2; i++) {
		struct ike_peer_info t = info(g, "vpn", i + 1);

		s.ike[i] = t.spi_i;
		s.child[i] = t.spi_in;
	}
	return s;
}

static void
assert_same_sa(const struct gate *g, const struct spis *was, unsigned tunnel)
{
	struct spis is = spis(g);

	assert_true(is.ike[tunnel - 1] == was->ike[tunnel - 1]);
	assert_int_equal(is.child[tunnel - 1], was->child[tunnel - 1]);
}

/* Routes are static: they do not hang on a connection of the engine's. */
static void
static_routes(void)
{
	p.hub_conf.no_bgp = p.branch_conf.no_bgp = true;
	p.hub_conf.connection = "routes = [ \"10.2.0.0/16\" ];";
	p.branch_conf.connection = "routes = [ \"10.1.0.0/16\" ];"
	    "startup_action = \"start\";";
}

static void
die(struct gate *g, unsigned ms)
{
	gate_crash(g, true);
	later(ms);
	gate_start(g);
	later(3000);
}

static void
an_engine_that_dies_costs_no_packet_and_no_sa(void **state)
{
	struct gate *g[2] = { p.hub, p.branch };
	struct spis was;

	(void)state;
	static_routes();
	started();
	was = spis(p.hub);
	probes(5);
	for (unsigned i = 0; i < 6; i++) {
		die(g[i % 2], 200);
		assert_int_equal(gate_count(g[i % 2], "ike-adopted"),
		    2 * (i / 2 + 1));
	}
	all_up();
	later(60000);
	no_probe_was_lost();
	for (unsigned i = 0; i < 2; i++) {
		assert_same_sa(p.hub, &was, i + 1);
		assert_int_equal(gate_count(g[i], "ike-not-adopted"), 0);
		assert_int_equal(gate_count(g[i], "ike-up"), 2);
	}
	hops(2);
}

static void
it_rekeys_afterwards_from_either_side(void **state)
{
	struct spis was;

	(void)state;
	static_routes();
	started();
	die(p.hub, 200);
	die(p.branch, 200);
	was = spis(p.hub);
	probes(5);
	for (unsigned i = 1; i <= 2; i++) {
		struct gate *g = i == 1 ? p.hub : p.branch;
		struct gw_tunnel *t = gw_tunnel_find(g->gw, "vpn", i);

		assert_true(ike_peer_rekey(g->gw->ike, p.w.now, t->id, true));
		gate_tick(g);
		later(3000);
		assert_true(ike_peer_rekey(g->gw->ike, p.w.now, t->id, false));
		gate_tick(g);
		later(3000);
		assert_true(spis(p.hub).child[i - 1] != was.child[i - 1]);
		assert_true(spis(p.hub).ike[i - 1] != was.ike[i - 1]);
	}
	all_up();
	no_probe_was_lost();
}

/* Another connection stands before it in the file by then. */
static void
a_tunnel_keeps_its_number(void **state)
{
	static const char front[] = "connections = ( { name = \"new\"; "
	    "role = \"hub\"; routes = [ \"10.9.0.0/16\" ]; tunnels = ( { "
	    "local_outside_ip_address = \"192.0.2.1\"; "
	    "remote_outside_ip_address = \"198.51.100.9\"; "
	    "tunnel_inside_cidr = \"169.254.99.0/30\"; } ); }, { name";
	char text[PAIR_TEXT] = "", *at;
	struct spis was;

	(void)state;
	static_routes();
	started();
	was = spis(p.hub);
	probes(5);
	gate_crash(p.hub, true);
	at = strstr(p.hub->text, "connections = ( { name");
	assert_non_null(at);
	memcpy(text, p.hub->text, (size_t)(at - p.hub->text));
	str_add(text, sizeof(text), "%s%s", front,
	    at + strlen("connections = ( { name"));
	gate_conf(p.hub, text);
	gate_start(p.hub);
	later(3000);
	assert_int_equal(gw_tunnel_find(p.hub->gw, "vpn", 1)->id, 1);
	assert_int_equal(gw_tunnel_find(p.hub->gw, "vpn", 2)->id, 2);
	assert_int_equal(gw_tunnel_find(p.hub->gw, "new", 1)->id, 3);
	assert_same_sa(p.hub, &was, 1);
	assert_same_sa(p.hub, &was, 2);
	no_probe_was_lost();
}

static void
only_a_tunnel_that_changed_is_set_up_anew(void **state)
{
	struct spis was;

	(void)state;
	static_routes();
	p.hub_conf.tunnel[0] = p.branch_conf.tunnel[0] =
	    "phase2_encryption_algorithms = "
	    "[ \"AES128-GCM-16\", \"AES256-GCM-16\" ];";
	started();
	was = spis(p.branch);
	gate_crash(p.branch, true);
	/* What it has agreed on is neither. */
	p.branch_conf.tunnel[0] = "phase1_encryption_algorithms = "
	    "[ \"AES256-GCM-16\" ]; phase2_encryption_algorithms = "
	    "[ \"AES256-GCM-16\" ];";
	p.hub_conf.tunnel[0] = "phase1_encryption_algorithms = "
	    "[ \"AES128-GCM-16\", \"AES256-GCM-16\" ];"
	    "phase2_encryption_algorithms = "
	    "[ \"AES128-GCM-16\", \"AES256-GCM-16\" ];";
	pair_write(&p);
	gate_reload(p.hub);
	gate_start(p.branch);
	later(3000);
	assert_int_equal(gate_count(p.branch, "ike-not-adopted"), 1);
	assert_string_equal(gate_text(p.branch, "ike-not-adopted"),
	    "its IKE algorithms are not allowed any more");
	assert_int_equal(gate_count(p.branch, "ike-adopted"), 1);
	assert_same_sa(p.branch, &was, 2);
	all_up();
	assert_true(spis(p.branch).ike[0] != was.ike[0]);
	assert_same_sa(p.branch, &was, 2);
}

static void
what_an_operator_took_down_stays_down(void **state)
{
	(void)state;
	static_routes();
	started();
	done(p.hub, "{\"command\":\"down\",\"name\":\"vpn/2\"}");
	later(5000);
	die(p.hub, 200);
	later(30000);
	assert_string_equal(pair_get(p.hub, "vpn/2", "layer"), "admin");
	assert_string_equal(pair_get(p.hub, "vpn/1", "state"), "UP");
	done(p.hub, "{\"command\":\"up\",\"name\":\"vpn/2\"}");
	all_up();
	die(p.hub, 200);
	all_up();
}

static void
bgp_that_an_operator_shut_stays_shut(void **state)
{
	(void)state;
	started();
	done(p.hub, "{\"command\":\"bgp-shutdown\",\"name\":\"vpn/2\","
	    "\"text\":\"new fibre\"}");
	later(2000);
	die(p.hub, 200);
	later(30000);
	assert_int_equal(gate_count(p.hub, "ike-adopted"), 2);
	assert_string_equal(pair_get(p.hub, "vpn/2", "layer"), "bgp");
	assert_string_equal(pair_get(p.hub, "vpn/2", "reason"),
	    "shut down: new fibre");
	assert_string_equal(pair_get(p.hub, "vpn/1", "state"), "UP");
	hops(1);
	done(p.hub, "{\"command\":\"bgp-start\",\"name\":\"vpn/2\"}");
	all_up();
	die(p.hub, 200);
	all_up();
	later(5000);
	hops(2);
}

static void
full_restart(void)
{
	p.hub_conf.connection = "bgp_graceful_restart = \"full\";";
	p.branch_conf.connection = "bgp_graceful_restart = \"full\";"
	    "startup_action = \"start\";";
}

/* RFC 4724 section 4.1: what is forwarded is forwarded all the time. */
static void
what_bgp_taught_is_forwarded_until_it_is_taught_again(void **state)
{
	struct gate *g[2] = { p.hub, p.branch };
	unsigned nexthops;

	(void)state;
	full_restart();
	started();
	all_up();
	hops(2);
	nexthops = p.hub->kernel.nexthops_n;
	probes(5);
	for (unsigned i = 0; i < 6; i++) {
		die(g[i % 2], 200);
		hops(2);
		later(40000);
		all_up();
		assert_string_equal(gate_text(g[i % 2], "bgp-stale-routes"),
		    "all neighbors have sent their routes again: routes are "
		    "chosen now");
	}
	no_probe_was_lost();
	hops(2);
	assert_int_equal(p.hub->kernel.nexthops_n, nexthops);
	assert_int_equal(gate_count(p.hub, "ike-not-adopted"), 0);
}

/* The engine dies again before anybody has taught anything. */
static void
so_it_is_when_engines_die_in_a_row(void **state)
{
	unsigned nexthops;

	(void)state;
	full_restart();
	started();
	all_up();
	hops(2);
	nexthops = p.hub->kernel.nexthops_n;
	probes(5);
	for (unsigned i = 0; i < 4; i++) {
		gate_crash(p.hub, true);
		later(200);
		gate_start(p.hub);
		later(150);
		hops(2);
	}
	later(60000);
	all_up();
	no_probe_was_lost();
	hops(2);
	assert_int_equal(p.hub->kernel.nexthops_n, nexthops);
}

static void
what_drains_goes_on_draining(void **state)
{
	struct gw_tunnel *t;

	(void)state;
	static_routes();
	started();
	done(p.hub, "{\"command\":\"drain\",\"name\":\"vpn/2\","
	    "\"to\":\"203.0.113.9\"}");
	later(100);
	die(p.hub, 200);
	t = gw_tunnel_find(p.hub->gw, "vpn", 2);
	assert_true(t->drain.on);
	assert_int_equal(t->drain.to.b[3], 9);
	assert_false(gw_tunnel_find(p.hub->gw, "vpn", 1)->drain.on);
	done(p.hub, "{\"command\":\"undrain\",\"name\":\"vpn/2\"}");
	die(p.hub, 200);
	assert_false(gw_tunnel_find(p.hub->gw, "vpn", 2)->drain.on);
}

static void
a_tunnel_that_is_gone_leaves_nothing(void **state)
{
	(void)state;
	static_routes();
	started();
	gate_crash(p.hub, true);
	p.hub_conf.tunnels = 1;
	pair_write(&p);
	gate_start(p.hub);
	later(15000);
	assert_int_equal(gate_count(p.hub, "ike-not-adopted"), 1);
	assert_string_equal(gate_text(p.hub, "ike-not-adopted"),
	    "the configuration has no such tunnel");
	assert_int_equal(p.hub->kernel.sas_n, 2);
	assert_int_equal(p.hub->kernel.links_n, 1);
	assert_string_equal(pair_get(p.hub, "vpn/1", "state"), "UP");
}

/* Nothing counts as stale for long because an interface cannot be made. */
static void
what_cannot_be_claimed_is_swept(void **state)
{
	(void)state;
	static_routes();
	started();
	gate_crash(p.hub, true);
	p.hub->kernel.refuse[KERN_LINK_SET] = 6;
	gate_start(p.hub);
	later(5000);
	assert_int_equal(p.hub->kernel.sas_n, 4);
	later(6000);
	assert_int_equal(p.hub->kernel.sas_n, 0);
	all_up();
	assert_int_equal(p.hub->kernel.sas_n, 4);
}

static void
a_gateway_that_stops_leaves_no_record(void **state)
{
	(void)state;
	static_routes();
	started();
	gate_stop(p.hub);
	later(10000);
	assert_true(p.hub->stopped);
	gate_crash(p.hub, true);
	gate_start(p.hub);
	assert_int_equal(gate_count(p.hub, "ike-adopted"), 0);
	assert_int_equal(gate_count(p.hub, "ike-not-adopted"), 0);
	all_up();
	assert_string_equal(pair_get(p.hub, "vpn/2", "state"), "UP");
}

static int
init(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	STORY(an_engine_that_dies_costs_no_packet_and_no_sa),
	STORY(it_rekeys_afterwards_from_either_side),
	STORY(a_tunnel_keeps_its_number),
	STORY(only_a_tunnel_that_changed_is_set_up_anew),
	STORY(what_an_operator_took_down_stays_down),
	STORY(bgp_that_an_operator_shut_stays_shut),
	STORY(what_bgp_taught_is_forwarded_until_it_is_taught_again),
	STORY(so_it_is_when_engines_die_in_a_row),
	STORY(what_drains_goes_on_draining),
	STORY(a_tunnel_that_is_gone_leaves_nothing),
	STORY(what_cannot_be_claimed_is_swept),
	STORY(a_gateway_that_stops_leaves_no_record),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
