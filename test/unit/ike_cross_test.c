/*
 * What crosses: two rekeys, a rekey and a delete, two deletes, two set-ups
 * (RFC 7296 sections 1.4.1, 2.8.1, 2.8.2, 2.25).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/sa.h"
#include "ike/x_init.h"
#include "ike_duo.h"
#include "util/array.h"

/* --- both at once --- */

static struct nonce_key
own_nonce(const struct create *x)
{
	return nonce_lowest(bytes_of(x->ni, NONCE_OURS),
	    bytes_of(x->ni, NONCE_OURS));
}

static bool
both_collided(const struct duo *d, bool child)
{
	for (int side = LEFT; side <= RIGHT; side++) {
		const struct ike_sa *sa = sa_at(d, side);

		if (sa->create == NULL || !sa->create->collided ||
		    (child && sa->create->old_in == 0))
			return false;
	}
	return true;
}

/*
 * Which of the four nonces is the lowest: bit 1 says whose exchange loses,
 * bit 0 whether it is the responder's nonce that makes it so.
 */
static int
lowest_of_four(const struct duo *d)
{
	const struct create *l = sa_at(d, LEFT)->create;
	const struct create *r = sa_at(d, RIGHT)->create;
	/* Each side knows the lowest of the other one's exchange. */
	const struct nonce_key *left = &r->theirs, *right = &l->theirs;
	int loser = nonce_cmp(left, right) < 0 ? LEFT : RIGHT;
	struct nonce_key ni = own_nonce(loser == LEFT ? l : r);

	return 2 * loser + (nonce_cmp(loser == LEFT ? left : right, &ni) != 0);
}

/* I05, C11: the lowest nonce loses, whichever of the four it is. */
static void
of_two_rekeys_at_once_the_lowest_nonce_loses(bool child)
{
	unsigned cases[4] = { 0 };

	for (uint64_t seed = 0; seed < 40; seed++) {
		struct duo d;
		int which;

		set_up(&d, seed);
		duo_rekey(&d, LEFT, child);
		duo_rekey(&d, RIGHT, child);
		while (!both_collided(&d, child))
			duo_run(&d, span_ms(1));
		which = lowest_of_four(&d);
		cases[which]++;
		duo_run(&d, span_s(5));
		assert_paired(&d);
		if (child)
			assert_true(child_at(&d, LEFT)->initiated ==
			    (which / 2 != LEFT));
		else
			assert_true(sa_at(&d, LEFT)->initiator ==
			    (which / 2 != LEFT));
		for (int side = LEFT; side <= RIGHT; side++) {
			assert_int_equal(d.end[side].events[IKE_EV_REKEYED],
			    1);
			assert_int_equal(child ?
			    duo_info(&d, side).child_rekeys :
			    duo_info(&d, side).rekeys, 1);
		}
		finish(&d);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(cases[i] > 0);
}

static void
of_two_child_rekeys_at_once_the_lowest_nonce_loses(void **state)
{
	(void)state;
	of_two_rekeys_at_once_the_lowest_nonce_loses(CHILD);
}

static void
of_two_ike_rekeys_at_once_the_lowest_nonce_loses(void **state)
{
	(void)state;
	of_two_rekeys_at_once_the_lowest_nonce_loses(IKE);
}

/*
 * Both do something at nearly the same time, under loss and lateness of one
 * message: whatever they do, one pair stays and no packet is lost.  Rows are
 * named after what is late or lost; seeds vary who wins.
 */
static struct crossing {
	const char	*what;
	bool		left, right;	/* what each rekeys */
	struct duo_rule	rule;
} crossings[] = {
	{ "child, answer to left late (C14)", CHILD, CHILD,
	    { RIGHT, CREATE_CHILD_SA, true, 1, 1, DUO_LATE,
	    { INT64_C(300000000) }, 0 } },
	{ "child, answer to left lost", CHILD, CHILD,
	    { RIGHT, CREATE_CHILD_SA, true, 1, 1, DUO_DROP, { 0 }, 0 } },
	{ "child, request of left late (C17, C18)", CHILD, CHILD,
	    { LEFT, CREATE_CHILD_SA, false, 1, 1, DUO_LATE,
	    { INT64_C(45000000) }, 0 } },
	{ "child, request of left very late (C18)", CHILD, CHILD,
	    { LEFT, CREATE_CHILD_SA, false, 1, 1, DUO_LATE,
	    { INT64_C(300000000) }, 0 } },
	{ "child, request of left lost", CHILD, CHILD,
	    { LEFT, CREATE_CHILD_SA, false, 1, 1, DUO_DROP, { 0 }, 0 } },
	{ "child, delete of right lost", CHILD, CHILD,
	    { RIGHT, INFORMATIONAL, false, 1, 1, DUO_DROP, { 0 }, 0 } },
	{ "IKE, answer to left late (I10)", IKE, IKE,
	    { RIGHT, CREATE_CHILD_SA, true, 1, 1, DUO_LATE,
	    { INT64_C(300000000) }, 0 } },
	{ "IKE, request of left lost (I12)", IKE, IKE,
	    { LEFT, CREATE_CHILD_SA, false, 1, 1, DUO_DROP, { 0 }, 0 } },
	{ "IKE, request of left late (I13)", IKE, IKE,
	    { LEFT, CREATE_CHILD_SA, false, 1, 1, DUO_LATE,
	    { INT64_C(18000000) }, 0 } },
	{ "IKE, late and the delete lost (I14)", IKE, IKE,
	    { RIGHT, INFORMATIONAL, false, 1, 1, DUO_DROP, { 0 }, 0 } },
	{ "child crosses IKE (C29)", CHILD, IKE,
	    { LEFT, INFORMATIONAL, false, 99, 99, DUO_PASS, { 0 }, 0 } },
	{ "child crosses IKE, its request late", CHILD, IKE,
	    { LEFT, CREATE_CHILD_SA, false, 1, 1, DUO_LATE,
	    { INT64_C(60000000) }, 0 } },
	{ "child crosses IKE, its answer lost", CHILD, IKE,
	    { RIGHT, CREATE_CHILD_SA, true, 1, 1, DUO_DROP, { 0 }, 0 } },
	{ "IKE crosses child, its request late", IKE, CHILD,
	    { LEFT, CREATE_CHILD_SA, false, 1, 1, DUO_LATE,
	    { INT64_C(60000000) }, 0 } },
};

static void
rekeys_that_cross_leave_one_pair_and_no_gap(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crossings); i++) {
		struct crossing *c = &crossings[i];

		print_message("    %s\n", c->what);
		for (uint64_t seed = 0; seed < 60; seed++) {
			struct duo d;

			set_up(&d, seed);
			d.rules = &c->rule;
			d.rules_n = 1;
			c->rule.seen = 0;
			duo_rekey(&d, LEFT, c->left);
			duo_run(&d, span_ms((int64_t)seed % 4 * 8));
			duo_rekey(&d, RIGHT, c->right);
			finish(&d);
		}
	}
}

