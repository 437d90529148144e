/*
 * A peer that knows the keys and breaks the rules: nothing of it may crash the
 * core, confuse it for long, or leave something behind (RFC 7296 sections 2.5,
 * 2.16, 2.21).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/build.h"
#include "ike/sa.h"
#include "ike/x_child.h"
#include "ike_duo.h"
#include "util/array.h"

struct forged {
	uint8_t		b[4096];
};

/* What left says, under its seal, as its next request or as a response. */
struct speech {
	struct duo	*d;
	struct ike_sa	*sa;		/* left's */
	struct build	b;
	struct forged	f;
};

static void
speak(struct speech *s, struct duo *d, uint8_t exchange, uint32_t mid,
    bool response)
{
	struct hdr h;

	s->d = d;
	s->sa = table_peer(d->end[LEFT].ike, DUO_PEER)->sas;
	h = (struct hdr){
		.spi_i = s->sa->spi_i, .spi_r = s->sa->spi_r,
		.version = HDR_VERSION, .exchange = exchange,
		.flags = (uint8_t)(HDR_INITIATOR |
		    (response ? HDR_RESPONSE : 0)),
		.mid = mid,
	};
	build_begin(&s->b, s->f.b, sizeof(s->f.b), &h);
	build_sk(&s->b, sa_seal_out(s->sa));
}

static struct bytes
say(struct speech *s)
{
	struct bytes m = build_end(&s->b, &s->d->end[LEFT].drbg);

	assert_true(m.n > 0);
	duo_inject(s->d, RIGHT, m);
	duo_check(s->d);
	return m;
}

/* The payloads of a child's request, all in order. */
static void
say_child(struct speech *s, uint32_t spi)
{
	const struct ike_peer_conf *c = &s->sa->peer->conf;
	struct offer esp = c->esp;

	esp.ke.n = 0;
	x_child_build_sa(&s->b, &esp, spi);
	x_child_build_ts(&s->b, &c->local_ts, &c->remote_ts);
}

static void
say_nonce(struct speech *s)
{
	static const uint8_t nonce[32] = { 1 };

	build_bytes(&s->b, PL_NONCE, bytes_of(nonce, sizeof(nonce)));
}

/* --- IKE_AUTH --- */

static void
auth_without_auth(struct speech *s)
{
	const struct id *id = &s->sa->peer->conf.local_id;

	id_encode(build_payload(&s->b, PL_IDI), id->type,
	    bytes_of(id->data, id->n));
	say_child(s, 0x1234567);
}

static void
auth_without_identity(struct speech *s)
{
	say_child(s, 0x1234567);
}

static void
auth_by_signature(struct speech *s)
{
	struct wr *w;

	auth_without_auth(s);
	w = build_payload(&s->b, PL_AUTH);
	wr_u8(w, 14);
	wr_zero(w, 3 + 64);
}

static void
auth_of_no_length(struct speech *s)
{
	struct wr *w;

	auth_without_auth(s);
	w = build_payload(&s->b, PL_AUTH);
	wr_u8(w, 2);
	wr_zero(w, 3);
}

static void
auth_with_critical_payload(struct speech *s)
{
	auth_without_auth(s);
	build_payload(&s->b, (enum payload_type)200);
	wr_patch_u8(&s->b.w, s->b.body_at + 1, 0x80);
}

static const struct {
	const char	*what;
	void		(*say)(struct speech *);
	const char	*why;
} auths[] = {
	{ "no AUTH payload (EAP)", auth_without_auth,
	    "the peer wants to authenticate by EAP, expected a pre-shared "
	    "key" },
	{ "no identity", auth_without_identity,
	    "the peer's IKE_AUTH request is malformed (INVALID_SYNTAX)" },
	{ "authentication by signature", auth_by_signature,
	    "the peer authenticates by method 14, expected a pre-shared key" },
	{ "an AUTH value of no octets", auth_of_no_length,
	    "the peer's AUTH value does not match: pre-shared keys differ" },
	{ "an unknown critical payload", auth_with_critical_payload,
	    "the peer's IKE_AUTH request is malformed "
	    "(UNSUPPORTED_CRITICAL_PAYLOAD)" },
};

