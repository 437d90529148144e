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

static uint32_t
power_above(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return n == 0 ? 0 : p;
}

void
fib_round_begin(struct fib_round *r, const struct fib_table table[static 2])
{
	uint32_t v4 = power_above(table[0].routes.n);
	uint32_t v6 = power_above(table[1].routes.n);

	if (v4 != r->size[0] || v6 != r->size[1])
		*r = (struct fib_round){ .size = { v4, v6 } };
	r->left = v4 + v6;
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
fib_round_step(struct fib_round *r, const struct fib_table table[static 2])
{
	bool v6 = r->at >= r->size[0];
	uint32_t place = place_of(v6 ? r->at - r->size[0] : r->at,
	    r->size[v6]);
	const struct fib_table *t = &table[v6];

	if (++r->at == r->size[0] + r->size[1])
		r->at = 0;
	r->left--;
	if (place >= t->routes.n ||
	    (fib_table_at(t, place + 1)->flags & ROUTE_LIVE) == 0)
		return 0;
	return v6 ? (place + 1) | FIB_IPV6 : place + 1;
}
