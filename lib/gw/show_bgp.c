/*
 * The tables of the BGP speaker as JSON.  Names of members are an interface
 * that people script against: they are added to, never changed.
 */
#include "gw/show_bgp.h"

#include <stdlib.h>

#include "bgp/aspath.h"
#include "bgp/attr_text.h"
#include "bgp/role.h"
#include "gw/port.h"
#include "gw/show.h"

static json_t *
address(const struct addr *a)
{
	char s[ADDR_STRLEN];

	return json_string(addr_is_set(a) ? addr_str(a, s) : "");
}

static json_t *
router_id(uint32_t id)
{
	const struct addr a = { ADDR_IPV4, { (uint8_t)(id >> 24),
	    (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id } };

	return id == 0 ? json_string("") : address(&a);
}

/* --- neighbours --- */

static json_t *
show_names(bool v4, bool v6)
{
	json_t *a = json_array();

	if (v4)
		json_array_append_new(a, json_string("ipv4"));
	if (v6)
		json_array_append_new(a, json_string("ipv6"));
	return a;
}

/* RFC 4724: our part, what the peer said of its own, and what is stale. */
static json_t *
show_restart(const struct gw *gw, const struct bgp_peer_info *b)
{
	static const char *const modes[] = {
		[BGP_RESTART_OFF] = "off", [BGP_RESTART_HELPER] = "helper",
		[BGP_RESTART_FULL] = "full",
	};
	const struct bgp_restart_info *r = &b->restart;
	bool due = r->holding || r->awaiting;

	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:i, s:o, s:o, s:I, s:o}",
	    "mode", modes[r->mode], "state", r->holding ? "restarting" :
	    r->awaiting ? "waiting for End-of-RIB" : "",
	    "offered", (int)r->there, "notification", (int)r->notify,
	    "restarted", (int)r->restarted, "seconds", (int)r->seconds,
	    "families", show_names(r->keeps4, r->keeps6),
	    "preserved", show_names(r->state4, r->state6),
	    "stale", (json_int_t)r->stale, "until", due ?
	    show_time(gw_wall(gw, r->until)) : json_string(""));
}

static json_t *
show_counts(const struct bgp_counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "updates_in", (json_int_t)c->updates_in,
	    "updates_out", (json_int_t)c->updates_out,
	    "notifications_in", (json_int_t)c->notifications_in,
	    "notifications_out", (json_int_t)c->notifications_out,
	    "refreshes_in", (json_int_t)c->refreshes_in,
	    "refreshes_out", (json_int_t)c->refreshes_out,
	    "graceful_restarts", (json_int_t)c->restarts,
	    "established", (json_int_t)c->established);
}

static const char *
auth_str(enum conf_bgp_auth auth)
{
	static const char *const names[] = {
		[CONF_BGP_AUTH_NONE] = "none", [CONF_BGP_AUTH_MD5] = "md5",
	};

	return names[auth];
}

/* What it is, and why it has no session, if that is not BGP's business. */
static const char *
sort_of(const struct neighbor *n)
{
	return n->tunnel != NULL ? "tunnel" : n->prefix ? "prefix" :
	    n->outer->dynamic ? "dynamic" : "outside";
}

static const char *
reason_of(const struct neighbor *n, const struct bgp_peer_info *b)
{
	const struct gw_port *p = n->outer == NULL ? NULL :
	    port_named(n->gw, n->ifname);

	if (n->shut[0] != '\0')
		return n->shut;
	return p != NULL && !n->outer->on && p->why.s[0] != '\0' ?
	    p->why.s : b->why.s;
}

/* What there is of neighbours outside of tunnels besides. */
static void
show_outer(const struct gw_outer *o, json_t *j)
{
	const struct conf_neighbor *c = o->conf;

	json_object_set_new(j, "multihop_ttl", json_integer(c->hops));
	json_object_set_new(j, "gateway", address(&c->gateway));
	if (o->dynamic)
		json_object_set_new(j, "prefix_of", json_string(c->name));
}

/* A prefix has no session: who called, and who may. */
static json_t *
show_prefix(const struct neighbor *n)
{
	const struct conf_neighbor *c = n->outer->conf;
	char text[PREFIX_STRLEN], why[160];
	struct neighbor other = { .gw = n->gw };
	int here = 0;

	while (neighbors_next(&other))
		here += other.outer != NULL && other.outer->dynamic &&
		    other.outer->conf == c;
	str_fmt(why, sizeof(why), "%d of %u neighbors are there", here,
	    c->most);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:s, s:o, s:i, s:i, "
	    "s:s}", "tunnel", n->name, "sort", sort_of(n), "interface",
	    n->ifname, "neighbor", prefix_str(&c->from, text), "local",
	    address(&c->local), "asn", 0, "state", n->shut[0] != '\0' ?
	    "Idle" : "Active", "reason", show_text(n->shut[0] != '\0' ?
	    n->shut : why), "neighbors", here, "max_neighbors",
	    (int)c->most, "since", "");
}

