/*
 * MRT records of type TABLE_DUMP_V2 (RFC 6396 sections 2 and 4.3): the table of
 * peers, and one record per prefix with a path of each peer that taught it and
 * whose path may be chosen, as import policy has made it; what we originate
 * ourselves is of peer 0.  AS numbers have four octets, and of MP_REACH_NLRI
 * there is only the next hop (section 4.3.4).  When a path came is not kept:
 * it has the time when its session was established.  Paths of peers with
 * add-path are in a record of their own, with identifiers (RFC 8050 section 4).
 */
#include "bgp/mrt.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/attr.h"
#include "bgp/peer.h"
#include "bgp/session.h"

enum {
	TABLE_DUMP_V2 = 13,
	PEER_INDEX_TABLE = 1,
	RIB_IPV4_UNICAST = 2,
	RIB_IPV6_UNICAST = 4,
	RIB_IPV4_UNICAST_ADDPATH = 8,
	RIB_IPV6_UNICAST_ADDPATH = 10,
	PEER_IPV6 = 1,		/* bits of a peer's type */
	PEER_AS4 = 2,
};

#define HEADER		12
/* In a cursor, over the number: of this prefix those with identifiers. */
#define WITH_IDS	(1u << 30)
#define PEER_MOST	25	/* octets of a peer with an IPv6 address */

static int64_t
wall_at(const struct mrt *m, struct instant at)
{
	return m->wall - span_to_s(instant_since(m->now, at));
}

/*
 *  | timestamp | type, subtype | length | ...
 */
static void
put_header(struct wr *w, const struct mrt *m, uint16_t subtype)
{
	wr_u32(w, (uint32_t)m->wall);
	wr_u16(w, TABLE_DUMP_V2);
	wr_u16(w, subtype);
	wr_u32(w, 0);
}

static uint8_t *
finish(struct wr *w, size_t *n)
{
	wr_patch_u32(w, 8, (uint32_t)(w->n - HEADER));
	if (w->bad) {
		free(w->p);
		return NULL;
	}
	*n = w->n;
	return w->p;
}

/* --- peers: section 4.3.1 --- */

static void
put_peer(struct wr *w, uint32_t router_id, const struct addr *at, uint32_t asn)
{
	static const struct addr nowhere = { ADDR_IPV4, { 0 } };
	const struct addr *a = addr_is_set(at) ? at : &nowhere;

	wr_u8(w, PEER_AS4 | (a->family == ADDR_IPV6 ? PEER_IPV6 : 0));
	wr_u32(w, router_id);
	wr_bytes(w, addr_bytes(a));
	wr_u32(w, asn);
}

static uint32_t
highest(const struct bgp *b)
{
	const struct peer *p;
	uint32_t most = 0;

	TAILQ_FOREACH(p, &b->all, in_all) {
		if (p->conf.id > most && p->conf.id < MRT_PEERS_MAX)
			most = p->conf.id;
	}
	return most;
}

static void
put_peers(struct wr *w, const struct bgp *b, uint32_t n)
{
	static const struct addr none = { 0 };
	const struct peer *any = TAILQ_FIRST(&b->all);

	wr_u16(w, (uint16_t)n);
	put_peer(w, b->router_id, &none, any == NULL ? 0 :
	    any->conf.local_asn);
	for (uint32_t id = 1; id < n; id++) {
		struct bgp_peer_info info = { 0 };
		const struct peer *p = peer_get(b, id);

		bgp_peer_get(b, id, &info);
		put_peer(w, info.remote_router_id,
		    p == NULL ? &none : &p->conf.remote,
		    p == NULL ? 0 : p->conf.remote_asn);
	}
}

uint8_t *
mrt_peers(const struct bgp *b, const struct mrt *m, const char *view,
    size_t *n)
{
	uint32_t peers = highest(b) + 1;
	size_t most = HEADER + 8 + MRT_VIEW_LEN + (size_t)peers * PEER_MOST;
	uint8_t *p = calloc(1, most);
	struct wr w = wr_of(p, most);
	size_t len = strlen(view);

	if (p == NULL)
		return NULL;
	put_header(&w, m, PEER_INDEX_TABLE);
	wr_u32(&w, b->router_id);
	wr_u16(&w, (uint16_t)(len < MRT_VIEW_LEN ? len : 0));
	if (len < MRT_VIEW_LEN)
		wr_bytes(&w, bytes_str(view));
	put_peers(&w, b, peers);
	return finish(&w, n);
}

/* --- prefixes: sections 4.3.2 and 4.3.4 --- */

/* Of the tables that a peer's path is in, it counts in its home. */
static bool
is_wanted(const struct rib *r, const struct rib_path *p)
{
	const struct rib_source *s = &r->source[p->slot];

	return (p->flags & PATH_ELIGIBLE) != 0 && !s->leaving &&
	    (p->slot == 0 ||
	    ((p->flags & PATH_HOME) != 0 && s->peer < MRT_PEERS_MAX));
}

/* Does its peer give paths identifiers? */
static bool
has_id(const struct bgp *b, const struct rib_path *p)
{
	const struct import *im = p->slot == 0 ? NULL :
	    peer_import(b, b->rib.source[p->slot].peer);

	return im != NULL && update_has_ids(&im->mode,
	    (p->net & RIB_IPV6) != 0 ? ADDR_IPV6 : ADDR_IPV4);
}

