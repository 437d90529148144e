/*
 * Files that appear whole or not at all: written under another name in the
 * same directory, synchronised, and then linked to their own, which fails
 * where that is taken, or renamed, which replaces it.
 */
#include "tools/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/complain.h"
#include "util/secret.h"
#include "util/str.h"

#define PATH_LEN	4096

bool
place_taken(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

enum ctl_exit
place_dir(const char *path)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return CTL_EXIT_OK;
	return complain(CTL_EXIT_FAILED, "%s: %s", path, strerror(errno));
}

static bool
write_all(int fd, struct bytes in)
{
	for (size_t at = 0; at < in.n;) {
		ssize_t n = write(fd, in.p + at, in.n - at);

		if (n < 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* So that a name outlives a crash as well as its content does. */
static void
sync_dir(const char *path)
{
	char dir[PATH_LEN];
	char *slash;
	int fd;

	str_set(dir, sizeof(dir), path);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return;
	slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static bool
settle(const char *temporary, const char *path, bool force)
{
	if (force)
		return rename(temporary, path) == 0;
	return link(temporary, path) == 0 && unlink(temporary) == 0;
}

enum ctl_exit
place_file(const char *path, struct bytes in, mode_t mode, bool force)
{
	char temporary[PATH_LEN];
	int fd, error = 0;

	str_fmt(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return complain(CTL_EXIT_FAILED, "%s: %s", path,
		    strerror(errno));
	if (fchmod(fd, mode) != 0 || !write_all(fd, in) || fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && !settle(temporary, path, force))
		error = errno;
	if (error == 0) {
		sync_dir(path);
		return CTL_EXIT_OK;
	}
	unlink(temporary);
	return complain(CTL_EXIT_FAILED, "%s: %s%s", path, strerror(error),
	    error == EEXIST ? "; --force replaces it" : "");
}

/* Grows by doubling; what is left behind may be a key, and is wiped. */
static bool
grow(uint8_t **p, size_t *cap, size_t max)
{
	size_t more = *cap == 0 ? 65536 : *cap * 2;
	uint8_t *q;

	if (more > max + 1)
		more = max + 1;
	if (more <= *cap) {
		errno = EFBIG;
		return false;
	}
	q = malloc(more);
	if (q == NULL)
		return false;
	if (*cap > 0) {
		memcpy(q, *p, *cap);
		wipe(*p, *cap);
		free(*p);
	}
	*p = q;
	*cap = more;
	return true;
}

enum ctl_exit
place_read(const char *path, size_t max, uint8_t **out, size_t *out_n)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0, cap = 0;
	uint8_t *p = NULL;
	ssize_t got = -1;

	while (fd >= 0 && (n < cap || grow(&p, &cap, max))) {
		got = read(fd, p + n, cap - n);
		if (got <= 0)
			break;
		n += (size_t)got;
		got = -1;
	}
	if (got < 0)
		complain(CTL_EXIT_FAILED, "%s: %s", path, strerror(errno));
	if (fd >= 0 && !input)
		close(fd);
	if (got == 0) {
		*out = p;
		*out_n = n;
		return CTL_EXIT_OK;
	}
	if (p != NULL)
		wipe(p, n);
	free(p);
	return CTL_EXIT_FAILED;
}
