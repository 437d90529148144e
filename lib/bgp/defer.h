/*
 * The choice of routes by one who has restarted is put off until its peers have
 * taught theirs again (RFC 4724 section 4.1).
 */
#ifndef BGP_DEFER_H
#define BGP_DEFER_H

#include "bgp/session.h"

/* The peer's session is up: is it one to wait for, and for what? */
void	defer_up(struct bgp *, struct session *);
/* End-of-RIB of these families has come, or will not. */
void	defer_taught(struct bgp *, struct peer *, uint8_t families);
/* Its time is over: see bgp_deadline(). */
void	defer_tick(struct bgp *);
/* Is there anything that the session may announce now? */
bool	defer_announces(const struct bgp *, const struct session *);

#endif
