/*
 * Nexthops and groups.  The order of operations is always nexthop, group; a
 * tunnel that is lost is one deleted nexthop, by which the kernel shrinks
 * every group and drops the routes of those that are empty then, without a
 * message: members and life mirror what it does.  When the hop is back the
 * nexthop is made and each group stated once.
 *
 * A group may grow only to what its routes want.  After a loss they want less
 * for a while, since BGP takes its routes back one by one and brings them
 * again; that changes nothing as long as the group serves what they want.
 */
#include "gw/fib_set.h"

#include <stdlib.h>
#include <string.h>

void
fib_sets_init(struct fib_sets *f, struct queue *out)
{
	*f = (struct fib_sets){ .out = out };
}

void
fib_sets_fini(struct fib_sets *f)
{
	struct device *d;
	struct nexthop *h;
	size_t pos = 0;

	while ((d = map_each(&f->devices, &pos)) != NULL) {
		while ((h = d->hops) != NULL) {
			d->hops = h->next;
			free(h);
		}
		free(d);
	}
	for (uint32_t i = 0; i < f->cap; i++)
		free(f->at[i]);
	map_fini(&f->devices);
	map_fini(&f->by_hash);
	map_fini(&f->by_id);
	map_fini(&f->asked);
	free(f->at);
	fib_ids_fini(&f->numbers);
	fib_ids_fini(&f->ids);
	*f = (struct fib_sets){ 0 };
}

struct device *
fib_device(const struct fib_sets *f, uint32_t tunnel)
{
	return map_get(&f->devices, tunnel);
}

struct device *
fib_device_get(struct fib_sets *f, uint32_t tunnel)
{
	struct device *d = fib_device(f, tunnel);

	if (d != NULL)
		return d;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->tunnel = tunnel;
	d->up = tunnel == FIB_BLACKHOLE;
	if (!map_put(&f->devices, tunnel, d)) {
		free(d);
		return NULL;
	}
	return d;
}

/* --- nexthops --- */

bool
fib_hop_alive(const struct nexthop *h)
{
	return h->device->up &&
	    (addr_is_any(&h->gateway) || h->device->taught);
}

/* Objects by id: a group, or with the lowest bit set a nexthop. */
#define IS_NEXTHOP	((uintptr_t)1)

struct nexthop *
fib_hop_by_id(const struct fib_sets *f, uint32_t id)
{
	char *p = map_get(&f->by_id, id);

	return ((uintptr_t)p & IS_NEXTHOP) == 0 ? NULL :
	    (struct nexthop *)(void *)(p - IS_NEXTHOP);
}

struct fib_set *
fib_set_by_id(const struct fib_sets *f, uint32_t id)
{
	void *p = map_get(&f->by_id, id);

	return ((uintptr_t)p & IS_NEXTHOP) != 0 ? NULL : p;
}

void
fib_hop_push(struct fib_sets *f, struct nexthop *h)
{
	struct kern_op *op = h->in_kernel ? NULL :
	    queue_op(f->out, KERN_NEXTHOP_SET);

	if (op == NULL)
		return;
	op->nexthop.id = KERN_ID_BASE + h->id;
	op->nexthop.gateway = h->gateway;
	op->nexthop.blackhole = h->device->tunnel == FIB_BLACKHOLE;
	memcpy(op->nexthop.dev, h->device->name, sizeof(op->nexthop.dev));
	h->in_kernel = true;
	map_put(&f->asked, op->id, (void *)(uintptr_t)h->id);
}

void
fib_object_del(struct fib_sets *f, enum kern_op_kind kind, uint32_t id)
{
	struct kern_op *op = queue_op(f->out, kind);

	if (op != NULL)
		op->nexthop.id = KERN_ID_BASE + id;
}

