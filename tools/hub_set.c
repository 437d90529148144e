/*
 * Reading and parsing of a set of files.  Only what is ours to change is kept
 * as text: the .conf files; those with secrets are put or dropped unread.  The
 * lock is on the directory of vpnd.conf, so that two editors come one behind
 * the other whatever becomes of them: it ends with the process.
 */
#include "tools/hub_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gw/conf_scan.h"
#include "tools/complain.h"
#include "tools/hub_stage.h"
#include "util/secret.h"

static enum ctl_exit
cannot(const char *path, const char *what, int error)
{
	return complain(CTL_EXIT_FAILED, "%s: %s: %s", path, what,
	    strerror(error));
}

/* --- files --- */

struct hub_file *
hub_set_file(const struct hub_set *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].text != NULL && strcmp(s->v[i].name, name) == 0)
			return &s->v[i];
	}
	return NULL;
}

void
hub_set_path(const struct hub_set *s, const char *name,
    char path[static HUB_PATH])
{
	const char *slash = strrchr(s->conf, '/');
	int dir = slash == NULL ? 0 : (int)(slash - s->conf) + 1;

	if (name[0] == '\0')
		str_set(path, HUB_PATH, s->conf);
	else
		str_fmt(path, HUB_PATH, "%.*sconf.d/%s", dir, s->conf, name);
}

static struct hub_file *
slot(struct hub_set *s, const char *name)
{
	struct hub_file *more;

	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->v[i].name, name) == 0)
			return &s->v[i];
	}
	if (s->n == s->room) {
		more = realloc(s->v, (2 * s->room + 16) * sizeof(*more));
		if (more == NULL)
			return NULL;
		s->v = more;
		s->room = 2 * s->room + 16;
	}
	more = &s->v[s->n];
	*more = (struct hub_file){ .text = NULL };
	str_set(more->name, sizeof(more->name), name);
	s->n++;
	return more;
}

static void
file_clear(struct hub_file *f)
{
	if (f->text != NULL)
		wipe(f->text, f->n);
	free(f->text);
	f->text = NULL;
	f->n = 0;
}

bool
hub_set_put(struct hub_set *s, const char *name, char *text)
{
	struct hub_file *f = text == NULL ? NULL : slot(s, name);

	if (f == NULL) {
		free(text);
		return false;
	}
	file_clear(f);
	f->text = text;
	f->n = strlen(text);
	f->changed = true;
	return true;
}

void
hub_set_drop(struct hub_set *s, const char *name)
{
	struct hub_file *f = slot(s, name);

	if (f == NULL)
		return;
	file_clear(f);
	f->changed = true;
}

void
hub_set_fini(struct hub_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		file_clear(&s->v[i]);
	free(s->v);
	if (s->lock >= 0)
		close(s->lock);
	*s = (struct hub_set){ .lock = -1 };
}

/* --- reading --- */

/* NUL-terminated; NULL: errno says why. */
static char *
slurp(const char *path, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = 0;
	struct stat st;
	char *text;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > CONF_TEXT_MAX) {
		close(fd);
		errno = EINVAL;
		return NULL;
	}
	text = malloc((size_t)st.st_size + 1);
	*n = 0;
	while (text != NULL && *n < (size_t)st.st_size &&
	    (got = read(fd, text + *n, (size_t)st.st_size - *n)) > 0)
		*n += (size_t)got;
	close(fd);
	if (text != NULL && got >= 0) {
		text[*n] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

char *
hub_set_text(const struct hub_set *s, const char *name)
{
	char path[HUB_PATH];
	size_t n;

	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->v[i].name, name) == 0)
			return s->v[i].text == NULL ? NULL :
			    strdup(s->v[i].text);
	}
	hub_set_path(s, name, path);
	return slurp(path, &n);
}

static enum ctl_exit
load(struct hub_set *s, const char *name)
{
	char path[HUB_PATH];
	struct hub_file *f;
	size_t n;
	char *text;

	hub_set_path(s, name, path);
	text = slurp(path, &n);
	if (text == NULL)
		return cannot(path, "read", errno);
	f = slot(s, name);
	if (f == NULL) {
		free(text);
		return cannot(path, "read", ENOMEM);
	}
	f->text = text;
	f->n = n;
	return CTL_EXIT_OK;
}

static bool
is_conf(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && n < HUB_NAME &&
	    strcmp(name + n - 5, ".conf") == 0;
}

static enum ctl_exit
load_all(struct hub_set *s, DIR *dir)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	const struct dirent *e;

	while (rc == CTL_EXIT_OK && (e = readdir(dir)) != NULL) {
		if (is_conf(e->d_name))
			rc = load(s, e->d_name);
	}
	return rc;
}

