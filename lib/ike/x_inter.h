/*
 * IKE_INTERMEDIATE (RFC 9242) with the additional key exchanges of RFC 9370
 * section 2.2.2.
 */
#ifndef IKE_X_INTER_H
#define IKE_X_INTER_H

#include "ike/sa.h"

/* Writes the notify that says that we do this. */
void	x_inter_announce(struct build *);
/* Does the peer say so? */
bool	x_inter_spoken(const struct msg *);
/*
 * IKE_SA_INIT has agreed on a suite: what its additional key exchanges need,
 * if there are any.  False: no memory.
 */
bool	x_inter_expect(struct ike_sa *);
/* Responder: is such a request what comes next, before IKE_AUTH? */
bool	x_inter_awaited(const struct ike_sa *);
/* Initiator: the next exchange, or IKE_AUTH after the last one. */
void	x_inter_next(struct ike_sa *, struct instant);
void	x_inter_answer(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);
void	x_inter_respond(struct ike_sa *, struct instant, const struct msg *);
/* The request cannot be worked on: says so and ends. */
void	x_inter_refuse(struct ike_sa *, struct instant, uint16_t type,
	    struct bytes data);
/*
 * What opens the request that was answered last: its keys are those of before
 * the answer.
 */
struct seal	*x_inter_seal_again(const struct ike_sa *);
void	x_inter_free(struct ike_sa *);

#endif
