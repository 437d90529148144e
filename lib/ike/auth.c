/*
 * AUTH values (RFC 7296 section 2.15, RFC 7427 section 3).  Signed are
 *
 *   RealMessage1 | NonceRData | prf(SK_pi, IDi')   by the initiator,
 *   RealMessage2 | NonceIData | prf(SK_pr, IDr')   by the responder,
 *
 * and behind them what came between (RFC 9242 section 3.3.2).
 *
 * Keys are with the host: octets go out, a value comes back, ours to be sent
 * or, of a pre-shared key, the peer's to be compared in constant time.  The
 * peer's signature is verified here, with its certificate, and only after the
 * certificate was found good and to carry the peer's identity.
 */
#include "ike/auth.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/dn.h"
#include "crypto/prf.h"
#include "crypto/sig_methods.h"
#include "ike/peer.h"
#include "ike/proof.h"
#include "ike/revoked.h"
#include "ike/x_resume.h"

/* Octets to be signed; owned by whoever has them. */
struct octets {
	uint8_t		*p;		/* NULL: no memory, or no MAC */
	size_t		 n;
};

/* Puts those that one side signs behind what is there; true, or they go. */
static bool
sign_add(struct octets *o, const struct ike_sa *sa, bool of_initiator,
    struct bytes id_body)
{
	const struct setup *s = sa->setup;
	const struct nonce *nonce = of_initiator ? &s->nr : &s->ni;
	const struct key *sk_p = of_initiator ? &sa->keys.sk_pi :
	    &sa->keys.sk_pr;
	struct bytes real = of_initiator ? bytes_of(s->init_i, s->init_i_n) :
	    bytes_of(s->init_r, s->init_r_n);
	size_t cap = real.n + nonce->n + PRF_MAX + INTAUTH_MAX;
	uint8_t mac[PRF_MAX], *p = realloc(o->p, o->n + cap);
	struct wr w;

	if (p == NULL || !prf(sa->suite.prf, key_bytes(sk_p), &id_body, 1,
	    mac)) {
		free(p == NULL ? o->p : p);
		*o = (struct octets){ 0 };
		return false;
	}
	w = wr_of(p + o->n, cap);
	wr_bytes(&w, real);
	wr_bytes(&w, bytes_of(nonce->b, nonce->n));
	wr_bytes(&w, bytes_of(mac, sa->suite.prf->key_len));
	if (s->inter != NULL)
		intauth_write(&w, &s->inter->of_i, &s->inter->of_r,
		    s->inter->auth_mid);
	*o = (struct octets){ p, o->n + w.n };
	return true;
}

uint8_t *
auth_octets(const struct ike_sa *sa, bool of_initiator,
    struct bytes id_body, size_t *n)
{
	struct octets o = { 0 };

	if (sign_add(&o, sa, of_initiator, id_body))
		*n = o.n;
	return o.p;
}

/* To the host, by a token; it takes the octets.  NULL: no memory. */
static struct ike_out *
ask_host(struct ike_sa *sa, struct octets o)
{
	struct ike_out *out = NULL;

	map_del(&sa->ike->tokens_auth, sa->token);
	sa->token = table_token(sa->ike);
	if (map_put(&sa->ike->tokens_auth, sa->token, sa))
		out = out_push(sa->ike, IKE_OUT_AUTH, sa->peer->conf.id);
	if (out == NULL) {
		wipe(o.p, o.n);
		free(o.p);
		return NULL;
	}
	out->token = sa->token;
	out->prf = sa->suite.prf;
	out->data = o.p;
	out->n = o.n;
	return out;
}

/* To be turned into a value by the host. */
static bool
ask(struct ike_sa *sa, enum ike_auth how, bool of_initiator,
    struct bytes id_body)
{
	struct octets o = { 0 };
	struct ike_out *out = NULL;

	if (sign_add(&o, sa, of_initiator, id_body))
		out = ask_host(sa, o);
	if (out == NULL)
		return false;
	out->auth = how;
	out->hashes = sa->setup->hashes;
	out->sig_flags = sa->peer->creds.rsa_pss ? SIG_RSA_PSS : 0;
	if (how == IKE_AUTH_CERTIFICATE && sa->setup->methods != 0)
		sig_methods_choose(sa->setup->methods,
		    sa->peer->creds.chain->cert[0], &out->hashes,
		    &out->sig_flags);
	return true;
}

bool
auth_ask_keys(struct ike_sa *sa, uint8_t *octets, size_t n)
{
	struct ike_out *out = ask_host(sa, (struct octets){ octets, n });

	if (out != NULL)
		out->ppk = true;
	return out != NULL;
}