static struct nexthop *
nexthop_get(struct fib_sets *f, const struct fib_hop *hop)
{
	struct device *d = fib_device_get(f, hop->tunnel);
	struct nexthop *h = d == NULL ? NULL : d->hops;

	while (h != NULL && !addr_eq(&h->gateway, &hop->gateway))
		h = h->next;
	if (h != NULL || d == NULL)
		return h;
	h = calloc(1, sizeof(*h));
	if (h == NULL || (h->id = fib_ids_take(&f->ids)) == 0) {
		free(h);
		return NULL;
	}
	if (!map_put(&f->by_id, h->id, (char *)h + IS_NEXTHOP)) {
		fib_ids_give(&f->ids, h->id);
		free(h);
		return NULL;
	}
	h->device = d;
	h->gateway = hop->gateway;
	h->next = d->hops;
	d->hops = h;
	return h;
}

/* When no set names it any more. */
static void
nexthop_release(struct fib_sets *f, struct nexthop *h)
{
	struct nexthop **at = &h->device->hops;

	if (h->sets != NULL)
		return;
	if (h->in_kernel)
		fib_object_del(f, KERN_NEXTHOP_DEL, h->id);
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	map_del(&f->by_id, h->id);
	fib_ids_give(&f->ids, h->id);
	free(h);
}

/* --- sets --- */

static int
cmp_hop(const struct fib_hop *a, const struct fib_hop *b)
{
	if (a->tunnel != b->tunnel)
		return a->tunnel < b->tunnel ? -1 : 1;
	return addr_cmp(&a->gateway, &b->gateway);
}

/* In one order, each once. */
static void
sorted(struct fib_hops *to, const struct fib_hops *from)
{
	to->n = 0;
	for (unsigned i = 0; i < from->n; i++) {
		unsigned k = to->n;
		int c = 1;

		while (k > 0 &&
		    (c = cmp_hop(&to->v[k - 1], &from->v[i])) > 0)
			k--;
		if (k > 0 && c == 0)
			continue;
		memmove(&to->v[k + 1], &to->v[k],
		    (to->n - k) * sizeof(to->v[0]));
		to->v[k] = from->v[i];
		to->n++;
	}
}

static uint64_t
hash_of(const struct fib_hops *hops)
{
	uint64_t h = hops->n;

	for (unsigned i = 0; i < hops->n; i++) {
		h = (h ^ hops->v[i].tunnel) * 0x9e3779b97f4a7c15u;
		for (size_t k = 0; k < sizeof(hops->v[i].gateway.b); k++)
			h = (h ^ hops->v[i].gateway.b[k]) * 0x100000001b3u;
	}
	return h;
}

static bool
is_of(const struct fib_set *s, const struct fib_hops *hops)
{
	if (s->n != hops->n)
		return false;
	for (unsigned i = 0; i < s->n; i++) {
		if (s->hop[i]->device->tunnel != hops->v[i].tunnel ||
		    !addr_eq(&s->hop[i]->gateway, &hops->v[i].gateway))
			return false;
	}
	return true;
}

static struct fib_set *
find(const struct fib_sets *f, const struct fib_hops *hops, uint64_t hash)
{
	struct fib_set *s = map_get(&f->by_hash, hash);

	while (s != NULL && !is_of(s, hops))
		s = s->alike;
	return s;
}

struct fib_set *
fib_set_at(const struct fib_sets *f, uint32_t number)
{
	return number == 0 ? NULL : f->at[number - 1];
}

static bool
grow(struct fib_sets *f)
{
	uint32_t cap = f->cap == 0 ? 64 : f->cap * 2;
	struct fib_set **more = realloc(f->at, cap * sizeof(*more));

	if (more == NULL)
		return false;
	memset(more + f->cap, 0, (cap - f->cap) * sizeof(*more));
	f->at = more;
	f->cap = cap;
	return true;
}

