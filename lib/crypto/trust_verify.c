/*
 * Verification of a chain (RFC 5280 section 6) by libcrypto, at a time of the
 * caller's: signatures, validity, basicConstraints, keyUsage, path length,
 * name constraints, CRLs.  What is added here is IKE's: keyUsage and extended
 * key usage (RFC 4945 section 5.1.3), strength of keys, and a sentence for
 * every way to fail.  The anchor's own revocation is nobody's to tell.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "crypto/pkey.h"
#include "crypto/trust_inner.h"
#include "util/array.h"

#define DEPTH_MAX	10	/* certificates between leaf and anchor */
#define SECURITY_LEVEL	2	/* OpenSSL's: 112 bits, no SHA-1 */

/* One verification. */
struct run {
	const struct trust *trust;
	const struct trust_policy *policy;
	struct trust_verdict *verdict;
	int64_t		now;
	uint32_t	crl_bad;	/* bit per depth: the CRL is no CRL */
};

/* libcrypto's verdicts as ours; text where the result alone is too vague. */
static const struct fault {
	int		 error;
	enum trust_result result;
	const char	*text;
} faults[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TRUST_NO_CA, NULL },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TRUST_NO_CA, NULL },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TRUST_NO_CA, NULL },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TRUST_NO_CA, NULL },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TRUST_NO_CA, NULL },
	{ X509_V_ERR_CERT_UNTRUSTED, TRUST_NO_CA, NULL },
	{ X509_V_ERR_CERT_HAS_EXPIRED, TRUST_EXPIRED, NULL },
	{ X509_V_ERR_CERT_NOT_YET_VALID, TRUST_NOT_YET, NULL },
	{ X509_V_ERR_CERT_REVOKED, TRUST_REVOKED, NULL },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, TRUST_NO_CRL, NULL },
	{ X509_V_ERR_CRL_HAS_EXPIRED, TRUST_CRL_EXPIRED, NULL },
	{ X509_V_ERR_CRL_NOT_YET_VALID, TRUST_CRL_BAD, "is not yet valid" },
	{ X509_V_ERR_CRL_SIGNATURE_FAILURE, TRUST_CRL_BAD,
	    "has a wrong signature" },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, TRUST_CRL_BAD,
	    "has an unreadable signature" },
	{ X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, TRUST_CRL_BAD,
	    "has a malformed time" },
	{ X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, TRUST_CRL_BAD,
	    "has a malformed time" },
	{ X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, TRUST_CRL_BAD,
	    "has an unknown issuer" },
	{ X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, TRUST_CRL_BAD,
	    "has an issuer that may not issue CRLs (keyUsage)" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, TRUST_CRL_BAD,
	    "has a critical extension that is unknown" },
	{ X509_V_ERR_DIFFERENT_CRL_SCOPE, TRUST_CRL_BAD,
	    "is for other certificates" },
	{ X509_V_ERR_CRL_PATH_VALIDATION_ERROR, TRUST_CRL_BAD,
	    "has an issuer that cannot be verified" },
	{ X509_V_ERR_INVALID_CA, TRUST_NOT_CA,
	    "is used as a CA, which it is not (basicConstraints)" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, TRUST_NOT_CA,
	    "may not sign certificates (keyUsage)" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, TRUST_BAD_SIGNATURE,
	    "has a wrong signature" },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, TRUST_BAD_SIGNATURE,
	    "has an unreadable signature" },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, TRUST_BAD_SIGNATURE,
	    "has an issuer whose key cannot be read" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, TRUST_CONSTRAINED,
	    "stands above more CAs than its path length allows" },
	{ X509_V_ERR_PERMITTED_VIOLATION, TRUST_CONSTRAINED,
	    "has a name outside what its CA may certify (name constraints)" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, TRUST_CONSTRAINED,
	    "has a name that its CA must not certify (name constraints)" },
	{ X509_V_ERR_SUBTREE_MINMAX, TRUST_CONSTRAINED,
	    "has name constraints that are not supported" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, TRUST_CONSTRAINED,
	    "has name constraints that are not supported" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, TRUST_CONSTRAINED,
	    "has name constraints that are malformed" },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, TRUST_CONSTRAINED,
	    "has names that name constraints cannot be applied to" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, TRUST_WEAK, "has a key that is too "
	    "weak" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, TRUST_WEAK, "has a key that is too "
	    "weak" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, TRUST_WEAK, "is signed with a hash that "
	    "is too weak" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, TRUST_INVALID,
	    "stands at the end of a chain that is too long" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, TRUST_INVALID,
	    "has a critical extension that is unknown" },
};

