/*
 * IKE_FOLLOWUP_KE, RFC 9370 section 2.2.4: additional key exchanges after
 * CREATE_CHILD_SA, and what both sides keep until the last of them.
 */
#ifndef IKE_X_FOLLOW_H
#define IKE_X_FOLLOW_H

#include "ike/sa.h"

#define FOLLOW_LINK	8	/* octets of a link of ours */

/* What CREATE_CHILD_SA agreed on; on its way to an SA. */
struct follow {
	bool		ike;		/* the IKE SA is rekeyed, not a child */
	int8_t		slot;		/* of suite.addke, in hand */
	struct suite	suite;
	struct nonce	ni, nr;
	struct secret	first;		/* SK(0) */
	uint8_t		*more;		/* SK(1) | SK(2) ...; owned */
	size_t		more_n, more_cap;
	uint8_t		*link;		/* between two exchanges; owned */
	size_t		link_n;
	struct kex	*kex;		/* initiator's, of the slot */
	uint64_t	spi_i, spi_r;	/* of the new IKE SA */
	struct child_deal deal;		/* of the child; points into this */
	struct instant	until;		/* the responder forgets it */
};

/* NULL: no memory.  The suite has additional key exchanges. */
struct follow	*follow_new(const struct suite *, struct bytes ni,
		    struct bytes nr, const struct secret *first);
/* The child that comes of it. */
void		follow_deal(struct follow *, const struct child_deal *);
void		follow_free(struct follow *);	/* wipes; NULL is fine */
struct bytes	follow_more(const struct follow *);

/* --- initiator --- */

/*
 * sa->create->follow goes on with the first of its exchanges, as part of the
 * task; m is the answer to CREATE_CHILD_SA.  False: m does not say how, or it
 * could not be built.
 */
bool		x_follow_begin(struct ike_sa *, struct instant, enum task,
		    const struct msg *);

enum follow_step {
	FOLLOW_BAD,		/* the answer is not valid */
	FOLLOW_MORE,		/* the next request is out */
	FOLLOW_DONE,		/* all secrets are there */
	FOLLOW_LOST,		/* the peer's exchange stays, ours ends */
};

/* The answer to one that is part of this task. */
enum follow_step x_follow_answer(struct ike_sa *, struct instant, enum task,
		    const struct msg *);

/* --- responder: sa->pending --- */

/* Keeps it for a while, in place of what was pending before. */
void		x_follow_await(struct ike_sa *, struct instant,
		    struct follow *);
/* The link with which the peer comes back, new with every answer. */
void		x_follow_link(struct ike_sa *, struct build *);
void		x_follow_respond(struct ike_sa *, struct instant,
		    const struct msg *);
/* Is the peer about to rekey the IKE SA, or to replace this child (0: none)? */
bool		x_follow_of_ike(const struct ike_sa *);
bool		x_follow_of_child(const struct ike_sa *, uint32_t replaces);
void		x_follow_forget(struct ike_sa *);
struct instant	x_follow_until(const struct ike_sa *);

#endif
