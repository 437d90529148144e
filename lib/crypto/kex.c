/*
 * Key exchange of the kinds that IKEv2 negotiates, one row of operations per
 * kind: Diffie-Hellman with MODP (RFC 3526, RFC 5114), ECP (RFC 5903),
 * Curve25519 and Curve448 (RFC 8031), and key encapsulation with ML-KEM, whose
 * own part is kem.c.
 *
 * The private value comes from the caller's generator and lives as octets in
 * the kex, so that what we send follows from the seed; big numbers with a
 * secret in them live for one call and are wiped.  A peer's value is checked
 * before it meets the private one: RFC 6989 sections 2.1 to 2.3, and the
 * all-zero result of RFC 8031 section 3.
 *
 * Key derivation from the shared secret is not done here.
 */
#include "crypto/kex.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/fetch.h"
#include "crypto/kem.h"
#include "crypto/prf.h"
#include "util/array.h"

#define PRIV_MAX	66	/* ECP-521; ML-KEM's seed has 64 */
#define XDH_MAX		56	/* Curve448 */
#define SHARED_MAX	SECRET_MAX
_Static_assert(SHARED_MAX >= 1024, "a shared secret of MODP-8192 must fit");

struct kex {
	const struct alg *alg;
	EVP_PKEY_CTX	 *xdh;		/* ALG_XDH: derives with our key */
	uint8_t		  priv[PRIV_MAX];	/* initiator's */
	uint16_t	  public_n;
	uint8_t		  public[];
};

/* The octets of one ECP coordinate or of the whole MODP value. */
static int
field_len(const struct alg *a)
{
	return (a->flags & ALG_ECP) != 0 ? a->public_len / 2 : a->public_len;
}

static BIGNUM *
secret_bn(const uint8_t *p, size_t n)
{
	BIGNUM *v = BN_bin2bn(p, (int)n, NULL);

	if (v != NULL)
		BN_set_flags(v, BN_FLG_CONSTTIME);
	return v;
}

/* Draws until 0 < priv < order, which leaves it uniform. */
static bool
draw_below(struct kex *k, struct drbg *d, const BIGNUM *order)
{
	const int n = k->alg->key_len;
	const uint8_t top = (uint8_t)(0xff >> (8 * n - BN_num_bits(order)));
	BIGNUM *e;
	bool fits;

	do {
		drbg_fill(d, k->priv, (size_t)n);
		k->priv[0] &= top;
		e = secret_bn(k->priv, (size_t)n);
		if (e == NULL)
			return false;
		fits = !BN_is_zero(e) && BN_cmp(e, order) < 0;
		BN_clear_free(e);
	} while (!fits);
	return true;
}

/* base ^ priv mod p, padded to the modulus. */
static bool
modp_power(const struct kex *k, const BIGNUM *base, uint8_t *out)
{
	const struct fetched *f = fetch_alg(k->alg);
	BIGNUM *e = secret_bn(k->priv, k->alg->key_len), *v = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	bool ok;

	ok = e != NULL && v != NULL && ctx != NULL &&
	    BN_mod_exp_mont_consttime(v, base, e, f->prime, ctx,
	    f->mont) == 1 &&
	    BN_bn2binpad(v, out, field_len(k->alg)) == field_len(k->alg);
	BN_clear_free(e);
	BN_clear_free(v);
	BN_CTX_free(ctx);
	return ok;
}

static bool
modp_make(struct kex *k, struct drbg *d)
{
	const struct fetched *f = fetch_alg(k->alg);

	if (f->order == NULL)
		drbg_fill(d, k->priv, k->alg->key_len);
	else if (!draw_below(k, d, f->order))
		return false;
	return modp_power(k, f->generator, k->public);
}