static const char *const crl_reasons[] = {	/* RFC 5280 section 5.3.1 */
	"unspecified", "key compromise", "CA compromise",
	"affiliation changed", "superseded", "cessation of operation",
	"on hold", "unspecified", "removed from CRL",
	"privilege withdrawn", "AA compromise",
};

const char *
trust_reason_str(int reason)
{
	return reason >= 0 && (size_t)reason < ARRAY_SIZE(crl_reasons) ?
	    crl_reasons[reason] : crl_reasons[0];
}

static const struct fault *
fault_of(int error)
{
	static const struct fault other = { 0, TRUST_INVALID, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (faults[i].error == error)
			return &faults[i];
	}
	return &other;
}

/* Which of an expired CRL libcrypto does not tell. */
static X509_REVOKED *
revoked_entry(const struct trust *t, X509_CRL *crl, X509 *x)
{
	X509_REVOKED *entry;

	if (crl != NULL && X509_CRL_get0_by_cert(crl, &entry, x) != 0)
		return entry;
	for (size_t i = 0; i < t->crls_n; i++) {
		if (X509_NAME_cmp(X509_CRL_get_issuer(t->crls[i]),
		    X509_get_issuer_name(x)) == 0 &&
		    X509_CRL_get0_by_cert(t->crls[i], &entry, x) != 0)
			return entry;
	}
	return NULL;
}

static void
explain_revoked(const struct trust *t, X509_CRL *crl, X509 *x,
    const char *subject, struct reason *why)
{
	X509_REVOKED *entry = revoked_entry(t, crl, x);
	ASN1_ENUMERATED *e = NULL;
	char when[CERT_TIME_LEN];
	int64_t reason = 0;

	if (entry == NULL) {
		reason_set(why, "the certificate \"%s\" is revoked", subject);
		return;
	}
	e = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	if (e != NULL)
		(void)ASN1_ENUMERATED_get_int64(&reason, e);
	ASN1_ENUMERATED_free(e);
	reason_set(why, "the certificate \"%s\" was revoked on %s (%s)",
	    subject, cert_time_str(X509_REVOKED_get0_revocationDate(entry),
	    when), trust_reason_str((int)reason));
}

static void
explain_no_ca(int error, X509 *x, const char *subject, struct reason *why)
{
	char issuer[100];

	cert_name_str(X509_get_issuer_name(x), issuer, sizeof(issuer));
	if (error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)
		reason_set(why, "no common CA: the peer's chain ends in "
		    "\"%s\", which is not among our CA certificates", issuer);
	else if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		reason_set(why, "no common CA: the certificate \"%s\" is "
		    "signed by itself", subject);
	else
		reason_set(why, "no common CA: the certificate \"%s\" was "
		    "issued by \"%s\", which is neither among our CA "
		    "certificates nor sent by the peer", subject, issuer);
}

static void
explain(const struct trust *t, X509_STORE_CTX *ctx, int error,
    const struct fault *f, X509 *x, const char *subject, struct reason *why)
{
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);
	char issuer[100], when[CERT_TIME_LEN];

	cert_name_str(X509_get_issuer_name(x), issuer, sizeof(issuer));
	switch (f->result) {
	case TRUST_NO_CA:
		explain_no_ca(error, x, subject, why);
		return;
	case TRUST_EXPIRED:
		reason_set(why, "the certificate \"%s\" expired on %s",
		    subject, cert_time_str(X509_get0_notAfter(x), when));
		return;
	case TRUST_NOT_YET:
		reason_set(why, "the certificate \"%s\" is not valid before "
		    "%s (is the clock right?)", subject,
		    cert_time_str(X509_get0_notBefore(x), when));
		return;
	case TRUST_REVOKED:
		explain_revoked(t, crl, x, subject, why);
		return;
	case TRUST_NO_CRL:
		reason_set(why, "there is no CRL of \"%s\" to look up the "
		    "certificate \"%s\" in", issuer, subject);
		return;
	case TRUST_CRL_EXPIRED:
		reason_set(why, "the CRL of \"%s\" expired on %s", issuer,
		    cert_time_str(crl == NULL ? NULL :
		    X509_CRL_get0_nextUpdate(crl), when));
		return;
	case TRUST_CRL_BAD:
		reason_set(why, "the CRL of \"%s\" %s", issuer, f->text);
		return;
	case TRUST_OK:
	case TRUST_NOT_CA:
	case TRUST_BAD_SIGNATURE:
	case TRUST_USAGE:
	case TRUST_CONSTRAINED:
	case TRUST_WEAK:
	case TRUST_INVALID:
		break;
	}
	reason_set(why, "the certificate \"%s\" %s%s", subject,
	    f->text != NULL ? f->text : "is not acceptable: ",
	    f->text != NULL ? "" : X509_verify_cert_error_string(error));
}

