/*
 * A connection attempt: runs the rows of fsm.c, owns the timers of its state
 * (RFC 4271 sections 8 and 10, RFC 9687) and what the session holds in the RIB
 * while it is established.  Sending is by queue: the host pulls.  When it is
 * over it leaves its peer at once and waits, mute, for the host to close TCP;
 * if that takes longer than the linger time what is queued is dropped.
 */
#include "bgp/session.h"

#include <stdlib.h>

#include "bgp/defer.h"
#include "bgp/limit.h"
#include "bgp/peer.h"
#include "bgp/refresh.h"
#include "bgp/trace.h"
#include "util/array.h"

#define CONNECT_TIME	span_s(5)
#define OPEN_TIME	span_s(240)	/* "a large value", section 8.2.2 */
#define LINGER_TIME	span_s(5)
#define SEND_HOLD_MIN	span_s(480)	/* RFC 9687 section 4.4 */
#define CONTROL_ROOM	512		/* OPEN, KEEPALIVE, NOTIFICATION */

struct session *
session_new(struct bgp *b, struct peer *p, bool outgoing)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->conn = b->last_conn + 1;
	if (!map_put(&b->conns, s->conn, s)) {
		free(s);
		return NULL;
	}
	b->last_conn++;
	s->peer = p;
	s->outgoing = outgoing;
	s->state = outgoing ? BGP_IDLE : BGP_ACTIVE;
	s->heard = s->drained = b->now;
	for (unsigned i = 0; i < ALARM_KINDS; i++) {
		s->alarm[i].kind = (enum alarm_kind)i;
		s->alarm[i].owner = s;
	}
	TAILQ_INSERT_TAIL(&p->sessions, s, of_peer);
	return s;
}

static void
leave_idle(struct bgp *b, struct session *s)
{
	if (s->idle)
		TAILQ_REMOVE(&b->idle[s->export.conf.transit], s, in_idle);
	s->idle = false;
}

static void
session_down(struct bgp *b, struct session *s)
{
	if (!s->up)
		return;
	leave_idle(b, s);
	if (s->import.sweeping)
		TAILQ_REMOVE(&b->sweeps, s, in_sweeps);
	if (s->striding)
		TAILQ_REMOVE(&b->strides, s, in_strides);
	s->striding = false;
	timer_clear(&b->timers, &s->alarm[ALARM_REFRESH].timer);
	export_stop(&s->export, &b->rib);
	if (s->graceful) {
		restart_hold(b, s);
	} else {
		restart_forget(b, s->peer);
		rib_leave(&b->rib, s->import.source);
		edit_fini(&s->import.edit, &b->rib.intern);
	}
	s->up = false;
}

void
session_free(struct bgp *b, struct session *s)
{
	session_down(b, s);
	for (unsigned i = 0; i < ALARM_KINDS; i++)
		timer_clear(&b->timers, &s->alarm[i].timer);
	if (s->want != 0)
		TAILQ_REMOVE(&b->ready, s, in_ready);
	if (s->peer != NULL)
		TAILQ_REMOVE(&s->peer->sessions, s, of_peer);
	map_del(&b->conns, s->conn);
	outq_fini(&s->out);
	free(s->in);
	free(s);
}

void
session_want(struct bgp *b, struct session *s, unsigned want)
{
	leave_idle(b, s);
	if (s->want == 0)
		TAILQ_INSERT_TAIL(&b->ready, s, in_ready);
	s->want |= (uint8_t)want;
}

void
session_queue(struct bgp *b, struct session *s, struct wr *w)
{
	bool was_empty = outq_bytes(&s->out).n == 0;

	trace_said(b, s, wr_done(w));
	outq_end(&s->out, w);
	if (was_empty)
		s->drained = b->now;
	session_want(b, s, SESSION_WANT_SEND);
}

static void
do_connect(struct bgp *b, struct session *s, const struct fault *f)
{
	(void)f;
	session_want(b, s, SESSION_WANT_CONNECT);
}

