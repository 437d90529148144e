/*
 * UPDATEs, right and malformed, one row each of a table that the lab's hostile
 * neighbour has as well: the session falls, the route goes, an attribute is
 * left out or nothing happens (RFC 7606).
 */
#include "bgp_heard.h"

#include "hostile/bgp_updates.h"

static void
updates_meet_the_verdict_of_the_rfcs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(updates); i++) {
		const struct update_row *u = &updates[i];
		const struct expected e = {
			u->verdict, FAULT_UPDATE, u->subcode, BGP_ESTABLISHED,
		};
		uint8_t room[LIMIT_MESSAGE];
		struct wr w = wr_of(room, sizeof(room));

		hear_all_ways(u->what, u->kind, framed(&w, u), &e);
	}
	assert_int_equal(failures, 0);
	print_message("    %zu messages, heard in %u ways\n",
	    ARRAY_SIZE(updates), tries);
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
		cmocka_unit_test(updates_meet_the_verdict_of_the_rfcs),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
