/*
 * Redirects on the wire (RFC 5685): what an initiator believes before anybody
 * has authenticated, what it does not follow, and redirects that cross other
 * exchanges.  Gateways that are followed and drained are in
 * sim_redirect*_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/build.h"
#include "ike/nat.h"
#include "ike_duo.h"
#include "util/array.h"

#define ELSEWHERE	"203.0.113.77"

static struct addr
address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(&a, text));
	return a;
}

/* Left calls; what right says to it is dropped, late, or goes by. */
static void
call(struct duo *d, struct duo_rule *rule)
{
	duo_init(d, 7);
	d->link.delay = span_ms(5);
	d->end[LEFT].conf[0].accept_redirect = true;
	*rule = (struct duo_rule){
		.from = RIGHT, .exchange = IKE_SA_INIT, .response = true,
		.nth = 1, .until = 99, .fate = rule->fate,
		.delay = rule->delay,
	};
	d->rules = rule;
	d->rules_n = 1;
	duo_start(d);
	duo_up(d, LEFT);
	duo_run(d, span_ms(20));
}

/* A REDIRECT as an answer to left's IKE_SA_INIT, by whoever. */
static void
say_redirect(struct duo *d, struct bytes data)
{
	const struct ike_sa *sa = sa_at(d, LEFT);
	struct hdr h = {
		.spi_i = sa->spi_i, .version = HDR_VERSION,
		.exchange = IKE_SA_INIT, .flags = HDR_RESPONSE,
	};
	uint8_t buf[1024];
	struct build b;

	build_begin(&b, buf, sizeof(buf), &h);
	build_notify(&b, N_REDIRECT, data);
	duo_inject(d, LEFT, build_end(&b, &d->end[LEFT].drbg));
	duo_check(d);
}

struct data {
	uint8_t	b[600];
	size_t	n;
};

/* To an address, with the nonce of left's request or what is close to it. */
static struct bytes
redirect_with(const struct duo *d, struct data *data, const char *to,
    size_t nonce_n, unsigned flip)
{
	const struct nonce *ni = &sa_at(d, LEFT)->setup->ni;
	struct wr w = wr_of(data->b, sizeof(data->b));
	struct addr a = address(to);
	uint8_t nonce[NONCE_MAX] = { 0 };

	memcpy(nonce, ni->b, ni->n);
	nonce[ni->n - 1] ^= (uint8_t)flip;
	redirect_encode(&w, &a, bytes_of(nonce, nonce_n));
	assert_false(w.bad);
	data->n = w.n;
	return wr_done(&w);
}

static struct bytes
good_redirect(const struct duo *d, struct data *data)
{
	return redirect_with(d, data, ELSEWHERE, NONCE_OURS, 0);
}

/* --- before authentication --- */

static void
who_has_not_seen_the_request_redirects_nobody(void **state)
{
	static const struct {
		const char	*what;
		size_t		n;
		unsigned	flip;
	} rows[] = {
		{ "a bit of the nonce differs", NONCE_OURS, 1 },
		{ "it lacks an octet", NONCE_OURS - 1, 0 },
		{ "it has one more", NONCE_OURS + 1, 0 },
		{ "there is none", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct duo_rule rule = { .fate = DUO_DROP };
		struct data data;
		struct duo d;

		print_message("    %s\n", rows[i].what);
		call(&d, &rule);
		say_redirect(&d, redirect_with(&d, &data, ELSEWHERE,
		    rows[i].n, rows[i].flip));
		duo_run(&d, span_s(5));
		assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 0);
		assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED], 0);
		/* The attempt goes on as if nothing had been said. */
		rule.until = 1;
		bring_up(&d, LEFT);
		shut_down(&d);
	}
}

static void
the_own_answer_of_the_gateway_wins_the_race(void **state)
{
	(void)state;
	for (unsigned ms = 20; ms < 1000; ms += 140) {
		struct duo_rule rule = {
			.fate = DUO_LATE, .delay = span_ms(ms),
		};
		struct data data;
		struct duo d;

		call(&d, &rule);
		say_redirect(&d, good_redirect(&d, &data));
		say_redirect(&d, good_redirect(&d, &data));
		bring_up(&d, LEFT);
		duo_run(&d, span_s(10));
		assert_paired(&d);
		assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 0);
		assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED], 0);
		shut_down(&d);
	}
}

/* Even one that we do not follow is only a doubt: the answer still counts. */
static void
what_is_not_followed_leaves_the_attempt_alone(void **state)
{
	struct duo_rule rule = { .fate = DUO_LATE, .delay = span_ms(900) };
	struct data data;
	struct duo d;

	(void)state;
	call(&d, &rule);
	say_redirect(&d, redirect_with(&d, &data, "127.0.0.1", NONCE_OURS, 0));
	assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED], 1);
	bring_up(&d, LEFT);
	shut_down(&d);
}

