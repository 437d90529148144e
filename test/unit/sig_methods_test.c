/*
 * What is announced of authentication: hash algorithms, RFC 7427 section 4,
 * and methods, RFC 9593 section 3.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ca.h"
#include "crypto/prf.h"
#include "crypto/sig_alg.h"
#include "crypto/sig_methods.h"
#include "util/array.h"
#include "wire.h"

#define ALL	(SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256) | \
		    SIG_BIT(SIG_SHA2_384) | SIG_BIT(SIG_SHA2_512) | \
		    SIG_BIT(SIG_IDENTITY))
#define ED25519	"0a 0e 00 3005 0603 2b6570"
#define EC_256	"0f 0e 00 300a 0608 2a8648ce3d040302"
#define EC_512	"0f 0e 00 300a 0608 2a8648ce3d040304"
#define EC_SHA1	"0e 0e 00 3009 0607 2a8648ce3d0401"
#define RSA_256	"12 0e 00 300d 06092a864886f70d01010b 0500"
#define PSS_256	"46 0e 00 3041 06092a864886f70d01010a 3034 a00f 300d" \
	"0609608648016503040201 0500 a11c 301a 06092a864886f70d010108" \
	"300d 0609608648016503040201 0500 a203020120"

static void
announced_hashes_are_read_and_written(void **state)
{
	static const uint8_t some[] = { 0, 2, 0, 5, 0, 9, 1, 2, 0, 0 };
	uint8_t buf[16];
	struct wr w = wr_of(buf, sizeof(buf));
	unsigned set = 0;

	(void)state;
	sig_hashes_write(&w, sig_hashes(0));
	assert_memory_equal(buf, "\0\2\0\3\0\4\0\5", 8);
	assert_int_equal(w.n, 8);
	assert_true(sig_hashes_read(wr_done(&w), &set));
	assert_int_equal(set, sig_hashes(0) | SIG_ANNOUNCED);
	assert_int_equal(sig_hashes(SIG_SHA1_OK),
	    sig_hashes(0) | SIG_BIT(SIG_SHA1));
	assert_true(sig_hashes_read(bytes_of(some, sizeof(some)), &set));
	assert_int_equal(set, SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256) |
	    SIG_BIT(SIG_IDENTITY));
	assert_true(sig_hashes_read((struct bytes){ 0 }, &set));
	assert_int_equal(set, SIG_ANNOUNCED);
	assert_false(sig_hashes_read(bytes_of(some, 3), &set));
	assert_int_equal(set, SIG_ANNOUNCED);
}

static void
a_shared_key_is_announced_in_two_octets(void **state)
{
	uint8_t buf[SIG_METHODS_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	(void)state;
	sig_methods_write(&w, true, false);
	assert_wire(wr_done(&w), "02 02");
}

/* Every announcement is whole, none is of SHA-1, and all of them fit. */
static void
signatures_are_announced_with_their_algorithms(void **state)
{
	uint8_t buf[SIG_METHODS_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	unsigned digital = 0, old = 0;
	struct rd r;

	(void)state;
	sig_methods_write(&w, true, true);
	assert_false(w.bad);
	r = rd_of(wr_done(&w));
	assert_int_equal(rd_u16(&r), 0x0202);
	while (r.n > 0) {
		uint8_t n = rd_u8(&r), method = rd_u8(&r);
		struct bytes der;
		struct reason why;

		assert_int_equal(rd_u8(&r), 0);
		der = rd_bytes(&r, n - 3U);
		assert_false(r.bad);
		if (method != SIG_METHOD_DIGITAL) {
			assert_int_equal(n, 3);
			old++;
			continue;
		}
		assert_non_null(sig_alg_parse(der, &why));
		assert_int_not_equal(sig_alg_parse(der, &why)->hash, SIG_SHA1);
		digital++;
	}
	assert_int_equal(digital, 11);
	assert_int_equal(old, 4);
}

static const struct {
	const char	*what, *data;
	bool		 good;
} reads[] = {
	{ "nothing", "", true },
	{ "a shared key", "02 02", true },
	{ "a method that nobody knows", "02 c8 05 c8 010203", true },
	{ "a CA behind the method", "03 09 01", true },
	{ "a digital signature without an algorithm", "03 0e 00", true },
	{ "an algorithm that is malformed", "05 0e 00 3005", true },
	{ "a length of zero", "00 02", false },
	{ "a length of one", "01", false },
	{ "one octet of two", "02", false },
	{ "two octets of three", "03 09", false },
	{ "an algorithm cut short", "0a 0e 00 3005 0603 2b65", false },
	{ "a good one and a bad one", "02 02 09 0e 00", false },
};

static void
what_is_malformed_leaves_the_set_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		struct wire data = wire(reads[i].data);
		uint32_t set = 0;

		print_message("    %s\n", reads[i].what);
		assert_int_equal(sig_methods_read(wire_bytes(&data), &set),
		    reads[i].good);
		assert_int_equal(set != 0, reads[i].good);
	}
}