/* I08, C21: both first guess the wrong group, and both retry. */
static void
rekeys_with_wrong_groups_cross_as_well(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct duo_rule late = {
			.from = LEFT, .exchange = CREATE_CHILD_SA, .nth = 2,
			.until = 2, .fate = DUO_LATE,
			.delay = span_ms((int64_t)seed % 5 * 15),
		};
		bool child = seed % 2 == 0;
		struct duo d;

		set_up(&d, seed);
		for (int side = LEFT; side <= RIGHT; side++) {
			struct ike_peer_conf *c = &table_peer(
			    d.end[side].ike, DUO_PEER)->conf;

			c->esp.ke = duo_algs(ALG_KE, side == LEFT ? "31 19" :
			    "19 31");
			c->ike.ke = duo_algs(ALG_KE, side == LEFT ?
			    "19 20" : "20 19");
		}
		d.rules = &late;
		d.rules_n = 1;
		duo_rekey(&d, LEFT, child);
		duo_rekey(&d, RIGHT, child);
		finish(&d);
	}
}

/* C22: another group is asked for when the child has long been replaced. */
static void
a_retry_is_not_made_for_a_child_that_went(void **state)
{
	struct duo_rule keep = {
		.from = RIGHT, .exchange = CREATE_CHILD_SA, .response = true,
		.nth = 1, .until = 9, .fate = DUO_KEEP,
	};
	struct duo d;

	(void)state;
	set_up(&d, 1);
	table_peer(d.end[RIGHT].ike, DUO_PEER)->conf.esp.ke =
	    duo_algs(ALG_KE, "19 31");
	d.rules = &keep;
	d.rules_n = 1;
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(100));
	/* The right one has to be told its group as well. */
	duo_rekey(&d, RIGHT, CHILD);
	duo_run(&d, span_s(5));
	assert_int_equal(duo_info(&d, RIGHT).child_rekeys, 1);
	d.rules_n = 0;
	duo_release(&d);
	finish(&d);
	assert_int_equal(keep.seen > 0, 1);
}

