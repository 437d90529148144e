/* The algorithm table: look-ups, names, lengths and the inner MTU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/suite.h"
#include "util/array.h"

#define GCM256	ALG_ENCR, ENCR_AES_GCM_16, 256
#define GCM128	ALG_ENCR, ENCR_AES_GCM_16, 128
#define CHACHA	ALG_ENCR, ENCR_CHACHA20_POLY1305, 0
#define CBC256	ALG_ENCR, ENCR_AES_CBC, 256
#define CBC128	ALG_ENCR, ENCR_AES_CBC, 128

#define KE(id, name, number, priv, public, flags)			\
	{ ALG_KE, id, 0, name, number, NULL, priv, 0, 0, 0, public,	\
	    ALG_FOR_IKE | ALG_FOR_ESP | flags }

/* Every row of the table, in the order in which it must stand. */
static const struct {
	enum alg_type	 type;
	uint16_t	 id, key_bits;
	const char	*name, *conf, *xfrm;
	unsigned	 key, salt, iv, icv, public;
	unsigned	 flags;
} rows[] = {
	{ GCM256, "AES256-GCM-16", "AES256-GCM-16", "rfc4106(gcm(aes))",
	    32, 4, 8, 16, 0, ALG_AEAD | ALG_FOR_IKE | ALG_FOR_ESP },
	{ CHACHA, "CHACHA20-POLY1305", "CHACHA20-POLY1305",
	    "rfc7539esp(chacha20,poly1305)",
	    32, 4, 8, 16, 0, ALG_AEAD | ALG_FOR_IKE | ALG_FOR_ESP },
	{ GCM128, "AES128-GCM-16", "AES128-GCM-16", "rfc4106(gcm(aes))",
	    16, 4, 8, 16, 0, ALG_AEAD | ALG_FOR_IKE | ALG_FOR_ESP },
	{ CBC256, "AES256-CBC", "AES256", "cbc(aes)",
	    32, 0, 16, 0, 0, ALG_FOR_IKE | ALG_FOR_ESP },
	{ CBC128, "AES128-CBC", "AES128", "cbc(aes)",
	    16, 0, 16, 0, 0, ALG_FOR_IKE | ALG_FOR_ESP },
	{ ALG_PRF, 7, 0, "PRF-SHA2-512", "SHA2-512", NULL,
	    64, 0, 0, 0, 0, ALG_FOR_IKE },
	{ ALG_PRF, 6, 0, "PRF-SHA2-384", "SHA2-384", NULL,
	    48, 0, 0, 0, 0, ALG_FOR_IKE },
	{ ALG_PRF, 5, 0, "PRF-SHA2-256", "SHA2-256", NULL,
	    32, 0, 0, 0, 0, ALG_FOR_IKE },
	{ ALG_PRF, 2, 0, "PRF-SHA1", "SHA1", NULL,
	    20, 0, 0, 0, 0, ALG_FOR_IKE | ALG_OPT_IN },
	{ ALG_INTEG, 14, 0, "SHA2-512-256", "SHA2-512", "hmac(sha512)",
	    64, 0, 0, 32, 0, ALG_FOR_IKE | ALG_FOR_ESP },
	{ ALG_INTEG, 13, 0, "SHA2-384-192", "SHA2-384", "hmac(sha384)",
	    48, 0, 0, 24, 0, ALG_FOR_IKE | ALG_FOR_ESP },
	{ ALG_INTEG, 12, 0, "SHA2-256-128", "SHA2-256", "hmac(sha256)",
	    32, 0, 0, 16, 0, ALG_FOR_IKE | ALG_FOR_ESP },
	{ ALG_INTEG, 2, 0, "SHA1-96", "SHA1", "hmac(sha1)",
	    20, 0, 0, 12, 0, ALG_FOR_IKE | ALG_FOR_ESP | ALG_OPT_IN },
	KE(31, "X25519", "31", 32, 32,
	    ALG_XDH),
	KE(21, "ECP-521", "21", 66, 132,
	    ALG_ECP),
	KE(32, "X448", "32", 56, 56,
	    ALG_XDH),
	KE(20, "ECP-384", "20", 48, 96,
	    ALG_ECP),
	KE(19, "ECP-256", "19", 32, 64,
	    ALG_ECP),
	KE(16, "MODP-4096", "16", 48, 512,
	    ALG_MODP),
	KE(15, "MODP-3072", "15", 40, 384,
	    ALG_MODP),
	KE(18, "MODP-8192", "18", 64, 1024,
	    ALG_MODP),
	KE(17, "MODP-6144", "17", 56, 768,
	    ALG_MODP),
	KE(14, "MODP-2048", "14", 32, 256,
	    ALG_MODP),
	KE(24, "MODP-2048-256", "24", 32, 256,
	    ALG_MODP | ALG_SUBGROUP | ALG_OPT_IN),
	KE(23, "MODP-2048-224", "23", 28, 256,
	    ALG_MODP | ALG_SUBGROUP | ALG_OPT_IN),
	KE(5, "MODP-1536", "5", 32, 192,
	    ALG_MODP | ALG_OPT_IN),
	KE(22, "MODP-1024-160", "22", 20, 128,
	    ALG_MODP | ALG_SUBGROUP | ALG_OPT_IN),
	KE(2, "MODP-1024", "2", 32, 128,
	    ALG_MODP | ALG_OPT_IN),
	KE(36, "ML-KEM-768", "36", 64, 1184,
	    ALG_KEM | ALG_OPT_IN),
	KE(37, "ML-KEM-1024", "37", 64, 1568,
	    ALG_KEM | ALG_OPT_IN),
	KE(35, "ML-KEM-512", "35", 64, 800,
	    ALG_KEM | ALG_OPT_IN),
	{ ALG_ESN, 1, 0, "ESN", NULL, NULL, 0, 0, 0, 0, 0, ALG_FOR_ESP },
	{ ALG_ESN, 0, 0, "NO-ESN", NULL, NULL, 0, 0, 0, 0, 0, ALG_FOR_ESP },
};

