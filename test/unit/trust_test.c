/*
 * Verification of chains: one row for each way in which a chain is good or
 * bad, with the result, the depth and the sentence; CAs, CRLs, key hashes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ca.h"
#include "crypto/prf.h"
#include "crypto/trust.h"
#include "util/array.h"

#define CA_USAGE	"critical,keyCertSign,cRLSign"

static const struct trust_policy if_any = { .crl = TRUST_CRL_IF_ANY };

/* --- a house: who is there, and what of it is looked at --- */

enum who { ROOT, SUB, SUB2, LEAF, WHO };

struct house {
	const char	*what;
	struct made_spec spec[WHO];	/* issuer is filled in */
	bool		 no_sub, sub2;	/* levels between root and leaf */
	bool		 not_trusted, sub_is_trusted, not_sent;
	struct trust_policy policy;
	struct crl_spec	 crl[2];	/* issuer: NULL; of root, of sub */
	bool		 has_crl[2];
	int64_t		 now;		/* 0: CA_NOW */
	enum trust_result result;
	unsigned	 depth;
	const char	*says;		/* NULL: good */
};

static struct made_spec
with_defaults(const struct house *h, enum who who, const struct made *issuer)
{
	static const char *const names[] = { "O=T, CN=Root", "O=T, CN=Sub",
	    "O=T, CN=Sub2", "O=T, CN=gw1" };
	static const char *const keys[] = { "P-384", "P-256", "P-256/3",
	    "P-256/2" };
	struct made_spec s = h->spec[who];

	s.issuer = s.issuer != NULL ? s.issuer : issuer;
	s.subject = s.subject != NULL ? s.subject : names[who];
	s.key = s.key != NULL ? s.key : keys[who];
	s.serial = s.serial != 0 ? s.serial : (long)who + 1;
	if (s.basic == NULL && who != LEAF)
		s.basic = "critical,CA:TRUE";
	else if (s.basic != NULL && s.basic[0] == '\0')
		s.basic = NULL;
	if (s.usage == NULL && who != LEAF)
		s.usage = CA_USAGE;
	return s;
}

struct built {
	struct made	m[WHO];
	struct trust	*trust;
	struct cert_chain chain;
};

static void
add_ca(struct trust *t, const struct made *m)
{
	struct bytes pem = made_pem(&m, 1);
	struct reason why;

	if (!trust_add_pem(t, pem, &why))
		fail_msg("%s", why.s);
	ca_free(pem);
}

static void
add_crl(struct trust *t, struct crl_spec s, const struct made *issuer)
{
	struct bytes pem;
	struct reason why;

	s.issuer = issuer;
	pem = ca_crl_pem(&s);
	if (!trust_add_crl(t, pem, &why))
		fail_msg("%s", why.s);
	ca_free(pem);
}

static void
build(struct built *b, const struct house *h)
{
	const struct made *issuer = NULL;
	struct bytes der[WHO];
	struct reason why;
	size_t n = 0;

	memset(b, 0, sizeof(*b));
	for (enum who w = ROOT; w < WHO; w++) {
		struct made_spec s;

		if ((w == SUB && h->no_sub) || (w == SUB2 && !h->sub2))
			continue;
		s = with_defaults(h, w, issuer);
		b->m[w] = ca_make(&s);
		issuer = &b->m[w];
	}
	b->trust = trust_new();
	if (!h->not_trusted)
		add_ca(b->trust, &b->m[ROOT]);
	if (h->sub_is_trusted)
		add_ca(b->trust, &b->m[SUB]);
	for (size_t i = 0; i < 2; i++) {
		if (h->has_crl[i])
			add_crl(b->trust, h->crl[i], &b->m[i == 0 ? ROOT :
			    SUB]);
	}
	der[n++] = made_der(&b->m[LEAF]);
	for (enum who w = ROOT; w < LEAF; w++) {
		if (b->m[w].x509 != NULL && !h->not_sent)
			der[n++] = made_der(&b->m[w]);
	}
	assert_true(cert_chain_read(&b->chain, der, n, &why));
	while (n > 0)
		OPENSSL_free((void *)(uintptr_t)der[--n].p);
}

