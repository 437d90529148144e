/* A configured tunnel in the words of IKE, BGP and the kernel. */
#ifndef GW_PEERS_H
#define GW_PEERS_H

#include "gw/inner.h"

void	peers_ike(const struct gw_tunnel *, struct ike_peer_conf *);
void	peers_bgp(const struct gw_tunnel *, struct bgp_peer_conf *);
/* The part of it that may change while the session is up. */
void	peers_bgp_soft(const struct gw_tunnel *, struct bgp_soft *);
/* The same of any neighbour of this configuration. */
void	peers_soft(const struct conf *, const struct conf_bgp *,
	    uint16_t association, const struct conf_tables *propagation,
	    struct bgp_soft *);
void	peers_link(const struct gw_tunnel *, struct kern_link *);
void	peers_sa(const struct gw_tunnel *, const struct ike_esp *,
	    struct kern_sa *);
/* reqid, if_id and mark of a tunnel. */
uint32_t	peers_if_id(const struct gw_tunnel *);
/* Inner MTU for the negotiated suite over a path. */
uint32_t	peers_mtu(const struct suite *, const struct path *, bool encap);

#endif
