/*
 * Route tables of the gateway: their life in the kernel, and what is in them
 * that no neighbour taught.  A table is made before the interfaces that are
 * associated with it, and goes after the last of them, so that no packet from
 * there is ever resolved elsewhere.
 *
 * A static route of a table itself comes before networks of VPCs that
 * propagate to it, and these before static routes of connections that do,
 * unless nothing that it leads to carries packets;
 * whichever counts is the one static route of the forwarding table.  As a
 * transit gateway does, we originate it in BGP for those who are associated
 * with the table, as long as it leads somewhere; but in the main table only
 * what leads to a VPC: otherwise that is what `networks' is for.
 */
#include "gw/tables.h"

#include <stdlib.h>
#include <string.h>

#include "gw/tunnel.h"
#include "gw/vpcs.h"

static const struct span retry_pause = { INT64_C(5000) * 1000000 };

/* --- the tables themselves --- */

const struct gw_table *
tables_find(const struct gw *gw, uint32_t number)
{
	const struct gw_table *t = gw->tables;

	while (t != NULL && t->number != number)
		t = t->next;
	return t;
}

static struct gw_table *
find(struct gw *gw, uint32_t number)
{
	struct gw_table *t = gw->tables;

	while (t != NULL && t->number != number)
		t = t->next;
	return t;
}

static void
ask(struct gw *gw, struct gw_table *t, enum kern_op_kind kind)
{
	struct kern_op *op = queue_op(&gw->out, kind);

	if (op == NULL)
		return;
	op->table.number = t->number;
	op->table.vrf = t->vrf;
	str_fmt(op->table.alias, sizeof(op->table.alias), "vpnd:table/%s",
	    t->name);
	str_set(op->table.vrf_name, sizeof(op->table.vrf_name), t->vrf_name);
	t->asked = true;
	if (kind == KERN_TABLE_SET)
		gw_await(gw, op, t->number);
}

/* Whether packets get there by VRF or by rule is their interfaces' matter. */
static void
relink(struct gw *gw, uint16_t table)
{
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (t->association == table && !t->removing)
			tunnel_relink(t);
	}
}

static void
describe(struct gw_table *t, const struct conf_table *c)
{
	t->vrf = c->vrf;
	str_set(t->name, sizeof(t->name), c->name);
	str_set(t->vrf_name, sizeof(t->vrf_name), c->vrf_name);
}

static void
add(struct gw *gw, const struct conf_table *c)
{
	struct gw_table *t = calloc(1, sizeof(*t)), **end = &gw->tables;

	if (t == NULL) {
		queue_event(&gw->out, GW_ERROR, "out-of-memory", "",
		    "route table %s", c->name);
		return;
	}
	t->number = c->number;
	t->retry_at = INSTANT_NEVER;
	describe(t, c);
	while (*end != NULL)
		end = &(*end)->next;
	*end = t;
	ask(gw, t, KERN_TABLE_SET);
}

void
tables_converge(struct gw *gw, struct instant now)
{
	(void)now;
	for (size_t i = 0; i < gw->conf->tables_n; i++) {
		const struct conf_table *c = &gw->conf->tables[i];
		struct gw_table *t = find(gw, c->number);
		bool moves;

		if (t == NULL) {
			add(gw, c);
			continue;
		}
		moves = t->vrf != c->vrf;
		if (!moves && strcmp(t->name, c->name) == 0)
			continue;
		describe(t, c);
		ask(gw, t, KERN_TABLE_SET);
		if (moves)
			relink(gw, t->number);
	}
}

static bool
is_needed(const struct gw *gw, uint16_t number)
{
	if (conf_table(gw->conf, number) != NULL)
		return true;
	for (const struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (t->association == number)
			return true;
	}
	for (const struct gw_lan *l = gw->lans; l != NULL; l = l->next) {
		if (l->table == number)
			return true;
	}
	return false;
}

void
tables_bury(struct gw *gw)
{
	struct gw_table **at = &gw->tables, *t;

	while ((t = *at) != NULL) {
		if (is_needed(gw, t->number)) {
			at = &t->next;
			continue;
		}
		ask(gw, t, KERN_TABLE_DEL);
		*at = t->next;
		free(t);
	}
}

