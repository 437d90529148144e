/*
 * VPCs: what comes from their interfaces is resolved in the route table that
 * they are associated with, and their networks are routes of the tables that
 * they propagate to.  The interfaces are somebody else's: we ask the monitor
 * to watch them, to have rules for them, and to say what networks they are
 * in; they may come later, and go.
 *
 * A network without a next hop is on the link of the interface whose own
 * network has a part in it.  Where that is the very network, the main table
 * has a route of the kernel's, and gets none of ours.
 */
#include "gw/vpcs.h"

#include <stdlib.h>
#include <string.h>

#include "gw/tables.h"

static const struct span retry_pause = { INT64_C(5000) * 1000000 };

/* --- interfaces --- */

static struct gw_lan *
find(const struct gw *gw, const char *ifname)
{
	struct gw_lan *l = gw->lans;

	while (l != NULL && strcmp(l->name, ifname) != 0)
		l = l->next;
	return l;
}

const struct gw_lan *
vpcs_lan_named(const struct gw *gw, const char *ifname)
{
	return find(gw, ifname);
}

const struct gw_lan *
vpcs_lan(const struct gw *gw, uint32_t hop)
{
	const struct gw_lan *l = gw->lans;

	while (l != NULL && l->id != hop)
		l = l->next;
	return l;
}

static bool
is_up(const struct gw_lan *l)
{
	return l->exists && l->up;
}

void
vpcs_why(const struct gw_lan *l, struct reason *why)
{
	why->s[0] = '\0';
	if (l->why.s[0] != '\0')
		*why = l->why;
	else if (!l->known)
		reason_set(why, "interface %s: not looked at yet", l->name);
	else if (!l->exists)
		reason_set(why, "interface %s is not there", l->name);
	else if (!l->up)
		reason_set(why, "interface %s is down", l->name);
	else if (l->more)
		reason_set(why, "interface %s is in more than %u networks: "
		    "the others do not count", l->name, KERN_NETS_MAX);
}

static void
ask(struct gw *gw, struct gw_lan *l, enum kern_op_kind kind)
{
	struct kern_op *op = queue_op(&gw->out, kind);

	if (op == NULL)
		return;
	str_set(op->lan.name, sizeof(op->lan.name), l->name);
	op->lan.table = l->table == CONF_TABLE_MAIN ? 0 : l->table;
	op->lan.closed = l->closed;
	l->asked = true;
	if (kind == KERN_LAN_SET)
		gw_await(gw, op, l->id);
}

static struct gw_lan *
add(struct gw *gw, const char *ifname)
{
	struct gw_lan *l = calloc(1, sizeof(*l)), **end = &gw->lans;

	if (l == NULL) {
		queue_event(&gw->out, GW_ERROR, "out-of-memory", "",
		    "interface %s of a VPC", ifname);
		return NULL;
	}
	str_set(l->name, sizeof(l->name), ifname);
	l->id = FIB_LANS + gw->lans_made++;
	l->retry_at = INSTANT_NEVER;
	while (*end != NULL)
		end = &(*end)->next;
	*end = l;
	return l;
}

static void
converge(struct gw *gw, const struct conf_vpc *v, const char *ifname)
{
	struct gw_lan *l = find(gw, ifname);

	if (l != NULL && l->table == v->association && l->closed == v->closed)
		return;
	if (l == NULL)
		l = add(gw, ifname);
	if (l == NULL)
		return;
	l->table = v->association;
	l->closed = v->closed;
	ask(gw, l, KERN_LAN_SET);
}

void
vpcs_converge(struct gw *gw)
{
	for (size_t i = 0; i < gw->conf->vpcs_n; i++) {
		const struct conf_vpc *v = &gw->conf->vpcs[i];

		for (unsigned k = 0; k < v->lans_n; k++)
			converge(gw, v, v->lans[k]);
	}
}

void
vpcs_bury(struct gw *gw)
{
	struct gw_lan **at = &gw->lans, *l;

	while ((l = *at) != NULL) {
		if (conf_vpc_of(gw->conf, l->name) != NULL) {
			at = &l->next;
			continue;
		}
		fib_tunnel_down(gw->fib, l->id);
		ask(gw, l, KERN_LAN_DEL);
		*at = l->next;
		free(l);
	}
}

void
vpcs_fini(struct gw *gw)
{
	struct gw_lan *l;

	while ((l = gw->lans) != NULL) {
		gw->lans = l->next;
		free(l);
	}
}

