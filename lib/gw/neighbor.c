/*
 * The neighbour of a tunnel.  How its segments are signed (RFC 2385) is the
 * monitor's business, who knows the key; here is only seen that it is another
 * one, by the mark that came with the configuration.  An open socket keeps
 * what it was made with, and a session what it negotiated: both are made again.
 */
#include "gw/neighbor.h"

#include <string.h>

#include "gw/peers.h"
#include "gw/tunnel.h"

void
neighbor_listen(struct gw_tunnel *t, enum kern_op_kind kind)
{
	struct kern_op *op = queue_op(&t->gw->out, kind);
	struct bgp_peer_conf bgp;

	if (op == NULL)
		return;
	peers_bgp(t, &bgp);
	op->conn.id = t->id;
	op->conn.local = bgp.local;
	op->conn.remote = bgp.remote;
	op->conn.ttl = 1;
	memcpy(op->conn.dev, t->conf->ifname, sizeof(op->conn.dev));
	gw_await(t->gw, op, t->id);
	t->listening = kind == KERN_LISTEN;
}

bool
neighbor_differs(const struct conf_tunnel *a, const struct conf_tunnel *b)
{
	return memcmp(&a->session, &b->session, sizeof(a->session)) != 0 ||
	    memcmp(a->bgp_mark, b->bgp_mark, CONF_MARK_LEN) != 0;
}

void
neighbor_renew(struct gw_tunnel *t, struct instant now)
{
	struct bgp_peer_conf bgp;

	if (t->remote_asn == 0)
		return;
	if (t->listening)
		neighbor_listen(t, KERN_UNLISTEN);
	if (t->bgp_on)
		bgp_peer_stop(t->gw->bgp, now, t->id, t->child_up,
		    "the session's configuration or its key changed");
	t->bgp_on = false;
	peers_bgp(t, &bgp);
	bgp_peer_conf(t->gw->bgp, &bgp);
	t->again_at = now;
	tunnel_touch(t);
}
