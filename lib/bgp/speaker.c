/*
 * What the sessions and peers of a speaker share: alarms, jitter, the event
 * queue, and waking those that have something to announce.  Events of which a
 * peer can cause as many as it likes are reports, which are bounded; the others
 * are few by nature.
 */
#include "bgp/speaker.h"

#include <stdlib.h>

#include "bgp/limit.h"
#include "bgp/session.h"

bool
speaker_alarm(struct bgp *b, struct alarm *a, struct span in)
{
	return timer_set(&b->timers, &a->timer, instant_after(b->now, in));
}

struct span
speaker_jitter(struct bgp *b, struct span d)
{
	struct span quarter = { d.ns / 4 };

	return (struct span){ d.ns - drbg_span(b->drbg, quarter).ns };
}

static bool
events_grow(struct bgp *b)
{
	size_t cap = b->events_cap == 0 ? 16 : b->events_cap * 2;
	struct event *more;

	if (b->events_at == b->events_n)
		b->events_at = b->events_n = 0;
	if (b->events_n < b->events_cap)
		return true;
	more = realloc(b->events, cap * sizeof(*more));
	if (more == NULL)
		return false;
	b->events = more;
	b->events_cap = cap;
	return true;
}

void
speaker_event(struct bgp *b, uint32_t peer, enum bgp_event kind, bool up,
    const char *text)
{
	struct event *e;

	if (!events_grow(b))
		return;
	e = &b->events[b->events_n++];
	*e = (struct event){ .peer = peer, .kind = kind, .up = up };
	reason_set(&e->text, "%s", text);
}

void
speaker_report(struct bgp *b, uint32_t peer, enum bgp_event kind,
    const char *text)
{
	if (b->events_n - b->events_at < LIMIT_EVENTS) {
		speaker_event(b, peer, kind, false, text);
		return;
	}
	b->unsaid++;
	b->unsaid_peer = peer;
}

static void
say_unsaid(struct bgp *b)
{
	struct reason text;

	reason_set(&text, "%u more reports of UPDATEs and refreshes",
	    b->unsaid);
	b->unsaid = 0;
	speaker_event(b, b->unsaid_peer, BGP_EVENT_UPDATE_ERROR, false,
	    text.s);
}

const struct event *
speaker_event_next(struct bgp *b)
{
	if (b->events_at == b->events_n && b->unsaid > 0)
		say_unsaid(b);
	if (b->events_at == b->events_n)
		return NULL;
	return &b->events[b->events_at++];
}

static void
wake_all(struct bgp *b, struct session_list *idle)
{
	struct session *s;

	while ((s = TAILQ_FIRST(idle)) != NULL)
		session_want(b, s, SESSION_WANT_SEND);
}

void
speaker_wake(struct bgp *b)
{
	if (b->rib.changes == b->seen)
		return;
	wake_all(b, &b->idle[1]);
	if (b->rib.own_changes != b->own_seen)
		wake_all(b, &b->idle[0]);
	b->seen = b->rib.changes;
	b->own_seen = b->rib.own_changes;
}