json_t *
show_neighbor(const struct neighbor *t)
{
	struct bgp_peer_info b = { 0 };
	json_t *j;

	if (t->prefix)
		return show_prefix(t);
	if (!bgp_peer_get(t->gw->bgp, t->id, &b))
		return NULL;
	j = json_pack("{s:s, s:o, s:o, s:I, s:I, s:s, s:o, s:o, s:o, s:i, "
	    "s:o, s:o, s:b, s:b, s:b, s:b, s:o, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:o, s:s, s:s}",
	    "tunnel", t->name, "neighbor", address(&b.remote),
	    "local", address(&b.local),
	    "asn", (json_int_t)t->remote_asn,
	    "local_asn", (json_int_t)b.local_asn,
	    "state", bgp_state_str(b.state),
	    "since", show_time(gw_wall(t->gw, b.since)),
	    "reason", show_text(reason_of(t, &b)), "router_id", router_id(b.remote_router_id),
	    "hold_time", (int)b.hold_time, "families", show_names(b.ipv4, b.ipv6),
	    "add_path_receive", show_names(b.paths4, b.paths6),
	    "extended_next_hop", (int)b.extended_hop,
	    "as4", (int)b.as4, "refresh", (int)b.refresh,
	    "enhanced_refresh", (int)b.enhanced,
	    "graceful_restart", show_restart(t->gw, &b),
	    "role", bgp_role_str(b.role),
	    "remote_role", bgp_role_str(b.remote_role),
	    "authentication", auth_str(t->conf->session.auth),
	    "ttl_security", (int)t->conf->session.ttl_security,
	    "received", (json_int_t)b.held,
	    "accepted", (json_int_t)b.received,
	    "advertised", (json_int_t)b.advertised,
	    "counters", show_counts(&b.counts),
	    "sort", sort_of(t), "interface", t->ifname);
	if (j != NULL && t->outer != NULL)
		show_outer(t->outer, j);
	return j;
}

json_t *
explain_neighbor(const struct neighbor *n)
{
	struct bgp_peer_info b = { .state = BGP_IDLE };
	const struct gw_port *p = port_named(n->gw, n->ifname);
	bool link = p != NULL && p->up, up;

	bgp_peer_get(n->gw->bgp, n->id, &b);
	up = link && (n->prefix ? n->shut[0] == '\0' :
	    b.state == BGP_ESTABLISHED);
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", n->name,
	    "state", up ? "UP" : "DOWN", "layer", up ? "" : link ? "bgp" :
	    "interface", "reason", show_text(up ? "" : reason_of(n, &b)),
	    "since", n->prefix ? json_string("") :
	    show_time(gw_wall(n->gw, b.since)));
}

/* --- paths --- */

/* A sequence's numbers one by one, a set as a list of its own. */
static json_t *
show_as_path(const struct look_path *p)
{
	json_t *a = json_array(), *to;
	struct rd r = rd_of(attrs_path(p->attrs));
	struct aspath_part part;

	if (p->prepend != 0)
		json_array_append_new(a, json_integer(p->prepend));
	while (aspath_next(&r, &part)) {
		to = a;
		if (part.type == ASPATH_SET) {
			to = json_array();
			json_array_append_new(a, to);
		}
		while (part.asns.n > 0)
			json_array_append_new(to,
			    json_integer(rd_u32(&part.asns)));
	}
	return a;
}

static void
show_lists(json_t *j, const struct attrs *attrs)
{
	for (unsigned i = 0; i < COMMUNITY_KINDS; i++) {
		json_t *a = json_array();
		char text[COMMUNITY_TEXT];
		size_t pos = 0;

		while (attr_list_next(attrs, i, &pos, text))
			json_array_append_new(a, json_string(text));
		if (json_array_size(a) > 0)
			json_object_set(j, attr_list_str(i), a);
		json_decref(a);
	}
}

