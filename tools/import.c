/*
 * `vpnctl import`: what AWS gives for a device becomes a connection in conf.d
 * and its secrets beside it.  What the file does not say is assumed, and said
 * aloud.  The text is judged by the daemon's own reader before a file is
 * written.
 */
#include "tools/aws.h"

#include <dirent.h>
#include <jansson.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gw/aws_conf.h"
#include "gw/aws_json.h"
#include "tools/complain.h"
#include "tools/host.h"
#include "tools/place.h"
#include "tools/render.h"
#include "util/array.h"
#include "util/secret.h"

#define PATH_LEN	4096
#define TEXT_LEN	(512u << 10)

struct import {
	const struct aws_options *o;
	const char	*file, *dir;
	bool		json;
	bool		standing;	/* the directory has a vpnd.conf */
	uint32_t	asn;		/* that it has; 0: none */
	char		asn_path[PATH_LEN];	/* the file with it, or "" */
	json_t		*done;		/* what was made, for --json */
	uint8_t		conf[TEXT_LEN], secrets[TEXT_LEN], top[4096];
};

/* One connection on its way. */
struct item {
	const struct aws_connection *c;
	struct aws_form	form;
	struct aws_notes notes;
	struct wr	conf, secrets, top;
	char		conf_path[PATH_LEN], secrets_path[PATH_LEN],
			top_path[PATH_LEN];
};

static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < CONF_NAME_LEN && s[0] != '.' && s[0] != '-' &&
	    s[0] != '_' && strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

/* asn of one file; 0: it has none, or cannot be read. */
static uint32_t
asn_in(const char *path)
{
	config_t cfg;
	long long asn = 0;

	config_init(&cfg);
	if (config_read_file(&cfg, path) == CONFIG_TRUE)
		config_lookup_int64(&cfg, "asn", &asn);
	config_destroy(&cfg);
	return asn > 0 && asn < UINT32_MAX ? (uint32_t)asn : 0;
}

/* Any file of a directory may have it, but one only: path, if any has. */
static uint32_t
asn_of(const char *dir, char path[static PATH_LEN])
{
	struct dirent *e;
	uint32_t asn;
	DIR *d;

	str_fmt(path, PATH_LEN, "%s/vpnd.conf", dir);
	asn = asn_in(path);
	str_fmt(path, PATH_LEN, "%s/conf.d", dir);
	d = opendir(path);
	while (d != NULL && asn == 0 && (e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		if (n < 6 || strcmp(e->d_name + n - 5, ".conf") != 0)
			continue;
		str_fmt(path, PATH_LEN, "%s/conf.d/%s", dir, e->d_name);
		asn = asn_in(path);
	}
	if (d != NULL)
		closedir(d);
	if (asn == 0)
		path[0] = '\0';
	return asn;
}

/* Where packets to the other end come from, unless we have its address. */
static void
find_local(const struct import *im, struct item *it)
{
	for (unsigned i = 0; i < it->c->tunnels_n; i++) {
		const struct aws_tunnel *t = &it->c->tunnels[i];
		const struct addr *known = &t->outside[AWS_CUSTOMER];

		if (addr_is_set(&im->o->local))
			it->form.local[i] = im->o->local;
		else if (!im->o->hub && (!addr_is_set(known) ||
		    !host_has(known)))
			host_source(&t->outside[AWS_CLOUD],
			    &it->form.local[i]);
	}
}

static void
add_nets(struct aws_nets *to, const struct aws_option_nets *from)
{
	for (unsigned i = 0; i < from->n; i++)
		aws_nets_add(to, &from->v[i]);
}

/* The reader's verdict on what would be written. */
static enum ctl_exit
judge(const struct import *im, const struct item *it)
{
	size_t size = it->conf.n + 128;
	char *text = malloc(size);
	struct conf_error e;
	struct conf *conf;
	struct wr w;

	if (text == NULL)
		return complain(CTL_EXIT_FAILED, "out of memory");
	w = wr_of(text, size);
	aws_say(&w, "router_id = \"10.0.0.1\"; ");
	if (it->form.asn != 0)
		aws_say(&w, "asn = %u; ", it->form.asn);
	wr_bytes(&w, wr_done(&it->conf));
	conf = conf_parse(wr_done(&w), "configuration", &e);
	free(text);
	if (conf != NULL) {
		conf_free(conf);
		return CTL_EXIT_OK;
	}
	return complain(CTL_EXIT_CONF, "%s: connection %s: %s: %s",
	    im->file, it->form.name, e.key, e.why.s);
}

static enum ctl_exit
compose(struct import *im, struct item *it)
{
	str_fmt(it->conf_path, PATH_LEN, "%s/conf.d/%s.conf", im->dir,
	    it->form.name);
	/* What stands in the file that goes does not count. */
	it->form.asn = strcmp(im->asn_path, it->conf_path) == 0 ? 0 : im->asn;
	find_local(im, it);
	it->conf = wr_of(im->conf, sizeof(im->conf));
	it->secrets = wr_of(im->secrets, sizeof(im->secrets));
	it->top = wr_of(im->top, sizeof(im->top));
	if (!im->standing) {
		aws_conf_top(&it->top, it->c, &it->form, &it->notes);
		if (im->asn == 0)
			im->asn = aws_conf_asn(it->c, &it->form);
		it->form.asn = im->asn;
	}
	aws_conf_write(&it->conf, it->c, &it->form, &it->notes);
	aws_conf_secrets(&it->secrets, it->c, &it->form, &it->notes);
	if (im->asn == 0)	/* now it stands in this one */
		im->asn = aws_conf_asn(it->c, &it->form);
	if (it->conf.bad || it->secrets.bad || it->top.bad)
		return complain(CTL_EXIT_FAILED, "%s: too long", im->file);
	str_fmt(it->secrets_path, PATH_LEN, "%s/conf.d/%s.secrets", im->dir,
	    it->form.name);
	str_fmt(it->top_path, PATH_LEN, "%s/vpnd.conf", im->dir);
	return judge(im, it);
}

static enum ctl_exit
free_to_write(const struct import *im, const struct item *it)
{
	const char *const paths[] = { it->conf_path, it->secrets_path };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!im->o->force && place_taken(paths[i]))
			return complain(CTL_EXIT_FAILED, "%s is there "
			    "already; --force replaces it, --name gives "
			    "another name", paths[i]);
	}
	return CTL_EXIT_OK;
}

