/*
 * What the two cores put out: IKE's datagrams, SAs, AUTH requests and events,
 * BGP's connections, octets and routes, each as the gateway's own output or as
 * news for a tunnel; and what was fetched for IKE back in.  Decides nothing.
 */
#include "gw/pump.h"

#include <string.h>

#include "gw/deposit.h"
#include "gw/forward.h"
#include "gw/neighbor.h"
#include "gw/peers.h"
#include "gw/tunnel.h"

_Static_assert(IKE_AUTH_OCTETS <= KERN_OCTETS_MAX,
    "two values fit into one operation");

/* --- what IKE puts out --- */

/* It waits for a value, or for the reason why there is none. */
static void
ike_auth(struct gw *gw, struct instant now, const struct ike_out *o)
{
	static const char much[] = "more octets to authenticate than fit";
	struct gw_tunnel *t = gw_tunnel(gw, o->peer);
	struct kern_op *op;

	if (t == NULL)
		return;
	if (o->n > KERN_OCTETS_MAX) {
		queue_event(&gw->out, GW_ERROR, "auth-too-long", t->name,
		    "%s: %zu of %d", much, o->n, KERN_OCTETS_MAX);
		ike_auth_value(gw->ike, now, o->token, 0, bytes_of(NULL, 0),
		    much);
		return;
	}
	op = queue_auth(&gw->out, bytes_of(o->data, o->n));
	if (op == NULL)
		return;
	str_set(op->auth.connection, sizeof(op->auth.connection),
	    t->connection);
	op->auth.tunnel = t->conf->number;
	op->auth.first = (uint16_t)o->first;
	op->auth.how = o->ppk ? KERN_AUTH_PPK : o->auth == IKE_AUTH_PSK ?
	    KERN_AUTH_PSK : KERN_AUTH_SIGN;
	op->auth.prf = o->prf->id;
	op->auth.hashes = (uint16_t)o->hashes;
	op->auth.rsa_pss = (o->sig_flags & SIG_RSA_PSS) != 0;
	gw_await(gw, op, o->token);
}

static void
ike_sa(struct gw *gw, const struct ike_out *o, enum kern_op_kind kind)
{
	struct gw_tunnel *t = gw_tunnel(gw, o->peer);
	struct kern_op *op = t == NULL ? NULL : queue_op(&gw->out, kind);

	if (op == NULL)
		return;
	peers_sa(t, &o->esp, &op->sa);
	if (kind == KERN_SA_ADD || kind == KERN_SA_HOLD)
		gw_await(gw, op, o->token);
	if (kind == KERN_SA_PATH)
		gw_await(gw, op, t->id);
}

static void
ike_datagram_out(struct gw *gw, struct ike_out *o)
{
	struct gw_out *out = queue_push(&gw->out, GW_OUT_DATAGRAM);

	if (out == NULL)
		return;
	out->path = o->path;
	out->data = o->data;
	out->n = o->n;
	o->data = NULL;
}

static void
ike_fetch(struct gw *gw, struct ike_out *o)
{
	struct gw_out *out = queue_push(&gw->out, GW_OUT_FETCH);

	if (out == NULL)
		return;
	out->token = o->token;
	out->ocsp = o->fetch == IKE_FETCH_OCSP;
	out->patience = o->patience;
	str_set(out->url, sizeof(out->url), o->url);
	out->data = o->data;
	out->n = o->n;
	o->data = NULL;
}

static bool
concerns_address(enum ike_event event)
{
	return event == IKE_EV_IKE_UP || event == IKE_EV_IKE_DOWN ||
	    event == IKE_EV_PATH || event == IKE_EV_ADOPTED;
}

/* Is it, or was it maybe, at an address that the configuration lacks? */
static bool
is_elsewhere(const struct gw_tunnel *t)
{
	const struct addr *named = &t->conf->remote;
	struct addr at;

	return !addr_is_set(named) || addr_is_any(named) ||
	    (ike_peer_at(t->gw->ike, t->id, &at) && !addr_eq(&at, named));
}

static void
ike_event(struct gw *gw, struct instant now, const struct ike_out *o)
{
	struct gw_tunnel *t = gw_tunnel(gw, o->peer);

	if (t != NULL) {
		if (concerns_address(o->event) && is_elsewhere(t))
			gw->peers_changed++;
		tunnel_ike_event(t, now, o);
		return;
	}
	if (addr_is_set(&o->path.remote.addr))
		stranger_note(&gw->strangers, &o->path.remote.addr,
		    gw_wall(gw, now), o->why.s);
	queue_event(&gw->out, GW_WARN, "ike-stranger", "", "%s", o->why.s);
}

