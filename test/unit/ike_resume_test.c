/*
 * Session resumption (RFC 5723): an SA that was lost comes back by its ticket,
 * or from scratch.
 */
#include "test/unit/ike_home.h"

static void
a_lost_sa_is_resumed_again_and_again(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 1);
	home_start(&h);
	assert_false(of(&h, LEFT).on);
	for (unsigned i = 1; i <= 3; i++) {
		assert_non_null(peer_at(&h, LEFT)->tickets.held);
		assert_null(peer_at(&h, RIGHT)->tickets.held);
		lose_right(&h);
		assert_resumed(&h, i);
		assert_int_equal(of(&h, RIGHT).count, 1);
		assert_int_equal(h.rules[RESUMES].seen, i);
	}
	/* Rekeys do not change how the line began. */
	assert_true(duo_rekey(&h.d, LEFT, IKE));
	duo_run(&h.d, span_s(5));
	assert_resumed(&h, 3);
	home_end(&h);
}

static void
who_does_not_want_tickets_gets_none(void **state)
{
	(void)state;
	for (int off = LEFT; off <= RIGHT; off++) {
		struct home h;

		home_init(&h, 2);
		h.d.end[off].conf[0].resumption = false;
		home_start(&h);
		assert_null(peer_at(&h, LEFT)->tickets.held);
		assert_int_equal(h.d.end[LEFT].events[IKE_EV_TICKET], 0);
		lose_right(&h);
		assert_from_scratch(&h);
		assert_int_equal(h.rules[RESUMES].seen, 0);
		home_end(&h);
	}
}

/* RIGHT was restarted with its host: new keys. */
static void
change_keys(struct home *h)
{
	uint8_t seed[TICKET_KEY] = { 99 };

	ticket_keys_init(&h->d.end[RIGHT].tickets, seed, h->d.now);
}

static void
change_mark(struct home *h)
{
	h->d.end[RIGHT].creds.mark[7] ^= 1;
}

static void
change_identity(struct home *h)
{
	h->d.end[RIGHT].conf[0].remote_id = (struct id){ .type = 0 };
}

static void
change_method(struct home *h)
{
	/* Both ways are fine where both ends are told the same. */
	str_set(h->d.end[RIGHT].conf[0].ppk_id, IKE_PPK_ID_LEN, "new");
}

static void
change_algorithms(struct home *h)
{
	h->d.end[LEFT].conf[0].ike.prf = duo_algs(ALG_PRF,
	    "SHA2-256 SHA2-512");
	h->d.end[RIGHT].conf[0].ike.prf = duo_algs(ALG_PRF, "SHA2-512");
}

static void
turn_it_off(struct home *h)
{
	h->d.end[RIGHT].conf[0].resumption = false;
}

static const struct refusal {
	const char	*what;
	void		(*change)(struct home *);
	enum ticket_verdict verdict;
	const char	*code;
	bool		stranger;
} refusals[] = {
	{ "other ticket keys", change_keys, TICKET_UNKNOWN_KEY,
	    "unknown-key", false },
	{ "another pre-shared key or certificate", change_mark,
	    TICKET_CHANGED, "tunnel-changed", false },
	{ "another identity", change_identity, TICKET_CHANGED,
	    "tunnel-changed", false },
	{ "a PPK", change_method, TICKET_CHANGED, "tunnel-changed", false },
	{ "other algorithms", change_algorithms, TICKET_ALGORITHM,
	    "algorithm", false },
	{ "resumption is off", turn_it_off, TICKET_NO_TUNNEL, "no-tunnel",
	    true },
};

static void
a_refused_ticket_costs_one_round_trip_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct home h;

		print_message("    %s\n", r->what);
		home_init(&h, 20 + i);
		if (r->change == change_algorithms)
			h.d.end[LEFT].conf[0].ike.prf = duo_algs(ALG_PRF,
			    "SHA2-256 SHA2-512");
		home_start(&h);
		r->change(&h);
		lose_right(&h);
		assert_from_scratch(&h);
		assert_int_equal(h.rules[RESUMES].seen, 1);
		assert_int_equal(h.rules[INITS].seen, 2);
		assert_int_equal(of(&h, LEFT).refused, TICKET_REFUSED);
		assert_int_equal(h.d.end[LEFT].events[IKE_EV_TICKET], 1);
		assert_int_equal(of(&h, RIGHT).refused, r->stranger ?
		    TICKET_GOOD : r->verdict);
		assert_non_null(strstr(h.d.end[RIGHT].said[r->stranger ?
		    IKE_EV_REFUSED : IKE_EV_TICKET].s, r->code));
		/* The tunnel that there is now has a ticket again. */
		assert_true(r->stranger ==
		    (peer_at(&h, LEFT)->tickets.held == NULL));
		home_end(&h);
	}
}

