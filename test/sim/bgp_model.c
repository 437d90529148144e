/*
 * RFC 4271 section 9.1 step by step: each step crosses out who loses it.  And
 * section 9.2 with what the speaker promises: nothing back to who taught it,
 * nothing from iBGP to iBGP, nothing with the neighbour's own AS, the
 * well-known communities of RFC 1997, and without transit only our own.
 */
#include "sim/bgp_model.h"

#include <string.h>

static bool
has_as(const struct model_path *p, uint32_t asn)
{
	for (unsigned i = 0; i < p->n; i++) {
		if (p->as[i] == asn)
			return true;
	}
	return false;
}

/* Section 9.1.2: feasible, and not through ourselves. */
static bool
eligible(const struct model *m, unsigned peer, unsigned net)
{
	const struct model_path *p = &m->in[peer][net];

	return m->peer[peer].up && p->there && !has_as(p, m->asn);
}

static uint32_t
neighbour(const struct model_path *p)
{
	return p->n > 0 ? p->as[0] : 0;
}

/* Is a better than b at this step? */
static bool
better(const struct model *m, unsigned step, unsigned a, unsigned b,
    unsigned net)
{
	const struct model_path *x = &m->in[a][net], *y = &m->in[b][net];

	switch (step) {
	case 0:
		return x->local_pref > y->local_pref;
	case 1:
		return x->n < y->n;
	case 2:
		return x->origin < y->origin;
	case 3:
		return neighbour(x) == neighbour(y) &&
		    (x->has_med ? x->med : 0) < (y->has_med ? y->med : 0);
	default:
		return !m->peer[a].ibgp && m->peer[b].ibgp;
	}
}

unsigned
model_choose(const struct model *m, unsigned net, unsigned *best)
{
	bool in[MODEL_PEERS], out[MODEL_PEERS];
	unsigned set = 0, first = MODEL_PEERS;

	for (unsigned i = 0; i < MODEL_PEERS; i++)
		in[i] = eligible(m, i, net);
	for (unsigned step = 0; step < 5; step++) {
		memset(out, 0, sizeof(out));
		for (unsigned a = 0; a < MODEL_PEERS; a++) {
			for (unsigned b = 0; b < MODEL_PEERS; b++) {
				if (in[a] && in[b] &&
				    better(m, step, a, b, net))
					out[b] = true;
			}
		}
		for (unsigned i = 0; i < MODEL_PEERS; i++)
			in[i] = in[i] && !out[i];
	}
	for (unsigned i = 0; i < MODEL_PEERS; i++) {
		if (in[i] && (first == MODEL_PEERS ||
		    m->peer[i].router_id < m->peer[first].router_id))
			first = i;
	}
	/* Those as good as the best share its traffic: same neighbour AS. */
	for (unsigned i = 0; i < MODEL_PEERS; i++) {
		if (in[i] && neighbour(&m->in[i][net]) ==
		    neighbour(&m->in[first][net]))
			set |= 1u << i;
	}
	if (set != 0)
		*best = first;
	return set;
}

static bool
may_tell(const struct model *m, unsigned to, unsigned from, unsigned net)
{
	const struct model_peer *t = &m->peer[to], *f = &m->peer[from];
	const struct model_path *p = &m->in[from][net];

	if (!t->transit || to == from || (t->ibgp && f->ibgp) ||
	    p->no_advertise)
		return false;
	return t->ibgp || (!p->no_export && !has_as(p, t->asn));
}

struct model_told
model_told(const struct model *m, unsigned to, unsigned net)
{
	const struct model_peer *t = &m->peer[to];
	struct model_told told = { .there = false };
	struct model_path path = { .local_pref = 100 };
	unsigned best = 0;

	if (!t->up)
		return told;
	if (!m->own[net]) {
		if (model_choose(m, net, &best) == 0 ||
		    !may_tell(m, to, best, net))
			return told;
		path = m->in[best][net];
	}
	told.there = true;
	told.origin = path.origin;
	if (!t->ibgp)
		told.as[told.n++] = m->asn;
	for (unsigned i = 0; i < path.n; i++)
		told.as[told.n++] = path.as[i];
	told.has_med = t->ibgp && path.has_med;
	told.med = told.has_med ? path.med : 0;
	told.local_pref = t->ibgp ? path.local_pref : 0;
	return told;
}
