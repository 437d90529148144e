/*
 * Evaluation of policies, and their life.  What a policy has to do with a
 * prefix is a bit for each prefix list in it, and one for the family; the rest
 * is a function of these bits and the attributes, so that whoever asks for
 * many routes (edit.c) need not evaluate for each.
 */
#include "bgp/policy.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/aspath.h"
#include "bgp/attr.h"

#define KEY_IPV6	(UINT64_C(1) << 63)
_Static_assert(POLICY_LISTS < 63, "a bit for each and the family");

struct term {
	struct policy_term conf;	/* owned */
	uint64_t	lists;		/* as bits */
};

struct policy {
	unsigned	holders;
	char		name[POLICY_NAME];
	size_t		n;
	struct term	*term;		/* owned */
	unsigned	lists_n;
	const struct plist *list[POLICY_LISTS];	/* held by the terms */
};

/* --- beginning and end --- */

void
policy_term_fini(struct policy_term *t)
{
	for (size_t i = 0; i < t->match.lists_n; i++)
		plist_free(t->match.lists[i]);
	free(t->match.lists);
	free(t->match.paths);
	free(t->match.any.v);
	free(t->match.all.v);
	free(t->match.none.v);
	free(t->set.communities.v);
	free(t->set.add.v);
	free(t->set.del.v);
	memset(t, 0, sizeof(*t));
}

/* The list's bit; 0: there are too many. */
static uint64_t
list_bit(struct policy *p, const struct plist *l)
{
	unsigned i = 0;

	while (i < p->lists_n && p->list[i] != l)
		i++;
	if (i == POLICY_LISTS)
		return 0;
	if (i == p->lists_n)
		p->list[p->lists_n++] = l;
	return UINT64_C(1) << i;
}

static bool
find_lists(struct policy *p, struct term *t)
{
	for (size_t i = 0; i < t->conf.match.lists_n; i++) {
		uint64_t bit = list_bit(p, t->conf.match.lists[i]);

		if (bit == 0)
			return false;
		t->lists |= bit;
	}
	return true;
}

enum policy_fault
policy_new(struct policy **out, const char *name, struct policy_term *terms,
    size_t n)
{
	struct policy *p = calloc(1, sizeof(*p));
	bool fits = true;

	if (p == NULL)
		return POLICY_NO_MEMORY;
	p->holders = 1;
	str_set(p->name, sizeof(p->name), name);
	p->term = calloc(n + 1, sizeof(*p->term));
	if (p->term == NULL) {
		free(p);
		return POLICY_NO_MEMORY;
	}
	for (size_t i = 0; i < n; i++) {
		p->term[i].conf = terms[i];
		fits = fits && find_lists(p, &p->term[i]);
	}
	if (!fits) {
		free(p->term);
		free(p);
		return POLICY_MANY_LISTS;
	}
	p->n = n;
	free(terms);
	*out = p;
	return POLICY_FINE;
}

void
policy_hold(struct policy *p)
{
	if (p != NULL)
		p->holders++;
}

void
policy_free(struct policy *p)
{
	if (p == NULL || --p->holders > 0)
		return;
	for (size_t i = 0; i < p->n; i++)
		policy_term_fini(&p->term[i].conf);
	free(p->term);
	free(p);
}

/* --- likeness --- */

static bool
communities_eq(const struct community_list *a, const struct community_list *b)
{
	return a->n == b->n && (a->n == 0 ||
	    memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

static bool
number_eq(const struct policy_number *a, const struct policy_number *b)
{
	return a->on == b->on && (!a->on ||
	    (a->range.lo == b->range.lo && a->range.hi == b->range.hi));
}

static bool
value_eq(const struct policy_value *a, const struct policy_value *b)
{
	return a->on == b->on && (!a->on || a->value == b->value);
}

static bool
match_eq(const struct policy_match *a, const struct policy_match *b)
{
	if (a->lists_n != b->lists_n || a->paths_n != b->paths_n ||
	    (a->paths_n > 0 && memcmp(a->paths, b->paths,
	    a->paths_n * sizeof(*a->paths)) != 0))
		return false;
	for (size_t i = 0; i < a->lists_n; i++) {
		if (!plist_eq(a->lists[i], b->lists[i]))
			return false;
	}
	return communities_eq(&a->any, &b->any) &&
	    communities_eq(&a->all, &b->all) &&
	    communities_eq(&a->none, &b->none) &&
	    number_eq(&a->hops, &b->hops) && number_eq(&a->med, &b->med) &&
	    number_eq(&a->local_pref, &b->local_pref) &&
	    a->origin == b->origin && a->family == b->family &&
	    a->source == b->source;
}

static bool
set_eq(const struct policy_set *a, const struct policy_set *b)
{
	return value_eq(&a->local_pref, &b->local_pref) &&
	    value_eq(&a->med, &b->med) && a->origin == b->origin &&
	    a->prepend == b->prepend && a->prepend_n == b->prepend_n &&
	    memcmp(a->prepend_asn, b->prepend_asn,
	    a->prepend_n * sizeof(a->prepend_asn[0])) == 0 &&
	    a->replace == b->replace &&
	    communities_eq(&a->communities, &b->communities) &&
	    communities_eq(&a->add, &b->add) &&
	    communities_eq(&a->del, &b->del);
}

bool
policy_eq(const struct policy *a, const struct policy *b)
{
	if (a == b || a == NULL || b == NULL)
		return a == b;
	if (a->n != b->n || strcmp(a->name, b->name) != 0)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct policy_term *x = &a->term[i].conf;
		const struct policy_term *y = &b->term[i].conf;

		if (strcmp(x->name, y->name) != 0 || x->then != y->then ||
		    !match_eq(&x->match, &y->match) ||
		    !set_eq(&x->set, &y->set))
			return false;
	}
	return true;
}

/* --- evaluation --- */

uint64_t
policy_key(const struct policy *p, const struct prefix *prefix)
{
	uint64_t key = prefix->addr.family == ADDR_IPV6 ? KEY_IPV6 : 0;

	for (unsigned i = 0; i < p->lists_n; i++) {
		if (plist_permits(p->list[i], prefix))
			key |= UINT64_C(1) << i;
	}
	return key;
}

static bool
number_holds(const struct policy_number *n, bool there, uint32_t v)
{
	return !n->on || (there && range_has(&n->range, v));
}

static bool
paths_hold(const struct policy_match *m, const struct attrs *a)
{
	for (size_t i = 0; i < m->paths_n; i++) {
		if (pathexp_match(&m->paths[i], attrs_path(a)))
			return true;
	}
	return m->paths_n == 0;
}

/* How many of them the route has. */
static size_t
communities_there(const struct community_list *l, const struct attrs *a)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += attr_has_community(a, &l->v[i]);
	return n;
}

