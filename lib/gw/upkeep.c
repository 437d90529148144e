/*
 * Upkeep of tunnels.  One that is replaced keeps its object: it is wound down
 * as if an operator had taken it down, and begins again when nothing is left of
 * it with the peer.  One whose configuration is another is removed in that way,
 * and its successor begins.  A change that waits is applied on request, after
 * its time, or when the tunnel ends for other reasons than IKE's; until then
 * the tunnel lives by the configuration it was made with, which it holds.
 */
#include "gw/upkeep.h"

#include <string.h>

#include "gw/show.h"
#include "gw/tunnel.h"

#define BACK_MOST	300	/* seconds that a replaced one is waited for */

static const struct span patience = { INT64_C(3000) * 1000000 };
static const struct span look_again = { INT64_C(5000) * 1000000 };

struct span
upkeep_drain(const struct gw_tunnel *t)
{
	const struct span *given = &t->conf->bgp.drain;

	return t->upkeep.replacing && given->ns < patience.ns ? patience :
	    *given;
}

/* Does another tunnel of the connection carry its packets meanwhile? */
static bool
is_covered(const struct gw_tunnel *t)
{
	for (unsigned i = 1; i <= CONF_TUNNELS; i++) {
		const struct gw_tunnel *o = gw_tunnel_find(t->gw,
		    t->connection, i);

		if (o != NULL && o != t && o->is_up && !o->upkeep.replacing)
			return true;
	}
	return false;
}

static void
begin(struct gw_tunnel *t, struct instant now)
{
	bool pending = t->upkeep.pending;

	queue_event(&t->gw->out, GW_INFO, "replacement-began", t->name,
	    "%s; %s", pending ? "with what its configuration has become" :
	    "as it is", is_covered(t) ?
	    "the other tunnel carries its traffic" :
	    "no other tunnel of the connection is up");
	t->upkeep.pending = false;
	t->upkeep.apply_at = INSTANT_NEVER;
	tunnel_replace(t, now);
	if (pending)
		tunnel_remove(t, now);
}

/* Another one of the connection is being replaced, or is not back yet. */
static bool
other_is_away(const struct gw_tunnel *t, struct instant now)
{
	for (unsigned i = 1; i <= CONF_TUNNELS; i++) {
		const struct gw_tunnel *o = gw_tunnel_find(t->gw,
		    t->connection, i);

		if (o != NULL && o != t && (o->upkeep.replacing ||
		    (!o->is_up && o->admin_up && o->upkeep.replaced_at != 0 &&
		    gw_wall(t->gw, now) - o->upkeep.replaced_at < BACK_MOST)))
			return true;
	}
	return false;
}

static void
apply_due(struct gw_tunnel *t, struct instant now)
{
	if (!t->removing && other_is_away(t, now))
		t->upkeep.apply_at = instant_after(now, look_again);
	else
		begin(t, now);
}

void
upkeep_settle(struct gw_tunnel *t, struct instant now)
{
	if (t->upkeep.pending && instant_due(t->upkeep.apply_at, now))
		apply_due(t, now);
	if (!t->upkeep.replacing || t->removing || !tunnel_ended(t))
		return;
	t->upkeep.replacing = false;
	t->upkeep.replaced_at = gw_wall(t->gw, now);
	tunnel_begin(t, now);
	queue_event(&t->gw->out, GW_INFO, "replacement-ended", t->name,
	    "it begins anew");
}

/* --- changes that wait --- */

/* Its interface is the same, and there is something to interrupt. */
bool
upkeep_defer(struct gw_tunnel *t, struct instant now,
    const struct conf_tunnel *w)
{
	bool on = t->conf->upkeep.control && w->upkeep.control;

	if (!on || !t->child_up || t->upkeep.replacing ||
	    strcmp(t->conf->ifname, w->ifname) != 0)
		return false;
	if (t->upkeep.pending)
		return true;
	t->upkeep.pending = true;
	if (w->upkeep.auto_apply.ns > 0)
		t->upkeep.apply_at = instant_after(now, w->upkeep.auto_apply);
	queue_event(&t->gw->out, GW_WARN, "maintenance-pending", t->name,
	    "its configuration is another one, for which it has to be "
	    "replaced: \"vpnctl replace-tunnel %s "
	    "--apply-pending-maintenance\"", t->name);
	tunnel_touch(t);
	return true;
}

void
upkeep_cancel(struct gw_tunnel *t)
{
	if (!t->upkeep.pending)
		return;
	t->upkeep.pending = false;
	t->upkeep.apply_at = INSTANT_NEVER;
	queue_event(&t->gw->out, GW_INFO, "maintenance-cancelled", t->name,
	    "its configuration is the one that it has");
	tunnel_touch(t);
}

/* --- requests --- */

/* Why it cannot be replaced now; NULL: it can. */
static const char *
fault_of(const struct gw_tunnel *t, bool apply)
{
	if (t->removing || t->upkeep.replacing)
		return "it is being replaced";
	if (!t->admin_up)
		return "it is administratively down";
	if (t->upkeep.pending && !apply)
		return "maintenance is pending: say whether it is to be "
		    "applied (--apply-pending-maintenance)";
	if (!t->upkeep.pending && apply)
		return "no maintenance is pending";
	return NULL;
}

/* One tunnel at a time, as the other one has to carry its traffic. */
void
command_replace(struct request *q)
{
	bool apply = q->r.what == CTL_WHAT_MAINTENANCE;
	struct gw_tunnel *t = gw_tunnel_find(q->gw, q->connection, q->number);
	const char *why = t == NULL ? NULL : fault_of(t, apply);
	char text[200];

	if (q->number == 0) {
		str_fmt(text, sizeof(text), "%s: replace-tunnel is for one "
		    "tunnel: name it (%s/1)", q->r.name, q->r.name);
		request_refuse(q, CTL_EXIT_USAGE, text);
	} else if (t == NULL || why != NULL) {
		str_fmt(text, sizeof(text), "%s: %s", q->r.name, t == NULL ?
		    "there is no such tunnel" : why);
		request_refuse(q, CTL_EXIT_FAILED, text);
	} else {
		begin(t, q->now);
		request_done(q);
	}
}

static json_t *
show_at(int64_t at)
{
	return at == 0 ? json_string("") : show_time(at);
}

json_t *
upkeep_show(const struct gw_tunnel *t)
{
	const struct gw_upkeep *u = &t->upkeep;
	bool applies = u->pending && !instant_is_never(u->apply_at);

	return json_pack("{s:b, s:b, s:b, s:o, s:o}",
	    "control", (int)t->conf->upkeep.control,
	    "replacing", (int)u->replacing, "pending", (int)u->pending,
	    "auto_applied_after", show_at(applies ?
	    gw_wall(t->gw, u->apply_at) : 0),
	    "last_replaced", show_at(u->replaced_at));
}
