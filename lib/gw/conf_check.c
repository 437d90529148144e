/*
 * What no single key can tell: defaults that follow from other keys, and
 * keys that must fit each other, within a tunnel, a connection, and the
 * whole.  Uniqueness is in conf_unique.c.
 */
#include "gw/conf_read.h"

#include "util/array.h"

static bool
was_seen(struct conf_seen seen, const char *key)
{
	return conf_seen_has(seen, conf_key_any(key));
}

/*
 * The device's end must know whom to call; a hub may wait for anybody.  Who
 * starts has somebody to call.
 */
static bool
check_outside(struct conf_read *r, const struct conf_connection *c,
    struct conf_tunnel *t, const struct conf_site *site, struct conf_seen seen)
{
	if (!was_seen(seen, "startup_action"))
		t->start = !c->hub;
	if (!addr_is_set(&t->remote) && !c->hub)
		return conf_fail_tunnel(r, site, "remote_outside_ip_address",
		    "missing: a device must know its hub's address");
	if (!addr_is_set(&t->remote) && t->start && c->customer != 0)
		return conf_fail_tunnel(r, site, "startup_action", "\"start\" "
		    "needs an ip_address of the customer gateway");
	if (!addr_is_set(&t->remote) && t->start)
		return conf_fail_tunnel(r, site, "startup_action",
		    "\"start\" needs remote_outside_ip_address");
	if (addr_is_set(&t->remote) && t->remote.family != t->local.family)
		return conf_fail_tunnel(r, site, "remote_outside_ip_address",
		    "must be of the same IP version as "
		    "local_outside_ip_address");
	if (addr_eq(&t->remote, &t->local))
		return conf_fail_tunnel(r, site, "remote_outside_ip_address",
		    "is the same as local_outside_ip_address");
	return true;
}

