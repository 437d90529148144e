/*
 * The builder: exact octets of every helper, chains that decode again, sealed
 * messages that open again, and every buffer that is too small.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "crypto/prf.h"
#include "ike/build.h"
#include "ike/rules.h"
#include "util/array.h"
#include "wire.h"

#define CANARY	0xa5

static const struct hdr head = {
	.spi_i = UINT64_C(0x0102030405060708),
	.spi_r = UINT64_C(0x1112131415161718),
	.next = 99,			/* to be overwritten */
	.version = HDR_VERSION, .exchange = INFORMATIONAL,
	.flags = HDR_INITIATOR, .mid = 7,
	.length = 99,			/* to be overwritten */
};

#define SPIS	"0102030405060708 1112131415161718 "

static void
put_nothing(struct build *b)
{
	(void)b;
}

static void
put_notify(struct build *b)
{
	build_notify(b, N_COOKIE, bytes_str("ab"));
}

static void
put_notify_spi(struct build *b)
{
	build_notify_spi(b, N_REKEY_SA, PROTO_ESP, 0xc1c2c3c4,
	    (struct bytes){ 0 });
}

static void
put_delete_esp(struct build *b)
{
	build_delete_esp(b, 0xc1c2c3c4);
}

static void
put_delete_ike(struct build *b)
{
	build_delete_ike(b);
}

static void
put_ke(struct build *b)
{
	build_ke(b, 31, bytes_str("abc"));
}

static void
put_bytes(struct build *b)
{
	build_bytes(b, PL_NONCE, bytes_str("abcd"));
}

static void
put_empty(struct build *b)
{
	build_payload(b, PL_VENDOR);
	build_bytes(b, PL_VENDOR, (struct bytes){ 0 });
}

static void
put_body(struct build *b)
{
	struct wr *w = build_payload(b, PL_IDI);

	wr_u32(w, 0x01000000);
	wr_u32(w, 0xc0000201);
	build_notify(b, N_INITIAL_CONTACT, (struct bytes){ 0 });
}

static const struct {
	const char	*what;
	void		(*put)(struct build *);
	const char	*msg;
} plain[] = {
	{ "a header alone has no next payload and its own length",
	    put_nothing, SPIS "00202508 00000007 0000001c" },
	{ "a notify has neither protocol nor SPI", put_notify,
	    SPIS "29202508 00000007 00000026 0000000a 00004006 6162" },
	{ "a notify of an SA has both", put_notify_spi,
	    SPIS "29202508 00000007 00000028 0000000c 03044009 c1c2c3c4" },
	{ "a delete of ESP has one SPI", put_delete_esp,
	    SPIS "2a202508 00000007 00000028 0000000c 03040001 c1c2c3c4" },
	{ "a delete of the IKE SA has none", put_delete_ike,
	    SPIS "2a202508 00000007 00000024 00000008 01000000" },
	{ "a key exchange has its group", put_ke,
	    SPIS "22202508 00000007 00000027 0000000b 001f0000 616263" },
	{ "a body is written as it is", put_bytes,
	    SPIS "28202508 00000007 00000024 00000008 61626364" },
	{ "payloads may be empty", put_empty,
	    SPIS "2b202508 00000007 00000024 2b000004 00000004" },
	{ "a body written in pieces is closed by the next payload", put_body,
	    SPIS "23202508 00000007 00000030 2900000c 01000000 c0000201"
	    "00000008 00004000" },
};

static void
test_plain(void **state)
{
	uint8_t buf[256];
	struct build b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		print_message("  %s\n", plain[i].what);
		build_begin(&b, buf, sizeof(buf), &head);
		plain[i].put(&b);
		assert_wire(build_end(&b, NULL), plain[i].msg);
	}
}

/* Every buffer too small gives nothing and nothing is written behind it. */
static void
test_plain_too_small(void **state)
{
	uint8_t buf[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		const struct wire want = wire(plain[i].msg);

		for (size_t cap = 0; cap <= want.n; cap++) {
			struct build b;

			memset(buf, CANARY, sizeof(buf));
			build_begin(&b, buf, cap, &head);
			plain[i].put(&b);
			assert_int_equal(build_end(&b, NULL).n,
			    cap < want.n ? 0 : want.n);
			for (size_t k = cap; k < sizeof(buf); k++)
				assert_int_equal(buf[k], CANARY);
		}
	}
}

static void
test_payload_beyond_its_length_field(void **state)
{
	const size_t cap = 70000;
	uint8_t *buf = malloc(cap);
	struct build b;

	(void)state;
	assert_non_null(buf);
	build_begin(&b, buf, cap, &head);
	wr_zero(build_payload(&b, PL_VENDOR), UINT16_MAX - 4);
	assert_int_equal(build_end(&b, NULL).n, HDR_LEN + UINT16_MAX);
	build_begin(&b, buf, cap, &head);
	wr_zero(build_payload(&b, PL_VENDOR), UINT16_MAX - 3);
	assert_int_equal(build_end(&b, NULL).n, 0);
	build_begin(&b, buf, cap, &head);
	wr_zero(build_payload(&b, PL_VENDOR), UINT16_MAX - 3);
	build_delete_ike(&b);
	assert_int_equal(build_end(&b, NULL).n, 0);
	free(buf);
}

/* Ciphers and what their SK payload adds to 8 octets: a delete of the SA. */
static const struct {
	const char	*encr, *integ;
	size_t		 sk_n;
} suites[] = {
	{ "AES256-GCM-16", NULL, 4 + 8 + 8 + 1 + 16 },
	{ "AES128-GCM-16", NULL, 4 + 8 + 8 + 1 + 16 },
	{ "AES256", "SHA2-256", 4 + 16 + 16 + 16 },
	{ "AES128", "SHA2-512", 4 + 16 + 16 + 32 },
};

