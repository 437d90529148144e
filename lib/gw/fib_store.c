/*
 * A route table has a slot, found by its number in the kernel.  There are few
 * of them.  A slot whose routes are all gone is taken for another table; the
 * main table keeps the first.
 */
#include "gw/fib_store.h"

#define NUMBER(n)	((n) & ((1u << FIB_SLOT_SHIFT) - 1))
#define SLOT(n)		(((n) & ~FIB_IPV6) >> FIB_SLOT_SHIFT)
#define IS_V6(n)	(((n) & FIB_IPV6) != 0)

static uint32_t
number_of(unsigned slot, bool v6, uint32_t id)
{
	return id == 0 ? 0 : id | slot << FIB_SLOT_SHIFT |
	    (v6 ? FIB_IPV6 : 0);
}

/* --- slots --- */

/* FIB_SLOTS: no routes of that table are here. */
static unsigned
slot_find(const struct fib_store *s, uint32_t table)
{
	for (unsigned i = 0; i < s->slots; i++) {
		if (s->slot[i].table == table)
			return i;
	}
	return FIB_SLOTS;
}

static bool
is_vacant(const struct fib_slot *s)
{
	return s->table != FIB_TABLE_MAIN && s->of[0].routes.used == 0 &&
	    s->of[1].routes.used == 0;
}

static unsigned
slot_vacant(const struct fib_store *s)
{
	for (unsigned i = 0; i < s->slots; i++) {
		if (is_vacant(&s->slot[i]))
			return i;
	}
	return FIB_SLOTS;
}

static unsigned
slot_add(struct fib_store *s)
{
	struct fib_slot *new = &s->slot[s->slots];

	if (s->slots == FIB_SLOTS)
		return FIB_SLOTS;
	if (!fib_table_init(&new->of[0], 4) ||
	    !fib_table_init(&new->of[1], 16)) {
		fib_table_fini(&new->of[0]);
		return FIB_SLOTS;
	}
	return s->slots++;
}

static unsigned
slot_get(struct fib_store *s, uint32_t table)
{
	unsigned i = slot_find(s, table);

	if (i == FIB_SLOTS)
		i = slot_vacant(s);
	if (i == FIB_SLOTS)
		i = slot_add(s);
	if (i < FIB_SLOTS)
		s->slot[i].table = table;
	return i;
}

bool
fib_store_init(struct fib_store *s, uint64_t key)
{
	s->slots = 0;
	s->key = key;
	return slot_get(s, FIB_TABLE_MAIN) != FIB_SLOTS;
}

void
fib_store_fini(struct fib_store *s)
{
	for (unsigned i = 0; i < s->slots; i++) {
		fib_table_fini(&s->slot[i].of[0]);
		fib_table_fini(&s->slot[i].of[1]);
	}
	s->slots = 0;
}

/* --- routes --- */

static const struct fib_table *
table_of(const struct fib_store *s, uint32_t number)
{
	return &s->slot[SLOT(number)].of[IS_V6(number)];
}

struct route *
fib_store_at(const struct fib_store *s, uint32_t number)
{
	return fib_table_at(table_of(s, number), NUMBER(number));
}

struct prefix
fib_store_prefix(const struct fib_store *s, uint32_t number)
{
	return fib_table_prefix(table_of(s, number),
	    fib_store_at(s, number));
}

uint32_t
fib_store_table(const struct fib_store *s, uint32_t number)
{
	return s->slot[SLOT(number)].table;
}

uint32_t
fib_store_find(const struct fib_store *s, uint32_t table,
    const struct prefix *p)
{
	bool v6 = p->addr.family == ADDR_IPV6;
	unsigned i = slot_find(s, table);

	return i == FIB_SLOTS ? 0 : number_of(i, v6,
	    fib_table_find(&s->slot[i].of[v6], s->key, p));
}

uint32_t
fib_store_get(struct fib_store *s, uint32_t table, const struct prefix *p)
{
	bool v6 = p->addr.family == ADDR_IPV6;
	unsigned i = slot_get(s, table);

	return i == FIB_SLOTS ? 0 : number_of(i, v6,
	    fib_table_get(&s->slot[i].of[v6], s->key, p));
}

void
fib_store_del(struct fib_store *s, uint32_t number)
{
	fib_table_del(&s->slot[SLOT(number)].of[IS_V6(number)], s->key,
	    NUMBER(number));
}

/* --- all of them --- */

unsigned
fib_store_used(const struct fib_store *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->slots; i++)
		n += s->slot[i].of[0].routes.used +
		    s->slot[i].of[1].routes.used;
	return n;
}

uint32_t
fib_store_places(const struct fib_store *s)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < 2 * s->slots; i++)
		n += fib_store_nth_table(s, i)->routes.n;
	return n;
}

const struct fib_table *
fib_store_nth_table(const struct fib_store *s, unsigned nth)
{
	return &s->slot[nth / 2].of[nth % 2];
}

uint32_t
fib_store_nth(const struct fib_store *s, unsigned nth, uint32_t place)
{
	const struct fib_table *t = fib_store_nth_table(s, nth);

	if (place >= t->routes.n ||
	    (fib_table_at(t, place + 1)->flags & ROUTE_LIVE) == 0)
		return 0;
	return number_of(nth / 2, nth % 2 != 0, place + 1);
}

uint32_t
fib_store_in(const struct fib_store *s, uint32_t place)
{
	for (unsigned i = 0; i < 2 * s->slots; i++) {
		uint32_t n = fib_store_nth_table(s, i)->routes.n;

		if (place < n)
			return fib_store_nth(s, i, place);
		place -= n;
	}
	return 0;
}