static const struct {
	const char	*what, *key, *data;
	unsigned	 hashes, flags;
	unsigned	 want_hashes, want_flags;
} choices[] = {
	{ "one hash of ECDSA", "P-256", EC_512, ALL, 0,
	    SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_512), 0 },
	{ "two hashes", "P-256", EC_512 EC_256, ALL, 0,
	    SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_512) | SIG_BIT(SIG_SHA2_256),
	    0 },
	{ "two, of which the peer has named one by RFC 7427", "P-256",
	    EC_512 EC_256, SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256), 0,
	    SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256), 0 },
	{ "SHA-1 is no choice", "P-256", EC_SHA1, ALL, 0, ALL, 0 },
	{ "those of another key", "P-256", RSA_256, ALL, 0, ALL, 0 },
	{ "Ed25519", "ED25519", ED25519, ALL, 0,
	    SIG_ANNOUNCED | SIG_BIT(SIG_IDENTITY), 0 },
	{ "Ed25519 for Ed448", "ED448", ED25519, ALL, 0, ALL, 0 },
	{ "PSS instead of PKCS #1", "RSA-2048", PSS_256, ALL, 0,
	    SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256), SIG_RSA_PSS },
	{ "PKCS #1 instead of PSS", "RSA-2048", RSA_256, ALL, SIG_RSA_PSS,
	    SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256), 0 },
	{ "PSS as we wish", "RSA-2048", RSA_256 PSS_256, ALL, SIG_RSA_PSS,
	    SIG_ANNOUNCED | SIG_BIT(SIG_SHA2_256), SIG_RSA_PSS },
	{ "a peer without RFC 7427", "RSA-2048", PSS_256, 0, 0, 0, 0 },
	{ "a shared key alone", "RSA-2048", "02 02", ALL, SIG_RSA_PSS, ALL,
	    SIG_RSA_PSS },
};

static void
the_signature_is_one_that_the_peer_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		struct made m = ca_make(&(struct made_spec){
		    .subject = "CN=gw", .key = choices[i].key });
		struct cert *cert = made_cert(&m);
		struct wire data = wire(choices[i].data);
		unsigned hashes = choices[i].hashes, flags = choices[i].flags;
		uint32_t set;

		print_message("    %s\n", choices[i].what);
		assert_true(sig_methods_read(wire_bytes(&data), &set));
		sig_methods_choose(set, cert, &hashes, &flags);
		assert_int_equal(hashes, choices[i].want_hashes);
		assert_int_equal(flags, choices[i].want_flags);
		cert_free(cert);
		made_fini(&m);
	}
}

static int
prepare(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announced_hashes_are_read_and_written),
		cmocka_unit_test(a_shared_key_is_announced_in_two_octets),
		cmocka_unit_test(
		    signatures_are_announced_with_their_algorithms),
		cmocka_unit_test(what_is_malformed_leaves_the_set_alone),
		cmocka_unit_test(the_signature_is_one_that_the_peer_takes),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
