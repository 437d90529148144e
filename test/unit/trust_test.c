/*
 * Verification of chains: one row for each way in which a chain is good or
 * bad, with the result, the depth and the sentence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "unit/trust_house.h"
#include "util/array.h"

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
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
