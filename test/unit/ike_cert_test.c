/*
 * IKE_AUTH with certificates: what authenticates, what is refused and with
 * which words on both sides, and certificates that are replaced.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "ike/auth.h"
#include "ike/certs.h"
#include "unit/ca.h"
#include "unit/ike_duo.h"
#include "unit/wire.h"
#include "util/array.h"

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

static int
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

static struct trust *
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

static struct made_spec
leaf_spec(int which, const char *key)
{
	return (struct made_spec){ .subject = subjects[which], .key = key,
	    .issuer = &sub, .basic = "critical,CA:FALSE",
	    .usage = "critical,digitalSignature", .san = sans[which],
	    .serial = 10 + which };
}

static struct sig_key *
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
static void
side_init(struct side *s, const struct made_spec *spec)
{
	*s = (struct side){ .leaf = ca_make(spec) };
	s->chain.n = 2;
	s->chain.cert[0] = made_cert(&s->leaf);
	s->chain.cert[1] = made_cert(&sub);
	s->key = key_of(s->leaf.key);
	s->trust = trust_in(&root);
}

static void
side_fini(struct side *s)
{
	s->chain.n = 2;
	cert_chain_fini(&s->chain);
	sig_key_free(s->key);
	trust_free(s->trust);
	made_fini(&s->leaf);
}

static struct ike_creds
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

static void
certify(struct both *b, int which)
{
	struct duo_end *e = &b->d.end[which];

	e->creds = creds_of_side(&b->side[which]);
	e->key = b->side[which].key;
	e->wall = CA_NOW;
	e->conf[0].local_auth = IKE_AUTH_CERTIFICATE;
	b->d.end[!which].conf[0].remote_auth = IKE_AUTH_CERTIFICATE;
}

static struct both *
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

static void
both_free(struct both *b)
{
	side_fini(&b->side[LEFT]);
	side_fini(&b->side[RIGHT]);
	free(b);
}

/* --- what authenticates --- */

static const struct {
	const char	*key;
	bool		 pss;
	const char	*used;
} keys[] = {
	{ "RSA-2048", false, "RSA" }, { "RSA-3072", true, "RSA-PSS" },
	{ "P-256", false, "ECDSA-P256" }, { "P-384", false, "ECDSA-P384" },
	{ "P-521", false, "ECDSA-P521" }, { "ED25519", false, "Ed25519" },
	{ "ED448", false, "Ed448" },
};

static void
keys_of_every_kind_authenticate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct both *b = both_new(keys[i].key);

		print_message("    %s\n", keys[i].used);
		for (int k = 0; k < 2; k++)
			b->d.end[k].creds.rsa_pss = keys[i].pss;
		duo_start(&b->d);
		bring_up(&b->d, i % 2 == 0 ? LEFT : RIGHT);
		for (int k = 0; k < 2; k++) {
			struct ike_peer_info info = duo_info(&b->d, k);

			assert_true(info.cert_seen && info.cert.ok);
			assert_string_equal(info.cert.subject, subjects[!k]);
			assert_string_equal(info.cert.issuer,
			    "CN=subordinate");
			assert_true(info.cert.not_after ==
			    CA_NOW + 365 * CA_DAY);
			assert_memory_equal(info.cert.used.name, keys[i].used,
			    strlen(keys[i].used));
		}
		shut_down(&b->d);
		both_free(b);
	}
}

static void
one_side_may_have_a_certificate_and_the_other_a_key(void **state)
{
	(void)state;
	for (int which = 0; which < 4; which++) {
		struct both *b = both_new("P-256");
		int keyed = which % 2, starts = which / 2;

		b->d.end[keyed].conf[0].local_auth = IKE_AUTH_PSK;
		b->d.end[!keyed].conf[0].remote_auth = IKE_AUTH_PSK;
		duo_start(&b->d);
		bring_up(&b->d, starts);
		assert_false(duo_info(&b->d, !keyed).cert_seen);
		assert_true(duo_info(&b->d, keyed).cert.ok);
		shut_down(&b->d);
		both_free(b);
	}
}

#define PSS_256 "46 0e 00 3041 06092a864886f70d01010a 3034 a00f 300d" \
	"0609608648016503040201 0500 a11c 301a 06092a864886f70d010108" \
	"300d 0609608648016503040201 0500 a203020120"
#define RSA_512	"12 0e 00 300d 06092a864886f70d01010d 0500"

