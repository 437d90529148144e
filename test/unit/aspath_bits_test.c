/*
 * The bits of an AS path (bgp/aspath.h), which say of most AS numbers at a
 * glance that they are not in it: never of one that is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bgp/aspath.h"

static struct bytes
path_of(uint8_t *buf, size_t cap, const uint32_t *asns, uint8_t n)
{
	struct wr w = wr_of(buf, cap);

	wr_u8(&w, ASPATH_SEQUENCE);
	wr_u8(&w, n);
	for (uint8_t i = 0; i < n; i++)
		wr_u32(&w, asns[i]);
	return wr_done(&w);
}

static void
every_as_of_a_path_has_its_bit_set(void **state)
{
	uint32_t asns[200], x = 1;
	uint8_t buf[1024];

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		uint8_t n = (uint8_t)(round * 2);
		struct bytes path;

		for (uint8_t i = 0; i < n; i++)
			asns[i] = x = x * 1664525 + 1013904223;
		path = path_of(buf, sizeof(buf), asns, n);
		for (uint8_t i = 0; i < n; i++)
			assert_int_not_equal(aspath_bits(path) &
			    aspath_bit(asns[i]), 0);
	}
}

static void
a_path_has_no_more_bits_than_as_numbers(void **state)
{
	static const uint32_t asns[] = { 64512, 64512, 4200000000u };
	uint8_t buf[64];

	(void)state;
	assert_int_equal(aspath_bits((struct bytes){ 0 }), 0);
	assert_int_equal(aspath_bits(path_of(buf, sizeof(buf), asns, 2)),
	    aspath_bit(64512));
	assert_int_equal(aspath_bits(path_of(buf, sizeof(buf), asns, 3)),
	    aspath_bit(64512) | aspath_bit(4200000000u));
}

static void
neighbouring_numbers_spread_over_the_bits(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (uint32_t i = 0; i < 256; i++)
		seen |= aspath_bit(64512 + i);
	assert_int_equal(seen, UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_as_of_a_path_has_its_bit_set),
		cmocka_unit_test(a_path_has_no_more_bits_than_as_numbers),
		cmocka_unit_test(neighbouring_numbers_spread_over_the_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