static struct seal *
seal_of(size_t i)
{
	static const uint8_t key[128] = { 1, 2, 3 };
	struct suite s = { .encr = alg_by_conf(ALG_ENCR, suites[i].encr) };
	struct seal *seal;

	if (suites[i].integ != NULL)
		s.integ = alg_by_conf(ALG_INTEG, suites[i].integ);
	assert_non_null(s.encr);
	seal = seal_new(&s, bytes_of(key, suite_encr_len(&s)),
	    bytes_of(key, suite_integ_len(&s)));
	assert_non_null(seal);
	return seal;
}

/* A sealed message of what put() puts, in a buffer of cap octets. */
static struct bytes
sealed(struct seal *seal, void (*put)(struct build *), uint8_t *buf,
    size_t cap)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 9 };
	struct drbg drbg;
	struct build b;

	drbg_seed(&drbg, seed);
	build_begin(&b, buf, cap, &head);
	build_sk(&b, seal);
	put(&b);
	return build_end(&b, &drbg);
}

/* Decodes, opens, decodes what is inside. */
static void
open_msg(struct seal *seal, uint8_t *buf, struct bytes msg, struct msg *m)
{
	struct msg outer;
	struct bytes inside;
	struct hdr h;

	assert_true(hdr_decode(msg, &h));
	assert_int_equal(h.next, PL_SK);
	assert_int_equal(payload_decode(h.next, bytes_of(msg.p + HDR_LEN,
	    msg.n - HDR_LEN), HDR_LEN, &outer), N_NONE);
	assert_int_equal(outer.seen, PL_BIT(PL_SK));
	assert_int_equal(outer.sk_at, HDR_LEN + 4);
	assert_int_equal(outer.sk.n, msg.n - outer.sk_at);
	assert_true(seal_open(seal, buf, outer.sk_at, msg.n, &inside));
	assert_int_equal(payload_decode(outer.sk_next, inside, 0, m), N_NONE);
}

static void
test_sealed(void **state)
{
	uint8_t buf[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		struct seal *seal = seal_of(i);
		struct bytes out;
		struct msg m;

		print_message("  %s\n", suites[i].encr);
		out = sealed(seal, put_delete_ike, buf, sizeof(buf));
		assert_int_equal(out.n, HDR_LEN + suites[i].sk_n);
		open_msg(seal, buf, out, &m);
		assert_int_equal(m.seen, PL_BIT(PL_DELETE));
		assert_int_equal(m.deletes[0].proto, PROTO_IKE);
		assert_int_equal(rules_check(INFORMATIONAL, false, &m),
		    N_NONE);

		out = sealed(seal, put_body, buf, sizeof(buf));
		open_msg(seal, buf, out, &m);
		assert_int_equal(m.seen, PL_BIT(PL_IDI) | PL_BIT(PL_NOTIFY));
		assert_wire(m.idi.data, "c0000201");

		out = sealed(seal, put_nothing, buf, sizeof(buf));
		open_msg(seal, buf, out, &m);
		assert_int_equal(m.seen, 0);
		seal_free(seal);
	}
}

/* What stands before SK is authenticated with it. */
static void
test_payload_before_sk(void **state)
{
	struct seal *seal = seal_of(0);
	struct drbg drbg = { .left = 0 };
	struct bytes out, inside;
	struct build b;
	struct msg m;
	uint8_t buf[256];

	(void)state;
	build_begin(&b, buf, sizeof(buf), &head);
	build_bytes(&b, PL_VENDOR, bytes_str("v"));
	build_sk(&b, seal);
	build_delete_esp(&b, 5);
	out = build_end(&b, &drbg);
	assert_int_equal(payload_decode(PL_VENDOR, bytes_of(out.p + HDR_LEN,
	    out.n - HDR_LEN), HDR_LEN, &m), N_NONE);
	assert_int_equal(m.sk_next, PL_DELETE);
	assert_int_equal(m.sk_at, HDR_LEN + 5 + 4);
	assert_true(seal_open(seal, buf, m.sk_at, out.n, &inside));
	assert_wire(inside, "0000000c 03040001 00000005");
	seal_free(seal);
}

static void
test_sealed_too_small(void **state)
{
	uint8_t buf[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		const size_t want = HDR_LEN + suites[i].sk_n;
		struct seal *seal = seal_of(i);

		for (size_t cap = 0; cap <= want; cap++) {
			memset(buf, CANARY, sizeof(buf));
			assert_int_equal(sealed(seal, put_delete_ike, buf,
			    cap).n, cap < want ? 0 : want);
			for (size_t k = cap; k < sizeof(buf); k++)
				assert_int_equal(buf[k], CANARY);
		}
		seal_free(seal);
	}
}

static void
put_much(struct build *b)
{
	wr_zero(build_payload(b, PL_VENDOR), 65400);
	wr_zero(build_payload(b, PL_VENDOR), 200);
}

static void
test_sk_beyond_its_length_field(void **state)
{
	const size_t cap = 70000;
	struct seal *seal = seal_of(0);
	uint8_t *buf = malloc(cap);

	(void)state;
	assert_non_null(buf);
	assert_int_equal(sealed(seal, put_much, buf, cap).n, 0);
	free(buf);
	seal_free(seal);
}

static int
group_setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

static int
group_teardown(void **state)
{
	(void)state;
	crypto_fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_too_small),
		cmocka_unit_test(test_payload_beyond_its_length_field),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_payload_before_sk),
		cmocka_unit_test(test_sealed_too_small),
		cmocka_unit_test(test_sk_beyond_its_length_field),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
