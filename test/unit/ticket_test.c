/*
 * Tickets by value (RFC 5723 sections 5, 6 and 9): what goes in comes out again
 * for who has the keys and in time, and nothing else does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "ike/ticket.h"
#include "util/array.h"

#define DAY	86400

struct fixture {
	struct drbg	drbg;
	struct ticket_keys keys;
	struct instant	now;
};

static struct fixture
fixture_of(uint8_t seed)
{
	struct fixture f = { .now = { INT64_C(5000) * 1000000000 } };
	uint8_t b[DRBG_SEED_LEN] = { seed };

	drbg_seed(&f.drbg, b);
	drbg_fill(&f.drbg, b, sizeof(b));
	ticket_keys_init(&f.keys, b, f.now);
	return f;
}

static const struct suite_row {
	const char	*what;
	uint16_t	encr, bits, prf, integ, ke;
	uint16_t	addke[ADDKE_SLOTS];	/* 0xffff: KE_NONE */
} suites[] = {
	{ "an AEAD", ENCR_AES_GCM_16, 256, PRF_HMAC_SHA2_384, 0,
	    KE_CURVE25519, { 0 } },
	{ "ChaCha20-Poly1305", ENCR_CHACHA20_POLY1305, 0, PRF_HMAC_SHA2_512,
	    0, KE_ECP_521, { 0 } },
	{ "CBC with a MAC", ENCR_AES_CBC, 128, PRF_HMAC_SHA1,
	    INTEG_HMAC_SHA1_96, KE_MODP_1024, { 0 } },
	{ "additional key exchanges", ENCR_AES_GCM_16, 128, PRF_HMAC_SHA2_256,
	    0, KE_ECP_256, { KE_ECP_384, 0xffff, 0, 0, 0, 0, KE_CURVE448 } },
};

static struct session
session_of(const struct suite_row *r, struct instant now)
{
	struct session s = {
		.suite = {
			.encr = alg_find(ALG_ENCR, r->encr, r->bits),
			.prf = alg_find(ALG_PRF, r->prf, 0),
			.integ = r->integ == 0 ? NULL :
			    alg_find(ALG_INTEG, r->integ, 0),
			.ke = alg_find(ALG_KE, r->ke, 0),
		},
		.spi_i = 0x0102030405060708, .spi_r = 0xfffefdfcfbfaf9f8,
		.ppk = true, .issued = now,
		.expires = instant_after(now, span_s(3600)),
		.vouch = { .until = INT64_C(1800000000), .n = TICKET_CERTS },
	};

	for (unsigned i = 0; i < ADDKE_SLOTS; i++) {
		if (r->addke[i] == 0xffff)
			s.suite.addke[i] = ADDKE_NONE;
		else if (r->addke[i] != 0)
			s.suite.addke[i] = addke_code(alg_find(ALG_KE,
			    r->addke[i], 0));
	}
	s.sk_d.n = s.suite.prf->key_len;
	memset(s.sk_d.b, 0x5a, s.sk_d.n);
	memset(s.idi, 1, sizeof(s.idi));
	memset(s.idr, 2, sizeof(s.idr));
	memset(s.rules, 3, sizeof(s.rules));
	for (unsigned i = 0; i < TICKET_CERTS; i++) {
		memset(s.vouch.cert[i].issuer, 10 + i, SERIAL_ISSUER);
		memset(s.vouch.cert[i].b, 20 + i, SERIAL_MAX);
		s.vouch.cert[i].n = (uint8_t)(SERIAL_MAX - i);
		memset(s.vouch.cert[i].b + s.vouch.cert[i].n, 0, i);
	}
	return s;
}

static size_t
seal(struct fixture *f, const struct session *s, uint8_t *buf)
{
	struct wr w = wr_of(buf, TICKET_MAX);

	assert_true(ticket_seal(&f->keys, &f->drbg, f->now, s, &w));
	return w.n;
}

