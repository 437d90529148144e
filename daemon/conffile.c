/*
 * Configuration and secrets files.  The text that was parsed here is the text
 * that the engine gets, in a memfd sealed against every change: both sides
 * judge the same octets, and the engine needs no file system.
 */
#include "daemon/conffile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX	(64u << 20)

static bool
fail(const char *path, const char *what, int error, struct reason *why)
{
	reason_set(why, "%.150s: %s: %s", path, what, strerror(error));
	return false;
}

static bool
read_all(int fd, uint8_t **text, size_t *n)
{
	struct stat st;
	uint8_t *p;
	ssize_t got = 0;
	size_t at = 0;

	if (fstat(fd, &st) < 0)
		return false;
	if (!S_ISREG(st.st_mode) || st.st_size > TEXT_MAX) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return false;
	}
	p = malloc((size_t)st.st_size + 1);
	if (p == NULL)
		return false;
	while (at < (size_t)st.st_size &&
	    (got = read(fd, p + at, (size_t)st.st_size - at)) > 0)
		at += (size_t)got;
	if (got < 0) {
		free(p);
		return false;
	}
	*text = p;
	*n = at;
	return true;
}

static bool
read_conf(struct conffile *c, struct reason *why)
{
	int fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct conf_error error;
	bool ok;

	if (fd < 0)
		return fail(c->path, "open", errno, why);
	ok = read_all(fd, &c->text, &c->n);
	if (!ok)
		fail(c->path, "read", errno, why);
	close(fd);
	if (!ok)
		return false;
	c->conf = conf_parse(bytes_of(c->text, c->n), c->path, &error);
	if (c->conf == NULL)
		conf_error_str(&error, why->s, sizeof(why->s));
	return c->conf != NULL;
}

/* Given, or as the configuration names it, relative to its directory. */
static void
secrets_path(struct conffile *c, const char *given)
{
	const char *name = given;
	const char *slash = strrchr(c->path, '/');
	int dir = slash == NULL ? 0 : (int)(slash - c->path) + 1;

	if (name == NULL)
		name = c->conf->secrets[0] != '\0' ? c->conf->secrets :
		    "vpnd.secrets";
	if (given != NULL || name[0] == '/')
		dir = 0;
	str_fmt(c->secrets_path, sizeof(c->secrets_path), "%.*s%s", dir,
	    c->path, name);
}

bool
conffile_load(struct conffile *out, const char *path, const char *secrets,
    struct reason *why)
{
	struct conffile c = { 0 };

	str_set(c.path, sizeof(c.path), path);
	if (read_conf(&c, why)) {
		secrets_path(&c, secrets);
		c.keys = keystore_load(c.secrets_path, why);
	}
	if (c.keys == NULL) {
		conffile_free(&c);
		return false;
	}
	*out = c;
	return true;
}

void
conffile_free(struct conffile *c)
{
	keystore_free(c->keys);
	conf_free(c->conf);
	free(c->text);
	*c = (struct conffile){ 0 };
}

void
conffile_forget(struct conffile *c)
{
	conf_free(c->conf);
	free(c->text);
	c->conf = NULL;
	c->text = NULL;
	c->keys = NULL;		/* a fork finds them empty */
}

int
conffile_memfd(const struct conffile *c)
{
	int fd = memfd_create("vpnd.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t at = 0;
	ssize_t n = 1;
	int error;

	if (fd < 0)
		return -errno;
	while (n > 0 && at < c->n) {
		n = write(fd, c->text + at, c->n - at);
		at += n > 0 ? (size_t)n : 0;
	}
	if (at == c->n && lseek(fd, 0, SEEK_SET) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK |
	    F_SEAL_GROW | F_SEAL_WRITE) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

const struct conf_tunnel *
conffile_tunnel(const struct conffile *c, const char *ifname)
{
	return conf_find_ifname(c->conf, ifname);
}

unsigned
conffile_keyless(const struct conffile *c, void (*each)(const char *line))
{
	char line[CONFFILE_PATH + 160];
	unsigned n = 0;

	for (size_t i = 0; i < c->conf->n; i++) {
		const struct conf_connection *k = &c->conf->connections[i];

		for (unsigned t = 0; t < k->tunnels_n; t++) {
			unsigned number = k->tunnels[t].number;

			if (keystore_has(c->keys, k->name, number))
				continue;
			str_fmt(line, sizeof(line), "%s: secrets: no "
			    "pre_shared_key for connection %s tunnel %u",
			    c->secrets_path, k->name, number);
			each(line);
			n++;
		}
	}
	return n;
}