static void
an_ike_auth_against_the_rules_is_refused(void **state)
{
	static struct speech s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(auths); i++) {
		struct duo_rule none = {
			.from = LEFT, .exchange = IKE_AUTH, .nth = 1,
			.until = 99, .fate = DUO_DROP,
		};
		struct duo d;

		print_message("    %s\n", auths[i].what);
		duo_init(&d, 1);
		d.rules = &none;
		d.rules_n = 1;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(50));
		speak(&s, &d, IKE_AUTH, 1, false);
		auths[i].say(&s);
		say(&s);
		duo_run(&d, span_ms(50));
		assert_why(&d, RIGHT, auths[i].why);
		/* The answer is repeated, and nothing else is taken. */
		assert_int_equal(d.end[RIGHT].sent, 2);
		duo_run(&d, span_s(60));
		assert_empty(&d);
		shut_down(&d);
	}
}

/* --- an established SA --- */

static void
child_without_nonce(struct speech *s)
{
	say_child(s, 0x1234567);
}

static void
child_with_reserved_spi(struct speech *s)
{
	say_child(s, 255);
	say_nonce(s);
}

/* W03 */
static void
child_with_spi_in_use(struct speech *s)
{
	say_child(s, duo_info(s->d, LEFT).spi_in);
	say_nonce(s);
}

static void
child_with_empty_selectors(struct speech *s)
{
	struct offer esp = s->sa->peer->conf.esp;

	esp.ke.n = 0;
	x_child_build_sa(&s->b, &esp, 0x1234567);
	build_bytes(&s->b, PL_TSI, bytes_str("\1\0\0\0"));
	build_bytes(&s->b, PL_TSR, bytes_str("\1\0\0\0"));
	say_nonce(s);
}

static void
rekey_with_short_public_value(struct speech *s)
{
	static const uint8_t spi[8] = { 9 };

	proposal_encode(build_payload(&s->b, PL_SA), &s->sa->peer->conf.ike,
	    bytes_of(spi, 8));
	say_nonce(s);
	build_ke(&s->b, KE_CURVE25519, bytes_of(spi, 8));
}

static void
rekey_with_spi_zero(struct speech *s)
{
	static const uint8_t spi[8] = { 0 }, public[32] = { 9 };

	proposal_encode(build_payload(&s->b, PL_SA), &s->sa->peer->conf.ike,
	    bytes_of(spi, 8));
	say_nonce(s);
	build_ke(&s->b, KE_CURVE25519, bytes_of(public, 32));
}

static void
rekey_of_an_unknown_child(struct speech *s)
{
	build_notify_spi(&s->b, N_REKEY_SA, PROTO_ESP, 0x77777777,
	    (struct bytes){ 0 });
	say_child(s, 0x1234567);
	say_nonce(s);
}

static void
critical_payload(struct speech *s)
{
	build_payload(&s->b, (enum payload_type)200);
	wr_patch_u8(&s->b.w, s->b.body_at + 1, 0x80);
}

static void
delete_of_nothing(struct speech *s)
{
	build_delete_esp(&s->b, 0x77777777);
	build_delete_esp(&s->b, 0);
}

static void
delete_of_ah(struct speech *s)
{
	struct wr *w = build_payload(&s->b, PL_DELETE);

	wr_u8(w, PROTO_AH);
	wr_u8(w, 4);
	wr_u16(w, 1);
	wr_u32(w, duo_info(s->d, LEFT).spi_in);
}

static void
seal_within_a_seal(struct speech *s)
{
	build_bytes(&s->b, PL_SK, bytes_str("0123456789abcdef"));
}

/* Section 2.21.3: answered with INVALID_SYNTAX, "considered fatal". */
static const struct {
	const char	*what;
	uint8_t		exchange;
	void		(*say)(struct speech *);
} fatal[] = {
	{ "a child without a nonce", CREATE_CHILD_SA, child_without_nonce },
	{ "a child without selectors", CREATE_CHILD_SA,
	    child_with_empty_selectors },
	{ "a rekey with half a public value", CREATE_CHILD_SA,
	    rekey_with_short_public_value },
	{ "a seal within a seal", INFORMATIONAL, seal_within_a_seal },
};

/* A child needs no key exchange of its own. */
static void
up_without_pfs(struct duo *d)
{
	duo_init(d, 2);
	d->end[LEFT].conf[0].esp.ke.n = 0;
	d->end[RIGHT].conf[0].esp.ke.n = 0;
	duo_start(d);
	bring_up(d, LEFT);
}

