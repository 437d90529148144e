/*
 * Places are taken in passes: the first, the half, the odd quarters, the odd
 * eighths, each pass in a row.  Neighbours announce prefixes mostly in a row,
 * and so they lie in the store.  The kernel's trie of IPv4 routes grows evenly
 * when they come from everywhere in turn; in a row each doubling of it breaks
 * up all that is there, over and over: with a million routes that costs almost
 * twice the time and holds the kernel's lock for a second at a stretch, against
 * 80 ms.  (At random would be as good, but for taking them all out later.)
 */
#include "gw/fib_round.h"

#include "util/array.h"

static uint32_t
power_above(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return n == 0 ? 0 : p;
}

void
fib_round_begin(struct fib_round *r, const struct fib_store *store)
{
	uint32_t sum = 0;
	bool same = true;

	for (unsigned i = 0; i < ARRAY_SIZE(r->size); i++) {
		uint32_t n = i >= 2 * store->slots ? 0 :
		    power_above(fib_store_nth_table(store, i)->routes.n);

		same = same && n == r->size[i];
		r->size[i] = n;
		sum += n;
	}
	if (!same)
		r->in = r->at = 0;
	r->left = sum;
}

bool
fib_round_starts(const struct fib_round *r)
{
	return r->in == 0 && r->at == 0;
}

static uint32_t
place_of(uint32_t step, uint32_t size)
{
	uint32_t pass = 1;

	if (step == 0)
		return 0;
	while (pass <= step / 2)
		pass *= 2;
	return (2 * (step - pass) + 1) * (size / (2 * pass));
}

uint32_t
fib_round_step(struct fib_round *r, const struct fib_store *store)
{
	uint32_t number;

	while (r->at == r->size[r->in]) {
		r->in = (r->in + 1) % ARRAY_SIZE(r->size);
		r->at = 0;
	}
	number = fib_store_nth(store, r->in,
	    place_of(r->at, r->size[r->in]));
	r->at++;
	r->left--;
	return number;
}
