/*
 * Listeners for neighbours outside of tunnels, one for each address of ours on
 * an interface, however many may call there: what signs their segments the
 * monitor takes from its own configuration.  A listener is opened anew when
 * that changes, since an open socket keeps what it was made with.
 *
 * From a prefix strangers may call.  A prefix has room for so many neighbours;
 * those whose session is not up count, but the oldest of them makes room for
 * who comes; and only so many are let in within a second.
 */
#include "gw/door.h"

#include <stdlib.h>
#include <string.h>

#include "gw/outer.h"
#include "gw/port.h"

#define SETUPS_MOST	16	/* of a prefix: sessions on their way up */
#define CALLS_MOST	20	/* of a prefix: let in within a second */

static const struct span retry_pause = { INT64_C(5) * 1000000000 };

static struct gw_door *
by_id(const struct gw *gw, uint32_t id)
{
	struct gw_door *d = gw->doors;

	while (d != NULL && d->id != id)
		d = d->next;
	return d;
}

static bool
is_at(const struct gw_door *d, const struct conf_neighbor *n)
{
	return strcmp(d->ifname, n->ifname) == 0 &&
	    addr_eq(&d->local, &n->local);
}

bool
door_is(uint32_t id)
{
	return id >= DOOR_ID;
}

/* --- open and shut --- */

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(1099511628211);
	return h;
}

/* What its socket is made from. */
static uint64_t
print_of(const struct gw *gw, const struct gw_door *d)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < gw->conf->neighbors_n; i++) {
		const struct conf_neighbor *n = &gw->conf->neighbors[i];
		const uint8_t how[] = { (uint8_t)n->own.session.auth, n->hops,
		    n->own.session.ttl_security, n->from.len };

		if (!is_at(d, n))
			continue;
		h = mix(h, &n->remote, sizeof(n->remote));
		h = mix(h, &n->from.addr, sizeof(n->from.addr));
		h = mix(h, how, sizeof(how));
		h = mix(h, n->own.bgp_mark, CONF_MARK_LEN);
	}
	return h;
}

/* Farthest out, and from farthest: one socket serves all. */
static void
reach(const struct gw *gw, const struct gw_door *d, struct kern_conn *c)
{
	c->min_ttl = UINT8_MAX;
	for (const struct gw_outer *o = gw->outers; o != NULL; o = o->next) {
		struct kern_conn one = { .ttl = 0 };

		if (o->dynamic || !is_at(d, o->conf))
			continue;
		outer_conn(o, &one);
		if (one.ttl > c->ttl)
			c->ttl = one.ttl;
		if (one.min_ttl < c->min_ttl)
			c->min_ttl = one.min_ttl;
	}
}

static void
state(struct gw *gw, struct gw_door *d, enum kern_op_kind kind)
{
	struct kern_op *op = queue_op(&gw->out, kind);

	if (op == NULL)
		return;
	op->conn.id = d->id;
	op->conn.local = d->local;
	memcpy(op->conn.dev, d->ifname, sizeof(op->conn.dev));
	reach(gw, d, &op->conn);
	gw_await(gw, op, d->id);
	d->open = kind == KERN_LISTEN;
}

static void
add(struct gw *gw, struct instant now, const struct conf_neighbor *n)
{
	struct gw_door *d = gw->doors;

	while (d != NULL && !is_at(d, n))
		d = d->next;
	if (d != NULL)
		return;
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		queue_event(&gw->out, GW_ERROR, "out-of-memory", n->name,
		    "listener");
		return;
	}
	d->id = DOOR_ID + ++gw->door_last;
	d->local = n->local;
	d->again_at = now;
	memcpy(d->ifname, n->ifname, sizeof(d->ifname));
	d->print = print_of(gw, d);
	d->next = gw->doors;
	gw->doors = d;
}

static bool
is_wanted(const struct gw *gw, const struct gw_door *d)
{
	for (size_t i = 0; i < gw->conf->neighbors_n; i++) {
		if (is_at(d, &gw->conf->neighbors[i]))
			return true;
	}
	return false;
}

void
door_converge(struct gw *gw, struct instant now)
{
	struct gw_door **at = &gw->doors, *d;

	while ((d = *at) != NULL) {
		uint64_t print = print_of(gw, d);

		if (d->open && print != d->print)
			state(gw, d, KERN_UNLISTEN);
		d->print = print;
		if (is_wanted(gw, d)) {
			at = &d->next;
			continue;
		}
		*at = d->next;
		free(d);
	}
	for (size_t i = 0; i < gw->conf->neighbors_n; i++)
		add(gw, now, &gw->conf->neighbors[i]);
}

void
door_fini(struct gw *gw)
{
	struct gw_door *d;

	while ((d = gw->doors) != NULL) {
		gw->doors = d->next;
		free(d);
	}
}

void
door_settle(struct gw *gw, struct instant now)
{
	for (struct gw_door *d = gw->doors; d != NULL; d = d->next) {
		const struct gw_port *p = port_named(gw, d->ifname);
		bool there = p != NULL && p->exists && !gw->stopping;

		if (there && !d->open && instant_due(d->again_at, now))
			state(gw, d, KERN_LISTEN);
		if (!there && d->open)
			state(gw, d, KERN_UNLISTEN);
	}
}

