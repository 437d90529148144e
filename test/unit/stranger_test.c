/* The table of refused strangers: bounded, by address, the latest stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gw/stranger.h"

static struct addr
from(uint8_t last)
{
	return (struct addr){ ADDR_IPV4, { 203, 0, 113, last } };
}

static void
an_address_is_counted_and_its_last_reason_kept(void **state)
{
	static struct strangers l;
	struct addr a = from(1), b = from(2);
	const struct stranger *s;

	(void)state;
	stranger_note(&l, &a, 100, "first");
	stranger_note(&l, &a, 160, "second");
	s = stranger_find(&l, &a);
	assert_non_null(s);
	assert_int_equal(s->count, 2);
	assert_int_equal(s->at, 160);
	assert_string_equal(s->why.s, "second");
	assert_null(stranger_find(&l, &b));
}

static void
a_flood_pushes_out_the_longest_silent(void **state)
{
	static struct strangers l;
	struct addr kept = from(0), a;

	(void)state;
	for (unsigned i = 0; i <= STRANGERS; i++) {
		a = from((uint8_t)i);
		stranger_note(&l, &a, 100 + i, "flood");
		stranger_note(&l, &kept, 100 + i, "again and again");
	}
	assert_non_null(stranger_find(&l, &kept));
	assert_non_null(stranger_find(&l, &a));
	a = from(1);
	assert_null(stranger_find(&l, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_address_is_counted_and_its_last_reason_kept),
		cmocka_unit_test(a_flood_pushes_out_the_longest_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
