/*
 * On the way to an IKE SA: other groups, cookies, quotas and limits, and whom
 * of several peers is meant (RFC 7296 sections 1.2, 2.6, 2.15).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/hdr.h"
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

/*
 * Not more octets go out than came in before the address is proven; a nonce of
 * less than the initiator's makes room for what there is to announce.
 */
static void
an_answer_that_is_longer_than_its_request_costs_a_cookie(void **state)
{
	static const struct {
		const char	*prf;
		size_t		 nonce;		/* of the responder */
		unsigned	 requests;
	} rows[] = {
		{ "SHA1", 24, 1 },
		{ "SHA2-256", 24, 1 },
		{ "SHA2-384", 24, 1 },
		{ "SHA2-512", 32, 2 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct duo_rule count = {
			.from = LEFT, .exchange = IKE_SA_INIT,
			.nth = 99, .until = 99,
		};
		struct ike_sa *half;
		struct duo d;

		duo_init(&d, 18);
		for (int side = LEFT; side <= RIGHT; side++) {
			d.end[side].conf[0].ike.prf = duo_algs(ALG_PRF,
			    rows[i].prf);
			d.end[side].conf[0].ike.ke = duo_algs(ALG_KE, "31");
		}
		d.rules = &count;
		d.rules_n = 1;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(15));
		if (rows[i].requests == 2) {
			assert_null(table_peer(d.end[RIGHT].ike,
			    DUO_PEER)->sas);
			duo_run(&d, span_ms(20));
		}
		half = table_peer(d.end[RIGHT].ike, DUO_PEER)->sas;
		assert_non_null(half);
		assert_non_null(half->setup);
		assert_int_equal(half->setup->nr.n, rows[i].nonce);
		assert_true(half->setup->init_r_n <= half->setup->init_i_n);
		assert_int_equal(count.seen, rows[i].requests);
		bring_up(&d, LEFT);
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
	assert_string_equal(d.end[RIGHT].said[IKE_EV_DROPPED].s,
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

/* --- floods --- */

struct opening {
	uint8_t		b[1024];
	size_t		n;
	uint32_t	next;		/* the number in its SPI */
};

/* An opening of left's, which itself does not arrive. */
static void
take_opening(struct duo *d, struct opening *o)
{
	struct duo_rule keep = {
		.from = LEFT, .exchange = IKE_SA_INIT, .nth = 1, .until = 1,
		.fate = DUO_KEEP,
	};
	struct bytes m;

	d->rules = &keep;
	d->rules_n = 1;
	duo_up(d, LEFT);
	m = duo_kept(d);
	assert_in_range(m.n, 1, sizeof(o->b));
	memcpy(o->b, m.p, m.n);
	o->n = m.n;
	o->next = 1;
	duo_drop_kept(d);
	duo_down(d, LEFT);
	d->rules_n = 0;
	d->catch = true;
}

/* So many, each with an SPI of its own, from 203.0.113.x or one address. */
static void
flood(struct duo *d, struct opening *o, unsigned n, const char *from)
{
	struct endpoint e = { .port = 500 };

	for (unsigned i = 0; i < n; i++, o->next++) {
		struct wr w = wr_of(o->b, 4);

		wr_u32(&w, o->next);
		addr_parse(&e.addr, from != NULL ? from : "203.0.113.0");
		if (from == NULL)
			e.addr.b[3] = (uint8_t)o->next;
		duo_inject_from(d, RIGHT, &e, bytes_of(o->b, o->n));
	}
	duo_check(d);
}

/* Answers that went to strangers, of this kind and all. */
static unsigned
answers(struct duo *d, uint16_t type, unsigned *all)
{
	unsigned n = 0;
	uint8_t b[2048];
	struct msg m;
	struct hdr h;
	size_t len;

	duo_run(d, span_ms(50));
	*all = 0;
	while ((len = duo_catch(d, b, sizeof(b))) > 0) {
		++*all;
		assert_true(hdr_decode(bytes_of(b, len), &h));
		assert_int_equal(payload_decode(h.next, bytes_of(b + HDR_LEN,
		    len - HDR_LEN), HDR_LEN, &m), N_NONE);
		n += msg_notify(&m, type) != NULL;
	}
	return n;
}

static unsigned
half_open_at_right(const struct duo *d)
{
	return d->end[RIGHT].ike->half_open;
}

/* In spite of what others began. */
static void
comes_up(struct duo *d)
{
	duo_up(d, LEFT);
	duo_run(d, span_s(3));
	assert_sound(d);
	assert_true(duo_info(d, LEFT).child && duo_info(d, RIGHT).child);
	assert_int_equal(duo_info(d, LEFT).spi_out, duo_info(d, RIGHT).spi_in);
}

static void
strangers_get_no_state_and_not_every_answer(void **state)
{
	struct opening o;
	unsigned all;
	struct duo d;

	(void)state;
	duo_init(&d, 21);
	d.end[RIGHT].limits.refusals_per_s = 5;
	duo_start(&d);
	take_opening(&d, &o);
	duo_run(&d, span_s(10));
	flood(&d, &o, 100, NULL);
	assert_int_equal(answers(&d, N_NO_PROPOSAL_CHOSEN, &all), 5);
	assert_int_equal(all, 5);
	duo_run(&d, span_ms(500));
	flood(&d, &o, 100, NULL);
	assert_in_range(answers(&d, N_NO_PROPOSAL_CHOSEN, &all), 2, 3);
	duo_run(&d, span_s(60));
	flood(&d, &o, 100, NULL);
	assert_int_equal(answers(&d, N_NO_PROPOSAL_CHOSEN, &all), 5);
	assert_int_equal(d.end[RIGHT].events[IKE_EV_REFUSED], 300);
	assert_empty(&d);
	/* Who is configured is answered all the same. */
	flood(&d, &o, 100, NULL);
	comes_up(&d);
	shut_down(&d);
}

/* RFC 7296 section 3.10.1: not by an answer that nobody vouches for. */
static void
a_key_exchange_value_that_is_none_is_logged_and_leaves_nothing(void **state)
{
	struct opening o;
	struct msg m;
	unsigned all;
	struct duo d;

	(void)state;
	duo_init(&d, 30);
	addr_parse(&d.end[RIGHT].conf[0].remote, "0.0.0.0");
	duo_start(&d);
	take_opening(&d, &o);
	assert_int_equal(payload_decode(o.b[HDR_NEXT_AT], bytes_of(o.b +
	    HDR_LEN, o.n - HDR_LEN), HDR_LEN, &m), N_NONE);
	memset(o.b + (m.ke.data.p - o.b), 0, m.ke.data.n);
	duo_run(&d, span_s(10));
	flood(&d, &o, 20, NULL);
	assert_int_equal(half_open_at_right(&d), 0);
	assert_int_equal(answers(&d, N_INVALID_SYNTAX, &all), 0);
	assert_int_equal(all, 0);
	assert_why(&d, RIGHT, "the peer's key exchange value for X25519 is not "
	    "valid");
	assert_empty(&d);
	comes_up(&d);
	shut_down(&d);
}

static void
cookies_come_above_the_threshold_and_go_below_it(void **state)
{
	struct opening o;
	unsigned all;
	struct duo d;

	(void)state;
	duo_init(&d, 22);
	d.end[RIGHT].limits.cookie_above = 3;
	d.end[RIGHT].limits.half_open_per_peer = 100;
	addr_parse(&d.end[RIGHT].conf[0].remote, "0.0.0.0");
	duo_start(&d);
	take_opening(&d, &o);
	flood(&d, &o, 20, NULL);
	assert_int_equal(half_open_at_right(&d), 3);
	assert_int_equal(answers(&d, N_COOKIE, &all), 17);
	assert_int_equal(all, 20);
	/* A good peer shows its cookie and comes in. */
	comes_up(&d);
	assert_int_equal(half_open_at_right(&d), 3);
	duo_run(&d, span_s(31));
	assert_int_equal(half_open_at_right(&d), 0);
	flood(&d, &o, 2, NULL);
	assert_int_equal(half_open_at_right(&d), 2);
	assert_int_equal(answers(&d, N_COOKIE, &all), 0);
	shut_down(&d);
}

static void
one_who_is_known_by_address_is_not_crowded_out(void **state)
{
	struct opening o;
	struct duo d;

	(void)state;
	duo_init(&d, 23);
	d.end[RIGHT].limits = (struct ike_limits){
		.sas = 1000, .half_open = 10, .cookie_above = 1000,
		.half_open_per_peer = 100,
	};
	/* The second one may call from anywhere. */
	duo_add_peer(&d, RIGHT);
	addr_parse(&d.end[RIGHT].conf[1].remote, "0.0.0.0");
	duo_start(&d);
	take_opening(&d, &o);
	flood(&d, &o, 49, NULL);
	assert_int_equal(half_open_at_right(&d), 10);
	comes_up(&d);
	shut_down(&d);
}

/* The peer's address is no secret: what is sent in its name costs a cookie. */
static void
openings_in_a_peers_name_do_not_keep_it_out(void **state)
{
	struct opening o;
	struct duo d;

	(void)state;
	duo_init(&d, 25);
	d.end[RIGHT].limits.half_open_per_peer = 6;
	duo_start(&d);
	take_opening(&d, &o);
	flood(&d, &o, 100, "192.0.2.1");
	assert_int_equal(half_open_at_right(&d), 3);
	comes_up(&d);
	flood(&d, &o, 100, "192.0.2.1");
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_s(1));
	duo_rekey(&d, RIGHT, IKE);
	duo_run(&d, span_s(35));
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
		    IKE_EV_FAILED : IKE_EV_DROPPED].s, side == LEFT ?
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

/* Behind a NAT; the third of three never gets further than IKE_SA_INIT. */
static void
behind_nat_with_one_stuck(struct duo *d, struct duo_rule *no_auth)
{
	duo_init(d, 27);
	d->end[LEFT].nat.on = true;
	d->end[LEFT].nat.shift = 10000;
	addr_parse(&d->end[LEFT].nat.public, "203.0.113.1");
	d->end[RIGHT].limits.half_open_per_peer = 4;
	d->end[RIGHT].conf[0].remote = d->end[LEFT].nat.public;
	for (unsigned i = 1; i < 3; i++) {
		static const char *const names[] = { "", "left1.example",
		    "left2.example" };
		const char *name = names[i];

		duo_add_peer(d, LEFT);
		duo_add_peer(d, RIGHT);
		d->end[LEFT].conf[i].local_id = duo_id(name);
		d->end[RIGHT].conf[i].remote_id = duo_id(name);
		d->end[RIGHT].conf[i].remote = d->end[LEFT].nat.public;
	}
	*no_auth = (struct duo_rule){ .from = LEFT, .exchange = IKE_AUTH,
	    .nth = 1, .until = 99, .fate = DUO_DROP };
	d->rules = no_auth;
	d->rules_n = 1;
	duo_start(d);
	for (int i = 0; i < 9; i++) {
		ike_peer_up(d->end[LEFT].ike, d->now, 3);
		duo_run(d, span_ms(400));
		duo_crash(d, LEFT);
	}
}

static void
one_behind_a_nat_leaves_the_others_room(void **state)
{
	struct ike_peer_info info;
	struct duo_rule no_auth;
	struct duo d;

	(void)state;
	behind_nat_with_one_stuck(&d, &no_auth);
	/* Half of three times four. */
	assert_int_equal(half_open_at_right(&d), 6);
	assert_string_equal(d.end[RIGHT].said[IKE_EV_DROPPED].s,
	    "IKE_SA_INIT dropped: 6 half-open IKE SAs of 203.0.113.1:10500 "
	    "alone, and others share its address");
	/* The others come from other ports of that address. */
	d.end[LEFT].nat.shift = 20000;
	d.rules_n = 0;
	ike_peer_up(d.end[LEFT].ike, d.now, 1);
	ike_peer_up(d.end[LEFT].ike, d.now, 2);
	duo_run(&d, span_s(2));
	assert_sound(&d);
	for (uint32_t id = 1; id <= 2; id++) {
		assert_true(ike_peer_get(d.end[RIGHT].ike, id, &info));
		assert_true(info.child);
	}
	assert_int_equal(half_open_at_right(&d), 6);
	duo_run(&d, span_s(31));
	assert_int_equal(half_open_at_right(&d), 0);
	assert_int_equal(d.end[RIGHT].ike->openings.used, 0);
	ike_peer_down(d.end[LEFT].ike, d.now, 2, "test");
	shut_down(&d);
}

static void
peers_at_one_address_have_together_what_each_has_alone(void **state)
{
	struct duo_rule no_auth = {
		.from = LEFT, .exchange = IKE_AUTH, .nth = 1, .until = 99,
		.fate = DUO_DROP,
	};
	struct duo d;

	(void)state;
	for (unsigned peers = 1; peers <= 3; peers++) {
		duo_init(&d, 28);
		d.end[RIGHT].limits.half_open_per_peer = 2;
		for (unsigned i = 1; i < peers; i++)
			duo_add_peer(&d, RIGHT);
		d.rules = &no_auth;
		d.rules_n = 1;
		duo_start(&d);
		for (unsigned i = 0; i < 8; i++) {
			d.end[LEFT].nat.on = true;
			d.end[LEFT].nat.public = d.end[LEFT].addr;
			d.end[LEFT].nat.shift = (uint16_t)(1000 * i);
			duo_up(&d, LEFT);
			duo_run(&d, span_ms(400));
			duo_crash(&d, LEFT);
		}
		assert_int_equal(half_open_at_right(&d), 2 * peers);
		duo_run(&d, span_s(31));
		shut_down(&d);
	}
}

/* As when it is meant for another address of ours, where anybody may call. */
static void
what_is_not_for_a_peer_takes_nothing_from_it(void **state)
{
	struct opening o;
	struct duo d;

	(void)state;
	duo_init(&d, 29);
	d.end[RIGHT].limits = (struct ike_limits){
		.sas = 1000, .half_open = 100, .cookie_above = 1000,
		.half_open_per_peer = 4,
	};
	duo_add_peer(&d, RIGHT);
	addr_parse(&d.end[RIGHT].conf[1].remote, "0.0.0.0");
	duo_start(&d);
	take_opening(&d, &o);
	ike_peer_accept(d.end[RIGHT].ike, DUO_PEER, false);
	flood(&d, &o, 50, "192.0.2.1");
	assert_int_equal(half_open_at_right(&d), 50);
	ike_peer_accept(d.end[RIGHT].ike, DUO_PEER, true);
	comes_up(&d);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_responder_asks_for_its_group),
		cmocka_unit_test(
		    a_cookie_is_asked_for_and_kept_through_another_group),
		cmocka_unit_test(
		    an_answer_that_is_longer_than_its_request_costs_a_cookie),
		cmocka_unit_test(
		    a_repeated_request_for_a_retry_is_not_taken_twice),
		cmocka_unit_test(
		    half_open_sas_are_limited_per_peer_and_end_by_themselves),
		cmocka_unit_test(
		    those_from_anywhere_share_one_quota_and_leave_others_theirs),
		cmocka_unit_test(
		    a_peer_half_way_to_its_quota_has_to_show_a_cookie),
		cmocka_unit_test(strangers_get_no_state_and_not_every_answer),
		cmocka_unit_test(
		    a_key_exchange_value_that_is_none_is_logged_and_leaves_nothing),
		cmocka_unit_test(
		    cookies_come_above_the_threshold_and_go_below_it),
		cmocka_unit_test(
		    one_who_is_known_by_address_is_not_crowded_out),
		cmocka_unit_test(openings_in_a_peers_name_do_not_keep_it_out),
		cmocka_unit_test(the_limit_of_ike_sas_holds),
		cmocka_unit_test(
		    two_peers_behind_one_address_are_told_apart_by_identity),
		cmocka_unit_test(one_behind_a_nat_leaves_the_others_room),
		cmocka_unit_test(
		    peers_at_one_address_have_together_what_each_has_alone),
		cmocka_unit_test(what_is_not_for_a_peer_takes_nothing_from_it),
		cmocka_unit_test(one_who_is_named_goes_before_anybody),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
