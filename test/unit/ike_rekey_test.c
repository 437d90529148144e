/*
 * Rekeys of either SA by either side, their make before break, and what the
 * kernel may have against it (RFC 7296 sections 1.3, 2.8, 2.17, 2.18, 2.25).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/sa.h"
#include "ike_duo.h"
#include "util/array.h"

static void
either_side_rekeys_either_sa(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bool child = i / 2 == 0;
		uint32_t spi;
		uint64_t spi_i;
		struct duo d;

		set_up(&d, 1);
		spi = duo_info(&d, LEFT).spi_in;
		spi_i = duo_info(&d, LEFT).spi_i;
		assert_true(duo_rekey(&d, i % 2, child));
		duo_run(&d, span_s(5));
		assert_true((duo_info(&d, LEFT).spi_in != spi) == child);
		assert_true((duo_info(&d, LEFT).spi_i != spi_i) == !child);
		for (int side = LEFT; side <= RIGHT; side++) {
			assert_int_equal(d.end[side].events[IKE_EV_REKEYED],
			    1);
			assert_int_equal(duo_info(&d, side).rekeys, !child);
			assert_int_equal(duo_info(&d, side).child_rekeys,
			    child);
			assert_true(duo_info(&d, side).initiator ==
			    (side == LEFT));
		}
		finish(&d);
	}
}

/* Up, and the answer to the first CREATE_CHILD_SA will be kept back. */
static void
up_without_answer(struct duo *d, struct duo_rule *keep, uint64_t seed)
{
	*keep = (struct duo_rule){
		.from = RIGHT, .exchange = CREATE_CHILD_SA, .response = true,
		.nth = 1, .until = 1, .fate = DUO_KEEP,
	};
	duo_init(d, seed);
	d->rules = keep;
	d->rules_n = 1;
	duo_start(d);
	bring_up(d, LEFT);
}

static void
the_responder_receives_on_the_new_sa_before_it_answers(void **state)
{
	struct duo_rule keep;
	struct duo d;

	(void)state;
	up_without_answer(&d, &keep, 2);
	watch_traffic(&d);
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(100));
	assert_true(duo_kept(&d).n > 0);
	/* New inbound is there, new outbound waits for the delete. */
	assert_int_equal(sad_count(&d.end[RIGHT].sad, true), 2);
	assert_int_equal(sad_count(&d.end[RIGHT].sad, false), 1);
	assert_int_equal(sad_count(&d.end[LEFT].sad, true), 1);
	duo_release(&d);
	finish(&d);
}

static void
timers_rekey_before_the_end_of_life(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 3);
	for (int side = LEFT; side <= RIGHT; side++) {
		d.end[side].conf[0].child_lifetime = span_s(120);
		d.end[side].conf[0].ike_lifetime = span_s(300);
		d.end[side].conf[0].rekey_margin = span_s(30);
	}
	duo_start(&d);
	bring_up(&d, LEFT);
	watch_traffic(&d);
	duo_run(&d, span_s(3600));
	assert_true(duo_run_up(&d, span_s(10)));
	assert_in_range(duo_info(&d, LEFT).child_rekeys, 30, 60);
	assert_in_range(duo_info(&d, LEFT).rekeys, 12, 20);
	assert_no_packet_lost(&d);
	assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED], 0);
	d.esp_at = INSTANT_NEVER;
	shut_down(&d);
}

static void
another_group_costs_one_more_exchange(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct ike_peer_conf *c;
		struct duo d;

		duo_init(&d, 4);
		/* Both offer both; the right one likes the other one first. */
		c = &d.end[RIGHT].conf[0];
		c->ike.ke = duo_algs(ALG_KE, "19 31");
		c->esp.ke = duo_algs(ALG_KE, "19 31");
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		assert_true(duo_rekey(&d, i % 2, i / 2 == 0));
		duo_run(&d, span_s(5));
		if (i / 2 == 0)
			assert_int_equal(duo_info(&d, LEFT).child_suite.ke->id,
			    i % 2 == LEFT ? KE_ECP_256 : KE_CURVE25519);
		finish(&d);
	}
}

static void
without_a_common_group_the_child_stays_until_its_end(void **state)
{
	struct duo d;

	(void)state;
	set_up(&d, 5);
	table_peer(d.end[LEFT].ike, DUO_PEER)->conf.esp.ke =
	    duo_algs(ALG_KE, "14");
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_s(5));
	assert_paired(&d);
	assert_no_packet_lost(&d);
	assert_why(&d, LEFT, "the peer refused to rekey the child SA: "
	    "NO_PROPOSAL_CHOSEN (14)");
	assert_why(&d, RIGHT, "child SA refused: no common ESP proposal: key "
	    "exchange group differs: ours X25519 ECP-256, theirs MODP-2048");
	/* It is tried again, and works once the ends agree. */
	table_peer(d.end[LEFT].ike, DUO_PEER)->conf.esp.ke =
	    duo_algs(ALG_KE, "31");
	duo_run(&d, span_s(40));
	assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
	assert_no_packet_lost(&d);
	d.esp_at = INSTANT_NEVER;
	shut_down(&d);
}

