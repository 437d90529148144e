/*
 * Signatures of IKE_AUTH: every algorithm signed and verified, the vectors of
 * RFC 4754, every wrong pairing of key, method and algorithm refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "unit/hex.h"
#include "unit/sig_pair.h"
#include "util/array.h"

/* --- round trips --- */

static const struct {
	const char	*key;
	unsigned	 announced, flags;
	enum sig_method	 method;
	const char	*used;
} trips[] = {
	/* what a peer that announces everything gets */
	{ "RSA-2048", ALL, 0, 14, "RSA-SHA2-256" },
	{ "RSA-2048", ALL, SIG_RSA_PSS, 14, "RSA-PSS-SHA2-256" },
	{ "RSA-3072", ALL, SIG_RSA_PSS, 14, "RSA-PSS-SHA2-256" },
	{ "RSA-4096", ALL, SIG_RSA_PSS, 14, "RSA-PSS-SHA2-384" },
	{ "P-256", ALL, 0, 14, "ECDSA-P256-SHA2-256" },
	{ "P-384", ALL, 0, 14, "ECDSA-P384-SHA2-384" },
	{ "P-521", ALL, 0, 14, "ECDSA-P521-SHA2-512" },
	{ "ED25519", ALL, 0, 14, "Ed25519" },
	{ "ED448", ALL, 0, 14, "Ed448" },
	/* one that has less */
	{ "RSA-2048", SIG_BIT(SIG_SHA2_384), 0, 14, "RSA-SHA2-384" },
	{ "RSA-2048", SIG_BIT(SIG_SHA2_512), 0, 14, "RSA-SHA2-512" },
	{ "RSA-2048", SIG_BIT(SIG_SHA2_384), SIG_RSA_PSS, 14,
	  "RSA-PSS-SHA2-384" },
	{ "RSA-2048", SIG_BIT(SIG_SHA2_512), SIG_RSA_PSS, 14,
	  "RSA-PSS-SHA2-512" },
	{ "P-256", SIG_BIT(SIG_SHA2_384) | SIG_BIT(SIG_SHA2_512), 0, 14,
	  "ECDSA-P256-SHA2-384" },
	{ "P-521", SIG_BIT(SIG_SHA2_256) | SIG_BIT(SIG_SHA2_384), 0, 14,
	  "ECDSA-P521-SHA2-384" },
	{ "P-256", SIG_BIT(SIG_SHA2_512), 0, 14, "ECDSA-P256-SHA2-512" },
	/* SHA-1, for who asked for it */
	{ "RSA-2048", SIG_BIT(SIG_SHA1), SIG_SHA1_OK, 14, "RSA-SHA1" },
	{ "RSA-2048", SIG_BIT(SIG_SHA1), SIG_SHA1_OK | SIG_RSA_PSS, 14,
	  "RSA-PSS-SHA1" },
	{ "P-256", SIG_BIT(SIG_SHA1), SIG_SHA1_OK, 14, "ECDSA-P256-SHA1" },
	{ "RSA-2048", ALL, SIG_SHA1_OK, 14, "RSA-SHA2-256" },
	/* without RFC 7427 */
	{ "P-256", 0, 0, 9, "ECDSA-P256-SHA2-256" },
	{ "P-384", 0, 0, 10, "ECDSA-P384-SHA2-384" },
	{ "P-521", 0, 0, 11, "ECDSA-P521-SHA2-512" },
	{ "RSA-2048", 0, SIG_SHA1_OK, 1, "RSA-SHA1" },
};

static void
every_algorithm_signs_and_verifies(void **state)
{
	const struct sig_alg *a;
	unsigned used = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trips); i++) {
		struct pair p = pair_new(trips[i].key);
		struct reason why = { "" };
		struct sig_used s = { "" }, v = { "" };
		uint8_t buf[SIG_VALUE_MAX];
		struct wr w = wr_of(buf, sizeof(buf));
		enum sig_method method = 0;

		if (!sig_sign(p.key, trips[i].announced, trips[i].flags,
		    octets(), &method, &w, &s, &why))
			fail_msg("row %zu: %s", i, why.s);
		assert_int_equal(method, trips[i].method);
		assert_string_equal(s.name, trips[i].used);
		if (!sig_verify(p.cert, (uint8_t)method, wr_done(&w),
		    octets(), trips[i].flags, &v, &why))
			fail_msg("row %zu: %s", i, why.s);
		assert_string_equal(v.name, trips[i].used);
		for (size_t k = 0; method == 14 &&
		    (a = sig_alg_at(k)) != NULL; k++) {
			if (buf[0] == a->n &&
			    memcmp(buf + 1, a->der, a->n) == 0)
				used |= 1U << k;
		}
		pair_free(&p);
	}
	assert_int_equal(used, (1U << SIG_ALG_COUNT) - 1);
}

