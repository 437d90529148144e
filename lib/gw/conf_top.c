/*
 * The top level over all files of a configuration: lists are one behind the
 * other in the order of the files, anything else stands in one of them.  Each
 * file is parsed apart, so that a setting knows its line, and its root the
 * file's name.
 */
#include "gw/conf_read.h"

#include <stdlib.h>
#include <string.h>

#include "gw/conf_scan.h"

const char *
conf_source_of(const struct conf_read *r, const config_setting_t *s)
{
	const config_setting_t *up;

	while ((up = config_setting_parent(s)) != NULL)
		s = up;
	for (size_t i = 0; i < r->roots_n; i++) {
		if (r->roots[i].root == s)
			return r->roots[i].name;
	}
	return r->file;
}

config_setting_t *
conf_top_member(const struct conf_read *r, const char *key)
{
	for (size_t i = 0; i < r->roots_n; i++) {
		config_setting_t *s =
		    config_setting_get_member(r->roots[i].root, key);

		if (s != NULL)
			return s;
	}
	return NULL;
}

config_setting_t *
conf_top_at(const struct conf_read *r, const char *key, size_t i)
{
	for (size_t k = 0; k < r->joined_n; k++) {
		const struct conf_joined *j = &r->joined[k];

		if (strcmp(j->key->name, key) == 0)
			return i < j->n ? j->v[i] : NULL;
	}
	return NULL;
}

/* --- texts --- */

static bool
fail_at(struct conf_read *r, const char *file, int line)
{
	str_set(r->err->file, sizeof(r->err->file), file);
	r->err->line = line;
	return false;
}

static bool
parse(struct conf_read *r, const struct conf_source *s, config_t *config)
{
	int line = 0;
	char *copy = conf_scan(s->text, &line, &r->err->why);
	bool ok;

	if (copy == NULL)
		return fail_at(r, s->name, line);
	ok = config_read_string(config, copy) == CONFIG_TRUE;
	free(copy);
	if (ok)
		return true;
	reason_set(&r->err->why, "%s", config_error_text(config));
	return fail_at(r, s->name, config_error_line(config));
}

bool
conf_top_open(struct conf_read *r, const struct conf_sources *s)
{
	r->roots = calloc(s->n + 1, sizeof(*r->roots));
	r->conf->sources = calloc(s->n + 1, sizeof(*r->conf->sources));
	if (r->roots == NULL || r->conf->sources == NULL) {
		reason_set(&r->err->why, "out of memory");
		return false;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct conf_root *root = &r->roots[i];

		str_set(r->conf->sources[i], sizeof(r->conf->sources[i]),
		    s->v[i].name);
		root->name = r->conf->sources[i];
		config_init(&root->config);
		r->roots_n = i + 1;
		if (!parse(r, &s->v[i], &root->config))
			return false;
		root->root = config_root_setting(&root->config);
	}
	return true;
}

void
conf_top_close(struct conf_read *r)
{
	for (size_t i = 0; i < r->roots_n; i++)
		config_destroy(&r->roots[i].config);
	free(r->roots);
	for (size_t i = 0; i < r->joined_n; i++)
		free(r->joined[i].v);
	r->roots = NULL;
	r->roots_n = r->joined_n = 0;
}

/* --- keys --- */

/* What is no list stands once; within one file libconfig sees to that. */
static bool
check_once(struct conf_read *r, size_t at)
{
	const config_setting_t *root = r->roots[at].root;

	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s =
		    config_setting_get_elem(root, (unsigned)i);
		const struct conf_key *key =
		    conf_key_find(CONF_AT_TOP, config_setting_name(s));
		const config_setting_t *first;

		if (key == NULL || conf_key_holds_groups(key))
			continue;
		first = conf_top_member(r, key->name);
		if (first != s)
			return conf_fail(r, s, "stands in %s:%d already",
			    conf_source_of(r, first),
			    (int)config_setting_source_line(first));
	}
	return true;
}

bool
conf_top_read(struct conf_read *r, struct conf_seen *seen)
{
	for (size_t i = 0; i < r->roots_n; i++) {
		if (!conf_group_read(r, CONF_AT_TOP, r->roots[i].root,
		    r->conf, NULL, seen) || !check_once(r, i))
			return false;
	}
	return true;
}

/* --- lists --- */

static struct conf_joined *
join_new(struct conf_read *r, const struct conf_key *key)
{
	size_t n = 0;

	if (r->joined_n == CONF_TOP_LISTS)
		return NULL;
	for (size_t i = 0; i < r->roots_n; i++) {
		const config_setting_t *s =
		    config_setting_get_member(r->roots[i].root, key->name);

		if (s != NULL)
			n += (size_t)config_setting_length(s);
	}
	r->joined[r->joined_n] = (struct conf_joined){ .key = key,
	    .v = calloc(n + 1, sizeof(config_setting_t *)) };
	return r->joined[r->joined_n].v == NULL ? NULL :
	    &r->joined[r->joined_n++];
}

static bool
join_one(struct conf_read *r, struct conf_joined *j, const config_setting_t *s)
{
	int n = config_setting_length(s);

	if (!conf_group_list(r, s, j->key))
		return false;
	if ((int64_t)j->n + n > j->key->max)
		return conf_fail(r, s, "must have %lld groups at most over "
		    "all files, and these are up to the %lldth",
		    (long long)j->key->max, (long long)j->n + n);
	for (int i = 0; i < n; i++)
		j->v[j->n++] = config_setting_get_elem(s, (unsigned)i);
	return true;
}

bool
conf_top_find(struct conf_read *r, const struct conf_key *key,
    struct conf_groups *g)
{
	struct conf_joined *j;

	if (conf_top_member(r, key->name) == NULL)
		return true;
	j = join_new(r, key);
	if (j == NULL)
		return conf_fail(r, conf_top_member(r, key->name),
		    "out of memory");
	for (size_t i = 0; i < r->roots_n; i++) {
		const config_setting_t *s =
		    config_setting_get_member(r->roots[i].root, key->name);

		if (s != NULL && !join_one(r, j, s))
			return false;
	}
	g->v = j->v;
	g->n = j->n;
	return true;
}
