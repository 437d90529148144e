/*
 * The speaker's face to the host (see bgp.h): finds the peer or connection by
 * its number, lets it act, and hands out what is to be done.  A number that is
 * not known (any more) is ignored, so that host and speaker may learn of an
 * end in either order.
 */
#include "bgp/bgp.h"

#include <stdlib.h>

#include "bgp/attr.h"
#include "bgp/defer.h"
#include "bgp/limit.h"
#include "bgp/peer.h"
#include "bgp/refresh.h"
#include "bgp/session.h"
#include "bgp/trace.h"
#include "util/array.h"

const char *
bgp_state_str(enum bgp_state state)
{
	static const char *const names[] = {
		[BGP_IDLE] = "Idle", [BGP_CONNECT] = "Connect",
		[BGP_ACTIVE] = "Active", [BGP_OPEN_SENT] = "OpenSent",
		[BGP_OPEN_CONFIRM] = "OpenConfirm",
		[BGP_ESTABLISHED] = "Established",
	};

	return names[state];
}

struct bgp *
bgp_new(uint32_t router_id, struct drbg *drbg)
{
	struct bgp *b = calloc(1, sizeof(*b));
	uint64_t key[2];

	if (b == NULL)
		return NULL;
	drbg_fill(drbg, key, sizeof(key));
	b->router_id = router_id;
	b->drbg = drbg;
	b->deferred_until = INSTANT_NEVER;
	TAILQ_INIT(&b->all);
	TAILQ_INIT(&b->ready);
	TAILQ_INIT(&b->idle[0]);
	TAILQ_INIT(&b->idle[1]);
	TAILQ_INIT(&b->sweeps);
	TAILQ_INIT(&b->strides);
	TAILQ_INIT(&b->judging);
	b->sweep = LIMIT_SWEEP;
	if (!rib_init(&b->rib, key) ||
	    (b->reader = journal_open(&b->rib, false)) == UINT32_MAX) {
		rib_fini(&b->rib);
		free(b);
		return NULL;
	}
	return b;
}

static void
peer_free(struct bgp *b, struct peer *p)
{
	restart_fini(b, p);
	policy_free(p->conf.soft.import);
	policy_free(p->conf.soft.export);
	free(p);
}

void
bgp_free(struct bgp *b)
{
	struct session *s;
	struct peer *p;
	size_t pos;

	if (b == NULL)
		return;
	for (pos = 0; (s = map_each(&b->conns, &pos)) != NULL; pos = 0)
		session_free(b, s);
	while ((p = TAILQ_FIRST(&b->all)) != NULL) {
		TAILQ_REMOVE(&b->all, p, in_all);
		timer_clear(&b->timers, &p->retry.timer);
		peer_free(b, p);
	}
	map_fini(&b->conns);
	map_fini(&b->peers);
	timers_fini(&b->timers);
	trace_close_all(b);
	groups_fini(&b->groups);
	rib_fini(&b->rib);
	free(b->events);
	free(b);
}

void
bgp_router_id(struct bgp *b, uint32_t router_id)
{
	b->router_id = router_id;
}

bool
bgp_network_add(struct bgp *b, struct instant now, uint16_t table,
    const struct prefix *p)
{
	struct prefix net = prefix_network(p);
	union attrs_buf buf;
	uint32_t id;
	bool ok;

	b->now = now;
	attr_originate(&buf);
	id = intern_get(&b->rib.intern, &buf.attrs);
	if (id == 0)
		return false;
	ok = rib_reach(&b->rib, rib_self(), table, &net, id, true);
	intern_drop(&b->rib.intern, id);
	speaker_wake(b);
	return ok;
}

void
bgp_network_del(struct bgp *b, struct instant now, uint16_t table,
    const struct prefix *p)
{
	struct prefix net = prefix_network(p);

	b->now = now;
	rib_unreach(&b->rib, rib_self(), table, &net);
	speaker_wake(b);
}

bool
bgp_peer_add(struct bgp *b, struct instant now, const struct bgp_peer_conf *c)
{
	struct peer *p;

	b->now = now;
	if (c->id == 0 || peer_get(b, c->id) != NULL)
		return false;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return false;
	p->conf = *c;
	p->conf.soft = (struct bgp_soft){ .import = NULL };
	peer_hold(p, &c->soft);
	p->since = now;
	p->retry.kind = ALARM_RETRY;
	p->retry.owner = p;
	restart_init(p);
	if (TAILQ_EMPTY(&b->all) && b->born.ns == 0)
		b->born = now;
	TAILQ_INIT(&p->sessions);
	reason_set(&p->why, "not started");
	if (!map_put(&b->peers, c->id, p)) {
		peer_free(b, p);
		return false;
	}
	TAILQ_INSERT_TAIL(&b->all, p, in_all);
	return true;
}

