/*
 * What the small CA makes: certificates of RFC 5280 with the extensions that
 * IKEv2 peers look at (RFC 4945 section 5.1.3), CRLs with reasons, keys.  Names
 * are set as values, never through OpenSSL's configuration language, so that
 * nothing in them can mean anything else.
 */
#include "tools/pki_make.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/cert.h"
#include "crypto/dn.h"
#include "gw/conf_read.h"
#include "util/array.h"

#define SERIAL_BITS	128
#define BACKDATED	3600	/* seconds */

/* --- keys --- */

static const struct {
	const char	*type;
	const char	*curve;		/* NULL: RSA or Ed25519 */
	unsigned	 bits;		/* of RSA */
} keys[] = {
	{ "ec256", "P-256", 0 },
	{ "ec384", "P-384", 0 },
	{ "ed25519", NULL, 0 },
	{ "rsa3072", NULL, 3072 },
	{ "rsa4096", NULL, 4096 },
};
const char pki_key_names[] = "ec256, ec384, ed25519, rsa3072 or rsa4096";

bool
pki_key_type(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].type, type) == 0)
			return true;
	}
	return false;
}

EVP_PKEY *
pki_key_new(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].type, type) != 0)
			continue;
		if (keys[i].bits != 0)
			return EVP_RSA_gen(keys[i].bits);
		if (keys[i].curve != NULL)
			return EVP_EC_gen(keys[i].curve);
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

/* The digest that goes with a key; NULL: it brings its own. */
static const EVP_MD *
digest_of(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	if (EVP_PKEY_is_a(key, "EC"))
		return bits <= 256 ? EVP_sha256() : EVP_sha384();
	if (EVP_PKEY_is_a(key, "RSA"))
		return bits <= 3072 ? EVP_sha256() : EVP_sha384();
	return NULL;
}

/* --- names --- */

X509_NAME *
pki_name(const char *dn, struct reason *why)
{
	uint8_t der[DN_DER_MAX];
	struct wr w = wr_of(der, sizeof(der));
	const uint8_t *p = der;

	return dn_parse(dn, &w, why) ? d2i_X509_NAME(NULL, &p, (long)w.n) :
	    NULL;
}

static const struct {
	const char	*prefix;
	enum conf_id_type conf[2];
	int		 type;		/* of the GENERAL_NAME */
} sans[] = {
	{ "dns:", { CONF_ID_FQDN, CONF_ID_FQDN }, GEN_DNS },
	{ "email:", { CONF_ID_EMAIL, CONF_ID_EMAIL }, GEN_EMAIL },
	{ "ip:", { CONF_ID_IPV4, CONF_ID_IPV6 }, GEN_IPADD },
};

static bool
push_san(GENERAL_NAMES *names, int type, const struct conf_id *id)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s = type == GEN_IPADD ? ASN1_OCTET_STRING_new() :
	    ASN1_IA5STRING_new();

	if (g == NULL || s == NULL ||
	    ASN1_STRING_set(s, id->data, id->n) != 1) {
		GENERAL_NAME_free(g);
		ASN1_STRING_free(s);
		return false;
	}
	GENERAL_NAME_set0_value(g, type, s);
	if (sk_GENERAL_NAME_push(names, g) > 0)
		return true;
	GENERAL_NAME_free(g);
	return false;
}

bool
pki_san_add(GENERAL_NAMES *names, const char *text, struct reason *why)
{
	const char *value = text;
	uint8_t room[CONF_ID_DATA];
	struct conf_id id;
	struct reason odd;
	size_t given = ARRAY_SIZE(sans);

	for (size_t i = 0; i < ARRAY_SIZE(sans); i++) {
		size_t n = strlen(sans[i].prefix);

		if (strncmp(text, sans[i].prefix, n) == 0) {
			given = i;
			value = text + n;
		}
	}
	for (size_t i = 0; conf_id_parse(&id, room, value, &odd) == NULL &&
	    i < ARRAY_SIZE(sans); i++) {
		if (id.type != sans[i].conf[0] && id.type != sans[i].conf[1])
			continue;
		if (given != ARRAY_SIZE(sans) && given != i)
			break;
		if (push_san(names, sans[i].type, &id))
			return true;
		reason_set(why, "out of memory");
		return false;
	}
	reason_set(why, "\"%s\" is not a name for --san (dns:NAME, ip:ADDRESS "
	    "or email:USER@NAME)", text);
	return false;
}

/* --- certificates --- */

