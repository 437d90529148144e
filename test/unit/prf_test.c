/*
 * HMAC by RFC 4231 and RFC 2202; prf+, the PSK's AUTH value and digests against numbers
 * that Python's hmac and hashlib gave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "hex.h"
#include "util/array.h"

static const uint16_t prfs[] = {
	PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512,
};

/* RFC 4231 section 4 (5 is about truncation): key, data, the three values. */
static const struct {
	const char	*key, *data, *expected[3];
} rfc4231[] = {
	/* test case 1 */
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "4869205468657265",
	    { "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c"
	      "2e32cff7",
	      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c"
	      "7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
	      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b305"
	      "45e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f170"
	      "2e696c203a126854" } },
	/* test case 2 */
	{ "4a656665",
	    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	    { "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b9"
	      "64ec3843",
	      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec373"
	      "6322445e8e2240ca5e69e2c78b3239ecfab21649",
	      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7"
	      "ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b"
	      "636e070a38bce737" } },
	/* test case 3 */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	    "dddddddddddddddddddddddddddddddddddddddddddd",
	    { "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514"
	      "ced565fe",
	      "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e5"
	      "5966144b2a5ab39dc13814b94e3ab6e101a34f27",
	      "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33"
	      "b2279d39bf3e848279a722c806b485a47e67c807b946a337bee89426"
	      "74278859e13292fb" } },
	/* test case 4 */
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	    { "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff4"
	      "6729665b",
	      "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e"
	      "1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
	      "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050"
	      "361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2d"
	      "e2adebeb10a298dd" } },
	/* test case 6 */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "54657374205573696e67204c6172676572205468616e20426c6f636b"
	    "2d53697a65204b6579202d2048617368204b6579204669727374",
	    { "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f"
	      "0ee37f54",
	      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05"
	      "033ac4c60c2ef6ab4030fe8296248df163f44952",
	      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b0137"
	      "83f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec"
	      "8b915a985d786598" } },
	/* test case 7 */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "5468697320697320612074657374207573696e672061206c61726765"
	    "72207468616e20626c6f636b2d73697a65206b657920616e64206120"
	    "6c6172676572207468616e20626c6f636b2d73697a6520646174612e"
	    "20546865206b6579206e6565647320746f2062652068617368656420"
	    "6265666f7265206265696e6720757365642062792074686520484d41"
	    "4320616c676f726974686d2e",
	    { "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f5153"
	      "5c3a35e2",
	      "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82"
	      "461e99c5a678cc31e799176d3860e6110c46523e",
	      "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d"
	      "20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de04460"
	      "65c97440fa8c6a58" } },
};

/* RFC 2202 section 3: key, data, HMAC-SHA1. */
static const struct {
	const char	*key, *data, *expected;
} rfc2202[] = {
	/* test case 1 */
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "4869205468657265",
	    "b617318655057264e28bc0b6fb378c8ef146be00" },
	/* test case 2 */
	{ "4a656665",
	    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	/* test case 3 */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	    "dddddddddddddddddddddddddddddddddddddddddddd",
	    "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
	/* test case 4 */
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	    "4c9007f4026250c6bc8414f9bf50c86c2d7235da" },
	/* test case 5 */
	{ "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	    "546573742057697468205472756e636174696f6e",
	    "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04" },
	/* test case 6 */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "54657374205573696e67204c6172676572205468616e20426c6f636b"
	    "2d53697a65204b6579202d2048617368204b6579204669727374",
	    "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
	/* test case 7 */
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "54657374205573696e67204c6172676572205468616e20426c6f636b"
	    "2d53697a65204b657920616e64204c6172676572205468616e204f6e"
	    "6520426c6f636b2d53697a652044617461",
	    "e8e99d0f45237d786d6bbaa7965c7808bbff1a91" },
};

