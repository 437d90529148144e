/*
 * What operators see of a speaker: its tables, why a path is not used, what a
 * neighbour was told; and sessions asked to begin anew or to tell all again.
 * A hub, node 0, with branches whose speakers are real ones.
 */
#include "test/unit/bgp_net.h"

#include "bgp/attr_text.h"
#include "bgp/look.h"
#include "bgp/policy.h"

static void
star(int branches)
{
	net_new(1, branches + 1);
	network(0, "10.1.0.0/16");
	for (int i = 1; i <= branches; i++) {
		struct bgp_peer_conf conf = conf_of(0, i);

		conf.transit = true;
		add_peer(0, i, &conf);
		add_peer(i, 0, NULL);
		run(2000);
		assert_true(established(0, i));
	}
}

static struct look_path
path(const char *prefix, unsigned i, unsigned n)
{
	struct look_path all[8] = { 0 };
	struct prefix p = pfx(prefix);

	assert_int_equal(look_paths(net->bgp[0], BGP_TABLE_MAIN, &p, all, 8), n);
	return all[i];
}

static unsigned
walk(int node, enum look_what what, uint32_t peer, unsigned visits)
{
	struct look l = { .what = what, .peer = peer };
	struct look_path found;
	struct prefix p;
	unsigned n = 0, rounds = 0;

	do {
		l.visits = visits;
		while (look_next(net->bgp[node], &l, &p, &found))
			n++;
		assert_true(rounds++ < 1000);
	} while (l.visits == 0);
	return n;
}

/* Branches have different ASNs: 4200000001, 4200000002, ... */
static void
the_reason_names_the_step_that_decided(void **state)
{
	struct look_path p;

	(void)state;
	star(2);
	network(1, "10.9.0.0/16");
	run(100);
	network(2, "10.9.0.0/16");
	run(100);
	p = path("10.9.0.0/16", 0, 2);
	assert_true(p.best && p.eligible && p.shares);
	assert_string_equal(p.why.s, "");
	assert_int_equal(p.peer, peer_id(0, 1));
	p = path("10.9.0.0/16", 1, 2);
	assert_false(p.best);
	assert_true(p.eligible);
	assert_string_equal(p.why.s, "the best path wins by router id");
	/* What we originate is before what anybody teaches. */
	network(0, "10.9.0.0/16");
	run(100);
	p = path("10.9.0.0/16", 0, 3);
	assert_int_equal(p.peer, 0);
	assert_string_equal(path("10.9.0.0/16", 2, 3).why.s,
	    "the best path wins by local origin");
	net_free();
}

static void
tables_are_walked_in_pieces_of_any_size(void **state)
{
	static const unsigned visits[] = { 1, 2, 3, 7, 1000 };

	(void)state;
	star(2);
	for (int i = 0; i < 10; i++) {
		char text[PREFIX_STRLEN];

		snprintf(text, sizeof(text), "10.9.%d.0/24", i);
		network(1, text);
		snprintf(text, sizeof(text), "fd09:%d::/64", i);
		network(2, text);
	}
	run(100);
	for (size_t i = 0; i < ARRAY_SIZE(visits); i++) {
		unsigned v = visits[i];

		assert_int_equal(walk(0, LOOK_BEST, 0, v), 21);
		assert_int_equal(walk(0, LOOK_RECEIVED, peer_id(0, 1), v), 10);
		assert_int_equal(walk(0, LOOK_ACCEPTED, peer_id(0, 2), v), 10);
		/* Its own are not announced to it. */
		assert_int_equal(walk(0, LOOK_ADVERTISED, peer_id(0, 1), v),
		    11);
		assert_int_equal(walk(0, LOOK_RECEIVED, 999, v), 0);
		assert_int_equal(walk(0, LOOK_ADVERTISED, 999, v), 0);
	}
	net_free();
}

static void
what_was_advertised_is_shown_as_it_was_sent(void **state)
{
	struct look l = { .what = LOOK_ADVERTISED, .peer = peer_id(0, 2),
	    .visits = 100 };
	struct addr ours;
	struct look_path p;
	struct prefix prefix, own = pfx("10.1.0.0/16"), it;

	(void)state;
	star(2);
	ours = inside(0, 2);
	network(1, "10.9.0.0/16");
	run(100);
	it = pfx("10.9.0.0/16");
	assert_true(look_told(net->bgp[0], peer_id(0, 2), &it));
	assert_false(look_told(net->bgp[0], peer_id(0, 1), &it));
	assert_true(look_told(net->bgp[0], peer_id(0, 1), &own));
	while (look_next(net->bgp[0], &l, &prefix, &p) &&
	    !prefix_eq(&prefix, &it))
		;
	assert_true(prefix_eq(&prefix, &it));
	assert_int_equal(p.prepend, 64512);
	assert_true(addr_eq(&p.next_hop, &ours));
	assert_string_equal(attr_origin_str(p.attrs), "IGP");
	net_free();
}

/* The only path of a table of the hub. */
static struct look_path
only(enum look_what what, uint32_t peer)
{
	struct look l = { .what = what, .peer = peer, .visits = 100 };
	struct look_path path, more;
	struct prefix p;

	assert_true(look_next(net->bgp[0], &l, &p, &path));
	assert_false(look_next(net->bgp[0], &l, &p, &more));
	return path;
}

/* All communities of a kind, each with a blank behind it. */
static void
assert_communities(const struct attrs *a, enum community_kind kind,
    const char *want)
{
	char text[COMMUNITY_TEXT], all[256] = "";
	size_t pos = 0;

	while (attr_list_next(a, kind, &pos, text))
		str_add(all, sizeof(all), "%s ", text);
	assert_string_equal(all, want);
}

