/*
 * Tickets (RFC 5723) that are no longer good: used before, expired, of an SA
 * that has ended or of a tunnel that is not to be resumed; and those that come
 * in their place.
 */
#include "test/unit/ike_home.h"

/* With its ticket, of its own accord. */
static void
comes_back(struct home *h)
{
	if (!duo_run_up(&h->d, span_s(60)))
		assert_paired(&h->d);
	assert_resumed(h, 1);
}

/* Nothing arrives for so long, and LEFT is content with that. */
static void
cut_off(struct home *h, struct span time)
{
	h->d.end[LEFT].keep_up = false;
	h->d.link.loss = 100;
	duo_run(&h->d, time);
	h->d.link.loss = 0;
}

static void
call_again(struct home *h)
{
	h->d.end[LEFT].keep_up = true;
	duo_up(&h->d, LEFT);
	duo_run(&h->d, span_s(20));
}

/* The start of a tunnel where RIGHT's SAs do not live for long. */
static void
start_short(struct home *h, uint64_t seed)
{
	home_init(h, seed);
	h->d.end[RIGHT].conf[0].ike_lifetime = span_s(1000);
	h->d.end[RIGHT].conf[0].rekey_margin = span_s(10);
	home_start(h);
}

static void
a_replayed_request_is_refused_and_harms_nobody(void **state)
{
	uint8_t request[2048];
	struct ike_sa *sa;
	struct home h;
	size_t n;

	(void)state;
	home_init(&h, 36);
	home_start(&h);
	record_resumption(&h, request, &n);
	duo_release(&h.d);
	comes_back(&h);
	duo_run(&h.d, span_s(60));
	sa = sa_at(&h.d, RIGHT);
	h.rules[RESUMED].seen = 0;
	duo_inject(&h.d, RIGHT, bytes_of(request, n));
	duo_run(&h.d, span_s(1));
	assert_int_equal(h.rules[RESUMED].seen, 0);
	/* Not octet for octet: with another SPIi. */
	request[0] ^= 0x80;
	duo_inject(&h.d, RIGHT, bytes_of(request, n));
	duo_run(&h.d, span_s(1));
	assert_int_equal(h.rules[RESUMED].seen, 1);
	assert_int_equal(of(&h, RIGHT).refused, TICKET_USED);
	assert_ptr_equal(sa, sa_at(&h.d, RIGHT));
	assert_int_equal(duo_info(&h.d, RIGHT).ike_sas, 1);
	assert_int_equal(h.d.end[RIGHT].ike->half_open, 0);
	assert_paired(&h.d);
	home_end(&h);
}

/*
 * After a restart nobody knows what was used: then it makes a half-open SA that
 * the replayer cannot complete, and that goes by itself.
 */
static void
a_replay_after_a_restart_makes_nothing_but_a_half_open_sa(void **state)
{
	uint8_t request[2048];
	struct home h;
	size_t n;

	(void)state;
	home_init(&h, 37);
	home_start(&h);
	record_resumption(&h, request, &n);
	duo_drop_kept(&h.d);
	h.d.end[LEFT].keep_up = false;
	duo_down(&h.d, LEFT);
	duo_crash(&h.d, RIGHT);
	duo_inject(&h.d, RIGHT, bytes_of(request, n));
	duo_run(&h.d, span_s(1));
	assert_int_equal(h.d.end[RIGHT].ike->half_open, 1);
	duo_run(&h.d, span_s(60));
	assert_int_equal(h.d.end[RIGHT].ike->half_open, 0);
	assert_int_equal(of(&h, RIGHT).count, 0);
	assert_empty(&h.d);
	home_end(&h);
}

/* The ticket is in clear: somebody in between presents it first. */
static void
a_stolen_ticket_does_not_stop_its_owner(void **state)
{
	uint8_t request[2048];
	struct home h;
	size_t n;

	(void)state;
	home_init(&h, 38);
	home_start(&h);
	record_resumption(&h, request, &n);
	/* Another SPIi, hence another request. */
	request[0] ^= 0x80;
	duo_inject(&h.d, RIGHT, bytes_of(request, n));
	duo_run(&h.d, span_ms(100));
	duo_release(&h.d);
	comes_back(&h);
	duo_run(&h.d, span_s(60));
	assert_int_equal(h.d.end[RIGHT].ike->half_open, 0);
	assert_int_equal(duo_info(&h.d, RIGHT).ike_sas, 1);
	home_end(&h);
}