/* Keys first: nobody is to find a connection without them. */
static enum ctl_exit
write_files(const struct import *im, const struct item *it)
{
	char dir[PATH_LEN];
	enum ctl_exit rc;

	str_fmt(dir, sizeof(dir), "%s/conf.d", im->dir);
	rc = place_dir(im->dir);
	if (rc == CTL_EXIT_OK)
		rc = place_dir(dir);
	if (rc == CTL_EXIT_OK)
		rc = place_file(it->secrets_path, wr_done(&it->secrets),
		    0600, im->o->force);
	if (rc == CTL_EXIT_OK)
		rc = place_file(it->conf_path, wr_done(&it->conf), 0644,
		    im->o->force);
	if (rc == CTL_EXIT_OK && it->top.n > 0)
		rc = place_file(it->top_path, wr_done(&it->top), 0644, false);
	return rc;
}

static void
say_item(const struct import *im, const struct item *it)
{
	const char *did = im->o->dry_run ? "would write" : "wrote";

	if (it->top.n > 0)
		printf("%s %s\n", did, it->top_path);
	printf("%s %s\n", did, it->conf_path);
	printf("%s %s\n", did, it->secrets_path);
	for (unsigned i = 0; i < it->notes.n; i++)
		printf("assumed: %s\n", it->notes.v[i].s);
	if (im->o->dry_run && it->top.n > 0)
		printf("\n%.*s", (int)it->top.n, (const char *)it->top.p);
	if (im->o->dry_run)
		printf("\n%.*s", (int)it->conf.n, (const char *)it->conf.p);
	else if (im->o->out != NULL)
		printf("next: vpnctl check %s\n", it->top_path);
	else
		printf("next: vpnctl check && vpnctl reload && vpnctl up "
		    "%s\n", it->form.name);
}

static void
note_item(const struct import *im, const struct item *it)
{
	json_t *assumed = json_array(), *files = json_array();

	for (unsigned i = 0; i < it->notes.n; i++)
		json_array_append_new(assumed, json_string(it->notes.v[i].s));
	if (it->top.n > 0)
		json_array_append_new(files, json_string(it->top_path));
	json_array_append_new(files, json_string(it->conf_path));
	json_array_append_new(files, json_string(it->secrets_path));
	json_array_append_new(im->done, json_pack("{s:s, s:s, s:o, s:o}",
	    "name", it->form.name, "id", it->c->id, "files", files,
	    "assumed", assumed));
}

