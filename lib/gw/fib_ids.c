/*
 * Numbers that are used again, but late: one that was given back rests until
 * a good many others were, so that what still names it is gone by then.
 */
#include "gw/fib_ids.h"

#include <stdlib.h>

#define IDS_MAX		(FIB_IDS_OF_LIFE - 1)
#define RESTING		64

uint32_t
fib_ids_take(struct fib_ids *f)
{
	uint32_t id;

	if (f->n <= RESTING && f->next < IDS_MAX)
		return f->base + ++f->next;
	if (f->n == 0)
		return 0;
	id = f->free[f->at];
	f->at = (f->at + 1) % f->cap;
	f->n--;
	return id;
}

/* Out of memory: the number is never used again. */
void
fib_ids_give(struct fib_ids *f, uint32_t id)
{
	uint32_t cap = f->cap == 0 ? 128 : f->cap * 2, *more;

	if (f->n == f->cap) {
		more = malloc(cap * sizeof(*more));
		if (more == NULL)
			return;
		for (uint32_t i = 0; i < f->n; i++)
			more[i] = f->free[(f->at + i) % f->cap];
		free(f->free);
		f->free = more;
		f->cap = cap;
		f->at = 0;
	}
	f->free[(f->at + f->n++) % f->cap] = id;
}

void
fib_ids_fini(struct fib_ids *f)
{
	free(f->free);
	*f = (struct fib_ids){ 0 };
}
