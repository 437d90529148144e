/*
 * Key exchange: published and computed values, both ends against each other,
 * and the peer values that RFC 6989 and RFC 8031 refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/bn.h>

#include "crypto/kex.h"
#include "crypto/prf.h"
#include "hex.h"
#include "test/vectors/kex.h"
#include "test/vectors/kex_pairs.h"
#include "util/array.h"

static const uint16_t groups[] = {
	KE_MODP_1024, KE_MODP_1536, KE_MODP_2048, KE_MODP_3072, KE_MODP_4096,
	KE_MODP_6144, KE_MODP_8192, KE_MODP_1024_160, KE_MODP_2048_224,
	KE_MODP_2048_256, KE_ECP_256, KE_ECP_384, KE_ECP_521, KE_CURVE25519,
	KE_CURVE448,
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

static struct kex *
kex_of_private(uint16_t id, const char *priv)
{
	struct kex *k;
	struct drbg d;

	drbg_give(&d, priv);
	k = kex_of(id, &d);
	assert_int_equal(d.left, 0);
	return k;
}

static void
published_pairs_agree_on_their_secret(void **state)
{
	static struct secret z;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_pairs); i++) {
		struct kex *a = kex_of_private(kex_pairs[i].id,
		    kex_pairs[i].priv_i);
		struct kex *b = kex_of_private(kex_pairs[i].id,
		    kex_pairs[i].priv_r);

		assert_hex(kex_public(a), kex_pairs[i].public_i);
		assert_hex(kex_public(b), kex_pairs[i].public_r);
		assert_true(kex_shared(a, kex_public(b), &z));
		assert_hex(secret_bytes(&z), kex_pairs[i].shared);
		assert_true(kex_shared(b, kex_public(a), &z));
		assert_hex(secret_bytes(&z), kex_pairs[i].shared);
		kex_free(a);
		kex_free(b);
	}
}

static void
assert_hash(struct bytes got, const char *expected)
{
	uint8_t hash[32];

	assert_true(sha256(&got, 1, hash));
	assert_hex(bytes_of(hash, sizeof(hash)), expected);
}

static void
computed_pairs_agree_on_their_secret(void **state)
{
	static struct secret z;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_hashes); i++) {
		struct kex *a = kex_of_private(kex_hashes[i].id,
		    kex_hashes[i].priv_i);
		struct kex *b = kex_of_private(kex_hashes[i].id,
		    kex_hashes[i].priv_r);

		assert_hash(kex_public(a), kex_hashes[i].public_i);
		assert_hash(kex_public(b), kex_hashes[i].public_r);
		assert_true(kex_shared(a, kex_public(b), &z));
		assert_int_equal(z.n, kex_alg(a)->public_len);
		assert_hash(secret_bytes(&z), kex_hashes[i].shared);
		kex_free(a);
		kex_free(b);
	}
}

static void
both_ends_get_the_same_secret(void **state)
{
	static struct secret z[2], before;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		bool slow = alg_find(ALG_KE, groups[i], 0)->public_len > 256;

		for (uint8_t seed = 1; seed < (slow ? 3 : 20); seed++) {
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
a_responder_gets_the_initiators_secret_at_once(void **state)
{
	const uint8_t seed[DRBG_SEED_LEN] = { 7 };
	static struct secret z[2];
	struct drbg d;

	(void)state;
	drbg_seed(&d, seed);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		const struct alg *a = alg_find(ALG_KE, groups[i], 0);
		struct kex *k = kex_of(groups[i], &d), *answer = NULL;

		assert_int_equal(kex_respond(a, &d, kex_public(k), &answer,
		    &z[0]), KEX_OK);
		assert_ptr_equal(kex_alg(answer), a);
		assert_int_equal(kex_public(answer).n, a->answer_len);
		assert_false(bytes_eq(kex_public(answer), kex_public(k)));
		assert_true(kex_shared(k, kex_public(answer), &z[1]));
		assert_true(secret_eq(secret_bytes(&z[0]),
		    secret_bytes(&z[1])));
		kex_free(k);
		kex_free(answer);
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
try_draw(uint16_t id, const char *what, const char *octets, const char *public)
{
	struct drbg d;
	struct kex *k;

	drbg_give(&d, octets);
	k = kex_of(id, &d);
	print_message("%s: %s\n", kex_alg(k)->name, what);
	assert_hex(kex_public(k), public);
	kex_free(k);
}

static void
private_values_are_drawn_below_the_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_draws); i++)
		try_draw(kex_draws[i].id, kex_draws[i].what,
		    kex_draws[i].octets, kex_draws[i].public);
	for (size_t i = 0; i < ARRAY_SIZE(kex_draws_more); i++)
		try_draw(kex_draws_more[i].id, kex_draws_more[i].what,
		    kex_draws_more[i].octets, kex_draws_more[i].public);
}

/* Both roles refuse, and leave the secret as it was. */
static void
assert_refused(struct kex *k, struct bytes peer, const char *what)
{
	const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	static struct secret z, before;
	struct kex *answer = k;
	struct drbg d;

	drbg_seed(&d, seed);
	memset(&z, 0xa5, sizeof(z));
	memcpy(&before, &z, sizeof(z));
	if (kex_shared(k, peer, &z))
		fail_msg("%s: accepted: %s", kex_alg(k)->name, what);
	if (kex_respond(kex_alg(k), &d, peer, &answer, &z) != KEX_INVALID)
		fail_msg("%s: answered: %s", kex_alg(k)->name, what);
	assert_ptr_equal(answer, k);
	assert_memory_equal(&z, &before, sizeof(z));
}

