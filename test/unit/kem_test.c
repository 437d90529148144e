/*
 * ML-KEM as a key exchange.  With an OpenSSL that has it: what a hundred runs
 * give, the peer values that FIPS 203 refuses, and ciphertexts that were made
 * for nobody.  With one that has not: that there is none, and which that is.
 *
 * The runs are those of the accumulated vectors of pq-crystals: seeds, messages
 * and ciphertexts come from SHAKE-128 of nothing; encapsulation key,
 * ciphertext, secret, and what the random ciphertext gives go into another
 * one.  Its output for ML-KEM-768 is the one that Go's crypto/mlkem publishes;
 * the others were computed with Python's integers from the formulas of FIPS
 * 203, by a program that gives the published one, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/kex.h"
#include "crypto/prf.h"
#include "hex.h"
#include "util/array.h"

#define RUNS		100
#define CIPHER_MAX	1568
#define EACH_MAX	(64 + 32 + CIPHER_MAX)

static const struct {
	uint16_t	 id;
	const char	*key, *cipher;		/* SHA-256, of the first run */
	const char	*shared, *rejected;
	const char	*all;
} methods[] = {
	{ KE_ML_KEM_512,
	    "3b579ac9c190941e3707125a17cb438ab1dca04ad322734a2bef90e2a58621eb",
	    "3062d260b1193714211994e0aeabf2e38a91d36ff3ca38eeb6a4238d1c6b1435",
	    "221d7d86011659313c83ce3fd0ab26797ef217e11d1f0bc76e7952fbe52a0a58",
	    "f2dbd8461cb2393973b91433b8b3f06757b0e2a6b879e98f9ff01fa1409ccde7",
	    "86b1b4703b8ffef6f7f3290c6dbce4ad954498a0673ded401a94828e8c519a59" },
	{ KE_ML_KEM_768,
	    "8618cc44e3666926126254c7ac0763f182bab474712e3d4b4eb11c18cc1cac87",
	    "6049f31260f9d729e0e893513f55968b2404b68cd58e12e1b1240e3827748b03",
	    "fe627621fe296186fce32243dd554bdda38971b47f18461f21323782dfe5ff89",
	    "b877da792d89f28049b590121601202d2bc8f5f1af8382bf4f3941050dd5172b",
	    "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415" },
	{ KE_ML_KEM_1024,
	    "f2355b2979a10c3199f318228ba77471fcd968e4eff94d65e811047a0aaf829a",
	    "b43b890fe5e212a1f053bfee253200855620102d3d4d14b278e90b4f8393d08c",
	    "36d825ed3e168eb7551c83b63c38454e31d94d33da9c3bc766244ce4d4cb640c",
	    "c91f344f49fe943509991ef30392fc3d25cf65be3c3baf6d0d1487bf95d59f42",
	    "800018fec3e2723f73f1d657fe239b4d5d8782efaade297e8cd448e54cc2ac00" },
};

/* --- what the vectors need --- */

static EVP_MD_CTX *
shake(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestInit_ex2(ctx, EVP_shake128(), NULL), 1);
	return ctx;
}

static void
squeeze(EVP_MD_CTX *ctx, uint8_t *out, size_t n)
{
	assert_int_equal(EVP_DigestFinalXOF(ctx, out, n), 1);
	EVP_MD_CTX_free(ctx);
}

static void
absorb(EVP_MD_CTX *ctx, struct bytes b)
{
	assert_int_equal(EVP_DigestUpdate(ctx, b.p, b.n), 1);
}

static void
assert_hash(struct bytes got, const char *expected)
{
	uint8_t hash[32];

	assert_true(sha256(&got, 1, hash));
	assert_hex(bytes_of(hash, sizeof(hash)), expected);
}

/* The next octets of d are these. */
static void
give(struct drbg *d, struct bytes b)
{
	*d = (struct drbg){ .left = (uint16_t)b.n };
	memcpy(d->pool + sizeof(d->pool) - b.n, b.p, b.n);
}

/* Both ends of one exchange, and what they came to. */
struct run {
	struct kex	*i, *r;
	struct secret	z_i, z_r, rejected;
};

static void
run_of(const struct alg *a, struct rd *random, struct run *x)
{
	struct drbg d;

	give(&d, rd_bytes(random, 64));
	x->i = kex_new(a, &d);
	assert_non_null(x->i);
	give(&d, rd_bytes(random, 32));
	assert_int_equal(kex_respond(a, &d, kex_public(x->i), &x->r, &x->z_r),
	    KEX_OK);
	assert_true(kex_shared(x->i, kex_public(x->r), &x->z_i));
	assert_true(kex_shared(x->i, rd_bytes(random, a->answer_len),
	    &x->rejected));
	assert_false(random->bad);
}