static bool
enter(struct fib_sets *f, struct fib_set *s, uint64_t hash)
{
	s->number = fib_ids_take(&f->numbers);
	if (s->number == 0)
		return false;
	s->alike = map_get(&f->by_hash, hash);
	if ((s->number > f->cap && !grow(f)) ||
	    !map_put(&f->by_hash, hash, s)) {
		fib_ids_give(&f->numbers, s->number);
		return false;
	}
	f->at[s->number - 1] = s;
	return true;
}

static void
unlink_hops(struct fib_sets *f, struct fib_set *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct fib_set **at = &s->hop[i]->sets;

		while (*at != s) {
			unsigned k = 0;

			while ((*at)->hop[k] != s->hop[i])
				k++;
			at = &(*at)->next[k];
		}
		*at = s->next[i];
		nexthop_release(f, s->hop[i]);
	}
}

static struct fib_set *
make(struct fib_sets *f, const struct fib_hops *hops, uint64_t hash)
{
	struct fib_set *s = calloc(1, sizeof(*s));
	struct nexthop *h = NULL;

	if (s == NULL)
		return NULL;
	for (unsigned i = 0; i < hops->n; i++) {
		h = nexthop_get(f, &hops->v[i]);
		if (h == NULL)
			break;
		s->hop[s->n] = h;
		s->next[s->n] = h->sets;
		h->sets = s;
		s->live |= (uint16_t)(fib_hop_alive(h) << s->n);
		s->n++;
	}
	if (h == NULL || !enter(f, s, hash)) {
		unlink_hops(f, s);
		free(s);
		return NULL;
	}
	return s;
}

struct fib_set *
fib_set_want(struct fib_sets *f, const struct fib_hops *hops)
{
	struct fib_hops in_order;
	struct fib_set *s;
	uint64_t hash;

	if (hops->n == 0)
		return NULL;
	sorted(&in_order, hops);
	hash = hash_of(&in_order);
	s = find(f, &in_order, hash);
	if (s == NULL)
		s = make(f, &in_order, hash);
	if (s != NULL)
		s->wanted++;
	return s;
}

static void
leave_hash(struct fib_sets *f, struct fib_set *s)
{
	struct fib_hops hops = { .n = s->n };
	struct fib_set *first, **at = &first;
	uint64_t hash;

	for (unsigned i = 0; i < s->n; i++)
		hops.v[i] = (struct fib_hop){ s->hop[i]->device->tunnel,
		    s->hop[i]->gateway };
	hash = hash_of(&hops);
	first = map_del(&f->by_hash, hash);
	while (*at != s)
		at = &(*at)->alike;
	*at = s->alike;
	if (first != NULL)
		map_put(&f->by_hash, hash, first);
}

static void
torn(struct fib_sets *f, struct fib_set *s, bool is)
{
	f->torn += (unsigned)is - (unsigned)s->torn;
	if (!is)
		s->dividing = false;
	else if (!s->torn)
		s->whole_then = s->whole;
	s->torn = is;
}

static void
release(struct fib_sets *f, struct fib_set *s)
{
	if (s->wanted > 0 || s->attached > 0)
		return;
	torn(f, s, false);
	leave_hash(f, s);
	f->at[s->number - 1] = NULL;
	fib_ids_give(&f->numbers, s->number);
	if (s->id != 0) {
		map_del(&f->by_id, s->id);
		fib_ids_give(&f->ids, s->id);
	}
	unlink_hops(f, s);
	free(s);
}

void
fib_set_unwant(struct fib_sets *f, struct fib_set *s)
{
	if (s == NULL)
		return;
	s->wanted--;
	release(f, s);
}

uint32_t
fib_set_target(const struct fib_set *s)
{
	return KERN_ID_BASE + (s->n == 1 ? s->hop[0]->id : s->id);
}

/* All its routes are gone from the kernel, and the group with them. */
void
fib_set_lost(struct fib_sets *f, struct fib_set *s)
{
	s->members = 0;
	s->acked = 0;
	s->life++;
	torn(f, s, false);
	if (s->attached > 0 && s->live != 0)
		f->revived = true;
}