static void
blame(struct trust_verdict *v, enum trust_result result, int depth, X509 *x)
{
	v->result = result;
	v->depth = depth < 0 ? 0 : (unsigned)depth;
	cert_name_str(X509_get_subject_name(x), v->subject,
	    sizeof(v->subject));
}

static void
refuse(struct run *r, X509_STORE_CTX *ctx, X509 *leaf)
{
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	const struct fault *f = fault_of(error);
	char subject[100];

	if (x == NULL)
		x = leaf;
	cert_name_str(X509_get_subject_name(x), subject, sizeof(subject));
	blame(r->verdict, f->result, X509_STORE_CTX_get_error_depth(ctx), x);
	if (f->result == TRUST_NO_CRL || f->result == TRUST_CRL_EXPIRED)
		(void)cert_crl_url(&(struct cert){ .x509 = x },
		    r->verdict->crl_url);
	explain(r->trust, ctx, error, f, x, subject, &r->verdict->why);
}

/* --- what of CRLs may be passed over --- */

static bool
at_anchor(X509_STORE_CTX *ctx)
{
	return X509_STORE_CTX_get_error_depth(ctx) ==
	    sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;
}

/* Of a CA whose clock is ahead of ours, by no more than clocks are. */
static bool
is_of_now(const struct run *r, X509_STORE_CTX *ctx)
{
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);
	int64_t from;

	return crl != NULL && cert_time(X509_CRL_get0_lastUpdate(crl), &from) &&
	    from <= r->now + TRUST_SKEW;
}

/*
 * A CRL that is not yet or no longer valid is still its CA's word on whom it
 * revokes; one that is none is nobody's.
 */
static bool
tolerated(struct run *r, X509_STORE_CTX *ctx)
{
	int error = X509_STORE_CTX_get_error(ctx);
	uint32_t bit = UINT32_C(1) << X509_STORE_CTX_get_error_depth(ctx);
	enum trust_result result = fault_of(error)->result;

	if (result == TRUST_REVOKED)
		return (r->crl_bad & bit) != 0;
	if (error == X509_V_ERR_CRL_NOT_YET_VALID && is_of_now(r, ctx))
		return true;
	if (r->policy->crl == TRUST_CRL_REQUIRED && !at_anchor(ctx) &&
	    !(r->policy->leaf_vouched && bit == 1))
		return false;
	if (result == TRUST_CRL_BAD && error != X509_V_ERR_CRL_NOT_YET_VALID)
		r->crl_bad |= bit;
	return result == TRUST_CRL_BAD || result == TRUST_NO_CRL ||
	    result == TRUST_CRL_EXPIRED;
}

static int
on_verdict(int ok, X509_STORE_CTX *ctx)
{
	struct run *r = X509_STORE_CTX_get_app_data(ctx);

	if (ok || tolerated(r, ctx))
		return 1;
	refuse(r, ctx, X509_STORE_CTX_get0_cert(ctx));
	return 0;
}

/* --- what IKE asks for besides --- */

/* RFC 4945 section 5.1.3.12, and what gateways' certificates hold. */
static bool
is_for_ike(X509 *x)
{
	static const int nids[] = {
		NID_ipsec_IKE, NID_server_auth, NID_client_auth,
		NID_anyExtendedKeyUsage,
	};
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL,
	    NULL);
	bool found = eku == NULL;

	for (int i = 0; !found && i < sk_ASN1_OBJECT_num(eku); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i));

		for (size_t k = 0; k < ARRAY_SIZE(nids); k++)
			found |= nids[k] == nid;
	}
	EXTENDED_KEY_USAGE_free(eku);
	return found;
}

