/*
 * The AlgorithmIdentifiers of RFC 7427 appendix A and RFC 8420 appendix A as
 * octets: what is known, in the RFCs' form and in those that are around, and
 * what is refused by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "crypto/sig_alg.h"
#include "util/array.h"
#include "util/str.h"

/* RFC 7427 appendix A and RFC 8420 appendix A, with the RFCs' octets. */
static const struct {
	const char	*hex, *name;
} rfc[] = {
	{ "300d06092a864886f70d0101050500", "RSA-SHA1" },
	{ "300d06092a864886f70d01010b0500", "RSA-SHA2-256" },
	{ "300d06092a864886f70d01010c0500", "RSA-SHA2-384" },
	{ "300d06092a864886f70d01010d0500", "RSA-SHA2-512" },
	{ "300906072a8648ce3d0401", "ECDSA-SHA1" },
	{ "300a06082a8648ce3d040302", "ECDSA-SHA2-256" },
	{ "300a06082a8648ce3d040303", "ECDSA-SHA2-384" },
	{ "300a06082a8648ce3d040304", "ECDSA-SHA2-512" },
	/* A.4.1, empty parameters */
	{ "300d06092a864886f70d01010a3000", "RSA-PSS-SHA1" },
	/* A.4.2, the default parameters spelled out */
	{ "303e06092a864886f70d01010a3031a00b300906052b0e03021a0500a118"
	  "301606092a864886f70d010108300906052b0e03021a0500a203020114a303"
	  "020101", "RSA-PSS-SHA1" },
	/* A.4.3, with the trailerField */
	{ "304606092a864886f70d01010a3039a00f300d0609608648016503040201"
	  "0500a11c301a06092a864886f70d010108300d06096086480165030402010500"
	  "a203020120a303020101", "RSA-PSS-SHA2-256" },
	{ "300506032b6570", "Ed25519" },
	{ "300506032b6571", "Ed448" },
	/* what else is around: without the trailerField, which is DER */
	{ "304106092a864886f70d01010a3034a00f300d0609608648016503040201"
	  "0500a11c301a06092a864886f70d010108300d06096086480165030402010500"
	  "a203020120", "RSA-PSS-SHA2-256" },
	/* digests without NULL */
	{ "303d06092a864886f70d01010a3030a00d300b0609608648016503040202"
	  "a11a301806092a864886f70d010108300b0609608648016503040202"
	  "a203020130", "RSA-PSS-SHA2-384" },
	/* the trailerField behind the parameters */
	{ "304606092a864886f70d01010a3034a00f300d0609608648016503040203"
	  "0500a11c301a06092a864886f70d010108300d06096086480165030402030500"
	  "a203020140a303020101", "RSA-PSS-SHA2-512" },
	/* NULL left out with RSA, put in with ECDSA and Ed25519 */
	{ "300b06092a864886f70d01010b", "RSA-SHA2-256" },
	{ "300c06082a8648ce3d0403020500", "ECDSA-SHA2-256" },
	{ "300706032b65700500", "Ed25519" },
};

static void
identifiers_of_the_rfcs_and_of_the_wild_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rfc); i++) {
		struct reason why = { "" };
		const struct sig_alg *a;
		uint8_t der[128];
		size_t n;

		assert_true(str_unhex(der, sizeof(der), &n, rfc[i].hex));
		a = sig_alg_parse(bytes_of(der, n), &why);
		if (a == NULL)
			fail_msg("%s: %s", rfc[i].name, why.s);
		assert_string_equal(a->name, rfc[i].name);
	}
}

static const struct {
	const char	*what, *hex, *says;
} strange[] = {
	{ "nothing", "", "malformed" },
	{ "MD5 with RSA", "300d06092a864886f70d0101040500", "md5With" },
	{ "SHA2-224 with RSA", "300d06092a864886f70d01010e0500", "sha224" },
	{ "DSA with SHA2-256", "300b0609608648016503040302",
	  "dsa_with_SHA256" },
	{ "an octet behind it", "300506032b657000", "malformed" },
	{ "cut short", "300506032b65", "malformed" },
	{ "parameters of an integer", "300806032b6570020101",
	  "cannot have" },
	{ "PSS with NULL", "300d06092a864886f70d01010a0500", "malformed" },
	{ "PSS with a salt of 20 and SHA2-256",
	  "303c06092a864886f70d01010a302fa00f300d0609608648016503040201"
	  "0500a11c301a06092a864886f70d010108300d06096086480165030402010500",
	  "salt of 20 octets" },
	{ "PSS with SHA2-256 over SHA-1's MGF1",
	  "302306092a864886f70d01010a3016a00f300d06096086480165030402010500"
	  "a203020120", "differ" },
	{ "PSS with SHA2-224",
	  "304106092a864886f70d01010a3034a00f300d0609608648016503040204"
	  "0500a11c301a06092a864886f70d010108300d06096086480165030402040500"
	  "a20302011c", "do not have" },
	{ "PSS with trailer 2",
	  "304606092a864886f70d01010a3039a00f300d0609608648016503040201"
	  "0500a11c301a06092a864886f70d010108300d06096086480165030402010500"
	  "a203020120a303020102", "trailer" },
	{ "PSS with a negative salt",
	  "304106092a864886f70d01010a3034a00f300d0609608648016503040201"
	  "0500a11c301a06092a864886f70d010108300d06096086480165030402010500"
	  "a2030201e0", "salt of -32 octets" },
};

static void
other_identifiers_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strange); i++) {
		struct reason why = { "" };
		uint8_t der[128];
		size_t n;

		assert_true(str_unhex(der, sizeof(der), &n, strange[i].hex));
		if (sig_alg_parse(bytes_of(der, n), &why) != NULL)
			fail_msg("%s is taken", strange[i].what);
		if (strstr(why.s, strange[i].says) == NULL)
			fail_msg("%s: %s", strange[i].what, why.s);
	}
}

static void
every_row_parses_as_itself_and_no_two_are_the_same(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct sig_alg *a; (a = sig_alg_at(n)) != NULL; n++) {
		struct reason why;

		assert_ptr_equal(sig_alg_parse(bytes_of(a->der, a->n), &why),
		    a);
		assert_ptr_equal(sig_alg_find(a->family, a->hash, a->pss), a);
		assert_int_equal(a->der[1] + 2, a->n);
	}
	assert_int_equal(n, SIG_ALG_COUNT);
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
		cmocka_unit_test(
		    identifiers_of_the_rfcs_and_of_the_wild_are_known),
		cmocka_unit_test(other_identifiers_are_refused_by_name),
		cmocka_unit_test(
		    every_row_parses_as_itself_and_no_two_are_the_same),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
