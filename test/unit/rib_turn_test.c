/*
 * The RIB with very many prefixes: what one change costs does not grow with
 * them.  Counted are the prefixes that are freed by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bgp/attr.h"
#include "bgp/rib.h"

#define MANY	60000u
#define FREED	1100u		/* between two looks at the readers */

static struct rib rib;
static struct rib_ref source;
static uint32_t attrs;

static int
set_up(void **state)
{
	const uint64_t key[2] = { 1, 3 };
	const struct decide_peer peer = { .router_id = 9 };
	union attrs_buf buf;

	(void)state;
	assert_true(rib_init(&rib, key));
	source = rib_join(&rib, 1, &peer);
	attr_originate(&buf);
	attrs = intern_get(&rib.intern, &buf.attrs);
	assert_int_not_equal(attrs, 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	intern_drop(&rib.intern, attrs);
	rib_fini(&rib);
	return 0;
}

static struct prefix
prefix_of(uint32_t i)
{
	return (struct prefix){ .addr = { ADDR_IPV4, { 20, (uint8_t)(i >> 8),
	    (uint8_t)i } }, .len = (uint8_t)(24 + (i >> 16)) };
}

/* Reads on, but for the last `behind` entries. */
static unsigned
follow(uint32_t reader, uint64_t behind)
{
	uint32_t net;
	unsigned n = 0;

	while (rib.reader[reader].pos + behind < journal_end(&rib) &&
	    journal_read(&rib, reader, JOURNAL_BEST, &net))
		n++;
	return n;
}

static void
learn(uint32_t reader)
{
	for (uint32_t i = 0; i < MANY; i++) {
		struct prefix p = prefix_of(i);

		assert_true(rib_reach(&rib, source, 0, &p, attrs, true));
		follow(reader, 0);
	}
	assert_int_equal(rib.table[0].nets.used, MANY);
}

static void
withdrawn_prefixes_are_freed_a_few_at_a_time(void **state)
{
	uint32_t reader = journal_open(&rib, false), used, heard = 0;

	(void)state;
	learn(reader);
	for (uint32_t i = 0; i < MANY; i++) {
		struct prefix p = prefix_of(i);

		used = rib.table[0].nets.used;
		rib_unreach(&rib, source, 0, &p);
		assert_in_range(used - rib.table[0].nets.used, 0, FREED);
		heard += follow(reader, 0);
	}
	assert_int_equal(heard, MANY);
	/* All but those of the last looks at the readers are gone. */
	assert_true(rib.table[0].nets.used < 4096);
}

static void
who_is_late_hears_of_each_of_them(void **state)
{
	uint32_t early = journal_open(&rib, false);
	uint32_t late = journal_open(&rib, false), heard = 0;

	(void)state;
	learn(early);
	heard = follow(late, 0);
	assert_int_equal(heard, MANY);
	heard = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		struct prefix p = prefix_of(i);

		rib_unreach(&rib, source, 0, &p);
		follow(early, 0);
		heard += follow(late, 1000);
	}
	assert_int_equal(heard + follow(late, 0), MANY);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(withdrawn_prefixes_are_freed_a_few_at_a_time),
		TEST(who_is_late_hears_of_each_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