/* C09, C23: the responder deletes the old child before its own answer. */
static void
a_rekey_survives_an_early_delete_of_the_old_child(void **state)
{
	struct duo_rule keep;
	struct duo d;

	(void)state;
	up_without_answer(&d, &keep, 6);
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(100));
	child_by_in(d.end[RIGHT].ike, duo_info(&d, RIGHT).spi_in)->want_delete =
	    true;
	sa_touch(sa_at(&d, RIGHT));
	sa_settle_all(d.end[RIGHT].ike, d.now);
	duo_run(&d, span_ms(100));
	/* The host would ask for a child again at once. */
	duo_up(&d, LEFT);
	duo_release(&d);
	duo_run(&d, span_s(10));
	assert_paired(&d);
	assert_int_equal(d.end[LEFT].sad.adds, 4);
	shut_down(&d);
}

/* C28: the new child is deleted before the answer that tells of it. */
static void
a_child_deleted_before_its_answer_is_not_installed(void **state)
{
	struct duo_rule keep;
	struct ike_sa *sa;
	struct duo d;

	(void)state;
	up_without_answer(&d, &keep, 7);
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(100));
	sa = sa_at(&d, RIGHT);
	assert_true(sa->children->replaces != 0);
	sa->children->want_delete = true;
	sa_touch(sa);
	sa_settle_all(d.end[RIGHT].ike, d.now);
	duo_run(&d, span_ms(100));
	duo_release(&d);
	duo_run(&d, span_ms(100));
	assert_int_equal(d.end[LEFT].sad.adds, 2);
	/* The old one is rekeyed again a little later. */
	duo_run(&d, span_s(10));
	assert_paired(&d);
	assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
	shut_down(&d);
}

/* C08: the other side has lost the child. */
static void
a_child_that_the_peer_lost_is_made_anew(void **state)
{
	struct duo d;

	(void)state;
	set_up(&d, 8);
	d.esp_at = INSTANT_NEVER;
	child_free(child_at(&d, RIGHT));
	sa_settle_all(d.end[RIGHT].ike, d.now);
	duo_run(&d, span_s(1));
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_s(10));
	assert_paired(&d);
	assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_UP], 1);
	shut_down(&d);
}

/* W01: a second rekey of the same child before the first is done. */
static void
a_child_is_not_rekeyed_twice(void **state)
{
	struct duo_rule no_delete = {
		.from = LEFT, .exchange = INFORMATIONAL, .nth = 1, .until = 3,
		.fate = DUO_DROP,
	};
	struct ike_sa *sa;
	struct child *old;
	struct duo d;

	(void)state;
	duo_init(&d, 9);
	d.rules = &no_delete;
	d.rules_n = 1;
	duo_start(&d);
	bring_up(&d, LEFT);
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(30));
	/* C05: the responder's own soft limits change nothing. */
	duo_expire(&d, RIGHT, false);
	ike_expired(d.end[RIGHT].ike, d.now, DUO_PEER,
	    duo_info(&d, RIGHT).spi_in, false);
	duo_run(&d, span_s(1));
	assert_int_equal(sa_at(&d, RIGHT)->x.out_mid, 0);
	/* The left one forgets what it did and does it again. */
	sa = sa_at(&d, LEFT);
	old = child_by_in(d.end[LEFT].ike, sa->x.subject);
	assert_non_null(old);
	old->state = CHILD_LIVE;
	old->want_rekey = true;
	duo_run(&d, span_s(15));
	assert_sound(&d);
	assert_paired(&d);
	shut_down(&d);
}

/* The old one goes while the new one is on its way into the kernel. */
static void
a_child_takes_over_even_when_it_is_not_installed_yet(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 14);
	d.end[LEFT].keep_up = true;
	duo_start(&d);
	bring_up(&d, LEFT);
	d.end[RIGHT].kernel_delay = span_s(2);
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(15));
	duo_expire(&d, RIGHT, true);
	duo_run(&d, span_s(30));
	assert_paired(&d);
	shut_down(&d);
}

/* --- limits and refusals of the kernel --- */

