/*
 * The life of a tunnel, layer by layer: interface, IKE, child, BGP, routes.
 * What BFD finds is watch.c's.
 * Each layer stands on the one below; tunnel_settle() compares what is wanted
 * with what is and takes every step that can be taken.  The interface is made
 * when the tunnel is configured and stays until it is removed: its life does
 * not hang on an SA.
 */
#include "gw/tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "gw/deposit.h"
#include "gw/legacy.h"
#include "gw/neighbor.h"
#include "gw/peers.h"
#include "gw/policy.h"
#include "gw/tables.h"
#include "gw/upkeep.h"
#include "gw/watch.h"

/* A tunnel that is taken down lets traffic move to the other one first. */
static const struct span drain = { INT64_C(1000) * 1000000 };
static const struct span backoff_first = { INT64_C(1000) * 1000000 };
static const struct span backoff_refused = { INT64_C(5000) * 1000000 };
static const struct span backoff_most = { INT64_C(30) * 1000000000 };

static bool
prefixes_copy(struct conf_prefixes *to, const struct conf_prefixes *from)
{
	to->n = from->n;
	to->v = NULL;
	if (from->n == 0)
		return true;
	to->v = calloc(from->n, sizeof(*to->v));
	if (to->v == NULL)
		return false;
	memcpy(to->v, from->v, from->n * sizeof(*to->v));
	return true;
}

/* Policies and limits as they are now; a session goes on. */
static void
bgp_change(struct gw_tunnel *t, struct instant now)
{
	struct bgp_soft soft;

	peers_bgp_soft(t, &soft);
	bgp_peer_change(t->gw->bgp, now, t->id, &soft);
}

void
tunnel_conf(struct gw_tunnel *t, struct instant now, struct conf *of,
    const struct conf_connection *c, const struct conf_tunnel *conf)
{
	bool anew = t->conf != NULL && neighbor_differs(t->conf, conf);
	bool moved = t->of != NULL && t->association != c->association;
	bool shares = t->conf != NULL &&
	    t->conf->bgp.share != conf->bgp.share;

	conf_hold(of);
	conf_free(t->of);
	t->of = of;
	t->conf = conf;
	t->association = c->association;
	t->propagation = c->propagation;
	bgp_change(t, now);
	if (moved)
		tunnel_relink(t);
	if (shares)
		tables_tunnel(t, now);
	if (anew)
		neighbor_renew(t, now);
	watch_change(t, now);
}

void
tunnel_creds(struct gw_tunnel *t, const struct conf_tunnel *conf)
{
	struct ike_creds creds = { .chain = NULL };

	if (conf != NULL)
		creds = creds_of(t->gw->creds, t->name, conf);
	ike_peer_creds(t->gw->ike, t->id, &creds);
}

static bool
tunnel_join(struct gw_tunnel *t, struct instant now)
{
	struct gw *gw = t->gw;
	struct ike_peer_conf ike;
	struct bgp_peer_conf bgp;

	peers_ike(t, &ike);
	peers_bgp(t, &bgp);
	if (!ike_peer_add(gw->ike, &ike))
		return false;
	ike_peer_accept(gw->ike, t->id, false);
	tunnel_creds(t, t->conf);
	return t->remote_asn == 0 || bgp_peer_add(gw->bgp, now, &bgp);
}

struct gw_tunnel *
tunnel_new(struct gw *gw, struct instant now, uint32_t id,
    const struct conf_connection *c, const struct conf_tunnel *conf)
{
	struct gw_tunnel *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	*t = (struct gw_tunnel){
		.gw = gw, .id = id, .hub = c->hub,
		.remote_asn = c->remote_asn, .hold_time = c->hold_time,
		.admin_up = true, .retry_at = now,
		.shut_at = INSTANT_NEVER, .drain_at = INSTANT_NEVER,
		.upkeep.apply_at = INSTANT_NEVER,
		.layer = LAYER_INTERFACE, .since = gw_wall(gw, now),
	};
	tunnel_conf(t, now, gw->conf, c, conf);
	str_set(t->connection, sizeof(t->connection), c->name);
	str_fmt(t->name, sizeof(t->name), "%s/%u", c->name, conf->number);
	if (!prefixes_copy(&t->routes, &c->routes) || !tunnel_join(t, now)) {
		tunnel_free(t, now);
		return NULL;
	}
	drain_join(t, now);
	tunnel_touch(t);
	deposit_touch(t);
	return t;
}

