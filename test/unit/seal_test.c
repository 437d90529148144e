/*
 * Seals: published and computed messages, round trips, IVs, and everything
 * that must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "crypto/prf.h"
#include "crypto/seal.h"
#include "hex.h"
#include "test/vectors/seal.h"
#include "util/array.h"

static struct suite
suite_of(const char *encr, const char *integ)
{
	return (struct suite){
		.encr = alg_by_conf(ALG_ENCR, encr),
		.integ = integ == NULL ? NULL : alg_by_conf(ALG_INTEG, integ),
	};
}

static void
count_up(uint8_t *p, size_t n, uint8_t from)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(from + i);
}

static struct seal *
seal_of(const struct seal_setting *t)
{
	struct suite s = suite_of(t->encr, t->integ);
	uint8_t encr[KEY_MAX], integ[KEY_MAX];
	struct seal *made;

	count_up(encr, sizeof(encr), 0x10);
	count_up(integ, sizeof(integ), 0x90);
	made = seal_new(&s, bytes_of(encr, suite_encr_len(&s)),
	    bytes_of(integ, suite_integ_len(&s)));
	assert_non_null(made);
	return made;
}

static void
seed(struct drbg *d, uint8_t first)
{
	uint8_t octets[DRBG_SEED_LEN] = { first };

	drbg_seed(d, octets);
}

/* A message of aad 40.. and plaintext 01.., protected; returns its length. */
static size_t
protect(struct seal *s, struct drbg *d, uint8_t *msg, size_t plain_n)
{
	count_up(msg, AAD, 0x40);
	count_up(msg + AAD + seal_iv_len(s), plain_n, 1);
	assert_true(seal_protect(s, d, msg, AAD, plain_n));
	return AAD + plain_n + seal_overhead(s, plain_n);
}

static struct seal *
seal_of_vector(const struct seal_vector *v)
{
	struct suite suite = suite_of(v->encr, v->integ);
	struct octets encr = unhex(v->encr_key), integ = unhex(v->integ_key);
	struct seal *s = seal_new(&suite, octets_bytes(&encr),
	    octets_bytes(&integ));

	assert_non_null(s);
	return s;
}

static void
published_and_computed_messages_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seal_vectors); i++) {
		const struct seal_vector *v = &seal_vectors[i];
		struct seal *s = seal_of_vector(v);
		struct octets msg = unhex(v->msg);
		struct bytes plain;

		assert_true(seal_open(s, msg.b, v->aad_n, msg.n, &plain));
		assert_hex(plain, v->plain);
		assert_ptr_equal(plain.p, msg.b + v->aad_n + seal_iv_len(s));
		seal_free(s);
	}
}