/* I12: neither our request nor their delete of the old SA ever arrives. */
static void
an_ike_rekey_that_nobody_answers_yields_to_the_peers(void **state)
{
	struct duo_rule lose[] = {
		{ LEFT, CREATE_CHILD_SA, false, 1, 999, DUO_DROP, { 0 }, 0 },
		{ RIGHT, INFORMATIONAL, false, 1, 999, DUO_DROP, { 0 }, 0 },
	};
	struct duo d;

	(void)state;
	set_up(&d, 1);
	d.rules = lose;
	d.rules_n = ARRAY_SIZE(lose);
	duo_rekey(&d, LEFT, IKE);
	duo_rekey(&d, RIGHT, IKE);
	/* The right one takes it for deleted after 5 s. */
	duo_run(&d, span_s(6));
	assert_true(lose[1].seen > 1);
	d.rules_n = 1;
	duo_run(&d, span_s(50));
	assert_true(lose[0].seen > 3);
	d.rules_n = 0;
	finish(&d);
}

/* --- a peer that does not settle collisions --- */

/* How many children stand for the tunnel there, other than this one? */
static unsigned
others(const struct duo *d, int side, const struct child *old)
{
	unsigned n = 0;

	for (struct child *c = sa_at(d, side)->children; c != NULL;
	    c = c->next)
		n += c != old && child_current(c);
	return n;
}

/* Which exchange had the lowest nonce of two, by what it made at right. */
static bool
left_would_win(const struct duo *d, const struct child *old)
{
	const struct child *by[2] = { NULL, NULL };

	for (struct child *c = sa_at(d, RIGHT)->children; c != NULL;
	    c = c->next) {
		if (c != old && child_current(c))
			by[c->initiated ? RIGHT : LEFT] = c;
	}
	assert_true(by[LEFT] != NULL && by[RIGHT] != NULL);
	return nonce_cmp(&by[LEFT]->lowest, &by[RIGHT]->lowest) > 0;
}

/*
 * C17 with a peer that rekeys for us what it has rekeyed and deleted itself,
 * instead of TEMPORARY_FAILURE or CHILD_SA_NOT_FOUND (section 2.25.1).
 */
static void
of_two_child_rekeys_that_the_peer_lets_succeed_one_stays(void **state)
{
	unsigned cases[2] = { 0 };

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct duo_rule keep = {
			.from = LEFT, .exchange = CREATE_CHILD_SA, .nth = 1,
			.until = 99, .fate = DUO_KEEP,
		};
		struct child *old;
		struct duo d;

		set_up(&d, seed);
		d.esp_at = INSTANT_NEVER;
		d.rules = &keep;
		d.rules_n = 1;
		old = child_at(&d, RIGHT);
		duo_rekey(&d, LEFT, CHILD);
		duo_rekey(&d, RIGHT, CHILD);
		duo_run(&d, span_ms(400));
		assert_int_equal(old->state, CHILD_LINGERING);
		old->state = CHILD_LIVE;
		d.rules_n = 0;
		duo_release(&d);
		while (others(&d, RIGHT, old) < 2)
			duo_run(&d, span_ms(1));
		cases[left_would_win(&d, old)]++;
		duo_run(&d, span_s(4));
		assert_paired(&d);
		assert_int_equal(others(&d, LEFT, NULL), 1);
		assert_false(child_at(&d, LEFT)->initiated);
		assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
		/* It may send on what went: both turn to a new one. */
		duo_run(&d, span_s(6));
		assert_paired(&d);
		assert_true(child_at(&d, LEFT)->initiated);
		assert_int_equal(duo_info(&d, LEFT).child_rekeys, 2);
		shut_down(&d);
	}
	assert_true(cases[false] > 0 && cases[true] > 0);
}

/* The peer has its children under the IKE SA that is to go. */
static void
misplace_children(struct duo *d, int side)
{
	struct ike_peer *p = table_peer(d->end[side].ike, DUO_PEER);

	for (;;) {
		struct ike_sa *has = sa_at(d, side);

		for (struct ike_sa *o = p->sas; o != NULL; o = o->peer_next) {
			if (o != has && o->state == SA_ESTABLISHED &&
			    o->initiator != has->initiator &&
			    has->state == SA_ESTABLISHED &&
			    has->children != NULL) {
				sa_migrate(has, o);
				return;
			}
		}
		duo_run(d, span_ms(1));
	}
}

