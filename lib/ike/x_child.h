/* CREATE_CHILD_SA for children, RFC 7296 sections 1.3.1, 1.3.3, 2.8, 2.25. */
#ifndef IKE_X_CHILD_H
#define IKE_X_CHILD_H

#include "ike/sa.h"

/* A new child (old NULL) or the rekey of one. */
void	x_child_request(struct ike_sa *, struct instant, struct child *old);
void	x_child_answer(struct ike_sa *, struct instant, const struct path *,
	    const struct msg *);
/* Our request is void: it is made anew as soon as may be. */
void	x_child_again(struct ike_sa *, struct instant);
void	x_child_respond(struct ike_sa *, struct instant, const struct msg *);

/* What stands in the way of the child whose key exchanges go on, or N_NONE. */
uint16_t x_child_obstacle(const struct ike_sa *);
/* sa->pending is all there: makes the child, and answers with our last value. */
void	x_child_followed(struct ike_sa *, struct instant, const struct kex *);

#endif
