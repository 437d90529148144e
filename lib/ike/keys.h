/*
 * Keys of an IKE SA and of its children, RFC 7296 sections 2.14, 2.17, 2.18.
 */
#ifndef IKE_KEYS_H
#define IKE_KEYS_H

#include "crypto/prf.h"
#include "crypto/seal.h"
#include "crypto/suite.h"
#include "util/secret.h"

struct keys {
	struct key	sk_d;		/* derives children and successors */
	struct key	sk_pi, sk_pr;	/* AUTH; wiped once established */
	struct seal	*seal_i, *seal_r;	/* initiator's, responder's */
};

struct keys_seed {
	struct bytes	ni, nr;
	uint64_t	spi_i, spi_r;
	const struct secret *g_ir;
	struct bytes	more;		/* SK(1) | SK(2) ..., RFC 9370 */
	/* When rekeyed: SK_d and PRF of the SA before; else NULL. */
	const struct key *old_sk_d;
	const struct alg *old_prf;
};

/* False: OpenSSL refused; out is untouched. */
bool		keys_derive(const struct suite *, const struct keys_seed *,
		    struct keys *out);
void		keys_fini(struct keys *);	/* frees and wipes */

/* One direction each of a child: encryption with salt, integrity. */
struct child_keys {
	struct key	encr_i, integ_i;	/* initiator to responder */
	struct key	encr_r, integ_r;
};

/* g_ir: NULL without PFS; more: secrets of additional key exchanges. */
bool		keys_child(const struct alg *prf_alg, const struct key *sk_d,
		    const struct suite *, struct bytes ni, struct bytes nr,
		    const struct secret *g_ir, struct bytes more,
		    struct child_keys *);

#endif
