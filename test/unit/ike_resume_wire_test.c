/*
 * Session resumption on the wire (RFC 5723 sections 4.3 and 5): who may come
 * back, keys and messages, and what is no message of ours.
 */
#include "test/unit/ike_home.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ike/build.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_derived_as_the_rfc_says),
		cmocka_unit_test(
		    the_request_carries_a_nonce_and_the_ticket_alone),
		cmocka_unit_test(
		    hostile_tickets_are_answered_with_nack_or_nothing),
		cmocka_unit_test(identities_must_be_those_of_the_ticket),
		cmocka_unit_test(
		    whoever_lacks_the_old_keys_is_not_authenticated),
		cmocka_unit_test(
		    auth_over_the_message_alone_is_taken_and_answered_alike),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
