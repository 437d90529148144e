/*
 * Prefix lists and policies of a configuration: named groups at the top level,
 * each compiled once, to which terms and connections refer by name.  A term
 * without a name is known by its number.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/conf_read.h"

/* --- names --- */

static bool
enter(struct conf_read *r, const config_setting_t *group, struct dict *names,
    const char *name, void *what)
{
	if (dict_get(names, name) != NULL)
		return conf_fail_key(r, group, "name", "\"%s\" is there twice",
		    name);
	if (!dict_put(names, name, what))
		return conf_fail_key(r, group, "name", "out of memory");
	return true;
}

/* --- prefix lists --- */

static bool
read_plist(struct conf_read *r, const config_setting_t *group,
    struct conf_plist *l)
{
	struct conf_seen seen = { 0 };

	return conf_group_read(r, CONF_AT_PLIST, group, l, NULL, &seen) &&
	    conf_group_check(r, CONF_AT_PLIST, group, seen) &&
	    enter(r, group, &r->plists, l->name, l);
}

static bool
read_plists(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (!conf_groups_find(r, root, conf_key_find(CONF_AT_TOP,
	    "prefix_lists"), sizeof(*r->conf->plists), &g))
		return false;
	r->conf->plists = g.room;
	for (size_t i = 0; i < g.n; i++) {
		r->conf->plists_n = i + 1;
		if (!read_plist(r, conf_groups_at(&g, i), &r->conf->plists[i]))
			return false;
	}
	return true;
}

/* --- policies --- */

static bool
read_part(struct conf_read *r, const config_setting_t *term, const char *key,
    enum conf_place place, void *base)
{
	const config_setting_t *group = config_setting_get_member(term, key);
	struct conf_seen seen = { 0 };

	if (group == NULL)
		return true;
	if (config_setting_type(group) != CONFIG_TYPE_GROUP)
		return conf_fail(r, group, "must be a group: { ... }");
	return conf_group_read(r, place, group, base, NULL, &seen);
}

static bool
read_term(struct conf_read *r, const config_setting_t *group, unsigned number,
    struct policy_term *t)
{
	const config_setting_t *own;
	struct conf_seen seen = { 0 };

	str_fmt(t->name, sizeof(t->name), "%u", number);
	if (!conf_group_read(r, CONF_AT_TERM, group, t, NULL, &seen) ||
	    !conf_group_check(r, CONF_AT_TERM, group, seen) ||
	    !read_part(r, group, "match", CONF_AT_MATCH, &t->match) ||
	    !read_part(r, group, "set", CONF_AT_SET, &t->set))
		return false;
	own = config_setting_get_member(group, "set");
	t->set.replace = own != NULL &&
	    config_setting_get_member(own, "communities") != NULL;
	if (own != NULL && t->then == POLICY_REJECT)
		return conf_fail(r, own, "nothing is set where \"then\" is "
		    "\"reject\"");
	return true;
}

/* What decided about a route is told by the name of its term. */
static bool
is_new(struct conf_read *r, const config_setting_t *group,
    const struct policy_term *terms, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(terms[k].name, terms[i].name) == 0)
			return conf_fail_key(r, group, "name",
			    "\"%s\" is there twice", terms[i].name);
	}
	return true;
}

static bool
compile(struct conf_read *r, const config_setting_t *list,
    struct conf_policy *p, struct policy_term *terms, size_t n)
{
	switch (policy_new(&p->policy, p->name, terms, n)) {
	case POLICY_FINE:
		return true;
	case POLICY_MANY_LISTS:
		return conf_fail(r, list, "more than %d prefix lists in one "
		    "policy", POLICY_LISTS);
	case POLICY_NO_MEMORY:
		break;
	}
	return conf_fail(r, list, "out of memory");
}

static bool
read_terms(struct conf_read *r, const config_setting_t *group,
    struct conf_policy *p)
{
	struct policy_term *t;
	struct conf_groups g;
	bool ok = true;

	if (!conf_groups_find(r, group, conf_key_find(CONF_AT_POLICY,
	    "terms"), sizeof(*t), &g))
		return false;
	t = g.room;
	for (size_t i = 0; ok && i < g.n; i++) {
		const config_setting_t *term = conf_groups_at(&g, i);

		ok = read_term(r, term, (unsigned)i + 1, &t[i]) &&
		    is_new(r, term, t, i);
	}
	if (ok && compile(r, g.list, p, t, g.n))
		return true;
	for (size_t i = 0; i < g.n; i++)
		policy_term_fini(&t[i]);
	free(t);
	return false;
}

static bool
read_policy(struct conf_read *r, const config_setting_t *group,
    struct conf_policy *p)
{
	struct conf_seen seen = { 0 };

	return conf_group_read(r, CONF_AT_POLICY, group, p, NULL, &seen) &&
	    conf_group_check(r, CONF_AT_POLICY, group, seen) &&
	    read_terms(r, group, p) &&
	    enter(r, group, &r->policies, p->name, p);
}

bool
conf_policies_read(struct conf_read *r, const config_setting_t *root)
{
	struct conf_groups g;

	if (policy_new(&r->conf->nothing, "bgp_requires_policy", NULL, 0) !=
	    POLICY_FINE)
		return conf_fail(r, root, "out of memory");
	if (!read_plists(r, root) ||
	    !conf_groups_find(r, root, conf_key_find(CONF_AT_TOP, "policies"),
	    sizeof(*r->conf->policies), &g))
		return false;
	r->conf->policies = g.room;
	for (size_t i = 0; i < g.n; i++) {
		r->conf->policies_n = i + 1;
		if (!read_policy(r, conf_groups_at(&g, i),
		    &r->conf->policies[i]))
			return false;
	}
	return true;
}
