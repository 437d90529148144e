/*
 * Session resumption (RFC 5723) between two instances: LEFT asks for tickets
 * and comes back with them, RIGHT gives them and forgets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ike/x_init_inner.h"
#include "ike/x_resume.h"
#include "ike/x_ticket.h"
#include "ike_duo.h"
#include "util/array.h"

/* What LEFT sends and RIGHT answers is counted; what a test adds is done. */
enum { INITS, RESUMES, RESUMED, NRULES };

struct home {
	struct duo	d;
	struct duo_rule	rules[NRULES + 3];
};

static void
home_init(struct home *h, uint64_t seed)
{
	static const struct duo_rule rules[NRULES] = {
		[INITS] = { .from = LEFT, .exchange = IKE_SA_INIT, .nth = 1,
		    .until = 0, .fate = DUO_PASS },
		[RESUMES] = { .from = LEFT, .exchange = IKE_SESSION_RESUME,
		    .nth = 1, .until = 0, .fate = DUO_PASS },
		[RESUMED] = { .from = RIGHT, .exchange = IKE_SESSION_RESUME,
		    .response = true, .nth = 1, .until = 0,
		    .fate = DUO_PASS },
	};

	duo_init(&h->d, seed);
	memcpy(h->rules, rules, sizeof(rules));
	h->d.rules = h->rules;
	h->d.rules_n = NRULES;
	for (int i = 0; i < 2; i++)
		h->d.end[i].conf[0].resumption = true;
	h->d.end[LEFT].keep_up = true;
}

static void
home_start(struct home *h)
{
	duo_start(&h->d);
	bring_up(&h->d, LEFT);
	assert_int_equal(h->rules[INITS].seen, 1);
	assert_int_equal(h->rules[RESUMES].seen, 0);
}

/* RIGHT loses everything but its ticket keys, and LEFT finds out. */
static void
lose_right(struct home *h)
{
	duo_crash(&h->d, RIGHT);
	duo_run(&h->d, span_s(1));
	if (!duo_run_up(&h->d, span_s(120)))
		assert_paired(&h->d);
	assert_sound(&h->d);
}

static struct ike_resumption
of(const struct home *h, int side)
{
	return duo_info(&h->d, side).resumption;
}

static struct ike_peer *
peer_at(const struct home *h, int side)
{
	return table_peer(h->d.end[side].ike, DUO_PEER);
}

/* The last set-up needed no IKE_SA_INIT, hence no key exchange. */
static void
assert_resumed(struct home *h, unsigned times)
{
	assert_paired(&h->d);
	assert_true(of(h, LEFT).on && of(h, RIGHT).on);
	assert_int_equal(of(h, LEFT).count, times);
	assert_int_equal(h->rules[INITS].seen, 1);
	assert_int_equal(h->d.end[LEFT].events[IKE_EV_RESUMED], times);
}

static void
assert_from_scratch(struct home *h)
{
	assert_paired(&h->d);
	assert_false(of(h, LEFT).on || of(h, RIGHT).on);
	assert_int_equal(of(h, LEFT).count, 0);
	assert_true(h->rules[INITS].seen > 1);
}

static void
home_end(struct home *h)
{
	shut_down(&h->d);
}

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
	snprintf(h->d.end[RIGHT].conf[0].ppk_id, IKE_PPK_ID_LEN, "new");
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

/* --- tickets that are no longer good --- */

/* What an eavesdropper has of a resumption, to be sent again. */
static void
record_resumption(struct home *h, uint8_t *buf, size_t *n)
{
	struct bytes kept;

	h->rules[NRULES] = (struct duo_rule){ .from = LEFT,
	    .exchange = IKE_SESSION_RESUME, .nth = 1, .until = 1,
	    .fate = DUO_KEEP };
	h->d.rules_n = NRULES + 1;
	duo_crash(&h->d, RIGHT);
	duo_run(&h->d, span_s(45));
	kept = duo_kept(&h->d);
	assert_true(kept.n > 0);
	memcpy(buf, kept.p, kept.n);
	*n = kept.n;
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
	if (!duo_run_up(&h.d, span_s(60)))
		assert_paired(&h.d);
	assert_resumed(&h, 1);
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
	if (!duo_run_up(&h.d, span_s(60)))
		assert_paired(&h.d);
	assert_resumed(&h, 1);
	duo_run(&h.d, span_s(60));
	assert_int_equal(h.d.end[RIGHT].ike->half_open, 0);
	assert_int_equal(duo_info(&h.d, RIGHT).ike_sas, 1);
	home_end(&h);
}

/* Another copy of a ticket that LEFT had before. */
static struct resume *
copy_of(const struct resume *r)
{
	struct resume *c = resume_new(bytes_of(r->opaque, r->n));

	assert_non_null(c);
	c->s = r->s;
	return c;
}

