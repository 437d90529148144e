/*
 * Files of a configuration, in the order in which the daemon reads them:
 * vpnd.conf, then those of conf.d by the bytes of their names; likewise secrets.
 * What has a fault is refused with the daemon's own line; who owns a file is
 * not judged here, since nothing runs by it.
 */
#include "tools/confset.h"

#include <dirent.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/complain.h"
#include "tools/place.h"
#include "util/secret.h"

#define TEXT_MAX	(64u << 20)
#define PATH_LEN	4096

/* Names of a directory that end so, sorted; each owned. */
struct names {
	size_t		n;
	char		*v[CONFSET_FILES];
};

static void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names);
}

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return name[0] != '.' && n > k && strcmp(name + n - k, end) == 0;
}

/* NULL: no memory.  No directory is an empty one. */
static struct names *
names_of(const char *dir, const char *end)
{
	struct names *names = calloc(1, sizeof(*names));
	char path[PATH_LEN + 16];
	struct dirent *e;
	DIR *d;

	if (names == NULL)
		return NULL;
	str_fmt(path, sizeof(path), "%s/conf.d", dir);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!ends_in(e->d_name, end) || names->n == CONFSET_FILES)
			continue;
		names->v[names->n] = strdup(e->d_name);
		names->n += names->v[names->n] != NULL;
	}
	if (d != NULL)
		closedir(d);
	if (names->n > 0)
		qsort(names->v, names->n, sizeof(names->v[0]), name_cmp);
	return names;
}

static void
set_dir(struct confset *s, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		str_set(s->dir, sizeof(s->dir), ".");
	else
		str_fmt(s->dir, sizeof(s->dir), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
}

/* Texts and what they are called, while they are parsed. */
struct texts {
	struct conf_source *v;
	size_t		n;
};

static void
texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free((void *)(uintptr_t)t->v[i].text.p);
		free((void *)(uintptr_t)t->v[i].name);
	}
	free(t->v);
}

static enum ctl_exit
add_text(struct texts *t, const char *path)
{
	struct conf_source *s = &t->v[t->n];
	enum ctl_exit rc;
	uint8_t *p;
	size_t n;

	rc = place_read(path, TEXT_MAX, &p, &n);
	if (rc != CTL_EXIT_OK)
		return rc;
	s->name = strdup(path);
	s->text = bytes_of(p, n);
	t->n++;
	return s->name != NULL ? CTL_EXIT_OK :
	    complain(CTL_EXIT_FAILED, "out of memory");
}

static enum ctl_exit
parse(struct confset *s, const struct texts *t)
{
	const struct conf_sources all = { .v = t->v, .n = t->n,
	    .directory = t->n > 1 };
	struct conf_error e;
	char line[600];

	s->conf = conf_parse_all(&all, &e);
	if (s->conf != NULL)
		return CTL_EXIT_OK;
	conf_error_str(&e, line, sizeof(line));
	return complain(CTL_EXIT_CONF, "%s", line);
}

static enum ctl_exit
load(struct confset *s, const char *path, const struct names *names)
{
	struct texts t = { .v = calloc(names->n + 1, sizeof(*t.v)) };
	char file[2 * PATH_LEN];
	enum ctl_exit rc;

	if (t.v == NULL)
		return complain(CTL_EXIT_FAILED, "out of memory");
	rc = add_text(&t, path);
	for (size_t i = 0; i < names->n && rc == CTL_EXIT_OK; i++) {
		str_fmt(file, sizeof(file), "%s/conf.d/%s", s->dir,
		    names->v[i]);
		rc = add_text(&t, file);
	}
	if (rc == CTL_EXIT_OK)
		rc = parse(s, &t);
	texts_free(&t);
	return rc;
}

enum ctl_exit
confset_load(struct confset *out, const char *path, const char *secrets)
{
	struct confset *s = out;
	struct names *names;
	enum ctl_exit rc;

	*s = (struct confset){ 0 };
	if (path == NULL)
		path = VPND_SYSCONFDIR "/vpnd.conf";
	set_dir(s, path);
	names = names_of(s->dir, ".conf");
	if (names == NULL)
		return complain(CTL_EXIT_FAILED, "out of memory");
	rc = load(s, path, names);
	names_free(names);
	if (rc != CTL_EXIT_OK)
		return rc;
	if (secrets != NULL)
		str_set(s->secrets, sizeof(s->secrets), secrets);
	else if (s->conf->secrets[0] == '/')
		str_set(s->secrets, sizeof(s->secrets), s->conf->secrets);
	else
		str_fmt(s->secrets, sizeof(s->secrets), "%s/%s", s->dir,
		    s->conf->secrets[0] != '\0' ? s->conf->secrets :
		    "vpnd.secrets");
	return CTL_EXIT_OK;
}

void
confset_free(struct confset *s)
{
	conf_free(s->conf);
	s->conf = NULL;
}

/* 2: of this tunnel, 1: of its connection, 0: of another. */
static int
match(const config_setting_t *one, const char *connection, unsigned tunnel)
{
	const char *name;
	int number;

	if (config_setting_lookup_string(one, "connection", &name) !=
	    CONFIG_TRUE || strcmp(name, connection) != 0)
		return 0;
	if (config_setting_lookup_int(one, "tunnel", &number) != CONFIG_TRUE)
		return 1;
	return number >= 0 && (unsigned)number == tunnel ? 2 : 0;
}

/* The better one of what is there and what best has found before. */
static void
look(const config_t *cfg, const char *connection, unsigned tunnel, int *best,
    char *out, size_t size)
{
	const config_setting_t *list = config_lookup(cfg, "secrets"), *one;

	for (unsigned i = 0; list != NULL &&
	    (one = config_setting_get_elem(list, i)) != NULL; i++) {
		int m = match(one, connection, tunnel);
		const char *psk;

		if (m > *best && config_setting_lookup_string(one,
		    "pre_shared_key", &psk) == CONFIG_TRUE) {
			*best = m;
			str_set(out, size, psk);
		}
	}
}

static enum ctl_exit
look_in(const char *path, const char *connection, unsigned tunnel, int *best,
    char *out, size_t size)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	config_t cfg;

	config_init(&cfg);
	if (config_read_file(&cfg, path) == CONFIG_TRUE)
		look(&cfg, connection, tunnel, best, out, size);
	else
		rc = complain(CTL_EXIT_FAILED, "%s:%d: %s", path,
		    config_error_line(&cfg), config_error_text(&cfg));
	config_destroy(&cfg);
	return rc;
}

enum ctl_exit
confset_psk(const struct confset *s, const char *connection, unsigned tunnel,
    char *out, size_t size)
{
	struct names *names = names_of(s->dir, ".secrets");
	enum ctl_exit rc = CTL_EXIT_OK;
	char path[2 * PATH_LEN];
	int best = 0;

	if (names == NULL)
		return complain(CTL_EXIT_FAILED, "out of memory");
	out[0] = '\0';
	if (access(s->secrets, F_OK) == 0)
		rc = look_in(s->secrets, connection, tunnel, &best, out, size);
	for (size_t i = 0; i < names->n && rc == CTL_EXIT_OK; i++) {
		str_fmt(path, sizeof(path), "%s/conf.d/%s", s->dir,
		    names->v[i]);
		rc = look_in(path, connection, tunnel, &best, out, size);
	}
	names_free(names);
	return rc;
}