/* What a way to authenticate needs besides its name. */
static bool
check_auth(struct conf_read *r, const struct conf_tunnel *t,
    const struct conf_site *site)
{
	const struct conf_creds *k = &t->creds;
	bool ours = t->local_auth == CONF_AUTH_CERTIFICATE;
	bool theirs = t->remote_auth == CONF_AUTH_CERTIFICATE;
	const struct {
		const char *key;
		bool wanted, there;
		const char *why;
	} needs[] = {
		{ "certificate", ours, k->certificate.n > 0,
		    "missing: authentication is \"certificate\"" },
		{ "private_key", ours, k->private_key.n > 0,
		    "missing: authentication is \"certificate\"" },
		{ "ca_certificates", theirs, k->ca.n > 0,
		    "missing: remote_authentication is \"certificate\"" },
		{ "crls", theirs && k->revocation == CONF_REVOCATION_REQUIRE &&
		    !k->fetch, k->crl.n > 0,
		    "missing: revocation is \"require\"" },
		{ "revocation_fetch", k->fetch,
		    k->revocation != CONF_REVOCATION_NONE,
		    "true, but revocation is \"none\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (needs[i].wanted && !needs[i].there)
			return conf_fail_tunnel(r, site, needs[i].key, "%s",
			    needs[i].why);
	}
	return true;
}

static bool
named_by(struct conf_read *r, const struct conf_site *site, const char *key,
    struct conf_id *id, const struct addr *a)
{
	const struct conf_id is = conf_id_addr(a);

	return conf_id_keep(r->conf, &is, id) ||
	    conf_fail_tunnel(r, site, key, "out of memory");
}

/*
 * Without an identity of its own, a side is its address; with a certificate,
 * we are its subject, and the peer is anybody whose certificate is good.
 */
static bool
check_identity(struct conf_read *r, struct conf_tunnel *t,
    const struct conf_site *site, struct conf_seen seen)
{
	if (!was_seen(seen, "remote_authentication"))
		t->remote_auth = t->local_auth;
	t->local_id_given = t->local_id.n > 0;
	t->remote_id_given = t->remote_id.n > 0;
	if (!t->local_id_given && t->local_auth == CONF_AUTH_PSK &&
	    !named_by(r, site, "local_id", &t->local_id, &t->local))
		return false;
	if (!t->remote_id_given && addr_is_set(&t->remote) &&
	    t->remote_auth == CONF_AUTH_PSK &&
	    !named_by(r, site, "remote_id",
	    &t->remote_id, &t->remote))
		return false;
	return check_auth(r, t, site);
}

/* AWS's side is base + 1, the customer's base + 2, in both families. */
static void
derive_inside(const struct conf_connection *c, struct conf_tunnel *t)
{
	unsigned ours = c->hub ? 1 : 2, theirs = c->hub ? 2 : 1;

	if (addr_is_set(&t->inside4.addr)) {
		t->local4 = addr_plus(&t->inside4.addr, ours);
		t->remote4 = addr_plus(&t->inside4.addr, theirs);
	}
	if (addr_is_set(&t->inside6.addr)) {
		t->local6 = addr_plus(&t->inside6.addr, ours);
		t->remote6 = addr_plus(&t->inside6.addr, theirs);
	}
}

/*
 * The default margin is AWS's; with the lifetimes of a lab it would be longer
 * than the lifetime, so that it shrinks with it.
 */
static bool
check_lifetimes(struct conf_read *r, struct conf_tunnel *t,
    const struct conf_site *site, struct conf_seen seen)
{
	if (t->phase2.lifetime.ns >= t->phase1.lifetime.ns)
		return conf_fail_tunnel(r, site, "phase2_lifetime_seconds",
		    "must be less than phase1_lifetime_seconds (%lld), "
		    "not %lld", (long long)span_to_s(t->phase1.lifetime),
		    (long long)span_to_s(t->phase2.lifetime));
	if (t->rekey_margin.ns <= t->phase2.lifetime.ns / 2)
		return true;
	if (was_seen(seen, "rekey_margin_time_seconds"))
		return conf_fail_tunnel(r, site, "rekey_margin_time_seconds",
		    "must be at most half of phase2_lifetime_seconds (%lld), "
		    "not %lld",
		    (long long)span_to_s(t->phase2.lifetime) / 2,
		    (long long)span_to_s(t->rekey_margin));
	t->rekey_margin.ns = t->phase2.lifetime.ns / 4;
	return true;
}

/*
 * A request must go twice before the peer counts as dead.  Who asks for a first
 * timeout beyond the default limit and names no other means no doubling.
 */
static bool
check_retransmission(struct conf_read *r, struct conf_tunnel *t,
    const struct conf_site *site, struct conf_seen seen)
{
	struct span first = span_ms(t->retransmit_ms);

	if (first.ns > t->dpd_timeout.ns / 2)
		return conf_fail_tunnel(r, site,
		    "retransmit_timeout_milliseconds", "must be at most %lld "
		    "milliseconds, half of dpd_timeout_seconds, not %u",
		    (long long)t->dpd_timeout.ns / 2000000, t->retransmit_ms);
	if (first.ns <= t->retransmit_max.ns)
		return true;
	if (was_seen(seen, "retransmit_timeout_max_seconds"))
		return conf_fail_tunnel(r, site,
		    "retransmit_timeout_max_seconds", "must not be less than "
		    "retransmit_timeout_milliseconds (%u), not %lld seconds",
		    t->retransmit_ms,
		    (long long)span_to_s(t->retransmit_max));
	t->retransmit_max = first;
	return true;
}

/* AWS's "local" is the customer, whoever reads it: ours on a device. */
static void
derive_selectors(const struct conf_connection *c, struct conf_tunnel *t)
{
	static const struct prefix none;

	for (unsigned i = 0; i < 2; i++) {
		struct prefix customer = t->local_ts[i];
		struct prefix cloud = t->remote_ts[i];
		bool on = (t->inside & (i == 0 ? CONF_INSIDE_IPV4 :
		    CONF_INSIDE_IPV6)) != 0;

		t->local_ts[i] = !on ? none : c->hub ? cloud : customer;
		t->remote_ts[i] = !on ? none : c->hub ? customer : cloud;
	}
}

bool
conf_check_tunnel(struct conf_read *r, const struct conf_connection *c,
    struct conf_tunnel *t, const struct conf_site *site, struct conf_seen seen)
{
	if (!check_outside(r, c, t, site, seen) ||
	    !check_identity(r, t, site, seen) ||
	    !check_lifetimes(r, t, site, seen) ||
	    !check_retransmission(r, t, site, seen) ||
	    !conf_addke_check(r, t, site) ||
	    !conf_gateways_check(r, t, site))
		return false;
	if (t->ppk_required && t->ppk_id[0] == '\0')
		return conf_fail_tunnel(r, site, "ppk_required",
		    "needs a ppk_id that says which");
	t->ikev2 = true;
	derive_inside(c, t);
	derive_selectors(c, t);
	if (t->ifname[0] == '\0')
		str_fmt(t->ifname, sizeof(t->ifname), "vpn%u", t->index);
	return true;
}

/* BGP and BFD run from inside address to inside address, as selected. */
static bool
carries_own(const struct conf_tunnel *t, unsigned i)
{
	const struct addr *ours = i == 0 ? &t->local4 : &t->local6;
	const struct addr *theirs = i == 0 ? &t->remote4 : &t->remote6;

	return addr_is_set(ours) && prefix_has(&t->local_ts[i], ours) &&
	    prefix_has(&t->remote_ts[i], theirs);
}

static bool
check_bgp(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct conf_tunnel *t = &c->tunnels[i];

		if (carries_own(t, 0) || carries_own(t, 1))
			continue;
		return conf_fail_key(r, group, "remote_asn",
		    "BGP needs an inside CIDR within the network CIDRs and "
		    "the IP version of the tunnel; tunnel %u has none",
		    t->number);
	}
	return true;
}

