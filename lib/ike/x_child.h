/*
 * CREATE_CHILD_SA for children, RFC 7296 sections 1.3.1, 1.3.3, 2.8, 2.25;
 * and the child of IKE_AUTH.
 */
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

/* Our half of a child's negotiation as payloads: SA, then TSi and TSr. */
void	x_child_build_sa(struct build *, const struct offer *, uint32_t spi);
void	x_child_build_ts(struct build *, const struct ts_list *i,
	    const struct ts_list *r);
/*
 * The responder's choice for an offer: suite, narrowed selectors.  The verdict
 * is N_NONE or the notify to answer with; why says it to an operator.
 */
uint16_t	x_child_choose(const struct ike_sa *, const struct msg *,
		    const struct offer *, struct child_deal *,
		    uint8_t *number, struct reason *why);
/* May the peer use this SPI for its end? */
bool		x_child_spi_free(const struct ike_sa *, uint32_t spi);
/* Can the payloads of a child in this message be read at all? */
bool		x_child_readable(const struct msg *);
/* The initiator's check of the answer. */
uint16_t	x_child_accept(const struct ike_sa *, const struct msg *,
		    const struct offer *, struct child_deal *,
		    struct reason *why);
/* The story of the peer's refusal: its notify, and what we offered. */
void		x_child_tell(const struct ike_sa *, uint8_t exchange,
		    const struct offer *, uint16_t type);
/* ESP as offered in IKE_AUTH: without key exchanges of its own. */
struct offer	x_child_first_offer(const struct ike_sa *);

#endif
