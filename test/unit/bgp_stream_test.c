/*
 * The octets of a session, right and malformed, one row each of a table that
 * the lab's hostile neighbour has as well, in each state: headers, lengths,
 * OPEN, NOTIFICATION, ROUTE-REFRESH, and messages too early or too late.
 */
#include "bgp_heard.h"

#include "hostile/bgp_raws.h"

static void
octets_meet_the_verdict_of_the_rfcs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(raws); i++) {
		const struct raw_row *r = &raws[i];
		const struct expected e = {
			r->verdict, r->code, r->subcode, r->state,
		};

		hear_all_ways(r->what, r->kind, octets(r->octets), &e);
	}
	assert_int_equal(failures, 0);
	print_message("    %zu messages, heard in %u ways\n",
	    ARRAY_SIZE(raws), tries);
}

static int
prepare(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets_meet_the_verdict_of_the_rfcs),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
