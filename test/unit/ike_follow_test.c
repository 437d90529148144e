/*
 * Additional key exchanges after CREATE_CHILD_SA: IKE_FOLLOWUP_KE (RFC 9370
 * section 2.2.4) between two instances, for new children and for rekeys of
 * both kinds from both ends.  What crosses what is in test/sim/collide_*.c,
 * what the keys are in multike_wire_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/x_follow.h"
#include "ike_duo.h"
#include "util/array.h"

#define SMALL	150	/* octets of an IP datagram */
#define GCM	"AES256-GCM-16/"
#define IKE_GCM	"AES256-GCM-16/PRF-SHA2-256/"

struct sides {
	struct addke	ike, esp;
};

static void
set(struct duo *d, struct sides *s, const char *ike, const char *esp)
{
	s->ike = duo_addke(ike);
	s->esp = duo_addke(esp);
	for (int i = 0; i < 2; i++) {
		if (ike[0] != '\0')
			d->end[i].conf[0].ike.addke = &s->ike;
		if (esp[0] != '\0')
			d->end[i].conf[0].esp.addke = &s->esp;
	}
}

static void
assert_suites(const struct duo *d, const char *ike, const char *esp)
{
	char buf[SUITE_STRLEN];

	for (int side = LEFT; side <= RIGHT; side++) {
		struct ike_peer_info info = duo_info(d, side);

		assert_string_equal(suite_str(&info.suite, buf), ike);
		assert_string_equal(suite_str(&info.child_suite, buf), esp);
	}
}

static void
start(struct duo *d, struct sides *s, uint64_t seed, const char *ike,
    const char *esp)
{
	duo_init(d, seed);
	set(d, s, ike, esp);
	duo_start(d);
	bring_up(d, LEFT);
	watch_traffic(d);
}

static void
children_and_ike_sas_are_rekeyed_from_both_ends(void **state)
{
	static const struct {
		const char	*ike, *esp, *ike_suite, *esp_suite;
		unsigned	followups;
	} rows[] = {
		{ "", "20", IKE_GCM "X25519",
		    GCM "X25519+ECP-384/ESN", 2 },
		{ "20", "", IKE_GCM "X25519+ECP-384", GCM "X25519/ESN", 2 },
		{ "20/21/14", "21/20/14",
		    IKE_GCM "X25519+ECP-384+ECP-521+MODP-2048",
		    GCM "X25519+ECP-521+ECP-384+MODP-2048/ESN", 12 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct duo_rule watch[] = {
			{ .from = LEFT, .exchange = IKE_FOLLOWUP_KE,
			    .nth = 1, .until = 99, .fate = DUO_PASS },
			{ .from = RIGHT, .exchange = IKE_FOLLOWUP_KE,
			    .nth = 1, .until = 99, .fate = DUO_PASS },
		};
		struct sides s;
		struct duo d;
		struct alg_list esn = duo_algs(ALG_ESN, "");

		esn.row[esn.n++] =
		    (uint8_t)alg_index(alg_find(ALG_ESN, ESN_YES, 0));
		duo_init(&d, 10 + i);
		set(&d, &s, rows[i].ike, rows[i].esp);
		d.end[LEFT].conf[0].esp.esn = esn;
		d.end[RIGHT].conf[0].esp.esn = esn;
		d.rules = watch;
		d.rules_n = ARRAY_SIZE(watch);
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		assert_int_equal(watch[0].seen, 0);
		assert_int_equal(suite_addkes(&child_at(&d, LEFT)->suite), 0);
		for (int v = 0; v < 4; v++) {
			assert_true(duo_rekey(&d, v & 1, v < 2));
			duo_run(&d, span_s(5));
			assert_paired(&d);
			assert_null(sa_at(&d, LEFT)->pending);
			assert_null(sa_at(&d, RIGHT)->pending);
		}
		assert_suites(&d, rows[i].ike_suite, rows[i].esp_suite);
		assert_int_equal(watch[0].seen + watch[1].seen,
		    rows[i].followups);
		finish(&d);
	}
}

static void
a_new_child_has_them_too(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	duo_init(&d, 20);
	set(&d, &s, "20", "20/21");
	d.end[LEFT].conf[0].childless = IKE_CHILDLESS_FORCE;
	d.end[RIGHT].conf[0].childless = IKE_CHILDLESS_FORCE;
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_suites(&d, IKE_GCM "X25519+ECP-384",
	    GCM "X25519+ECP-384+ECP-521");
	watch_traffic(&d);
	finish(&d);
}

static void
each_message_may_be_lost_repeated_or_late(void **state)
{
	static const enum duo_fate fates[] = { DUO_DROP, DUO_TWICE, DUO_LATE };

	(void)state;
	for (unsigned v = 0; v < 2 * 2 * 2 * 2 * ARRAY_SIZE(fates); v++) {
		bool response = (v & 1) != 0, child = (v & 2) != 0;
		unsigned nth = 1 + (v >> 2 & 1);
		struct duo_rule rule = {
			.from = response ? RIGHT : LEFT,
			.exchange = IKE_FOLLOWUP_KE,
			.response = response, .nth = nth, .until = nth,
			.fate = fates[v / 16], .delay = span_s(3),
		};
		struct sides s;
		struct duo d;

		duo_init(&d, 30 + v);
		set(&d, &s, "20/21", "20/21");
		for (int i = 0; i < 2 && (v & 8) != 0; i++)
			d.end[i].conf[0].fragment_size = SMALL;
		d.rules = &rule;
		d.rules_n = 1;
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		assert_true(duo_rekey(&d, LEFT, child));
		duo_run(&d, span_s(10));
		assert_true(rule.seen >= nth);
		assert_int_equal(d.end[LEFT].events[IKE_EV_REKEYED], 1);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_REKEYED], 1);
		finish(&d);
	}
}

