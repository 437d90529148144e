/*
 * CERT, CERTREQ and N(SIGNATURE_HASH_ALGORITHMS).  Certificates are sent one
 * in a payload, encoding 4, the leaf first (RFC 7296 section 3.6); a request
 * names CAs by the SHA-1 of their keys (section 3.7) and is but a hint: what
 * we have is sent to whoever is to believe it.  URLs are neither offered nor
 * followed.
 */
#include "ike/certs.h"

#include "crypto/sig_methods.h"
#include "ike/peer.h"

/* CAs in an answer to somebody unknown: it must not grow beyond the question. */
#define INIT_CAS	10

bool
certs_used(const struct ike_peer *p)
{
	return p->conf.local_auth == IKE_AUTH_CERTIFICATE ||
	    p->conf.remote_auth == IKE_AUTH_CERTIFICATE;
}

static void
build_hashes(struct build *b)
{
	uint8_t buf[2 * (SIG_IDENTITY + 1)];
	struct wr w = wr_of(buf, sizeof(buf));

	sig_hashes_write(&w, sig_hashes(0));
	build_notify(b, N_SIGNATURE_HASH_ALGORITHMS, wr_done(&w));
}

static void
build_request(struct build *b, struct bytes hashes)
{
	struct wr *w;

	if (hashes.n == 0)
		return;
	w = build_payload(b, PL_CERTREQ);
	wr_u8(w, CERT_X509_SIGNATURE);
	wr_bytes(w, hashes);
}

static bool
has_hash(struct bytes hashes, const uint8_t *hash)
{
	struct rd r = rd_of(hashes);

	while (r.n >= TRUST_HASH_LEN) {
		if (bytes_eq(rd_bytes(&r, TRUST_HASH_LEN),
		    bytes_of(hash, TRUST_HASH_LEN)))
			return true;
	}
	return false;
}

/* A peer's CAs that are not among those in w yet. */
static void
add_cas(struct wr *w, const struct ike_peer *p)
{
	uint8_t buf[TRUST_CA_MAX * TRUST_HASH_LEN];
	struct wr all = wr_of(buf, sizeof(buf));

	if (p->conf.remote_auth != IKE_AUTH_CERTIFICATE ||
	    p->creds.trust == NULL)
		return;
	trust_key_hashes(p->creds.trust, &all);
	for (size_t at = 0; at < all.n; at += TRUST_HASH_LEN) {
		if (w->n < w->cap && !has_hash(wr_done(w), all.p + at))
			wr_bytes(w, bytes_of(all.p + at, TRUST_HASH_LEN));
	}
}

/*
 * Who of those at this address it is, is not known before IKE_AUTH: the
 * answer is for all of them.
 */
static void
build_answer(struct build *b, const struct ike_sa *sa)
{
	uint8_t buf[INIT_CAS * TRUST_HASH_LEN];
	struct wr cas = wr_of(buf, sizeof(buf));
	const struct trust *last = NULL;
	struct ike_peer *p = NULL;
	bool any = false;

	if (sa->ike->signers == 0)
		return;
	while ((p = index_by_path(&sa->ike->peers, &sa->path, p)) != NULL) {
		any |= certs_used(p);
		if (p->creds.trust != last)
			add_cas(&cas, p);
		last = p->creds.trust;
	}
	if (!any)
		return;
	build_hashes(b);
	build_request(b, wr_done(&cas));
}

void
certs_build_init(struct build *b, const struct ike_sa *sa)
{
	if (!sa->initiator)
		build_answer(b, sa);
	else if (certs_used(sa->peer))
		build_hashes(b);
}

void
certs_build_chain(struct build *b, const struct ike_sa *sa)
{
	const struct cert_chain *chain = sa->peer->creds.chain;

	if (sa->peer->conf.local_auth != IKE_AUTH_CERTIFICATE || chain == NULL)
		return;
	for (size_t i = 0; i < chain->n; i++) {
		struct wr *w = build_payload(b, PL_CERT);

		wr_u8(w, CERT_X509_SIGNATURE);
		wr_bytes(w, cert_der(chain->cert[i]));
	}
}

void
certs_build_request(struct build *b, const struct ike_sa *sa)
{
	uint8_t buf[TRUST_CA_MAX * TRUST_HASH_LEN];
	struct wr cas = wr_of(buf, sizeof(buf));

	add_cas(&cas, sa->peer);
	build_request(b, wr_done(&cas));
}

/* How those who may be meant by this SA's path authenticate themselves. */
static void
ways(const struct ike_sa *sa, bool *psk, bool *signatures)
{
	struct ike_peer *p = NULL;

	if (sa->initiator || sa->ike->signers == 0) {
		*signatures = sa->peer->conf.remote_auth ==
		    IKE_AUTH_CERTIFICATE;
		*psk = !*signatures;
		return;
	}
	while ((!*psk || !*signatures) &&
	    (p = index_by_path(&sa->ike->peers, &sa->path, p)) != NULL) {
		*signatures |= p->conf.remote_auth == IKE_AUTH_CERTIFICATE;
		*psk |= p->conf.remote_auth == IKE_AUTH_PSK;
	}
}

/* RFC 9593 section 3.1: each for itself, whether or not the other does. */
void
certs_build_methods(struct build *b, const struct ike_sa *sa, size_t most)
{
	uint8_t buf[SIG_METHODS_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	bool psk = false, signatures = false;

	ways(sa, &psk, &signatures);
	sig_methods_write(&w, psk, signatures);
	if (!w.bad && w.n > 0 && b->w.n + 8 + w.n <= most)
		build_notify(b, N_SUPPORTED_AUTH_METHODS, wr_done(&w));
}

/* Is none of the CAs asked for above our certificate, as far as we know? */
static bool
asks_others(const struct ike_peer *p, const struct msg *m)
{
	bool any = false;

	for (size_t i = 0; i < m->certreqs_n; i++) {
		struct rd r = rd_of(m->certreqs[i]);

		for (; r.n >= TRUST_HASH_LEN; any = true) {
			if (has_hash(p->creds.issuers,
			    rd_bytes(&r, TRUST_HASH_LEN).p))
				return false;
		}
	}
	return any;
}

void
certs_hear(struct ike_sa *sa, const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_SIGNATURE_HASH_ALGORITHMS);
	struct setup *s = sa->setup;

	if (n != NULL)
		sig_hashes_read(n->data, &s->hashes);
	n = msg_notify(m, N_SUPPORTED_AUTH_METHODS);
	if (n != NULL)
		sig_methods_read(n->data, &s->methods);
	if (sa->peer->creds.issuers.n > 0 && asks_others(sa->peer, m))
		s->asks_others = true;
}
