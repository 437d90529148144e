/*
 * The forwarding table (gw/fib.h): what is asked of the kernel when routes
 * and tunnels change, counted message by message.
 */
#include "fib_stage.h"

static void
routes_share_one_group(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	expect(2, 1, ROUTES);
	all_lead(3);
	assert_int_equal(fib_count(fib, 1), ROUTES);
	assert_int_equal(fib_count(fib, 2), ROUTES);
}

static void
a_lost_tunnel_is_one_message_and_coming_back_two(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	down(2);
	expect(1, 0, 0);
	all_lead(1);
	/* BGP takes them back one by one, and brings them again. */
	learn_all(1);
	expect(0, 0, 0);
	up(2);
	expect(0, 0, 0);
	all_lead(1);
	learn_all(3);
	expect(1, 1, 0);
	all_lead(3);
	assert_false(fib_waits(fib));
}

static void
a_tunnel_that_returns_before_bgp_noticed_is_two_messages(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	down(1);
	expect(1, 0, 0);
	up(1);
	expect(1, 1, 0);
	all_lead(3);
}

static void
a_lost_neighbour_counts_as_its_routes(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	fib_taught(fib, 2, false);
	expect(1, 0, 0);
	all_lead(1);
}

static void
who_is_not_taught_again_leaves_the_group(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	down(2);
	learn_all(1);
	work();
	up(2);
	for (unsigned i = 5; i < ROUTES; i++)
		learn(i, 3);
	work();
	assert_true(fib_waits(fib));
	all_lead(1);
	memset(ran, 0, sizeof(ran));
	fib_tick(fib);		/* some joined since the group was torn */
	fib_tick(fib);
	fib_tick(fib);
	work();
	assert_false(fib_waits(fib));
	for (unsigned i = 0; i < ROUTES; i++)
		assert_int_equal(leads(i), i < 5 ? 1 : 3);
	/* Five left, and one or two were scrubbed. */
	assert_in_range(ran[KERN_ROUTE_SET], 5, 8);
	assert_int_equal(failed, 0);
}

static void
a_withdrawal_takes_effect_at_once(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	learn(7, 1);
	expect(0, 0, 1);
	assert_int_equal(leads(7), 1);
	assert_int_equal(leads(8), 3);
	learn(7, 0);
	expect(0, 0, 1);
	assert_int_equal(leads(7), 0);
}

/* Make before break: no packet finds another way, or none, in between. */
static void
a_route_that_moves_always_leads_somewhere(void **state)
{
	static const unsigned ways[] = { 1, 2, 3, 6, 4, 7, 1, 5, 2 };
	char text[KERN_TEXT_LEN];
	struct gw_out o;

	(void)state;
	up(1);
	up(2);
	up(3);
	learn(0, ways[0]);
	work();
	for (size_t i = 1; i < ARRAY_SIZE(ways); i++) {
		learn(0, ways[i]);
		fib_work(fib, 4096);
		while (queue_pop(&out, &o)) {
			fib_done(fib, o.op->id,
			    kernel_do(&kernel, o.op, text));
			gw_out_fini(&o);
			assert_true(leads(0) != 0);
		}
		assert_int_equal(leads(0), ways[i]);
	}
	assert_int_equal(kernel.failed + kernel.missed, 0);
}

static void
all_of_a_dead_tunnel_go_without_a_message_each(void **state)
{
	(void)state;
	up(1);
	learn_all(1);
	work();
	memset(ran, 0, sizeof(ran));
	down(1);
	expect(1, 0, 0);
	all_lead(0);
	learn_all(0);
	expect(0, 0, 0);
	/* Nothing is left, and it can begin anew. */
	assert_int_equal(fib_tick_in(fib), 0);
	up(1);
	learn_all(1);
	expect(1, 0, ROUTES);
	all_lead(1);
}

static void
routes_that_outlive_their_tunnel_come_back_with_it(void **state)
{
	(void)state;
	up(1);
	learn_all(1);
	work();
	memset(ran, 0, sizeof(ran));
	down(1);
	up(1);
	expect(2, 0, ROUTES);
	all_lead(1);
}

static void
changes_before_the_kernel_is_asked_are_one(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn(0, 1);
	learn(0, 2);
	learn(0, 3);
	learn(0, 2);
	expect(1, 0, 1);
	assert_int_equal(leads(0), 2);
}

static void
a_static_route_gives_way_while_its_tunnels_are_down(void **state)
{
	struct fib_hops h = hops_of(1, false);
	struct prefix p = prefix_of(0);

	(void)state;
	up(1);
	up(2);
	fib_set(fib, FIB_STATIC, FIB_TABLE_MAIN, &p, &h);
	learn(0, 2);
	work();
	assert_int_equal(leads(0), 1);
	down(1);
	work();
	assert_int_equal(leads(0), 2);
	up(1);
	work();
	assert_int_equal(leads(0), 1);
	assert_int_equal(failed, 0);
}

