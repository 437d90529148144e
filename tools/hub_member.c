/*
 * Routes, associations and propagations: parts of connections and of route
 * tables that have names of their own in AWS.  A route is a connection's own
 * or one of a route table; a connection has one association and any number of
 * propagations.
 */
#include <string.h>

#include "tools/complain.h"
#include "tools/hub_job.h"

static enum ctl_exit
no_memory(void)
{
	return complain(CTL_EXIT_FAILED, "out of memory");
}

static enum ctl_exit
needs(const char *what, const char *option)
{
	return complain(CTL_EXIT_USAGE, "%s needs --%s", what, option);
}

/* --- lists of texts --- */

/* Where it is in the array; -1: nowhere. */
static int
find_text(const config_setting_t *array, const char *text)
{
	int n = array == NULL ? 0 : config_setting_length(array);

	for (int i = 0; i < n; i++) {
		const char *s = config_setting_get_string_elem(array, i);

		if (s != NULL && strcmp(s, text) == 0)
			return i;
	}
	return -1;
}

static bool
add_text(config_setting_t *group, const char *key, const char *text)
{
	config_setting_t *array = config_setting_get_member(group, key);

	if (array == NULL)
		array = config_setting_add(group, key, CONFIG_TYPE_ARRAY);
	return array != NULL &&
	    config_setting_set_string_elem(array, -1, text) != NULL;
}

/* --- a connection's own routes --- */

static enum ctl_exit
change_own(config_setting_t *group, const char *prefix, bool add)
{
	config_setting_t *array = config_setting_get_member(group, "routes");
	int at = find_text(array, prefix);

	if (add && at >= 0)
		return complain(CTL_EXIT_FAILED, "the route %s is there "
		    "already", prefix);
	if (add)
		return add_text(group, "routes", prefix) ? CTL_EXIT_OK :
		    no_memory();
	if (at < 0)
		return complain(CTL_EXIT_NO_OBJECT, "there is no route %s",
		    prefix);
	config_setting_remove_elem(array, (unsigned)at);
	return CTL_EXIT_OK;
}

/* --- routes of a table --- */

static int
find_static(const config_setting_t *list, const char *prefix)
{
	int n = list == NULL ? 0 : config_setting_length(list);

	for (int i = 0; i < n; i++) {
		const char *s = NULL;

		config_setting_lookup_string(config_setting_get_elem(list,
		    (unsigned)i), "prefix", &s);
		if (s != NULL && strcmp(s, prefix) == 0)
			return i;
	}
	return -1;
}

static bool
put_target(config_setting_t *route, const struct hub_args *a)
{
	const char *connection = hub_args_word(a, HUB_OF_CONNECTION);
	config_setting_t *s;

	if (connection != NULL &&
	    !hub_text_put(route, "connection", connection))
		return false;
	if (!hub_args_flag(a, HUB_BLACKHOLE))
		return true;
	s = config_setting_add(route, "blackhole", CONFIG_TYPE_BOOL);
	return s != NULL && config_setting_set_bool(s, 1) == CONFIG_TRUE;
}

static enum ctl_exit
change_static(const struct hub_args *a, config_setting_t *group,
    const char *prefix, bool add)
{
	config_setting_t *list = config_setting_get_member(group, "routes");
	int at = find_static(list, prefix);
	config_setting_t *route;

	if (!add && at < 0)
		return complain(CTL_EXIT_NO_OBJECT, "there is no route %s",
		    prefix);
	if (!add) {
		config_setting_remove_elem(list, (unsigned)at);
		return CTL_EXIT_OK;
	}
	if (at >= 0)
		return complain(CTL_EXIT_FAILED, "the route %s is there "
		    "already", prefix);
	if (list == NULL)
		list = config_setting_add(group, "routes", CONFIG_TYPE_LIST);
	route = list == NULL ? NULL :
	    config_setting_add(list, NULL, CONFIG_TYPE_GROUP);
	return route != NULL && hub_text_put(route, "prefix", prefix) &&
	    put_target(route, a) ? CTL_EXIT_OK : no_memory();
}

/* --- associations and propagations --- */

static enum ctl_exit
change_association(config_setting_t *group, const char *table, bool add)
{
	const char *now = NULL;

	config_setting_lookup_string(group, "association", &now);
	if (add)
		return hub_text_put(group, "association", table) ?
		    CTL_EXIT_OK : no_memory();
	if (now == NULL || strcmp(now, table) != 0)
		return complain(CTL_EXIT_NO_OBJECT, "it is not associated "
		    "with route table \"%s\" by itself", table);
	hub_value_drop(group, "association");
	return CTL_EXIT_OK;
}

