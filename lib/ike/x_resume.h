/*
 * Session resumption (RFC 5723 sections 4.3 and 5): IKE_SESSION_RESUME in place
 * of IKE_SA_INIT, then an IKE_AUTH that is proved by the old SA's keys.
 */
#ifndef IKE_X_RESUME_H
#define IKE_X_RESUME_H

#include "ike/sa.h"

/*
 * A session that is resumed, or can be; of who holds its ticket, with it.  The
 * same request goes out until it is answered: a ticket is for one use, and a
 * request that is sent again is no other one.
 */
struct resume {
	struct session	s;
	uint64_t	spi;		/* of our request; 0: none was sent */
	struct nonce	ni;		/* likewise */
	size_t		n;
	uint8_t		opaque[];
};

struct resume	*resume_new(struct bytes opaque);	/* NULL: no memory */
void		resume_free(struct resume *);	/* wipes; NULL is fine */

/*
 * Starts an attempt with the ticket that we hold.  False: there is none that
 * is of use.
 */
bool	x_resume_request(struct ike_peer *, struct instant);
/* Sends the request, or sends it again with a cookie. */
bool	x_resume_send(struct ike_sa *, struct instant);
void	x_resume_answer(struct ike_sa *, struct instant,
	    const struct path *, const struct msg *);
/* No answer: from scratch, and the ticket is for the next attempt. */
void	x_resume_expired(struct ike_sa *, struct instant);
/* The peer refuses the ticket or us: from scratch, without it. */
void	x_resume_fall_back(struct ike_sa *, struct instant,
	    enum ticket_verdict);

/* A request of somebody without an SA: cookie, ticket, answer. */
void	x_resume_respond(struct ike *, struct instant, const struct path *,
	    const struct hdr *, const struct msg *, struct bytes raw);
/* Section 4.3.3: who sent this IKE_AUTH.  NULL: the reason says why nobody. */
struct ike_peer	*x_resume_identify(const struct ike_sa *, const struct msg *,
	    struct reason *);

/* The keys of both sides from those of the old SA (section 5.1). */
bool	x_resume_derive(struct ike_sa *);
/* AUTH by these keys alone (section 4.3.3): ours.  False: no memory. */
bool	x_resume_sign(struct ike_sa *);
/* The peer's, with its identity.  False: the reason says why not. */
bool	x_resume_check(const struct ike_sa *, const struct msg *,
	    const struct pl_id *, struct reason *);
/*
 * The SA is up.  "The old SAs SHOULD be silently deleted": to be called before
 * anybody is elected.
 */
void	x_resume_done(struct ike_sa *, struct instant);

#endif
