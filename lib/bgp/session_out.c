/*
 * What a session has to say while it is up (RFC 4271 section 9.2): messages are
 * made when the host asks for octets, a bounded number in a turn, so that of
 * many peers none gets far ahead of the others, who then take the same sheets.
 */
#include "bgp/session.h"

#include "bgp/defer.h"
#include "bgp/limit.h"
#include "bgp/peer.h"
#include "bgp/trace.h"

/*
 * As a limit of the peer's says it, on our own account (RFC 4486).  More than
 * before: it was told of another one.  A dump that a stricter policy began may
 * go on until it has taken back enough.
 */
bool
session_told_too_many(struct bgp *b, struct session *s, uint32_t before)
{
	const struct bgp_soft *soft = &s->peer->conf.soft;
	uint32_t n = s->export.advertised, warn = session_warn_at(soft, soft->max_out);
	bool above = warn != 0 && n >= warn;
	struct reason text;
	struct fault f;

	if (soft->max_out != 0 && n > soft->max_out &&
	    (n > before || !export_dumping(&s->export))) {
		fault_set(&f, FAULT_CEASE, FAULT_MAX_PREFIXES,
		    (struct bytes){ 0 });
		reason_set(&f.text, "we would announce more than %u prefixes",
		    soft->max_out);
		session_event(b, s, FSM_ERROR, &f);
		return true;
	}
	if (above && !s->warned_out) {
		reason_set(&text, "we announce %u prefixes, the limit is %u",
		    n, soft->max_out);
		speaker_report(b, s->peer->conf.id, BGP_EVENT_LIMIT, text.s);
	}
	s->warned_out = above;
	return false;
}

bool
session_has_output(const struct bgp *b, const struct session *s)
{
	return outq_bytes(&s->out).n > 0 ||
	    (!s->striding && defer_announces(b, s));
}

static void
fill(struct bgp *b, struct session *s)
{
	struct wr w = outq_begin(&s->out, EXPORT_ROOM);
	uint32_t before = s->export.advertised;

	if (!export_fill(&s->export, &b->rib, &w)) {
		session_no_memory(b, s, "announcements");
		return;
	}
	if (session_told_too_many(b, s, before))
		return;
	if (w.n > 0)
		s->drained = b->now;
	s->peer->counts.updates_out += msg_count(wr_done(&w), MSG_UPDATE);
	trace_said(b, s, wr_done(&w));
	outq_end(&s->out, &w);
}

/* Is nothing ready, and may there be more? */
static bool
is_due(const struct bgp *b, const struct session *s)
{
	return outq_bytes(&s->out).n == 0 && !s->striding &&
	    defer_announces(b, s);
}

/* Of what it may be given in this turn; it has had some in an earlier one. */
static size_t
left_in_turn(const struct bgp *b, struct session *s)
{
	if (s->turn != b->turn)
		s->filled = 0;
	s->turn = b->turn;
	return s->filled < LIMIT_TURN ? LIMIT_TURN - s->filled : 0;
}

/*
 * Nobody is far ahead of others, who then take the same sheets; and a large
 * table may have nothing for a peer in many places.
 */
struct bytes
session_pull(struct bgp *b, struct session *s)
{
	if (is_due(b, s) && left_in_turn(b, s) > 0) {
		fill(b, s);
		s->filled += outq_bytes(&s->out).n;
	}
	if (is_due(b, s)) {
		TAILQ_INSERT_TAIL(&b->strides, s, in_strides);
		s->striding = true;
	}
	return outq_bytes(&s->out);
}

void
session_stride(struct bgp *b, struct session *s)
{
	TAILQ_REMOVE(&b->strides, s, in_strides);
	s->striding = false;
	session_want(b, s, SESSION_WANT_SEND);
}

void
session_sent(struct bgp *b, struct session *s, size_t n)
{
	outq_sent(&s->out, n);
	s->drained = b->now;
	if (session_has_output(b, s))
		session_want(b, s, SESSION_WANT_SEND);
}

void
session_told(struct bgp *b, struct session *s, unsigned want)
{
	s->want &= (uint8_t)~want;
	if (s->want == 0)
		TAILQ_REMOVE(&b->ready, s, in_ready);
	if (s->up && !s->idle && (s->want & SESSION_WANT_SEND) == 0) {
		TAILQ_INSERT_TAIL(&b->idle[s->export.conf.transit], s,
		    in_idle);
		s->idle = true;
	}
}
