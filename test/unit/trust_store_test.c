/*
 * What is believed: CAs, which are added and which of them are anchors, CRLs,
 * forged, older and newer, and the key hashes of RFC 7296 section 3.7.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "unit/trust_house.h"

/* --- CRLs that cannot be trusted --- */

/*
 * The peer sends the sub, so that its CRL can only be checked with the chain:
 * a forged one that revokes everything must not take the tunnel down, and
 * must not count as one that is there.
 */
static void
a_forged_crl_revokes_nothing_and_proves_nothing(void **state)
{
	const struct house h = { .what = "" };
	const struct trust_policy strict = { .crl = TRUST_CRL_REQUIRED };
	struct crl_spec s = { .revoked = LEAF + 1 };
	struct trust_verdict v;
	struct built b;

	(void)state;
	build(&b, &h);
	s.signer = ca_key("P-256/9");
	add_crl(b.trust, s, &b.m[SUB]);
	assert_int_equal(trust_crls(b.trust), 1);
	assert_true(trust_verify(b.trust, &b.chain, CA_NOW, &if_any, &v));
	assert_false(trust_verify(b.trust, &b.chain, CA_NOW, &strict, &v));
	assert_int_equal(v.result, TRUST_CRL_BAD);
	assert_non_null(strstr(v.why.s, "wrong signature"));
	built_fini(&b);
}

static void
a_forged_crl_of_a_known_ca_is_not_added(void **state)
{
	const struct house h = { .what = "" };
	struct crl_spec s = { .revoked = LEAF + 1 };
	struct bytes pem;
	struct reason why;
	struct built b;

	(void)state;
	build(&b, &h);
	s.issuer = &b.m[ROOT];
	s.signer = ca_key("P-256/9");
	pem = ca_crl_pem(&s);
	assert_false(trust_add_crl(b.trust, pem, &why));
	assert_non_null(strstr(why.s, "O=T, CN=Root issued it, but its "
	    "signature is wrong"));
	assert_int_equal(trust_crls(b.trust), 0);
	ca_free(pem);
	built_fini(&b);
}

static bool
verifies(const struct built *b)
{
	struct trust_verdict v;

	return trust_verify(b->trust, &b->chain, CA_NOW, &if_any, &v);
}

static void
a_newer_crl_replaces_an_older_one_and_not_the_reverse(void **state)
{
	const struct house h = { "", .no_sub = true };
	struct crl_spec old = { .from = DAYS(-3) };
	struct crl_spec new = { .from = DAYS(-2), .revoked = LEAF + 1 };
	struct built b;

	(void)state;
	build(&b, &h);
	add_crl(b.trust, old, &b.m[ROOT]);
	assert_true(verifies(&b));
	add_crl(b.trust, new, &b.m[ROOT]);
	assert_int_equal(trust_crls(b.trust), 1);
	assert_false(verifies(&b));
	add_crl(b.trust, old, &b.m[ROOT]);
	assert_int_equal(trust_crls(b.trust), 1);
	assert_false(verifies(&b));
	/* Another scope stands beside it. */
	new.idp = "critical,onlyCA:TRUE";
	add_crl(b.trust, new, &b.m[ROOT]);
	assert_int_equal(trust_crls(b.trust), 2);
	built_fini(&b);
}

/* What is fetched may be ahead of our clock: its word counts at once. */
static void
a_fetched_crl_counts_from_when_it_is_taken(void **state)
{
	const struct trust_policy strict = { .crl = TRUST_CRL_REQUIRED };
	const struct house h = { "", .no_sub = true };
	struct crl_spec s = { .from = CA_NOW + 200 };
	struct trust_verdict v;
	struct reason why;
	struct bytes pem;
	struct built b;

	(void)state;
	build(&b, &h);
	s.issuer = &b.m[ROOT];
	pem = ca_crl_pem(&s);
	assert_true(trust_add_fetched(b.trust, &b.chain, pem, CA_NOW, &why));
	ca_free(pem);
	assert_true(trust_verify(b.trust, &b.chain, CA_NOW, &strict, &v));
	s.from += 50;
	s.revoked = LEAF + 1;
	pem = ca_crl_pem(&s);
	assert_true(trust_add_fetched(b.trust, &b.chain, pem, CA_NOW, &why));
	ca_free(pem);
	assert_int_equal(trust_crls(b.trust), 1);
	assert_false(trust_verify(b.trust, &b.chain, CA_NOW, &if_any, &v));
	assert_int_equal(v.result, TRUST_REVOKED);
	built_fini(&b);
}

