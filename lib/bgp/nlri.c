/*
 * NLRI (RFC 4271 section 4.3, RFC 4760 section 5): one octet of length in bits
 * and as many octets as hold them.  "The value of trailing bits is
 * irrelevant", so they are cleared here and nowhere else.  With add-path
 * (RFC 7911 section 3) four octets with an identifier stand before the length.
 */
#include "bgp/nlri.h"

bool
nlri_next(struct rd *r, enum addr_family family, struct prefix *p)
{
	struct prefix got = { .addr = addr_any(family) };

	if (r->bad || r->n == 0)
		return false;
	got.len = rd_u8(r);
	if (got.len > addr_bits(&got.addr)) {
		r->bad = true;
		return false;
	}
	rd_copy(r, got.addr.b, (got.len + 7u) / 8);
	if (r->bad)
		return false;
	*p = prefix_network(&got);
	return true;
}

bool
nlri_next_id(struct rd *r, enum addr_family family, bool ids,
    struct prefix *p, uint32_t *id)
{
	uint32_t got = 0;

	if (ids && !r->bad && r->n > 0)
		got = rd_u32(r);
	if (ids && !r->bad && r->n == 0)
		r->bad = true;
	if (!nlri_next(r, family, p))
		return false;
	*id = got;
	return true;
}

bool
nlri_check(struct bytes b, enum addr_family family, bool ids, unsigned *n)
{
	unsigned bits = family == ADDR_IPV6 ? 128 : 32, count = 0;
	struct rd r = rd_of(b);

	while (r.n > 0) {
		uint8_t len;

		if (ids)
			rd_u32(&r);
		len = rd_u8(&r);
		rd_bytes(&r, (len + 7u) / 8);
		if (r.bad || len > bits)
			return false;
		count++;
	}
	*n = count;
	return true;
}

void
nlri_put(struct wr *w, const struct prefix *p)
{
	wr_u8(w, p->len);
	wr_bytes(w, bytes_of(p->addr.b, (p->len + 7u) / 8));
}

size_t
nlri_size(const struct prefix *p)
{
	return 1 + (p->len + 7u) / 8;
}
