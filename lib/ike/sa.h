/*
 * One IKE SA: its state, its exchanges, its children.  Exchanges live in the
 * x_*.c files; this is what they share.
 */
#ifndef IKE_SA_H
#define IKE_SA_H

#include "crypto/kex.h"
#include "ike/build.h"
#include "ike/child.h"
#include "ike/frag.h"
#include "ike/intauth.h"
#include "ike/keys.h"
#include "ike/table.h"

enum sa_state {
	SA_INIT_SENT,		/* initiator: IKE_SA_INIT is out */
	SA_INTER_SENT,		/* initiator: IKE_INTERMEDIATE is out */
	SA_SIGNING,		/* initiator: our AUTH value is computed */
	SA_AUTH_SENT,		/* initiator: IKE_AUTH is out */
	SA_CHECKING,		/* initiator: the peer's AUTH is compared */
	SA_HALF_OPEN,		/* responder: IKE_SA_INIT is answered */
	SA_VERIFYING,		/* responder: the peer's AUTH is compared */
	SA_ANSWERING,		/* responder: our AUTH value is computed */
	SA_ESTABLISHED,
	SA_REKEYED,		/* its successor carries the children */
	SA_DELETING,		/* our delete is out */
	SA_REFUSED,		/* IKE_AUTH was refused; repeats the answer */
	SA_DEAD,		/* freed when the event ends */
	SA_STATES
};

enum task {			/* what our outstanding request is about */
	TASK_NONE,
	TASK_INIT,
	TASK_INTER,
	TASK_AUTH,
	TASK_DELETE_IKE,
	TASK_DELETE_CHILD,
	TASK_REKEY_IKE,
	TASK_REKEY_CHILD,
	TASK_CREATE_CHILD,
	TASK_DPD,
	TASK_REDIRECT,
	TASK_RESUME,
	TASK_TICKET,
	TASK_LOST,		/* the engine's before us: see adopt.c */
	TASKS
};

struct nonce {
	uint16_t	n;
	uint8_t		b[NONCE_MAX];
};

#define NONCE_OURS	32

struct ppk;

/* Additional key exchanges before IKE_AUTH (RFC 9370 section 2.2.2). */
struct inter {
	int8_t		slot;		/* of the next one; -1: none is left */
	struct kex	*kex;		/* initiator's */
	struct seal	*before;	/* the peer's of before the last one */
	struct intauth	of_i, of_r;
	uint32_t	auth_mid;	/* message id of IKE_AUTH */
};

/* Needed from IKE_SA_INIT until the SA is established. */
struct setup {
	struct kex	*kex;		/* initiator's */
	const struct alg *ke;		/* group that we try */
	unsigned	restarts;	/* for a cookie or another group */
	struct offer	offer;		/* what the initiator offers */
	struct nonce	ni, nr;
	uint8_t		*init_i, *init_r;	/* RealMessage1, 2; owned */
	size_t		init_i_n, init_r_n;
	uint8_t		cookie[64];
	uint8_t		cookie_n;
	uint8_t		number;		/* of the proposal that we chose */
	uint32_t	spi_in;		/* of the first child, ours */
	uint8_t		auth[SIG_VALUE_MAX];	/* our AUTH value */
	uint16_t	auth_n;
	uint8_t		auth_method;
	bool		both;		/* both sides' values were asked for */
	unsigned	hashes;		/* that the peer announced; see sig.h */
	uint32_t	methods;	/* likewise; see sig_methods.h; 0: none */
	bool		asks_others;	/* CERTREQ without a CA of ours */
	uint32_t	creds_epoch;	/* of what our value was asked with */
	uint8_t		*inner;		/* the peer's IKE_AUTH, decrypted */
	size_t		inner_n;
	uint8_t		inner_first;
	bool		initial_contact;	/* the peer said so */
	bool		childless;	/* no child with IKE_AUTH */
	struct inter	*inter;		/* owned; NULL: none */
	struct reason	why;		/* an error that nobody vouches for */
	struct ppk	*ppk;		/* owned; NULL: not spoken (RFC 8784) */
	struct addr	redirect_to;	/* unset: nowhere; see x_redirect.h */
	struct resume	*resume;	/* owned; NULL: from scratch */
	struct vouch	vouch;		/* of the certificate that is judged */
};

