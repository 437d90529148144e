/*
 * What a session hears (RFC 4271 sections 6 and 8): cuts the stream into
 * messages, asks the state machine whether a message is one to act upon in
 * this state before anything is done with it, and hands it to its handler.
 * Once a session is over the rest of the stream is not looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/collide.h"
#include "bgp/limit.h"
#include "bgp/peer.h"
#include "bgp/refresh.h"
#include "bgp/session.h"
#include "bgp/trace.h"

static void
ask_open(struct bgp *b, struct session *s, struct bytes body)
{
	struct fault f = { 0 };
	struct open_want want = {
		.local_asn = s->peer->conf.local_asn,
		.remote_asn = s->peer->conf.remote_asn,
		.router_id = b->router_id,
		.families = peer_families(s->peer),
		.only_extended = !addr_is_set(&s->peer->conf.next_hop4),
		.role = s->peer->conf.role,
		.role_strict = s->peer->conf.role_strict,
	};

	if (!open_parse(&s->open, body, &f) ||
	    !open_check(&s->open, &want, &f))
		session_event(b, s, FSM_ERROR, &f);
}

/* RFC 4271 section 6.8, against each other connection of the peer. */
static void
resolve_collisions(struct bgp *b, struct session *s)
{
	const struct collide_ids ids = {
		.local_id = b->router_id, .remote_id = s->open.router_id,
		.local_asn = s->peer->conf.local_asn,
		.remote_asn = s->peer->conf.remote_asn,
	};
	struct session *old, *next;

	for (old = TAILQ_FIRST(&s->peer->sessions);
	    old != NULL && s->state != BGP_IDLE; old = next) {
		next = TAILQ_NEXT(old, of_peer);
		if (old == s)
			continue;
		if (restart_replaces(b, old, s)) {
			old->mute = true;
			session_say(b, old, FSM_REPLACED, "the remote has "
			    "opened another connection after a restart");
			continue;
		}
		switch (collide(
		    (struct collide_side){ old->state, old->outgoing },
		    (struct collide_side){ s->state, s->outgoing }, &ids)) {
		case COLLIDE_NONE:
			break;
		case COLLIDE_OLD:
			session_say(b, s, FSM_OPEN_COLLISION,
			    "another connection with the remote goes on");
			break;
		case COLLIDE_NEW:
			session_say(b, old, FSM_OPEN_COLLISION,
			    "a newer connection with the remote goes on");
			break;
		}
	}
}

static void
hear_open(struct bgp *b, struct session *s, struct bytes body)
{
	uint16_t ours = s->peer->conf.hold_time;
	struct reason text;
	struct addr id;
	char dotted[ADDR_STRLEN];

	ask_open(b, s, body);
	if (s->state == BGP_IDLE)
		return;
	resolve_collisions(b, s);
	if (s->state == BGP_IDLE)
		return;
	s->hold_time = ours < s->open.hold_time ? ours : s->open.hold_time;
	id = (struct addr){ ADDR_IPV4, {
	    (uint8_t)(s->open.router_id >> 24),
	    (uint8_t)(s->open.router_id >> 16),
	    (uint8_t)(s->open.router_id >> 8), (uint8_t)s->open.router_id } };
	reason_set(&text, "OPEN received: AS %u, router id %s, hold time %u s",
	    s->open.asn, addr_str(&id, dotted), s->hold_time);
	session_say(b, s, FSM_OPEN, text.s);
}

static void
warn_of_limit(struct bgp *b, struct session *s)
{
	struct reason text;

	if (!s->up || !import_warns(&s->import, &b->rib))
		return;
	reason_set(&text, "the remote announces %u prefixes, the limit is %u",
	    rib_held(&b->rib, s->import.source), s->import.max_prefixes);
	speaker_report(b, s->peer->conf.id, BGP_EVENT_LIMIT, text.s);
}

static void
hear_update(struct bgp *b, struct session *s, struct bytes body)
{
	enum addr_family eor = ADDR_NONE;
	struct fault f = { 0 };

	s->peer->counts.updates_in++;
	switch (import_update(&s->import, &b->rib, body, &eor, &f)) {
	case ATTR_OK:
		session_say(b, s, FSM_UPDATE, "");
		break;
	case ATTR_DISCARD:
	case ATTR_WITHDRAW:
		speaker_report(b, s->peer->conf.id, BGP_EVENT_UPDATE_ERROR,
		    f.text.s);
		session_say(b, s, FSM_UPDATE, "");
		break;
	case ATTR_RESET:
		session_event(b, s, FSM_ERROR, &f);
		return;
	}
	if (eor != ADDR_NONE)
		restart_eor(b, s, eor);
	warn_of_limit(b, s);
}

