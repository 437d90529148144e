/*
 * RFC 4271 section 9.1 step by step: each step crosses out who loses it.  And
 * section 9.2 with what the speaker promises: nothing back to who taught it,
 * nothing from iBGP to iBGP, nothing with the neighbour's own AS, the
 * well-known communities of RFC 1997, OTC (RFC 9234 section 5), and without
 * transit only our own.  What is chosen among is all paths of all peers; one
 * of them is a number: the peer's times MODEL_PATHS and its own.
 * Policies are asked anew for every question.
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

static void
put_first(struct model_path *p, uint32_t asn)
{
	memmove(p->as + 1, p->as, p->n * sizeof(p->as[0]));
	p->as[0] = asn;
	p->n++;
}

/* --- policies --- */

static bool
path_holds(const struct model_term *t, const struct model_path *p)
{
	switch (t->where) {
	case MODEL_FIRST:
		return p->n > 0 && p->as[0] == t->asn;
	case MODEL_LAST:
		return p->n > 0 && p->as[p->n - 1] == t->asn;
	case MODEL_ANYWHERE:
		break;
	}
	return has_as(p, t->asn);
}

static bool
holds(const struct model_term *t, const struct model_path *p, unsigned net,
    bool own)
{
	return (t->nets == 0 || (t->nets >> net & 1) != 0) &&
	    (t->asn == 0 || path_holds(t, p)) && p->n >= t->hops &&
	    (t->any == 0 || (t->any & p->communities) != 0) &&
	    (t->all & p->communities) == t->all &&
	    (t->none & p->communities) == 0 && (t->own < 0 || t->own == own);
}

static void
set(const struct model_term *t, struct model_path *p, uint32_t asn, bool out)
{
	if (t->has_pref)
		p->local_pref = t->local_pref;
	if (t->has_med) {
		p->has_med = true;
		p->med = t->med;
		p->med_out = out;
	}
	for (unsigned i = 0; i < t->prepend; i++)
		put_first(p, asn);
	p->communities &= (uint8_t)~t->del;
	p->communities |= t->add;
}

/* False: rejected. */
static bool
passes(const struct model_policy *policy, struct model_path *p, unsigned net,
    bool own, uint32_t asn, bool out)
{
	if (!policy->on)
		return true;
	for (unsigned i = 0; i < policy->n; i++) {
		const struct model_term *t = &policy->term[i];

		if (!holds(t, p, net, own))
			continue;
		if (t->then == 2)
			return false;
		set(t, p, asn, out);
		if (t->then == 1)
			return true;
	}
	return false;
}

/* --- what came --- */

static unsigned
times(const struct model_path *p, uint32_t asn)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n; i++)
		n += p->as[i] == asn;
	return n;
}

/* RFC 9234 section 5, ingress, point by point.  False: a leak. */
static bool
no_leak(const struct model_peer *from, struct model_path *p)
{
	if (p->otc != 0 && from->role == MODEL_ITS_PROVIDER)
		return false;
	if (p->otc != 0 && from->role == MODEL_ITS_PEER &&
	    p->otc != from->asn)
		return false;
	if (p->otc == 0 && (from->role == MODEL_ITS_CUSTOMER ||
	    from->role == MODEL_ITS_PEER))
		p->otc = from->asn;
	return true;
}

static unsigned
peer_of(unsigned path)
{
	return path / MODEL_PATHS;
}

/*
 * Section 9.1.2: feasible, not through ourselves, and as the import policy
 * makes it.  False: it cannot be chosen.
 */
static bool
learn(const struct model *m, unsigned path, unsigned net,
    struct model_path *p)
{
	const struct model_peer *from = &m->peer[peer_of(path)];
	bool marked;
	unsigned own;

	*p = m->in[peer_of(path)][net][path % MODEL_PATHS];
	if ((!from->up && !from->held) || !p->there || !no_leak(from, p))
		return false;
	marked = (p->communities & MODEL_SHUTDOWN) != 0;
	own = times(p, m->asn) + (from->local_asn == m->asn ? 0 :
	    times(p, from->local_asn));
	if (own > from->allow_own)
		return false;
	if (from->local_asn != m->asn)
		put_first(p, from->local_asn);
	if (!passes(&from->import, p, net, false, from->local_asn, false))
		return false;
	if (from->drain || (from->heed && !from->ibgp && marked))
		p->local_pref = 0;
	return true;
}

/* Who taught it, whatever was put in front. */
static uint32_t
neighbour(const struct model *m, unsigned path, unsigned net)
{
	const struct model_path *p =
	    &m->in[peer_of(path)][net][path % MODEL_PATHS];

	return p->n > 0 ? p->as[0] : 0;
}

