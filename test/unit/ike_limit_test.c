/*
 * On the way to an IKE SA: other groups, cookies, quotas and limits, and whom
 * of several peers is meant (RFC 7296 sections 1.2, 2.6, 2.15).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "ike/sa.h"
#include "ike_duo.h"

static void
the_responder_asks_for_its_group(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 9);
	d.end[RIGHT].conf[0].ike.ke = duo_algs(ALG_KE, "19 31");
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_int_equal(duo_info(&d, LEFT).suite.ke->id, KE_ECP_256);
	shut_down(&d);
}

static void
a_cookie_is_asked_for_and_kept_through_another_group(void **state)
{
	static const unsigned requests[] = { 2, 3 };

	(void)state;
	for (int group = 0; group <= 1; group++) {
		struct duo_rule count = {
			.from = LEFT, .exchange = IKE_SA_INIT,
			.nth = 99, .until = 99,
		};
		struct duo d;

		duo_init(&d, 10);
		d.end[RIGHT].limits.cookie_above = 0;
		if (group)
			d.end[RIGHT].conf[0].ike.ke = duo_algs(ALG_KE, "19 31");
		d.rules = &count;
		d.rules_n = 1;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(15));
		/* Section 2.6: nothing is kept before the cookie. */
		assert_null(table_peer(d.end[RIGHT].ike, DUO_PEER)->sas);
		bring_up(&d, LEFT);
		assert_int_equal(count.seen, requests[group]);
		shut_down(&d);
	}
}

/* Late copies of the answers that ask for a retry must not end the attempt. */
static void
a_repeated_request_for_a_retry_is_not_taken_twice(void **state)
{
	struct duo_rule twice = {
		.from = RIGHT, .exchange = IKE_SA_INIT, .response = true,
		.nth = 1, .until = 9, .fate = DUO_TWICE,
	};
	struct duo d;

	(void)state;
	duo_init(&d, 11);
	d.end[RIGHT].limits.cookie_above = 0;
	d.end[RIGHT].conf[0].ike.ke = duo_algs(ALG_KE, "19 31");
	d.rules = &twice;
	d.rules_n = 1;
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED], 0);
	shut_down(&d);
}

static void
half_open_sas_are_limited_per_peer_and_end_by_themselves(void **state)
{
	struct duo_rule no_auth = {
		.from = LEFT, .exchange = IKE_AUTH, .nth = 1, .until = 3,
		.fate = DUO_DROP,
	};
	struct duo d;

	(void)state;
	duo_init(&d, 12);
	d.end[RIGHT].limits.half_open_per_peer = 2;
	d.rules = &no_auth;
	d.rules_n = 1;
	duo_start(&d);
	for (int i = 0; i < 3; i++) {
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(400));
		duo_crash(&d, LEFT);
	}
	assert_int_equal(duo_info(&d, RIGHT).ike_sas, 2);
	assert_string_equal(d.end[RIGHT].said[IKE_EV_REFUSED].s,
	    "IKE_SA_INIT dropped: 2 half-open IKE SAs, 2 of this peer");
	duo_run(&d, span_s(31));
	assert_empty(&d);
	bring_up(&d, LEFT);
	shut_down(&d);
}

/* Who has no address of his own must not be kept out by another like him. */
static void
those_from_anywhere_share_one_quota_and_leave_others_theirs(void **state)
{
	static const struct {
		bool		anybody;
		unsigned	half_open, per_peer;
		unsigned	kept;
	} rows[] = {
		{ true, 3, 1, 3 },
		{ true, 2, 9, 2 },
		{ false, 1, 3, 3 },
		{ false, 9, 2, 2 },
	};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct duo_rule no_auth = {
			.from = LEFT, .exchange = IKE_AUTH, .nth = 1,
			.until = 9, .fate = DUO_DROP,
		};
		struct duo d;

		duo_init(&d, 17);
		d.end[RIGHT].limits.half_open = rows[i].half_open;
		d.end[RIGHT].limits.half_open_per_peer = rows[i].per_peer;
		if (rows[i].anybody)
			d.end[RIGHT].conf[0].remote = addr_any(ADDR_IPV4);
		d.rules = &no_auth;
		d.rules_n = 1;
		duo_start(&d);
		for (int k = 0; k < 4; k++) {
			duo_up(&d, LEFT);
			duo_run(&d, span_ms(400));
			duo_crash(&d, LEFT);
		}
		assert_int_equal(duo_info(&d, RIGHT).ike_sas, rows[i].kept);
		duo_run(&d, span_s(31));
		shut_down(&d);
	}
}