/* Key 00..27, seed 80..df: three blocks, and SHA-256 over all 255. */
static const struct {
	uint16_t	 id;
	const char	*blocks, *all;
} pluses[] = {
	{ PRF_HMAC_SHA2_256,
	    "701db2d57a53510061c9e950f2755371f584d8f292289d4c3b091de3"
	    "5d91ce945e3bd116b4d87fd7c650e72fd59d6dfe6d68b08d8eb09fb0"
	    "c93df1cb43e1c4da885f56f904facfe24ec87d603eb777a7ba7c64bb"
	    "de8e4a1235c148a129ddb8d5",
	    "e453d533fb41635457b11a8aef985d1c31d25df06cb9cbda20d78562"
	    "1dd7c108" },
	{ PRF_HMAC_SHA2_384,
	    "e3a7490fe10d4e4989d798ec94548acf41593040de3cce9a686da41a"
	    "2a320afd0220347c75ed40e95bc49208171540c39dccec51acc634d3"
	    "58ce2b4a222086a0d99448f397ba0197c0f2de16edff6d32e5f70b69"
	    "08419776fcf574b3e9d313c40c95530ec8f83a82ae869849933b9ca4"
	    "6a2de3156e29f6e8e8186521709056911b90dfe3447027c706eaebca"
	    "d82bf5be",
	    "e7b4414fef7f41d5e6ab6e51059fc383627025f6e12ed3877592e6c7"
	    "209638f3" },
	{ PRF_HMAC_SHA2_512,
	    "a3681888797624da2fe0aad1f3441f2d367878680109fa33366a8eae"
	    "d2d02031e18c2e7b878b7e01f91a17ddb173f3e3251e806a28e06369"
	    "c0f27e2ddbb0e2986daf0afac62c241b338d7ea58f29c04dbcf229a6"
	    "1dfa7b7d8f105a4a723f2d85edfdd97f77734184d6055b4f89feb352"
	    "4e97a8e7cfd61456c622d35c76df69429bb968d4eb16a600776cf1a5"
	    "c64ce84c5217b1acf632c98367fd37e7bfb3dfad118cdc945f36328d"
	    "547050d0cb85659bdf46f7e7c891c88fcaa966a8008b969a",
	    "6f1e60f974c409813d7a495c17f527a3d2abe7f6612b6abf309b410c"
	    "1fc3a11a" },
	{ PRF_HMAC_SHA1,
	    "9904b5f97608f9a859e628b195d3beac076c037ca3619a6b94ed4779"
	    "64d55637649def54fab00950ceaf64991b7c65c73e1a8c0cb2a7fedb"
	    "03d07cd1",
	    "d080a13a6ead82d8c0f0442da0431eaddeb2cca31ae6c392bfbc766d"
	    "b0539b91" },
};

static void
count_up(uint8_t *p, size_t n, uint8_t from)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(from + i);
}

static void
prf_gives_the_values_of_rfc_4231(void **state)
{
	uint8_t out[PRF_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rfc4231); i++) {
		struct octets key = unhex(rfc4231[i].key);
		struct octets data = unhex(rfc4231[i].data);
		struct bytes part = octets_bytes(&data);

		for (size_t j = 0; j < ARRAY_SIZE(prfs); j++) {
			const struct alg *a = alg_find(ALG_PRF, prfs[j], 0);

			assert_true(prf(a, octets_bytes(&key), &part, 1, out));
			assert_hex(bytes_of(out, a->key_len),
			    rfc4231[i].expected[j]);
		}
	}
}

static void
sha1_rows_give_the_values_of_rfc_2202(void **state)
{
	const struct alg *const rows[] = {
		alg_find(ALG_PRF, PRF_HMAC_SHA1, 0),
		alg_find(ALG_INTEG, INTEG_HMAC_SHA1_96, 0),
	};
	uint8_t out[PRF_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rfc2202); i++) {
		struct octets key = unhex(rfc2202[i].key);
		struct octets data = unhex(rfc2202[i].data);
		struct bytes part = octets_bytes(&data);

		for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
			assert_true(prf(rows[j], octets_bytes(&key), &part, 1,
			    out));
			assert_hex(bytes_of(out, rows[j]->key_len),
			    rfc2202[i].expected);
		}
	}
}

static void
an_integrity_row_gives_the_same_mac_before_truncation(void **state)
{
	static const uint16_t integs[] = {
		INTEG_HMAC_SHA2_256_128, INTEG_HMAC_SHA2_384_192,
		INTEG_HMAC_SHA2_512_256,
	};
	struct bytes key = bytes_str("Jefe");
	struct bytes part = bytes_str("what do ya want for nothing?");
	uint8_t out[PRF_MAX];

	(void)state;
	for (size_t j = 0; j < ARRAY_SIZE(integs); j++) {
		const struct alg *a = alg_find(ALG_INTEG, integs[j], 0);

		assert_true(prf(a, key, &part, 1, out));
		assert_hex(bytes_of(out, a->key_len), rfc4231[1].expected[j]);
	}
}

