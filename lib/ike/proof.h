/*
 * The certificates by which the peer of an established IKE SA has proved who it
 * is, and our own towards it: that they may run out, be revoked or be replaced
 * while the SA lives.
 */
#ifndef IKE_PROOF_H
#define IKE_PROOF_H

#include "ike/sa.h"

/* Do these credentials ask others about revocation? */
bool		proof_fetches(const struct ike_creds *);
/*
 * The chain was found good; the first of it expires then (Unix seconds).  False:
 * no memory.
 */
bool		proof_keep(struct ike_sa *, const struct cert_chain *,
		    int64_t until);
/* The SA is established: from here on it is watched. */
void		proof_start(struct ike_sa *, struct instant now);
/* The second is the first's successor by a rekey. */
void		proof_inherit(const struct ike_sa *, struct ike_sa *,
		    struct instant now);
/* The peer is about to get these credentials in place of its own. */
void		proof_creds(struct ike_peer *, const struct ike_creds *);
/* The clock was set. */
void		proof_clock(struct ike *);
struct instant	proof_deadline(const struct ike_sa *);
void		proof_tick(struct ike_sa *, struct instant now);
/* What was asked of others is answered, or will not be. */
void		proof_resume(struct ike_sa *, struct instant now);
void		proof_fini(struct ike_sa *);
/*
 * What there is, for a successor; nothing is written where there is none.  It
 * judges that by its own credentials as soon as it can, and sets up anew where
 * there should be something and is not.  False: it is malformed.
 */
void		proof_pack(const struct ike_sa *, struct wr *);
bool		proof_adopt(struct ike_sa *, struct instant now, struct bytes);

#endif
