/*
 * Whole speakers against each other, bgp_net.h between them.  Every test runs
 * with many seeds; a failure names its seed.
 */
#include "test/unit/bgp_net.h"

#define SEEDS	40

static unsigned collisions;	/* seeds in which there was one */

/* A hub, node 0, and n branches with their networks, all up. */
static void
star(unsigned seed, int branches)
{
	net_new(seed, branches + 1);
	net->asn[2] = net->asn[1];
	network(0, "10.1.0.0/16");
	network(0, "fd01::/64");
	for (int i = 1; i <= branches; i++) {
		add_peer(0, i, NULL);
		add_peer(i, 0, NULL);
		run(2000);
		assert_true(established(0, i));
	}
}

static void
two_speakers_exchange_routes_of_both_families(void)
{
	struct bgp_route *r;
	struct addr hop;

	network(1, "10.2.0.0/16");
	network(1, "fd02::/64");
	run(100);
	assert_int_equal(net->table[0].n, 2);
	assert_int_equal(net->table[1].n, 2);
	r = route(1, "10.1.0.0/16");
	assert_non_null(r);
	hop = inside(0, 1);
	assert_int_equal(r->n, 1);
	assert_int_equal(r->paths[0].peer, peer_id(1, 0));
	assert_true(addr_eq(&r->paths[0].gateway, &hop));
	assert_int_equal(r->as_path_n, 1);
	assert_int_equal(r->as_path[0], 64512);
	r = route(0, "fd02::/64");
	assert_non_null(r);
	hop = inside6(1, 0);
	assert_true(addr_eq(&r->paths[0].gateway, &hop));
	assert_int_equal(r->as_path[0], 4200000001u);
	assert_int_equal(info(0, 1).received, 2);
	assert_int_equal(info(0, 1).advertised, 2);
	assert_int_equal(info(0, 1).remote_router_id, 0x0a000002);
	assert_int_equal(info(0, 1).hold_time, 30);
	assert_string_equal(info(0, 1).why.s, "");
}

static void
a_network_that_is_removed_is_withdrawn(void)
{
	struct prefix p = pfx("10.1.0.0/16");

	run(100);
	assert_non_null(route(1, "10.1.0.0/16"));
	bgp_network_del(net->bgp[0], net->now, BGP_TABLE_MAIN, &p);
	run(100);
	assert_null(route(1, "10.1.0.0/16"));
	assert_int_equal(info(0, 1).advertised, 1);
	assert_int_equal(info(1, 0).received, 1);
}

static void
a_session_survives_hours_of_silence(void)
{
	struct instant since = info(0, 1).since;

	run(7200 * 1000);
	assert_true(established(0, 1));
	assert_int_equal(info(0, 1).since.ns, since.ns);
}

static void
a_dead_tunnel_ends_by_the_hold_timer_and_comes_back(void)
{
	run(100);
	net->cut[0][1] = true;
	run(31 * 1000);
	assert_true(info(0, 1).state < BGP_ESTABLISHED);
	assert_non_null(strstr(net->log[0],
	    "nothing heard from the remote for 30 s"));
	assert_non_null(strstr(net->log[0], "sent 4/0 Hold Timer Expired"));
	assert_int_equal(net->table[0].n, 0);
	assert_int_equal(net->table[1].n, 0);
	run(60 * 1000);
	net->cut[0][1] = false;
	run(32 * 1000);
	assert_true(established(0, 1));
	assert_int_equal(net->table[1].n, 2);
}

static void
stop_with_a_live_tunnel_tells_the_remote_why(void)
{
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), true,
	    "maintenance tonight");
	assert_int_equal(info(0, 1).state, BGP_IDLE);
	assert_string_equal(info(0, 1).why.s, "maintenance tonight");
	run(100);
	assert_non_null(strstr(net->log[1], "received 6/2 Cease, "
	    "Administrative Shutdown: \"maintenance tonight\""));
	assert_int_equal(net->table[1].n, 0);
	assert_int_equal(open_wires(), 0);
	run(40 * 1000);
	assert_true(info(1, 0).state < BGP_OPEN_SENT);
	assert_non_null(strstr(info(1, 0).why.s, "refused"));
	bgp_peer_start(net->bgp[0], net->now, peer_id(0, 1));
	run(2000);
	assert_true(established(0, 1));
}

