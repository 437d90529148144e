/*
 * The rogue's own side of IKEv2 (RFC 7296 sections 1.2, 2.14, 2.15, 2.18): it
 * keeps what is needed to seal, to open and to authenticate, and takes from
 * the other side's messages whatever they hold.
 */
#include "hostile/rogue.h"

#include <string.h>

#include "crypto/prf.h"
#include "hostile/speech.h"
#include "ike/proposal.h"

static void
octets_set(struct octets *o, struct bytes b)
{
	o->n = b.n < sizeof(o->b) ? b.n : sizeof(o->b);
	if (o->n > 0)
		memcpy(o->b, b.p, o->n);
}

static struct bytes
octets_bytes(const struct octets *o)
{
	return bytes_of(o->b, o->n);
}

bool
rogue_group(struct rogue *r, uint16_t id)
{
	const struct alg *ke = alg_find(ALG_KE, id, 0);

	if (ke == NULL)
		return false;
	kex_free(r->kex);
	r->ke = ke;
	r->kex = kex_new(ke, &r->drbg);
	return r->kex != NULL;
}

void
rogue_reset(struct rogue *r, bool called)
{
	r->called = called;
	keys_fini(&r->sa.keys);
	keys_fini(&r->heir.keys);
	r->heir = (struct line){ 0 };
	r->sa = (struct line){
		.initiator = !called,
		.spi_i = drbg_u64(&r->drbg) | 1,
		.spi_r = called ? drbg_u64(&r->drbg) | 1 : 0,
	};
	r->new_spi = drbg_u64(&r->drbg) | 1;
	r->spi_in = drbg_u32(&r->drbg) | 0x10000;
	r->spi_out = 0;
	r->cookie.n = r->request.n = r->said.n = 0;
	r->nonce_n = 32;
	drbg_fill(&r->drbg, r->nonce, r->nonce_n);
	rogue_group(r, KE_CURVE25519);
}

void
rogue_fini(struct rogue *r)
{
	keys_fini(&r->sa.keys);
	keys_fini(&r->heir.keys);
	kex_free(r->kex);
	drbg_fini(&r->drbg);
}

/* --- keys --- */

/* The suite of an answer with one transform per type. */
static bool
suite_of(struct bytes sa, struct suite *s, struct bytes *spi)
{
	struct proposals ps;
	const struct proposal *p = &ps.p[0];

	if (proposal_decode(sa, &ps) != N_NONE)
		return false;
	*s = (struct suite){ 0 };
	for (size_t i = 0; i < p->n; i++) {
		const struct alg *a = alg_find((enum alg_type)p->t[i].type,
		    p->t[i].id, p->t[i].key_bits);

		if (p->t[i].type == ALG_ENCR && s->encr == NULL)
			s->encr = a;
		else if (p->t[i].type == ALG_PRF && s->prf == NULL)
			s->prf = a;
		else if (p->t[i].type == ALG_INTEG && s->integ == NULL)
			s->integ = a;
	}
	*spi = p->spi;
	return s->encr != NULL && s->prf != NULL;
}

static bool
derive(struct rogue *r, struct line *l, const struct line *old)
{
	struct bytes mine = bytes_of(r->nonce, r->nonce_n);
	struct bytes theirs = bytes_of(r->peer_nonce, r->peer_nonce_n);
	struct secret g_ir = { 0 };
	struct keys_seed seed = {
		.ni = l->initiator ? mine : theirs,
		.nr = l->initiator ? theirs : mine,
		.spi_i = l->spi_i, .spi_r = l->spi_r, .g_ir = &g_ir,
		.old_sk_d = old == NULL ? NULL : &old->keys.sk_d,
		.old_prf = old == NULL ? NULL : old->suite.prf,
	};

	keys_fini(&l->keys);
	l->keyed = r->kex != NULL &&
	    kex_shared(r->kex, octets_bytes(&r->public), &g_ir) &&
	    keys_derive(&l->suite, &seed, &l->keys);
	wipe(&g_ir, sizeof(g_ir));
	return l->keyed;
}

static void
take_key_material(struct rogue *r)
{
	const struct msg *m = &r->m;

	if ((m->seen & PL_BIT(PL_NONCE)) != 0 &&
	    m->nonce.n <= sizeof(r->peer_nonce)) {
		memcpy(r->peer_nonce, m->nonce.p, m->nonce.n);
		r->peer_nonce_n = m->nonce.n;
	}
	if ((m->seen & PL_BIT(PL_KE)) != 0)
		octets_set(&r->public, m->ke.data);
}