/* RFC 9593: what the peer takes goes before what rsa_pss says. */
static const struct {
	const char	*what, *data;
	bool		 pss;		/* our wish */
	const char	*used;
} methods[] = {
	{ "nothing of it", "02 02", false, "RSA-SHA2-256" },
	{ "PSS alone", PSS_256, false, "RSA-PSS-SHA2-256" },
	{ "PKCS #1 alone", RSA_512, true, "RSA-SHA2-512" },
	{ "both, and we wish PSS", PSS_256 RSA_512, true,
	    "RSA-PSS-SHA2-256" },
	{ "both, and we do not", PSS_256 RSA_512, false, "RSA-SHA2-512" },
	{ "it is malformed", PSS_256 "04 0e 00", false, "RSA-SHA2-256" },
};

static void
announced_methods_are_chosen_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		struct both *b = both_new("RSA-2048");
		struct wire data = wire(methods[i].data);
		struct msg m = { .notifies_n = 1, .notifies = {
		    { .type = N_SUPPORTED_AUTH_METHODS,
		    .data = wire_bytes(&data) } } };
		struct duo *d = &b->d;
		struct ike_sa *sa;

		print_message("    %s\n", methods[i].what);
		d->end[LEFT].creds.rsa_pss = methods[i].pss;
		d->end[LEFT].psk_delay = span_s(2);
		duo_start(d);
		duo_up(d, LEFT);
		while ((sa = sa_at(d, LEFT)) != NULL &&
		    sa->state != SA_SIGNING)
			duo_run(d, span_ms(1));
		assert_non_null(sa);
		sa->setup->methods = 0;
		certs_hear(sa, &m);
		sa->peer->creds_epoch++;	/* so that it asks again */
		duo_run(d, span_s(8));
		assert_paired(d);
		assert_string_equal(duo_info(d, RIGHT).cert.used.name,
		    methods[i].used);
		shut_down(d);
		both_free(b);
	}
}

/* In the answer to IKE_SA_INIT as far as it may be long, and in IKE_AUTH. */
static const struct {
	const char	*what;
	bool		 psk, cookie, left;
} announcing[] = {
	{ "a shared key", true, false, true },
	{ "signatures are too much for so short a question", false, false,
	    false },
	{ "signatures behind a cookie", false, true, true },
};

static void
both_ends_announce_their_methods(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(announcing); i++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		struct ike_sa *sa;

		print_message("    %s\n", announcing[i].what);
		if (announcing[i].cookie)
			d->end[RIGHT].limits.cookie_above = 0;
		for (int k = 0; k < 2; k++) {
			/* The question is longer, the answer is not. */
			d->end[k].conf[0].ike.ke = duo_algs(ALG_KE,
			    "31 19 20 21 14 15 16");
			d->end[k].psk_delay = span_s(2);
			if (!announcing[i].psk)
				continue;
			d->end[k].conf[0].local_auth = IKE_AUTH_PSK;
			d->end[k].conf[0].remote_auth = IKE_AUTH_PSK;
		}
		duo_start(d);
		duo_up(d, LEFT);
		while ((sa = sa_at(d, LEFT)) != NULL &&
		    sa->state != SA_SIGNING)
			duo_run(d, span_ms(1));
		assert_non_null(sa);
		assert_int_equal(sa->setup->methods != 0, announcing[i].left);
		while ((sa = sa_at(d, RIGHT)) == NULL ||
		    sa->state < SA_VERIFYING)
			duo_run(d, span_ms(1));
		assert_int_equal(sa->state, announcing[i].psk ? SA_VERIFYING :
		    SA_ANSWERING);
		assert_true(sa->setup->methods != 0);
		duo_run(d, span_s(10));
		assert_paired(d);
		shut_down(d);
		both_free(b);
	}
}

