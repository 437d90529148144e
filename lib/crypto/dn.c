/*
 * Distinguished names as text.  The grammar is RFC 4514's with its escapes
 * (and the quotes of RFC 2253), except that the first RDN of the DER stands
 * first, as people write them.  libcrypto makes and reads the DER and chooses
 * the string types; values in hex ("#04...") are printed, not parsed.
 */
#include "crypto/dn.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>

#include "util/array.h"

#define VALUE_MAX	256

/* The first name of a type is the one that is printed. */
static const struct {
	const char	*name;
	int		 nid;
} types[] = {
	{ "C", NID_countryName },
	{ "ST", NID_stateOrProvinceName },
	{ "L", NID_localityName },
	{ "STREET", NID_streetAddress },
	{ "O", NID_organizationName },
	{ "OU", NID_organizationalUnitName },
	{ "CN", NID_commonName },
	{ "E", NID_pkcs9_emailAddress },
	{ "emailAddress", NID_pkcs9_emailAddress },
	{ "serialNumber", NID_serialNumber },
	{ "DC", NID_domainComponent },
	{ "UID", NID_userId },
};

/* --- text to DER --- */

struct scan {
	const char	*text;		/* all of it */
	const char	*p;		/* what is next */
	struct reason	*why;
};

static bool
bad(const struct scan *s, const char *what)
{
	reason_set(s->why, "at character %zu of the name: %s",
	    (size_t)(s->p - s->text) + 1, what);
	return false;
}

static void
skip_blanks(struct scan *s)
{
	while (*s->p == ' ')
		s->p++;
}

static bool
scan_type(struct scan *s, int *nid)
{
	size_t n = strcspn(s->p, "=,+;\"\\ ");

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strlen(types[i].name) != n ||
		    strncasecmp(types[i].name, s->p, n) != 0)
			continue;
		s->p += n;
		skip_blanks(s);
		if (*s->p != '=')
			return bad(s, "\"=\" is missing");
		s->p++;
		skip_blanks(s);
		*nid = types[i].nid;
		return true;
	}
	return bad(s, n == 0 ? "a type such as CN is missing" :
	    "not a type of name (C, ST, L, STREET, O, OU, CN, E, "
	    "serialNumber, DC and UID are)");
}

/* What follows a backslash: a special character, or two hex digits. */
static bool
scan_escape(struct scan *s, struct wr *w)
{
	const char pair[3] = { s->p[0], s->p[0] != '\0' ? s->p[1] : '\0' };
	uint8_t octet;
	size_t n;

	if (s->p[0] != '\0' && strchr(" \"#+,;<=>\\", s->p[0]) != NULL) {
		wr_u8(w, (uint8_t)*s->p++);
		return true;
	}
	if (!str_unhex(&octet, 1, &n, pair) || n != 1)
		return bad(s, "\"\\\" before what needs none");
	wr_u8(w, octet);
	s->p += 2;
	return true;
}

static bool
scan_quoted(struct scan *s, struct wr *w)
{
	s->p++;
	while (*s->p != '"') {
		if (*s->p == '\0')
			return bad(s, "the closing quote is missing");
		if (*s->p != '\\') {
			wr_u8(w, (uint8_t)*s->p++);
			continue;
		}
		s->p++;
		if (!scan_escape(s, w))
			return false;
	}
	s->p++;
	skip_blanks(s);
	return true;
}

/* Blanks at the end count only when escaped. */
static bool
scan_bare(struct scan *s, struct wr *w)
{
	size_t end = 0;

	if (*s->p == '#')
		return bad(s, "values in hex are not understood");
	while (*s->p != '\0' && strchr(",+;", *s->p) == NULL) {
		if (strchr("\"<>", *s->p) != NULL)
			return bad(s, "a character that needs \"\\\"");
		if (*s->p == '\\') {
			s->p++;
			if (!scan_escape(s, w))
				return false;
			end = w->n;
			continue;
		}
		if (*s->p != ' ')
			end = w->n + 1;
		wr_u8(w, (uint8_t)*s->p++);
	}
	if (!w->bad)
		w->n = end;
	return true;
}

/* Type and value; joined: in the RDN of the one before. */
static bool
scan_pair(struct scan *s, X509_NAME *name, bool joined)
{
	uint8_t value[VALUE_MAX];
	struct wr w = wr_of(value, sizeof(value));
	struct scan at;
	int nid;

	skip_blanks(s);
	at = *s;
	if (!scan_type(s, &nid))
		return false;
	if (!(*s->p == '"' ? scan_quoted(s, &w) : scan_bare(s, &w)))
		return false;
	if (w.n == 0 && !w.bad)
		return bad(s, "the value is empty");
	if (w.bad || X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
	    value, (int)w.n, -1, joined ? -1 : 0) != 1)
		return bad(&at, "a value that its type cannot have (too long, "
		    "a country of other than two letters, not UTF-8 or not "
		    "ASCII)");
	return true;
}

