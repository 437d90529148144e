/*
 * The invariants.  While operations are outstanding a kernel may differ from
 * what is wanted; when none is, its SAs are those of IKE's children, its
 * routes are what static routes and Loc-RIB say over the tunnels that can
 * carry, its policies are those of the tunnels with a child, and no next hop
 * leads into a tunnel without SAs.
 */
#include "sim/check.h"

#include <stdlib.h>
#include <string.h>

#include "gw/policy.h"
#include "gw/tunnel.h"
#include "gw/watch.h"
#include "ike/child.h"
#include "ike/table.h"
#include "sim/gate.h"
#include "sim/tcp.h"

/* --- SAs --- */

static const struct kernel_sa *
kernel_sa(const struct kernel *k, uint32_t spi, enum kern_dir dir)
{
	for (unsigned i = 0; i < k->sas_n; i++) {
		if (k->sas[i].sa.spi == spi && k->sas[i].sa.dir == dir)
			return &k->sas[i];
	}
	return NULL;
}

static bool
known(const struct gate *g, const struct kern_sa *sa)
{
	const struct child *c;
	size_t pos = 0;

	while ((c = map_each(&g->gw->ike->children, &pos)) != NULL) {
		if (sa->dir == KERN_IN ? c->in_kernel && c->spi_in == sa->spi :
		    c->out_kernel && c->spi_out == sa->spi)
			return true;
	}
	return false;
}

/* No SA without a child, no child at work without its SAs. */
static bool
check_sas(const struct gate *g, struct reason *why)
{
	const struct child *c;
	size_t pos = 0;

	for (unsigned i = 0; i < g->kernel.sas_n; i++) {
		if (known(g, &g->kernel.sas[i].sa))
			continue;
		reason_set(why, "orphan SA %08x", g->kernel.sas[i].sa.spi);
		return false;
	}
	while ((c = map_each(&g->gw->ike->children, &pos)) != NULL) {
		if (c->state != CHILD_LIVE || (kernel_sa(&g->kernel,
		    c->spi_in, KERN_IN) != NULL && kernel_sa(&g->kernel,
		    c->spi_out, KERN_OUT) != NULL))
			continue;
		reason_set(why, "the kernel lacks an SA of child %08x/%08x",
		    c->spi_in, c->spi_out);
		return false;
	}
	return true;
}

/* The other end's SA for a packet on this one, or NULL. */
static const struct kernel_sa *
partner(const struct world *w, const struct gate *from,
    const struct kernel_sa *out)
{
	for (unsigned i = 0; i < w->gates_n; i++) {
		const struct kernel_sa *in = kernel_sa(&w->gates[i]->kernel,
		    out->sa.spi, KERN_IN);

		if (w->gates[i] != from && in != NULL &&
		    in->print == out->print)
			return in;
	}
	return NULL;
}

static bool
usable(const struct gate *g, const struct gw_tunnel *t, struct reason *why)
{
	const struct kernel_sa *out = kernel_newest(&g->kernel,
	    KERN_ID_BASE + t->id, KERN_OUT);

	if (out == NULL)
		reason_set(why, "%s has no outbound SA", t->name);
	else if (partner(g->world, g, out) == NULL)
		reason_set(why, "%s sends on %08x, which the other end does "
		    "not have with these keys", t->name, out->sa.spi);
	else
		return true;
	return false;
}

/* --- routes --- */

struct hops {
	unsigned	n;
	struct {
		const char	*dev;
		struct addr	gateway;
	} v[KERN_GROUP_MAX];
};

/* One that ends goes on while its peer moves the traffic away. */
static bool
can_carry(const struct gw_tunnel *t)
{
	return t->link.exists && t->link.up && t->child_up &&
	    watch_allows(t, NULL) &&
	    (!instant_is_never(t->shut_at) ||
	    (t->admin_up && !t->removing && !t->gw->stopping));
}

static bool
has_prefix(const struct conf_prefixes *l, const struct prefix *p)
{
	for (size_t i = 0; i < l->n; i++) {
		if (prefix_eq(&l->v[i], p))
			return true;
	}
	return false;
}