size_t
rogue_auth(const struct rogue *r, bool of_initiator, struct bytes id,
    uint8_t *out)
{
	static uint8_t signed_octets[2 * ROGUE_MAX];
	const struct octets *real = of_initiator ? &r->init_i : &r->init_r;
	const struct key *sk_p = of_initiator ? &r->sa.keys.sk_pi :
	    &r->sa.keys.sk_pr;
	bool mine = of_initiator != r->sa.initiator;
	struct wr w = wr_of(signed_octets, sizeof(signed_octets));
	uint8_t mac[PRF_MAX];

	if (!r->sa.keyed)
		return 0;
	wr_bytes(&w, octets_bytes(real));
	/* The nonce of the one who does not sign. */
	wr_bytes(&w, mine ? bytes_of(r->nonce, r->nonce_n) :
	    bytes_of(r->peer_nonce, r->peer_nonce_n));
	if (!prf(r->sa.suite.prf, key_bytes(sk_p), &id, 1, mac))
		return 0;
	wr_bytes(&w, bytes_of(mac, r->sa.suite.prf->key_len));
	return w.bad ? 0 : prf_psk_auth(r->sa.suite.prf, bytes_str(r->psk),
	    wr_done(&w), 0, out);
}

/* --- hearing --- */

static uint64_t
spi_of(struct bytes b)
{
	struct rd r = rd_of(b);

	return b.n == 4 ? rd_u32(&r) : rd_u64(&r);
}

/* The responder's half of IKE_SA_INIT. */
static void
take_init_answer(struct rogue *r)
{
	const struct pl_notify *n = msg_notify(&r->m, N_COOKIE);
	struct bytes spi;

	if (n != NULL)
		octets_set(&r->cookie, n->data);
	if ((r->m.seen & PL_BIT(PL_KE)) == 0)
		return;
	octets_set(&r->init_i, octets_bytes(&r->said));
	octets_set(&r->init_r, octets_bytes(&r->raw));
	r->sa.spi_r = r->h.spi_r;
	take_key_material(r);
	if (suite_of(r->m.sa, &r->sa.suite, &spi) && derive(r, &r->sa, NULL))
		r->sa.out_mid = 1;
}

/* What they offer does not matter: what we answer with is in the words. */
static void
take_init_request(struct rogue *r)
{
	r->sa.spi_i = r->h.spi_i;
	octets_set(&r->init_i, octets_bytes(&r->raw));
	take_key_material(r);
	if ((r->m.seen & PL_BIT(PL_KE)) != 0 && r->m.ke.group != r->ke->id)
		rogue_group(r, r->m.ke.group);
}

/* What was agreed on in an answer of the other side's. */
static void
take_sa_answer(struct rogue *r)
{
	struct suite s;
	struct bytes spi;
	struct proposals ps;

	if ((r->m.seen & PL_BIT(PL_SA)) == 0 ||
	    proposal_decode(r->m.sa, &ps) != N_NONE)
		return;
	if (ps.p[0].proto == PROTO_ESP && ps.p[0].spi.n == 4) {
		r->spi_out = (uint32_t)spi_of(ps.p[0].spi);
		return;
	}
	if (!suite_of(r->m.sa, &s, &spi) || spi.n != 8)
		return;
	take_key_material(r);
	r->heir = (struct line){
		.initiator = true, .spi_i = r->new_spi,
		.spi_r = spi_of(spi), .suite = s,
	};
	derive(r, &r->heir, &r->sa);
}

static void
take_rekey(struct rogue *r)
{
	struct proposals ps;

	take_key_material(r);
	r->asks_child = (r->m.seen & PL_BIT(PL_TSI)) != 0;
	if ((r->m.seen & PL_BIT(PL_KE)) != 0 && r->m.ke.group != r->ke->id)
		rogue_group(r, r->m.ke.group);
	if (proposal_decode(r->m.sa, &ps) == N_NONE &&
	    ps.p[0].proto == PROTO_IKE && ps.p[0].spi.n == 8)
		r->their_spi = spi_of(ps.p[0].spi);
}

static struct line *
line_of(struct rogue *r, const struct hdr *h)
{
	if (r->heir.keyed && h->spi_i == r->heir.spi_i &&
	    h->spi_r == r->heir.spi_r)
		return &r->heir;
	return &r->sa;
}