void
vpcs_restate(struct gw *gw)
{
	for (struct gw_lan *l = gw->lans; l != NULL; l = l->next)
		ask(gw, l, KERN_LAN_SET);
}

void
vpcs_answer(struct gw *gw, struct instant now, uint32_t id,
    const struct kern_event *e)
{
	struct gw_lan *l = gw->lans;

	while (l != NULL && l->id != id)
		l = l->next;
	if (l == NULL)
		return;
	l->asked = false;
	l->retry_at = INSTANT_NEVER;
	l->why.s[0] = '\0';
	if (e->error == 0)
		return;
	reason_set(&l->why, "%s", e->text);
	l->retry_at = instant_after(now, retry_pause);
	queue_event(&gw->out, GW_ERROR, "vpc-failed", "", "interface %s: %s",
	    l->name, e->text);
}

void
vpcs_tick(struct gw *gw, struct instant now)
{
	for (struct gw_lan *l = gw->lans; l != NULL; l = l->next) {
		if (!l->asked && instant_due(l->retry_at, now))
			ask(gw, l, KERN_LAN_SET);
	}
}

struct instant
vpcs_deadline(const struct gw *gw)
{
	struct instant at = INSTANT_NEVER;

	for (const struct gw_lan *l = gw->lans; l != NULL; l = l->next) {
		if (!l->asked && !gw->stopping)
			at = instant_min(at, l->retry_at);
	}
	return at;
}

/* --- ways --- */

static bool
touches(const struct gw_lan *l, const struct prefix *p)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (prefix_covers(&l->nets[i], p) ||
		    prefix_covers(p, &l->nets[i]))
			return true;
	}
	return false;
}

static bool
is_in(const struct gw_lan *l, const struct prefix *p)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (prefix_eq(&l->nets[i], p))
			return true;
	}
	return false;
}

/*
 * The interface of the VPC that this is on the link of: one that is in its
 * network, rather one that is up.
 */
static const struct gw_lan *
choose(const struct gw *gw, const struct conf_vpc *v, const struct prefix *p)
{
	const struct gw_lan *best = NULL;
	unsigned most = 0;

	for (unsigned i = 0; i < v->lans_n; i++) {
		const struct gw_lan *l = find(gw, v->lans[i]);
		unsigned worth = l == NULL ? 0 :
		    1u + 2u * is_up(l) + 4u * touches(l, p);

		if (worth > most) {
			most = worth;
			best = l;
		}
	}
	return best;
}

static void
lead(struct way *w, const struct gw_lan *l, const struct addr *gateway)
{
	*w = (struct way){ .live = is_up(l), .vpc = true };
	w->hops.v[w->hops.n++] = (struct fib_hop){ l->id, *gateway };
}

static void
by_router(const struct gw *gw, const struct conf_vpc *v,
    const struct addr *router, struct way *w)
{
	struct prefix host = { *router, (uint8_t)addr_bits(router) };
	const struct gw_lan *l = choose(gw, v, &host);

	if (l != NULL)
		lead(w, l, router);
}

static void
on_link(const struct gw_lan *l, uint16_t table, const struct prefix *p,
    struct way *w)
{
	struct addr any = addr_any((enum addr_family)p->addr.family);

	lead(w, l, &any);
	if (table == CONF_TABLE_MAIN && is_in(l, p))
		w->hops.n = 0;
}

/* To a network that the VPC has, in so many words or by its interfaces. */
static void
way_of(const struct gw *gw, const struct conf_vpc *v, uint16_t table,
    const struct prefix *p, struct way *w)
{
	const struct conf_reach *r = v->prefixes.v;
	const struct gw_lan *l;

	for (unsigned i = 0; r == NULL && i < v->lans_n; i++) {
		l = find(gw, v->lans[i]);
		if (l != NULL && is_in(l, p) && !w->live)
			on_link(l, table, p, w);
	}
	for (size_t i = 0; r != NULL && i < v->prefixes.n; i++, r++) {
		if (!prefix_eq(&r->prefix, p))
			continue;
		if (addr_is_set(&r->next_hop))
			by_router(gw, v, &r->next_hop, w);
		else if ((l = choose(gw, v, p)) != NULL)
			on_link(l, table, p, w);
		return;
	}
}

void
vpcs_way(const struct gw *gw, uint16_t table, const struct prefix *p,
    struct way *w)
{
	*w = (struct way){ .live = false };
	for (size_t i = 0; i < gw->conf->vpcs_n && !w->live; i++) {
		const struct conf_vpc *v = &gw->conf->vpcs[i];

		if (conf_tables_have(&v->propagation, table))
			way_of(gw, v, table, p, w);
	}
}

