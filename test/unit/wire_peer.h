/*
 * A small initiator that writes its messages octet by octet and computes all
 * keys with nothing but HMAC, against the responder that is tested.  Of the
 * project it uses the key exchange methods and the cipher alone.  cmocka's
 * assert_* must be declared before.
 */
#ifndef TEST_UNIT_WIRE_PEER_H
#define TEST_UNIT_WIRE_PEER_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/kex.h"
#include "crypto/prf.h"
#include "crypto/seal.h"
#include "unit/ike_duo.h"
#include "util/array.h"

#define PRF_LEN	32
#define PSK	"a secret of both"

/* --- naive key derivation --- */

struct buf {
	size_t	n;
	uint8_t	b[4096];
};

static inline void
add(struct buf *to, const void *p, size_t n)
{
	assert_true(to->n + n <= sizeof(to->b));
	memcpy(to->b + to->n, p, n);
	to->n += n;
}

static inline void
add_number(struct buf *to, uint64_t v, unsigned octets)
{
	while (octets-- > 0) {
		uint8_t c = (uint8_t)(v >> 8 * octets);

		add(to, &c, 1);
	}
}

static inline void
hmac(const uint8_t *key, size_t key_n, const struct buf *text,
    uint8_t out[static PRF_LEN])
{
	unsigned n = PRF_LEN;

	assert_non_null(HMAC(EVP_sha256(), key, (int)key_n, text->b, text->n,
	    out, &n));
	assert_int_equal(n, PRF_LEN);
}

/* T1 | T2 | ..., Tn = prf(K, Tn-1 | S | n) */
static inline struct buf
prf_plus_of(const uint8_t key[static PRF_LEN], const struct buf *seed,
    size_t want)
{
	struct buf out = { 0 }, text;
	uint8_t t[PRF_LEN];

	for (unsigned i = 1; out.n < want; i++) {
		text.n = 0;
		if (i > 1)
			add(&text, t, PRF_LEN);
		add(&text, seed->b, seed->n);
		add_number(&text, i, 1);
		hmac(key, PRF_LEN, &text, t);
		add(&out, t, PRF_LEN);
	}
	out.n = want;
	return out;
}

/* --- the peer --- */

struct sa_keys {
	uint8_t		d[PRF_LEN], ei[36], er[36], pi[PRF_LEN], pr[PRF_LEN];
	struct seal	*out, *in;
};

struct wire_peer {
	struct duo	d;		/* RIGHT is what is tested */
	struct drbg	drbg;
	uint16_t	last;		/* method of the last slot */
	uint64_t	spi_i, spi_r;
	uint32_t	mid;
	uint8_t		ni[32], nr_octets[32];
	struct bytes	nr;		/* in these; as long as it came */
	struct sa_keys	k;
	struct buf	init_i, init_r;
	uint8_t		auth_i[PRF_LEN], auth_r[PRF_LEN];	/* IntAuth */
	unsigned	inters;
	struct buf	plain;		/* inside of the last answer */
	uint8_t		first;
	struct buf	head;		/* of the last answer, to SK's header */
};

static inline struct suite
suite_gcm(void)
{
	struct suite s = { 0 };

	s.encr = alg_by_conf(ALG_ENCR, "AES256-GCM-16");
	s.prf = alg_by_conf(ALG_PRF, "SHA2-256");
	return s;
}

/* {SK_d | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIs) */
static inline void
set_keys(struct sa_keys *k, const uint8_t seed[static PRF_LEN],
    const uint8_t ni[static 32], struct bytes nr, uint64_t spi_i, uint64_t spi_r,
    bool initiator)
{
	struct suite s = suite_gcm();
	struct buf text = { 0 }, mat;
	const uint8_t *p = mat.b;
	struct {
		uint8_t	*to;
		size_t	n;
	} parts[] = {
		{ k->d, PRF_LEN }, { k->ei, 36 }, { k->er, 36 },
		{ k->pi, PRF_LEN }, { k->pr, PRF_LEN },
	};

	add(&text, ni, 32);
	add(&text, nr.p, nr.n);
	add_number(&text, spi_i, 8);
	add_number(&text, spi_r, 8);
	mat = prf_plus_of(seed, &text, 3 * PRF_LEN + 72);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		memcpy(parts[i].to, p, parts[i].n);
		p += parts[i].n;
	}
	seal_free(k->out);
	seal_free(k->in);
	k->out = seal_new(&s, bytes_of(initiator ? k->ei : k->er, 36),
	    (struct bytes){ 0 });
	k->in = seal_new(&s, bytes_of(initiator ? k->er : k->ei, 36),
	    (struct bytes){ 0 });
	assert_non_null(k->out);
	assert_non_null(k->in);
}

static inline void
set_length(struct buf *b, size_t at, unsigned octets, uint64_t v)
{
	size_t n = b->n;

	b->n = at;
	add_number(b, v, octets);
	b->n = n;
}

