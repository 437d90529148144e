/*
 * What a session does besides exchanging routes, between whole speakers:
 * limits of prefixes with their warning and pause, policies that change while
 * it is up, a shutdown that is announced, and who decided about a route.
 */
#include "test/unit/bgp_net.h"

#include "bgp/msg.h"
#include "bgp/open.h"
#include "bgp/peer.h"
#include "bgp/policy.h"

static void
pair(const struct bgp_soft *soft)
{
	struct bgp_peer_conf c;

	net_new(7, 2);
	c = conf_of(0, 1);
	c.soft = *soft;
	add_peer(0, 1, &c);
	add_peer(1, 0, NULL);
	run(2000);
	assert_true(established(0, 1));
}

static void
change(int a, int b, const struct bgp_soft *soft)
{
	bgp_peer_change(net->bgp[a], net->now, peer_id(a, b), soft);
}

static void
a_neighbour_over_its_limit_has_a_pause(void **state)
{
	(void)state;
	pair(&(struct bgp_soft){ .max_in = 4, .warn_percent = 75,
	    .pause = span_s(60) });
	network(1, "10.1.0.0/16");
	network(1, "10.2.0.0/16");
	run(10);
	assert_null(strstr(net->log[0], "the limit is 4"));
	network(1, "10.3.0.0/16");
	run(10);
	assert_non_null(strstr(net->log[0], "11 the remote announces 3 "
	    "prefixes, the limit is 4"));
	network(1, "10.4.0.0/16");
	run(10);
	assert_true(established(0, 1));
	network(1, "10.5.0.0/16");
	run(10);
	assert_false(established(0, 1));
	assert_string_equal(info(0, 1).why.s,
	    "the remote announces more than 4 prefixes; down for 60 s");
	assert_non_null(strstr(net->log[1], "received 6/1 Cease, Maximum "
	    "Number of Prefixes Reached"));
	/* It would come back at once, but is not let in. */
	run(55 * 1000);
	assert_false(established(0, 1));
	assert_int_equal(net->table[0].n, 0);
	bgp_network_del(net->bgp[1], net->now, BGP_TABLE_MAIN, &(struct prefix){
	    { ADDR_IPV4, { 10, 5 } }, 16 });
	run(60 * 1000);
	assert_true(established(0, 1));
	assert_int_equal(info(0, 1).received, 4);
	net_free();
}

/* What the remote says to have a session on this connection. */
static void
begin_on(uint32_t conn)
{
	const struct open o = { .asn = net->asn[1], .router_id = 0x0a000002,
	    .hold_time = 30, .families = OPEN_IPV4, .as4 = true };
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	open_put(&w, &o);
	msg_put_keepalive(&w);
	bgp_stream(net->bgp[0], net->now, conn, wr_done(&w));
}

static void
a_connection_kept_in_reserve_does_not_shorten_it(void **state)
{
	uint32_t spare;

	(void)state;
	pair(&(struct bgp_soft){ .max_in = 1, .pause = span_s(60) });
	spare = bgp_accepted(net->bgp[0], net->now, peer_id(0, 1));
	assert_int_not_equal(spare, 0);
	network(1, "10.1.0.0/16");
	network(1, "10.2.0.0/16");
	run(10);
	assert_false(established(0, 1));
	begin_on(spare);
	run(10);
	assert_int_not_equal(info(0, 1).state, BGP_ESTABLISHED);
	assert_string_equal(info(0, 1).why.s,
	    "the remote announces more than 1 prefixes; down for 60 s");
	net_free();
}

static void
without_a_pause_it_stays_down_until_the_limit_is_raised(void **state)
{
	(void)state;
	pair(&(struct bgp_soft){ .max_in = 1 });
	network(1, "10.1.0.0/16");
	network(1, "10.2.0.0/16");
	run(3600 * 1000);
	assert_false(established(0, 1));
	assert_string_equal(info(0, 1).why.s, "the remote announces more "
	    "than 1 prefixes; down until the limit is raised or the tunnel is "
	    "taken down and up");
	change(0, 1, &(struct bgp_soft){ .max_in = 1 });
	run(60 * 1000);
	assert_false(established(0, 1));
	change(0, 1, &(struct bgp_soft){ .max_in = 2 });
	run(60 * 1000);
	assert_true(established(0, 1));
	assert_int_equal(info(0, 1).received, 2);
	net_free();
}

