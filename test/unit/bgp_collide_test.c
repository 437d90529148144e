/* Connection collision (RFC 4271 section 6.8), each case from both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bgp/collide.h"
#include "util/array.h"

#define OUT	true
#define IN	false

static const struct {
	const char	*what;
	struct collide_side old, fresh;
	struct collide_ids ids;
	enum collide_verdict verdict;
} rows[] = {
	{ "we are higher, theirs came first: ours goes on",
	    { BGP_OPEN_CONFIRM, IN }, { BGP_OPEN_SENT, OUT }, { 2, 1, 7, 8 },
	    COLLIDE_NEW },
	{ "we are higher, ours came first: ours goes on",
	    { BGP_OPEN_CONFIRM, OUT }, { BGP_OPEN_SENT, IN }, { 2, 1, 7, 8 },
	    COLLIDE_OLD },
	{ "they are higher, theirs came first: theirs goes on",
	    { BGP_OPEN_CONFIRM, IN }, { BGP_OPEN_SENT, OUT }, { 1, 2, 7, 8 },
	    COLLIDE_OLD },
	{ "they are higher, ours came first: theirs goes on",
	    { BGP_OPEN_CONFIRM, OUT }, { BGP_OPEN_SENT, IN }, { 1, 2, 7, 8 },
	    COLLIDE_NEW },
	{ "the same identifier, our AS is higher (RFC 6286)",
	    { BGP_OPEN_CONFIRM, IN }, { BGP_OPEN_SENT, OUT }, { 1, 1, 8, 7 },
	    COLLIDE_NEW },
	{ "the same identifier, their AS is higher (RFC 6286)",
	    { BGP_OPEN_CONFIRM, IN }, { BGP_OPEN_SENT, OUT }, { 1, 1, 7, 8 },
	    COLLIDE_OLD },
	{ "identifiers compare as unsigned numbers",
	    { BGP_OPEN_CONFIRM, IN }, { BGP_OPEN_SENT, OUT },
	    { 0xffffffff, 1, 7, 8 }, COLLIDE_NEW },
	{ "an established session beats what we opened",
	    { BGP_ESTABLISHED, IN }, { BGP_OPEN_SENT, OUT }, { 2, 1, 7, 8 },
	    COLLIDE_OLD },
	{ "an established session beats what they opened",
	    { BGP_ESTABLISHED, OUT }, { BGP_OPEN_SENT, IN }, { 1, 2, 7, 8 },
	    COLLIDE_OLD },
	{ "without its OPEN the other has no say",
	    { BGP_OPEN_SENT, OUT }, { BGP_OPEN_SENT, IN }, { 2, 1, 7, 8 },
	    COLLIDE_NONE },
	{ "nor while TCP is on its way",
	    { BGP_CONNECT, OUT }, { BGP_OPEN_SENT, IN }, { 2, 1, 7, 8 },
	    COLLIDE_NONE },
	{ "of two that they opened the newer goes on",
	    { BGP_OPEN_CONFIRM, IN }, { BGP_OPEN_SENT, IN }, { 2, 1, 7, 8 },
	    COLLIDE_NEW },
};

static void
both_ends_keep_the_same_connection(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct collide_side old = rows[i].old, fresh = rows[i].fresh;
		struct collide_ids ids = rows[i].ids;

		print_message("%s\n", rows[i].what);
		assert_int_equal(collide(old, fresh, &ids), rows[i].verdict);
		if (old.outgoing == fresh.outgoing)
			continue;
		/* The other end: what we opened it accepted. */
		old.outgoing = !old.outgoing;
		fresh.outgoing = !fresh.outgoing;
		ids = (struct collide_ids){ ids.remote_id, ids.local_id,
		    ids.remote_asn, ids.local_asn };
		assert_int_equal(collide(old, fresh, &ids), rows[i].verdict);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_keep_the_same_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
