/*
 * The decision in the order of RFC 4271 section 9.1.2.2: each row differs from
 * the base in one attribute and is worse in all the later ones, so that it
 * wins by its own step and by no other; compared both ways.
 */
#include "test/unit/bgp_route.h"

#include "bgp/bgp.h"
#include "bgp/decide.h"
#include "util/array.h"

static const struct attrs base_attrs = {
	.local_pref = 100, .med = 10, .neighbour = 65010, .hops = 3,
	.origin = 1, .clusters = 2, .originator = 50, .rank = 2,
};
static const struct decide_peer base_peer = {
	.ibgp = true, .router_id = 50,
	.addr = { ADDR_IPV4, { 169, 254, 10, 50 } },
};

#define WORSE_ADDR	.addr = { ADDR_IPV4, { 169, 254, 10, 99 } }

#define A(...)	&(const struct attrs){ __VA_ARGS__ }

static const struct {
	const char	*step;
	const struct attrs *attrs;	/* better in this step only */
	struct decide_peer peer;
} rows[] = {
	{ "local origin",
	    A(.local_pref = 1, .med = 99, .neighbour = 65010, .hops = 9,
	      .origin = 2, .clusters = 9, .rank = 9),
	    { .local = true, .ibgp = true, .router_id = 99, WORSE_ADDR } },
	{ "LOCAL_PREF",
	    A(.local_pref = 101, .med = 99, .neighbour = 65010, .hops = 9,
	      .origin = 2, .clusters = 9, .rank = 9),
	    { .ibgp = true, .router_id = 99, WORSE_ADDR } },
	{ "AS_PATH length",
	    A(.local_pref = 100, .med = 99, .neighbour = 65010, .hops = 2,
	      .origin = 2, .clusters = 9, .rank = 9),
	    { .ibgp = true, .router_id = 99, WORSE_ADDR } },
	{ "ORIGIN",
	    A(.local_pref = 100, .med = 99, .neighbour = 65010, .hops = 3,
	      .origin = 0, .clusters = 9, .rank = 9),
	    { .ibgp = true, .router_id = 99, WORSE_ADDR } },
	{ "MED",
	    A(.local_pref = 100, .med = 9, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 9, .rank = 9),
	    { .ibgp = true, .router_id = 99, WORSE_ADDR } },
	{ "eBGP over iBGP",
	    A(.local_pref = 100, .med = 10, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 9, .rank = 9),
	    { .ibgp = false, .router_id = 99, WORSE_ADDR } },
	{ "preferred tunnel",
	    A(.local_pref = 100, .med = 10, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 9, .rank = 1),
	    { .ibgp = true, .router_id = 99, WORSE_ADDR } },
	{ "router id",
	    A(.local_pref = 100, .med = 10, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 9, .rank = 2),
	    { .ibgp = true, .router_id = 49, WORSE_ADDR } },
	{ "router id",		/* ORIGINATOR_ID stands for it */
	    A(.local_pref = 100, .med = 10, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 9, .rank = 2, .has = ATTRS_ORIGINATOR,
	      .originator = 49),
	    { .ibgp = true, .router_id = 99, WORSE_ADDR } },
	{ "CLUSTER_LIST length",
	    A(.local_pref = 100, .med = 10, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 1, .rank = 2),
	    { .ibgp = true, .router_id = 50, WORSE_ADDR } },
	{ "peer address",
	    A(.local_pref = 100, .med = 10, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 2, .rank = 2),
	    { .ibgp = true, .router_id = 50,
	      .addr = { ADDR_IPV4, { 169, 254, 10, 49 } } } },
	{ "MED",		/* a missing one counts as 0 */
	    A(.local_pref = 100, .med = 0, .neighbour = 65010, .hops = 3,
	      .origin = 1, .clusters = 9, .rank = 9),
	    { .ibgp = true, .router_id = 99, WORSE_ADDR } },
};

static void
each_step_decides_where_those_before_are_equal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct decide_path good = { rows[i].attrs, &rows[i].peer, 1,
		    0 };
		struct decide_path bad = { &base_attrs, &base_peer, 2, 0 };
		struct decide_path one[] = { good, bad };
		struct decide_path two[] = { bad, good };
		int winner = 0;

		print_message("%s\n", rows[i].step);
		decide(one, 2);
		assert_int_equal(one[0].id, 1);
		assert_int_equal(one[1].id, 2);
		decide(two, 2);
		assert_int_equal(two[0].id, 1);
		assert_string_equal(decide_why(&good, &bad, &winner),
		    rows[i].step);
		assert_true(winner < 0);
		decide_why(&bad, &good, &winner);
		assert_true(winner > 0);
	}
}

static const struct decide_peer one = {
	.router_id = 1, .addr = { ADDR_IPV4, { 169, 254, 10, 1 } },
};
static const struct decide_peer two = {
	.router_id = 2, .addr = { ADDR_IPV4, { 169, 254, 10, 2 } },
};
static const struct decide_peer three = {
	.router_id = 3, .addr = { ADDR_IPV4, { 169, 254, 10, 3 } },
};
static const struct decide_peer inner = {
	.ibgp = true, .router_id = 4,
	.addr = { ADDR_IPV4, { 169, 254, 10, 4 } },
};

