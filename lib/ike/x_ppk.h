/*
 * Post-quantum pre-shared keys, RFC 8784: keys of the SA mixed with a PPK that
 * only the host has.
 */
#ifndef IKE_X_PPK_H
#define IKE_X_PPK_H

#include "ike/sa.h"

/* N(USE_PPK) of either side's IKE_SA_INIT. */
void	x_ppk_build_init(struct build *, const struct ike_sa *);
/* What the peer's says.  False: the reason says why we do not go on. */
bool	x_ppk_hear_init(struct ike_sa *, const struct msg *, struct reason *);

/* Is a PPK used and the SA's keys are not mixed with it yet? */
bool	x_ppk_due(const struct ike_sa *);
/* Asks the host to mix them.  False: no memory. */
bool	x_ppk_ask(struct ike_sa *);
/* Is that what the host is asked for? */
bool	x_ppk_asked(const struct ike_sa *);
/* The host's answer.  False: it is not three keys. */
bool	x_ppk_take(struct ike_sa *, struct bytes value);

/*
 * Initiator: where the peer may do without, our AUTH value is asked for once
 * more, without the PPK.  True: the host has been asked.
 */
bool	x_ppk_ask_plain(struct ike_sa *);
/* Is it that value?  Then it is kept. */
bool	x_ppk_keep_plain(struct ike_sa *, struct bytes value);
/* Our key was replaced: both values are asked for anew. */
void	x_ppk_forget_plain(struct ike_sa *);
void	x_ppk_build_request(struct build *, const struct ike_sa *);
/* Takes the PPK back if the peer did without.  False: it must not. */
bool	x_ppk_hear_answer(struct ike_sa *, const struct msg *,
	    struct reason *);

/*
 * Responder: what is to be done about this request, by the table of section 3.
 * False: it is refused.
 */
bool	x_ppk_hear_request(struct ike_sa *, const struct msg *,
	    struct reason *);
/* The AUTH value that counts where the PPK is not used. */
void	x_ppk_amend(const struct ike_sa *, struct msg *);
void	x_ppk_build_answer(struct build *, const struct ike_sa *);

/* "pre-shared keys", and PPKs where they are used as well. */
const char *x_ppk_suspects(const struct ike_sa *);
void	x_ppk_free(struct ppk *);

#endif
