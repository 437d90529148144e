/* What an IKE SA does next by itself, and what its answers mean. */
#ifndef IKE_TASK_H
#define IKE_TASK_H

#include "ike/sa.h"

/* Starts the most urgent thing that is wanted, if any. */
void		task_start(struct ike_sa *, struct instant);
/* The response to our outstanding request, already checked. */
void		task_answer(struct ike_sa *, struct instant,
		    const struct path *, const struct msg *);
/* No response came until the peer counts as dead. */
void		task_expired(struct ike_sa *, struct instant);
/* Our request is void: what it was about is begun once more, if it can be. */
void		task_again(struct ike_sa *, struct instant, enum task,
		    uint32_t subject);
/* When something that had to be put off may be tried again. */
struct instant	task_retry_at(const struct ike_sa *);
/* The peer asked us to come back later (TEMPORARY_FAILURE). */
struct instant	task_later(struct ike_sa *, struct instant);

#endif
