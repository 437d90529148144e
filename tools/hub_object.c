/*
 * Objects as libconfig's settings.  What a value must be is not judged here:
 * the whole configuration is, once it is put together.  A file that lacks our
 * line on top was written by somebody else, and is left alone.
 */
#include "tools/hub_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/conf_scan.h"
#include "tools/complain.h"

#define MADE "# Made by vpnctl, which edits it.  To edit it by hand, remove " \
	"this line.\n"

static const struct {
	const char	*word, *list;
} kinds[HUB_KINDS] = {
	[HUB_CUSTOMER] = { "customer-gateway", "customer_gateways" },
	[HUB_GATEWAY] = { "gateway", "gateways" },
	[HUB_CONNECTION] = { "connection", "connections" },
	[HUB_TABLE] = { "route-table", "route_tables" },
};

const char *
hub_kind_str(enum hub_kind kind)
{
	return kinds[kind].word;
}

const char *
hub_kind_list(enum hub_kind kind)
{
	return kinds[kind].list;
}

bool
hub_name_is(const char *s)
{
	char name[CONF_NAME_LEN];
	unsigned tunnel;

	return ctl_name(s, name, &tunnel) && tunnel == 0 && s[0] != '.' &&
	    s[0] != '-' && s[0] != '_';
}

static enum ctl_exit
no_memory(void)
{
	return complain(CTL_EXIT_FAILED, "out of memory");
}

/* --- text --- */

