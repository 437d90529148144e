/*
 * What a speaker knows, for operators to look at: paths as peers taught them
 * with what the decision made of them, and what each peer was told.  Reads
 * only; attributes are borrowed until the speaker is next called.
 */
#ifndef BGP_LOOK_H
#define BGP_LOOK_H

#include "bgp/bgp.h"
#include "bgp/intern.h"

enum look_what {
	LOOK_BEST,		/* of a table: the paths that are used */
	LOOK_RECEIVED,		/* a peer's Adj-RIB-In, all as it came */
	LOOK_ACCEPTED,		/* of it, what may be chosen */
	LOOK_ADVERTISED,	/* a peer's Adj-RIB-Out */
};

struct look_path {
	uint32_t	peer;		/* taught it; 0: we originate it */
	uint16_t	table;
	bool		has_id;		/* one of several: */
	uint32_t	id;		/* its identifier (RFC 7911) */
	const struct attrs *attrs;
	struct addr	next_hop;	/* as received or as it was sent */
	uint32_t	prepend;	/* ADVERTISED: sent in front; 0: none */
	bool		eligible;	/* may be chosen */
	bool		best, shares;	/* is it; carries traffic with it */
	bool		stale;		/* its peer is to teach it again */
	struct reason	why;		/* it is not the best; "": it is */
};

/* A walk over the prefixes, which may go on after changes. */
struct look {
	enum look_what	what;
	uint32_t	peer;		/* not for BEST */
	uint16_t	table;		/* BEST: that one; 0: all of them */
	uint32_t	cursor;		/* 0: from the start; kept between calls */
	uint32_t	nth;		/* so many paths of it were shown */
	unsigned	visits;		/* prefixes that may still be visited */
};

/*
 * The next path.  False: no more, or visits is 0, which ends no walk: it goes
 * on from the cursor.  With BEST a prefix counts once, by its best path.
 */
bool		look_next(struct bgp *, struct look *, struct prefix *,
		    struct look_path *);
/*
 * All paths of a prefix, in the order of the decision: the best, those that
 * share, the others, those that may not be chosen.  Returns how many there
 * are, max of which were written.
 */
unsigned	look_paths(const struct bgp *, uint16_t table,
		    const struct prefix *, struct look_path *, unsigned max);
/* Was this peer told of the prefix? */
bool		look_told(const struct bgp *, uint32_t peer,
		    const struct prefix *);
/* The longest prefix with a path in the table that covers another one. */
bool		look_cover(const struct bgp *, uint16_t table,
		    const struct prefix *, struct prefix *);

#endif
