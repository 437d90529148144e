/*
 * Revocation by OCSP (RFC 6960, in the profile of RFC 5019) for the peer's own
 * certificate and by CRLs (RFC 5280 section 6.3) for all of the chain, or for
 * what is left of it when OCSP has vouched.  Nothing is fetched for a peer
 * that has not proved to have the key of a certificate that leads to our CAs,
 * so that no stranger makes us go anywhere; where to is the CA's word.
 *
 * The whole is gone through again with each answer: what was learned is with
 * the trust (CRLs) or with the inquiries (OCSP), what failed with the latter.
 */
#include "ike/revoked.h"

#include <string.h>

#include "crypto/ocsp.h"
#include "ike/peer.h"

#define REQUEST_MAX	256	/* octets of an OCSP request */

static const struct span patience = { INT64_C(4) * 1000000000 };
/* With a CRL to turn to, the responder gets half of it. */
static const struct span half = { INT64_C(2) * 1000000000 };

struct check {
	struct ike_sa	*sa;
	struct ike	*ike;
	struct instant	 now;
	int64_t		 wall;
	struct trust	*trust;
	const struct cert_chain *chain;
	bool		 vouched;	/* OCSP says good */
	bool		 revoked;	/* OCSP says so */
	struct reason	*found, *why;
};

/* True: the answer settles it, one way or the other. */
static bool
settles(struct check *k, const struct cert *issuer,
    const struct inquiry_what *w, struct bytes answer, struct ocsp_answer *a)
{
	ocsp_check(k->trust, k->chain, issuer, answer, k->wall, a);
	if (a->status != OCSP_GOOD && a->status != OCSP_REVOKED)
		return false;
	k->vouched = a->status == OCSP_GOOD;
	k->revoked = a->status == OCSP_REVOKED;
	reason_set(k->found, "%s by OCSP of %.200s", k->vouched ? "good" :
	    "revoked", w->url);
	*k->why = a->why;
	return true;
}

static enum auth_result
ask_ocsp(struct check *k, const struct cert *issuer,
    const struct inquiry_what *w)
{
	char url[CERT_URL_LEN];
	bool other = cert_crl_url(k->chain->cert[0], url);
	struct ocsp_answer a;
	struct bytes answer;

	switch (inquiry_look(k->sa, k->now, w, other ? half : patience,
	    &answer, &a.why)) {
	case INQUIRY_ASKED:
		return AUTH_ASKED;
	case INQUIRY_FAILED:
		break;
	case INQUIRY_HERE:
		if (settles(k, issuer, w, answer, &a)) {
			inquiry_keep(k->ike, w->request, answer, k->wall,
			    a.next_update);
			return AUTH_GOOD;
		}
		inquiry_useless(k->ike, k->now, w, &a.why);
		break;
	}
	reason_set(k->found, "unknown: %.220s", a.why.s);
	return AUTH_GOOD;
}

/* The leaf's responder, if it has one; found says what came of it. */
static enum auth_result
by_ocsp(struct check *k)
{
	uint8_t request[REQUEST_MAX];
	struct wr w = wr_of(request, sizeof(request));
	char url[CERT_URL_LEN];
	struct inquiry_what what = { .kind = IKE_FETCH_OCSP, .url = url,
	    .trust = k->trust };
	const struct cert *issuer = trust_issuer(k->trust, k->chain);
	struct ocsp_answer a;
	struct bytes kept;

	if (issuer == NULL || !cert_ocsp_url(k->chain->cert[0], url) ||
	    !ocsp_request(k->chain->cert[0], issuer, &w))
		return AUTH_GOOD;
	what.request = wr_done(&w);
	kept = inquiry_kept(k->ike, what.request, k->wall);
	if (kept.n > 0 && settles(k, issuer, &what, kept, &a))
		return AUTH_GOOD;
	return ask_ocsp(k, issuer, &what);
}

/* The CRL at this URL: true, and it is ours now, or why not. */
static enum inquiry_state
get_crl(struct check *k, const char *url, bool again, struct reason *why)
{
	const struct inquiry_what w = { .kind = IKE_FETCH_CRL, .url = url,
	    .trust = k->trust };
	enum inquiry_state state;
	struct bytes answer;

	state = inquiry_look(k->sa, k->now, &w, patience, &answer, why);
	if (state != INQUIRY_HERE)
		return state;
	if (again)
		reason_set(why, "the CRL of %.160s is not for this "
		    "certificate", url);
	else if (trust_add_fetched(k->trust, k->chain, answer, k->wall, why))
		return INQUIRY_HERE;
	inquiry_useless(k->ike, k->now, &w, why);
	return INQUIRY_FAILED;
}