void
tunnel_free(struct gw_tunnel *t, struct instant now)
{
	if (t == NULL)
		return;
	bgp_peer_del(t->gw->bgp, now, t->id);
	ike_peer_del(t->gw->ike, now, t->id);
	watch_fini(t);
	timer_clear(&t->gw->timers, &t->timer);
	tunnel_clean(t);
	legacy_drop(t);
	deposit_end(t);
	free(t->routes.v);
	free(t->policy_ts);
	note_clear(&t->link.why);
	note_clear(&t->why);
	note_clear(&t->failed);
	conf_free(t->of);
	free(t);
}

void
tunnel_touch(struct gw_tunnel *t)
{
	struct gw *gw = t->gw;

	if (t->dirty)
		return;
	t->dirty = true;
	t->dirty_next = NULL;
	*gw->dirty_end = t;
	gw->dirty_end = &t->dirty_next;
}

void
tunnel_clean(struct gw_tunnel *t)
{
	struct gw_tunnel **at = &t->gw->dirty;

	if (!t->dirty)
		return;
	t->dirty = false;
	while (*at != t)
		at = &(*at)->dirty_next;
	*at = t->dirty_next;
	if (*at == NULL)
		t->gw->dirty_end = at;
}

/* --- interface --- */

static void
link_set(struct gw_tunnel *t)
{
	struct kern_op *op = queue_op(&t->gw->out, KERN_LINK_SET);

	if (op == NULL)
		return;
	peers_link(t, &op->link);
	t->link.mtu = op->link.mtu;
	t->link.asked = true;
	gw_await(t->gw, op, t->id);
}

void
tunnel_relink(struct gw_tunnel *t)
{
	link_set(t);
}

static void
link_answer(struct gw_tunnel *t, struct instant now,
    const struct kern_event *e)
{
	t->link.asked = false;
	if (e->error != 0) {
		note_set(&t->link.why, e->text);
		t->link.stale = true;
		t->link.retry_at = instant_after(now, span_s(5));
		queue_event(&t->gw->out, GW_ERROR, "interface-failed", t->name,
		    "%s: %s", t->conf->ifname, e->text);
		return;
	}
	t->link.exists = true;
	t->link.stale = false;
	t->link.up = e->link.up;
	t->link.kind = e->link.kind;
	t->link.clamped = e->link.clamped;
	note_clear(&t->link.why);
	/* It was taken down for the change, and its nexthops with it. */
	if (e->link.flushed) {
		fib_flushed(t->gw->fib, t->id);
		bgp_unkept(t->gw->bgp, now, t->id);
	}
}

void
tunnel_link_event(struct gw_tunnel *t, struct instant now,
    const struct kern_event *e)
{
	bool was = t->link.exists && t->link.up;
	struct reason why;

	tunnel_touch(t);
	if (e->kind == KERN_DONE) {
		link_answer(t, now, e);
	} else {
		t->link.exists = e->link.exists;
		t->link.up = e->link.up;
	}
	if (was && !(t->link.exists && t->link.up)) {
		reason_set(&why, "interface %s %s", t->conf->ifname,
		    t->link.exists ? "is down" : "was deleted");
		note_set(&t->link.why, why.s);
		t->link.retry_at = now;
		queue_event(&t->gw->out, GW_WARN, "interface-lost", t->name,
		    "%s", why.s);
	}
}

/* It should be there and up, whoever removed it or took it down. */
static bool
settle_link(struct gw_tunnel *t, struct instant now)
{
	bool up = t->link.exists && t->link.up;

	if (up && !t->link.stale)
		return true;
	if (!t->link.asked && !t->removing &&
	    instant_due(t->link.retry_at, now)) {
		t->link.retry_at = instant_after(now, backoff_first);
		link_set(t);
	}
	return up;
}

/* --- IKE --- */

static struct span
backoff(struct gw_tunnel *t)
{
	struct span d = backoff_first, jitter;

	for (unsigned i = 1; i < t->failures && d.ns < backoff_most.ns; i++)
		d.ns *= 2;
	if (d.ns > backoff_most.ns)
		d = backoff_most;
	jitter = drbg_span(&t->gw->drbg, (struct span){ d.ns / 2 });
	return (struct span){ d.ns / 2 + jitter.ns };
}

static bool
is_wanted(const struct gw_tunnel *t)
{
	return t->admin_up && !t->removing && !t->gw->stopping &&
	    !t->upkeep.replacing;
}

