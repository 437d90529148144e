/*
 * Key encapsulation with ML-KEM (FIPS 203), on octets: what the kex of an
 * ALG_KEM is made of.  Private to crypto/.  The algorithm is one that
 * crypto_has(); randomness is the caller's.
 */
#ifndef CRYPTO_KEM_H
#define CRYPTO_KEM_H

#include "crypto/suite.h"

#define KEM_SEED_LEN	64	/* d | z, FIPS 203 section 7.1 */
#define KEM_NOISE_LEN	32	/* m, section 7.2 */
#define KEM_SHARED_LEN	32

/* The encapsulation key of a seed, alg->public_len octets.  False: failed. */
bool		kem_public(const struct alg *,
		    const uint8_t seed[static KEM_SEED_LEN], uint8_t *key);
/*
 * A shared secret of KEM_SHARED_LEN octets, and for the owner of the key the
 * ciphertext, alg->answer_len octets.  False: the key is not valid (section
 * 7.2), or it failed.
 */
bool		kem_encapsulate(const struct alg *, struct bytes key,
		    const uint8_t noise[static KEM_NOISE_LEN],
		    uint8_t *cipher, uint8_t shared[static KEM_SHARED_LEN]);
/*
 * The secret that a ciphertext of alg->answer_len octets holds.  One that was
 * not made for this key gives a secret that nobody else has (section 6.3): no
 * failure here, but the two ends do not agree.
 */
bool		kem_decapsulate(const struct alg *,
		    const uint8_t seed[static KEM_SEED_LEN],
		    struct bytes cipher,
		    uint8_t shared[static KEM_SHARED_LEN]);

#endif
