/*
 * AS_PATH: checks, counting, the two number widths and the merge with AS4_PATH
 * (RFC 4271 section 4.3 b and 5.1.2, RFC 6793).  Confederation segments are an
 * error, since we are in no confederation (RFC 5065 section 5.3); AS 0 is one
 * by RFC 7607, an empty segment by RFC 7606 section 7.2.
 */
#include "bgp/aspath.h"

#include "bgp/open.h"

struct segment {
	uint8_t		type;
	unsigned	n;
	struct rd	asns;
};

static bool
segment_next(struct rd *r, unsigned width, struct segment *s)
{
	if (r->bad || r->n == 0)
		return false;
	s->type = rd_u8(r);
	s->n = rd_u8(r);
	s->asns = rd_sub(r, s->n * width);
	return !r->bad;
}

static uint32_t
asn_next(struct rd *r, unsigned width)
{
	return width == 2 ? rd_u16(r) : rd_u32(r);
}

const char *
aspath_error(struct bytes wire, unsigned width)
{
	struct rd r = rd_of(wire);
	struct segment s;

	while (segment_next(&r, width, &s)) {
		if (s.type != ASPATH_SET && s.type != ASPATH_SEQUENCE)
			return "a segment of unknown type";
		if (s.n == 0)
			return "an empty segment";
		while (s.asns.n > 0) {
			if (asn_next(&s.asns, width) == 0)
				return "AS 0, which is reserved";
		}
	}
	return r.bad ? "a segment runs past the attribute" : NULL;
}

uint32_t
aspath_first(struct bytes wire, unsigned width)
{
	struct rd r = rd_of(wire);
	struct segment s;

	if (!segment_next(&r, width, &s) || s.type != ASPATH_SEQUENCE)
		return 0;
	return asn_next(&s.asns, width);
}

unsigned
aspath_count(struct bytes wire, unsigned width)
{
	struct rd r = rd_of(wire);
	struct segment s;
	unsigned n = 0;

	while (segment_next(&r, width, &s))
		n += s.n;
	return n;
}

bool
aspath_next(struct rd *r, struct aspath_part *part)
{
	struct segment s;

	if (!segment_next(r, 4, &s))
		return false;
	*part = (struct aspath_part){ .type = s.type, .asns = s.asns };
	return true;
}

unsigned
aspath_hops(struct bytes path)
{
	struct rd r = rd_of(path);
	struct segment s;
	unsigned n = 0;

	while (segment_next(&r, 4, &s))
		n += s.type == ASPATH_SET ? 1 : s.n;
	return n;
}

bool
aspath_has(struct bytes path, uint32_t asn)
{
	struct rd r = rd_of(path);
	struct segment s;

	while (segment_next(&r, 4, &s)) {
		while (s.asns.n > 0) {
			if (rd_u32(&s.asns) == asn)
				return true;
		}
	}
	return false;
}

uint32_t
aspath_bit(uint32_t asn)
{
	return UINT32_C(1) << (asn * UINT32_C(0x9e3779b1) >> 27);
}

uint32_t
aspath_bits(struct bytes path)
{
	struct rd r = rd_of(path);
	struct segment s;
	uint32_t bits = 0;

	while (segment_next(&r, 4, &s)) {
		while (s.asns.n > 0)
			bits |= aspath_bit(rd_u32(&s.asns));
	}
	return bits;
}

unsigned
aspath_times(struct bytes path, uint32_t asn)
{
	struct rd r = rd_of(path);
	struct segment s;
	unsigned n = 0;

	while (segment_next(&r, 4, &s)) {
		while (s.asns.n > 0)
			n += rd_u32(&s.asns) == asn;
	}
	return n;
}

bool
aspath_private(uint32_t asn)
{
	return (asn >= 64512 && asn <= 65534) ||
	    (asn >= 4200000000 && asn <= 4294967294);
}

bool
aspath_only_private(struct bytes path)
{
	struct rd r = rd_of(path);
	struct segment s;

	while (segment_next(&r, 4, &s)) {
		while (s.asns.n > 0) {
			if (!aspath_private(rd_u32(&s.asns)))
				return false;
		}
	}
	return path.n > 0;
}

