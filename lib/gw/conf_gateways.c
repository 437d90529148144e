/*
 * Gateways that a redirect (RFC 5685) may lead to: a list of addresses and
 * networks, [ "192.0.2.9", "198.51.100.0/28" ]; without one it may be any.
 */
#include "gw/conf_read.h"

/* An address alone is a network of one. */
static bool
read_gateway(const char *s, struct prefix *out)
{
	struct prefix p = { 0 };

	if (addr_parse(&p.addr, s))
		p.len = (uint8_t)addr_bits(&p.addr);
	else if (!prefix_parse(&p, s))
		return false;
	*out = prefix_network(&p);
	return prefix_eq(out, &p);
}

static bool
add_gateway(struct conf_read *r, const config_setting_t *s,
    struct conf_gateways *list)
{
	const char *text = config_setting_get_string(s);
	struct prefix p;

	if (text == NULL || !read_gateway(text, &p))
		return conf_fail(r, s, "must be an address like 192.0.2.9 or "
		    "a network like 192.0.2.0/28, in quotes");
	for (unsigned i = 0; i < list->n; i++) {
		if (prefix_eq(&list->v[i], &p))
			return conf_fail(r, s, "%s is there twice", text);
	}
	if (list->n == CONF_GATEWAYS)
		return conf_fail(r, s, "more than %d", CONF_GATEWAYS);
	list->v[list->n++] = p;
	return true;
}

bool
conf_gateways_read(struct conf_read *r, const config_setting_t *s,
    struct conf_gateways *out)
{
	struct conf_gateways list = { 0 };
	int n = config_setting_length(s);

	if (n == 0)
		return conf_fail(r, s, "must name at least one; leave it out "
		    "to allow any");
	for (int i = 0; i < n; i++) {
		if (!add_gateway(r, config_setting_get_elem(s, (unsigned)i),
		    &list))
			return false;
	}
	*out = list;
	return true;
}

/*
 * A redirect says where to go, never whom to trust there: that has to be said
 * here.
 */
bool
conf_gateways_check(struct conf_read *r, const struct conf_tunnel *t,
    const struct conf_site *site)
{
	if (t->gateways.n > 0 && !t->accept_redirect)
		return conf_fail_tunnel(r, site, "redirect_gateways",
		    "given, but accept_redirect is false");
	if (t->accept_redirect && addr_is_set(&t->remote) &&
	    t->remote_id.n == 0)
		return conf_fail_tunnel(r, site, "accept_redirect",
		    "true needs remote_id: whoever the tunnel is redirected "
		    "to must prove that identity");
	for (unsigned i = 0; i < t->gateways.n; i++) {
		if (t->gateways.v[i].addr.family != t->local.family)
			return conf_fail_tunnel(r, site, "redirect_gateways",
			    "must be of the same IP version as "
			    "local_outside_ip_address");
	}
	return true;
}

bool
conf_may_be_peer(const struct conf_tunnel *t, const struct addr *a)
{
	if (!addr_is_set(&t->remote) || addr_is_any(&t->remote) ||
	    addr_eq(&t->remote, a))
		return true;
	if (!t->accept_redirect || a->family != t->remote.family)
		return false;
	for (unsigned i = 0; i < t->gateways.n; i++) {
		if (prefix_has(&t->gateways.v[i], a))
			return true;
	}
	return t->gateways.n == 0;
}