void
tables_fini(struct gw *gw)
{
	struct gw_table *t;

	while ((t = gw->tables) != NULL) {
		gw->tables = t->next;
		free(t);
	}
}

void
tables_answer(struct gw *gw, struct instant now, uint32_t number,
    const struct kern_event *e)
{
	struct gw_table *t = find(gw, number);
	bool refused, moves;

	if (t == NULL)
		return;
	refused = t->why.s[0] != '\0';
	moves = t->exists && t->by_vrf != e->link.exists;
	t->asked = false;
	t->retry_at = INSTANT_NEVER;
	t->exists = e->error == 0;
	t->by_vrf = t->exists && e->link.exists;
	t->why.s[0] = '\0';
	/* Interfaces that were asked for meanwhile got there otherwise. */
	if (t->exists && (refused || moves))
		relink(gw, t->number);
	if (t->exists)
		return;
	reason_set(&t->why, "%s", e->text);
	t->retry_at = instant_after(now, retry_pause);
	queue_event(&gw->out, GW_ERROR, "table-failed", "",
	    "route table %s: %s", t->name, e->text);
}

void
tables_restate(struct gw *gw)
{
	for (struct gw_table *t = gw->tables; t != NULL; t = t->next)
		ask(gw, t, KERN_TABLE_SET);
}

void
tables_changed(struct gw *gw, uint32_t number)
{
	struct gw_table *t = find(gw, number);

	if (t == NULL || t->asked)
		return;
	ask(gw, t, KERN_TABLE_SET);
	relink(gw, t->number);
}

void
tables_tick(struct gw *gw, struct instant now)
{
	for (struct gw_table *t = gw->tables; t != NULL; t = t->next) {
		if (!t->asked && instant_due(t->retry_at, now))
			ask(gw, t, KERN_TABLE_SET);
	}
}

struct instant
tables_deadline(const struct gw *gw)
{
	struct instant at = INSTANT_NEVER;

	for (const struct gw_table *t = gw->tables; t != NULL; t = t->next) {
		if (!t->asked && !gw->stopping)
			at = instant_min(at, t->retry_at);
	}
	return at;
}

/* --- what we originate --- */

bool
gw_own_network(const struct gw *gw, uint16_t table, const struct prefix *p)
{
	for (size_t i = 0; i < gw->conf->n; i++) {
		const struct conf_connection *c = &gw->conf->connections[i];

		for (size_t k = 0; k < c->networks.n; k++) {
			if (c->association == table &&
			    prefix_eq(&c->networks.v[k], p))
				return true;
		}
	}
	for (size_t i = 0; i < gw->conf->neighbors_n; i++) {
		const struct conf_neighbor *c = &gw->conf->neighbors[i];

		for (size_t k = 0; k < c->networks.n; k++) {
			if (c->association == table &&
			    prefix_eq(&c->networks.v[k], p))
				return true;
		}
	}
	return false;
}

/* --- static routes --- */

static const struct conf_static *
own_static(const struct gw *gw, uint16_t table, const struct prefix *p)
{
	const struct conf_table *t = conf_table(gw->conf, table);

	for (size_t i = 0; t != NULL && i < t->statics_n; i++) {
		if (prefix_eq(&t->statics[i].prefix, p))
			return &t->statics[i];
	}
	return NULL;
}

static bool
routes_to(const struct gw_tunnel *t, uint16_t table, const struct prefix *p)
{
	if (!conf_tables_have(&t->propagation, table))
		return false;
	for (size_t i = 0; i < t->routes.n; i++) {
		if (prefix_eq(&t->routes.v[i], p))
			return true;
	}
	return false;
}

/*
 * One that shares with none is alone in a way: the first that carries packets,
 * or the first of all.
 */
static bool
gives_way(const struct way *w, const struct gw_tunnel *t)
{
	return w->hops.n > 0 && (w->alone ||
	    t->conf->bgp.share == BGP_SHARE_NONE) &&
	    (w->live || !t->carrying);
}