static void
built_fini(struct built *b)
{
	trust_free(b->trust);
	cert_chain_fini(&b->chain);
	for (enum who w = ROOT; w < WHO; w++)
		made_fini(&b->m[w]);
}

#define DAYS(n)	(CA_NOW + (n) * CA_DAY)

static const struct house houses[] = {
	/* good */
	{ "root, sub, leaf", .result = TRUST_OK },
	{ "root and leaf", .no_sub = true, .result = TRUST_OK },
	{ "two subs, sent in the wrong order", .sub2 = true,
	  .result = TRUST_OK },
	{ "sub not sent, but ours", .not_sent = true, .sub_is_trusted = true,
	  .result = TRUST_OK },
	{ "sub trusted by itself", .not_trusted = true,
	  .sub_is_trusted = true, .result = TRUST_OK },
	{ "keys of all kinds", .spec = { [ROOT] = { .key = "RSA-2048" },
	    [SUB] = { .key = "ED25519" }, [LEAF] = { .key = "RSA-3072" } },
	  .result = TRUST_OK },
	{ "Ed448 and P-521", .spec = { [ROOT] = { .key = "ED448" },
	    [SUB] = { .key = "P-521" } }, .result = TRUST_OK },
	{ "without key identifiers", .spec = { [ROOT] = { .bare = true },
	    [SUB] = { .bare = true }, [LEAF] = { .bare = true } },
	  .result = TRUST_OK },
	{ "usage for signatures", .spec = { [LEAF] = {
	    .usage = "critical,digitalSignature" } }, .result = TRUST_OK },
	{ "usage for non-repudiation", .spec = { [LEAF] = {
	    .usage = "nonRepudiation" } }, .result = TRUST_OK },
	{ "EKU ipsecIKE", .spec = { [LEAF] = { .eku = "ipsecIKE" } },
	  .result = TRUST_OK },
	{ "EKU serverAuth among others", .spec = { [LEAF] = {
	    .eku = "critical,codeSigning,serverAuth" } },
	  .result = TRUST_OK },
	{ "EKU clientAuth", .spec = { [LEAF] = { .eku = "clientAuth" } },
	  .result = TRUST_OK },
	{ "EKU any", .spec = { [LEAF] = { .eku = "anyExtendedKeyUsage" } },
	  .result = TRUST_OK },
	{ "path length that is enough", .spec = { [ROOT] = {
	    .basic = "critical,CA:TRUE,pathlen:1" }, [SUB] = {
	    .basic = "critical,CA:TRUE,pathlen:0" } }, .result = TRUST_OK },
	{ "names within the constraints", .spec = { [SUB] = {
	    .names = "critical,permitted;DNS:example" },
	    [LEAF] = { .san = "DNS:gw1.example" } }, .result = TRUST_OK },
	{ "at the last second", .now = DAYS(365) - 1, .result = TRUST_OK },
	{ "at the first second", .now = DAYS(-1), .result = TRUST_OK },

	/* no common CA */
	{ "a stranger's root", .not_trusted = true, .result = TRUST_NO_CA,
	  .depth = 2, .says = "no common CA: the peer's chain ends in "
	  "\"O=T, CN=Root\"" },
	{ "nothing of ours and only the leaf", .not_trusted = true,
	  .not_sent = true, .result = TRUST_NO_CA, .depth = 0,
	  .says = "\"O=T, CN=gw1\" was issued by \"O=T, CN=Sub\"" },
	{ "the sub is missing", .not_sent = true, .result = TRUST_NO_CA,
	  .depth = 0, .says = "issued by \"O=T, CN=Sub\", which is neither" },

	/* time */
	{ "expired leaf", .now = DAYS(365) + 1, .spec = { [ROOT] = {
	    .until = DAYS(9999) }, [SUB] = { .until = DAYS(9999) } },
	  .result = TRUST_EXPIRED, .depth = 0, .says = "\"O=T, CN=gw1\" "
	  "expired on 2028-01-15 08:00:00 UTC" },
	{ "expired sub", .spec = { [SUB] = { .until = DAYS(-1) + 60 } },
	  .result = TRUST_EXPIRED, .depth = 1, .says = "\"O=T, CN=Sub\" "
	  "expired on 2027-01-14" },
	{ "expired root", .spec = { [ROOT] = { .until = DAYS(-1) + 60 } },
	  .result = TRUST_EXPIRED, .depth = 2, .says = "\"O=T, CN=Root\" "
	  "expired" },
	{ "not yet valid leaf", .spec = { [LEAF] = { .from = DAYS(1) } },
	  .result = TRUST_NOT_YET, .depth = 0,
	  .says = "not valid before 2027-01-16 08:00:00 UTC" },
	{ "long ago", .now = 0 - CA_DAY, .result = TRUST_NOT_YET, .depth = 2,
	  .says = "is the clock right?" },

	/* no CA */
	{ "sub without basicConstraints", .spec = { [SUB] = {
	    .basic = "" } }, .result = TRUST_NOT_CA, .depth = 1,
	  .says = "\"O=T, CN=Sub\" is used as a CA, which it is not" },
	{ "sub with CA:FALSE", .spec = { [SUB] = {
	    .basic = "critical,CA:FALSE", .usage = "digitalSignature" } },
	  .result = TRUST_NOT_CA, .depth = 1, .says = "is used as a CA" },
	{ "sub that may not sign certificates", .spec = { [SUB] = {
	    .usage = "critical,cRLSign" } }, .result = TRUST_NOT_CA,
	  .depth = 1, .says = "\"O=T, CN=Sub\"" },

	/* signatures */
	{ "leaf with a bad signature", .spec = { [LEAF] = {
	    .bad_signature = true } }, .result = TRUST_BAD_SIGNATURE,
	  .depth = 0, .says = "\"O=T, CN=gw1\" has a wrong signature" },
	{ "sub with a bad signature", .spec = { [SUB] = {
	    .bad_signature = true } }, .result = TRUST_BAD_SIGNATURE,
	  .depth = 1, .says = "\"O=T, CN=Sub\" has a wrong signature" },

	/* constraints */
	{ "path length exceeded", .sub2 = true, .spec = { [SUB] = {
	    .basic = "critical,CA:TRUE,pathlen:0" } },
	  .result = TRUST_CONSTRAINED, .depth = 2, .says = "\"O=T, CN=Sub\" "
	  "stands above more CAs" },
	{ "a name outside the constraints", .spec = { [SUB] = {
	    .names = "critical,permitted;DNS:example" },
	    [LEAF] = { .san = "DNS:gw1.example.com" } },
	  .result = TRUST_CONSTRAINED, .depth = 0, .says = "outside what" },
	{ "an excluded address", .spec = { [SUB] = {
	    .names = "excluded;IP:198.51.100.0/255.255.255.0" },
	    [LEAF] = { .san = "IP:198.51.100.1" } },
	  .result = TRUST_CONSTRAINED, .depth = 0, .says = "must not" },

	/* usage */
	{ "usage for encryption only", .spec = { [LEAF] = {
	    .usage = "keyEncipherment" } }, .result = TRUST_USAGE,
	  .depth = 0, .says = "not be used for signatures" },
	{ "EKU for code", .spec = { [LEAF] = { .eku = "codeSigning" } },
	  .result = TRUST_USAGE, .depth = 0, .says = "extendedKeyUsage" },
	{ "EKU of the sub for mail", .spec = { [SUB] = {
	    .eku = "emailProtection" } }, .result = TRUST_USAGE,
	  .depth = 1, .says = "\"O=T, CN=Sub\" may not be used for IKE" },

	/* strength */
	{ "leaf signed with SHA-1", .spec = { [LEAF] = {
	    .digest = "SHA1" } }, .result = TRUST_WEAK, .depth = 0,
	  .says = "hash that is too weak" },
	{ "SHA-1 for who asked for it", .policy = { .sha1_ok = true },
	  .spec = { [LEAF] = { .digest = "SHA1" } }, .result = TRUST_OK },
	{ "a root signed with SHA-1 by itself", .spec = { [ROOT] = {
	    .digest = "SHA1" } }, .result = TRUST_OK },
	{ "leaf of RSA 1024", .spec = { [LEAF] = { .key = "RSA-1024" } },
	  .result = TRUST_WEAK, .depth = 0, .says = "too weak" },
	{ "the same where SHA-1 may be", .policy = { .sha1_ok = true },
	  .spec = { [LEAF] = { .key = "RSA-1024" } }, .result = TRUST_WEAK,
	  .depth = 0, .says = "RSA key of 1024 bits" },
	{ "sub of RSA 1024 where SHA-1 may be", .policy = {
	    .sha1_ok = true }, .spec = { [SUB] = { .key = "RSA-1024" } },
	  .result = TRUST_WEAK, .depth = 1, .says = "RSA key of 1024 bits" },
	{ "leaf on a curve of another kind", .spec = { [LEAF] = {
	    .key = "K-256" } }, .result = TRUST_WEAK, .depth = 0,
	  .says = "secp256k1 is not supported" },
	{ "a critical extension that nobody knows", .spec = { [LEAF] = {
	    .comment = "critical,x" } }, .result = TRUST_INVALID, .depth = 0,
	  .says = "critical extension that is unknown" },
	{ "an extension that nobody knows", .spec = { [LEAF] = {
	    .comment = "x" } }, .result = TRUST_OK },

	/* CRLs */
	{ "CRLs that are empty", .has_crl = { true, true },
	  .result = TRUST_OK },
	{ "a CRL with another serial", .has_crl = { true, true },
	  .crl = { [1] = { .revoked = 77 } }, .result = TRUST_OK },
	{ "revoked leaf", .has_crl = { false, true },
	  .crl = { [1] = { .revoked = LEAF + 1, .reason = 1 } },
	  .result = TRUST_REVOKED, .depth = 0, .says = "\"O=T, CN=gw1\" was "
	  "revoked on 2027-01-13 08:00:00 UTC (key compromise)" },
	{ "revoked without a reason", .has_crl = { false, true },
	  .crl = { [1] = { .revoked = LEAF + 1, .reason = -1 } },
	  .result = TRUST_REVOKED, .depth = 0, .says = "(unspecified)" },
	{ "revoked sub", .has_crl = { true, false },
	  .crl = { { .revoked = SUB + 1, .reason = 2 } },
	  .result = TRUST_REVOKED, .depth = 1, .says = "\"O=T, CN=Sub\" was "
	  "revoked on 2027-01-13 08:00:00 UTC (CA compromise)" },
	{ "revoked, but nobody cares", .policy = {
	    .crl = TRUST_CRL_IGNORED }, .has_crl = { false, true },
	  .crl = { [1] = { .revoked = LEAF + 1 } }, .result = TRUST_OK },
	{ "revoked in an expired CRL", .has_crl = { false, true },
	  .crl = { [1] = { .revoked = LEAF + 1, .until = DAYS(-1),
	    .from = DAYS(-3) } }, .result = TRUST_REVOKED, .depth = 0,
	  .says = "was revoked" },
	{ "an expired CRL is no matter", .has_crl = { false, true },
	  .crl = { [1] = { .until = DAYS(-1), .from = DAYS(-3) } },
	  .result = TRUST_OK },
	{ "required and there", .policy = { .crl = TRUST_CRL_REQUIRED },
	  .has_crl = { true, true }, .result = TRUST_OK },
	{ "required and there, without a sub", .no_sub = true,
	  .policy = { .crl = TRUST_CRL_REQUIRED }, .has_crl = { true, false },
	  .result = TRUST_OK },
	{ "required and missing", .policy = { .crl = TRUST_CRL_REQUIRED },
	  .result = TRUST_NO_CRL, .depth = 0, .says = "no CRL of "
	  "\"O=T, CN=Sub\" to look up the certificate \"O=T, CN=gw1\" in" },
	{ "required and the sub's issuer's is missing", .policy = {
	    .crl = TRUST_CRL_REQUIRED }, .has_crl = { false, true },
	  .result = TRUST_NO_CRL, .depth = 1, .says = "no CRL of "
	  "\"O=T, CN=Root\"" },
	{ "required and expired", .policy = { .crl = TRUST_CRL_REQUIRED },
	  .has_crl = { true, true }, .crl = { [1] = { .from = DAYS(-3),
	    .until = DAYS(-1) } }, .result = TRUST_CRL_EXPIRED, .depth = 0,
	  .says = "the CRL of \"O=T, CN=Sub\" expired on 2027-01-14" },
	{ "required and of tomorrow", .policy = {
	    .crl = TRUST_CRL_REQUIRED }, .has_crl = { true, true },
	  .crl = { [1] = { .from = DAYS(1) } }, .result = TRUST_CRL_BAD,
	  .depth = 0, .says = "the CRL of \"O=T, CN=Sub\" is not yet" },
	{ "revoked by a clock that is ahead", .has_crl = { false, true },
	  .crl = { [1] = { .revoked = LEAF + 1, .from = CA_NOW + 200 } },
	  .result = TRUST_REVOKED, .depth = 0, .says = "was revoked" },
	{ "revoked by a CRL of tomorrow", .has_crl = { false, true },
	  .crl = { [1] = { .revoked = LEAF + 1, .from = DAYS(1) } },
	  .result = TRUST_REVOKED, .depth = 0, .says = "was revoked" },
	{ "good by a CRL of tomorrow", .has_crl = { false, true },
	  .crl = { [1] = { .from = DAYS(1) } }, .result = TRUST_OK },
	{ "required and of a clock that is ahead", .policy = {
	    .crl = TRUST_CRL_REQUIRED }, .has_crl = { true, true },
	  .crl = { { .from = CA_NOW + 300 }, { .from = CA_NOW + 300 } },
	  .result = TRUST_OK },
	{ "required and of a clock that is too far ahead", .policy = {
	    .crl = TRUST_CRL_REQUIRED }, .has_crl = { true, true },
	  .crl = { [1] = { .from = CA_NOW + 301 } },
	  .result = TRUST_CRL_BAD, .depth = 0, .says = "is not yet" },
	{ "required and for CAs only", .policy = {
	    .crl = TRUST_CRL_REQUIRED }, .has_crl = { true, true },
	  .crl = { [1] = { .idp = "critical,onlyCA:TRUE" } },
	  .result = TRUST_CRL_BAD, .depth = 0,
	  .says = "is for other certificates" },
	{ "required, and the anchor is the sub", .not_trusted = true,
	  .sub_is_trusted = true, .policy = { .crl = TRUST_CRL_REQUIRED },
	  .has_crl = { false, true }, .result = TRUST_OK },
};

