/* IKE_AUTH, RFC 7296 sections 1.2 and 2.15. */
#ifndef IKE_X_AUTH_H
#define IKE_X_AUTH_H

#include "ike/sa.h"

/* IKE_SA_INIT is done: asks the host for our AUTH value. */
void	x_auth_start(struct ike_sa *, struct instant);
void	x_auth_answer(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);
/* The peer's request; inner is its chain, kept until AUTH is known. */
void	x_auth_respond(struct ike_sa *, struct instant, const struct msg *,
	    uint8_t first, struct bytes inner);
/* The request cannot be worked on: says so and ends. */
void	x_auth_refuse(struct ike_sa *, struct instant, uint16_t type,
	    struct bytes data);
/* Gives up while an AUTH value is awaited; the peer is told what it needs. */
void	x_auth_abandon(struct ike_sa *, struct instant);
/* The host computed an AUTH value, ours or the one that the peer must show. */
void	x_auth_value(struct ike_sa *, struct instant, uint8_t method,
	    struct bytes value, const char *why);
/* What was asked about the peer's certificates is answered, or is not. */
void	x_auth_resume(struct ike_sa *, struct instant);

#endif