/* The request that went to somebody else, decoded. */
static void
caught(struct duo *d, struct data *raw, struct hdr *h, struct msg *m)
{
	raw->n = duo_catch(d, raw->b, sizeof(raw->b));
	assert_true(raw->n > HDR_LEN);
	assert_true(hdr_decode(bytes_of(raw->b, raw->n), h));
	assert_int_equal(payload_decode(h->next, bytes_of(raw->b + HDR_LEN,
	    raw->n - HDR_LEN), HDR_LEN, m), N_NONE);
}

static void
a_redirect_is_followed_after_a_moment_and_says_from_where(void **state)
{
	struct duo_rule rule = { .fate = DUO_DROP };
	const struct pl_notify *n;
	struct redirect_to from;
	struct data data, raw;
	struct hdr h;
	struct msg m;
	struct duo d;

	(void)state;
	call(&d, &rule);
	d.catch = true;
	d.end[LEFT].keep_up = true;
	say_redirect(&d, good_redirect(&d, &data));
	/* A second one changes nothing. */
	say_redirect(&d, redirect_with(&d, &data, "203.0.113.78", NONCE_OURS,
	    0));
	duo_run(&d, span_ms(900));
	assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 0);
	duo_run(&d, span_ms(200));
	assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 1);
	assert_non_null(strstr(d.end[LEFT].said[IKE_EV_REDIRECTED].s,
	    "redirects us to " ELSEWHERE " in IKE_SA_INIT"));
	caught(&d, &raw, &h, &m);
	assert_int_equal(h.exchange, IKE_SA_INIT);
	assert_null(msg_notify(&m, N_REDIRECT_SUPPORTED));
	n = msg_notify(&m, N_REDIRECTED_FROM);
	assert_non_null(n);
	assert_true(redirect_decode(n->data, &from));
	assert_true(addr_eq(&from.addr, &d.end[RIGHT].addr));
	assert_int_equal(from.nonce.n, 0);
	/* Nobody is there: back to the gateway that is configured. */
	rule.until = 1;
	if (!duo_run_up(&d, span_s(60)))
		assert_paired(&d);
	assert_non_null(strstr(d.end[LEFT].said[IKE_EV_REDIRECTED].s,
	    "nothing is left with " ELSEWHERE ": back to "));
	shut_down(&d);
}

static void
support_is_announced_where_it_is_configured(void **state)
{
	(void)state;
	for (int on = 0; on <= 1; on++) {
		struct data raw;
		struct hdr h;
		struct msg m;
		struct duo d;

		duo_init(&d, 3);
		d.end[LEFT].conf[0].accept_redirect = on;
		d.end[LEFT].conf[0].remote = address(ELSEWHERE);
		d.catch = true;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(20));
		caught(&d, &raw, &h, &m);
		assert_int_equal(msg_notify(&m, N_REDIRECT_SUPPORTED) != NULL,
		    on);
		assert_null(msg_notify(&m, N_REDIRECTED_FROM));
		duo_fini(&d);
	}
}

/* --- what is not followed --- */

static const struct {
	const char	*what, *to, *name, *why;
	bool		off;		/* accept_redirect */
	const char	*gateway;	/* the one that is allowed */
} faults[] = {
	{ "nobody asked for it", ELSEWHERE, .off = true,
	    .why = "accept_redirect is not set" },
	{ "a name", .name = "gw.example",
	    .why = "names are not resolved here" },
	{ "the gateway itself", "192.0.2.2", .why = "it is there already" },
	{ "this host", "127.0.0.1", .why = "this is no gateway's address" },
	{ "any host", "0.0.0.0", .why = "this is no gateway's address" },
	{ "a group", "224.0.0.1", .why = "this is no gateway's address" },
	{ "the other family", "2001:db8::7",
	    .why = "it is of the other address family" },
	{ "one that is not listed", ELSEWHERE, .gateway = "203.0.113.78",
	    .why = "redirect_gateways does not allow it" },
};

static struct bytes
fault_data(size_t i, struct data *data, struct bytes nonce)
{
	struct wr w = wr_of(data->b, sizeof(data->b));
	struct addr a;

	if (faults[i].name != NULL) {
		wr_u8(&w, REDIRECT_FQDN);
		wr_u8(&w, (uint8_t)strlen(faults[i].name));
		wr_bytes(&w, bytes_str(faults[i].name));
		wr_bytes(&w, nonce);
	} else {
		a = address(faults[i].to);
		redirect_encode(&w, &a, nonce);
	}
	assert_false(w.bad);
	data->n = w.n;
	return wr_done(&w);
}

