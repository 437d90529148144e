/* Identity payloads: comparison, encoding and text (RFC 7296 section 3.5). */
#include "ike/id.h"

#include <strings.h>

#include "crypto/dn.h"
#include "util/addr.h"

bool
id_same(uint8_t type, struct bytes data, const struct pl_id *got)
{
	if (type != got->type)
		return false;
	if (type == ID_DER_ASN1_DN)
		return dn_eq(data, got->data);
	if (type == ID_FQDN || type == ID_RFC822_ADDR)
		return data.n == got->data.n &&
		    strncasecmp((const char *)data.p,
		    (const char *)got->data.p, data.n) == 0;
	return bytes_eq(data, got->data);
}

bool
id_matches(const struct id *wanted, const struct pl_id *got)
{
	return wanted->type == 0 || id_same(wanted->type,
	    bytes_of(wanted->data, wanted->n), got);
}

/* Names are spelled in many ways, and so may a distinguished name be. */
uint64_t
id_hash(uint8_t type, struct bytes data)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ type;

	for (size_t i = 0; i < data.n && type != ID_DER_ASN1_DN; i++) {
		bool upper = data.p[i] >= 'A' && data.p[i] <= 'Z';

		h = (h ^ (upper ? data.p[i] | 0x20u : data.p[i])) *
		    UINT64_C(0x100000001b3);
	}
	return h ^ h >> 32;
}

void
id_encode(struct wr *w, uint8_t type, struct bytes data)
{
	wr_u8(w, type);
	wr_zero(w, 3);
	wr_bytes(w, data);
}

static const char *
type_str(uint8_t type)
{
	switch (type) {
	case ID_IPV4_ADDR:
		return "ID_IPV4_ADDR";
	case ID_FQDN:
		return "ID_FQDN";
	case ID_RFC822_ADDR:
		return "ID_RFC822_ADDR";
	case ID_IPV6_ADDR:
		return "ID_IPV6_ADDR";
	case ID_DER_ASN1_DN:
		return "ID_DER_ASN1_DN";
	case ID_KEY_ID:
		return "ID_KEY_ID";
	default:
		return "unknown ID type";
	}
}

void
id_str(uint8_t type, struct bytes data, char *buf, size_t size)
{
	struct addr a = addr_from(data);
	char text[ADDR_STRLEN];

	buf[0] = '\0';
	if (type == ID_DER_ASN1_DN && data.n <= DN_DER_MAX)
		dn_str(data, buf, size);
	if ((type == ID_IPV4_ADDR && data.n == 4) ||
	    (type == ID_IPV6_ADDR && data.n == 16))
		str_set(buf, size, addr_str(&a, text));
	else if (buf[0] == '\0')
		str_escape(buf, size, data);
	str_add(buf, size, " (%s)", type_str(type));
}
