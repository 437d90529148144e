/*
 * Message ids agreed anew with another member of the peer's cluster, RFC 6311.
 */
#ifndef IKE_X_SYNC_H
#define IKE_X_SYNC_H

#include "ike/sa.h"

/* IKE_AUTH: says that we take synchronisations, where it may be said. */
void	x_sync_build(struct build *, const struct ike_sa *);
/* What the peer's IKE_AUTH says of it. */
void	x_sync_hear(struct ike_sa *, const struct msg *);

/*
 * Could it be a synchronisation?  They stand outside of the window, with
 * message id 0; only the inside tells one from an ordinary first request.
 */
bool	x_sync_may(const struct ike_sa *, const struct hdr *);
/*
 * What is inside one that may be: true if it was a synchronisation, which then
 * is dealt with.
 */
bool	x_sync_respond(struct ike_sa *, struct instant, const struct path *,
	    uint8_t first, struct bytes plain);
void	x_sync_fini(struct ike_sa *);
/* The last one, for a successor's x_sync_adopt(); false: it is none. */
void	x_sync_pack(const struct ike_sa *, struct wr *);
bool	x_sync_adopt(struct ike_sa *, struct bytes);

#endif