static void
want_static(const struct gw *gw, const struct prefix *p, struct hops *h)
{
	for (struct gw_tunnel *t = gw->tunnels; t != NULL; t = t->next) {
		if (!can_carry(t) || !has_prefix(&t->routes, p))
			continue;
		h->v[h->n].dev = t->conf->ifname;
		h->v[h->n++].gateway =
		    addr_any((enum addr_family)p->addr.family);
	}
}

static bool
is_own(const struct gw *gw, const struct prefix *p)
{
	for (size_t i = 0; i < gw->conf->n; i++) {
		if (has_prefix(&gw->conf->connections[i].networks, p))
			return true;
	}
	return false;
}

static void
want_learned(const struct gw *gw, const struct bgp_route *r, struct hops *h)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct gw_tunnel *t = gw_tunnel(gw, r->paths[i].peer);

		if (t == NULL || !can_carry(t))
			continue;
		h->v[h->n].dev = t->conf->ifname;
		h->v[h->n++].gateway = r->paths[i].gateway;
	}
}

static bool
same_hops(const struct gate *g, const struct kernel_route *r,
    const struct hops *h)
{
	const struct kernel_nexthop *have[KERN_GROUP_MAX];
	unsigned n = kernel_hops(&g->kernel, r, have);

	if (n != h->n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		bool found = false;

		for (unsigned k = 0; k < n; k++)
			found |= strcmp(have[i]->dev, h->v[k].dev) == 0 &&
			    addr_eq(&have[i]->gateway, &h->v[k].gateway);
		if (!found)
			return false;
	}
	return true;
}

/* Unreachable, for when there is no other. */
static bool
is_guard(const struct kernel_route *r)
{
	return r->r.nexthop == 0;
}

static bool
is_guarded(const struct kernel *k, const struct prefix *p)
{
	for (unsigned i = 0; i < k->routes_n; i++) {
		if (is_guard(&k->routes[i]) &&
		    k->routes[i].r.metric == KERN_METRIC_WORST &&
		    prefix_eq(&k->routes[i].r.prefix, p))
			return true;
	}
	return false;
}

static unsigned
guards(const struct kernel *k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < k->routes_n; i++)
		n += is_guard(&k->routes[i]);
	return n;
}

static bool
listed_before(const struct conf *c, size_t at, const struct prefix *p)
{
	for (size_t i = 0; i < at; i++) {
		if (has_prefix(&c->connections[i].routes, p))
			return true;
	}
	return false;
}

/* What the configuration leads through tunnels never goes another way. */
static bool
check_guards(const struct gate *g, struct reason *why)
{
	const struct conf *c = g->gw->conf;
	char text[PREFIX_STRLEN];
	unsigned wanted = 0;

	if (!instant_is_never(g->gw->guards_at))
		return true;
	for (size_t i = 0; i < c->n; i++) {
		const struct conf_prefixes *r = &c->connections[i].routes;

		for (size_t k = 0; k < r->n; k++) {
			wanted += !listed_before(c, i, &r->v[k]);
			if (is_guarded(&g->kernel, &r->v[k]))
				continue;
			reason_set(why, "%s is not guarded",
			    prefix_str(&r->v[k], text));
			return false;
		}
	}
	if (wanted != guards(&g->kernel))
		reason_set(why, "%u guards in the kernel, %u are wanted",
		    guards(&g->kernel), wanted);
	return wanted == guards(&g->kernel);
}

static const struct kernel_route *
kernel_route_to(const struct kernel *k, const struct prefix *p)
{
	for (unsigned i = 0; i < k->routes_n; i++) {
		if (!is_guard(&k->routes[i]) &&
		    prefix_eq(&k->routes[i].r.prefix, p))
			return &k->routes[i];
	}
	return NULL;
}

/* One wanted route; counts those that must be there. */
static bool
check_route(const struct gate *g, const struct prefix *p,
    const struct hops *h, unsigned *wanted, struct reason *why)
{
	const struct kernel_route *r = kernel_route_to(&g->kernel, p);
	char text[PREFIX_STRLEN];

	*wanted += h->n > 0;
	if (h->n == 0 || (r != NULL && same_hops(g, r, h)))
		return true;
	reason_set(why, "the route to %s is %s, %u next hops are wanted",
	    prefix_str(p, text), r == NULL ? "missing" : "another", h->n);
	return false;
}

