/*
 * Redirects, RFC 5685: an initiator that is sent to another gateway, and a
 * responder that sends it there.
 */
#ifndef IKE_X_REDIRECT_H
#define IKE_X_REDIRECT_H

#include "ike/sa.h"

/* --- initiator --- */

/* A new attempt: which gateway it is for. */
void	x_redirect_begin(struct ike_sa *);
/* IKE_SA_INIT: that we may be redirected, or by whom we were. */
void	x_redirect_build_init(struct build *, const struct ike_sa *);
/*
 * An answer to IKE_SA_INIT.  True: it is a redirect and nothing else, and is
 * dealt with, which may mean that it is dropped.
 */
bool	x_redirect_hear_init(struct ike_sa *, struct instant,
	    const struct msg *);
/* No better answer came.  False: there was no redirect to follow. */
bool	x_redirect_follow_init(struct ike_sa *, struct instant);
/* An answer to IKE_AUTH that is authentic.  True: the SA goes for it. */
bool	x_redirect_hear_auth(struct ike_sa *, struct instant,
	    const struct msg *);
/* The peer's INFORMATIONAL request, already answered. */
void	x_redirect_hear_info(struct ike_sa *, struct instant,
	    const struct msg *);
/* An SA with the new gateway is up, and it must come to a child. */
void	x_redirect_arrived(struct ike_sa *, struct instant);
/* At the end of every event: has the tunnel moved to the new gateway? */
void	x_redirect_moved(struct ike_peer *, struct instant);
/* An SA that is adopted with another gateway: may it be with that one? */
bool	x_redirect_allows(const struct ike_peer_conf *, const struct addr *);
/* All SAs of an instance before this one are there: where they were sent. */
void	x_redirect_adopted(struct ike_peer *);
/* An SA ends: back to the gateway that is configured, if it was the last. */
void	x_redirect_gone(struct ike_sa *);

/* --- responder --- */

/* A request that opens an SA.  True: it is answered, nothing is kept of it. */
bool	x_redirect_turn_away(struct ike_peer *, const struct path *,
	    const struct hdr *, const struct msg *);
/* What the opening says of redirects. */
void	x_redirect_hear_opening(struct ike_sa *, const struct msg *);
/* Nobody new is let in, and this one cannot be sent elsewhere. */
bool	x_redirect_closed(const struct ike_sa *);
/* Is the peer, which proved who it is, to be sent elsewhere? */
bool	x_redirect_sends(const struct ike_sa *);
/* Tells it in an SA that is up; then its answer. */
void	x_redirect_tell(struct ike_sa *, struct instant);
void	x_redirect_told(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);
/* The peer deletes an SA: was it told to?  Then that is the reason. */
bool	x_redirect_left(struct ike_sa *);

#endif