/* I05: what that peer loses with the SA is found missing and made again. */
static void
a_child_that_went_with_the_redundant_ike_sa_comes_back(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		bool trust = seed % 4 == 3;
		struct reason why;
		struct duo d;
		int loser;

		set_up(&d, seed);
		d.esp_at = INSTANT_NEVER;
		for (int side = LEFT; side <= RIGHT; side++)
			d.end[side].ike->limits.no_recheck = trust;
		duo_rekey(&d, LEFT, IKE);
		duo_rekey(&d, RIGHT, IKE);
		while (!both_collided(&d, IKE))
			duo_run(&d, span_ms(1));
		loser = lowest_of_four(&d) / 2;
		misplace_children(&d, !loser);
		duo_run(&d, span_s(4));
		assert_int_equal(duo_info(&d, loser).children, 1);
		assert_int_equal(duo_info(&d, !loser).children, 0);
		duo_run(&d, span_s(8));
		assert_int_equal(duo_paired(&d, &why), !trust);
		assert_int_equal(duo_info(&d, loser).ike_sas, 1);
		shut_down(&d);
	}
}

/* I05, C11: the peer keeps what it must delete; we do, and look again. */
static void
what_a_peer_leaves_over_goes_and_the_rest_is_rekeyed(void **state)
{
	unsigned won = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct duo_rule keep = {
			.from = RIGHT, .exchange = INFORMATIONAL, .nth = 1,
			.until = 99, .fate = DUO_DROP,
		};
		bool child = seed % 2 == 0;
		struct duo d;

		set_up(&d, seed);
		d.esp_at = INSTANT_NEVER;
		d.end[RIGHT].ike->limits.no_recheck = true;
		duo_rekey(&d, LEFT, child);
		duo_rekey(&d, RIGHT, child);
		while (!both_collided(&d, child))
			duo_run(&d, span_ms(1));
		if (lowest_of_four(&d) / 2 == RIGHT) {
			d.rules = &keep;
			d.rules_n = 1;
			won++;
			duo_run(&d, span_s(9));
			assert_int_equal(duo_info(&d, LEFT).child_rekeys,
			    child);
			duo_run(&d, span_s(4));
			assert_int_equal(duo_info(&d, LEFT).child_rekeys,
			    1 + child);
			d.rules_n = 0;
			duo_run(&d, span_s(9));
			assert_paired(&d);
		}
		shut_down(&d);
	}
	assert_true(won > 4);
}

/* --- deletes --- */

static void
delete_child(struct duo *d, int side)
{
	child_at(d, side)->want_delete = true;
	sa_touch(sa_at(d, side));
	sa_settle_all(d->end[side].ike, d->now);
	duo_check(d);
}

/* C24, D05 and kin: left rekeys or deletes the child that right deletes. */
static void
a_child_deleted_under_a_rekey_is_gone_and_comes_back(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct duo d;

		set_up(&d, seed);
		d.esp_at = INSTANT_NEVER;
		if (seed % 3 == 0)
			delete_child(&d, LEFT);
		else
			duo_rekey(&d, LEFT, seed % 3 == 1 ? CHILD : IKE);
		duo_run(&d, span_ms((int64_t)seed / 3));
		if (sa_at(&d, RIGHT) != NULL && child_at(&d, RIGHT) != NULL)
			delete_child(&d, RIGHT);
		duo_run(&d, span_s(10));
		assert_sound(&d);
		/* None, or the new one if the delete was for the old one. */
		assert_int_equal(duo_info(&d, LEFT).child,
		    duo_info(&d, RIGHT).child);
		assert_int_equal(duo_info(&d, LEFT).ike_sas, 1);
		duo_up(&d, LEFT);
		duo_run(&d, span_s(10));
		assert_paired(&d);
		shut_down(&d);
	}
}

/* I16, C30, D08, D10: the IKE SA goes while the other side is at work. */
static void
an_ike_sa_deleted_under_a_rekey_takes_everything_along(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		for (int ms = 0; ms < 60; ms++) {
			struct duo d;

			set_up(&d, (uint64_t)ms);
			d.esp_at = INSTANT_NEVER;
			if (what == 2)
				duo_down(&d, LEFT);
			else
				duo_rekey(&d, LEFT, what == 0);
			duo_run(&d, span_ms(ms));
			duo_down(&d, RIGHT);
			duo_run(&d, span_s(30));
			assert_empty(&d);
			assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_DOWN],
			    1);
			assert_int_equal(d.end[RIGHT].events[IKE_EV_IKE_DOWN],
			    1);
			shut_down(&d);
		}
	}
}

/* Taken down by the side whose own IKE rekey is under way. */
static void
going_down_in_the_middle_of_a_rekey_is_final(void **state)
{
	(void)state;
	for (int both = 0; both <= 1; both++) {
		for (int ms = 0; ms < 60; ms++) {
			struct duo d;

			set_up(&d, (uint64_t)ms);
			d.esp_at = INSTANT_NEVER;
			duo_rekey(&d, LEFT, IKE);
			if (both)
				duo_rekey(&d, RIGHT, IKE);
			duo_run(&d, span_ms(ms));
			duo_down(&d, LEFT);
			duo_run(&d, span_s(30));
			assert_empty(&d);
			shut_down(&d);
		}
	}
}

