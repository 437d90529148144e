/*
 * A neighbour: when to connect, and what it looks like from outside (RFC 4271
 * section 8.1.1: automatic start, damped).  The first attempt follows the
 * start at once; after a failure the next comes in 1, 2, 4 ... 30 seconds,
 * with jitter.  A session that lasted makes the peer start from the front;
 * one that did not counts as a failure, so that a pair of speakers who cannot
 * agree do not spin.  After a limit of prefixes was passed there is a pause
 * (RFC 4486 section 4), in which the peer may not connect either.  Where both
 * ends start at once, as with the two ends of a tunnel, one of them is
 * patient: otherwise every start is a collision, and section 6.8 can end both
 * connections of one.
 */
#include "bgp/peer.h"

#include <string.h>

#include "bgp/limit.h"
#include "bgp/defer.h"
#include "bgp/session.h"
#include "bgp/trace.h"

#define RETRY_MAX	span_s(30)
#define LASTED		span_s(30)
#define PATIENCE	span_s(5)
#define RESTART_RETRY	span_s(5)	/* while its routes are stale */

struct peer *
peer_get(const struct bgp *b, uint32_t id)
{
	return map_get(&b->peers, id);
}

struct session *
peer_up(const struct bgp *b, uint32_t id)
{
	const struct peer *p = peer_get(b, id);
	struct session *s = p == NULL ? NULL : TAILQ_FIRST(&p->sessions);

	while (s != NULL && !s->up)
		s = TAILQ_NEXT(s, of_peer);
	return s;
}

const struct import *
peer_import(const struct bgp *b, uint32_t id)
{
	const struct session *s = peer_up(b, id);
	const struct peer *p = peer_get(b, id);

	if (s != NULL)
		return &s->import;
	return p != NULL && p->restart.holding ? &p->restart.import : NULL;
}

uint8_t
peer_families(const struct peer *p)
{
	return (uint8_t)(
	    (addr_is_set(&p->conf.next_hop4) || p->conf.extended_hop ?
	    OPEN_IPV4 : 0) |
	    (addr_is_set(&p->conf.next_hop6) ? OPEN_IPV6 : 0));
}

/* The state an operator wants to see. */
static enum bgp_state
visible_state(const struct peer *p)
{
	enum bgp_state state = p->started ? BGP_ACTIVE : BGP_IDLE;
	const struct session *s;

	TAILQ_FOREACH(s, &p->sessions, of_peer) {
		if (s->state > state || (state == BGP_ACTIVE &&
		    s->state == BGP_CONNECT))
			state = s->state;
	}
	return state;
}

void
peer_blame(struct peer *p, const char *why)
{
	reason_set(&p->blame, "%s", why);
}

static void
set_why(struct peer *p, const char *why)
{
	reason_set(&p->why, "%s", why);
	if (p->blame.s[0] != '\0' && strcmp(why, p->blame.s) != 0)
		str_add(p->why.s, sizeof(p->why.s), " (before: %s)",
		    p->blame.s);
}

void
peer_moved(struct bgp *b, struct peer *p, const char *why)
{
	enum bgp_state state = visible_state(p);
	struct reason text;

	if (state == p->state)
		return;
	reason_set(&text, "from %s to %s: %s", bgp_state_str(p->state),
	    bgp_state_str(state), why);
	if (state == BGP_ESTABLISHED)
		p->why.s[0] = p->blame.s[0] = '\0';
	else if (state < BGP_OPEN_SENT && state != BGP_CONNECT)
		set_why(p, why);
	trace_state(b, p, p->state, state);
	p->state = state;
	p->since = b->now;
	speaker_event(b, p->conf.id, BGP_EVENT_STATE,
	    state == BGP_ESTABLISHED, text.s);
}

static void
connect_now(struct bgp *b, struct peer *p)
{
	char text[ADDR_STRLEN];
	struct session *s;
	struct reason why;

	reason_set(&why, "connecting to %s", addr_str(&p->conf.remote, text));
	if (p->why.s[0] == '\0')
		p->why = why;
	s = session_new(b, p, true);
	if (s == NULL)
		speaker_alarm(b, &p->retry, RETRY_MAX);
	else
		session_say(b, s, FSM_START, why.s);
}

void
peer_start(struct bgp *b, struct peer *p)
{
	if (p->started)
		return;
	p->started = true;
	p->paused = false;
	p->failures = 0;
	p->why.s[0] = p->blame.s[0] = '\0';
	if (p->conf.passive || p->conf.patient)
		peer_moved(b, p, "waiting for the remote to connect");
	if (p->conf.patient && !p->conf.passive)
		speaker_alarm(b, &p->retry, speaker_jitter(b, PATIENCE));
	else if (!p->conf.passive)
		connect_now(b, p);
}

void
peer_stop(struct bgp *b, struct peer *p, bool alive, unsigned subcode,
    const char *why)
{
	struct session *s;
	struct fault f;

	if (subcode == FAULT_SHUTDOWN)
		fault_shutdown(&f, subcode, why);
	else
		fault_set(&f, FAULT_CEASE, subcode, (struct bytes){ 0 });
	reason_set(&f.text, "%s", why);
	p->started = false;
	timer_clear(&b->timers, &p->retry.timer);
	while ((s = TAILQ_FIRST(&p->sessions)) != NULL) {
		s->mute = !alive;
		session_event(b, s, FSM_STOP, &f);
	}
	if (!alive || subcode != FAULT_RESET) {
		restart_end(b, p, why);
		p->restart.preserved = 0;
		defer_taught(b, p, UINT8_MAX);
	}
	peer_moved(b, p, why);
	reason_set(&p->why, "%s", why);
}