static void
add_community(struct policy_set *set, const char *text)
{
	struct reason why;

	assert_true(community_parse(&set->add.v[set->add.n++], text, &why));
}

static void
what_was_received_is_shown_as_it_came(void **state)
{
	struct policy_term *t = calloc(1, sizeof(*t));
	struct bgp_soft soft = { .import = NULL };
	struct bgp_peer_conf conf;

	(void)state;
	t->set.local_pref = (struct policy_value){ true, 200 };
	t->set.add.v = calloc(3, sizeof(*t->set.add.v));
	add_community(&t->set, "no-export");
	add_community(&t->set, "65010:100");
	add_community(&t->set, "rt:192.0.2.1:7");
	t->then = POLICY_ACCEPT;
	assert_int_equal(policy_new(&soft.import, "p", t, 1), POLICY_FINE);
	net_new(1, 2);
	conf = conf_of(0, 1);
	conf.soft = soft;
	add_peer(0, 1, &conf);
	add_peer(1, 0, NULL);
	policy_free(soft.import);
	network(1, "10.9.0.0/16");
	run(2000);
	assert_int_equal(only(LOOK_RECEIVED, peer_id(0, 1)).attrs->local_pref,
	    100);
	assert_int_equal(only(LOOK_ACCEPTED, peer_id(0, 1)).attrs->local_pref,
	    200);
	assert_int_equal(only(LOOK_BEST, 0).attrs->local_pref, 200);
	assert_communities(only(LOOK_RECEIVED, peer_id(0, 1)).attrs,
	    COMMUNITY_PLAIN, "");
	assert_communities(only(LOOK_BEST, 0).attrs, COMMUNITY_PLAIN,
	    "no-export 65010:100 ");
	assert_communities(only(LOOK_BEST, 0).attrs, COMMUNITY_EXTENDED,
	    "rt:192.0.2.1:7 ");
	assert_communities(only(LOOK_BEST, 0).attrs, COMMUNITY_LARGE, "");
	net_free();
}

static void
the_longest_prefix_covers(void **state)
{
	static const struct {
		const char	*asked, *found;		/* NULL: nothing */
	} rows[] = {
		{ "10.9.1.1/32", "10.9.1.0/24" },
		{ "10.9.2.1/32", "10.9.0.0/16" },
		{ "10.9.0.0/16", "10.9.0.0/16" },
		{ "10.0.0.0/8", NULL },
		{ "192.0.2.1/32", NULL },
		{ "fd09::1/128", "fd09::/64" },
		{ "fd0a::1/128", NULL },
	};

	(void)state;
	star(1);
	network(1, "10.9.0.0/16");
	network(1, "10.9.1.0/24");
	network(1, "fd09::/64");
	run(100);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prefix asked = pfx(rows[i].asked), out, want;
		bool ok = look_cover(net->bgp[0], BGP_TABLE_MAIN, &asked, &out);

		assert_int_equal(ok, rows[i].found != NULL);
		if (!ok)
			continue;
		want = pfx(rows[i].found);
		assert_true(prefix_eq(&out, &want));
	}
	net_free();
}

static void
a_session_that_is_reset_comes_back(void **state)
{
	(void)state;
	star(1);
	network(1, "10.9.0.0/16");
	run(40000);
	bgp_peer_reset(net->bgp[0], net->now, peer_id(0, 1));
	run(15000);
	assert_true(established(0, 1));
	assert_non_null(route(0, "10.9.0.0/16"));
	assert_int_equal(info(0, 1).counts.established, 2);
	assert_int_equal(info(0, 1).counts.notifications_out, 1);
	assert_int_equal(info(1, 0).counts.notifications_in, 1);
	assert_non_null(strstr(net->log[1], "6/4 Cease, Administrative Reset"));
	/* Nobody there: nothing happens. */
	bgp_peer_reset(net->bgp[0], net->now, 999);
	net_free();
}

static void
a_refresh_brings_everything_again(void **state)
{
	uint64_t before;

	(void)state;
	star(1);
	network(1, "10.9.0.0/16");
	run(100);
	before = info(0, 1).counts.updates_in;
	assert_null(bgp_peer_refresh(net->bgp[0], net->now, peer_id(0, 1)));
	run(100);
	assert_true(info(0, 1).counts.updates_in > before);
	assert_int_equal(info(0, 1).counts.refreshes_out, 1);
	/* One request for each of the two families. */
	assert_int_equal(info(1, 0).counts.refreshes_in, 2);
	assert_true(info(1, 0).counts.updates_out >=
	    info(0, 1).counts.updates_in);
	bgp_peer_stop(net->bgp[0], net->now, peer_id(0, 1), true, "enough");
	assert_string_equal(bgp_peer_refresh(net->bgp[0], net->now,
	    peer_id(0, 1)), "the session is not established");
	assert_string_equal(bgp_peer_refresh(net->bgp[0], net->now, 999),
	    "no such peer");
	net_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reason_names_the_step_that_decided),
		cmocka_unit_test(tables_are_walked_in_pieces_of_any_size),
		cmocka_unit_test(what_was_advertised_is_shown_as_it_was_sent),
		cmocka_unit_test(what_was_received_is_shown_as_it_came),
		cmocka_unit_test(the_longest_prefix_covers),
		cmocka_unit_test(a_session_that_is_reset_comes_back),
		cmocka_unit_test(a_refresh_brings_everything_again),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