static bool
communities_hold(const struct policy_match *m, const struct attrs *a)
{
	return (m->any.n == 0 || communities_there(&m->any, a) > 0) &&
	    communities_there(&m->all, a) == m->all.n &&
	    communities_there(&m->none, a) == 0;
}

/* What we originate has no next hop yet. */
static bool
source_holds(enum policy_source s, const struct attrs *a)
{
	return s == POLICY_ANY ||
	    (s == POLICY_LEARNED) == addr_is_set(&a->next_hop);
}

static bool
holds(const struct term *t, uint64_t key, const struct attrs *a)
{
	const struct policy_match *m = &t->conf.match;
	enum addr_family family =
	    (key & KEY_IPV6) != 0 ? ADDR_IPV6 : ADDR_IPV4;

	return (m->lists_n == 0 || (t->lists & key) != 0) &&
	    (m->family == ADDR_NONE || m->family == family) &&
	    source_holds(m->source, a) &&
	    number_holds(&m->hops, true, a->hops) &&
	    number_holds(&m->med, (a->has & ATTRS_MED) != 0, a->med) &&
	    number_holds(&m->local_pref, true, a->local_pref) &&
	    (m->origin == 0 || m->origin == a->origin + 1) &&
	    communities_hold(m, a) && paths_hold(m, a);
}

static bool
set_paths(const struct policy_set *s, const struct policy_side *side,
    union attrs_buf *buf)
{
	uint32_t own[POLICY_PREPEND];
	size_t n = s->prepend < POLICY_PREPEND ? s->prepend : POLICY_PREPEND;

	for (size_t i = 0; i < n; i++)
		own[i] = side->asn;
	return attr_edit_prepend(buf, own, n) &&
	    attr_edit_prepend(buf, s->prepend_asn, s->prepend_n);
}

static bool
set_communities(const struct policy_set *s, union attrs_buf *buf)
{
	static const struct community_list none;

	if (s->replace && !attr_edit_communities(buf, true, &none,
	    &s->communities))
		return false;
	if (s->del.n == 0 && s->add.n == 0)
		return true;
	return attr_edit_communities(buf, false, &s->del, &s->add);
}

/* False: no room for it. */
static bool
set(const struct policy_set *s, const struct policy_side *side,
    union attrs_buf *buf)
{
	struct attrs *a = &buf->attrs;

	if (s->local_pref.on)
		a->local_pref = s->local_pref.value;
	if (s->origin != 0)
		a->origin = (uint8_t)(s->origin - 1);
	if (s->med.on) {
		a->med = s->med.value;
		a->has |= ATTRS_MED | (side->exports ? ATTRS_MED_OUT : 0);
	}
	return set_paths(s, side, buf) && set_communities(s, buf);
}

struct policy_verdict
policy_run(const struct policy *p, uint64_t key,
    const struct policy_side *side, union attrs_buf *buf)
{
	struct policy_verdict v = { .term = POLICY_END };

	for (size_t i = 0; i < p->n; i++) {
		const struct policy_term *t = &p->term[i].conf;

		if (!holds(&p->term[i], key, &buf->attrs))
			continue;
		if (t->then != POLICY_REJECT && !set(&t->set, side, buf))
			v.too_long = true;
		if (t->then == POLICY_NEXT && !v.too_long)
			continue;
		v.accepted = t->then == POLICY_ACCEPT && !v.too_long;
		v.term = (uint16_t)i;
		break;
	}
	return v;
}

void
policy_verdict_str(const struct policy *p, struct policy_verdict v, char *buf,
    size_t size)
{
	str_fmt(buf, size, "%s by ", v.accepted ? "accepted" : "rejected");
	if (v.term == POLICY_END)
		str_add(buf, size, "the end");
	else
		str_add(buf, size, "term \"%s\"", p->term[v.term].conf.name);
	str_add(buf, size, " of policy \"%s\"%s", p->name, v.too_long ?
	    ": its attributes would be too long" : "");
}