static void
of_two_tickets_one_resumes_and_the_other_is_void(void **state)
{
	struct resume *first, *second;
	struct home h;

	(void)state;
	for (int older = 0; older < 2; older++) {
		home_init(&h, 39);
		home_start(&h);
		first = copy_of(peer_at(&h, LEFT)->tickets.held);
		sa_at(&h.d, LEFT)->want_ticket = true;
		sa_touch(sa_at(&h.d, LEFT));
		duo_run(&h.d, span_s(20));
		second = copy_of(peer_at(&h, LEFT)->tickets.held);
		assert_memory_not_equal(first->opaque, second->opaque,
		    first->n);
		give_back(&h, older ? first : second);
		lose_right(&h);
		assert_resumed(&h, 1);
		/* The other one, while RIGHT remembers. */
		give_back(&h, older ? second : first);
		sa_die(sa_at(&h.d, LEFT), h.d.now, NULL);
		sa_settle_all(h.d.end[LEFT].ike, h.d.now);
		duo_up(&h.d, LEFT);
		duo_run(&h.d, span_s(5));
		assert_int_equal(of(&h, RIGHT).refused, TICKET_USED);
		assert_int_equal(h.rules[INITS].seen, 2);
		home_end(&h);
	}
}

static void
an_expired_ticket_is_not_presented(void **state)
{
	struct home h;

	(void)state;
	start_short(&h, 40);
	assert_true(of(&h, LEFT).ticket_until.ns <=
	    instant_after(h.d.now, span_s(1000)).ns);
	cut_off(&h, span_s(1100));
	call_again(&h);
	assert_from_scratch(&h);
	assert_int_equal(h.rules[RESUMES].seen, 0);
	assert_int_equal(of(&h, LEFT).refused, TICKET_EXPIRED);
	home_end(&h);
}

/* One that lies about its time is found out by the other side. */
static void
an_expired_ticket_that_is_presented_is_refused(void **state)
{
	struct home h;

	(void)state;
	start_short(&h, 41);
	peer_at(&h, LEFT)->tickets.held->s.expires = INSTANT_NEVER;
	cut_off(&h, span_s(1100));
	call_again(&h);
	assert_from_scratch(&h);
	assert_int_equal(of(&h, RIGHT).refused, TICKET_EXPIRED);
	home_end(&h);
}

/* Section 6.2: "when an IKE SA is deleted ... the client MUST delete" it. */
static void
a_deleted_sa_takes_its_ticket_along(void **state)
{
	(void)state;
	for (int by = LEFT; by <= RIGHT; by++) {
		struct resume *r;
		struct home h;

		home_init(&h, 42);
		home_start(&h);
		r = copy_of(peer_at(&h, LEFT)->tickets.held);
		h.d.end[LEFT].keep_up = false;
		duo_down(&h.d, by);
		duo_run(&h.d, span_s(10));
		assert_null(peer_at(&h, LEFT)->tickets.held);
		/* And one that does not obey is refused. */
		give_back(&h, r);
		call_again(&h);
		assert_from_scratch(&h);
		assert_int_equal(of(&h, RIGHT).refused, TICKET_ENDED);
		home_end(&h);
	}
}

/*
 * RIGHT calls, and whoever answers is not LEFT: an attempt of which nothing
 * came is no end of the session that was lost before.
 */
static void
an_attempt_that_fails_takes_no_ticket_along(void **state)
{
	struct resume *r;
	struct home h;

	(void)state;
	home_init(&h, 51);
	h.rules[NRULES] = (struct duo_rule){ .from = LEFT,
	    .exchange = IKE_AUTH, .response = true, .nth = 1, .until = 1,
	    .fate = DUO_LATE, .delay = span_s(1) };
	h.d.rules_n = NRULES + 1;
	home_start(&h);
	r = copy_of(peer_at(&h, LEFT)->tickets.held);
	cut_off(&h, span_s(120));
	duo_up(&h.d, RIGHT);
	duo_run(&h.d, span_ms(500));
	peer_at(&h, RIGHT)->conf.remote_id = duo_id("other.example");
	duo_run(&h.d, span_s(20));
	assert_empty(&h.d);
	assert_non_null(strstr(duo_info(&h.d, RIGHT).why.s, "other.example"));
	peer_at(&h, RIGHT)->conf.remote_id = h.d.end[RIGHT].conf[0].remote_id;
	give_back(&h, r);
	h.d.end[LEFT].keep_up = true;
	duo_up(&h.d, LEFT);
	comes_back(&h);
	home_end(&h);
}

static void
a_tunnel_that_is_down_resumes_nothing(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 43);
	home_start(&h);
	duo_crash(&h.d, RIGHT);
	ike_peer_accept(h.d.end[RIGHT].ike, DUO_PEER, false);
	duo_run(&h.d, span_s(60));
	assert_int_equal(of(&h, RIGHT).refused, TICKET_DOWN);
	assert_int_equal(of(&h, RIGHT).count, 0);
	h.d.end[LEFT].keep_up = false;
	duo_run(&h.d, span_s(60));
	shut_down(&h.d);
}