/* --- ours --- */

struct pl_id
auth_own_id(const struct ike_peer *p)
{
	const struct id *id = &p->conf.local_id;
	const struct cert_chain *chain = p->creds.chain;
	struct pl_id own = { .type = id->type,
	    .data = bytes_of(id->data, id->n) };

	if (id->type == 0 && chain != NULL) {
		own.type = ID_DER_ASN1_DN;
		own.data = cert_subject(chain->cert[0]);
	}
	return own;
}

void
auth_own_id_str(const struct ike_peer *p, char *buf, size_t size)
{
	struct pl_id own = auth_own_id(p);
	const char *from = p->conf.local_id.type == 0 ? "our certificate" :
	    p->conf.local_id_from;

	id_str(own.type, own.data, buf, size);
	if (from != NULL)
		str_add(buf, size, " by %s", from);
}

static bool
same_id(uint8_t type, struct bytes data, uint8_t other, struct bytes other_data)
{
	return type == other && bytes_eq(data, other_data);
}

static bool
are_twins(const struct ike_peer *p, const struct ike_peer *o)
{
	const struct id *theirs = &p->conf.remote_id;
	const struct id *id = &o->conf.remote_id;
	struct pl_id own = auth_own_id(p), other = auth_own_id(o);

	return o != p && (id->type == 0 || theirs->type == 0 ||
	    same_id(id->type, bytes_of(id->data, id->n), theirs->type,
	    bytes_of(theirs->data, theirs->n))) &&
	    same_id(own.type, own.data, other.type, other.data);
}

static bool
twin_among(const struct ike_peer *p, const struct ike_peer *o,
    enum index_list which)
{
	while (o != NULL && !are_twins(p, o))
		o = o->in[which].next;
	return o != NULL;
}

/*
 * A twin's own identity is written as ours is or its certificate's, its peer's
 * is ours or anybody.  Only who expects anybody has to look at all.
 */
bool
auth_has_twin(const struct ike_peer *p)
{
	const struct id *theirs = &p->conf.remote_id;
	const struct index *x = &p->ike->peers;
	const struct pl_id local[] = { auth_own_id(p), { .type = 0 } };
	const struct pl_id remote[] = { { .type = theirs->type,
	    .data = bytes_of(theirs->data, theirs->n) }, { .type = 0 } };
	bool found = false;

	if (theirs->type == 0)
		return twin_among(p, x->all, INDEX_ALL);
	for (int i = 0; i < 4 && !found; i++)
		found = twin_among(p, index_by_pair(x, &local[i / 2],
		    &remote[i % 2]), INDEX_PAIR);
	return found;
}

bool
auth_own_body(const struct ike_peer *p, struct wr *w)
{
	struct pl_id own = auth_own_id(p);

	id_encode(w, own.type, own.data);
	return own.type != 0 && !w->bad;
}

bool
auth_own_digest(const struct ike_peer *p, uint8_t out[static 32])
{
	uint8_t body[AUTH_ID_BODY_MAX];
	struct wr w = wr_of(body, sizeof(body));
	bool ok = auth_own_body(p, &w);
	struct bytes all = wr_done(&w);

	return ok && sha256(&all, 1, out);
}

bool
auth_id_digest_is(const struct pl_id *id, const uint8_t digest[static 32])
{
	uint8_t got[32];

	return sha256(&id->body, 1, got) && memcmp(got, digest, 32) == 0;
}

bool
auth_ask_own(struct ike_sa *sa, struct reason *why)
{
	const struct ike_peer *p = sa->peer;
	bool sign = p->conf.local_auth == IKE_AUTH_CERTIFICATE;
	struct pl_id own = auth_own_id(p);
	uint8_t body[4 + DN_DER_MAX];
	struct wr w = wr_of(body, sizeof(body));

	if (sign && p->creds.chain == NULL) {
		reason_set(why, "there is no certificate to authenticate with");
		return false;
	}
	id_encode(&w, own.type, own.data);
	if (w.bad || !ask(sa, p->conf.local_auth, sa->initiator, wr_done(&w))) {
		reason_set(why, w.bad ? "our certificate's subject is too "
		    "long for an identity" : "out of memory");
		return false;
	}
	sa->setup->creds_epoch = p->creds_epoch;
	return true;
}

/* --- the peer's --- */

bool
auth_is_peer(const struct ike_sa *sa, const struct pl_id *got,
    struct reason *why)
{
	const struct ike_peer *p = sa->peer;
	char a[100], b[110];

