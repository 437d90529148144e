/* What a trust is made of.  Private to crypto/, like fetch.h. */
#ifndef CRYPTO_TRUST_INNER_H
#define CRYPTO_TRUST_INNER_H

#include "crypto/cert_inner.h"
#include "crypto/trust.h"

#define TRUST_CRL_OCTETS	(8 << 20)	/* of one CRL */
#define TRUST_SKEW	300	/* seconds that a CA's clock may be off */

struct trust_ca {
	struct cert	*cert;
	uint8_t		key_hash[TRUST_HASH_LEN];
	bool		anchor;
};

struct trust {
	size_t		cas_n, crls_n;
	struct trust_ca	cas[TRUST_CA_MAX];
	X509_CRL	*crls[TRUST_CRL_MAX];
	bool		fetched[TRUST_CRL_MAX];	/* and can be again */
};

bool		trust_key_hash(const struct cert *,
		    uint8_t[static TRUST_HASH_LEN]);
/* Did the one sign the other, and not only by name?  May leave errors. */
bool		trust_issued(const struct cert *ca, const struct cert *);
/* Is this one of a chain a CA that one of ours vouches for, by CAs only? */
bool		trust_leads(const struct trust *, const struct cert_chain *,
		    const struct cert *);
/* "key compromise" */
const char	*trust_reason_str(int crl_reason);

#endif