static bool
fetch_partition(struct built *b, unsigned number, int64_t until, int64_t now,
    struct reason *why)
{
	char idp[64];
	struct crl_spec s = { .issuer = &b->m[ROOT], .until = until,
	    .idp = idp };
	struct bytes pem;
	bool ok;

	str_fmt(idp, sizeof(idp), "critical,fullname:URI:http://crl/%u",
	    number);
	pem = ca_crl_pem(&s);
	ok = number == 0 ? trust_add_crl(b->trust, pem, why) :
	    trust_add_fetched(b->trust, &b->chain, pem, now, why);
	ca_free(pem);
	return ok;
}

/* Not those of the configuration: nobody would bring them again. */
static void
fetched_crls_that_have_ended_make_room(void **state)
{
	const struct house h = { "", .no_sub = true };
	struct reason why;
	struct built b;

	(void)state;
	build(&b, &h);
	assert_true(fetch_partition(&b, 0, DAYS(1), CA_NOW, &why));
	for (unsigned i = 1; i < TRUST_CRL_MAX; i++)
		assert_true(fetch_partition(&b, i, i == 7 || i == 9 ?
		    DAYS(2) : DAYS(5), CA_NOW, &why));
	assert_false(fetch_partition(&b, 100, DAYS(5), CA_NOW, &why));
	assert_string_equal(why.s, "more than 64 CRLs");
	assert_false(fetch_partition(&b, 100, DAYS(5), DAYS(2) - 1, &why));
	/* One of two is enough, and one that is there takes no room. */
	assert_true(fetch_partition(&b, 100, DAYS(5), DAYS(2), &why));
	assert_true(fetch_partition(&b, 100, DAYS(6), DAYS(2), &why));
	assert_int_equal(trust_crls(b.trust), TRUST_CRL_MAX);
	assert_true(fetch_partition(&b, 101, DAYS(5), DAYS(2), &why));
	assert_false(fetch_partition(&b, 102, DAYS(5), DAYS(2), &why));
	built_fini(&b);
}

static void
crls_come_as_pem_or_der(void **state)
{
	const struct house h = { "", .no_sub = true };
	struct crl_spec s = { .revoked = LEAF + 1 };
	X509_CRL *crl;
	uint8_t *der = NULL, longer[4096];
	struct reason why;
	struct built b;
	int n;

	(void)state;
	build(&b, &h);
	s.issuer = &b.m[ROOT];
	crl = ca_crl(&s);
	n = i2d_X509_CRL(crl, &der);
	assert_true(n > 0 && (size_t)n < sizeof(longer));
	memcpy(longer, der, (size_t)n);
	longer[n] = 0;
	for (int k = 0; k < n; k++)
		assert_false(trust_add_crl(b.trust, bytes_of(der, (size_t)k),
		    &why));
	assert_false(trust_add_crl(b.trust, bytes_of(longer, (size_t)n + 1),
	    &why));
	assert_false(trust_add_crl(b.trust, bytes_str("-----BEGIN X509 "
	    "CRL-----\nAAAA\n-----END X509 CRL-----\n"), &why));
	assert_non_null(strstr(why.s, "not one CRL"));
	assert_true(trust_add_crl(b.trust, bytes_of(der, (size_t)n), &why));
	assert_false(verifies(&b));
	OPENSSL_free(der);
	X509_CRL_free(crl);
	built_fini(&b);
}

/* --- CAs --- */

