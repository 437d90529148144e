/*
 * BGP neighbours outside of tunnels.  They are single-hop on an interface of
 * the host's, or behind a gateway on it; what they teach is routed through
 * that interface, and neither the session nor the routes outlive its being up.
 * What they teach passes for the gateway's own networks: a device announces it
 * through its tunnels (RFC 8212 is kept by policies, as for tunnels).
 *
 * A prefix has no session itself.  Who calls from it gets a neighbour of his
 * own, which is passive and goes with the session (door.c lets them in).
 */
#include "gw/outer.h"

#include <stdlib.h>
#include <string.h>

#include "gw/door.h"
#include "gw/neighbor.h"
#include "gw/peers.h"
#include "gw/port.h"

/* For a session of who called; and until the next look at who lingers. */
static const struct span setup_most = { INT64_C(30) * 1000000000 };
static const struct span look_again = { INT64_C(5) * 1000000000 };

struct gw_outer *
outer_get(const struct gw *gw, uint32_t id)
{
	return map_get(&gw->outers_by_id, id);
}

struct gw_outer *
outer_at(const struct gw *gw, const struct conf_neighbor *conf,
    const struct addr *remote)
{
	struct gw_outer *o = gw->outers;

	while (o != NULL && (o->conf != conf || !addr_eq(&o->remote, remote)))
		o = o->next;
	return o;
}

void
outer_touch(struct gw *gw)
{
	gw->outers_dirty = true;
}

/* --- in the words of BGP and the kernel --- */

static void
to_bgp(const struct gw_outer *o, struct bgp_peer_conf *out)
{
	const struct conf_neighbor *n = o->conf;
	const struct conf_tunnel *c = &n->own;
	bool one = addr_is_set(&n->remote);

	*out = (struct bgp_peer_conf){
		.id = o->id, .local = n->local, .remote = o->remote,
		.local_asn = c->local_as != 0 ? c->local_as : o->of->asn,
		.own_asn = c->local_as != 0 ? o->of->asn : 0,
		.no_prepend = c->local_as_no_prepend,
		.replace_as = c->local_as_replace_as,
		.remote_asn = one ? n->asns.v[0].lo : 0, .asns = n->asns,
		.hold_time = n->hold_time, .passive = o->dynamic,
		.transit = true, .inside = true,
		.role = c->session.role,
		.role_strict = c->session.role_strict,
		.add_path = c->session.add_path,
		.extended_hop = c->session.extended_hop,
	};
	if (n->local.family == ADDR_IPV4)
		out->next_hop4 = n->local;
	else
		out->next_hop6 = n->local;
	peers_soft(o->of, &c->bgp, n->association, &n->propagation,
	    &out->soft);
}

/*
 * RFC 5082: what comes from a neighbour that is so many hops away has been
 * forwarded one time less.
 */
void
outer_conn(const struct gw_outer *o, struct kern_conn *c)
{
	uint8_t hops = o->conf->hops == 0 ? 1 : o->conf->hops;
	bool gtsm = o->conf->own.session.ttl_security;

	c->ttl = gtsm ? UINT8_MAX : hops;
	c->min_ttl = gtsm ? (uint8_t)(UINT8_MAX - hops + 1) : 0;
	memcpy(c->dev, o->conf->ifname, sizeof(c->dev));
}

struct addr
outer_gateway(const struct gw_outer *o, const struct addr *hop)
{
	return addr_is_set(&o->conf->gateway) ? o->conf->gateway : *hop;
}

/* --- beginnings and ends --- */

/* The next that is free: one that went lately may still be withdrawn. */
static uint32_t
free_id(struct gw *gw)
{
	do
		gw->outer_last = (gw->outer_last + 1) % OUTER_IDS;
	while (outer_get(gw, OUTER_ID + gw->outer_last) != NULL);
	return OUTER_ID + gw->outer_last;
}

static void
describe(struct gw_outer *o, struct conf *of, const struct conf_neighbor *n)
{
	conf_hold(of);
	conf_free(o->of);
	o->of = of;
	o->conf = n;
}

