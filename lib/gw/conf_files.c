/*
 * Files that a configuration names: certificates, keys, CAs and CRLs.  Each
 * is kept once, however many tunnels name it, with the place where it was
 * named first, so that whoever reads it can say whose it is.  Opens nothing.
 */
#include "gw/conf_read.h"

#include <stdlib.h>
#include <string.h>

const char *
conf_file_fault(const char *s)
{
	for (const char *p = s; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return "a file name";
	}
	if (s[0] == '\0' || strlen(s) >= CONF_FILE_LEN)
		return "a file name of 1 to 255 characters";
	return NULL;
}

static struct conf_file *
add(struct conf_read *r, const config_setting_t *s, enum conf_file_kind kind)
{
	struct conf *conf = r->conf;
	struct conf_file *more = conf->files, *f;

	/* Room doubles at every power of two. */
	if ((conf->files_n & (conf->files_n - 1)) == 0)
		more = realloc(conf->files, 2 * (conf->files_n + 1) *
		    sizeof(*more));
	if (more == NULL || conf->files_n == UINT16_MAX) {
		conf_fail(r, s, more == NULL ? "out of memory" :
		    "too many files");
		return NULL;
	}
	conf->files = more;
	f = &more[conf->files_n++];
	*f = (struct conf_file){ .kind = kind,
	    .line = (int)config_setting_source_line(s),
	    .source = conf_source_of(r, s) };
	str_set(f->name, sizeof(f->name), config_setting_get_string(s));
	conf_path(f->key, sizeof(f->key), s);
	return f;
}

/* The number of the file that s names; 0: *err says why. */
static uint16_t
number_of(struct conf_read *r, const config_setting_t *s,
    enum conf_file_kind kind)
{
	const char *name = config_setting_get_string(s);
	const char *must = name == NULL ? "a file name in quotes" :
	    conf_file_fault(name);
	struct conf *conf = r->conf;

	if (must != NULL) {
		conf_fail(r, s, "must be %s", must);
		return 0;
	}
	/* The last one is the likeliest: neighbours share their files. */
	for (size_t i = conf->files_n; i > 0; i--) {
		if (conf->files[i - 1].kind == kind &&
		    strcmp(conf->files[i - 1].name, name) == 0)
			return (uint16_t)i;
	}
	return add(r, s, kind) == NULL ? 0 : (uint16_t)conf->files_n;
}

bool
conf_refs_read(struct conf_read *r, const struct conf_key *key,
    const config_setting_t *s, struct conf_refs *out)
{
	bool one = config_setting_type(s) == CONFIG_TYPE_STRING;
	int n = one ? 1 : config_setting_length(s);
	struct conf_refs refs = { 0 };

	if (!one && key->max == 0)
		return conf_fail(r, s, "must be one file name in quotes");
	if (!one && (n < key->min || n > key->max))
		return conf_fail(r, s, "must name %lld to %lld files, not %d",
		    (long long)key->min, (long long)key->max, n);
	for (int i = 0; i < n; i++) {
		const config_setting_t *e = one ? s :
		    config_setting_get_elem(s, (unsigned)i);

		refs.at[refs.n] = number_of(r, e,
		    (enum conf_file_kind)key->file_kind);
		if (refs.at[refs.n++] == 0)
			return false;
	}
	*out = refs;
	return true;
}

const struct conf_file *
conf_file(const struct conf *conf, uint16_t number)
{
	return &conf->files[number - 1];
}

bool
conf_attach(struct conf_file *f, struct bytes data)
{
	uint8_t *copy = malloc(data.n + 1);

	if (copy == NULL)
		return false;
	if (data.n > 0)
		memcpy(copy, data.p, data.n);
	free(f->data);
	f->data = copy;
	f->n = data.n;
	return true;
}

void
conf_file_error(const struct conf_file *f, const char *why,
    struct conf_error *err)
{
	str_set(err->file, sizeof(err->file), f->source);
	err->line = f->line;
	str_set(err->key, sizeof(err->key), f->key);
	reason_set(&err->why, "%.100s: %s", f->name, why);
}
