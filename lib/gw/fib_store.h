/*
 * All routes of a gateway: for each route table one store per family.  Private
 * to the fib.
 */
#ifndef GW_FIB_STORE_H
#define GW_FIB_STORE_H

#include "gw/conf.h"
#include "gw/fib_table.h"

/*
 * The number of a route: the top bit for IPv6, the slot of its route table,
 * and the number in that table's store, which is never 0.
 */
#define FIB_IPV6	0x80000000u
#define FIB_SLOTS	64u
#define FIB_SLOT_SHIFT	25
_Static_assert(FIB_ROUTES_MAX < 1u << FIB_SLOT_SHIFT, "numbers are ambiguous");
_Static_assert(FIB_SLOTS << FIB_SLOT_SHIFT <= FIB_IPV6, "likewise");
/*
 * A reload may replace them all, and another one again, before the kernel has
 * said that the routes of those before are gone.
 */
_Static_assert(1 + 3 * CONF_TABLES <= FIB_SLOTS, "there is room for each");

struct fib_slot {
	uint32_t	table;		/* of the kernel */
	struct fib_table of[2];		/* IPv4, IPv6 */
};

struct fib_store {
	struct fib_slot	slot[FIB_SLOTS];
	unsigned	slots;		/* [0] is the main table */
	uint64_t	key;
};

/* key: of hashing, a secret of this run.  False: no memory. */
bool		fib_store_init(struct fib_store *, uint64_t key);
void		fib_store_fini(struct fib_store *);
/* A route by its number, what it is called, and its route table. */
struct route	*fib_store_at(const struct fib_store *, uint32_t number);
struct prefix	fib_store_prefix(const struct fib_store *, uint32_t number);
uint32_t	fib_store_table(const struct fib_store *, uint32_t number);
/* Its number; 0: there is none. */
uint32_t	fib_store_find(const struct fib_store *, uint32_t table,
		    const struct prefix *);
/* Finds or adds; 0: no memory, or too many tables. */
uint32_t	fib_store_get(struct fib_store *, uint32_t table,
		    const struct prefix *);
void		fib_store_del(struct fib_store *, uint32_t number);
/* How many routes there are. */
unsigned	fib_store_used(const struct fib_store *);
/* Places in a row, 0..; the number of the route in one, 0: none is there. */
uint32_t	fib_store_places(const struct fib_store *);
uint32_t	fib_store_in(const struct fib_store *, uint32_t place);
/* The same for the places of one table and family, by its index in a row. */
uint32_t	fib_store_nth(const struct fib_store *, unsigned nth,
		    uint32_t place);
const struct fib_table *fib_store_nth_table(const struct fib_store *,
		    unsigned nth);

#endif