bool
conf_carries(const struct conf_connection *c, const struct prefix *p,
    unsigned *tunnel)
{
	unsigned bit = p->addr.family == ADDR_IPV4 ? CONF_INSIDE_IPV4 :
	    CONF_INSIDE_IPV6;

	for (unsigned k = 0; k < c->tunnels_n; k++) {
		if ((c->tunnels[k].inside & bit) == 0) {
			*tunnel = k + 1;
			return false;
		}
	}
	return true;
}

static bool
check_bfd(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct conf_tunnel *t = &c->tunnels[i];

		if (t->bfd.strict && !t->bfd.on)
			return conf_fail_key(r, group, "bfd_strict",
			    "needs bfd, which tunnel %u has not", t->number);
		if (!t->bfd.on || carries_own(t, 0) || carries_own(t, 1))
			continue;
		return conf_fail_key(r, group, "bfd",
		    "needs an inside CIDR within the network CIDRs and the "
		    "IP version of the tunnel; tunnel %u has none",
		    t->number);
	}
	return true;
}

/* A network of a family that no selector lets through would be a black hole. */
static bool
check_families(struct conf_read *r, const struct conf_connection *c,
    const struct conf_prefixes *list, const char *key,
    const config_setting_t *group)
{
	char text[PREFIX_STRLEN];
	unsigned tunnel;

	for (size_t i = 0; i < list->n; i++) {
		if (!conf_carries(c, &list->v[i], &tunnel))
			return conf_fail_key(r, group, key,
			    "%s does not fit tunnel_inside_ip_version of "
			    "tunnel %u", prefix_str(&list->v[i], text),
			    tunnel);
	}
	return true;
}

/* An announced network needs a next hop (RFC 4760, RFC 8950). */
static bool
check_next_hops(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	char text[PREFIX_STRLEN];

	for (size_t i = 0; i < c->networks.n; i++) {
		bool v4 = c->networks.v[i].addr.family == ADDR_IPV4;

		for (unsigned k = 0; k < c->tunnels_n; k++) {
			const struct conf_tunnel *t = &c->tunnels[k];

			if (addr_is_set(v4 ? &t->local4 : &t->local6) ||
			    (v4 && t->session.extended_hop))
				continue;
			return conf_fail_key(r, group, "networks",
			    "%s needs %s in tunnel %u",
			    prefix_str(&c->networks.v[i], text),
			    v4 ? "tunnel_inside_cidr" :
			    "tunnel_inside_ipv6_cidr", k + 1);
		}
	}
	return true;
}

/* Keys of BGP that would do nothing on a connection without it. */
static bool
check_no_bgp(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	static const char *const keys[] = {
		"import_policy", "export_policy", "allowas_in", "as_override",
		"remove_private_as", "local_as", "max_prefixes_in",
		"max_prefixes_out", "graceful_shutdown_seconds",
		"bgp_authentication", "bgp_role", "bgp_add_path_receive",
		"bgp_extended_next_hop", "bgp_ttl_security",
	};
	const config_setting_t *tunnels =
	    config_setting_get_member(group, "tunnels");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const config_setting_t *in = group;

		for (unsigned k = 0; k <= c->tunnels_n; k++) {
			if (config_setting_get_member(in, keys[i]) != NULL)
				return conf_fail_key(r, in, keys[i],
				    "is for BGP: needs remote_asn");
			in = config_setting_get_elem(tunnels, k);
			if (in == NULL)
				break;
		}
	}
	return true;
}

