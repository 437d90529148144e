/*
 * Route tables of a configuration, as a transit gateway has them: each has a
 * name and the number of a table of the kernel, which is its number in BGP as
 * well, and routes of its own.  Connections name the one that they are
 * associated with and those that they propagate to.  The kernel's main table
 * is one of them, called "main", and need not be described.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/conf_read.h"
#include "util/array.h"

#define MAIN		"main"

const struct conf_table *
conf_table(const struct conf *conf, uint16_t number)
{
	for (size_t i = 0; i < conf->tables_n; i++) {
		if (conf->tables[i].number == number)
			return &conf->tables[i];
	}
	return NULL;
}

const struct conf_table *
conf_table_named(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->tables_n; i++) {
		if (strcmp(conf->tables[i].name, name) == 0)
			return &conf->tables[i];
	}
	return NULL;
}

const char *
conf_table_name(const struct conf *conf, uint16_t number)
{
	const struct conf_table *t = conf_table(conf, number);

	return number == CONF_TABLE_MAIN ? MAIN : t == NULL ? "" : t->name;
}

bool
conf_tables_have(const struct conf_tables *t, uint16_t number)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (t->v[i] == number)
			return true;
	}
	return false;
}

/* --- tables by name --- */

bool
conf_table_read(struct conf_read *r, const config_setting_t *s,
    const char *name, uint16_t *number)
{
	const struct conf_table *t = conf_table_named(r->conf, name);
	char text[CONF_QUOTED_LEN];

	if (t == NULL && strcmp(name, MAIN) != 0)
		return conf_fail(r, s, "there is no route table %s in "
		    "route_tables", conf_quoted(name, text));
	*number = t == NULL ? CONF_TABLE_MAIN : t->number;
	return true;
}

bool
conf_propagation_read(struct conf_read *r, const config_setting_t *s,
    struct conf_tables *out)
{
	int n = config_setting_length(s);
	uint16_t number;

	out->given = true;
	for (int i = 0; i < n; i++) {
		const config_setting_t *e =
		    config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_get_string(e);

		if (name == NULL)
			return conf_fail_type(r, e, "the name of a route "
			    "table in quotes");
		if (!conf_table_read(r, e, name, &number))
			return false;
		if (conf_tables_have(out, number))
			return conf_fail(r, e, "\"%s\" is there twice", name);
		out->v[out->n++] = number;
	}
	return true;
}

/* Who says nothing belongs to the main table; who teaches, to its own. */
void
conf_tables_default(uint16_t *association, struct conf_tables *propagation)
{
	if (*association == 0)
		*association = CONF_TABLE_MAIN;
	if (!propagation->given)
		propagation->v[propagation->n++] = *association;
}

/* --- what they are --- */

static bool
check_static(struct conf_read *r, const config_setting_t *group,
    const struct conf_table *t, size_t i)
{
	const struct conf_static *s = &t->statics[i];
	char text[PREFIX_STRLEN];

	if (s->blackhole && s->connection[0] != '\0')
		return conf_fail_key(r, group, "blackhole", "the route cannot "
		    "lead to a connection as well");
	if (s->vpc[0] != '\0' && (s->blackhole || s->connection[0] != '\0'))
		return conf_fail_key(r, group, "vpc", "the route leads "
		    "elsewhere already");
	if (!s->blackhole && s->connection[0] == '\0' && s->vpc[0] == '\0')
		return conf_fail_key(r, group, "connection", "missing: a route "
		    "leads to a connection, or is a blackhole");
	for (size_t k = 0; k < i; k++) {
		if (prefix_eq(&t->statics[k].prefix, &s->prefix))
			return conf_fail_key(r, group, "prefix",
			    "%s is there twice", prefix_str(&s->prefix, text));
	}
	return true;
}

static bool
read_statics(struct conf_read *r, const config_setting_t *group,
    struct conf_table *t)
{
	struct conf_groups g;

	if (!conf_groups_find(r, group, conf_key_find(CONF_AT_TABLE,
	    "routes"), sizeof(*t->statics), &g))
		return false;
	t->statics = g.room;
	for (size_t i = 0; i < g.n; i++) {
		const config_setting_t *e = conf_groups_at(&g, i);
		struct conf_seen seen = { 0 };

		t->statics[i].line = (int)config_setting_source_line(e);
		t->statics_n = i + 1;
		if (!conf_group_read(r, CONF_AT_STATIC, e, &t->statics[i],
		    NULL, &seen) ||
		    !conf_group_check(r, CONF_AT_STATIC, e, seen) ||
		    !check_static(r, e, t, i))
			return false;
	}
	return true;
}

