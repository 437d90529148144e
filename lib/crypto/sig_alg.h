/*
 * The table of signature algorithms: RFC 7427 appendix A, RFC 8420 appendix A,
 * one row each.  Private to crypto/ and its tests.
 */
#ifndef CRYPTO_SIG_ALG_H
#define CRYPTO_SIG_ALG_H

#include "crypto/pkey.h"
#include "crypto/sig.h"

#define SIG_ALG_COUNT	14
#define SIG_ALG_DER_MAX	67

struct sig_alg {
	const char	*name;		/* "RSA-PSS-SHA2-256" */
	enum pkey_family family;
	enum sig_hash	 hash;
	bool		 pss;		/* salt as long as the hash, MGF1 */
	uint8_t		 n;
	uint8_t		 der[SIG_ALG_DER_MAX];	/* as we send it */
};

const struct sig_alg *sig_alg_at(size_t i);	/* NULL past the end */
const struct sig_alg *sig_alg_find(enum pkey_family, enum sig_hash, bool pss);
/*
 * By AlgorithmIdentifier as a peer encodes it.  NULL: none of the table's; the
 * reason says what it is as far as it can be read.
 */
const struct sig_alg *sig_alg_parse(struct bytes der, struct reason *);
/* The digest's name for OpenSSL; NULL for SIG_IDENTITY. */
const char	*sig_alg_digest(const struct sig_alg *);

#endif