static void
assert_same(const struct session *a, const struct session *b)
{
	assert_memory_equal(a->suite.addke, b->suite.addke, ADDKE_SLOTS);
	assert_ptr_equal(a->suite.encr, b->suite.encr);
	assert_ptr_equal(a->suite.prf, b->suite.prf);
	assert_ptr_equal(a->suite.integ, b->suite.integ);
	assert_ptr_equal(a->suite.ke, b->suite.ke);
	assert_memory_equal(&a->sk_d, &b->sk_d, sizeof(a->sk_d));
	assert_true(a->spi_i == b->spi_i && a->spi_r == b->spi_r);
	assert_int_equal(a->ppk, b->ppk);
	assert_memory_equal(a->idi, b->idi, TICKET_DIGEST);
	assert_memory_equal(a->idr, b->idr, TICKET_DIGEST);
	assert_memory_equal(a->rules, b->rules, TICKET_DIGEST);
	assert_true(a->issued.ns == b->issued.ns);
	assert_true(a->expires.ns == b->expires.ns);
	assert_true(a->vouch.until == b->vouch.until);
	assert_int_equal(a->vouch.n, b->vouch.n);
	assert_memory_equal(a->vouch.cert, b->vouch.cert,
	    sizeof(a->vouch.cert));
}

static void
what_goes_in_comes_out_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		struct fixture f = fixture_of(1);
		struct session s = session_of(&suites[i], f.now), got;
		uint8_t a[TICKET_MAX], b[TICKET_MAX];
		size_t n = seal(&f, &s, a);

		print_message("    %s: %zu octets\n", suites[i].what, n);
		assert_int_equal(ticket_open(&f.keys, f.now, bytes_of(a, n),
		    &got), TICKET_GOOD);
		assert_same(&s, &got);
		/* The same once more is another ticket. */
		assert_int_equal(seal(&f, &s, b), n);
		assert_memory_not_equal(a + 5, b + 5, n - 5);
	}
}

static void
nothing_of_the_session_can_be_read(void **state)
{
	struct fixture f = fixture_of(2);
	struct session s = session_of(&suites[0], f.now);
	uint8_t a[TICKET_MAX];
	size_t n = seal(&f, &s, a);

	(void)state;
	for (size_t i = 0; i + 8 <= n; i++) {
		assert_memory_not_equal(a + i, s.sk_d.b, 8);
		assert_memory_not_equal(a + i, s.idi, 8);
	}
}

static void
every_altered_octet_is_noticed(void **state)
{
	struct fixture f = fixture_of(3);
	struct session s = session_of(&suites[2], f.now), got, before;
	uint8_t a[TICKET_MAX];
	size_t n = seal(&f, &s, a);

	(void)state;
	memset(&got, 0x77, sizeof(got));
	before = got;
	for (size_t i = 0; i < n; i++) {
		enum ticket_verdict v;

		a[i] ^= 0x10;
		v = ticket_open(&f.keys, f.now, bytes_of(a, n), &got);
		assert_int_equal(v, i == 0 ? TICKET_MALFORMED :
		    i < 5 ? TICKET_UNKNOWN_KEY : TICKET_ALTERED);
		a[i] ^= 0x10;
	}
	assert_memory_equal(&got, &before, sizeof(got));
	assert_int_equal(ticket_open(&f.keys, f.now, bytes_of(a, n), &got),
	    TICKET_GOOD);
}

static void
every_other_length_is_refused(void **state)
{
	struct fixture f = fixture_of(4);
	struct session s = session_of(&suites[3], f.now), got;
	uint8_t a[4 * TICKET_MAX] = { 0 };
	size_t n = seal(&f, &s, a);

	(void)state;
	for (size_t i = 0; i <= sizeof(a); i++) {
		enum ticket_verdict v = ticket_open(&f.keys, f.now,
		    bytes_of(a, i), &got);

		if (i == n)
			assert_int_equal(v, TICKET_GOOD);
		else
			assert_int_equal(v, i < 21 || i > TICKET_MAX ?
			    TICKET_MALFORMED : TICKET_ALTERED);
	}
}

