/*
 * Route tables are few, so that each has stores of its own instead of a place
 * for its number in every route.  A slot stays until its table has no routes
 * and another one needs it; the main table's stays for ever.
 */
#include "gw/fib_slots.h"

#define SHIFT		26

_Static_assert(FIB_NUMBER == (1u << SHIFT) - 1, "numbers leave room for slots");
_Static_assert(FIB_SLOTS << SHIFT == FIB_IPV6, "and slots for the family");

static unsigned
slot_of(uint32_t number)
{
	return (number & ~FIB_IPV6) >> SHIFT;
}

static uint32_t
number_of(unsigned slot, bool v6, uint32_t id)
{
	return id == 0 ? 0 : id | slot << SHIFT | (v6 ? FIB_IPV6 : 0);
}

static const struct fib_table *
store_of(const struct fib_slots *s, uint32_t number)
{
	return &s->slot[slot_of(number)].of[(number & FIB_IPV6) != 0];
}

/* FIB_SLOTS: no routes of that table are here. */
static unsigned
find(const struct fib_slots *s, uint32_t table)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->slot[i].table == table)
			return i;
	}
	return FIB_SLOTS;
}

static bool
is_vacant(const struct fib_slots *s, unsigned i)
{
	return i > 0 && s->slot[i].of[0].routes.used == 0 &&
	    s->slot[i].of[1].routes.used == 0;
}

static bool
add(struct fib_slots *s)
{
	struct fib_table *of = s->slot[s->n].of;

	if (!fib_table_init(&of[0], 4))
		return false;
	if (!fib_table_init(&of[1], 16)) {
		fib_table_fini(&of[0]);
		return false;
	}
	s->n++;
	return true;
}

/* Makes it, maybe from that of a table that has no routes any more. */
static unsigned
get(struct fib_slots *s, uint32_t table)
{
	unsigned i = find(s, table);

	if (i < FIB_SLOTS)
		return i;
	for (i = 0; i < s->n && !is_vacant(s, i); i++)
		;
	if (i == s->n && (i == FIB_SLOTS || !add(s)))
		return FIB_SLOTS;
	s->slot[i].table = table;
	return i;
}

bool
fib_slots_init(struct fib_slots *s, uint64_t key)
{
	*s = (struct fib_slots){ .key = key };
	return get(s, FIB_TABLE_MAIN) == 0;
}

void
fib_slots_fini(struct fib_slots *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		fib_table_fini(&s->slot[i].of[0]);
		fib_table_fini(&s->slot[i].of[1]);
	}
	s->n = 0;
}

uint32_t
fib_slots_find(const struct fib_slots *s, uint32_t table,
    const struct prefix *p)
{
	bool v6 = p->addr.family == ADDR_IPV6;
	unsigned i = find(s, table);

	return i == FIB_SLOTS ? 0 : number_of(i, v6,
	    fib_table_find(&s->slot[i].of[v6], s->key, p));
}

uint32_t
fib_slots_get(struct fib_slots *s, uint32_t table, const struct prefix *p)
{
	bool v6 = p->addr.family == ADDR_IPV6;
	unsigned i = get(s, table);

	return i == FIB_SLOTS ? 0 : number_of(i, v6,
	    fib_table_get(&s->slot[i].of[v6], s->key, p));
}

void
fib_slots_del(struct fib_slots *s, uint32_t number)
{
	fib_table_del(&s->slot[slot_of(number)].of[(number & FIB_IPV6) != 0],
	    s->key, number & FIB_NUMBER);
}

struct route *
fib_slots_at(const struct fib_slots *s, uint32_t number)
{
	return fib_table_at(store_of(s, number), number & FIB_NUMBER);
}

struct prefix
fib_slots_prefix(const struct fib_slots *s, uint32_t number)
{
	return fib_table_prefix(store_of(s, number), fib_slots_at(s, number));
}

uint32_t
fib_slots_number(unsigned slot, uint32_t of_store)
{
	return of_store == 0 ? 0 : of_store | slot << SHIFT;
}

uint32_t
fib_slots_table(const struct fib_slots *s, uint32_t number)
{
	return s->slot[slot_of(number)].table;
}

uint32_t
fib_slots_used(const struct fib_slots *s)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->slot[i].of[0].routes.used +
		    s->slot[i].of[1].routes.used;
	return n;
}

uint32_t
fib_slots_places(const struct fib_slots *s)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->slot[i].of[0].routes.n + s->slot[i].of[1].routes.n;
	return n;
}

uint32_t
fib_slots_in(const struct fib_slots *s, uint32_t place)
{
	uint32_t id = 0, n;

	for (unsigned i = 0; i < 2 * s->n && id == 0; i++) {
		n = s->slot[i / 2].of[i % 2].routes.n;
		if (place < n)
			id = number_of(i / 2, i % 2 != 0, place + 1);
		else
			place -= n;
	}
	return (fib_slots_at(s, id)->flags & ROUTE_LIVE) != 0 ? id : 0;
}
