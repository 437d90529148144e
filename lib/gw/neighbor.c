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

/*
 * RFC 5082: what comes from the next hop has not been routed by anybody, and
 * what was has less than the most.
 */
void
neighbor_conn(const struct gw_tunnel *t, struct kern_conn *c)
{
	bool gtsm = t->conf->session.ttl_security;

	c->ttl = gtsm ? UINT8_MAX : 1;
	c->min_ttl = gtsm ? UINT8_MAX : 0;
	memcpy(c->dev, t->conf->ifname, sizeof(c->dev));
}

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
	neighbor_conn(t, &op->conn);
	gw_await(t->gw, op, t->id);
	t->listening = kind == KERN_LISTEN;
}

/* A listener that came too late would keep the address from the next one. */
void
neighbor_listens(struct gw *gw, uint32_t tunnel)
{
	const struct gw_tunnel *t = gw_tunnel(gw, tunnel);
	struct kern_op *op;

	if (t != NULL && t->listening)
		return;
	op = queue_op(&gw->out, KERN_UNLISTEN);
	if (op != NULL)
		op->conn.id = tunnel;
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

/* What devices announce is another sort of routes: only a new session knows. */
void
neighbor_insiders(struct gw *gw, struct instant now)
{
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (!t->hub && !t->removing)
			neighbor_renew(t, now);
	}
}
