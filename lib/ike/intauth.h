/*
 * What AUTH adds of IKE_INTERMEDIATE exchanges, RFC 9242 section 3.3.2: one
 * chain of values for each side's messages.
 */
#ifndef IKE_INTAUTH_H
#define IKE_INTAUTH_H

#include "crypto/prf.h"

/* IntAuth_i or IntAuth_r so far; n 0: no message yet.  Not secret. */
struct intauth {
	uint8_t		n;
	uint8_t		b[PRF_MAX];
};

/*
 * One more message, with the key that its sender has for AUTH before the keys
 * change: head is everything from its IKE header to the SK payload's generic
 * header (of a message in fragments as if it had been whole), inner what is in
 * the SK payload, without padding.  Both length fields are set as if nothing
 * but that had been sent.  False: OpenSSL refused, or head is no such thing;
 * the chain is as it was.
 */
bool		intauth_add(struct intauth *, const struct alg *prf_alg,
		    const struct key *sk_p, struct bytes head,
		    struct bytes inner);
/* IntAuth_i | IntAuth_r | message id of IKE_AUTH; nothing without exchanges. */
#define INTAUTH_MAX	(2 * PRF_MAX + 4)
void		intauth_write(struct wr *, const struct intauth *of_i,
		    const struct intauth *of_r, uint32_t auth_mid);

#endif
