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
candidate(const struct bgp *b, const struct rib_path *p)
{
	return (struct decide_path){
		.attrs = intern_at(&b->rib.intern, p->attrs),
		.peer = &b->rib.source[p->slot].decide,
	};
}

/* The step of the decision that the path lost against the best one. */
static void
lost_by(const struct bgp *b, const struct rib_path *best,
    const struct rib_path *p, struct reason *why)
{
	struct decide_path x = candidate(b, best), y = candidate(b, p);
	int winner = 0;
	const char *step = decide_why(&x, &y, &winner);

	/* Against the best it may win a step that another path decided. */
	if (winner > 0)
		reason_set(why, "another path of its neighbour AS has a lower "
		    "MED");
	else
		reason_set(why, "the best path wins by %s", step);
}

static void
refused(const struct bgp *b, const struct rib_path *p,
    const struct prefix *prefix, struct reason *why)
{
	uint32_t peer = b->rib.source[p->slot].peer;

	if (bgp_why_in(b, peer, prefix, why) == BGP_ACCEPTED)
		reason_set(why, "it is about to be judged again");
}

static void
describe(const struct bgp *b, uint32_t net, const struct rib_path *p,
    struct look_path *out)
{
	const struct rib_path *best = rib_path(&b->rib, rib_net(&b->rib,
	    net)->paths);
	struct prefix prefix = rib_prefix(&b->rib, net);

	*out = (struct look_path){
		.peer = p->slot == 0 ? 0 : b->rib.source[p->slot].peer,
		.table = rib_net_table(&b->rib, net),
		.attrs = intern_at(&b->rib.intern, p->attrs),
		.eligible = (p->flags & PATH_ELIGIBLE) != 0,
		.best = (p->flags & PATH_BEST) != 0,
		.shares = (p->flags & PATH_SHARES) != 0,
		.stale = rib_is_stale(&b->rib, p),
	};
	out->next_hop = out->attrs->next_hop;
	if (!out->eligible)
		refused(b, p, &prefix, &out->why);
	else if (!out->best)
		lost_by(b, best, p, &out->why);
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
			describe(b, net, rib_path(&b->rib, id), &out[n]);
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

static bool
is_best(const struct rib_path *p)
{
	return (p->flags & PATH_BEST) != 0;
}

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
	return table == rib_home(&b->rib, s->import.source);
}

/* What the walk shows of a prefix; NULL: nothing. */
static const struct rib_path *
path_for(const struct bgp *b, const struct look *l, const struct session *s,
    uint32_t net)
{
	uint32_t first = rib_net(&b->rib, net)->paths;
	const struct import *im;
	const struct rib_path *p;

	if (!in_table(b, l, s, net))
		return NULL;
	switch (l->what) {
	case LOOK_BEST:
	case LOOK_ADVERTISED:
		p = first == 0 ? NULL : rib_path(&b->rib, first);
		if (p == NULL || !is_best(p) || (l->what == LOOK_ADVERTISED &&
		    !export_told(&s->export, net)))
			return NULL;
		return p;
	case LOOK_RECEIVED:
		im = peer_import(b, l->peer);
		return rib_path_from(&b->rib, net, im->source);
	case LOOK_ACCEPTED:
		im = peer_import(b, l->peer);
		p = rib_path_from(&b->rib, net, im->source);
		return p != NULL && (p->flags & PATH_ELIGIBLE) != 0 ? p : NULL;
	}
	return NULL;
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
	out->next_hop = prefix->addr.family == ADDR_IPV4 ? c->next_hop4 :
	    c->next_hop6;
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

		if (!advance(&b->rib, &l->cursor))
			return false;
		p = path_for(b, l, s, l->cursor);
		if (p == NULL)
			continue;
		l->visits--;
		*prefix = rib_prefix(&b->rib, l->cursor);
		describe(b, l->cursor, p, out);
		if (l->what == LOOK_ADVERTISED)
			as_sent(b, s, prefix, p, out);
		if (l->what == LOOK_RECEIVED)
			out->attrs = intern_at(&b->rib.intern,
			    intern_raw(&b->rib.intern, p->attrs));
		return true;
	}
	return false;
}
