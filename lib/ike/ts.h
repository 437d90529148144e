/*
 * Traffic selectors, RFC 7296 sections 2.9 and 3.13: address, port and
 * protocol ranges; what we allow; the narrowing of an offer to it.
 */
#ifndef IKE_TS_H
#define IKE_TS_H

#include "ike/payload.h"
#include "util/addr.h"
#include "util/str.h"

#define TS_MAX		8	/* kept of one payload */

struct ts {
	uint8_t		proto;		/* 0: any */
	uint16_t	port_lo, port_hi;
	struct addr	lo, hi;
};

struct ts_list {
	uint8_t		n;
	struct ts	ts[TS_MAX];
};

/* Those of both sides for long: on the heap, as much as there are. */
struct ts_pair {
	uint8_t		local_n, remote_n;
	struct ts	ts[];		/* local, then remote */
};

/* NULL: no memory.  Whoever has one frees it. */
struct ts_pair	*ts_pair_new(const struct ts_list *local,
		    const struct ts_list *remote);
/* Of NULL none. */
void		ts_pair_get(const struct ts_pair *, struct ts_list *local,
		    struct ts_list *remote);
struct ts	ts_prefix(const struct prefix *);	/* any protocol, port */
/*
 * Verdict N_NONE or N_INVALID_SYNTAX.  Selectors of unknown type, backwards
 * ranges, opaque ports and what is beyond TS_MAX are left out; none may be
 * left.
 */
uint16_t	ts_decode(struct bytes body, struct ts_list *);
void		ts_encode(struct wr *, const struct ts_list *);
/*
 * What both sides allow: every intersection, each cut into prefixes (the
 * kernel has no ranges) and down to one port or all, without repetition, in
 * the order of theirs, prefixes before ranges.  Empty: TS_UNACCEPTABLE.
 */
void		ts_narrow(const struct ts_list *theirs,
		    const struct ts_list *ours, struct ts_list *out);
/* Is every selector of the answer inside one that we offered? */
bool		ts_within(const struct ts_list *answer,
		    const struct ts_list *offered);
/* The prefix that a narrowed selector is; of a range the first one. */
struct prefix	ts_net(const struct ts *);
/* "10.1.0.0/16 10.2.0.1-10.2.0.9[6/443]" or "none", cut to size. */
void		ts_str(const struct ts_list *, char *, size_t);

#endif
