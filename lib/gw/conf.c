/*
 * Configuration text to values: libconfig parses, the table of keys says what
 * may stand where, conf_value.c reads each key, conf_check.c what concerns
 * several.  Within a group its own keys come first, then the groups in it.
 * The top level is that of all files (conf_top.c).  Pure: the text is given,
 * @include is refused before libconfig sees it.
 */
#include "gw/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/conf_read.h"

/* What the caller gets to see of one error. */
static void
set_where(struct conf_read *r, const config_setting_t *s)
{
	str_set(r->err->file, sizeof(r->err->file), conf_source_of(r, s));
	r->err->line = (int)config_setting_source_line(s);
}

/* "connections[0].tunnels[1].local_id" */
void
conf_path(char *buf, size_t size, const config_setting_t *s)
{
	const config_setting_t *up = config_setting_parent(s);
	const char *name = config_setting_name(s);

	if (up == NULL) {
		buf[0] = '\0';
		return;
	}
	conf_path(buf, size, up);
	if (name != NULL)
		str_add(buf, size, "%s%s", buf[0] != '\0' ? "." : "", name);
	else
		str_add(buf, size, "[%d]", config_setting_index(s));
}

static void
set_why(struct conf_read *r, const char *fmt, va_list ap)
{
	vsnprintf(r->err->why.s, sizeof(r->err->why.s), fmt, ap);
}

bool
conf_fail(struct conf_read *r, const config_setting_t *s, const char *fmt, ...)
{
	va_list ap;

	set_where(r, s);
	conf_path(r->err->key, sizeof(r->err->key), s);
	va_start(ap, fmt);
	set_why(r, fmt, ap);
	va_end(ap);
	return false;
}

static void
fail_key(struct conf_read *r, const config_setting_t *group, const char *key,
    const char *fmt, va_list ap)
{
	const config_setting_t *s = config_setting_parent(group) == NULL ?
	    conf_top_member(r, key) : config_setting_get_member(group, key);
	char *path = r->err->key;

	set_where(r, s != NULL ? s : group);
	conf_path(path, sizeof(r->err->key), group);
	str_add(path, sizeof(r->err->key), "%s%s", path[0] != '\0' ? "." : "",
	    key);
	set_why(r, fmt, ap);
}

bool
conf_fail_key(struct conf_read *r, const config_setting_t *group,
    const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_key(r, group, key, fmt, ap);
	va_end(ap);
	return false;
}

bool
conf_fail_tunnel(struct conf_read *r, const struct conf_site *site,
    const char *key, const char *fmt, ...)
{
	bool above = config_setting_get_member(site->in_tunnel, key) == NULL &&
	    config_setting_get_member(site->in_connection, key) != NULL;
	va_list ap;

	va_start(ap, fmt);
	fail_key(r, above ? site->in_connection : site->in_tunnel, key, fmt,
	    ap);
	va_end(ap);
	return false;
}

void
conf_error_str(const struct conf_error *e, char *buf, size_t size)
{
	str_set(buf, size, e->file);
	if (e->line > 0)
		str_add(buf, size, ":%d", e->line);
	if (e->key[0] != '\0')
		str_add(buf, size, ": %s", e->key);
	str_add(buf, size, ": %s", e->why.s);
}