static void
do_open(struct bgp *b, struct session *s, const struct fault *f)
{
	const struct open o = {
		.asn = s->peer->conf.local_asn,
		.router_id = b->router_id,
		.hold_time = s->peer->conf.hold_time,
		.families = peer_families(s->peer),
		.as4 = true, .refresh = true, .enhanced = true,
		.restart = restart_offer(b, s->peer),
		.role = s->peer->conf.role,
		.extended_hop = s->peer->conf.extended_hop,
		.paths_in = s->peer->conf.add_path ?
		    peer_families(s->peer) : 0,
	};
	struct wr w = outq_begin(&s->out, CONTROL_ROOM);

	(void)f;
	s->offered = o.restart;
	open_put(&w, &o);
	session_queue(b, s, &w);
}

/* What is still queued will do as well, once the peer reads it. */
static void
do_keepalive(struct bgp *b, struct session *s, const struct fault *f)
{
	struct wr w;

	(void)f;
	if (s->state == BGP_ESTABLISHED && outq_bytes(&s->out).n > 0)
		return;
	w = outq_begin(&s->out, CONTROL_ROOM);
	msg_put_keepalive(&w);
	session_queue(b, s, &w);
}

static void
do_notify(struct bgp *b, struct session *s, const struct fault *f)
{
	struct reason text = { "sent " };
	struct wr w;

	if (s->mute)
		return;
	w = outq_begin(&s->out, CONTROL_ROOM);
	msg_put_notification(&w, f);
	session_queue(b, s, &w);
	s->peer->counts.notifications_out++;
	fault_str(text.s + 5, sizeof(text.s) - 5, f->code, f->subcode,
	    (struct bytes){ 0 });
	str_add(text.s, sizeof(text.s), "%s: %s", f->hard ?
	    " (as a Hard Reset)" : "", f->text.s);
	speaker_event(b, s->peer->conf.id, BGP_EVENT_NOTIFICATION, false,
	    text.s);
}

static void
do_down(struct bgp *b, struct session *s, const struct fault *f)
{
	(void)f;
	session_down(b, s);
}

static void
do_close(struct bgp *b, struct session *s, const struct fault *f)
{
	(void)f;
	if (s->mute)
		outq_fini(&s->out);
	s->closing = true;
	session_want(b, s, SESSION_WANT_CLOSE);
}

struct edit_conf
session_edit_in(const struct bgp_peer_conf *c)
{
	return (struct edit_conf){
		.policy = c->soft.import,
		.ibgp = c->local_asn == c->remote_asn,
		.asn = c->local_asn, .peer_asn = c->remote_asn,
		.first_asn = c->own_asn == 0 || c->no_prepend ? 0 :
		    c->local_asn,
		.share = c->soft.share, .rank = c->soft.rank,
		.med = c->soft.med_in,
		.heed_shutdown = c->soft.heed_shutdown &&
		    c->local_asn != c->remote_asn,
		.shutdown = c->soft.drain,
	};
}

static struct edit_conf
edit_out(const struct bgp_peer_conf *c)
{
	return (struct edit_conf){
		.policy = c->soft.export, .exports = true,
		.ibgp = c->local_asn == c->remote_asn,
		.asn = c->local_asn, .peer_asn = c->remote_asn,
		.first_asn = c->own_asn == 0 || c->replace_as ? 0 :
		    c->own_asn,
		.override = c->soft.override,
		.tell_loops = c->soft.tell_loops,
		.med = c->soft.med_out,
		.private_as = c->soft.private_as,
		.shutdown = c->soft.drain,
	};
}

uint32_t
session_warn_at(const struct bgp_soft *soft, uint32_t limit)
{
	uint64_t n = (uint64_t)limit * soft->warn_percent;

	return n == 0 ? 0 : (uint32_t)((n + 99) / 100);
}

static void
fill_limits(struct session *s)
{
	const struct bgp_soft *soft = &s->peer->conf.soft;

	s->import.allow_own = soft->allow_own;
	s->import.max_prefixes = soft->max_in;
	s->import.warn_at = session_warn_at(soft, soft->max_in);
}