static void
add_hop(struct way *w, const struct gw_tunnel *t, const struct prefix *p)
{
	bool alone = t->conf->bgp.share == BGP_SHARE_NONE;

	if (t->removing || w->hops.n == KERN_GROUP_MAX || gives_way(w, t))
		return;
	if (w->alone || alone)
		w->hops.n = 0;
	w->alone = alone;
	w->live = w->live || t->carrying;
	w->hops.v[w->hops.n++] = (struct fib_hop){ t->id,
	    addr_any((enum addr_family)p->addr.family) };
}

static void
own_way(const struct gw *gw, const struct conf_static *s, struct way *w)
{
	if (s->vpc[0] != '\0') {
		vpcs_router(gw, s->vpc,
		    (enum addr_family)s->prefix.addr.family, w);
		return;
	}
	*w = (struct way){ .live = s->blackhole };
	if (s->blackhole)
		w->hops.v[w->hops.n++] = (struct fib_hop){ FIB_BLACKHOLE,
		    addr_any((enum addr_family)s->prefix.addr.family) };
	for (unsigned i = 1; !s->blackhole && i <= CONF_TUNNELS; i++) {
		const struct gw_tunnel *t = gw_tunnel_find(gw, s->connection,
		    i);

		if (t != NULL)
			add_hop(w, t, &s->prefix);
	}
}

/* All tunnels of all connections that have the route share it. */
static void
propagated_way(const struct gw *gw, uint16_t table, const struct prefix *p,
    struct way *w)
{
	*w = (struct way){ .live = false };
	for (const struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (t->routes.n > 0 && routes_to(t, table, p))
			add_hop(w, t, p);
	}
}

static void
way_to(const struct gw *gw, uint16_t table, const struct prefix *p,
    struct way *w)
{
	const struct conf_static *s = own_static(gw, table, p);
	struct way other;

	*w = (struct way){ .live = false };
	if (s != NULL)
		own_way(gw, s, w);
	if (w->live)
		return;
	vpcs_way(gw, table, p, &other);
	if (!other.live)
		propagated_way(gw, table, p, &other);
	if (s == NULL || other.live)
		*w = other;
}

static bool
is_told(uint16_t table, const struct way *w)
{
	return w->live && (w->vpc || table != CONF_TABLE_MAIN);
}

/* Do we originate it in the table?  live: a static route leads there. */
static void
announce(struct gw *gw, struct instant now, uint16_t table,
    const struct prefix *p, bool live)
{
	if (live || gw_own_network(gw, table, p))
		bgp_network_add(gw->bgp, now, table, p);
	else
		bgp_network_del(gw->bgp, now, table, p);
}

void
tables_route(struct gw *gw, struct instant now, uint16_t table,
    const struct prefix *p)
{
	struct way w;

	way_to(gw, table, p, &w);
	fib_set(gw->fib, FIB_STATIC, table, p, &w.hops);
	announce(gw, now, table, p, is_told(table, &w));
}

void
tables_tunnel(struct gw_tunnel *t, struct instant now)
{
	struct gw *gw = t->gw;

	for (size_t i = 0; i < t->routes.n; i++) {
		for (unsigned k = 0; k < t->propagation.n; k++)
			tables_route(gw, now, t->propagation.v[k], &t->routes.v[i]);
	}
	for (size_t i = 0; i < gw->conf->tables_n; i++) {
		const struct conf_table *c = &gw->conf->tables[i];

		for (size_t k = 0; k < c->statics_n; k++) {
			if (strcmp(c->statics[k].connection,
			    t->connection) == 0)
				tables_route(gw, now, c->number,
				    &c->statics[k].prefix);
		}
	}
}

static void
networks_of(struct gw *gw, struct instant now, uint16_t table,
    const struct conf_prefixes *list)
{
	for (size_t i = 0; i < list->n; i++)
		bgp_network_add(gw->bgp, now, table, &list->v[i]);
}

static void
networks_add(struct gw *gw, struct instant now)
{
	for (size_t i = 0; i < gw->conf->n; i++) {
		const struct conf_connection *c = &gw->conf->connections[i];

		networks_of(gw, now, c->association, &c->networks);
	}
	for (size_t i = 0; i < gw->conf->neighbors_n; i++) {
		const struct conf_neighbor *n = &gw->conf->neighbors[i];

		networks_of(gw, now, n->association, &n->networks);
	}
}