static void
only_cas_are_added_and_all_of_a_file_or_none(void **state)
{
	struct made root = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=Root", .basic = "CA:TRUE" });
	struct made leaf = ca_make(&(struct made_spec){ .key = "P-256",
	    .subject = "CN=gw1", .issuer = &root });
	struct made weak = ca_make(&(struct made_spec){ .key = "RSA-1024",
	    .subject = "CN=Weak", .basic = "CA:TRUE" });
	struct bytes both = made_pem((const struct made *[]){ &root, &leaf },
	    2);
	struct bytes weak_pem = made_pem((const struct made *[]){ &weak }, 1);
	struct trust *t = trust_new();
	struct reason why;

	(void)state;
	assert_false(trust_add_pem(t, both, &why));
	assert_string_equal(why.s, "certificate 2: CN=gw1 is not a CA "
	    "(basicConstraints CA:TRUE and keyUsage keyCertSign are "
	    "missing)");
	assert_int_equal(trust_cas(t), 0);
	assert_false(trust_add_pem(t, weak_pem, &why));
	assert_non_null(strstr(why.s, "CN=Weak: an RSA key of 1024 bits"));
	assert_false(trust_add_pem(t, bytes_str("nothing"), &why));
	assert_non_null(strstr(why.s, "no certificate in PEM"));
	add_ca(t, &root);
	add_ca(t, &root);
	assert_int_equal(trust_cas(t), 1);
	assert_int_equal(trust_anchors(t), 1);
	trust_free(t);
	trust_free(NULL);
	ca_free(both);
	ca_free(weak_pem);
	made_fini(&root);
	made_fini(&leaf);
	made_fini(&weak);
}

static void
a_sub_is_an_anchor_until_its_root_is_ours(void **state)
{
	struct made root = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=Root", .basic = "CA:TRUE" });
	struct made sub = ca_make(&(struct made_spec){ .key = "P-256",
	    .subject = "CN=Sub", .basic = "CA:TRUE", .issuer = &root });
	struct trust *t = trust_new();

	(void)state;
	add_ca(t, &sub);
	assert_int_equal(trust_anchors(t), 1);
	add_ca(t, &root);
	assert_int_equal(trust_anchors(t), 1);
	assert_int_equal(trust_cas(t), 2);
	trust_free(t);
	made_fini(&root);
	made_fini(&sub);
}

/* A by itself, B by A, A once more by B, and a leaf by B. */
struct circle {
	struct made	a, b, a2, leaf;
};

static void
circle_init(struct circle *c)
{
	struct made_spec a = { .key = "P-384", .subject = "CN=A",
	    .basic = "CA:TRUE" };

	c->a = ca_make(&a);
	c->b = ca_make(&(struct made_spec){ .key = "P-256",
	    .subject = "CN=B", .basic = "CA:TRUE", .issuer = &c->a });
	a.issuer = &c->b;
	c->a2 = ca_make(&a);
	c->leaf = ca_make(&(struct made_spec){ .key = "P-256/2",
	    .subject = "CN=gw1", .issuer = &c->b });
}

static void
circle_fini(struct circle *c)
{
	made_fini(&c->a);
	made_fini(&c->b);
	made_fini(&c->a2);
	made_fini(&c->leaf);
}

static void
cas_that_certify_each_other_end_nowhere_else(void **state)
{
	struct circle c;
	struct made other = ca_make(&(struct made_spec){ .key = "P-256/3",
	    .subject = "CN=Other", .basic = "CA:TRUE" });
	struct bytes der;
	struct trust *t = trust_new();
	struct trust_verdict v;
	struct cert_chain ch;
	struct reason why;

	(void)state;
	circle_init(&c);
	der = made_der(&c.leaf);
	add_ca(t, &c.b);
	add_ca(t, &c.a2);
	assert_int_equal(trust_anchors(t), 2);
	assert_true(cert_chain_read(&ch, &der, 1, &why));
	assert_true(trust_verify(t, &ch, CA_NOW, &if_any, &v));
	assert_string_equal(v.anchor, "CN=B");
	cert_chain_fini(&ch);
	/* Nor do they because somebody else is there. */
	add_ca(t, &other);
	assert_int_equal(trust_anchors(t), 3);
	assert_true(cert_chain_read(&ch, &der, 1, &why));
	assert_true(trust_verify(t, &ch, CA_NOW, &if_any, &v));
	assert_string_equal(v.anchor, "CN=B");
	cert_chain_fini(&ch);
	/* With A's own root there is an end, and only there. */
	add_ca(t, &c.a);
	assert_int_equal(trust_anchors(t), 2);
	trust_free(t);
	OPENSSL_free((void *)(uintptr_t)der.p);
	circle_fini(&c);
	made_fini(&other);
}