static void
protection_gives_the_computed_octets(void **state)
{
	(void)state;
	for (size_t i = SEAL_PUBLISHED; i < ARRAY_SIZE(seal_vectors); i++) {
		const struct seal_vector *v = &seal_vectors[i];
		struct seal *s = seal_of_vector(v);
		uint8_t msg[256];
		struct drbg d;

		/* the IV is drawn, or drawn to start counting from */
		drbg_give(&d, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
		assert_hex(bytes_of(msg, protect(s, &d, msg, 20)), v->msg);
		assert_int_equal(d.left, 16 - seal_iv_len(s));
		seal_free(s);
	}
}

static void
every_plaintext_length_comes_back(void **state)
{
	uint8_t msg[AAD + 1400 + 64], expected[1400];
	struct drbg d;

	(void)state;
	seed(&d, 1);
	count_up(expected, sizeof(expected), 1);
	for (size_t i = 0; i < ARRAY_SIZE(seal_settings); i++) {
		struct seal *out = seal_of(&seal_settings[i]);
		struct seal *in = seal_of(&seal_settings[i]);

		for (size_t n = 0; n <= sizeof(expected);
		    n += n < 50 ? 1 : 90) {
			size_t msg_n = protect(out, &d, msg, n);
			struct bytes plain;

			assert_true(seal_open(in, msg, AAD, msg_n, &plain));
			assert_int_equal(plain.n, n);
			if (n > 0)
				assert_memory_equal(plain.p, expected, n);
		}
		seal_free(out);
		seal_free(in);
	}
}

static void
overhead_is_iv_padding_and_icv(void **state)
{
	static const struct {
		unsigned	setting;
		size_t		plain_n, expected;
	} cases[] = {
		{ 0, 0, 8 + 1 + 16 }, { 0, 1, 8 + 1 + 16 },
		{ 0, 15, 8 + 1 + 16 }, { 2, 1399, 8 + 1 + 16 },
		{ 1, 0, 16 + 16 + 16 }, { 1, 14, 16 + 2 + 16 },
		{ 1, 15, 16 + 1 + 16 }, { 1, 16, 16 + 16 + 16 },
		{ 3, 15, 16 + 1 + 32 }, { 4, 16, 16 + 16 + 24 },
		{ 5, 0, 8 + 1 + 16 }, { 5, 63, 8 + 1 + 16 },
		{ 6, 15, 16 + 1 + 12 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seal *s = seal_of(&seal_settings[cases[i].setting]);

		assert_int_equal(seal_overhead(s, cases[i].plain_n),
		    cases[i].expected);
		seal_free(s);
	}
}

/* Opens a copy; on refusal *plain must be as it was. */
static void
assert_refused(struct seal *s, const uint8_t *msg, size_t aad_n, size_t msg_n)
{
	/* of exact size, so that a sanitizer sees a read past the end */
	uint8_t *copy = malloc(msg_n == 0 ? 1 : msg_n);
	struct bytes plain = { copy, 4711 };

	assert_non_null(copy);
	memcpy(copy, msg, msg_n);
	assert_false(seal_open(s, copy, aad_n, msg_n, &plain));
	assert_ptr_equal(plain.p, copy);
	assert_int_equal(plain.n, 4711);
	free(copy);
}

static void
a_flipped_bit_anywhere_is_refused(void **state)
{
	struct drbg d;

	(void)state;
	seed(&d, 1);
	for (size_t i = 0; i < ARRAY_SIZE(seal_settings); i++) {
		struct seal *s = seal_of(&seal_settings[i]);
		uint8_t msg[256];
		size_t msg_n = protect(s, &d, msg, 37);

		for (size_t bit = 0; bit < msg_n * 8; bit++) {
			msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_refused(s, msg, AAD, msg_n);
			msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		seal_free(s);
	}
}

static void
a_message_cut_or_shifted_or_longer_is_refused(void **state)
{
	struct drbg d;

	(void)state;
	seed(&d, 1);
	for (size_t i = 0; i < ARRAY_SIZE(seal_settings); i++) {
		struct seal *s = seal_of(&seal_settings[i]);
		uint8_t msg[256] = { 0 };
		size_t msg_n = protect(s, &d, msg, 37);

		for (size_t n = 0; n < msg_n; n++)
			assert_refused(s, msg, AAD, n);
		for (size_t more = 1; more <= 32; more++)
			assert_refused(s, msg, AAD, msg_n + more);
		/* a separate MAC does not see where the aad ends */
		for (size_t aad = 0; aad <= msg_n + 1; aad++) {
			if (aad != AAD && seal_settings[i].integ == NULL)
				assert_refused(s, msg, aad, msg_n);
		}
		assert_refused(s, msg, msg_n, msg_n);
		assert_refused(s, msg, msg_n + 1, msg_n);
		assert_refused(s, msg, SIZE_MAX, msg_n);
		seal_free(s);
	}
}

static void
texts_with_a_good_icv_are_still_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seal_texts); i++) {
		struct seal *s = seal_of(&seal_settings[seal_texts[i].setting]);
		struct octets msg = unhex(seal_texts[i].msg);
		struct bytes plain;

		print_message("%s: %s\n",
		    seal_settings[seal_texts[i].setting].encr,
		    seal_texts[i].what);
		if (seal_texts[i].plain == NULL) {
			assert_refused(s, msg.b, AAD, msg.n);
		} else {
			assert_true(seal_open(s, msg.b, AAD, msg.n, &plain));
			assert_hex(plain, seal_texts[i].plain);
		}
		seal_free(s);
	}
}

static void
another_key_does_not_open(void **state)
{
	struct drbg d;

	(void)state;
	seed(&d, 1);
	for (size_t i = 0; i < ARRAY_SIZE(seal_settings); i++) {
		struct suite suite = suite_of(seal_settings[i].encr,
		    seal_settings[i].integ);
		size_t encr_n = suite_encr_len(&suite);
		size_t all_n = encr_n + suite_integ_len(&suite);
		struct seal *s = seal_of(&seal_settings[i]), *other;
		uint8_t keys[2 * KEY_MAX], msg[256];
		size_t msg_n = protect(s, &d, msg, 37);
		/* with a separate MAC, the cipher's key is not in the ICV */
		size_t from = seal_settings[i].integ == NULL ? 0 : encr_n;

		count_up(keys, encr_n, 0x10);
		count_up(keys + encr_n, all_n - encr_n, 0x90);
		for (size_t at = from; at < all_n; at++) {
			keys[at] ^= 0x80;
			other = seal_new(&suite, bytes_of(keys, encr_n),
			    bytes_of(keys + encr_n, all_n - encr_n));
			assert_refused(other, msg, AAD, msg_n);
			seal_free(other);
			keys[at] ^= 0x80;
		}
		seal_free(s);
	}
}