static inline void
add_header(const struct wire_peer *w, struct buf *b, uint8_t first,
    uint8_t exchange)
{
	add_number(b, w->spi_i, 8);
	add_number(b, w->spi_r, 8);
	add_number(b, first, 1);
	add_number(b, 0x20, 1);
	add_number(b, exchange, 1);
	add_number(b, 0x08, 1);
	add_number(b, w->mid, 4);
	add_number(b, 0, 4);
}

static inline void
payload(struct buf *b, uint8_t next, const void *body, size_t n)
{
	add_number(b, next, 1);
	add_number(b, 0, 1);
	add_number(b, 4 + n, 2);
	add(b, body, n);
}

static inline void
ke_octets(struct buf *b, uint8_t next, uint16_t group, struct bytes data)
{
	struct buf body = { 0 };

	add_number(&body, group, 2);
	add_number(&body, 0, 2);
	add(&body, data.p, data.n);
	payload(b, next, body.b, body.n);
}

static inline void
ke_payload(struct buf *b, uint8_t next, struct kex *kex)
{
	ke_octets(b, next, kex_alg(kex)->id, kex_public(kex));
}

static inline void
transform(struct buf *b, bool last, uint8_t type, uint16_t id, uint16_t bits)
{
	add_number(b, last ? 0 : 3, 1);
	add_number(b, 0, 1);
	add_number(b, bits != 0 ? 12 : 8, 2);
	add_number(b, type, 1);
	add_number(b, 0, 1);
	add_number(b, id, 2);
	if (bits != 0) {
		add_number(b, 0x800e, 2);
		add_number(b, bits, 2);
	}
}

/* AES-256-GCM, for IKE a PRF, X25519, then ECP-384 and the given method. */
static inline struct buf
proposal_with(uint8_t proto, uint64_t spi, unsigned spi_n, bool ke,
    uint16_t last)
{
	struct buf b = { 0 };
	bool ike = proto == PROTO_IKE;

	add_number(&b, 0, 2);
	add_number(&b, 0, 2);
	add_number(&b, 1, 1);
	add_number(&b, proto, 1);
	add_number(&b, spi_n, 1);
	add_number(&b, 2 + (ke ? 3 : 0), 1);
	add_number(&b, spi, spi_n);
	transform(&b, false, ALG_ENCR, 20, 256);
	if (ike)
		transform(&b, !ke, ALG_PRF, 5, 0);
	else
		transform(&b, !ke, ALG_ESN, 0, 0);
	if (ke) {
		transform(&b, false, ALG_KE, 31, 0);
		transform(&b, false, ALG_ADDKE1, 20, 0);
		transform(&b, true, ALG_ADDKE1 + 1, last, 0);
	}
	set_length(&b, 2, 2, b.n);
	return b;
}

/* With ECP-521. */
static inline struct buf
proposal(uint8_t proto, uint64_t spi, unsigned spi_n, bool ke)
{
	return proposal_with(proto, spi, spi_n, ke, 21);
}

/* Sends, and takes what comes back. */
static inline struct buf
swap(struct wire_peer *w, const struct buf *request)
{
	struct endpoint from = { w->d.end[LEFT].addr, IKE_PORT };
	struct path path = {
		.local = { w->d.end[RIGHT].addr, IKE_PORT }, .remote = from,
	};
	struct ike *ike = w->d.end[RIGHT].ike;
	struct buf answer = { 0 };
	struct ike_out out;

	ike_datagram(ike, w->d.now, &path, bytes_of(request->b, request->n));
	while (ike_next(ike, &out)) {
		if (out.kind == IKE_OUT_DATAGRAM) {
			answer.n = 0;
			add(&answer, out.data, out.n);
		} else if (out.kind == IKE_OUT_AUTH) {
			uint8_t value[2 * PRF_MAX];
			size_t n = prf_psk_auth(out.prf, bytes_str(PSK),
			    bytes_of(out.data, out.n), out.first, value);

			assert_true(n > 0);
			ike_auth_value(ike, w->d.now, out.token,
			    SIG_METHOD_PSK, bytes_of(value, n), NULL);
		} else if (out.kind == IKE_OUT_SA_ADD) {
			sad_add(&w->d.end[RIGHT].sad, &out.esp);
			ike_installed(ike, w->d.now, out.token, NULL);
		} else if (out.kind == IKE_OUT_SA_DEL) {
			sad_del(&w->d.end[RIGHT].sad, &out.esp);
		}
		ike_out_fini(&out);
	}
	return answer;
}

