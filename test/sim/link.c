/*
 * Links.  A packet is looked at once, when it is sent: whether it gets
 * through, how long it takes, and how its addresses look where it comes out.
 * Reordering follows from the jitter.
 */
#include "sim/link.h"

#include <stdlib.h>
#include <string.h>

#include "ike/hdr.h"
#include "sim/gate.h"

struct datagram {
	struct happening	 event;
	struct gate	*to;
	struct path	 path;
	uint8_t		*data;
	size_t		 n;
};

struct link *
link_new(struct world *w, struct gate *near, const char *at,
    struct gate *far, const char *far_at)
{
	struct link *l = world_alloc(sizeof(*l));

	l->near_gate = near;
	l->far_gate = far;
	if (!addr_parse(&l->near, at) || !addr_parse(&l->far, far_at) ||
	    w->links_n == WORLD_LINKS)
		abort();
	l->delay = span_ms(10);
	l->jitter = span_ms(2);
	w->links[w->links_n++] = l;
	return l;
}

void
link_nat(struct link *l, const char *public, uint16_t shift)
{
	if (!addr_parse(&l->public, public))
		abort();
	l->shift = shift;
}

static const struct addr *
far_seen(const struct link *l)
{
	return addr_is_set(&l->public) ? &l->public : &l->far;
}

/* Does a packet with this path go over the link, in which direction? */
static bool
enters(const struct link *l, const struct gate *from, const struct path *p,
    bool *outward)
{
	*outward = from == l->near_gate;
	if (*outward)
		return addr_eq(&p->local.addr, &l->near) &&
		    addr_eq(&p->remote.addr, far_seen(l));
	return from == l->far_gate && addr_eq(&p->local.addr, &l->far) &&
	    addr_eq(&p->remote.addr, &l->near);
}

/* ESP without UDP (port 0) does not get through a NAT. */
static bool
translate(const struct link *l, const struct path *p, bool outward,
    struct path *got)
{
	bool nat = addr_is_set(&l->public);
	unsigned shift = nat ? l->shift : 0;

	if (nat && p->local.port == 0)
		return false;
	if (!outward) {
		got->local = p->remote;
		got->remote = (struct endpoint){ *far_seen(l),
		    (uint16_t)(p->local.port + shift) };
		return true;
	}
	got->remote = p->local;
	got->local = (struct endpoint){ l->far,
	    (uint16_t)(p->remote.port - shift) };
	return got->local.port == 0 || got->local.port == IKE_PORT ||
	    got->local.port == IKE_PORT_NATT;
}

enum link_fate
link_carry(struct world *w, const struct gate *from, const struct path *sent,
    struct link_trip *trip)
{
	for (unsigned i = 0; i < w->links_n; i++) {
		struct link *l = w->links[i];
		bool outward;

		/* Several may be behind one NAT address: the port decides. */
		if (!enters(l, from, sent, &outward) ||
		    !translate(l, sent, outward, &trip->path))
			continue;
		if (l->cut || world_chance(w, l->loss))
			return LINK_DROPPED;
		l->carried++;
		trip->to = outward ? l->far_gate : l->near_gate;
		trip->time = world_span(w, l->delay, (struct span){
		    l->delay.ns + l->jitter.ns });
		trip->link = l;
		return LINK_CARRIED;
	}
	return LINK_NOWHERE;
}

static void
datagram_run(struct world *w, struct happening *e)
{
	struct datagram *d = (struct datagram *)e;

	(void)w;
	gate_datagram(d->to, &d->path, bytes_of(d->data, d->n));
}

static void
datagram_drop(struct happening *e)
{
	struct datagram *d = (struct datagram *)e;

	free(d->data);
	free(d);
}

static void
post(struct world *w, const struct link_trip *trip, struct span time,
    uint8_t *data, size_t n)
{
	struct datagram *d = world_alloc(sizeof(*d));

	d->event.run = datagram_run;
	d->event.drop = datagram_drop;
	d->to = trip->to;
	d->path = trip->path;
	d->data = data;
	d->n = n;
	world_at(w, time, &d->event);
}

void
link_datagram(struct gate *from, const struct path *path, uint8_t *data,
    size_t n)
{
	struct world *w = from->world;
	struct link_trip trip;
	uint8_t *again;

	if (link_carry(w, from, path, &trip) != LINK_CARRIED) {
		free(data);
		return;
	}
	if (world_chance(w, trip.link->repeat)) {
		again = world_alloc(n);
		memcpy(again, data, n);
		post(w, &trip, world_span(w, trip.time, (struct span){
		    trip.time.ns * 2 + 1 }), again, n);
	}
	post(w, &trip, trip.time, data, n);
}
