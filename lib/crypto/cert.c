/*
 * X.509 certificates (RFC 5280) as values, decoded by libcrypto alone.  What
 * is read here is not yet believed: crypto/trust.h is asked for that, and
 * crypto/cert_id.c for identities.  Times become Unix seconds by calendar
 * arithmetic; no clock and no time zone is looked at.
 */
#include "crypto/cert.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_inner.h"
#include "crypto/dn.h"
#include "crypto/pkey.h"

/* Extensions that are malformed make the certificate so. */
static bool
well_formed(X509 *x)
{
	return X509_check_purpose(x, -1, 0) == 1 &&
	    (X509_get_extension_flags(x) & EXFLAG_INVALID) == 0 &&
	    X509_get0_pubkey(x) != NULL;
}

struct cert *
cert_of(X509 *x)
{
	struct cert *c = calloc(1, sizeof(*c));
	int n = i2d_X509(x, c == NULL ? NULL : &c->der);

	if (n <= 0) {
		free(c);
		return NULL;
	}
	c->x509 = x;
	c->n = (size_t)n;
	return c;
}

struct cert *
cert_read(struct bytes der, struct reason *why)
{
	const uint8_t *p = der.p;
	struct cert *c;
	X509 *x;

	if (der.n == 0 || der.n > CERT_DER_MAX) {
		reason_set(why, "a certificate of %zu octets (1 to %d are "
		    "allowed)", der.n, CERT_DER_MAX);
		return NULL;
	}
	x = d2i_X509(NULL, &p, (long)der.n);
	if (x == NULL || p != der.p + der.n || !well_formed(x)) {
		reason_set(why, x == NULL ? "not a certificate in DER" :
		    p != der.p + der.n ? "octets behind a certificate" :
		    X509_get0_pubkey(x) == NULL ?
		    "a certificate with a key that cannot be read" :
		    "a certificate with a malformed extension");
		X509_free(x);
		ERR_clear_error();
		return NULL;
	}
	c = cert_of(x);
	if (c == NULL) {
		X509_free(x);
		reason_set(why, "out of memory");
	}
	ERR_clear_error();
	return c;
}

void
cert_free(struct cert *c)
{
	if (c == NULL)
		return;
	X509_free(c->x509);
	OPENSSL_free(c->der);
	free(c);
}

struct bytes
cert_der(const struct cert *c)
{
	return bytes_of(c->der, c->n);
}

/* --- chains --- */

static bool
chain_has(const struct cert_chain *ch, const struct cert *c)
{
	for (size_t i = 0; i < ch->n; i++) {
		if (bytes_eq(cert_der(ch->cert[i]), cert_der(c)))
			return true;
	}
	return false;
}

/* A duplicate is dropped; the count is of those that differ. */
static bool
chain_push(struct cert_chain *ch, struct bytes der, size_t number,
    struct reason *why)
{
	struct reason detail;
	struct cert *c = cert_read(der, &detail);

	if (c == NULL) {
		reason_set(why, "certificate %zu: %s", number, detail.s);
		return false;
	}
	if (chain_has(ch, c)) {
		cert_free(c);
		return true;
	}
	if (ch->n == CERT_CHAIN_MAX) {
		cert_free(c);
		reason_set(why, "more than %d certificates", CERT_CHAIN_MAX);
		return false;
	}
	ch->cert[ch->n++] = c;
	return true;
}

bool
cert_chain_read(struct cert_chain *out, const struct bytes *der, size_t n,
    struct reason *why)
{
	struct cert_chain ch = { 0 };

	if (n == 0) {
		reason_set(why, "no certificate");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!chain_push(&ch, der[i], i + 1, why)) {
			cert_chain_fini(&ch);
			return false;
		}
	}
	*out = ch;
	return true;
}

bool
cert_pem_next(BIO *bio, const char *wanted, uint8_t **data, size_t *n,
    bool *bad)
{
	char *name, *header;
	unsigned char *p;
	long len;
	bool is;

	while (PEM_read_bio(bio, &name, &header, &p, &len) == 1) {
		is = strcmp(name, wanted) == 0;
		OPENSSL_free(name);
		OPENSSL_free(header);
		if (is) {
			*data = p;
			*n = (size_t)len;
			return true;
		}
		OPENSSL_clear_free(p, (size_t)len);
	}
	/* Its way of saying that there is nothing more. */
	*bad = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
	ERR_clear_error();
	return false;
}

bool
cert_chain_read_pem(struct cert_chain *out, struct bytes pem,
    struct reason *why)
{
	BIO *bio = pem.n > INT32_MAX ? NULL :
	    BIO_new_mem_buf(pem.p, (int)pem.n);
	struct cert_chain ch = { 0 };
	bool bad = bio == NULL, ok = true;
	size_t n, number = 0;
	uint8_t *der;

