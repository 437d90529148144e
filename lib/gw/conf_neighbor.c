/*
 * BGP neighbours outside of tunnels: routers on a network of the host's, some
 * hops behind one, or whoever calls from a prefix.  They have the keys that a
 * tunnel has for BGP.  A neighbour that is not on link says through which
 * gateway it and what it teaches is reached: nothing is looked up.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/conf_read.h"

/* --- AS numbers --- */

static bool
asns_add(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, struct bgp_asns *out)
{
	const char *text = config_setting_get_string(s);
	int64_t n = conf_is_number(s) ? config_setting_get_int64(s) : 0;
	struct range range = { (uint32_t)n, (uint32_t)n };
	bool ok = n >= key->min && n <= key->max;

	if (text != NULL)
		ok = range_parse(&text, (uint32_t)key->max, &range) &&
		    *text == '\0' && range.lo >= key->min;
	if (!ok)
		return conf_fail(r, s, "must be an AS number, %lld to %lld, "
		    "or a range like \"64512-64520\"", (long long)key->min,
		    (long long)key->max);
	/* RFC 6793, RFC 7300: they name nobody. */
	if (range.lo == range.hi && (range.lo == 23456 || range.lo == 65535))
		return conf_fail(r, s, "AS %u is reserved and cannot be used",
		    range.lo);
	out->v[out->n++] = range;
	return true;
}

bool
conf_peer_asns_read(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, struct bgp_asns *out)
{
	bool list = config_setting_is_aggregate(s);
	int n = config_setting_length(s);

	if (!list)
		return asns_add(r, key, s, out);
	if (n < 1 || n > BGP_ASNS_MAX)
		return conf_fail(r, s, "must have 1 to %d AS numbers or "
		    "ranges, not %d", BGP_ASNS_MAX, n);
	for (int i = 0; i < n; i++) {
		if (!asns_add(r, key, config_setting_get_elem(s, (unsigned)i),
		    out))
			return false;
	}
	return true;
}

/* --- what fits what --- */

static bool
check_remote(struct conf_read *r, const struct conf_neighbor *n,
    const config_setting_t *group)
{
	bool one = addr_is_set(&n->remote), many = addr_is_set(&n->from.addr);
	const char *key = many ? "remote_ip_prefix" : "remote_ip_address";
	const struct addr *a = many ? &n->from.addr : &n->remote;

	if (one && many)
		return conf_fail_key(r, group, key, "and remote_ip_address "
		    "exclude each other");
	if (!one && !many)
		return conf_fail_key(r, group, key, "missing: a neighbor has "
		    "an address, or calls from a remote_ip_prefix");
	if (a->family != n->local.family)
		return conf_fail_key(r, group, key, "must be of the same IP "
		    "version as local_ip_address");
	if (addr_eq(a, &n->local))
		return conf_fail_key(r, group, key, "is the same as "
		    "local_ip_address");
	if (one && config_setting_get_member(group, "max_neighbors") != NULL)
		return conf_fail_key(r, group, "max_neighbors", "is for "
		    "remote_ip_prefix");
	return true;
}

static bool
check_hops(struct conf_read *r, const struct conf_neighbor *n,
    const config_setting_t *group)
{
	bool gateway = addr_is_set(&n->gateway);

	if (n->hops == 0 && gateway)
		return conf_fail_key(r, group, "gateway_ip_address", "is for "
		    "a neighbor that is not on link: needs multihop_ttl");
	if (n->hops == 0)
		return true;
	if (!gateway)
		return conf_fail_key(r, group, "gateway_ip_address",
		    "missing: with multihop_ttl, the router on link through "
		    "which the neighbor and its routes are reached");
	if (n->gateway.family != n->local.family)
		return conf_fail_key(r, group, "gateway_ip_address", "must be "
		    "of the same IP version as local_ip_address");
	if (addr_eq(&n->gateway, &n->remote) ||
	    addr_eq(&n->gateway, &n->local))
		return conf_fail_key(r, group, "gateway_ip_address", "is the "
		    "same as %s", addr_eq(&n->gateway, &n->local) ?
		    "local_ip_address" : "remote_ip_address: without "
		    "multihop_ttl the neighbor is on link");
	return true;
}

