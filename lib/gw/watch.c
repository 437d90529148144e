/*
 * BFD watches the path through a tunnel.  What was Up and is not any more, by
 * nobody's order, is a failure of the path: the tunnel carries nothing until
 * BFD is Up again, or until IKE has made a new path of it (RFC 5882 section
 * 4.2); BGP, which notices broken paths too, may try again when the peer's BFD
 * seems to have gone.  Static routes are withdrawn alike (section 5).
 *
 * Without bfd_strict a session that never came up keeps nobody from anything:
 * the peer may not know BFD (section 4.1).  AdminDown on either side never
 * does: IKE has its own detection of dead peers (section 3.2).  Nor does a
 * failure while BGP waits for the neighbour to restart, if the peer's BFD said
 * that it shares the fate of its control plane (section 4.3.2): the routes
 * that stay lead through the tunnel.
 *
 * One session per tunnel, of the IP version that BGP has there.
 */
#include "gw/watch.h"

#include <stdlib.h>
#include <string.h>

#include "gw/peers.h"
#include "gw/tunnel.h"

/* A peer whose BFD says nothing for so long may have none any more. */
static const struct span patience = { INT64_C(60) * 1000000000 };

static struct bfd_conf
conf_of(const struct gw_tunnel *t)
{
	return (struct bfd_conf){
		.interval = span_ms(t->conf->bfd.interval_ms),
		.multiplier = t->conf->bfd.multiplier,
	};
}

/* --- sockets --- */

static void
ask(struct gw_tunnel *t, enum kern_op_kind kind)
{
	struct kern_op *op = queue_op(&t->gw->out, kind);
	struct bgp_peer_conf bgp;

	if (op == NULL)
		return;
	peers_bgp(t, &bgp);
	op->conn.id = t->id;
	op->conn.local = bgp.local;
	op->conn.remote = bgp.remote;
	op->conn.ttl = BFD_TTL;
	memcpy(op->conn.dev, t->conf->ifname, sizeof(op->conn.dev));
	if (kind != KERN_BFD_CLOSE)
		gw_await(t->gw, op, t->id);
}

static void
sockets_open(struct gw_tunnel *t)
{
	ask(t, KERN_BFD_LISTEN);
	ask(t, KERN_BFD_CONNECT);
	t->watch.open = true;
}

static void
sockets_close(struct gw_tunnel *t)
{
	if (t->watch.open)
		ask(t, KERN_BFD_CLOSE);
	t->watch.open = false;
}

/* They die with the interface that they are bound to. */
static void
settle_sockets(struct gw_tunnel *t, struct instant now)
{
	if (!t->link.exists)
		sockets_close(t);
	else if (t->link.up && !t->watch.open && !t->removing &&
	    instant_due(t->again_at, now))
		sockets_open(t);
}

bool
watch_opened(struct gw *gw, uint32_t tunnel, bool ok)
{
	struct gw_tunnel *t = gw_tunnel(gw, tunnel);
	struct kern_op *op;

	if (t != NULL && t->watch.open) {
		if (!ok)
			sockets_close(t);
		return ok;
	}
	/* Closed since: so is what came too late. */
	op = queue_op(&gw->out, KERN_BFD_CLOSE);
	if (op != NULL)
		op->conn.id = tunnel;
	return true;
}

void
watch_restate(struct gw_tunnel *t)
{
	if (t->watch.open)
		sockets_open(t);
}

/* --- session --- */

static void
forgive(struct gw_tunnel *t)
{
	t->watch.failed = t->watch.excused = false;
}

static void
leave(struct gw_tunnel *t)
{
	bfd_del(t->gw->bfd, t->id);
	sockets_close(t);
	t->watch.joined = false;
	forgive(t);
}

void
watch_fini(struct gw_tunnel *t)
{
	if (t->watch.joined)
		leave(t);
	note_clear(&t->watch.why);
}

void
watch_change(struct gw_tunnel *t, struct instant now)
{
	struct bfd_conf conf = conf_of(t);

	if (t->watch.joined || t->conf->bfd.on)
		tunnel_touch(t);
	if (t->watch.joined && t->conf->bfd.on)
		bfd_change(t->gw->bfd, now, t->id, &conf);
}

void
watch_moved(struct gw_tunnel *t, struct instant now)
{
	forgive(t);
	bfd_halt(t->gw->bfd, now, t->id);
}

/* Does its neighbour restart gracefully: no session, or not all routes yet? */
static bool
restarts(const struct gw_tunnel *t)
{
	struct bgp_peer_info bgp;

	return t->remote_asn != 0 && bgp_peer_get(t->gw->bgp, t->id, &bgp) &&
	    (bgp.restart.holding || bgp.restart.awaiting);
}

/* A session shows that the path is whole; without one nothing does. */
static void
settle_excuse(struct gw_tunnel *t, struct instant now)
{
	struct bgp_peer_info bgp;

	if (!t->watch.excused || restarts(t))
		return;
	t->watch.excused = false;
	t->watch.failed = !bgp_peer_get(t->gw->bgp, t->id, &bgp) ||
	    bgp.state != BGP_ESTABLISHED;
	t->watch.ask_at = instant_after(now, patience);
}

