/* What a private key is made of.  Private to crypto/, like fetch.h. */
#ifndef CRYPTO_SIG_KEY_H
#define CRYPTO_SIG_KEY_H

#include "crypto/pkey.h"
#include "crypto/sig.h"

struct sig_key {
	EVP_PKEY	*pkey;
	struct pkey_kind kind;
};

#endif
