/*
 * Rounds over the forwarding table (gw/fib_round.h), and the routes that are
 * left to them (gw/fib_line.h): all come, from everywhere in turn, and what is
 * in the kernel already does not wait for what is new.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "gw/fib_round.h"
#include "sim/kernel.h"
#include "util/array.h"

#define MANY	20000u

#define RED	100u		/* another route table */

static struct fib_store store;

static void
fill(uint32_t table, bool v6, uint32_t n)
{
	struct prefix p = { .len = 24 };

	p.addr.family = v6 ? ADDR_IPV6 : ADDR_IPV4;
	for (uint32_t i = 0; i < n; i++) {
		p.addr.b[0] = (uint8_t)(i >> 16);
		p.addr.b[1] = (uint8_t)(i >> 8);
		p.addr.b[2] = (uint8_t)i;
		assert_int_not_equal(fib_store_get(&store, table, &p), 0);
	}
}

/* Where a route of these was put, all in a row from 0. */
static uint32_t
index_of(uint32_t number, uint32_t v4, uint32_t v6)
{
	struct prefix p = fib_store_prefix(&store, number);
	uint32_t i = (uint32_t)p.addr.b[0] << 16 |
	    (uint32_t)p.addr.b[1] << 8 | p.addr.b[2];

	if (fib_store_table(&store, number) == RED)
		return v4 + v6 + i;
	return p.addr.family == ADDR_IPV6 ? v4 + i : i;
}

