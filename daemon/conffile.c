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

/* The sources of the configuration, in order; false: no memory. */
static bool
set_sources(const struct conffile *c, const char *from,
    struct conf_sources *out)
{
	struct conf_source *v = calloc(c->dir.confs.n + 1, sizeof(*v));

	if (v == NULL)
		return false;
	v[0] = (struct conf_source){ .name = from,
	    .text = bytes_of(c->text, c->n) };
	for (size_t i = 0; i < c->dir.confs.n; i++) {
		const struct confdir_file *f = &c->dir.confs.v[i];

		v[i + 1] = (struct conf_source){ .name = f->name,
		    .text = bytes_of(f->text, f->n) };
	}
	*out = (struct conf_sources){ .v = v, .n = c->dir.confs.n + 1,
	    .directory = c->dir.there };
	return true;
}

static void
free_sources(struct conf_sources *s)
{
	free((void *)(uintptr_t)s->v);
}

static bool
parse(struct conffile *c, const char *from, struct reason *why)
{
	struct conf_sources sources;
	struct conf_error error;

	if (!set_sources(c, from, &sources)) {
		reason_set(why, "%.100s: out of memory", from);
		return false;
	}
	c->conf = conf_parse_all(&sources, &error);
	free_sources(&sources);
	if (c->conf == NULL)
		conf_error_str(&error, why->s, sizeof(why->s));
	return c->conf != NULL;
}

static bool
read_conf(struct conffile *c, const struct conffile_from *from,
    struct reason *why)
{
	const char *path = from->candidate != NULL ? from->candidate :
	    from->path;

	return read_text(c, path, why) &&
	    confdir_read(&c->dir, c->path, from->dir, TEXT_MAX - c->n, why) &&
	    parse(c, path, why);
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
	bool any = (c->conf->n == 0 && !c->dir.there) || given != NULL ||
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

/* The main file may be missing where the directory has some. */
static bool
reads_main(const struct conffile *c, const char *given)
{
	if (given == NULL && c->conf->secrets[0] == '\0' &&
	    c->dir.secrets.n > 0)
		return access(c->secrets_path, F_OK) == 0;
	return needs_secrets(c, given);
}

static bool
read_secrets(struct conffile *c, const char *given, struct reason *why)
{
	struct keystore_file *files =
	    calloc(c->dir.secrets.n + 1, sizeof(*files));
	size_t n = 0;

	if (files == NULL) {
		reason_set(why, "%.100s: out of memory", c->path);
		return false;
	}
	secrets_path(c, given);
	if (reads_main(c, given))
		files[n++] = (struct keystore_file){ .path = c->secrets_path,
		    .name = c->secrets_path };
	for (size_t i = 0; i < c->dir.secrets.n; i++)
		files[n++] = (struct keystore_file){
		    .path = c->dir.secrets.v[i].path,
		    .name = c->dir.secrets.v[i].name };
	c->keys = keystore_load_all(files, n, why);
	free(files);
	return c->keys != NULL;
}

static bool
read_certs(struct conffile *c, struct reason *why)
{
	struct conf_error error;

	if (certfiles_load(&c->certs, c->conf, c->path, &error))
		return true;
	conf_error_str(&error, why->s, sizeof(why->s));
	return false;
}

bool
conffile_load(struct conffile *out, const struct conffile_from *from,
    struct reason *why)
{
	struct conffile c = { 0 };

	str_set(c.path, sizeof(c.path), from->path);
	if (!read_conf(&c, from, why) ||
	    !read_secrets(&c, from->secrets, why) ||
	    !read_certs(&c, why)) {
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
	confdir_fini(&c->dir);
	free(c->text);
	*c = (struct conffile){ 0 };
}

void
conffile_forget(struct conffile *c)
{
	conf_free(c->conf);
	confdir_fini(&c->dir);
	free(c->text);
	c->conf = NULL;
	c->text = NULL;
	/* A fork finds what these point to empty. */
	c->keys = NULL;
	c->certs = (struct certfiles){ 0 };
}

static bool
map_bundle(int fd, const struct conf_sources *s, const struct conf *conf)
{
	size_t n = bundle_size(s, conf);
	struct wr w;
	void *p;

	if (ftruncate(fd, (off_t)n) < 0)
		return false;
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return false;
	w = wr_of(p, n);
	bundle_write(&w, s, conf);
	/* A mapping that can write would stand against the seals. */
	munmap(p, n);
	return true;
}

static bool
write_bundle(int fd, const struct conffile *c)
{
	struct conf_sources sources;
	bool ok;

	if (!set_sources(c, c->path, &sources)) {
		errno = ENOMEM;
		return false;
	}
	ok = map_bundle(fd, &sources, c->conf);
	free_sources(&sources);
	return ok;
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

/* A device that is configured for AWS may not take such a key. */
void
conffile_odd_keys(const struct conffile *c, void (*each)(const char *line))
{
	char line[CONFFILE_PATH + 240];

	for (size_t i = 0; i < c->conf->n; i++) {
		const struct conf_connection *k = &c->conf->connections[i];

		for (unsigned n = 0; k->target != 0 && n < k->tunnels_n; n++) {
			const struct conf_tunnel *t = &k->tunnels[n];
			const char *must = !needs_psk(t) ? NULL :
			    keystore_psk_fault(c->keys, k->name, t->number);

			if (must == NULL)
				continue;
			str_fmt(line, sizeof(line), "%s: secrets: the "
			    "pre_shared_key of connection %s tunnel %u is not "
			    "as AWS has them: %s", c->secrets_path, k->name,
			    t->number, must);
			each(line);
		}
	}
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
