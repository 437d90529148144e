/*
 * The speaker from inside: what its sessions and peers share.  Requests to the
 * host are flags on sessions that wait in line; events wait in a queue.
 */
#ifndef BGP_SPEAKER_H
#define BGP_SPEAKER_H

#include <sys/queue.h>

#include "bgp/group.h"
#include "bgp/rib.h"
#include "util/map.h"
#include "util/timer.h"

struct session;
struct peer;
struct trace;

#define SPEAKER_TRACES	4

TAILQ_HEAD(session_list, session);
TAILQ_HEAD(peer_list, peer);

enum alarm_kind {
	ALARM_RETRY,		/* of a peer; as ALARM_RESTART */
	ALARM_RESTART,		/* the others are of a session */
	ALARM_CONNECT,
	ALARM_HOLD,
	ALARM_KEEPALIVE,
	ALARM_SEND_HOLD,
	ALARM_LINGER,
	ALARM_REFRESH,
	ALARM_KINDS
};

struct alarm {
	struct timer	timer;
	enum alarm_kind	kind;
	void		*owner;		/* struct peer or struct session */
};

struct event {
	uint32_t	peer;
	enum bgp_event	kind;
	bool		up;
	struct reason	text;
};

struct bgp {
	uint32_t	router_id;
	struct drbg	*drbg;		/* borrowed */
	struct instant	now;		/* as the host last told */
	struct rib	rib;
	struct groups	groups;		/* of sessions that announce alike */
	uint32_t	reader;		/* the host's, of the journal */
	uint64_t	seen, own_seen;	/* changes that sessions know of */
	struct timers	timers;
	struct map	peers;		/* id to struct peer */
	struct map	conns;		/* number to struct session */
	struct peer_list all;
	uint32_t	last_conn;
	struct session_list ready;	/* something for the host, in order */
	struct session_list idle[2];	/* nothing to announce: [transit] */
	struct session_list sweeps;	/* judge again what they learned */
	struct session_list strides;	/* had enough of this tick */
	uint32_t	turn;		/* ticks */
	struct peer_list judging;	/* likewise, without a session */
	struct instant	born;		/* when the first peer was added */
	bool		deferring;	/* the choice of routes: defer.c */
	struct instant	deferred_until;	/* if so */
	unsigned	sweep;		/* so many prefixes in one go */
	struct event	*events;
	size_t		events_at, events_n, events_cap;
	struct trace	*traces[SPEAKER_TRACES];	/* owned; those who read along */
	unsigned	traces_n;
	uint32_t	last_trace;	/* number */
	unsigned	unsaid;		/* events that were too many */
	uint32_t	unsaid_peer;	/* the last of them */
};

/* (Re)arms; false: no memory. */
bool	speaker_alarm(struct bgp *, struct alarm *, struct span);
/* Three quarters to all of it, at random (RFC 4271 section 10). */
struct span	speaker_jitter(struct bgp *, struct span);
void	speaker_event(struct bgp *, uint32_t peer, enum bgp_event, bool up,
	    const char *text);
/*
 * An event that a peer can cause as often as it likes: of those that are too
 * many at once only the number is said.
 */
void	speaker_report(struct bgp *, uint32_t peer, enum bgp_event,
	    const char *text);
/* The next event, or NULL; valid until the next call. */
const struct event *speaker_event_next(struct bgp *);
/* Puts sessions in line that have routes to announce since the last time. */
void	speaker_wake(struct bgp *);

#endif
