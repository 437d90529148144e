/*
 * The store of routes: nodes with 32-bit numbers, found by prefix.
 */
#ifndef GW_FIB_TABLE_H
#define GW_FIB_TABLE_H

#include "bgp/buckets.h"
#include "bgp/store.h"
#include "gw/fib.h"

#define FIB_ROUTES_MAX	0x01ffffffu	/* of one table and family */

enum {
	ROUTE_LIVE = 1,		/* in the store */
	ROUTE_IN_LINE = 2,	/* to be settled */
	ROUTE_WHOLE = 4,	/* wants all of what it leads to */
	ROUTE_ACKED = 8,	/* the kernel has said yes */
	ROUTE_FAILED = 16,	/* the kernel has said no */
	ROUTE_STATIC = 32,	/* is in the list of those with static hops */
	ROUTE_AGAIN = 64,	/* to be settled when its answer is there */
	ROUTE_STALE = 128,	/* to be sent again in any case */
};

/* 32 octets for IPv4. */
struct route {
	uint32_t	chain;		/* next in its bucket */
	uint32_t	want[FIB_SOURCES];	/* hop sets; 0: none */
	uint32_t	at;		/* where it leads as sent; 0: nowhere */
	uint32_t	op;		/* unanswered; 0: none */
	uint32_t	next;		/* in line */
	uint16_t	life;		/* of that set when it was sent */
	uint8_t		flags;
	uint8_t		len;
	uint8_t		key[];		/* 4 or 16 octets */
};

struct fib_table {
	struct store	routes;
	unsigned	octets;		/* of a key: 4 or 16 */
	struct buckets	buckets;
};

/* Keys of hashing are secrets of this run.  False: no memory. */
bool		fib_table_init(struct fib_table *, unsigned octets);
void		fib_table_fini(struct fib_table *);
struct route	*fib_table_at(const struct fib_table *, uint32_t number);
/* 0: there is none. */
uint32_t	fib_table_find(const struct fib_table *, uint64_t key,
		    const struct prefix *);
/* Finds or adds; 0: no memory. */
uint32_t	fib_table_get(struct fib_table *, uint64_t key,
		    const struct prefix *);
void		fib_table_del(struct fib_table *, uint64_t key,
		    uint32_t number);
struct prefix	fib_table_prefix(const struct fib_table *,
		    const struct route *);

#endif