void
gw_fetching(struct gw *gw, struct instant now, uint32_t token)
{
	ike_fetching(gw->ike, now, token);
}

void
gw_fetched(struct gw *gw, struct instant now, uint32_t token, struct bytes b,
    const char *why)
{
	ike_fetched(gw->ike, now, token, b, why);
	gw_pump(gw, now);
}

bool
pump_ike(struct gw *gw, struct instant now)
{
	struct ike_out o;
	bool any = false;

	while (ike_next(gw->ike, &o)) {
		any = true;
		switch (o.kind) {
		case IKE_OUT_DATAGRAM:
			ike_datagram_out(gw, &o);
			break;
		case IKE_OUT_AUTH:
			ike_auth(gw, now, &o);
			break;
		case IKE_OUT_SA_ADD:
			ike_sa(gw, &o, KERN_SA_ADD);
			break;
		case IKE_OUT_SA_DEL:
			ike_sa(gw, &o, KERN_SA_DEL);
			break;
		case IKE_OUT_SA_PATH:
			ike_sa(gw, &o, KERN_SA_PATH);
			break;
		case IKE_OUT_SA_HOLD:
			ike_sa(gw, &o, KERN_SA_HOLD);
			break;
		case IKE_OUT_FETCH:
			ike_fetch(gw, &o);
			break;
		case IKE_OUT_EVENT:
			ike_event(gw, now, &o);
			break;
		}
		ike_out_fini(&o);
	}
	return any;
}

/* --- what BGP puts out --- */

static void
bgp_connect(struct gw *gw, const struct bgp_out *o)
{
	struct gw_tunnel *t = gw_tunnel(gw, o->peer);
	struct kern_op *op = t == NULL ? NULL :
	    queue_op(&gw->out, KERN_CONNECT);

	if (op == NULL)
		return;
	op->conn.id = o->conn;
	op->conn.local = o->local;
	op->conn.remote = o->remote;
	neighbor_conn(t, &op->conn);
	gw_await(gw, op, o->conn);
}

static void
bgp_route_out(struct gw *gw, const struct bgp_route *r)
{
	struct fib_hops hops;

	hops.n = 0;
	for (size_t i = 0; i < r->n && i < KERN_GROUP_MAX; i++)
		hops.v[hops.n++] = (struct fib_hop){
			.tunnel = r->paths[i].peer,
			.gateway = r->paths[i].gateway,
		};
	fib_set(gw->fib, FIB_BGP, r->table, &r->prefix, &hops);
}

static void
bgp_event_out(struct gw *gw, const struct bgp_out *o)
{
	static const char *const names[] = {
		[BGP_EVENT_STATE] = "bgp-state",
		[BGP_EVENT_NOTIFICATION] = "bgp-notification",
		[BGP_EVENT_UPDATE_ERROR] = "bgp-update-error",
		[BGP_EVENT_LIMIT] = "bgp-prefix-limit",
		[BGP_EVENT_RESTART] = "bgp-stale-routes",
	};
	struct gw_tunnel *t = gw_tunnel(gw, o->peer);
	enum gw_level level = o->event == BGP_EVENT_STATE ? GW_INFO : GW_WARN;

	queue_event(&gw->out, level, names[o->event], t == NULL ? "" : t->name,
	    "%s", o->text.s);
	if (t == NULL)
		return;
	tunnel_touch(t);
	if (o->event == BGP_EVENT_STATE || o->event == BGP_EVENT_RESTART) {
		deposit_touch(t);
		forward_taught(t, o->up);
	}
}

void
pump_stream(struct gw *gw, uint32_t conn, enum gw_out_kind kind)
{
	struct gw_out *out = queue_push(&gw->out, kind);

	if (out != NULL)
		out->conn = conn;
}

bool
pump_bgp(struct gw *gw)
{
	struct bgp_out o;
	bool any = false;

	while (gw->route_budget > 0 ? bgp_next(gw->bgp, &o) :
	    bgp_next_urgent(gw->bgp, &o)) {
		any = true;
		switch (o.kind) {
		case BGP_OUT_CONNECT:
			bgp_connect(gw, &o);
			break;
		case BGP_OUT_CLOSE:
			pump_stream(gw, o.conn, GW_OUT_CLOSE);
			break;
		case BGP_OUT_SEND:
			pump_stream(gw, o.conn, GW_OUT_STREAM);
			break;
		case BGP_OUT_ROUTE:
			gw->route_budget--;
			bgp_route_out(gw, &o.route);
			break;
		case BGP_OUT_EVENT:
			bgp_event_out(gw, &o);
			break;
		}
	}
	forward_begin(gw);
	return any;
}