/* A peer may send circles; they lead nowhere, and soon. */
static void
circles_of_a_peer_end(void **state)
{
	struct circle c;
	struct bytes der[3];
	struct trust *t = trust_new();
	struct trust_verdict v;
	struct cert_chain ch;
	struct reason why;

	(void)state;
	circle_init(&c);
	der[0] = made_der(&c.leaf);
	der[1] = made_der(&c.b);
	der[2] = made_der(&c.a2);
	assert_true(cert_chain_read(&ch, der, 3, &why));
	assert_false(trust_verify(t, &ch, CA_NOW, &if_any, &v));
	assert_int_equal(v.result, TRUST_NO_CA);
	cert_chain_fini(&ch);
	trust_free(t);
	for (size_t i = 0; i < 3; i++)
		OPENSSL_free((void *)(uintptr_t)der[i].p);
	circle_fini(&c);
}

/* The same name, another key: nobody is trusted for what he calls himself. */
static void
a_root_of_the_same_name_is_another_root(void **state)
{
	struct made ours = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=Root", .basic = "CA:TRUE", .bare = true });
	struct made his = ca_make(&(struct made_spec){ .key = "P-256",
	    .subject = "CN=Root", .basic = "CA:TRUE", .bare = true });
	struct made leaf = ca_make(&(struct made_spec){ .key = "P-256/2",
	    .subject = "CN=gw1", .issuer = &his, .bare = true });
	struct bytes der[2] = { made_der(&leaf), made_der(&his) };
	struct trust *t = trust_new();
	struct trust_verdict v;
	struct cert_chain ch;
	struct reason why;

	(void)state;
	add_ca(t, &ours);
	assert_true(cert_chain_read(&ch, der, 2, &why));
	assert_false(trust_verify(t, &ch, CA_NOW, &if_any, &v));
	assert_true(v.result == TRUST_BAD_SIGNATURE ||
	    v.result == TRUST_NO_CA);
	assert_null(trust_issuer(t, &(struct cert_chain){ 1,
	    { ch.cert[0] } }));
	assert_ptr_equal(trust_issuer(t, &ch), ch.cert[1]);
	cert_chain_fini(&ch);
	trust_free(t);
	OPENSSL_free((void *)(uintptr_t)der[0].p);
	OPENSSL_free((void *)(uintptr_t)der[1].p);
	made_fini(&ours);
	made_fini(&his);
	made_fini(&leaf);
}

/* Without key identifiers only the signature tells who issued the sub. */
static void
a_root_of_its_issuers_name_takes_no_sub_its_trust(void **state)
{
	struct made ours = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=Root", .basic = "CA:TRUE", .bare = true });
	struct made his = ca_make(&(struct made_spec){ .key = "P-256",
	    .subject = "CN=Root", .basic = "CA:TRUE", .bare = true });
	struct made sub = ca_make(&(struct made_spec){ .key = "P-256/3",
	    .subject = "CN=Sub", .basic = "CA:TRUE", .issuer = &his,
	    .bare = true });
	struct made leaf = ca_make(&(struct made_spec){ .key = "P-256/2",
	    .subject = "CN=gw1", .issuer = &sub, .bare = true });
	struct bytes der = made_der(&leaf);
	struct trust *t = trust_new();
	struct trust_verdict v;
	struct cert_chain ch;
	struct reason why;

	(void)state;
	add_ca(t, &sub);
	add_ca(t, &ours);
	assert_int_equal(trust_anchors(t), 2);
	assert_true(cert_chain_read(&ch, &der, 1, &why));
	assert_true(trust_verify(t, &ch, CA_NOW, &if_any, &v));
	assert_string_equal(v.anchor, "CN=Sub");
	cert_chain_fini(&ch);
	trust_free(t);
	OPENSSL_free((void *)(uintptr_t)der.p);
	made_fini(&ours);
	made_fini(&his);
	made_fini(&sub);
	made_fini(&leaf);
}

