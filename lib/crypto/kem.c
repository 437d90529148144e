/*
 * ML-KEM (FIPS 203) by OpenSSL 3.5 or later, through the calls that 3.0 has
 * too, so that one program runs with both.  OpenSSL checks what comes from the
 * peer: the length and the coefficients of an encapsulation key, the length of
 * a ciphertext (sections 7.2 and 7.3).
 *
 * The decapsulation key is made from its seed each time: it is large, and the
 * seed is what a kex can hold and wipe.  OpenSSL wipes its own copies.  All
 * randomness is handed in, so that the value sent follows from the drbg.
 *
 * What a method is called and how long its values are is not known here.
 */
#include "crypto/kem.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/fetch.h"
#include "util/secret.h"

/* Names of parameters that the headers of OpenSSL 3.0 do not have yet. */
#define PARAM_SEED	"seed"	/* OSSL_PKEY_PARAM_ML_KEM_SEED */
#define PARAM_NOISE	"ikme"	/* OSSL_KEM_PARAM_IKME */

#define KEY_LEN_MAX	1568	/* encapsulation key of ML-KEM-1024 */

/* NULL: not a key. */
static EVP_PKEY *
import(const struct alg *a, int what, const char *name, uint8_t *p, size_t n)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(name, p, n),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;

	if (EVP_PKEY_fromdata(fetch_alg(a)->import, &key, what, params) != 1)
		return NULL;
	return key;
}

/* Section 6.1: the key pair of a seed. */
static EVP_PKEY *
pair_of(const struct alg *a, const uint8_t seed[static KEM_SEED_LEN])
{
	uint8_t copy[KEM_SEED_LEN];
	EVP_PKEY *key;

	memcpy(copy, seed, sizeof(copy));
	key = import(a, EVP_PKEY_KEYPAIR, PARAM_SEED, copy, sizeof(copy));
	wipe(copy, sizeof(copy));
	return key;
}

/* Section 7.2: refused unless it encodes to itself. */
static EVP_PKEY *
peer_of(const struct alg *a, struct bytes public)
{
	uint8_t copy[KEY_LEN_MAX];

	if (public.n != a->public_len || public.n > sizeof(copy))
		return NULL;
	memcpy(copy, public.p, public.n);
	return import(a, EVP_PKEY_PUBLIC_KEY, OSSL_PKEY_PARAM_PUB_KEY, copy,
	    public.n);
}

bool
kem_public(const struct alg *a, const uint8_t seed[static KEM_SEED_LEN],
    uint8_t *public)
{
	EVP_PKEY *key = pair_of(a, seed);
	size_t n = 0;
	bool ok;

	ok = key != NULL && EVP_PKEY_get_octet_string_param(key,
	    OSSL_PKEY_PARAM_PUB_KEY, public, a->public_len, &n) == 1 &&
	    n == a->public_len;
	EVP_PKEY_free(key);
	return ok;
}

static bool
encapsulate(const struct alg *a, EVP_PKEY_CTX *ctx, uint8_t *noise,
    uint8_t *cipher, uint8_t shared[static KEM_SHARED_LEN])
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(PARAM_NOISE, noise,
		    KEM_NOISE_LEN),
		OSSL_PARAM_construct_end(),
	};
	size_t n = a->answer_len, z = KEM_SHARED_LEN;

	return EVP_PKEY_encapsulate_init(ctx, params) == 1 &&
	    EVP_PKEY_encapsulate(ctx, cipher, &n, shared, &z) == 1 &&
	    n == a->answer_len && z == KEM_SHARED_LEN;
}

bool
kem_encapsulate(const struct alg *a, struct bytes public,
    const uint8_t noise[static KEM_NOISE_LEN], uint8_t *cipher,
    uint8_t shared[static KEM_SHARED_LEN])
{
	EVP_PKEY *key = peer_of(a, public);
	uint8_t copy[KEM_NOISE_LEN];
	EVP_PKEY_CTX *ctx = NULL;
	bool ok;

	memcpy(copy, noise, sizeof(copy));
	if (key != NULL)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	ok = ctx != NULL && encapsulate(a, ctx, copy, cipher, shared);
	wipe(copy, sizeof(copy));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

bool
kem_decapsulate(const struct alg *a, const uint8_t seed[static KEM_SEED_LEN],
    struct bytes cipher, uint8_t shared[static KEM_SHARED_LEN])
{
	EVP_PKEY *key = pair_of(a, seed);
	EVP_PKEY_CTX *ctx = NULL;
	size_t n = KEM_SHARED_LEN;
	bool ok;

	if (key != NULL)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	ok = ctx != NULL && cipher.n == a->answer_len &&
	    EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
	    EVP_PKEY_decapsulate(ctx, shared, &n, cipher.p, cipher.n) == 1 &&
	    n == KEM_SHARED_LEN;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}