/* Header and payloads of the datagram, opened in place. */
static bool
open_raw(struct rogue *r)
{
	const struct line *l;
	struct bytes all = octets_bytes(&r->raw), plain;
	struct seal *seal;

	if (!hdr_decode(all, &r->h) || payload_decode(r->h.next,
	    bytes_of(all.p + HDR_LEN, all.n - HDR_LEN), HDR_LEN, &r->m) !=
	    N_NONE)
		return false;
	if ((r->m.seen & PL_BIT(PL_SK)) == 0)
		return true;
	l = line_of(r, &r->h);
	seal = l->initiator ? l->keys.seal_r : l->keys.seal_i;
	return l->keyed && seal_open(seal, r->raw.b, r->m.sk_at, r->raw.n,
	    &plain) && payload_decode(r->m.sk_next, plain, r->m.sk_at,
	    &r->m) == N_NONE;
}

static bool
deletes_ike(const struct msg *m)
{
	for (size_t i = 0; i < m->deletes_n; i++) {
		if (m->deletes[i].proto == PROTO_IKE)
			return true;
	}
	return false;
}

static enum heard
take_request(struct rogue *r, const struct octets *as_it_came)
{
	if (bytes_eq(octets_bytes(as_it_came), octets_bytes(&r->request))) {
		r->repeats++;
		return HEARD_NOTHING;
	}
	octets_set(&r->request, octets_bytes(as_it_came));
	r->request_h = r->h;
	r->sa.in_mid = r->h.mid;
	r->repeats = 0;
	if (r->h.exchange == IKE_SA_INIT) {
		if (r->called)
			take_init_request(r);
		return r->called ? HEARD_REQUEST : HEARD_NOTHING;
	}
	if (r->h.exchange == INFORMATIONAL) {
		bool gone = deletes_ike(&r->m);

		rogue_say(r, INFORMATIONAL, true, "keep");
		return gone ? HEARD_DELETE : HEARD_NOTHING;
	}
	if (r->h.exchange == CREATE_CHILD_SA)
		take_rekey(r);
	return HEARD_REQUEST;
}

static enum heard
take_answer(struct rogue *r, size_t n)
{
	if (r->h.mid != r->said_mid || r->said.n == 0)
		return HEARD_NOTHING;
	/* Nothing unproven may be answered with more than it brought. */
	r->grown |= r->h.exchange == IKE_SA_INIT && n > r->said.n &&
	    r->cookie.n == 0;
	if (r->h.exchange == IKE_SA_INIT) {
		take_init_answer(r);
	} else {
		struct line *l = line_of(r, &r->h);

		if (r->h.mid == l->out_mid)
			l->out_mid++;
		take_sa_answer(r);
	}
	return HEARD_ANSWER;
}

enum heard
rogue_listen(struct rogue *r, struct span most)
{
	static struct octets as_it_came;
	const struct rogue_wire *w = r->wire;
	struct instant end = instant_after(w->now(w->self), most);
	enum heard heard = HEARD_NOTHING;

	while (heard == HEARD_NOTHING) {
		most = instant_since(end, w->now(w->self));
		if (most.ns < 0)
			return HEARD_NOTHING;
		r->raw.n = w->recv(w->self, most, r->raw.b);
		if (r->raw.n == 0)
			return HEARD_NOTHING;
		octets_set(&as_it_came, octets_bytes(&r->raw));
		if (!open_raw(r))
			continue;
		if ((r->h.flags & HDR_RESPONSE) != 0)
			heard = take_answer(r, r->raw.n);
		else
			heard = take_request(r, &as_it_came);
	}
	return heard;
}

uint16_t
rogue_error(const struct rogue *r)
{
	const struct pl_notify *n = msg_error(&r->m);

	if (n == NULL && (r->m.seen & PL_BIT(PL_SA)) == 0)
		n = msg_notify(&r->m, N_COOKIE);
	return n == NULL ? N_NONE : n->type;
}

/* --- saying --- */

struct pick {
	const struct word *word;
	char		arg[1024];
};

/* The next word of the line; false: it does not exist. */
static bool
next_word(const char **at, struct pick *p)
{
	size_t n = strcspn(*at, " {"), k = 0;

	p->word = word_find(*at, n);
	*at += n;
	p->arg[0] = '\0';
	if (**at == '{') {
		k = strcspn(++*at, "}");
		if (k >= sizeof(p->arg))
			return false;
		memcpy(p->arg, *at, k);
		p->arg[k] = '\0';
		*at += k + 1;
	}
	*at += strspn(*at, " ");
	return p->word != NULL;
}