struct follow;

/* Our outstanding CREATE_CHILD_SA. */
struct create {
	uint32_t	old_in;		/* child that is rekeyed, by spi_in */
	uint32_t	doomed;		/* spi_out, deleted before its answer */
	uint32_t	spi_in;		/* ours for the new child */
	uint64_t	spi;		/* ours for the new IKE SA */
	struct kex	*kex;
	struct offer	offer;
	unsigned	restarts;	/* for another group */
	uint8_t		ni[NONCE_OURS];
	bool		collided;	/* the peer rekeys the same */
	struct nonce_key theirs;	/* lowest nonce of its exchange */
	uint32_t	theirs_in;	/* our SPI of the child it made */
	uint64_t	theirs_spi;	/* our SPI of the IKE SA it made */
	bool		overtaken;	/* theirs stays, whatever the answer */
	struct follow	*follow;	/* answered, more key exchanges to do */
};

struct xchg {
	uint32_t	out_mid, in_mid;
	enum task	task;		/* TASK_NONE: no request is out */
	uint32_t	subject;	/* spi_in of the child it is about */
	uint8_t		exchange;
	/* Owned; a message, or its fragments one behind the other. */
	uint8_t		*request;	/* resent as it is */
	uint8_t		*response;	/* the last one */
	uint32_t	request_n, response_n;
	struct frag	*gather[2];	/* of the peer's request, response */
	bool		answering;	/* a request is being worked on */
	unsigned	tries;
	struct path	reply_path;
	struct instant	resend_at, give_up_at;
	struct instant	forget_at;	/* the response */
};

struct sync;
struct inquiry;
struct proof;

struct ike_sa {
	struct ike	*ike;
	struct ike_peer	*peer;		/* NULL until a responder knows */
	struct ike_sa	*peer_next;
	struct ike_sa	*dirty_next;
	bool		dirty;
	bool		initiator;	/* original initiator of this SA */
	bool		opened;		/* we initiated the first of its line */
	bool		want_delete, want_rekey, want_child, want_dpd;
	bool		want_ticket;
	bool		resumed;	/* its line began so: RFC 5723 */
	bool		nat_local, nat_remote, encap;
	bool		frags;		/* both ends do RFC 7383 */
	bool		syncs;		/* both ends do RFC 6311 */
	bool		ppk;		/* its first keys were mixed: RFC 8784 */
	bool		stray;		/* the peer's, which lost to ours */
	/* RFC 5685, see x_redirect.h. */
	bool		redirected;	/* with another gateway than configured */
	bool		redirects;	/* the peer said that it follows them */
	bool		leaving;	/* it was redirected: to be deleted */
	bool		want_redirect;	/* by us */
	struct addr	came_from;	/* gateway that redirected it to us */
	enum sa_state	state;
	uint64_t	spi_i, spi_r;
	uint64_t	init_key;	/* in ike->inits; 0: not there */
	uint64_t	endpoint_key;	/* half-open: table_openings() */
	struct path	path;
	struct suite	suite;
	struct keys	keys;
	struct xchg	x;
	struct setup	*setup;
	struct create	*create;
	struct follow	*pending;	/* of the peer's; see x_follow.h */
	struct sync	*sync;		/* the last one; see x_sync.h */
	struct child	*children;
	struct nonce_key lowest;	/* of the IKE_SA_INIT of its line */
	uint32_t	token;		/* awaited AUTH value */
	struct inquiry	*inquiry;	/* that it waits for; or NULL */
	struct ike_sa	*wait_next;	/* who waits for the same */
	struct instant	wait_until;	/* for all of them */
	struct proof	*proof;		/* the peer's certificates; or NULL */
	struct instant	check_at;	/* these are looked at again, */
	struct instant	ask_at;		/* and others asked about them */
	struct instant	renew_at;	/* we set up anew beside this SA */
	struct span	renew_wait;	/* until the next attempt at that */
	bool		news;		/* our credentials were replaced */
	bool		outdated;	/* and our certificate is another one */
	struct timer	timer;
	struct instant	created_at;
	struct instant	established_at;	/* the first of its line */
	struct instant	state_until;	/* the state's own time limit */
	struct instant	rekey_at, expire_at, dpd_at, keepalive_at, retry_at;
	/*
	 * Of the SAs that are up, one carries the tunnel, and for that it has
	 * neither lost to another one nor is on probation, if there is any such.
	 * Who has lost sends nothing any more; who is on probation does so as
	 * soon as it can, since that is what it has to show.
	 */
	struct instant	cull_at;	/* it has lost: deleted by us then */
	struct instant	child_by;	/* probation: it has a child until then,
					   or is deleted; see x_redirect.h */
	struct instant	ticket_at;	/* another ticket is asked for */
};