static void
hear_notification(struct bgp *b, struct session *s, struct bytes body)
{
	struct notification n = msg_notification(body);
	struct reason text = { "received " };
	struct fault f = { 0 };

	s->peer->counts.notifications_in++;
	fault_str(text.s + 9, sizeof(text.s) - 9, n.code, n.subcode, n.data);
	speaker_event(b, s->peer->conf.id, BGP_EVENT_NOTIFICATION, false,
	    text.s);
	fault_set(&f, n.code, n.subcode, (struct bytes){ 0 });
	f.text = text;
	session_event(b, s, FSM_NOTIFICATION, &f);
}

static void
hear_keepalive(struct bgp *b, struct session *s, struct bytes body)
{
	(void)body;
	session_say(b, s, FSM_KEEPALIVE, "the session is up");
}

static const struct {
	enum fsm_event	event;
	void		(*hear)(struct bgp *, struct session *, struct bytes);
} handlers[MSG_TYPES] = {
	[MSG_OPEN] = { FSM_OPEN, hear_open },
	[MSG_UPDATE] = { FSM_UPDATE, hear_update },
	[MSG_NOTIFICATION] = { FSM_NOTIFICATION, hear_notification },
	[MSG_KEEPALIVE] = { FSM_KEEPALIVE, hear_keepalive },
	[MSG_ROUTE_REFRESH] = { FSM_REFRESH, refresh_hear },
};

static void
hear(struct bgp *b, struct session *s, const struct msg *m)
{
	struct reason text;

	s->heard = b->now;
	trace_heard(b, s, m->type, m->body);
	if (bgp_fsm_expects(s->state, handlers[m->type].event)) {
		handlers[m->type].hear(b, s, m->body);
		return;
	}
	reason_set(&text, "the remote sent %s in state %s", msg_name(m->type),
	    bgp_state_str(s->state));
	session_say(b, s, handlers[m->type].event, text.s);
}

/* All whole messages that the reader has. */
static void
hear_all(struct bgp *b, struct session *s, struct rd *r)
{
	enum msg_verdict v = MSG_WHOLE;
	struct fault f = { 0 };
	struct msg m;

	while (s->state != BGP_IDLE && v == MSG_WHOLE) {
		v = msg_next(r, &m, &f);
		if (v == MSG_WHOLE)
			hear(b, s, &m);
	}
	if (v == MSG_BAD)
		session_event(b, s, FSM_ERROR, &f);
}

/* Completes the message that is kept with the first of the new octets. */
static void
complete(struct bgp *b, struct session *s, struct rd *r)
{
	size_t whole = msg_length(bytes_of(s->in, s->in_n));
	size_t want = (whole == 0 ? MSG_HEADER : whole) - s->in_n;
	struct bytes more = rd_bytes(r, want < r->n ? want : r->n);
	struct rd in;

	memcpy(s->in + s->in_n, more.p, more.n);
	s->in_n += more.n;
	in = rd_of(bytes_of(s->in, s->in_n));
	hear_all(b, s, &in);
	if (s->state != BGP_IDLE && in.n == 0)
		s->in_n = 0;
}

/* Less than a message: to be completed. */
static void
keep(struct bgp *b, struct session *s, struct rd *r)
{
	struct bytes rest = rd_rest(r);
	struct fault f = { 0 };

	if (rest.n == 0) {
		free(s->in);
		s->in = NULL;
		return;
	}
	if (s->in == NULL && (s->in = malloc(LIMIT_MESSAGE)) == NULL) {
		fault_set(&f, FAULT_CEASE, FAULT_RESOURCES,
		    (struct bytes){ 0 });
		reason_set(&f.text, "out of memory for a message");
		session_event(b, s, FSM_ERROR, &f);
		return;
	}
	memcpy(s->in, rest.p, rest.n);
	s->in_n = rest.n;
}

void
session_stream(struct bgp *b, struct session *s, struct bytes data)
{
	struct rd r = rd_of(data);

	if (s->state < BGP_OPEN_SENT)
		return;
	while (s->state != BGP_IDLE && s->in_n > 0 && r.n > 0)
		complete(b, s, &r);
	if (s->in_n > 0 || s->state == BGP_IDLE)
		return;
	hear_all(b, s, &r);
	if (s->state != BGP_IDLE)
		keep(b, s, &r);
}
