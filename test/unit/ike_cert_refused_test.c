/*
 * IKE_AUTH with certificates that do not authenticate: which words are said on
 * both sides, and that nothing is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/auth.h"
#include "ike/certs.h"
#include "unit/cert_duo.h"
#include "util/array.h"

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
		sa = start_to_sign(d);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused_says_why_on_both_sides),
		cmocka_unit_test(a_responder_is_refused_for_the_same_reasons),
		cmocka_unit_test(a_hash_must_be_among_the_announced),
		cmocka_unit_test(nine_certificates_are_too_many),
	};

	return cmocka_run_group_tests(tests, make_cas, free_cas);
}