/* RFC 5685: it has to call in full, so that it can be sent elsewhere. */
static void
a_peer_that_drains_resumes_nothing(void **state)
{
	struct addr to;
	struct home h;

	(void)state;
	home_init(&h, 45);
	h.d.end[LEFT].conf[0].accept_redirect = true;
	home_start(&h);
	addr_parse(&to, "203.0.113.77");
	duo_crash(&h.d, RIGHT);
	ike_peer_drain(h.d.end[RIGHT].ike, h.d.now, DUO_PEER, true, &to);
	duo_run(&h.d, span_s(40));
	assert_int_equal(of(&h, RIGHT).refused, TICKET_DRAINING);
	assert_int_equal(of(&h, RIGHT).count, 0);
	assert_non_null(strstr(h.d.end[LEFT].said[IKE_EV_REDIRECTED].s,
	    "203.0.113.77"));
	ike_peer_drain(h.d.end[RIGHT].ike, h.d.now, DUO_PEER, false, NULL);
	duo_run(&h.d, span_s(60));
	assert_paired(&h.d);
	shut_down(&h.d);
}

/* What was said of redirects is said anew with the session. */
static void
a_resumed_sa_can_be_redirected(void **state)
{
	struct addr to;
	struct home h;

	(void)state;
	home_init(&h, 46);
	h.d.end[LEFT].conf[0].accept_redirect = true;
	home_start(&h);
	lose_right(&h);
	assert_resumed(&h, 1);
	assert_true(duo_info(&h.d, RIGHT).follows);
	addr_parse(&to, "203.0.113.77");
	ike_peer_drain(h.d.end[RIGHT].ike, h.d.now, DUO_PEER, true, &to);
	assert_true(ike_peer_redirect(h.d.end[RIGHT].ike, h.d.now, DUO_PEER));
	duo_run(&h.d, span_s(60));
	assert_true(h.d.end[LEFT].events[IKE_EV_REDIRECTED] > 0);
	home_end(&h);
}

static void
a_rekeyed_sa_gets_another_ticket(void **state)
{
	(void)state;
	for (int by = LEFT; by <= RIGHT; by++) {
		uint8_t before[64];
		struct home h;

		home_init(&h, 44);
		home_start(&h);
		memcpy(before, peer_at(&h, LEFT)->tickets.held->opaque,
		    sizeof(before));
		assert_true(duo_rekey(&h.d, by, IKE));
		duo_run(&h.d, span_s(5));
		assert_non_null(peer_at(&h, LEFT)->tickets.held);
		assert_memory_not_equal(
		    peer_at(&h, LEFT)->tickets.held->opaque, before,
		    sizeof(before));
		assert_true(peer_at(&h, LEFT)->tickets.held->s.spi_i ==
		    sa_at(&h.d, LEFT)->spi_i);
		lose_right(&h);
		assert_resumed(&h, 1);
		home_end(&h);
	}
}

/* RIGHT's tickets are for a quarter of an hour, LEFT's SA for hours. */
static void
a_short_ticket_is_renewed_in_time(void **state)
{
	struct resume *r;
	struct home h;

	(void)state;
	home_init(&h, 45);
	home_start(&h);
	r = peer_at(&h, LEFT)->tickets.held;
	assert_true(sa_at(&h.d, LEFT)->ticket_at.ns < r->s.expires.ns);
	sa_at(&h.d, LEFT)->ticket_at = instant_after(h.d.now, span_s(100));
	sa_touch(sa_at(&h.d, LEFT));
	sa_settle_all(h.d.end[LEFT].ike, h.d.now);
	duo_run(&h.d, span_s(110));
	assert_ptr_not_equal(r, peer_at(&h, LEFT)->tickets.held);
	lose_right(&h);
	assert_resumed(&h, 1);
	home_end(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_replayed_request_is_refused_and_harms_nobody),
		cmocka_unit_test(
		    a_replay_after_a_restart_makes_nothing_but_a_half_open_sa),
		cmocka_unit_test(a_stolen_ticket_does_not_stop_its_owner),
		cmocka_unit_test(
		    of_two_tickets_one_resumes_and_the_other_is_void),
		cmocka_unit_test(an_expired_ticket_is_not_presented),
		cmocka_unit_test(
		    an_expired_ticket_that_is_presented_is_refused),
		cmocka_unit_test(a_deleted_sa_takes_its_ticket_along),
		cmocka_unit_test(an_attempt_that_fails_takes_no_ticket_along),
		cmocka_unit_test(a_tunnel_that_is_down_resumes_nothing),
		cmocka_unit_test(a_peer_that_drains_resumes_nothing),
		cmocka_unit_test(a_resumed_sa_can_be_redirected),
		cmocka_unit_test(a_rekeyed_sa_gets_another_ticket),
		cmocka_unit_test(a_short_ticket_is_renewed_in_time),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
