/*
 * What is in conf.d.  Names count by their end: .conf is configuration,
 * .secrets are keys, and anything else is not ours to read, as are hidden
 * files and what editors leave (NAME~).  What counts must be beyond doubt: a
 * regular file, or a link to one, that nobody but root or we could have
 * written.  What is in the files is for others.
 */
#include "daemon/confdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/conffile.h"

static bool
fail(const char *path, const char *what, struct reason *why)
{
	reason_set(why, "%.200s: %s", path, what);
	return false;
}

/* --- names --- */

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && strcmp(name + n - k, end) == 0;
}

/* The list that it belongs to; NULL: none. */
static struct confdir_list *
list_of(struct confdir *d, const char *name)
{
	if (name[0] == '.')
		return NULL;
	if (ends_in(name, ".conf"))
		return &d->confs;
	return ends_in(name, ".secrets") ? &d->secrets : NULL;
}

/* It will stand in messages and in the log. */
static bool
is_plain(const char *name)
{
	for (const char *p = name; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
			return false;
	}
	return true;
}

static bool
add(struct confdir_list *l, const char *shown, const char *dir,
    const char *name)
{
	struct confdir_file *f;
	size_t room = l->room;
	char path[CONFDIR_PATH + 256];

	if (l->n == room) {
		room = 2 * room + 16;
		f = realloc(l->v, room * sizeof(*f));
		if (f == NULL)
			return false;
		l->v = f;
		l->room = room;
	}
	f = &l->v[l->n];
	*f = (struct confdir_file){ .n = 0 };
	str_fmt(path, sizeof(path), "%s/%s", shown, name);
	f->name = strdup(path);
	str_fmt(path, sizeof(path), "%s/%s", dir, name);
	f->path = strdup(path);
	l->n++;
	return f->name != NULL && f->path != NULL;
}

static bool
take(struct confdir *d, const char *shown, const char *dir, const char *name,
    struct reason *why)
{
	struct confdir_list *l = list_of(d, name);

	if (l == NULL)
		return true;
	if (!is_plain(name))
		return fail(shown, "a name in it has characters that are no "
		    "letters, digits or plain signs", why);
	if (l->n == CONFDIR_FILES)
		return fail(shown, "too many files", why);
	return add(l, shown, dir, name) || fail(shown, "out of memory", why);
}

static int
file_cmp(const void *va, const void *vb)
{
	const struct confdir_file *a = va, *b = vb;

	return strcmp(a->path, b->path);
}

static void
sort(struct confdir_list *l)
{
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), file_cmp);
}

/* --- files --- */

/* NULL, or what speaks against it. */
static const char *
fault(int fd, bool directory)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (directory ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		return directory ? "refused: no directory" :
		    "refused: not a regular file";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "refused: must be owned by root";
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "refused: others than its owner may write to it "
		    "(chmod go-w)";
	return NULL;
}

static bool
read_file(struct confdir_file *f, int dir, size_t most, struct reason *why)
{
	int fd = openat(dir, strrchr(f->path, '/') + 1,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *what;

	if (fd < 0)
		return fail(f->name, strerror(errno), why);
	what = fault(fd, false);
	if (what == NULL && !conffile_read_all(fd, most, &f->text, &f->n))
		what = strerror(errno);
	close(fd);
	return what == NULL || fail(f->name, what, why);
}

/* Of the directory that was listed, if another takes its place meanwhile. */
static bool
read_files(struct confdir *d, int dir, size_t most, struct reason *why)
{
	for (size_t i = 0; i < d->confs.n; i++) {
		if (!read_file(&d->confs.v[i], dir, most, why))
			return false;
		most -= d->confs.v[i].n;
	}
	return true;
}

/* --- the directory --- */

static bool
list(struct confdir *d, DIR *dir, const char *shown, const char *path,
    struct reason *why)
{
	const struct dirent *e;
	const char *what = fault(dirfd(dir), true);

	if (what != NULL)
		return fail(shown, what, why);
	while (errno = 0, (e = readdir(dir)) != NULL) {
		if (!take(d, shown, path, e->d_name, why))
			return false;
	}
	if (errno != 0)
		return fail(shown, strerror(errno), why);
	sort(&d->confs);
	sort(&d->secrets);
	return true;
}

static bool
read_dir(struct confdir *d, const char *shown, const char *path, size_t most,
    struct reason *why)
{
	DIR *dir = opendir(path);
	bool ok;

	if (dir == NULL)
		return errno == ENOENT || fail(shown, strerror(errno), why);
	d->there = true;
	ok = list(d, dir, shown, path, why) &&
	    read_files(d, dirfd(dir), most, why);
	closedir(dir);
	return ok;
}

bool
confdir_read(struct confdir *out, const char *conf_path, const char *from,
    size_t most, struct reason *why)
{
	char shown[CONFDIR_PATH];
	struct confdir d = { .there = false };

	conffile_beside(conf_path, CONFDIR_NAME, shown, sizeof(shown));
	if (!read_dir(&d, shown, from != NULL ? from : shown, most, why)) {
		confdir_fini(&d);
		return false;
	}
	*out = d;
	return true;
}

static void
list_fini(struct confdir_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].path);
		free(l->v[i].text);
	}
	free(l->v);
}

void
confdir_fini(struct confdir *d)
{
	list_fini(&d->confs);
	list_fini(&d->secrets);
	*d = (struct confdir){ .there = false };
}