/* A payload's body in a chain. */
static inline struct bytes
find(uint8_t first, struct bytes chain, uint8_t type, unsigned nth)
{
	struct rd r = rd_of(chain);

	while (first != 0) {
		uint8_t next = rd_u8(&r);
		struct bytes body;
		uint16_t n;

		rd_u8(&r);
		n = rd_u16(&r);
		body = rd_bytes(&r, n - 4u);
		assert_false(r.bad);
		if (first == type && nth-- == 0)
			return body;
		first = next;
	}
	return (struct bytes){ 0 };
}

static inline struct bytes
inside(const struct wire_peer *w, uint8_t type)
{
	return find(w->first, bytes_of(w->plain.b, w->plain.n), type, 0);
}

/* IntAuth(n) = prf(SK_p, IntAuth(n-1) | A | P), lengths as without sealing */
static inline void
int_auth(uint8_t value[static PRF_LEN], bool first,
    const uint8_t sk_p[static PRF_LEN], const struct buf *head,
    const struct buf *plain)
{
	struct buf text = { 0 }, a = *head;

	set_length(&a, 24, 4, a.n + plain->n);
	set_length(&a, a.n - 2, 2, 4 + plain->n);
	if (!first)
		add(&text, value, PRF_LEN);
	add(&text, a.b, a.n);
	add(&text, plain->b, plain->n);
	hmac(sk_p, PRF_LEN, &text, value);
}

/* A protected exchange with these payloads; what is in the answer is kept. */
static inline void
exchange(struct wire_peer *w, uint8_t type, uint8_t first,
    const struct buf *inner)
{
	struct buf m = { 0 }, answer;
	struct bytes plain;
	bool inter = type == IKE_INTERMEDIATE;

	add_header(w, &m, PL_SK, type);
	payload(&m, first, "", 0);
	if (inter)
		int_auth(w->auth_i, w->inters == 0, w->k.pi, &m, inner);
	add(&m, "12345678", seal_iv_len(w->k.out));
	add(&m, inner->b, inner->n);
	set_length(&m, 24, 4, 32 + inner->n + seal_overhead(w->k.out,
	    inner->n));
	set_length(&m, 30, 2, 4 + inner->n + seal_overhead(w->k.out,
	    inner->n));
	assert_true(seal_protect(w->k.out, &w->drbg, m.b, 32, inner->n));
	m.n = 32 + inner->n + seal_overhead(w->k.out, inner->n);
	answer = swap(w, &m);
	assert_true(answer.n > 32);
	assert_int_equal(answer.b[18], type);
	assert_int_equal(answer.b[19], 0x20);
	w->first = answer.b[28];
	w->head = answer;
	w->head.n = 32;
	/* Said again, it is answered with the same octets. */
	if (type != IKE_AUTH) {
		struct buf again = swap(w, &m);

		assert_int_equal(again.n, answer.n);
		assert_memory_equal(again.b, answer.b, answer.n);
	}
	assert_true(seal_open(w->k.in, answer.b, 32, answer.n, &plain));
	w->plain.n = 0;
	add(&w->plain, plain.p, plain.n);
	if (inter)
		int_auth(w->auth_r, w->inters++ == 0, w->k.pr, &w->head,
		    &w->plain);
	w->mid++;
}

static inline struct buf
shared(struct kex *kex, struct bytes body)
{
	struct rd r = rd_of(body);
	struct buf b = { 0 };
	struct secret s;

	assert_int_equal(rd_u16(&r), kex_alg(kex)->id);
	rd_u16(&r);
	assert_true(kex_shared(kex, rd_rest(&r), &s));
	add(&b, s.b, s.n);
	return b;
}

static inline struct kex *
kex_of(struct wire_peer *w, const char *group)
{
	struct kex *kex = kex_new(alg_by_conf(ALG_KE, group), &w->drbg);

	assert_non_null(kex);
	return kex;
}

static inline void
say_init(struct wire_peer *w)
{
	struct kex *kex = kex_of(w, "31");
	struct buf m = { 0 }, text, z;
	struct buf sa = proposal_with(PROTO_IKE, 0, 0, true, w->last);
	uint8_t seed[PRF_LEN], key[64];
	struct bytes chain;

	add_header(w, &m, PL_SA, IKE_SA_INIT);
	payload(&m, PL_KE, sa.b, sa.n);
	ke_payload(&m, PL_NONCE, kex);
	payload(&m, PL_NOTIFY, w->ni, 32);
	payload(&m, PL_VENDOR, "\0\0\x40\x36", 4);	/* 16438 */
	/* Long enough for an answer without a cookie. */
	payload(&m, 0, "a vendor id that is rather a long one", 37);
	set_length(&m, 24, 4, m.n);
	w->init_i = m;
	w->init_r = swap(w, &m);
	assert_int_equal(w->init_r.b[18], IKE_SA_INIT);
	chain = bytes_of(w->init_r.b + 28, w->init_r.n - 28);
	for (int i = 8; i < 16; i++)
		w->spi_r = w->spi_r << 8 | w->init_r.b[i];
	w->nr = find(PL_SA, chain, PL_NONCE, 0);
	assert_in_range(w->nr.n, 16, sizeof(w->nr_octets));
	memcpy(w->nr_octets, w->nr.p, w->nr.n);
	w->nr.p = w->nr_octets;
	z = shared(kex, find(PL_SA, chain, PL_KE, 0));
	text = z;
	memcpy(key, w->ni, 32);
	memcpy(key + 32, w->nr.p, w->nr.n);
	hmac(key, 32 + w->nr.n, &text, seed);
	set_keys(&w->k, seed, w->ni, w->nr, w->spi_i, w->spi_r, true);
	w->mid = 1;
	kex_free(kex);
}

/* SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr) */
static inline void
say_inter(struct wire_peer *w, const char *group)
{
	struct kex *kex = kex_of(w, group);
	struct buf inner = { 0 }, text;
	uint8_t seed[PRF_LEN];

	ke_payload(&inner, 0, kex);
	exchange(w, IKE_INTERMEDIATE, PL_KE, &inner);
	text = shared(kex, inside(w, PL_KE));
	add(&text, w->ni, 32);
	add(&text, w->nr.p, w->nr.n);
	hmac(w->k.d, PRF_LEN, &text, seed);
	set_keys(&w->k, seed, w->ni, w->nr, w->spi_i, w->spi_r, true);
	kex_free(kex);
}

static inline void
auth_value(const struct wire_peer *w, bool of_i, struct bytes id,
    uint8_t out[static PRF_MAX])
{
	struct buf octets = of_i ? w->init_i : w->init_r, body = { 0 };
	uint8_t mac[PRF_LEN];

	if (of_i)
		add(&octets, w->nr.p, w->nr.n);
	else
		add(&octets, w->ni, 32);
	add(&body, id.p, id.n);
	hmac(of_i ? w->k.pi : w->k.pr, PRF_LEN, &body, mac);
	add(&octets, mac, PRF_LEN);
	add(&octets, w->auth_i, PRF_LEN);
	add(&octets, w->auth_r, PRF_LEN);
	add_number(&octets, 1 + w->inters, 4);
	assert_int_equal(prf_psk_auth(suite_gcm().prf, bytes_str(PSK),
	    bytes_of(octets.b, octets.n), 0, out), PRF_LEN);
}

static inline void
add_selectors(struct buf *b, uint8_t next)
{
	static const uint8_t left[] = "\1\0\0\0\7\0\0\x10\0\0\xff\xff"
	    "\12\1\0\0\12\1\xff\xff";
	static const uint8_t right[] = "\1\0\0\0\7\0\0\x10\0\0\xff\xff"
	    "\12\2\0\0\12\2\xff\xff";

	payload(b, PL_TSR, left, 20);
	payload(b, next, right, 20);
}

/* What was said before may be changed: then AUTH tells. */
static inline void
say_auth(struct wire_peer *w)
{
	struct buf inner = { 0 }, sa = proposal(PROTO_ESP, 0x11112222, 4,
	    false);
	uint8_t id[] = "\2\0\0\0left.example", auth[4 + PRF_MAX] = { 2 };

	auth_value(w, true, bytes_of(id, sizeof(id) - 1), auth + 4);
	payload(&inner, PL_AUTH, id, sizeof(id) - 1);
	payload(&inner, PL_SA, auth, 4 + PRF_LEN);
	payload(&inner, PL_TSI, sa.b, sa.n);
	add_selectors(&inner, 0);
	exchange(w, IKE_AUTH, PL_IDI, &inner);
}

/* The other end does ECP-384 and then what slots names, whose id last is. */
static inline void
begin_with(struct wire_peer *w, const char *slots, uint16_t last)
{
	static struct addke both;

	*w = (struct wire_peer){ .spi_i = 0x0102030405060708, .last = last };
	duo_init(&w->d, 1);
	both = duo_addke(slots);
	w->d.end[RIGHT].conf[0].ike.addke = &both;
	w->d.end[RIGHT].conf[0].esp.addke = &both;
	w->d.end[RIGHT].conf[0].fragmentation = false;
	duo_start(&w->d);
	drbg_seed(&w->drbg, (uint8_t[DRBG_SEED_LEN]){ 7 });
	drbg_fill(&w->drbg, w->ni, 32);
}

static inline void
begin(struct wire_peer *w)
{
	begin_with(w, "20/21", 21);
}

static inline void
end(struct wire_peer *w)
{
	seal_free(w->k.out);
	seal_free(w->k.in);
	drbg_fini(&w->drbg);
	duo_fini(&w->d);
}

static inline void
wire_set_up(struct wire_peer *w)
{
	begin(w);
	say_init(w);
	say_inter(w, "20");
	say_inter(w, "21");
	say_auth(w);
}

#endif
