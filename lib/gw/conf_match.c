/*
 * The values of policies: names of what was read before, entries of prefix
 * lists, AS-path patterns, communities, ranges.  What is wrong with a text its
 * own parser says (lib/bgp); an unknown name is answered with the nearest one.
 * What was read before an error is left in its field, for its owner to free.
 */
#include <stdlib.h>
#include <string.h>

#include "gw/conf_read.h"

#define ENTRIES_MAX	1000000	/* of one prefix list */
#define LIST_MAX	1000	/* values of other lists */

/* One text, or a list of them: how many? */
static unsigned
texts(const config_setting_t *s)
{
	return config_setting_type(s) == CONFIG_TYPE_STRING ? 1 :
	    (unsigned)config_setting_length(s);
}

/* One of them; where: its place, for messages.  NULL: no text, *err said. */
static const char *
text_at(struct conf_read *r, const config_setting_t *s, unsigned i,
    const config_setting_t **where)
{
	const char *text;

	*where = config_setting_type(s) == CONFIG_TYPE_STRING ? s :
	    config_setting_get_elem(s, i);
	text = config_setting_get_string(*where);
	if (text == NULL)
		conf_fail(r, *where, "must be a text in quotes");
	return text;
}

/* Room for so many; false: *err said why there is none. */
static bool
room(struct conf_read *r, const config_setting_t *s, unsigned n, unsigned max,
    size_t size, void **out)
{
	if (n > max)
		return conf_fail(r, s, "more than %u", max);
	*out = calloc(n + 1, size);
	return *out != NULL || conf_fail(r, s, "out of memory");
}

/* --- names --- */

static bool
unknown(struct conf_read *r, const config_setting_t *s, const char *what,
    const char *name, const char *nearest)
{
	char q[CONF_QUOTED_LEN];

	conf_quoted(name, q);
	if (nearest == NULL)
		return conf_fail(r, s, "there is no %s %s, nor any other",
		    what, q);
	return conf_fail(r, s, "there is no %s %s; did you mean \"%s\"?",
	    what, q, nearest);
}

static const char *
nearer(const char *name, const char *a, const char *b)
{
	return a == NULL || conf_unlike(name, b) < conf_unlike(name, a) ?
	    b : a;
}

bool
conf_policy_named(struct conf_read *r, const config_setting_t *s,
    uint16_t *out)
{
	const char *name = config_setting_get_string(s), *nearest = NULL;
	const struct conf *conf = r->conf;
	const struct conf_policy *p = dict_get(&r->policies, name);

	if (p != NULL) {
		*out = (uint16_t)(p - conf->policies + 1);
		return true;
	}
	for (size_t i = 0; i < conf->policies_n; i++)
		nearest = nearer(name, nearest, conf->policies[i].name);
	return unknown(r, s, "policy", name, nearest);
}

static bool
list_named(struct conf_read *r, const config_setting_t *s, const char *name,
    struct plist **out)
{
	const struct conf *conf = r->conf;
	const struct conf_plist *l = dict_get(&r->plists, name);
	const char *nearest = NULL;

	if (l != NULL) {
		plist_hold(l->list);
		*out = l->list;
		return true;
	}
	for (size_t i = 0; i < conf->plists_n; i++)
		nearest = nearer(name, nearest, conf->plists[i].name);
	return unknown(r, s, "prefix list", name, nearest);
}

bool
conf_lists_read(struct conf_read *r, const config_setting_t *s, void *match)
{
	struct policy_match *m = match;
	unsigned n = texts(s);
	void *v;

	if (n == 0)
		return conf_fail(r, s, "must name a prefix list");
	if (!room(r, s, n, LIST_MAX, sizeof(*m->lists), &v))
		return false;
	m->lists = v;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *at;
		const char *name = text_at(r, s, i, &at);

		if (name == NULL ||
		    !list_named(r, at, name, &m->lists[m->lists_n]))
			return false;
		m->lists_n++;
	}
	return true;
}

/* --- values --- */