	while (ok && !bad && cert_pem_next(bio, PEM_STRING_X509, &der, &n,
	    &bad)) {
		ok = chain_push(&ch, bytes_of(der, n), ++number, why);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	if (ok && !bad && ch.n > 0) {
		*out = ch;
		return true;
	}
	if (ok)
		reason_set(why, bad ? "PEM that is malformed" :
		    "no certificate in PEM is in it");
	cert_chain_fini(&ch);
	return false;
}

void
cert_chain_fini(struct cert_chain *ch)
{
	for (size_t i = 0; i < ch->n; i++)
		cert_free(ch->cert[i]);
	memset(ch, 0, sizeof(*ch));
}

/* --- times --- */

bool
cert_time(const ASN1_TIME *t, int64_t *unix)
{
	ASN1_TIME *epoch = ASN1_TIME_new();
	int days, seconds;
	bool ok;

	ok = epoch != NULL && t != NULL &&
	    ASN1_TIME_set_string(epoch, "19700101000000Z") == 1 &&
	    ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;
	ASN1_TIME_free(epoch);
	if (ok)
		*unix = (int64_t)days * 86400 + seconds;
	return ok;
}

const char *
cert_time_str(const ASN1_TIME *t, char buf[static CERT_TIME_LEN])
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		str_set(buf, CERT_TIME_LEN, "an unreadable time");
	else
		str_fmt(buf, CERT_TIME_LEN, "%04d-%02d-%02d %02d:%02d:%02d "
		    "UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		    tm.tm_hour, tm.tm_min, tm.tm_sec);
	return buf;
}

/* --- what it says --- */

struct bytes
cert_subject(const struct cert *c)
{
	const unsigned char *p;
	size_t n;

	if (X509_NAME_get0_der(X509_get_subject_name(c->x509), &p, &n) != 1)
		return (struct bytes){ 0 };
	return bytes_of(p, n);
}

void
cert_name_str(const X509_NAME *name, char *buf, size_t size)
{
	const unsigned char *p;
	size_t n;

	if (X509_NAME_get0_der(name, &p, &n) == 1)
		dn_str(bytes_of(p, n), buf, size);
	else
		str_set(buf, size, "");
}

static void
serial_str(const X509 *x, char *buf, size_t size)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);

	str_hex(buf, size, bytes_of(ASN1_STRING_get0_data(serial),
	    (size_t)ASN1_STRING_length(serial)));
}

void
cert_info(const struct cert *c, struct cert_info *info)
{
	struct pkey_kind kind;

	memset(info, 0, sizeof(*info));
	pkey_kind(X509_get0_pubkey(c->x509), &kind);
	str_set(info->key, sizeof(info->key), kind.name);
	cert_name_str(X509_get_subject_name(c->x509), info->subject,
	    sizeof(info->subject));
	cert_name_str(X509_get_issuer_name(c->x509), info->issuer,
	    sizeof(info->issuer));
	serial_str(c->x509, info->serial, sizeof(info->serial));
	cert_sans_str(c, info->sans, sizeof(info->sans));
	(void)cert_time(X509_get0_notBefore(c->x509), &info->not_before);
	(void)cert_time(X509_get0_notAfter(c->x509), &info->not_after);
	info->ca = X509_check_ca(c->x509) == 1;
	ERR_clear_error();
}

/* --- where to ask --- */

/* An http URL of printable octets; https would need trust to learn trust. */
static bool
take_url(const ASN1_STRING *s, char url[static CERT_URL_LEN])
{
	const char *p = (const char *)ASN1_STRING_get0_data(s);
	size_t n = (size_t)ASN1_STRING_length(s);

	if (n < 8 || n >= CERT_URL_LEN || strncasecmp(p, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	}
	memcpy(url, p, n);
	url[n] = '\0';
	return true;
}

/* RFC 5280 section 4.2.2.1. */
bool
cert_ocsp_url(const struct cert *c, char url[static CERT_URL_LEN])
{
	AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(c->x509, NID_info_access,
	    NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_ACCESS_DESCRIPTION_num(all); i++) {
		const ACCESS_DESCRIPTION *a = sk_ACCESS_DESCRIPTION_value(all,
		    i);

		found = OBJ_obj2nid(a->method) == NID_ad_OCSP &&
		    a->location->type == GEN_URI &&
		    take_url(a->location->d.uniformResourceIdentifier, url);
	}
	AUTHORITY_INFO_ACCESS_free(all);
	ERR_clear_error();
	return found;
}

static bool
point_url(const DIST_POINT *p, char url[static CERT_URL_LEN])
{
	const GENERAL_NAMES *names;

	/* A point for some reasons only, or of another issuer, is not ours. */
	if (p->distpoint == NULL || p->distpoint->type != 0 ||
	    p->reasons != NULL || p->CRLissuer != NULL)
		return false;
	names = p->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_URI &&
		    take_url(g->d.uniformResourceIdentifier, url))
			return true;
	}
	return false;
}

/* RFC 5280 section 4.2.1.13. */
bool
cert_crl_url(const struct cert *c, char url[static CERT_URL_LEN])
{
	CRL_DIST_POINTS *all = X509_get_ext_d2i(c->x509,
	    NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_DIST_POINT_num(all); i++)
		found = point_url(sk_DIST_POINT_value(all, i), url);
	CRL_DIST_POINTS_free(all);
	ERR_clear_error();
	return found;
}