/* Requests, then answers, that are lost. */
static void
lost_messages_are_sent_again(void **state)
{
	(void)state;
	for (int from = LEFT; from <= RIGHT; from++) {
		struct home h;

		home_init(&h, 30);
		h.rules[NRULES] = (struct duo_rule){ .from = from,
		    .exchange = IKE_SESSION_RESUME, .response = from == RIGHT,
		    .nth = 1, .until = 2, .fate = DUO_DROP };
		h.d.rules_n = NRULES + 1;
		home_start(&h);
		lose_right(&h);
		assert_resumed(&h, 1);
		assert_int_equal(h.rules[NRULES].seen, 3);
		home_end(&h);
	}
}

static void
every_message_twice_makes_one_sa(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 31);
	h.d.link.repeat = 100;
	home_start(&h);
	lose_right(&h);
	assert_resumed(&h, 1);
	duo_run(&h.d, span_s(40));
	assert_int_equal(duo_info(&h.d, RIGHT).ike_sas, 1);
	home_end(&h);
}

static void
a_peer_that_does_not_answer_is_tried_from_scratch(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 32);
	h.rules[NRULES] = (struct duo_rule){ .from = LEFT,
	    .exchange = IKE_SESSION_RESUME, .nth = 1, .until = 9999,
	    .fate = DUO_DROP };
	h.d.rules_n = NRULES + 1;
	home_start(&h);
	lose_right(&h);
	assert_from_scratch(&h);
	assert_true(h.rules[RESUMES].seen > 2);
	home_end(&h);
}

/* Nobody is there for a while: that is no use of the ticket. */
static void
a_ticket_outlives_attempts_without_any_answer(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 33);
	home_start(&h);
	h.d.link.loss = 100;
	duo_run(&h.d, span_s(300));
	assert_true(h.rules[RESUMES].seen > 4);
	assert_true(h.rules[INITS].seen > 4);
	h.d.end[LEFT].keep_up = false;
	duo_run(&h.d, span_s(60));
	assert_non_null(peer_at(&h, LEFT)->tickets.held);
	h.d.link.loss = 0;
	h.rules[INITS].seen = 1;
	h.d.end[LEFT].keep_up = true;
	duo_up(&h.d, LEFT);
	if (!duo_run_up(&h.d, span_s(60)))
		assert_paired(&h.d);
	assert_resumed(&h, 1);
	home_end(&h);
}

/* The hub never noticed, so its old SA gives way without a word. */
static void
an_sa_that_is_still_there_gives_way_silently(void **state)
{
	struct duo_rule bye = { .from = RIGHT, .exchange = INFORMATIONAL,
	    .nth = 1, .until = 9999, .fate = DUO_PASS };
	struct home h;
	unsigned failed;

	(void)state;
	home_init(&h, 34);
	h.rules[NRULES] = bye;
	h.d.end[RIGHT].conf[0].dpd = false;
	home_start(&h);
	h.d.link.loss = 100;
	duo_run(&h.d, span_s(36));
	h.d.link.loss = 0;
	failed = h.d.end[RIGHT].events[IKE_EV_FAILED];
	h.d.rules_n = NRULES + 1;
	duo_run(&h.d, span_s(90));
	assert_paired(&h.d);
	assert_true(of(&h, LEFT).on && of(&h, RIGHT).on);
	assert_int_equal(duo_info(&h.d, RIGHT).ike_sas, 1);
	assert_int_equal(h.rules[NRULES].seen, 0);
	assert_int_equal(h.d.end[RIGHT].events[IKE_EV_FAILED], failed);
	home_end(&h);
}

static void
a_cookie_is_brought_with_the_same_ticket(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 35);
	h.d.end[RIGHT].limits.cookie_above = 0;
	h.rules[INITS].until = 0;
	duo_start(&h.d);
	bring_up(&h.d, LEFT);
	h.rules[INITS].seen = 1;
	lose_right(&h);
	assert_resumed(&h, 1);
	assert_int_equal(h.rules[RESUMES].seen, 2);
	home_end(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_sa_is_resumed_again_and_again),
		cmocka_unit_test(who_does_not_want_tickets_gets_none),
		cmocka_unit_test(
		    a_refused_ticket_costs_one_round_trip_and_says_why),
		cmocka_unit_test(lost_messages_are_sent_again),
		cmocka_unit_test(every_message_twice_makes_one_sa),
		cmocka_unit_test(
		    a_peer_that_does_not_answer_is_tried_from_scratch),
		cmocka_unit_test(a_ticket_outlives_attempts_without_any_answer),
		cmocka_unit_test(an_sa_that_is_still_there_gives_way_silently),
		cmocka_unit_test(a_cookie_is_brought_with_the_same_ticket),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
