/*
 * Identities by their shape (RFC 7296 section 3.5): IPv4 address, IPv6
 * address, user@fqdn (ID_RFC822_ADDR), domain name (ID_FQDN) or X.500 name
 * (ID_DER_ASN1_DN), which begins with a type of attribute.  No key ids.  The
 * padding of what is written is zero, so that
 * tunnels compare with one memcmp.
 */
#include "gw/conf_read.h"

#include <string.h>

#include "crypto/dn.h"

static bool
is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool
all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
	}
	return true;
}

/*
 * Labels of 1 to 63 letters, digits, "-" and "_", 253 in all.  A last label
 * of digits alone would be a misspelt address (RFC 1123 section 2.1).
 */
static bool
is_domain(const char *s)
{
	if (strlen(s) > 253)
		return false;
	for (;;) {
		size_t n = 0;

		while (is_label_char(s[n]))
			n++;
		if (n == 0 || n > 63)
			return false;
		if (s[n] == '\0')
			return !all_digits(s, n);
		if (s[n] != '.')
			return false;
		s += n + 1;
	}
}

static bool
is_email(const char *s)
{
	const char *at = strrchr(s, '@');

	if (at == NULL || at == s || strlen(s) >= CONF_ID_LEN)
		return false;
	for (const char *p = s; p < at; p++) {
		if (*p <= ' ' || *p > '~' || *p == '@')
			return false;
	}
	return is_domain(at + 1);
}

void
conf_id_addr(struct conf_id *id, const struct addr *a)
{
	memset(id, 0, sizeof(*id));
	id->type = a->family == ADDR_IPV4 ? CONF_ID_IPV4 : CONF_ID_IPV6;
	id->n = (uint16_t)addr_octets(a);
	memcpy(id->data, a->b, id->n);
}

static bool
parse_dn(struct conf_id *id, const char *s, struct reason *why)
{
	struct wr w = wr_of(id->data, sizeof(id->data));

	memset(id, 0, sizeof(*id));
	if (strlen(s) >= CONF_ID_LEN || !dn_parse(s, &w, why))
		return false;
	id->type = CONF_ID_DN;
	id->n = (uint16_t)w.n;
	return true;
}

static bool
is_name(struct conf_id *id, const char *s)
{
	enum conf_id_type type;
	struct addr a;

	if (addr_parse(&a, s)) {
		if (addr_is_any(&a))
			return false;
		conf_id_addr(id, &a);
		return true;
	}
	if (is_email(s))
		type = CONF_ID_EMAIL;
	else if (is_domain(s))
		type = CONF_ID_FQDN;
	else
		return false;
	memset(id, 0, sizeof(*id));
	id->type = type;
	id->n = (uint16_t)strlen(s);
	memcpy(id->data, s, id->n);
	return true;
}

/* "cn=a@b.org" is both an X.500 name and an address: it is the name. */
const char *
conf_id_parse(struct conf_id *id, const char *s, struct reason *why)
{
	struct conf_id out;

	why->s[0] = '\0';
	if ((strchr(s, '=') == NULL || !parse_dn(&out, s, why)) &&
	    !is_name(&out, s))
		return "an IPv4 or IPv6 address, user@domain, a domain name "
		    "or an X.500 name";
	memcpy(id, &out, sizeof(out));
	return NULL;
}

const char *
conf_id_str(const struct conf_id *id, char buf[static CONF_ID_LEN])
{
	const struct bytes data = bytes_of(id->data, id->n);
	char text[ADDR_STRLEN];
	struct addr a;

	switch (id->type) {
	case CONF_ID_IPV4:
	case CONF_ID_IPV6:
		a = addr_from(data);
		str_set(buf, CONF_ID_LEN, addr_str(&a, text));
		break;
	case CONF_ID_DN:
		dn_str(data, buf, CONF_ID_LEN);
		break;
	case CONF_ID_FQDN:
	case CONF_ID_EMAIL:
		str_fmt(buf, CONF_ID_LEN, "%.*s", (int)id->n,
		    (const char *)id->data);
		break;
	}
	return buf;
}