/* It stands in the configuration where it stood before. */
static bool
is_kept(const struct gw *gw, const struct conf_connection *was,
    const struct prefix *p)
{
	const struct conf_connection *c = conf_find(gw->conf, was->name);

	if (c == NULL || c->association != was->association)
		return false;
	for (size_t i = 0; i < c->networks.n; i++) {
		if (prefix_eq(&c->networks.v[i], p))
			return true;
	}
	return false;
}

/* Those that nobody has any more, nor a static route. */
static void
neighbors_del(struct gw *gw, struct instant now, const struct conf *old)
{
	for (size_t i = 0; i < old->neighbors_n; i++) {
		const struct conf_neighbor *n = &old->neighbors[i];
		struct way w = { .live = false };

		for (size_t k = 0; k < n->networks.n; k++) {
			if (n->association != CONF_TABLE_MAIN)
				way_to(gw, n->association,
				    &n->networks.v[k], &w);
			announce(gw, now, n->association, &n->networks.v[k],
			    w.live);
		}
	}
}

static void
networks_del(struct gw *gw, struct instant now, const struct conf *old)
{
	for (size_t i = 0; i < old->n; i++) {
		const struct conf_connection *c = &old->connections[i];
		struct way w;

		for (size_t k = 0; k < c->networks.n; k++) {
			const struct prefix *p = &c->networks.v[k];

			if (is_kept(gw, c, p))
				continue;
			way_to(gw, c->association, p, &w);
			announce(gw, now, c->association, p,
			    is_told(c->association, &w));
		}
	}
}

static bool
same_static(const struct conf_static *a, const struct conf_static *b)
{
	return b != NULL && a->blackhole == b->blackhole &&
	    strcmp(a->connection, b->connection) == 0 &&
	    strcmp(a->vpc, b->vpc) == 0;
}

/* Of all tables of one configuration, but for those that the other has. */
static void
statics(struct gw *gw, struct instant now, const struct conf *of,
    const struct conf *but)
{
	for (size_t i = 0; i < of->tables_n; i++) {
		const struct conf_table *t = &of->tables[i];
		const struct conf_table *o = but == NULL ? NULL :
		    conf_table(but, t->number);

		for (size_t k = 0; k < t->statics_n; k++) {
			const struct conf_static *s = &t->statics[k], *same;
			size_t n = 0;

			while (o != NULL && n < o->statics_n &&
			    !prefix_eq(&o->statics[n].prefix, &s->prefix))
				n++;
			same = o == NULL || n == o->statics_n ? NULL :
			    &o->statics[n];
			if (!same_static(s, same))
				tables_route(gw, now, t->number, &s->prefix);
		}
	}
}

/* Routes of a connection that propagates to other tables than it did. */
static void
propagations(struct gw *gw, struct instant now, const struct conf *of,
    const struct conf *other)
{
	for (size_t i = 0; i < of->n; i++) {
		const struct conf_connection *c = &of->connections[i];
		const struct conf_connection *o = c->routes.n == 0 ? NULL :
		    conf_find(other, c->name);

		for (unsigned k = 0; o != NULL && k < c->propagation.n; k++) {
			uint16_t table = c->propagation.v[k];

			if (conf_tables_have(&o->propagation, table))
				continue;
			for (size_t n = 0; n < c->routes.n; n++)
				tables_route(gw, now, table, &c->routes.v[n]);
		}
	}
}

void
tables_fill(struct gw *gw, struct instant now)
{
	networks_add(gw, now);
	statics(gw, now, gw->conf, NULL);
}

void
tables_refill(struct gw *gw, struct instant now, const struct conf *old)
{
	networks_add(gw, now);
	networks_del(gw, now, old);
	neighbors_del(gw, now, old);
	statics(gw, now, gw->conf, old);
	statics(gw, now, old, gw->conf);
	propagations(gw, now, gw->conf, old);
	propagations(gw, now, old, gw->conf);
}
