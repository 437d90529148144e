/*
 * UDP through tunnels, as far as BFD needs it: a socket is bound to an
 * interface and dies with it; a packet goes to who listens where it comes out.
 */
#include "sim/udp.h"

#include <errno.h>
#include <string.h>

#define TTL	255

static struct gate_udp *
udp_of(struct gate *g, uint32_t tunnel)
{
	for (unsigned i = 0; i < GATE_LISTENERS; i++) {
		if (g->udp[i].tunnel == tunnel)
			return &g->udp[i];
	}
	return NULL;
}

static const struct kernel_link *
device(const struct gate *g, const struct gate_udp *u)
{
	const struct kernel_link *l = kernel_link(&g->kernel, u->dev);

	return l != NULL && l->serial == u->serial ? l : NULL;
}

int
udp_open(struct gate *g, const struct kern_op *op)
{
	const struct kernel_link *l = kernel_link(&g->kernel, op->conn.dev);
	struct gate_udp *u = udp_of(g, op->conn.id);

	if (l == NULL)
		return ENODEV;
	if (u == NULL)
		u = udp_of(g, 0);
	if (u == NULL)
		return ENOSPC;
	u->tunnel = op->conn.id;
	u->serial = l->serial;
	u->local = op->conn.local;
	u->remote = op->conn.remote;
	memcpy(u->dev, op->conn.dev, sizeof(u->dev));
	if (op->kind == KERN_BFD_LISTEN)
		u->in = true;
	else
		u->out = true;
	return 0;
}

void
udp_close(struct gate *g, uint32_t tunnel)
{
	struct gate_udp *u = udp_of(g, tunnel);

	if (u != NULL)
		*u = (struct gate_udp){ 0 };
}

void
udp_lost(struct gate *g, uint32_t tunnel, enum kern_op_kind kind)
{
	struct gate_udp *u = udp_of(g, tunnel);

	if (u != NULL && kind == KERN_BFD_LISTEN)
		u->in = false;
	else if (u != NULL)
		u->out = false;
}

void
udp_send(struct gate *g, uint32_t tunnel, struct bytes b)
{
	struct gate_udp *u = udp_of(g, tunnel);
	struct packet *p;
	struct flow flow;

	if (u == NULL || !u->out || device(g, u) == NULL ||
	    b.n > PACKET_OCTETS)
		return;
	flow = (struct flow){ u->local, u->remote, true };
	p = world_alloc(sizeof(*p));
	p->kind = PACKET_BFD;
	p->n = b.n;
	memcpy(p->octets, b.p, b.n);
	packet_send(g, device(g, u), &flow, p);
}

void
udp_packet(struct world *w, const struct packet *p,
    const struct kernel_link *l)
{
	struct gate *g = p->to;

	for (unsigned i = 0; i < GATE_LISTENERS && g->gw != NULL; i++) {
		const struct gate_udp *u = &g->udp[i];

		if (u->tunnel == 0 || !u->in || device(g, u) != l)
			continue;
		gw_bfd(g->gw, w->now, u->tunnel, TTL,
		    bytes_of(p->octets, p->n));
		gate_drain(g);
		return;
	}
}
