/*
 * What an SK payload holds once it is decrypted: the first three octets are
 * the first payload's type, the exchange and the direction, the rest is a
 * chain.  Messages that pass the table of exchanges are read to the bottom,
 * certificates and signatures too;
 * what our encoders make of the result must decode to the same again.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "crypto/sig.h"
#include "crypto/trust.h"
#include "ike/proposal.h"
#include "ike/rules.h"
#include "ike/ts.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct trust *nobody;	/* no CA in it */

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static bool
list_has(const struct alg_list *l, const struct alg *a)
{
	for (size_t i = 0; i < l->n; i++) {
		if (alg_at(l->row[i]) == a)
			return true;
	}
	return false;
}

/* Its additional key exchanges as ours; the first ones of each slot. */
static void
addke_from(struct addke *to, const struct transform *t)
{
	unsigned slot = t->type - ALG_ADDKE1;
	const struct alg *a = alg_find(ALG_KE, t->id, t->key_bits);

	if (to->n[slot] < ADDKE_ALTS && (a != NULL || t->id == KE_NONE))
		to->alt[slot][to->n[slot]++] = addke_code(a);
}

/* The peer's proposal as an offer of ours: what of it we support, in order. */
static struct offer
offer_from(const struct proposal *p, struct addke *addke)
{
	struct offer o = { .proto = p->proto, .addke = addke };
	struct alg_list *const lists[ALG_TYPES] = {
		[ALG_ENCR] = &o.encr, [ALG_PRF] = &o.prf,
		[ALG_INTEG] = &o.integ, [ALG_KE] = &o.ke, [ALG_ESN] = &o.esn,
	};

	for (size_t i = 0; i < p->n; i++) {
		const struct transform *t = &p->t[i];
		const struct alg *a = alg_find(t->type, t->id, t->key_bits);
		struct alg_list *l = t->type < ALG_TYPES ?
		    lists[t->type] : NULL;

		if (t->type >= ALG_ADDKE1)
			addke_from(addke, t);
		if (a != NULL && l != NULL && l->n < ALGS_MAX &&
		    !list_has(l, a))
			l->row[l->n++] = (uint8_t)alg_index(a);
	}
	return o;
}

/* Counts of usable transforms by type in a decoded proposal. */
static void
require_same(const struct proposals *ps, const struct offer *o)
{
	const struct alg_list *const lists[ALG_TYPES] = {
		[ALG_ENCR] = &o->encr, [ALG_PRF] = &o->prf,
		[ALG_INTEG] = &o->integ, [ALG_KE] = &o->ke,
		[ALG_ESN] = &o->esn,
	};

	for (size_t i = 0; i < ps->n; i++) {
		require(ps->p[i].number == i + 1 && !ps->p[i].unusable);
		for (size_t k = 0; k < ps->p[i].n; k++) {
			const struct transform *t = &ps->p[i].t[k];
			const struct alg *a = alg_find(t->type, t->id,
			    t->key_bits);

			if (t->type >= ALG_ADDKE1) {
				require(memchr(o->addke->alt[t->type -
				    ALG_ADDKE1], addke_code(alg_find(ALG_KE,
				    t->id, 0)), ADDKE_ALTS) != NULL);
				continue;
			}
			require(a != NULL && !t->unusable);
			require(list_has(lists[t->type], a) ||
			    (t->type == ALG_ESN && o->esn.n == 0 &&
			    t->id == ESN_NO));
		}
	}
}

/* Our best of an offer of ours, written as an answer, passes as one. */
static void
answer_round_trip(const struct offer *o, struct bytes spi,
    const struct choice *c)
{
	uint8_t buf[512];
	struct wr w = wr_of(buf, sizeof(buf));
	struct proposals ps;
	struct choice got;

	proposal_encode_chosen(&w, &c->suite, o->proto, c->number, spi);
	require(!w.bad);
	require(proposal_decode(wr_done(&w), &ps) == N_NONE);
	require(proposal_accept(&ps, o, spi.n, &got));
	require(got.number == c->number && bytes_eq(got.spi, spi));
	require(memcmp(&got.suite, &c->suite, sizeof(got.suite)) == 0);
}

static void
offer_round_trip(const struct proposal *p)
{
	struct addke addke = { 0 };
	struct offer o = offer_from(p, &addke);
	static uint8_t buf[4096];
	struct wr w = wr_of(buf, sizeof(buf));
	struct proposals ps;
	struct choice c;

	if (o.proto != PROTO_IKE && o.proto != PROTO_ESP)
		return;
	proposal_encode(&w, &o, p->spi);
	require(!w.bad);
	if (w.n == 0)
		return;			/* no cipher that we could use */
	require(proposal_decode(wr_done(&w), &ps) == N_NONE);
	require_same(&ps, &o);
	if (proposal_choose(&ps, &o, p->spi.n, &c)) {
		answer_round_trip(&o, p->spi, &c);
		offer_prefer(&o, &c.suite);
		require(alg_at(o.encr.row[0]) == c.suite.encr);
	}
}