/* The same, but perhaps they are there after all. */
void
fib_set_doubt(struct fib_sets *f, struct fib_set *s)
{
	s->doubtful = true;
	fib_set_lost(f, s);
}

/* States the group with these hops of it. */
void
fib_set_push(struct fib_sets *f, struct fib_set *s, uint16_t members)
{
	struct kern_op *op = NULL;

	s->members = members;
	for (unsigned i = 0; i < s->n; i++) {
		if ((s->members >> i & 1) != 0)
			fib_hop_push(f, s->hop[i]);
	}
	if (s->n > 1)
		op = queue_op(f->out, KERN_GROUP_SET);
	if (op == NULL)
		return;
	map_put(&f->asked, op->id, (void *)(uintptr_t)s->id);
	op->group.id = KERN_ID_BASE + s->id;
	op->group.resilient = f->resilient;
	for (unsigned i = 0; i < s->n; i++) {
		if ((s->members >> i & 1) != 0)
			op->group.member[op->group.n++] =
			    KERN_ID_BASE + s->hop[i]->id;
	}
}

static bool
group_id(struct fib_sets *f, struct fib_set *s)
{
	uint32_t id = fib_ids_take(&f->ids);

	if (id == 0 || !map_put(&f->by_id, id, s))
		return false;
	s->id = id;
	return true;
}

bool
fib_set_ensure(struct fib_sets *f, struct fib_set *s)
{
	if (s->members != 0)
		return true;
	if (s->live == 0 || (s->n > 1 && s->id == 0 && !group_id(f, s)))
		return false;
	fib_set_push(f, s, s->live);
	return true;
}

static unsigned
bits(uint16_t v)
{
	unsigned n = 0;

	for (; v != 0; v &= (uint16_t)(v - 1))
		n++;
	return n;
}

bool
fib_set_serves(const struct fib_set *s, const struct fib_set *want)
{
	if (want == NULL || s == want)
		return s->members == (want == NULL ? 0 : want->live);
	if (bits(s->members) != bits(want->live))
		return false;
	for (unsigned i = 0, k = 0; i < s->n; i++) {
		if ((s->members >> i & 1) == 0)
			continue;
		while (k < want->n && ((want->live >> k & 1) == 0 ||
		    want->hop[k] != s->hop[i]))
			k++;
		if (k == want->n)
			return false;
	}
	return true;
}

void
fib_set_look(struct fib_sets *f, struct fib_set *s)
{
	bool less = s->members != 0 && s->members != s->live &&
	    s->attached > 0;

	if (less && s->whole == s->attached) {
		fib_set_push(f, s, s->live);
		less = false;
	}
	torn(f, s, less);
}

void
fib_set_attach(struct fib_set *s)
{
	s->attached++;
}

void
fib_set_detach(struct fib_sets *f, struct fib_set *s)
{
	if (--s->attached > 0) {
		if (s->torn)
			fib_set_look(f, s);
		return;
	}
	if ((s->members != 0 || s->doubtful) && s->n > 1)
		fib_object_del(f, KERN_GROUP_DEL, s->id);
	s->doubtful = false;
	fib_set_lost(f, s);
	release(f, s);
}

uint64_t
fib_sets_acked(const struct fib_sets *f)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < f->cap; i++)
		n += f->at[i] == NULL ? 0 : f->at[i]->acked;
	return n;
}

unsigned
fib_sets_count(const struct fib_sets *f, uint32_t tunnel)
{
	const struct device *d = fib_device(f, tunnel);
	unsigned n = 0;

	for (const struct nexthop *h = d == NULL ? NULL : d->hops; h != NULL;
	    h = h->next) {
		for (const struct fib_set *s = h->sets; s != NULL;) {
			unsigned i = 0;

			while (s->hop[i] != h)
				i++;
			if ((s->members >> i & 1) != 0)
				n += s->acked;
			s = s->next[i];
		}
	}
	return n;
}