/*
 * It was Up and failed.  A peer that has taken its BFD down since must be let
 * in (RFC 5882 section 4.1).  One that was not heard since may have none any
 * more; whether the path is whole BGP finds out by itself.
 */
static void
settle_failure(struct gw_tunnel *t, struct instant now)
{
	struct bfd_info info;

	if (!t->watch.failed || !bfd_get(t->gw->bfd, t->id, &info))
		return;
	if (info.remote_state == BFD_ADMIN_DOWN)
		t->watch.failed = false;
	if (!t->watch.failed || !instant_due(t->watch.ask_at, now))
		return;
	t->watch.ask_at = instant_after(now, patience);
	if (info.remote_discr != 0 || t->conf->bfd.strict ||
	    t->remote_asn == 0)
		return;
	t->watch.failed = false;
	queue_event(&t->gw->out, GW_WARN, "bfd-silent", t->name,
	    "the peer's BFD was not heard for %lld s: BGP is tried without",
	    (long long)span_to_s(patience));
}

/* One that is not wanted any more tells the peer so, and goes. */
static void
settle_session(struct gw_tunnel *t, struct instant now, bool path,
    bool wanted)
{
	if (path && wanted) {
		bfd_start(t->gw->bfd, now, t->id);
		return;
	}
	forgive(t);
	if (path) {
		bfd_stop(t->gw->bfd, now, t->id);
		return;
	}
	bfd_halt(t->gw->bfd, now, t->id);
	if (!t->conf->bfd.on)
		leave(t);
}

void
watch_settle(struct gw_tunnel *t, struct instant now, bool path, bool wanted)
{
	struct bfd_conf conf = conf_of(t);

	if (t->conf->bfd.on && !t->watch.joined && !t->removing)
		t->watch.joined = bfd_add(t->gw->bfd, t->id, &conf);
	if (!t->watch.joined)
		return;
	settle_sockets(t, now);
	settle_session(t, now, path, wanted && t->conf->bfd.on);
	settle_excuse(t, now);
	settle_failure(t, now);
}

bool
watch_allows(const struct gw_tunnel *t, struct reason *why)
{
	struct bfd_info info;
	bool waits;

	if (!t->conf->bfd.on || !bfd_get(t->gw->bfd, t->id, &info))
		return true;
	/* What carries goes on until it fails, also when it gets strict. */
	waits = t->conf->bfd.strict && !t->carrying && info.state != BFD_UP &&
	    info.remote_state != BFD_ADMIN_DOWN;
	if (why != NULL && t->watch.failed)
		*why = note_reason(&t->watch.why);
	else if (why != NULL && waits)
		reason_set(why, "waiting for it to come up (bfd_strict): %s",
		    info.why.s);
	return !t->watch.failed && !waits;
}

void
watch_packet(struct gw *gw, struct instant now, uint32_t tunnel, unsigned ttl,
    struct bytes b)
{
	struct gw_tunnel *t = gw_tunnel(gw, tunnel);

	bfd_packet(gw->bfd, now, tunnel, ttl, b);
	if (t != NULL && t->watch.failed)
		tunnel_touch(t);
}

/* --- what the core puts out --- */

static void
packet_out(struct gw *gw, const struct bfd_out *o)
{
	uint8_t *data = malloc(sizeof(o->octets));
	struct gw_out *out = data == NULL ? NULL :
	    queue_push(&gw->out, GW_OUT_BFD);

	if (out == NULL) {
		free(data);
		return;
	}
	memcpy(data, o->octets, sizeof(o->octets));
	out->conn = o->id;
	out->data = data;
	out->n = sizeof(o->octets);
}

static void
state_changed(struct gw_tunnel *t, struct instant now,
    const struct bfd_out *o)
{
	struct queue *q = &t->gw->out;
	struct bfd_info info;

	tunnel_touch(t);
	if (o->up) {
		forgive(t);
		t->watch.independent = bfd_get(t->gw->bfd, t->id, &info) &&
		    info.remote_independent;
		queue_event(q, GW_INFO, "bfd-up", t->name,
		    "the path to the peer is watched");
		return;
	}
	t->watch.excused = !o->admin && !t->watch.independent && restarts(t);
	t->watch.failed = !o->admin && !t->watch.excused;
	t->watch.ask_at = instant_after(now, patience);
	note_set(&t->watch.why, o->why.s);
	queue_event(q, o->admin ? GW_INFO : GW_WARN, "bfd-down", t->name,
	    "%s", o->why.s);
}

bool
watch_pump(struct gw *gw, struct instant now)
{
	struct bfd_out o;
	bool any = false;

	while (bfd_next(gw->bfd, now, &o)) {
		struct gw_tunnel *t = gw_tunnel(gw, o.id);

		any = true;
		switch (o.kind) {
		case BFD_OUT_SEND:
			packet_out(gw, &o);
			break;
		case BFD_OUT_STATE:
			if (t != NULL)
				state_changed(t, now, &o);
			break;
		case BFD_OUT_SILENT:
			if (t != NULL && !t->conf->bfd.on)
				leave(t);
			break;
		}
	}
	return any;
}
