/*
 * Exchanges of an IKE SA, RFC 7296 sections 2.1 to 2.3: one request of ours
 * outstanding, resent octet for octet; one response kept for the peer's
 * retransmissions.  Either may be in fragments (RFC 7383).
 */
#ifndef IKE_XCHG_H
#define IKE_XCHG_H

#include "ike/sa.h"

/*
 * Starts a message of ours with the right SPIs, flags and message id.  It may
 * grow to IKE_MSG_MAX octets.  They are built in the instance's one buffer:
 * a message is finished before the next one is begun.
 */
void	xchg_begin(const struct ike_sa *, struct build *, uint8_t exchange,
	    bool response);
/* The same with everything inside an SK payload. */
void	xchg_begin_sk(const struct ike_sa *, struct build *, uint8_t exchange,
	    bool response);
/* Finishes, keeps and sends a request.  False: it could not be built. */
bool	xchg_request(struct ike_sa *, struct instant, struct build *,
	    enum task, uint32_t subject);
/*
 * Finishes and keeps the response to the request in hand; sends it unless
 * hold, in which case xchg_release() does.
 */
void	xchg_respond(struct ike_sa *, struct instant, struct build *,
	    bool hold);
void	xchg_release(struct ike_sa *, struct instant);
/*
 * An encrypted response that holds one notify.  With INVALID_SYNTAX the SA
 * has come to its end (section 2.21.3), but for what comes before that.
 */
void	xchg_refuse(struct ike_sa *, struct instant, uint8_t exchange,
	    uint16_t type, struct bytes data);
/*
 * Octets of an engine before this one: a request (of task and exchange, as they
 * stand in the SA) that is still to be answered, and the last response.
 * False: no memory.
 */
bool	xchg_go_on(struct ike_sa *, struct instant, struct bytes request,
	    struct bytes response, struct instant forget_at);
/* The last response once more, to where its request came from this time. */
void	xchg_repeat(struct ike_sa *, const struct path *);
/* There will be no response to the request in hand: no memory, or no SA. */
void	xchg_drop(struct ike_sa *);
/* Our request is answered or given up. */
void	xchg_done(struct ike_sa *);
void	xchg_resend(struct ike_sa *, struct instant);
/* Forgets the fragments of a message of the peer's. */
void	xchg_ungather(struct ike_sa *, bool response);
/* When something that is kept is of no use any more, and its end. */
struct instant	xchg_stale_at(const struct ike_sa *);
void	xchg_tidy(struct ike_sa *, struct instant);
void	xchg_fini(struct ike_sa *);
/* Octets as they went out or came in, copied. */
bool	xchg_keep(uint8_t **to, size_t *n, struct bytes);

#endif
