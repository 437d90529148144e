/*
 * OCSP: requests that a responder understands, and responses of every kind,
 * by whoever may sign them and by those who may not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ca.h"
#include "crypto/ocsp.h"
#include "crypto/prf.h"
#include "util/array.h"

enum signer {
	BY_ISSUER,
	BY_DELEGATE,		/* of the issuer, with EKU OCSPSigning */
	BY_ANYBODY,		/* of the issuer, without */
	BY_STRANGER,		/* of another CA, with EKU OCSPSigning */
	BY_EXPIRED,		/* a delegate that was */
	SIGNERS,
};

static struct {
	struct made	root, sub, leaf, other, signers[SIGNERS];
	struct made	top;
	struct cert	*issuer, *cert, *others_cert, *top_cert;
	struct cert_chain chain, others;	/* borrowed */
	struct trust	*trust;
} all;

static struct made
signer_of(const struct made *issuer, const char *eku, int64_t until)
{
	return ca_make(&(struct made_spec){ .subject = "CN=OCSP",
	    .key = "P-256/4", .issuer = issuer, .eku = eku, .serial = 9,
	    .until = until });
}

static int
setup(void **state)
{
	struct made stranger;
	struct bytes pem;
	struct reason why;

	(void)state;
	if (!crypto_init())
		return -1;
	all.root = ca_make(&(struct made_spec){ .subject = "CN=Root",
	    .key = "P-384", .basic = "CA:TRUE" });
	/* Two between root and leaf, which only the chain has. */
	all.top = ca_make(&(struct made_spec){ .subject = "CN=Top",
	    .key = "P-256/5", .basic = "CA:TRUE", .issuer = &all.root });
	all.sub = ca_make(&(struct made_spec){ .subject = "CN=Sub",
	    .key = "P-256", .basic = "CA:TRUE", .issuer = &all.top });
	all.leaf = ca_make(&(struct made_spec){ .subject = "CN=gw1",
	    .key = "P-256/2", .issuer = &all.sub, .serial = 7 });
	all.other = ca_make(&(struct made_spec){ .subject = "CN=gw2",
	    .key = "P-256/2", .issuer = &all.sub, .serial = 8 });
	stranger = ca_make(&(struct made_spec){ .subject = "CN=Other",
	    .key = "P-256/3", .basic = "CA:TRUE" });
	all.signers[BY_ISSUER] = all.sub;
	all.signers[BY_DELEGATE] = signer_of(&all.sub, "OCSPSigning", 0);
	all.signers[BY_ANYBODY] = signer_of(&all.sub, "serverAuth", 0);
	all.signers[BY_STRANGER] = signer_of(&stranger, "OCSPSigning", 0);
	all.signers[BY_EXPIRED] = signer_of(&all.sub, "OCSPSigning",
	    CA_NOW - 60);
	all.issuer = made_cert(&all.sub);
	all.cert = made_cert(&all.leaf);
	all.others_cert = made_cert(&all.other);
	all.top_cert = made_cert(&all.top);
	all.chain = (struct cert_chain){ 3,
	    { all.cert, all.issuer, all.top_cert } };
	all.others = (struct cert_chain){ 3,
	    { all.others_cert, all.issuer, all.top_cert } };
	all.trust = trust_new();
	pem = made_pem((const struct made *[]){ &all.root }, 1);
	if (!trust_add_pem(all.trust, pem, &why))
		return -1;
	ca_free(pem);
	made_fini(&stranger);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = BY_DELEGATE; i < SIGNERS; i++)
		made_fini(&all.signers[i]);
	made_fini(&all.root);
	made_fini(&all.top);
	made_fini(&all.sub);
	made_fini(&all.leaf);
	made_fini(&all.other);
	cert_free(all.issuer);
	cert_free(all.cert);
	cert_free(all.others_cert);
	cert_free(all.top_cert);
	trust_free(all.trust);
	return 0;
}

struct reply {
	const char	*what;
	enum signer	 signer;
	int		 status, reason;	/* V_OCSP_CERTSTATUS_* */
	int64_t		 from, until;		/* after CA_NOW; until 0: none */
	bool		 for_other, broken;
	int		 outer;			/* OCSP_RESPONSE_STATUS_* */
	enum ocsp_status wanted;
	const char	*says;
};