static void
each_chain_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(houses); i++) {
		const struct house *h = &houses[i];
		struct trust_verdict v;
		struct built b;
		bool ok;

		build(&b, h);
		ok = trust_verify(b.trust, &b.chain,
		    h->now != 0 ? h->now : CA_NOW, &h->policy, &v);
		if (v.result != h->result || ok != (h->result == TRUST_OK) ||
		    v.depth != h->depth)
			fail_msg("%s: result %d at depth %u: %s", h->what,
			    (int)v.result, v.depth, v.why.s);
		if (ok)
			assert_string_equal(v.why.s, "");
		else if (h->says == NULL || strstr(v.why.s, h->says) == NULL)
			fail_msg("%s: %s", h->what, v.why.s);
		built_fini(&b);
	}
}

static void
a_good_verdict_tells_how_long_and_by_whom(void **state)
{
	const struct house h = { "", .spec = {
	    [SUB] = { .until = DAYS(100) }, [LEAF] = { .until = DAYS(200) } } };
	struct trust_verdict v;
	struct built b;

	(void)state;
	build(&b, &h);
	assert_true(trust_verify(b.trust, &b.chain, CA_NOW, &if_any, &v));
	assert_int_equal(v.not_after, DAYS(200));
	assert_int_equal(v.chain_until, DAYS(100));
	assert_string_equal(v.subject, "O=T, CN=gw1");
	assert_string_equal(v.anchor, "O=T, CN=Root");
	assert_string_equal(v.key, "ECDSA-P256");
	built_fini(&b);
}

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