static void
a_peer_half_way_to_its_quota_has_to_show_a_cookie(void **state)
{
	struct duo_rule rules[] = {
		{ .from = LEFT, .exchange = IKE_AUTH, .nth = 1, .until = 1,
		    .fate = DUO_DROP },
		{ .from = LEFT, .exchange = IKE_SA_INIT, .nth = 99,
		    .until = 99 },
	};
	struct duo d;

	(void)state;
	duo_init(&d, 13);
	d.end[RIGHT].limits.half_open_per_peer = 2;
	d.rules = rules;
	d.rules_n = 2;
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_ms(400));
	duo_crash(&d, LEFT);
	assert_int_equal(rules[1].seen, 1);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(1));
	assert_int_equal(rules[1].seen, 3);
	duo_run(&d, span_s(31));
	assert_paired(&d);
	shut_down(&d);
}

static void
the_limit_of_ike_sas_holds(void **state)
{
	struct duo d;

	(void)state;
	for (int side = LEFT; side <= RIGHT; side++) {
		duo_init(&d, 14);
		d.end[side].limits.sas = 0;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_s(1));
		assert_string_equal(d.end[side].said[side == LEFT ?
		    IKE_EV_FAILED : IKE_EV_REFUSED].s, side == LEFT ?
		    "limit of 0 IKE SAs reached" :
		    "IKE_SA_INIT dropped: limit of 0 IKE SAs reached");
		shut_down(&d);
	}
}

static void
two_peers_behind_one_address_are_told_apart_by_identity(void **state)
{
	struct ike_peer_info here, there;
	struct duo d;

	(void)state;
	duo_init(&d, 15);
	for (int side = LEFT; side <= RIGHT; side++) {
		uint32_t id = duo_add_peer(&d, side);

		assert_int_equal(id, 2);
		d.end[side].psk[1] = "the other secret";
	}
	d.end[LEFT].conf[1].local_id = duo_id("left2.example");
	d.end[RIGHT].conf[1].remote_id = duo_id("LEFT2.example");
	duo_start(&d);
	ike_peer_up(d.end[LEFT].ike, d.now, 2);
	ike_peer_up(d.end[LEFT].ike, d.now, 1);
	duo_run(&d, span_s(2));
	assert_sound(&d);
	for (uint32_t id = 1; id <= 2; id++) {
		assert_true(ike_peer_get(d.end[LEFT].ike, id, &here));
		assert_true(ike_peer_get(d.end[RIGHT].ike, id, &there));
		assert_true(here.child && there.child);
		assert_int_equal(here.spi_in, there.spi_out);
		assert_int_equal(here.spi_out, there.spi_in);
	}
	shut_down(&d);
}

static void
one_who_is_named_goes_before_anybody(void **state)
{
	struct ike_peer_info info;
	struct duo d;

	(void)state;
	duo_init(&d, 16);
	duo_add_peer(&d, RIGHT);
	d.end[RIGHT].conf[0].remote_id = (struct id){ 0 };
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(1));
	assert_sound(&d);
	assert_false(duo_info(&d, RIGHT).child);
	assert_true(ike_peer_get(d.end[RIGHT].ike, 2, &info));
	assert_true(info.child);
	shut_down(&d);
}

static int
init_all(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_responder_asks_for_its_group),
		cmocka_unit_test(
		    a_cookie_is_asked_for_and_kept_through_another_group),
		cmocka_unit_test(
		    a_repeated_request_for_a_retry_is_not_taken_twice),
		cmocka_unit_test(
		    half_open_sas_are_limited_per_peer_and_end_by_themselves),
		cmocka_unit_test(
		    those_from_anywhere_share_one_quota_and_leave_others_theirs),
		cmocka_unit_test(
		    a_peer_half_way_to_its_quota_has_to_show_a_cookie),
		cmocka_unit_test(the_limit_of_ike_sas_holds),
		cmocka_unit_test(
		    two_peers_behind_one_address_are_told_apart_by_identity),
		cmocka_unit_test(one_who_is_named_goes_before_anybody),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
