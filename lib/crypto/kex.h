/*
 * One key exchange of ours: MODP (RFC 3526, RFC 5114; values padded to the
 * modulus), ECP (RFC 5903: x | y, shared secret x), Curve25519 and Curve448
 * (RFC 8031).  The private value comes from the caller's drbg.
 */
#ifndef CRYPTO_KEX_H
#define CRYPTO_KEX_H

#include "crypto/drbg.h"
#include "crypto/suite.h"
#include "util/secret.h"

struct kex;

struct kex	*kex_new(const struct alg *, struct drbg *); /* NULL: failed */
void		kex_free(struct kex *);		/* wipes; NULL is fine */
const struct alg *kex_alg(const struct kex *);
/* Key Exchange Data to send, alg->public_len octets; lives as long as kex. */
struct bytes	kex_public(const struct kex *);
/*
 * g^ir from the peer's Key Exchange Data.  False: wrong length, not on the
 * curve, out of range, not in the group's subgroup or of low order (RFC 6989,
 * RFC 8031 section 3).
 */
bool		kex_shared(struct kex *, struct bytes peer, struct secret *);

#endif