static void
parts_are_one_message_however_they_are_cut(void **state)
{
	const struct alg *a = alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0);
	struct bytes whole = bytes_str("what do ya want for nothing?");
	uint8_t out[PRF_MAX];

	(void)state;
	for (size_t cut = 0; cut <= whole.n; cut++) {
		const struct bytes parts[] = {
			bytes_of(whole.p, cut), { NULL, 0 },
			bytes_of(whole.p + cut, whole.n - cut),
		};

		assert_true(prf(a, bytes_str("Jefe"), parts, 3, out));
		assert_hex(bytes_of(out, 32), rfc4231[1].expected[0]);
	}
}

static void
empty_key_and_empty_message_are_fine(void **state)
{
	const struct alg *a = alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0);
	uint8_t out[PRF_MAX];

	(void)state;
	assert_true(prf(a, (struct bytes){ NULL, 0 }, NULL, 0, out));
	assert_hex(bytes_of(out, 32),
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292"
	    "c5ad");
}

static void
the_output_may_stand_where_the_key_stood(void **state)
{
	const struct alg *a = alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0);
	struct bytes part = bytes_str("what do ya want for nothing?");
	uint8_t buf[PRF_MAX] = "Jefe";

	(void)state;
	assert_true(prf(a, bytes_of(buf, 4), &part, 1, buf));
	assert_hex(bytes_of(buf, 32), rfc4231[1].expected[0]);
}

static void
only_rows_with_a_mac_have_a_prf(void **state)
{
	uint8_t out[PRF_MAX], before[PRF_MAX];
	struct bytes x = bytes_str("x");

	(void)state;
	memset(out, 0xa5, sizeof(out));
	memcpy(before, out, sizeof(out));
	assert_false(prf(alg_find(ALG_ENCR, ENCR_AES_CBC, 128), x, &x, 1, out));
	assert_false(prf(alg_find(ALG_KE, KE_ECP_256, 0), x, &x, 1, out));
	assert_false(prf_plus(alg_find(ALG_ENCR, ENCR_AES_CBC, 128), x, &x, 1,
	    out, 16));
	assert_memory_equal(out, before, sizeof(out));
}

/* prf+ with the vectors' key, and their seed as two parts. */
static bool
plus(uint16_t id, uint8_t *out, size_t len)
{
	uint8_t key[40], seed[96];
	struct bytes parts[2];

	count_up(key, sizeof(key), 0);
	count_up(seed, sizeof(seed), 0x80);
	parts[0] = bytes_of(seed, 33);
	parts[1] = bytes_of(seed + 33, sizeof(seed) - 33);
	return prf_plus(alg_find(ALG_PRF, id, 0), bytes_of(key, sizeof(key)),
	    parts, 2, out, len);
}

static void
prf_plus_gives_every_length_up_to_three_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pluses); i++) {
		struct octets expected = unhex(pluses[i].blocks);

		for (size_t len = 0; len <= expected.n; len++) {
			uint8_t out[3 * PRF_MAX + 1];

			memset(out, 0xa5, sizeof(out));
			assert_true(plus(pluses[i].id, out, len));
			if (len > 0)
				assert_memory_equal(out, expected.b, len);
			assert_int_equal(out[len], 0xa5);
		}
	}
}

static void
prf_plus_ends_with_block_255(void **state)
{
	static uint8_t out[255 * PRF_MAX + 1], before[sizeof(out)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pluses); i++) {
		const struct alg *a = alg_find(ALG_PRF, pluses[i].id, 0);
		const size_t most = (size_t)255 * a->key_len;
		struct bytes all = bytes_of(out, most);
		uint8_t hash[32];

		memset(out, 0xa5, sizeof(out));
		memcpy(before, out, sizeof(out));
		assert_false(plus(pluses[i].id, out, most + 1));
		assert_memory_equal(out, before, sizeof(out));
		assert_true(plus(pluses[i].id, out, most));
		assert_true(sha256(&all, 1, hash));
		assert_hex(bytes_of(hash, 32), pluses[i].all);
	}
}

