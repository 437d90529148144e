/*
 * Pseudo-random functions and what IKEv2 makes of them: prf, prf+ (RFC 7296
 * section 2.13), the PSK's AUTH value (section 2.15), and the bare SHA-1 of
 * NAT detection (section 2.23).
 */
#ifndef CRYPTO_PRF_H
#define CRYPTO_PRF_H

#include "crypto/suite.h"
#include "util/secret.h"

#define PRF_MAX		64	/* longest output */

/*
 * Fetches the algorithms once, before the sandbox closes; false with OpenSSL
 * lacking one.  Everything in crypto/ needs it; calling again is harmless.
 */
bool		crypto_init(void);
void		crypto_fini(void);
/*
 * Does the OpenSSL that we run with have this one?  ML-KEM came with
 * CRYPTO_KEM_SINCE; the others are always there.
 */
bool		crypto_has(const struct alg *);
#define CRYPTO_KEM_SINCE "3.5"
const char	*crypto_library(void);	/* OpenSSL's version: "3.0.19" */

/*
 * prf(key, parts[0] | parts[1] | ...) into out; its length is alg->key_len.
 * With an ALG_INTEG row it is that MAC before truncation.
 */
bool		prf(const struct alg *, struct bytes key,
		    const struct bytes *parts, size_t n, uint8_t *out);
/*
 * The first len octets of prf+(key, seed), len <= 255 * prf output.  False:
 * too long (out is untouched), or OpenSSL refused (out is undefined).
 */
bool		prf_plus(const struct alg *, struct bytes key,
		    const struct bytes *seed, size_t n, uint8_t *out,
		    size_t len);
/*
 * prf(prf(psk, "Key Pad for IKEv2"), octets), RFC 7296 section 2.15.  With
 * first not 0 two values, one behind the other: of so many octets and of the
 * rest.  How many octets that made, 2 * PRF_MAX at most; 0: failed.
 */
size_t		prf_psk_auth(const struct alg *, struct bytes psk,
		    struct bytes octets, size_t first, uint8_t *out);
/*
 * RFC 8784 section 3: each of these keys, one behind the other and as long as
 * the PRF's, becomes prf+(ppk, key) of the same length.
 */
bool		prf_ppk(const struct alg *, struct bytes ppk,
		    struct bytes keys, uint8_t *out);
bool		sha1(const struct bytes *parts, size_t n,
		    uint8_t out[static 20]);
bool		sha256(const struct bytes *parts, size_t n,
		    uint8_t out[static 32]);

#endif
