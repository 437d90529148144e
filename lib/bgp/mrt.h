/*
 * Adj-RIB-In after policy in the export format of MRT (RFC 6396): what other
 * programs read.  A peer's number in the dump is its id, ours is 0.
 */
#ifndef BGP_MRT_H
#define BGP_MRT_H

#include "bgp/bgp.h"

#define MRT_VIEW_LEN	64
#define MRT_PEERS_MAX	65535	/* numbers have 16 bits */

/* A walk over the prefixes, which may go on after changes. */
struct mrt {
	struct instant	now;
	int64_t		wall;		/* seconds since 1970, at now */
	uint32_t	cursor;		/* 0: from the start; kept */
	unsigned	visits;		/* prefixes that may still be visited */
	bool		no_memory;	/* the walk ended for want of it */
};

/*
 * PEER_INDEX_TABLE: all ids up to the highest one, absent ones as zeros; it
 * goes first.  view names the table.  Allocated; NULL: no memory.
 */
uint8_t	*mrt_peers(const struct bgp *, const struct mrt *, const char *view,
	    size_t *n);
/*
 * RIB_IPV4_UNICAST or RIB_IPV6_UNICAST of the next prefix with a path that may
 * be chosen, or the same with ADDPATH (RFC 8050), of which it may have one as
 * well; its sequence number, MRT_SEQUENCE octets in, is 0.  Allocated.
 * NULL: no more, no_memory, or visits is 0, which ends no walk.
 */
#define MRT_SEQUENCE	12
uint8_t	*mrt_next(const struct bgp *, struct mrt *, size_t *n);

#endif
