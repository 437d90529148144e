/*
 * A connection of a gateway: what its gateway and its customer gateway say is
 * put where a connection without the two says it itself, so that nobody but
 * this reader need know of them; and AWS's rules for such a connection.
 */
#include <stdlib.h>

#include "gw/conf_read.h"
#include "util/array.h"

/* AWS's quotas of routes: what a customer may teach, and is taught. */
static const struct {
	uint32_t	in, out;
} quotas[] = {
	[CONF_VIRTUAL_PRIVATE] = { 100, 1000 },
	[CONF_TRANSIT] = { 1000, 5000 },
};

#define MED_PREFERRED	100
#define MED_OTHER	200

static bool
was_seen(const struct conf_seen *seen, const char *key)
{
	return conf_seen_has(*seen, conf_key_any(key));
}

/* Both or neither. */
static bool
check_pair(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	if (c->target != 0 && c->customer == 0)
		return conf_fail_key(r, group, "customer_gateway", "missing: "
		    "a connection with gateway names whose it is");
	if (c->target == 0 && c->customer != 0)
		return conf_fail_key(r, group, "gateway", "missing: a "
		    "connection with customer_gateway names what of ours it "
		    "ends at");
	if (c->target == 0 && c->static_only)
		return conf_fail_key(r, group, "static_routes_only", "is for "
		    "a connection of a gateway; without one there is no BGP "
		    "unless there is remote_asn");
	return true;
}

/* The first of some keys that the group has; NULL: none. */
static const char *
key_of(const config_setting_t *group, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (config_setting_get_member(group, keys[i]) != NULL)
			return keys[i];
	}
	return NULL;
}

/* Keys, of a connection or a tunnel of it, that say what is said already. */
static bool
check_said(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	static const char *const theirs[] = {
		"remote_asn", "remote_outside_ip_address",
	};
	static const char *const ours[] = {
		"local_as", "local_as_no_prepend", "local_as_replace_as",
	};
	static const char *const tables[] = { "association", "propagation" };
	const struct conf_target *t = conf_target(r->conf, c);
	const struct conf_customer *cust = conf_customer(r->conf, c);
	const char *key;

	key = key_of(group, theirs, ARRAY_SIZE(theirs));
	if (key == NULL && cust->id.n > 0)
		key = key_of(group, (const char *const []){ "remote_id" }, 1);
	if (key != NULL)
		return conf_fail_key(r, group, key, "is said by customer "
		    "gateway \"%s\"", cust->name);
	key = key_of(group, ours, ARRAY_SIZE(ours));
	if (key == NULL && t->type == CONF_VIRTUAL_PRIVATE)
		key = key_of(group, tables, ARRAY_SIZE(tables));
	return key == NULL || conf_fail_key(r, group, key,
	    "is said by gateway \"%s\"", t->name);
}

/* AWS's default limits, unless the connection has others. */
static void
fill_bgp(const struct conf_target *t, const struct conf *conf,
    struct conf_tunnel *common, const struct conf_seen *seen)
{
	if (!was_seen(seen, "max_prefixes_in"))
		common->bgp.max_in = quotas[t->type].in;
	if (!was_seen(seen, "max_prefixes_out"))
		common->bgp.max_out = quotas[t->type].out;
	if (t->asn == conf->asn)
		return;
	common->local_as = t->asn;
	common->local_as_no_prepend = common->local_as_replace_as = true;
}

/*
 * What of a tunnel AWS decides: where the two are not used together the second
 * is announced as the worse one, and is ours as well where all else is equal.
 * Static routes are never used together.
 */
static void
fill_tunnel(const struct conf_target *t, const struct conf_connection *c,
    struct conf_tunnel *tunnel)
{
	struct conf_bgp *bgp = &tunnel->bgp;

