/*
 * The gateway's entry points: what comes from outside goes to the core or the
 * tunnel that it is for; after every event what the cores have put out is
 * passed on (pump.c) and the tunnels that it touched take their next step.
 */
#include "gw/gw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "gw/command.h"
#include "gw/command_counters.h"
#include "gw/deposit.h"
#include "gw/forward.h"
#include "gw/guards.h"
#include "gw/legacy.h"
#include "gw/neighbor.h"
#include "gw/peers.h"
#include "gw/pump.h"
#include "gw/roster.h"
#include "gw/tables.h"
#include "gw/tunnel.h"
#include "gw/vpcs.h"
#include "gw/watch.h"
#include "util/array.h"

static const struct span stop_patience = { INT64_C(6) * 1000000000 };

/* Routes from BGP, and routes looked at by the fib, from tick to tick. */
#define ROUTES_PER_TURN		2048

static const struct ike_limits limits = {
	.sas = 50000, .half_open = 4000, .cookie_above = 64,
	.half_open_per_peer = 16, .refusals_per_s = 200,
};

int64_t
gw_wall(const struct gw *gw, struct instant now)
{
	return gw->wall + now.ns / 1000000000;
}

void
gw_clock(struct gw *gw, struct instant now, int64_t wall)
{
	gw->wall = wall - now.ns / 1000000000;
	ike_wall(gw->ike, now, wall);
}

struct gw_tunnel *
gw_tunnel(const struct gw *gw, uint32_t id)
{
	return map_get(&gw->by_id, id);
}

struct gw_tunnel *
gw_tunnel_find(const struct gw *gw, const char *connection, unsigned number)
{
	char name[CONF_NAME_LEN + 8];

	str_fmt(name, sizeof(name), "%s/%u", connection, number);
	return dict_get(&gw->by_name, name);
}

void
gw_await(struct gw *gw, const struct kern_op *op, uint32_t what)
{
	map_put(&gw->ops, op->id, (void *)(uintptr_t)what);
}

uint32_t
gw_awaited(const struct gw *gw, uint32_t op)
{
	return (uint32_t)(uintptr_t)map_get(&gw->ops, op);
}

bool
gw_own_network(const struct gw *gw, uint16_t table, const struct prefix *p)
{
	for (size_t i = 0; i < gw->conf->n; i++) {
		const struct conf_connection *c = &gw->conf->connections[i];

		for (size_t k = 0; k < c->networks.n; k++) {
			if (c->association == table &&
			    prefix_eq(&c->networks.v[k], p))
				return true;
		}
	}
	return false;
}

/* --- configuration --- */

struct gw *
gw_new(struct conf *conf, struct instant now, int64_t wall,
    const uint8_t seed[static DRBG_SEED_LEN], struct bytes kept)
{
	struct gw *gw = calloc(1, sizeof(*gw));
	uint64_t key;

	if (gw == NULL)
		return NULL;
	gw->free_id = 1;
	gw->unsaid = 1;
	gw->route_budget = gw->fib_budget = ROUTES_PER_TURN;
	gw->dirty_end = &gw->dirty;
	gw->stop_at = gw->undo_at = gw->legacy_until = INSTANT_NEVER;
	gw->learn_until = INSTANT_NEVER;
	gw->guards_at = INSTANT_NEVER;
	forward_init(gw);
	drain_init(&gw->drain);
	drbg_seed(&gw->drbg, seed);
	drbg_fill(&gw->drbg, &key, sizeof(key));
	gw->ike = ike_new(&limits, &gw->drbg);
	gw->bgp = bgp_new(conf->router_id, &gw->drbg);
	gw->bfd = bfd_new(&gw->drbg);
	gw->fib = fib_new(&gw->out, key);
	if (gw->ike == NULL || gw->bgp == NULL || gw->bfd == NULL ||
	    gw->fib == NULL) {
		gw_free(gw);
		return NULL;
	}
	gw->conf = conf;
	gw->creds = creds_new(conf, NULL);
	forward_configure(gw);
	gw_clock(gw, now, wall);
	legacy_read(gw, now, kept);
	tables_converge(gw, now);
	vpcs_converge(gw);
	guards_converge(gw);
	tables_fill(gw, now);
	roster_converge(gw, now);
	legacy_end(gw, now);
	gw_pump(gw, now);
	return gw;
}

