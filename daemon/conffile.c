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

#include "gw/bundle.h"
#include "util/array.h"

#define TEXT_MAX	(64u << 20)

static bool
fail(const char *path, const char *what, int error, struct reason *why)
{
	reason_set(why, "%.150s: %s: %s", path, what, strerror(error));
	return false;
}

bool
conffile_read_all(int fd, size_t max, uint8_t **text, size_t *n)
{
	struct stat st;
	uint8_t *p;
	ssize_t got = 0;
	size_t at = 0;

	if (fstat(fd, &st) < 0)
		return false;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max) {
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

/* Ours, and nobody else may write to it. */
static bool
is_trusted(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	errno = EPERM;
	return false;
}

static bool
read_text(struct conffile *c, const char *from, struct reason *why)
{
	bool other = strcmp(from, c->path) != 0;
	int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    (other ? O_NOFOLLOW : 0));
	bool ok;

	if (fd < 0)
		return fail(from, "open", errno, why);
	ok = (!other || is_trusted(fd)) &&
	    conffile_read_all(fd, TEXT_MAX, &c->text, &c->n);
	if (!ok)
		fail(from, "read", errno, why);
	close(fd);
	return ok;
}

static bool
read_conf(struct conffile *c, const char *from, struct reason *why)
{
	struct conf_error error;

	if (!read_text(c, from, why))
		return false;
	c->conf = conf_parse(bytes_of(c->text, c->n), from, &error);
	if (c->conf == NULL)
		conf_error_str(&error, why->s, sizeof(why->s));
	return c->conf != NULL;
}

void
conffile_beside(const char *conf_path, const char *name, char *buf,
    size_t size)
{
	const char *slash = strrchr(conf_path, '/');
	int dir = slash == NULL ? 0 : (int)(slash - conf_path) + 1;

	if (name[0] == '/')
		dir = 0;
	str_fmt(buf, size, "%.*s%s", dir, conf_path, name);
}

/* Given, or as the configuration names it, relative to its directory. */
static void
secrets_path(struct conffile *c, const char *given)
{
	const char *name = c->conf->secrets;

	if (given != NULL)
		str_set(c->secrets_path, sizeof(c->secrets_path), given);
	else
		conffile_beside(c->path, name[0] != '\0' ? name :
		    "vpnd.secrets", c->secrets_path, sizeof(c->secrets_path));
}

static bool
needs_psk(const struct conf_tunnel *t)
{
	return t->local_auth == CONF_AUTH_PSK ||
	    t->remote_auth == CONF_AUTH_PSK;
}

/* Where nothing but certificates is used, nobody needs a secrets file. */
static bool
needs_secrets(const struct conffile *c, const char *given)
{
	bool any = c->conf->n == 0 || given != NULL ||
	    c->conf->secrets[0] != '\0';

	for (size_t i = 0; i < c->conf->n; i++) {
		const struct conf_connection *k = &c->conf->connections[i];

		for (unsigned t = 0; t < k->tunnels_n; t++)
			any |= needs_psk(&k->tunnels[t]) ||
			    k->tunnels[t].ppk_id[0] != '\0' ||
			    k->tunnels[t].session.auth != CONF_BGP_AUTH_NONE;
	}
	return any || access(c->secrets_path, F_OK) == 0;
}

static bool
read_secrets(struct conffile *c, const char *given, struct reason *why)
{
	secrets_path(c, given);
	if (needs_secrets(c, given)) {
		c->keys = keystore_load(c->secrets_path, why);
	} else {
		c->keys = keystore_none();
		if (c->keys == NULL)
			reason_set(why, "%.100s: out of memory", c->path);
	}
	return c->keys != NULL;
}

static bool
read_certs(struct conffile *c, const char *from, struct reason *why)
{
	struct conf_error error;

	if (certfiles_load(&c->certs, c->conf, c->path, &error))
		return true;
	str_set(error.file, sizeof(error.file), from);
	conf_error_str(&error, why->s, sizeof(why->s));
	return false;
}

bool
conffile_load(struct conffile *out, const char *path, const char *secrets,
    struct reason *why)
{
	return conffile_load_from(out, path, path, secrets, why);
}

