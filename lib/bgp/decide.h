/* The decision process (RFC 4271 section 9.1.2.2) over the paths of a prefix. */
#ifndef BGP_DECIDE_H
#define BGP_DECIDE_H

#include "bgp/intern.h"

/* What the decision knows about the speaker that taught a path. */
struct decide_peer {
	bool		local;		/* we originate it */
	bool		ibgp;
	bool		inside;		/* see bgp.h; decides nothing */
	uint32_t	router_id;	/* host order */
	struct addr	addr;
};

struct decide_path {
	const struct attrs *attrs;
	const struct decide_peer *peer;
	uint32_t	id;		/* the caller's */
	uint32_t	path_id;	/* RFC 7911, or 0 */
};

/*
 * Orders n > 0 eligible paths: the best first, then those that may share its
 * traffic, then the others.  Returns how many share, at least 1: equal in
 * every step up to eBGP over iBGP, and like enough for the share of both.
 */
unsigned	decide(struct decide_path *, unsigned n);
/* The step in which a wins over b, b over a or neither ("equal"). */
const char	*decide_why(const struct decide_path *a,
		    const struct decide_path *b, int *winner);

#endif