static void
give_back(struct home *h, struct resume *r)
{
	resume_free(peer_at(h, LEFT)->tickets.held);
	peer_at(h, LEFT)->tickets.held = r;
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
	home_init(&h, 40);
	h.d.end[RIGHT].conf[0].ike_lifetime = span_s(1000);
	h.d.end[RIGHT].conf[0].rekey_margin = span_s(10);
	home_start(&h);
	assert_true(of(&h, LEFT).ticket_until.ns <=
	    instant_after(h.d.now, span_s(1000)).ns);
	h.d.end[LEFT].keep_up = false;
	h.d.link.loss = 100;
	duo_run(&h.d, span_s(1100));
	h.d.link.loss = 0;
	h.d.end[LEFT].keep_up = true;
	duo_up(&h.d, LEFT);
	duo_run(&h.d, span_s(20));
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
	home_init(&h, 41);
	h.d.end[RIGHT].conf[0].ike_lifetime = span_s(1000);
	home_start(&h);
	peer_at(&h, LEFT)->tickets.held->s.expires = INSTANT_NEVER;
	h.d.end[LEFT].keep_up = false;
	h.d.link.loss = 100;
	duo_run(&h.d, span_s(1100));
	h.d.link.loss = 0;
	h.d.end[LEFT].keep_up = true;
	duo_up(&h.d, LEFT);
	duo_run(&h.d, span_s(20));
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
		h.d.end[LEFT].keep_up = true;
		duo_up(&h.d, LEFT);
		duo_run(&h.d, span_s(20));
		assert_from_scratch(&h);
		assert_int_equal(of(&h, RIGHT).refused, TICKET_ENDED);
		home_end(&h);
	}
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

/* --- who it is --- */

/* Somebody who has the keys but is another one cannot become him. */
static void
identities_must_be_those_of_the_ticket(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 46);
	home_start(&h);
	peer_at(&h, LEFT)->conf.local_id = duo_id("other.example");
	h.d.end[RIGHT].conf[0].remote_id.type = ID_FQDN;
	duo_crash(&h.d, RIGHT);
	duo_run(&h.d, span_s(60));
	assert_int_equal(of(&h, LEFT).refused, TICKET_NOT_PROVED);
	assert_int_equal(of(&h, RIGHT).count, 0);
	assert_int_equal(h.rules[RESUMES].seen, 1);
	assert_true(h.rules[INITS].seen > 1);
	h.d.end[LEFT].keep_up = false;
	duo_run(&h.d, span_s(120));
	shut_down(&h.d);
}

/* AUTH by keys that are not those of the session. */
static void
whoever_lacks_the_old_keys_is_not_authenticated(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 47);
	home_start(&h);
	peer_at(&h, LEFT)->tickets.held->s.sk_d.b[0] ^= 1;
	duo_crash(&h.d, RIGHT);
	duo_run(&h.d, span_s(200));
	/* IKE_AUTH cannot even be read; the next attempt has no ticket. */
	assert_int_equal(of(&h, RIGHT).count, 0);
	assert_from_scratch(&h);
	home_end(&h);
}

/* Libreswan 5.2 signs its message alone; it is answered in the same way. */
static void
auth_over_the_message_alone_is_taken_and_answered_alike(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 50);
	home_start(&h);
	peer_at(&h, LEFT)->tickets.terse = true;
	lose_right(&h);
	assert_resumed(&h, 1);
	assert_true(peer_at(&h, LEFT)->tickets.terse);
	home_end(&h);
}

/* --- with other extensions --- */

static void
both_ends_at_once_end_with_one_pair(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 30; seed++) {
		struct home h;

		home_init(&h, 500 + seed);
		h.d.end[RIGHT].keep_up = true;
		h.d.link.jitter = span_ms(200);
		duo_start(&h.d);
		duo_run(&h.d, span_s(60));
		assert_paired(&h.d);
		for (int i = 0; i < 3; i++) {
			duo_crash(&h.d, seed & 1 ? LEFT : RIGHT);
			if (seed % 3 == 0)
				duo_run(&h.d, span_s(30));
			duo_run(&h.d, span_s(120));
			assert_paired(&h.d);
		}
		shut_down(&h.d);
	}
}

static void
with_ppk(struct home *h)
{
	for (int i = 0; i < 2; i++) {
		struct ike_peer_conf *c = &h->d.end[i].conf[0];

		snprintf(c->ppk_id, sizeof(c->ppk_id), "k");
		c->ppk_required = true;
		h->d.end[i].ppk = "a key that no quantum computer finds";
	}
}

static void
with_nat(struct home *h)
{
	h->d.end[LEFT].nat.on = true;
	addr_parse(&h->d.end[LEFT].nat.public, "203.0.113.1");
	h->d.end[LEFT].nat.shift = 10000;
}