	bgp->share = t->ecmp && !c->static_only ? BGP_SHARE_PATH :
	    BGP_SHARE_NONE;
	if (c->static_only)
		return;
	bgp->med_out = t->ecmp || tunnel->number == 1 ? MED_PREFERRED :
	    MED_OTHER;
	bgp->rank = t->ecmp ? 0 : (uint8_t)tunnel->number;
	if (t->type == CONF_TRANSIT)
		bgp->med_in = MED_PREFERRED;
}

static void
fill_tables(const struct conf_target *t, struct conf_connection *c)
{
	if (c->association == 0)
		c->association = t->association;
	if (c->propagation.given)
		return;
	c->propagation.given = true;
	c->propagation.n = 1;
	c->propagation.v[0] = t->propagation;
}

static void
fill_customer(const struct conf_customer *cust, struct conf_connection *c,
    struct conf_tunnel *common)
{
	c->remote_asn = c->static_only ? 0 : cust->asn;
	common->remote = cust->ip;
	if (cust->id.n > 0)
		common->remote_id = cust->id;
	if (common->creds.ca.n == 0)
		common->creds.ca = cust->ca;
}

bool
conf_attach_begin(struct conf_read *r, struct conf_connection *c,
    const config_setting_t *group, struct conf_tunnel *common,
    struct conf_seen *seen)
{
	const struct conf_target *t = conf_target(r->conf, c);
	const struct conf_customer *cust = conf_customer(r->conf, c);

	if (!check_pair(r, c, group))
		return false;
	if (t == NULL)
		return true;
	if (was_seen(seen, "role") && !c->hub)
		return conf_fail_key(r, group, "role", "must be \"hub\", as a "
		    "connection with gateway is");
	if (!check_said(r, c, group))
		return false;
	c->hub = true;
	conf_seen_add(seen, conf_key_any("role"));
	fill_customer(cust, c, common);
	fill_tables(t, c);
	if (!c->static_only)
		fill_bgp(t, r->conf, common, seen);
	return true;
}

/* --- once its tunnels are read --- */

/* What AWS has on a transit gateway alone. */
static bool
check_ipv6(struct conf_read *r, const struct conf_tunnel *t,
    const struct conf_site *site)
{
	static const char transit[] = "IPv6 needs a gateway of type "
	    "\"transit\"";

	if (t->local.family == ADDR_IPV6)
		return conf_fail_tunnel(r, site, "local_outside_ip_address",
		    "%s", transit);
	if (t->inside != CONF_INSIDE_IPV4)
		return conf_fail_tunnel(r, site, "tunnel_inside_ip_version",
		    "%s", transit);
	return !addr_is_set(&t->inside6.addr) || conf_fail_tunnel(r, site,
	    "tunnel_inside_ipv6_cidr", "%s", transit);
}

/* AWS has group 5 for phase 2 alone. */
static bool
check_groups(struct conf_read *r, const struct conf_tunnel *t,
    const struct conf_site *site)
{
	const struct conf_algs *ke = &t->phase1.ke;

	for (unsigned i = 0; i < ke->n; i++) {
		if (alg_at(ke->row[i])->id == 5)
			return conf_fail_tunnel(r, site,
			    "phase1_dh_group_numbers", "group 5 is for phase 2 "
			    "alone on a connection of a gateway");
	}
	return true;
}

static bool
check_tunnel(struct conf_read *r, const struct conf_connection *c,
    const struct conf_tunnel *t, const struct conf_site *site)
{
	const struct conf_customer *cust = conf_customer(r->conf, c);

	if (!check_said(r, c, site->in_tunnel))
		return false;
	if (!addr_is_set(&cust->ip) && t->remote_auth != CONF_AUTH_CERTIFICATE)
		return conf_fail_tunnel(r, site, "remote_authentication",
		    "must be \"certificate\": customer gateway \"%s\" has no "
		    "ip_address", cust->name);
	if (!check_groups(r, t, site))
		return false;
	return conf_target(r->conf, c)->type == CONF_TRANSIT ||
	    check_ipv6(r, t, site);
}