/* RFC 6989 section 2.2: y ^ q mod p = 1.  Nothing here is secret. */
static bool
in_subgroup(const BIGNUM *y, const struct fetched *f)
{
	BIGNUM *v = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	bool ok;

	ok = v != NULL && ctx != NULL &&
	    BN_mod_exp_mont(v, y, f->order, f->prime, ctx, f->mont) == 1 &&
	    BN_is_one(v);
	BN_free(v);
	BN_CTX_free(ctx);
	return ok;
}

/* RFC 6989 section 2.1: 1 < y < p - 1; with a small subgroup, 2.2 too. */
static bool
modp_valid(const BIGNUM *y, const struct fetched *f)
{
	BIGNUM *top = BN_dup(f->prime);
	bool ok;

	ok = top != NULL && BN_sub_word(top, 1) == 1 &&
	    BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, top) < 0 &&
	    (f->order == NULL || in_subgroup(y, f));
	BN_free(top);
	return ok;
}

static size_t
modp_shared(const struct kex *k, struct bytes peer, uint8_t *out)
{
	BIGNUM *y = BN_bin2bn(peer.p, (int)peer.n, NULL);
	bool ok;

	ok = y != NULL && modp_valid(y, fetch_alg(k->alg)) &&
	    modp_power(k, y, out);
	BN_free(y);
	return ok ? (size_t)field_len(k->alg) : 0;
}