static void
with_childless(struct home *h)
{
	h->d.end[LEFT].conf[0].childless = IKE_CHILDLESS_FORCE;
	h->d.end[RIGHT].conf[0].childless = IKE_CHILDLESS_FORCE;
}

static struct addke slots;

static void
with_more_key_exchanges(struct home *h)
{
	slots = duo_addke("20/21 none");
	h->d.end[LEFT].conf[0].ike.addke = &slots;
	h->d.end[RIGHT].conf[0].ike.addke = &slots;
}

static void
with_small_fragments(struct home *h)
{
	h->d.link.mtu = 576;
	h->d.end[LEFT].conf[0].fragment_size = 576;
	h->d.end[RIGHT].conf[0].fragment_size = 576;
}

static void
with_cbc(struct home *h)
{
	for (int i = 0; i < 2; i++) {
		struct offer *o = &h->d.end[i].conf[0].ike;

		o->encr = duo_algs(ALG_ENCR, "AES256");
		o->integ = duo_algs(ALG_INTEG, "SHA2-512");
		o->prf = duo_algs(ALG_PRF, "SHA2-512");
	}
}

static void
with_anybody(struct home *h)
{
	h->d.end[RIGHT].conf[0].remote = addr_any(ADDR_IPV4);
}

static const struct extension {
	const char	*what;
	void		(*set)(struct home *);
} extensions[] = {
	{ "PPKs on both sides", with_ppk },
	{ "NAT", with_nat },
	{ "childless", with_childless },
	{ "additional key exchanges", with_more_key_exchanges },
	{ "fragments", with_small_fragments },
	{ "CBC and SHA2-512", with_cbc },
	{ "a peer from anywhere", with_anybody },
};

static void
resumption_goes_with_every_extension(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
		struct home h;
		bool nat = extensions[i].set == with_nat;

		print_message("    %s\n", extensions[i].what);
		home_init(&h, 60 + i);
		h.rules[NRULES] = (struct duo_rule){ .from = LEFT,
		    .exchange = IKE_INTERMEDIATE, .nth = 1, .until = 9999,
		    .fate = DUO_PASS };
		h.d.rules_n = NRULES + 1;
		extensions[i].set(&h);
		home_start(&h);
		h.rules[NRULES].seen = 0;
		lose_right(&h);
		assert_resumed(&h, 1);
		assert_int_equal(h.rules[NRULES].seen, 0);
		assert_int_equal(duo_info(&h.d, LEFT).nat_local, nat);
		assert_int_equal(duo_info(&h.d, RIGHT).ppk,
		    extensions[i].set == with_ppk);
		/* What follows from its keys goes on. */
		assert_true(duo_rekey(&h.d, RIGHT, IKE));
		duo_run(&h.d, span_s(5));
		assert_true(duo_rekey(&h.d, LEFT, CHILD));
		duo_run(&h.d, span_s(5));
		assert_paired(&h.d);
		home_end(&h);
	}
}

/* --- keys and messages --- */

static void
hmac(const void *key, size_t key_n, const struct bytes *parts, size_t n,
    uint8_t out[static 32])
{
	uint8_t all[1024];
	struct wr w = wr_of(all, sizeof(all));
	unsigned len = 32;

	for (size_t i = 0; i < n; i++)
		wr_bytes(&w, parts[i]);
	assert_false(w.bad);
	assert_non_null(HMAC(EVP_sha256(), key, (int)key_n, all, w.n, out,
	    &len));
}

/*
 * Section 5.1: SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr), and from that
 * {SK_d | ...} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), whose first octets are
 * SK_d: T1 = prf(SKEYSEED, Ni | Nr | SPIi | SPIr | 0x01).
 */
static void
keys_are_derived_as_the_rfc_says(void **state)
{
	static const uint8_t spis[16] = { 1, 2, 3, 4, 5, 6, 7, 8,
	    9, 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t one = 1;
	struct session s = { .suite = {
		.encr = alg_find(ALG_ENCR, ENCR_AES_GCM_16, 256),
		.prf = alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0),
		.ke = alg_find(ALG_KE, KE_CURVE25519, 0),
	}, .sk_d = { .n = 32 } };
	struct resume *r = resume_new((struct bytes){ 0 });
	struct setup setup = { .resume = r, .ni = { .n = 32 },
	    .nr = { .n = 48 } };
	struct ike_sa sa = { .setup = &setup,
	    .spi_i = 0x0102030405060708, .spi_r = 0x090a0b0c0d0e0f10 };
	uint8_t skeyseed[32], sk_d[32];
	struct bytes first[3], second[4];

	(void)state;
	memset(s.sk_d.b, 0xd1, 32);
	memset(setup.ni.b, 0x11, 32);
	memset(setup.nr.b, 0x22, 48);
	r->s = s;
	first[0] = bytes_of("Resumption", 10);
	first[1] = second[0] = bytes_of(setup.ni.b, 32);
	first[2] = second[1] = bytes_of(setup.nr.b, 48);
	second[2] = bytes_of(spis, 16);
	second[3] = bytes_of(&one, 1);
	hmac(s.sk_d.b, 32, first, 3, skeyseed);
	hmac(skeyseed, 32, second, 4, sk_d);
	assert_true(x_resume_derive(&sa));
	assert_int_equal(sa.keys.sk_d.n, 32);
	assert_memory_equal(sa.keys.sk_d.b, sk_d, 32);
	keys_fini(&sa.keys);
	resume_free(r);
}

