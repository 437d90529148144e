/*
 * Gateways and customer gateways of a configuration, the objects that AWS's
 * Site-to-Site VPN has besides connections: who is at the customer's end, and
 * what of ours a connection ends at.  AWS's rules for their AS numbers hold
 * here too.  What a connection makes of the two: conf_attach.c.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/conf_read.h"
#include "util/array.h"

const struct conf_target *
conf_target(const struct conf *conf, const struct conf_connection *c)
{
	return c->target == 0 ? NULL : &conf->targets[c->target - 1];
}

const struct conf_customer *
conf_customer(const struct conf *conf, const struct conf_connection *c)
{
	return c->customer == 0 ? NULL : &conf->customers[c->customer - 1];
}

const char *
conf_target_type_str(enum conf_target_type type)
{
	return type == CONF_TRANSIT ? "transit" : "virtual-private";
}

/* --- by name --- */

bool
conf_customer_named(struct conf_read *r, const config_setting_t *s,
    const char *name, uint32_t *number)
{
	const struct conf_customer *c = dict_get(&r->customers, name);
	char text[CONF_QUOTED_LEN];

	if (c == NULL)
		return conf_fail(r, s, "there is no customer gateway %s in "
		    "customer_gateways", conf_quoted(name, text));
	*number = (uint32_t)(c - r->conf->customers) + 1;
	return true;
}

bool
conf_target_named(struct conf_read *r, const config_setting_t *s,
    const char *name, uint32_t *number)
{
	const struct conf_target *t = dict_get(&r->targets, name);
	char text[CONF_QUOTED_LEN];

	if (t == NULL)
		return conf_fail(r, s, "there is no gateway %s in gateways",
		    conf_quoted(name, text));
	*number = (uint32_t)(t - r->conf->targets) + 1;
	return true;
}

/* Under its name, which nobody has yet. */
static bool
enter(struct conf_read *r, struct dict *dict, const config_setting_t *group,
    const char *name, void *object)
{
	if (dict_get(dict, name) != NULL)
		return conf_fail_key(r, group, "name", "\"%s\" is there twice",
		    name);
	return dict_put(dict, name, object) ||
	    conf_fail(r, group, "out of memory");
}

/* --- customer gateways --- */

/* AS numbers that AWS itself has had towards customers. */
static const struct {
	uint32_t	asn;
	const char	*where;
} amazons[] = {
	{ 7224, "in every Region" },
	{ 9059, "in eu-west-1" },
	{ 10124, "in ap-northeast-1" },
	{ 17943, "in ap-southeast-1" },
};

static bool
check_customer(struct conf_read *r, const config_setting_t *group,
    struct conf_customer *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(amazons); i++) {
		if (amazons[i].asn == c->asn)
			return conf_fail_key(r, group, "bgp_asn", "AS %u is "
			    "reserved by AWS %s", c->asn, amazons[i].where);
	}
	return enter(r, &r->customers, group, c->name, c);
}

static bool
read_customer(struct conf_read *r, const config_setting_t *group,
    struct conf_customer *c)
{
	struct conf_seen seen = { 0 };

	c->line = (int)config_setting_source_line(group);
	conf_group_defaults(CONF_AT_CUSTOMER, c);
	return conf_group_read(r, CONF_AT_CUSTOMER, group, c, NULL, &seen) &&
	    conf_group_check(r, CONF_AT_CUSTOMER, group, seen) &&
	    check_customer(r, group, c);
}

/* What tells two of one address apart. */
static int
likeness_cmp(const struct conf_customer *a, const struct conf_customer *b)
{
	int c = addr_cmp(&a->ip, &b->ip);

	if (c == 0)
		c = (a->asn > b->asn) - (a->asn < b->asn);
	return c != 0 ? c : strcmp(a->device, b->device);
}

static int
customer_cmp(const void *va, const void *vb)
{
	const struct conf_customer *const *a = va, *const *b = vb;
	int c = likeness_cmp(*a, *b);

	return c != 0 ? c : (*a > *b) - (*a < *b);
}

/* The second of two alike that comes first in the file; other: the first. */
static const struct conf_customer *
earliest_twin(const struct conf_customer **v, size_t n,
    const struct conf_customer **other)
{
	const struct conf_customer *twin = NULL;

	for (size_t i = 1; i < n; i++) {
		if (!addr_is_set(&v[i]->ip) ||
		    likeness_cmp(v[i - 1], v[i]) != 0 ||
		    (twin != NULL && twin < v[i]))
			continue;
		twin = v[i];
		*other = v[i - 1];
	}
	return twin;
}

