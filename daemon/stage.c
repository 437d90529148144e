/*
 * Files of a configuration that is applied.  The file itself is the truth at
 * every moment: a start reads it and nothing else, so that what was not kept
 * is undone by any end of the daemon or the machine, at any instruction.  It
 * is replaced by one rename(2) of a candidate that is on the disk already, and
 * the directory is synced before anybody hears that it was.  What it was
 * before keeps its inode under another name.
 */
#include "daemon/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/str.h"

_Static_assert(STAGE_PATH >= PATH_MAX, "realpath() writes so many");

static int
failed(struct stage *s, const char *what)
{
	s->what = what;
	return -errno;
}

int
stage_open(struct stage *s, const char *path)
{
	s->what = "";
	if (realpath(path, s->file) == NULL)
		return failed(s, "open");
	if (strlen(s->file) + sizeof(".candidate") > STAGE_PATH) {
		errno = ENAMETOOLONG;
		return failed(s, "open");
	}
	str_set(s->candidate, sizeof(s->candidate), s->file);
	str_add(s->candidate, sizeof(s->candidate), ".candidate");
	str_set(s->previous, sizeof(s->previous), s->file);
	str_add(s->previous, sizeof(s->previous), ".previous");
	return 0;
}

static int
write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = write(fd, b.p, b.n);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			b = bytes_of(b.p + n, b.n - (size_t)n);
	}
	return 0;
}

/* As the file that it is to replace. */
static int
fill(struct stage *s, int fd, struct bytes text)
{
	struct stat now, st;

	if (stat(s->file, &st) < 0 || fstat(fd, &now) < 0)
		return failed(s, "stat");
	if ((st.st_uid != now.st_uid || st.st_gid != now.st_gid) &&
	    fchown(fd, st.st_uid, st.st_gid) < 0)
		return failed(s, "chown");
	if (fchmod(fd, st.st_mode & 07777) < 0)
		return failed(s, "chmod");
	if (write_all(fd, text) < 0)
		return failed(s, "write");
	return fsync(fd) < 0 ? failed(s, "fsync") : 0;
}

int
stage_write(struct stage *s, struct bytes text)
{
	int fd, rc;

	if (unlink(s->candidate) < 0 && errno != ENOENT)
		return failed(s, "unlink");
	fd = open(s->candidate, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(s, "create");
	rc = fill(s, fd, text);
	close(fd);
	if (rc != 0)
		unlink(s->candidate);
	return rc;
}

static int
sync_directory(const char *file)
{
	char dir[STAGE_PATH];
	int fd, rc;

	str_set(dir, sizeof(dir), file);
	strrchr(dir, '/')[1] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

/* The old name of FILE.previous is never without a whole file. */
static bool
keep(const struct stage *s)
{
	char fresh[STAGE_PATH + 8];

	str_fmt(fresh, sizeof(fresh), "%s.new", s->previous);
	unlink(fresh);
	return link(s->file, fresh) == 0 && rename(fresh, s->previous) == 0;
}

int
stage_commit(struct stage *s, bool *kept, bool *synced)
{
	bool was_kept = keep(s);
	int rc;

	if (rename(s->candidate, s->file) < 0) {
		rc = failed(s, "rename");
		unlink(s->candidate);
		return rc;
	}
	*kept = was_kept;
	*synced = sync_directory(s->file) == 0;
	return 0;
}

bool
stage_drop(struct stage *s)
{
	return unlink(s->candidate) == 0;
}
