/*
 * What is said in sessions, while it is said: messages and changes of state as
 * records of MRT (RFC 6396 section 4.4, RFC 8050), for those who read along.
 */
#ifndef BGP_TRACE_H
#define BGP_TRACE_H

#include "bgp/bgp.h"

struct peer;
struct session;

#define TRACE_MOST	4		/* at a time */
#define TRACE_OCTETS	(1u << 20)	/* not read yet, of each */
#define TRACE_PATIENCE	span_s(30)	/* one that nobody reads ends */

/*
 * Begins one of these peers, of all where n is 0; wall: seconds since 1970,
 * now.  Its number; 0: there are too many, or no memory.
 */
uint32_t	trace_open(struct bgp *, struct instant now, int64_t wall,
		    const uint32_t *peers, size_t n);
void		trace_close(struct bgp *, uint32_t number);
/* The traces that there are left. */
void		trace_close_all(struct bgp *);
/* Is there such a one, still? */
bool		trace_is_open(const struct bgp *, uint32_t number);
/*
 * The next record, good until the next call; false: none yet.  How many there
 * was no room for, so far.
 */
bool		trace_next(struct bgp *, struct instant now, uint32_t number,
		    struct bytes *record);
uint64_t	trace_dropped(const struct bgp *, uint32_t number);

/* For the speaker: what happens. */
void	trace_heard(struct bgp *, const struct session *, unsigned type,
	    struct bytes body);
/* Whole messages, as they are put in the queue. */
void	trace_said(struct bgp *, const struct session *, struct bytes);
void	trace_state(struct bgp *, const struct peer *, enum bgp_state from,
	    enum bgp_state to);

#endif
