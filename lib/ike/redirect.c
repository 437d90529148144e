/*
 * Gateways in REDIRECT notifies (RFC 5685 sections 9.2, 9.3):
 *
 *	GW Ident Type (1 octet), GW Ident Len (1), identity, nonce data
 *
 * Pure encoding and decoding; who may be followed is decided elsewhere.
 */
#include "ike/redirect.h"

#include "util/str.h"

bool
redirect_decode(struct bytes data, struct redirect_to *out)
{
	struct rd r = rd_of(data);
	struct redirect_to g = { .type = rd_u8(&r) };

	g.name = rd_bytes(&r, rd_u8(&r));
	g.nonce = rd_rest(&r);
	if (r.bad || g.name.n == 0)
		return false;
	if ((g.type == REDIRECT_IPV4 && g.name.n != 4) ||
	    (g.type == REDIRECT_IPV6 && g.name.n != 16))
		return false;
	if (g.type == REDIRECT_IPV4 || g.type == REDIRECT_IPV6)
		g.addr = addr_from(g.name);
	*out = g;
	return true;
}

void
redirect_encode(struct wr *w, const struct addr *a, struct bytes nonce)
{
	struct bytes b = addr_bytes(a);

	wr_u8(w, a->family == ADDR_IPV6 ? REDIRECT_IPV6 : REDIRECT_IPV4);
	wr_u8(w, (uint8_t)b.n);
	wr_bytes(w, b);
	wr_bytes(w, nonce);
}

const char *
redirect_str(const struct redirect_to *g, char buf[static REDIRECT_NAMELEN])
{
	char text[ADDR_STRLEN];

	if (addr_is_set(&g->addr))
		str_set(buf, REDIRECT_NAMELEN, addr_str(&g->addr, text));
	else if (g->type == REDIRECT_FQDN)
		str_escape(buf, REDIRECT_NAMELEN, g->name);
	else
		str_fmt(buf, REDIRECT_NAMELEN, "a gateway of unknown type %u",
		    g->type);
	return buf;
}
