/*
 * Draining.  An order is about all tunnels, a connection's, or one; it stays
 * in force for tunnels that a reload makes, and ends with the daemon; an engine
 * that takes another's place knows it of each tunnel by what was kept.  Whoever
 * calls is answered by IKE itself; those that are up are told here, some of
 * them at a time, so that the other gateway is not called by all at once, and
 * again when they have not left after a while.  Nobody is cut off: who stays
 * is named with its reason.  While a tunnel drains we do not begin it, either.
 */
#include "gw/drain.h"

#include <stdlib.h>
#include <string.h>

#include "gw/deposit.h"
#include "gw/show.h"
#include "gw/tunnel.h"

/* All are told within five seconds, or at 250 a second. */
static const struct span step = { INT64_C(100) * 1000000 };
#define STEPS		50u
#define BATCH_MOST	25u

static const struct span look = { INT64_C(5) * 1000000000 };
/* So long a peer may take; then it is told once more. */
static const struct span patience = { INT64_C(30) * 1000000000 };
static const struct span again = { INT64_C(60) * 1000000000 };

struct drain_order {
	struct drain_order *next;
	char		name[CONF_NAME_LEN + 8];	/* "": all */
	bool		on;
	struct addr	to;
};

void
drain_init(struct drain *d)
{
	*d = (struct drain){
		.at = INSTANT_NEVER, .look_at = INSTANT_NEVER,
	};
}

void
drain_fini(struct drain *d)
{
	struct drain_order *o;

	while ((o = d->orders) != NULL) {
		d->orders = o->next;
		free(o);
	}
}

/* --- orders --- */

/* Does the first name mean everything that the second one does? */
static bool
holds(const char *whole, const char *part)
{
	size_t n = strlen(whole);

	return n == 0 || (strncmp(whole, part, n) == 0 &&
	    (part[n] == '\0' || part[n] == '/'));
}

/* Those that a new one about this name makes void. */
static void
forget(struct drain *d, const char *name)
{
	struct drain_order **at = &d->orders, *o;

	while ((o = *at) != NULL) {
		if (!holds(name, o->name)) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		free(o);
	}
}

static const struct drain_order *
order_for(const struct drain *d, const char *tunnel)
{
	const struct drain_order *last = NULL;

	for (const struct drain_order *o = d->orders; o != NULL; o = o->next) {
		if (holds(o->name, tunnel))
			last = o;
	}
	return last;
}

static bool
give(struct drain *d, const char *name, bool on, const struct addr *to)
{
	struct drain_order **at, *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return false;
	forget(d, name);
	str_set(o->name, sizeof(o->name), name);
	o->on = on;
	if (to != NULL)
		o->to = *to;
	for (at = &d->orders; *at != NULL; at = &(*at)->next)
		;
	*at = o;
	return true;
}

/* --- tunnels --- */

static bool
fits(const struct gw_tunnel *t)
{
	return !addr_is_set(&t->drain.to) ||
	    t->drain.to.family == t->conf->local.family;
}

static bool
is_up(const struct gw_tunnel *t, struct ike_peer_info *info)
{
	return ike_peer_get(t->gw->ike, t->id, info) &&
	    info->state == IKE_ESTABLISHED;
}

static bool
may_tell(const struct gw_tunnel *t)
{
	struct ike_peer_info info;

	return t->drain.on && addr_is_set(&t->drain.to) && fits(t) &&
	    is_up(t, &info) && info.follows &&
	    !addr_eq(&info.came_from, &t->drain.to);
}

static void
set(struct gw_tunnel *t, struct instant now, bool on, const struct addr *to)
{
	bool was = t->drain.on;

	t->drain = (struct drain_state){ .on = on };
	if (on && to != NULL)
		t->drain.to = *to;
	ike_peer_drain(t->gw->ike, now, t->id, on && fits(t),
	    addr_is_set(&t->drain.to) ? &t->drain.to : NULL);
	t->drain.due = may_tell(t);
	if (was && !on)
		t->retry_at = now;
	tunnel_touch(t);
	deposit_touch(t);
}

static void
obey(struct gw_tunnel *t, struct instant now)
{
	const struct drain_order *o = order_for(&t->gw->drain, t->name);
	bool on = o != NULL && o->on;

	set(t, now, on, on && addr_is_set(&o->to) ? &o->to : NULL);
}

void
drain_join(struct gw_tunnel *t, struct instant now)
{
	struct drain *d = &t->gw->drain;

	if (order_for(d, t->name) == NULL)
		return;
	obey(t, now);
	/* It may be the first one that drains. */
	d->look_at = instant_min(d->look_at, instant_after(now, look));
}

void
drain_go_on(struct gw_tunnel *t, struct instant now, const struct addr *to)
{
	struct drain *d = &t->gw->drain;

	if (!give(d, t->name, true, to))
		return;
	set(t, now, true, to);
	d->look_at = instant_min(d->look_at, instant_after(now, look));
}

/* An address of ours is no other gateway; nor is one of the other family. */
static bool
may_go(const struct gw *gw, const char *name, const struct addr *to,
    struct reason *why)
{
	char text[ADDR_STRLEN];

	addr_str(to, text);
	if (addr_is_any(to) || addr_is_loopback(to) || addr_is_multicast(to)) {
		reason_set(why, "%s is not the address of a gateway", text);
		return false;
	}
	for (const struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (addr_eq(&t->conf->local, to))
			reason_set(why, "%s is this gateway's own address (%s)",
			    text, t->name);
		else if (holds(name, t->name) && name[0] != '\0' &&
		    t->conf->local.family != to->family)
			reason_set(why, "%s is not of the IP version of %s",
			    text, t->name);
		else
			continue;
		return false;
	}
	return true;
}