static void
an_iv_never_comes_twice(void **state)
{
	struct drbg d;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seal_settings); i++) {
		uint8_t msg[256], ivs[64][16] = { { 0 } };
		/* the second seal stands for the first one's successor */
		struct seal *s[2] = {
			seal_of(&seal_settings[i]), seal_of(&seal_settings[i]),
		};

		seed(&d, 1);
		for (size_t j = 0; j < ARRAY_SIZE(ivs); j++) {
			protect(s[j >= 32], &d, msg, 5);
			memcpy(ivs[j], msg + AAD, seal_iv_len(s[0]));
			for (size_t k = 0; k < j; k++)
				assert_memory_not_equal(ivs[k], ivs[j], 16);
		}
		seal_free(s[0]);
		seal_free(s[1]);
	}
}

static void
gcm_counts_its_iv_up_and_over_the_end(void **state)
{
	static const char *const ivs[] = {
		"fffffffffffffffe", "ffffffffffffffff", "0000000000000000",
		"0000000000000001",
	};
	struct seal *s = seal_of(&seal_settings[0]);
	uint8_t msg[256];
	struct drbg d;

	(void)state;
	drbg_give(&d, "fffffffffffffffe");
	for (size_t i = 0; i < ARRAY_SIZE(ivs); i++) {
		protect(s, &d, msg, 5);
		assert_hex(bytes_of(msg + AAD, 8), ivs[i]);
	}
	seal_free(s);
}

static void
the_same_seed_gives_the_same_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seal_settings); i++) {
		uint8_t msg[3][256];
		size_t n = 0;

		for (uint8_t j = 0; j < 3; j++) {
			struct seal *s = seal_of(&seal_settings[i]);
			struct drbg d;

			seed(&d, j == 2 ? 2 : 1);
			n = protect(s, &d, msg[j], 37);
			seal_free(s);
		}
		assert_memory_equal(msg[0], msg[1], n);
		assert_memory_not_equal(msg[0], msg[2], n);
	}
}

static void
keys_of_the_wrong_length_make_no_seal(void **state)
{
	const uint8_t key[KEY_MAX + 1] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seal_settings); i++) {
		struct suite s = suite_of(seal_settings[i].encr,
		    seal_settings[i].integ);

		for (size_t e = 0; e <= sizeof(key); e++) {
			for (size_t m = 0; m <= sizeof(key); m++) {
				struct seal *made = seal_new(&s,
				    bytes_of(key, e), bytes_of(key, m));

				assert_true((made != NULL) ==
				    (e == suite_encr_len(&s) &&
				    m == suite_integ_len(&s)));
				seal_free(made);
			}
		}
	}
}

static void
suites_without_cipher_or_with_a_wrong_mac_make_no_seal(void **state)
{
	const uint8_t key[KEY_MAX] = { 0 };
	const struct bytes none = { NULL, 0 };
	struct suite s;

	(void)state;
	s = suite_of("AES256-GCM-16", "SHA2-256");
	assert_null(seal_new(&s, bytes_of(key, 36), bytes_of(key, 32)));
	assert_null(seal_new(&s, bytes_of(key, 36), none));
	s = suite_of("AES256", NULL);
	assert_null(seal_new(&s, bytes_of(key, 32), none));
	s = (struct suite){ 0 };
	assert_null(seal_new(&s, none, none));
	seal_free(NULL);
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
		cmocka_unit_test(published_and_computed_messages_open),
		cmocka_unit_test(protection_gives_the_computed_octets),
		cmocka_unit_test(every_plaintext_length_comes_back),
		cmocka_unit_test(overhead_is_iv_padding_and_icv),
		cmocka_unit_test(a_flipped_bit_anywhere_is_refused),
		cmocka_unit_test(a_message_cut_or_shifted_or_longer_is_refused),
		cmocka_unit_test(texts_with_a_good_icv_are_still_checked),
		cmocka_unit_test(another_key_does_not_open),
		cmocka_unit_test(an_iv_never_comes_twice),
		cmocka_unit_test(gcm_counts_its_iv_up_and_over_the_end),
		cmocka_unit_test(the_same_seed_gives_the_same_message),
		cmocka_unit_test(keys_of_the_wrong_length_make_no_seal),
		cmocka_unit_test(
		    suites_without_cipher_or_with_a_wrong_mac_make_no_seal),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
