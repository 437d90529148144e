/*
 * The tables of a speaker as operators see them (RFC 4271 section 3.2): Loc-RIB
 * and both Adj-RIBs.  Why a path is not used is worked out when it is asked,
 * by the same functions that decided it; nothing is kept for it.
 */
#include "bgp/look.h"

#include "bgp/decide.h"
#include "bgp/peer.h"
#include "bgp/session.h"

static struct decide_path
candidate(const struct bgp *b, uint32_t path)
{
	const struct rib_path *p = rib_path(&b->rib, path);

	return (struct decide_path){
		.path_id = addpath_get(&b->rib.ids, path),
		.attrs = intern_at(&b->rib.intern, p->attrs),
		.peer = &b->rib.source[p->slot].decide,
	};
}

/* The step of the decision that the path lost against the best one. */
static void
lost_by(const struct bgp *b, uint32_t best, uint32_t path,
    struct reason *why)
{
	struct decide_path x = candidate(b, best), y = candidate(b, path);
	int winner = 0;
	const char *step = decide_why(&x, &y, &winner);

	/* Against the best it may win a step that another path decided. */
	if (winner > 0)
		reason_set(why, "another path of its neighbour AS has a lower "
		    "MED");
	else
		reason_set(why, "the best path wins by %s", step);
}

/* By what it came in, be its session over; NULL: it is about to go. */
static const struct import *
import_of(const struct bgp *b, const struct rib_path *p)
{
	const struct import *im = p->slot == 0 ? NULL :
	    peer_import(b, b->rib.source[p->slot].peer);

	return im != NULL && im->source.slot == p->slot ? im : NULL;
}

static void
refused(const struct bgp *b, const struct rib_path *p, struct reason *why)
{
	const struct import *im = import_of(b, p);

	if (im == NULL)
		reason_set(why, "the session is not established");
	else if (import_why_path(im, &b->rib, p, why) == BGP_ACCEPTED)
		reason_set(why, "it is about to be judged again");
}

/* Is it of a session in which paths of its family have identifiers? */
static bool
has_id(const struct bgp *b, const struct rib_path *p)
{
	const struct import *im = import_of(b, p);

	return im != NULL && update_has_ids(&im->mode,
	    (p->net & RIB_IPV6) != 0 ? ADDR_IPV6 : ADDR_IPV4);
}

static void
describe(const struct bgp *b, uint32_t path, struct look_path *out)
{
	const struct rib_path *p = rib_path(&b->rib, path);

	*out = (struct look_path){
		.peer = p->slot == 0 ? 0 : b->rib.source[p->slot].peer,
		.table = rib_net_table(&b->rib, p->net),
		.attrs = intern_at(&b->rib.intern, p->attrs),
		.eligible = (p->flags & PATH_ELIGIBLE) != 0,
		.best = (p->flags & PATH_BEST) != 0,
		.shares = (p->flags & PATH_SHARES) != 0,
		.has_id = has_id(b, p), .id = addpath_get(&b->rib.ids, path),
		.stale = rib_is_stale(&b->rib, p),
	};
	out->next_hop = out->attrs->next_hop;
	if (!out->eligible)
		refused(b, p, &out->why);
	else if (!out->best)
		lost_by(b, rib_net(&b->rib, p->net)->paths, path, &out->why);
}

/* --- one prefix --- */

unsigned
look_paths(const struct bgp *b, uint16_t table, const struct prefix *prefix,
    struct look_path *out, unsigned max)
{
	uint32_t net = rib_find(&b->rib, table, prefix), id;
	unsigned n = 0;

	if (net == 0)
		return 0;
	for (id = rib_net(&b->rib, net)->paths; id != 0;
	    id = rib_path(&b->rib, id)->next) {
		if (n < max)
			describe(b, id, &out[n]);
		n++;
	}
	return n;
}

bool
look_told(const struct bgp *b, uint32_t peer, const struct prefix *prefix)
{
	const struct session *s = peer_up(b, peer);
	uint32_t net = s == NULL ? 0 :
	    rib_find(&b->rib, s->export.conf.table, prefix);

	return net != 0 && export_told(&s->export, net);
}

bool
look_cover(const struct bgp *b, uint16_t table, const struct prefix *of,
    struct prefix *out)
{
	for (int len = of->len; len >= 0; len--) {
		struct prefix p = { .addr = of->addr, .len = (uint8_t)len };
		uint32_t net;

		p = prefix_network(&p);
		net = rib_find(&b->rib, table, &p);
		if (net != 0 && rib_net(&b->rib, net)->paths != 0) {
			*out = p;
			return true;
		}
	}
	return false;
}