static void
rs_signatures_have_their_fixed_length(void **state)
{
	static const struct {
		const char	*key;
		size_t		 n;
	} rows[] = { { "P-256", 64 }, { "P-384", 96 }, { "P-521", 132 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pair p = pair_new(rows[i].key);

		/* Enough of them to meet an r or s with leading zeros. */
		for (unsigned k = 0; k < 300; k++) {
			uint8_t buf[SIG_VALUE_MAX];
			struct wr w = wr_of(buf, sizeof(buf));
			struct reason why;
			enum sig_method m;

			assert_true(sig_sign(p.key, 0, 0, octets(), &m, &w,
			    NULL, &why));
			assert_int_equal(w.n, rows[i].n);
			if (k < 20)
				assert_true(sig_verify(p.cert, (uint8_t)m,
				    wr_done(&w), octets(), 0, NULL, &why));
		}
		pair_free(&p);
	}
}

/* RFC 4754 section 8: "abc" signed on each curve; x, y, r, s. */
static const struct {
	const char	*group;
	uint8_t		 method;
	const char	*x, *y, *r, *s;
} rfc4754[] = {
	{ "P-256", 9,
	  "2442A5CC0ECD015FA3CA31DC8E2BBC70BF42D60CBCA20085E0822CB04235E970",
	  "6FC98BD7E50211A4A27102FA3549DF79EBCB4BF246B80945CDDFE7D509BBFD7D",
	  "CB28E0999B9C7715FD0A80D8E47A77079716CBBF917DD72E97566EA1C066957C",
	  "86FA3BB4E26CAD5BF90B7F81899256CE7594BB1EA0C89212748BFF3B3D5B0315" },
	{ "P-384", 10,
	  "96281BF8DD5E0525CA049C048D345D3082968D10FEDF5C5ACA0C64E6465A97EA"
	  "5CE10C9DFEC21797415710721F437922",
	  "447688BA94708EB6E2E4D59F6AB6D7EDFF9301D249FE49C33096655F5D502FAD"
	  "3D383B91C5E7EDAA2B714CC99D5743CA",
	  "FB017B914E29149432D8BAC29A514640B46F53DDAB2C69948084E2930F1C8F7E"
	  "08E07C9C63F2D21A07DCB56A6AF56EB3",
	  "B263A1305E057F984D38726A1B46874109F417BCA112674C528262A40A629AF1"
	  "CBB9F516CE0FA7D2FF630863A00E8B9F" },
	{ "P-521", 11,
	  "0151518F1AF0F563517EDD5485190DF95A4BF57B5CBA4CF2A9A3F6474725A35F"
	  "7AFE0A6DDEB8BEDBCD6A197E592D40188901CECD650699C9B5E456AEA5ADD190"
	  "52A8",
	  "006F3B142EA1BFFF7E2837AD44C9E4FF6D2D34C73184BBAD90026DD5E6E85317"
	  "D9DF45CAD7803C6C20035B2F3FF63AFF4E1BA64D1C077577DA3F4286C58F0AEA"
	  "E643",
	  "0154FD3836AF92D0DCA57DD5341D3053988534FDE8318FC6AAAAB68E2E6F4339"
	  "B19F2F281A7E0B22C269D93CF8794A9278880ED7DBB8D9362CAEACEE54432055"
	  "2251",
	  "017705A7030290D1CEB605A9A1BB03FF9CDD521E87A696EC926C8C10C8362DF4"
	  "975367101F67D1CF9BCCBF2F3D239534FA509E70AAC851AE01AAC68D62F86647"
	  "2660" },
};

/* A certificate over a public key whose private one we do not have. */
static struct cert *
cert_over(const char *group, const char *x, const char *y)
{
	char text[300], name[8];
	struct octets point;
	struct made ca = ca_make(&(struct made_spec){ .subject = "CN=ca",
	    .key = "P-256" });
	struct made m = ca_make(&(struct made_spec){ .subject = "CN=gw",
	    .key = "P-256", .issuer = &ca });
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM params[3];
	struct cert *c;

	str_fmt(text, sizeof(text), "04%s%s", x, y);
	str_set(name, sizeof(name), group);
	point = unhex(text);
	params[0] = OSSL_PARAM_construct_utf8_string("group", name, 0);
	params[1] = OSSL_PARAM_construct_octet_string("pub", point.b,
	    point.n);
	params[2] = OSSL_PARAM_construct_end();
	m.key = NULL;
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &m.key, EVP_PKEY_PUBLIC_KEY,
	    params), 1);
	assert_int_equal(X509_set_pubkey(m.x509, m.key), 1);
	assert_true(X509_sign(m.x509, ca.key, EVP_sha256()) > 0);
	c = made_cert(&m);
	EVP_PKEY_free(m.key);
	EVP_PKEY_CTX_free(ctx);
	made_fini(&m);
	made_fini(&ca);
	return c;
}

