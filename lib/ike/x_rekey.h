/* CREATE_CHILD_SA for the IKE SA itself, RFC 7296 sections 1.3.2 and 2.18. */
#ifndef IKE_X_REKEY_H
#define IKE_X_REKEY_H

#include "ike/sa.h"

void	x_rekey_request(struct ike_sa *, struct instant);
void	x_rekey_answer(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);
void	x_rekey_respond(struct ike_sa *, struct instant, const struct msg *);
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
