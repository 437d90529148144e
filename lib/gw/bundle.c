/*
 * Writing and reading of bundles.  The reader trusts nothing about lengths;
 * what is in the files is for who parses certificates.
 */
#include "gw/bundle.h"

#include <stdlib.h>
#include <string.h>

static struct bytes
file_bytes(const struct conf_file *f)
{
	bool secret = f->kind == CONF_FILE_KEY || f->data == NULL;

	return bytes_of(f->data, secret ? 0 : f->n);
}

/* As long as an error can name it. */
static struct bytes
name_bytes(const struct conf_source *s)
{
	return bytes_of(s->name, strnlen(s->name, CONF_SOURCE_LEN - 1));
}

size_t
bundle_size(const struct conf_sources *s, const struct conf *conf)
{
	size_t n = 1 + 4;

	for (size_t i = 0; i < s->n; i++)
		n += 4 + name_bytes(&s->v[i]).n + 4 + s->v[i].text.n;
	for (size_t i = 0; i < conf->files_n; i++)
		n += 4 + file_bytes(&conf->files[i]).n;
	for (size_t i = 0; i < conf->n; i++)
		n += conf->connections[i].tunnels_n * (size_t)2 *
		    CONF_MARK_LEN;
	n += conf->neighbors_n * (size_t)CONF_MARK_LEN;
	return n;
}

static void
write_part(struct wr *w, struct bytes b)
{
	wr_u32(w, (uint32_t)b.n);
	wr_bytes(w, b);
}

void
bundle_write(struct wr *w, const struct conf_sources *s,
    const struct conf *conf)
{
	wr_u8(w, s->directory);
	wr_u32(w, (uint32_t)s->n);
	for (size_t i = 0; i < s->n; i++) {
		write_part(w, name_bytes(&s->v[i]));
		write_part(w, s->v[i].text);
	}
	for (size_t i = 0; i < conf->files_n; i++)
		write_part(w, file_bytes(&conf->files[i]));
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *c = &conf->connections[i];

		for (unsigned t = 0; t < c->tunnels_n; t++) {
			wr_bytes(w, bytes_of(c->tunnels[t].secret_mark,
			    CONF_MARK_LEN));
			wr_bytes(w, bytes_of(c->tunnels[t].bgp_mark,
			    CONF_MARK_LEN));
		}
	}
	for (size_t i = 0; i < conf->neighbors_n; i++)
		wr_bytes(w, bytes_of(conf->neighbors[i].own.bgp_mark,
		    CONF_MARK_LEN));
}

static bool
attach_all(struct conf *conf, struct rd *r)
{
	for (size_t i = 0; i < conf->files_n; i++) {
		struct bytes b = rd_bytes(r, rd_u32(r));

		if (r->bad || (b.n > 0 && !conf_attach(&conf->files[i], b)))
			return false;
	}
	for (size_t i = 0; i < conf->n; i++) {
		struct conf_connection *c = &conf->connections[i];

		for (unsigned t = 0; t < c->tunnels_n; t++) {
			rd_copy(r, c->tunnels[t].secret_mark, CONF_MARK_LEN);
			rd_copy(r, c->tunnels[t].bgp_mark, CONF_MARK_LEN);
		}
	}
	for (size_t i = 0; i < conf->neighbors_n; i++)
		rd_copy(r, conf->neighbors[i].own.bgp_mark, CONF_MARK_LEN);
	return rd_done(r);
}

/* The texts are views, the names are copies; both arrays are the caller's. */
struct texts {
	struct conf_sources all;
	struct conf_source *v;
	char		(*names)[CONF_SOURCE_LEN];
};

static void
texts_fini(struct texts *t)
{
	free(t->v);
	free(t->names);
}

static bool
read_text(struct rd *r, struct texts *t, size_t i)
{
	struct bytes name = rd_bytes(r, rd_u32(r));

	t->v[i].text = rd_bytes(r, rd_u32(r));
	t->v[i].name = t->names[i];
	if (r->bad || name.n >= CONF_SOURCE_LEN)
		return false;
	str_fmt(t->names[i], CONF_SOURCE_LEN, "%.*s", (int)name.n,
	    (const char *)name.p);
	return true;
}

static bool
read_texts(struct rd *r, struct texts *t)
{
	size_t n;

	t->all.directory = rd_u8(r) != 0;
	n = rd_u32(r);
	/* Each takes two lengths at least. */
	if (r->bad || n > r->n / 8)
		return false;
	t->v = calloc(n + 1, sizeof(*t->v));
	t->names = calloc(n + 1, sizeof(*t->names));
	if (t->v == NULL || t->names == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!read_text(r, t, i))
			return false;
	}
	t->all.v = t->v;
	t->all.n = n;
	return true;
}

static struct conf *
refuse(const char *file, const char *why, struct conf_error *err)
{
	*err = (struct conf_error){ .line = 0 };
	str_set(err->file, sizeof(err->file), file);
	reason_set(&err->why, "%s", why);
	return NULL;
}

struct conf *
bundle_read(struct bytes b, const char *file, struct conf_error *err)
{
	struct rd r = rd_of(b);
	struct texts t = { .v = NULL };
	struct conf *conf;
	bool ok = read_texts(&r, &t);

	conf = ok ? conf_parse_all(&t.all, err) :
	    refuse(file, "it did not arrive whole", err);
	texts_fini(&t);
	if (conf == NULL || attach_all(conf, &r))
		return conf;
	conf_free(conf);
	return refuse(file, "the files that it names did not arrive whole",
	    err);
}
