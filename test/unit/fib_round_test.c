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

static struct fib_table table[2];

static void
fill(unsigned v6, uint32_t n)
{
	struct prefix p = { .len = 24 };

	p.addr.family = v6 ? ADDR_IPV6 : ADDR_IPV4;
	for (uint32_t i = 0; i < n; i++) {
		p.addr.b[0] = (uint8_t)(i >> 16);
		p.addr.b[1] = (uint8_t)(i >> 8);
		p.addr.b[2] = (uint8_t)i;
		assert_int_not_equal(fib_table_get(&table[v6], 7, &p), 0);
	}
}

static void
each_place_comes_once(void **state)
{
	static const struct {
		uint32_t	v4, v6;
	} rows[] = {
		{ 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 }, { 2, 3 }, { 1000, 0 },
		{ 0, 1000 }, { 1023, 1025 }, { 4096, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fib_round r = { .left = 0 };
		uint32_t n = rows[i].v4 + rows[i].v6, found = 0, id;
		uint8_t *seen = calloc(2u * (n + 1), 1);

		assert_true(fib_table_init(&table[0], 4));
		assert_true(fib_table_init(&table[1], 16));
		fill(0, rows[i].v4);
		fill(1, rows[i].v6);
		fib_round_begin(&r, table);
		while (r.left > 0) {
			id = fib_round_step(&r, table);
			if (id == 0)
				continue;
			id = (id & FIB_IPV6) != 0 ? n + (id & ~FIB_IPV6) : id;
			assert_int_equal(seen[id]++, 0);
			found++;
		}
		assert_int_equal(found, n);
		free(seen);
		fib_table_fini(&table[0]);
		fib_table_fini(&table[1]);
	}
}

static void
what_was_visited_is_spread_evenly_all_the_time(void **state)
{
	struct fib_round r = { .left = 0 };
	uint8_t seen[1024] = { 0 };

	(void)state;
	assert_true(fib_table_init(&table[0], 4));
	assert_true(fib_table_init(&table[1], 16));
	fill(0, ARRAY_SIZE(seen));
	fib_round_begin(&r, table);
	for (uint32_t n = 1; n <= ARRAY_SIZE(seen); n++) {
		seen[fib_round_step(&r, table) - 1] = 1;
		if ((n & (n - 1)) != 0)
			continue;
		for (uint32_t i = 0; i < ARRAY_SIZE(seen); i++)
			assert_int_equal(seen[i],
			    i % (ARRAY_SIZE(seen) / n) == 0);
	}
	fib_table_fini(&table[0]);
	fib_table_fini(&table[1]);
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
	fib_set(fib, FIB_BGP, &p, &hops);
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
		IN_A_FIB(a_few_new_routes_go_as_they_came),
		IN_A_FIB(a_great_many_come_from_everywhere_in_turn),
		IN_A_FIB(what_is_in_the_kernel_does_not_wait_for_what_is_new),
		IN_A_FIB(who_goes_before_its_turn_is_never_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