enum pass { PASS_HEAD, PASS_BODY, PASS_TAIL };

static bool
all_words(struct speech *s, const char *words, enum pass pass)
{
	struct pick p;

	while (*words != '\0') {
		if (!next_word(&words, &p))
			return false;
		if (pass == PASS_HEAD && p.word->head != NULL)
			p.word->head(s, p.arg);
		else if (pass == PASS_BODY && p.word->body != NULL)
			p.word->body(s, p.arg);
		else if (pass == PASS_TAIL && p.word->tail != NULL)
			p.word->tail(s, p.arg);
	}
	return true;
}

static struct hdr
usual_header(const struct rogue *r, uint8_t exchange, bool response)
{
	const struct line *l = &r->sa;

	if (response && r->heir.keyed &&
	    r->request_h.spi_i == r->heir.spi_i)
		l = &r->heir;
	return (struct hdr){
		.spi_i = l->spi_i,
		.spi_r = exchange == IKE_SA_INIT && !response ? 0 : l->spi_r,
		.version = HDR_VERSION, .exchange = exchange,
		.flags = (uint8_t)((l->initiator ? HDR_INITIATOR : 0) |
		    (response ? HDR_RESPONSE : 0)),
		.mid = response ? r->request_h.mid : l->out_mid,
	};
}

/* We have answered the other side's rekey of the IKE SA. */
static void
after_rekey_answer(struct rogue *r)
{
	r->heir = (struct line){
		.spi_i = r->their_spi, .spi_r = r->new_spi,
		.suite = r->sa.suite,
	};
	derive(r, &r->heir, &r->sa);
}

/* When called, our answer to IKE_SA_INIT decides on the keys. */
static void
after_init_answer(struct rogue *r, struct speech *s)
{
	static const char usual[] = "e20.256,p5";
	uint8_t body[64];
	struct wr w = wr_of(body, sizeof(body));
	struct bytes spi;

	octets_set(&r->init_r, octets_bytes(&s->out));
	sa_text(&w, usual, PROTO_IKE, (struct bytes){ 0 });
	if (suite_of(wr_done(&w), &r->sa.suite, &spi))
		derive(r, &r->sa, NULL);
}

static bool
build(struct speech *s, const char *words)
{
	const struct rogue *r = s->r;
	struct bytes m;

	if (!all_words(s, words, PASS_HEAD))
		return false;
	build_begin(&s->b, s->out.b, sizeof(s->out.b), &s->h);
	if (s->exchange != IKE_SA_INIT && !s->plain && r->sa.keyed) {
		const struct line *l = r->heir.keyed &&
		    s->h.spi_i == r->heir.spi_i ? &r->heir : &r->sa;

		build_sk(&s->b, l->initiator ? l->keys.seal_i :
		    l->keys.seal_r);
	}
	if (s->exchange == IKE_SA_INIT && !s->response && r->cookie.n > 0)
		build_notify(&s->b, N_COOKIE, octets_bytes(&r->cookie));
	if (!all_words(s, words, PASS_BODY))
		return false;
	m = build_end(&s->b, &s->r->drbg);
	s->out.n = m.n;
	return m.n > 0 && all_words(s, words, PASS_TAIL);
}

bool
rogue_say(struct rogue *r, uint8_t exchange, bool response, const char *words)
{
	static struct speech s;
	bool kept = strcmp(words, "keep") == 0;

	s.r = r;
	s.exchange = exchange;
	s.response = response;
	s.plain = s.other_port = s.replaces_ike = false;
	s.from = r->called ? FROM_CALLED : FROM_CALLER;
	s.id_n = s.out.n = 0;
	s.h = usual_header(r, exchange, response);
	if (strcmp(words, "again") == 0) {
		octets_set(&s.out, octets_bytes(&r->said));
	} else if (!build(&s, kept ? "" : words)) {
		return false;
	} else if (!kept) {
		octets_set(&r->said, octets_bytes(&s.out));
		r->said_mid = s.h.mid;
	}
	if (exchange == IKE_SA_INIT && response &&
	    r->request_h.exchange == IKE_SA_INIT)
		after_init_answer(r, &s);
	if (exchange == CREATE_CHILD_SA && response && s.replaces_ike)
		after_rekey_answer(r);
	r->wire->send(r->wire->self, s.from, s.other_port,
	    octets_bytes(&s.out));
	return true;
}