static enum ctl_exit
import_one(struct import *im, struct aws_connection *c, const char *name)
{
	struct item it = {
		.c = c, .form = { .name = name, .hub = im->o->hub },
	};
	struct reason why;
	enum ctl_exit rc;

	if (!is_name(name))
		return complain(CTL_EXIT_USAGE, "\"%s\" is not the name of a "
		    "connection; give one with --name", name);
	add_nets(&c->nets[im->o->hub ? AWS_CLOUD : AWS_CUSTOMER],
	    &im->o->networks);
	add_nets(&c->nets[im->o->hub ? AWS_CUSTOMER : AWS_CLOUD],
	    &im->o->routes);
	if (!aws_settle(c, &why))
		return complain(CTL_EXIT_CONF, "%s: %s: %s", im->file, name,
		    why.s);
	rc = compose(im, &it);
	if (rc == CTL_EXIT_OK)
		rc = free_to_write(im, &it);
	if (rc == CTL_EXIT_OK && !im->o->dry_run)
		rc = write_files(im, &it);
	if (rc != CTL_EXIT_OK)
		return rc;
	im->standing = true;
	if (im->json)
		note_item(im, &it);
	else
		say_item(im, &it);
	return CTL_EXIT_OK;
}

static bool
is_wanted(const struct aws_connection *c, const char *name)
{
	return strcmp(c->id, name) == 0 || strcmp(c->name, name) == 0;
}

/* Of several --name picks one; a single one it gives its name. */
static enum ctl_exit
import_list(struct import *im, const struct aws_list *list)
{
	const char *name = im->o->name;
	enum ctl_exit rc = CTL_EXIT_OK;
	char ids[512] = "";
	bool any = false;

	for (size_t i = 0; i < list->n && rc == CTL_EXIT_OK; i++) {
		struct aws_connection *c = list->v[i];

		str_add(ids, sizeof(ids), "%s%s", i > 0 ? ", " : "", c->id);
		if (list->n > 1 && name != NULL && !is_wanted(c, name))
			continue;
		any = true;
		rc = import_one(im, c, list->n > 1 || name == NULL ? c->id :
		    name);
	}
	if (any)
		return rc;
	return complain(CTL_EXIT_USAGE, "%s: no connection \"%s\"; there are "
	    "%s", im->file, name, ids);
}

static enum ctl_exit
run(struct import *im, const uint8_t *text, size_t n)
{
	struct aws_list list = { 0 };
	char path[PATH_LEN];
	struct reason why;
	enum ctl_exit rc;

	if (!aws_read(&list, bytes_of(text, n), &why))
		return complain(CTL_EXIT_CONF, "%s: %s", im->file, why.s);
	str_fmt(path, sizeof(path), "%s/vpnd.conf", im->dir);
	im->standing = place_taken(path);
	im->asn = asn_of(im->dir, im->asn_path);
	im->done = json_array();
	rc = import_list(im, &list);
	aws_list_free(&list);
	if (rc == CTL_EXIT_OK && im->json) {
		json_t *j = json_pack("{s:b, s:O}", "dry_run",
		    im->o->dry_run, "connections", im->done);

		render_json(j);
		json_decref(j);
	}
	json_decref(im->done);
	return rc;
}

enum ctl_exit
import_run(const struct aws_options *o, const char *file, bool json)
{
	struct import *im = calloc(1, sizeof(*im));
	uint8_t *text = NULL;
	enum ctl_exit rc;
	size_t n = 0;

	if (im == NULL)
		return complain(CTL_EXIT_FAILED, "out of memory");
	im->o = o;
	im->file = file;
	im->dir = o->out != NULL ? o->out : VPND_SYSCONFDIR;
	im->json = json;
	rc = place_read(file, AWS_TEXT_MAX, &text, &n);
	if (rc == CTL_EXIT_OK)
		rc = run(im, text, n);
	if (text != NULL)
		wipe(text, n);
	free(text);
	wipe(im, sizeof(*im));
	free(im);
	return rc;
}