/* Those that it has by default stand there from now on. */
static bool
spell_out(const struct hub_job *j, config_setting_t *group, const char *name)
{
	const struct conf_connection *c = conf_find(j->before, name);

	if (config_setting_get_member(group, "propagation") != NULL)
		return true;
	if (config_setting_add(group, "propagation", CONFIG_TYPE_ARRAY) ==
	    NULL)
		return false;
	for (unsigned i = 0; c != NULL && i < c->propagation.n; i++) {
		if (!add_text(group, "propagation", conf_table_name(j->before,
		    c->propagation.v[i])))
			return false;
	}
	return true;
}

static enum ctl_exit
change_propagation(const struct hub_job *j, const struct hub_object *o,
    const char *table, bool add)
{
	config_setting_t *array;
	int at;

	if (!spell_out(j, o->group, o->name))
		return no_memory();
	array = config_setting_get_member(o->group, "propagation");
	at = find_text(array, table);
	if (add && at >= 0)
		return complain(CTL_EXIT_FAILED, "it propagates to route "
		    "table \"%s\" already", table);
	if (add)
		return add_text(o->group, "propagation", table) ?
		    CTL_EXIT_OK : no_memory();
	if (at < 0)
		return complain(CTL_EXIT_NO_OBJECT, "it does not propagate to "
		    "route table \"%s\"", table);
	config_setting_remove_elem(array, (unsigned)at);
	return CTL_EXIT_OK;
}

/* --- which one --- */

static enum ctl_exit
change(struct hub_job *j, struct hub_object *o, bool add)
{
	const struct hub_args *a = &j->args;
	const char *table = hub_args_word(a, HUB_OF_TABLE);
	const char *prefix = hub_args_word(a, HUB_DESTINATION);

	if (a->kind == HUB_ASSOCIATION)
		return change_association(o->group, table, add);
	if (a->kind == HUB_PROPAGATION)
		return change_propagation(j, o, table, add);
	return o->kind == HUB_TABLE ? change_static(a, o->group, prefix, add) :
	    change_own(o->group, prefix, add);
}

static enum ctl_exit
check_words(const struct hub_args *a)
{
	const char *table = hub_args_word(a, HUB_OF_TABLE);
	const char *connection = hub_args_word(a, HUB_OF_CONNECTION);
	bool route = a->kind == HUB_ROUTE;

	if (a->name != NULL)
		return complain(CTL_EXIT_USAGE, "\"%s\" is not understood: "
		    "say --connection or --route-table", a->name);
	if (route && hub_args_word(a, HUB_DESTINATION) == NULL)
		return needs("route", "destination-cidr-block");
	if (route && table == NULL && connection == NULL)
		return needs("route", "connection or --route-table");
	if (!route && connection == NULL)
		return needs(a->kind == HUB_ASSOCIATION ? "association" :
		    "propagation", "connection");
	if (!route && table == NULL)
		return needs(a->kind == HUB_ASSOCIATION ? "association" :
		    "propagation", "route-table");
	return CTL_EXIT_OK;
}

static enum ctl_exit
edit(struct hub_job *j, bool add)
{
	const char *table = hub_args_word(&j->args, HUB_OF_TABLE);
	bool of_table = j->args.kind == HUB_ROUTE && table != NULL;
	const char *name = of_table ? table :
	    hub_args_word(&j->args, HUB_OF_CONNECTION);
	struct hub_object o;
	enum ctl_exit rc;

	rc = hub_object_open(&o, &j->set, of_table ? HUB_TABLE :
	    HUB_CONNECTION, name);
	if (rc != CTL_EXIT_OK)
		return rc;
	str_set(j->name, sizeof(j->name), name);
	rc = change(j, &o, add);
	if (rc == CTL_EXIT_OK)
		rc = hub_object_store(&o, &j->set);
	hub_object_close(&o);
	return rc;
}

enum ctl_exit
hub_member_add(struct hub_job *j)
{
	enum ctl_exit rc = check_words(&j->args);

	return rc == CTL_EXIT_OK ? edit(j, true) : rc;
}

enum ctl_exit
hub_member_drop(struct hub_job *j)
{
	enum ctl_exit rc = check_words(&j->args);

	return rc == CTL_EXIT_OK ? edit(j, false) : rc;
}