/* The responder has lost what was pending: all of it once more. */
static void
a_link_that_is_not_known_starts_it_again(void **state)
{
	(void)state;
	for (int v = 0; v < 2; v++) {
		struct duo_rule rule = {
			.from = LEFT, .exchange = IKE_FOLLOWUP_KE,
			.nth = 1, .until = 1, .fate = DUO_KEEP,
		};
		struct sides s;
		struct duo d;

		duo_init(&d, 80);
		set(&d, &s, "20", "20");
		d.rules = &rule;
		d.rules_n = 1;
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		assert_true(duo_rekey(&d, LEFT, v != 0));
		duo_run(&d, span_ms(200));
		assert_non_null(sa_at(&d, RIGHT)->pending);
		if (v != 0)
			sa_at(&d, RIGHT)->pending->link[0] ^= 1;
		else
			x_follow_forget(sa_at(&d, RIGHT));
		duo_release(&d);
		duo_run(&d, span_s(10));
		assert_int_equal(d.end[LEFT].events[IKE_EV_REKEYED], 1);
		assert_true(rule.seen >= 2);
		finish(&d);
	}
}

static void
what_is_pending_ends_in_time_and_with_its_sa(void **state)
{
	(void)state;
	for (int v = 0; v < 2; v++) {
		struct duo_rule rule = {
			.from = LEFT, .exchange = IKE_FOLLOWUP_KE,
			.nth = 1, .until = 99, .fate = DUO_DROP,
		};
		struct sides s;
		struct ike_sa *sa;
		struct duo d;

		duo_init(&d, 90);
		set(&d, &s, "20", "20");
		d.end[RIGHT].conf[0].dpd = false;
		d.rules = &rule;
		d.rules_n = 1;
		duo_start(&d);
		bring_up(&d, LEFT);
		sa = sa_at(&d, RIGHT);
		assert_true(duo_rekey(&d, LEFT, IKE));
		duo_run(&d, span_s(2));
		assert_non_null(sa->pending);
		if (v == 0) {
			/* The left end gives up and says nothing more. */
			duo_run(&d, span_s(80));
			assert_non_null(sa->pending);
			duo_run(&d, span_s(15));
			assert_null(sa->pending);
		}
		shut_down(&d);
	}
}

/* The right end wants to rekey the child that the left end is replacing. */
static void
what_the_peer_replaces_is_not_rekeyed_as_well(void **state)
{
	struct duo_rule rule = {
		.from = LEFT, .exchange = IKE_FOLLOWUP_KE,
		.nth = 1, .until = 1, .fate = DUO_LATE, .delay = span_s(3),
	};

	(void)state;
	for (int child = 0; child < 2; child++) {
		struct sides s;
		struct duo d;

		rule.seen = 0;
		duo_init(&d, 100);
		set(&d, &s, "20", "20");
		d.rules = &rule;
		d.rules_n = 1;
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		assert_true(duo_rekey(&d, LEFT, child != 0));
		duo_run(&d, span_ms(100));
		assert_true(duo_rekey(&d, RIGHT, child != 0));
		duo_run(&d, span_s(10));
		assert_int_equal(d.end[LEFT].events[IKE_EV_REKEYED], 1);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_REKEYED], 1);
		finish(&d);
	}
}

