/*
 * Reading, and judging by what lib/ says.  Everything here is the operator's
 * own; nothing of a peer's comes this way.
 */
#include "daemon/certfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/conffile.h"
#include "gw/bundle.h"
#include "gw/creds.h"

#define FILE_MAX	(64u << 20)	/* a CRL may be long */

/* 0 or an errno. */
static int
attach(struct conf_file *f, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = 0;

	if (fd < 0)
		return errno;
	if (!conffile_read_all(fd, FILE_MAX, &f->data, &f->n))
		error = errno;
	close(fd);
	return error;
}

static bool
attach_all(struct conf *conf, const char *conf_path, struct conf_error *err)
{
	char path[CONFFILE_PATH];
	size_t total = 0;

	for (size_t i = 0; i < conf->files_n; i++) {
		struct conf_file *f = &conf->files[i];
		int error;

		if (f->kind == CONF_FILE_KEY)
			continue;
		conffile_beside(conf_path, f->name, path, sizeof(path));
		error = attach(f, path);
		total += f->n;
		if (error == 0 && total <= BUNDLE_MAX / 2)
			continue;
		conf_file_error(f, error != 0 ? strerror(error) :
		    "too large with all the others", err);
		return false;
	}
	return true;
}

/* One key and the certificate that it was found to belong to. */
struct pair {
	uint16_t	key, certificate;
};

static bool
load_key(struct certfiles *c, const struct conf *conf, const struct pair *p,
    const char *conf_path, struct conf_error *err)
{
	const struct conf_file *f = conf_file(conf, p->key);
	const struct conf_file *cert = conf_file(conf, p->certificate);
	char path[CONFFILE_PATH];
	struct privkey *k;
	struct reason why;

	conffile_beside(conf_path, f->name, path, sizeof(path));
	k = privkey_load(path, bytes_of(cert->data, cert->n), &why);
	if (k == NULL) {
		conf_file_error(f, why.s, err);
		return false;
	}
	privkey_free(c->keys[p->key]);
	c->keys[p->key] = k;
	return true;
}

/* Each key once for each certificate that it is used with: mostly one. */
static bool
load_keys(struct certfiles *c, const struct conf *conf, struct pair *of_key,
    const char *conf_path, struct conf_error *err)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *k = &conf->connections[i];

		for (unsigned t = 0; t < k->tunnels_n; t++) {
			const struct conf_creds *cr = &k->tunnels[t].creds;
			struct pair p = { cr->private_key.at[0],
			    cr->certificate.at[0] };

			if (k->tunnels[t].local_auth != CONF_AUTH_CERTIFICATE ||
			    of_key[p.key].certificate == p.certificate)
				continue;
			if (!load_key(c, conf, &p, conf_path, err))
				return false;
			of_key[p.key] = p;
		}
	}
	return true;
}

static bool
check(const struct conf *conf, struct conf_error *err)
{
	struct creds *c = creds_new(conf, err);

	creds_free(c);
	return c != NULL;
}

bool
certfiles_load(struct certfiles *out, struct conf *conf,
    const char *conf_path, struct conf_error *err)
{
	struct certfiles c = { .n = conf->files_n + 1 };
	struct pair *of_key = calloc(c.n, sizeof(*of_key));
	struct conf_error why = { .line = 0 };
	bool ok = false;

	str_set(why.file, sizeof(why.file), conf_path);
	reason_set(&why.why, "out of memory");
	c.keys = calloc(c.n, sizeof(struct privkey *));
	if (of_key != NULL && c.keys != NULL)
		ok = attach_all(conf, conf_path, &why) && check(conf, &why) &&
		    load_keys(&c, conf, of_key, conf_path, &why);
	free(of_key);
	if (ok) {
		*out = c;
		return true;
	}
	if (why.file[0] == '\0')
		str_set(why.file, sizeof(why.file), conf_path);
	*err = why;
	certfiles_fini(&c);
	return false;
}

void
certfiles_fini(struct certfiles *c)
{
	for (size_t i = 0; c->keys != NULL && i < c->n; i++)
		privkey_free(c->keys[i]);
	free(c->keys);
	*c = (struct certfiles){ 0 };
}

const struct privkey *
certfiles_key(const struct certfiles *c, const struct conf_tunnel *t)
{
	uint16_t at = t->creds.private_key.at[0];

	return t->creds.private_key.n > 0 && at < c->n ? c->keys[at] : NULL;
}

/* --- warnings --- */

static void
warn_validity(const struct conf_file *f, const struct cert *cert, int64_t wall,
    void (*each)(const char *))
{
	char line[1024], when[STR_UTC_LEN];
	struct cert_info info;

	cert_info(cert, &info);
	if (wall >= info.not_before && wall <= info.not_after)
		return;
	str_fmt(line, sizeof(line), "%s: %s: %s: %s %s", f->key, f->name,
	    info.subject, wall < info.not_before ? "is not valid before" :
	    "has expired at", str_utc(wall < info.not_before ?
	    info.not_before : info.not_after, when));
	each(line);
}

static void
warn_file(const struct conf_file *f, int64_t wall, void (*each)(const char *))
{
	struct cert_chain chain = { 0 };
	struct reason why;

	if (f->kind != CONF_FILE_CERTIFICATE && f->kind != CONF_FILE_CA)
		return;
	/* A bundle of more CAs than a chain may have is not looked into. */
	if (!cert_chain_read_pem(&chain, bytes_of(f->data, f->n), &why))
		return;
	for (size_t i = 0; i < chain.n; i++)
		warn_validity(f, chain.cert[i], wall, each);
	cert_chain_fini(&chain);
}

static void
warn_identity(const struct conf *conf, const struct conf_connection *k,
    const struct conf_tunnel *t, void (*each)(const char *))
{
	struct cert_chain chain = { 0 };
	const struct conf_file *f;
	struct reason why;
	char line[1024], id[CONF_ID_LEN];

	if (t->local_auth != CONF_AUTH_CERTIFICATE || t->local_id.n == 0)
		return;
	f = conf_file(conf, t->creds.certificate.at[0]);
	if (cert_chain_read_pem(&chain, bytes_of(f->data, f->n), &why) &&
	    !cert_has_id(chain.cert[0], (uint8_t)t->local_id.type,
	    bytes_of(t->local_id.data, t->local_id.n), &why)) {
		str_fmt(line, sizeof(line), "connection %s tunnel %u: %s does "
		    "not carry local_id %s: %s", k->name, t->number, f->name,
		    conf_id_str(&t->local_id, id), why.s);
		each(line);
	}
	cert_chain_fini(&chain);
}

void
certfiles_warn(const struct conf *conf, int64_t wall,
    void (*each)(const char *line))
{
	for (size_t i = 0; i < conf->files_n; i++)
		warn_file(&conf->files[i], wall, each);
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_connection *k = &conf->connections[i];

		for (unsigned t = 0; t < k->tunnels_n; t++)
			warn_identity(conf, k, &k->tunnels[t], each);
	}
}