static void
run_end(struct run *x)
{
	kex_free(x->i);
	kex_free(x->r);
}

static void
a_hundred_runs_give_what_was_published(void **state)
{
	static uint8_t stream[RUNS * EACH_MAX];
	uint8_t all[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct alg *a = alg_find(ALG_KE, methods[i].id, 0);
		size_t n = RUNS * (64 + 32 + (size_t)a->answer_len);
		struct rd random = rd_of(bytes_of(stream, n));
		EVP_MD_CTX *sum = shake();

		squeeze(shake(), stream, n);
		for (unsigned k = 0; k < RUNS; k++) {
			struct run x;

			run_of(a, &random, &x);
			assert_true(secret_eq(secret_bytes(&x.z_i),
			    secret_bytes(&x.z_r)));
			absorb(sum, kex_public(x.i));
			absorb(sum, kex_public(x.r));
			absorb(sum, secret_bytes(&x.z_r));
			absorb(sum, secret_bytes(&x.rejected));
			run_end(&x);
		}
		squeeze(sum, all, sizeof(all));
		assert_hex(bytes_of(all, sizeof(all)), methods[i].all);
	}
}

static void
the_first_run_gives_these_values(void **state)
{
	static uint8_t stream[EACH_MAX];

	(void)state;
	squeeze(shake(), stream, sizeof(stream));
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		struct rd random = rd_of(bytes_of(stream, sizeof(stream)));
		struct run x;

		run_of(alg_find(ALG_KE, methods[i].id, 0), &random, &x);
		assert_hash(kex_public(x.i), methods[i].key);
		assert_hash(kex_public(x.r), methods[i].cipher);
		assert_hex(secret_bytes(&x.z_i), methods[i].shared);
		assert_hex(secret_bytes(&x.rejected), methods[i].rejected);
		run_end(&x);
	}
}

/* --- values of the peer's --- */

static struct kex *
initiator(const struct alg *a, struct drbg *d, uint8_t first)
{
	const uint8_t seed[DRBG_SEED_LEN] = { first };
	struct kex *k;

	drbg_seed(d, seed);
	k = kex_new(a, d);
	assert_non_null(k);
	return k;
}

/* Coefficient i of an encapsulation key, 12 bits (FIPS 203 section 4.2.1). */
static void
set_coefficient(uint8_t *key, size_t i, unsigned v)
{
	uint8_t *p = key + i / 2 * 3;

	if (i % 2 == 0) {
		p[0] = (uint8_t)v;
		p[1] = (uint8_t)((p[1] & 0xf0) | v >> 8);
	} else {
		p[1] = (uint8_t)((p[1] & 0x0f) | v << 4);
		p[2] = (uint8_t)(v >> 4);
	}
}

static enum kex_result
answer_to(const struct alg *a, struct drbg *d, struct bytes key)
{
	struct secret z, before;
	struct kex *answer = NULL;
	enum kex_result result;

	memset(&z, 0xa5, sizeof(z));
	before = z;
	result = kex_respond(a, d, key, &answer, &z);
	if (result != KEX_OK) {
		assert_null(answer);
		assert_memory_equal(&z, &before, sizeof(z));
	}
	kex_free(answer);
	return result;
}

static void
keys_with_a_coefficient_out_of_range_are_refused(void **state)
{
	static const struct {
		unsigned	  value;
		enum kex_result	  expected;
	} rows[] = {
		{ 0, KEX_OK }, { 3328, KEX_OK },
		{ 3329, KEX_INVALID }, { 3330, KEX_INVALID },
		{ 4095, KEX_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct alg *a = alg_find(ALG_KE, methods[i].id, 0);
		size_t last = (a->public_len - 32u) / 3 * 2 - 1;
		struct drbg d;
		struct kex *k = initiator(a, &d, 1);

		for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
			const size_t at[] = { 0, 1, 255, 256, last - 1, last };

			for (size_t c = 0; c < ARRAY_SIZE(at); c++) {
				uint8_t key[1568];

				memcpy(key, kex_public(k).p, a->public_len);
				set_coefficient(key, at[c], rows[n].value);
				assert_int_equal(answer_to(a, &d,
				    bytes_of(key, a->public_len)),
				    rows[n].expected);
			}
		}
		kex_free(k);
	}
}

