/* What the two sides of IKE_SA_INIT share.  Private to x_init*.c. */
#ifndef IKE_X_INIT_INNER_H
#define IKE_X_INIT_INNER_H

#include "ike/story.h"
#include "ike/x_init.h"

/* An error that nobody vouches for: the first one is told, and counts. */
void		x_init_doubt(struct ike_sa *, struct instant,
		    const struct reason *);
struct story	*x_init_doubt_story(struct ike_sa *, enum story_code);
struct bytes	x_init_nonce(const struct nonce *);
void		x_init_draw(struct nonce *, struct drbg *, size_t len);
void		x_init_nonce_set(struct nonce *, struct bytes);
/* Do we make the peer believe that there is a NAT before us? */
bool		x_init_hides(const struct ike_sa *);
/* Everything that follows from the shared secret. */
bool		x_init_derive(struct ike_sa *, const struct secret *g_ir);
/* Section 2.23: with a NAT on the way, or by option, go to port 4500. */
void		x_init_float(struct ike_sa *, const struct msg *,
		    const struct path *);
/* Do both ends do fragments (RFC 7383), by the other's message? */
bool		x_init_fragments(const struct ike_sa *, const struct msg *);

#endif