static void
stop_with_a_dead_tunnel_sends_nothing(void)
{
	struct bgp_out out;
	size_t cease;

	run(100);
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), false,
	    "tunnel lost");
	assert_int_equal(info(0, 1).state, BGP_IDLE);
	assert_string_equal(info(0, 1).why.s, "tunnel lost");
	cease = 0;
	while (bgp_next(net->bgp[0], &out)) {
		assert_true(out.kind != BGP_OUT_SEND);
		cease += out.kind == BGP_OUT_EVENT &&
		    out.event == BGP_EVENT_NOTIFICATION;
		obey(0, &out);
	}
	assert_int_equal(cease, 0);
	assert_int_equal(net->table[0].n, 0);
	net->log[1][0] = '\0';
	run(100);
	assert_null(strstr(net->log[1], "received"));
	assert_int_equal(net->table[1].n, 0);
}

static void
a_removed_peer_is_told_and_forgotten(void)
{
	struct bgp_peer_info i;

	bgp_peer_del(net->bgp[0], net->now, peer_id(0, 1));
	assert_false(bgp_peer_get(net->bgp[0], peer_id(0, 1), &i));
	run(100);
	assert_non_null(strstr(net->log[1],
	    "received 6/3 Cease, Peer De-configured"));
	assert_int_equal(net->table[1].n, 0);
}

static void
a_wrong_as_is_named_on_both_sides(void)
{
	struct bgp_peer_conf c = conf_of(0, 1);

	c.remote_asn = 65010;
	bgp_peer_del(net->bgp[0], net->now, c.id);
	run(100);
	add_peer(0, 1, &c);
	run(3000);
	assert_string_equal(info(0, 1).why.s,
	    "remote AS is 4200000001, expected 65010");
	assert_non_null(strstr(net->log[0], "sent 2/2 OPEN Message Error, "
	    "Bad Peer AS: remote AS is 4200000001, expected 65010"));
	assert_non_null(strstr(net->log[1],
	    "received 2/2 OPEN Message Error, Bad Peer AS"));
	assert_false(established(0, 1));
}

static void
tcp_reset_is_an_ordinary_loss_and_retried_within_a_second(void)
{
	int end;
	struct wire *w = net->wire;

	while (!w->open)
		w++;
	end = (int)drbg_below(&net->dice, 2);
	w->open = false;
	for (int i = 0; i < 2; i++)
		bgp_closed(net->bgp[w->node[i ^ end]], net->now,
		    w->conn[i ^ end], "Connection reset by peer");
	assert_false(established(0, 1));
	run(0);
	assert_non_null(strstr(info(0, 1).why.s, "Connection reset by peer"));
	run(2500);
	assert_true(established(0, 1));
	assert_int_equal(net->table[1].n, 2);
}

static void
another_connection_does_not_disturb_an_established_session(void)
{
	static const uint8_t open[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0, 37, 1, 4, 0x5b, 0xa0, 0, 30, 10, 0, 0, 2,
		8, 2, 6, 65, 4, 0xfa, 0x56, 0xea, 0x01,
	};
	struct wire *w = net->wire;
	struct instant since = info(0, 1).since;

	while (w->open)
		w++;
	memset(w, 0, sizeof(*w));
	/* As if the remote had a second speaker: an OPEN of its own. */
	w->open = w->up = true;
	w->node[0] = -1;
	w->node[1] = 0;
	w->conn[1] = bgp_accepted(net->bgp[0], net->now, peer_id(0, 1));
	assert_int_not_equal(w->conn[1], 0);
	memcpy(w->to[1].octets, open, sizeof(open));
	w->to[1].n = sizeof(open);
	run(0);
	w->open = false;
	assert_non_null(strstr(net->log[0], "sent 6/7 Cease, "
	    "Connection Collision Resolution"));
	assert_true(established(0, 1));
	assert_int_equal(info(0, 1).since.ns, since.ns);
}