/* RFC 8784: both values are signatures, whichever of them counts. */
static void
certificates_go_with_a_ppk_and_without(void **state)
{
	static const struct {
		const char *left, *right;
		bool	mixed;
	} ids[] = {
		{ "one", "one", true }, { "one", "two", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct both *b = both_new("P-256");

		for (int k = 0; k < 2; k++) {
			struct ike_peer_conf *c = &b->d.end[k].conf[0];

			str_set(c->ppk_id, sizeof(c->ppk_id),
			    k == LEFT ? ids[i].left : ids[i].right);
			b->d.end[k].ppk = "the same at both ends";
		}
		duo_start(&b->d);
		bring_up(&b->d, LEFT);
		for (int k = 0; k < 2; k++)
			assert_int_equal(duo_info(&b->d, k).ppk,
			    ids[i].mixed);
		shut_down(&b->d);
		both_free(b);
	}
}

static struct id
id_of(enum id_type type, const void *data, size_t n)
{
	struct id id = { .type = (uint8_t)type, .n = (uint16_t)n };

	memcpy(id.data, data, n);
	return id;
}

static struct id
dn_id(const char *text)
{
	uint8_t der[DN_DER_MAX];
	struct wr w = wr_of(der, sizeof(der));
	struct reason why;

	assert_true(dn_parse(text, &w, &why));
	return id_of(ID_DER_ASN1_DN, der, w.n);
}

static void
identities_that_the_certificate_carries_authenticate(void **state)
{
	const struct id ours[] = {
		{ .type = 0 },		/* the subject */
		dn_id(subjects[LEFT]),
		duo_id("left.example"),
		id_of(ID_RFC822_ADDR, "gw@left.example", 15),
		id_of(ID_IPV4_ADDR, "\xc0\0\2\1", 4),
		id_of(ID_IPV6_ADDR, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
		    16),
	};

	(void)state;
	/* Expected by name, and as anybody. */
	for (size_t i = 0; i < 2 * ARRAY_SIZE(ours); i++) {
		const struct id *id = &ours[i / 2];
		struct both *b = both_new("ED25519");

		b->d.end[LEFT].conf[0].local_id = *id;
		b->d.end[RIGHT].conf[0].remote_id = i % 2 == 1 ?
		    (struct id){ .type = 0 } : id->type != 0 ? *id :
		    dn_id("c=de, o=example, cn=LEFT");
		duo_start(&b->d);
		bring_up(&b->d, LEFT);
		shut_down(&b->d);
		both_free(b);
	}
}

/* --- what does not --- */

#define REFUSED	"the peer refused to authenticate us (AUTHENTICATION_FAILED)"
#define US	REFUSED ": it does not believe our certificate, or it does "	\
	"not expect our identity left.example (ID_FQDN)"

static void
remake(struct both *b, const struct made_spec *spec)
{
	side_fini(&b->side[LEFT]);
	side_init(&b->side[LEFT], spec);
	certify(b, LEFT);
}

static void
believe(struct both *b, const struct made *ca)
{
	trust_free(b->side[RIGHT].trust);
	b->side[RIGHT].trust = ca == NULL ? NULL : trust_in(ca);
	certify(b, RIGHT);
}

static void
wrong_ca(struct both *b)
{
	believe(b, &other_root);
}

static void
no_ca(struct both *b)
{
	believe(b, NULL);
}

static void
expired(struct both *b)
{
	struct made_spec s = leaf_spec(LEFT, "P-256");

	s.from = CA_NOW - 30 * CA_DAY;
	s.until = CA_NOW - CA_DAY;
	remake(b, &s);
}

static void
not_yet(struct both *b)
{
	struct made_spec s = leaf_spec(LEFT, "P-256");

	s.from = CA_NOW + CA_DAY;
	remake(b, &s);
}

static void
no_subordinate(struct both *b)
{
	b->side[LEFT].chain.n = 1;
}

static void
revoke(struct both *b, long serial)
{
	const struct crl_spec spec = { .issuer = &sub, .revoked = serial,
	    .reason = -1 };
	struct bytes pem = ca_crl_pem(&spec);
	struct reason why;

	assert_true(trust_add_crl(b->side[RIGHT].trust, pem, &why));
	ca_free(pem);
}

static void
revoked(struct both *b)
{
	revoke(b, 10 + LEFT);
}

static void
no_crl(struct both *b)
{
	b->d.end[RIGHT].creds.policy.crl = TRUST_CRL_REQUIRED;
}

static void
not_its_identity(struct both *b)
{
	b->d.end[LEFT].conf[0].local_id = duo_id("other.example");
	b->d.end[RIGHT].conf[0].remote_id = duo_id("other.example");
}

static void
not_expected(struct both *b)
{
	b->d.end[RIGHT].conf[0].remote_id = duo_id("other.example");
	b->d.end[RIGHT].conf[0].remote_id_from = "remote_id";
}

static void
wrong_key(struct both *b)
{
	sig_key_free(b->side[LEFT].key);
	b->side[LEFT].key = key_of(ca_key("P-256/2"));
	b->d.end[LEFT].key = b->side[LEFT].key;
}

static void
key_for_certificate(struct both *b)
{
	b->d.end[LEFT].conf[0].local_auth = IKE_AUTH_PSK;
}

static void
certificate_for_key(struct both *b)
{
	b->d.end[RIGHT].conf[0].remote_auth = IKE_AUTH_PSK;
}

static void
no_cert(struct both *b)
{
	b->side[LEFT].chain.n = 0;
}

static void
no_chain(struct both *b)
{
	b->d.end[LEFT].creds.chain = NULL;
}

static void
leaf_second(struct both *b)
{
	struct cert *leaf = b->side[LEFT].chain.cert[0];

	b->side[LEFT].chain.cert[0] = b->side[LEFT].chain.cert[1];
	b->side[LEFT].chain.cert[1] = leaf;
	/* What we would tell them of this chain is of no interest. */
	b->d.end[LEFT].creds.issuers.n = 0;
}

static void
no_key(struct both *b)
{
	b->d.end[LEFT].key = NULL;
}

static const struct {
	const char	*what;
	void		(*prepare)(struct both *);
	const char	*left, *right;	/* how they begin */
} refusals[] = {
	{ "another root", wrong_ca, REFUSED ": the peer asks for CAs that did "
	    "not issue our certificate", "the peer's certificate is refused "
	    "at depth 1: " },
	{ "no CA at all", no_ca, US,
	    "we have no CA certificate for this peer" },
	{ "the subordinate CA is missing", no_subordinate, US,
	    "the peer's certificate is refused at depth 0: " },
	{ "expired", expired, US,
	    "the peer's certificate is refused at depth 0: the certificate "
	    "\"C=DE, O=Example, CN=left\" expired on " },
	{ "not yet valid", not_yet, US,
	    "the peer's certificate is refused at depth 0: " },
	{ "revoked", revoked, US,
	    "the peer's certificate is refused at depth 0: " },
	{ "a CRL is required", no_crl, US,
	    "the peer's certificate is refused at depth 0: " },
	{ "an identity that the certificate lacks", not_its_identity,
	    REFUSED, "the peer's certificate does not carry its identity: " },
	{ "an identity that is not expected", not_expected, US,
	    "the peer's identity is left.example (ID_FQDN), expected "
	    "other.example (ID_FQDN) by remote_id" },
	{ "another key's signature", wrong_key, US,
	    "the peer's signature (ECDSA-SHA2-256) is wrong: " },
	{ "a pre-shared key for a certificate", key_for_certificate, REFUSED
	    ": pre-shared keys differ",
	    "the peer authenticates with a pre-shared key, expected a "
	    "certificate" },
	{ "a certificate for a pre-shared key", certificate_for_key, US,
	    "the peer authenticates by method 14, expected a pre-shared key" },
	{ "no certificate is sent", no_cert, US,
	    "the peer sent no certificate" },
	{ "no certificate to send", no_chain,
	    "there is no certificate to authenticate with", "" },
	{ "the leaf does not come first", leaf_second, US,
	    "the peer's certificate is refused at depth 0: " },
	{ "no private key", no_key, "no private key for this peer", "" },
};

static void
begins(const struct duo *d, int side, const char *want)
{
	struct ike_peer_info info = duo_info(d, side);

	if (strncmp(info.why.s, want, strlen(want)) != 0 ||
	    (want[0] == '\0' && info.why.s[0] != '\0'))
		fail_msg("%s says: %s\n  not: %s", side == LEFT ? "left" :
		    "right", info.why.s, want);
	print_message("      %s\n", info.why.s);
}

static void
what_is_refused_says_why_on_both_sides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;

		print_message("    %s\n", refusals[i].what);
		refusals[i].prepare(b);
		duo_start(d);
		duo_up(d, LEFT);
		duo_run(d, span_s(40));
		begins(d, LEFT, refusals[i].left);
		begins(d, RIGHT, refusals[i].right);
		for (int k = 0; k < 2; k++)
			assert_int_equal(d->end[k].events[IKE_EV_CHILD_UP], 0);
		assert_false(duo_info(d, RIGHT).cert.ok);
		assert_empty(d);
		shut_down(d);
		both_free(b);
	}
}

