/*
 * UPDATEs as another speaker would write them, without our own encoder: with
 * two-octet AS numbers for one that has no others, classic fields for IPv4 and
 * MP_REACH_NLRI for IPv6 (RFC 4271 section 4.3, RFC 4760).
 */
#include "sim/bgp_speech.h"

#include "bgp/aspath.h"
#include "bgp/attr.h"
#include "bgp/msg.h"
#include "bgp/nlri.h"
#include "sim/bgp_policies.h"

#define OTHER_ASN	65099	/* of ours, towards one neighbour */

const struct model_peer speech_kinds[MODEL_PEERS] = {
	{ .asn = 65010, .local_asn = EXPLORE_ASN, .as4 = true, .transit = true,
	    .router_id = 60, .role = MODEL_ITS_CUSTOMER },
	{ .asn = 65010, .local_asn = EXPLORE_ASN, .as4 = true, .transit = true,
	    .router_id = 50, .role = MODEL_ITS_PROVIDER, .add_path = true },
	{ .asn = 65020, .local_asn = EXPLORE_ASN, .transit = true,
	    .router_id = 40, .role = MODEL_ITS_PEER },
	{ .asn = EXPLORE_ASN, .local_asn = EXPLORE_ASN, .ibgp = true, .as4 = true,
	    .transit = true, .router_id = 30, .add_path = true },
	{ .asn = EXPLORE_ASN, .local_asn = EXPLORE_ASN, .ibgp = true, .as4 = true,
	    .transit = true, .router_id = 20 },
	{ .asn = 65030, .local_asn = OTHER_ASN, .as4 = true,
	    .router_id = 10, .role = MODEL_ITS_PROVIDER },
	/* These two are told the same, as those of iBGP are. */
	{ .asn = 65040, .local_asn = EXPLORE_ASN, .as4 = true, .transit = true,
	    .router_id = 25 },
	{ .asn = 65050, .local_asn = EXPLORE_ASN, .as4 = true, .transit = true,
	    .router_id = 35 },
};

/* Identifiers of a neighbour's paths, in order. */
static const uint32_t path_ids[MODEL_PATHS] = { 0, 7, 4000000000u };

struct addr
speech_inside(unsigned peer, uint8_t last)
{
	return (struct addr){ ADDR_IPV4, { 169, 254, (uint8_t)peer, last } };
}

struct addr
speech_inside6(unsigned peer, uint8_t last)
{
	return (struct addr){ ADDR_IPV6,
	    { 0xfe, 0x01, [13] = (uint8_t)peer, [15] = last } };
}

static void
put_attr(struct wr *w, uint8_t flags, uint8_t type, struct bytes value)
{
	wr_u8(w, flags);
	wr_u8(w, type);
	wr_u8(w, (uint8_t)value.n);
	wr_bytes(w, value);
}

static void
put_u32(struct wr *w, uint8_t flags, uint8_t type, uint32_t v)
{
	uint8_t b[4];
	struct wr value = wr_of(b, sizeof(b));

	wr_u32(&value, v);
	put_attr(w, flags, type, wr_done(&value));
}

static void
put_as_path(struct wr *w, unsigned peer, const struct model_path *p)
{
	uint8_t b[64];
	struct wr value = wr_of(b, sizeof(b));

	if (p->n > 0) {
		wr_u8(&value, ASPATH_SEQUENCE);
		wr_u8(&value, (uint8_t)p->n);
	}
	for (unsigned i = 0; i < p->n; i++) {
		if (speech_kinds[peer].as4)
			wr_u32(&value, p->as[i]);
		else
			wr_u16(&value, (uint16_t)p->as[i]);
	}
	put_attr(w, 0x40, ATTR_AS_PATH, wr_done(&value));
}

static void
put_reach(struct wr *w, unsigned peer, struct bytes nlri)
{
	const struct addr hop = speech_inside6(peer, 2);
	uint8_t b[200];
	struct wr value = wr_of(b, sizeof(b));

	wr_u16(&value, AFI_IPV6);
	wr_u8(&value, SAFI_UNICAST);
	wr_u8(&value, 16);
	wr_bytes(&value, addr_bytes(&hop));
	wr_u8(&value, 0);
	wr_bytes(&value, nlri);
	put_attr(w, 0x80, ATTR_MP_REACH, wr_done(&value));
}

static void
put_attrs(struct wr *w, unsigned peer, const struct model_path *p)
{
	const struct addr hop = speech_inside(peer, 2);
	uint8_t b[4 * EXPLORE_COMMUNITIES];
	struct wr communities = wr_of(b, sizeof(b));

	put_attr(w, 0x40, ATTR_ORIGIN, bytes_of(&p->origin, 1));
	put_as_path(w, peer, p);
	put_attr(w, 0x40, ATTR_NEXT_HOP, addr_bytes(&hop));
	if (p->has_med)
		put_u32(w, 0x80, ATTR_MED, p->med);
	if (speech_kinds[peer].ibgp)
		put_u32(w, 0x40, ATTR_LOCAL_PREF, p->local_pref);
	for (unsigned i = 0; i < EXPLORE_COMMUNITIES; i++) {
		if ((p->communities >> i & 1) != 0)
			wr_u32(&communities, explore_community(i));
	}
	if (communities.n > 0)
		put_attr(w, 0xc0, ATTR_COMMUNITIES, wr_done(&communities));
	if (p->otc != 0)
		put_u32(w, 0xc0, ATTR_OTC, p->otc);
}

