/*
 * VPCs of a configuration: interfaces that are no tunnels, the networks behind
 * them, and the route tables that both belong to.  A network is on the link,
 * behind the VPC's next_hop or behind one of its own; without any named they
 * are those that the interfaces' addresses are in, which nobody knows here.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/conf_read.h"

#define INTERFACE	"interface"

const struct conf_vpc *
conf_vpc_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->vpcs_n; i++) {
		if (strcmp(conf->vpcs[i].name, name) == 0)
			return &conf->vpcs[i];
	}
	return NULL;
}

static bool
has_lan(const struct conf_vpc *v, const char *ifname)
{
	for (unsigned i = 0; i < v->lans_n; i++) {
		if (strcmp(v->lans[i], ifname) == 0)
			return true;
	}
	return false;
}

const struct conf_vpc *
conf_vpc_of(const struct conf *conf, const char *ifname)
{
	for (size_t i = 0; i < conf->vpcs_n; i++) {
		if (has_lan(&conf->vpcs[i], ifname))
			return &conf->vpcs[i];
	}
	return NULL;
}

/* --- parts --- */

bool
conf_lans_read(struct conf_read *r, const config_setting_t *s,
    struct conf_vpc *v)
{
	int n = config_setting_length(s);

	if (n < 1 || n > CONF_VPC_LANS)
		return conf_fail(r, s, "must have 1 to %d names, not %d",
		    CONF_VPC_LANS, n);
	for (int i = 0; i < n; i++) {
		const config_setting_t *e =
		    config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_get_string(e);
		char fresh[KERN_IFNAME_LEN];

		if (name == NULL)
			return conf_fail_type(r, e, "the name of an interface "
			    "in quotes");
		if (!conf_ifname_read(r, e, name, fresh))
			return false;
		if (has_lan(v, fresh))
			return conf_fail(r, e, "\"%s\" is there twice", name);
		str_set(v->lans[v->lans_n++], KERN_IFNAME_LEN, fresh);
	}
	return true;
}

/* A network in quotes, or a group with a next hop of its own. */
static bool
read_reach(struct conf_read *r, const config_setting_t *s,
    struct conf_reach *out)
{
	struct conf_seen seen = { 0 };
	const char *text = config_setting_get_string(s);
	char quoted[PREFIX_STRLEN];

	if (text != NULL)
		return conf_net_read(r, s, text, ADDR_NONE, &out->prefix);
	if (config_setting_type(s) != CONFIG_TYPE_GROUP)
		return conf_fail_type(r, s, "a network in quotes or a group");
	if (!conf_group_read(r, CONF_AT_REACH, s, out, NULL, &seen) ||
	    !conf_group_check(r, CONF_AT_REACH, s, seen))
		return false;
	if (out->next_hop.family != out->prefix.addr.family)
		return conf_fail_key(r, s, "next_hop", "is not of the IP "
		    "version of %s", prefix_str(&out->prefix, quoted));
	return true;
}

bool
conf_reaches_read(struct conf_read *r, const config_setting_t *s,
    struct conf_reaches *list)
{
	const char *text = config_setting_get_string(s);
	int n = config_setting_length(s);
	char quoted[PREFIX_STRLEN];

	if (text != NULL)
		return strcmp(text, INTERFACE) == 0 || conf_fail_text(r, s,
		    "\"" INTERFACE "\" or a list", text);
	if (n > CONF_REACHES)
		return conf_fail(r, s, "must have %d networks at most, not %d",
		    CONF_REACHES, n);
	list->v = calloc((size_t)n + 1, sizeof(*list->v));
	if (list->v == NULL)
		return conf_fail(r, s, "out of memory");
	for (int i = 0; i < n; i++) {
		const config_setting_t *e =
		    config_setting_get_elem(s, (unsigned)i);
		struct conf_reach *new = &list->v[list->n];

		if (!read_reach(r, e, new))
			return false;
		for (size_t k = 0; k < list->n; k++) {
			if (prefix_eq(&list->v[k].prefix, &new->prefix))
				return conf_fail(r, e, "%s is there twice",
				    prefix_str(&new->prefix, quoted));
		}
		list->n++;
	}
	return true;
}

static bool
add_hop(struct conf_read *r, const config_setting_t *s,
    struct addr hops[static 2])
{
	const char *text = config_setting_get_string(s);
	struct addr a, *at;

	if (text == NULL)
		return conf_fail_type(r, s, "an address in quotes");
	if (!conf_outside_read(r, s, text, &a))
		return false;
	at = &hops[a.family == ADDR_IPV6];
	if (addr_is_set(at))
		return conf_fail(r, s, "there is a next hop of that IP "
		    "version already");
	*at = a;
	return true;
}

bool
conf_hops_read(struct conf_read *r, const config_setting_t *s,
    struct addr hops[static 2])
{
	int n = config_setting_length(s);

