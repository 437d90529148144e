/*
 * Files of the CA.  A change is written beside its target (".NAME.new", synced),
 * then the list of the targets as ".commit", and only then everything is
 * renamed.  Whoever finds ".commit" finishes the renames; whoever finds files
 * without it removes them.  So a command that is killed at any instruction has
 * done all of its work or nothing.
 */
#include "tools/pki_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/complain.h"
#include "util/secret.h"

#define FILE_MAX	(1 << 20)
#define COMMIT		".commit"

static enum ctl_exit
fault(const struct store *s, const char *name)
{
	return complain(CTL_EXIT_FAILED, "%s/%s: %s", s->dir, name,
	    strerror(errno));
}

static void
temporary(char out[static STORE_NAME_LEN + 8], const char *name)
{
	str_fmt(out, STORE_NAME_LEN + 8, ".%s.new", name);
}

static bool
is_temporary(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && name[0] == '.' && strcmp(name + n - 4, ".new") == 0;
}

/* --- files --- */

static bool
write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = write(fd, b.p, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		b = bytes_of(b.p + n, b.n - (size_t)n);
	}
	return true;
}

static bool
write_new(const struct store *s, const char *path, struct bytes data,
    mode_t mode)
{
	int fd = openat(s->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, mode), saved;
	bool ok;

	if (fd < 0)
		return false;
	ok = fchmod(fd, mode) == 0 && write_all(fd, data) && fsync(fd) == 0;
	saved = errno;
	if (close(fd) != 0 && ok)
		return false;
	errno = saved;
	return ok;
}

bool
store_has(const struct store *s, const char *name)
{
	struct stat st;

	/* A link that leads nowhere is there, too. */
	return fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

static bool
read_all(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t k = read(fd, buf + n, size - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k == 0 && n == size;
		n += (size_t)k;
	}
	return true;
}

enum ctl_exit
store_read(const struct store *s, const char *name, char **text)
{
	int fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	enum ctl_exit rc = CTL_EXIT_OK;
	struct stat st;
	char *buf = NULL;

	if (fd < 0)
		return fault(s, name);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > FILE_MAX) {
		rc = complain(CTL_EXIT_FAILED, "%s/%s is not a file of ours",
		    s->dir, name);
	} else if ((buf = calloc(1, (size_t)st.st_size + 1)) == NULL ||
	    !read_all(fd, buf, (size_t)st.st_size)) {
		rc = fault(s, name);
		free(buf);
	} else {
		*text = buf;
	}
	close(fd);
	return rc;
}

/* --- a change --- */

void
store_put(struct store *s, const char *name, struct bytes data, bool secret)
{
	str_set(s->put[s->n].name, STORE_NAME_LEN, name);
	s->put[s->n].data = data;
	s->put[s->n].secret = secret;
	s->n++;
}

static void
forget(struct store *s)
{
	for (size_t i = 0; i < s->n; i++) {
		void *p = (void *)(uintptr_t)s->put[i].data.p;

		if (p != NULL)
			wipe(p, s->put[i].data.n);
		free(p);
	}
	s->n = 0;
}

/* Renames all that the list names; one that is gone was renamed before. */
static bool
rename_all(const struct store *s, char *list)
{
	for (char *name; (name = strsep(&list, "\n")) != NULL;) {
		char from[STORE_NAME_LEN + 8];

		if (name[0] == '\0')
			continue;
		temporary(from, name);
		if (renameat(s->fd, from, s->fd, name) != 0 && errno != ENOENT)
			return false;
	}
	return fsync(s->fd) == 0 && unlinkat(s->fd, COMMIT, 0) == 0 &&
	    fsync(s->fd) == 0;
}

static void
remove_temporaries(const struct store *s)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (is_temporary(e->d_name))
			unlinkat(s->fd, e->d_name, 0);
	}
	closedir(d);
}

static bool
write_commit(const struct store *s, char list[static 1024])
{
	list[0] = '\0';
	for (size_t i = 0; i < s->n; i++)
		str_add(list, 1024, "%s\n", s->put[i].name);
	return fsync(s->fd) == 0 &&
	    write_new(s, COMMIT ".new", bytes_str(list), 0600) &&
	    renameat(s->fd, COMMIT ".new", s->fd, COMMIT) == 0 &&
	    fsync(s->fd) == 0;
}

enum ctl_exit
store_commit(struct store *s)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	char path[STORE_NAME_LEN + 8], list[1024];

	for (size_t i = 0; rc == CTL_EXIT_OK && i < s->n; i++) {
		temporary(path, s->put[i].name);
		if (s->put[i].data.p == NULL)
			rc = complain(CTL_EXIT_FAILED, "out of memory");
		else if (!write_new(s, path, s->put[i].data,
		    s->put[i].secret ? 0600 : 0644))
			rc = fault(s, path);
	}
	if (rc == CTL_EXIT_OK && (!write_commit(s, list) ||
	    !rename_all(s, list)))
		rc = fault(s, COMMIT);
	else if (rc != CTL_EXIT_OK)
		remove_temporaries(s);
	forget(s);
	return rc;
}

/* --- opening --- */

static enum ctl_exit
recover(const struct store *s)
{
	enum ctl_exit rc = CTL_EXIT_OK;
	char *list;

	if (store_has(s, COMMIT)) {
		rc = store_read(s, COMMIT, &list);
		if (rc == CTL_EXIT_OK) {
			if (!rename_all(s, list))
				rc = fault(s, COMMIT);
			free(list);
		}
	}
	if (rc == CTL_EXIT_OK)
		remove_temporaries(s);
	return rc;
}

/* Private keys lie here: nobody else's directory, nobody else's eyes. */
static enum ctl_exit
check_directory(const struct store *s)
{
	struct stat st;

	if (fstat(s->fd, &st) != 0)
		return fault(s, "");
	if (st.st_uid != geteuid())
		return complain(CTL_EXIT_FAILED, "%s belongs to somebody else",
		    s->dir);
	if ((st.st_mode & 077) != 0)
		return complain(CTL_EXIT_FAILED, "%s is open to others (mode "
		    "%03o); chmod 700 it", s->dir, st.st_mode & 0777U);
	return CTL_EXIT_OK;
}

static enum ctl_exit
take_lock(struct store *s)
{
	s->lock = openat(s->fd, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (s->lock < 0)
		return fault(s, ".lock");
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return CTL_EXIT_OK;
	return errno != EWOULDBLOCK ? fault(s, ".lock") :
	    complain(CTL_EXIT_FAILED, "another vpnctl is at work in %s",
	    s->dir);
}

enum ctl_exit
store_open(struct store *s, const char *dir, bool create)
{
	enum ctl_exit rc;

	memset(s, 0, sizeof(*s));
	s->lock = -1;
	str_set(s->dir, sizeof(s->dir), dir);
	if (create && mkdir(dir, 0700) != 0 && errno != EEXIST)
		return complain(CTL_EXIT_FAILED, "%s: %s", dir,
		    strerror(errno));
	s->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return complain(CTL_EXIT_FAILED, "%s: %s%s", dir,
		    strerror(errno), errno == ENOENT ?
		    " (\"vpnctl pki init\" makes a CA)" : "");
	rc = check_directory(s);
	if (rc == CTL_EXIT_OK)
		rc = take_lock(s);
	if (rc == CTL_EXIT_OK)
		rc = recover(s);
	if (rc != CTL_EXIT_OK)
		store_close(s);
	return rc;
}

void
store_close(struct store *s)
{
	forget(s);
	if (s->lock >= 0)
		close(s->lock);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = s->lock = -1;
}
