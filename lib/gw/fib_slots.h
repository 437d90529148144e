/*
 * The stores of all route tables, two for each: routes are found by table and
 * prefix, and by one number for all.  Private to the fib.
 */
#ifndef GW_FIB_SLOTS_H
#define GW_FIB_SLOTS_H

#include "gw/fib_table.h"

/*
 * The number of a route: the top bit for IPv6, the slot of its route table,
 * the number in the store of both.
 */
#define FIB_SLOTS	32u

struct fib_slots {
	struct {
		uint32_t	table;		/* of the kernel */
		struct fib_table of[2];		/* IPv4, IPv6 */
	} slot[FIB_SLOTS];
	unsigned	n;		/* [0] is the main table */
	uint64_t	key;
};

/* False: no memory; fib_slots_fini() then, too. */
bool		fib_slots_init(struct fib_slots *, uint64_t key);
void		fib_slots_fini(struct fib_slots *);
/* Finds a route, or finds or adds it; 0: there is none, or no memory. */
uint32_t	fib_slots_find(const struct fib_slots *, uint32_t table,
		    const struct prefix *);
uint32_t	fib_slots_get(struct fib_slots *, uint32_t table,
		    const struct prefix *);
void		fib_slots_del(struct fib_slots *, uint32_t number);
struct route	*fib_slots_at(const struct fib_slots *, uint32_t number);
/* That of a route in the stores of a slot; 0: none. */
uint32_t	fib_slots_number(unsigned slot, uint32_t of_store);
struct prefix	fib_slots_prefix(const struct fib_slots *, uint32_t number);
uint32_t	fib_slots_table(const struct fib_slots *, uint32_t number);
/* Routes that there are. */
uint32_t	fib_slots_used(const struct fib_slots *);
/* Places of all stores in a row, and the number of who is in one; 0: none. */
uint32_t	fib_slots_places(const struct fib_slots *);
uint32_t	fib_slots_in(const struct fib_slots *, uint32_t place);

#endif