static void
refuse_peer(uint16_t id, const char *what, const char *text)
{
	struct kex *k = kex_of_seed(id, 1);
	struct octets peer = unhex(text);

	assert_int_equal(peer.n, kex_public(k).n);
	assert_refused(k, octets_bytes(&peer), what);
	kex_free(k);
}

static void
unsafe_peer_values_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_refused); i++)
		refuse_peer(kex_refused[i].id, kex_refused[i].what,
		    kex_refused[i].peer);
	for (size_t i = 0; i < ARRAY_SIZE(kex_outside); i++)
		refuse_peer(kex_outside[i].id, kex_outside[i].what,
		    kex_outside[i].peer);
}

/* y = arctan(1 / x) * 2^bits, a little less. */
static void
arctan(BIGNUM *y, BN_ULONG x, int bits)
{
	BIGNUM *power = BN_new(), *term = BN_new();

	BN_set_bit(power, bits);
	BN_div_word(power, x);
	BN_zero(y);
	for (BN_ULONG n = 1; !BN_is_zero(power); n += 2) {
		BN_copy(term, power);
		BN_div_word(term, n);
		assert_true((n % 4 == 1 ? BN_add : BN_sub)(y, y, term));
		BN_div_word(power, x * x);
	}
	BN_free(power);
	BN_free(term);
}

/* [2^bits pi], by Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). */
static BIGNUM *
pi_bits(int bits)
{
	const int guard = 64;
	BIGNUM *pi = BN_new(), *small = BN_new();

	arctan(pi, 5, bits + guard);
	arctan(small, 239, bits + guard);
	BN_mul_word(pi, 16);
	BN_mul_word(small, 4);
	BN_sub(pi, pi, small);
	BN_rshift(pi, pi, guard);
	BN_free(small);
	return pi;
}

/* RFC 2409 section 6.2, RFC 3526 sections 2 to 7. */
static BIGNUM *
prime_of(int bits, unsigned long c)
{
	BIGNUM *p = pi_bits(bits - 130), *power = BN_new();

	BN_add_word(p, c);
	BN_lshift(p, p, 64);
	BN_set_bit(power, bits);
	BN_add(p, p, power);
	BN_zero(power);
	BN_set_bit(power, bits - 64);
	BN_sub(p, p, power);
	BN_sub_word(p, 1);
	BN_free(power);
	return p;
}

/* Does a key exchange take prime + delta? */
static bool
takes(struct kex *k, const BIGNUM *prime, int delta)
{
	static struct secret z;
	uint8_t octets[1024];
	BIGNUM *y = BN_dup(prime);
	bool taken;

	assert_true(delta < 0 ? BN_sub_word(y, (BN_ULONG)-delta) :
	    BN_add_word(y, (BN_ULONG)delta));
	assert_int_equal(BN_bn2binpad(y, octets, (int)kex_public(k).n),
	    kex_public(k).n);
	taken = kex_shared(k, bytes_of(octets, kex_public(k).n), &z);
	BN_free(y);
	return taken;
}

static void
primes_are_those_of_the_formula_and_bound_the_peer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kex_primes); i++) {
		struct kex *k = kex_of_seed(kex_primes[i].id, 1);
		BIGNUM *p = prime_of(kex_primes[i].bits, kex_primes[i].c);
		BIGNUM *zero = BN_new();

		assert_true(takes(k, p, -2));
		assert_false(takes(k, p, -1));
		assert_false(takes(k, p, 0));
		assert_false(takes(k, p, 1));
		assert_false(takes(k, zero, 0));
		assert_false(takes(k, zero, 1));
		assert_true(takes(k, zero, 2));
		BN_free(p);
		BN_free(zero);
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
		uint8_t buf[1030] = { 0 };

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
		const uint8_t zero[1024] = { 0 };

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

		assert_true((k != NULL) == (alg_at(i)->type == ALG_KE &&
		    crypto_has(alg_at(i))));
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
		cmocka_unit_test(published_pairs_agree_on_their_secret),
		cmocka_unit_test(computed_pairs_agree_on_their_secret),
		cmocka_unit_test(both_ends_get_the_same_secret),
		cmocka_unit_test(
		    a_responder_gets_the_initiators_secret_at_once),
		cmocka_unit_test(the_same_seed_gives_the_same_public_value),
		cmocka_unit_test(private_values_are_drawn_below_the_order),
		cmocka_unit_test(unsafe_peer_values_are_refused),
		cmocka_unit_test(
		    primes_are_those_of_the_formula_and_bound_the_peer),
		cmocka_unit_test(peer_values_of_any_other_length_are_refused),
		cmocka_unit_test(a_refusal_does_not_spoil_the_next_peer_value),
		cmocka_unit_test(only_key_exchange_rows_make_a_key_exchange),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