/* How many paths there are to write, and room for all of them. */
static unsigned
measure(const struct bgp *b, uint32_t net, bool ids, size_t *room)
{
	const struct rib *r = &b->rib;
	unsigned n = 0;

	*room = HEADER + 4 + 1 + 16 + 2;
	for (uint32_t id = rib_net(r, net)->paths; id != 0;
	    id = rib_path(r, id)->next) {
		const struct rib_path *p = rib_path(r, id);

		if (!is_wanted(r, p) || has_id(b, p) != ids)
			continue;
		n++;
		*room += 12 + 20 + attr_encoded_max(intern_at(&r->intern,
		    p->attrs));
	}
	return n;
}

/* What we originate has no next hop but ourselves. */
static struct addr
next_hop(const struct attrs *a, enum addr_family family)
{
	return addr_is_set(&a->next_hop) ? a->next_hop :
	    (struct addr){ .family = family };
}

static void
put_attributes(struct wr *w, const struct attrs *a, enum addr_family family)
{
	struct attr_out out = { .ibgp = true, .as4 = true };
	struct addr hop = next_hop(a, family);
	size_t at = w->n;

	if (hop.family == ADDR_IPV4)
		out.next_hop = hop;
	wr_u16(w, 0);
	attr_encode(w, a, &out);
	if (hop.family == ADDR_IPV6) {
		attr_put(w, ATTR_OPTIONAL, ATTR_MP_REACH, 17);
		wr_u8(w, 16);
		wr_bytes(w, addr_bytes(&hop));
	}
	wr_patch_u16(w, at, (uint16_t)(w->n - at - 2));
}

static void
put_path(struct wr *w, const struct bgp *b, const struct mrt *m,
    uint32_t number, bool ids)
{
	const struct rib_path *path = rib_path(&b->rib, number);
	uint32_t id = path->slot == 0 ? 0 : b->rib.source[path->slot].peer;
	const struct peer *p = id == 0 ? NULL : peer_get(b, id);

	wr_u16(w, (uint16_t)id);
	wr_u32(w, (uint32_t)(p == NULL ? m->wall : wall_at(m, p->since)));
	if (ids)
		wr_u32(w, addpath_get(&b->rib.ids, number));
	put_attributes(w, intern_at(&b->rib.intern, path->attrs),
	    (path->net & RIB_IPV6) != 0 ? ADDR_IPV6 : ADDR_IPV4);
}

static void
put_prefix(struct wr *w, const struct prefix *p)
{
	wr_u8(w, p->len);
	wr_bytes(w, bytes_of(p->addr.b, (p->len + 7u) / 8));
}

static uint16_t
subtype_of(uint32_t net, bool ids)
{
	if ((net & RIB_IPV6) != 0)
		return ids ? RIB_IPV6_UNICAST_ADDPATH : RIB_IPV6_UNICAST;
	return ids ? RIB_IPV4_UNICAST_ADDPATH : RIB_IPV4_UNICAST;
}

static uint8_t *
record(const struct bgp *b, const struct mrt *m, uint32_t net, unsigned paths,
    bool ids, size_t room, size_t *n)
{
	const struct rib *r = &b->rib;
	struct prefix prefix = rib_prefix(r, net);
	uint8_t *out = malloc(room);
	struct wr w = wr_of(out, room);

	if (out == NULL)
		return NULL;
	put_header(&w, m, subtype_of(net, ids));
	wr_u32(&w, 0);
	put_prefix(&w, &prefix);
	wr_u16(&w, (uint16_t)paths);
	for (uint32_t id = rib_net(r, net)->paths; id != 0;
	    id = rib_path(r, id)->next) {
		const struct rib_path *p = rib_path(r, id);

		if (is_wanted(r, p) && has_id(b, p) == ids)
			put_path(&w, b, m, id, ids);
	}
	return finish(&w, n);
}

static bool
is_live(const struct rib *r, uint32_t net)
{
	uint32_t before = net - 1;

	return (net & ~RIB_IPV6) != 0 && rib_each(r, &before) && before == net;
}

/* IPv4, then IPv6; of each prefix first the paths without identifiers. */
static bool
advance(const struct rib *r, uint32_t *cursor)
{
	if (r->ids.n > 0 && (*cursor & WITH_IDS) == 0 && is_live(r, *cursor)) {
		*cursor |= WITH_IDS;
		return true;
	}
	*cursor &= ~WITH_IDS;
	if (rib_each(r, cursor))
		return true;
	if ((*cursor & RIB_IPV6) != 0)
		return false;
	*cursor = RIB_IPV6;
	return rib_each(r, cursor);
}

/* Of the paths at the cursor, if there are any.  NULL: none, or no memory. */
static uint8_t *
record_at(const struct bgp *b, struct mrt *m, size_t *n)
{
	uint32_t net = m->cursor & ~WITH_IDS;
	bool ids = (m->cursor & WITH_IDS) != 0;
	unsigned paths;
	uint8_t *p;
	size_t room;

	if (rib_net_table(&b->rib, net) == RIB_LIMBO)
		return NULL;
	paths = measure(b, net, ids, &room);
	if (paths == 0)
		return NULL;
	p = record(b, m, net, paths, ids, room, n);
	m->no_memory = p == NULL;
	return p;
}

uint8_t *
mrt_next(const struct bgp *b, struct mrt *m, size_t *n)
{
	uint8_t *p = NULL;

	while (m->visits > 0 && p == NULL && !m->no_memory) {
		if (!advance(&b->rib, &m->cursor))
			return NULL;
		m->visits--;
		p = record_at(b, m, n);
	}
	return p;
}
