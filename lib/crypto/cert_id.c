/*
 * Identities in certificates: RFC 7296 section 3.5's types against subject and
 * subjectAltName, by RFC 4945 section 3.1.  No wildcards, no substrings, and
 * octets that could end a string early never match.
 */
#include "crypto/cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

#include "crypto/cert_inner.h"
#include "crypto/dn.h"
#include "util/addr.h"
#include "util/array.h"

/* RFC 7296 section 3.5, those that a certificate can hold. */
static const struct id_kind {
	uint8_t		 type;
	int		 san;		/* GEN_*, or -1: the subject */
	const char	*name;		/* as in cert_info.sans */
	size_t		 octets;	/* of data; 0: any */
} kinds[] = {
	{ 1, GEN_IPADD, "ip", 4 },
	{ 2, GEN_DNS, "dns", 0 },
	{ 3, GEN_EMAIL, "email", 0 },
	{ 5, GEN_IPADD, "ip", 16 },
	{ 9, -1, "dn", 0 },
};
#define ID_FQDN_TYPE	2

static const struct id_kind *
kind_of(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type == type)
			return &kinds[i];
	}
	return NULL;
}

static struct bytes
string_bytes(const ASN1_STRING *s)
{
	return bytes_of(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

static bool
same_text(struct bytes a, struct bytes b)
{
	return a.n > 0 && a.n == b.n && memchr(a.p, '\0', a.n) == NULL &&
	    strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

/* The octets of a general name of a kind of ours; empty when it is not. */
static struct bytes
san_value(const GENERAL_NAME *g)
{
	if (g->type == GEN_DNS)
		return string_bytes(g->d.dNSName);
	if (g->type == GEN_EMAIL)
		return string_bytes(g->d.rfc822Name);
	if (g->type == GEN_IPADD)
		return string_bytes(g->d.iPAddress);
	return (struct bytes){ 0 };
}

static bool
san_is(const GENERAL_NAME *g, const struct id_kind *k, struct bytes data)
{
	if (g->type != k->san)
		return false;
	return k->san == GEN_IPADD ? bytes_eq(san_value(g), data) :
	    same_text(san_value(g), data);
}

/* The only common name, if there is exactly one. */
static bool
common_name_is(const X509 *x, struct bytes data)
{
	const X509_NAME *name = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8;
	bool same;
	int n;

	if (at < 0 ||
	    X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
	    X509_NAME_get_entry(name, at)));
	if (n < 0)
		return false;
	same = same_text(bytes_of(utf8, (size_t)n), data);
	OPENSSL_free(utf8);
	return same;
}

static bool
san_has(const struct cert *c, const struct id_kind *k, struct bytes data)
{
	GENERAL_NAMES *all;
	bool found = false;

	if (X509_get_ext_by_NID(c->x509, NID_subject_alt_name, -1) < 0)
		return k->type == ID_FQDN_TYPE &&
		    common_name_is(c->x509, data);
	all = X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; !found && i < sk_GENERAL_NAME_num(all); i++)
		found = san_is(sk_GENERAL_NAME_value(all, i), k, data);
	GENERAL_NAMES_free(all);
	return found;
}

static void
value_str(const char *kind, struct bytes data, char *buf, size_t size)
{
	struct addr a = addr_from(data);
	char text[ADDR_STRLEN];

	str_fmt(buf, size, "%s:", kind);
	if (strcmp(kind, "ip") == 0 && addr_is_set(&a))
		str_add(buf, size, "%s", addr_str(&a, text));
	else if (strcmp(kind, "dn") == 0)
		dn_str(data, buf + strlen(buf), size - strlen(buf));
	else
		str_escape(buf + strlen(buf), size - strlen(buf), data);
}

static const char *
san_kind(const GENERAL_NAME *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].san == g->type)
			return kinds[i].name;
	}
	return NULL;
}

void
cert_sans_str(const struct cert *c, char *buf, size_t size)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(c->x509, NID_subject_alt_name,
	    NULL, NULL);
	char one[300];

	str_set(buf, size, "");
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);

		if (san_kind(g) == NULL)
			continue;
		value_str(san_kind(g), san_value(g), one, sizeof(one));
		str_add(buf, size, "%s%s", buf[0] == '\0' ? "" : ", ", one);
	}
	GENERAL_NAMES_free(all);
	ERR_clear_error();
}

static void
explain(const struct cert *c, const struct id_kind *k, struct bytes data,
    struct reason *why)
{
	char wanted[100], holds[120] = "";

	value_str(k->name, data, wanted, sizeof(wanted));
	if (k->san >= 0)
		cert_sans_str(c, holds, sizeof(holds));
	if (holds[0] == '\0')
		cert_name_str(X509_get_subject_name(c->x509), holds,
		    sizeof(holds));
	reason_set(why, "the certificate is not for %s but for %s", wanted,
	    holds[0] != '\0' ? holds : "nobody");
}

bool
cert_has_id(const struct cert *c, uint8_t type, struct bytes data,
    struct reason *why)
{
	const struct id_kind *k = kind_of(type);
	bool has;

	if (k == NULL) {
		reason_set(why, "an identity of type %u cannot stand in a "
		    "certificate", type);
		return false;
	}
	has = (k->octets == 0 || k->octets == data.n) &&
	    (k->san < 0 ? dn_eq(cert_subject(c), data) :
	    san_has(c, k, data));
	if (!has)
		explain(c, k, data, why);
	ERR_clear_error();
	return has;
}
