/*
 * The decision process as a table of steps in the order of RFC 4271 section
 * 9.1.2.2, with LOCAL_PREF from 9.1.1 before it and RFC 4456 section 9 within
 * it.  Each step removes the paths that lose it; what a step compares is one
 * number, the lowest wins.  MED is compared only between paths from the same
 * neighbour AS, so that removing, not sorting, is what makes the outcome
 * independent of the order in which paths came.
 *
 * The rank that the configuration gives a session is a step before the router
 * id.  Before all of them: what we originate ourselves wins.  Distance to the next
 * hop is no step, since next hops are on the tunnel.
 */
#include "bgp/decide.h"

#include <stdlib.h>

#include "bgp/bgp.h"
#include "util/array.h"

static uint64_t
key_local(const struct decide_path *p)
{
	return p->peer->local ? 0 : 1;
}

static uint64_t
key_local_pref(const struct decide_path *p)
{
	return UINT32_MAX - p->attrs->local_pref;
}

static uint64_t
key_hops(const struct decide_path *p)
{
	return p->attrs->hops;
}

static uint64_t
key_origin(const struct decide_path *p)
{
	return p->attrs->origin;
}

/* RFC 4271 9.1.2.2 c: "the lowest possible value" when it is missing. */
static uint64_t
key_med(const struct decide_path *p)
{
	return p->attrs->med;
}

static uint64_t
key_ibgp(const struct decide_path *p)
{
	return p->peer->ibgp ? 1 : 0;
}

static uint64_t
key_rank(const struct decide_path *p)
{
	return p->attrs->rank;
}

static uint64_t
key_router_id(const struct decide_path *p)
{
	return p->attrs->has & ATTRS_ORIGINATOR ? p->attrs->originator :
	    p->peer->router_id;
}

static uint64_t
key_clusters(const struct decide_path *p)
{
	return p->attrs->clusters;
}

static const struct step {
	const char	*name;
	uint64_t	(*key)(const struct decide_path *);
	bool		 by_neighbour;	/* compared within a neighbour AS */
	bool		 breaks_tie;	/* losers may still share the traffic */
} steps[] = {
	{ "local origin", key_local, false, false },
	{ "LOCAL_PREF", key_local_pref, false, false },
	{ "AS_PATH length", key_hops, false, false },
	{ "ORIGIN", key_origin, false, false },
	{ "MED", key_med, true, false },
	{ "eBGP over iBGP", key_ibgp, false, false },
	{ "preferred tunnel", key_rank, false, true },
	{ "router id", key_router_id, false, true },
	{ "CLUSTER_LIST length", key_clusters, false, true },
};

static void
swap(struct decide_path *a, struct decide_path *b)
{
	struct decide_path t = *a;

	*a = *b;
	*b = t;
}

/* Moves the paths with the lowest key to the front; returns how many. */
static unsigned
keep_lowest(const struct step *s, struct decide_path *p, unsigned n)
{
	uint64_t low = s->key(&p[0]);
	unsigned kept = 0;

	for (unsigned i = 1; i < n; i++) {
		uint64_t k = s->key(&p[i]);

		low = k < low ? k : low;
	}
	for (unsigned i = 0; i < n; i++) {
		if (s->key(&p[i]) == low)
			swap(&p[kept++], &p[i]);
	}
	return kept;
}

static int
cmp_neighbour(const void *a, const void *b)
{
	const struct decide_path *x = a, *y = b;
	uint32_t nx = x->attrs->neighbour, ny = y->attrs->neighbour;

	if (nx != ny)
		return nx < ny ? -1 : 1;
	return (x->attrs->med > y->attrs->med) -
	    (x->attrs->med < y->attrs->med);
}

/* The same within each neighbour AS, when the keys differ at all. */
static unsigned
keep_lowest_each(const struct step *s, struct decide_path *p, unsigned n)
{
	unsigned kept = 0, first = 0;
	bool alike = true;

	for (unsigned i = 1; i < n; i++)
		alike = alike && s->key(&p[i]) == s->key(&p[0]);
	if (alike)
		return n;
	qsort(p, n, sizeof(*p), cmp_neighbour);
	for (unsigned i = 0; i < n; i++) {
		if (p[i].attrs->neighbour != p[first].attrs->neighbour)
			first = i;
		if (s->key(&p[i]) == s->key(&p[first])) {
			/* first moves along only when it is kept itself */
			swap(&p[kept], &p[i]);
			if (first == i)
				first = kept;
			kept++;
		}
	}
	return kept;
}

/*
 * Last resort and order of the equals: router id, address of the peer, and
 * between paths of the same peer their identifier.
 */
static int
cmp_tie(const void *a, const void *b)
{
	const struct decide_path *x = a, *y = b;
	int c;

	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
		uint64_t kx = steps[i].key(x), ky = steps[i].key(y);

		if (steps[i].breaks_tie && kx != ky)
			return kx < ky ? -1 : 1;
	}
	c = addr_cmp(&x->peer->addr, &y->peer->addr);
	return c != 0 ? c : (x->path_id > y->path_id) -
	    (x->path_id < y->path_id);
}

/* The narrower of both wishes counts. */
static bool
may_share(const struct attrs *a, const struct attrs *b)
{
	switch ((enum bgp_share)(a->share > b->share ? a->share : b->share)) {
	case BGP_SHARE_AS:
		return a->neighbour == b->neighbour;
	case BGP_SHARE_PATH:
		return bytes_eq(attrs_path(a), attrs_path(b));
	case BGP_SHARE_NONE:
		return false;
	}
	return false;
}

unsigned
decide(struct decide_path *p, unsigned n)
{
	unsigned left = n, share = 1;

	for (unsigned i = 0; i < ARRAY_SIZE(steps) && left > 1; i++) {
		if (steps[i].breaks_tie)
			break;
		left = steps[i].by_neighbour ?
		    keep_lowest_each(&steps[i], p, left) :
		    keep_lowest(&steps[i], p, left);
	}
	if (left > 1)
		qsort(p, left, sizeof(*p), cmp_tie);
	for (unsigned i = 1; i < left; i++) {
		if (may_share(p[0].attrs, p[i].attrs))
			swap(&p[share++], &p[i]);
	}
	return share;
}

const char *
decide_why(const struct decide_path *a, const struct decide_path *b,
    int *winner)
{
	bool same = a->attrs->neighbour == b->attrs->neighbour;
	int c;

	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
		uint64_t ka = steps[i].key(a), kb = steps[i].key(b);

		if (ka == kb || (steps[i].by_neighbour && !same))
			continue;
		*winner = ka < kb ? -1 : 1;
		return steps[i].name;
	}
	c = addr_cmp(&a->peer->addr, &b->peer->addr);
	if (c == 0 && a->path_id != b->path_id) {
		*winner = a->path_id < b->path_id ? -1 : 1;
		return "path identifier";
	}
	*winner = c;
	return c == 0 ? "equal" : "peer address";
}
