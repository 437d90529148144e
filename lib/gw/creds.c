/*
 * One entry for each combination of files that tunnels name.  What it is made
 * of is the operator's own; whether it is used is for who authenticates.
 */
#include "gw/creds.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "util/array.h"
#include "util/map.h"

#define CREDS_CHAIN_MAX	24576	/* octets of our certificates */

struct entry {
	struct conf_creds conf;
	struct cert_chain chain;
	uint8_t		issuers[TRUST_PATH_MAX * TRUST_HASH_LEN];
	size_t		issuers_n;	/* octets; 0: not all are known */
	struct trust	*trust;
	uint8_t		digest[32];	/* of our chain and the CAs, as files */
};

struct creds {
	struct map	by_key;		/* of the files' numbers */
};

static bool
needs_any(const struct conf_tunnel *t)
{
	return t->local_auth == CONF_AUTH_CERTIFICATE ||
	    t->remote_auth == CONF_AUTH_CERTIFICATE;
}

static struct conf_creds
key_of(const struct conf_tunnel *t)
{
	struct conf_creds k;

	memcpy(&k, &t->creds, sizeof(k));
	/* The same files are the same entry, however they are used. */
	memset(&k.private_key, 0, sizeof(k.private_key));
	k.revocation = CONF_REVOCATION_NONE;
	k.fetch = k.rsa_pss = false;
	return k;
}

/* Where to look first (FNV-1a); what is there may be somebody else's. */
static uint64_t
hash_of(const struct conf_creds *k)
{
	struct rd r = rd_of(bytes_of(k, sizeof(*k)));
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	while (r.n > 0)
		h = (h ^ rd_u8(&r)) * UINT64_C(0x100000001b3);
	return h == 0 ? 1 : h;
}

static struct entry *
find(const struct creds *c, const struct conf_creds *k, uint64_t *at)
{
	struct entry *e;

	for (*at = hash_of(k); (e = map_get(&c->by_key, *at)) != NULL; ++*at) {
		if (memcmp(&e->conf, k, sizeof(*k)) == 0)
			return e;
	}
	return NULL;
}

/* A chain that its IKE_AUTH has room for. */
static bool
read_chain(struct entry *e, struct bytes b, struct reason *why)
{
	size_t n = 0;

	if (!cert_chain_read_pem(&e->chain, b, why))
		return false;
	for (size_t i = 0; i < e->chain.n; i++)
		n += cert_der(e->chain.cert[i]).n;
	if (n <= CREDS_CHAIN_MAX)
		return true;
	reason_set(why, "more than %d octets of certificates",
	    CREDS_CHAIN_MAX);
	cert_chain_fini(&e->chain);
	return false;
}

static bool
add_ca(struct entry *e, struct bytes b, struct reason *why)
{
	return trust_add_pem(e->trust, b, why);
}

static bool
add_crl(struct entry *e, struct bytes b, struct reason *why)
{
	return trust_add_crl(e->trust, b, why);
}

/* Every file of a key; false: *err is of the first that cannot be used. */
static bool
use(struct entry *e, const struct conf *conf, const struct conf_refs *refs,
    bool (*one)(struct entry *, struct bytes, struct reason *),
    struct conf_error *err)
{
	struct reason why;

	for (unsigned i = 0; i < refs->n; i++) {
		const struct conf_file *f = conf_file(conf, refs->at[i]);

		if (one(e, bytes_of(f->data, f->n), &why) || err == NULL)
			continue;
		conf_file_error(f, why.s, err);
		return false;
	}
	return true;
}

static bool
fill(struct entry *e, const struct conf *conf, struct conf_error *err)
{
	if (e->conf.ca.n > 0 && (e->trust = trust_new()) == NULL)
		return err == NULL;
	return use(e, conf, &e->conf.certificate, read_chain, err) &&
	    use(e, conf, &e->conf.ca, add_ca, err) &&
	    (e->trust == NULL || use(e, conf, &e->conf.crl, add_crl, err));
}

static void
fill_issuers(struct entry *e)
{
	struct wr w = wr_of(e->issuers, sizeof(e->issuers));

	if (e->chain.n > 0 && trust_path(e->trust, &e->chain, &w))
		e->issuers_n = w.n;
}