static bool
add_text(X509 *x, X509 *ca, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx(&ctx, ca, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* cRLDistributionPoints or authorityInfoAccess with one http URL, or none. */
static bool
add_url(X509 *x, X509 *ca, int nid, const char *prefix, const char *url)
{
	char value[CERT_URL_LEN + 16];

	if (url == NULL || url[0] == '\0')
		return true;
	str_fmt(value, sizeof(value), "%s%s", prefix, url);
	return add_text(x, ca, nid, value);
}

static bool
set_extensions(X509 *x, X509 *ca, const struct pki_wish *w)
{
	static const struct {
		const char	*basic, *usage, *eku;
	} roles[] = {
		[PKI_ROOT] = { "critical,CA:TRUE",
		    "critical,keyCertSign,cRLSign", NULL },
		[PKI_SUB] = { "critical,CA:TRUE,pathlen:0",
		    "critical,keyCertSign,cRLSign", NULL },
		[PKI_GATEWAY] = { "critical,CA:FALSE",
		    "critical,digitalSignature",
		    "ipsecIKE,serverAuth,clientAuth" },
	};

	return add_text(x, ca, NID_basic_constraints, roles[w->role].basic) &&
	    add_text(x, ca, NID_key_usage, roles[w->role].usage) &&
	    (roles[w->role].eku == NULL ||
	    add_text(x, ca, NID_ext_key_usage, roles[w->role].eku)) &&
	    add_text(x, ca, NID_subject_key_identifier, "hash") &&
	    add_text(x, ca, NID_authority_key_identifier, "keyid:always") &&
	    add_url(x, ca, NID_crl_distribution_points, "URI:", w->crl_url) &&
	    add_url(x, ca, NID_info_access, "OCSP;URI:", w->ocsp_url) &&
	    (w->sans == NULL || sk_GENERAL_NAME_num(w->sans) == 0 ||
	    X509_add1_ext_i2d(x, NID_subject_alt_name, w->sans, 0,
	    X509V3_ADD_DEFAULT) == 1);
}

static bool
set_serial(X509 *x)
{
	BIGNUM *bn = BN_new();
	bool ok = bn != NULL && BN_rand(bn, SERIAL_BITS, BN_RAND_TOP_ANY,
	    BN_RAND_BOTTOM_ANY) == 1 && !BN_is_zero(bn) &&
	    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) != NULL;

	BN_free(bn);
	return ok;
}

static bool
set_times(X509 *x, const struct pki_wish *w)
{
	int64_t until = w->now + (int64_t)w->days * 86400;
	ASN1_TIME *end = ASN1_TIME_set(NULL, until);
	bool ok;

	if (end != NULL && w->ca != NULL &&
	    ASN1_TIME_compare(end, X509_get0_notAfter(w->ca)) > 0) {
		ASN1_TIME_free(end);
		end = ASN1_STRING_dup(X509_get0_notAfter(w->ca));
	}
	ok = end != NULL && X509_set1_notAfter(x, end) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(x), w->now - BACKDATED) != NULL;
	ASN1_TIME_free(end);
	return ok;
}

X509 *
pki_cert_new(const struct pki_wish *w)
{
	X509 *x = X509_new(), *ca = w->ca != NULL ? w->ca : x;
	EVP_PKEY *signer = w->ca != NULL ? w->ca_key : w->key;
	bool ok;

	ok = x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    set_serial(x) && set_times(x, w) &&
	    X509_set_subject_name(x, w->subject) == 1 &&
	    X509_set_issuer_name(x, w->ca != NULL ?
	    X509_get_subject_name(ca) : w->subject) == 1 &&
	    X509_set_pubkey(x, w->key) == 1 && set_extensions(x, ca, w) &&
	    X509_sign(x, signer, digest_of(signer)) > 0;
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

/* As vpnd reads it. */
static bool
read_back(X509 *x, struct cert_chain *ch, struct reason *why)
{
	struct bytes pem = pki_pem_certs(&x, 1);
	bool ok = false;

	if (pem.p == NULL)
		reason_set(why, "out of memory");
	else
		ok = cert_chain_read_pem(ch, pem, why);
	free((void *)(uintptr_t)pem.p);
	return ok;
}

bool
pki_entry_of(X509 *x, const char *issuer, const char *name,
    struct pki_entry *e, struct reason *why)
{
	struct cert_chain ch;
	struct cert_info info;

	if (!read_back(x, &ch, why))
		return false;
	cert_info(ch.cert[0], &info);
	cert_chain_fini(&ch);
	*e = (struct pki_entry){
		.issued = info.not_before, .expires = info.not_after,
	};
	str_set(e->serial, sizeof(e->serial), info.serial);
	str_set(e->subject, sizeof(e->subject), info.subject);
	str_set(e->issuer, sizeof(e->issuer), issuer);
	str_set(e->name, sizeof(e->name), name);
	return true;
}

bool
pki_urls(X509 *x, char crl[static CERT_URL_LEN],
    char ocsp[static CERT_URL_LEN], struct reason *why)
{
	struct cert_chain ch;

	if (!read_back(x, &ch, why))
		return false;
	crl[0] = ocsp[0] = '\0';
	(void)cert_crl_url(ch.cert[0], crl);
	(void)cert_ocsp_url(ch.cert[0], ocsp);
	cert_chain_fini(&ch);
	return true;
}

/* --- CRLs --- */

static bool
add_revoked(X509_CRL *crl, const struct pki_entry *e)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, e->revoked);
	ASN1_INTEGER *serial = NULL;
	BIGNUM *bn = NULL;
	bool ok;

	ok = r != NULL && reason != NULL && when != NULL &&
	    BN_hex2bn(&bn, e->serial) > 0 &&
	    (serial = BN_to_ASN1_INTEGER(bn, NULL)) != NULL &&
	    X509_REVOKED_set_serialNumber(r, serial) == 1 &&
	    X509_REVOKED_set_revocationDate(r, when) == 1 &&
	    ASN1_ENUMERATED_set(reason, e->reason) == 1 &&
	    /* RFC 5280 section 5.3.1: unspecified is left out. */
	    (e->reason == 0 || X509_REVOKED_add1_ext_i2d(r, NID_crl_reason,
	    reason, 0, 0) == 1);
	if (!ok || X509_CRL_add0_revoked(crl, r) != 1) {
		X509_REVOKED_free(r);
		ok = false;
	}
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(when);
	ASN1_INTEGER_free(serial);
	BN_free(bn);
	return ok;
}