/* Is this the first tunnel that has the static route? */
static bool
first_with(const struct gw_tunnel *t, const struct prefix *p)
{
	struct gw_tunnel *o = t->gw->tunnels;

	while (!has_prefix(&o->routes, p))
		o = o->next;
	return o == t;
}

static bool
check_static(const struct gate *g, unsigned *wanted, struct reason *why)
{
	for (struct gw_tunnel *t = g->gw->tunnels; t != NULL; t = t->next) {
		for (size_t i = 0; i < t->routes.n; i++) {
			struct hops h = { 0 };

			if (!first_with(t, &t->routes.v[i]))
				continue;
			want_static(g->gw, &t->routes.v[i], &h);
			if (!check_route(g, &t->routes.v[i], &h, wanted, why))
				return false;
		}
	}
	return true;
}

static bool
check_fib(const struct gate *g, struct reason *why)
{
	unsigned wanted = 0;
	struct bgp_route r;
	size_t pos = 0;

	/* Refused routes are tried again, groups grow, some time later. */
	if (!instant_is_never(g->gw->fib_at) || fib_waits(g->gw->fib) ||
	    g->gw->teaching > 0)
		return true;
	/* Those of the life before stay until BGP has taught them again. */
	if (!instant_is_never(g->gw->learn_until))
		return true;
	if (!check_static(g, &wanted, why))
		return false;
	while (bgp_route_each(g->gw->bgp, &pos, &r)) {
		struct hops over = { 0 }, h = { 0 };

		if (is_own(g->gw, &r.prefix))
			continue;
		want_static(g->gw, &r.prefix, &over);
		want_learned(g->gw, &r, &h);
		if (over.n == 0 && !check_route(g, &r.prefix, &h, &wanted,
		    why))
			return false;
	}
	wanted += guards(&g->kernel);
	if (wanted != g->kernel.routes_n)
		reason_set(why, "%u routes in the kernel, %u are wanted",
		    g->kernel.routes_n, wanted);
	return wanted == g->kernel.routes_n && check_guards(g, why);
}

static const struct gw_tunnel *
tunnel_on(const struct gw *gw, const char *dev)
{
	const struct gw_tunnel *t = gw->tunnels;

	while (t != NULL && strcmp(t->conf->ifname, dev) != 0)
		t = t->next;
	return t;
}

/* Does IKE wait for the kernel though it has answered?  It will give up. */
static bool
awaits_lost_answer(const struct gw *gw)
{
	return gw->ike->tokens_child.used > 0;
}

static bool
check_nexthops(const struct gate *g, struct reason *why)
{
	if (awaits_lost_answer(g->gw))
		return true;
	for (unsigned i = 0; i < g->kernel.nexthops_n; i++) {
		const struct kernel_nexthop *h = &g->kernel.nexthops[i];
		const struct gw_tunnel *t = h->n > 0 ? NULL :
		    tunnel_on(g->gw, h->dev);

		if (h->n > 0 || (t != NULL && kernel_newest(&g->kernel,
		    KERN_ID_BASE + t->id, KERN_OUT) != NULL))
			continue;
		reason_set(why, "a next hop leads into %s, which has no SA",
		    h->dev);
		return false;
	}
	return true;
}

/* --- policies, interfaces, sockets --- */

static bool
check_policies(const struct gate *g, struct reason *why)
{
	unsigned wanted = 0;

	for (struct gw_tunnel *t = g->gw->tunnels; t != NULL; t = t->next) {
		struct ts_list l, r;

		if (t->refused)
			return true;
		ts_pair_get(t->policy_ts, &l, &r);
		for (size_t i = 0; t->child_up && i < l.n; i++) {
			for (size_t k = 0; k < r.n; k++)
				wanted += 3 * (l.ts[i].lo.family ==
				    r.ts[k].lo.family);
		}
	}
	if (wanted != g->kernel.policies_n)
		reason_set(why, "%u policies in the kernel, %u are wanted",
		    g->kernel.policies_n, wanted);
	return wanted == g->kernel.policies_n;
}