static struct gw_outer *
begin(struct gw *gw, struct instant now, struct conf *of,
    const struct conf_neighbor *n, const struct addr *remote)
{
	struct gw_outer *o = calloc(1, sizeof(*o)), **end = &gw->outers;
	char text[ADDR_STRLEN];
	struct bgp_peer_conf bgp;

	if (o == NULL)
		return NULL;
	*o = (struct gw_outer){ .gw = gw, .id = free_id(gw),
	    .remote = *remote, .born = now,
	    .dynamic = addr_is_set(remote) && !addr_is_set(&n->remote) };
	describe(o, of, n);
	str_set(o->name, sizeof(o->name), n->name);
	if (o->dynamic)
		str_add(o->name, sizeof(o->name), "@%s",
		    addr_str(remote, text));
	to_bgp(o, &bgp);
	if (!map_put(&gw->outers_by_id, o->id, o) ||
	    (addr_is_set(remote) && !bgp_peer_add(gw->bgp, now, &bgp))) {
		map_del(&gw->outers_by_id, o->id);
		conf_free(o->of);
		free(o);
		return NULL;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = o;
	gw->moves++;
	outer_touch(gw);
	return o;
}

void
outer_end(struct gw_outer *o, struct instant now)
{
	struct gw *gw = o->gw;
	struct gw_outer **at = &gw->outers;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	map_del(&gw->outers_by_id, o->id);
	gw->teaching -= o->teaches;
	gw->moves++;
	if (o->carrying)
		fib_tunnel_down(gw->fib, o->id);
	fib_taught(gw->fib, o->id, false);
	bgp_peer_del(gw->bgp, now, o->id);
	conf_free(o->of);
	free(o);
}

void
outer_fini(struct gw *gw)
{
	struct gw_outer *o;

	while ((o = gw->outers) != NULL) {
		gw->outers = o->next;
		conf_free(o->of);
		free(o);
	}
	map_fini(&gw->outers_by_id);
	door_fini(gw);
	port_fini(gw);
}

/* --- the session --- */

static void
settle_session(struct gw_outer *o, struct instant now)
{
	struct gw *gw = o->gw;
	const struct gw_port *port = port_named(gw, o->conf->ifname);
	bool carry = port_is_up(gw, o->conf->ifname) && !gw->stopping;
	bool on = carry && o->shut.s[0] == '\0';

	if (carry && !o->carrying)
		fib_tunnel_up(gw->fib, o->id, o->conf->ifname);
	if (!carry && o->carrying)
		fib_tunnel_down(gw->fib, o->id);
	o->carrying = carry;
	if (on && !o->on)
		bgp_peer_start(gw->bgp, now, o->id);
	if (!on && o->on)
		bgp_peer_stop(gw->bgp, now, o->id, carry || gw->stopping,
		    carry ? o->shut.s : gw->stopping ?
		    "the daemon is stopped" : port == NULL ? "" :
		    port->why.s);
	o->on = on;
}

bool
outer_is_up(const struct gw_outer *o)
{
	struct bgp_peer_info info;

	return bgp_peer_get(o->gw->bgp, o->id, &info) &&
	    (info.state == BGP_ESTABLISHED || info.restart.holding ||
	    info.paused);
}

/* Who called has gone, or has not come to a session in time. */
static bool
is_over(const struct gw_outer *o, struct instant now)
{
	struct bgp_peer_info info;

	if (!o->dynamic || outer_is_up(o))
		return false;
	return !o->on || !bgp_peer_get(o->gw->bgp, o->id, &info) ||
	    info.state < BGP_OPEN_SENT ||
	    instant_due(instant_after(o->born, setup_most), now);
}

static struct instant
next_look(const struct gw *gw, struct instant now)
{
	struct instant at = instant_min(port_deadline(gw), door_deadline(gw));

	for (const struct gw_outer *o = gw->outers; o != NULL; o = o->next) {
		if (o->dynamic)
			return instant_min(at, instant_after(now, look_again));
	}
	return at;
}

bool
outer_settle(struct gw *gw, struct instant now)
{
	struct gw_outer *next;

	if (!gw->outers_dirty)
		return false;
	gw->outers_dirty = false;
	port_settle(gw, now);
	door_settle(gw, now);
	for (struct gw_outer *o = gw->outers; o != NULL; o = next) {
		next = o->next;
		if (addr_is_set(&o->remote))
			settle_session(o, now);
		if (is_over(o, now))
			outer_end(o, now);
	}
	gw->outers_at = gw->stopping ? INSTANT_NEVER : next_look(gw, now);
	return true;
}

void
outer_tick(struct gw *gw, struct instant now)
{
	if (!instant_due(gw->outers_at, now))
		return;
	gw->outers_at = INSTANT_NEVER;
	outer_touch(gw);
}

struct instant
outer_deadline(const struct gw *gw)
{
	return gw->outers_at;
}

struct gw_outer *
outer_for(struct gw *gw, struct instant now, const struct gw_outer *prefix,
    const struct addr *remote)
{
	struct gw_outer *o = begin(gw, now, prefix->of, prefix->conf, remote);

	if (o == NULL)
		queue_event(&gw->out, GW_ERROR, "out-of-memory",
		    prefix->name, "a neighbor that called");
	else
		settle_session(o, now);
	return o;
}

void
outer_shut(struct gw_outer *o, const char *why)
{
	reason_set(&o->shut, "%s", why);
	outer_touch(o->gw);
}

void
outer_restate(struct gw *gw, struct instant now)
{
	(void)now;
	port_restate(gw);
	door_restate(gw);
	outer_touch(gw);
}

/* --- another configuration --- */

/* What a neighbour cannot be given while it is there. */
static bool
same(const struct gw_outer *o, const struct conf_neighbor *n)
{
	const struct conf_neighbor *c = o->conf;

	return strcmp(c->ifname, n->ifname) == 0 &&
	    addr_eq(&c->local, &n->local) && addr_eq(&c->remote, &n->remote) &&
	    prefix_eq(&c->from, &n->from) &&
	    addr_eq(&c->gateway, &n->gateway) && c->hops == n->hops &&
	    memcmp(&c->asns, &n->asns, sizeof(c->asns)) == 0 &&
	    c->hold_time == n->hold_time &&
	    c->own.local_as == n->own.local_as &&
	    c->own.local_as_no_prepend == n->own.local_as_no_prepend &&
	    c->own.local_as_replace_as == n->own.local_as_replace_as;
}

/* It stays; its session begins anew where it would be another one. */
static void
change(struct gw_outer *o, struct instant now, const struct conf_neighbor *n)
{
	struct gw *gw = o->gw;
	bool anew = neighbor_differs(&o->conf->own, &n->own);
	struct bgp_peer_conf bgp;

	describe(o, gw->conf, n);
	if (!addr_is_set(&o->remote))
		return;
	to_bgp(o, &bgp);
	bgp_peer_change(gw->bgp, now, o->id, &bgp.soft);
	if (!anew)
		return;
	if (o->on)
		bgp_peer_stop(gw->bgp, now, o->id, true, "the session's "
		    "configuration or its key changed");
	o->on = false;
	bgp_peer_conf(gw->bgp, &bgp);
}

static void
add(struct gw *gw, struct instant now, const struct conf_neighbor *n)
{
	for (const struct gw_outer *o = gw->outers; o != NULL; o = o->next) {
		if (o->conf == n && !o->dynamic)
			return;
	}
	if (begin(gw, now, gw->conf, n, &n->remote) == NULL)
		queue_event(&gw->out, GW_ERROR, "out-of-memory", n->name,
		    "neighbor");
}

void
outer_converge(struct gw *gw, struct instant now, bool anew)
{
	struct gw_outer *next;

	for (struct gw_outer *o = gw->outers; o != NULL; o = next) {
		const struct conf_neighbor *n =
		    conf_neighbor_named(gw->conf, o->conf->name);

		next = o->next;
		if (anew || n == NULL || !same(o, n))
			outer_end(o, now);
		else if (n != o->conf)
			change(o, now, n);
	}
	port_converge(gw, now);
	door_converge(gw, now);
	for (size_t i = 0; i < gw->conf->neighbors_n && !gw->stopping; i++)
		add(gw, now, &gw->conf->neighbors[i]);
	outer_touch(gw);
}