static bool
check_asns(struct conf_read *r, const struct conf_neighbor *n,
    const config_setting_t *group)
{
	const struct conf_tunnel *t = &n->own;

	if (r->conf->asn == 0)
		return conf_fail_key(r, config_setting_parent(
		    config_setting_parent(group)), "asn",
		    "missing: neighbor \"%s\" runs BGP", n->name);
	if (addr_is_set(&n->remote) && (n->asns.n != 1 ||
	    n->asns.v[0].lo != n->asns.v[0].hi))
		return conf_fail_key(r, group, "remote_asn", "must be one AS "
		    "number: several are for remote_ip_prefix");
	if (bgp_asns_have(&n->asns, r->conf->asn))
		return conf_fail_key(r, group, "remote_asn", "must %s asn: "
		    "BGP within one AS (iBGP) is not supported",
		    addr_is_set(&n->remote) ? "differ from" : "not include");
	if (t->local_as == 0 && (t->local_as_no_prepend ||
	    t->local_as_replace_as))
		return conf_fail_key(r, group, t->local_as_no_prepend ?
		    "local_as_no_prepend" : "local_as_replace_as",
		    "needs local_as");
	if (t->local_as != 0 && (t->local_as == r->conf->asn ||
	    bgp_asns_have(&n->asns, t->local_as)))
		return conf_fail_key(r, group, "local_as", "must differ from "
		    "asn and remote_asn, it is %u", t->local_as);
	return true;
}

static bool
check_session(struct conf_read *r, const struct conf_neighbor *n,
    const config_setting_t *group)
{
	const struct conf_session *s = &n->own.session;
	bool v6 = n->local.family == ADDR_IPV6;
	char text[PREFIX_STRLEN];

	if (s->role_strict && s->role == BGP_ROLE_NONE)
		return conf_fail_key(r, group, "bgp_role_strict",
		    "needs bgp_role");
	if (s->extended_hop && !v6)
		return conf_fail_key(r, group, "bgp_extended_next_hop",
		    "needs a local_ip_address of IPv6");
	for (size_t i = 0; i < n->networks.n; i++) {
		bool net6 = n->networks.v[i].addr.family == ADDR_IPV6;

		if (net6 == v6 || (!net6 && s->extended_hop))
			continue;
		return conf_fail_key(r, group, "networks", "%s is not of the "
		    "IP version of local_ip_address",
		    prefix_str(&n->networks.v[i], text));
	}
	return true;
}

/* --- nothing twice --- */

static bool
check_name(struct conf_read *r, const struct conf_neighbor *n,
    const config_setting_t *group)
{
	for (const struct conf_neighbor *o = r->conf->neighbors; o != n; o++) {
		if (strcmp(o->name, n->name) == 0)
			return conf_fail_key(r, group, "name",
			    "\"%s\" is there twice", n->name);
	}
	for (size_t i = 0; i < r->conf->n; i++) {
		const struct conf_connection *c = &r->conf->connections[i];

		if (strcmp(c->name, n->name) == 0)
			return conf_fail_key(r, group, "name", "\"%s\" is a "
			    "connection's name already", n->name);
		for (unsigned k = 0; k < c->tunnels_n; k++) {
			if (strcmp(c->tunnels[k].ifname, n->ifname) == 0)
				return conf_fail_key(r, group, "interface",
				    "%s is the interface of %s/%u: its "
				    "neighbor is that connection's",
				    n->ifname, c->name, k + 1);
		}
	}
	return true;
}