static void
cas_that_certify_each_other_end_nowhere_else(void **state)
{
	struct made a = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=A", .basic = "CA:TRUE" });
	struct made b = ca_make(&(struct made_spec){ .key = "P-256",
	    .subject = "CN=B", .basic = "CA:TRUE", .issuer = &a });
	struct made a2 = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=A", .basic = "CA:TRUE", .issuer = &b });
	struct made other = ca_make(&(struct made_spec){ .key = "P-256/3",
	    .subject = "CN=Other", .basic = "CA:TRUE" });
	struct made leaf = ca_make(&(struct made_spec){ .key = "P-256/2",
	    .subject = "CN=gw1", .issuer = &b });
	struct bytes der = made_der(&leaf);
	struct trust *t = trust_new();
	struct trust_verdict v;
	struct cert_chain ch;
	struct reason why;

	(void)state;
	add_ca(t, &b);
	add_ca(t, &a2);
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
	add_ca(t, &a);
	assert_int_equal(trust_anchors(t), 2);
	trust_free(t);
	OPENSSL_free((void *)(uintptr_t)der.p);
	made_fini(&a);
	made_fini(&b);
	made_fini(&a2);
	made_fini(&other);
	made_fini(&leaf);
}

/* A peer may send circles; they lead nowhere, and soon. */
static void
circles_of_a_peer_end(void **state)
{
	struct made a = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=A", .basic = "CA:TRUE" });
	struct made b = ca_make(&(struct made_spec){ .key = "P-256",
	    .subject = "CN=B", .basic = "CA:TRUE", .issuer = &a });
	struct made a2 = ca_make(&(struct made_spec){ .key = "P-384",
	    .subject = "CN=A", .basic = "CA:TRUE", .issuer = &b });
	struct made leaf = ca_make(&(struct made_spec){ .key = "P-256/2",
	    .subject = "CN=gw1", .issuer = &b });
	struct bytes der[3] = { made_der(&leaf), made_der(&b),
	    made_der(&a2) };
	struct trust *t = trust_new();
	struct trust_verdict v;
	struct cert_chain ch;
	struct reason why;

	(void)state;
	assert_true(cert_chain_read(&ch, der, 3, &why));
	assert_false(trust_verify(t, &ch, CA_NOW, &if_any, &v));
	assert_int_equal(v.result, TRUST_NO_CA);
	cert_chain_fini(&ch);
	trust_free(t);
	for (size_t i = 0; i < 3; i++)
		OPENSSL_free((void *)(uintptr_t)der[i].p);
	made_fini(&a);
	made_fini(&b);
	made_fini(&a2);
	made_fini(&leaf);
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
		cmocka_unit_test(each_chain_gets_its_verdict),
		cmocka_unit_test(a_good_verdict_tells_how_long_and_by_whom),
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