static void
settle_ike(struct gw_tunnel *t, struct instant now)
{
	bool want = is_wanted(t);

	ike_peer_accept(t->gw->ike, t->id, want);
	if (!want || t->child_up || t->drain.on ||
	    !(t->conf->start || t->want_once) ||
	    !instant_due(t->retry_at, now))
		return;
	t->failures++;
	t->want_once = false;
	t->retry_at = instant_after(now, backoff(t));
	ike_peer_up(t->gw->ike, now, t->id);
}

/*
 * With another gateway: a VTI is bound to its address, and its BGP and BFD
 * know nothing of the sessions with the one before.
 */
static void
moved(struct gw_tunnel *t, struct instant now,
    const struct ike_peer_info *info)
{
	if (addr_eq(&t->gateway, &info->gateway))
		return;
	t->gateway = info->gateway;
	if (t->link.kind == KERN_LINK_VTI)
		link_set(t);
	if (t->bgp_on)
		bgp_peer_stop(t->gw->bgp, now, t->id, false,
		    "the tunnel moved to another gateway");
	t->bgp_on = false;
	watch_moved(t, now);
}

static void
child_came(struct gw_tunnel *t, struct instant now)
{
	struct ike_peer_info info;
	char local[ENDPOINT_STRLEN], remote[ENDPOINT_STRLEN];
	char ike[SUITE_STRLEN], esp[SUITE_STRLEN];
	uint32_t mtu;

	if (!ike_peer_get(t->gw->ike, t->id, &info))
		return;
	t->child_up = true;
	t->failures = 0;
	note_clear(&t->why);
	moved(t, now, &info);
	policy_set(t, &info);
	mtu = peers_mtu(&info.child_suite, &info.path, info.encap);
	if (mtu != t->link.mtu) {
		t->link.mtu = mtu;
		link_set(t);
	}
	queue_event(&t->gw->out, GW_INFO, "child-up", t->name,
	    "local=%s remote=%s ike=%s esp=%s mtu=%u",
	    endpoint_str(&info.path.local, local),
	    endpoint_str(&info.path.remote, remote),
	    suite_str(&info.suite, ike), suite_str(&info.child_suite, esp),
	    t->link.mtu);
}

static void
child_went(struct gw_tunnel *t, struct instant now, const char *why)
{
	t->child_up = false;
	t->retry_at = instant_after(now, backoff(t));
	policy_clear(t);
	legacy_void(t, now);
	queue_event(&t->gw->out, GW_WARN, "child-down", t->name, "%s", why);
}

static void
attempt_failed(struct gw_tunnel *t, struct instant now)
{
	if (instant_due(t->retry_at, now) || t->failures == 0)
		t->retry_at = instant_after(now, backoff(t));
	if (t->conf->dpd_action == CONF_DPD_RESTART && t->admin_up)
		t->want_once = true;
}

void
tunnel_ike_event(struct gw_tunnel *t, struct instant now,
    const struct ike_out *e)
{
	static const struct {
		enum gw_level level;
		const char *name;
	} logged[] = {
		[IKE_EV_IKE_UP] = { GW_INFO, "ike-up" },
		[IKE_EV_IKE_DOWN] = { GW_WARN, "ike-down" },
		[IKE_EV_FAILED] = { GW_WARN, "ike-failed" },
		[IKE_EV_REKEYED] = { GW_INFO, "rekeyed" },
		[IKE_EV_PATH] = { GW_INFO, "peer-moved" },
		[IKE_EV_SYNC] = { GW_INFO, "ids-synchronised" },
		[IKE_EV_REDIRECTED] = { GW_INFO, "ike-redirect" },
		[IKE_EV_RESUMED] = { GW_INFO, "ike-resumed" },
		[IKE_EV_TICKET] = { GW_WARN, "ticket-refused" },
		[IKE_EV_ADOPTED] = { GW_INFO, "ike-adopted" },
		[IKE_EV_DROPPED] = { GW_WARN, "ike-refused" },
		[IKE_EV_REFUSED] = { GW_WARN, "ike-refused" },
		[IKE_EV_CHILD_UP] = { 0 }, [IKE_EV_CHILD_DOWN] = { 0 },
		[IKE_EV_GONE] = { 0 },
	};
	struct ike_peer_info info;

	tunnel_touch(t);
	if ((e->event == IKE_EV_FAILED || e->event == IKE_EV_REFUSED) &&
	    e->why.s[0] != '\0') {
		t->failed_at = gw_wall(t->gw, now);
		note_set(&t->failed, e->why.s);
	}
	if (logged[e->event].name != NULL)
		queue_event(&t->gw->out, logged[e->event].level,
		    logged[e->event].name, t->name, "%s", e->why.s);
	if (e->event == IKE_EV_CHILD_UP)
		child_came(t, now);
	else if (e->event == IKE_EV_CHILD_DOWN)
		child_went(t, now, e->why.s);
	else if (e->event == IKE_EV_IKE_DOWN)
		attempt_failed(t, now);
	else if (e->event == IKE_EV_FAILED && e->why.s[0] != '\0')
		note_set(&t->why, e->why.s);
	else if ((e->event == IKE_EV_PATH || e->event == IKE_EV_REKEYED) &&
	    t->policies && ike_peer_get(t->gw->ike, t->id, &info)) {
		moved(t, now, &info);
		policy_set(t, &info);
	}
}