static void
or_until_it_is_stopped_and_started(void **state)
{
	(void)state;
	pair(&(struct bgp_soft){ .max_in = 1 });
	network(1, "10.1.0.0/16");
	network(1, "10.2.0.0/16");
	run(10);
	assert_false(established(0, 1));
	bgp_network_del(net->bgp[1], net->now, BGP_TABLE_MAIN, &(struct prefix){
	    { ADDR_IPV4, { 10, 2 } }, 16 });
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), true, "down");
	bgp_peer_start(net->bgp[0], net->now, peer_id(0, 1));
	run(60 * 1000);
	assert_true(established(0, 1));
	net_free();
}

static void
we_do_not_announce_more_than_we_may(void **state)
{
	(void)state;
	pair(&(struct bgp_soft){ .max_out = 2, .warn_percent = 100,
	    .pause = span_s(30) });
	network(0, "10.1.0.0/16");
	network(0, "10.2.0.0/16");
	run(10);
	assert_true(established(0, 1));
	assert_non_null(strstr(net->log[0], "we announce 2 prefixes, the "
	    "limit is 2"));
	network(0, "10.3.0.0/16");
	run(10);
	assert_false(established(0, 1));
	assert_string_equal(info(0, 1).why.s, "we would announce more than 2 "
	    "prefixes; down for 30 s");
	assert_non_null(strstr(net->log[1], "received 6/1 Cease"));
	assert_int_equal(net->table[1].n, 0);
	net_free();
}

/* It does not wait for the next UPDATE. */
static void
a_limit_that_is_lowered_holds_at_once(void **state)
{
	static const struct bgp_soft soft[] = { { .max_in = 1 },
	    { .max_out = 1 } };
	static const char *const words[] = {
		"the remote announces more than 1 prefixes; down until",
		"we would announce more than 1 prefixes; down until",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(soft); i++) {
		pair(&(struct bgp_soft){ .max_in = 0 });
		network((int)!i, "10.1.0.0/16");
		network((int)!i, "10.2.0.0/16");
		run(10);
		change(0, 1, &(struct bgp_soft){ .max_in = 2, .max_out = 2 });
		run(10);
		assert_true(established(0, 1));
		change(0, 1, &soft[i]);
		run(10);
		assert_false(established(0, 1));
		assert_non_null(strstr(info(0, 1).why.s, words[i]));
		net_free();
	}
}

/* Rejects one prefix, prefers and marks the rest. */
static struct policy *
all_but(const char *prefix, uint32_t pref)
{
	struct policy_term *t = calloc(3, sizeof(*t));
	struct plist_entry e;
	struct reason why;
	struct policy *p = NULL;

	assert_true(plist_entry_parse(&e, prefix, &why));
	str_set(t[0].name, sizeof(t[0].name), "unwanted");
	t[0].match.lists = calloc(1, sizeof(*t[0].match.lists));
	t[0].match.lists[0] = plist_new(&e, 1);
	t[0].match.lists_n = 1;
	t[0].then = POLICY_REJECT;
	str_set(t[1].name, sizeof(t[1].name), "rest");
	t[1].set.local_pref = (struct policy_value){ true, pref };
	t[1].set.prepend = 1;
	t[1].then = POLICY_ACCEPT;
	assert_int_equal(policy_new(&p, "p", t, 2), POLICY_FINE);
	return p;
}