static void
values_of_any_other_length_are_refused(void **state)
{
	static const uint8_t zero[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct alg *a = alg_find(ALG_KE, methods[i].id, 0);
		struct drbg d;
		struct kex *k = initiator(a, &d, 1);

		for (size_t n = 0; n <= sizeof(zero); n++) {
			struct secret z;

			assert_int_equal(answer_to(a, &d, bytes_of(zero, n)),
			    n == a->public_len ? KEX_OK : KEX_INVALID);
			assert_int_equal(kex_shared(k, bytes_of(zero, n), &z),
			    n == a->answer_len);
		}
		kex_free(k);
	}
}

/* Section 6.3: no error, which would tell the peer, but no agreement. */
static void
a_changed_ciphertext_gives_another_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct alg *a = alg_find(ALG_KE, methods[i].id, 0);
		struct drbg d;
		struct kex *k = initiator(a, &d, 1), *answer = NULL;
		struct secret good, got, again;
		uint8_t cipher[CIPHER_MAX];

		assert_int_equal(kex_respond(a, &d, kex_public(k), &answer,
		    &good), KEX_OK);
		memcpy(cipher, kex_public(answer).p, a->answer_len);
		cipher[a->answer_len - 1] ^= 1;
		assert_true(kex_shared(k, bytes_of(cipher, a->answer_len),
		    &got));
		assert_false(secret_eq(secret_bytes(&got),
		    secret_bytes(&good)));
		assert_true(kex_shared(k, bytes_of(cipher, a->answer_len),
		    &again));
		assert_true(secret_eq(secret_bytes(&got),
		    secret_bytes(&again)));
		kex_free(k);
		kex_free(answer);
	}
}

static void
each_answer_is_another_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct alg *a = alg_find(ALG_KE, methods[i].id, 0);
		struct kex *k, *answer[2] = { NULL, NULL };
		struct secret z[2];
		struct drbg d;

		k = initiator(a, &d, 1);
		for (int n = 0; n < 2; n++)
			assert_int_equal(kex_respond(a, &d, kex_public(k),
			    &answer[n], &z[n]), KEX_OK);
		assert_false(bytes_eq(kex_public(answer[0]),
		    kex_public(answer[1])));
		assert_false(secret_eq(secret_bytes(&z[0]),
		    secret_bytes(&z[1])));
		kex_free(answer[0]);
		kex_free(answer[1]);
		kex_free(k);
	}
}

/* --- an OpenSSL without --- */

static void
without_it_no_exchange_is_made(void **state)
{
	static const uint8_t octets[1568];
	const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct drbg d;

	(void)state;
	drbg_seed(&d, seed);
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct alg *a = alg_find(ALG_KE, methods[i].id, 0);

		assert_false(crypto_has(a));
		assert_null(kex_new(a, &d));
		assert_int_equal(answer_to(a, &d,
		    bytes_of(octets, a->public_len)), KEX_FAILED);
	}
}

/* --- both --- */

static void
the_version_says_whether_it_is_there(void **state)
{
	char *end;
	unsigned long major = strtoul(crypto_library(), &end, 10);
	unsigned long minor = strtoul(end + 1, NULL, 10);
	const struct alg *a;

	(void)state;
	print_message("OpenSSL %s\n", crypto_library());
	assert_int_equal(*end, '.');
	for (size_t i = 0; (a = alg_at(i)) != NULL; i++)
		assert_int_equal(crypto_has(a), (a->flags & ALG_KEM) == 0 ||
		    major > 3 || (major == 3 && minor >= 5));
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
	const struct CMUnitTest with[] = {
		cmocka_unit_test(the_version_says_whether_it_is_there),
		cmocka_unit_test(a_hundred_runs_give_what_was_published),
		cmocka_unit_test(the_first_run_gives_these_values),
		cmocka_unit_test(
		    keys_with_a_coefficient_out_of_range_are_refused),
		cmocka_unit_test(values_of_any_other_length_are_refused),
		cmocka_unit_test(a_changed_ciphertext_gives_another_secret),
		cmocka_unit_test(each_answer_is_another_one),
	};
	const struct CMUnitTest without[] = {
		cmocka_unit_test(the_version_says_whether_it_is_there),
		cmocka_unit_test(without_it_no_exchange_is_made),
	};
	bool has;

	if (!crypto_init())
		return 1;
	has = crypto_has(alg_find(ALG_KE, KE_ML_KEM_768, 0));
	crypto_fini();
	return has ? cmocka_run_group_tests(with, setup, teardown) :
	    cmocka_run_group_tests(without, setup, teardown);
}