static void
fill_import(const struct bgp *b, struct session *s)
{
	const struct bgp_peer_conf *c = &s->peer->conf;
	const struct edit_conf edit = session_edit_in(c);

	s->import = (struct import){
		.mode = {
			.ibgp = c->local_asn == c->remote_asn,
			.as4 = s->open.as4,
			.path_ids = c->add_path ? s->open.paths_out &
			    peer_families(s->peer) : 0,
			.extended_hop = c->extended_hop &&
			    s->open.extended_hop,
			.remote_asn = c->remote_asn,
		},
		.role = c->role,
		.families = open_common(&s->open, peer_families(s->peer),
		    !addr_is_set(&c->next_hop4)),
		.portion = b->sweep,
		.local_asn = c->local_asn, .own_asn = c->own_asn,
		.router_id = b->router_id,
		.local = c->local, .remote = c->remote,
		.remote_other = c->remote_other,
		.next_hop4 = c->next_hop4, .next_hop6 = c->next_hop6,
	};
	fill_limits(s);
	edit_init(&s->import.edit, &edit);
}

static void	begin_sweep(struct bgp *, struct session *);

static uint16_t
table_of(const struct bgp_tables *t)
{
	return t->given ? t->associated : BGP_TABLE_MAIN;
}

/* The session enters the RIB as a source and a reader.  False: no memory. */
static bool
session_up(struct bgp *b, struct session *s)
{
	const struct bgp_peer_conf *c = &s->peer->conf;
	const struct decide_peer source = {
		.ibgp = c->local_asn == c->remote_asn,
		.router_id = s->open.router_id, .addr = c->remote,
	};
	struct export_conf conf;
	bool again;

	fill_import(b, s);
	conf = (struct export_conf){
		.local_asn = c->local_asn, .remote_asn = c->remote_asn,
		.ibgp = source.ibgp, .as4 = s->open.as4,
		.transit = c->transit, .table = table_of(&c->soft.tables),
		.families = s->import.families, .role = c->role,
		.next_hop4 = c->next_hop4, .next_hop6 = c->next_hop6,
		.enhanced = s->open.enhanced, .edit = edit_out(c),
	};
	s->import.source = restart_join(b, s, &source, &again);
	if (s->import.source.slot == 0 ||
	    !export_start(&s->export, &b->rib, &conf, s->import.source)) {
		restart_forget(b, s->peer);
		rib_leave(&b->rib, s->import.source);
		edit_fini(&s->import.edit, &b->rib.intern);
		return false;
	}
	export_share(&s->export, &b->groups);
	s->up = true;
	s->import.sweeping = false;
	if (again)
		begin_sweep(b, s);
	session_want(b, s, SESSION_WANT_SEND);
	return true;
}

/* What was learned is judged again from the start. */
static void
begin_sweep(struct bgp *b, struct session *s)
{
	if (!s->import.sweeping)
		TAILQ_INSERT_TAIL(&b->sweeps, s, in_sweeps);
	import_sweep_begin(&s->import);
}

void
session_no_memory(struct bgp *b, struct session *s, const char *what)
{
	struct fault f;

	fault_set(&f, FAULT_CEASE, FAULT_RESOURCES, (struct bytes){ 0 });
	reason_set(&f.text, "out of memory for %s", what);
	session_event(b, s, FSM_ERROR, &f);
}

void
session_change(struct bgp *b, struct session *s)
{
	const struct edit_conf in = session_edit_in(&s->peer->conf);
	const struct edit_conf out = edit_out(&s->peer->conf);
	const struct bgp_tables *tables = &s->peer->conf.soft.tables;
	const unsigned allowed = s->import.allow_own;
	bool moves = false;
	struct fault f;

	fill_limits(s);
	if (import_limit(&s->import, &b->rib, &f) == ATTR_RESET) {
		session_event(b, s, FSM_ERROR, &f);
		return;
	}
	if (!import_move(&s->import, &b->rib, tables, &moves)) {
		session_no_memory(b, s, "routes");
		return;
	}
	if (moves || allowed != s->import.allow_own ||
	    !edit_conf_eq(&s->import.edit.conf, &in)) {
		edit_fini(&s->import.edit, &b->rib.intern);
		edit_init(&s->import.edit, &in);
		begin_sweep(b, s);
	}
	export_change(&s->export, &b->rib, &out);
	export_move(&s->export, table_of(tables));
	if (!session_told_too_many(b, s, s->export.advertised))
		session_want(b, s, SESSION_WANT_SEND);
}

