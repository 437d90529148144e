/*
 * OCSP (RFC 6960) for one certificate at a time, without nonces (RFC 5019).
 * libcrypto decodes the response and verifies who signed it; times are
 * compared here, since its own comparison reads the clock.
 */
#include "crypto/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "crypto/trust_inner.h"

bool
ocsp_request(const struct cert *leaf, const struct cert *issuer,
    struct wr *out)
{
	OCSP_REQUEST *req = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf->x509,
	    issuer->x509);
	uint8_t *der = NULL;
	struct wr w = *out;
	int n = -1;

	if (req != NULL && id != NULL &&
	    OCSP_request_add0_id(req, id) != NULL) {
		id = NULL;		/* the request's now */
		n = i2d_OCSP_REQUEST(req, &der);
	}
	if (n > 0)
		wr_bytes(&w, bytes_of(der, (size_t)n));
	OPENSSL_free(der);
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(req);
	ERR_clear_error();
	if (n <= 0 || w.bad)
		return false;
	*out = w;
	return true;
}

static OCSP_BASICRESP *
read_response(struct bytes in, struct reason *why)
{
	const uint8_t *p = in.p;
	OCSP_BASICRESP *basic = NULL;
	OCSP_RESPONSE *resp;

	if (in.n == 0 || in.n > OCSP_RESPONSE_MAX) {
		reason_set(why, "an OCSP response of %zu octets (1 to %d are "
		    "allowed)", in.n, OCSP_RESPONSE_MAX);
		return NULL;
	}
	resp = d2i_OCSP_RESPONSE(NULL, &p, (long)in.n);
	if (resp == NULL || p != in.p + in.n)
		reason_set(why, "not an OCSP response");
	else if (OCSP_response_status(resp) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		reason_set(why, "the OCSP responder answers with %s",
		    OCSP_response_status_str(OCSP_response_status(resp)));
	else if ((basic = OCSP_response_get1_basic(resp)) == NULL)
		reason_set(why, "an OCSP response of an unknown kind");
	OCSP_RESPONSE_free(resp);
	return basic;
}

/* A store of our anchors that believes it is now. */
static X509_STORE *
store_at(const struct trust *t, int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param = X509_VERIFY_PARAM_new();
	bool ok = store != NULL && param != NULL;

	for (size_t i = 0; ok && i < t->cas_n; i++)
		ok = !t->cas[i].anchor ||
		    X509_STORE_add_cert(store, t->cas[i].cert->x509) == 1;
	if (ok) {
		X509_VERIFY_PARAM_set_time(param, (time_t)now);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_auth_level(param, 2);
		ok = X509_STORE_set1_param(store, param) == 1;
	}
	X509_VERIFY_PARAM_free(param);
	if (ok)
		return store;
	X509_STORE_free(store);
	return NULL;
}

/* What may stand between the signer and an anchor; nothing in it is trusted. */
static STACK_OF(X509) *
others_of(const struct trust *t, const struct cert_chain *ch,
    const struct cert *issuer)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	bool ok = others != NULL && sk_X509_push(others, issuer->x509) > 0;

	for (size_t i = 1; ok && i < ch->n; i++)
		ok = sk_X509_push(others, ch->cert[i]->x509) > 0;
	for (size_t i = 0; ok && i < t->cas_n; i++)
		ok = t->cas[i].anchor ||
		    sk_X509_push(others, t->cas[i].cert->x509) > 0;
	if (ok)
		return others;
	sk_X509_free(others);
	return NULL;
}

/* Section 4.2.2.2: by the issuer, or by whom it delegated this to. */
static bool
is_authentic(const struct trust *t, const struct cert_chain *ch,
    const struct cert *issuer, OCSP_BASICRESP *basic, int64_t now)
{
	X509_STORE *store = store_at(t, now);
	STACK_OF(X509) *others = others_of(t, ch, issuer);
	bool ok = store != NULL && others != NULL && OCSP_basic_verify(basic,
	    others, store, OCSP_NOEXPLICIT) == 1;

	sk_X509_free(others);
	X509_STORE_free(store);
	return ok;
}

struct single {
	int		 status, reason;
	ASN1_GENERALIZEDTIME *revoked, *this, *next;
};

static bool
find_single(const struct cert *leaf, const struct cert *issuer,
    OCSP_BASICRESP *basic, struct single *s)
{
	/* Responders answer by the hash that was asked with: SHA-1. */
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf->x509,
	    issuer->x509);
	bool found = id != NULL && OCSP_resp_find_status(basic, id, &s->status,
	    &s->reason, &s->revoked, &s->this, &s->next) == 1;

	OCSP_CERTID_free(id);
	return found;
}

/*
 * Section 4.2.2.1.  RFC 5019 section 4 has a response without nextUpdate
 * rejected: a good one could be sent again for ever.  One that says revoked is
 * believed all the same, since nobody gains by sending that again.
 */
static bool
in_force(const struct single *s, int64_t now, struct ocsp_answer *a,
    struct reason *why)
{
	char when[CERT_TIME_LEN];

	if (!cert_time(s->this, &a->this_update) ||
	    (s->next != NULL && !cert_time(s->next, &a->next_update))) {
		reason_set(why, "an OCSP response with a malformed time");
		return false;
	}
	if (a->this_update > now + TRUST_SKEW) {
		reason_set(why, "the OCSP response is not valid before %s",
		    cert_time_str(s->this, when));
		return false;
	}
	if (s->next == NULL && s->status != V_OCSP_CERTSTATUS_REVOKED) {
		reason_set(why, "an OCSP response that does not say when the "
		    "next one comes");
		return false;
	}
	if (s->next != NULL && a->next_update < now - TRUST_SKEW) {
		reason_set(why, "the OCSP response expired on %s",
		    cert_time_str(s->next, when));
		return false;
	}
	return true;
}

static void
set_status(const struct single *s, struct ocsp_answer *a)
{
	char when[CERT_TIME_LEN];

	if (s->status == V_OCSP_CERTSTATUS_GOOD) {
		a->status = OCSP_GOOD;
	} else if (s->status == V_OCSP_CERTSTATUS_REVOKED) {
		a->status = OCSP_REVOKED;
		reason_set(&a->why, "the certificate was revoked on %s (%s), "
		    "says OCSP", cert_time_str(s->revoked, when),
		    trust_reason_str(s->reason));
	} else {
		a->status = OCSP_UNKNOWN;
		reason_set(&a->why, "the OCSP responder does not know the "
		    "certificate");
	}
}

void
ocsp_check(const struct trust *t, const struct cert_chain *ch,
    const struct cert *issuer, struct bytes response, int64_t now,
    struct ocsp_answer *out)
{
	struct ocsp_answer a = { .status = OCSP_INVALID };
	OCSP_BASICRESP *basic = read_response(response, &a.why);
	struct single s = { 0 };

	if (basic != NULL) {
		if (!is_authentic(t, ch, issuer, basic, now))
			reason_set(&a.why, "the OCSP response is not signed "
			    "by the certificate's issuer, nor by whom it "
			    "delegated that to");
		else if (!find_single(ch->cert[0], issuer, basic, &s))
			reason_set(&a.why, "the OCSP response is for another "
			    "certificate");
		else if (in_force(&s, now, &a, &a.why))
			set_status(&s, &a);
	}
	OCSP_BASICRESP_free(basic);
	ERR_clear_error();
	*out = a;
}