static void
fault_conf(size_t i, struct ike_peer_conf *c)
{
	c->accept_redirect = !faults[i].off;
	if (faults[i].gateway == NULL)
		return;
	c->gateways_n = 1;
	c->gateways[0] = (struct prefix){ address(faults[i].gateway), 32 };
}

static void
a_redirect_that_is_not_followed_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct ike_peer_info n;
		struct data data;
		struct duo d;

		print_message("    %s\n", faults[i].what);
		duo_init(&d, 20 + i);
		d.end[RIGHT].addr = address("192.0.2.2");
		d.end[LEFT].conf[0].remote = d.end[RIGHT].conf[0].local =
		    d.end[RIGHT].addr;
		fault_conf(i, &d.end[LEFT].conf[0]);
		d.hold = true;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(20));
		say_redirect(&d, fault_data(i, &data, bytes_of(
		    sa_at(&d, LEFT)->setup->ni.b, NONCE_OURS)));
		n = duo_info(&d, LEFT);
		assert_non_null(strstr(n.why.s, faults[i].why));
		assert_string_equal(story_code_str(ike_peer_story(
		    d.end[LEFT].ike, DUO_PEER)->code), "redirect-refused");
		d.hold = false;
		duo_release(&d);
		bring_up(&d, LEFT);
		assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 0);
		shut_down(&d);
	}
}

/* Right, which was called, says it in the SA under its seal. */
static void
say_in_sa(struct duo *d, struct bytes data)
{
	static uint8_t buf[1024];
	struct ike_sa *sa = sa_at(d, RIGHT);
	struct hdr h = {
		.spi_i = sa->spi_i, .spi_r = sa->spi_r,
		.version = HDR_VERSION, .exchange = INFORMATIONAL,
		.mid = sa->x.out_mid++,
	};
	struct build b;

	build_begin(&b, buf, sizeof(buf), &h);
	build_sk(&b, sa_seal_out(sa));
	build_notify(&b, N_REDIRECT, data);
	duo_inject(d, LEFT, build_end(&b, &d->end[RIGHT].drbg));
	duo_check(d);
}

static void
nor_is_it_in_an_sa_that_is_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct data data;
		struct duo d;

		print_message("    %s\n", faults[i].what);
		duo_init(&d, 40 + i);
		d.end[RIGHT].addr = address("192.0.2.2");
		d.end[LEFT].conf[0].remote = d.end[RIGHT].conf[0].local =
		    d.end[RIGHT].addr;
		fault_conf(i, &d.end[LEFT].conf[0]);
		duo_start(&d);
		bring_up(&d, LEFT);
		say_in_sa(&d, fault_data(i, &data, (struct bytes){ 0 }));
		assert_non_null(strstr(d.end[LEFT].said[IKE_EV_REFUSED].s,
		    faults[i].why));
		duo_run(&d, span_s(5));
		assert_paired(&d);
		assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 0);
		shut_down(&d);
	}
}

/* --- in the answer to IKE_AUTH --- */

/* Right's answer as it was, sealed anew: IDr and AUTH, and a REDIRECT. */
static void
say_in_auth(struct duo *d, struct bytes data, bool child)
{
	static uint8_t was[2048], buf[2048];
	struct ike_sa *left = sa_at(d, LEFT);
	struct bytes m = duo_kept(d), plain;
	struct msg outer, inner;
	struct build b;
	struct hdr h;

	assert_in_range(m.n, HDR_LEN, sizeof(was));
	memcpy(was, m.p, m.n);
	assert_true(hdr_decode(bytes_of(was, m.n), &h));
	assert_int_equal(h.exchange, IKE_AUTH);
	assert_int_equal(payload_decode(h.next, bytes_of(was + HDR_LEN,
	    m.n - HDR_LEN), HDR_LEN, &outer), N_NONE);
	assert_true(seal_open(sa_seal_in(left), was, outer.sk_at, m.n,
	    &plain));
	assert_int_equal(payload_decode(outer.sk_next, plain, HDR_LEN,
	    &inner), N_NONE);
	duo_drop_kept(d);
	h.next = 0;
	build_begin(&b, buf, sizeof(buf), &h);
	build_sk(&b, sa_seal_out(sa_at(d, RIGHT)));
	build_bytes(&b, PL_IDR, inner.idr.body);
	wr_u8(build_payload(&b, PL_AUTH), inner.auth.method);
	wr_zero(&b.w, 3);
	wr_bytes(&b.w, inner.auth.data);
	build_notify(&b, N_REDIRECT, data);
	if (child) {
		build_bytes(&b, PL_SA, inner.sa);
		build_bytes(&b, PL_TSI, inner.tsi);
		build_bytes(&b, PL_TSR, inner.tsr);
	}
	m = build_end(&b, &d->end[RIGHT].drbg);
	assert_true(m.n > 0);
	duo_inject(d, LEFT, m);
	duo_check(d);
	d->hold = false;
}