static void
other_policies_end_no_session(void **state)
{
	struct bgp_soft soft = { .import = all_but("10.1.0.0/16", 200) };
	struct instant since;

	(void)state;
	pair(&(struct bgp_soft){ .import = NULL });
	since = info(0, 1).since;
	network(1, "10.1.0.0/16");
	network(1, "10.2.0.0/16");
	network(1, "fd02::/64");
	run(10);
	assert_int_equal(net->table[0].n, 3);
	change(0, 1, &soft);
	policy_free(soft.import);
	run(10);
	assert_null(route(0, "10.1.0.0/16"));
	assert_int_equal(route(0, "fd02::/64")->as_path_n, 2);
	assert_int_equal(info(0, 1).held, 3);
	assert_int_equal(info(0, 1).received, 2);
	change(0, 1, &(struct bgp_soft){ .import = NULL });
	run(10);
	assert_int_equal(net->table[0].n, 3);
	assert_int_equal(route(0, "fd02::/64")->as_path_n, 1);
	soft = (struct bgp_soft){ .export = all_but("10.2.0.0/16", 100) };
	change(1, 0, &soft);
	policy_free(soft.export);
	run(10);
	assert_int_equal(net->table[0].n, 2);
	assert_int_equal(route(0, "10.1.0.0/16")->as_path_n, 2);
	assert_true(established(0, 1));
	assert_int_equal(info(0, 1).since.ns, since.ns);
	net_free();
}

/* What is taken back takes more than one portion of UPDATEs. */
static void
a_stricter_policy_with_a_lower_limit_ends_no_session(void **state)
{
	struct bgp_soft out = { .export = all_but("10.0.0.0/8 le 24", 100),
	    .max_out = 10 };
	struct bgp_soft in = { .import = NULL };
	const unsigned n = 20000;

	(void)state;
	assert_int_equal(policy_new(&in.import, "none", NULL, 0),
	    POLICY_FINE);
	pair(&(struct bgp_soft){ .max_out = 0 });
	change(1, 0, &in);
	network(0, "192.0.2.0/24");
	for (unsigned i = 0; i < n; i++) {
		struct prefix p = { { ADDR_IPV4, { 10, (uint8_t)(i >> 8),
		    (uint8_t)i } }, 24 };

		assert_true(bgp_network_add(net->bgp[0], net->now, BGP_TABLE_MAIN, &p));
	}
	run(100);
	assert_int_equal(info(0, 1).advertised, n + 1);
	assert_int_equal(info(1, 0).held, n + 1);
	change(0, 1, &out);
	run(100);
	assert_true(established(0, 1));
	assert_int_equal(info(0, 1).advertised, 1);
	assert_int_equal(info(1, 0).held, 1);
	assert_int_equal(info(0, 1).counts.established, 1);
	policy_free(out.export);
	policy_free(in.import);
	net_free();
}

static enum bgp_verdict
why_in(const struct bgp *b, uint32_t id, const struct prefix *p,
    struct reason *why)
{
	const struct import *im = peer_import(b, id);
	uint32_t at = rib_find(&b->rib, BGP_TABLE_MAIN, p);
	uint32_t path[LIMIT_PATHS];

	assert_int_not_equal(at, 0);
	assert_int_equal(rib_paths_from(&b->rib, at, im->source, path), 1);
	return import_why_path(im, &b->rib, rib_path(&b->rib, path[0]), why);
}

static void
assert_why(int a, int b, bool in, const char *prefix, enum bgp_verdict want,
    const char *text)
{
	struct prefix p = pfx(prefix);
	struct reason why;
	enum bgp_verdict got = in ?
	    why_in(net->bgp[a], peer_id(a, b), &p, &why) :
	    bgp_why_out(net->bgp[a], peer_id(a, b), &p, &why);

	assert_string_equal(why.s, text);
	assert_int_equal(got, want);
}