/* The same refusals when it is the responder who is not believed. */
static void
a_responder_is_refused_for_the_same_reasons(void **state)
{
	static const size_t rows[] = { 0, 1, 2, 3, 5, 6, 9, 10, 12 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;

		print_message("    %s\n", refusals[rows[i]].what);
		refusals[rows[i]].prepare(b);
		duo_start(d);
		duo_up(d, RIGHT);
		duo_run(d, span_s(40));
		begins(d, RIGHT, refusals[rows[i]].right);
		assert_int_equal(d->end[RIGHT].events[IKE_EV_CHILD_UP], 0);
		assert_empty(d);
		shut_down(d);
		both_free(b);
	}
}

/* What the responder announces, and what the initiator makes of it. */
static const struct {
	const char	*hashes;
	const char	*why;		/* NULL: it can sign */
} announced[] = {
	{ "0002", NULL }, { "00010002", NULL }, { "000500630002", NULL },
	{ "0063", "the peer announces no signature hash that our key "
	    "ECDSA-P256 can be used with" },
	{ "", "the peer announces no signature hash that our key ECDSA-P256 "
	    "can be used with" },
	{ "0001", "the peer announces no signature hash that our key "
	    "ECDSA-P256 can be used with (SHA-1 is not allowed)" },
	/* Malformed is as if it had not come: RFC 4754 is left. */
	{ "000200", NULL },
};

