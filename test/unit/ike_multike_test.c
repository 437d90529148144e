/*
 * Additional key exchanges in the set-up of an IKE SA: IKE_INTERMEDIATE (RFC
 * 9242, RFC 9370 section 2.2.2) between two instances.  What the keys are is
 * checked by a peer that computes them by itself in multike_wire_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike_duo.h"
#include "util/array.h"

#define SMALL	150	/* octets of an IP datagram */

struct sides {
	struct addke	ike[2], esp[2];
};

/* NULL: nothing is configured at that end. */
static void
set(struct duo *d, struct sides *s, const char *left, const char *right)
{
	const char *slots[] = { left, right };

	for (int i = 0; i < 2; i++) {
		if (slots[i] == NULL)
			continue;
		s->ike[i] = duo_addke(slots[i]);
		d->end[i].conf[0].ike.addke = &s->ike[i];
	}
}

static void
assert_suite(const struct duo *d, const char *text)
{
	char buf[SUITE_STRLEN];

	for (int side = LEFT; side <= RIGHT; side++) {
		struct ike_peer_info info = duo_info(d, side);

		assert_string_equal(suite_str(&info.suite, buf), text);
	}
}

#define BASE	"AES256-GCM-16/PRF-SHA2-256/"

static const struct {
	const char	*what, *left, *right, *suite;
	unsigned	exchanges;
} good[] = {
	{ "none is configured", NULL, NULL, BASE "X25519", 0 },
	{ "one", "20", "20", BASE "X25519+ECP-384", 1 },
	{ "three", "20/21/14", "20/21/14",
	    BASE "X25519+ECP-384+ECP-521+MODP-2048", 3 },
	{ "slots need not be next to each other", "/20//21", "/20//21",
	    BASE "X25519+ECP-384+ECP-521", 2 },
	{ "the responder's order counts", "20 21", "21 20",
	    BASE "X25519+ECP-521", 1 },
	{ "optional, and wanted by both", "20 none", "20 none",
	    BASE "X25519+ECP-384", 1 },
	{ "optional, the responder would rather not", "20 none", "none 20",
	    BASE "X25519", 0 },
	{ "optional, the responder has none", "20 none", NULL,
	    BASE "X25519", 0 },
	{ "optional, the initiator has none", NULL, "20 none",
	    BASE "X25519", 0 },
	{ "one of two is left out", "20 none/21", "/21",
	    BASE "X25519+ECP-521", 1 },
	{ "one that is taken already is passed over", "31 20", "31 20",
	    BASE "X25519+ECP-384", 1 },
	{ "an early slot makes room for a later one", "20 21/20", "20 21/20",
	    BASE "X25519+ECP-521+ECP-384", 2 },
	{ "the first exchange makes room, too", "31", "31",
	    BASE "ECP-256+X25519", 1 },
	{ "seven", "20/21/14/15/32/23/24", "20/21/14/15/32/23/24",
	    BASE "X25519+ECP-384+ECP-521+MODP-2048+MODP-3072+X448"
	    "+MODP-2048-224+MODP-2048-256", 7 },
};

static void
what_both_want_is_done_before_they_authenticate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct sides s;
		struct duo d;
		struct duo_rule watch[] = {
			{ .from = LEFT, .exchange = IKE_INTERMEDIATE,
			    .nth = 1, .until = 99, .fate = DUO_PASS },
		};

		print_message("    %s\n", good[i].what);
		duo_init(&d, 100 + i);
		set(&d, &s, good[i].left, good[i].right);
		d.rules = watch;
		d.rules_n = ARRAY_SIZE(watch);
		duo_start(&d);
		bring_up(&d, LEFT);
		assert_suite(&d, good[i].suite);
		assert_int_equal(watch[0].seen, good[i].exchanges);
		watch_traffic(&d);
		finish(&d);
	}
}

static const struct {
	const char	*what, *left, *right, *why;
} bad[] = {
	{ "the responder has none", "20", NULL, "NO_PROPOSAL_CHOSEN" },
	{ "the initiator has none", NULL, "20", "NO_PROPOSAL_CHOSEN" },
	{ "nothing in common", "20", "21", "NO_PROPOSAL_CHOSEN" },
	{ "they are in other slots", "20/21", "21/20", "NO_PROPOSAL_CHOSEN" },
	{ "the same method twice", "20/20", "20/20", "NO_PROPOSAL_CHOSEN" },
};

