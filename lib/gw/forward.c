/*
 * The gateway's dealings with its forwarding table: when neighbours teach,
 * what the kernel refused (tried again, ever less often), what somebody else
 * changed, and the work that is always due some time.
 */
#include "gw/forward.h"

#include <errno.h>

#include "gw/guards.h"
#include "gw/tables.h"

#define CHANGES_MOST	1000	/* in a second; above it all is stated again */

static const struct span refused_first = { INT64_C(1) * 1000000000 };
static const struct span refused_most = { INT64_C(60) * 1000000000 };
static const struct span hold_most = { INT64_C(2) * 1000000000 };
static const struct span hold_quiet = { INT64_C(100) * 1000000 };
static const struct span changes_pause = { INT64_C(2) * 1000000000 };

void
forward_init(struct gw *gw)
{
	gw->fib_at = gw->tick_at = gw->restate_at = INSTANT_NEVER;
	gw->hold_until = INSTANT_NEVER;
	gw->fib_pause = refused_first;
}

void
forward_configure(struct gw *gw)
{
	const struct conf *c = gw->conf;

	fib_configure(gw->fib, &(struct fib_conf){ .resilient = c->resilient,
	    .source = { c->source[0], c->source[1] } });
}

/*
 * When a neighbour is gone with all its routes, the forwarding table need not
 * wait until they are taken back one by one; and when it is there again,
 * those of before must be gone first.
 */
void
forward_taught(struct gw *gw, uint32_t id, bool *teaches, bool up)
{
	struct bgp_peer_info info;

	if (up != *teaches && up)
		gw->teaching++;
	if (up) {
		*teaches = true;
		return;
	}
	if ((bgp_peer_get(gw->bgp, id, &info) &&
	    info.state == BGP_ESTABLISHED) || bgp_teaches(gw->bgp, id))
		return;
	gw->teaching -= *teaches;
	*teaches = false;
	fib_taught(gw->fib, id, false);
}

static void
taught(struct gw *gw, uint32_t id, bool *teaches)
{
	if (!*teaches)
		return;
	*teaches = false;
	gw->teaching--;
	fib_taught(gw->fib, id, true);
}

void
forward_begin(struct gw *gw)
{
	if (gw->teaching == 0 || bgp_busy(gw->bgp))
		return;
	for (struct gw_tunnel *t = gw->tunnels; t != NULL && gw->teaching > 0;
	    t = t->next)
		taught(gw, t->id, &t->teaches);
	for (struct gw_outer *o = gw->outers; o != NULL && gw->teaching > 0;
	    o = o->next)
		taught(gw, o->id, &o->teaches);
}

/*
 * Only the first is told at once: where one is refused, many may be.  What the
 * system has a route of its own for, like a network that it is on, stays so:
 * that is told once and not with every attempt.
 */
void
forward_refused(struct gw *gw, struct instant now, const struct kern_event *e)
{
	bool again = e->error == EEXIST && gw->fib_last.ns != 0 &&
	    instant_since(now, gw->fib_last).ns <= 2 * refused_most.ns;

	if (gw->stopping)
		return;
	if (gw->fib_refusals++ == 0 && !again)
		queue_event(&gw->out, GW_ERROR, "kernel-refused", "", "%s: %s",
		    kern_op_name(e->op), e->text);
	if (!instant_is_never(gw->fib_at))
		return;
	gw->fib_pause.ns *= 2;
	if (instant_since(now, gw->fib_last).ns > 2 * refused_most.ns)
		gw->fib_pause = refused_first;
	else if (gw->fib_pause.ns > refused_most.ns)
		gw->fib_pause = refused_most;
	gw->fib_last = now;
	gw->fib_at = instant_after(now, gw->fib_pause);
}

static void
again(struct gw *gw)
{
	gw->fib_at = INSTANT_NEVER;
	if (gw->fib_refusals > 1)
		queue_event(&gw->out, GW_ERROR, "kernel-refused", "",
		    "%u more routes and nexthops; all are tried again",
		    gw->fib_refusals - 1);
	gw->fib_refusals = 0;
	fib_retry(gw->fib);
}

/*
 * Each is mended at once; where they are many it is all of them, after a
 * pause, so that two who fight for a route do nothing else.
 */
void
forward_changed(struct gw *gw, struct instant now, const struct kern_event *e)
{
	char text[PREFIX_STRLEN];

	if (instant_since(now, gw->changes_since).ns > span_s(1).ns) {
		gw->changes_since = now;
		gw->changes = 0;
	}
	if (gw->changes++ >= CHANGES_MOST) {
		if (instant_is_never(gw->restate_at))
			gw->restate_at = instant_after(now, changes_pause);
		return;
	}
	if (e->changed.nexthop != 0) {
		fib_object_changed(gw->fib, e->changed.nexthop);
		queue_event(&gw->out, GW_WARN, "kernel-changed", "",
		    "somebody else changed nexthop %u; it is stated again",
		    e->changed.nexthop);
		return;
	}
	fib_route_changed(gw->fib, e->changed.table, &e->changed.prefix);
	if (e->changed.prefix.len == 0)
		tables_changed(gw, e->changed.table);
	guards_changed(gw, e->changed.table, &e->changed.prefix);
	queue_event(&gw->out, GW_WARN, "kernel-changed", "",
	    "somebody else changed the route to %s; it is stated again",
	    prefix_str(&e->changed.prefix, text));
}

/*
 * A table arrives: once the neighbour pauses, or after two seconds, the routes
 * that were held until then go, and so do those that follow.
 */
static void
hold(struct gw *gw, struct instant now)
{
	uint32_t n = fib_loose(gw->fib);
	struct instant until;

	if (gw->loose == 0 && n > 0)
		gw->loose_since = now;
	if (n > gw->loose)
		gw->loose_more = now;
	gw->loose = n;
	until = instant_min(instant_after(gw->loose_since, hold_most),
	    instant_after(gw->loose_more, hold_quiet));
	gw->hold_until = n == 0 || instant_due(until, now) ? INSTANT_NEVER :
	    until;
	fib_hold(gw->fib, !instant_is_never(gw->hold_until));
}

/* The forwarding table has to be looked at while there is one. */
void
forward_arm(struct gw *gw, struct instant now)
{
	unsigned s = gw->stopping ? 0 : fib_tick_in(gw->fib);

	if (s == 0)
		gw->tick_at = INSTANT_NEVER;
	else
		gw->tick_at = instant_min(gw->tick_at,
		    instant_after(now, span_s(s)));
}

void
forward_tick(struct gw *gw, struct instant now)
{
	hold(gw, now);
	if (instant_due(gw->fib_at, now))
		again(gw);
	if (instant_due(gw->restate_at, now)) {
		gw->restate_at = INSTANT_NEVER;
		queue_event(&gw->out, GW_WARN, "kernel-changed", "",
		    "somebody else changed many routes: all are stated again");
		fib_resync(gw->fib);
	}
	if (instant_due(gw->tick_at, now)) {
		gw->tick_at = INSTANT_NEVER;
		fib_tick(gw->fib);
	}
}

struct instant
forward_deadline(const struct gw *gw)
{
	if (bgp_busy(gw->bgp) || fib_pending(gw->fib))
		return (struct instant){ 0 };
	return instant_min(instant_min(gw->fib_at, gw->hold_until),
	    instant_min(gw->tick_at, gw->restate_at));
}