void
gw_tickets(struct gw *gw, const struct ticket_keys *keys)
{
	ike_tickets(gw->ike, keys);
}

void
gw_free(struct gw *gw)
{
	struct gw_tunnel *t;

	if (gw == NULL)
		return;
	while ((t = gw->tunnels) != NULL) {
		gw->tunnels = t->next;
		tunnel_free(t, (struct instant){ 0 });
	}
	ike_free(gw->ike);
	bgp_free(gw->bgp);
	bfd_free(gw->bfd);
	fib_free(gw->fib);
	creds_free(gw->creds);
	conf_free(gw->conf);
	queue_fini(&gw->out);
	queue_fini(&gw->deposits);
	free(gw->deposit_room);
	map_fini(&gw->ops);
	map_fini(&gw->reloads);
	map_fini(&gw->by_id);
	dict_fini(&gw->by_name);
	dict_fini(&gw->by_ifname);
	tables_fini(gw);
	vpcs_fini(gw);
	guards_fini(gw);
	roster_fini(gw);
	drain_fini(&gw->drain);
	timers_fini(&gw->timers);
	drbg_fini(&gw->drbg);
	free(gw);
}

void
gw_reload(struct gw *gw, struct instant now, struct conf *conf)
{
	struct conf *old = gw->conf;
	struct creds *old_creds = gw->creds;
	bool renumbered = old->asn != conf->asn ||
	    old->router_id != conf->router_id ||
	    old->interface != conf->interface ||
	    old->resilient != conf->resilient;

	gw->conf = conf;
	gw->creds = creds_new(conf, NULL);
	forward_configure(gw);
	bgp_router_id(gw->bgp, conf->router_id);
	tables_converge(gw, now);
	vpcs_converge(gw);
	guards_converge(gw);
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (renumbered && !t->removing)
			tunnel_remove(t, now);
	}
	roster_converge(gw, now);
	tables_refill(gw, now, old);
	vpcs_refill(gw, now, old);
	vpcs_bury(gw);
	tables_bury(gw);
	conf_free(old);
	gw->peers_changed++;
	roster_renew(gw, old_creds);
	gw_pump(gw, now);
}

/* --- who sends, and what was not read --- */

bool
gw_peer_at(const struct gw *gw, size_t *pos, struct addr at[static 2])
{
	const struct gw_tunnel *t = map_each(&gw->by_id, pos);

	if (t == NULL)
		return false;
	at[0] = t->conf->remote;
	if (!addr_is_set(&at[0]) || addr_is_any(&at[0]))
		at[0] = (struct addr){ 0 };
	if (!ike_peer_at(gw->ike, t->id, &at[1]))
		at[1] = (struct addr){ 0 };
	return true;
}

uint32_t
gw_peers_changed(const struct gw *gw)
{
	return gw->peers_changed;
}

void
gw_dropped(struct gw *gw, const struct gw_drops *d)
{
	uint64_t peers = d->peers - gw->drops.peers;
	uint64_t strangers = d->strangers - gw->drops.strangers;

	if (peers != 0 || strangers != 0)
		queue_event(&gw->out, GW_WARN, "datagrams-dropped", "",
		    "more came than could be read: dropped %" PRIu64
		    " from peers' addresses, %" PRIu64 " from others", peers,
		    strangers);
	gw->drops = *d;
}

void
gw_turned(struct gw *gw, struct span busy)
{
	uint64_t us = busy.ns > 0 ? (uint64_t)busy.ns / 1000 : 0;

	gw->turns.n++;
	gw->turns.busy_us += us;
	if (us > gw->turns.longest_us)
		gw->turns.longest_us = us;
}

/* --- the end of every event --- */

/* One to be removed goes when its peer has been told. */
static bool
settle(struct gw *gw, struct instant now)
{
	struct gw_tunnel *t;
	bool any = false;

	while ((t = gw->dirty) != NULL) {
		tunnel_clean(t);
		tunnel_settle(t, now);
		if (t->removing && tunnel_ended(t))
			roster_bury(gw, now, t);
		any = true;
	}
	return any;
}