void
vpcs_router(const struct gw *gw, const char *vpc, enum addr_family family,
    struct way *w)
{
	const struct conf_vpc *v = conf_vpc_named(gw->conf, vpc);

	*w = (struct way){ .live = false };
	if (v != NULL)
		by_router(gw, v, &v->next_hop[family == ADDR_IPV6], w);
}

/* --- routes --- */

static void
route(struct gw *gw, struct instant now, const struct conf_vpc *v,
    const struct prefix *p)
{
	for (unsigned i = 0; i < v->propagation.n; i++)
		tables_route(gw, now, v->propagation.v[i], p);
}

/* Its networks, as the configuration or an interface has them. */
static void
route_all(struct gw *gw, struct instant now, const struct conf_vpc *v)
{
	for (size_t i = 0; i < v->prefixes.n; i++)
		route(gw, now, v, &v->prefixes.v[i].prefix);
	for (unsigned i = 0; v->prefixes.v == NULL && i < v->lans_n; i++) {
		const struct gw_lan *l = find(gw, v->lans[i]);

		for (unsigned k = 0; l != NULL && k < l->n; k++)
			route(gw, now, v, &l->nets[k]);
	}
}

/* The routes of tables that lead to its router. */
static void
route_statics(struct gw *gw, struct instant now, const struct conf_vpc *v)
{
	for (size_t i = 0; i < gw->conf->tables_n; i++) {
		const struct conf_table *t = &gw->conf->tables[i];

		for (size_t k = 0; k < t->statics_n; k++) {
			if (strcmp(t->statics[k].vpc, v->name) == 0)
				tables_route(gw, now, t->number,
				    &t->statics[k].prefix);
		}
	}
}

void
vpcs_refill(struct gw *gw, struct instant now, const struct conf *old)
{
	for (size_t i = 0; i < old->vpcs_n; i++)
		route_all(gw, now, &old->vpcs[i]);
	for (size_t i = 0; i < gw->conf->vpcs_n; i++) {
		route_all(gw, now, &gw->conf->vpcs[i]);
		route_statics(gw, now, &gw->conf->vpcs[i]);
	}
}

/* What the fib does with hops that lead there. */
static void
tell_fib(struct gw *gw, const struct gw_lan *l, bool was_up, bool flushed)
{
	if (!is_up(l)) {
		fib_tunnel_down(gw->fib, l->id);
		return;
	}
	if (was_up && flushed)
		fib_flushed(gw->fib, l->id);
	fib_taught(gw->fib, l->id, true);
	fib_tunnel_up(gw->fib, l->id, l->name);
}

static void
say(struct gw *gw, const struct gw_lan *l, const struct conf_vpc *v)
{
	char list[160] = "", text[PREFIX_STRLEN];

	for (unsigned i = 0; i < l->n; i++)
		str_add(list, sizeof(list), "%s%s", i > 0 ? "," : "",
		    prefix_str(&l->nets[i], text));
	queue_event(&gw->out, is_up(l) ? GW_INFO : GW_WARN, "vpc-interface",
	    "", "vpc=%s if=%s state=%s networks=%s", v->name, l->name,
	    !l->exists ? "missing" : l->up ? "up" : "down", list);
}

void
vpcs_state(struct gw *gw, struct instant now, const struct kern_event *e)
{
	struct gw_lan *l = find(gw, e->lan.name), was;
	const struct conf_vpc *v = conf_vpc_of(gw->conf, e->lan.name);

	if (l == NULL || v == NULL || e->lan.n > KERN_NETS_MAX)
		return;
	was = *l;
	l->known = true;
	l->exists = e->lan.exists;
	l->up = e->lan.up;
	l->more = e->lan.more;
	l->n = e->lan.n;
	memcpy(l->nets, e->lan.nets, sizeof(l->nets));
	tell_fib(gw, l, is_up(&was), e->lan.flushed);
	if (!was.known || was.exists != l->exists || was.up != l->up ||
	    was.n != l->n || memcmp(was.nets, l->nets,
	    l->n * sizeof(l->nets[0])) != 0)
		say(gw, l, v);
	for (unsigned i = 0; v->prefixes.v == NULL && i < was.n; i++)
		route(gw, now, v, &was.nets[i]);
	route_all(gw, now, v);
	route_statics(gw, now, v);
}