static struct bytes
reply_der(const struct reply *r)
{
	const struct made *by = &all.signers[r->signer];
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), r->for_other ?
	    all.other.x509 : all.leaf.x509, all.sub.x509);
	ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW + r->from);
	ASN1_TIME *until = r->until == 0 ? NULL :
	    ASN1_GENERALIZEDTIME_set(NULL, CA_NOW + r->until);
	ASN1_TIME *when = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW - CA_DAY);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *resp;
	uint8_t *der = NULL;
	int n;

	ca_must(OCSP_basic_add1_status(basic, id, r->status, r->reason,
	    r->status == V_OCSP_CERTSTATUS_REVOKED ? when : NULL, from,
	    until) != NULL);
	ca_must(OCSP_basic_sign(basic, by->x509, by->key, EVP_sha256(), NULL,
	    0) == 1);
	resp = OCSP_response_create(r->outer, r->outer == 0 ? basic : NULL);
	n = i2d_OCSP_RESPONSE(resp, &der);
	ca_must(n > 0);
	if (r->broken) {
		uint8_t *p = memmem(der, (size_t)n, "\x80\x00\x18\x0f", 4);

		ca_must(p != NULL);	/* good, then a time: now unknown */
		*p = 0x82;
	}
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_TIME_free(when);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(resp);
	return bytes_of(der, (size_t)n);
}

static const struct reply replies[] = {
	{ "good", .from = -60, .until = 3600, .wanted = OCSP_GOOD },
	{ "good without an end", .from = -60, .wanted = OCSP_INVALID,
	  .says = "does not say when the next one comes" },
	{ "good without an end, of long ago", .from = -400 * CA_DAY,
	  .wanted = OCSP_INVALID, .says = "when the next one comes" },
	{ "revoked without an end", .status = V_OCSP_CERTSTATUS_REVOKED,
	  .reason = 1, .from = -60, .wanted = OCSP_REVOKED,
	  .says = "(key compromise), says OCSP" },
	{ "good by a delegate", BY_DELEGATE, .from = -60, .until = 3600,
	  .wanted = OCSP_GOOD },
	{ "good by a clock that is two minutes ahead", .from = 120,
	  .until = 3600, .wanted = OCSP_GOOD },
	{ "revoked", .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 1,
	  .from = -60, .until = 3600, .wanted = OCSP_REVOKED,
	  .says = "revoked on 2027-01-14 08:00:00 UTC (key compromise), says "
	  "OCSP" },
	{ "unknown", .status = V_OCSP_CERTSTATUS_UNKNOWN, .from = -60,
	  .until = 3600, .wanted = OCSP_UNKNOWN, .says = "does not know" },
	{ "of yesterday", .from = -90000, .until = -3600,
	  .wanted = OCSP_INVALID, .says = "response expired on 2027-01-15 "
	  "07:00:00 UTC" },
	{ "of tomorrow", .from = 86400, .until = 90000,
	  .wanted = OCSP_INVALID, .says = "not valid before 2027-01-16" },
	{ "about another one", .from = -60, .until = 3600,
	  .for_other = true, .wanted = OCSP_INVALID,
	  .says = "for another certificate" },
	{ "by one without the right", BY_ANYBODY, .from = -60,
	  .until = 3600, .wanted = OCSP_INVALID, .says = "not signed by" },
	{ "by another CA's delegate", BY_STRANGER, .from = -60,
	  .until = 3600, .wanted = OCSP_INVALID, .says = "not signed by" },
	{ "by a delegate that expired", BY_EXPIRED, .from = -60,
	  .until = 3600, .wanted = OCSP_INVALID, .says = "not signed by" },
	{ "tampered with", .from = -60, .until = 3600, .broken = true,
	  .wanted = OCSP_INVALID, .says = "not signed by" },
	{ "try later", .outer = OCSP_RESPONSE_STATUS_TRYLATER,
	  .wanted = OCSP_INVALID, .says = "answers with trylater" },
	{ "unauthorized", .outer = OCSP_RESPONSE_STATUS_UNAUTHORIZED,
	  .wanted = OCSP_INVALID, .says = "answers with unauthorized" },
};