static bool
has_outgoing(const struct peer *p)
{
	const struct session *s;

	TAILQ_FOREACH(s, &p->sessions, of_peer) {
		if (s->outgoing)
			return true;
	}
	return false;
}

void
peer_hold(struct peer *p, const struct bgp_soft *soft)
{
	policy_hold(soft->import);
	policy_hold(soft->export);
	policy_free(p->conf.soft.import);
	policy_free(p->conf.soft.export);
	p->conf.soft = *soft;
}

/* The pause is over: as after a start. */
static void
resume(struct bgp *b, struct peer *p)
{
	p->paused = false;
	p->failures = 0;
	if (p->conf.patient && !p->conf.passive)
		speaker_alarm(b, &p->retry, speaker_jitter(b, PATIENCE));
	else if (!p->conf.passive)
		connect_now(b, p);
}

/* What it let in before the pause would come up during it. */
static void
reject_others(struct bgp *b, struct peer *p, const struct session *over,
    const struct reason *why)
{
	struct session *s, *next;
	struct fault f;

	fault_set(&f, FAULT_CEASE, FAULT_REJECTED, (struct bytes){ 0 });
	f.text = *why;
	for (s = TAILQ_FIRST(&p->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, of_peer);
		if (s != over)
			session_event(b, s, FSM_STOP, &f);
	}
}

void
peer_pause(struct bgp *b, struct peer *p, const struct session *over,
    struct reason *why)
{
	struct span pause = p->conf.soft.pause;

	p->paused = true;
	if (pause.ns == 0) {
		str_add(why->s, sizeof(why->s), "; down until the limit is "
		    "raised or the tunnel is taken down and up");
	} else {
		str_add(why->s, sizeof(why->s), "; down for %lld s",
		    (long long)span_to_s(pause));
		speaker_alarm(b, &p->retry, pause);
	}
	reject_others(b, p, over, why);
}

static bool
raised(uint32_t limit, uint32_t was)
{
	return was != 0 && (limit == 0 || limit > was);
}

void
peer_change(struct bgp *b, struct peer *p, const struct bgp_soft *soft)
{
	bool over = p->paused && (raised(soft->max_in, p->conf.soft.max_in) ||
	    raised(soft->max_out, p->conf.soft.max_out));
	struct session *s = peer_up(b, p->conf.id);

	peer_hold(p, soft);
	restart_change(b, p);
	if (s != NULL)
		session_change(b, s);
	if (!over || !p->started)
		return;
	timer_clear(&b->timers, &p->retry.timer);
	resume(b, p);
}

void
peer_retry(struct bgp *b, struct peer *p)
{
	if (p->started && p->paused) {
		resume(b, p);
		return;
	}
	if (p->started && p->state != BGP_ESTABLISHED && !has_outgoing(p))
		connect_now(b, p);
}

static struct span
backoff(const struct peer *p)
{
	struct span d = span_s(p->failures > 5 ? 32 : 1 << p->failures);

	if (p->conf.patient)
		d.ns += PATIENCE.ns;
	if (p->restart.holding && d.ns > RESTART_RETRY.ns)
		return RESTART_RETRY;
	return d.ns < RETRY_MAX.ns ? d : RETRY_MAX;
}

void
peer_lost(struct bgp *b, struct peer *p, enum bgp_state was, const char *why)
{
	bool lasted = was == BGP_ESTABLISHED &&
	    instant_since(b->now, p->since).ns >= LASTED.ns;

	if (TAILQ_EMPTY(&p->sessions) && p->started)
		set_why(p, why);
	peer_moved(b, p, why);
	if (lasted)
		p->failures = 0;
	if (!p->started || p->paused || p->conf.passive || has_outgoing(p) ||
	    p->state >= BGP_OPEN_CONFIRM || p->retry.timer.slot != 0)
		return;
	speaker_alarm(b, &p->retry, speaker_jitter(b, backoff(p)));
	p->failures++;
}

bool
peer_admit(struct bgp *b, struct peer *p)
{
	struct session *s, *oldest = NULL;
	unsigned n = 0;

	if (!p->started || p->paused)
		return false;
	TAILQ_FOREACH(s, &p->sessions, of_peer) {
		if (s->outgoing || s->state == BGP_ESTABLISHED)
			continue;
		if (oldest == NULL)
			oldest = s;
		n++;
	}
	if (n >= LIMIT_INCOMING)
		session_say(b, oldest, FSM_OPEN_COLLISION,
		    "the remote opened newer connections");
	return true;
}

void
peer_settled(struct bgp *b, struct peer *p, const struct session *winner)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&p->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, of_peer);
		if (s != winner)
			session_say(b, s, FSM_OPEN_COLLISION,
			    "another connection was established");
	}
	timer_clear(&b->timers, &p->retry.timer);
}
