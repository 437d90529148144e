/*
 * Identities by their shape (RFC 7296 section 3.5): IPv4 address, IPv6
 * address, user@fqdn (ID_RFC822_ADDR), domain name (ID_FQDN) or X.500 name
 * (ID_DER_ASN1_DN), which begins with a type of attribute.  No key ids.
 */
#include "gw/conf_read.h"

#include <stdlib.h>
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

struct conf_id
conf_id_addr(const struct addr *a)
{
	return (struct conf_id){ .type = a->family == ADDR_IPV4 ?
	    CONF_ID_IPV4 : CONF_ID_IPV6, .n = (uint16_t)addr_octets(a),
	    .data = a->b };
}

static bool
parse_dn(struct conf_id *id, uint8_t room[static CONF_ID_DATA], const char *s,
    struct reason *why)
{
	struct wr w = wr_of(room, CONF_ID_DATA);

	if (strlen(s) >= CONF_ID_LEN || !dn_parse(s, &w, why))
		return false;
	*id = (struct conf_id){ .type = CONF_ID_DN, .n = (uint16_t)w.n,
	    .data = room };
	return true;
}

static bool
is_name(struct conf_id *id, uint8_t room[static CONF_ID_DATA], const char *s)
{
	struct conf_id out;
	struct addr a;

	if (addr_parse(&a, s)) {
		if (addr_is_any(&a))
			return false;
		out = conf_id_addr(&a);
	} else {
		out = (struct conf_id){ .n = (uint16_t)strlen(s),
		    .data = (const uint8_t *)s };
		if (is_email(s))
			out.type = CONF_ID_EMAIL;
		else if (is_domain(s))
			out.type = CONF_ID_FQDN;
		else
			return false;
	}
	memcpy(room, out.data, out.n);
	out.data = room;
	*id = out;
	return true;
}

/* "cn=a@b.org" is both an X.500 name and an address: it is the name. */
const char *
conf_id_parse(struct conf_id *id, uint8_t room[static CONF_ID_DATA],
    const char *s, struct reason *why)
{
	why->s[0] = '\0';
	if ((strchr(s, '=') == NULL || !parse_dn(id, room, s, why)) &&
	    !is_name(id, room, s))
		return "an IPv4 or IPv6 address, user@domain, a domain name "
		    "or an X.500 name";
	return NULL;
}

/* --- octets of a configuration: each tunnel's are few, and could be many --- */

struct conf_octets {
	struct conf_octets *next;
	uint8_t		b[];
};

bool
conf_id_keep(struct conf *conf, const struct conf_id *id, struct conf_id *out)
{
	struct conf_octets *o = malloc(sizeof(*o) + id->n);

	if (o == NULL)
		return false;
	memcpy(o->b, id->data, id->n);
	o->next = conf->octets;
	conf->octets = o;
	*out = *id;
	out->data = o->b;
	return true;
}

void
conf_ids_free(struct conf *conf)
{
	struct conf_octets *o;

	while ((o = conf->octets) != NULL) {
		conf->octets = o->next;
		free(o);
	}
}

bool
conf_id_eq(const struct conf_id *a, const struct conf_id *b)
{
	return a->type == b->type &&
	    bytes_eq(bytes_of(a->data, a->n), bytes_of(b->data, b->n));
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

/* All the rest has no pointer, and zeroes for padding. */
bool
conf_tunnel_eq(const struct conf_tunnel *x, const struct conf_tunnel *y)
{
	struct conf_tunnel a = *x, b = *y;

	memset(&a.local_id, 0, sizeof(a.local_id));
	memset(&b.local_id, 0, sizeof(b.local_id));
	memset(&a.remote_id, 0, sizeof(a.remote_id));
	memset(&b.remote_id, 0, sizeof(b.remote_id));
	return memcmp(&a, &b, sizeof(a)) == 0 &&
	    conf_id_eq(&x->local_id, &y->local_id) &&
	    conf_id_eq(&x->remote_id, &y->remote_id);
}
