/*
 * Payloads that signatures need beside AUTH: CERT and CERTREQ (RFC 7296
 * sections 3.6, 3.7), N(SIGNATURE_HASH_ALGORITHMS) (RFC 7427 section 4),
 * N(SUPPORTED_AUTH_METHODS) (RFC 9593).
 */
#ifndef IKE_CERTS_H
#define IKE_CERTS_H

#include "ike/sa.h"

/* IKE_SA_INIT: ours for this peer, or for whoever may be meant by its path. */
void	certs_build_init(struct build *, const struct ike_sa *);
/* IKE_AUTH: our chain, and the CAs of which the peer's should be. */
void	certs_build_chain(struct build *, const struct ike_sa *);
void	certs_build_request(struct build *, const struct ike_sa *);
/*
 * The ways of authentication that we take: in a request of IKE_AUTH, and in an
 * answer to IKE_SA_INIT; if the message has so many octets then at most.
 */
void	certs_build_methods(struct build *, const struct ike_sa *, size_t most);
/* What the peer's message says of the signatures and CAs it takes. */
void	certs_hear(struct ike_sa *, const struct msg *);

#endif