/* Both connect at the same instant, again and again. */
static void
collisions_leave_one_session(void)
{
	for (int i = 0; i < 10; i++) {
		for (int node = 0; node < 2; node++)
			bgp_peer_stop(net->bgp[node], net->now,
			    peer_id(node, !node), i % 2 == 0, "again");
		run(0);
		for (int node = 0; node < 2; node++)
			bgp_peer_start(net->bgp[node], net->now,
			    peer_id(node, !node));
		run(1500);
		assert_true(established(0, 1));
		assert_int_equal(open_wires(), 1);
		assert_int_equal(net->table[0].n, 0);
		assert_int_equal(net->table[1].n, 2);
	}
	collisions += strstr(net->log[0], "Collision") != NULL;
}

/* The branches are two routers of one customer. */
static void
equal_paths_share_and_one_of_them_can_go(void)
{
	struct bgp_route *r;

	network(1, "10.2.0.0/16");
	network(2, "10.2.0.0/16");
	run(100);
	r = route(0, "10.2.0.0/16");
	assert_non_null(r);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->paths[0].peer, peer_id(0, 1));
	assert_int_equal(r->paths[1].peer, peer_id(0, 2));
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), false, "lost");
	run(100);
	r = route(0, "10.2.0.0/16");
	assert_non_null(r);
	assert_int_equal(r->n, 1);
	assert_int_equal(r->paths[0].peer, peer_id(0, 2));
	net->cut[0][1] = true;
	run(100000);
	net->cut[0][1] = false;
	bgp_peer_start(net->bgp[0], net->now, peer_id(0, 1));
	run(40000);
	assert_int_equal(route(0, "10.2.0.0/16")->n, 2);
}

/* Another AS is another customer: no sharing, the lower router id wins. */
static void
paths_through_different_neighbour_ases_do_not_share(void)
{
	network(2, "10.2.0.0/16");
	run(100);
	network(3, "10.2.0.0/16");
	run(100);
	assert_int_equal(route(0, "10.2.0.0/16")->n, 1);
	assert_int_equal(route(0, "10.2.0.0/16")->paths[0].peer,
	    peer_id(0, 2));
}

static void
without_transit_branches_do_not_see_each_other(void)
{
	network(1, "10.2.0.0/16");
	network(3, "fd03::/64");
	run(1000);
	assert_non_null(route(0, "10.2.0.0/16"));
	assert_non_null(route(0, "fd03::/64"));
	assert_null(route(3, "10.2.0.0/16"));
	assert_null(route(1, "fd03::/64"));
}

static void
make_transit(int branches)
{
	for (int i = 1; i <= branches; i++) {
		struct bgp_peer_conf c = conf_of(0, i);

		c.transit = true;
		bgp_peer_del(net->bgp[0], net->now, c.id);
		run(100);
		add_peer(0, i, &c);
		run(3000);
		assert_true(established(0, i));
	}
}

/* 1 and 2 are of one AS, 3 of another. */
static void
with_transit_routes_pass_but_not_back_into_their_as(void)
{
	struct bgp_route *r;

	make_transit(3);
	network(1, "10.2.0.0/16");
	network(3, "fd03::/64");
	run(1000);
	r = route(3, "10.2.0.0/16");
	assert_non_null(r);
	assert_int_equal(r->as_path_n, 2);
	assert_int_equal(r->as_path[0], net->asn[0]);
	assert_int_equal(r->as_path[1], net->asn[1]);
	assert_non_null(route(1, "fd03::/64"));
	assert_non_null(route(2, "fd03::/64"));
	assert_null(route(2, "10.2.0.0/16"));
	assert_int_equal(info(0, 1).advertised, 3);
	assert_int_equal(info(0, 2).advertised, 3);
	assert_int_equal(info(0, 3).advertised, 3);
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), true, "bye");
	run(100);
	assert_null(route(3, "10.2.0.0/16"));
	assert_int_equal(info(0, 3).advertised, 2);
}

