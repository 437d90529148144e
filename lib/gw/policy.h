/* XFRM policies of a tunnel: what of its traffic selectors the kernel gets. */
#ifndef GW_POLICY_H
#define GW_POLICY_H

#include "gw/inner.h"

/* Replaces what is there when selectors or outer addresses differ. */
void	policy_set(struct gw_tunnel *, const struct ike_peer_info *);
/* All of them again, after some were refused or lost. */
void	policy_restate(struct gw_tunnel *, const struct ike_peer_info *);
void	policy_clear(struct gw_tunnel *);

#endif