static const struct {
	const char	*what;
	const struct attrs *a, *b;	/* from one and two */
	const struct decide_peer *second;
	unsigned	share;
} shares[] = {
	{ "all equal", A(.hops = 1, .neighbour = 7),
	    A(.hops = 1, .neighbour = 7), &two, 2 },
	{ "another neighbour AS", A(.hops = 1, .neighbour = 7),
	    A(.hops = 1, .neighbour = 8), &two, 1 },
	{ "another AS_PATH length", A(.hops = 1, .neighbour = 7),
	    A(.hops = 2, .neighbour = 7), &two, 1 },
	{ "another LOCAL_PREF", A(.local_pref = 2, .neighbour = 7),
	    A(.local_pref = 1, .neighbour = 7), &two, 1 },
	{ "another ORIGIN", A(.origin = 0, .neighbour = 7),
	    A(.origin = 2, .neighbour = 7), &two, 1 },
	{ "another MED", A(.med = 1, .neighbour = 7),
	    A(.med = 2, .neighbour = 7), &two, 1 },
	{ "iBGP and eBGP", A(.neighbour = 7), A(.neighbour = 7), &inner,
	    1 },
	{ "equals that share with none",
	    A(.neighbour = 7, .share = BGP_SHARE_NONE), A(.neighbour = 7, .share = BGP_SHARE_NONE),
	    &two, 1 },
	{ "one that does not",
	    A(.neighbour = 7, .share = BGP_SHARE_AS), A(.neighbour = 7, .share = BGP_SHARE_NONE),
	    &two, 1 },
	{ "another rank", A(.neighbour = 7, .rank = 1),
	    A(.neighbour = 7, .rank = 2), &two, 2 },
	{ "another next hop is what it is for",
	    A(.neighbour = 7, .next_hop = { ADDR_IPV4, { 1 } }),
	    A(.neighbour = 7, .next_hop = { ADDR_IPV4, { 2 } }), &two, 2 },
};

static void
only_equals_share_the_traffic(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		struct decide_path p[] = {
			{ shares[i].b, shares[i].second, 2, 0 },
			{ shares[i].a, &one, 1, 0 },
		};

		print_message("%s\n", shares[i].what);
		assert_int_equal(decide(p, 2), shares[i].share);
		assert_int_equal(p[0].id, 1);
	}
}

/* A transit gateway's rule: the same AS numbers, in the same order. */
static void
a_path_may_share_with_its_like_alone(void **state)
{
	static const struct {
		const char	*a, *b;
		unsigned	share;
	} paths[] = {
		{ "65010 7", "65010 7", 2 },
		{ "65010 7", "65010 8", 1 },
		{ "65010 7", "65011 7", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		union attrs_buf a, b;
		struct decide_path p[] = {
			{ &a.attrs, &one, 1, 0 }, { &b.attrs, &two, 2, 0 },
		};

		route(&a, paths[i].a, "");
		route(&b, paths[i].b, "");
		a.attrs.share = b.attrs.share = BGP_SHARE_PATH;
		assert_int_equal(decide(p, 2), paths[i].share);
	}
}

/*
 * The case in which pairwise comparison has no answer: a beats b by MED, b
 * beats c and c beats a by router id.  The outcome must not depend on order.
 */
static void
med_between_different_neighbours_does_not_depend_on_order(void **state)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	const struct attrs a = { .neighbour = 7, .med = 1 };
	const struct attrs b = { .neighbour = 7, .med = 2 };
	const struct attrs c = { .neighbour = 8, .med = 9 };
	const struct decide_path all[] = {
		{ &a, &three, 1, 0 }, { &b, &one, 2, 0 }, { &c, &two, 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct decide_path p[3];

		for (int k = 0; k < 3; k++)
			p[k] = all[orders[i][k]];
		assert_int_equal(decide(p, 3), 1);
		assert_int_equal(p[0].id, 3);
	}
}

static void
between_paths_of_a_peer_the_identifier_decides(void **state)
{
	const struct decide_path low = { &base_attrs, &base_peer, 1, 7 };
	const struct decide_path high = { &base_attrs, &base_peer, 2, 8 };
	struct decide_path a[] = { low, high }, b[] = { high, low };
	int winner = 0;

	(void)state;
	decide(a, 2);
	decide(b, 2);
	assert_int_equal(a[0].id, 1);
	assert_int_equal(b[0].id, 1);
	assert_string_equal(decide_why(&low, &high, &winner),
	    "path identifier");
	assert_true(winner < 0);
	decide_why(&high, &low, &winner);
	assert_true(winner > 0);
}

static void
a_single_path_is_best(void **state)
{
	struct decide_path p = { &base_attrs, &base_peer, 1, 0 };

	(void)state;
	assert_int_equal(decide(&p, 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_step_decides_where_those_before_are_equal),
		cmocka_unit_test(only_equals_share_the_traffic),
		cmocka_unit_test(a_path_may_share_with_its_like_alone),
		cmocka_unit_test(
		    med_between_different_neighbours_does_not_depend_on_order),
		cmocka_unit_test(
		    between_paths_of_a_peer_the_identifier_decides),
		cmocka_unit_test(a_single_path_is_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