bool
aspath_wide(struct bytes path)
{
	struct rd r = rd_of(path);
	struct segment s;

	while (segment_next(&r, 4, &s)) {
		while (s.asns.n > 0) {
			if (rd_u32(&s.asns) > UINT16_MAX)
				return true;
		}
	}
	return false;
}

unsigned
aspath_list(struct bytes path, uint32_t *list, unsigned max)
{
	struct rd r = rd_of(path);
	struct segment s;
	unsigned n = 0;

	while (segment_next(&r, 4, &s)) {
		while (s.asns.n > 0 && n < max)
			list[n++] = rd_u32(&s.asns);
	}
	return n;
}

static void
put_asn(struct wr *w, uint32_t asn, unsigned width)
{
	if (width == 4)
		wr_u32(w, asn);
	else
		wr_u16(w, asn > UINT16_MAX ? OPEN_AS_TRANS : (uint16_t)asn);
}

/* The first n numbers of a segment, from one width to another. */
static void
put_segment(struct wr *w, struct segment s, unsigned n, unsigned from,
    unsigned to)
{
	wr_u8(w, s.type);
	wr_u8(w, (uint8_t)n);
	while (n-- > 0)
		put_asn(w, asn_next(&s.asns, from), to);
}

void
aspath_widen(struct wr *w, struct bytes wire)
{
	struct rd r = rd_of(wire);
	struct segment s;

	while (segment_next(&r, 2, &s))
		put_segment(w, s, s.n, 2, 4);
}

/*
 * "If the number of AS numbers in the AS_PATH attribute is less than the
 * number of AS numbers in the AS4_PATH attribute, then the AS4_PATH attribute
 * SHALL be ignored"; else the leading ones of AS_PATH go before AS4_PATH.
 */
void
aspath_merge(struct wr *w, struct bytes path, struct bytes as4)
{
	unsigned have = aspath_hops(path), tail = aspath_hops(as4), lead;
	struct rd r = rd_of(path);
	struct segment s;

	if (have < tail) {
		wr_bytes(w, path);
		return;
	}
	for (lead = have - tail; lead > 0 && segment_next(&r, 4, &s);) {
		unsigned cost = s.type == ASPATH_SET ? 1 : s.n;
		unsigned n = cost <= lead ? s.n : lead;

		put_segment(w, s, n, 4, 4);
		lead -= cost <= lead ? cost : lead;
	}
	wr_bytes(w, as4);
}

void
aspath_replace(struct wr *w, struct bytes path, uint32_t from, uint32_t to)
{
	struct rd r = rd_of(path);
	struct segment s;

	while (segment_next(&r, 4, &s)) {
		wr_u8(w, s.type);
		wr_u8(w, (uint8_t)s.n);
		while (s.asns.n > 0) {
			uint32_t asn = rd_u32(&s.asns);

			wr_u32(w, asn == from ? to : asn);
		}
	}
}

/* A segment of which nothing is left would be malformed (RFC 7606). */
void
aspath_no_private(struct wr *w, struct bytes path, uint32_t keep, uint32_t to)
{
	struct rd r = rd_of(path);
	struct segment s;

	while (segment_next(&r, 4, &s)) {
		size_t at = w->n;
		uint8_t n = 0;

		wr_u8(w, s.type);
		wr_u8(w, 0);
		while (s.asns.n > 0) {
			uint32_t asn = rd_u32(&s.asns);

			if (asn != keep && aspath_private(asn))
				asn = to;
			if (asn == 0)
				continue;
			wr_u32(w, asn);
			n++;
		}
		if (n > 0)
			wr_patch_u8(w, at + 1, n);
		else
			w->n = at;
	}
}

void
aspath_prepend(struct wr *w, struct bytes path, uint32_t asn, unsigned width)
{
	struct rd r = rd_of(path), peek = r;
	struct segment s;
	bool join;

	if (asn != 0) {
		join = segment_next(&peek, 4, &s) &&
		    s.type == ASPATH_SEQUENCE && s.n < UINT8_MAX;
		wr_u8(w, ASPATH_SEQUENCE);
		wr_u8(w, join ? (uint8_t)(s.n + 1) : 1);
		put_asn(w, asn, width);
		if (join) {
			while (s.asns.n > 0)
				put_asn(w, rd_u32(&s.asns), width);
			r = peek;
		}
	}
	while (segment_next(&r, 4, &s))
		put_segment(w, s, s.n, 4, width);
}