static bool
scan_name(struct scan *s, X509_NAME *name)
{
	bool joined = false;

	for (;;) {
		if (!scan_pair(s, name, joined))
			return false;
		if (*s->p == '\0')
			return true;
		if (*s->p != ',' && *s->p != '+' && *s->p != ';')
			return bad(s, "\",\" or \"+\" is missing");
		joined = *s->p++ == '+';
	}
}

bool
dn_parse(const char *text, struct wr *out, struct reason *why)
{
	struct scan s = { text, text, why };
	X509_NAME *name = X509_NAME_new();
	const unsigned char *der;
	struct wr w = *out;
	bool ok = false;
	size_t n;

	if (name == NULL) {
		reason_set(why, "out of memory");
	} else if (scan_name(&s, name)) {
		ok = i2d_X509_NAME(name, NULL) > 0 &&
		    X509_NAME_get0_der(name, &der, &n) == 1 && n <= DN_DER_MAX;
		if (ok)
			wr_bytes(&w, bytes_of(der, n));
		ok = ok && !w.bad;
		if (!ok)
			reason_set(why, "the name is too long");
	}
	X509_NAME_free(name);
	ERR_clear_error();
	if (ok)
		*out = w;
	return ok;
}

/* --- DER to text --- */

static X509_NAME *
name_of(struct bytes der)
{
	const uint8_t *p = der.p;
	X509_NAME *name = der.n == 0 || der.n > INT32_MAX ? NULL :
	    d2i_X509_NAME(NULL, &p, (long)der.n);

	if (name != NULL && p == der.p + der.n)
		return name;
	X509_NAME_free(name);
	return NULL;
}

static void
type_str(const ASN1_OBJECT *oid, char *buf, size_t size)
{
	int nid = OBJ_obj2nid(oid);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].nid == nid) {
			str_set(buf, size, types[i].name);
			return;
		}
	}
	OBJ_obj2txt(buf, (int)size, oid, 1);
}

/* RFC 4514 section 2.4, and everything that is not printable ASCII as \XX. */
static void
add_value(struct bytes v, char *buf, size_t size)
{
	for (size_t i = 0; i < v.n && strlen(buf) + 1 < size; i++) {
		uint8_t c = v.p[i];
		bool edge = (i == 0 && (c == ' ' || c == '#')) ||
		    (i + 1 == v.n && c == ' ');

		if (c < ' ' || c > '~')
			str_add(buf, size, "\\%02X", c);
		else if (edge || strchr(",+\"\\<>;", c) != NULL)
			str_add(buf, size, "\\%c", c);
		else
			str_add(buf, size, "%c", c);
	}
}

/* What is no string is shown in hex, RFC 4514 section 2.4. */
static void
add_hex(const ASN1_STRING *s, char *buf, size_t size)
{
	char hex[64];

	str_hex(hex, sizeof(hex), bytes_of(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s)));
	str_add(buf, size, "#%s", hex);
}

static void
add_entry(const X509_NAME_ENTRY *e, const char *separator, char *buf,
    size_t size)
{
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(e);
	unsigned char *utf8;
	char type[64];
	int n;

	type_str(X509_NAME_ENTRY_get_object(e), type, sizeof(type));
	str_add(buf, size, "%s%s=", separator, type);
	n = ASN1_STRING_to_UTF8(&utf8, value);
	if (n < 0) {
		add_hex(value, buf, size);
		return;
	}
	add_value(bytes_of(utf8, (size_t)n), buf, size);
	OPENSSL_free(utf8);
}

void
dn_str(struct bytes der, char *buf, size_t size)
{
	X509_NAME *name = name_of(der);
	int set = -1;

	str_set(buf, size, "");
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		const char *separator = i == 0 ? "" :
		    X509_NAME_ENTRY_set(e) == set ? "+" : ", ";

		set = X509_NAME_ENTRY_set(e);
		add_entry(e, separator, buf, size);
	}
	X509_NAME_free(name);
	ERR_clear_error();
}

bool
dn_eq(struct bytes a, struct bytes b)
{
	X509_NAME *x = name_of(a), *y = name_of(b);
	bool same = x != NULL && y != NULL && X509_NAME_cmp(x, y) == 0;

	X509_NAME_free(x);
	X509_NAME_free(y);
	ERR_clear_error();
	return same;
}