static void
count(const struct gw_tunnel *t, struct drain_tally *tally)
{
	struct ike_peer_info info;

	tally->tunnels++;
	tally->up += is_up(t, &info);
	tally->told += t->drain.due;
}

/* In steps, however many orders they are due by. */
static void
begin(struct gw *gw, struct instant now)
{
	struct drain *d = &gw->drain;
	unsigned due = 0;

	for (const struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next)
		due += t->drain.due;
	d->batch = due / STEPS + 1;
	if (d->batch > BATCH_MOST)
		d->batch = BATCH_MOST;
	d->at = now;
}

bool
drain_on(struct gw *gw, struct instant now, const char *name,
    const struct addr *to, struct drain_tally *tally, struct reason *why)
{
	struct drain *d = &gw->drain;

	if (to != NULL && !may_go(gw, name, to, why))
		return false;
	if (!give(d, name, true, to)) {
		reason_set(why, "out of memory");
		return false;
	}
	*tally = (struct drain_tally){ 0 };
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (t->removing || !holds(name, t->name))
			continue;
		set(t, now, true, to);
		count(t, tally);
	}
	begin(gw, now);
	d->look_at = instant_after(now, look);
	return true;
}

void
drain_off(struct gw *gw, struct instant now, const char *name)
{
	struct drain *d = &gw->drain;
	bool any = false;

	forget(d, name);
	for (const struct drain_order *o = d->orders; o != NULL; o = o->next)
		any |= holds(o->name, name);
	if (any)
		give(d, name, false, NULL);
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (!t->removing && t->drain.on && holds(name, t->name))
			obey(t, now);
	}
}

/* --- time --- */

static void
tell(struct gw_tunnel *t, struct instant now)
{
	t->drain.due = false;
	if (!ike_peer_redirect(t->gw->ike, now, t->id))
		return;
	t->drain.told++;
	t->drain.told_at = now;
}

/* False: some are left for the next step. */
static bool
tell_some(struct gw *gw, struct instant now)
{
	unsigned n = 0;

	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (!t->drain.due)
			continue;
		if (n++ == gw->drain.batch)
			return false;
		tell(t, now);
	}
	return true;
}

/* Who has not left yet, and who came when the order was given already. */
static void
look_after(struct gw_tunnel *t, struct instant now)
{
	struct drain_state *s = &t->drain;
	struct span since = instant_since(now, s->told_at);

	if (s->due || !may_tell(t))
		return;
	s->overdue = s->told > 0 && since.ns >= patience.ns;
	s->due = s->told == 0 || since.ns >= again.ns;
}

void
drain_tick(struct gw *gw, struct instant now)
{
	struct drain *d = &gw->drain;
	bool on = false;

	if (instant_due(d->look_at, now)) {
		for (struct gw_tunnel *t = gw->tunnels; t != NULL;
		    t = t->next) {
			on |= t->drain.on;
			if (t->drain.on)
				look_after(t, now);
		}
		d->look_at = on ? instant_after(now, look) : INSTANT_NEVER;
		begin(gw, now);
	}
	if (instant_due(d->at, now))
		d->at = tell_some(gw, now) ? INSTANT_NEVER :
		    instant_after(now, step);
}

struct instant
drain_deadline(const struct gw *gw)
{
	return instant_min(gw->drain.at, gw->drain.look_at);
}

/* --- for operators --- */

void
drain_reason(const struct gw_tunnel *t, struct reason *why)
{
	char to[ADDR_STRLEN];

	if (!addr_is_set(&t->drain.to))
		reason_set(why, "draining: nobody new is let in");
	else
		reason_set(why, "draining: peers are sent to %s",
		    addr_str(&t->drain.to, to));
}

/* Why it will not leave; NULL: it may. */
static const char *
stays_for(const struct gw_tunnel *t, const struct ike_peer_info *i)
{
	if (!addr_is_set(&t->drain.to))
		return "no other gateway was named: it may stay until it ends";
	if (!fits(t))
		return "the other gateway is of another IP version";
	if (i->initiator)
		return "we have opened the IKE SA: only its responder can "
		    "redirect";
	if (!i->follows)
		return "the peer does not follow redirects (RFC 5685)";
	if (addr_eq(&i->came_from, &t->drain.to))
		return "it comes from there";
	return NULL;
}

json_t *
drain_show(const struct gw_tunnel *t)
{
	const struct drain_state *s = &t->drain;
	const char *state = "off", *stays = NULL;
	struct reason why = { "" };
	char to[ADDR_STRLEN] = "";
	struct ike_peer_info i;

	if (s->on && addr_is_set(&s->to))
		addr_str(&s->to, to);
	if (s->on && !is_up(t, &i)) {
		state = "gone";
	} else if (s->on && (stays = stays_for(t, &i)) != NULL) {
		state = "kept";
		reason_set(&why, "%s", stays);
	} else if (s->on && s->told == 0 && !i.leaving) {
		state = "waiting";
	} else if (s->on && s->overdue) {
		state = "staying";
		reason_set(&why, "told to go %u times and has not left",
		    s->told);
	} else if (s->on) {
		state = "told";
	}
	return json_pack("{s:s, s:s, s:s}", "state", state, "to", to,
	    "reason", why.s);
}