	if (id_matches(&p->conf.remote_id, got))
		return true;
	story_ids(peer_story(sa->peer, STORY_PEER_IDENTITY),
	    sa->initiator ? "IDr" : "IDi", got, p->conf.remote_id_from,
	    &p->conf.remote_id);
	id_str(got->type, got->data, a, sizeof(a));
	peer_id_str(&p->conf.remote_id, p->conf.remote_id_from, b, sizeof(b));
	reason_set(why, "the peer's identity is %s, expected %s", a, b);
	return false;
}

static bool
method_fits(const struct ike_peer *p, const struct msg *m)
{
	return (m->auth.method == SIG_METHOD_PSK) ==
	    (p->conf.remote_auth == IKE_AUTH_PSK);
}

bool
auth_by(const struct ike_sa *sa, const struct msg *m, struct reason *why)
{
	const struct ike_peer *p = sa->peer;
	bool psk = p->conf.remote_auth == IKE_AUTH_PSK;
	struct story *s;

	if (sa->setup->resume != NULL || method_fits(p, m))
		return true;
	s = peer_story(sa->peer, STORY_AUTH_METHOD);
	story_add(s, "came", "method %u of RFC 7296 section 3.8",
	    m->auth.method);
	story_add(s, "expected", "%s, by remote_authentication", psk ?
	    "a pre-shared key (2)" : "a signature (14, 9 to 11)");
	if (psk)
		reason_set(why, "the peer authenticates by method %u, expected "
		    "a pre-shared key", m->auth.method);
	else
		reason_set(why, "the peer authenticates with a pre-shared key, "
		    "expected a certificate");
	return false;
}

bool
auth_suite_fits(const struct ike_peer *p, const struct suite *s)
{
	const struct {
		const struct alg *alg;
		const struct alg_list *list;
	} pairs[] = {
		{ s->encr, &p->conf.ike.encr }, { s->prf, &p->conf.ike.prf },
		{ s->integ, &p->conf.ike.integ }, { s->ke, &p->conf.ike.ke },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		bool found = pairs[i].alg == NULL;

		for (size_t k = 0; k < pairs[i].list->n; k++)
			found |= alg_at(pairs[i].list->row[k]) == pairs[i].alg;
		if (!found)
			return false;
	}
	return offer_has_addke(&p->conf.ike, s);
}

/* Are we the one whom the peer wants to talk to, if it says so? */
static bool
names_us(const struct ike_peer *p, const struct msg *m)
{
	struct pl_id own = auth_own_id(p);

	return (m->seen & PL_BIT(PL_IDR)) == 0 ||
	    id_same(own.type, own.data, &m->idr);
}

static bool
is_us(const struct ike_sa *sa, const struct msg *m, struct reason *why)
{
	const struct ike_peer *p = sa->peer;
	char a[100], b[110];
	struct story *s;

	if (names_us(p, m))
		return true;
	id_str(m->idr.type, m->idr.data, a, sizeof(a));
	auth_own_id_str(p, b, sizeof(b));
	s = peer_story(sa->peer, STORY_OUR_IDENTITY);
	story_add(s, "asked for", "%s, in the IDr payload", a);
	story_add(s, "we are", "%s", b);
	reason_set(why, "the peer wants to talk to %s, we are %s", a, b);
	return false;
}

/* May this peer be meant? */
static bool
is_meant(const struct ike_sa *sa, const struct ike_peer *p,
    const struct msg *m)
{
	return p->accept && auth_suite_fits(p, &sa->suite) &&
	    id_matches(&p->conf.remote_id, &m->idi) && names_us(p, m) &&
	    method_fits(p, m);
}

/* Nobody is: what stands against the one who was guessed by the address. */
static void
say_not_meant(const struct ike_sa *sa, const struct msg *m,
    struct reason *why)
{
	const struct ike_peer *p = sa->peer;

	if (p->accept && auth_suite_fits(p, &sa->suite) &&
	    auth_is_peer(sa, &m->idi, why) && is_us(sa, m, why))
		auth_by(sa, m, why);
}

struct ike_peer *
auth_identify(const struct ike_sa *sa, const struct msg *m, struct reason *why)
{
	struct ike_peer *p = NULL, *anybody = NULL;

	while ((p = index_by_id(&sa->ike->peers, &sa->path, &m->idi, p)) !=
	    NULL) {
		if (!is_meant(sa, p, m))
			continue;
		if (p->conf.remote_id.type != 0)
			return p;
		if (anybody == NULL)
			anybody = p;
	}
	if (anybody == NULL)
		say_not_meant(sa, m, why);
	return anybody;
}

