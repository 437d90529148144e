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

/* A new attempt with its path and set-up.  NULL: it failed, and was told. */
struct ike_sa	*x_init_open(struct ike_peer *, struct instant, uint64_t spi);
/* Section 2.6: the first request once more with the cookie in front. */
void		x_init_cookie(struct ike_sa *, struct instant, struct bytes);
/* RFC 6023 section 3.  False: it has to be, and the peer cannot. */
bool		x_init_may_be_childless(struct ike_sa *, const struct msg *);

/* True: the request need not bring a cookie, or brings a good one. */
bool		x_init_cookie_passes(struct ike *, struct instant,
		    const struct path *, const struct hdr *,
		    const struct msg *, bool wanted);
/* False, and told: there are too many half-open SAs. */
bool		x_init_within_limits(struct ike *, struct ike_peer *,
		    const struct path *);
/* Is it using up so much of its quota that cookies are asked for? */
bool		x_init_is_crowded(const struct ike *, const struct ike_peer *);
/* May an answer go to somebody who is refused, or were there too many? */
bool		x_init_may_refuse(struct ike *, struct instant);
/* Of the responder, found by x_init_find().  NULL: limit or no memory. */
struct ike_sa	*x_init_half_open(struct ike *, struct instant,
		    const struct path *, struct ike_peer *, uint64_t spi_i);

#endif
