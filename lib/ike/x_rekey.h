/* CREATE_CHILD_SA for the IKE SA itself, RFC 7296 sections 1.3.2 and 2.18. */
#ifndef IKE_X_REKEY_H
#define IKE_X_REKEY_H

#include "ike/sa.h"

void	x_rekey_request(struct ike_sa *, struct instant);
void	x_rekey_answer(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);
/* Our request is void: it is made anew unless the peer has rekeyed. */
void	x_rekey_again(struct ike_sa *, struct instant);
void	x_rekey_respond(struct ike_sa *, struct instant, const struct msg *);
/* What stands in the way of the rekey whose key exchanges go on, or N_NONE. */
uint16_t x_rekey_obstacle(const struct ike_sa *);
/* sa->pending is all there: the successor, and an answer with our last value. */
void	x_rekey_followed(struct ike_sa *, struct instant, const struct kex *);
/*
 * Both sides rekeyed at once and this is what the peer made: its children are
 * not here before the answer to our own request says whose successor stays.
 */
bool	x_rekey_undecided(const struct ike_sa *);
/*
 * Nobody answers our rekey, but the peer's own was answered by us: it goes on.
 * False: there is none.
 */
bool	x_rekey_expired(struct ike_sa *, struct instant);
/*
 * The peer deletes the SA that both of us rekey: its successor has won.  True:
 * that goes on with the children, and the old SA only waits for the answer to
 * our request, to delete what came of that.
 */
bool	x_rekey_overtaken(struct ike_sa *, struct instant);

#endif
