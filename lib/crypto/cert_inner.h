/* What a certificate is made of.  Private to crypto/, like fetch.h. */
#ifndef CRYPTO_CERT_INNER_H
#define CRYPTO_CERT_INNER_H

#include <openssl/x509.h>

#include "crypto/cert.h"

struct cert {
	X509		*x509;		/* extensions are decoded and cached */
	uint8_t		*der;		/* as it came */
	size_t		 n;
};

/* Takes the reference when it succeeds.  NULL: no memory. */
struct cert	*cert_of(X509 *);
/*
 * Unix seconds of a time in a certificate, CRL or OCSP response, and as
 * "2026-11-23 12:00:00 UTC".
 */
bool		cert_time(const ASN1_TIME *, int64_t *);
#define CERT_TIME_LEN	32
const char	*cert_time_str(const ASN1_TIME *, char[static CERT_TIME_LEN]);
/* The name's text; see dn_str(). */
void		cert_name_str(const X509_NAME *, char *, size_t);
/* subjectAltName as in struct cert_info. */
void		cert_sans_str(const struct cert *, char *, size_t);
/*
 * The next block of PEM with this name ("CERTIFICATE"), others are passed
 * over: false when none is left or what comes is malformed (*bad).  The data
 * is the caller's to free with OPENSSL_free.
 */
bool		cert_pem_next(BIO *, const char *name, uint8_t **data,
		    size_t *n, bool *bad);

#endif