static bool
fail_unknown(struct conf_read *r, enum conf_place place,
    const config_setting_t *s)
{
	static const char *const places[] = {
		[CONF_AT_TOP] = "at the top level",
		[CONF_AT_CONNECTION] = "in a connection",
		[CONF_AT_TUNNEL] = "in a tunnel",
		[CONF_AT_PLIST] = "in a prefix list",
		[CONF_AT_POLICY] = "in a policy",
		[CONF_AT_TERM] = "in a term of a policy",
		[CONF_AT_MATCH] = "in match of a term",
		[CONF_AT_SET] = "in set of a term",
		[CONF_AT_TABLE] = "in a route table",
		[CONF_AT_STATIC] = "in a route of a route table",
		[CONF_AT_NEIGHBOR] = "in a neighbor",
		[CONF_AT_CUSTOMER] = "in a customer gateway",
		[CONF_AT_TARGET] = "in a gateway",
		[CONF_AT_VPC] = "in a VPC",
		[CONF_AT_REACH] = "in a prefix of a VPC",
	};
	const char *name = config_setting_name(s);
	const struct conf_key *other = conf_key_any(name);

	if (other != NULL)
		return conf_fail(r, s, "may not stand here, only %s%s%s",
		    places[other->place],
		    other->shared ? " or a connection" : "",
		    other->outer ? " or a neighbor" : "");
	return conf_fail(r, s, "unknown key; did you mean \"%s\"?",
	    conf_key_nearest(place, name));
}

/*
 * Reads the keys of one group into the struct of its place; keys of a tunnel
 * that stand in a connection go to the tunnels' common beginning, those in a
 * neighbour to its own part of that.
 */
bool
conf_group_read(struct conf_read *r, enum conf_place place,
    const config_setting_t *group, void *base, void *shared,
    struct conf_seen *seen)
{
	int n = config_setting_length(group);

	for (int i = 0; i < n; i++) {
		const config_setting_t *s =
		    config_setting_get_elem(group, (unsigned)i);
		const struct conf_key *key =
		    conf_key_find(place, config_setting_name(s));

		if (key == NULL)
			return fail_unknown(r, place, s);
		conf_seen_add(seen, key);
		if (!conf_key_holds_groups(key) && !conf_value_read(r, key,
		    s, key->place == place ? base : shared))
			return false;
	}
	return true;
}

bool
conf_group_check(struct conf_read *r, enum conf_place place,
    const config_setting_t *group, struct conf_seen seen)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		if (key->place == place && key->required &&
		    !conf_seen_has(seen, key))
			return conf_fail_key(r, group, key->name, "missing");
	}
	return true;
}

void
conf_group_defaults(enum conf_place place, void *base)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		if (key->place == place && !conf_key_holds_groups(key))
			conf_value_default(key, base);
	}
}

bool
conf_group_list(struct conf_read *r, const config_setting_t *s,
    const struct conf_key *key)
{
	int n = config_setting_length(s);

	if (config_setting_type(s) != CONFIG_TYPE_LIST)
		return conf_fail(r, s,
		    "must be a list of groups: ( { ... } )");
	if (n < key->min || n > key->max)
		return conf_fail(r, s, "must have %lld to %lld groups, not %d",
		    (long long)key->min, (long long)key->max, n);
	for (int i = 0; i < n; i++) {
		const config_setting_t *e =
		    config_setting_get_elem(s, (unsigned)i);

		if (config_setting_type(e) != CONFIG_TYPE_GROUP)
			return conf_fail(r, e, "must be a group: { ... }");
	}
	return true;
}

static bool
find_list(struct conf_read *r, const config_setting_t *group,
    const struct conf_key *key, struct conf_groups *g)
{
	const config_setting_t *s;

	if (config_setting_parent(group) == NULL)
		return conf_top_find(r, key, g);
	s = config_setting_get_member(group, key->name);
	if (s == NULL)
		return true;
	g->list = s;
	g->n = (size_t)config_setting_length(s);
	return conf_group_list(r, s, key);
}

bool
conf_groups_find(struct conf_read *r, const config_setting_t *group,
    const struct conf_key *key, size_t size, struct conf_groups *out)
{
	struct conf_groups g = { .list = group };

	if (!find_list(r, group, key, &g))
		return false;
	g.room = g.list == group && g.v == NULL ? NULL :
	    calloc(g.n + 1, size);
	if (g.room == NULL && (g.list != group || g.v != NULL))
		return conf_fail(r, g.list, "out of memory");
	*out = g;
	return true;
}

config_setting_t *
conf_groups_at(const struct conf_groups *g, size_t i)
{
	return g->v != NULL ? g->v[i] :
	    config_setting_get_elem(g->list, (unsigned)i);
}