static bool
lacks_crl(const struct trust_verdict *v)
{
	return v->result == TRUST_NO_CRL || v->result == TRUST_CRL_EXPIRED;
}

/*
 * Fetches until each of the chain has a CRL, or one cannot be had: then the
 * verdict is why.
 */
static enum auth_result
by_crls(struct check *k, struct trust_verdict *v)
{
	const struct trust_policy all = {
		.crl = TRUST_CRL_REQUIRED, .leaf_vouched = k->vouched,
		.sha1_ok = k->sa->peer->creds.policy.sha1_ok,
	};
	char last[CERT_URL_LEN] = "";
	struct reason why;

	for (unsigned i = 0; i <= TRUST_PATH_MAX; i++) {
		if (trust_verify(k->trust, k->chain, k->wall, &all, v))
			return AUTH_GOOD;
		if (!lacks_crl(v) || v->crl_url[0] == '\0')
			return AUTH_BAD;
		switch (get_crl(k, v->crl_url, strcmp(last, v->crl_url) == 0,
		    &why)) {
		case INQUIRY_ASKED:
			return AUTH_ASKED;
		case INQUIRY_FAILED:
			v->why = why;
			return AUTH_BAD;
		case INQUIRY_HERE:
			str_set(last, sizeof(last), v->crl_url);
			break;
		}
	}
	return AUTH_BAD;
}

/* There is no CRL of all: what that means is the policy's. */
static enum auth_result
unknown(struct check *k, const struct trust_verdict *v)
{
	bool must = k->sa->peer->creds.policy.crl == TRUST_CRL_REQUIRED;
	struct reason before = *k->found;

	if (!k->vouched) {
		reason_set(k->found, "unknown: %.220s", v->why.s);
		/* What OCSP had to say counts as well. */
		if (before.s[0] != '\0')
			reason_set(k->found, "%.110s; %.110s", before.s,
			    v->why.s);
	}
	if (!must && (lacks_crl(v) || v->result == TRUST_CRL_BAD))
		return AUTH_GOOD;
	reason_set(k->why, "whether the peer's certificate is revoked cannot "
	    "be told: %.160s", k->vouched ? v->why.s : k->found->s);
	return AUTH_BAD;
}

enum auth_result
revoked_check(struct ike_sa *sa, struct instant now,
    const struct cert_chain *chain, unsigned *depth, struct reason *found,
    struct reason *why)
{
	struct check k = {
		.sa = sa, .ike = sa->ike, .now = now, .chain = chain,
		.wall = sa->ike->wall + now.ns / 1000000000,
		.trust = sa->peer->creds.trust, .found = found, .why = why,
	};
	struct trust_verdict v;
	enum auth_result r;

	if (by_ocsp(&k) == AUTH_ASKED)
		return AUTH_ASKED;
	if (k.revoked) {
		struct reason said = *why;

		*depth = 0;
		reason_set(why, "the peer's certificate is refused at depth "
		    "0: %s", said.s);
		return AUTH_BAD;
	}
	r = by_crls(&k, &v);
	if (r == AUTH_GOOD && !k.vouched)
		reason_set(found, "good by CRL");
	if (r != AUTH_BAD)
		return r;
	*depth = v.depth;
	if (v.result != TRUST_REVOKED)
		return unknown(&k, &v);
	reason_set(found, "revoked by CRL");
	reason_set(why, "the peer's certificate is refused at depth %u: %s",
	    v.depth, v.why.s);
	return AUTH_BAD;
}

enum auth_result
revoked_since(struct ike_sa *sa, struct instant now,
    const struct cert_chain *chain, unsigned *depth, struct reason *why)
{
	struct reason found = { "" };
	struct check k = {
		.sa = sa, .ike = sa->ike, .now = now, .chain = chain,
		.wall = sa->ike->wall + now.ns / 1000000000,
		.trust = sa->peer->creds.trust, .found = &found, .why = why,
	};
	struct trust_verdict v;
	enum auth_result r;

	*depth = 0;
	if (by_ocsp(&k) == AUTH_ASKED)
		return AUTH_ASKED;
	if (k.revoked)
		return AUTH_BAD;
	r = by_crls(&k, &v);
	if (r != AUTH_BAD || v.result != TRUST_REVOKED)
		return r == AUTH_ASKED ? AUTH_ASKED : AUTH_GOOD;
	*depth = v.depth;
	*why = v.why;
	return AUTH_BAD;
}