static void
check_stopped(struct gw *gw, struct instant now)
{
	bool ended = true;

	if (!gw->stopping || gw->stopped)
		return;
	for (struct gw_tunnel *t = gw->tunnels; ended && t != NULL;
	    t = t->next)
		ended = tunnel_ended(t);
	if (!ended && !instant_due(gw->stop_at, now))
		return;
	gw->stopped = true;
	queue_push(&gw->out, GW_OUT_STOPPED);
}

/*
 * Everything that is wanted was said once: the rest of ours is stale.  Routes
 * go some at a time, and those whose turn is yet to come are wanted.
 */
static void
say_stated(struct gw *gw, struct instant now)
{
	struct kern_op *op;

	if (legacy_awaited(gw, now))
		return;
	gw->legacy_until = INSTANT_NEVER;
	if (legacy_learns(gw, now)) {
		if (!gw->said_part && gw->unsaid == 1 &&
		    (op = queue_op(&gw->out, KERN_RESYNC_DONE)) != NULL)
			gw->said_part = op->resync.routes_wait = true;
		return;
	}
	if (fib_restating(gw->fib))
		return;
	for (; gw->unsaid > 0; gw->unsaid--)
		queue_op(&gw->out, KERN_RESYNC_DONE);
}

/* What comes in bulk is done some in every turn: see gw_tick(). */
void
gw_pump(struct gw *gw, struct instant now)
{
	bool more = true;

	while (more) {
		more = pump_ike(gw, now);
		more |= watch_pump(gw, now);
		more |= pump_bgp(gw);
		more |= settle(gw, now);
	}
	gw->fib_budget = fib_work(gw->fib, gw->fib_budget);
	forward_arm(gw, now);
	say_stated(gw, now);
	check_stopped(gw, now);
}

struct span
gw_stop_most(const struct conf *conf)
{
	struct span most = SPAN_ZERO;

	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		for (unsigned k = 0; k < c->tunnels_n; k++) {
			if (c->tunnels[k].bgp.drain.ns > most.ns)
				most = c->tunnels[k].bgp.drain;
		}
	}
	most.ns += stop_patience.ns;
	return most;
}

void
gw_stop(struct gw *gw, struct instant now)
{
	gw->stopping = true;
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next)
		tunnel_admin(t, now, false);
	gw->stop_at = instant_after(now, gw_stop_most(gw->conf));
	gw_pump(gw, now);
}

/* --- kernel events --- */

static struct gw_tunnel *
tunnel_by_ifname(const struct gw *gw, const char *name)
{
	return dict_get(&gw->by_ifname, name);
}

static void
op_failed(struct gw *gw, const struct kern_event *e)
{
	/* At the end the monitor takes everything away by itself. */
	if (gw->stopping)
		return;
	queue_event(&gw->out, GW_ERROR, "kernel-refused", "", "%s: %s",
	    kern_op_name(e->op), e->text);
}