/* --- both initiate --- */

/* E01: every interleaving of both sides' set-up leaves one pair. */
static void
both_sides_initiating_leaves_one_pair(void **state)
{
	unsigned by_left = 0, by_right = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 120; seed++) {
		struct duo d;

		duo_init(&d, seed);
		d.link.jitter = span_ms((int64_t)seed % 3 * 30);
		d.end[LEFT].psk_delay = d.end[RIGHT].psk_delay = span_ms(30);
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms((int64_t)seed / 4));
		duo_up(&d, RIGHT);
		duo_run(&d, span_s(25));
		assert_paired(&d);
		by_left += duo_info(&d, LEFT).initiator;
		by_right += duo_info(&d, RIGHT).initiator;
		for (int side = LEFT; side <= RIGHT; side++) {
			assert_int_equal(d.end[side].events[IKE_EV_FAILED], 0);
			assert_int_equal(d.end[side].events[IKE_EV_IKE_DOWN],
			    0);
			assert_int_equal(d.end[side].events[IKE_EV_CHILD_DOWN],
			    0);
		}
		shut_down(&d);
	}
	assert_true(by_left > 10 && by_right > 10);
	assert_int_equal(by_left + by_right, 120);
}

/* A peer that authenticates anew beside the SA that it has. */
static void
an_older_ike_sa_gives_way_to_a_new_one(void **state)
{
	(void)state;
	for (int side = LEFT; side <= RIGHT; side++) {
		struct duo d;

		set_up(&d, 1);
		duo_run(&d, span_s(100));
		x_init_request(table_peer(d.end[side].ike, DUO_PEER), d.now);
		sa_settle_all(d.end[side].ike, d.now);
		duo_run(&d, span_s(10));
		assert_int_equal(d.end[LEFT].sad.adds, 4);
		assert_true(duo_info(&d, side).initiator);
		assert_paired(&d);
		/* Its responder may send before its answer has arrived. */
		assert_int_equal(d.end[side].esp_lost, 0);
		assert_in_range(d.end[!side].esp_lost, 0, 4);
		assert_int_equal(d.end[LEFT].esp_none, 0);
		assert_int_equal(d.end[RIGHT].esp_none, 0);
		d.esp_at = INSTANT_NEVER;
		shut_down(&d);
	}
}

/* D02, E05: both ask for a child on an IKE SA that has none. */
static void
both_sides_asking_for_a_child_leaves_one(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct duo d;

		set_up(&d, seed);
		d.esp_at = INSTANT_NEVER;
		delete_child(&d, LEFT);
		duo_run(&d, span_s(5));
		assert_int_equal(duo_info(&d, LEFT).children, 0);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms((int64_t)seed % 6 * 6));
		if (seed % 5 == 4)
			duo_rekey(&d, RIGHT, IKE);
		else
			duo_up(&d, RIGHT);
		duo_run(&d, span_s(20));
		assert_paired(&d);
		shut_down(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    of_two_child_rekeys_at_once_the_lowest_nonce_loses),
		cmocka_unit_test(
		    of_two_ike_rekeys_at_once_the_lowest_nonce_loses),
		cmocka_unit_test(rekeys_that_cross_leave_one_pair_and_no_gap),
		cmocka_unit_test(rekeys_with_wrong_groups_cross_as_well),
		cmocka_unit_test(a_retry_is_not_made_for_a_child_that_went),
		cmocka_unit_test(
		    an_ike_rekey_that_nobody_answers_yields_to_the_peers),
		cmocka_unit_test(
		    of_two_child_rekeys_that_the_peer_lets_succeed_one_stays),
		cmocka_unit_test(
		    a_child_that_went_with_the_redundant_ike_sa_comes_back),
		cmocka_unit_test(
		    what_a_peer_leaves_over_goes_and_the_rest_is_rekeyed),
		cmocka_unit_test(
		    a_child_deleted_under_a_rekey_is_gone_and_comes_back),
		cmocka_unit_test(
		    an_ike_sa_deleted_under_a_rekey_takes_everything_along),
		cmocka_unit_test(going_down_in_the_middle_of_a_rekey_is_final),
		cmocka_unit_test(both_sides_initiating_leaves_one_pair),
		cmocka_unit_test(an_older_ike_sa_gives_way_to_a_new_one),
		cmocka_unit_test(both_sides_asking_for_a_child_leaves_one),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
