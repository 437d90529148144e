/*
 * What becomes of groups when tunnels and neighbours come and go, and when the
 * kernel loses or refuses something.  A hop that is gone leaves all groups by
 * the deletion of its nexthop; one that came is put back into each group as
 * soon as all routes of that want it.
 */
#include "gw/fib_set.h"

/* Takes a hop out of a group as the kernel did. */
static void
shrink(struct fib_sets *f, struct fib_set *s, uint16_t bit)
{
	if ((s->members & bit) == 0)
		return;
	s->members &= (uint16_t)~bit;
	if (s->members == 0)
		fib_set_lost(f, s);
}

static unsigned
place_in(const struct fib_set *s, const struct nexthop *h)
{
	unsigned i = 0;

	while (s->hop[i] != h)
		i++;
	return i;
}

static void
hop_gone(struct fib_sets *f, struct nexthop *h)
{
	struct fib_set *next;

	if (h->in_kernel)
		fib_object_del(f, KERN_NEXTHOP_DEL, h->id);
	h->in_kernel = false;
	for (struct fib_set *s = h->sets; s != NULL; s = next) {
		unsigned i = place_in(s, h);
		uint16_t bit = (uint16_t)(1u << i);

		next = s->next[i];
		s->live &= (uint16_t)~bit;
		shrink(f, s, bit);
		fib_set_look(f, s);
	}
}

static void
hop_came(struct fib_sets *f, struct nexthop *h)
{
	struct fib_set *next;

	for (struct fib_set *s = h->sets; s != NULL; s = next) {
		unsigned i = place_in(s, h);
		uint16_t bit = (uint16_t)(1u << i);

		next = s->next[i];
		if ((s->live & bit) != 0)
			continue;
		s->live |= bit;
		/* Who wants it and leads elsewhere, or to nothing yet. */
		if (s->members == 0 || s->wanted > s->whole)
			f->revived = true;
		fib_set_look(f, s);
	}
}

void
fib_device_changed(struct fib_sets *f, struct device *d)
{
	for (struct nexthop *h = d->hops; h != NULL; h = h->next) {
		if (fib_hop_alive(h))
			hop_came(f, h);
		else
			hop_gone(f, h);
	}
}

void
fib_sets_restate(struct fib_sets *f)
{
	struct device *d;
	size_t pos = 0;

	while ((d = map_each(&f->devices, &pos)) != NULL) {
		for (struct nexthop *h = d->hops; h != NULL; h = h->next) {
			bool was = h->in_kernel;

			h->in_kernel = false;
			if (was)
				fib_hop_push(f, h);
		}
	}
	for (uint32_t i = 0; i < f->cap; i++) {
		if (f->at[i] != NULL && f->at[i]->members != 0)
			fib_set_push(f, f->at[i], f->at[i]->members);
	}
}

/* Its nexthop is stated again, and every group that had it. */
static void
hop_lost(struct fib_sets *f, struct nexthop *h)
{
	struct fib_set *next;

	h->in_kernel = false;
	for (struct fib_set *s = h->sets; s != NULL; s = next) {
		unsigned i = place_in(s, h);
		uint16_t bit = (uint16_t)(1u << i);

		next = s->next[i];
		if (s->members == bit)
			fib_set_doubt(f, s);
		else if ((s->members & bit) != 0)
			fib_set_push(f, s, s->members);
	}
}

void
fib_sets_lost(struct fib_sets *f, uint32_t id)
{
	struct nexthop *h = fib_hop_by_id(f, id - KERN_ID_BASE);
	struct fib_set *s = fib_set_by_id(f, id - KERN_ID_BASE);

	if (h != NULL && h->in_kernel)
		hop_lost(f, h);
	else if (s != NULL && s->members != 0)
		fib_set_doubt(f, s);
}

bool
fib_sets_done(struct fib_sets *f, uint32_t op, int32_t error)
{
	uint32_t id = (uint32_t)(uintptr_t)map_del(&f->asked, op);
	struct nexthop *h = fib_hop_by_id(f, id);
	struct fib_set *s = fib_set_by_id(f, id);

	if (error != 0 && h != NULL)
		h->refused = true;
	if (error != 0 && s != NULL)
		s->refused = true;
	return id != 0;
}

/* What was refused may be there as it was before, or not at all. */
void
fib_sets_retry(struct fib_sets *f)
{
	struct device *d;
	size_t pos = 0;

	while ((d = map_each(&f->devices, &pos)) != NULL) {
		for (struct nexthop *h = d->hops; h != NULL; h = h->next) {
			if (h->refused && h->in_kernel)
				hop_lost(f, h);
			h->refused = false;
		}
	}
	for (uint32_t i = 0; i < f->cap; i++) {
		struct fib_set *s = f->at[i];

		if (s != NULL && s->refused && s->members != 0)
			fib_set_doubt(f, s);
		if (s != NULL)
			s->refused = false;
	}
}

bool
fib_sets_tick(struct fib_sets *f)
{
	for (uint32_t i = 0; i < f->cap && f->torn > 0; i++) {
		struct fib_set *s = f->at[i];

		if (s == NULL || !s->torn)
			continue;
		if (s->whole == s->whole_then) {
			s->dividing = true;
			f->revived = true;
		}
		s->whole_then = s->whole;
	}
	return f->torn > 0;
}