json_t *
show_path(const struct gw *gw, const struct prefix *prefix,
    const struct look_path *p)
{
	char text[PREFIX_STRLEN];
	uint32_t otc;
	json_t *j = json_pack("{s:s, s:i, s:s, s:o, s:o, s:s, s:I, s:b, s:b, "
	    "s:b}",
	    "prefix", prefix_str(prefix, text), "table", (int)p->table,
	    "from", p->peer == 0 ? "local" : neighbors_name(gw, p->peer),
	    "next_hop", address(&p->next_hop),
	    "as_path", show_as_path(p),
	    "origin", attr_origin_str(p->attrs),
	    "local_pref",
	    (json_int_t)p->attrs->local_pref, "accepted", (int)p->eligible,
	    "best", (int)p->best, "multipath", (int)p->shares);

	if (j == NULL)
		return NULL;
	if (p->stale)
		json_object_set_new(j, "stale", json_true());
	if ((p->attrs->has & ATTRS_MED) != 0)
		json_object_set_new(j, "med", json_integer(p->attrs->med));
	show_lists(j, p->attrs);
	if (p->has_id)
		json_object_set_new(j, "path_id", json_integer(p->id));
	if (role_otc(p->attrs, &otc))
		json_object_set_new(j, "otc", json_integer(otc));
	if (p->why.s[0] != '\0')
		json_object_set_new(j, "reason", show_text(p->why.s));
	return j;
}

/* --- explain --- */

#define CANDIDATES	256	/* shown of one prefix */

/* The tunnels that have this reason, which is taken over, in common. */
static json_t *
group_of(json_t *groups, json_t *why)
{
	json_t *g;
	size_t i;

	json_array_foreach(groups, i, g) {
		if (json_equal(json_object_get(g, "reason"), why)) {
			json_decref(why);
			return json_object_get(g, "tunnels");
		}
	}
	g = json_pack("{s:o, s:[]}", "reason", why, "tunnels");
	json_array_append_new(groups, g);
	return json_object_get(g, "tunnels");
}

/* Who was told of it, and for what reasons others were not. */
static void
sort_neighbors(const struct gw *gw, uint16_t table, const struct prefix *p,
    json_t *told, json_t *others)
{
	struct neighbor n = { .gw = gw };
	struct reason why;

	while (neighbors_next(&n)) {
		json_t *to = told;

		if (n.prefix || n.association != table)
			continue;
		if (!look_told(gw->bgp, n.id, p)) {
			if (bgp_why_out(gw->bgp, n.id, p, &why) ==
			    BGP_ACCEPTED)
				reason_set(&why, "it is about to be told");
			to = group_of(others, show_text(why.s));
		}
		json_array_append_new(to, json_string(n.name));
	}
}

static json_t *
candidates(const struct gw *gw, uint16_t table, const struct prefix *p)
{
	struct look_path *all = calloc(CANDIDATES, sizeof(*all));
	unsigned n = all == NULL ? 0 :
	    look_paths(gw->bgp, table, p, all, CANDIDATES);
	json_t *a = json_array();

	for (unsigned i = 0; i < n && i < CANDIDATES; i++)
		json_array_append_new(a, show_path(gw, p, &all[i]));
	free(all);
	return a;
}

/* The route that a packet to there takes. */
static bool
fib_cover(const struct gw *gw, uint16_t table, const struct prefix *of,
    struct fib_route *out)
{
	for (int len = of->len; len >= 0; len--) {
		struct prefix p = { .addr = of->addr, .len = (uint8_t)len };

		p = prefix_network(&p);
		if (fib_get(gw->fib, table, &p, out))
			return true;
	}
	return false;
}

/* Towards the kernel: the route of this prefix, or a shorter one instead. */
static void
show_fib(const struct gw *gw, const struct prefix *p, json_t *j,
    const struct fib_route *fib)
{
	bool same = prefix_eq(&fib->prefix, p);

	if (same || !gw_own_network(gw, (uint16_t)fib->table, p))
		json_object_set_new(j, same ? "fib" : "covered_by",
		    show_route(gw, fib));
}

json_t *
explain_route(const struct gw *gw, uint16_t table,
    const struct prefix *asked)
{
	struct prefix p = *asked;
	struct fib_route fib;
	char text[PREFIX_STRLEN];
	json_t *told, *others, *j;
	bool learned = look_cover(gw->bgp, table, asked, &p);
	bool routed = fib_cover(gw, table, asked, &fib);

	/* The longer one is what a packet would take. */
	if (routed && (!learned || fib.prefix.len > p.len))
		p = fib.prefix;
	if (!routed && !learned)
		return NULL;
	told = json_array();
	others = json_array();
	sort_neighbors(gw, table, &p, told, others);
	j = json_pack("{s:s, s:i, s:o, s:o, s:o, s:b}", "prefix",
	    prefix_str(&p, text), "table", (int)table,
	    "candidates", candidates(gw, table, &p),
	    "advertised_to", told, "not_advertised_to", others,
	    "own", (int)gw_own_network(gw, table, &p));
	if (j != NULL && routed)
		show_fib(gw, &p, j, &fib);
	return j;
}