static void
assert_text(const char *got, const char *expected)
{
	if (expected == NULL)
		assert_null(got);
	else
		assert_string_equal(got, expected);
}

static void
rows_stand_in_order_of_preference_with_their_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct alg *a = alg_at(i);

		assert_non_null(a);
		assert_int_equal(a->type, rows[i].type);
		assert_int_equal(a->id, rows[i].id);
		assert_int_equal(a->key_bits, rows[i].key_bits);
		assert_text(a->name, rows[i].name);
		assert_text(a->conf, rows[i].conf);
		assert_text(a->xfrm, rows[i].xfrm);
		assert_int_equal(a->key_len, rows[i].key);
		assert_int_equal(a->salt_len, rows[i].salt);
		assert_int_equal(a->iv_len, rows[i].iv);
		assert_int_equal(a->icv_len, rows[i].icv);
		assert_int_equal(a->public_len, rows[i].public);
		assert_int_equal(a->flags, rows[i].flags);
	}
	assert_null(alg_at(ARRAY_SIZE(rows)));
	assert_null(alg_at(SIZE_MAX));
}

static void
responders_send_as_much_as_initiators_but_for_ml_kem(void **state)
{
	const struct alg *a;

	(void)state;
	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		bool ke = a->type == ALG_KE;

		assert_int_equal(a->answer_len,
		    ke && a->id == 35 ? 768 : ke && a->id == 36 ? 1088 :
		    ke && a->id == 37 ? 1568 : a->public_len);
	}
}

static void
every_row_is_found_by_transform_name_and_position(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct alg *a = alg_at(i);

		assert_ptr_equal(alg_find(a->type, a->id, a->key_bits), a);
		assert_int_equal(alg_index(a), i);
		if (a->conf != NULL)
			assert_ptr_equal(alg_by_conf(a->type, a->conf), a);
	}
}

static void
weak_and_late_rows_are_opt_in_and_no_others(void **state)
{
	static const struct {
		enum alg_type	 type;
		uint16_t	 id;
	} named[] = {
		{ ALG_PRF, 2 }, { ALG_INTEG, 2 }, { ALG_KE, 2 }, { ALG_KE, 5 },
		{ ALG_KE, 22 }, { ALG_KE, 23 }, { ALG_KE, 24 },
		{ ALG_KE, 35 }, { ALG_KE, 36 }, { ALG_KE, 37 },
	};
	const struct alg *a;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		assert_true((alg_find(named[i].type, named[i].id, 0)->flags &
		    ALG_OPT_IN) != 0);
	for (size_t i = 0; (a = alg_at(i)) != NULL; i++)
		n += (a->flags & ALG_OPT_IN) != 0;
	assert_int_equal(n, ARRAY_SIZE(named));
}