static bool
check_customers(struct conf_read *r, const config_setting_t *list)
{
	size_t n = r->conf->customers_n;
	const struct conf_customer **v = calloc(n + 1, sizeof(*v));
	const struct conf_customer *twin, *other = NULL;
	const config_setting_t *group;

	if (v == NULL)
		return conf_fail(r, list, "out of memory");
	for (size_t i = 0; i < n; i++)
		v[i] = &r->conf->customers[i];
	qsort(v, n, sizeof(*v), customer_cmp);
	twin = earliest_twin(v, n, &other);
	free(v);
	if (twin == NULL)
		return true;
	group = conf_top_at(r, "customer_gateways",
	    (size_t)(twin - r->conf->customers));
	return conf_fail_key(r, group, "device_name", "ip_address and "
	    "bgp_asn are those of \"%s\": one of the three must differ",
	    other->name);
}

static bool
read_customers(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (!conf_groups_find(r, root, conf_key_find(CONF_AT_TOP,
	    "customer_gateways"), sizeof(*r->conf->customers), &g))
		return false;
	r->conf->customers = g.room;
	for (size_t i = 0; i < g.n; i++) {
		r->conf->customers_n = i + 1;
		if (!read_customer(r, conf_groups_at(&g, i),
		    &r->conf->customers[i]))
			return false;
	}
	return g.n == 0 || check_customers(r, g.list);
}

/* --- gateways --- */

static bool
is_private_asn(uint32_t asn)
{
	return (asn >= 64512 && asn <= 65534) ||
	    (asn >= UINT32_C(4200000000) && asn <= UINT32_C(4294967294));
}

/* Those that a gateway made before July 2018 has. */
static bool
is_old_asn(uint32_t asn)
{
	return asn == 7224 || asn == 9059 || asn == 10124 || asn == 17493;
}

static bool
check_asn(struct conf_read *r, const config_setting_t *group,
    struct conf_target *t)
{
	if (t->asn == 0)
		t->asn = r->conf->asn;
	else if (!is_private_asn(t->asn) && !is_old_asn(t->asn))
		return conf_fail_key(r, group, "amazon_side_asn", "must be a "
		    "private AS number, 64512 to 65534 or 4200000000 to "
		    "4294967294, not %u; without the key it is asn", t->asn);
	return true;
}

/* Keys that are for the other type. */
static bool
check_type(struct conf_read *r, const config_setting_t *group,
    const struct conf_target *t)
{
	static const struct {
		enum conf_target_type of;
		const char	*key;
	} only[] = {
		{ CONF_VIRTUAL_PRIVATE, "route_table" },
		{ CONF_VIRTUAL_PRIVATE, "vpc" },
		{ CONF_TRANSIT, "vpn_ecmp_support" },
		{ CONF_TRANSIT, "default_route_table_association" },
		{ CONF_TRANSIT, "default_route_table_propagation" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(only); i++) {
		if (only[i].of != t->type && config_setting_get_member(group,
		    only[i].key) != NULL)
			return conf_fail_key(r, group, only[i].key, "is only "
			    "for a gateway of type \"%s\"",
			    conf_target_type_str(only[i].of));
	}
	return true;
}

static void
fill_tables(struct conf_target *t)
{
	if (t->type == CONF_VIRTUAL_PRIVATE) {
		if (t->table == 0)
			t->table = CONF_TABLE_MAIN;
		t->association = t->propagation = t->table;
		t->ecmp = false;
	}
	if (t->association == 0)
		t->association = CONF_TABLE_MAIN;
	if (t->propagation == 0)
		t->propagation = t->association;
}

/* Branches of two such gateways must not reach one another. */
static bool
check_table(struct conf_read *r, const config_setting_t *group,
    const struct conf_target *t)
{
	const struct conf *conf = r->conf;

	if (t->type != CONF_VIRTUAL_PRIVATE)
		return true;
	for (const struct conf_target *o = conf->targets; o < t; o++) {
		if (o->type == CONF_VIRTUAL_PRIVATE && o->table == t->table)
			return conf_fail_key(r, group, "route_table", "\"%s\" "
			    "is already that of gateway \"%s\"; each virtual "
			    "private gateway needs its own",
			    conf_table_name(conf, t->table), o->name);
	}
	return true;
}

static bool
read_target(struct conf_read *r, const config_setting_t *group,
    struct conf_target *t)
{
	struct conf_seen seen = { 0 };

	t->line = (int)config_setting_source_line(group);
	conf_group_defaults(CONF_AT_TARGET, t);
	if (!conf_group_read(r, CONF_AT_TARGET, group, t, NULL, &seen) ||
	    !conf_group_check(r, CONF_AT_TARGET, group, seen) ||
	    !check_type(r, group, t) || !check_asn(r, group, t))
		return false;
	fill_tables(t);
	return check_table(r, group, t) &&
	    enter(r, &r->targets, group, t->name, t);
}

bool
conf_objects_read(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (!read_customers(r, root) || !conf_groups_find(r, root,
	    conf_key_find(CONF_AT_TOP, "gateways"),
	    sizeof(*r->conf->targets), &g))
		return false;
	r->conf->targets = g.room;
	for (size_t i = 0; i < g.n; i++) {
		r->conf->targets_n = i + 1;
		if (!read_target(r, conf_groups_at(&g, i),
		    &r->conf->targets[i]))
			return false;
	}
	return true;
}