/* As the request that left would send next. */
static void
speak_next(struct speech *s, struct duo *d, uint8_t exchange)
{
	struct ike_sa *sa = table_peer(d->end[LEFT].ike, DUO_PEER)->sas;

	speak(s, d, exchange, sa->x.out_mid++, false);
}

static void
a_malformed_request_ends_the_ike_sa(void **state)
{
	static struct speech s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++) {
		struct bytes m;
		struct duo d;
		unsigned sent;

		print_message("    %s\n", fatal[i].what);
		up_without_pfs(&d);
		sent = d.end[RIGHT].sent;
		speak_next(&s, &d, fatal[i].exchange);
		fatal[i].say(&s);
		m = say(&s);
		tap_hear(&d.end[LEFT].tap, m);
		assert_why(&d, RIGHT, fatal[i].exchange == INFORMATIONAL ?
		    "the peer's INFORMATIONAL request is malformed "
		    "(INVALID_SYNTAX)" : "the peer's CREATE_CHILD_SA request "
		    "is malformed (INVALID_SYNTAX)");
		assert_int_equal(duo_info(&d, RIGHT).state, IKE_DOWN);
		assert_int_equal(duo_info(&d, RIGHT).children, 0);
		/* The answer is given again, and nothing else. */
		duo_inject(&d, RIGHT, m);
		duo_run(&d, span_s(1));
		assert_int_equal(d.end[RIGHT].sent, sent + 2);
		shut_down(&d);
	}
}

/* RFC 7296 section 2.3: we may, and never do, send so many at once. */
static void
window_of_eight(struct speech *s)
{
	build_notify(&s->b, N_SET_WINDOW_SIZE, bytes_of("\0\0\0\10", 4));
}

static void
window_of_nothing(struct speech *s)
{
	build_notify(&s->b, N_SET_WINDOW_SIZE, bytes_of("\0\0\0\0", 4));
}

static void
window_without_a_size(struct speech *s)
{
	build_notify(&s->b, N_SET_WINDOW_SIZE, (struct bytes){ 0 });
}

/* Answered with an error or with nothing in it; the pair stays as it was. */
static const struct {
	const char	*what;
	uint8_t		exchange;
	void		(*say)(struct speech *);
} requests[] = {
	{ "a child with a reserved SPI", CREATE_CHILD_SA,
	    child_with_reserved_spi },
	{ "a child with an SPI in use", CREATE_CHILD_SA,
	    child_with_spi_in_use },
	{ "a rekey with SPI zero", CREATE_CHILD_SA, rekey_with_spi_zero },
	{ "a rekey of an unknown child", CREATE_CHILD_SA,
	    rekey_of_an_unknown_child },
	{ "an unknown critical payload", INFORMATIONAL, critical_payload },
	{ "a delete of nothing", INFORMATIONAL, delete_of_nothing },
	{ "a delete of AH", INFORMATIONAL, delete_of_ah },
	{ "a window of eight", INFORMATIONAL, window_of_eight },
	{ "a window of nothing", INFORMATIONAL, window_of_nothing },
	{ "a window without a size", INFORMATIONAL, window_without_a_size },
};

static void
a_request_against_the_rules_changes_nothing(void **state)
{
	static struct speech s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct duo d;
		unsigned sent;

		print_message("    %s\n", requests[i].what);
		up_without_pfs(&d);
		sent = d.end[RIGHT].sent;
		speak_next(&s, &d, requests[i].exchange);
		requests[i].say(&s);
		tap_hear(&d.end[LEFT].tap, say(&s));
		duo_run(&d, span_ms(100));
		assert_int_equal(d.end[RIGHT].sent, sent + 1);
		assert_paired(&d);
		duo_rekey(&d, LEFT, true);
		duo_rekey(&d, RIGHT, false);
		duo_run(&d, span_s(20));
		assert_paired(&d);
		shut_down(&d);
	}
}

static void
answer_nothing(struct speech *s)
{
	(void)s;
}

static void
answer_with_other_selectors(struct speech *s)
{
	struct ike_peer_conf *c = &s->sa->peer->conf;
	struct suite suite = { .encr = alg_at(c->esp.encr.row[0]) };
	static const uint8_t spi[4] = { 9, 9, 9, 9 };

	proposal_encode_chosen(build_payload(&s->b, PL_SA), &suite, PROTO_ESP,
	    1, bytes_of(spi, 4));
	say_nonce(s);
	/* The wrong way round. */
	x_child_build_ts(&s->b, &c->local_ts, &c->remote_ts);
}

