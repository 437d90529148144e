/* Notify types: which are errors, and their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/notify.h"
#include "util/array.h"

static const struct {
	const char	*what;
	uint16_t	 type;
	bool		 error;
	const char	*name;
} rows[] = {
	{ "the reserved type is no error", 0, false, "unknown status" },
	{ "the first error", 1, true, "UNSUPPORTED_CRITICAL_PAYLOAD" },
	{ "an error from our own table", 14, true, "NO_PROPOSAL_CHOSEN" },
	{ "an unassigned error is one", 8191, true, "unknown error" },
	{ "a private error is one", 8192, true, "unknown error" },
	{ "the last private error is one", 16383, true, "unknown error" },
	{ "the first status is no error", 16384, false, "INITIAL_CONTACT" },
	{ "a status from our own table", 16390, false, "COOKIE" },
	{ "an unassigned status is no error", 40959, false, "unknown status" },
	{ "a private status is no error", 65535, false, "unknown status" },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("  %s\n", rows[i].what);
		assert_int_equal(notify_is_error(rows[i].type), rows[i].error);
		assert_string_equal(notify_str(rows[i].type), rows[i].name);
	}
}

/* IANA's registry is without gaps there: each of RFC 7296's has its name. */
static void
test_every_status_is_named(void **state)
{
	(void)state;
	for (uint16_t t = N_INITIAL_CONTACT; t <= N_NON_FIRST_FRAGMENTS_ALSO;
	    t++)
		assert_string_not_equal(notify_str(t), "unknown status");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_status_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
