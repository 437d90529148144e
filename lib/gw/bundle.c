/*
 * Writing and reading of bundles.  The reader trusts nothing about lengths;
 * what is in the files is for who parses certificates.
 */
#include "gw/bundle.h"

static struct bytes
file_bytes(const struct conf_file *f)
{
	bool secret = f->kind == CONF_FILE_KEY || f->data == NULL;

	return bytes_of(f->data, secret ? 0 : f->n);
}

size_t
bundle_size(struct bytes text, const struct conf *conf)
{
	size_t n = 4 + text.n;

	for (size_t i = 0; i < conf->files_n; i++)
		n += 4 + file_bytes(&conf->files[i]).n;
	for (size_t i = 0; i < conf->n; i++)
		n += conf->connections[i].tunnels_n * (size_t)2 *
		    CONF_MARK_LEN;
	n += conf->neighbors_n * (size_t)CONF_MARK_LEN;
	return n;
}

void
bundle_write(struct wr *w, struct bytes text, const struct conf *conf)
{
	wr_u32(w, (uint32_t)text.n);
	wr_bytes(w, text);
	for (size_t i = 0; i < conf->files_n; i++) {
		struct bytes b = file_bytes(&conf->files[i]);

		wr_u32(w, (uint32_t)b.n);
		wr_bytes(w, b);
	}
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

struct conf *
bundle_read(struct bytes b, const char *file, struct conf_error *err)
{
	struct rd r = rd_of(b);
	struct bytes text = rd_bytes(&r, rd_u32(&r));
	struct conf *conf;

	conf = conf_parse(text, file, err);
	if (conf == NULL || attach_all(conf, &r))
		return conf;
	*err = (struct conf_error){ .line = 0 };
	str_set(err->file, sizeof(err->file), file);
	reason_set(&err->why, "the files that it names did not arrive whole");
	conf_free(conf);
	return NULL;
}