static void
chance_does_not_stop_it(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 30; seed++) {
		struct sides s;
		struct duo d;

		start(&d, &s, seed, "20/21", "20/21");
		d.link.loss = 20;
		d.link.repeat = 15;
		d.link.jitter = span_ms(900);
		for (int i = 0; i < 6; i++) {
			duo_rekey(&d, LEFT, i % 3 == 0);
			if (i % 2 == 0)
				duo_rekey(&d, RIGHT, i % 4 == 0);
			duo_run(&d, span_s(20));
			assert_sound(&d);
		}
		d.link.loss = d.link.repeat = 0;
		d.link.jitter = span_ms(0);
		d.end[LEFT].keep_up = true;
		d.end[LEFT].retry_at = d.now;
		duo_run(&d, span_s(120));
		assert_paired(&d);
		d.esp_at = INSTANT_NEVER;
		shut_down(&d);
	}
}

/*
 * Both rekey the IKE SA.  The answer to the left end's is late, and until then
 * nothing has come of the right end's, which the nonces say stays: the left one
 * had no room for it.  So they try again.
 */
static void
what_nothing_came_of_does_not_win(void **state)
{
	unsigned lost = 0;
	struct sides s;
	struct duo d;

	(void)state;
	for (uint64_t seed = 30; seed < 50; seed++) {
		struct duo_rule late = {
			.from = RIGHT, .exchange = CREATE_CHILD_SA,
			.response = true, .nth = 1, .until = 99,
			.fate = DUO_LATE, .delay = span_s(1),
		};

		duo_init(&d, seed);
		d.rules = &late;
		d.rules_n = 1;
		set(&d, &s, "20", "");
		duo_start(&d);
		bring_up(&d, LEFT);
		d.end[LEFT].ike->limits.sas = 1;
		assert_true(duo_rekey(&d, LEFT, IKE));
		assert_true(duo_rekey(&d, RIGHT, IKE));
		duo_run(&d, span_ms(1200));
		/* Ours has won: no room for that either is another story. */
		if (d.end[LEFT].events[IKE_EV_FAILED] > 0) {
			duo_fini(&d);
			continue;
		}
		lost++;
		d.end[LEFT].ike->limits.sas = 10;
		duo_run(&d, span_s(60));
		assert_paired(&d);
		assert_int_equal(d.end[LEFT].events[IKE_EV_CHILD_DOWN], 0);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_CHILD_DOWN], 0);
		assert_true(duo_info(&d, LEFT).rekeys > 0);
		shut_down(&d);
	}
	assert_true(lost > 0);
}

/* As without additional key exchanges: the old child carries on meanwhile. */
static void
a_child_that_the_kernel_refuses_is_refused_to_the_peer(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	start(&d, &s, 17, "", "20");
	watch_traffic(&d);
	duo_refuse(&d, RIGHT, 1);
	assert_true(duo_rekey(&d, LEFT, CHILD));
	duo_run(&d, span_s(40));
	assert_string_equal(d.end[RIGHT].said[IKE_EV_FAILED].s,
	    "kernel refused an SA: no buffer space available");
	assert_paired(&d);
	assert_int_equal(d.end[LEFT].events[IKE_EV_CHILD_DOWN], 0);
	assert_no_packet_lost(&d);
	d.esp_at = INSTANT_NEVER;
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nothing_came_of_does_not_win),
		cmocka_unit_test(
		    a_child_that_the_kernel_refuses_is_refused_to_the_peer),
		cmocka_unit_test(
		    children_and_ike_sas_are_rekeyed_from_both_ends),
		cmocka_unit_test(a_new_child_has_them_too),
		cmocka_unit_test(each_message_may_be_lost_repeated_or_late),
		cmocka_unit_test(a_link_that_is_not_known_starts_it_again),
		cmocka_unit_test(what_is_pending_ends_in_time_and_with_its_sa),
		cmocka_unit_test(
		    what_the_peer_replaces_is_not_rekeyed_as_well),
		cmocka_unit_test(chance_does_not_stop_it),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