static void
psk_auth_pads_the_key_as_rfc_7296_says(void **state)
{
	static const struct {
		uint16_t	 id;
		const char	*expected;
	} auths[] = {
		{ PRF_HMAC_SHA2_256,
		    "077004514ddf4d9b6415122adaf09e2113fc2ff9a8973b06e8ac5f51"
		    "a290f283" },
		{ PRF_HMAC_SHA2_384,
		    "c5011b64727e447390769c1306cc4148eff63d83fa2289570961de39"
		    "0508c581a0d8bd0f5193ed100abe8abd522025a2" },
		{ PRF_HMAC_SHA2_512,
		    "52c60e094c192e7f7ceda927db9dc0e079d7718299fa36b3b7bb83b1"
		    "25d61fb5e8db21042ae70833127762d6680309de4974a5a52a3f8dfc"
		    "76148952982dea28" },
		{ PRF_HMAC_SHA1,
		    "ae9d35468871bfb419343ac2edf03baccddfcf8d" },
	};
	uint8_t octets[200], out[PRF_MAX];

	(void)state;
	count_up(octets, sizeof(octets), 0);
	for (size_t i = 0; i < ARRAY_SIZE(auths); i++) {
		const struct alg *a = alg_find(ALG_PRF, auths[i].id, 0);

		assert_int_equal(prf_psk_auth(a,
		    bytes_str("correct horse battery staple"),
		    bytes_of(octets, sizeof(octets)), 0, out), a->key_len);
		assert_hex(bytes_of(out, a->key_len), auths[i].expected);
	}
}

static void
two_psk_auth_values_are_those_of_the_parts(void **state)
{
	const struct bytes psk = bytes_str("correct horse battery staple");
	uint8_t octets[200], out[2 * PRF_MAX], one[PRF_MAX];
	const struct alg *a;

	(void)state;
	count_up(octets, sizeof(octets), 0);
	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		const size_t n = a->key_len;

		if (a->type != ALG_PRF)
			continue;
		for (size_t first = 1; first < sizeof(octets); first += 66) {
			assert_int_equal(prf_psk_auth(a, psk, bytes_of(octets,
			    sizeof(octets)), first, out), 2 * n);
			assert_int_equal(prf_psk_auth(a, psk, bytes_of(octets,
			    first), 0, one), n);
			assert_memory_equal(out, one, n);
			assert_int_equal(prf_psk_auth(a, psk, bytes_of(octets +
			    first, sizeof(octets) - first), 0, one), n);
			assert_memory_equal(out + n, one, n);
		}
		assert_int_equal(prf_psk_auth(a, psk, bytes_of(octets, 10),
		    11, out), 0);
	}
}

static void
digests_take_parts_and_nothing(void **state)
{
	const struct bytes abc[] = {
		bytes_str("a"), { NULL, 0 }, bytes_str("bc"),
	};
	uint8_t out[32];

	(void)state;
	assert_true(sha1(abc, 3, out));
	assert_hex(bytes_of(out, 20),
	    "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_true(sha1(NULL, 0, out));
	assert_hex(bytes_of(out, 20),
	    "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_true(sha256(abc, 3, out));
	assert_hex(bytes_of(out, 32), "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	assert_true(sha256(NULL, 0, out));
	assert_hex(bytes_of(out, 32), "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
}

static void
init_may_come_twice_and_after_fini_nothing_works_until_the_next(void **state)
{
	const struct alg *a = alg_find(ALG_PRF, PRF_HMAC_SHA2_256, 0);
	struct bytes x = bytes_str("x");
	uint8_t out[PRF_MAX];

	(void)state;
	assert_true(crypto_init());
	assert_true(crypto_init());
	crypto_fini();
	assert_false(prf(a, x, &x, 1, out));
	assert_false(prf_plus(a, x, &x, 1, out, 16));
	assert_int_equal(prf_psk_auth(a, x, x, 0, out), 0);
	assert_false(sha1(&x, 1, out));
	assert_false(sha256(&x, 1, out));
	crypto_fini();
	assert_true(crypto_init());
	assert_true(prf(a, x, &x, 1, out));
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	crypto_fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prf_gives_the_values_of_rfc_4231),
		cmocka_unit_test(sha1_rows_give_the_values_of_rfc_2202),
		cmocka_unit_test(
		    an_integrity_row_gives_the_same_mac_before_truncation),
		cmocka_unit_test(parts_are_one_message_however_they_are_cut),
		cmocka_unit_test(empty_key_and_empty_message_are_fine),
		cmocka_unit_test(the_output_may_stand_where_the_key_stood),
		cmocka_unit_test(only_rows_with_a_mac_have_a_prf),
		cmocka_unit_test(
		    prf_plus_gives_every_length_up_to_three_blocks),
		cmocka_unit_test(prf_plus_ends_with_block_255),
		cmocka_unit_test(psk_auth_pads_the_key_as_rfc_7296_says),
		cmocka_unit_test(two_psk_auth_values_are_those_of_the_parts),
		cmocka_unit_test(digests_take_parts_and_nothing),
		cmocka_unit_test(
	    init_may_come_twice_and_after_fini_nothing_works_until_the_next),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