static bool
check_links(const struct gate *g, struct reason *why)
{
	unsigned known = 0;

	for (struct gw_tunnel *t = g->gw->tunnels; t != NULL; t = t->next) {
		const struct kernel_link *l = kernel_link(&g->kernel,
		    t->conf->ifname);

		known += l != NULL;
		/* One that was refused is asked for again some time later. */
		if (t->link.stale || (t->link.exists == (l != NULL) &&
		    (l == NULL || t->link.up == l->up)))
			continue;
		reason_set(why, "%s: interface %s is %s", t->name,
		    t->conf->ifname, l == NULL ? "not there" : l->up ? "up" :
		    "there");
		return false;
	}
	if (known != g->kernel.links_n)
		reason_set(why, "%u interfaces, %u are known",
		    g->kernel.links_n, known);
	return known == g->kernel.links_n;
}

static bool
check_sockets(const struct gate *g, struct reason *why)
{
	uint32_t stray = tcp_stray(g);

	if (stray != 0)
		reason_set(why, "socket of connection %u, which BGP does not "
		    "know", stray);
	return stray == 0;
}

static bool
check_gate(const struct gate *g, struct reason *why)
{
	return check_sas(g, why) && check_fib(g, why) &&
	    check_nexthops(g, why) && check_policies(g, why) &&
	    check_links(g, why) && check_sockets(g, why);
}

static bool
check_steady(const struct gate *g, struct reason *why)
{
	for (struct gw_tunnel *t = g->gw->tunnels; t != NULL; t = t->next) {
		if (!usable(g, t, why))
			return false;
	}
	return true;
}

static bool
settled(const struct gate *g)
{
	return g->gw != NULL && g->outstanding == 0 && g->lose == 0 &&
	    instant_is_never(g->gw->legacy_until);
}

void
check_step(struct world *w)
{
	struct reason why;

	for (unsigned i = 0; i < w->gates_n; i++) {
		struct gate *g = w->gates[i];

		if (!g->touched || g->gw == NULL)
			continue;
		g->touched = false;
		if (settled(g) && !g->stopped && !check_gate(g, &why))
			world_trouble(w, "%s: %s", g->name, why.s);
		if (w->steady && !check_steady(g, &why))
			world_trouble(w, "%s: %s", g->name, why.s);
	}
}

/* --- for tests --- */

static bool
tunnel_is_up(const struct gate *g, const struct gw_tunnel *t,
    struct reason *why)
{
	struct ike_peer_info info;
	struct reason down;
	enum gw_layer layer = tunnel_layer(t, &down);

	if (layer != LAYER_NONE) {
		reason_set(why, "%s %s: %s: %s", g->name, t->name,
		    tunnel_layer_str(layer), down.s);
		return false;
	}
	ike_peer_get(t->gw->ike, t->id, &info);
	if (info.ike_sas == 1 && info.children == 1)
		return usable(g, t, why);
	reason_set(why, "%s %s has %u IKE SAs and %u children", g->name,
	    t->name, info.ike_sas, info.children);
	return false;
}

bool
check_up(const struct world *w, struct reason *why)
{
	for (unsigned i = 0; i < w->gates_n; i++) {
		const struct gate *g = w->gates[i];

		if (!settled(g)) {
			reason_set(why, "%s is busy", g->name);
			return false;
		}
		for (struct gw_tunnel *t = g->gw->tunnels; t != NULL;
		    t = t->next) {
			if (!tunnel_is_up(g, t, why))
				return false;
		}
	}
	return true;
}

bool
check_clean(const struct gate *g, struct reason *why)
{
	const struct kernel *k = &g->kernel;
	unsigned routes = k->routes_n - guards(k);

	if (k->sas_n == 0 && k->policies_n == 0 && k->nexthops_n == 0 &&
	    routes == 0)
		return true;
	reason_set(why, "%s: %u SAs, %u policies, %u nexthops, %u routes are "
	    "left", g->name, k->sas_n, k->policies_n, k->nexthops_n, routes);
	return false;
}

unsigned
check_hops(const struct gate *g, const char *dst)
{
	const struct kernel_nexthop *hops[KERN_GROUP_MAX];
	struct addr a;

	addr_parse(&a, dst);
	for (unsigned i = 0; i < g->kernel.routes_n; i++) {
		if (!is_guard(&g->kernel.routes[i]) &&
		    prefix_has(&g->kernel.routes[i].r.prefix, &a))
			return kernel_hops(&g->kernel, &g->kernel.routes[i],
			    hops);
	}
	return 0;
}
