/*
 * Key exchange: published and computed values, both ends against each other,
 * and the peer values that RFC 6989 and RFC 8031 refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/kex.h"
#include "crypto/prf.h"
#include "hex.h"
#include "test/vectors/kex.h"
#include "util/array.h"

static const uint16_t groups[] = {
	KE_MODP_2048, KE_ECP_256, KE_ECP_384, KE_CURVE25519,
};

static struct kex *
kex_of(uint16_t id, struct drbg *d)
{
	const struct alg *a = alg_find(ALG_KE, id, 0);
	struct kex *k = kex_new(a, d);

	assert_non_null(k);
	assert_ptr_equal(kex_alg(k), a);
	assert_int_equal(kex_public(k).n, a->public_len);
	return k;
}

static struct kex *
kex_of_seed(uint16_t id, uint8_t first)
{
	uint8_t seed[DRBG_SEED_LEN] = { first };
	struct drbg d;

	drbg_seed(&d, seed);
	return kex_of(id, &d);
}

static void
vectors_give_their_public_and_shared_values(void **state)
{
	static struct secret z;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_vectors); i++) {
		struct octets peer = unhex(kex_vectors[i].peer);
		struct drbg d;
		struct kex *k;

		drbg_give(&d, kex_vectors[i].priv);
		k = kex_of(kex_vectors[i].id, &d);
		assert_int_equal(d.left, 0);
		assert_hex(kex_public(k), kex_vectors[i].public);
		assert_true(kex_shared(k, octets_bytes(&peer), &z));
		assert_hex(secret_bytes(&z), kex_vectors[i].shared);
		kex_free(k);
	}
}

static void
both_ends_get_the_same_secret(void **state)
{
	static struct secret z[2], before;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		for (uint8_t seed = 1; seed < 20; seed++) {
			struct kex *a = kex_of_seed(groups[i], seed);
			struct kex *b = kex_of_seed(groups[i],
			    (uint8_t)(seed + 100));

			assert_true(kex_shared(a, kex_public(b), &z[0]));
			assert_true(kex_shared(b, kex_public(a), &z[1]));
			assert_true(secret_eq(secret_bytes(&z[0]),
			    secret_bytes(&z[1])));
			assert_false(secret_eq(secret_bytes(&z[0]),
			    secret_bytes(&before)));
			before = z[0];
			kex_free(a);
			kex_free(b);
		}
	}
}

static void
the_same_seed_gives_the_same_public_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct kex *a = kex_of_seed(groups[i], 1);
		struct kex *b = kex_of_seed(groups[i], 1);
		struct kex *c = kex_of_seed(groups[i], 2);

		assert_true(bytes_eq(kex_public(a), kex_public(b)));
		assert_false(bytes_eq(kex_public(a), kex_public(c)));
		kex_free(a);
		kex_free(b);
		kex_free(c);
	}
}

static void
private_values_are_drawn_below_the_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_draws); i++) {
		struct drbg d;
		struct kex *k;

		drbg_give(&d, kex_draws[i].octets);
		k = kex_of(kex_draws[i].id, &d);
		print_message("%s: %s\n", kex_alg(k)->name,
		    kex_draws[i].what);
		assert_hex(kex_public(k), kex_draws[i].public);
		kex_free(k);
	}
}

/* Refuses, and leaves the secret as it was. */
static void
assert_refused(struct kex *k, struct bytes peer, const char *what)
{
	static struct secret z, before;

	memset(&z, 0xa5, sizeof(z));
	memcpy(&before, &z, sizeof(z));
	if (kex_shared(k, peer, &z))
		fail_msg("%s: accepted: %s", kex_alg(k)->name, what);
	assert_memory_equal(&z, &before, sizeof(z));
}

static void
unsafe_peer_values_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_refused); i++) {
		struct kex *k = kex_of_seed(kex_refused[i].id, 1);
		struct octets peer = unhex(kex_refused[i].peer);

		assert_int_equal(peer.n, kex_public(k).n);
		assert_refused(k, octets_bytes(&peer), kex_refused[i].what);
		kex_free(k);
	}
}

static void
peer_values_of_any_other_length_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct kex *a = kex_of_seed(groups[i], 1);
		struct kex *b = kex_of_seed(groups[i], 2);
		struct bytes good = kex_public(b);
		uint8_t buf[600] = { 0 };

		assert_refused(a, (struct bytes){ NULL, 0 }, "nothing");
		for (size_t n = 0; n <= sizeof(buf); n++) {
			/* good behind zeroes, as a number it is the same */
			memset(buf, 0, sizeof(buf));
			if (n >= good.n)
				memcpy(buf + n - good.n, good.p, good.n);
			if (n != good.n)
				assert_refused(a, bytes_of(buf, n), "length");
		}
		kex_free(a);
		kex_free(b);
	}
}

static void
a_refusal_does_not_spoil_the_next_peer_value(void **state)
{
	static struct secret z;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct kex *a = kex_of_seed(groups[i], 1);
		struct kex *b = kex_of_seed(groups[i], 2);
		const uint8_t zero[256] = { 0 };

		assert_refused(a, bytes_of(zero, kex_public(b).n), "zero");
		assert_true(kex_shared(a, kex_public(b), &z));
		kex_free(a);
		kex_free(b);
	}
}

static void
only_key_exchange_rows_make_a_key_exchange(void **state)
{
	const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct drbg d;

	(void)state;
	drbg_seed(&d, seed);
	for (size_t i = 0; i < ALG_COUNT; i++) {
		struct kex *k = kex_new(alg_at(i), &d);

		assert_true((k != NULL) == (alg_at(i)->type == ALG_KE));
		kex_free(k);
	}
	kex_free(NULL);
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
		cmocka_unit_test(vectors_give_their_public_and_shared_values),
		cmocka_unit_test(both_ends_get_the_same_secret),
		cmocka_unit_test(the_same_seed_gives_the_same_public_value),
		cmocka_unit_test(private_values_are_drawn_below_the_order),
		cmocka_unit_test(unsafe_peer_values_are_refused),
		cmocka_unit_test(peer_values_of_any_other_length_are_refused),
		cmocka_unit_test(a_refusal_does_not_spoil_the_next_peer_value),
		cmocka_unit_test(only_key_exchange_rows_make_a_key_exchange),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