static void
a_hash_must_be_among_the_announced(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(announced); i++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		uint8_t data[16];
		struct msg m = { .notifies_n = 1, .notifies = {
		    { .type = N_SIGNATURE_HASH_ALGORITHMS } } };
		struct ike_sa *sa;
		size_t n = 0;

		print_message("    %s\n", announced[i].hashes);
		assert_true(str_unhex(data, sizeof(data), &n,
		    announced[i].hashes));
		m.notifies[0].data = bytes_of(data, n);
		d->end[LEFT].psk_delay = span_s(2);
		duo_start(d);
		duo_up(d, LEFT);
		while ((sa = sa_at(d, LEFT)) != NULL &&
		    sa->state != SA_SIGNING)
			duo_run(d, span_ms(1));
		assert_non_null(sa);
		sa->setup->hashes = 0;
		certs_hear(sa, &m);
		sa->peer->creds_epoch++;	/* so that it asks again */
		duo_run(d, span_s(5));
		if (announced[i].why == NULL)
			assert_paired(d);
		else
			assert_why(d, LEFT, announced[i].why);
		shut_down(d);
		both_free(b);
	}
}

static void
nine_certificates_are_too_many(void **state)
{
	struct both *b = both_new("P-256");
	struct msg m = { .certs_n = CERT_CHAIN_MAX + 1 };
	struct reason why;
	struct ike_sa *sa;

	(void)state;
	for (size_t i = 0; i < m.certs_n; i++)
		m.certs[i] = cert_der(b->side[LEFT].chain.cert[i % 2]);
	duo_start(&b->d);
	duo_up(&b->d, LEFT);
	sa = sa_at(&b->d, LEFT);
	assert_int_equal(auth_check(sa, b->d.now, &m, &why), AUTH_BAD);
	assert_string_equal(why.s, "the peer sent more than 8 certificates");
	duo_fini(&b->d);
	both_free(b);
}

/* --- time and renewal --- */

static void
renewed(struct both *b, struct side *fresh)
{
	struct made_spec spec = leaf_spec(LEFT, "P-384");
	struct ike_creds creds;

	spec.subject = "CN=left renewed";
	spec.serial = 99;
	side_init(fresh, &spec);
	creds = creds_of_side(fresh);
	b->d.end[LEFT].key = fresh->key;
	ike_peer_creds(b->d.end[LEFT].ike, DUO_PEER, &creds);
}

static void
a_renewed_certificate_is_used_from_the_next_authentication_on(void **state)
{
	struct both *b = both_new("P-256");
	struct duo *d = &b->d;
	struct side fresh;

	(void)state;
	duo_start(d);
	bring_up(d, LEFT);
	watch_traffic(d);
	renewed(b, &fresh);
	assert_true(duo_rekey(d, RIGHT, IKE));
	duo_run(d, span_s(5));
	assert_true(duo_rekey(d, LEFT, CHILD));
	assert_clean(d);
	assert_string_equal(duo_info(d, RIGHT).cert.subject, subjects[LEFT]);
	d->esp_at = INSTANT_NEVER;
	duo_down(d, LEFT);
	duo_run(d, span_s(5));
	bring_up(d, LEFT);
	assert_string_equal(duo_info(d, RIGHT).cert.subject,
	    "CN=left renewed");
	shut_down(d);
	side_fini(&fresh);
	both_free(b);
}

