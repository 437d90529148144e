/*
 * In line is what is in the kernel and changes, first come, first served, and
 * what is new as long as that is not much.  Static routes are never loose.
 */
#include "gw/fib_line.h"

#define LONG	4096		/* then the next that is new is loose */
#define NOWHERE	UINT32_MAX	/* route.next of those */

void
fib_line_up(struct fib_line *l, const struct fib_store *store,
    uint32_t number)
{
	struct route *r = fib_store_at(store, number);

	if ((r->flags & ROUTE_IN_LINE) != 0)
		return;
	r->flags |= ROUTE_IN_LINE;
	if (r->at == 0 && r->want[FIB_STATIC] == 0 &&
	    (l->loose > 0 || l->n >= LONG)) {
		r->next = NOWHERE;
		l->loose++;
		return;
	}
	r->next = 0;
	l->n++;
	if (l->tail != 0)
		fib_store_at(store, l->tail)->next = number;
	else
		l->head = number;
	l->tail = number;
}

uint32_t
fib_line_next(struct fib_line *l, const struct fib_store *store)
{
	uint32_t number = l->head;
	struct route *r;

	if (number == 0)
		return 0;
	r = fib_store_at(store, number);
	r->flags &= (uint8_t)~ROUTE_IN_LINE;
	l->n--;
	l->head = r->next;
	if (l->head == 0)
		l->tail = 0;
	return number;
}

bool
fib_line_loose(const struct route *r)
{
	return (r->flags & ROUTE_IN_LINE) != 0 && r->next == NOWHERE;
}

void
fib_line_take(struct fib_line *l, struct route *r)
{
	r->flags &= (uint8_t)~ROUTE_IN_LINE;
	l->loose--;
}
