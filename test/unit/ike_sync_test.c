/*
 * Message ids synchronised with a peer's cluster (RFC 6311): the data of the
 * notify, and what is told of it.  Rows M01 to M03 of the collisions have the
 * rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike_duo.h"
#include "sim/member.h"
#include "util/array.h"
#include "wire.h"

/* Left is the cluster; right has seen one request of it, and sent none. */
static const struct {
	const char	*what, *data, *answer;	/* NULL: none */
} rows[] = {
	{ "no data", "", NULL },
	{ "one octet less", "01020304 00000005 000000", NULL },
	{ "one octet more", "01020304 00000005 00000000 00", NULL },
	{ "the request that is expected", "01020304 00000002 00000000",
	    "01020304 00000000 00000002" },
	{ "the last one that was seen", "01020304 00000001 00000000", NULL },
	{ "our ids go up", "01020304 00000002 00000030",
	    "01020304 00000030 00000002" },
	{ "the highest id that leaves room", "01020304 fffeffff 00000000",
	    "01020304 00000000 fffeffff" },
	{ "ids that would run out", "01020304 ffff0000 00000000", NULL },
	{ "our ids would run out", "01020304 00000002 ffffffff", NULL },
};

static void
the_answer_is_what_both_ends_have_at_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wire ask = wire(rows[i].data);
		struct member_answer a;
		uint8_t got[12];
		struct wr w = wr_of(got, sizeof(got));
		struct duo d;

		print_message("    %s\n", rows[i].what);
		duo_init(&d, 5 + i);
		duo_start(&d);
		bring_up(&d, LEFT);
		d.hold = true;
		member_say(&d, LEFT, wire_bytes(&ask));
		assert_int_equal(member_hear(&d, LEFT, &a),
		    rows[i].answer != NULL);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_SYNC],
		    rows[i].answer != NULL);
		if (rows[i].answer != NULL) {
			wr_u32(&w, a.ids.nonce);
			wr_u32(&w, a.ids.send);
			wr_u32(&w, a.ids.recv);
			assert_wire(wr_done(&w), rows[i].answer);
			member_take_over(&d, LEFT, &a);
		}
		assert_int_equal(sa_at(&d, RIGHT)->x.in_mid,
		    rows[i].answer != NULL ? a.ids.recv : 2);
		d.hold = false;
		assert_true(duo_rekey(&d, LEFT, CHILD));
		duo_run(&d, span_s(10));
		assert_true(duo_rekey(&d, RIGHT, IKE));
		duo_run(&d, span_s(10));
		assert_paired(&d);
		assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED] +
		    d.end[RIGHT].events[IKE_EV_FAILED], 0);
		shut_down(&d);
	}
}

static void
the_host_hears_of_it(void **state)
{
	struct member_answer a;
	struct duo d;

	(void)state;
	duo_init(&d, 3);
	duo_start(&d);
	bring_up(&d, LEFT);
	d.hold = true;
	member_ask(&d, LEFT, &(struct member_ids){ 1, 20, 30 });
	assert_true(member_hear(&d, LEFT, &a));
	assert_string_equal(d.end[RIGHT].said[IKE_EV_SYNC].s,
	    "another member of the peer's cluster took over: its requests go "
	    "on with id 20, ours with 30");
	member_take_over(&d, LEFT, &a);
	d.hold = false;
	shut_down(&d);
}

/* A message with id 0 may also be the first request on a rekeyed SA. */
static void
a_first_request_is_told_from_a_synchronisation(void **state)
{
	struct member_answer a;
	struct duo d;

	(void)state;
	duo_init(&d, 4);
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_true(duo_rekey(&d, LEFT, IKE));
	duo_run(&d, span_s(3));
	assert_int_equal(sa_at(&d, RIGHT)->x.in_mid, 0);
	d.hold = true;
	member_ask(&d, LEFT, &(struct member_ids){ 1, 0, 0 });
	assert_true(member_hear(&d, LEFT, &a));
	assert_int_equal(sa_at(&d, RIGHT)->x.in_mid, 0);
	d.hold = false;
	duo_run(&d, span_s(60));
	assert_true(sa_at(&d, RIGHT)->x.in_mid > 0);
	assert_paired(&d);
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_is_what_both_ends_have_at_most),
		cmocka_unit_test(the_host_hears_of_it),
		cmocka_unit_test(
		    a_first_request_is_told_from_a_synchronisation),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
