/*
 * Tickets of session resumption (RFC 5723 sections 4.1, 4.2 and 6.2): asked
 * for, given, kept, and made void.  What is in one is ticket.h's; what is done
 * with one is x_resume.h's.
 */
#ifndef IKE_X_TICKET_H
#define IKE_X_TICKET_H

#include "ike/sa.h"

/* The tunnel's identities, keys or certificates may be others now. */
void	x_ticket_rules(struct ike_peer *);
void	x_ticket_fini(struct ike_peer *);
struct ike_resumption x_ticket_info(const struct ike_peer *);

/* N(TICKET_REQUEST), where it is configured. */
void	x_ticket_build_request(struct build *, const struct ike_sa *);
/* The answer to one, if the request has one: a ticket, or a refusal. */
void	x_ticket_build_answer(struct build *, struct ike_sa *,
	    struct instant, const struct msg *);
/* The same in CREATE_CHILD_SA: it is to be asked for afterwards. */
void	x_ticket_build_later(struct build *, const struct ike_sa *,
	    const struct msg *);
/* What the answer says of tickets. */
void	x_ticket_hear(struct ike_sa *, struct instant, const struct msg *);
/* An INFORMATIONAL exchange for another ticket. */
void	x_ticket_request(struct ike_sa *, struct instant);
void	x_ticket_answer(struct ike_sa *, struct instant,
	    const struct path *, const struct msg *);

/*
 * The SA is up and the peer proved this identity: tickets of before are void,
 * those of this SA and its successors will be for this identity.
 */
void	x_ticket_proved(struct ike_sa *, struct instant, const struct pl_id *);
/* "When the IKE SA is rekeyed, the ticket is invalidated" */
void	x_ticket_rekeyed(struct ike_sa *successor, struct instant);
/* It ends by a word of either side, so its tickets do, too. */
void	x_ticket_end(struct ike_sa *, struct instant);
/* So do those of a tunnel that goes down. */
void	x_ticket_down(struct ike_peer *, struct instant);

/* May this session, ours or the peer's, be resumed with the tunnel as it is? */
enum ticket_verdict x_ticket_judge(const struct ike_peer *, struct instant,
	    const struct session *);
/* A ticket was of no use: kept for who asks, and reported. */
void	x_ticket_refused(struct ike_peer *, struct instant,
	    enum ticket_verdict);

#endif