static void
transforms_that_we_do_not_have_are_not_found(void **state)
{
	static const struct {
		enum alg_type	 type;
		uint16_t	 id, key_bits;
	} none[] = {
		{ ALG_ENCR, ENCR_AES_CBC, 192 },
		{ ALG_ENCR, ENCR_AES_CBC, 0 },
		{ ALG_ENCR, ENCR_AES_GCM_16, 0 },
		{ ALG_ENCR, ENCR_AES_GCM_16, 512 },
		{ ALG_ENCR, 0, 0 },
		{ ALG_ENCR, 3, 0 },
		{ ALG_ENCR, 28, 256 },
		{ ALG_PRF, 1, 0 },
		{ ALG_PRF, PRF_HMAC_SHA2_256, 256 },
		{ ALG_INTEG, INTEG_NONE, 0 },
		{ ALG_INTEG, 1, 0 },
		{ ALG_INTEG, 7, 0 },
		{ ALG_KE, KE_NONE, 0 },
		{ ALG_KE, 1, 0 },
		{ ALG_KE, 25, 0 },
		{ ALG_KE, 33, 0 },
		{ ALG_KE, KE_MODP_2048, 2048 },
		{ ALG_ESN, 2, 0 },
		{ (enum alg_type)0, 12, 128 },
		{ (enum alg_type)6, 12, 128 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_null(alg_find(none[i].type, none[i].id,
		    none[i].key_bits));
	}
}

static void
configuration_names_count_for_their_type_only_and_exactly(void **state)
{
	static const struct {
		enum alg_type	 type;
		const char	*conf;
	} none[] = {
		{ ALG_ENCR, "" }, { ALG_ENCR, "aes256" }, { ALG_ENCR, "AES" },
		{ ALG_ENCR, "AES256-CBC" }, { ALG_ENCR, "SHA2-256" },
		{ ALG_INTEG, "SHA-1" }, { ALG_INTEG, "AES256" },
		{ ALG_PRF, "PRF-SHA2-256" }, { ALG_KE, "1" }, { ALG_KE, "020" },
		{ ALG_KE, "ECP-384" }, { ALG_ESN, "ESN" }, { ALG_PRF, "20" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_null(alg_by_conf(none[i].type, none[i].conf));
	assert_int_equal(alg_by_conf(ALG_PRF, "SHA2-384")->id, 6);
	assert_int_equal(alg_by_conf(ALG_INTEG, "SHA2-384")->id, 13);
}

static void
any_transform_has_a_name_that_an_engineer_knows(void **state)
{
	static const struct {
		unsigned	 type, id, key_bits;
		const char	*name;
	} names[] = {
		{ 1, 20, 256, "AES256-GCM-16" },
		{ 1, 12, 128, "AES128-CBC" },
		{ 1, 12, 192, "AES_CBC-192" },
		{ 1, 12, 0, "AES_CBC" },
		{ 1, 20, 192, "AES_GCM_16-192" },
		{ 1, 18, 256, "AES_GCM_8-256" },
		{ 1, 13, 128, "AES_CTR-128" },
		{ 1, 3, 0, "3DES" },
		{ 1, 28, 0, "CHACHA20-POLY1305" },
		{ 1, 28, 256, "CHACHA20_POLY1305-256" },
		{ 1, 31, 65535, "CHACHA20_POLY1305_IIV-65535" },
		{ 1, 11, 0, "NULL" },
		{ 1, 0, 0, "ENCR-0" },
		{ 1, 1024, 128, "ENCR-1024-128" },
		{ 2, 2, 0, "PRF-SHA1" },
		{ 2, 5, 0, "PRF-SHA2-256" },
		{ 2, 99, 0, "PRF-99" },
		{ 3, 0, 0, "INTEG-NONE" },
		{ 3, 2, 0, "SHA1-96" },
		{ 3, 65535, 0, "INTEG-65535" },
		{ 4, 0, 0, "KE-NONE" },
		{ 4, 2, 0, "MODP-1024" },
		{ 4, 5, 0, "MODP-1536" },
		{ 4, 15, 0, "MODP-3072" },
		{ 4, 21, 0, "ECP-521" },
		{ 4, 24, 0, "MODP-2048-256" },
		{ 4, 32, 0, "X448" },
		{ 4, 36, 0, "ML-KEM-768" },
		{ 4, 1000, 0, "KE-1000" },
		{ 5, 0, 0, "NO-ESN" },
		{ 5, 7, 0, "ESN-7" },
		{ 0, 1, 0, "TRANSFORM-0-1" },
		{ 6, 36, 0, "TRANSFORM-6-36" },
		{ 255, 65535, 65535, "TRANSFORM-255-65535-65535" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		memset(buf, 'x', sizeof(buf));
		assert_ptr_equal(alg_name((enum alg_type)names[i].type,
		    (uint16_t)names[i].id, (uint16_t)names[i].key_bits, buf),
		    buf);
		assert_string_equal(buf, names[i].name);
	}
}

static struct suite
suite_of(const char *encr, const char *integ, const char *prf, const char *ke,
    bool esn)
{
	return (struct suite){
		.encr = encr == NULL ? NULL : alg_by_conf(ALG_ENCR, encr),
		.integ = integ == NULL ? NULL : alg_by_conf(ALG_INTEG, integ),
		.prf = prf == NULL ? NULL : alg_by_conf(ALG_PRF, prf),
		.ke = ke == NULL ? NULL : alg_by_conf(ALG_KE, ke),
		.esn = esn,
	};
}

static void
a_suite_reads_as_its_algorithms_and_knows_its_key_lengths(void **state)
{
	static const struct {
		const char	*encr, *integ, *prf, *ke;
		bool		 esn;
		const char	*text;
		unsigned	 encr_len, integ_len;
	} suites[] = {
		{ "AES256-GCM-16", NULL, "SHA2-384", "20", false,
		    "AES256-GCM-16/PRF-SHA2-384/ECP-384", 36, 0 },
		{ "AES128-GCM-16", NULL, NULL, "31", true,
		    "AES128-GCM-16/X25519/ESN", 20, 0 },
		{ "AES256", "SHA2-512", "SHA2-512", "14", false,
		    "AES256-CBC/SHA2-512-256/PRF-SHA2-512/MODP-2048", 32, 64 },
		{ "CHACHA20-POLY1305", NULL, NULL, "32", false,
		    "CHACHA20-POLY1305/X448", 36, 0 },
		{ "AES128", "SHA1", "SHA1", "22", false,
		    "AES128-CBC/SHA1-96/PRF-SHA1/MODP-1024-160", 16, 20 },
		{ "AES128", "SHA2-256", NULL, NULL, false,
		    "AES128-CBC/SHA2-256-128", 16, 32 },
		{ NULL, NULL, NULL, NULL, false, "none", 0, 0 },
	};
	char buf[SUITE_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		struct suite s = suite_of(suites[i].encr, suites[i].integ,
		    suites[i].prf, suites[i].ke, suites[i].esn);

		assert_string_equal(suite_str(&s, buf), suites[i].text);
		assert_int_equal(suite_encr_len(&s), suites[i].encr_len);
		assert_int_equal(suite_integ_len(&s), suites[i].integ_len);
	}
}

static void
inner_mtu_follows_from_suite_and_encapsulation(void **state)
{
	static const struct {
		const char	*encr, *integ;
		unsigned	 outer, v4, v4_udp, v6, v6_udp;
	} mtus[] = {
		{ "AES256-GCM-16", NULL, 1500, 1446, 1438, 1426, 1418 },
		{ "AES128-GCM-16", NULL, 1500, 1446, 1438, 1426, 1418 },
		{ "AES256", "SHA2-256", 1500, 1438, 1422, 1406, 1406 },
		{ "AES128", "SHA2-256", 1500, 1438, 1422, 1406, 1406 },
		{ "AES256", "SHA2-384", 1500, 1422, 1422, 1406, 1390 },
		{ "AES256", "SHA2-512", 1500, 1422, 1406, 1390, 1390 },
		{ "CHACHA20-POLY1305", NULL, 1500, 1446, 1438, 1426, 1418 },
		{ "AES128", "SHA1", 1500, 1438, 1422, 1422, 1406 },
		{ "AES256-GCM-16", NULL, 9001, 8946, 8938, 8926, 8918 },
		{ "AES256-GCM-16", NULL, 1499, 1442, 1434, 1422, 1414 },
		/* 52 octets stand around, and a block of 4 holds 2 */
		{ "AES256-GCM-16", NULL, 56, 2, 0, 0, 0 },
		{ "AES256-GCM-16", NULL, 55, 0, 0, 0, 0 },
		{ "AES256", "SHA2-256", 76, 14, 0, 0, 0 },
		{ "AES256", "SHA2-256", 75, 0, 0, 0, 0 },
		{ "AES256", "SHA2-256", 0, 0, 0, 0, 0 },
		{ NULL, NULL, 1500, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mtus); i++) {
		struct suite s = suite_of(mtus[i].encr, mtus[i].integ, NULL,
		    NULL, false);
		unsigned outer = mtus[i].outer;

		assert_int_equal(suite_mtu(&s, outer, false, false),
		    mtus[i].v4);
		assert_int_equal(suite_mtu(&s, outer, false, true),
		    mtus[i].v4_udp);
		assert_int_equal(suite_mtu(&s, outer, true, false),
		    mtus[i].v6);
		assert_int_equal(suite_mtu(&s, outer, true, true),
		    mtus[i].v6_udp);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    rows_stand_in_order_of_preference_with_their_lengths),
		cmocka_unit_test(
		    responders_send_as_much_as_initiators_but_for_ml_kem),
		cmocka_unit_test(
		    every_row_is_found_by_transform_name_and_position),
		cmocka_unit_test(weak_and_late_rows_are_opt_in_and_no_others),
		cmocka_unit_test(transforms_that_we_do_not_have_are_not_found),
		cmocka_unit_test(
		    configuration_names_count_for_their_type_only_and_exactly),
		cmocka_unit_test(
		    any_transform_has_a_name_that_an_engineer_knows),
		cmocka_unit_test(
		    a_suite_reads_as_its_algorithms_and_knows_its_key_lengths),
		cmocka_unit_test(
		    inner_mtu_follows_from_suite_and_encapsulation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