/* Is a better than b at this step? */
static bool
better(const struct model *m, unsigned step, unsigned a, unsigned b,
    unsigned net, const struct model_path *x, const struct model_path *y)
{
	switch (step) {
	case 0:
		return x->local_pref > y->local_pref;
	case 1:
		return x->n < y->n;
	case 2:
		return x->origin < y->origin;
	case 3:
		return neighbour(m, a, net) == neighbour(m, b, net) &&
		    (x->has_med ? x->med : 0) < (y->has_med ? y->med : 0);
	default:
		return !m->peer[peer_of(a)].ibgp && m->peer[peer_of(b)].ibgp;
	}
}

#define ALL	(MODEL_PEERS * MODEL_PATHS)

/* The best of all paths, ALL when there is none; *share has its peers. */
static unsigned
choose(const struct model *m, unsigned table, unsigned net, unsigned *share)
{
	struct model_path path[ALL];
	bool in[ALL], out[ALL];
	unsigned first = ALL;

	*share = 0;
	for (unsigned i = 0; i < ALL; i++)
		in[i] = (m->peer[peer_of(i)].into >> table & 1) != 0 &&
		    learn(m, i, net, &path[i]);
	for (unsigned step = 0; step < 5; step++) {
		memset(out, 0, sizeof(out));
		for (unsigned a = 0; a < ALL; a++) {
			for (unsigned b = 0; b < ALL; b++) {
				if (in[a] && in[b] && better(m, step, a, b,
				    net, &path[a], &path[b]))
					out[b] = true;
			}
		}
		for (unsigned i = 0; i < ALL; i++)
			in[i] = in[i] && !out[i];
	}
	for (unsigned i = 0; i < ALL; i++) {
		if (in[i] && (first == ALL || m->peer[peer_of(i)].router_id <
		    m->peer[peer_of(first)].router_id))
			first = i;
	}
	/* Those as good as the best share its traffic: same neighbour AS. */
	for (unsigned i = 0; i < ALL; i++) {
		if (in[i] && neighbour(m, i, net) == neighbour(m, first, net))
			*share |= 1u << peer_of(i);
	}
	return first;
}

unsigned
model_choose(const struct model *m, unsigned table, unsigned net,
    unsigned *best)
{
	unsigned share, first = choose(m, table, net, &share);

	if (share != 0)
		*best = peer_of(first);
	return share;
}

/* --- what goes out --- */

static bool
may_tell(const struct model *m, unsigned to, unsigned from,
    const struct model_path *p)
{
	const struct model_peer *t = &m->peer[to], *f = &m->peer[from];

	if (!t->transit || to == from || (t->ibgp && f->ibgp) ||
	    (p->communities & MODEL_NO_ADVERTISE) != 0)
		return false;
	/* RFC 9234 section 5, egress 2 */
	if (p->otc != 0 && (t->role == MODEL_ITS_CUSTOMER ||
	    t->role == MODEL_ITS_PEER))
		return false;
	return t->ibgp || ((p->communities & MODEL_NO_EXPORT) == 0 &&
	    (t->override || t->tell_loops || !has_as(p, t->asn)));
}

static bool
is_private(uint32_t asn)
{
	return (asn >= 64512 && asn <= 65534) || asn >= 4200000000;
}

/* What the session does before its policy is asked. */
static void
rewrite(const struct model *m, const struct model_peer *t,
    struct model_path *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		if (t->override && p->as[i] == t->asn)
			p->as[i] = t->local_asn;
		if (t->no_private && p->as[i] != t->asn &&
		    is_private(p->as[i]))
			continue;
		p->as[n++] = p->as[i];
	}
	p->n = n;
	if (t->local_asn != m->asn)
		put_first(p, m->asn);
}

struct model_told
model_told(const struct model *m, unsigned to, unsigned net)
{
	const struct model_peer *t = &m->peer[to];
	struct model_told told = { .there = false };
	struct model_path path = { .local_pref = 100 };
	unsigned share;

	if (!t->up)
		return told;
	if (!m->own[t->table][net]) {
		unsigned best = choose(m, t->table, net, &share);

		if (share == 0)
			return told;
		learn(m, best, net, &path);
		if (!may_tell(m, to, peer_of(best), &path))
			return told;
	}
	rewrite(m, t, &path);
	if (!passes(&t->export, &path, net, m->own[t->table][net],
	    t->local_asn, true))
		return told;
	if (t->drain) {
		path.local_pref = 0;
		path.communities |= MODEL_SHUTDOWN;
	}
	if (!t->ibgp)
		put_first(&path, t->local_asn);
	told.there = true;
	told.origin = path.origin;
	told.n = path.n;
	memcpy(told.as, path.as, path.n * sizeof(path.as[0]));
	told.communities = path.communities;
	told.has_med = path.has_med && (t->ibgp || path.med_out);
	told.med = told.has_med ? path.med : 0;
	told.local_pref = t->ibgp ? path.local_pref : 0;
	told.otc = path.otc;
	/* RFC 9234 section 5, egress 1 */
	if (path.otc == 0 && (t->role == MODEL_ITS_PROVIDER ||
	    t->role == MODEL_ITS_PEER))
		told.otc = t->local_asn;
	return told;
}
