/*
 * Traffic selectors: decode, encode, intersect.  A list holds at most TS_MAX
 * selectors; a longer payload is read to its end and the rest left out, which
 * narrowing permits (RFC 7296 section 2.9).  It narrows one side at a time:
 * whether what is left of TSi and of TSr goes together, by family and
 * protocol, is for the caller to see.
 *
 *  | number (1) | 0 (3) | selectors ... |
 *  selector: | type | protocol | length (2) | start port (2) | end port (2) |
 *            | starting address | ending address |
 */
#include "ike/ts.h"

#include <stdlib.h>
#include <string.h>

enum {
	TS_IPV4_ADDR_RANGE = 7,
	TS_IPV6_ADDR_RANGE = 8,
};

struct ts
ts_prefix(const struct prefix *p)
{
	struct prefix net = prefix_network(p);

	return (struct ts){
		.port_hi = 65535,
		.lo = net.addr,
		.hi = prefix_last(&net),
	};
}

/* False: a type that we do not know, to be left out. */
static bool
decode_one(struct rd *r, struct ts *out)
{
	struct ts t = { 0 };
	struct rd body;
	uint8_t type = rd_u8(r);
	uint16_t len;
	size_t octets;

	t.proto = rd_u8(r);
	len = rd_u16(r);
	if (len < 8) {
		r->bad = true;
		return false;
	}
	body = rd_sub(r, len - 4u);
	if (type != TS_IPV4_ADDR_RANGE && type != TS_IPV6_ADDR_RANGE)
		return false;
	octets = type == TS_IPV4_ADDR_RANGE ? 4 : 16;
	t.port_lo = rd_u16(&body);
	t.port_hi = rd_u16(&body);
	t.lo = addr_from(rd_bytes(&body, octets));
	t.hi = addr_from(rd_bytes(&body, octets));
	if (!rd_done(&body)) {
		r->bad = true;
		return false;
	}
	*out = t;
	/* Backwards ranges, and OPAQUE ports (65535..0), match nothing here. */
	return addr_cmp(&t.lo, &t.hi) <= 0 && t.port_lo <= t.port_hi;
}

uint16_t
ts_decode(struct bytes body, struct ts_list *out)
{
	struct rd r = rd_of(body);
	struct ts_list list = { 0 };
	uint8_t count = rd_u8(&r);

	rd_bytes(&r, 3);
	for (unsigned i = 0; i < count && !r.bad; i++) {
		struct ts t;

		if (decode_one(&r, &t) && list.n < TS_MAX)
			list.ts[list.n++] = t;
	}
	if (!rd_done(&r) || count == 0)
		return N_INVALID_SYNTAX;
	*out = list;
	return N_NONE;
}

void
ts_encode(struct wr *w, const struct ts_list *l)
{
	wr_u8(w, l->n);
	wr_zero(w, 3);
	for (size_t i = 0; i < l->n; i++) {
		const struct ts *t = &l->ts[i];
		bool v4 = t->lo.family == ADDR_IPV4;

		wr_u8(w, v4 ? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE);
		wr_u8(w, t->proto);
		wr_u16(w, v4 ? 16 : 40);
		wr_u16(w, t->port_lo);
		wr_u16(w, t->port_hi);
		wr_bytes(w, addr_bytes(&t->lo));
		wr_bytes(w, addr_bytes(&t->hi));
	}
}

static bool
bit(const struct addr *a, unsigned i)
{
	return (a->b[i / 8] >> (7 - i % 8) & 1) != 0;
}

/* The widest block that starts at lo and stays within hi. */
static struct prefix
block_at(const struct addr *lo, const struct addr *hi)
{
	const uint8_t bits = (uint8_t)addr_bits(lo);
	struct prefix p = { .addr = *lo, .len = bits };
	struct addr last;

	/* As wide as lo lets it be, then narrower until it fits. */
	while (p.len > 0 && !bit(lo, p.len - 1u))
		p.len--;
	for (; p.len < bits; p.len++) {
		last = prefix_last(&p);
		if (addr_cmp(&last, hi) <= 0)
			break;
	}
	return p;
}

struct prefix
ts_net(const struct ts *t)
{
	return block_at(&t->lo, &t->hi);
}

static bool
intersect(const struct ts *a, const struct ts *b, struct ts *out)
{
	struct ts t;

	if (a->lo.family != b->lo.family ||
	    (a->proto != 0 && b->proto != 0 && a->proto != b->proto))
		return false;
	t.proto = a->proto != 0 ? a->proto : b->proto;
	t.port_lo = a->port_lo > b->port_lo ? a->port_lo : b->port_lo;
	t.port_hi = a->port_hi < b->port_hi ? a->port_hi : b->port_hi;
	t.lo = addr_cmp(&a->lo, &b->lo) > 0 ? a->lo : b->lo;
	t.hi = addr_cmp(&a->hi, &b->hi) < 0 ? a->hi : b->hi;
	if (t.port_lo > t.port_hi || addr_cmp(&t.lo, &t.hi) > 0)
		return false;
	if (t.port_lo != 0 || t.port_hi != 65535)
		t.port_hi = t.port_lo;
	*out = t;
	return true;
}