/* Those that were refused; the others are set when the child comes. */
static void
settle_policies(struct gw_tunnel *t, struct instant now)
{
	struct ike_peer_info info;

	if (t->policies && t->refused && instant_due(t->again_at, now) &&
	    ike_peer_get(t->gw->ike, t->id, &info))
		policy_restate(t, &info);
}

/* --- BGP and routes --- */

static void
settle_bgp(struct gw_tunnel *t, struct instant now, bool carry)
{
	bool shut = t->bgp_shut.s[0] != '\0', on = carry && !shut;
	struct reason why;

	if (on && !t->bgp_on)
		bgp_peer_start(t->gw->bgp, now, t->id);
	if (!on && t->bgp_on && !watch_allows(t, &why))
		bgp_peer_fail(t->gw->bgp, now, t->id, why.s);
	else if (!on && t->bgp_on)
		bgp_peer_stop(t->gw->bgp, now, t->id, t->child_up,
		    carry ? t->bgp_shut.s : t->upkeep.replacing ?
		    "the tunnel is replaced" : t->child_up ?
		    "tunnel is administratively down" : "tunnel is down");
	t->bgp_on = on;
}

static void
settle_routes(struct gw_tunnel *t, struct instant now, bool carry)
{
	struct gw *gw = t->gw;

	if (carry && !t->carrying)
		fib_tunnel_up(gw->fib, t->id, t->conf->ifname);
	if (!carry && t->carrying)
		fib_tunnel_down(gw->fib, t->id);
	if (carry != t->carrying) {
		t->carrying = carry;
		tables_tunnel(t, now);
	}
	if (t->remote_asn == 0)
		return;
	if (t->link.exists && !t->listening && !t->removing &&
	    instant_due(t->again_at, now))
		neighbor_listen(t, KERN_LISTEN);
	if (!t->link.exists && t->listening)
		neighbor_listen(t, KERN_UNLISTEN);
	settle_bgp(t, now, carry);
}

/* --- all layers --- */

static void
report(struct gw_tunnel *t, struct instant now)
{
	struct reason why;
	enum gw_layer layer = tunnel_layer(t, &why);
	bool up = layer == LAYER_NONE;

	t->layer = layer;
	if (up == t->is_up)
		return;
	t->is_up = up;
	t->ups += up;
	t->downs += !up;
	t->since = gw_wall(t->gw, now);
	queue_event(&t->gw->out, up ? GW_INFO : GW_WARN,
	    up ? "tunnel-up" : "tunnel-down", t->name, "%s%s%s",
	    tunnel_layer_str(layer), up ? "" : ": ", why.s);
}

static void
rearm(struct gw_tunnel *t, struct instant now)
{
	bool attempt = is_wanted(t) && !t->child_up && !t->drain.on &&
	    (t->conf->start || t->want_once);
	bool link = t->link.exists && t->link.up;
	struct instant at = instant_min(t->shut_at, t->drain_at);

	at = instant_min(at, t->upkeep.apply_at);
	if (!t->removing && !t->link.asked && (!link || t->link.stale))
		at = instant_min(at, t->link.retry_at);
	if (!t->removing && link && attempt)
		at = instant_min(at, t->retry_at);
	if (!instant_due(t->again_at, now))
		at = instant_min(at, t->again_at);
	if (t->watch.failed)
		at = instant_min(at, t->watch.ask_at);
	timer_set(&t->gw->timers, &t->timer, at);
}

/* Is there a BGP session whose end can be announced (RFC 8326)? */
static bool
can_announce(const struct gw_tunnel *t)
{
	struct bgp_peer_info bgp;

	return t->bgp_on && t->child_up && upkeep_drain(t).ns > 0 &&
	    bgp_peer_get(t->gw->bgp, t->id, &bgp) &&
	    bgp.state == BGP_ESTABLISHED;
}