static bool
read_chain(const struct msg *m, struct cert_chain *chain, struct reason *why)
{
	struct reason r;

	if (m->certs_n == 0) {
		reason_set(why, "the peer sent no certificate");
		return false;
	}
	if (m->certs_n > CERT_CHAIN_MAX) {
		reason_set(why, "the peer sent more than %d certificates",
		    CERT_CHAIN_MAX);
		return false;
	}
	if (cert_chain_read(chain, m->certs, m->certs_n, &r))
		return true;
	reason_set(why, "the peer's certificates cannot be read: %s", r.s);
	return false;
}

/* For tickets of the SA; one that does not fit ends before it begins. */
static void
vouch_for(struct vouch *v, const struct cert_chain *chain, int64_t until)
{
	*v = (struct vouch){ .until = until };
	for (size_t i = 0; i < chain->n; i++) {
		if (v->n == TICKET_CERTS ||
		    !serial_of(chain->cert[i], &v->cert[v->n])) {
			v->until = 1;
			return;
		}
		v->n++;
	}
}

/* Is the certificate good, by itself and for this identity? */
static bool
certificate_good(const struct ike_sa *sa, struct instant now,
    const struct cert_chain *chain, const struct pl_id *id,
    struct ike_cert_info *found, struct reason *why)
{
	const struct ike_creds *creds = &sa->peer->creds;
	int64_t wall = sa->ike->wall + now.ns / 1000000000;
	struct trust_policy policy = creds->policy;
	struct trust_verdict v;
	struct reason r;

	if (creds->trust == NULL) {
		reason_set(why, "we have no CA certificate for this peer");
		return false;
	}
	/* What is missing may yet be fetched: see revoked.c. */
	if (proof_fetches(creds))
		policy.crl = TRUST_CRL_IF_ANY;
	if (!trust_verify(creds->trust, chain, wall, &policy, &v)) {
		found->depth = v.depth;
		reason_set(why, "the peer's certificate is refused at depth "
		    "%u: %s", v.depth, v.why.s);
		return false;
	}
	found->chain_until = v.chain_until;
	if (!cert_has_id(chain->cert[0], id->type, id->data, &r)) {
		reason_set(why, "the peer's certificate does not carry its "
		    "identity: %s", r.s);
		return false;
	}
	if (sa->peer->conf.resumption)
		vouch_for(&sa->setup->vouch, chain, v.chain_until);
	return true;
}

static bool
signature_good(const struct ike_sa *sa, const struct cert *leaf,
    const struct msg *m, const struct pl_id *id, struct sig_used *used,
    struct reason *why)
{
	struct octets o = { 0 };
	bool ok;

	if (!sign_add(&o, sa, !sa->initiator, id->body)) {
		reason_set(why, "out of memory");
		return false;
	}
	ok = sig_verify(leaf, m->auth.method, m->auth.data,
	    bytes_of(o.p, o.n), 0, used, why);
	free(o.p);
	return ok;
}

void
auth_remember(struct ike_peer *p, const struct cert *leaf,
    const struct ike_cert_info *verdict)
{
	struct cert_info c = { .subject = "" };

	if (p->cert == NULL)
		p->cert = calloc(1, sizeof(*p->cert));
	if (p->cert == NULL)
		return;
	if (leaf != NULL)
		cert_info(leaf, &c);
	*p->cert = *verdict;
	str_set(p->cert->subject, sizeof(p->cert->subject), c.subject);
	str_set(p->cert->issuer, sizeof(p->cert->issuer), c.issuer);
	p->cert->not_after = c.not_after;
}

/* The certificate that was shown, and what is wrong at which depth. */
static void
tell(const struct ike_sa *sa, const struct pl_id *id,
    const struct ike_cert_info *c, bool signature)
{
	struct story *s = peer_story(sa->peer, signature ? STORY_AUTH_VALUE :
	    STORY_CERTIFICATE);
	char text[160];

	id_str(id->type, id->data, text, sizeof(text));
	story_add(s, "identity", "%s", text);
	story_add(s, "certificate", "%s", c->subject);
	story_add(s, "issued by", "%s", c->issuer);
	story_add(s, "verdict", "at depth %u: %s", c->depth, c->why.s);
}

