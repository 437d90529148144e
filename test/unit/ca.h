/*
 * A certification authority for tests: keys, certificates of any shape, right
 * or wrong, CRLs and OCSP responses, made in the process.
 */
#ifndef TEST_CA_H
#define TEST_CA_H

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "crypto/dn.h"
#include "crypto/sig.h"

#define CA_NOW	INT64_C(1800000000)	/* 2027-01-15 08:00:00 UTC */
#define CA_DAY	INT64_C(86400)

/* A certificate with its key; NULL members of the specification: left out. */
struct made {
	EVP_PKEY	*key;		/* borrowed from ca_key() */
	X509		*x509;
};

struct made_spec {
	const char	*subject;	/* "CN=gw1" */
	const char	*key;		/* "P-256", "RSA-2048", "ED25519" */
	const struct made *issuer;	/* NULL: itself */
	const char	*basic;		/* basicConstraints */
	const char	*usage, *eku, *san, *names, *aia, *cdp, *comment;
	int64_t		 from, until;	/* 0, 0: yesterday, in a year */
	const char	*digest;	/* NULL: SHA2-256 */
	long		 serial;	/* 0: 1 */
	bool		 bare;		/* no SKI, no AKI */
	bool		 bad_signature;
};

static inline void
ca_must(bool ok)
{
	if (!ok)
		abort();
}

/* Made once per name; name may end in "/2" for another of the same kind. */
static inline EVP_PKEY *
ca_key(const char *name)
{
	static struct {
		char	  name[16];
		EVP_PKEY *key;
	} keys[32];
	size_t i = 0;

	for (; keys[i].key != NULL; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return keys[i].key;
	}
	ca_must(i + 1 < sizeof(keys) / sizeof(keys[0]) &&
	    strlen(name) < sizeof(keys[i].name));
	strcpy(keys[i].name, name);
	if (strncmp(name, "RSA-", 4) == 0)
		keys[i].key = EVP_RSA_gen((unsigned)atoi(name + 4));
	else if (strncmp(name, "ED", 2) == 0)
		keys[i].key = EVP_PKEY_Q_keygen(NULL, NULL,
		    strncmp(name, "ED25519", 7) == 0 ? "ED25519" : "ED448");
	else
		keys[i].key = EVP_PKEY_Q_keygen(NULL, NULL, "EC",
		    strncmp(name, "P-256", 5) == 0 ? "P-256" :
		    strncmp(name, "P-384", 5) == 0 ? "P-384" :
		    strncmp(name, "P-521", 5) == 0 ? "P-521" : "secp256k1");
	ca_must(keys[i].key != NULL);
	return keys[i].key;
}

static inline const EVP_MD *
ca_digest(EVP_PKEY *key, const char *name)
{
	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return NULL;
	return EVP_get_digestbyname(name == NULL ? "SHA256" : name);
}

static inline X509_NAME *
ca_name(const char *text)
{
	uint8_t der[DN_DER_MAX];
	struct wr w = wr_of(der, sizeof(der));
	const uint8_t *p = der;
	struct reason why;
	X509_NAME *name;

	if (text[0] == '\0')
		return X509_NAME_new();
	ca_must(dn_parse(text, &w, &why));
	name = d2i_X509_NAME(NULL, &p, (long)w.n);
	ca_must(name != NULL);
	return name;
}

static inline void
ca_extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ca_must(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static inline void
ca_dates(X509 *x, const struct made_spec *s)
{
	int64_t from = s->from != 0 ? s->from : CA_NOW - CA_DAY;
	int64_t until = s->until != 0 ? s->until : CA_NOW + 365 * CA_DAY;

	ca_must(ASN1_TIME_set(X509_getm_notBefore(x), from) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), until) != NULL);
}

static inline void
ca_break(X509 *x)
{
	const ASN1_BIT_STRING *sig;
	uint8_t *p;

	X509_get0_signature(&sig, NULL, x);
	p = (uint8_t *)(uintptr_t)ASN1_STRING_get0_data(sig);
	p[ASN1_STRING_length(sig) - 1] ^= 1;
}

static inline struct made
ca_make(const struct made_spec *s)
{
	struct made m = { ca_key(s->key), X509_new() };
	X509 *issuer = s->issuer == NULL ? m.x509 : s->issuer->x509;
	EVP_PKEY *signer = s->issuer == NULL ? m.key : s->issuer->key;
	X509_NAME *name = ca_name(s->subject);

	X509_set_version(m.x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.x509),
	    s->serial != 0 ? s->serial : 1);
	ca_dates(m.x509, s);
	X509_set_subject_name(m.x509, name);
	X509_set_issuer_name(m.x509, X509_get_subject_name(issuer));
	X509_set_pubkey(m.x509, m.key);
	ca_extend(m.x509, issuer, NID_basic_constraints, s->basic);
	ca_extend(m.x509, issuer, NID_key_usage, s->usage);
	ca_extend(m.x509, issuer, NID_ext_key_usage, s->eku);
	ca_extend(m.x509, issuer, NID_subject_alt_name, s->san);
	ca_extend(m.x509, issuer, NID_name_constraints, s->names);
	ca_extend(m.x509, issuer, NID_info_access, s->aia);
	ca_extend(m.x509, issuer, NID_crl_distribution_points, s->cdp);
	ca_extend(m.x509, issuer, NID_netscape_comment, s->comment);
	if (!s->bare) {
		ca_extend(m.x509, issuer, NID_subject_key_identifier, "hash");
		ca_extend(m.x509, issuer, NID_authority_key_identifier,
		    "keyid");
	}
	ca_must(X509_sign(m.x509, signer, ca_digest(signer, s->digest)) > 0);
	if (s->bad_signature)
		ca_break(m.x509);
	X509_NAME_free(name);
	return m;
}