uint64_t	sa_our_spi(const struct ike_sa *);
struct seal	*sa_seal_out(const struct ike_sa *);
struct seal	*sa_seal_in(const struct ike_sa *);

/* Responder's SAs get their peer later.  NULL: limit or no memory. */
struct ike_sa	*sa_new(struct ike *, struct instant, struct ike_peer *,
		    bool initiator, uint64_t spi_i, uint64_t spi_r);
void		sa_bind(struct ike_sa *, struct ike_peer *);
void		sa_state(struct ike_sa *, struct instant, enum sa_state);
/* May a request (or response) of this exchange come in this state? */
bool		sa_allows(const struct ike_sa *, uint8_t exchange,
		    bool response);
/* To be looked at when the event ends. */
void		sa_touch(struct ike_sa *);
/* An authentic message came in: the peer is alive. */
void		sa_heard(struct ike_sa *, struct instant);
/* IKE SA is ready for use; lifetimes start. */
void		sa_establish(struct ike_sa *, struct instant);
/* Ends without a word to the peer; children go with it. */
void		sa_die(struct ike_sa *, struct instant, const char *, ...)
		    __attribute__((format(printf, 3, 4)));
/*
 * Section 2.21.3: an INVALID_SYNTAX is fatal to the SA at both ends; it stays
 * for a moment only to repeat that answer.
 */
void		sa_broken(struct ike_sa *, struct instant, const char *why);
/* Its children go on under another SA. */
void		sa_migrate(struct ike_sa *from, struct ike_sa *to);
void		sa_setup_free(struct ike_sa *);
void		sa_create_free(struct ike_sa *);
/*
 * Sections 1.3, 2.6: the group of an INVALID_KE_PAYLOAD, if it is another one
 * that we offer, now for our CREATE_CHILD_SA.  False: we do not go on so.
 */
bool		sa_create_regroup(struct ike_sa *, struct bytes data);
/*
 * Section 2.23: the newest authentic packet shows where a peer behind a NAT
 * is.  "A host behind a NAT SHOULD NOT do this": its server does not move.
 * But a server may well have a one-to-one NAT of its own, so we do it where
 * the peer is the one who opened the SA.
 */
bool		sa_may_move(const struct ike_sa *);
/* The peer is at a new address or port. */
void		sa_path(struct ike_sa *, const struct path *);
struct child	*sa_current_child(const struct ike_sa *);
/*
 * A collision is over and what is redundant goes.  The peer may have taken
 * that for what stays (Libreswan 4.10 decides by who came last, not by the
 * nonces of RFC 7296 section 2.8.1) and then drops what it needs without a
 * word.  So the children that stay are rekeyed once: a peer that lost one says
 * so (section 2.25.1), and one that uses another turns to the new one.
 */
enum recheck {
	RECHECK_STRAY,		/* the peer did not delete what it had to */
	RECHECK_LOST,		/* ours lost and we delete it: all may be well */
};

void		sa_recheck(struct ike_sa *, struct instant, enum recheck);
void		sa_child_add(struct ike_sa *, struct child *);
/* Every event ends here: all SAs that it touched. */
void		sa_settle_all(struct ike *, struct instant);
void		sa_tick(struct ike_sa *, struct instant);
void		sa_free(struct ike_sa *);

#endif