static void
try_sa(struct bytes sa)
{
	struct proposals ps;
	struct reason why;

	if (proposal_decode(sa, &ps) != N_NONE)
		return;
	for (size_t i = 0; i < ps.n; i++) {
		struct addke addke = { 0 };
		struct offer o = offer_from(&ps.p[i], &addke);

		offer_round_trip(&ps.p[i]);
		proposal_explain(&ps, &o, &why);
	}
}

/* decode(encode(x)) == x, and narrowing to itself loses and adds nothing. */
static void
try_ts(struct bytes body)
{
	uint8_t buf[4 + 40 * TS_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct ts_list l, again, once, twice;

	if (ts_decode(body, &l) != N_NONE || l.n == 0)
		return;
	ts_encode(&w, &l);
	require(!w.bad);
	require(ts_decode(wr_done(&w), &again) == N_NONE);
	require(again.n == l.n);
	require(ts_within(&again, &l) && ts_within(&l, &again));
	for (size_t i = 0; i < l.n; i++)
		require(again.ts[i].proto == l.ts[i].proto &&
		    again.ts[i].port_lo == l.ts[i].port_lo &&
		    again.ts[i].port_hi == l.ts[i].port_hi &&
		    addr_eq(&again.ts[i].lo, &l.ts[i].lo) &&
		    addr_eq(&again.ts[i].hi, &l.ts[i].hi));
	ts_narrow(&l, &l, &once);
	require(once.n > 0 && ts_within(&once, &l));
	ts_narrow(&once, &once, &twice);
	require(ts_within(&twice, &once) && ts_within(&once, &twice));
}

/* What was read once is read the same again, if it was not so at first. */
static void
try_again(const struct cert *c)
{
	struct reason why;
	struct cert *again = cert_read(cert_der(c), &why);

	require(again != NULL && bytes_eq(cert_der(again), cert_der(c)));
	cert_free(again);
}

/* Nobody is believed, whatever comes. */
static void
try_certificates(const struct msg *m)
{
	const struct trust_policy policy = { .crl = TRUST_CRL_REQUIRED };
	struct cert_chain chain = { 0 };
	struct trust_verdict verdict;
	struct sig_used used;
	struct cert_info info;
	struct reason why;

	require(m->certs_n <= CERT_CHAIN_MAX + 1);
	require(m->certreqs_n <= CERTREQS_MAX);
	if (m->certs_n == 0 || m->certs_n > CERT_CHAIN_MAX ||
	    !cert_chain_read(&chain, m->certs, m->certs_n, &why))
		return;
	require(chain.n > 0 && chain.n <= m->certs_n);
	for (size_t i = 0; i < chain.n; i++) {
		try_again(chain.cert[i]);
		cert_info(chain.cert[i], &info);
	}
	require(!trust_verify(nobody, &chain, 1800000000, &policy, &verdict));
	require(verdict.result != TRUST_OK && verdict.why.s[0] != '\0');
	cert_has_id(chain.cert[0], m->idi.type, m->idi.data, &why);
	sig_verify(chain.cert[0], m->auth.method, m->auth.data, m->nonce, 0,
	    &used, &why);
	cert_chain_fini(&chain);
}

static void
try_notifies(const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_SIGNATURE_HASH_ALGORITHMS);
	unsigned set = 0;

	if (n != NULL && sig_hashes_read(n->data, &set))
		require(set != 0 && n->data.n % 2 == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(bytes_of(data, size));
	uint8_t first = rd_u8(&r), exchange = rd_u8(&r);
	bool response = (rd_u8(&r) & 1) != 0;
	struct msg m = { 0 };
	uint16_t verdict;

	if (nobody == NULL)
		require(crypto_init() && (nobody = trust_new()) != NULL);
	if (r.bad)
		return 0;
	verdict = payload_decode(first, rd_rest(&r), 0, &m);
	require(verdict == N_NONE || verdict == N_INVALID_SYNTAX ||
	    (verdict == N_UNSUPPORTED_CRITICAL_PAYLOAD && m.critical != 0));
	if (verdict != N_NONE)
		return 0;
	verdict = rules_check(exchange, response, &m);
	require(verdict == N_NONE || verdict == N_INVALID_SYNTAX ||
	    verdict == N_AUTHENTICATION_FAILED);
	if (verdict == N_NONE)
		require((m.seen & (PL_BIT(PL_SK) | PL_BIT(PL_SKF))) == 0);
	try_sa(m.sa);
	try_ts(m.tsi);
	try_ts(m.tsr);
	try_certificates(&m);
	try_notifies(&m);
	return 0;
}