static void
signatures_of_rfc_4754_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rfc4754); i++) {
		struct cert *c = cert_over(rfc4754[i].group, rfc4754[i].x,
		    rfc4754[i].y);
		struct octets rs;
		struct reason why = { "" };
		char text[300];

		str_fmt(text, sizeof(text), "%s%s", rfc4754[i].r,
		    rfc4754[i].s);
		rs = unhex(text);
		if (!sig_verify(c, rfc4754[i].method, octets_bytes(&rs),
		    bytes_str("abc"), 0, NULL, &why))
			fail_msg("%s: %s", rfc4754[i].group, why.s);
		cert_free(c);
	}
}

/* --- what must not verify --- */

static const struct {
	const char	*what, *signer, *alg, *verifier, *says;
} pairings[] = {
	{ "RSA's for ECDSA's key", "RSA-2048", "RSA-SHA2-256", "P-256",
	  "certificate's key is ECDSA-P256" },
	{ "PSS for ECDSA's key", "RSA-2048", "RSA-PSS-SHA2-256", "P-256",
	  "certificate's key is ECDSA-P256" },
	{ "ECDSA's for RSA's key", "P-256", "ECDSA-SHA2-256", "RSA-2048",
	  "certificate's key is RSA-2048" },
	{ "ECDSA's for Ed25519's key", "P-256", "ECDSA-SHA2-256", "ED25519",
	  "certificate's key is Ed25519" },
	{ "Ed25519's for Ed448's key", "ED25519", "Ed25519", "ED448",
	  "certificate's key is Ed448" },
	{ "Ed448's for Ed25519's key", "ED448", "Ed448", "ED25519",
	  "certificate's key is Ed25519" },
	{ "Ed25519's for RSA's key", "ED25519", "Ed25519", "RSA-2048",
	  "certificate's key is RSA-2048" },
	{ "another RSA key's", "RSA-2048", "RSA-SHA2-256", "RSA-3072",
	  "is wrong" },
	{ "another RSA key's by PSS", "RSA-2048", "RSA-PSS-SHA2-256",
	  "RSA-3072", "is wrong" },
	{ "another curve's", "P-256", "ECDSA-SHA2-256", "P-384", "is wrong" },
	{ "another key's of the same curve", "P-256", "ECDSA-SHA2-256",
	  "P-256/2", "is wrong" },
	{ "another Ed25519 key's", "ED25519", "Ed25519", "ED25519/2",
	  "is wrong" },
	{ "RSA with SHA-1", "RSA-2048", "RSA-SHA1", "RSA-2048", "too weak" },
	{ "PSS with SHA-1", "RSA-2048", "RSA-PSS-SHA1", "RSA-2048",
	  "too weak" },
	{ "ECDSA with SHA-1", "P-256", "ECDSA-SHA1", "P-256", "too weak" },
};