	if (config_setting_get_string(s) != NULL)
		return add_hop(r, s, hops);
	for (int i = 0; i < n; i++) {
		if (!add_hop(r, config_setting_get_elem(s, (unsigned)i),
		    hops))
			return false;
	}
	return true;
}

/* --- what they are --- */

/* What has no next hop of its own has that of its VPC. */
static void
settle(struct conf_vpc *v)
{
	if (v->association == 0)
		v->association = CONF_TABLE_MAIN;
	if (!v->propagation.given)
		v->propagation.v[v->propagation.n++] = v->association;
	for (size_t i = 0; i < v->prefixes.n; i++) {
		struct conf_reach *p = &v->prefixes.v[i];

		if (!addr_is_set(&p->next_hop))
			p->next_hop =
			    v->next_hop[p->prefix.addr.family == ADDR_IPV6];
	}
}

static bool
read_vpc(struct conf_read *r, const config_setting_t *group, size_t i)
{
	struct conf_vpc *v = &r->conf->vpcs[i];
	struct conf_seen seen = { 0 };

	v->line = (int)config_setting_source_line(group);
	conf_group_defaults(CONF_AT_VPC, v);
	if (!conf_group_read(r, CONF_AT_VPC, group, v, NULL, &seen) ||
	    !conf_group_check(r, CONF_AT_VPC, group, seen))
		return false;
	settle(v);
	for (size_t k = 0; k < i; k++) {
		const struct conf_vpc *o = &r->conf->vpcs[k];

		if (strcmp(o->name, v->name) == 0)
			return conf_fail_key(r, group, "name",
			    "\"%s\" is there twice", v->name);
		for (unsigned n = 0; n < v->lans_n; n++) {
			if (has_lan(o, v->lans[n]))
				return conf_fail_key(r, group, "interfaces",
				    "%s is an interface of \"%s\" already",
				    v->lans[n], o->name);
		}
	}
	return true;
}

bool
conf_vpcs_read(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (!conf_groups_find(r, root, conf_key_find(CONF_AT_TOP, "vpcs"),
	    sizeof(*r->conf->vpcs), &g))
		return false;
	r->conf->vpcs = g.room;
	for (size_t i = 0; i < g.n; i++) {
		r->conf->vpcs_n = i + 1;
		if (!read_vpc(r, conf_groups_at(&g, i), i))
			return false;
	}
	return true;
}

/* --- once all is read --- */

/* None is an interface that we make. */
static bool
check_lans(struct conf_read *r, const config_setting_t *group,
    const struct conf_vpc *v)
{
	const struct conf *conf = r->conf;

	for (size_t i = 0; i < r->sites_n; i++) {
		const struct conf_connection *c =
		    &conf->connections[r->sites[i].connection];

		if (has_lan(v, c->tunnels[r->sites[i].tunnel].ifname))
			return conf_fail_key(r, group, "interfaces",
			    "%s is the interface of %s/%u",
			    c->tunnels[r->sites[i].tunnel].ifname, c->name,
			    r->sites[i].tunnel + 1);
	}
	for (size_t i = 0; i < conf->tables_n; i++) {
		if (has_lan(v, conf->tables[i].vrf_name))
			return conf_fail_key(r, group, "interfaces",
			    "%s is the VRF device of route table \"%s\"",
			    conf->tables[i].vrf_name, conf->tables[i].name);
	}
	return true;
}

/* The first table that both propagate to; 0: they have none in common. */
static uint16_t
common_table(const struct conf_vpc *a, const struct conf_vpc *b)
{
	for (unsigned i = 0; i < a->propagation.n; i++) {
		if (conf_tables_have(&b->propagation, a->propagation.v[i]))
			return a->propagation.v[i];
	}
	return 0;
}

/* The same network twice in one table: one of them would never be reached. */
static bool
check_apart(struct conf_read *r, const config_setting_t *group,
    const struct conf_vpc *a, const struct conf_vpc *b)
{
	uint16_t table = common_table(a, b);
	char text[PREFIX_STRLEN];

	for (size_t i = 0; table != 0 && i < a->prefixes.n; i++) {
		for (size_t k = 0; k < b->prefixes.n; k++) {
			const struct prefix *p = &b->prefixes.v[k].prefix;

			if (prefix_eq(&a->prefixes.v[i].prefix, p))
				return conf_fail_key(r, group, "prefixes",
				    "%s is a prefix of \"%s\" in route table "
				    "\"%s\" already", prefix_str(p, text),
				    a->name, conf_table_name(r->conf, table));
		}
	}
	return true;
}

bool
conf_vpcs_check(struct conf_read *r)
{
	for (size_t i = 0; i < r->conf->vpcs_n; i++) {
		const struct conf_vpc *v = &r->conf->vpcs[i];
		const config_setting_t *group = conf_top_at(r, "vpcs", i);

		if (!check_lans(r, group, v))
			return false;
		for (size_t k = 0; k < i; k++) {
			if (!check_apart(r, group, &r->conf->vpcs[k], v))
				return false;
		}
	}
	return true;
}
