/*
 * Addresses and networks of the configuration: outside addresses, AWS's blocks
 * for the inside of a tunnel, networks of one family, and lists of them.
 */
#include "gw/conf_read.h"

#include <stdlib.h>

#include "gw/inside.h"

bool
conf_outside_read(struct conf_read *r, const config_setting_t *s,
    const char *text, struct addr *out)
{
	struct addr a;

	if (!addr_parse(&a, text))
		return conf_fail_text(r, s, "an IPv4 or IPv6 address", text);
	if (addr_is_any(&a) || addr_is_multicast(&a) || addr_is_link_local(&a))
		return conf_fail_text(r, s, "a unicast address that routers "
		    "forward", text);
	*out = a;
	return true;
}

/* The block of IPv4 and of IPv6, and how long a tunnel's part of it is. */
static const struct inside {
	const char	*within, *must;
	unsigned	 len;
} insides[] = {
	{ "169.254.0.0/16", "a /30 in 169.254.0.0/16", 30 },
	{ "fd00::/8", "a /126 in fd00::/8", 126 },
};

/* Host bits are forgiven, as AWS does. */
bool
conf_inside_read(struct conf_read *r, const config_setting_t *s,
    const char *text, enum addr_family family, struct prefix *out)
{
	const struct inside *in = &insides[family == ADDR_IPV6];
	struct prefix p, all;
	char net[PREFIX_STRLEN];

	if (!prefix_parse(&p, text) || !prefix_parse(&all, in->within) ||
	    p.len != in->len || !prefix_covers(&all, &p))
		return conf_fail_text(r, s, in->must, text);
	p = prefix_network(&p);
	if (inside_reserved(&p))
		return conf_fail(r, s, "%s is reserved", prefix_str(&p, net));
	*out = p;
	return true;
}

/* Says in *why how the text is no network; true: it is one. */
static bool
read_network(const char *s, struct prefix *out, struct reason *why)
{
	char q[CONF_QUOTED_LEN], text[PREFIX_STRLEN];
	struct prefix p, net;

	if (!prefix_parse(&p, s)) {
		reason_set(why, "must be a network like 10.1.0.0/16, not %s",
		    conf_quoted(s, q));
		return false;
	}
	net = prefix_network(&p);
	if (!prefix_eq(&p, &net)) {
		reason_set(why, "%s has host bits set; its network is %s",
		    conf_quoted(s, q), prefix_str(&net, text));
		return false;
	}
	*out = p;
	return true;
}

bool
conf_net_read(struct conf_read *r, const config_setting_t *s,
    const char *text, enum addr_family family, struct prefix *out)
{
	struct reason why;
	struct prefix p;

	if (!read_network(text, &p, &why))
		return conf_fail(r, s, "%s", why.s);
	if (family != ADDR_NONE && p.addr.family != family)
		return conf_fail_text(r, s, family == ADDR_IPV4 ?
		    "an IPv4 network" : "an IPv6 network", text);
	*out = p;
	return true;
}

static bool
prefixes_have(const struct conf_prefixes *list, const struct prefix *p)
{
	for (size_t i = 0; i < list->n; i++) {
		if (prefix_eq(&list->v[i], p))
			return true;
	}
	return false;
}

static bool
add_prefix(struct conf_read *r, const config_setting_t *s,
    struct conf_prefixes *list)
{
	struct reason why;
	struct prefix p;

	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return conf_fail_type(r, s, "a network in quotes");
	if (!read_network(config_setting_get_string(s), &p, &why))
		return conf_fail(r, s, "%s", why.s);
	if (prefixes_have(list, &p))
		return conf_fail(r, s, "%s is there twice",
		    config_setting_get_string(s));
	list->v[list->n++] = p;
	return true;
}

bool
conf_prefixes_read(struct conf_read *r, const config_setting_t *s,
    struct conf_prefixes *list)
{
	unsigned n = (unsigned)config_setting_length(s);

	list->v = calloc(n + 1, sizeof(*list->v));
	if (list->v == NULL)
		return conf_fail(r, s, "out of memory");
	for (unsigned i = 0; i < n; i++) {
		if (!add_prefix(r, config_setting_get_elem(s, i), list))
			return false;
	}
	return true;
}