static void
wrong_pairings_are_refused_with_their_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairings); i++) {
		struct pair p = pair_new(pairings[i].verifier);
		struct reason why = { "" };
		struct sig_used used = { "untouched" };
		uint8_t buf[SIG_VALUE_MAX];
		struct bytes value = force(pairings[i].signer, pairings[i].alg,
		    buf);

		if (sig_verify(p.cert, SIG_METHOD_DIGITAL, value, octets(), 0,
		    &used, &why))
			fail_msg("%s verifies", pairings[i].what);
		if (strstr(why.s, pairings[i].says) == NULL)
			fail_msg("%s: %s", pairings[i].what, why.s);
		assert_string_equal(used.name, "untouched");
		pair_free(&p);
	}
}

/* The signature of one row under the identifier of each other one. */
static void
a_signature_verifies_under_its_own_identifier_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIG_ALG_COUNT; i++) {
		const struct sig_alg *a = sig_alg_at(i);
		const char *name = a->family == PKEY_RSA ? "RSA-2048" :
		    a->family == PKEY_EC ? "P-256" :
		    a->family == PKEY_ED25519 ? "ED25519" : "ED448";
		uint8_t buf[SIG_VALUE_MAX];
		struct bytes v = force(name, a->name, buf);
		struct pair p = pair_new(name);

		for (size_t k = 0; k < SIG_ALG_COUNT; k++) {
			const struct sig_alg *b = sig_alg_at(k);
			uint8_t other[SIG_VALUE_MAX + 128];
			struct wr w = wr_of(other, sizeof(other));
			struct reason why;

			wr_u8(&w, b->n);
			wr_bytes(&w, bytes_of(b->der, b->n));
			wr_bytes(&w, bytes_of(v.p + 1 + a->n,
			    v.n - 1 - a->n));
			assert_int_equal(sig_verify(p.cert, 14, wr_done(&w),
			    octets(), SIG_SHA1_OK, NULL, &why), a == b);
		}
		pair_free(&p);
	}
}

static void
every_flipped_bit_is_noticed(void **state)
{
	static const char *const keys[] = { "P-256", "ED25519", "RSA-2048" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct pair p = pair_new(keys[i]);
		uint8_t buf[SIG_VALUE_MAX], text[sizeof(octets_text)];
		struct wr w = wr_of(buf, sizeof(buf));
		enum sig_method m;
		struct reason why;

		assert_true(sig_sign(p.key, ALL, SIG_RSA_PSS, octets(), &m,
		    &w, NULL, &why));
		for (size_t k = 0; k < w.n; k++) {
			buf[k] ^= 1;
			assert_false(sig_verify(p.cert, (uint8_t)m,
			    wr_done(&w), octets(), SIG_SHA1_OK, NULL, &why));
			buf[k] ^= 1;
		}
		for (size_t n = 0; n < w.n; n++)
			assert_false(sig_verify(p.cert, (uint8_t)m,
			    bytes_of(buf, n), octets(), SIG_SHA1_OK, NULL,
			    &why));
		memcpy(text, octets_text, sizeof(text));
		text[3] ^= 0x20;
		assert_false(sig_verify(p.cert, (uint8_t)m, wr_done(&w),
		    bytes_of(text, sizeof(text) - 1), 0, NULL, &why));
		assert_true(sig_verify(p.cert, (uint8_t)m, wr_done(&w),
		    octets(), 0, NULL, &why));
		pair_free(&p);
	}
}

/* --- methods --- */

static void
methods_need_their_key_and_length(void **state)
{
	static const struct {
		const char	*what, *key;
		uint8_t		 method;
		size_t		 n;
		const char	*says;
	} rows[] = {
		{ "P-256 by method 9", "P-256", 9, 64, "is wrong" },
		{ "P-256 by method 10", "P-256", 10, 96, "ECDSA-P256" },
		{ "P-384 by method 11", "P-384", 11, 132, "ECDSA-P384" },
		{ "RSA by method 9", "RSA-2048", 9, 64, "RSA-2048" },
		{ "63 octets", "P-256", 9, 63, "63 octets" },
		{ "65 octets", "P-256", 9, 65, "65 octets" },
		{ "no octets", "P-256", 9, 0, "0 octets" },
		{ "ECDSA by method 1", "P-256", 1, 64, "ECDSA-P256" },
		{ "RSA by method 1", "RSA-2048", 1, 256, "is wrong" },
		{ "a shared key", "P-256", 2, 32, "pre-shared key" },
		{ "DSS", "P-256", 3, 40, "method 3" },
		{ "NULL", "P-256", 13, 20, "method 13" },
		{ "an empty payload", "P-256", 14, 0, "cut short" },
		{ "an identifier of no octets", "P-256", 14, 1, "cut short" },
	};
	static const uint8_t zeros[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pair p = pair_new(rows[i].key);
		struct reason why = { "" };

		if (sig_verify(p.cert, rows[i].method,
		    bytes_of(zeros, rows[i].n), octets(), SIG_SHA1_OK, NULL,
		    &why))
			fail_msg("%s verifies", rows[i].what);
		if (strstr(why.s, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].what, why.s);
		pair_free(&p);
	}
}