/* Everything is held from right's answer to IKE_AUTH on. */
static void
up_to_auth(struct duo *d, struct duo_rule *rule, bool accept)
{
	duo_init(d, 17);
	d->link.delay = span_ms(5);
	d->end[LEFT].conf[0].accept_redirect = accept;
	*rule = (struct duo_rule){
		.from = RIGHT, .exchange = IKE_AUTH, .response = true,
		.nth = 1, .until = 1, .fate = DUO_KEEP,
	};
	d->rules = rule;
	d->rules_n = 1;
	d->catch = true;
	duo_start(d);
	duo_up(d, LEFT);
	duo_run(d, span_ms(150));
}

static void
one_in_ike_auth_is_followed_and_the_sa_deleted(void **state)
{
	struct addr to = address(ELSEWHERE);
	struct duo_rule rule;
	struct data data, raw;
	struct wr w = wr_of(data.b, sizeof(data.b));
	struct hdr h;
	struct msg m;
	struct duo d;

	(void)state;
	up_to_auth(&d, &rule, true);
	redirect_encode(&w, &to, (struct bytes){ 0 });
	say_in_auth(&d, wr_done(&w), false);
	/* Its AUTH value is looked at first. */
	assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 0);
	duo_run(&d, span_ms(100));
	assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 1);
	assert_non_null(strstr(d.end[LEFT].said[IKE_EV_REDIRECTED].s,
	    "redirects us to " ELSEWHERE " in IKE_AUTH"));
	caught(&d, &raw, &h, &m);
	assert_int_equal(h.exchange, IKE_SA_INIT);
	assert_non_null(msg_notify(&m, N_REDIRECTED_FROM));
	assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_UP], 0);
	assert_int_equal(duo_info(&d, RIGHT).ike_sas, 0);
	d.end[LEFT].keep_up = true;
	if (!duo_run_up(&d, span_s(90)))
		assert_paired(&d);
	shut_down(&d);
}

static void
one_in_ike_auth_that_is_not_followed_ends_the_sa(void **state)
{
	struct addr to = address(ELSEWHERE);

	(void)state;
	for (int child = 0; child <= 1; child++) {
		struct duo_rule rule;
		struct data data;
		struct wr w = wr_of(data.b, sizeof(data.b));
		struct duo d;

		print_message("    %s\n", child ? "but a child stays" :
		    "there is nothing to stay for");
		up_to_auth(&d, &rule, false);
		redirect_encode(&w, &to, (struct bytes){ 0 });
		say_in_auth(&d, wr_done(&w), child);
		duo_run(&d, span_s(5));
		assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 0);
		assert_non_null(strstr(d.end[LEFT].said[IKE_EV_FAILED].s,
		    "accept_redirect is not set"));
		if (child)
			assert_paired(&d);
		else
			assert_empty(&d);
		shut_down(&d);
	}
}

/* --- the responder --- */

/* An opening with a nonce as long as may be, which the answer repeats. */
static void
the_longest_nonce_comes_back(void **state)
{
	static uint8_t buf[2048], nonce[NONCE_MAX], public[32] = { 9 };
	struct hdr h = {
		.spi_i = 0x1111, .version = HDR_VERSION,
		.exchange = IKE_SA_INIT, .flags = HDR_INITIATOR,
	};
	struct addr to = address(ELSEWHERE);
	const struct pl_notify *n;
	struct redirect_to g;
	struct build b;
	struct msg m;
	struct duo d;

	(void)state;
	memset(nonce, 0x5a, sizeof(nonce));
	duo_init(&d, 5);
	d.hold = true;
	duo_start(&d);
	ike_peer_drain(d.end[RIGHT].ike, d.now, DUO_PEER, true, &to);
	build_begin(&b, buf, sizeof(buf), &h);
	proposal_encode(build_payload(&b, PL_SA), &d.end[LEFT].conf[0].ike,
	    (struct bytes){ 0 });
	build_ke(&b, KE_CURVE25519, bytes_of(public, sizeof(public)));
	build_bytes(&b, PL_NONCE, bytes_of(nonce, sizeof(nonce)));
	build_notify(&b, N_REDIRECT_SUPPORTED, (struct bytes){ 0 });
	duo_inject(&d, RIGHT, build_end(&b, &d.end[LEFT].drbg));
	duo_check(&d);
	assert_true(duo_kept(&d).n > HDR_LEN);
	assert_true(hdr_decode(duo_kept(&d), &h));
	assert_int_equal(h.spi_r, 0);
	assert_int_equal(payload_decode(h.next, bytes_of(duo_kept(&d).p +
	    HDR_LEN, duo_kept(&d).n - HDR_LEN), HDR_LEN, &m), N_NONE);
	n = msg_notify(&m, N_REDIRECT);
	assert_non_null(n);
	assert_true(redirect_decode(n->data, &g));
	assert_true(addr_eq(&g.addr, &to));
	assert_true(bytes_eq(g.nonce, bytes_of(nonce, sizeof(nonce))));
	assert_true(ike_peer_idle(d.end[RIGHT].ike, DUO_PEER));
	duo_fini(&d);
}