bool
conffile_load_from(struct conffile *out, const char *path, const char *from,
    const char *secrets, struct reason *why)
{
	struct conffile c = { 0 };

	str_set(c.path, sizeof(c.path), path);
	if (!read_conf(&c, from, why) || !read_secrets(&c, secrets, why) ||
	    !read_certs(&c, from, why)) {
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
	certfiles_fini(&c->certs);
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
	/* A fork finds what these point to empty. */
	c->keys = NULL;
	c->certs = (struct certfiles){ 0 };
}

static bool
write_bundle(int fd, const struct conffile *c)
{
	struct bytes text = bytes_of(c->text, c->n);
	size_t n = bundle_size(text, c->conf);
	struct wr w;
	void *p;

	if (ftruncate(fd, (off_t)n) < 0)
		return false;
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return false;
	w = wr_of(p, n);
	bundle_write(&w, text, c->conf);
	/* A mapping that can write would stand against the seals. */
	munmap(p, n);
	return true;
}

int
conffile_memfd(const struct conffile *c)
{
	int fd = memfd_create("vpnd.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (fd < 0)
		return -errno;
	if (write_bundle(fd, c) &&
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
	const struct conf_connection *of;

	return conf_find_ifname(c->conf, ifname, &of);
}

/* What this tunnel needs and the secrets file lacks, or NULL. */
static const char *
lacks(const struct conffile *c, const char *connection,
    const struct conf_tunnel *t)
{
	const bool needed[KEYSTORE_KINDS] = {
		[KEYSTORE_PSK] = needs_psk(t),
		[KEYSTORE_PPK] = t->ppk_id[0] != '\0',
		[KEYSTORE_BGP] = t->session.auth != CONF_BGP_AUTH_NONE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		enum keystore_kind kind = (enum keystore_kind)i;

		if (needed[i] && !keystore_has(c->keys, kind, connection,
		    t->number))
			return keystore_kind_str(kind);
	}
	return NULL;
}

/* Where a look at all tunnels has come to. */
struct place {
	size_t		connection;
	unsigned	tunnel;
	size_t		neighbor;
};

/* The next tunnel without a key that it needs; false: there is none. */
static bool
next_keyless(const struct conffile *c, struct place *at, char *line,
    size_t size)
{
	for (; at->connection < c->conf->n; at->connection++, at->tunnel = 0) {
		const struct conf_connection *k =
		    &c->conf->connections[at->connection];

		while (at->tunnel < k->tunnels_n) {
			const struct conf_tunnel *t = &k->tunnels[at->tunnel];
			const char *what = lacks(c, k->name, t);

			at->tunnel++;
			if (what == NULL)
				continue;
			str_fmt(line, size, "%s: secrets: no %s for "
			    "connection %s tunnel %u", c->secrets_path, what,
			    k->name, t->number);
			return true;
		}
	}
	for (; at->neighbor < c->conf->neighbors_n;) {
		const struct conf_neighbor *n =
		    &c->conf->neighbors[at->neighbor++];

		if (n->own.session.auth == CONF_BGP_AUTH_NONE ||
		    keystore_has(c->keys, KEYSTORE_BGP, n->name,
		    KEYSTORE_NEIGHBOR))
			continue;
		str_fmt(line, size, "%s: secrets: no %s for neighbor %s",
		    c->secrets_path, keystore_kind_str(KEYSTORE_BGP),
		    n->name);
		return true;
	}
	return false;
}

unsigned
conffile_keyless(const struct conffile *c, void (*each)(const char *line))
{
	char line[CONFFILE_PATH + 160];
	struct place at = { 0 };
	unsigned n = 0;

	for (; next_keyless(c, &at, line, sizeof(line)); n++)
		each(line);
	return n;
}

bool
conffile_complete(const struct conffile *c, struct reason *why)
{
	struct place at = { 0 };

	return !next_keyless(c, &at, why->s, sizeof(why->s));
}

bool
conffile_holds(const char *path, struct bytes text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t *held = NULL;
	bool same;
	size_t n;

	if (fd < 0)
		return false;
	same = conffile_read_all(fd, TEXT_MAX, &held, &n) && n == text.n &&
	    (n == 0 || memcmp(held, text.p, n) == 0);
	close(fd);
	free(held);
	return same;
}
