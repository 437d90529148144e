/* Binary heap of embedded timers. */
#include "util/timer.h"

#include <stdlib.h>

void
timers_fini(struct timers *h)
{
	free(h->heap);
	*h = (struct timers){ 0 };
}

static void
heap_place(struct timers *h, size_t i, struct timer *t)
{
	h->heap[i] = t;
	t->slot = i + 1;
}

static void
heap_up(struct timers *h, size_t i)
{
	struct timer *t = h->heap[i];

	while (i > 0 && h->heap[(i - 1) / 2]->at.ns > t->at.ns) {
		heap_place(h, i, h->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_place(h, i, t);
}

static void
heap_down(struct timers *h, size_t i)
{
	struct timer *t = h->heap[i];
	size_t kid;

	while ((kid = 2 * i + 1) < h->n) {
		if (kid + 1 < h->n &&
		    h->heap[kid + 1]->at.ns < h->heap[kid]->at.ns)
			kid++;
		if (h->heap[kid]->at.ns >= t->at.ns)
			break;
		heap_place(h, i, h->heap[kid]);
		i = kid;
	}
	heap_place(h, i, t);
}

static bool
heap_reserve(struct timers *h)
{
	size_t cap = h->cap == 0 ? 16 : h->cap * 2;
	struct timer **p;

	if (h->n < h->cap)
		return true;
	p = realloc(h->heap, cap * sizeof(struct timer *));
	if (p == NULL)
		return false;
	h->heap = p;
	h->cap = cap;
	return true;
}

bool
timer_set(struct timers *h, struct timer *t, struct instant at)
{
	timer_clear(h, t);
	t->at = at;
	if (instant_is_never(at))
		return true;
	if (!heap_reserve(h))
		return false;
	heap_place(h, h->n++, t);
	heap_up(h, h->n - 1);
	return true;
}

void
timer_clear(struct timers *h, struct timer *t)
{
	size_t i = t->slot;
	struct timer *last;

	if (i-- == 0)
		return;
	t->slot = 0;
	last = h->heap[--h->n];
	if (last == t)
		return;
	heap_place(h, i, last);
	heap_up(h, i);
	heap_down(h, last->slot - 1);
}

struct instant
timers_next(const struct timers *h)
{
	return h->n == 0 ? INSTANT_NEVER : h->heap[0]->at;
}

struct timer *
timers_pop(struct timers *h, struct instant now)
{
	struct timer *t;

	if (h->n == 0 || !instant_due(h->heap[0]->at, now))
		return NULL;
	t = h->heap[0];
	timer_clear(h, t);
	return t;
}