/* RFC 7296 section 3.7: SHA-1 over SubjectPublicKeyInfo, of every CA. */
static void
key_hashes_are_those_of_certreq(void **state)
{
	struct made root = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=Root", .basic = "CA:TRUE" });
	struct made sub = ca_make(&(struct made_spec){ .key = "RSA-2048",
	    .subject = "CN=Sub", .basic = "CA:TRUE", .issuer = &root });
	struct trust *t = trust_new();
	uint8_t buf[100], *spki = NULL, hash[2][20];
	struct wr w = wr_of(buf, sizeof(buf));
	int n;

	(void)state;
	add_ca(t, &root);
	add_ca(t, &sub);
	trust_key_hashes(t, &w);
	assert_int_equal(w.n, 40);
	n = i2d_PUBKEY(root.key, &spki);
	assert_int_equal(EVP_Digest(spki, (size_t)n, hash[0], NULL,
	    EVP_sha1(), NULL), 1);
	OPENSSL_free(spki);
	spki = NULL;
	n = i2d_PUBKEY(sub.key, &spki);
	assert_int_equal(EVP_Digest(spki, (size_t)n, hash[1], NULL,
	    EVP_sha1(), NULL), 1);
	OPENSSL_free(spki);
	assert_memory_equal(buf, hash, 40);
	trust_free(t);
	made_fini(&root);
	made_fini(&sub);
}

static void
the_store_is_bounded(void **state)
{
	struct trust *t = trust_new();
	struct bytes pem = { 0 };
	struct reason why;

	(void)state;
	for (long i = 0; i <= TRUST_CA_MAX; i++) {
		struct made m = ca_make(&(struct made_spec){ .key = "P-256",
		    .subject = "CN=Root", .basic = "CA:TRUE",
		    .serial = i + 1 });

		pem = made_pem((const struct made *[]){ &m }, 1);
		assert_int_equal(trust_add_pem(t, pem, &why),
		    i < TRUST_CA_MAX);
		ca_free(pem);
		made_fini(&m);
	}
	assert_non_null(strstr(why.s, "more than 64"));
	assert_int_equal(trust_cas(t), TRUST_CA_MAX);
	trust_free(t);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_forged_crl_revokes_nothing_and_proves_nothing),
		cmocka_unit_test(a_forged_crl_of_a_known_ca_is_not_added),
		cmocka_unit_test(
		    a_newer_crl_replaces_an_older_one_and_not_the_reverse),
		cmocka_unit_test(a_fetched_crl_counts_from_when_it_is_taken),
		cmocka_unit_test(fetched_crls_that_have_ended_make_room),
		cmocka_unit_test(crls_come_as_pem_or_der),
		cmocka_unit_test(only_cas_are_added_and_all_of_a_file_or_none),
		cmocka_unit_test(a_sub_is_an_anchor_until_its_root_is_ours),
		cmocka_unit_test(cas_that_certify_each_other_end_nowhere_else),
		cmocka_unit_test(circles_of_a_peer_end),
		cmocka_unit_test(a_root_of_the_same_name_is_another_root),
		cmocka_unit_test(
		    a_root_of_its_issuers_name_takes_no_sub_its_trust),
		cmocka_unit_test(key_hashes_are_those_of_certreq),
		cmocka_unit_test(the_store_is_bounded),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