static enum ctl_exit
read_dir(struct hub_set *s)
{
	char shown[HUB_PATH], path[PATH_MAX];
	enum ctl_exit rc;
	struct stat st;
	DIR *dir;

	hub_set_path(s, "", shown);
	hub_set_path(s, ".", shown);
	shown[strlen(shown) - 2] = '\0';
	str_set(s->dir, sizeof(s->dir), shown);
	if (realpath(shown, path) == NULL)
		return errno == ENOENT ? CTL_EXIT_OK :
		    cannot(shown, "open", errno);
	if (strlen(path) >= sizeof(s->dir) - sizeof(HUB_STAGE))
		return cannot(shown, "open", ENAMETOOLONG);
	str_set(s->dir, sizeof(s->dir), path);
	dir = opendir(path);
	if (dir == NULL || fstat(dirfd(dir), &st) < 0)
		return cannot(shown, "open", errno);
	s->there = true;
	s->seen[0] = st.st_mtim.tv_sec;
	s->seen[1] = st.st_mtim.tv_nsec;
	rc = load_all(s, dir);
	closedir(dir);
	return rc;
}

static enum ctl_exit
take_lock(struct hub_set *s, bool alone, unsigned timeout)
{
	int how = (alone ? LOCK_EX : LOCK_SH) | LOCK_NB;
	const struct timespec pause = { .tv_nsec = 20000000 };
	int64_t deadline = client_now() + (int64_t)timeout * 1000;
	char dir[HUB_PATH];
	char *slash;

	str_set(dir, sizeof(dir), s->conf);
	slash = strrchr(dir, '/');
	str_set(slash == NULL ? dir : slash + 1, 2, slash == NULL ? "." : "");
	s->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock < 0)
		return cannot(dir, "open", errno);
	while (flock(s->lock, how) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return cannot(dir, "lock", errno);
		if (client_now() >= deadline)
			return complain(CTL_EXIT_TIMEOUT, "another vpnctl has "
			    "edited %s for %u s", dir, timeout);
		nanosleep(&pause, NULL);
	}
	return CTL_EXIT_OK;
}

enum ctl_exit
hub_set_read(struct hub_set *out, const char *conf, bool alone,
    unsigned timeout)
{
	struct hub_set s = { .lock = -1 };
	enum ctl_exit rc;

	if (strlen(conf) >= sizeof(s.conf) - 2 * HUB_NAME)
		return cannot(conf, "open", ENAMETOOLONG);
	str_set(s.conf, sizeof(s.conf), conf);
	rc = take_lock(&s, alone, timeout);
	if (rc == CTL_EXIT_OK)
		rc = load(&s, "");
	if (rc == CTL_EXIT_OK)
		rc = read_dir(&s);
	if (rc == CTL_EXIT_OK)
		*out = s;
	else
		hub_set_fini(&s);
	return rc;
}

/* --- as a configuration --- */

static int
file_cmp(const void *va, const void *vb)
{
	const struct hub_file *const *a = va, *const *b = vb;

	return strcmp((*a)->name, (*b)->name);
}

/* Those that are texts of the configuration, sorted; vpnd.conf is first. */
static const struct hub_file **
sorted(const struct hub_set *s, size_t *n)
{
	const struct hub_file **v = calloc(s->n + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; v != NULL && i < s->n; i++) {
		const struct hub_file *f = &s->v[i];

		if (f->text != NULL && (f->name[0] == '\0' || is_conf(f->name)))
			v[(*n)++] = f;
	}
	if (*n > 0)
		qsort(v, *n, sizeof(*v), file_cmp);
	return v;
}

static struct conf *
parse(const struct hub_set *s, const struct hub_file **files, size_t n,
    char (*paths)[HUB_PATH], struct conf_source *sources)
{
	const struct conf_sources all = { .v = sources, .n = n,
	    .directory = true };
	struct conf_error e;
	struct conf *conf;
	char line[512];

	for (size_t i = 0; i < n; i++) {
		hub_set_path(s, files[i]->name, paths[i]);
		sources[i] = (struct conf_source){ .name = paths[i],
		    .text = bytes_of(files[i]->text, files[i]->n) };
	}
	conf = conf_parse_all(&all, &e);
	if (conf == NULL) {
		conf_error_str(&e, line, sizeof(line));
		complain(CTL_EXIT_CONF, "%s", line);
	}
	return conf;
}

struct conf *
hub_set_parse(const struct hub_set *s)
{
	size_t n;
	const struct hub_file **files = sorted(s, &n);
	char (*paths)[HUB_PATH] = calloc(n + 1, sizeof(*paths));
	struct conf_source *sources = calloc(n + 1, sizeof(*sources));
	struct conf *conf = NULL;

	if (files != NULL && paths != NULL && sources != NULL)
		conf = parse(s, files, n, paths, sources);
	else
		complain(CTL_EXIT_FAILED, "out of memory");
	free(sources);
	free(paths);
	free(files);
	return conf;
}