static bool
check_unique(struct conf_read *r, const struct conf_neighbor *n,
    const config_setting_t *group)
{
	bool many = !addr_is_set(&n->remote);

	for (const struct conf_neighbor *o = r->conf->neighbors; o != n; o++) {
		if (strcmp(o->ifname, n->ifname) != 0 ||
		    many != !addr_is_set(&o->remote) || (many ?
		    !prefix_eq(&o->from, &n->from) ||
		    !addr_eq(&o->local, &n->local) :
		    !addr_eq(&o->remote, &n->remote)))
			continue;
		return conf_fail_key(r, group, many ? "remote_ip_prefix" :
		    "remote_ip_address", "is already that of \"%s\"", o->name);
	}
	return true;
}

/* --- reading --- */

static bool
read_one(struct conf_read *r, const config_setting_t *group,
    struct conf_neighbor *n)
{
	struct conf_seen seen = { 0 };

	n->line = (int)config_setting_source_line(group);
	conf_group_defaults(CONF_AT_NEIGHBOR, n);
	conf_group_defaults(CONF_AT_TUNNEL, &n->own);
	if (!conf_group_read(r, CONF_AT_NEIGHBOR, group, n, &n->own, &seen) ||
	    !conf_group_check(r, CONF_AT_NEIGHBOR, group, seen))
		return false;
	conf_tables_default(&n->association, &n->propagation);
	return check_remote(r, n, group) && check_hops(r, n, group) &&
	    check_asns(r, n, group) && check_session(r, n, group) &&
	    check_name(r, n, group) && check_unique(r, n, group);
}

bool
conf_neighbors_read(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (!conf_groups_find(r, root, conf_key_find(CONF_AT_TOP,
	    "neighbors"), sizeof(*r->conf->neighbors), &g))
		return false;
	r->conf->neighbors = g.room;
	for (size_t i = 0; i < g.n; i++) {
		r->conf->neighbors_n = i + 1;
		if (!read_one(r, conf_groups_at(&g, i),
		    &r->conf->neighbors[i]))
			return false;
	}
	return true;
}

uint32_t
conf_neighbors_first(const struct conf *conf)
{
	for (size_t i = 0; i < conf->neighbors_n; i++) {
		const struct addr *a = &conf->neighbors[i].local;
		struct rd rd = rd_of(addr_bytes(a));

		if (a->family == ADDR_IPV4)
			return rd_u32(&rd);
	}
	return 0;
}

/* --- looks --- */

const struct conf_neighbor *
conf_neighbor_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->neighbors_n; i++) {
		if (strcmp(conf->neighbors[i].name, name) == 0)
			return &conf->neighbors[i];
	}
	return NULL;
}

bool
conf_neighbor_on(const struct conf *conf, const char *ifname)
{
	for (size_t i = 0; i < conf->neighbors_n; i++) {
		if (strcmp(conf->neighbors[i].ifname, ifname) == 0)
			return true;
	}
	return false;
}

/* How much of the address it names, and one bit; 0: it is another one's. */
static unsigned
fits(const struct conf_neighbor *n, const struct addr *remote)
{
	if (addr_is_set(&n->remote))
		return addr_eq(&n->remote, remote) ? 1 + 128 + 1 : 0;
	return prefix_has(&n->from, remote) ? 1u + n->from.len : 0;
}

const struct conf_neighbor *
conf_neighbor_at(const struct conf *conf, const char *ifname,
    const struct addr *local, const struct addr *remote)
{
	const struct conf_neighbor *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < conf->neighbors_n; i++) {
		const struct conf_neighbor *n = &conf->neighbors[i];
		unsigned fit = fits(n, remote);

		if (fit <= most || strcmp(n->ifname, ifname) != 0 ||
		    !addr_eq(&n->local, local))
			continue;
		most = fit;
		best = n;
	}
	return best;
}

bool
conf_neighbor_hop(const struct conf *conf, const char *ifname,
    const struct addr *gateway)
{
	for (size_t i = 0; i < conf->neighbors_n; i++) {
		const struct conf_neighbor *n = &conf->neighbors[i];

		if (strcmp(n->ifname, ifname) == 0 && (n->hops != 0 ?
		    addr_eq(&n->gateway, gateway) : fits(n, gateway) > 0))
			return true;
	}
	return false;
}
