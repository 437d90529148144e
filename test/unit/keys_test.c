/*
 * Keys of IKE SAs and of children (RFC 7296 sections 2.14, 2.17, 2.18), by
 * NIST's vectors and by computed ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hex.h"
#include "ike/keys.h"
#include "test/vectors/keys.h"
#include "util/array.h"

static struct suite
suite_of(const struct keys_vector *v)
{
	return (struct suite){
		.encr = alg_by_conf(ALG_ENCR, v->encr),
		.integ = v->integ == NULL ? NULL :
		    alg_by_conf(ALG_INTEG, v->integ),
		.prf = alg_by_conf(ALG_PRF, v->prf),
	};
}

static struct secret
secret_of(const char *text)
{
	struct octets o = unhex(text);
	struct secret s;

	assert_true(secret_set(&s, octets_bytes(&o)));
	return s;
}

static void
assert_bytes(struct bytes got, struct bytes expected)
{
	assert_int_equal(got.n, expected.n);
	if (expected.n > 0)
		assert_memory_equal(got.p, expected.p, expected.n);
}

/* A seal shows its keys by what it makes of the same text and IV. */
static void
assert_seal(struct seal *got, const struct suite *s, struct bytes encr,
    struct bytes integ)
{
	struct seal *expected = seal_new(s, encr, integ);
	uint8_t a[128] = "header and text", b[128] = "header and text";
	struct drbg d;

	assert_non_null(expected);
	drbg_give(&d, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
	assert_true(seal_protect(got, &d, a, 8, 20));
	drbg_give(&d, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
	assert_true(seal_protect(expected, &d, b, 8, 20));
	assert_memory_equal(a, b, sizeof(a));
	seal_free(expected);
}

/* {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} */
static void
assert_keys(const struct keys *k, const struct suite *s, const char *expected)
{
	const struct octets all = unhex(expected);
	struct rd r = rd_of(octets_bytes(&all));
	const size_t p = s->prf->key_len;
	const size_t e = suite_encr_len(s), a = suite_integ_len(s);
	struct bytes ai, ar, ei, er;

	assert_bytes(key_bytes(&k->sk_d), rd_bytes(&r, p));
	ai = rd_bytes(&r, a);
	ar = rd_bytes(&r, a);
	ei = rd_bytes(&r, e);
	er = rd_bytes(&r, e);
	assert_seal(k->seal_i, s, ei, ai);
	assert_seal(k->seal_r, s, er, ar);
	assert_bytes(key_bytes(&k->sk_pi), rd_bytes(&r, p));
	assert_bytes(key_bytes(&k->sk_pr), rd_bytes(&r, p));
	assert_true(rd_done(&r));
}

/* Encryption and integrity, initiator's traffic first (section 2.17). */
static void
assert_child(const struct child_keys *k, const struct suite *s,
    const char *expected)
{
	const struct octets all = unhex(expected);
	struct rd r = rd_of(octets_bytes(&all));
	const size_t e = suite_encr_len(s), a = suite_integ_len(s);

	assert_bytes(key_bytes(&k->encr_i), rd_bytes(&r, e));
	assert_bytes(key_bytes(&k->integ_i), rd_bytes(&r, a));
	assert_bytes(key_bytes(&k->encr_r), rd_bytes(&r, e));
	assert_bytes(key_bytes(&k->integ_r), rd_bytes(&r, a));
	assert_true(rd_done(&r));
}

static void
try_vector(const struct keys_vector *v)
{
	const struct suite s = suite_of(v);
	const struct octets ni = unhex(KEYS_NI), nr = unhex(KEYS_NR);
	const struct secret g_ir = secret_of(KEYS_G_IR);
	const struct secret g_ir_new = secret_of(KEYS_G_IR_NEW);
	struct keys_seed seed = {
		.ni = octets_bytes(&ni), .nr = octets_bytes(&nr),
		.spi_i = KEYS_SPI_I, .spi_r = KEYS_SPI_R, .g_ir = &g_ir,
	};
	struct keys first = { 0 }, second = { 0 };
	struct child_keys child = { 0 };

	assert_true(keys_derive(&s, &seed, &first));
	assert_keys(&first, &s, v->ike);
	assert_true(keys_child(s.prf, &first.sk_d, &s, seed.ni, seed.nr, NULL,
	    (struct bytes){ 0 }, &child));
	assert_child(&child, &s, v->child);
	assert_true(keys_child(s.prf, &first.sk_d, &s, seed.ni, seed.nr,
	    &g_ir_new, (struct bytes){ 0 }, &child));
	assert_child(&child, &s, v->child_pfs);
	seed.g_ir = &g_ir_new;
	seed.old_sk_d = &first.sk_d;
	seed.old_prf = s.prf;
	assert_true(keys_derive(&s, &seed, &second));
	assert_keys(&second, &s, v->rekeyed);
	keys_fini(&first);
	keys_fini(&second);
}

static void
keys_are_those_of_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys_vectors); i++) {
		print_message("  %s %s\n", keys_vectors[i].encr,
		    keys_vectors[i].prf);
		try_vector(&keys_vectors[i]);
	}
}

/* Section 2.18: SKEYSEED by the old SA's PRF, the rest by the new one's. */
static void
a_rekey_may_change_the_prf(void **state)
{
	struct suite s = suite_of(&keys_vectors[1]);
	const struct alg *old = alg_by_conf(ALG_PRF, "SHA1");
	const struct octets ni = unhex(KEYS_NI), nr = unhex(KEYS_NR);
	const struct secret g_ir = secret_of(KEYS_G_IR_NEW);
	const struct octets sk_d = unhex(
	    "a14293677cc80ff8f9cc0eee30d895da9d8f4056");
	const struct octets skeyseed = unhex(	/* NIST's SKEYSEED(Rekey) */
	    "63e81194946ebd05df7df5ebf5d8750056bf1f1d");
	uint8_t spis[16], expected[32];
	struct wr w = wr_of(spis, sizeof(spis));
	struct bytes parts[3] = { octets_bytes(&ni), octets_bytes(&nr) };
	struct key old_sk_d;
	struct keys k = { 0 };
	struct keys_seed seed = {
		.ni = parts[0], .nr = parts[1], .spi_i = KEYS_SPI_I,
		.spi_r = KEYS_SPI_R, .g_ir = &g_ir, .old_sk_d = &old_sk_d,
		.old_prf = old,
	};

	(void)state;
	assert_true(key_set(&old_sk_d, octets_bytes(&sk_d)));
	assert_true(keys_derive(&s, &seed, &k));
	wr_u64(&w, KEYS_SPI_I);
	wr_u64(&w, KEYS_SPI_R);
	parts[2] = wr_done(&w);
	assert_true(prf_plus(s.prf, octets_bytes(&skeyseed), parts, 3,
	    expected, sizeof(expected)));
	assert_bytes(key_bytes(&k.sk_d), bytes_of(expected, 32));
	keys_fini(&k);
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
		cmocka_unit_test(keys_are_those_of_the_vectors),
		cmocka_unit_test(a_rekey_may_change_the_prf),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