char *
hub_object_print(const config_t *config)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		return NULL;
	fputs(MADE, f);
	config_write(config, f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static bool
read_text(config_t *config, const char *text)
{
	struct reason why;
	int line = 0;
	char *copy = conf_scan(bytes_str(text), &line, &why);
	bool ok;

	config_init(config);
	ok = copy != NULL && config_read_string(config, copy) == CONFIG_TRUE;
	free(copy);
	if (!ok)
		config_destroy(config);
	return ok;
}

static bool
is_made(const char *text)
{
	return strncmp(text, MADE, sizeof(MADE) - 1) == 0;
}

/* --- where objects stand --- */

static void
set_file(struct hub_object *o, enum hub_kind kind, const char *name)
{
	o->kind = kind;
	str_set(o->name, sizeof(o->name), name);
	str_fmt(o->file, sizeof(o->file), "%s.%s.conf", kinds[kind].word,
	    name);
}

/* The group of this name in a file; NULL: none. */
static config_setting_t *
named(const config_t *config, enum hub_kind kind, const char *name)
{
	config_setting_t *list = config_lookup(config, kinds[kind].list);
	int n = list == NULL ? 0 : config_setting_length(list);

	for (int i = 0; i < n; i++) {
		config_setting_t *e =
		    config_setting_get_elem(list, (unsigned)i);
		const char *s = NULL;

		if (config_setting_is_group(e) &&
		    config_setting_lookup_string(e, "name", &s) &&
		    strcmp(s, name) == 0)
			return e;
	}
	return NULL;
}

/* Where somebody else has put it. */
static enum ctl_exit
complain_where(const struct hub_set *s, enum hub_kind kind, const char *name)
{
	char path[HUB_PATH];

	for (size_t i = 0; i < s->n; i++) {
		const config_setting_t *found = NULL;
		unsigned line = 0;
		config_t config;

		if (s->v[i].text == NULL || !read_text(&config, s->v[i].text))
			continue;
		found = named(&config, kind, name);
		if (found != NULL)
			line = config_setting_source_line(found);
		config_destroy(&config);
		if (line == 0)
			continue;
		hub_set_path(s, s->v[i].name, path);
		return complain(CTL_EXIT_FAILED, "%s \"%s\" stands in %s:%u; "
		    "edit it there", kinds[kind].word, name, path, line);
	}
	return complain(CTL_EXIT_NO_OBJECT, "there is no %s \"%s\"",
	    kinds[kind].word, name);
}

enum ctl_exit
hub_object_open(struct hub_object *o, const struct hub_set *s,
    enum hub_kind kind, const char *name)
{
	const struct hub_file *f;

	set_file(o, kind, name);
	f = hub_set_file(s, o->file);
	if (f == NULL || !is_made(f->text) || !read_text(&o->config, f->text))
		return complain_where(s, kind, name);
	o->group = named(&o->config, kind, name);
	if (o->group != NULL)
		return CTL_EXIT_OK;
	config_destroy(&o->config);
	return complain_where(s, kind, name);
}

bool
hub_object_new(struct hub_object *o, enum hub_kind kind, const char *name)
{
	config_setting_t *list;

	set_file(o, kind, name);
	config_init(&o->config);
	list = config_setting_add(config_root_setting(&o->config),
	    kinds[kind].list, CONFIG_TYPE_LIST);
	o->group = list == NULL ? NULL :
	    config_setting_add(list, NULL, CONFIG_TYPE_GROUP);
	if (o->group != NULL && hub_text_put(o->group, "name", name))
		return true;
	config_destroy(&o->config);
	no_memory();
	return false;
}

enum ctl_exit
hub_object_store(const struct hub_object *o, struct hub_set *s)
{
	return hub_set_put(s, o->file, hub_object_print(&o->config)) ?
	    CTL_EXIT_OK : no_memory();
}

void
hub_object_close(struct hub_object *o)
{
	config_destroy(&o->config);
	o->group = NULL;
}

config_setting_t *
hub_tunnel(const struct hub_object *o, unsigned number)
{
	config_setting_t *list =
	    config_setting_get_member(o->group, "tunnels");

	return list == NULL ? NULL :
	    config_setting_get_elem(list, number - 1);
}

/* --- values --- */

void
hub_value_drop(config_setting_t *group, const char *key)
{
	config_setting_remove(group, key);
}

bool
hub_text_put(config_setting_t *group, const char *key, const char *value)
{
	config_setting_t *s;

	config_setting_remove(group, key);
	s = config_setting_add(group, key, CONFIG_TYPE_STRING);
	return s != NULL && config_setting_set_string(s, value) == CONFIG_TRUE;
}

bool
hub_value_copy(config_setting_t *to, const config_setting_t *value)
{
	int type = config_setting_type(value);
	config_setting_t *s = config_setting_add(to,
	    config_setting_name(value), type);
	bool ok = s != NULL;

	switch (type) {
	case CONFIG_TYPE_STRING:
		return ok && config_setting_set_string(s,
		    config_setting_get_string(value));
	case CONFIG_TYPE_BOOL:
		return ok && config_setting_set_bool(s,
		    config_setting_get_bool(value));
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return ok && config_setting_set_int64(s,
		    config_setting_get_int64(value));
	default:
		for (int i = 0; ok && i < config_setting_length(value); i++)
			ok = hub_value_copy(s, config_setting_get_elem(value,
			    (unsigned)i));
		return ok;
	}
}

static bool
number_of(const char *s, int64_t *out)
{
	char *end;

	if (s[0] < '0' || s[0] > '9' || strlen(s) > 18)
		return false;
	*out = strtoll(s, &end, 10);
	return *end == '\0';
}

/* In the one of libconfig's two types that it fits. */
static bool
add_number(config_setting_t *to, const char *key, int64_t n)
{
	bool small = n <= INT32_MAX;
	config_setting_t *s = config_setting_add(to, key, small ?
	    CONFIG_TYPE_INT : CONFIG_TYPE_INT64);

	return s != NULL && (small ? config_setting_set_int(s, (int)n) :
	    config_setting_set_int64(s, n)) == CONFIG_TRUE;
}

static enum ctl_exit
put_number(config_setting_t *group, const char *key, const char *option,
    const char *value)
{
	int64_t n;

	if (!number_of(value, &n))
		return complain(CTL_EXIT_USAGE, "--%s must be a number, not "
		    "\"%s\"", option, value);
	return add_number(group, key, n) ? CTL_EXIT_OK : no_memory();
}

static enum ctl_exit
put_bool(config_setting_t *group, const char *key, const char *value)
{
	config_setting_t *s = config_setting_add(group, key, CONFIG_TYPE_BOOL);

	return s != NULL && config_setting_set_bool(s,
	    strcmp(value, "true") == 0) == CONFIG_TRUE ? CTL_EXIT_OK :
	    no_memory();
}

/* Numbers where the key takes names of numbers, such as those of groups. */
static bool
add_word(config_setting_t *array, const char *word, bool numbers)
{
	config_setting_t *s;
	int64_t n;

	if (numbers && number_of(word, &n))
		return add_number(array, NULL, n);
	s = config_setting_add(array, NULL, CONFIG_TYPE_STRING);
	return s != NULL && config_setting_set_string(s, word) == CONFIG_TRUE;
}

/* "A,B,C"; "": an empty list. */
static enum ctl_exit
put_list(config_setting_t *group, const struct conf_key *key,
    const char *value)
{
	bool numbers = key->kind == CONF_KIND_ASNS ||
	    (key->kind == CONF_KIND_ALGS && key->alg == ALG_KE);
	config_setting_t *array = config_setting_add(group, key->name,
	    CONFIG_TYPE_ARRAY);
	char *copy = strdup(value), *at = copy, *word;
	bool ok = array != NULL && copy != NULL;

	while (ok && (word = strsep(&at, ",")) != NULL) {
		if (word[0] != '\0')
			ok = add_word(array, word, numbers);
	}
	free(copy);
	return ok ? CTL_EXIT_OK : complain(CTL_EXIT_USAGE,
	    "\"%s\" is no list for %s", value, key->name);
}

static bool
is_list(const struct conf_key *key, const char *value)
{
	enum conf_shape shape = conf_key_shape(key);

	return shape == SHAPE_LIST || (shape == SHAPE_TEXTS &&
	    strchr(value, ',') != NULL);
}

enum ctl_exit
hub_value_put(config_setting_t *group, const struct conf_key *key,
    const char *option, const char *value)
{
	enum conf_shape shape = conf_key_shape(key);

	config_setting_remove(group, key->name);
	if (is_list(key, value))
		return put_list(group, key, value);
	if (shape == SHAPE_NUMBER)
		return put_number(group, key->name, option, value);
	if (shape == SHAPE_BOOL)
		return put_bool(group, key->name, value);
	return hub_text_put(group, key->name, value) ? CTL_EXIT_OK :
	    no_memory();
}

/* --- secrets --- */

void
hub_secrets_file(const char *connection, char file[static HUB_NAME])
{
	str_fmt(file, HUB_NAME, "connection.%s.secrets", connection);
}

/* The group of a tunnel, or of both with tunnel 0; NULL: none. */
static config_setting_t *
secrets_of(const config_t *config, unsigned tunnel)
{
	config_setting_t *list = config_lookup(config, "secrets");
	int n = list == NULL ? 0 : config_setting_length(list);

	for (int i = 0; i < n; i++) {
		config_setting_t *e =
		    config_setting_get_elem(list, (unsigned)i);
		int number = 0;

		config_setting_lookup_int(e, "tunnel", &number);
		if (number == (int)tunnel)
			return e;
	}
	return NULL;
}

static config_setting_t *
secrets_add(config_t *config, const char *connection, unsigned tunnel)
{
	config_setting_t *list = config_lookup(config, "secrets"), *e;

	if (list == NULL)
		list = config_setting_add(config_root_setting(config),
		    "secrets", CONFIG_TYPE_LIST);
	e = list == NULL ? NULL :
	    config_setting_add(list, NULL, CONFIG_TYPE_GROUP);
	return e != NULL && hub_text_put(e, "connection", connection) &&
	    add_number(e, "tunnel", tunnel) ? e : NULL;
}

/* What is there, or nothing yet. */
static void
secrets_open(const struct hub_set *s, const char *connection,
    config_t *config)
{
	char file[HUB_NAME];
	char *text;

	hub_secrets_file(connection, file);
	text = hub_set_text(s, file);
	if (text == NULL || !read_text(config, text))
		config_init(config);
	free(text);
}

enum ctl_exit
hub_secret_put(struct hub_set *s, const char *connection, unsigned tunnel,
    const char *key, const char *value)
{
	char file[HUB_NAME];
	config_setting_t *group;
	config_t config;
	bool ok;

	hub_secrets_file(connection, file);
	secrets_open(s, connection, &config);
	group = secrets_of(&config, tunnel);
	if (group == NULL && value != NULL)
		group = secrets_add(&config, connection, tunnel);
	if (group != NULL && value == NULL)
		config_setting_remove(group, key);
	ok = (value == NULL || (group != NULL &&
	    hub_text_put(group, key, value))) &&
	    hub_set_put(s, file, hub_object_print(&config));
	config_destroy(&config);
	return ok ? CTL_EXIT_OK : no_memory();
}

bool
hub_secret_get(const struct hub_set *s, const char *connection,
    unsigned tunnel, const char *key, char *buf, size_t size)
{
	const config_setting_t *group;
	const char *value = NULL;
	config_t config;

	secrets_open(s, connection, &config);
	group = secrets_of(&config, tunnel);
	if (group == NULL || !config_setting_lookup_string(group, key, &value))
		group = secrets_of(&config, 0);
	if (value == NULL && group != NULL)
		config_setting_lookup_string(group, key, &value);
	if (value != NULL)
		str_set(buf, size, value);
	config_destroy(&config);
	return value != NULL;
}
