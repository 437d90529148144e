/* A configured neighbour and its attempts to have a session with it. */
#ifndef BGP_PEER_H
#define BGP_PEER_H

#include "bgp/restart.h"
#include "bgp/speaker.h"

struct peer {
	struct bgp_peer_conf conf;
	bool		started;
	bool		paused;		/* a limit was passed: none for now */
	enum bgp_state	state;		/* of the session furthest ahead */
	struct instant	since;
	struct reason	why;		/* not established, or "" */
	struct reason	blame;		/* the last NOTIFICATION, or "" */
	unsigned	failures;	/* attempts in a row, for the backoff */
	struct bgp_counts counts;
	struct alarm	retry;
	struct restart	restart;
	uint8_t		awaited;	/* families that it is to teach again */
	struct session_list sessions;	/* not over */
	TAILQ_ENTRY(peer) in_all;
};

struct peer	*peer_get(const struct bgp *, uint32_t id);
/* The session of it that is in the RIB, if any; NULL also for no such peer. */
struct session	*peer_up(const struct bgp *, uint32_t id);
/* What judges its routes, with a session or between two; NULL: nothing. */
const struct import	*peer_import(const struct bgp *, uint32_t id);
void		peer_start(struct bgp *, struct peer *);
/* Ends its sessions with Cease and this subcode (RFC 4486). */
void		peer_stop(struct bgp *, struct peer *, bool alive,
		    unsigned subcode, const char *why);
/* The retry alarm. */
void		peer_retry(struct bgp *, struct peer *);
/* Room for one more connection from it?  May end the oldest. */
bool		peer_admit(struct bgp *, struct peer *);
/* A session of it changed its state, for this reason. */
void		peer_moved(struct bgp *, struct peer *, const char *why);
/*
 * This session of it is over for a limit of prefixes: the others go, too, and
 * why says for how long.
 */
void		peer_pause(struct bgp *, struct peer *, const struct session *,
		    struct reason *why);
/* Another soft part of its configuration. */
void		peer_change(struct bgp *, struct peer *,
		    const struct bgp_soft *);
/* One side sent NOTIFICATION: worth more than the TCP failures after it. */
void		peer_blame(struct peer *, const char *why);
/* A session ended and is no longer in the list. */
void		peer_lost(struct bgp *, struct peer *, enum bgp_state was,
		    const char *why);
/* One session is up: the others go. */
void		peer_settled(struct bgp *, struct peer *,
		    const struct session *);
uint8_t		peer_families(const struct peer *);
/* Holds the policies; those of before are let go. */
void		peer_hold(struct peer *, const struct bgp_soft *);

#endif