/* priv * at, or priv * G when at is NULL, as x | y. */
static bool
ecp_multiply(const struct kex *k, const EC_POINT *at, uint8_t *out)
{
	const EC_GROUP *g = fetch_alg(k->alg)->group;
	const int n = field_len(k->alg);
	BIGNUM *e = secret_bn(k->priv, (size_t)n);
	BIGNUM *x = BN_new(), *y = BN_new();
	EC_POINT *v = EC_POINT_new(g);
	BN_CTX *ctx = BN_CTX_new();
	bool ok;

	ok = e != NULL && x != NULL && y != NULL && v != NULL && ctx != NULL &&
	    EC_POINT_mul(g, v, at == NULL ? e : NULL, at,
	    at == NULL ? NULL : e, ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(g, v, x, y, ctx) == 1 &&
	    BN_bn2binpad(x, out, n) == n && BN_bn2binpad(y, out + n, n) == n;
	BN_clear_free(e);
	BN_clear_free(x);
	BN_clear_free(y);
	EC_POINT_clear_free(v);
	BN_CTX_free(ctx);
	return ok;
}

static bool
ecp_make(struct kex *k, struct drbg *d)
{
	return draw_below(k, d,
	    EC_GROUP_get0_order(fetch_alg(k->alg)->group)) &&
	    ecp_multiply(k, NULL, k->public);
}

/* RFC 6989 section 2.3: both coordinates below p, and on the curve. */
static bool
ecp_point(const EC_GROUP *g, EC_POINT *at, const BIGNUM *x, const BIGNUM *y)
{
	const BIGNUM *p = EC_GROUP_get0_field(g);

	return BN_cmp(x, p) < 0 && BN_cmp(y, p) < 0 &&
	    EC_POINT_set_affine_coordinates(g, at, x, y, NULL) == 1;
}

static size_t
ecp_shared(const struct kex *k, struct bytes peer, uint8_t *out)
{
	const EC_GROUP *g = fetch_alg(k->alg)->group;
	const int n = field_len(k->alg);
	struct rd r = rd_of(peer);
	BIGNUM *x = BN_bin2bn(rd_bytes(&r, (size_t)n).p, n, NULL);
	BIGNUM *y = BN_bin2bn(rd_bytes(&r, (size_t)n).p, n, NULL);
	EC_POINT *at = EC_POINT_new(g);
	bool ok;

	ok = x != NULL && y != NULL && at != NULL && ecp_point(g, at, x, y) &&
	    ecp_multiply(k, at, out);
	BN_free(x);
	BN_free(y);
	EC_POINT_free(at);
	return ok ? (size_t)n : 0;
}

/*
 * From octets: a public key, a key pair, or with public NULL the pair that
 * follows from the private value.
 */
static EVP_PKEY *
xdh_key(const struct alg *a, const uint8_t *priv, const uint8_t *public)
{
	uint8_t copy[2][XDH_MAX] = { { 0 } };
	const size_t len = a->public_len;
	OSSL_PARAM params[3];
	EVP_PKEY *key = NULL;
	size_t n = 0;

	if (public != NULL) {
		memcpy(copy[0], public, len);
		params[n++] = OSSL_PARAM_construct_octet_string(
		    OSSL_PKEY_PARAM_PUB_KEY, copy[0], len);
	}
	if (priv != NULL) {
		memcpy(copy[1], priv, len);
		params[n++] = OSSL_PARAM_construct_octet_string(
		    OSSL_PKEY_PARAM_PRIV_KEY, copy[1], len);
	}
	params[n] = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata(fetch_alg(a)->import, &key, priv != NULL ?
	    EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	wipe(copy, sizeof(copy));
	return key;
}

/* OpenSSL refuses the all-zero result, the test that RFC 8031 asks for. */
static size_t
xdh_derive(EVP_PKEY_CTX *ctx, EVP_PKEY *theirs, uint8_t *out, size_t cap)
{
	size_t n = cap;

	return theirs != NULL &&
	    EVP_PKEY_derive_set_peer_ex(ctx, theirs, 0) == 1 &&
	    EVP_PKEY_derive(ctx, out, &n) == 1 ? n : 0;
}

/*
 * OpenSSL's ladder for Curve25519 is faster than its multiplication of the
 * base point.  So the public value is derived from that, and the key gets the
 * base point in its place, which keeps OpenSSL from computing it.
 */
static size_t
xdh_public(struct kex *k, EVP_PKEY *ours)
{
	const struct fetched *f = fetch_alg(k->alg);
	size_t n = k->alg->public_len;

	if (f->base != NULL)
		return xdh_derive(k->xdh, f->base, k->public, n);
	return EVP_PKEY_get_raw_public_key(ours, k->public, &n) == 1 ? n : 0;
}

static bool
xdh_make(struct kex *k, struct drbg *d)
{
	static const uint8_t base[XDH_MAX] = { 9 };
	const bool has_base = fetch_alg(k->alg)->base != NULL;
	EVP_PKEY *ours;
	bool ok;

	drbg_fill(d, k->priv, k->alg->public_len);
	ours = xdh_key(k->alg, k->priv, has_base ? base : NULL);
	if (ours != NULL)
		k->xdh = EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);
	ok = k->xdh != NULL && EVP_PKEY_derive_init(k->xdh) == 1 &&
	    xdh_public(k, ours) == k->alg->public_len;
	EVP_PKEY_free(ours);
	return ok;
}

static size_t
xdh_shared(const struct kex *k, struct bytes peer, uint8_t *out)
{
	EVP_PKEY *theirs = xdh_key(k->alg, NULL, peer.p);
	size_t n = xdh_derive(k->xdh, theirs, out, SHARED_MAX);

	EVP_PKEY_free(theirs);
	return n;
}

static bool
kem_make(struct kex *k, struct drbg *d)
{
	drbg_fill(d, k->priv, KEM_SEED_LEN);
	return kem_public(k->alg, k->priv, k->public);
}

static size_t
kem_shared(const struct kex *k, struct bytes peer, uint8_t *out)
{
	return kem_decapsulate(k->alg, k->priv, peer, out) ?
	    KEM_SHARED_LEN : 0;
}

static size_t
kem_answer(struct kex *k, struct drbg *d, struct bytes peer, uint8_t *out)
{
	uint8_t noise[KEM_NOISE_LEN];
	bool ok;

	drbg_fill(d, noise, sizeof(noise));
	ok = kem_encapsulate(k->alg, peer, noise, k->public, out);
	wipe(noise, sizeof(noise));
	return ok ? KEM_SHARED_LEN : 0;
}

/*
 * Peer has the right length; shared and answer give the octets written to out,
 * 0: refused.  Without an answer of its own, a responder does what initiators
 * do, make and shared: Diffie-Hellman.
 */
static const struct kex_kind {
	unsigned	 flag;
	bool		(*make)(struct kex *, struct drbg *);
	size_t		(*shared)(const struct kex *, struct bytes peer,
			    uint8_t *out);
	size_t		(*answer)(struct kex *, struct drbg *,
			    struct bytes peer, uint8_t *out);
} kinds[] = {
	{ ALG_MODP,	modp_make,	modp_shared,	NULL },
	{ ALG_ECP,	ecp_make,	ecp_shared,	NULL },
	{ ALG_XDH,	xdh_make,	xdh_shared,	NULL },
	{ ALG_KEM,	kem_make,	kem_shared,	kem_answer },
};

static const struct kex_kind *
kind_of(const struct alg *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if ((a->flags & kinds[i].flag) != 0)
			return &kinds[i];
	}
	return NULL;
}