/* --- in the middle of something --- */

enum middle { NOTHING, REKEY_CHILD, REKEY_IKE, OWN_REKEY_IKE, MIDDLES };

/* Nobody is at the new gateway: whatever crosses, the old pair stays. */
static void
a_redirect_crosses_whatever_is_under_way(void **state)
{
	struct addr to = address(ELSEWHERE);

	(void)state;
	for (unsigned i = 0; i < MIDDLES * 30; i++) {
		enum middle middle = (enum middle)(i % MIDDLES);
		struct duo d;

		duo_init(&d, i);
		d.end[LEFT].conf[0].accept_redirect = true;
		duo_start(&d);
		bring_up(&d, LEFT);
		ike_peer_drain(d.end[RIGHT].ike, d.now, DUO_PEER, true, &to);
		watch_traffic(&d);
		if (middle == OWN_REKEY_IKE)
			assert_true(duo_rekey(&d, RIGHT, IKE));
		else if (middle != NOTHING)
			assert_true(duo_rekey(&d, LEFT,
			    middle == REKEY_CHILD));
		duo_run(&d, span_ms((i / MIDDLES) * 4));
		assert_true(ike_peer_redirect(d.end[RIGHT].ike, d.now,
		    DUO_PEER));
		duo_check(&d);
		duo_run(&d, span_s(90));
		assert_paired(&d);
		assert_no_packet_lost(&d);
		/* It was followed, in vain, and is over. */
		assert_int_equal(d.end[LEFT].events[IKE_EV_REDIRECTED], 2);
		assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED], 1);
		assert_false(sa_at(&d, LEFT)->leaving);
		d.esp_at = INSTANT_NEVER;
		shut_down(&d);
	}
}

static void
who_has_opened_the_sa_cannot_redirect(void **state)
{
	struct addr to = address(ELSEWHERE);
	struct duo d;

	(void)state;
	duo_init(&d, 8);
	d.end[RIGHT].conf[0].accept_redirect = true;
	duo_start(&d);
	bring_up(&d, LEFT);
	ike_peer_drain(d.end[LEFT].ike, d.now, DUO_PEER, true, &to);
	assert_false(ike_peer_redirect(d.end[LEFT].ike, d.now, DUO_PEER));
	/* Not even when the other side has made the IKE SA that there is. */
	assert_true(duo_rekey(&d, RIGHT, IKE));
	duo_run(&d, span_s(5));
	assert_false(sa_at(&d, LEFT)->initiator);
	assert_false(ike_peer_redirect(d.end[LEFT].ike, d.now, DUO_PEER));
	assert_paired(&d);
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    who_has_not_seen_the_request_redirects_nobody),
		cmocka_unit_test(the_own_answer_of_the_gateway_wins_the_race),
		cmocka_unit_test(
		    what_is_not_followed_leaves_the_attempt_alone),
		cmocka_unit_test(
		    a_redirect_is_followed_after_a_moment_and_says_from_where),
		cmocka_unit_test(support_is_announced_where_it_is_configured),
		cmocka_unit_test(a_redirect_that_is_not_followed_says_why),
		cmocka_unit_test(nor_is_it_in_an_sa_that_is_up),
		cmocka_unit_test(
		    one_in_ike_auth_is_followed_and_the_sa_deleted),
		cmocka_unit_test(
		    one_in_ike_auth_that_is_not_followed_ends_the_sa),
		cmocka_unit_test(the_longest_nonce_comes_back),
		cmocka_unit_test(a_redirect_crosses_whatever_is_under_way),
		cmocka_unit_test(who_has_opened_the_sa_cannot_redirect),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