static bool
read_entries(struct conf_read *r, const config_setting_t *s,
    struct plist_entry *e, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *at;
		const char *text = text_at(r, s, i, &at);
		struct reason why;

		if (text == NULL)
			return false;
		if (!plist_entry_parse(&e[i], text, &why))
			return conf_fail(r, at, "%s", why.s);
	}
	return true;
}

bool
conf_entries_read(struct conf_read *r, const config_setting_t *s,
    struct plist **out)
{
	unsigned n = texts(s);
	struct plist *l = NULL;
	void *e;
	bool ok;

	if (!room(r, s, n, ENTRIES_MAX, sizeof(struct plist_entry), &e))
		return false;
	ok = read_entries(r, s, e, n);
	if (ok && (l = plist_new(e, n)) == NULL)
		ok = conf_fail(r, s, "out of memory");
	free(e);
	if (ok)
		*out = l;
	return ok;
}

bool
conf_paths_read(struct conf_read *r, const config_setting_t *s, void *match)
{
	struct policy_match *m = match;
	unsigned n = texts(s);
	struct reason why;
	void *v;

	if (n == 0)
		return conf_fail(r, s, "must have a pattern");
	if (!room(r, s, n, LIST_MAX, sizeof(*m->paths), &v))
		return false;
	m->paths = v;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *at;
		const char *text = text_at(r, s, i, &at);

		if (text == NULL)
			return false;
		if (!pathexp_parse(&m->paths[m->paths_n], text, &why))
			return conf_fail(r, at, "%s", why.s);
		m->paths_n++;
	}
	return true;
}

bool
conf_communities_read(struct conf_read *r, const config_setting_t *s,
    struct community_list *out, bool patterns)
{
	unsigned n = texts(s);
	struct reason why;
	void *v;

	/* Set to none is something else than to match any of none. */
	if (n == 0 && patterns)
		return conf_fail(r, s, "must have a community");
	if (!room(r, s, n, LIST_MAX, sizeof(*out->v), &v))
		return false;
	out->v = v;
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *at;
		const char *text = text_at(r, s, i, &at);

		if (text == NULL)
			return false;
		if (!community_parse(&out->v[out->n], text, &why))
			return conf_fail(r, at, "%s", why.s);
		if (!patterns && !community_is_one(&out->v[out->n]))
			return conf_fail(r, at, "must be one community; "
			    "\"*\" and ranges are for matching and deleting");
		out->n++;
	}
	return true;
}

bool
conf_range_read(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, struct policy_number *out)
{
	const char *text = config_setting_get_string(s);
	int64_t n = config_setting_get_int64(s);
	struct range range = { (uint32_t)n, (uint32_t)n };
	bool ok = n >= key->min && n <= key->max;

	if (text != NULL)
		ok = range_parse(&text, (uint32_t)key->max, &range) &&
		    *text == '\0';
	if (!ok)
		return conf_fail(r, s, "must be %lld to %lld, or a range "
		    "within that like \"%lld-%lld\"", (long long)key->min,
		    (long long)key->max, (long long)key->min,
		    (long long)key->max);
	*out = (struct policy_number){ true, range };
	return true;
}

bool
conf_asns_read(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, void *set)
{
	struct policy_set *out = set;
	int n = config_setting_length(s);

	if (n < 1 || n > POLICY_PREPEND)
		return conf_fail(r, s, "must have 1 to %d AS numbers, not %d",
		    POLICY_PREPEND, n);
	for (int i = 0; i < n; i++) {
		const config_setting_t *e =
		    config_setting_get_elem(s, (unsigned)i);
		int type = config_setting_type(e);
		int64_t asn = config_setting_get_int64(e);

		if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) ||
		    asn < key->min || asn > key->max)
			return conf_fail(r, e, "must be an AS number, %lld to "
			    "%lld", (long long)key->min, (long long)key->max);
		out->prepend_asn[out->prepend_n++] = (uint32_t)asn;
	}
	return true;
}