/* The same in one table; 0x80: they are dropped, 0: no route. */
static unsigned
leads_in(uint32_t table, unsigned i)
{
	const struct kernel_nexthop *hops[KERN_GROUP_MAX];
	struct prefix p = prefix_of(i);
	unsigned mask = 0;

	for (unsigned k = 0; k < kernel.routes_n; k++) {
		if (kernel.routes[k].r.table != table ||
		    !prefix_eq(&kernel.routes[k].r.prefix, &p))
			continue;
		for (unsigned n = kernel_hops(&kernel, &kernel.routes[k],
		    hops); n > 0; n--)
			mask |= hops[n - 1]->dev[0] == '\0' ? 0x80 :
			    1u << (hops[n - 1]->dev[3] - '1');
	}
	return mask;
}

static void
tables_do_not_see_each_other(void **state)
{
	static const struct {
		uint32_t	table;
		unsigned	mask;
	} tests[] = { { FIB_TABLE_MAIN, 1 }, { 100, 2 }, { 65535, 3 } };
	struct prefix p = prefix_of(0);
	struct fib_route r;
	size_t pos = 0;
	unsigned seen = 0;

	(void)state;
	up(1);
	up(2);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		struct fib_hops h = hops_of(tests[i].mask, true);

		fib_set(fib, FIB_BGP, tests[i].table, &p, &h);
	}
	work();
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		assert_int_equal(leads_in(tests[i].table, 0), tests[i].mask);
		assert_true(fib_get(fib, tests[i].table, &p, &r));
		assert_int_equal(r.table, tests[i].table);
		assert_int_equal(r.state, FIB_INSTALLED);
	}
	assert_false(fib_get(fib, 7, &p, &r));
	while (fib_each(fib, &pos, &r))
		seen++;
	assert_int_equal(seen, ARRAY_SIZE(tests));
	fib_set(fib, FIB_BGP, 100, &p, &(struct fib_hops){ .n = 0 });
	work();
	assert_int_equal(leads_in(FIB_TABLE_MAIN, 0), 1);
	assert_int_equal(leads_in(100, 0), 0);
	assert_int_equal(leads_in(65535, 0), 3);
	/* All of them, after events were lost. */
	kernel.routes_n = 0;
	fib_resync(fib);
	assert_true(fib_restating(fib));
	work();
	assert_false(fib_restating(fib));
	assert_int_equal(leads_in(FIB_TABLE_MAIN, 0), 1);
	assert_int_equal(leads_in(65535, 0), 3);
	assert_int_equal(failed, 0);
}

static void
a_blackhole_needs_no_tunnel(void **state)
{
	struct fib_hops black = { .n = 1, .v = { { FIB_BLACKHOLE,
	    addr_any(ADDR_IPV4) } } };
	struct fib_hops none = { .n = 0 };
	struct prefix p = prefix_of(0);

	(void)state;
	fib_set(fib, FIB_STATIC, 100, &p, &black);
	work();
	assert_int_equal(leads_in(100, 0), 0x80);
	up(1);
	learn(0, 1);
	work();
	assert_int_equal(leads_in(FIB_TABLE_MAIN, 0), 1);
	down(1);
	work();
	assert_int_equal(leads_in(100, 0), 0x80);
	fib_set(fib, FIB_STATIC, 100, &p, &none);
	work();
	assert_int_equal(leads_in(100, 0), 0);
	assert_int_equal(failed, 0);
}

/* More tables than there are slots, but not at a time. */
static void
what_an_empty_table_had_is_used_again(void **state)
{
	struct fib_hops h = hops_of(1, true), none = { .n = 0 };
	struct prefix p = prefix_of(0);

	(void)state;
	up(1);
	for (uint32_t table = 1; table <= 200; table++) {
		fib_set(fib, FIB_BGP, table, &p, &h);
		work();
		assert_int_equal(leads_in(table, 0), 1);
		fib_set(fib, FIB_BGP, table, &p, &none);
		work();
		assert_int_equal(leads_in(table, 0), 0);
	}
	learn(1, 1);
	work();
	assert_int_equal(leads_in(FIB_TABLE_MAIN, 1), 1);
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(routes_share_one_group),
		TEST(a_lost_tunnel_is_one_message_and_coming_back_two),
		TEST(a_tunnel_that_returns_before_bgp_noticed_is_two_messages),
		TEST(a_lost_neighbour_counts_as_its_routes),
		TEST(who_is_not_taught_again_leaves_the_group),
		TEST(a_withdrawal_takes_effect_at_once),
		TEST(a_route_that_moves_always_leads_somewhere),
		TEST(all_of_a_dead_tunnel_go_without_a_message_each),
		TEST(routes_that_outlive_their_tunnel_come_back_with_it),
		TEST(changes_before_the_kernel_is_asked_are_one),
		TEST(a_static_route_gives_way_while_its_tunnels_are_down),
		TEST(tables_do_not_see_each_other),
		TEST(a_blackhole_needs_no_tunnel),
		TEST(what_an_empty_table_had_is_used_again),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