void
bgp_peer_conf(struct bgp *b, const struct bgp_peer_conf *c)
{
	struct peer *p = peer_get(b, c->id);
	struct bgp_soft soft;

	if (p == NULL || p->started)
		return;
	soft = p->conf.soft;
	p->conf = *c;
	p->conf.soft = soft;
	peer_hold(p, &c->soft);
}

void
bgp_peer_del(struct bgp *b, struct instant now, uint32_t id)
{
	struct peer *p = map_del(&b->peers, id);

	b->now = now;
	if (p == NULL)
		return;
	peer_stop(b, p, true, FAULT_DECONFIGURED, "the peer was removed from "
	    "the configuration");
	TAILQ_REMOVE(&b->all, p, in_all);
	peer_free(b, p);
	speaker_wake(b);
}

void
bgp_peer_start(struct bgp *b, struct instant now, uint32_t id)
{
	struct peer *p = peer_get(b, id);

	b->now = now;
	if (p != NULL)
		peer_start(b, p);
}

void
bgp_peer_stop(struct bgp *b, struct instant now, uint32_t id, bool alive,
    const char *why)
{
	struct peer *p = peer_get(b, id);

	b->now = now;
	if (p == NULL)
		return;
	peer_stop(b, p, alive, FAULT_SHUTDOWN, why);
	speaker_wake(b);
}

void
bgp_peer_fail(struct bgp *b, struct instant now, uint32_t id, const char *why)
{
	struct peer *p = peer_get(b, id);

	b->now = now;
	if (p == NULL)
		return;
	peer_stop(b, p, true, FAULT_BFD_DOWN, why);
	speaker_wake(b);
}

void
bgp_peer_reset(struct bgp *b, struct instant now, uint32_t id)
{
	struct peer *p = peer_get(b, id);

	b->now = now;
	if (p == NULL || !p->started)
		return;
	peer_stop(b, p, true, FAULT_RESET, "an operator reset the session");
	peer_start(b, p);
	speaker_wake(b);
}

const char *
bgp_peer_refresh(struct bgp *b, struct instant now, uint32_t id)
{
	struct session *s = peer_up(b, id);

	b->now = now;
	if (peer_get(b, id) == NULL)
		return "no such peer";
	return s != NULL ? refresh_ask(b, s) :
	    "the session is not established";
}

/* The session that is furthest, if any. */
static const struct session *
foremost(const struct peer *p)
{
	const struct session *s, *best = NULL;

	TAILQ_FOREACH(s, &p->sessions, of_peer) {
		if (best == NULL || s->state > best->state)
			best = s;
	}
	return best;
}

static void
show_restart(const struct cap_restart *c, struct bgp_restart_info *info)
{
	info->there = c->there;
	info->notify = c->notify;
	info->restarted = c->restarted;
	info->seconds = c->seconds;
	info->keeps4 = (c->families & OPEN_IPV4) != 0;
	info->keeps6 = (c->families & OPEN_IPV6) != 0;
	info->state4 = (c->forwards & OPEN_IPV4) != 0;
	info->state6 = (c->forwards & OPEN_IPV6) != 0;
}

bool
bgp_peer_get(const struct bgp *b, uint32_t id, struct bgp_peer_info *info)
{
	const struct peer *p = peer_get(b, id);
	const struct import *source;
	const struct session *s;

	if (p == NULL)
		return false;
	*info = (struct bgp_peer_info){
		.id = id, .state = p->state, .since = p->since, .why = p->why,
		.local = p->conf.local, .remote = p->conf.remote,
		.local_asn = p->conf.local_asn,
		.counts = p->counts,
	};
	restart_info(b, p, &info->restart);
	source = peer_import(b, id);
	if (source != NULL) {
		info->received = rib_accepted(&b->rib, source->source);
		info->held = rib_held(&b->rib, source->source);
	}
	s = foremost(p);
	if (s == NULL)
		return true;
	info->remote_router_id = s->open.router_id;
	info->hold_time = s->hold_time;
	info->as4 = s->open.as4;
	info->refresh = s->open.refresh;
	info->enhanced = s->open.enhanced;
	show_restart(&s->open.restart, &info->restart);
	info->role = s->peer->conf.role;
	info->remote_role = s->open.role;
	if (!s->up)
		return true;
	info->ipv4 = (s->import.families & OPEN_IPV4) != 0;
	info->ipv6 = (s->import.families & OPEN_IPV6) != 0;
	info->paths4 = update_has_ids(&s->import.mode, ADDR_IPV4);
	info->paths6 = update_has_ids(&s->import.mode, ADDR_IPV6);
	info->extended_hop = s->import.mode.extended_hop;
	info->advertised = s->export.advertised;
	return true;
}

