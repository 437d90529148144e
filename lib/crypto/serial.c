/*
 * Certificates that are remembered by issuer and serial number, and looked up
 * in the CRLs of a trust (RFC 5280 section 5).  Entries that an indirect CRL
 * has for other issuers do not count: trust_add_crl() knows no such CRL.
 */
#include "crypto/serial.h"

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/prf.h"
#include "crypto/trust_inner.h"

static bool
name_digest(const X509_NAME *name, uint8_t out[static SERIAL_ISSUER])
{
	const uint8_t *der = NULL;
	uint8_t digest[32];
	struct bytes b;
	size_t n = 0;

	if (X509_NAME_get0_der(name, &der, &n) != 1)
		return false;
	b = bytes_of(der, n);
	if (!sha256(&b, 1, digest))
		return false;
	memcpy(out, digest, SERIAL_ISSUER);
	return true;
}

bool
serial_of(const struct cert *c, struct serial *out)
{
	const ASN1_INTEGER *i = X509_get0_serialNumber(c->x509);
	struct serial s = { .n = 0 };
	int n = i == NULL ? 0 : ASN1_STRING_length(i);

	if (n < 1 || n > SERIAL_MAX || ASN1_STRING_type(i) != V_ASN1_INTEGER ||
	    !name_digest(X509_get_issuer_name(c->x509), s.issuer))
		return false;
	s.n = (uint8_t)n;
	memcpy(s.b, ASN1_STRING_get0_data(i), s.n);
	*out = s;
	return true;
}

/* 2 of OpenSSL is an entry that takes a revocation back. */
static bool
names(X509_CRL *crl, const ASN1_INTEGER *number)
{
	X509_REVOKED *entry;

	return X509_CRL_get0_by_serial(crl, &entry, number) == 1;
}

bool
serial_revoked(const struct trust *t, const struct serial *s)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	uint8_t issuer[SERIAL_ISSUER];
	bool found = false;

	/* Without memory nobody can say that it is good. */
	if (number == NULL || ASN1_STRING_set(number, s->b, s->n) != 1) {
		ASN1_INTEGER_free(number);
		return true;
	}
	for (size_t i = 0; i < t->crls_n && !found; i++)
		found = name_digest(X509_CRL_get_issuer(t->crls[i]), issuer) &&
		    memcmp(issuer, s->issuer, SERIAL_ISSUER) == 0 &&
		    names(t->crls[i], number);
	ASN1_INTEGER_free(number);
	return found;
}
