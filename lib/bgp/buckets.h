/*
 * The buckets of a hash table over nodes with 32-bit numbers, whose chains are
 * the caller's.  They grow by one at a time, so that no insertion takes long.
 */
#ifndef BGP_BUCKETS_H
#define BGP_BUCKETS_H

#include <stdbool.h>
#include <stdint.h>

struct buckets {
	uint32_t	**head;		/* in chunks; owned */
	uint32_t	chunks;
	uint32_t	half, split;	/* they are half + split */
};

/* False: no memory. */
bool		buckets_init(struct buckets *);
void		buckets_fini(struct buckets *);
/* The first of the chain that a node with this hash is in; 0: none. */
uint32_t	*buckets_head(const struct buckets *, uint32_t hash);
/*
 * Before a node is added to `used` others: the chain that has to be linked
 * anew, node by node, since their buckets may be others now; 0: none has.
 */
uint32_t	buckets_grow(struct buckets *, uint32_t used);
/* Of memory. */
uint64_t	buckets_octets(const struct buckets *);

#endif
