/* Keys, certificates and CRLs of the small CA, by libcrypto. */
#ifndef TOOLS_PKI_MAKE_H
#define TOOLS_PKI_MAKE_H

#include <openssl/x509v3.h>

#include "crypto/cert.h"
#include "tools/pki_index.h"

#define PKI_SANS_MAX	16
#define PKI_CRL_DAYS	30
#define PKI_CRL_SPARE	7	/* days before its end that it is late */

enum pki_role {
	PKI_ROOT,
	PKI_SUB,		/* path length 0 */
	PKI_GATEWAY,
};

/* What a certificate is to say; everything is borrowed. */
struct pki_wish {
	enum pki_role	role;
	X509_NAME	*subject;
	GENERAL_NAMES	*sans;		/* NULL: none */
	const char	*crl_url, *ocsp_url;	/* NULL or "": none */
	EVP_PKEY	*key;
	X509		*ca;		/* NULL: by itself */
	EVP_PKEY	*ca_key;
	unsigned	days;
	int64_t		now;
};

/* "ec384" and the like; NULL: unknown (see pki_key_names) or failed. */
EVP_PKEY	*pki_key_new(const char *type);
bool		pki_key_type(const char *type);
extern const char pki_key_names[];

/* "C=DE, O=Example, CN=gw1". */
X509_NAME	*pki_name(const char *dn, struct reason *);
/* "dns:gw1.example", "ip:...", "email:..."; the prefix may be left out. */
bool		pki_san_add(GENERAL_NAMES *, const char *, struct reason *);

/*
 * With a serial of 128 random bits, valid from an hour ago, since clocks
 * differ, and never longer than the CA.
 */
X509		*pki_cert_new(const struct pki_wish *);
/*
 * The URLs that a certificate names, each "" when it does not.  False, with
 * the cause: it is malformed, or no memory.
 */
bool		pki_urls(X509 *, char crl[static CERT_URL_LEN],
		    char ocsp[static CERT_URL_LEN], struct reason *);
/* All that is revoked of this issuer's, in force for PKI_CRL_DAYS. */
X509_CRL	*pki_crl_new(const struct pki_index *, const char *issuer,
		    X509 *ca, EVP_PKEY *ca_key, int64_t now);
/* Until when the CRL of a text is in force; false: none is in it. */
bool		pki_crl_until(const char *pem, int64_t *);
/* The row of a certificate; the name is filled in.  False as above. */
bool		pki_entry_of(X509 *, const char *issuer, const char *name,
		    struct pki_entry *, struct reason *);

/* PEM with a NUL behind it, to be freed by the caller; p is NULL: failed. */
struct bytes	pki_pem_certs(X509 *const *, size_t n);
struct bytes	pki_pem_crl(X509_CRL *);
struct bytes	pki_pem_key(EVP_PKEY *);
/* The first certificate, or the key, of a text; NULL: none. */
X509		*pki_cert_of(const char *pem);
EVP_PKEY	*pki_key_of(const char *pem);

#endif
