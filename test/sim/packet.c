/*
 * ESP packets.  What is sealed travels with the SPI, the outer addresses and
 * a fingerprint of the keys; the receiving kernel must have an SA that fits
 * when the packet gets there.  ESP in UDP from a new source is reported to
 * the gateway as KERN_MAPPING, once for each SA and path.
 */
#include "sim/packet.h"

#include <stdlib.h>
#include <string.h>

#include "sim/link.h"
#include "sim/tcp.h"
#include "sim/udp.h"

static void
report_mapping(struct packet *p, struct kernel_sa *sa)
{
	struct kern_event e = { .kind = KERN_MAPPING };

	if (!sa->sa.encap || sa->mapped ||
	    (addr_eq(&p->path.remote.addr, &sa->sa.src) &&
	    p->path.remote.port == sa->sa.sport))
		return;
	sa->mapped = true;
	e.sa.spi = sa->sa.spi;
	e.sa.reqid = sa->sa.reqid;
	e.sa.dst = sa->sa.dst;
	e.sa.from = p->path.remote;
	gate_note(p->to, &e);
}

/* NULL, or why the packet goes no further: the SA's life is over. */
static const char *
count(struct gate *g, const struct esp *esp)
{
	struct kern_event e = { .kind = KERN_DONE };
	bool alive = kernel_esp_count(&g->kernel, esp, &e);

	if (e.kind == KERN_EXPIRE)
		gate_note(g, &e);
	return alive ? NULL : "SA has reached its hard limit";
}

static void
probe_arrived(struct world *w, const struct packet *p, const char *why)
{
	if (why != NULL) {
		w->tally.lost++;
		w->tally.why = why;
		world_trace(w, p->to->name, "probe lost: %s", why);
		return;
	}
	w->tally.arrived++;
	if (p->tunnel < 2)
		w->tally.by_tunnel[p->tunnel]++;
}

static void
packet_run(struct world *w, struct happening *e)
{
	struct packet *p = (struct packet *)e;
	const struct kernel_link *link = NULL;
	struct kernel_sa *sa;
	const char *why;

	p->esp.src = p->path.remote.addr;
	p->esp.dst = p->path.local.addr;
	why = kernel_esp_in(&p->to->kernel, &p->esp, &sa, &link);
	if (why == NULL) {
		report_mapping(p, sa);
		why = count(p->to, &p->esp);
	}
	if (p->kind == PACKET_PROBE)
		probe_arrived(w, p, why);
	else if (why == NULL && p->kind == PACKET_BFD)
		udp_packet(w, p, link);
	else if (why == NULL)
		tcp_packet(w, p, link);
}

static void
packet_drop(struct happening *e)
{
	free(e);
}

const char *
packet_send(struct gate *g, const struct kernel_link *link,
    const struct flow *flow, struct packet *p)
{
	struct world *w = g->world;
	struct link_trip trip;
	struct path path;
	const char *why;
	enum link_fate fate;

	why = kernel_esp_out(&g->kernel, link, flow, &p->esp);
	if (why == NULL)
		why = count(g, &p->esp);
	if (why != NULL) {
		free(p);
		return why;
	}
	path.local = (struct endpoint){ p->esp.src, p->esp.sport };
	path.remote = (struct endpoint){ p->esp.dst, p->esp.dport };
	fate = link_carry(w, g, &path, &trip);
	if (fate == LINK_CARRIED && trip.link->no_esp[trip.to ==
	    trip.link->near_gate])
		fate = LINK_DROPPED;
	if (fate != LINK_CARRIED) {
		free(p);
		return fate == LINK_DROPPED ? "" : "no way to the peer";
	}
	p->event.run = packet_run;
	p->event.drop = packet_drop;
	p->to = trip.to;
	p->path = trip.path;
	world_at(w, trip.time, &p->event);
	return NULL;
}

/* --- probes --- */

static unsigned
index_of(const struct gate *g, const struct kernel_link *l)
{
	struct gate_tunnel_name n;

	return gate_tunnel_of(g, l->l.name, &n) ? n.number - 1 : 2;
}

void
packet_probe(struct gate *g, const char *src, const char *dst, uint32_t flow)
{
	struct world *w = g->world;
	struct packet *p = world_alloc(sizeof(*p));
	const struct kernel_link *link;
	struct flow f = { .local = false };
	const char *why;

	addr_parse(&f.src, src);
	addr_parse(&f.dst, dst);
	p->kind = PACKET_PROBE;
	w->tally.sent++;
	if (!kernel_route(&g->kernel, &f.dst, flow, &link)) {
		free(p);
		why = "no route";
	} else {
		p->tunnel = index_of(g, link);
		why = packet_send(g, link, &f, p);
	}
	if (why == NULL)
		return;
	if (why[0] == '\0') {
		w->tally.dropped++;
		return;
	}
	w->tally.lost++;
	w->tally.why = why;
	world_trace(w, g->name, "probe not sent: %s", why);
}

static void
probes_run(struct world *w, struct happening *e)
{
	struct happening *next;

	(void)e;
	if (w->probe_every.ns == 0)
		return;
	packet_probe(w->gates[0], GATE_HOST_0, GATE_HOST_1, w->probe_flow);
	packet_probe(w->gates[1], GATE_HOST_1, GATE_HOST_0, w->probe_flow);
	w->probe_flow++;
	next = world_alloc(sizeof(*next));
	next->run = probes_run;
	next->drop = packet_drop;
	world_at(w, w->probe_every, next);
}

void
packet_probes(struct world *w, struct span every)
{
	bool running = w->probe_every.ns != 0;
	struct happening *e;

	w->probe_every = every;
	if (running || every.ns == 0)
		return;
	e = world_alloc(sizeof(*e));
	e->run = probes_run;
	e->drop = packet_drop;
	world_at(w, SPAN_ZERO, e);
}