/* --- tables --- */

/* Is it in the table that the walk is about? */
static bool
in_table(const struct bgp *b, const struct look *l, const struct session *s,
    uint32_t net)
{
	uint16_t table = rib_net_table(&b->rib, net);

	switch (l->what) {
	case LOOK_BEST:
		return l->table != 0 ? table == l->table : table != RIB_LIMBO;
	case LOOK_ADVERTISED:
		return table == s->export.conf.table;
	case LOOK_RECEIVED:
	case LOOK_ACCEPTED:
		break;
	}
	return table == rib_home(&b->rib,
	    peer_import(b, l->peer)->source);
}

/* The best, if there is one and, when that is asked, the peer was told. */
static uint32_t
best_for(const struct bgp *b, const struct look *l, const struct session *s,
    uint32_t net)
{
	uint32_t first = rib_net(&b->rib, net)->paths;

	if (first == 0 || (rib_path(&b->rib, first)->flags & PATH_BEST) == 0)
		return 0;
	return l->what != LOOK_ADVERTISED || export_told(&s->export, net) ?
	    first : 0;
}

/*
 * The next of those that the peer taught, in the order of the decision; it may
 * have no session and be waited for.
 */
static uint32_t
taught_for(const struct bgp *b, struct look *l, uint32_t net)
{
	uint32_t path[LIMIT_PATHS];
	unsigned n = rib_paths_from(&b->rib, net,
	    peer_import(b, l->peer)->source, path);

	for (; l->nth < n; l->nth++) {
		uint32_t id = path[l->nth];

		if (l->what == LOOK_ACCEPTED &&
		    (rib_path(&b->rib, id)->flags & PATH_ELIGIBLE) == 0)
			continue;
		l->nth = (l->nth + 1) % n;
		return id;
	}
	l->nth = 0;
	return 0;
}

/* What the walk shows of a prefix; 0: nothing more. */
static uint32_t
path_for(const struct bgp *b, struct look *l, const struct session *s,
    uint32_t net)
{
	if (!in_table(b, l, s, net)) {
		l->nth = 0;
		return 0;
	}
	return l->what == LOOK_BEST || l->what == LOOK_ADVERTISED ?
	    best_for(b, l, s, net) : taught_for(b, l, net);
}

/*
 * As the session sends it (RFC 4271 sections 5.1.2 and 5.1.3), or would: what a
 * change of policy has made of it may not have gone out yet.
 */
static void
as_sent(struct bgp *b, struct session *s, const struct prefix *prefix,
    const struct rib_path *p, struct look_path *out)
{
	const struct export_conf *c = &s->export.conf;
	uint32_t id = export_attrs(&s->export, &b->rib, p->attrs, prefix);

	if (id != 0)
		out->attrs = intern_at(&b->rib.intern, id);
	out->next_hop = prefix->addr.family == ADDR_IPV4 &&
	    addr_is_set(&c->next_hop4) ? c->next_hop4 : c->next_hop6;
	out->prepend = c->ibgp ? 0 : c->local_asn;
}

static bool
advance(const struct rib *r, uint32_t *net)
{
	if (rib_each(r, net))
		return true;
	if ((*net & RIB_IPV6) != 0)
		return false;
	*net = RIB_IPV6;
	return rib_each(r, net);
}

bool
look_next(struct bgp *b, struct look *l, struct prefix *prefix,
    struct look_path *out)
{
	struct session *s = peer_up(b, l->peer);

	if ((l->what == LOOK_ADVERTISED && s == NULL) ||
	    (l->what != LOOK_BEST && peer_import(b, l->peer) == NULL))
		return false;
	for (; l->visits > 0; l->visits--) {
		const struct rib_path *p;
		uint32_t path;

		if (l->nth == 0 && !advance(&b->rib, &l->cursor))
			return false;
		path = path_for(b, l, s, l->cursor);
		if (path == 0)
			continue;
		l->visits--;
		p = rib_path(&b->rib, path);
		*prefix = rib_prefix(&b->rib, l->cursor);
		describe(b, path, out);
		if (l->what == LOOK_ADVERTISED)
			as_sent(b, s, prefix, p, out);
		if (l->what == LOOK_RECEIVED)
			out->attrs = intern_at(&b->rib.intern,
			    intern_raw(&b->rib.intern, p->attrs));
		return true;
	}
	return false;
}