static void
it_is_known_who_decided(void **state)
{
	struct bgp_soft soft = { .import = all_but("10.1.0.0/16", 200),
		.export = all_but("10.7.0.0/16", 100) };

	(void)state;
	pair(&soft);
	policy_free(soft.import);
	policy_free(soft.export);
	network(1, "10.1.0.0/16");
	network(1, "10.2.0.0/16");
	network(0, "10.7.0.0/16");
	network(0, "10.8.0.0/16");
	run(10);
	assert_why(0, 1, true, "10.1.0.0/16", BGP_REJECTED,
	    "rejected by term \"unwanted\" of policy \"p\"");
	assert_why(0, 1, true, "10.2.0.0/16", BGP_ACCEPTED,
	    "accepted by term \"rest\" of policy \"p\"");
	assert_why(0, 1, false, "10.7.0.0/16", BGP_REJECTED,
	    "rejected by term \"unwanted\" of policy \"p\"");
	assert_why(0, 1, false, "10.8.0.0/16", BGP_ACCEPTED,
	    "accepted by term \"rest\" of policy \"p\"");
	assert_why(0, 1, false, "10.2.0.0/16", BGP_NOT_FOR_IT,
	    "this peer is told of our own networks alone");
	assert_why(1, 0, true, "10.8.0.0/16", BGP_ACCEPTED,
	    "there is no import policy");
	network(0, "fd07::/64");
	assert_why(0, 1, false, "fd07::/64", BGP_ACCEPTED,
	    "accepted by term \"rest\" of policy \"p\"");
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), true, "down");
	assert_why(0, 1, false, "10.8.0.0/16", BGP_NOT_FOR_IT,
	    "there is no session");
	net_free();
}

static void
a_family_that_a_session_has_not_is_why_as_well(void **state)
{
	struct bgp_peer_conf c;

	(void)state;
	net_new(7, 2);
	c = conf_of(0, 1);
	c.next_hop6 = (struct addr){ 0 };
	add_peer(0, 1, &c);
	add_peer(1, 0, NULL);
	run(2000);
	network(0, "10.7.0.0/16");
	network(0, "fd07::/64");
	run(10);
	assert_why(0, 1, false, "10.7.0.0/16", BGP_ACCEPTED,
	    "there is no export policy");
	assert_why(0, 1, false, "fd07::/64", BGP_NOT_FOR_IT,
	    "the session is not for its address family");
	net_free();
}

/* What is shut down is the last choice at both ends, before it ends. */
static void
a_shutdown_moves_traffic_in_both_directions(void **state)
{
	struct bgp_peer_conf c;

	(void)state;
	net_new(9, 4);
	net->asn[2] = net->asn[1];
	for (int hub = 0; hub < 4; hub += 3) {
		for (int i = 1; i < 3; i++) {
			c = conf_of(hub, i);
			c.soft.heed_shutdown = true;
			add_peer(hub, i, &c);
			c = conf_of(i, hub);
			c.transit = true;
			c.soft.heed_shutdown = true;
			add_peer(i, hub, &c);
		}
	}
	run(3000);
	network(0, "10.1.0.0/16");
	run(100);
	assert_int_equal(route(3, "10.1.0.0/16")->n, 2);
	change(0, 1, &(struct bgp_soft){ .heed_shutdown = true,
	    .drain = true });
	run(100);
	/* 1 passes the mark on; 3 heeds it. */
	assert_int_equal(route(3, "10.1.0.0/16")->n, 1);
	assert_int_equal(route(3, "10.1.0.0/16")->paths[0].peer,
	    peer_id(3, 2));
	assert_non_null(route(1, "10.1.0.0/16"));
	assert_true(established(0, 1));
	change(0, 1, &(struct bgp_soft){ .heed_shutdown = true });
	run(100);
	assert_int_equal(route(3, "10.1.0.0/16")->n, 2);
	net_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_neighbour_over_its_limit_has_a_pause),
		cmocka_unit_test(
		    a_connection_kept_in_reserve_does_not_shorten_it),
		cmocka_unit_test(
		    without_a_pause_it_stays_down_until_the_limit_is_raised),
		cmocka_unit_test(or_until_it_is_stopped_and_started),
		cmocka_unit_test(we_do_not_announce_more_than_we_may),
		cmocka_unit_test(a_limit_that_is_lowered_holds_at_once),
		cmocka_unit_test(other_policies_end_no_session),
		cmocka_unit_test(
		    a_stricter_policy_with_a_lower_limit_ends_no_session),
		cmocka_unit_test(it_is_known_who_decided),
		cmocka_unit_test(
		    a_family_that_a_session_has_not_is_why_as_well),
		cmocka_unit_test(a_shutdown_moves_traffic_in_both_directions),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