void
session_sweep(struct bgp *b, struct session *s, unsigned *budget)
{
	if (!import_sweep(&s->import, &b->rib, budget))
		session_no_memory(b, s, "routes");
	else if (!s->import.sweeping)
		TAILQ_REMOVE(&b->sweeps, s, in_sweeps);
}

static void
do_up(struct bgp *b, struct session *s, const struct fault *f)
{
	(void)f;
	if (!session_up(b, s))
		return;
	s->peer->counts.established++;
	s->peer->restart.preserved = UINT8_MAX;
	defer_up(b, s);
	peer_settled(b, s->peer, s);
}

static const struct {
	unsigned	bit;
	void		(*run)(struct bgp *, struct session *,
			    const struct fault *);
} actions[] = {
	{ FSM_DO_CONNECT, do_connect },
	{ FSM_DO_OPEN, do_open },
	{ FSM_DO_KEEPALIVE, do_keepalive },
	{ FSM_DO_UP, do_up },
	{ FSM_DO_NOTIFY, do_notify },
	{ FSM_DO_DOWN, do_down },
	{ FSM_DO_CLOSE, do_close },
};

static struct span
hold_span(const struct session *s)
{
	return s->state == BGP_OPEN_SENT ? OPEN_TIME : span_s(s->hold_time);
}

static struct span
send_hold_span(const struct session *s)
{
	struct span d = span_s(2 * s->hold_time);

	return d.ns > SEND_HOLD_MIN.ns ? d : SEND_HOLD_MIN;
}

static struct span
keepalive_span(struct bgp *b, const struct session *s)
{
	return speaker_jitter(b, (struct span){ span_s(s->hold_time).ns / 3 });
}

/* Timers belong to the state: those of the new one start, others stop. */
static bool
set_timers(struct bgp *b, struct session *s)
{
	unsigned on = bgp_fsm_timers(s->state);
	const struct {
		unsigned	bit;
		enum alarm_kind	kind;
		struct span	in;
	} rows[] = {
		{ FSM_T_CONNECT, ALARM_CONNECT, CONNECT_TIME },
		{ FSM_T_HOLD, ALARM_HOLD, hold_span(s) },
		{ FSM_T_KEEPALIVE, ALARM_KEEPALIVE, keepalive_span(b, s) },
		{ FSM_T_SEND_HOLD, ALARM_SEND_HOLD, send_hold_span(s) },
	};
	bool ok = true;

	s->heard = b->now;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct alarm *a = &s->alarm[rows[i].kind];

		timer_clear(&b->timers, &a->timer);
		if ((on & rows[i].bit) != 0 && rows[i].in.ns != 0)
			ok = speaker_alarm(b, a, rows[i].in) && ok;
	}
	return ok;
}

static void
session_over(struct bgp *b, struct session *s, enum bgp_state was,
    const char *why)
{
	struct peer *p = s->peer;

	TAILQ_REMOVE(&p->sessions, s, of_peer);
	s->peer = NULL;
	if (s->closing && !speaker_alarm(b, &s->alarm[ALARM_LINGER],
	    LINGER_TIME))
		outq_fini(&s->out);
	peer_lost(b, p, was, why);
}

/* Did one side say what it has against the other? */
static bool
is_verdict(enum fsm_event ev, const struct fsm_row *row)
{
	return ev == FSM_NOTIFICATION || ((row->act & FSM_DO_NOTIFY) != 0 &&
	    ev != FSM_OPEN_COLLISION && ev != FSM_STOP);
}

static bool
enter(struct bgp *b, struct session *s, enum bgp_state next)
{
	bool ok;

	s->state = next;
	ok = set_timers(b, s);
	return ok && (next != BGP_ESTABLISHED || s->up);
}