/* CRLs only take away: those are looked at when it matters. */
static bool
digest_files(struct entry *e, const struct conf *conf)
{
	const struct conf_refs *const all[] = { &e->conf.certificate,
	    &e->conf.ca };
	struct bytes parts[2 * CONF_REFS];
	size_t n = 0;

	for (size_t k = 0; k < ARRAY_SIZE(all); k++) {
		for (unsigned i = 0; i < all[k]->n; i++) {
			const struct conf_file *f = conf_file(conf,
			    all[k]->at[i]);

			parts[n++] = bytes_of(f->data, f->n);
		}
	}
	return sha256(parts, n, e->digest);
}

static bool
add(struct creds *c, const struct conf *conf, const struct conf_tunnel *t,
    struct conf_error *err)
{
	struct conf_creds k = key_of(t);
	struct entry *e;
	uint64_t at;

	if (!needs_any(t) || find(c, &k, &at) != NULL)
		return true;
	e = calloc(1, sizeof(*e));
	if (e == NULL || !map_put(&c->by_key, at, e)) {
		free(e);
		return false;
	}
	memcpy(&e->conf, &k, sizeof(k));
	if (!fill(e, conf, err) || !digest_files(e, conf))
		return false;
	fill_issuers(e);
	return true;
}

struct creds *
creds_new(const struct conf *conf, struct conf_error *err)
{
	struct creds *c = calloc(1, sizeof(*c));

	if (err != NULL) {
		*err = (struct conf_error){ .line = 0 };
		reason_set(&err->why, "out of memory");
	}
	for (size_t i = 0; c != NULL && i < conf->n; i++) {
		const struct conf_connection *k = &conf->connections[i];

		for (unsigned t = 0; t < k->tunnels_n; t++) {
			if (add(c, conf, &k->tunnels[t], err))
				continue;
			creds_free(c);
			return NULL;
		}
	}
	return c;
}

void
creds_free(struct creds *c)
{
	struct entry *e;
	size_t pos = 0;

	if (c == NULL)
		return;
	while ((e = map_each(&c->by_key, &pos)) != NULL) {
		cert_chain_fini(&e->chain);
		trust_free(e->trust);
		free(e);
	}
	map_fini(&c->by_key);
	free(c);
}

static enum trust_crl_mode
crl_mode(enum conf_revocation r)
{
	static const enum trust_crl_mode modes[] = {
		[CONF_REVOCATION_NONE] = TRUST_CRL_IGNORED,
		[CONF_REVOCATION_IF_PRESENT] = TRUST_CRL_IF_ANY,
		[CONF_REVOCATION_REQUIRE] = TRUST_CRL_REQUIRED,
	};

	return modes[r];
}

/* Whose tunnel, by which keys, certificates and rules: for its tickets. */
static void
mark(struct ike_creds *out, const char *tunnel, const struct conf_tunnel *t,
    const struct entry *e)
{
	const uint8_t rules[] = { (uint8_t)t->creds.revocation,
	    t->creds.fetch };
	struct bytes parts[] = {
		bytes_of(tunnel, strlen(tunnel) + 1),
		bytes_of(t->secret_mark, CONF_MARK_LEN),
		bytes_of(rules, sizeof(rules)),
		e == NULL ? (struct bytes){ 0 } :
		    bytes_of(e->digest, sizeof(e->digest)),
	};

	if (t->session_resumption)
		sha256(parts, ARRAY_SIZE(parts), out->mark);
}

struct ike_creds
creds_of(const struct creds *c, const char *tunnel,
    const struct conf_tunnel *t)
{
	struct conf_creds k = key_of(t);
	struct ike_creds out = { .policy.crl = crl_mode(t->creds.revocation),
	    .fetch = t->creds.fetch, .rsa_pss = t->creds.rsa_pss };
	const struct entry *e = NULL;
	uint64_t at;

	if (c != NULL && needs_any(t))
		e = find(c, &k, &at);
	mark(&out, tunnel, t, e);
	if (e == NULL)
		return out;
	out.chain = e->chain.n > 0 ? &e->chain : NULL;
	out.issuers = bytes_of(e->issuers, e->issuers_n);
	out.trust = e->trust;
	return out;
}
