/*
 * Attributes on their way out (RFC 4271 section 5, RFC 6793 section 4.2.2):
 * towards another AS ours goes in front of AS_PATH and LOCAL_PREF and MED stay
 * at home, unless an export policy set the MED; towards a peer with 2-octet AS
 * numbers AS4_PATH and AS4_AGGREGATOR carry what AS_TRANS hides.  The next hop
 * is always ourselves.
 */
#include "bgp/attr_row.h"

#include "bgp/aspath.h"
#include "bgp/open.h"

#define WELL_KNOWN	ATTR_TRANSITIVE
#define OPT_TRANS	(ATTR_OPTIONAL | ATTR_TRANSITIVE)

void
attr_put(struct wr *w, uint8_t flags, uint8_t type, size_t n)
{
	bool extended = n > UINT8_MAX;

	wr_u8(w, (uint8_t)(extended ? flags | ATTR_EXTENDED : flags));
	wr_u8(w, type);
	if (extended)
		wr_u16(w, (uint16_t)n);
	else
		wr_u8(w, (uint8_t)n);
}

void
attr_put_origin(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	(void)out;
	attr_put(w, WELL_KNOWN, type, 1);
	wr_u8(w, a->origin);
}

static void
put_path(struct wr *w, uint8_t flags, uint8_t type, const struct attrs *a,
    const struct attr_out *out, unsigned width)
{
	uint8_t room[LIMIT_MESSAGE];
	struct wr path = wr_of(room, sizeof(room));
	struct bytes b;

	aspath_prepend(&path, attrs_path(a), out->ibgp ? 0 : out->local_asn,
	    width);
	b = wr_done(&path);
	attr_put(w, flags, type, b.n);
	wr_bytes(w, b);
}

void
attr_put_as_path(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	put_path(w, WELL_KNOWN, type, a, out, out->as4 ? 4 : 2);
}

void
attr_put_as4_path(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	bool own_wide = !out->ibgp && out->local_asn > UINT16_MAX;

	if (!out->as4 && (own_wide || aspath_wide(attrs_path(a))))
		put_path(w, OPT_TRANS, type, a, out, 4);
}

void
attr_put_next_hop(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	(void)a;
	if (out->next_hop.family != ADDR_IPV4)
		return;
	attr_put(w, WELL_KNOWN, type, 4);
	wr_bytes(w, addr_bytes(&out->next_hop));
}

void
attr_put_med(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	if ((a->has & ATTRS_MED) == 0 ||
	    (!out->ibgp && (a->has & ATTRS_MED_OUT) == 0))
		return;
	attr_put(w, ATTR_OPTIONAL, type, 4);
	wr_u32(w, a->med);
}

void
attr_put_local_pref(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	if (!out->ibgp)
		return;
	attr_put(w, WELL_KNOWN, type, 4);
	wr_u32(w, a->local_pref);
}

void
attr_put_atomic(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	(void)out;
	if ((a->has & ATTRS_ATOMIC) != 0)
		attr_put(w, WELL_KNOWN, type, 0);
}

/* Held with a 4-octet AS: |  AS  | address |. */
static bool
aggregator(const struct attrs *a, uint32_t *asn, uint32_t *addr)
{
	struct rd r = rd_of(attrs_find(a, ATTR_AGGREGATOR));

	*asn = rd_u32(&r);
	*addr = rd_u32(&r);
	return !r.bad;
}

void
attr_put_aggregator(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	uint32_t asn, addr;

	if (!aggregator(a, &asn, &addr))
		return;
	attr_put(w, OPT_TRANS, type, out->as4 ? 8 : 6);
	if (out->as4)
		wr_u32(w, asn);
	else
		wr_u16(w, asn > UINT16_MAX ? OPEN_AS_TRANS : (uint16_t)asn);
	wr_u32(w, addr);
}

void
attr_put_as4_aggregator(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	uint32_t asn, addr;

	if (out->as4 || !aggregator(a, &asn, &addr) || asn <= UINT16_MAX)
		return;
	attr_put(w, OPT_TRANS, type, 8);
	wr_u32(w, asn);
	wr_u32(w, addr);
}

/* RFC 4360 section 6: non-transitive ones do not leave the AS. */
static bool
ext_stays(uint64_t community, const struct attr_out *out)
{
	return !out->ibgp && (community >> 62 & 1) != 0;
}

void
attr_put_ext(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	struct rd r = rd_of(attrs_find(a, type)), count = r;
	size_t n = 0;

	while (count.n > 0)
		n += ext_stays(rd_u64(&count), out) ? 0 : 1;
	if (n == 0)
		return;
	attr_put(w, OPT_TRANS, type, n * 8);
	while (r.n > 0) {
		uint64_t community = rd_u64(&r);

		if (!ext_stays(community, out))
			wr_u64(w, community);
	}
}

void
attr_put_rest(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	struct bytes value = attrs_find(a, type);

	(void)out;
	if (value.n == 0)
		return;
	attr_put(w, OPT_TRANS, type, value.n);
	wr_bytes(w, value);
}

/* RFC 9234 section 5: the one that it came with, or ours. */
void
attr_put_otc(struct wr *w, uint8_t type, const struct attrs *a,
    const struct attr_out *out)
{
	if (attrs_find(a, type).n > 0 || out->otc == 0) {
		attr_put_rest(w, type, a, out);
		return;
	}
	attr_put(w, OPT_TRANS, type, 4);
	wr_u32(w, out->otc);
}

/* RFC 4271 section 5: passed on with the Partial bit. */
static void
put_unknown(struct wr *w, const struct attrs *a)
{
	struct rd r = rd_of(attrs_rest(a));
	struct attrs_item it;

	while (attrs_next(&r, &it)) {
		if (attr_name(it.type) != NULL)
			continue;
		attr_put(w, (uint8_t)(OPT_TRANS | ATTR_PARTIAL), it.type,
		    it.value.n);
		wr_bytes(w, it.value);
	}
}

void
attr_encode(struct wr *w, const struct attrs *a, const struct attr_out *out)
{
	for (unsigned type = 0; type < ATTR_TYPES; type++) {
		if (attr_rows[type].encode != NULL)
			attr_rows[type].encode(w, (uint8_t)type, a, out);
	}
	put_unknown(w, a);
}

/*
 * The fixed ones (LOCAL_PREF or a new OTC, as the remote is in our AS or not),
 * two AS paths with one more AS and a split segment each, the
 * rest as it is, and AS4_AGGREGATOR.
 */
size_t
attr_encoded_max(const struct attrs *a)
{
	return 64 + 2 * (size_t)a->path_n + a->rest_n;
}
