/*
 * The paths of a source in the order of their age (RFC 4724 section 4.2, RFC
 * 7313 section 4): what a source teaches, and teaches again, comes to the
 * front of its list with the epoch of that time.  To mark all of them stale is
 * to begin another epoch; those that were not taught again are then at the
 * end, and taking them away costs no more than they are.
 *
 * Invariants: epochs fall along a list; there are less than 256 of them in it;
 * "stale" counts the paths at home that are not of the present one; paths to
 * one prefix in several tables are of one age.
 */
#include "bgp/rib.h"

#include "util/array.h"

#define EPOCHS_MOST	200	/* in a list, before the oldest have to go */

struct rib_taught *
rib_taught_of(const struct rib *r, const struct rib_path *p)
{
	return &r->source[p->slot].taught[(p->net & RIB_IPV6) != 0];
}

static struct rib_taught *
taught(const struct rib *r, struct rib_ref ref, enum addr_family family)
{
	return &r->source[ref.slot].taught[family == ADDR_IPV6];
}

static unsigned
age(const struct rib_taught *t, uint8_t epoch)
{
	return (uint8_t)(t->epoch - epoch);
}

bool
rib_is_stale(const struct rib *r, const struct rib_path *p)
{
	return p->epoch != rib_taught_of(r, p)->epoch;
}

bool
rib_stale_path(const struct rib *r, struct rib_ref ref, uint16_t table,
    const struct prefix *prefix, uint32_t *id)
{
	uint32_t net = rib_find(r, table, prefix), path[LIMIT_PATHS];
	unsigned n = net == 0 ? 0 : rib_paths_from(r, net, ref, path);

	while (n > 0 && !rib_is_stale(r, rib_path(r, path[n - 1])))
		n--;
	if (n > 0)
		*id = addpath_get(&r->ids, path[n - 1]);
	return n > 0;
}

void
rib_path_count(const struct rib *r, uint32_t id, bool add)
{
	const struct rib_path *p = rib_path(r, id);
	struct rib_taught *t = rib_taught_of(r, p);
	uint32_t one = (p->flags & PATH_HOME) == 0 ? 0 : add ? 1 : UINT32_MAX;

	t->held += one;
	if (p->epoch != t->epoch)
		t->stale += one;
	if ((p->flags & PATH_ELIGIBLE) != 0)
		r->source[p->slot].eligible += one;
}

/* In front of another one, or last (0). */
static void
link_before(const struct rib *r, uint32_t id, uint32_t next)
{
	struct rib_path *p = rib_path(r, id);
	struct rib_taught *t = rib_taught_of(r, p);

	p->src_next = next;
	p->src_prev = next == 0 ? t->last : rib_path(r, next)->src_prev;
	if (p->src_prev != 0)
		rib_path(r, p->src_prev)->src_next = id;
	else
		t->first = id;
	if (next != 0)
		rib_path(r, next)->src_prev = id;
	else
		t->last = id;
}

void
rib_path_link(struct rib *r, uint32_t id)
{
	struct rib_path *p = rib_path(r, id);
	const struct rib_taught *t = rib_taught_of(r, p);

	p->epoch = t->epoch;
	link_before(r, id, t->first);
}

void
rib_path_unlink(struct rib *r, uint32_t id)
{
	const struct rib_path *p = rib_path(r, id);
	struct rib_taught *t = rib_taught_of(r, p);

	if (p->src_prev != 0)
		rib_path(r, p->src_prev)->src_next = p->src_next;
	else
		t->first = p->src_next;
	if (p->src_next != 0)
		rib_path(r, p->src_next)->src_prev = p->src_prev;
	else
		t->last = p->src_prev;
}

void
rib_path_touch(struct rib *r, uint32_t id)
{
	if (!rib_is_stale(r, rib_path(r, id)))
		return;
	rib_path_count(r, id, false);
	rib_path_unlink(r, id);
	rib_path_link(r, id);
	rib_path_count(r, id, true);
}

void
rib_path_age(struct rib *r, uint32_t id, uint32_t like)
{
	uint8_t epoch = rib_path(r, like)->epoch;

	if (rib_path(r, id)->epoch == epoch)
		return;
	rib_path_count(r, id, false);
	rib_path_unlink(r, id);
	rib_path(r, id)->epoch = epoch;
	link_before(r, id, like);
	rib_path_count(r, id, true);
}

/* True: there are more. */
static bool
sweep(struct rib *r, struct rib_taught *t, uint32_t *n)
{
	while (t->last != 0 && age(t, rib_path(r, t->last)->epoch) >
	    age(t, t->keep)) {
		if (*n == 0)
			return true;
		--*n;
		rib_path_remove(r, t->last);
	}
	r->going -= t->going;
	t->going = false;
	return false;
}

void
rib_sweep_stale(struct rib *r, uint32_t *n)
{
	for (uint32_t i = 1; i < r->sources && r->going > 0 && *n > 0; i++) {
		struct rib_source *s = &r->source[i];

		for (unsigned f = 0; f < ARRAY_SIZE(s->taught); f++) {
			if (s->used && s->taught[f].going)
				sweep(r, &s->taught[f], n);
		}
	}
}

void
rib_mark(struct rib *r, struct rib_ref ref, enum addr_family family)
{
	struct rib_taught *t = taught(r, ref, family);
	uint32_t all = UINT32_MAX;
	uint8_t oldest;

	if (!rib_valid(r, ref) || t->last == 0)
		return;
	/* Epochs come round: who marks so often loses what is oldest. */
	if (age(t, rib_path(r, t->last)->epoch) >= EPOCHS_MOST) {
		t->keep = t->epoch;
		sweep(r, t, &all);
	}
	oldest = t->last == 0 ? t->epoch : rib_path(r, t->last)->epoch;
	if (age(t, t->keep) > age(t, oldest))
		t->keep = oldest;
	t->epoch++;
	t->stale = t->held;
}

uint32_t
rib_purge(struct rib *r, struct rib_ref ref, enum addr_family family)
{
	struct rib_taught *t = taught(r, ref, family);
	uint32_t n = RIB_SWEEP, stale;

	if (!rib_valid(r, ref) || t->last == 0 ||
	    !rib_is_stale(r, rib_path(r, t->last)))
		return 0;
	stale = t->stale;
	t->keep = t->epoch;
	r->going += !t->going;
	t->going = true;
	sweep(r, t, &n);
	return stale;
}

bool
rib_taught_by(const struct rib *r, struct rib_ref ref,
    const struct decide_peer *p)
{
	const struct decide_peer *was = &r->source[ref.slot].decide;

	return rib_valid(r, ref) && was->ibgp == p->ibgp &&
	    was->router_id == p->router_id && addr_eq(&was->addr, &p->addr);
}

uint32_t
rib_stale(const struct rib *r, struct rib_ref ref, enum addr_family family)
{
	return rib_valid(r, ref) ? taught(r, ref, family)->stale : 0;
}