static void
a_soft_limit_rekeys_and_a_hard_one_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bool hard = i / 2;
		struct duo d;

		set_up(&d, 10);
		d.end[LEFT].keep_up = hard;
		duo_expire(&d, i % 2, hard);
		duo_run(&d, span_s(1));
		if (!hard) {
			assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
			finish(&d);
			continue;
		}
		assert_int_equal(d.end[LEFT].events[IKE_EV_CHILD_DOWN], 1);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_CHILD_DOWN], 1);
		assert_string_equal(d.end[i % 2].said[IKE_EV_CHILD_DOWN].s,
		    "child SA reached the end of its life without a rekey");
		duo_run(&d, span_s(10));
		assert_paired(&d);
		d.esp_at = INSTANT_NEVER;
		shut_down(&d);
	}
}

/* C06: a hard limit while the delete of the old one is awaited. */
static void
a_hard_limit_hands_over_to_the_successor(void **state)
{
	struct duo_rule lost = {
		.from = LEFT, .exchange = INFORMATIONAL, .nth = 1, .until = 2,
		.fate = DUO_DROP,
	};
	uint32_t old;
	struct duo d;

	(void)state;
	duo_init(&d, 11);
	d.rules = &lost;
	d.rules_n = 1;
	duo_start(&d);
	bring_up(&d, LEFT);
	watch_traffic(&d);
	old = duo_info(&d, RIGHT).spi_in;
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(60));
	ike_expired(d.end[RIGHT].ike, d.now, DUO_PEER, old,
	    true);
	finish(&d);
}

/* A kernel that refuses: the other end hears of it, and it is tried again. */
static const struct refusing {
	const char	*what;
	int		side;
	unsigned	additions;
	bool		rekey;
} refusing[] = {
	{ "both SAs of the first child, initiator", LEFT, 2, false },
	{ "inbound of the first child, responder", RIGHT, 1, false },
	{ "both SAs of the first child, responder", RIGHT, 2, false },
	{ "both SAs of a rekey, initiator", LEFT, 2, true },
	{ "inbound of a rekey, initiator", LEFT, 1, true },
	{ "inbound of a rekey, responder", RIGHT, 1, true },
};

static void
a_refusing_kernel_delays_but_does_not_wedge(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusing); i++) {
		const struct refusing *r = &refusing[i];
		struct duo d;

		print_message("    %s\n", r->what);
		duo_init(&d, 12);
		duo_start(&d);
		d.end[LEFT].keep_up = true;
		if (r->rekey) {
			bring_up(&d, LEFT);
			watch_traffic(&d);
		}
		duo_refuse(&d, r->side, r->additions);
		if (r->rekey)
			duo_rekey(&d, LEFT, CHILD);
		duo_run(&d, span_s(20));
		assert_string_equal(d.end[r->side].said[IKE_EV_FAILED].s,
		    "kernel refused an SA: no buffer space available");
		assert_paired(&d);
		if (r->rekey) {
			assert_int_equal(duo_info(&d, LEFT).child_rekeys, 2 -
			    (r->side == RIGHT));
			assert_no_packet_lost(&d);
		}
		d.esp_at = INSTANT_NEVER;
		shut_down(&d);
	}
}

static void
a_kernel_that_never_answers_counts_as_refusing(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 13);
	d.end[RIGHT].kernel_delay = span_s(100000);
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(20));
	assert_string_equal(d.end[RIGHT].said[IKE_EV_FAILED].s,
	    "kernel refused an SA: no answer");
	assert_int_equal(duo_info(&d, RIGHT).children, 0);
	assert_sound(&d);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_side_rekeys_either_sa),
		cmocka_unit_test(
		    the_responder_receives_on_the_new_sa_before_it_answers),
		cmocka_unit_test(timers_rekey_before_the_end_of_life),
		cmocka_unit_test(another_group_costs_one_more_exchange),
		cmocka_unit_test(
		    without_a_common_group_the_child_stays_until_its_end),
		cmocka_unit_test(
		    a_rekey_survives_an_early_delete_of_the_old_child),
		cmocka_unit_test(
		    a_child_deleted_before_its_answer_is_not_installed),
		cmocka_unit_test(a_child_that_the_peer_lost_is_made_anew),
		cmocka_unit_test(a_child_is_not_rekeyed_twice),
		cmocka_unit_test(
		    a_child_takes_over_even_when_it_is_not_installed_yet),
		cmocka_unit_test(a_soft_limit_rekeys_and_a_hard_one_ends),
		cmocka_unit_test(a_hard_limit_hands_over_to_the_successor),
		cmocka_unit_test(a_refusing_kernel_delays_but_does_not_wedge),
		cmocka_unit_test(
		    a_kernel_that_never_answers_counts_as_refusing),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
