/*
 * Which layer of a tunnel is the lowest that is down, and the sentence that
 * says why.  Reads state, changes none.
 */
#include "gw/tunnel.h"
#include "gw/watch.h"

const char *
tunnel_layer_str(enum gw_layer layer)
{
	static const char *const names[] = {
		[LAYER_NONE] = "", [LAYER_ADMIN] = "admin",
		[LAYER_INTERFACE] = "interface", [LAYER_IKE] = "ike",
		[LAYER_CHILD] = "child", [LAYER_BFD] = "bfd",
		[LAYER_BGP] = "bgp",
	};

	return names[layer];
}

enum gw_layer
tunnel_layer(const struct gw_tunnel *t, struct reason *why)
{
	struct ike_peer_info ike;
	struct bgp_peer_info bgp;

	*why = note_reason(&t->why);
	if (!t->admin_up) {
		reason_set(why, "administratively down");
		return LAYER_ADMIN;
	}
	if (t->upkeep.replacing && !t->child_up) {
		reason_set(why, "it is replaced");
		return LAYER_ADMIN;
	}
	if (!t->link.exists || !t->link.up) {
		*why = note_reason(&t->link.why);
		return LAYER_INTERFACE;
	}
	if (!ike_peer_get(t->gw->ike, t->id, &ike) ||
	    ike.state != IKE_ESTABLISHED) {
		if (t->drain.on)
			drain_reason(t, why);
		if (why->s[0] == '\0')
			reason_set(why, t->conf->start ? "connecting" :
			    "waiting for the peer to initiate");
		return LAYER_IKE;
	}
	if (!t->child_up)
		return LAYER_CHILD;
	why->s[0] = '\0';
	if (!watch_allows(t, why))
		return LAYER_BFD;
	if (t->remote_asn == 0 ||
	    !bgp_peer_get(t->gw->bgp, t->id, &bgp) ||
	    bgp.state == BGP_ESTABLISHED)
		return LAYER_NONE;
	*why = bgp.why;
	if (t->bgp_shut.s[0] != '\0')
		reason_set(why, "shut down: %s",
		    t->bgp_shut.s);
	else if (why->s[0] == '\0')
		reason_set(why, "session is in %s", bgp_state_str(bgp.state));
	return LAYER_BGP;
}