void
session_event(struct bgp *b, struct session *s, enum fsm_event ev,
    const struct fault *given)
{
	const struct fsm_row *row = bgp_fsm_row(s->state, ev);
	enum bgp_state was = s->state;
	struct fault f = *given;

	if (row->code != 0)
		fault_set(&f, row->code, row->subcode, (struct bytes){ 0 });
	s->graceful = row->next == BGP_IDLE && restart_is_due(b, s, ev, &f);
	f.hard = s->up && s->offered.there && s->open.restart.notify &&
	    fault_is_final(&f);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if ((row->act & actions[i].bit) != 0)
			actions[i].run(b, s, &f);
	}
	if (row->next == was)
		return;
	if (!enter(b, s, row->next)) {
		fault_set(&f, FAULT_CEASE, FAULT_RESOURCES,
		    (struct bytes){ 0 });
		reason_set(&f.text, "out of memory for a session");
		session_event(b, s, FSM_ERROR, &f);
		return;
	}
	if (s->state == BGP_IDLE) {
		if (ev != FSM_NOTIFICATION && f.code == FAULT_CEASE &&
		    f.subcode == FAULT_MAX_PREFIXES)
			peer_pause(b, s->peer, s, &f.text);
		if (is_verdict(ev, row))
			peer_blame(s->peer, f.text.s);
		session_over(b, s, was, f.text.s);
	} else {
		peer_moved(b, s->peer, f.text.s);
	}
}

void
session_say(struct bgp *b, struct session *s, enum fsm_event ev,
    const char *text)
{
	struct fault f = { 0 };

	reason_set(&f.text, "%s", text);
	session_event(b, s, ev, &f);
}

/* Not yet: something happened since the alarm was set. */
static bool
put_off(struct bgp *b, struct session *s, enum alarm_kind kind,
    struct instant last, struct span allowed)
{
	struct span left = instant_since(instant_after(last, allowed), b->now);

	return left.ns > 0 && speaker_alarm(b, &s->alarm[kind], left);
}

static void
hold_expires(struct bgp *b, struct session *s)
{
	struct reason text;

	if (put_off(b, s, ALARM_HOLD, s->heard, hold_span(s)))
		return;
	reason_set(&text, "nothing heard from the remote for %lld s",
	    (long long)span_to_s(hold_span(s)));
	session_say(b, s, FSM_HOLD_EXPIRES, text.s);
}

static void
keepalive_expires(struct bgp *b, struct session *s)
{
	session_say(b, s, FSM_KEEPALIVE_EXPIRES, "");
	speaker_alarm(b, &s->alarm[ALARM_KEEPALIVE], keepalive_span(b, s));
}

/* RFC 9687: the peer takes nothing, yet keeps us alive. */
static void
send_hold_expires(struct bgp *b, struct session *s)
{
	struct instant last =
	    outq_bytes(&s->out).n == 0 ? b->now : s->drained;
	struct reason text;

	if (put_off(b, s, ALARM_SEND_HOLD, last, send_hold_span(s)))
		return;
	reason_set(&text, "the remote took nothing for %lld s",
	    (long long)span_to_s(send_hold_span(s)));
	session_say(b, s, FSM_SEND_HOLD_EXPIRES, text.s);
}

static void
linger_expires(struct bgp *b, struct session *s)
{
	outq_fini(&s->out);
	session_want(b, s, SESSION_WANT_CLOSE);
}

void
session_alarm(struct bgp *b, struct session *s, enum alarm_kind kind)
{
	switch (kind) {
	case ALARM_CONNECT:
		session_say(b, s, FSM_CONNECT_EXPIRES,
		    "TCP connection attempt timed out");
		break;
	case ALARM_HOLD:
		hold_expires(b, s);
		break;
	case ALARM_KEEPALIVE:
		keepalive_expires(b, s);
		break;
	case ALARM_SEND_HOLD:
		send_hold_expires(b, s);
		break;
	case ALARM_LINGER:
		linger_expires(b, s);
		break;
	case ALARM_REFRESH:
		refresh_expires(b, s);
		break;
	case ALARM_RETRY:
	case ALARM_RESTART:
	case ALARM_KINDS:
		break;
	}
}
