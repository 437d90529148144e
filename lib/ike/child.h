/*
 * One child SA pair (ESP) of an IKE SA, from negotiated to gone.
 *
 * Make before break: a rekey's responder has the new inbound SA in the kernel
 * before it answers, and sends on the new outbound SA once the initiator
 * deletes the old pair; the initiator installs both and then deletes the old.
 * So does who answers with a second IKE SA beside the first one, until that one
 * goes or the initiator must have the answer; and on an IKE SA that has lost to
 * another one nobody begins to send.  A deleted inbound SA lingers for packets that were under way.
 */
#ifndef IKE_CHILD_H
#define IKE_CHILD_H

#include "ike/ike.h"
#include "ike/keys.h"

struct ike_sa;

enum child_state {
	CHILD_INSTALLING,	/* the kernel was asked */
	CHILD_RECEIVING,	/* inbound works; outbound waits its turn */
	CHILD_LIVE,		/* both directions */
	CHILD_REPLACED,		/* its heir is live: its rekeyer deletes it */
	CHILD_DELETING,		/* our delete is out */
	CHILD_LINGERING,	/* deleted; inbound still open for a moment */
};

/* Enough of a nonce to compare (RFC 7296 section 2.8). */
struct nonce_key {
	uint8_t		n;
	uint8_t		b[32];
};

struct nonce_key nonce_lowest(struct bytes, struct bytes);
int		nonce_cmp(const struct nonce_key *, const struct nonce_key *);

struct child {
	struct child	*next;		/* of the same IKE SA */
	struct ike_sa	*sa;		/* owner */
	uint32_t	spi_in, spi_out;
	enum child_state state;
	struct suite	suite;
	struct ts_pair	*ts;		/* owned; NULL: none */
	struct path	path;		/* outer, as installed */
	bool		encap;
	bool		initiated;	/* by our CREATE_CHILD_SA or IKE_AUTH */
	bool		created;	/* by CREATE_CHILD_SA */
	bool		in_kernel, out_kernel;	/* asked for and not removed */
	bool		answer;		/* releases the held response when in */
	bool		want_delete, want_rekey;
	uint32_t	replaces;	/* spi_in of its predecessor */
	uint32_t	token_in, token_out;	/* awaited; 0: none */
	struct child_keys *keys;	/* until both are installed */
	struct nonce_key lowest;	/* of the exchange that made it */
	struct instant	created_at;
	struct instant	rekey_at, expire_at, gone_at, retry_at, cull_at;
	struct instant	install_by;	/* the kernel has answered */
	struct instant	overdue_at;	/* who replaced it has deleted it */
	struct instant	switch_at;	/* child_turn(), beside another SA's */
};

/* What a finished negotiation gives. */
struct child_deal {
	uint32_t	spi_in, spi_out;
	struct suite	suite;
	struct ts_list	local_ts, remote_ts;
	struct bytes	ni, nr;
	const struct secret *g_ir;	/* NULL without PFS */
	struct bytes	more;		/* secrets of RFC 9370 */
	bool		initiated;
	bool		created;	/* by CREATE_CHILD_SA */
	bool		lost;		/* a collision: only to be deleted */
	uint32_t	replaces;
};

/*
 * Derives keys and asks the kernel for the inbound SA, for both when we
 * initiated or when nothing is replaced.  NULL: no memory or OpenSSL refused.
 */
struct child	*child_new(struct ike_sa *, struct instant,
		    const struct child_deal *);
/*
 * A copy of one of an instance before this one, with its keys if it has any
 * use for them; ts is taken over in any case.  The kernel is asked whether its
 * SAs are there.  NULL: no memory, or its SPI is in use.
 */
struct child	*child_adopt(struct ike_sa *, struct instant,
		    const struct child *, const struct child_keys *);
void		child_free(struct child *);	/* tells the kernel */
/* The kernel answered. */
void		child_installed(struct child *, struct instant, uint32_t token,
		    const char *why);
/* The kernel says that a limit is reached: soft, or hard. */
void		child_expired(struct child *, struct instant, bool hard);
/* Starts to send on it: its predecessor is gone or going. */
void		child_switch(struct child *, struct instant);
/* The same, if it waits for that only because another SA had one. */
void		child_turn(struct child *, struct instant);
/*
 * Both sides made a child where there should be one: the one with the lowest
 * nonce goes, by whoever created it (RFC 7296 section 2.8.1); an old one goes
 * for a new one.
 */
void		child_elect(struct child *, struct instant);
/* Outbound goes now, inbound in a moment. */
void		child_linger(struct child *, struct instant);
void		child_replaced(struct child *);
/* The peer rekeys it and is to delete it; we do if it does not. */
void		child_superseded(struct child *, struct instant);
/*
 * The peer's lost to ours (RFC 7296 section 2.8.1): nothing is sent on it, and
 * the peer deletes it; we do if it does not.
 */
void		child_lost(struct child *, struct instant);
/* It is rekeyed then, if not before. */
void		child_refresh(struct child *, struct instant);
/* The peer's NAT moved: tell the kernel. */
void		child_path(struct child *, const struct path *);
bool		child_usable(const struct child *);
/* One that was made to replace it and stands, or NULL. */
struct child	*child_heir(const struct child *);
/* Those that the peer made to replace it take over. */
void		child_hand_over(const struct child *, struct instant);
/* Does it still stand for the tunnel, or is it on its way out? */
bool		child_current(const struct child *);
struct instant	child_deadline(const struct child *);
void		child_tick(struct child *, struct instant);
struct child	*child_by_in(const struct ike *, uint32_t spi_in);
struct child	*child_by_out(const struct ike_sa *, uint32_t spi_out);

#endif
