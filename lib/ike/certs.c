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

/*
 * Who of those at this address it is, is not known before IKE_AUTH: the
 * answer is for all of them.
 */
static void
build_answer(struct build *b, const struct ike_sa *sa)
{
	uint8_t buf[ANYONE_CAS * TRUST_HASH_LEN];
	struct wr cas = wr_of(buf, sizeof(buf));
	struct ike_peer *p = NULL;
	const struct anyone *all;

	while ((p = index_by_address(&sa->ike->peers, &sa->path, p)) != NULL)
		anyone_add_cas_of(&cas, p);
	all = anyone_at(sa->ike, &sa->path.local.addr);
	anyone_add_cas(&cas, bytes_of(all->cas, all->cas_n));
	build_hashes(b);
	build_request(b, wr_done(&cas));
}

void
certs_build_init(struct build *b, const struct ike_sa *sa)
{
	if ((peer_traits(sa) & ANYONE_SIGNS) == 0)
		return;
	if (sa->initiator)
		build_hashes(b);
	else
		build_answer(b, sa);
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

	anyone_add_cas_of(&cas, sa->peer);
	build_request(b, wr_done(&cas));
}

/* RFC 9593 section 3.1: each for itself, whether or not the other does. */
void
certs_build_methods(struct build *b, const struct ike_sa *sa, size_t most)
{
	uint8_t buf[SIG_METHODS_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	unsigned traits = peer_traits(sa);

	sig_methods_write(&w, (traits & ANYONE_BY_PSK) != 0,
	    (traits & ANYONE_BY_SIGNATURE) != 0);
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
			if (anyone_has_ca(p->creds.issuers,
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
