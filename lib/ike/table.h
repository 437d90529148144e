/*
 * The tables of one IKE instance: peers, SAs by our SPI, children by inbound
 * SPI, answers that are awaited from the host, and the queue of outputs.
 */
#ifndef IKE_TABLE_H
#define IKE_TABLE_H

#include "ike/anyone.h"
#include "ike/cookie.h"
#include "ike/hdr.h"
#include "ike/ike.h"
#include "ike/index.h"
#include "ike/inquiry.h"
#include "ike/redirect.h"
#include "util/map.h"
#include "util/note.h"
#include "util/timer.h"

struct ike_sa;
struct child;
struct story;
struct resume;

/* Tickets of one peer, see x_ticket.h. */
struct peer_tickets {
	uint8_t		rules[TICKET_DIGEST];	/* of the tunnel as it is */
	struct resume	*held;		/* from the peer; owned, or NULL */
	bool		spoken;		/* the peer has given us any */
	bool		terse;		/* how it wants AUTH, so far as known */
	bool		proved;		/* the next two are known: */
	uint8_t		peer_id[TICKET_DIGEST];	/* of its identity's payload */
	struct vouch	*vouch;		/* its certificates; owned, or NULL */
	/* Those that we issued until then are good for nothing, and why. */
	struct instant	void_until;
	enum ticket_verdict void_why;
	unsigned	resumed;	/* how often */
	enum ticket_verdict refused;	/* the last one that was */
	int64_t		refused_at;	/* seconds since 1970 */
};

struct ike_peer {
	struct index_link in[INDEX_LISTS];
	struct ike	*ike;
	struct ike_peer_conf conf;
	struct addke	*addke;		/* what the two offers borrow; owned */
	struct ike_sa	*sas;		/* linked by peer_next */
	bool		accept;
	bool		was_busy;	/* an SA or an attempt was there */
	bool		was_up;		/* an IKE SA was reported up */
	bool		was_child;	/* a child was reported up */
	unsigned	half_open;
	unsigned	rekeys, child_rekeys;
	unsigned	probes, deaths;	/* DPD: asked, and found dead */
	struct note	why;		/* the last failure */
	struct story	*story;		/* its details; owned, or NULL */
	bool		told;		/* the story is of what fails now */
	struct ike_creds creds;
	uint32_t	creds_epoch;	/* counts changes of it */
	struct ike_cert_info *cert;	/* owned; NULL: none was shown */
	struct redirect	redirect;
	struct peer_tickets tickets;
	struct ike_peer	*keep_next;	/* in ike->keep */
	bool		keep;		/* what is to be kept may be another */
	uint8_t		names[];	/* octets of conf's identities */
};

struct out_node;

enum drain_alike {		/* of those who may call from anywhere */
	DRAIN_UNKNOWN,
	DRAIN_ALIKE,
	DRAIN_NOT,
};

struct ike {
	struct ike_limits limits;
	struct drbg	*drbg;		/* borrowed */
	struct cookie_jar jar;
	bool		jar_ready;
	struct ticket_keys tickets;
	struct index	peers;
	enum drain_alike anybody_drains;	/* see x_redirect_resp.c */
	struct anyone_memory anyone;
	struct map	by_id;		/* id -> peer */
	struct map	sas;		/* our SPI -> ike_sa */
	struct map	inits;		/* mixed key -> half-open ike_sa */
	uint64_t	mix[2];		/* secret of that mixing */
	struct map	children;	/* spi_in -> child */
	struct map	tokens_auth;	/* token -> ike_sa */
	struct map	tokens_child;	/* token -> child */
	uint32_t	next_token;
	unsigned	half_open;
	struct map	openings;	/* mixed endpoint -> how many of them */
	struct instant	refusals_at;	/* the bucket was empty then */
	struct inquiries inquiries;
	size_t		gathered;	/* octets of fragments */
	int64_t		wall;		/* seconds since 1970 at instant 0 */
	struct timers	timers;
	struct ike_sa	*dirty;		/* looked at when the event ends */
	struct ike_peer	*keep;		/* see ike_keep_next() */
	struct out_node	*out_head, *out_tail;
	uint8_t		scratch[IKE_MSG_MAX];	/* of the message being built */
};

uint32_t	table_token(struct ike *);
struct ike_peer	*table_peer(const struct ike *, uint32_t id);
/* An inbound SPI that is not in use (RFC 4303: not below 256). */
uint32_t	table_child_spi(struct ike *);
uint64_t	table_sa_spi(struct ike *);

/* An SA is half-open, of this endpoint or (0) any; and is so no more. */
void		table_opening(struct ike *, uint64_t endpoint);
void		table_opening_ends(struct ike *, uint64_t endpoint);
/* How many of its SAs are half-open. */
unsigned	table_openings(const struct ike *, uint64_t endpoint);

/* Queue of outputs; out of memory drops the output (a lost datagram). */
struct ike_out	*out_push(struct ike *, enum ike_out_kind, uint32_t peer);
bool		out_pop(struct ike *, struct ike_out *);
void		out_flush(struct ike *);
void		out_datagram(struct ike *, uint32_t peer, const struct path *,
		    struct bytes);
void		out_event(struct ike *, uint32_t peer, enum ike_event,
		    const char *, ...) __attribute__((format(printf, 4, 5)));
/* IKE_EV_REFUSED of somebody who is no peer of ours. */
void		out_stranger(struct ike *, const struct path *,
		    const char *, ...) __attribute__((format(printf, 3, 4)));

#endif