static void
answer_with_other_cipher(struct speech *s)
{
	struct ike_peer_conf *c = &s->sa->peer->conf;
	struct suite suite = { .encr = alg_by_conf(ALG_ENCR, "AES128-GCM-16") };
	static const uint8_t spi[4] = { 9, 9, 9, 9 };

	proposal_encode_chosen(build_payload(&s->b, PL_SA), &suite, PROTO_ESP,
	    1, bytes_of(spi, 4));
	say_nonce(s);
	x_child_build_ts(&s->b, &c->remote_ts, &c->local_ts);
}

static void
answer_as_for_ike(struct speech *s)
{
	static const uint8_t spi[8] = { 9 }, public[32] = { 9 };

	proposal_encode(build_payload(&s->b, PL_SA), &s->sa->peer->conf.ike,
	    bytes_of(spi, 8));
	say_nonce(s);
	build_ke(&s->b, KE_CURVE25519, bytes_of(public, 32));
}

static const struct {
	const char	*what;
	bool		child;		/* what right asked for */
	void		(*say)(struct speech *);
	const char	*why;
} answers[] = {
	{ "nothing at all", true, answer_nothing,
	    "the peer's answer to CREATE_CHILD_SA is malformed "
	    "(INVALID_SYNTAX)" },
	{ "selectors the wrong way round", true, answer_with_other_selectors,
	    "the peer answered with traffic selectors beyond those that we "
	    "offered" },
	{ "a cipher that was not offered", true, answer_with_other_cipher,
	    "the peer answered with an ESP proposal that we did not offer" },
	{ "an IKE SA for a child", true, answer_as_for_ike,
	    "the peer's answer lacks a proper child SA" },
	{ "a child for an IKE SA", false, answer_with_other_selectors,
	    "the peer's answer to our IKE rekey is not valid" },
};

/* The peer has agreed to something that we cannot name: start over. */
static void
an_answer_against_the_rules_ends_the_ike_sa(void **state)
{
	static struct speech s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct duo_rule lost = {
			.from = RIGHT, .exchange = CREATE_CHILD_SA,
			.nth = 1, .until = 1, .fate = DUO_DROP,
		};
		struct duo d;

		print_message("    %s\n", answers[i].what);
		duo_init(&d, 3);
		d.end[LEFT].conf[0].esp.ke.n = 0;
		d.end[RIGHT].conf[0].esp.ke.n = 0;
		d.end[LEFT].conf[0].dpd_timeout = span_s(8);
		d.rules = &lost;
		d.rules_n = 1;
		duo_start(&d);
		bring_up(&d, LEFT);
		d.end[LEFT].keep_up = true;
		duo_rekey(&d, RIGHT, answers[i].child);
		speak(&s, &d, CREATE_CHILD_SA, 0, true);
		answers[i].say(&s);
		say(&s);
		assert_why(&d, RIGHT, answers[i].why);
		assert_int_equal(duo_info(&d, RIGHT).state, IKE_DOWN);
		duo_run(&d, span_s(30));
		assert_paired(&d);
		shut_down(&d);
	}
}

/* --- random octets under a good seal --- */

/* A kept message of left's, opened, changed and sealed again. */
static void
distort(struct duo *d, struct forged *f)
{
	struct ike_sa *here, *there;
	struct bytes m = duo_kept(d), plain;
	struct msg msg;
	struct hdr h;
	size_t at, n;

	if (!hdr_decode(m, &h) || h.exchange == IKE_SA_INIT)
		return;
	here = map_get(&d->end[LEFT].ike->sas, h.spi_i);
	if (here == NULL)
		here = map_get(&d->end[LEFT].ike->sas, h.spi_r);
	there = map_get(&d->end[RIGHT].ike->sas,
	    (h.flags & HDR_INITIATOR) != 0 ? h.spi_r : h.spi_i);
	if (here == NULL || there == NULL || m.n > sizeof(f->b) - 64)
		return;
	memcpy(f->b, m.p, m.n);
	assert_int_equal(payload_decode(h.next, bytes_of(f->b + HDR_LEN,
	    m.n - HDR_LEN), HDR_LEN, &msg), N_NONE);
	assert_true(seal_open(sa_seal_in(there), f->b, msg.sk_at, m.n,
	    &plain));
	n = plain.n;
	at = msg.sk_at + seal_iv_len(sa_seal_out(here));
	for (unsigned k = 1 + drbg_below(&d->chance, 4); n > 0 && k > 0; k--)
		f->b[at + drbg_below(&d->chance, (uint32_t)n)] ^= (uint8_t)
		    (1u << drbg_below(&d->chance, 8));
	assert_true(seal_protect(sa_seal_out(here), &d->end[LEFT].drbg, f->b,
	    msg.sk_at, n));
	duo_inject(d, RIGHT, bytes_of(f->b, m.n));
	duo_check(d);
}