static bool
read_tunnel(struct conf_read *r, struct conf_connection *c,
    const struct conf_site *site, struct conf_seen seen)
{
	struct conf_tunnel *t = &c->tunnels[site->tunnel];

	t->number = site->tunnel + 1;
	t->index = (uint32_t)r->sites_n;
	return conf_group_read(r, CONF_AT_TUNNEL, site->in_tunnel, t, NULL,
	    &seen) &&
	    conf_group_check(r, CONF_AT_TUNNEL, site->in_tunnel, seen) &&
	    conf_check_tunnel(r, c, t, site, seen);
}

static bool
read_tunnels(struct conf_read *r, size_t at, config_setting_t *group,
    const struct conf_tunnel *common, struct conf_seen seen)
{
	const struct conf_key *key = conf_key_any("tunnels");
	const config_setting_t *list =
	    config_setting_get_member(group, key->name);
	struct conf_connection *c = &r->conf->connections[at];

	if (!conf_group_list(r, list, key))
		return false;
	c->tunnels_n = (unsigned)config_setting_length(list);
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		struct conf_site *site = &r->sites[r->sites_n++];

		*site = (struct conf_site){ .connection = at, .tunnel = i,
		    .in_connection = group,
		    .in_tunnel = config_setting_get_elem(list, i) };
		memcpy(&c->tunnels[i], common, sizeof(*common));
		if (!read_tunnel(r, c, site, seen))
			return false;
	}
	return true;
}

static bool
read_connection(struct conf_read *r, size_t at, config_setting_t *group)
{
	struct conf_connection *c = &r->conf->connections[at];
	struct conf_tunnel common;
	struct conf_seen seen = { 0 };

	memset(&common, 0, sizeof(common));	/* its padding too */
	c->line = (int)config_setting_source_line(group);
	c->source = conf_source_of(r, group);
	conf_group_defaults(CONF_AT_CONNECTION, c);
	conf_group_defaults(CONF_AT_TUNNEL, &common);
	if (!conf_group_read(r, CONF_AT_CONNECTION, group, c, &common,
	    &seen) || !conf_attach_begin(r, c, group, &common, &seen) ||
	    !conf_group_check(r, CONF_AT_CONNECTION, group, seen))
		return false;
	conf_tables_default(&c->association, &c->propagation);
	return read_tunnels(r, at, group, &common, seen) &&
	    conf_attach_check(r, c, group) &&
	    conf_check_connection(r, c, group);
}

static bool
read_connections(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (!conf_groups_find(r, root, conf_key_any("connections"),
	    sizeof(*r->conf->connections), &g))
		return false;
	r->conf->connections = g.room;
	r->sites = calloc(g.n + 1, CONF_TUNNELS * sizeof(*r->sites));
	if (r->sites == NULL)
		return conf_fail(r, g.list, "out of memory");
	for (size_t i = 0; i < g.n; i++) {
		r->conf->n = i + 1;
		if (!read_connection(r, i, conf_groups_at(&g, i)))
			return false;
	}
	return true;
}

static bool
read_all(struct conf_read *r, bool directory)
{
	const config_setting_t *root = r->roots[0].root;
	struct conf_seen seen = { 0 };

	conf_group_defaults(CONF_AT_TOP, r->conf);
	if (!conf_top_read(r, &seen))
		return false;
	/* Beside a directory a file need not have any. */
	if (directory)
		conf_seen_add(&seen, conf_key_any("connections"));
	return conf_group_check(r, CONF_AT_TOP, root, seen) &&
	    conf_policies_read(r, root) && conf_tables_read(r, root) &&
	    conf_objects_read(r, root) && conf_vpcs_read(r, root) &&
	    read_connections(r, root) && conf_neighbors_read(r, root) &&
	    conf_check_all(r, root) &&
	    conf_attach_check_all(r, root) && conf_tables_check(r) &&
	    conf_vpcs_check(r) && conf_objects_check(r);
}

