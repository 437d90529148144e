/* The negotiation of a child SA, RFC 7296 sections 2.7, 2.9, 3.3 and 3.13. */
#ifndef IKE_DEAL_H
#define IKE_DEAL_H

#include "ike/sa.h"

/* Our half of a child's negotiation as payloads: SA, then TSi and TSr. */
void	deal_build_sa(struct build *, const struct offer *, uint32_t spi);
void	deal_build_ts(struct build *, const struct ts_list *i,
	    const struct ts_list *r);
/*
 * The responder's choice for an offer: suite, narrowed selectors.  The verdict
 * is N_NONE or the notify to answer with; why says it to an operator.
 */
uint16_t	deal_choose(const struct ike_sa *, const struct msg *,
		    const struct offer *, struct child_deal *,
		    uint8_t *number, struct reason *why);
/* Can the payloads of a child in this message be read at all? */
bool		deal_readable(const struct msg *);
/* The initiator's check of the answer. */
uint16_t	deal_accept(const struct ike_sa *, const struct msg *,
		    const struct offer *, struct child_deal *,
		    struct reason *why);
/* The story of the peer's refusal: its notify, and what we offered. */
void		deal_tell(const struct ike_sa *, uint8_t exchange,
		    const struct offer *, uint16_t type);
/* ESP as offered in IKE_AUTH: without a key exchange of its own. */
struct offer	deal_first_offer(const struct ike_sa *);
/* May the peer have this SPI for a new child? */
bool		deal_spi_free(const struct ike_sa *, uint32_t spi);

#endif