static void
a_ticket_ends_when_it_says(void **state)
{
	struct fixture f = fixture_of(5);
	struct session s = session_of(&suites[0], f.now), got;
	uint8_t a[TICKET_MAX];
	struct bytes b = bytes_of(a, seal(&f, &s, a));
	struct instant last = { s.expires.ns - 1 };
	struct instant before = { s.issued.ns - 1 };

	(void)state;
	assert_int_equal(ticket_open(&f.keys, last, b, &got), TICKET_GOOD);
	assert_int_equal(ticket_open(&f.keys, s.expires, b, &got),
	    TICKET_EXPIRED);
	assert_int_equal(ticket_open(&f.keys, before, b, &got),
	    TICKET_EXPIRED);
}

static void
another_daemons_ticket_is_not_ours(void **state)
{
	struct fixture f = fixture_of(6), g = fixture_of(7);
	struct session s = session_of(&suites[0], f.now), got;
	struct ticket_keys none = { 0 };
	uint8_t a[TICKET_MAX];
	struct wr w = wr_of(a, sizeof(a));
	size_t n = seal(&f, &s, a);

	(void)state;
	assert_int_equal(ticket_open(&g.keys, f.now, bytes_of(a, n), &got),
	    TICKET_UNKNOWN_KEY);
	assert_int_equal(ticket_open(&none, f.now, bytes_of(a, n), &got),
	    TICKET_UNKNOWN_KEY);
	assert_false(ticket_seal(&none, &f.drbg, f.now, &s, &w));
	assert_int_equal(w.n, 0);
}

/* The monitor keeps its keys up to date, an engine turns its own copy. */
static void
who_has_a_copy_comes_to_the_same_keys(void **state)
{
	struct fixture f = fixture_of(8);
	struct ticket_keys copy = f.keys;
	struct session s, got;
	uint8_t a[TICKET_MAX];
	size_t n;

	(void)state;
	f.now = instant_after(f.now, span_s(10 * DAY + 5));
	s = session_of(&suites[0], f.now);
	n = seal(&f, &s, a);
	ticket_keys_turn(&copy, instant_after(f.now, span_s(-7 * DAY)));
	assert_int_equal(ticket_open(&copy, f.now, bytes_of(a, n), &got),
	    TICKET_GOOD);
	assert_memory_equal(&copy, &f.keys, sizeof(copy));
}

static void
a_key_opens_for_one_more_day_and_is_gone(void **state)
{
	struct fixture f = fixture_of(9);
	struct session s = session_of(&suites[0], f.now), got;
	struct ticket_keys first = f.keys;
	uint8_t a[TICKET_MAX];
	struct bytes b;

	(void)state;
	/* Longer than any ticket of ours lives. */
	s.expires = instant_after(f.now, span_s(9 * DAY));
	b = bytes_of(a, seal(&f, &s, a));
	assert_int_equal(ticket_open(&f.keys, instant_after(f.now,
	    span_s(2 * DAY - 1)), b, &got), TICKET_GOOD);
	assert_int_equal(ticket_open(&f.keys, instant_after(f.now,
	    span_s(2 * DAY)), b, &got), TICKET_UNKNOWN_KEY);
	/* Nor is it, or what it came from, anywhere any more. */
	for (int i = 0; i < 2; i++) {
		assert_memory_not_equal(f.keys.key[i], first.key[1],
		    TICKET_KEY);
		assert_memory_not_equal(f.keys.key[i], first.next,
		    TICKET_KEY);
	}
	assert_memory_not_equal(f.keys.next, first.next, TICKET_KEY);
}

/* --- behind the seal --- */

#define AT_ENCR		1
#define AT_PRF		5
#define AT_INTEG	9
#define AT_KE		13
#define AT_SLOT		17
#define AT_KEY_N	31

