/*
 * Authentication of IKE_INTERMEDIATE exchanges, RFC 9242 section 3.3.2.
 *
 *   IntAuth_i(1) = prf(SK_pi(0),               A_i(1) | P_i(1))
 *   IntAuth_i(n) = prf(SK_pi(n-1), IntAuth_i(n-1) | A_i(n) | P_i(n))
 *   IntAuth      = IntAuth_i(N) | IntAuth_r(N) | IKE_AUTH message id
 *
 * A is a message up to the end of the SK payload's generic header, P what is
 * inside of it.  "The Length field in the IKE header is adjusted so that it
 * does not count the lengths of Initialization Vector, Integrity Check Value,
 * Padding, and Pad Length", and so is that of the SK payload.
 *
 * Which key goes with which message, and what a message in fragments would
 * have looked like whole, is for the caller.
 */
#include "ike/intauth.h"

#include <string.h>

#include "ike/build.h"

/* With room for payloads that stand outside of SK; we send none. */
#define HEAD_MAX	512

bool
intauth_add(struct intauth *ia, const struct alg *prf_alg,
    const struct key *sk_p, struct bytes head, struct bytes inner)
{
	uint8_t copy[HEAD_MAX], value[PRF_MAX];
	struct wr w = wr_of(copy, sizeof(copy));
	struct bytes parts[3] = { bytes_of(ia->b, ia->n) };

	if (head.n < HDR_LEN + BUILD_GENERIC_LEN || head.n > sizeof(copy) ||
	    inner.n > UINT16_MAX - BUILD_GENERIC_LEN)
		return false;
	wr_bytes(&w, head);
	wr_patch_u32(&w, HDR_LENGTH_AT, (uint32_t)(head.n + inner.n));
	wr_patch_u16(&w, head.n - 2, (uint16_t)(BUILD_GENERIC_LEN + inner.n));
	parts[1] = wr_done(&w);
	parts[2] = inner;
	if (!prf(prf_alg, key_bytes(sk_p), parts, 3, value))
		return false;
	ia->n = prf_alg->key_len;
	memcpy(ia->b, value, ia->n);
	return true;
}

void
intauth_write(struct wr *w, const struct intauth *of_i,
    const struct intauth *of_r, uint32_t auth_mid)
{
	if (of_i->n == 0)
		return;
	wr_bytes(w, bytes_of(of_i->b, of_i->n));
	wr_bytes(w, bytes_of(of_r->b, of_r->n));
	wr_u32(w, auth_mid);
}