void
bgp_peer_change(struct bgp *b, struct instant now, uint32_t id,
    const struct bgp_soft *soft)
{
	struct peer *p = peer_get(b, id);

	b->now = now;
	if (p == NULL)
		return;
	peer_change(b, p, soft);
	speaker_wake(b);
}

enum bgp_verdict
bgp_why_out(const struct bgp *b, uint32_t id, const struct prefix *p,
    struct reason *why)
{
	const struct session *s = peer_up(b, id);

	if (s != NULL)
		return export_why(&s->export, &b->rib, p, why);
	reason_set(why, "there is no session");
	return BGP_NOT_FOR_IT;
}

bool
bgp_connected(struct bgp *b, struct instant now, uint32_t conn,
    const char *why)
{
	struct session *s = map_get(&b->conns, conn);
	char remote[ADDR_STRLEN];
	struct reason text;

	b->now = now;
	if (s == NULL || s->state != BGP_CONNECT)
		return false;
	addr_str(&s->peer->conf.remote, remote);
	if (why == NULL) {
		reason_set(&text, "TCP to %s is up", remote);
		session_say(b, s, FSM_TCP_UP, text.s);
		return true;
	}
	reason_set(&text, "TCP to %s failed: %s", remote, why);
	session_say(b, s, FSM_TCP_FAILS, text.s);
	session_free(b, s);
	return true;
}

uint32_t
bgp_accepted(struct bgp *b, struct instant now, uint32_t peer)
{
	struct peer *p = peer_get(b, peer);
	struct session *s;

	b->now = now;
	if (p == NULL || !peer_admit(b, p))
		return 0;
	s = session_new(b, p, false);
	if (s == NULL)
		return 0;
	session_say(b, s, FSM_TCP_UP, "the remote opened TCP");
	return s->conn;
}

void
bgp_stream(struct bgp *b, struct instant now, uint32_t conn,
    struct bytes data)
{
	struct session *s = map_get(&b->conns, conn);

	b->now = now;
	if (s == NULL)
		return;
	session_stream(b, s, data);
	speaker_wake(b);
}

void
bgp_closed(struct bgp *b, struct instant now, uint32_t conn, const char *why)
{
	struct session *s = map_get(&b->conns, conn);
	struct reason text;

	b->now = now;
	if (s == NULL)
		return;
	reason_set(&text, "TCP connection lost: %s",
	    why == NULL ? "closed by the remote" : why);
	session_say(b, s, FSM_TCP_FAILS, text.s);
	session_free(b, s);
	speaker_wake(b);
}

struct bytes
bgp_pull(struct bgp *b, uint32_t conn)
{
	struct session *s = map_get(&b->conns, conn);

	return s == NULL ? (struct bytes){ 0 } : session_pull(b, s);
}

/* Over, told to the host, and nothing left to send? */
static void
reap(struct bgp *b, struct session *s)
{
	if (s->closing && (s->want & SESSION_WANT_CLOSE) == 0 &&
	    outq_bytes(&s->out).n == 0)
		session_free(b, s);
}

void
bgp_sent(struct bgp *b, struct instant now, uint32_t conn, size_t n)
{
	struct session *s = map_get(&b->conns, conn);

	b->now = now;
	if (s == NULL)
		return;
	session_sent(b, s, n);
	reap(b, s);
}

void
bgp_tick(struct bgp *b, struct instant now)
{
	unsigned budget = b->sweep;
	struct session *s;
	struct timer *t;
	struct peer *p;

	b->now = now;
	while ((t = timers_pop(&b->timers, now)) != NULL) {
		struct alarm *a = container_of(t, struct alarm, timer);

		if (a->kind == ALARM_RETRY)
			peer_retry(b, a->owner);
		else if (a->kind == ALARM_RESTART)
			restart_expires(b, a->owner);
		else
			session_alarm(b, a->owner, a->kind);
	}
	b->turn++;
	while ((s = TAILQ_FIRST(&b->strides)) != NULL)
		session_stride(b, s);
	while (budget > 0 && (s = TAILQ_FIRST(&b->sweeps)) != NULL)
		session_sweep(b, s, &budget);
	while (budget > 0 && (p = TAILQ_FIRST(&b->judging)) != NULL)
		restart_sweep(b, p, &budget);
	rib_sweep(&b->rib);
	defer_tick(b);
	speaker_wake(b);
}