/* The certificate, the signature by it, and what others say of the former. */
static enum auth_result
judge(struct ike_sa *sa, struct instant now, const struct msg *m,
    const struct pl_id *id, const struct cert_chain *chain,
    struct ike_cert_info *v, bool *forged)
{
	if (!certificate_good(sa, now, chain, id, v, &v->why))
		return AUTH_BAD;
	*forged = !signature_good(sa, chain->cert[0], m, id, &v->used,
	    &v->why);
	if (*forged)
		return AUTH_BAD;
	if (!proof_fetches(&sa->peer->creds))
		return AUTH_GOOD;
	return revoked_check(sa, now, chain, &v->depth, &v->revocation,
	    &v->why);
}

static enum auth_result
verify(struct ike_sa *sa, struct instant now, const struct msg *m,
    const struct pl_id *id, struct reason *why)
{
	struct ike_cert_info verdict = { .why = { "" } };
	struct cert_chain chain = { 0 };
	enum auth_result r = AUTH_BAD;
	bool forged = false;

	if (read_chain(m, &chain, &verdict.why))
		r = judge(sa, now, m, id, &chain, &verdict, &forged);
	verdict.ok = r == AUTH_GOOD;
	if (verdict.ok)
		verdict.why.s[0] = '\0';
	if (r != AUTH_ASKED)
		auth_remember(sa->peer, chain.n > 0 ? chain.cert[0] : NULL,
		    &verdict);
	if (r == AUTH_GOOD &&
	    !proof_keep(sa, &chain, verdict.chain_until)) {
		reason_set(&verdict.why, "out of memory");
		r = AUTH_BAD;
	}
	cert_chain_fini(&chain);
	if (r == AUTH_BAD) {
		tell(sa, id, sa->peer->cert != NULL ? sa->peer->cert :
		    &verdict, forged);
		*why = verdict.why;
	}
	return r;
}

/*
 * A responder's own value by a pre-shared key needs no other turn to the host:
 * both are asked for together.  Not with a PPK, which changes the keys, and not
 * where it would be more than a host takes.
 */
static bool
asks_both(const struct ike_sa *sa, const struct octets *o)
{
	return !sa->initiator && sa->peer->conf.local_auth == IKE_AUTH_PSK &&
	    sa->setup->ppk == NULL && o->n + sa->setup->init_r_n + NONCE_MAX +
	    PRF_MAX + INTAUTH_MAX <= IKE_AUTH_OCTETS;
}

/* The value that the peer must show, and ours with it. */
static bool
ask_theirs(struct ike_sa *sa, struct bytes id_body)
{
	struct pl_id own = auth_own_id(sa->peer);
	uint8_t body[4 + DN_DER_MAX];
	struct wr w = wr_of(body, sizeof(body));
	struct octets o = { 0 };
	struct ike_out *out;
	size_t first = 0;

	if (!sign_add(&o, sa, !sa->initiator, id_body))
		return false;
	id_encode(&w, own.type, own.data);
	if (!w.bad && asks_both(sa, &o)) {
		first = o.n;
		if (!sign_add(&o, sa, sa->initiator, wr_done(&w)))
			return false;
	}
	out = ask_host(sa, o);
	if (out != NULL)
		out->first = first;
	sa->setup->both = first > 0;
	return out != NULL;
}

enum auth_result
auth_check(struct ike_sa *sa, struct instant now, const struct msg *m,
    struct reason *why)
{
	const struct pl_id *id = sa->initiator ? &m->idr : &m->idi;

	if (sa->setup->resume != NULL)
		return x_resume_check(sa, m, id, why) ? AUTH_GOOD :
		    AUTH_BAD;
	if (sa->peer->conf.remote_auth == IKE_AUTH_CERTIFICATE)
		return verify(sa, now, m, id, why);
	if (ask_theirs(sa, id->body))
		return AUTH_ASKED;
	reason_set(why, "out of memory");
	return AUTH_BAD;
}

bool
auth_matches(const struct ike_sa *sa, const struct msg *m, struct bytes value)
{
	const struct pl_id *id = sa->initiator ? &m->idr : &m->idi;
	char theirs[160], ours[110];
	struct story *s;

	if (value.n > 0 && secret_eq(m->auth.data, value))
		return true;
	id_str(id->type, id->data, theirs, sizeof(theirs));
	auth_own_id_str(sa->peer, ours, sizeof(ours));
	s = peer_story(sa->peer, STORY_AUTH_VALUE);
	story_add(s, "peer", "%s, which is expected", theirs);
	story_add(s, "we are", "%s", ours);
	story_add(s, "key", "pre_shared_key of this tunnel");
	return false;
}
