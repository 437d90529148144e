/*
 * `vpnctl export`: a connection of the configuration as whoever is at its
 * customer's end needs it (gw/aws_export.h).  A format of one file goes to
 * standard output unless a directory is named; keys are in it.
 */
#include "tools/aws.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/aws_export.h"
#include "gw/aws_from.h"
#include "tools/complain.h"
#include "tools/confset.h"
#include "tools/place.h"
#include "tools/render.h"
#include "util/array.h"
#include "util/secret.h"

#define TEXT_LEN	(1u << 20)
#define PATH_LEN	4096

struct export {
	const struct aws_options *o;
	const struct aws_format *format;
	struct aws_export e;
	struct aws_notes notes;
	bool		json;
	json_t		*files;
	uint8_t		text[TEXT_LEN];
};

static enum ctl_exit
find_format(const char *name, const struct aws_format **out)
{
	const struct aws_format *f = name != NULL ? aws_format_find(name) :
	    NULL;
	char list[256] = "";

	if (f != NULL) {
		*out = f;
		return CTL_EXIT_OK;
	}
	for (size_t i = 0; (f = aws_format_at(i)) != NULL; i++)
		str_add(list, sizeof(list), "%s%s", i > 0 ? ", " : "",
		    f->name);
	if (name == NULL)
		return complain(CTL_EXIT_USAGE, "export needs --format: %s",
		    list);
	return complain(CTL_EXIT_USAGE, "no format \"%s\"; there are %s",
	    name, list);
}

/* "conf.d/%.conf" with the connection's name, in the directory. */
static void
path_of(const struct export *x, const struct aws_file *f, char *buf,
    size_t size)
{
	const char *mark = strchr(f->name, '%');

	if (mark == NULL)
		str_fmt(buf, size, "%s/%s", x->o->out, f->name);
	else
		str_fmt(buf, size, "%s/%.*s%s%s", x->o->out,
		    (int)(mark - f->name), f->name, x->e.name, mark + 1);
}

static enum ctl_exit
write_file(struct export *x, const struct aws_file *f, struct bytes text)
{
	char path[PATH_LEN], dir[PATH_LEN];
	enum ctl_exit rc = CTL_EXIT_OK;

	path_of(x, f, path, sizeof(path));
	if (strchr(f->name, '/') != NULL) {
		str_fmt(dir, sizeof(dir), "%s/conf.d", x->o->out);
		rc = place_dir(dir);
	}
	if (rc == CTL_EXIT_OK)
		rc = place_file(path, text, f->mode, x->o->force);
	if (rc == CTL_EXIT_OK && x->json)
		json_array_append_new(x->files, json_string(path));
	else if (rc == CTL_EXIT_OK)
		printf("wrote %s\n", path);
	return rc;
}

static enum ctl_exit
put_file(struct export *x, const struct aws_file *f)
{
	struct wr w = wr_of(x->text, sizeof(x->text));

	f->write(&w, &x->e);
	if (w.bad)
		return complain(CTL_EXIT_FAILED, "%s: too long", x->e.name);
	if (x->o->out != NULL)
		return write_file(x, f, wr_done(&w));
	fwrite(w.p, 1, w.n, stdout);
	return CTL_EXIT_OK;
}

/* All or none: nothing is written where something is in the way. */
static enum ctl_exit
free_to_write(const struct export *x)
{
	const struct aws_file *f = x->format->files;
	char path[PATH_LEN];

	if (x->o->out == NULL && f[1].name != NULL)
		return complain(CTL_EXIT_USAGE, "%s is several files: name a "
		    "directory with --out", x->format->name);
	for (; x->o->out != NULL && f->name != NULL; f++) {
		path_of(x, f, path, sizeof(path));
		if (!x->o->force && !(f->bgp && x->e.c->is_static) &&
		    place_taken(path))
			return complain(CTL_EXIT_FAILED, "%s is there "
			    "already; --force replaces it", path);
	}
	return x->o->out != NULL ? place_dir(x->o->out) : CTL_EXIT_OK;
}