/* Is a wholly inside b? */
static bool
inside(const struct ts *a, const struct ts *b)
{
	return a->lo.family == b->lo.family &&
	    (b->proto == 0 || a->proto == b->proto) &&
	    a->port_lo >= b->port_lo && a->port_hi <= b->port_hi &&
	    addr_cmp(&a->lo, &b->lo) >= 0 && addr_cmp(&a->hi, &b->hi) <= 0;
}

/* False: no room. */
static bool
list_add(struct ts_list *l, const struct ts *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (inside(t, &l->ts[i]))
			return true;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (!inside(&l->ts[i], t))
			l->ts[kept++] = l->ts[i];
	}
	l->n = (uint8_t)kept;
	if (l->n == TS_MAX)
		return false;
	l->ts[l->n++] = *t;
	return true;
}

/* The selector's range from below as prefixes, as many as the list holds. */
static void
list_add_blocks(struct ts_list *l, const struct ts *t)
{
	struct ts block = *t;

	for (;;) {
		struct prefix net = block_at(&block.lo, &t->hi);

		block.hi = prefix_last(&net);
		if (!list_add(l, &block) || addr_eq(&block.hi, &t->hi))
			return;
		block.lo = addr_plus(&block.hi, 1);
	}
}

static bool
is_prefix(const struct ts *t)
{
	struct prefix net = ts_net(t);
	struct addr last = prefix_last(&net);

	return addr_eq(&last, &t->hi);
}

/* Those intersections that are prefixes, or those that are not. */
static void
narrow_some(const struct ts_list *theirs, const struct ts_list *ours,
    bool prefixes, struct ts_list *out)
{
	struct ts t;

	for (size_t i = 0; i < theirs->n; i++) {
		for (size_t k = 0; k < ours->n; k++) {
			if (intersect(&theirs->ts[i], &ours->ts[k], &t) &&
			    is_prefix(&t) == prefixes)
				list_add_blocks(out, &t);
		}
	}
}

void
ts_narrow(const struct ts_list *theirs, const struct ts_list *ours,
    struct ts_list *out)
{
	struct ts_list list = { 0 };

	/* A range's many pieces take only the room that is left. */
	narrow_some(theirs, ours, true, &list);
	narrow_some(theirs, ours, false, &list);
	*out = list;
}

bool
ts_within(const struct ts_list *answer, const struct ts_list *offered)
{
	for (size_t i = 0; i < answer->n; i++) {
		bool found = false;

		for (size_t k = 0; k < offered->n; k++)
			found |= inside(&answer->ts[i], &offered->ts[k]);
		if (!found)
			return false;
	}
	return answer->n > 0;
}

/* "[6]", "[6/80]", "[0/1024-2047]"; nothing for any protocol and port. */
static void
str_upper(const struct ts *t, char *buf, size_t size)
{
	bool ports = t->port_lo != 0 || t->port_hi != 65535;

	if (t->proto == 0 && !ports)
		return;
	str_add(buf, size, "[%u", t->proto);
	if (ports)
		str_add(buf, size, "/%u", t->port_lo);
	if (ports && t->port_hi != t->port_lo)
		str_add(buf, size, "-%u", t->port_hi);
	str_add(buf, size, "]");
}

void
ts_str(const struct ts_list *l, char *buf, size_t size)
{
	char lo[ADDR_STRLEN], hi[ADDR_STRLEN], net[PREFIX_STRLEN];

	str_set(buf, size, l->n == 0 ? "none" : "");
	for (size_t i = 0; i < l->n; i++) {
		const struct ts *t = &l->ts[i];
		struct prefix p = ts_net(t);

		str_add(buf, size, "%s", i == 0 ? "" : " ");
		if (is_prefix(t))
			str_add(buf, size, "%s", prefix_str(&p, net));
		else
			str_add(buf, size, "%s-%s", addr_str(&t->lo, lo),
			    addr_str(&t->hi, hi));
		str_upper(t, buf, size);
	}
}

struct ts_pair *
ts_pair_new(const struct ts_list *local, const struct ts_list *remote)
{
	const size_t n = (size_t)local->n + remote->n;
	struct ts_pair *p = malloc(sizeof(*p) + n * sizeof(p->ts[0]));

	if (p == NULL)
		return NULL;
	p->local_n = local->n;
	p->remote_n = remote->n;
	memcpy(p->ts, local->ts, local->n * sizeof(p->ts[0]));
	memcpy(p->ts + local->n, remote->ts, remote->n * sizeof(p->ts[0]));
	return p;
}

void
ts_pair_get(const struct ts_pair *p, struct ts_list *local,
    struct ts_list *remote)
{
	*local = *remote = (struct ts_list){ 0 };
	if (p == NULL)
		return;
	local->n = p->local_n;
	remote->n = p->remote_n;
	memcpy(local->ts, p->ts, p->local_n * sizeof(p->ts[0]));
	memcpy(remote->ts, p->ts + p->local_n,
	    p->remote_n * sizeof(p->ts[0]));
}
