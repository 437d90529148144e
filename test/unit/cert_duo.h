/*
 * A pair of instances that authenticate with certificates: a root, a
 * subordinate CA and a leaf for each side.  cmocka's assert_* must be declared
 * before.
 */
#ifndef TEST_UNIT_CERT_DUO_H
#define TEST_UNIT_CERT_DUO_H

#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "unit/ca.h"
#include "unit/ike_duo.h"

#define REFUSED	"the peer refused to authenticate us (AUTHENTICATION_FAILED)"
#define US	REFUSED ": it does not believe our certificate, or it does "	\
	"not expect our identity left.example (ID_FQDN)"

/* One end: its certificates, and whom it believes. */
struct side {
	struct made	leaf;
	struct cert_chain chain;
	struct sig_key	*key;
	struct trust	*trust;
	uint8_t		issuers[TRUST_PATH_MAX * TRUST_HASH_LEN];
};

static struct made root, sub, other_root;

static const char *const sans[] = {
	"DNS:left.example,email:gw@left.example,IP:192.0.2.1,IP:2001:db8::1",
	"DNS:right.example,email:gw@right.example,IP:198.51.100.1,"
	    "IP:2001:db8::2",
};
static const char *const subjects[] = {
	"C=DE, O=Example, CN=left", "C=DE, O=Example, CN=right",
};

static inline int
make_cas(void **state)
{
	const struct made_spec ca = { .key = "P-256", .subject = "CN=root",
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign",
	    .until = CA_NOW + 3650 * CA_DAY };
	struct made_spec s = ca;

	(void)state;
	if (!crypto_init())
		return -1;
	root = ca_make(&ca);
	s.subject = "CN=other root";
	s.key = "P-256/2";
	other_root = ca_make(&s);
	s.subject = "CN=subordinate";
	s.key = "P-256/3";
	s.issuer = &root;
	sub = ca_make(&s);
	return 0;
}

static inline int
free_cas(void **state)
{
	(void)state;
	made_fini(&sub);
	made_fini(&other_root);
	made_fini(&root);
	return 0;
}

static inline struct trust *
trust_in(const struct made *ca)
{
	struct trust *t = trust_new();
	struct bytes pem = made_pem(&ca, 1);
	struct reason why;

	assert_non_null(t);
	assert_true(trust_add_pem(t, pem, &why));
	ca_free(pem);
	return t;
}

static inline struct made_spec
leaf_spec(int which, const char *key)
{
	return (struct made_spec){ .subject = subjects[which], .key = key,
	    .issuer = &sub, .basic = "critical,CA:FALSE",
	    .usage = "critical,digitalSignature", .san = sans[which],
	    .serial = 10 + which };
}

static inline struct sig_key *
key_of(EVP_PKEY *key)
{
	struct bytes pem = ca_key_pem(key);
	struct reason why;
	struct sig_key *k = sig_key_load(pem, &why);

	ca_free(pem);
	assert_non_null(k);
	return k;
}

/* A leaf, the subordinate CA behind it, and the root as the one believed. */
static inline void
side_init(struct side *s, const struct made_spec *spec)
{
	*s = (struct side){ .leaf = ca_make(spec) };
	s->chain.n = 2;
	s->chain.cert[0] = made_cert(&s->leaf);
	s->chain.cert[1] = made_cert(&sub);
	s->key = key_of(s->leaf.key);
	s->trust = trust_in(&root);
}

static inline void
side_fini(struct side *s)
{
	s->chain.n = 2;
	cert_chain_fini(&s->chain);
	sig_key_free(s->key);
	trust_free(s->trust);
	made_fini(&s->leaf);
}

static inline struct ike_creds
creds_of_side(struct side *s)
{
	struct wr w = wr_of(s->issuers, sizeof(s->issuers));
	struct ike_creds c = { .chain = &s->chain, .trust = s->trust };

	if (s->chain.n > 0 && trust_path(s->trust, &s->chain, &w))
		c.issuers = wr_done(&w);
	return c;
}

struct both {
	struct duo	d;
	struct side	side[2];
};

static inline void
certify(struct both *b, int which)
{
	struct duo_end *e = &b->d.end[which];

	e->creds = creds_of_side(&b->side[which]);
	e->key = b->side[which].key;
	e->wall = CA_NOW;
	e->conf[0].local_auth = IKE_AUTH_CERTIFICATE;
	b->d.end[!which].conf[0].remote_auth = IKE_AUTH_CERTIFICATE;
}

static inline struct both *
both_new(const char *key)
{
	struct both *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	duo_init(&b->d, 11);
	for (int i = 0; i < 2; i++) {
		struct made_spec spec = leaf_spec(i, key);

		side_init(&b->side[i], &spec);
		certify(b, i);
	}
	return b;
}

static inline void
both_free(struct both *b)
{
	side_fini(&b->side[LEFT]);
	side_fini(&b->side[RIGHT]);
	free(b);
}

/* Left's SA, at the point where the signature is asked for. */
static inline struct ike_sa *
start_to_sign(struct duo *d)
{
	struct ike_sa *sa;

	d->end[LEFT].psk_delay = span_s(2);
	duo_start(d);
	duo_up(d, LEFT);
	while ((sa = sa_at(d, LEFT)) != NULL && sa->state != SA_SIGNING)
		duo_run(d, span_ms(1));
	assert_non_null(sa);
	return sa;
}

/* What the side says begins with these words; "" is no word at all. */
static inline void
begins(const struct duo *d, int side, const char *want)
{
	struct ike_peer_info info = duo_info(d, side);

	if (strncmp(info.why.s, want, strlen(want)) != 0 ||
	    (want[0] == '\0' && info.why.s[0] != '\0'))
		fail_msg("%s says: %s\n  not: %s", side == LEFT ? "left" :
		    "right", info.why.s, want);
	print_message("      %s\n", info.why.s);
}

#endif
