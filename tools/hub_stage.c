/*
 * Staging of a directory.  Files that stay are hard links: they keep their
 * inodes, owners and times, and who edits one in place meanwhile loses
 * nothing.  The exchange is RENAME_EXCHANGE, so that at every instant there is
 * a directory, the old one or the new one, whoever dies when.
 */
#include "tools/hub_stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/complain.h"

static enum ctl_exit
cannot(const char *path, const char *what)
{
	return complain(CTL_EXIT_FAILED, "%s: %s: %s", path, what,
	    strerror(errno));
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

void
hub_stage_remove(const char *stage)
{
	const struct dirent *e;
	DIR *dir = opendir(stage);

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (!is_dots(e->d_name))
			unlinkat(dirfd(dir), e->d_name, 0);
	}
	closedir(dir);
	rmdir(stage);
}

/* --- making --- */

static const struct hub_file *
changed(const struct hub_set *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].changed && strcmp(s->v[i].name, name) == 0)
			return &s->v[i];
	}
	return NULL;
}

/* Whatever is in the directory and does not change. */
static enum ctl_exit
link_others(const struct hub_set *s, DIR *dir, int to)
{
	const struct dirent *e;

	while (errno = 0, (e = readdir(dir)) != NULL) {
		if (is_dots(e->d_name) || changed(s, e->d_name) != NULL)
			continue;
		if (linkat(dirfd(dir), e->d_name, to, e->d_name, 0) == 0)
			continue;
		if (errno == EPERM)
			return complain(CTL_EXIT_FAILED, "%s/%s: cannot be "
			    "kept in place, since it is no file: move it "
			    "elsewhere", s->dir, e->d_name);
		return complain(CTL_EXIT_FAILED, "%s/%s: link: %s", s->dir,
		    e->d_name, strerror(errno));
	}
	return errno == 0 ? CTL_EXIT_OK : cannot(s->dir, "read");
}

static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return true;
}

static bool
ends_in_secrets(const char *name)
{
	size_t n = strlen(name);

	return n > 8 && strcmp(name + n - 8, ".secrets") == 0;
}

static enum ctl_exit
write_file(const struct hub_set *s, const struct hub_file *f, int to)
{
	mode_t mode = ends_in_secrets(f->name) ? 0600 : 0644;
	int fd = openat(to, f->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	bool ok;
	int error;

	if (fd < 0)
		return cannot(s->dir, f->name);
	ok = write_all(fd, f->text, f->n) && fchmod(fd, mode) == 0 &&
	    fsync(fd) == 0;
	error = errno;
	close(fd);
	errno = error;
	return ok ? CTL_EXIT_OK : cannot(s->dir, f->name);
}

static enum ctl_exit
write_changes(const struct hub_set *s, int to)
{
	enum ctl_exit rc = CTL_EXIT_OK;

	for (size_t i = 0; rc == CTL_EXIT_OK && i < s->n; i++) {
		if (s->v[i].changed && s->v[i].text != NULL)
			rc = write_file(s, &s->v[i], to);
	}
	return rc;
}

/* As the directory that it stands for. */
static bool
dress(const struct hub_set *s, int to)
{
	struct stat st;

	if (!s->there)
		return fchmod(to, 0755) == 0;
	return stat(s->dir, &st) == 0 &&
	    fchown(to, st.st_uid, st.st_gid) == 0 &&
	    fchmod(to, st.st_mode & 07777) == 0;
}

static enum ctl_exit
fill(const struct hub_set *s, int to)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	DIR *dir = NULL;

	if (s->there && (dir = opendir(s->dir)) == NULL)
		return cannot(s->dir, "open");
	if (dir != NULL) {
		rc = link_others(s, dir, to);
		closedir(dir);
	}
	if (rc == CTL_EXIT_OK)
		rc = write_changes(s, to);
	if (rc == CTL_EXIT_OK && (!dress(s, to) || fsync(to) < 0))
		rc = cannot(s->dir, "stage");
	return rc;
}

enum ctl_exit
hub_stage_make(const struct hub_set *s, char stage[static HUB_PATH])
{
	enum ctl_exit rc;
	int to;

	str_fmt(stage, HUB_PATH, "%.*s%s", HUB_PATH - 16, s->dir, HUB_STAGE);
	hub_stage_remove(stage);
	if (mkdir(stage, 0700) < 0)
		return cannot(stage, "create");
	to = open(stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	rc = to < 0 ? cannot(stage, "open") : fill(s, to);
	if (to >= 0)
		close(to);
	if (rc != CTL_EXIT_OK)
		hub_stage_remove(stage);
	return rc;
}

/* --- the step --- */

static void
sync_parent(const char *path)
{
	char dir[HUB_PATH];
	int fd;

	str_set(dir, sizeof(dir), path);
	strrchr(dir, '/')[1] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static enum ctl_exit
move(const struct hub_set *s, const char *from, const char *to)
{
	unsigned how = s->there ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, how) < 0)
		return complain(CTL_EXIT_FAILED, "cannot put %s in the place "
		    "of %s: %s", from, to, strerror(errno));
	sync_parent(s->dir);
	return CTL_EXIT_OK;
}

enum ctl_exit
hub_stage_swap(const struct hub_set *s, const char *stage)
{
	return move(s, stage, s->dir);
}

enum ctl_exit
hub_stage_unswap(const struct hub_set *s, const char *stage)
{
	return move(s, s->dir, stage);
}

bool
hub_stage_stale(const struct hub_set *s)
{
	struct stat st;

	return s->there && (stat(s->dir, &st) < 0 ||
	    st.st_mtim.tv_sec != s->seen[0] ||
	    st.st_mtim.tv_nsec != s->seen[1]);
}
