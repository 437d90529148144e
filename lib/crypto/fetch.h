/*
 * What crypto_init() fetched from OpenSSL.  Private to crypto/: nothing
 * outside sees an OpenSSL type.  All of it is constant between crypto_init()
 * and crypto_fini().
 */
#ifndef CRYPTO_FETCH_H
#define CRYPTO_FETCH_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/suite.h"

/* Per row of the algorithm table; NULL where it does not apply. */
struct fetched {
	EVP_CIPHER	*cipher;
	EVP_MD		*md;		/* of a PRF's or MAC's HMAC */
	EC_GROUP	*group;
	BIGNUM		*prime, *generator;
	BIGNUM		*order;		/* of the generator; ALG_SUBGROUP */
	BN_MONT_CTX	*mont;
	EVP_KEYMGMT	*keymgmt;
	EVP_KEYEXCH	*keyexch;
	EVP_KEM		*kem;
	EVP_PKEY_CTX	*import;	/* for EVP_PKEY_fromdata; no key in it */
	EVP_PKEY	*base;		/* Curve25519's base point as a key */
};

/* NULL before crypto_init(). */
const struct fetched *fetch_alg(const struct alg *);
const EVP_MD	*fetch_sha1(void);
const EVP_MD	*fetch_sha256(void);
const EVP_CIPHER *fetch_chacha20(void);

#endif