static void
each_place_comes_once(void **state)
{
	static const struct {
		uint32_t	v4, v6, red;
	} rows[] = {
		{ 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 }, { 1, 1, 1 },
		{ 2, 3, 0 }, { 0, 0, 5 }, { 1000, 0, 3 }, { 0, 1000, 17 },
		{ 1023, 1025, 1 }, { 4096, 5, 4096 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fib_round r = { .left = 0 };
		uint32_t n = rows[i].v4 + rows[i].v6 + rows[i].red;
		uint32_t found = 0, id;
		uint8_t *seen = calloc(n + 1, 1);

		assert_true(fib_store_init(&store, 7));
		fill(FIB_TABLE_MAIN, false, rows[i].v4);
		fill(FIB_TABLE_MAIN, true, rows[i].v6);
		fill(RED, false, rows[i].red);
		fib_round_begin(&r, &store);
		while (r.left > 0) {
			id = fib_round_step(&r, &store);
			if (id == 0)
				continue;
			id = index_of(id, rows[i].v4, rows[i].v6);
			assert_int_equal(seen[id]++, 0);
			found++;
		}
		assert_int_equal(found, n);
		free(seen);
		fib_store_fini(&store);
	}
}

static void
what_was_visited_is_spread_evenly_all_the_time(void **state)
{
	struct fib_round r = { .left = 0 };
	uint8_t seen[1024] = { 0 };

	(void)state;
	assert_true(fib_store_init(&store, 7));
	fill(FIB_TABLE_MAIN, false, ARRAY_SIZE(seen));
	fib_round_begin(&r, &store);
	for (uint32_t n = 1; n <= ARRAY_SIZE(seen); n++) {
		seen[fib_round_step(&r, &store) - 1] = 1;
		if ((n & (n - 1)) != 0)
			continue;
		for (uint32_t i = 0; i < ARRAY_SIZE(seen); i++)
			assert_int_equal(seen[i],
			    i % (ARRAY_SIZE(seen) / n) == 0);
	}
	fib_store_fini(&store);
}

/* A slot whose routes are gone is another table's. */
static void
there_may_be_many_tables_one_after_the_other(void **state)
{
	uint32_t number = 0;

	(void)state;
	assert_true(fib_store_init(&store, 7));
	for (uint32_t t = 1; t <= 10 * FIB_SLOTS; t++) {
		struct prefix p = { { ADDR_IPV4, { 10, 0, (uint8_t)t } }, 24 };
		uint32_t one = t == FIB_TABLE_MAIN ? 0 :
		    fib_store_get(&store, t, &p);

		if (t == FIB_TABLE_MAIN)
			continue;
		assert_int_not_equal(one, 0);
		assert_int_equal(fib_store_table(&store, one), t);
		assert_int_equal(fib_store_find(&store, t, &p), one);
		if (number != 0)
			fib_store_del(&store, number);
		number = one;
	}
	assert_int_equal(fib_store_used(&store), 1);
	fib_store_fini(&store);
}

static void
there_are_only_so_many_at_a_time(void **state)
{
	struct prefix p = { { ADDR_IPV4, { 10 } }, 24 };

	(void)state;
	assert_true(fib_store_init(&store, 7));
	for (uint32_t t = 1; t < FIB_SLOTS; t++)
		assert_int_not_equal(fib_store_get(&store, t, &p), 0);
	assert_int_equal(fib_store_get(&store, FIB_SLOTS, &p), 0);
	assert_int_not_equal(fib_store_get(&store, FIB_TABLE_MAIN, &p), 0);
	assert_int_equal(fib_store_used(&store), FIB_SLOTS);
	fib_store_fini(&store);
}

/* --- in a forwarding table --- */

static struct queue out;
static struct fib *fib;
static unsigned order[2 * MANY], asked;

static int
set_up(void **state)
{
	(void)state;
	out = (struct queue){ 0 };
	asked = 0;
	fib = fib_new(&out, 42);
	assert_non_null(fib);
	fib_tunnel_up(fib, 1, "vpn1");
	fib_taught(fib, 1, true);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fib_free(fib);
	queue_fini(&out);
	return 0;
}

static void
learn(unsigned i, bool there)
{
	struct fib_hops hops = { .n = there, .v = { { .tunnel = 1 } } };
	struct prefix p = { .addr = { ADDR_IPV4, { 10, (uint8_t)(i >> 8),
	    (uint8_t)i } }, .len = 24 };

	hops.v[0].gateway = (struct addr){ ADDR_IPV4, { 169, 254, 1, 1 } };
	fib_set(fib, FIB_BGP, FIB_TABLE_MAIN, &p, &hops);
}

/* Until nothing more is asked: the numbers of the routes, in order. */
static void
work(void)
{
	struct gw_out o;

	do {
		fib_work(fib, 100);
		while (queue_pop(&out, &o)) {
			const uint8_t *b = o.op->route.prefix.addr.b;

			if (o.op->kind == KERN_ROUTE_SET ||
			    o.op->kind == KERN_ROUTE_DEL) {
				assert_true(asked < ARRAY_SIZE(order));
				order[asked++] = b[1] * 256u + b[2];
			}
			fib_done(fib, o.op->id, 0);
			gw_out_fini(&o);
		}
	} while (fib_pending(fib));
}

/* How many were asked for right behind the one before them in the table. */
static unsigned
in_a_row(unsigned from, unsigned to)
{
	unsigned n = 0;

	for (unsigned i = from + 1; i < to; i++)
		n += order[i] == order[i - 1] + 1;
	return n;
}

static void
a_few_new_routes_go_as_they_came(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		learn(i, true);
	work();
	assert_int_equal(asked, 1000);
	assert_int_equal(in_a_row(0, asked), 999);
}

static void
a_great_many_come_from_everywhere_in_turn(void **state)
{
	unsigned first;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		learn(i, true);
	first = MANY - fib_loose(fib);
	fib_hold(fib, true);
	work();
	assert_int_equal(asked, first);
	assert_true(first < MANY / 2);
	fib_hold(fib, false);
	work();
	assert_int_equal(asked, MANY);
	assert_int_equal(fib_loose(fib), 0);
	assert_int_equal(in_a_row(first, MANY), 0);
	assert_int_equal(fib_count(fib, 1), MANY);
}

static void
what_is_in_the_kernel_does_not_wait_for_what_is_new(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		learn(i, true);
	fib_hold(fib, true);
	work();
	asked = 0;
	learn(17, false);
	work();
	assert_int_equal(asked, 1);
	assert_int_equal(order[0], 17);
}

static void
who_goes_before_its_turn_is_never_asked_for(void **state)
{
	unsigned first;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		learn(i, true);
	first = MANY - fib_loose(fib);
	for (unsigned i = first; i < MANY; i++)
		learn(i, false);
	work();
	assert_int_equal(asked, first);
	assert_int_equal(fib_loose(fib), 0);
	learn(MANY - 1, true);
	work();
	assert_int_equal(asked, first + 1);
}

int
main(void)
{
#define IN_A_FIB(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_comes_once),
		cmocka_unit_test(
		    what_was_visited_is_spread_evenly_all_the_time),
		cmocka_unit_test(there_may_be_many_tables_one_after_the_other),
		cmocka_unit_test(there_are_only_so_many_at_a_time),
		IN_A_FIB(a_few_new_routes_go_as_they_came),
		IN_A_FIB(a_great_many_come_from_everywhere_in_turn),
		IN_A_FIB(what_is_in_the_kernel_does_not_wait_for_what_is_new),
		IN_A_FIB(who_goes_before_its_turn_is_never_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