static void
what_does_not_fit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sides s;
		struct duo d;

		print_message("    %s\n", bad[i].what);
		duo_init(&d, 200 + i);
		set(&d, &s, bad[i].left, bad[i].right);
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_s(20));
		assert_non_null(strstr(duo_info(&d, LEFT).why.s, bad[i].why));
		assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_UP], 0);
		shut_down(&d);
	}
}

static void
the_refusal_names_the_slot(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	duo_init(&d, 3);
	set(&d, &s, "20/21", "20/14");
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(20));
	assert_why(&d, RIGHT, "no common IKE proposal: additional key "
	    "exchange 2 differs: ours MODP-2048, theirs ECP-521");
	shut_down(&d);
}

static void
long_ones_go_in_fragments(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	duo_init(&d, 5);
	set(&d, &s, "14/21", "14/21");
	for (int i = 0; i < 2; i++)
		d.end[i].conf[0].fragment_size = SMALL;
	d.link.mtu = SMALL;
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_suite(&d, BASE "X25519+MODP-2048+ECP-521");
	for (int i = 0; i < 2; i++) {
		assert_true(d.end[i].fragments > 10);
		assert_int_equal(d.end[i].too_long, 0);
	}
	watch_traffic(&d);
	finish(&d);
}

static void
each_message_may_be_lost_repeated_or_late(void **state)
{
	static const enum duo_fate fates[] = { DUO_DROP, DUO_TWICE, DUO_LATE };

	(void)state;
	for (unsigned v = 0; v < 2 * 3 * ARRAY_SIZE(fates) * 2; v++) {
		unsigned nth = 1 + v / 2 % 3;
		struct duo_rule rule = {
			.from = v & 1 ? RIGHT : LEFT,
			.exchange = IKE_INTERMEDIATE,
			.response = (v & 1) != 0, .nth = nth, .until = nth,
			.fate = fates[v / 6 % ARRAY_SIZE(fates)],
			.delay = span_s(3),
		};
		struct sides s;
		struct duo d;

		duo_init(&d, 300 + v);
		set(&d, &s, "20/21/19", "20/21/19");
		/* Whole, and in fragments. */
		if (v >= 18) {
			for (int i = 0; i < 2; i++)
				d.end[i].conf[0].fragment_size = SMALL;
		}
		d.rules = &rule;
		d.rules_n = 1;
		duo_start(&d);
		bring_up(&d, LEFT);
		assert_int_equal(duo_info(&d, LEFT).ike_sas, 1);
		assert_int_equal(duo_info(&d, RIGHT).ike_sas, 1);
		watch_traffic(&d);
		finish(&d);
	}
}

static void
chance_does_not_stop_it(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct sides s;
		struct duo d;

		duo_init(&d, seed);
		set(&d, &s, "20/21", "20/21");
		d.link.loss = 25;
		d.link.repeat = 15;
		d.link.jitter = span_ms(900);
		d.end[LEFT].keep_up = true;
		d.end[LEFT].retry_at = d.now;
		duo_start(&d);
		if (!duo_run_up(&d, span_s(240)))
			assert_paired(&d);
		d.link.loss = d.link.repeat = 0;
		shut_down(&d);
	}
}

static void
with_a_nat_the_first_of_them_goes_to_the_other_port(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	duo_init(&d, 7);
	set(&d, &s, "20/21", "20/21");
	d.end[LEFT].nat.on = true;
	addr_parse(&d.end[LEFT].nat.public, "203.0.113.1");
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_int_equal(duo_info(&d, LEFT).path.remote.port, IKE_PORT_NATT);
	assert_int_equal(duo_info(&d, RIGHT).path.local.port, IKE_PORT_NATT);
	watch_traffic(&d);
	finish(&d);
}

static void
both_ends_may_start_at_once(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 10; seed++) {
		struct sides s;
		struct duo d;

		duo_init(&d, seed);
		set(&d, &s, "20", "20");
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_up(&d, RIGHT);
		duo_run(&d, span_s(40));
		assert_paired(&d);
		shut_down(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_both_want_is_done_before_they_authenticate),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(the_refusal_names_the_slot),
		cmocka_unit_test(long_ones_go_in_fragments),
		cmocka_unit_test(each_message_may_be_lost_repeated_or_late),
		cmocka_unit_test(chance_does_not_stop_it),
		cmocka_unit_test(
		    with_a_nat_the_first_of_them_goes_to_the_other_port),
		cmocka_unit_test(both_ends_may_start_at_once),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
