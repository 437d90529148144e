/* IKE_SA_INIT, RFC 7296 section 1.2. */
#ifndef IKE_X_INIT_H
#define IKE_X_INIT_H

#include "ike/sa.h"

/*
 * How long an opening may be that is kept for somebody unknown, and signed
 * later; section 2 asks for 3000 octets.
 */
#define X_INIT_OPENING_MAX	3600

/* Starts an attempt with a peer; its reason is set when that fails. */
void	x_init_request(struct ike_peer *, struct instant);
void	x_init_answer(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);
/* A request of somebody without an SA: cookie, choice, answer. */
void	x_init_respond(struct ike *, struct instant, const struct path *,
	    const struct hdr *, const struct msg *, struct bytes raw);
/* A bare answer to a request for which nothing is kept (section 1.5). */
void	x_init_refuse(struct ike *, const struct path *, const struct hdr *,
	    uint16_t type, struct bytes data);
/* Keeps RealMessage2 for AUTH; the initiator calls it with what arrived. */
bool	x_init_keep(struct ike_sa *, struct bytes raw, bool by_initiator);
/* Nonces and SPIs of the set-up, for the keys that follow from them. */
struct keys_seed x_init_seed(const struct ike_sa *);
/* The half-open SA that this request made before, or NULL. */
struct ike_sa	*x_init_find(struct ike *, const struct path *, uint64_t spi_i);
/* Do we say, or have we said, that there may be no child (RFC 6023)? */
bool	x_init_childless(const struct ike_sa *);

#endif