static struct bytes
nlri_of(unsigned peer, unsigned set, unsigned which, uint8_t *room,
    size_t size)
{
	struct wr w = wr_of(room, size);

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		struct prefix p = explore_prefix(net);

		if ((set >> net & 1) == 0)
			continue;
		if (speech_kinds[peer].add_path)
			wr_u32(&w, path_ids[which]);
		nlri_put(&w, &p);
	}
	return wr_done(&w);
}

void
speech_announce(struct wr *w, unsigned peer, unsigned set, unsigned which,
    const struct model_path *p)
{
	uint8_t nlri_room[200], attrs_room[300];
	struct wr a = wr_of(attrs_room, sizeof(attrs_room));
	bool v6 = set >> EXPLORE_IPV4 != 0;
	struct bytes nlri = nlri_of(peer, set, which, nlri_room,
	    sizeof(nlri_room));
	size_t at = msg_begin(w, MSG_UPDATE);

	if (v6)
		put_reach(&a, peer, nlri);
	put_attrs(&a, peer, p);
	wr_u16(w, 0);
	wr_u16(w, (uint16_t)a.n);
	wr_bytes(w, wr_done(&a));
	if (!v6)
		wr_bytes(w, nlri);
	msg_end(w, at);
}

void
speech_withdraw(struct wr *w, unsigned peer, unsigned set, unsigned which)
{
	uint8_t nlri_room[200], value_room[200];
	struct wr value = wr_of(value_room, sizeof(value_room));
	struct bytes nlri = nlri_of(peer, set, which, nlri_room,
	    sizeof(nlri_room));
	size_t at = msg_begin(w, MSG_UPDATE);

	if (set >> EXPLORE_IPV4 != 0) {
		wr_u16(&value, AFI_IPV6);
		wr_u8(&value, SAFI_UNICAST);
		wr_bytes(&value, nlri);
		wr_u16(w, 0);
		wr_u16(w, (uint16_t)(value.n + 3));
		put_attr(w, 0x80, ATTR_MP_UNREACH, wr_done(&value));
	} else {
		wr_u16(w, (uint16_t)nlri.n);
		wr_bytes(w, nlri);
		wr_u16(w, 0);
	}
	msg_end(w, at);
}

unsigned
speech_which(struct drbg *d, unsigned peer)
{
	return speech_kinds[peer].add_path ? drbg_below(d, MODEL_PATHS) : 0;
}

/* Some prefixes of one family, as bits. */
unsigned
speech_nets(struct drbg *d)
{
	unsigned v4 = (1u << EXPLORE_IPV4) - 1, all = (1u << MODEL_NETS) - 1;
	unsigned family = drbg_below(d, 3) > 0 ? v4 : all & ~v4, set = 0;

	while (set == 0)
		set = family & drbg_below(d, all + 1) & drbg_below(d, all + 1);
	return set;
}

struct model_path
speech_path(struct drbg *d, unsigned peer)
{
	struct model_path p = {
		.there = true, .origin = (uint8_t)drbg_below(d, 3),
		.has_med = drbg_below(d, 2) == 0, .med = drbg_below(d, 3),
		.local_pref = speech_kinds[peer].ibgp ? 90 + drbg_below(d, 3) * 10 : 100,
		.communities = (uint8_t)(drbg_below(d, 16) & drbg_below(d, 16)),
	};
	unsigned more = drbg_below(d, 3);

	p.communities |= (uint8_t)((drbg_below(d, 8) == 0 ? MODEL_NO_EXPORT : 0) |
	    (drbg_below(d, 8) == 0 ? MODEL_NO_ADVERTISE : 0) |
	    (drbg_below(d, 10) == 0 ? MODEL_SHUTDOWN : 0));
	if (drbg_below(d, 5) == 0)
		p.otc = drbg_below(d, 2) == 0 ? speech_kinds[peer].asn : 777;
	if (!p.has_med)
		p.med = 0;
	if (!speech_kinds[peer].ibgp)
		p.as[p.n++] = speech_kinds[peer].asn;
	while (more-- > 0) {
		uint32_t as = explore_pool[drbg_below(d,
		    speech_kinds[peer].as4 ? EXPLORE_POOL : 5)];

		/* Our own AS in it now and then. */
		if (as != EXPLORE_ASN || drbg_below(d, 4) == 0)
			p.as[p.n++] = as;
	}
	return p;
}