static inline void
made_fini(struct made *m)
{
	X509_free(m->x509);
	m->x509 = NULL;
}

/* DER; the caller frees with OPENSSL_free. */
static inline struct bytes
made_der(const struct made *m)
{
	uint8_t *der = NULL;
	int n = i2d_X509(m->x509, &der);

	ca_must(n > 0);
	return bytes_of(der, (size_t)n);
}

static inline struct cert *
made_cert(const struct made *m)
{
	struct bytes der = made_der(m);
	struct reason why;
	struct cert *c = cert_read(der, &why);

	OPENSSL_free((void *)(uintptr_t)der.p);
	ca_must(c != NULL);
	return c;
}

/* What a memory BIO holds, with a NUL behind it; the caller frees. */
static inline struct bytes
ca_take(BIO *bio)
{
	char *p, *copy;
	long n = BIO_get_mem_data(bio, &p);

	ca_must(n > 0);
	copy = malloc((size_t)n + 1);
	ca_must(copy != NULL);
	memcpy(copy, p, (size_t)n);
	copy[n] = '\0';
	BIO_free(bio);
	return bytes_of(copy, (size_t)n);
}

static inline struct bytes
made_pem(const struct made *const *m, size_t n)
{
	BIO *bio = BIO_new(BIO_s_mem());

	for (size_t i = 0; i < n; i++)
		ca_must(PEM_write_bio_X509(bio, m[i]->x509) == 1);
	return ca_take(bio);
}

static inline struct bytes
ca_key_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	ca_must(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
	    NULL) == 1);
	return ca_take(bio);
}

static inline void
ca_free(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

struct crl_spec {
	const struct made *issuer;
	long		 revoked;	/* serial, 0: none */
	int		 reason;	/* CRL_REASON_*, -1: none */
	int64_t		 from, until;	/* 0, 0: an hour ago, in a month */
	EVP_PKEY	*signer;	/* NULL: the issuer's */
	const char	*idp;		/* issuingDistributionPoint */
	bool		 bare;		/* no AKI */
};

static inline void
crl_revoke(X509_CRL *crl, const struct crl_spec *s)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, CA_NOW - 2 * CA_DAY);

	ASN1_INTEGER_set(serial, s->revoked);
	X509_REVOKED_set_serialNumber(r, serial);
	X509_REVOKED_set_revocationDate(r, when);
	if (s->reason >= 0) {
		ASN1_ENUMERATED *e = ASN1_ENUMERATED_new();

		ASN1_ENUMERATED_set(e, s->reason);
		ca_must(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, e, 0,
		    0) == 1);
		ASN1_ENUMERATED_free(e);
	}
	ca_must(X509_CRL_add0_revoked(crl, r) == 1);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
}

static inline void
crl_extend(X509_CRL *crl, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ca_must(e != NULL && X509_CRL_add_ext(crl, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static inline X509_CRL *
ca_crl(const struct crl_spec *s)
{
	EVP_PKEY *signer = s->signer != NULL ? s->signer : s->issuer->key;
	ASN1_TIME *from = ASN1_TIME_set(NULL, s->from != 0 ? s->from :
	    CA_NOW - 3600);
	ASN1_TIME *until = ASN1_TIME_set(NULL, s->until != 0 ? s->until :
	    CA_NOW + 30 * CA_DAY);
	X509_CRL *crl = X509_CRL_new();

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(s->issuer->x509));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	if (s->revoked != 0)
		crl_revoke(crl, s);
	if (!s->bare)
		crl_extend(crl, s->issuer->x509, NID_authority_key_identifier,
		    "keyid");
	crl_extend(crl, s->issuer->x509, NID_issuing_distribution_point,
	    s->idp);
	X509_CRL_sort(crl);
	ca_must(X509_CRL_sign(crl, signer, ca_digest(signer, NULL)) > 0);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return crl;
}

static inline struct bytes
ca_crl_pem(const struct crl_spec *s)
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509_CRL *crl = ca_crl(s);

	ca_must(PEM_write_bio_X509_CRL(bio, crl) == 1);
	X509_CRL_free(crl);
	return ca_take(bio);
}

#endif
