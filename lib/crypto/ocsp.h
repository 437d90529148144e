/*
 * OCSP (RFC 6960): a request to send to cert_ocsp_url() by HTTP POST, and the
 * verdict on what came back.  Fetching is the caller's.
 */
#ifndef CRYPTO_OCSP_H
#define CRYPTO_OCSP_H

#include "crypto/trust.h"

#define OCSP_RESPONSE_MAX	65536

/* False: no memory or no room.  No nonce (RFC 5019): answers may be cached. */
bool		ocsp_request(const struct cert *leaf,
		    const struct cert *issuer, struct wr *der);

enum ocsp_status {
	OCSP_GOOD,
	OCSP_REVOKED,
	OCSP_UNKNOWN,		/* the responder does not know it */
	OCSP_INVALID,		/* not usable: why says */
};

struct ocsp_answer {
	enum ocsp_status status;
	struct reason	why;		/* a sentence, unless good */
	int64_t		this_update;
	int64_t		next_update;	/* 0: none, of a revoked one */
};

/*
 * About the chain's leaf.  The response must be in force at now and signed by
 * the issuer, which leads to one of our CAs within the chain, or by whom the
 * issuer delegated OCSP signing to.
 */
void		ocsp_check(const struct trust *, const struct cert_chain *,
		    const struct cert *issuer, struct bytes response,
		    int64_t now, struct ocsp_answer *);

#endif