/* With room for a value of that many octets to send. */
static struct kex *
blank(const struct alg *a, uint16_t public_n)
{
	struct kex *k;

	if (kind_of(a) == NULL || fetch_alg(a) == NULL || !crypto_has(a))
		return NULL;
	k = calloc(1, sizeof(*k) + public_n);
	if (k == NULL)
		return NULL;
	k->alg = a;
	k->public_n = public_n;
	return k;
}

struct kex *
kex_new(const struct alg *a, struct drbg *d)
{
	struct kex *k = blank(a, a->public_len);

	if (k != NULL && !kind_of(a)->make(k, d)) {
		kex_free(k);
		return NULL;
	}
	return k;
}

/* Keeps what was written to z, or forgets what OpenSSL had against it. */
static bool
hand_over(const uint8_t *z, size_t n, struct secret *out)
{
	if (n > 0)
		secret_set(out, bytes_of(z, n));
	else
		ERR_clear_error();
	return n > 0;
}

static enum kex_result
respond(struct kex *k, struct drbg *d, struct bytes theirs,
    struct secret *out)
{
	const struct kex_kind *kind = kind_of(k->alg);
	uint8_t z[SHARED_MAX];
	size_t n;
	bool ok;

	if (kind->answer == NULL && !kind->make(k, d))
		return KEX_FAILED;
	n = kind->answer != NULL ? kind->answer(k, d, theirs, z) :
	    kind->shared(k, theirs, z);
	ok = hand_over(z, n, out);
	wipe(z, sizeof(z));
	wipe(k->priv, sizeof(k->priv));
	return ok ? KEX_OK : KEX_INVALID;
}

enum kex_result
kex_respond(const struct alg *a, struct drbg *d, struct bytes theirs,
    struct kex **out, struct secret *shared)
{
	enum kex_result result;
	struct kex *k;

	if (theirs.n != a->public_len)
		return KEX_INVALID;
	k = blank(a, a->answer_len);
	if (k == NULL)
		return KEX_FAILED;
	result = respond(k, d, theirs, shared);
	if (result == KEX_OK)
		*out = k;
	else
		kex_free(k);
	return result;
}

void
kex_free(struct kex *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_CTX_free(k->xdh);
	wipe(k, sizeof(*k) + k->public_n);
	free(k);
}

const struct alg *
kex_alg(const struct kex *k)
{
	return k->alg;
}

struct bytes
kex_public(const struct kex *k)
{
	return bytes_of(k->public, k->public_n);
}

bool
kex_shared(struct kex *k, struct bytes theirs, struct secret *out)
{
	uint8_t z[SHARED_MAX];
	bool ok;

	if (theirs.n != k->alg->answer_len)
		return false;
	ok = hand_over(z, kind_of(k->alg)->shared(k, theirs, z), out);
	wipe(z, sizeof(z));
	return ok;
}