static void
op_done(struct gw *gw, struct instant now, const struct kern_event *e)
{
	uint32_t what = (uint32_t)(uintptr_t)map_del(&gw->ops, e->id);
	const char *why = e->error == 0 ? NULL : e->text;
	struct gw_tunnel *t;

	gw->answered[e->op]++;
	gw->refused[e->op] += e->error != 0;
	switch (e->op) {
	case KERN_LINK_SET:
		if ((t = gw_tunnel(gw, what)) != NULL)
			tunnel_link_event(t, now, e);
		return;
	case KERN_TABLE_SET:
		tables_answer(gw, now, what, e);
		return;
	case KERN_LAN_SET:
		vpcs_answer(gw, now, what, e);
		return;
	case KERN_SA_ADD:
	case KERN_SA_HOLD:
		ike_installed(gw->ike, now, what, why);
		return;
	case KERN_AUTH:
		ike_auth_value(gw->ike, now, what, e->auth.method,
		    bytes_of(e->auth.value, why == NULL ? e->auth.n : 0),
		    e->text);
		return;
	case KERN_CONNECT:
		if (!bgp_connected(gw->bgp, now, what, why) && why == NULL)
			pump_stream(gw, what, GW_OUT_CLOSE);
		return;
	case KERN_ROUTE_SET:
	case KERN_ROUTE_DEL:
	case KERN_NEXTHOP_SET:
	case KERN_GROUP_SET:
		if (what == GUARD_AWAITED)
			guards_answer(gw, now, e);
		else if (!fib_done(gw->fib, e->id, e->error))
			forward_refused(gw, now, e);
		return;
	case KERN_BFD_LISTEN:
	case KERN_BFD_CONNECT:
		if (!watch_opened(gw, what, why == NULL) &&
		    (t = gw_tunnel(gw, what)) != NULL)
			tunnel_refused(t, now, e->op);
		break;
	case KERN_LISTEN:
		if (why == NULL)
			neighbor_listens(gw, what);
		/* FALLTHROUGH */
	case KERN_POLICY_SET:
	case KERN_SA_PATH:
		if (why != NULL && (t = gw_tunnel(gw, what)) != NULL)
			tunnel_refused(t, now, e->op);
		break;
	case KERN_RELOAD:
	case KERN_APPLY:
	case KERN_CONFIRM:
	case KERN_UNDO:
	case KERN_RESTART:
		command_reloaded(gw, now, e);
		return;
	case KERN_COUNT:
		command_counted(gw, now, e);
		return;
	case KERN_LINK_DEL: case KERN_SA_DEL: case KERN_POLICY_DEL:
	case KERN_NEXTHOP_DEL: case KERN_GROUP_DEL: case KERN_UNLISTEN:
	case KERN_NEXTHOP_SWEEP: case KERN_LAN_DEL:
	case KERN_TABLE_DEL: case KERN_RESYNC_DONE: case KERN_OP_KINDS:
	case KERN_BFD_CLOSE: case KERN_KEEP:
		break;
	}
	if (why != NULL)
		op_failed(gw, e);
}

/* Events were lost: say again what should be, then have the rest swept. */
static void
resync(struct gw *gw, struct instant now)
{
	tables_restate(gw);
	vpcs_restate(gw);
	guards_restate(gw);
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next)
		tunnel_restate(t, now);
	fib_resync(gw->fib);
	gw->unsaid++;
	queue_event(&gw->out, GW_WARN, "kernel-overrun", "",
	    "kernel events were lost: everything is stated again");
}

void
gw_kern(struct gw *gw, struct instant now, const struct kern_event *e)
{
	struct gw_tunnel *t;

	switch (e->kind) {
	case KERN_DONE:
		op_done(gw, now, e);
		break;
	case KERN_LINK_STATE:
		if ((t = tunnel_by_ifname(gw, e->link.name)) != NULL)
			tunnel_link_event(t, now, e);
		break;
	case KERN_EXPIRE:
		ike_expired(gw->ike, now, e->sa.reqid - KERN_ID_BASE,
		    e->sa.spi, e->sa.hard);
		break;
	case KERN_MAPPING:
		ike_mapping(gw->ike, now, e->sa.spi, &e->sa.from);
		break;
	case KERN_CHANGED:
		gw->changed++;
		forward_changed(gw, now, e);
		break;
	case KERN_OVERRUN:
		gw->overruns++;
		resync(gw, now);
		break;
	case KERN_RELOADED:
		if (e->error != 0)
			queue_event(&gw->out, GW_ERROR, "reload-failed", "",
			    "%s", e->text);
		break;
	case KERN_STOP:
		gw_stop(gw, now);
		break;
	case KERN_PENDING:
		gw->undo_at = e->pending.seconds == 0 ? INSTANT_NEVER :
		    instant_after(now, span_s(e->pending.seconds));
		break;
	case KERN_LAN_STATE:
		vpcs_state(gw, now, e);
		break;
	case KERN_ACQUIRE:	/* a tunnel that should be up is tried anyway */
	case KERN_LEAVE:	/* the host ends, and nothing is to be told */
	case KERN_EVENT_KINDS:
		break;
	}
	gw_pump(gw, now);
}

/* --- datagrams, streams, requests, time --- */

bool
gw_screen(struct gw *gw, struct instant now, const struct path *path,
    struct bytes b, uint8_t reply[static IKE_SCREEN_MAX], size_t *n)
{
	return ike_screen(gw->ike, now, path, b, reply, n);
}