/* The number only has to grow: the time does. */
static bool
set_crl_extensions(X509_CRL *crl, X509 *ca, int64_t now)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx(&ctx, ca, NULL, NULL, crl, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, NID_authority_key_identifier,
	    "keyid:always");
	ok = e != NULL && X509_CRL_add_ext(crl, e, -1) == 1 &&
	    number != NULL && ASN1_INTEGER_set_int64(number, now) == 1 &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
	X509_EXTENSION_free(e);
	ASN1_INTEGER_free(number);
	return ok;
}

static bool
set_crl_times(X509_CRL *crl, int64_t now)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, now);
	ASN1_TIME *until = ASN1_TIME_set(NULL, now +
	    PKI_CRL_DAYS * INT64_C(86400));
	bool ok = from != NULL && until != NULL &&
	    X509_CRL_set1_lastUpdate(crl, from) == 1 &&
	    X509_CRL_set1_nextUpdate(crl, until) == 1;

	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return ok;
}

X509_CRL *
pki_crl_new(const struct pki_index *x, const char *issuer, X509 *ca,
    EVP_PKEY *ca_key, int64_t now)
{
	X509_CRL *crl = X509_CRL_new();
	bool ok;

	ok = crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1
	    && X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) == 1 &&
	    set_crl_times(crl, now) && set_crl_extensions(crl, ca, now);
	for (size_t i = 0; ok && i < x->n; i++) {
		const struct pki_entry *e = &x->e[i];

		if (e->revoked != 0 && e->expires > now &&
		    strcmp(e->issuer, issuer) == 0)
			ok = add_revoked(crl, e);
	}
	if (ok && X509_CRL_sort(crl) == 1 &&
	    X509_CRL_sign(crl, ca_key, digest_of(ca_key)) > 0)
		return crl;
	X509_CRL_free(crl);
	return NULL;
}

bool
pki_crl_until(const char *pem, int64_t *until)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509_CRL *crl = bio == NULL ? NULL : PEM_read_bio_X509_CRL(bio, NULL,
	    NULL, NULL);
	struct tm tm;
	bool ok = crl != NULL && X509_CRL_get0_nextUpdate(crl) != NULL &&
	    ASN1_TIME_to_tm(X509_CRL_get0_nextUpdate(crl), &tm) == 1;

	if (ok)
		*until = timegm(&tm);
	X509_CRL_free(crl);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

/* --- PEM --- */

static struct bytes
take(BIO *bio, bool ok)
{
	char *p, *copy = NULL;
	long n = bio == NULL ? 0 : BIO_get_mem_data(bio, &p);

	if (ok && n > 0)
		copy = strndup(p, (size_t)n);
	BIO_free(bio);
	return bytes_of(copy, copy == NULL ? 0 : (size_t)n);
}

struct bytes
pki_pem_certs(X509 *const *x, size_t n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = bio != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = PEM_write_bio_X509(bio, x[i]) == 1;
	return take(bio, ok);
}

struct bytes
pki_pem_crl(X509_CRL *crl)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return take(bio, bio != NULL && PEM_write_bio_X509_CRL(bio, crl) == 1);
}

struct bytes
pki_pem_key(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_secmem());

	return take(bio, bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key,
	    NULL, NULL, 0, NULL, NULL) == 1);
}

X509 *
pki_cert_of(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL,
	    NULL);

	BIO_free(bio);
	ERR_clear_error();
	return x;
}

/* A key of ours has no passphrase; one that has is not ours. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

EVP_PKEY *
pki_key_of(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio,
	    NULL, no_passphrase, NULL);

	BIO_free(bio);
	ERR_clear_error();
	return key;
}