static bool
make_indices(struct conf *conf)
{
	bool ok = true;

	for (size_t i = 0; i < conf->n; i++) {
		struct conf_connection *c = &conf->connections[i];

		ok = ok && dict_put(&conf->by_name, c->name, c);
		for (unsigned k = 0; k < c->tunnels_n; k++)
			ok = ok && dict_put(&conf->by_ifname,
			    c->tunnels[k].ifname, c);
	}
	return ok;
}

struct conf *
conf_parse_all(const struct conf_sources *s, struct conf_error *err)
{
	struct conf_error why = { 0 };
	struct conf_read r = {
		.file = s->n > 0 ? s->v[0].name : "", .err = &why,
		.conf = calloc(1, sizeof(*r.conf)),
	};
	bool ok = false;

	if (r.conf != NULL)
		r.conf->holders = 1;
	if (r.conf == NULL || s->n == 0)
		reason_set(&why.why, s->n == 0 ? "no text" : "out of memory");
	else if (conf_top_open(&r, s) && read_all(&r, s->directory) &&
	    !(ok = make_indices(r.conf)))
		reason_set(&why.why, "out of memory");
	conf_top_close(&r);
	free(r.sites);
	dict_fini(&r.plists);
	dict_fini(&r.policies);
	dict_fini(&r.customers);
	dict_fini(&r.targets);
	if (ok)
		return r.conf;
	if (why.file[0] == '\0')
		str_set(why.file, sizeof(why.file), r.file);
	*err = why;
	conf_free(r.conf);
	return NULL;
}

struct conf *
conf_parse(struct bytes text, const char *file, struct conf_error *err)
{
	const struct conf_source one = { .name = file, .text = text };
	const struct conf_sources all = { .v = &one, .n = 1 };

	return conf_parse_all(&all, err);
}

void
conf_hold(struct conf *conf)
{
	conf->holders++;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL || --conf->holders > 0)
		return;
	for (size_t i = 0; i < conf->n; i++) {
		free(conf->connections[i].networks.v);
		free(conf->connections[i].routes.v);
		free(conf->connections[i].guarded.v);
	}
	free(conf->connections);
	conf_ids_free(conf);
	for (size_t i = 0; i < conf->neighbors_n; i++)
		free(conf->neighbors[i].networks.v);
	free(conf->neighbors);
	free(conf->customers);
	free(conf->targets);
	for (size_t i = 0; i < conf->tables_n; i++)
		free(conf->tables[i].statics);
	free(conf->tables);
	for (size_t i = 0; i < conf->vpcs_n; i++)
		free(conf->vpcs[i].prefixes.v);
	free(conf->vpcs);
	dict_fini(&conf->by_name);
	dict_fini(&conf->by_ifname);
	for (size_t i = 0; i < conf->plists_n; i++)
		plist_free(conf->plists[i].list);
	free(conf->plists);
	for (size_t i = 0; i < conf->policies_n; i++)
		policy_free(conf->policies[i].policy);
	free(conf->policies);
	policy_free(conf->nothing);
	for (size_t i = 0; i < conf->files_n; i++)
		free(conf->files[i].data);
	free(conf->files);
	free(conf->sources);
	free(conf);
}

struct policy *
conf_policy(const struct conf *conf, uint16_t number)
{
	if (number != 0)
		return conf->policies[number - 1].policy;
	return conf->requires_policy ? conf->nothing : NULL;
}

const struct conf_connection *
conf_find(const struct conf *conf, const char *name)
{
	return dict_get(&conf->by_name, name);
}

const struct conf_tunnel *
conf_find_ifname(const struct conf *conf, const char *ifname,
    const struct conf_connection **of)
{
	const struct conf_connection *c = dict_get(&conf->by_ifname, ifname);

	for (unsigned i = 0; c != NULL && i < c->tunnels_n; i++) {
		if (strcmp(c->tunnels[i].ifname, ifname) != 0)
			continue;
		*of = c;
		return &c->tunnels[i];
	}
	return NULL;
}