/* Standard output may be the file itself: what is to be said goes besides. */
static void
say_notes(const struct export *x)
{
	json_t *notes, *j;

	for (unsigned i = 0; !x->json && i < x->notes.n; i++)
		fprintf(x->o->out != NULL ? stdout : stderr, "assumed: %s\n",
		    x->notes.v[i].s);
	if (!x->json || x->o->out == NULL)
		return;
	notes = json_array();
	for (unsigned i = 0; i < x->notes.n; i++)
		json_array_append_new(notes, json_string(x->notes.v[i].s));
	j = json_pack("{s:s, s:s, s:O, s:o}", "connection", x->e.name,
	    "format", x->format->name, "files", x->files, "assumed", notes);
	render_json(j);
	json_decref(j);
}

static enum ctl_exit
put_files(struct export *x)
{
	enum ctl_exit rc = free_to_write(x);
	const struct aws_file *f;

	for (f = x->format->files; rc == CTL_EXIT_OK && f->name != NULL; f++) {
		if (!f->bgp || !x->e.c->is_static)
			rc = put_file(x, f);
	}
	if (rc == CTL_EXIT_OK)
		say_notes(x);
	return rc;
}

/* What AWS's formats cannot say, for they have addresses alone. */
static void
note_identities(struct export *x)
{
	const struct aws_connection *c = x->e.c;

	if (strncmp(x->format->name, "aws-", 4) != 0)
		return;
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		for (unsigned side = 0; side < AWS_SIDES; side++) {
			if (c->tunnels[i].identity[side][0] != '\0')
				aws_note(&x->notes, "identity of tunnel %u: "
				    "AWS's formats have only addresses, so "
				    "that the device must be told \"%.150s\" "
				    "apart", i + 1,
				    c->tunnels[i].identity[side]);
		}
	}
}

static enum ctl_exit
fill(struct export *x, struct aws_connection *c, const struct confset *set)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	for (unsigned i = 0; i < c->tunnels_n && rc == CTL_EXIT_OK; i++)
		rc = confset_psk(set, x->e.name, i + 1, c->tunnels[i].psk,
		    sizeof(c->tunnels[i].psk));
	for (unsigned i = 0; i < x->o->networks.n; i++)
		aws_nets_add(&c->nets[AWS_CUSTOMER], &x->o->networks.v[i]);
	for (unsigned i = 0; i < x->o->routes.n; i++)
		aws_nets_add(&c->nets[AWS_CLOUD], &x->o->routes.v[i]);
	return rc;
}

static enum ctl_exit
export_one(struct export *x, const struct confset *set,
    const struct conf_connection *k)
{
	struct aws_connection *c;
	struct reason why;
	enum ctl_exit rc;

	c = aws_from_conf(set->conf, k, &why);
	if (c == NULL)
		return complain(CTL_EXIT_FAILED, "%s: %s", k->name, why.s);
	x->e.c = c;
	x->e.name = k->name;
	x->e.vti = x->o->vti;
	x->e.notes = &x->notes;
	x->e.local = x->o->local;
	if (!addr_is_set(&x->e.local) && !k->hub)
		x->e.local = k->tunnels[0].local;
	note_identities(x);
	rc = fill(x, c, set);
	if (rc == CTL_EXIT_OK && !aws_export_fits(&x->e, x->format, &why))
		rc = complain(CTL_EXIT_FAILED, "%s: %s", k->name, why.s);
	if (rc == CTL_EXIT_OK)
		rc = put_files(x);
	aws_free(c);
	return rc;
}

static enum ctl_exit
run(struct export *x, const char *connection, const char *conf,
    const char *secrets)
{
	const struct conf_connection *k;
	struct confset set;
	enum ctl_exit rc;

	rc = confset_load(&set, conf, secrets);
	if (rc != CTL_EXIT_OK)
		return rc;
	k = conf_find(set.conf, connection);
	rc = k != NULL ? export_one(x, &set, k) :
	    complain(CTL_EXIT_NO_OBJECT, "no connection \"%s\" in the "
	    "configuration", connection);
	confset_free(&set);
	return rc;
}

enum ctl_exit
export_run(const struct aws_options *o, const char *connection,
    const char *conf, const char *secrets, bool json)
{
	struct export *x = calloc(1, sizeof(*x));
	enum ctl_exit rc;

	if (x == NULL)
		return complain(CTL_EXIT_FAILED, "out of memory");
	x->o = o;
	x->json = json;
	x->files = json_array();
	rc = find_format(o->format, &x->format);
	if (rc == CTL_EXIT_OK)
		rc = run(x, connection, conf, secrets);
	json_decref(x->files);
	wipe(x, sizeof(*x));
	free(x);
	return rc;
}