void
gw_datagram(struct gw *gw, struct instant now, const struct path *path,
    struct bytes b)
{
	ike_datagram(gw->ike, now, path, b);
	gw_pump(gw, now);
}

uint32_t
gw_accept(struct gw *gw, struct instant now, uint32_t tunnel,
    const struct addr *from)
{
	struct gw_tunnel *t = gw_tunnel(gw, tunnel);
	struct bgp_peer_conf bgp;
	uint32_t conn;

	if (t == NULL || t->remote_asn == 0)
		return 0;
	peers_bgp(t, &bgp);
	if (!addr_eq(&bgp.remote, from))
		return 0;
	conn = bgp_accepted(gw->bgp, now, t->id);
	gw_pump(gw, now);
	return conn;
}

void
gw_stream(struct gw *gw, struct instant now, uint32_t conn, struct bytes b)
{
	bgp_stream(gw->bgp, now, conn, b);
	gw_pump(gw, now);
}

void
gw_stream_closed(struct gw *gw, struct instant now, uint32_t conn,
    const char *why)
{
	bgp_closed(gw->bgp, now, conn, why);
	gw_pump(gw, now);
}

struct bytes
gw_stream_pull(struct gw *gw, uint32_t conn)
{
	return bgp_pull(gw->bgp, conn);
}

void
gw_stream_sent(struct gw *gw, struct instant now, uint32_t conn, size_t n)
{
	bgp_sent(gw->bgp, now, conn, n);
	gw_pump(gw, now);
}

void
gw_bfd(struct gw *gw, struct instant now, uint32_t tunnel, unsigned ttl,
    struct bytes b)
{
	watch_packet(gw, now, tunnel, ttl, b);
	gw_pump(gw, now);
}

bool
gw_bfd_dying(const struct gw *gw, struct instant now, size_t *pos,
    uint32_t *tunnel)
{
	return bfd_dying(gw->bfd, now, pos, tunnel);
}

void
gw_bfd_tick(struct gw *gw, struct instant now)
{
	bfd_tick(gw->bfd, now);
	gw_pump(gw, now);
}

struct instant
gw_bfd_deadline(const struct gw *gw)
{
	return bfd_deadline(gw->bfd);
}

void
gw_ctl(struct gw *gw, struct instant now, uint32_t client, uint32_t uid,
    struct bytes line)
{
	command_run(gw, now, client, uid, line);
	gw_pump(gw, now);
}

void
gw_tick(struct gw *gw, struct instant now)
{
	struct timer *timer;

	while ((timer = timers_pop(&gw->timers, now)) != NULL)
		tunnel_tick(container_of(timer, struct gw_tunnel, timer), now);
	tables_tick(gw, now);
	vpcs_tick(gw, now);
	guards_tick(gw, now);
	forward_tick(gw, now);
	drain_tick(gw, now);
	ike_tick(gw->ike, now);
	bgp_tick(gw->bgp, now);
	bfd_tick(gw->bfd, now);
	gw->route_budget = gw->fib_budget = ROUTES_PER_TURN;
	gw_pump(gw, now);
}

struct instant
gw_deadline(const struct gw *gw)
{
	struct instant t = instant_min(timers_next(&gw->timers),
	    gw->stopped ? INSTANT_NEVER : gw->stop_at);

	t = instant_min(t, instant_min(forward_deadline(gw),
	    instant_min(drain_deadline(gw), tables_deadline(gw))));
	t = instant_min(t, instant_min(vpcs_deadline(gw),
	    gw->stopping ? INSTANT_NEVER : gw->guards_at));
	t = instant_min(t, instant_min(bfd_deadline(gw->bfd),
	    instant_min(gw->legacy_until, bgp_defers(gw->bgp) ?
	    INSTANT_NEVER : gw->learn_until)));
	return instant_min(t, instant_min(ike_deadline(gw->ike),
	    bgp_deadline(gw->bgp)));
}

bool
gw_next(struct gw *gw, struct gw_out *out)
{
	bool all = deposit_all(gw);

	return queue_pop(&gw->deposits, out) ||
	    (all && queue_pop(&gw->out, out));
}