static void
each_response_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		const struct reply *r = &replies[i];
		struct bytes der = reply_der(r);
		struct ocsp_answer a;

		ocsp_check(all.trust, &all.chain, all.issuer, der, CA_NOW, &a);
		if (a.status != r->wanted)
			fail_msg("%s: %d %s", r->what, (int)a.status,
			    a.why.s);
		if (r->says == NULL)
			assert_string_equal(a.why.s, "");
		else if (strstr(a.why.s, r->says) == NULL)
			fail_msg("%s: %s", r->what, a.why.s);
		OPENSSL_free((void *)(uintptr_t)der.p);
	}
}

static void
a_good_answer_tells_its_times(void **state)
{
	struct bytes der = reply_der(&(struct reply){ .what = "",
	    .from = -60, .until = 3600 });
	struct ocsp_answer a;

	(void)state;
	ocsp_check(all.trust, &all.chain, all.issuer, der, CA_NOW, &a);
	assert_int_equal(a.this_update, CA_NOW - 60);
	assert_int_equal(a.next_update, CA_NOW + 3600);
	/* Asked about the other one, the same answer is no answer. */
	ocsp_check(all.trust, &all.others, all.issuer, der, CA_NOW, &a);
	assert_int_equal(a.status, OCSP_INVALID);
	OPENSSL_free((void *)(uintptr_t)der.p);
}

/* The CA above the issuer is not ours: the peer has to send it. */
static void
an_issuer_that_leads_nowhere_vouches_for_nobody(void **state)
{
	const struct cert_chain cut = { 2, { all.cert, all.issuer } };
	struct bytes der = reply_der(&(struct reply){ .what = "",
	    .from = -60, .until = 3600 });
	struct ocsp_answer a;

	(void)state;
	ocsp_check(all.trust, &cut, all.issuer, der, CA_NOW, &a);
	assert_int_equal(a.status, OCSP_INVALID);
	assert_non_null(strstr(a.why.s, "not signed by"));
	OPENSSL_free((void *)(uintptr_t)der.p);
}

static void
cut_or_longer_responses_are_none(void **state)
{
	struct bytes der = reply_der(&(struct reply){ .what = "",
	    .from = -60, .until = 3600 });
	static uint8_t big[OCSP_RESPONSE_MAX + 1];
	struct ocsp_answer a;

	(void)state;
	memcpy(big, der.p, der.n);
	for (size_t n = 0; n < der.n; n++) {
		ocsp_check(all.trust, &all.chain, all.issuer, bytes_of(big, n),
		    CA_NOW, &a);
		assert_int_equal(a.status, OCSP_INVALID);
		assert_true(a.why.s[0] != '\0');
	}
	ocsp_check(all.trust, &all.chain, all.issuer, bytes_of(big, der.n + 1),
	    CA_NOW, &a);
	assert_int_equal(a.status, OCSP_INVALID);
	ocsp_check(all.trust, &all.chain, all.issuer, bytes_of(big,
	    sizeof(big)), CA_NOW, &a);
	assert_non_null(strstr(a.why.s, "65537 octets"));
	OPENSSL_free((void *)(uintptr_t)der.p);
}

static void
a_request_names_the_certificate(void **state)
{
	uint8_t buf[512], tiny[10];
	struct wr w = wr_of(buf, sizeof(buf)), small = wr_of(tiny, 10);
	const uint8_t *p = buf;
	OCSP_REQUEST *req;
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), all.leaf.x509,
	    all.sub.x509);

	(void)state;
	assert_true(ocsp_request(all.cert, all.issuer, &w));
	req = d2i_OCSP_REQUEST(NULL, &p, (long)w.n);
	assert_non_null(req);
	assert_ptr_equal(p, buf + w.n);
	assert_int_equal(OCSP_request_onereq_count(req), 1);
	assert_int_equal(OCSP_id_cmp(OCSP_onereq_get0_id(
	    OCSP_request_onereq_get0(req, 0)), id), 0);
	assert_false(ocsp_request(all.cert, all.issuer, &small));
	assert_false(small.bad);
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(req);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_response_gets_its_verdict),
		cmocka_unit_test(a_good_answer_tells_its_times),
		cmocka_unit_test(
		    an_issuer_that_leads_nowhere_vouches_for_nobody),
		cmocka_unit_test(cut_or_longer_responses_are_none),
		cmocka_unit_test(a_request_names_the_certificate),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