/* Who we are to this peer. */
static bool
check_local_as(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct conf_tunnel *t = &c->tunnels[i];

		if (t->local_as == 0 && (t->local_as_no_prepend ||
		    t->local_as_replace_as))
			return conf_fail_key(r, group, t->local_as_no_prepend ?
			    "local_as_no_prepend" : "local_as_replace_as",
			    "needs local_as, which tunnel %u has not", i + 1);
		if (t->local_as != 0 && (t->local_as == r->conf->asn ||
		    t->local_as == c->remote_asn))
			return conf_fail_key(r, group, "local_as", "must "
			    "differ from asn and remote_asn, tunnel %u's is "
			    "%u", i + 1, t->local_as);
	}
	return true;
}

static bool
check_extended_hop(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct conf_tunnel *t = &c->tunnels[i];

		if (!t->session.extended_hop || (t->inside == CONF_INSIDE_BOTH
		    && addr_is_set(&t->local6)))
			continue;
		return conf_fail_key(r, group, "bgp_extended_next_hop",
		    "needs tunnel_inside_ipv6_cidr and "
		    "tunnel_inside_ip_version \"both\" in tunnel %u", i + 1);
	}
	return true;
}

static bool
check_roles(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		const struct conf_session *s = &c->tunnels[i].session;

		if (s->role_strict && s->role == BGP_ROLE_NONE)
			return conf_fail_key(r, group, "bgp_role_strict",
			    "needs bgp_role, which tunnel %u has not", i + 1);
	}
	return true;
}

bool
conf_check_connection(struct conf_read *r, const struct conf_connection *c,
    const config_setting_t *group)
{
	if (c->remote_asn == 0 && !check_no_bgp(r, c, group))
		return false;
	if (c->remote_asn == 0 && c->networks.n > 0)
		return conf_fail_key(r, group, "networks",
		    "are announced by BGP: needs remote_asn");
	if (c->remote_asn != 0 && c->routes.n > 0)
		return conf_fail_key(r, group, "routes",
		    "static routes and BGP (remote_asn) exclude each other");
	if (c->remote_asn != 0 && (!check_bgp(r, c, group) ||
	    !check_local_as(r, c, group) || !check_roles(r, c, group) ||
	    !check_extended_hop(r, c, group)))
		return false;
	return check_bfd(r, c, group) &&
	    check_families(r, c, &c->networks, "networks", group) &&
	    check_families(r, c, &c->routes, "routes", group) &&
	    check_next_hops(r, c, group);
}

/* The first inside IPv4 address of ours, or 0. */
static uint32_t
first_inside(const struct conf *conf)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		for (unsigned k = 0; k < c->tunnels_n; k++) {
			struct rd rd = rd_of(addr_bytes(&c->tunnels[k].local4));

			if (addr_is_set(&c->tunnels[k].local4))
				return rd_u32(&rd);
		}
	}
	return 0;
}

static bool
check_sources(struct conf_read *r, const config_setting_t *root)
{
	const struct addr *s = r->conf->source;

	if (addr_is_set(&s[0]) && s[0].family != ADDR_IPV4)
		return conf_fail_key(r, root, "route_source_ipv4_address",
		    "must be an IPv4 address");
	if (addr_is_set(&s[1]) && s[1].family != ADDR_IPV6)
		return conf_fail_key(r, root, "route_source_ipv6_address",
		    "must be an IPv6 address");
	return true;
}

bool
conf_check_all(struct conf_read *r, const config_setting_t *root)
{
	struct conf *conf = r->conf;
	bool bgp = conf->neighbors_n > 0;

	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		bgp = bgp || c->remote_asn != 0;
		if (bgp && conf->asn == 0)
			return conf_fail_key(r, root, "asn",
			    "missing: connection \"%s\" runs BGP", c->name);
		if (c->remote_asn != 0 && c->remote_asn == conf->asn)
			return conf_fail_key(r, conf_top_at(r,
			    "connections", i), "remote_asn", "must differ from asn: "
			    "BGP within one AS is not supported");
	}
	if (conf->router_id == 0)
		conf->router_id = first_inside(conf);
	if (conf->router_id == 0)
		conf->router_id = conf_neighbors_first(conf);
	if (conf->router_id == 0 && bgp)
		return conf_fail_key(r, root, "router_id",
		    "missing: no tunnel has a tunnel_inside_cidr to take it "
		    "from");
	return check_sources(r, root) && conf_check_unique(r);
}