/* Large work that was begun goes on at once, a portion for each tick. */
struct instant
bgp_deadline(const struct bgp *b)
{
	return rib_sweeps(&b->rib) || !TAILQ_EMPTY(&b->sweeps) ||
	    !TAILQ_EMPTY(&b->strides) || !TAILQ_EMPTY(&b->judging) ? b->now :
	    instant_min(timers_next(&b->timers), b->deferred_until);
}

bool
bgp_teaches(const struct bgp *b, uint32_t peer)
{
	return rib_teaches(&b->rib, peer);
}

bool
bgp_busy(const struct bgp *b)
{
	return rib_sweeps(&b->rib) ||
	    (!b->deferring && journal_pending(&b->rib, b->reader));
}

static bool
next_event(struct bgp *b, struct bgp_out *out)
{
	const struct event *e = speaker_event_next(b);

	if (e == NULL)
		return false;
	*out = (struct bgp_out){
		.kind = BGP_OUT_EVENT, .peer = e->peer, .event = e->kind,
		.up = e->up, .text = e->text,
	};
	return true;
}

static void
tell(struct bgp *b, struct session *s, enum bgp_out_kind kind, unsigned want,
    struct bgp_out *out)
{
	*out = (struct bgp_out){ .kind = kind, .conn = s->conn };
	session_told(b, s, want);
}

/* What one session in line wants most; false: it wanted nothing after all. */
static bool
next_of_session(struct bgp *b, struct session *s, struct bgp_out *out)
{
	if (s->closing && (s->want & SESSION_WANT_CONNECT) != 0) {
		session_free(b, s);	/* the host never heard of it */
		return false;
	}
	if ((s->want & SESSION_WANT_CONNECT) != 0) {
		tell(b, s, BGP_OUT_CONNECT, SESSION_WANT_CONNECT, out);
		out->peer = s->peer->conf.id;
		out->local = s->peer->conf.local;
		out->remote = s->peer->conf.remote;
		return true;
	}
	if ((s->want & SESSION_WANT_SEND) != 0 && !session_has_output(b, s)) {
		session_told(b, s, SESSION_WANT_SEND);
		return false;
	}
	if ((s->want & SESSION_WANT_SEND) != 0) {
		tell(b, s, BGP_OUT_SEND, SESSION_WANT_SEND, out);
		return true;
	}
	tell(b, s, BGP_OUT_CLOSE, SESSION_WANT_CLOSE, out);
	reap(b, s);
	return true;
}

static bool
next_route(struct bgp *b, struct bgp_out *out)
{
	const unsigned any = JOURNAL_OWN | JOURNAL_SHARE | JOURNAL_BEST;
	struct bgp_route route;
	uint32_t net;

	while (!b->deferring && journal_read(&b->rib, b->reader, any, &net)) {
		rib_route(&b->rib, net, &route);
		if (route.table == RIB_LIMBO)
			continue;
		if (route.n == 0 && !rib_told(&b->rib, net))
			continue;
		rib_tell(&b->rib, net, route.n > 0);
		*out = (struct bgp_out){
			.kind = BGP_OUT_ROUTE, .route = route,
		};
		return true;
	}
	return false;
}

bool
bgp_next_urgent(struct bgp *b, struct bgp_out *out)
{
	struct session *s;

	if (next_event(b, out))
		return true;
	while ((s = TAILQ_FIRST(&b->ready)) != NULL) {
		if (next_of_session(b, s, out))
			return true;
	}
	return false;
}

bool
bgp_next(struct bgp *b, struct bgp_out *out)
{
	return bgp_next_urgent(b, out) || next_route(b, out);
}

bool
bgp_route_each(const struct bgp *b, size_t *pos, struct bgp_route *route)
{
	uint32_t net = (uint32_t)*pos;
	struct bgp_route r;

	do {
		if (!rib_each(&b->rib, &net)) {
			if ((net & RIB_IPV6) != 0)
				return false;
			net = RIB_IPV6;
			r.n = 0;
			continue;
		}
		rib_route(&b->rib, net, &r);
	} while (r.n == 0 || r.table == RIB_LIMBO);
	*pos = net;
	*route = r;
	return true;
}

bool
bgp_route_get(const struct bgp *b, uint16_t table, const struct prefix *p,
    struct bgp_route *route)
{
	uint32_t net = rib_find(&b->rib, table, p);
	struct bgp_route r;

	if (net == 0)
		return false;
	rib_route(&b->rib, net, &r);
	if (r.n == 0)
		return false;
	*route = r;
	return true;
}
