/*
 * From the attributes of a message to the form in which they are interned:
 * AS numbers of four octets (RFC 6793 section 4.2.3), defaults filled in, the
 * attributes that are only carried behind one another in order of type.
 */
#include <stddef.h>

#include "bgp/aspath.h"
#include "bgp/attr.h"
#include "bgp/community.h"
#include "bgp/open.h"

static bool
is_trans(struct bytes aggregator)
{
	struct rd r = rd_of(aggregator);

	return rd_u16(&r) == OPEN_AS_TRANS;
}

/*
 * RFC 6793 section 4.2.3: an AGGREGATOR with another AS than AS_TRANS means
 * that both AS4 attributes are stale.
 */
static bool
as4_stale(const struct attr_set *set)
{
	return set->value[ATTR_AS4_AGGREGATOR].n > 0 &&
	    set->value[ATTR_AGGREGATOR].n > 0 &&
	    !is_trans(set->value[ATTR_AGGREGATOR]);
}

static void
put_path(struct wr *w, const struct attr_set *set,
    const struct attr_mode *mode)
{
	struct bytes wire = set->value[ATTR_AS_PATH];
	struct bytes as4 = set->value[ATTR_AS4_PATH];
	uint8_t room[2 * LIMIT_MESSAGE];
	struct wr wide = wr_of(room, sizeof(room));

	if (mode->as4) {
		wr_bytes(w, wire);
		return;
	}
	aspath_widen(&wide, wire);
	if (as4.n > 0 && !as4_stale(set))
		aspath_merge(w, wr_done(&wide), as4);
	else
		wr_bytes(w, wr_done(&wide));
}

void
attr_put_item(struct wr *w, uint8_t flags, uint8_t type, struct bytes value)
{
	wr_u8(w, flags);
	wr_u8(w, type);
	wr_u16(w, (uint16_t)value.n);
	wr_bytes(w, value);
}

static void
put_carried(struct wr *w, uint8_t type, const struct attr_set *set)
{
	if (set->value[type].n > 0)
		attr_put_item(w, ATTR_OPTIONAL | ATTR_TRANSITIVE, type,
		    set->value[type]);
}

static void
put_aggregator(struct wr *w, const struct attr_set *set,
    const struct attr_mode *mode)
{
	struct bytes as4 = set->value[ATTR_AS4_AGGREGATOR];
	struct rd r = rd_of(set->value[ATTR_AGGREGATOR]);
	uint8_t room[8];
	struct wr wide = wr_of(room, sizeof(room));

	if (r.n == 0)
		return;
	if (!mode->as4 && as4.n > 0 && !as4_stale(set)) {
		attr_put_item(w, ATTR_OPTIONAL | ATTR_TRANSITIVE, ATTR_AGGREGATOR,
		    as4);
		return;
	}
	wr_u32(&wide, mode->as4 ? rd_u32(&r) : rd_u16(&r));
	wr_u32(&wide, rd_u32(&r));
	attr_put_item(w, ATTR_OPTIONAL | ATTR_TRANSITIVE, ATTR_AGGREGATOR,
	    wr_done(&wide));
}

static void
put_rest(struct wr *w, const struct attr_set *set,
    const struct attr_mode *mode)
{
	put_aggregator(w, set, mode);
	put_carried(w, ATTR_COMMUNITIES, set);
	put_carried(w, ATTR_EXT_COMMUNITIES, set);
	put_carried(w, ATTR_LARGE_COMMUNITIES, set);
	put_carried(w, ATTR_OTC, set);
	for (unsigned i = 0; i < set->unknown_n; i++)
		attr_put_item(w, set->unknown[i].flags, set->unknown[i].type,
		    set->unknown[i].value);
}

static uint8_t
has_bits(const struct attr_set *set)
{
	return (uint8_t)((attr_seen(set, ATTR_MED) ? ATTRS_MED : 0) |
	    (set->atomic ? ATTRS_ATOMIC : 0) |
	    (set->originator != 0 ? ATTRS_ORIGINATOR : 0));
}

/* RFC 1997; RFC 8326 is for whoever lets routes in (edit.c). */
void
attr_heed(struct attrs *a)
{
	struct rd r = rd_of(attrs_find(a, ATTR_COMMUNITIES));

	a->has &= (uint8_t)~(ATTRS_SHUTDOWN | ATTRS_NO_EXPORT |
	    ATTRS_NO_ADVERTISE);
	while (r.n > 0) {
		uint32_t community = rd_u32(&r);

		if (community == COMMUNITY_GRACEFUL_SHUTDOWN)
			a->has |= ATTRS_SHUTDOWN;
		if (community == COMMUNITY_NO_EXPORT ||
		    community == COMMUNITY_NO_EXPORT_SUBCONFED)
			a->has |= ATTRS_NO_EXPORT;
		if (community == COMMUNITY_NO_ADVERTISE)
			a->has |= ATTRS_NO_ADVERTISE;
	}
}

void
attr_canon(union attrs_buf *buf, const struct attr_set *set,
    const struct attr_mode *mode, const struct addr *next_hop)
{
	struct attrs *a = &buf->attrs;
	struct wr w = wr_of(buf->room + offsetof(struct attrs, data),
	    ATTRS_DATA);

	*a = (struct attrs){
		.med = set->med,
		.local_pref = set->local_pref,
		.originator = set->originator,
		.origin = set->origin,
		.has = has_bits(set),
		.clusters = (uint8_t)(set->value[ATTR_CLUSTER_LIST].n / 4),
		.next_hop = *next_hop,
	};
	put_path(&w, set, mode);
	a->path_n = (uint16_t)w.n;
	put_rest(&w, set, mode);
	a->rest_n = (uint16_t)(w.n - a->path_n);
	a->hops = (uint16_t)aspath_hops(attrs_path(a));
	a->neighbour = aspath_first(attrs_path(a), 4);
	attr_heed(a);
}

void
attr_add_otc(union attrs_buf *buf, uint32_t asn)
{
	struct attrs *a = &buf->attrs;
	size_t n = attrs_size(a);
	uint8_t value[4];
	struct wr w = wr_of(value, sizeof(value));

	if (attrs_find(a, ATTR_OTC).n > 0)
		return;
	wr_u32(&w, asn);
	w = wr_of(buf->room + offsetof(struct attrs, data) + n,
	    ATTRS_DATA - n);
	attr_put_item(&w, ATTR_OPTIONAL | ATTR_TRANSITIVE, ATTR_OTC,
	    bytes_of(value, sizeof(value)));
	if (!w.bad)
		a->rest_n = (uint16_t)(a->rest_n + w.n);
}

void
attr_originate(union attrs_buf *buf)
{
	buf->attrs = (struct attrs){
		.local_pref = ATTRS_LOCAL_PREF, .origin = ATTR_IGP,
	};
}
