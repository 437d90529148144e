/*
 * One key exchange: MODP (RFC 3526, RFC 5114; values padded to the modulus),
 * ECP (RFC 5903: x | y, shared secret x), Curve25519 and Curve448 (RFC 8031),
 * ML-KEM (FIPS 203: encapsulation key, ciphertext).  All that is random comes
 * from the caller's drbg.
 */
#ifndef CRYPTO_KEX_H
#define CRYPTO_KEX_H

#include "crypto/drbg.h"
#include "crypto/suite.h"
#include "util/secret.h"

struct kex;

/*
 * The initiator's part: a value of ours to send, and later the shared secret
 * from what the responder sends back.  NULL: failed, or not crypto_has().
 */
struct kex	*kex_new(const struct alg *, struct drbg *);
/*
 * False: the responder's Key Exchange Data has the wrong length, is not on the
 * curve, out of range, not in the group's subgroup or of low order (RFC 6989,
 * RFC 8031 section 3).  A ciphertext of ML-KEM can but have the wrong length;
 * one that was changed gives a secret that is not the responder's.
 */
bool		kex_shared(struct kex *, struct bytes theirs, struct secret *);

/*
 * The responder's part, all of it at once: the shared secret from the
 * initiator's Key Exchange Data, and a kex that holds what to send back and no
 * secret any more.
 */
enum kex_result {
	KEX_OK,
	KEX_INVALID,		/* theirs is refused, as above; with ML-KEM:
				   it encodes no key (FIPS 203 7.2) */
	KEX_FAILED,		/* for reasons of our own */
};
enum kex_result	kex_respond(const struct alg *, struct drbg *,
		    struct bytes theirs, struct kex **, struct secret *);

void		kex_free(struct kex *);		/* wipes; NULL is fine */
const struct alg *kex_alg(const struct kex *);
/*
 * Key Exchange Data to send, alg->public_len octets of the initiator's and
 * alg->answer_len of the responder's; lives as long as kex.
 */
struct bytes	kex_public(const struct kex *);

#endif