/* The peer has had the time to move its traffic, or has gone. */
static void
settle_shutdown(struct gw_tunnel *t, struct instant now, bool link)
{
	if (link && can_announce(t) && !instant_due(t->shut_at, now))
		return;
	t->shut_at = INSTANT_NEVER;
	t->drain_at = t->child_up ? instant_after(now, drain) : now;
}

void
tunnel_settle(struct gw_tunnel *t, struct instant now)
{
	bool link = settle_link(t, now), wanted;

	upkeep_settle(t, now);
	wanted = is_wanted(t);
	if (link && t->legacy != NULL)
		legacy_claim(t, now);
	else if (link)
		settle_ike(t, now);
	settle_policies(t, now);
	if (!instant_is_never(t->shut_at))
		settle_shutdown(t, now, link);
	wanted = wanted || !instant_is_never(t->shut_at);
	watch_settle(t, now, link && t->child_up, wanted);
	settle_routes(t, now, link && t->child_up && wanted &&
	    watch_allows(t, NULL));
	report(t, now);
	rearm(t, now);
}

void
tunnel_tick(struct gw_tunnel *t, struct instant now)
{
	tunnel_touch(t);
	if (!instant_due(t->drain_at, now))
		return;
	t->drain_at = INSTANT_NEVER;
	ike_peer_down(t->gw->ike, now, t->id, t->upkeep.replacing ?
	    "the tunnel is replaced" : t->removing ?
	    "removed from the configuration" : "administratively down");
}

/* Traffic moves away, then the SAs are deleted with the peer. */
static void
wind_down(struct gw_tunnel *t, struct instant now)
{
	ike_peer_accept(t->gw->ike, t->id, false);
	tunnel_touch(t);
	if (!instant_is_never(t->shut_at))
		return;
	if (!can_announce(t)) {
		t->drain_at = t->child_up ? instant_after(now, drain) : now;
		return;
	}
	t->shut_at = instant_after(now, upkeep_drain(t));
	bgp_change(t, now);
	queue_event(&t->gw->out, GW_INFO, "bgp-shutdown", t->name,
	    "the peer is asked to move its traffic within %lld s",
	    (long long)span_to_s(upkeep_drain(t)));
}

void
tunnel_admin(struct gw_tunnel *t, struct instant now, bool up)
{
	t->admin_up = up;
	t->upkeep.replacing = false;
	tunnel_touch(t);
	deposit_touch(t);
	if (!up)
		wind_down(t, now);
	else
		tunnel_begin(t, now);
}

void
tunnel_begin(struct gw_tunnel *t, struct instant now)
{
	t->shut_at = t->drain_at = INSTANT_NEVER;
	bgp_change(t, now);
	t->failures = 0;
	t->retry_at = now;
	t->want_once = true;
	note_clear(&t->why);
}

void
tunnel_replace(struct gw_tunnel *t, struct instant now)
{
	t->upkeep.replacing = true;
	wind_down(t, now);
}

void
tunnel_bgp_admin(struct gw_tunnel *t, const char *shut)
{
	reason_set(&t->bgp_shut, "%s", shut);
	tunnel_touch(t);
	deposit_touch(t);
}

void
tunnel_remove(struct gw_tunnel *t, struct instant now)
{
	t->removing = true;
	tables_tunnel(t, now);
	if (t->listening)
		neighbor_listen(t, KERN_UNLISTEN);
	wind_down(t, now);
}

bool
tunnel_ended(const struct gw_tunnel *t)
{
	return instant_is_never(t->shut_at) && instant_is_never(t->drain_at) &&
	    ike_peer_idle(t->gw->ike, t->id);
}

void
tunnel_refused(struct gw_tunnel *t, struct instant now, enum kern_op_kind op)
{
	/* An SA that cannot follow the peer is replaced by one that can. */
	if (op == KERN_SA_PATH) {
		ike_peer_rekey(t->gw->ike, now, t->id, true);
		return;
	}
	if (op == KERN_LISTEN)
		t->listening = false;
	else if (op == KERN_POLICY_SET)
		t->refused = true;
	t->again_at = instant_after(now, backoff_refused);
	tunnel_touch(t);
}

void
tunnel_restate(struct gw_tunnel *t, struct instant now)
{
	struct ike_peer_info info;

	(void)now;
	link_set(t);
	if (t->policies && ike_peer_get(t->gw->ike, t->id, &info))
		policy_restate(t, &info);
	/* The descriptor may have been in an event that was lost. */
	if (t->listening)
		neighbor_listen(t, KERN_LISTEN);
	watch_restate(t);
	tunnel_touch(t);
}