/* Numbers that mean something else to the kernel. */
static bool
check_number(struct conf_read *r, const config_setting_t *group, uint16_t n)
{
	static const struct {
		uint16_t	number;
		const char	*is;
	} reserved[] = {
		{ 253, "default" }, { 254, MAIN }, { 255, "local" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (reserved[i].number == n)
			return conf_fail_key(r, group, "table", "%u is the "
			    "kernel's table \"%s\"", n, reserved[i].is);
	}
	return true;
}

static bool
check_table(struct conf_read *r, const config_setting_t *group, size_t i)
{
	const struct conf_table *t = &r->conf->tables[i];

	if (strcmp(t->name, MAIN) == 0)
		return conf_fail_key(r, group, "name", "\"" MAIN "\" is the "
		    "kernel's main table, which is always there");
	for (size_t k = 0; k < i; k++) {
		const struct conf_table *o = &r->conf->tables[k];

		if (strcmp(o->name, t->name) == 0)
			return conf_fail_key(r, group, "name",
			    "\"%s\" is there twice", t->name);
		if (o->number == t->number)
			return conf_fail_key(r, group, "table", "%u is "
			    "already the table of \"%s\"", t->number,
			    o->name);
	}
	return check_number(r, group, t->number);
}

static bool
read_table(struct conf_read *r, const config_setting_t *group, size_t i)
{
	struct conf_table *t = &r->conf->tables[i];
	struct conf_seen seen = { 0 };

	conf_group_defaults(CONF_AT_TABLE, t);
	if (!conf_group_read(r, CONF_AT_TABLE, group, t, NULL, &seen) ||
	    !conf_group_check(r, CONF_AT_TABLE, group, seen))
		return false;
	str_fmt(t->vrf_name, sizeof(t->vrf_name), "vrf%u", t->number);
	return check_table(r, group, i) && read_statics(r, group, t);
}

bool
conf_tables_read(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (!conf_groups_find(r, root, conf_key_find(CONF_AT_TOP,
	    "route_tables"), sizeof(*r->conf->tables), &g))
		return false;
	r->conf->tables = g.room;
	for (size_t i = 0; i < g.n; i++) {
		r->conf->tables_n = i + 1;
		if (!read_table(r, conf_groups_at(&g, i), i))
			return false;
	}
	return true;
}

/* --- once all is read --- */

/* It leads to the VPC's router: all hosts of a network are not its link. */
static bool
check_vpc(struct conf_read *r, const config_setting_t *group,
    const struct conf_static *s)
{
	const struct conf_vpc *v = conf_vpc_named(r->conf, s->vpc);
	char text[PREFIX_STRLEN];

	if (v == NULL)
		return conf_fail_key(r, group, "vpc", "there is no VPC "
		    "\"%s\"", s->vpc);
	if (!addr_is_set(&v->next_hop[s->prefix.addr.family == ADDR_IPV6]))
		return conf_fail_key(r, group, "vpc", "\"%s\" has no next_hop "
		    "for %s", v->name, prefix_str(&s->prefix, text));
	return true;
}

static bool
check_target(struct conf_read *r, const config_setting_t *group,
    const struct conf_static *s)
{
	const struct conf_connection *c = NULL;
	char text[PREFIX_STRLEN];
	unsigned tunnel;

	if (s->blackhole)
		return true;
	if (s->vpc[0] != '\0')
		return check_vpc(r, group, s);
	for (size_t i = 0; i < r->conf->n && c == NULL; i++) {
		if (strcmp(r->conf->connections[i].name, s->connection) == 0)
			c = &r->conf->connections[i];
	}
	if (c == NULL)
		return conf_fail_key(r, group, "connection", "there is no "
		    "connection \"%s\"", s->connection);
	if (!conf_carries(c, &s->prefix, &tunnel))
		return conf_fail_key(r, group, "prefix", "%s does not fit "
		    "tunnel_inside_ip_version of tunnel %u of \"%s\"",
		    prefix_str(&s->prefix, text), tunnel, c->name);
	return true;
}

/* The name of a VRF device is no tunnel's. */
static bool
check_vrf(struct conf_read *r, const config_setting_t *group,
    const struct conf_table *t)
{
	for (size_t i = 0; i < r->conf->n; i++) {
		const struct conf_connection *c = &r->conf->connections[i];

		for (unsigned k = 0; k < c->tunnels_n; k++) {
			if (strcmp(c->tunnels[k].ifname, t->vrf_name) == 0)
				return conf_fail_key(r, group, "table",
				    "its VRF device would be %s, which is the "
				    "interface of %s/%u", t->vrf_name,
				    c->name, k + 1);
		}
	}
	return true;
}

bool
conf_tables_check(struct conf_read *r)
{
	for (size_t i = 0; i < r->conf->tables_n; i++) {
		const struct conf_table *t = &r->conf->tables[i];
		const config_setting_t *group =
		    conf_top_at(r, "route_tables", i);
		const config_setting_t *routes =
		    config_setting_get_member(group, "routes");

		if (!check_vrf(r, group, t))
			return false;
		for (size_t k = 0; k < t->statics_n; k++) {
			if (!check_target(r, config_setting_get_elem(routes,
			    (unsigned)k), &t->statics[k]))
				return false;
		}
	}
	return true;
}