static bool
check_usage(struct trust_verdict *v, X509 *x, int depth)
{
	const char *what = NULL;
	char subject[100];

	/* RFC 4945 section 5.1.3.2; all bits are set when there is none. */
	if (depth == 0 && (X509_get_key_usage(x) &
	    (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
		what = "may not be used for signatures (keyUsage)";
	else if (!is_for_ike(x))
		what = "may not be used for IKE (extendedKeyUsage without "
		    "ipsecIKE, serverAuth, clientAuth)";
	if (what == NULL)
		return true;
	blame(v, TRUST_USAGE, depth, x);
	cert_name_str(X509_get_subject_name(x), subject, sizeof(subject));
	reason_set(&v->why, "the certificate \"%s\" %s", subject, what);
	return false;
}

static bool
check_key(struct trust_verdict *v, X509 *x, int depth)
{
	struct pkey_kind kind;
	struct reason detail;
	char subject[100];

	pkey_kind(X509_get0_pubkey(x), &kind);
	if (depth == 0)
		str_set(v->key, sizeof(v->key), kind.name);
	if (pkey_usable(&kind, &detail))
		return true;
	blame(v, TRUST_WEAK, depth, x);
	cert_name_str(X509_get_subject_name(x), subject, sizeof(subject));
	reason_set(&v->why, "the certificate \"%s\": %.120s", subject,
	    detail.s);
	return false;
}

/* Walks a chain that libcrypto found good. */
static bool
check_chain(struct trust_verdict *v, STACK_OF(X509) *chain)
{
	int top = sk_X509_num(chain) - 1;

	v->chain_until = INT64_MAX;
	for (int i = 0; i <= top; i++) {
		X509 *x = sk_X509_value(chain, i);
		int64_t until;

		if (i < top && (!check_usage(v, x, i) || !check_key(v, x, i)))
			return false;
		if (!cert_time(X509_get0_notAfter(x), &until)) {
			reason_set(&v->why, "a certificate of the chain has "
			    "a malformed time");
			return false;
		}
		if (i == 0)
			v->not_after = until;
		if (until < v->chain_until)
			v->chain_until = until;
	}
	blame(v, TRUST_OK, 0, sk_X509_value(chain, 0));
	cert_name_str(X509_get_subject_name(sk_X509_value(chain, top)),
	    v->anchor, sizeof(v->anchor));
	return true;
}

/* --- the run --- */

/* Everything that libcrypto is given; the certificates are borrowed. */
struct material {
	X509_STORE	*store;		/* empty */
	STACK_OF(X509)	*anchors, *others;
	STACK_OF(X509_CRL) *crls;
	X509_STORE_CTX	*ctx;
};

static void
material_fini(struct material *m)
{
	X509_STORE_CTX_free(m->ctx);
	sk_X509_free(m->anchors);
	sk_X509_free(m->others);
	sk_X509_CRL_free(m->crls);
	X509_STORE_free(m->store);
}

static bool
material_init(struct material *m, const struct trust *t,
    const struct cert_chain *chain)
{
	bool ok;

	m->store = X509_STORE_new();
	m->anchors = sk_X509_new_null();
	m->others = sk_X509_new_null();
	m->crls = sk_X509_CRL_new_null();
	m->ctx = X509_STORE_CTX_new();
	ok = m->store != NULL && m->anchors != NULL && m->others != NULL &&
	    m->crls != NULL && m->ctx != NULL;
	for (size_t i = 0; ok && i < t->cas_n; i++)
		ok = sk_X509_push(t->cas[i].anchor ? m->anchors : m->others,
		    t->cas[i].cert->x509) > 0;
	for (size_t i = 1; ok && i < chain->n; i++)
		ok = sk_X509_push(m->others, chain->cert[i]->x509) > 0;
	for (size_t i = 0; ok && i < t->crls_n; i++)
		ok = sk_X509_CRL_push(m->crls, t->crls[i]) > 0;
	return ok && X509_STORE_CTX_init(m->ctx, m->store,
	    chain->cert[0]->x509, m->others) == 1;
}

static void
set_rules(struct material *m, int64_t now, const struct trust_policy *policy)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(m->ctx);
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

	if (policy->crl != TRUST_CRL_IGNORED)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, policy->sha1_ok ? 0 :
	    SECURITY_LEVEL);
	X509_STORE_CTX_set0_trusted_stack(m->ctx, m->anchors);
	X509_STORE_CTX_set0_crls(m->ctx, m->crls);
	X509_STORE_CTX_set_verify_cb(m->ctx, on_verdict);
}

bool
trust_verify(const struct trust *t, const struct cert_chain *chain,
    int64_t now, const struct trust_policy *policy, struct trust_verdict *v)
{
	struct run r = { .trust = t, .policy = policy, .verdict = v,
	    .now = now };
	struct material m;
	bool ok;

	memset(v, 0, sizeof(*v));
	v->result = TRUST_INVALID;
	if (!material_init(&m, t, chain)) {
		reason_set(&v->why, "out of memory");
		material_fini(&m);
		return false;
	}
	set_rules(&m, now, policy);
	ok = X509_STORE_CTX_set_app_data(m.ctx, &r) == 1;
	ok = ok && X509_verify_cert(m.ctx) == 1;
	if (ok)
		ok = check_chain(v, X509_STORE_CTX_get0_chain(m.ctx));
	else if (v->why.s[0] == '\0')
		refuse(&r, m.ctx, chain->cert[0]->x509);
	material_fini(&m);
	ERR_clear_error();
	return ok;
}
