/* One TCP connection with a peer, from the attempt to its end. */
#ifndef BGP_SESSION_H
#define BGP_SESSION_H

#include "bgp/export.h"
#include "bgp/fsm.h"
#include "bgp/import.h"
#include "bgp/open.h"
#include "bgp/outq.h"
#include "bgp/speaker.h"

enum {				/* what the host is to be told */
	SESSION_WANT_CONNECT = 1,
	SESSION_WANT_SEND = 2,
	SESSION_WANT_CLOSE = 4,
};

struct session {
	uint32_t	conn;
	struct peer	*peer;		/* NULL once it is over */
	enum bgp_state	state;
	bool		outgoing;
	bool		mute;		/* the tunnel is dead: send nothing */
	bool		closing;	/* over; TCP is to be closed */
	uint8_t		want;		/* in line for the host when not 0 */
	bool		idle;		/* in one of the idle lists */
	bool		striding;	/* waits for the next tick to go on */
	uint32_t	turn;		/* tick in which it was filled */
	size_t		filled;		/* so many octets */
	TAILQ_ENTRY(session) of_peer, in_ready, in_idle, in_sweeps, in_strides;
	struct alarm	alarm[ALARM_KINDS];	/* but those of a peer */
	struct instant	heard;		/* last message */
	struct instant	drained;	/* last progress in sending */
	uint16_t	hold_time;	/* negotiated, seconds */
	struct open	open;		/* the peer's */
	struct cap_restart offered;	/* ours */
	bool		graceful;	/* it ends, and its routes stay */
	uint8_t		eor;		/* families whose End-of-RIB came */
	uint8_t		refreshing;	/* families between BoRR and EoRR */
	bool		up;		/* source and export are there */
	struct import	import;
	struct export	export;
	bool		warned_out;	/* of max_out */
	uint8_t		*in;		/* a message that is not whole yet */
	size_t		in_n;
	struct outq	out;
};

/* NULL: no memory.  Outgoing ones begin in Idle, others in Active. */
struct session	*session_new(struct bgp *, struct peer *, bool outgoing);
/* Forgets it at once; the host is told nothing. */
void		session_free(struct bgp *, struct session *);
/*
 * Something happened.  The fault is what to tell the peer, where the table
 * does not say, and the sentence for the operator; a session may be over
 * afterwards, but is never freed here.
 */
void		session_event(struct bgp *, struct session *, enum fsm_event,
		    const struct fault *);
/* An event that needs no more than a sentence. */
void		session_say(struct bgp *, struct session *, enum fsm_event,
		    const char *text);
/* Puts it in line for the host. */
void		session_want(struct bgp *, struct session *, unsigned want);
/* The host was told: until something is new it is among the idle. */
void		session_told(struct bgp *, struct session *, unsigned want);
void		session_alarm(struct bgp *, struct session *, enum alarm_kind);
/* What is queued, filled up with UPDATEs first. */
/* How many prefixes are near a limit; 0: no warning is wanted. */
uint32_t	session_warn_at(const struct bgp_soft *, uint32_t limit);
/* Has its peer been told of more than it may be?  Then it ends. */
bool		session_told_too_many(struct bgp *, struct session *,
		    uint32_t before);
/* It ends, for want of memory. */
void		session_no_memory(struct bgp *, struct session *,
		    const char *what);
struct bytes	session_pull(struct bgp *, struct session *);
void		session_sent(struct bgp *, struct session *, size_t n);
/* A tick: it may look for more to announce. */
void		session_stride(struct bgp *, struct session *);
/* Sends what was written since outq_begin(). */
void		session_queue(struct bgp *, struct session *, struct wr *);
struct edit_conf	session_edit_in(const struct bgp_peer_conf *);
/* Is there anything for the host to pull? */
bool		session_has_output(const struct bgp *,
		    const struct session *);

/* The peer's soft part has changed; the session is up. */
void		session_change(struct bgp *, struct session *);
/* A portion of what is judged again; takes it off the budget. */
void		session_sweep(struct bgp *, struct session *,
		    unsigned *budget);

/* session_rx.c: octets from the peer. */
void		session_stream(struct bgp *, struct session *, struct bytes);

#endif