static const struct {
	uint8_t		exchange;
	bool		response;
	int		rekey;		/* who; -1: set-up */
	bool		child;
} moments[] = {
	{ IKE_AUTH, false, -1, false },
	{ IKE_AUTH, true, -1, false },
	{ CREATE_CHILD_SA, false, LEFT, true },
	{ CREATE_CHILD_SA, true, RIGHT, true },
	{ CREATE_CHILD_SA, false, LEFT, false },
	{ CREATE_CHILD_SA, true, RIGHT, false },
	{ INFORMATIONAL, false, LEFT, true },
	{ INFORMATIONAL, true, RIGHT, true },
	{ INFORMATIONAL, false, LEFT, false },
};

static void
distorted_messages_do_no_lasting_harm(void **state)
{
	static struct forged f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		for (uint64_t seed = 0; seed < 250; seed++) {
			struct duo_rule keep = {
				.from = LEFT, .exchange = moments[i].exchange,
				.response = moments[i].response, .nth = 1,
				.until = 1, .fate = DUO_KEEP,
			};
			/* The kept message was answered by right's first. */
			bool by_right = moments[i].rekey < 0 &&
			    moments[i].response;
			struct duo d;

			duo_init(&d, seed);
			d.rules = &keep;
			d.rules_n = 1;
			duo_start(&d);
			duo_up(&d, by_right ? RIGHT : LEFT);
			duo_run(&d, span_ms(200));
			if (moments[i].rekey >= 0) {
				duo_rekey(&d, moments[i].rekey,
				    moments[i].child);
				duo_run(&d, span_ms(200));
			}
			assert_true(duo_kept(&d).n > 0);
			distort(&d, &f);
			duo_drop_kept(&d);
			duo_run(&d, span_s(1));
			assert_sound(&d);
			/* Who lies about an SPI is not heard; start over. */
			duo_down(&d, LEFT);
			duo_run(&d, span_s(40));
			duo_down(&d, RIGHT);
			duo_run(&d, span_s(20));
			assert_empty(&d);
			bring_up(&d, LEFT);
			shut_down(&d);
		}
	}
}

/* Before there are keys: any octet may differ, nobody may be hurt. */
static void
distorted_openings_do_no_harm(void **state)
{
	(void)state;
	for (int response = 0; response <= 1; response++) {
		for (uint64_t seed = 0; seed < 500; seed++) {
			struct duo_rule keep = {
				.from = LEFT, .exchange = IKE_SA_INIT,
				.response = response, .nth = 1, .until = 1,
				.fate = DUO_KEEP,
			};
			uint8_t b[1024];
			struct bytes m;
			struct duo d;

			duo_init(&d, seed);
			d.rules = &keep;
			d.rules_n = 1;
			duo_start(&d);
			duo_up(&d, response ? RIGHT : LEFT);
			duo_run(&d, span_ms(100));
			m = duo_kept(&d);
			assert_in_range(m.n, 1, sizeof(b));
			memcpy(b, m.p, m.n);
			for (int k = 0; k < 3; k++)
				b[drbg_below(&d.chance, (uint32_t)m.n)] ^=
				    (uint8_t)(1u << drbg_below(&d.chance, 8));
			duo_inject(&d, RIGHT, bytes_of(b, m.n));
			duo_check(&d);
			d.end[LEFT].keep_up = true;
			duo_run(&d, span_s(70));
			assert_paired(&d);
			shut_down(&d);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ike_auth_against_the_rules_is_refused),
		cmocka_unit_test(a_malformed_request_ends_the_ike_sa),
		cmocka_unit_test(a_request_against_the_rules_changes_nothing),
		cmocka_unit_test(an_answer_against_the_rules_ends_the_ike_sa),
		cmocka_unit_test(distorted_messages_do_no_lasting_harm),
		cmocka_unit_test(distorted_openings_do_no_harm),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