/* 2 may not hear of the path through its own AS, but of the other one. */
static void
a_change_of_the_best_path_is_told_to_others(void)
{
	network(1, "10.2.0.0/16");
	make_transit(3);
	network(3, "10.2.0.0/16");
	run(1000);
	assert_int_equal(route(0, "10.2.0.0/16")->paths[0].peer,
	    peer_id(0, 1));
	assert_null(route(2, "10.2.0.0/16"));
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), true, "bye");
	run(1000);
	assert_int_equal(route(0, "10.2.0.0/16")->paths[0].peer,
	    peer_id(0, 3));
	assert_non_null(route(2, "10.2.0.0/16"));
	assert_int_equal(route(2, "10.2.0.0/16")->as_path[1], net->asn[3]);
}

/* Our own prefix beats the same one from a neighbour. */
static void
what_we_originate_beats_what_we_learn(void)
{
	struct prefix p = pfx("10.1.0.0/16");

	network(1, "10.1.0.0/16");
	run(100);
	assert_null(route(0, "10.1.0.0/16"));
	assert_int_equal(info(0, 1).received, 1);
	bgp_network_del(net->bgp[0], net->now, BGP_TABLE_MAIN, &p);
	run(100);
	assert_non_null(route(0, "10.1.0.0/16"));
	network(0, "10.1.0.0/16");
	run(100);
	assert_null(route(0, "10.1.0.0/16"));
}

static struct {
	const char	*what;		/* NULL: none, or it passed */
	unsigned	seed;
} running;

static void
name_failure(void)
{
	if (running.what != NULL)
		print_error("%s failed with seed %u\n", running.what,
		    running.seed);
	running.what = NULL;
}

static void
with_each_seed(const char *what, int branches, void (*test)(void))
{
	name_failure();
	running.what = what;
	for (running.seed = 0; running.seed < SEEDS; running.seed++) {
		star(running.seed, branches);
		test();
		net_free();
	}
	running.what = NULL;
}

/* name, branches of the hub */
#define TESTS(X)							\
	X(two_speakers_exchange_routes_of_both_families, 1)		\
	X(a_network_that_is_removed_is_withdrawn, 1)			\
	X(a_session_survives_hours_of_silence, 1)			\
	X(a_dead_tunnel_ends_by_the_hold_timer_and_comes_back, 1)	\
	X(stop_with_a_live_tunnel_tells_the_remote_why, 1)		\
	X(stop_with_a_dead_tunnel_sends_nothing, 1)			\
	X(a_removed_peer_is_told_and_forgotten, 1)			\
	X(a_wrong_as_is_named_on_both_sides, 1)				\
	X(tcp_reset_is_an_ordinary_loss_and_retried_within_a_second, 1)	\
	X(another_connection_does_not_disturb_an_established_session, 1) \
	X(collisions_leave_one_session, 1)				\
	X(what_we_originate_beats_what_we_learn, 1)			\
	X(equal_paths_share_and_one_of_them_can_go, 2)			\
	X(paths_through_different_neighbour_ases_do_not_share, 3)	\
	X(without_transit_branches_do_not_see_each_other, 3)		\
	X(with_transit_routes_pass_but_not_back_into_their_as, 3)	\
	X(a_change_of_the_best_path_is_told_to_others, 3)

#define DEFINE(name, branches)						\
static void								\
test_##name(void **state)						\
{									\
	(void)state;							\
	with_each_seed(#name, branches, name);				\
}

TESTS(DEFINE)

static void
some_seeds_did_collide(void **state)
{
	(void)state;
	assert_true(collisions > SEEDS / 4);
}

#define ENTRY(name, branches)	cmocka_unit_test(test_##name),

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(ENTRY)
		cmocka_unit_test(some_seeds_did_collide),
	};
	int failed;

	if (!crypto_init())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	name_failure();
	return failed;
}