static void
decoding_takes_nothing_on_trust(void **state)
{
	static const struct {
		const char	*what;
		size_t		at;
		uint8_t		value[2];
	} rows[] = {
		{ "an unknown flag", 0, { 0x81, 0 } },
		{ "no cipher", AT_ENCR, { 0, 0 } },
		{ "an unknown cipher", AT_ENCR, { 0xff, 0xff } },
		{ "a cipher that wants a MAC", AT_ENCR, { 0, ENCR_AES_CBC } },
		{ "no PRF", AT_PRF, { 0, 0 } },
		{ "a PRF with a longer key", AT_PRF, { 0, PRF_HMAC_SHA2_512 } },
		{ "a MAC beside an AEAD", AT_INTEG,
		    { 0, INTEG_HMAC_SHA2_256_128 } },
		{ "no key exchange", AT_KE, { 0, 0 } },
		{ "an unknown additional one", AT_SLOT, { 0x7f, 0xfe } },
	};
	/* As ticket.c writes it, with one certificate. */
	uint8_t good[300] = {
		0, 0, ENCR_AES_GCM_16, 1, 0, 0, PRF_HMAC_SHA2_256, 0, 0,
		0, 0, 0, 0, 0, KE_CURVE25519, 0, 0,
	};
	size_t key = AT_KEY_N + 1, certs = key + 32 + 32 + 96 + 8;
	size_t n = certs + 1 + SERIAL_ISSUER + 1 + 2;
	struct session s;

	(void)state;
	good[AT_KEY_N] = 32;
	good[certs] = 1;
	good[certs + 1 + SERIAL_ISSUER] = 2;
	assert_true(ticket_decode(bytes_of(good, n), &s));
	assert_int_equal(s.vouch.n, 1);
	assert_int_equal(s.sk_d.n, 32);
	for (size_t i = 0; i < sizeof(good); i++) {
		if (i != n)
			assert_false(ticket_decode(bytes_of(good, i), &s));
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t bad[sizeof(good)];

		print_message("    %s\n", rows[i].what);
		memcpy(bad, good, sizeof(bad));
		memcpy(bad + rows[i].at, rows[i].value, 2);
		assert_false(ticket_decode(bytes_of(bad, n), &s));
	}
	good[certs] = TICKET_CERTS + 1;
	assert_false(ticket_decode(bytes_of(good, sizeof(good)), &s));
	good[certs] = 1;
	for (unsigned len = 0; len < 256; len++) {
		good[AT_KEY_N] = (uint8_t)len;
		assert_true(ticket_decode(bytes_of(good, n), &s) ==
		    (len == 32));
	}
	good[AT_KEY_N] = 32;
	for (unsigned len = 0; len < 256; len++) {
		good[certs + 1 + SERIAL_ISSUER] = (uint8_t)len;
		assert_true(ticket_decode(bytes_of(good, n), &s) ==
		    (len == 2));
	}
}

static void
every_verdict_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TICKET_VERDICTS; i++) {
		assert_true(strlen(ticket_text((enum ticket_verdict)i)) > 0);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(
			    ticket_code_str((enum ticket_verdict)i),
			    ticket_code_str((enum ticket_verdict)k));
	}
}

static int
ready(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out_again),
		cmocka_unit_test(nothing_of_the_session_can_be_read),
		cmocka_unit_test(every_altered_octet_is_noticed),
		cmocka_unit_test(every_other_length_is_refused),
		cmocka_unit_test(a_ticket_ends_when_it_says),
		cmocka_unit_test(another_daemons_ticket_is_not_ours),
		cmocka_unit_test(who_has_a_copy_comes_to_the_same_keys),
		cmocka_unit_test(a_key_opens_for_one_more_day_and_is_gone),
		cmocka_unit_test(decoding_takes_nothing_on_trust),
		cmocka_unit_test(every_verdict_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, ready, NULL);
}