/* The old key signs what the new certificate should prove: asked again. */
static void
a_certificate_that_is_renewed_meanwhile_makes_its_own_signature(void **state)
{
	(void)state;
	for (int starts = LEFT; starts <= RIGHT; starts++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		struct ike_sa *sa;
		struct side fresh;

		d->end[LEFT].psk_delay = span_s(3);
		duo_start(d);
		duo_up(d, starts);
		for (int i = 0; i < 1000; i++) {
			sa = sa_at(d, LEFT);
			if (sa != NULL && (sa->state == SA_SIGNING ||
			    sa->state == SA_ANSWERING))
				break;
			duo_run(d, span_ms(1));
		}
		sa = sa_at(d, LEFT);
		assert_non_null(sa);
		assert_int_equal(sa->state, starts == LEFT ? SA_SIGNING :
		    SA_ANSWERING);
		renewed(b, &fresh);
		assert_true(duo_run_up(d, span_s(20)));
		assert_string_equal(duo_info(d, RIGHT).cert.subject,
		    "CN=left renewed");
		shut_down(d);
		side_fini(&fresh);
		both_free(b);
	}
}

static void
time_goes_on_for_certificates_too(void **state)
{
	struct both *b = both_new("ED25519");
	struct duo *d = &b->d;

	(void)state;
	duo_start(d);
	bring_up(d, LEFT);
	duo_run(d, span_s(3 * 3600));
	assert_paired(d);
	for (int k = 0; k < 2; k++)
		ike_wall(d->end[k].ike, d->now, CA_NOW + 366 * CA_DAY);
	duo_run(d, span_s(2 * 3600));
	assert_paired(d);		/* what is up stays up */
	duo_down(d, LEFT);
	duo_run(d, span_s(5));
	duo_up(d, LEFT);
	duo_run(d, span_s(20));
	begins(d, RIGHT, "the peer's certificate is refused at depth 0: ");
	begins(d, LEFT, US);
	shut_down(d);
	both_free(b);
}

/*
 * Section 2.4: INITIAL_CONTACT is about identities, and another tunnel has the
 * same ones.
 */
static void
a_tunnel_with_a_twin_does_not_speak_of_first_contact(void **state)
{
	(void)state;
	for (int twin = 0; twin < 2; twin++) {
		struct both *b = both_new("ED25519");
		struct duo *d = &b->d;

		d->end[LEFT].conf[0].local_id.type = 0;
		d->end[RIGHT].conf[0].remote_id.type = 0;
		if (twin == 1) {
			duo_add_peer(d, LEFT);
			addr_parse(&d->end[LEFT].conf[1].remote,
			    "198.51.100.9");
		}
		d->end[LEFT].keep_up = true;
		duo_start(d);
		bring_up(d, LEFT);
		duo_run(d, span_s(100));
		duo_crash(d, LEFT);
		duo_up(d, LEFT);
		duo_run(d, span_s(10));
		assert_int_equal(d->end[RIGHT].events[IKE_EV_FAILED],
		    twin == 0);
		duo_run(d, span_s(60));
		assert_paired(d);
		shut_down(d);
		both_free(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_every_kind_authenticate),
		cmocka_unit_test(announced_methods_are_chosen_from),
		cmocka_unit_test(both_ends_announce_their_methods),
		cmocka_unit_test(certificates_go_with_a_ppk_and_without),
		cmocka_unit_test(
		    one_side_may_have_a_certificate_and_the_other_a_key),
		cmocka_unit_test(
		    identities_that_the_certificate_carries_authenticate),
		cmocka_unit_test(what_is_refused_says_why_on_both_sides),
		cmocka_unit_test(a_responder_is_refused_for_the_same_reasons),
		cmocka_unit_test(a_hash_must_be_among_the_announced),
		cmocka_unit_test(nine_certificates_are_too_many),
		cmocka_unit_test(
		    a_renewed_certificate_is_used_from_the_next_authentication_on),
		cmocka_unit_test(
		    a_certificate_that_is_renewed_meanwhile_makes_its_own_signature),
		cmocka_unit_test(time_goes_on_for_certificates_too),
		cmocka_unit_test(
		    a_tunnel_with_a_twin_does_not_speak_of_first_contact),
	};

	return cmocka_run_group_tests(tests, make_cas, NULL);
}