static bool
check_routes(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	if (!c->static_only && c->routes.n > 0)
		return conf_fail_key(r, group, "routes", "need "
		    "static_routes_only = true: static routes and BGP exclude "
		    "each other");
	if (c->static_only && c->networks.n > 0)
		return conf_fail_key(r, group, "networks", "are announced by "
		    "BGP, but static_routes_only is true");
	return true;
}

static bool
check_asns(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	const struct conf_target *t = conf_target(r->conf, c);
	const char *whose = c->remote_asn == t->asn ? "its gateway's" :
	    "ours (asn)";

	if (c->remote_asn == 0 || (c->remote_asn != t->asn &&
	    c->remote_asn != r->conf->asn))
		return true;
	return conf_fail_key(r, group, "customer_gateway", "its bgp_asn %u is "
	    "%s, too: they must differ", c->remote_asn, whose);
}

bool
conf_attach_check(struct conf_read *r, struct conf_connection *c,
    const config_setting_t *group)
{
	const struct conf_site *sites = &r->sites[r->sites_n - c->tunnels_n];

	if (c->target == 0)
		return true;
	if (c->tunnels_n != CONF_TUNNELS)
		return conf_fail_key(r, group, "tunnels", "must be %d in a "
		    "connection of a gateway, not %u", CONF_TUNNELS,
		    c->tunnels_n);
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		if (!check_tunnel(r, c, &c->tunnels[i], &sites[i]))
			return false;
		fill_tunnel(conf_target(r->conf, c), c, &c->tunnels[i]);
	}
	return check_asns(r, c, group) && check_routes(r, c, group);
}

/* --- over all connections --- */

/* A connection with BGP on a virtual private gateway. */
struct spoke {
	uint32_t	target, asn, customer;
	size_t		at;
};

static int
spoke_cmp(const void *va, const void *vb)
{
	const struct spoke *a = va, *b = vb;

	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	if (a->asn != b->asn)
		return a->asn < b->asn ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* Paths that have its AS in them reach it nevertheless. */
static bool
overrides(const struct conf_connection *c)
{
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		if (!c->tunnels[i].bgp.as_override)
			return false;
	}
	return true;
}

static size_t
collect(const struct conf *conf, struct spoke *v)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];
		const struct conf_target *t = conf_target(conf, c);

		if (t != NULL && t->type == CONF_VIRTUAL_PRIVATE &&
		    c->remote_asn != 0 && !overrides(c))
			v[n++] = (struct spoke){ c->target, c->remote_asn,
			    c->customer, i };
	}
	qsort(v, n, sizeof(*v), spoke_cmp);
	return n;
}

/*
 * Branches on one virtual private gateway are told of one another (AWS's VPN
 * CloudHub), but for what has come through their own AS.
 */
bool
conf_attach_check_all(struct conf_read *r, const config_setting_t *root)
{
	const struct conf *conf = r->conf;
	struct spoke *v = calloc(conf->n + 1, sizeof(*v));
	const struct spoke *twin = NULL;
	size_t n;

	if (v == NULL)
		return conf_fail(r, root, "out of memory");
	n = collect(conf, v);
	for (size_t i = 1; i < n; i++) {
		if (v[i].target == v[i - 1].target &&
		    v[i].asn == v[i - 1].asn &&
		    v[i].customer != v[i - 1].customer &&
		    (twin == NULL || v[i].at < twin->at))
			twin = &v[i];
	}
	if (twin != NULL)
		conf_fail_key(r, conf_top_at(r, "connections", twin->at),
		    "customer_gateway", "its bgp_asn %u "
		    "is that of connection \"%s\", too: on a virtual private "
		    "gateway each customer gateway needs its own, or "
		    "as_override", twin->asn,
		    conf->connections[twin[-1].at].name);
	free(v);
	return twin == NULL;
}
