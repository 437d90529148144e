/*
 * Was the peer's certificate, or a CA above it, revoked?  Asked over the net
 * where the peer's credentials say so.
 */
#ifndef IKE_REVOKED_H
#define IKE_REVOKED_H

#include "ike/auth.h"

/*
 * Of a chain that is good but for that, shown by a peer that has proved to
 * have its key.  AUTH_GOOD: found says what is known; AUTH_BAD: why says so;
 * AUTH_ASKED: the SA waits and x_auth_resume() comes.
 */
enum auth_result revoked_check(struct ike_sa *, struct instant,
		    const struct cert_chain *, unsigned *depth,
		    struct reason *found, struct reason *why);
/*
 * The same of an SA that is established, with what is new: AUTH_BAD when it is
 * certain that one of the chain was revoked, AUTH_GOOD when not.
 */
enum auth_result revoked_since(struct ike_sa *, struct instant,
		    const struct cert_chain *, unsigned *depth,
		    struct reason *why);

#endif
