/*
 * Private keys: unencrypted PEM in any of its three shapes (PKCS #8, PKCS #1,
 * SEC 1), of a kind that IKEv2 has a signature for.  A passphrase is never
 * asked for.  libcrypto wipes a key when it is freed.
 */
#include "crypto/sig_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "crypto/cert_inner.h"

/* OpenSSL asks for a passphrase: say no, and remember that it did. */
static int
no_passphrase(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *
read_key(struct bytes pem, struct reason *why)
{
	BIO *bio = pem.n > INT32_MAX ? NULL :
	    BIO_new_mem_buf(pem.p, (int)pem.n);
	bool encrypted = false;
	EVP_PKEY *key;

	key = bio == NULL ? NULL :
	    PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
	if (key == NULL)
		reason_set(why, encrypted ? "the private key is encrypted, "
		    "and nobody is there to ask for its passphrase" :
		    "no private key in PEM is in it");
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

struct sig_key *
sig_key_load(struct bytes pem, struct reason *why)
{
	EVP_PKEY *pkey = read_key(pem, why);
	struct sig_key *key;

	if (pkey == NULL)
		return NULL;
	key = calloc(1, sizeof(*key));
	if (key == NULL) {
		reason_set(why, "out of memory");
	} else {
		key->pkey = pkey;
		pkey_kind(pkey, &key->kind);
		if (pkey_usable(&key->kind, why))
			return key;
	}
	EVP_PKEY_free(pkey);
	free(key);
	return NULL;
}

void
sig_key_free(struct sig_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

const char *
sig_key_name(const struct sig_key *key)
{
	return key->kind.name;
}

bool
sig_key_matches(const struct sig_key *key, const struct cert *cert)
{
	const EVP_PKEY *public = X509_get0_pubkey(cert->x509);
	bool same = public != NULL && EVP_PKEY_eq(key->pkey, public) == 1;

	ERR_clear_error();
	return same;
}