/* Section 4.3.2: HDR, Ni, N(TICKET_OPAQUE); no SA, no KE. */
static void
the_request_carries_a_nonce_and_the_ticket_alone(void **state)
{
	uint8_t request[2048];
	struct hdr hdr;
	struct msg m;
	struct home h;
	size_t n;

	(void)state;
	home_init(&h, 48);
	home_start(&h);
	record_resumption(&h, request, &n);
	assert_true(hdr_decode(bytes_of(request, n), &hdr));
	assert_int_equal(hdr.exchange, 38);
	assert_int_equal(hdr.mid, 0);
	assert_true(hdr.spi_r == 0);
	assert_int_equal(payload_decode(hdr.next, bytes_of(request + HDR_LEN,
	    n - HDR_LEN), HDR_LEN, &m), N_NONE);
	assert_int_equal(m.seen, PL_BIT(PL_NONCE) | PL_BIT(PL_NOTIFY));
	assert_non_null(msg_notify(&m, 16413));
	duo_drop_kept(&h.d);
	h.d.end[LEFT].keep_up = false;
	duo_run(&h.d, span_s(60));
	shut_down(&h.d);
}

static void
hostile_tickets_are_answered_with_nack_or_nothing(void **state)
{
	struct home h;

	(void)state;
	home_init(&h, 49);
	home_start(&h);
	for (size_t len = 0; len < 3400; len += len < 600 ? 7 : 400) {
		uint8_t buf[4096], junk[4096];
		struct hdr hdr = { .spi_i = 1000 + len, .version = HDR_VERSION,
		    .exchange = IKE_SESSION_RESUME, .flags = HDR_INITIATOR };
		struct build b;

		drbg_fill(&h.d.chance, junk, sizeof(junk));
		junk[0] = len % 2 == 0;
		build_begin(&b, buf, sizeof(buf), &hdr);
		build_bytes(&b, PL_NONCE, bytes_of(junk + 600, 32));
		build_notify(&b, N_TICKET_OPAQUE, bytes_of(junk, len));
		duo_inject(&h.d, RIGHT, build_end(&b, &h.d.chance));
		/* And as an answer that nobody waits for. */
		hdr.flags = HDR_RESPONSE;
		build_begin(&b, buf, sizeof(buf), &hdr);
		build_notify(&b, N_TICKET_NACK, (struct bytes){ 0 });
		duo_inject(&h.d, LEFT, build_end(&b, &h.d.chance));
		duo_run(&h.d, span_ms(300));
		assert_int_equal(h.d.end[RIGHT].ike->half_open, 0);
	}
	assert_true(h.rules[RESUMED].seen > 10);
	assert_paired(&h.d);
	assert_non_null(peer_at(&h, LEFT)->tickets.held);
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
		cmocka_unit_test(
		    a_ticket_outlives_attempts_without_any_answer),
		cmocka_unit_test(
		    an_sa_that_is_still_there_gives_way_silently),
		cmocka_unit_test(a_cookie_is_brought_with_the_same_ticket),
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
		cmocka_unit_test(a_tunnel_that_is_down_resumes_nothing),
		cmocka_unit_test(a_peer_that_drains_resumes_nothing),
		cmocka_unit_test(a_resumed_sa_can_be_redirected),
		cmocka_unit_test(a_rekeyed_sa_gets_another_ticket),
		cmocka_unit_test(a_short_ticket_is_renewed_in_time),
		cmocka_unit_test(identities_must_be_those_of_the_ticket),
		cmocka_unit_test(
		    whoever_lacks_the_old_keys_is_not_authenticated),
		cmocka_unit_test(
		    auth_over_the_message_alone_is_taken_and_answered_alike),
		cmocka_unit_test(both_ends_at_once_end_with_one_pair),
		cmocka_unit_test(resumption_goes_with_every_extension),
		cmocka_unit_test(keys_are_derived_as_the_rfc_says),
		cmocka_unit_test(
		    the_request_carries_a_nonce_and_the_ticket_alone),
		cmocka_unit_test(
		    hostile_tickets_are_answered_with_nack_or_nothing),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
