/*
 * Which of our kinds an asymmetric key is.  Private to crypto/, like fetch.h.
 */
#ifndef CRYPTO_PKEY_H
#define CRYPTO_PKEY_H

#include <openssl/evp.h>

#include "crypto/cert.h"
#include "util/str.h"

#define PKEY_RSA_MIN	2048		/* bits */
#define PKEY_RSA_MAX	8192		/* what a peer may make us compute */

enum pkey_family {
	PKEY_OTHER,
	PKEY_RSA,
	PKEY_EC,
	PKEY_ED25519,
	PKEY_ED448,
};

struct pkey_kind {
	enum pkey_family family;
	unsigned	bits;		/* of the modulus or the curve */
	char		name[CERT_KEY_LEN];	/* "RSA-3072", "ECDSA-P256" */
};

void		pkey_kind(const EVP_PKEY *, struct pkey_kind *);
/* False, with the reason: a kind or size that we do not use. */
bool		pkey_usable(const struct pkey_kind *, struct reason *);

#endif