/* RFC 7296 section 3.8: the hash is in the signature alone. */
static void
method_1_takes_sha2_and_refuses_sha1(void **state)
{
	static const char *const names[] = { "RSA-SHA2-256", "RSA-SHA2-384",
	    "RSA-SHA2-512" };
	struct pair p = pair_new("RSA-2048");
	uint8_t buf[SIG_VALUE_MAX];
	struct sig_used used;
	struct reason why;
	struct bytes v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		v = force("RSA-2048", names[i], buf);
		assert_true(sig_verify(p.cert, 1, bytes_of(v.p + 16,
		    v.n - 16), octets(), 0, &used, &why));
		assert_string_equal(used.name, names[i]);
	}
	v = force("RSA-2048", "RSA-SHA1", buf);
	v = bytes_of(v.p + 16, v.n - 16);
	assert_false(sig_verify(p.cert, 1, v, octets(), 0, &used, &why));
	assert_non_null(strstr(why.s, "too weak"));
	assert_true(sig_verify(p.cert, 1, v, octets(), SIG_SHA1_OK, &used,
	    &why));
	pair_free(&p);
}

static void
without_a_common_hash_nothing_is_signed(void **state)
{
	static const struct {
		const char	*key;
		unsigned	 announced;
		const char	*says;
	} rows[] = {
		{ "RSA-2048", SIG_ANNOUNCED, "no signature hash" },
		{ "RSA-2048", SIG_BIT(SIG_SHA1), "SHA-1 is not allowed" },
		{ "RSA-2048", SIG_BIT(SIG_IDENTITY), "RSA-2048" },
		{ "P-256", SIG_ANNOUNCED | SIG_BIT(SIG_IDENTITY),
		  "ECDSA-P256" },
		{ "ED25519", SIG_BIT(SIG_SHA2_256), "Ed25519" },
		{ "ED25519", 0, "does not announce RFC 7427" },
		{ "RSA-2048", 0, "but for SHA-1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pair p = pair_new(rows[i].key);
		uint8_t buf[SIG_VALUE_MAX];
		struct wr w = wr_of(buf, sizeof(buf));
		enum sig_method m = 77;
		struct reason why = { "" };

		assert_false(sig_sign(p.key, rows[i].announced, 0, octets(),
		    &m, &w, NULL, &why));
		assert_int_equal(m, 77);
		assert_int_equal(w.n, 0);
		if (strstr(why.s, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, why.s);
		pair_free(&p);
	}
}

static void
no_room_leaves_the_writer_alone(void **state)
{
	struct pair p = pair_new("RSA-2048");
	uint8_t buf[100];
	struct wr w = wr_of(buf, sizeof(buf));
	enum sig_method m;
	struct reason why;

	(void)state;
	assert_false(sig_sign(p.key, ALL, 0, octets(), &m, &w, NULL, &why));
	assert_int_equal(w.n, 0);
	assert_false(w.bad);
	assert_non_null(strstr(why.s, "no room"));
	pair_free(&p);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_signs_and_verifies),
		cmocka_unit_test(rs_signatures_have_their_fixed_length),
		cmocka_unit_test(signatures_of_rfc_4754_verify),
		cmocka_unit_test(wrong_pairings_are_refused_with_their_reason),
		cmocka_unit_test(
		    a_signature_verifies_under_its_own_identifier_only),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(methods_need_their_key_and_length),
		cmocka_unit_test(method_1_takes_sha2_and_refuses_sha1),
		cmocka_unit_test(without_a_common_hash_nothing_is_signed),
		cmocka_unit_test(no_room_leaves_the_writer_alone),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