struct instant
door_deadline(const struct gw *gw)
{
	struct instant at = INSTANT_NEVER;

	for (const struct gw_door *d = gw->doors; d != NULL; d = d->next) {
		const struct gw_port *p = port_named(gw, d->ifname);

		if (!d->open && p != NULL && p->exists)
			at = instant_min(at, d->again_at);
	}
	return at;
}

/* A listener that came too late would keep the address from the next one. */
bool
door_answer(struct gw *gw, struct instant now, uint32_t id, bool listens)
{
	struct gw_door *d = by_id(gw, id);
	struct kern_op *op;

	if (!door_is(id))
		return false;
	if (d != NULL && d->open && !listens) {
		d->open = false;
		d->again_at = instant_after(now, retry_pause);
		outer_touch(gw);
	}
	if (listens && (d == NULL || !d->open)) {
		op = queue_op(&gw->out, KERN_UNLISTEN);
		if (op != NULL)
			op->conn.id = id;
	}
	return true;
}

void
door_restate(struct gw *gw)
{
	for (struct gw_door *d = gw->doors; d != NULL; d = d->next) {
		if (d->open)
			state(gw, d, KERN_LISTEN);
	}
}

/* --- who is let in --- */

/* Of a prefix: how many there are, and the oldest that is not up. */
static struct gw_outer *
oldest_setup(const struct gw_outer *prefix, unsigned *all, unsigned *setups)
{
	struct gw_outer *oldest = NULL;

	*all = *setups = 0;
	for (struct gw_outer *o = prefix->gw->outers; o != NULL; o = o->next) {
		if (!o->dynamic || o->conf != prefix->conf)
			continue;
		(*all)++;
		if (outer_is_up(o))
			continue;
		(*setups)++;
		if (oldest == NULL)
			oldest = o;
	}
	return oldest;
}

/* Those of a flood are not told one by one. */
static void
turn_away(struct gw_outer *prefix, const struct addr *from, const char *why)
{
	char text[ADDR_STRLEN];

	if (prefix->refused++ == 0)
		queue_event(&prefix->gw->out, GW_WARN, "neighbor-refused",
		    prefix->name, "%s: %s", addr_str(from, text), why);
}

static bool
has_room(struct gw_outer *prefix, struct instant now,
    const struct addr *from)
{
	struct gw_outer *oldest;
	unsigned all, setups;

	if (instant_since(now, prefix->window).ns > span_s(1).ns) {
		if (prefix->refused > 1)
			queue_event(&prefix->gw->out, GW_WARN,
			    "neighbor-refused", prefix->name,
			    "%u more callers", prefix->refused - 1);
		prefix->window = now;
		prefix->came = prefix->refused = 0;
	}
	if (prefix->came++ >= CALLS_MOST) {
		turn_away(prefix, from, "too many call at once");
		return false;
	}
	oldest = oldest_setup(prefix, &all, &setups);
	if (oldest != NULL && (setups >= SETUPS_MOST ||
	    all >= prefix->conf->most)) {
		outer_end(oldest, now);
		return true;
	}
	if (all < prefix->conf->most)
		return true;
	turn_away(prefix, from, "max_neighbors are there");
	return false;
}

static struct gw_outer *
newcomer(struct gw *gw, struct instant now, const struct conf_neighbor *n,
    const struct addr *from)
{
	static const struct addr nobody = { .family = ADDR_NONE };
	struct gw_outer *prefix = outer_at(gw, n, &nobody);

	if (prefix == NULL || prefix->shut.s[0] != '\0' || gw->stopping ||
	    !has_room(prefix, now, from))
		return NULL;
	return outer_for(gw, now, prefix, from);
}

uint32_t
door_accept(struct gw *gw, struct instant now, uint32_t id,
    const struct addr *from)
{
	const struct gw_door *d = by_id(gw, id);
	const struct conf_neighbor *n = d == NULL ? NULL :
	    conf_neighbor_at(gw->conf, d->ifname, &d->local, from);
	struct gw_outer *o = n == NULL ? NULL : outer_at(gw, n, from);

	if (o == NULL && n != NULL && !addr_is_set(&n->remote))
		o = newcomer(gw, now, n, from);
	outer_touch(gw);
	return o == NULL ? 0 : bgp_accepted(gw->bgp, now, o->id);
}

bool
door_hops(const struct gw *gw, uint32_t id, const struct addr *from,
    uint8_t *ttl, uint8_t *least)
{
	const struct gw_door *d = by_id(gw, id);
	const struct conf_neighbor *n = d == NULL ? NULL :
	    conf_neighbor_at(gw->conf, d->ifname, &d->local, from);
	const struct gw_outer *o = n == NULL ? NULL : outer_at(gw, n, from);
	struct kern_conn c = { .ttl = 0 };

	if (o == NULL)
		return false;
	outer_conn(o, &c);
	*ttl = c.ttl;
	*least = c.min_ttl;
	return true;
}
