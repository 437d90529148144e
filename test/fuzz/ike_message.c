/*
 * A whole datagram as a stranger sends it: header, payload chain, the table of
 * exchanges, and then every inner decoder on whatever was found, with choice,
 * narrowing and the texts that operators read.  What an instance does with one
 * is in ike_stranger.c.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/offer_all.h"
#include "ike/redirect.h"
#include "ike/rules.h"
#include "ike/ts.h"
#include "util/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* Views point into the message, or are empty. */
static void
require_inside(struct bytes view, struct bytes all)
{
	require(view.n == 0 || (view.p >= all.p && view.n <= all.n &&
	    (size_t)(view.p - all.p) <= all.n - view.n));
}

static void
try_offer(const struct proposals *ps, const struct offer *o, size_t spi_n)
{
	struct choice c = { 0 }, answer = { 0 };
	char text[SUITE_STRLEN];
	bool chosen = proposal_choose(ps, o, spi_n, &c);

	if (chosen) {
		require(c.suite.encr != NULL && c.spi.n == spi_n);
		require((c.suite.prf != NULL) == (o->proto == PROTO_IKE));
		require((c.suite.ke != NULL) == (o->ke.n > 0));
		require(offer_has_addke(o, &c.suite));
		require((c.suite.integ == NULL) ==
		    ((c.suite.encr->flags & ALG_AEAD) != 0));
		suite_str(&c.suite, text);
	}
	/* an answer that passes is one that we would have chosen */
	if (proposal_accept(ps, o, spi_n, &answer))
		require(chosen && answer.number == c.number &&
		    memcmp(&answer.suite, &c.suite, sizeof(c.suite)) == 0);
}

static void
try_explain(const struct proposals *ps, const struct offer *o)
{
	struct reason why;

	proposal_explain(ps, o, &why);
	require(memchr(why.s, '\0', sizeof(why.s)) != NULL);
}

static void
try_sa(struct bytes sa)
{
	static const size_t spi_sizes[] = { 0, 4, 8 };
	static const enum offer_order orders[] = {
		ORDER_OURS, ORDER_PEER, ORDER_AWS,
	};
	/* Any of some in one slot, one of two in the next. */
	static const struct addke more = {
		.n = { 3, 2 },
		.alt = { { 18, 20, ADDKE_NONE }, { 19, 20 } },
	};
	struct offer ike = offer_all(PROTO_IKE, true);
	struct offer esp = offer_all(PROTO_ESP, true);
	struct offer bare = offer_all(PROTO_ESP, false), multi = ike;
	const struct offer *const all[] = { &ike, &esp, &bare, &multi };
	struct proposals ps;

	multi.addke = &more;
	if (proposal_decode(sa, &ps) != N_NONE)
		return;
	require(ps.n >= 1 && ps.n <= PROPOSALS_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		try_explain(&ps, all[i]);
	for (size_t i = 0; i < ARRAY_SIZE(spi_sizes); i++) {
		for (unsigned k = 0; k < ARRAY_SIZE(orders); k++) {
			ike.order = esp.order = bare.order = orders[k];
			multi.order = orders[k];
			for (size_t n = 0; n < ARRAY_SIZE(all); n++)
				try_offer(&ps, all[n], spi_sizes[i]);
		}
	}
}

static void
try_ts(struct bytes body)
{
	struct prefix net = { .addr = { ADDR_IPV4, { 10 } }, .len = 8 };
	struct ts_list theirs, ours = { 0 }, both;
	char text[512];

	if (ts_decode(body, &theirs) != N_NONE)
		return;
	require(theirs.n <= TS_MAX);
	ours.ts[ours.n++] = ts_prefix(&net);
	net = (struct prefix){ .addr = { .family = ADDR_IPV6 } };
	ours.ts[ours.n++] = ts_prefix(&net);
	ts_narrow(&theirs, &ours, &both);
	require(both.n <= TS_MAX);
	require(both.n == 0 || ts_within(&both, &theirs));
	require(both.n == 0 || ts_within(&both, &ours));
	for (size_t i = 0; i < both.n; i++) {
		const struct prefix p = ts_net(&both.ts[i]);
		const struct addr last = prefix_last(&p);

		require(addr_eq(&p.addr, &both.ts[i].lo));
		require(addr_eq(&last, &both.ts[i].hi));
	}
	ts_str(&theirs, text, sizeof(text));
	ts_str(&both, text, 16);
}

/* What is read of a gateway is written the same way. */
static void
try_redirect(struct bytes data)
{
	uint8_t again[2 + 16 + UINT16_MAX];
	struct wr w = wr_of(again, sizeof(again));
	char text[REDIRECT_NAMELEN];
	struct redirect_to g;

	if (!redirect_decode(data, &g))
		return;
	require_inside(g.name, data);
	require_inside(g.nonce, data);
	require(strlen(redirect_str(&g, text)) < sizeof(text));
	if (!addr_is_set(&g.addr))
		return;
	redirect_encode(&w, &g.addr, g.nonce);
	require(bytes_eq(wr_done(&w), data));
}

static void
check_msg(const struct msg *m, struct bytes all)
{
	const struct bytes views[] = {
		m->chain, m->sa, m->nonce, m->tsi, m->tsr, m->sk, m->ke.data,
		m->idi.data, m->idi.body, m->idr.data, m->idr.body,
		m->auth.data,
	};

	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		require_inside(views[i], all);
	for (size_t i = 0; i < m->notifies_n; i++) {
		require_inside(m->notifies[i].spi, all);
		require_inside(m->notifies[i].data, all);
		require(notify_str(m->notifies[i].type) != NULL);
		try_redirect(m->notifies[i].data);
		require(m->notifies[i].spi.n > 0 || m->notifies[i].proto == 0);
	}
	for (size_t i = 0; i < m->deletes_n; i++) {
		const struct pl_delete *d = &m->deletes[i];

		require_inside(d->spis, all);
		require(d->spis.n == (size_t)d->n * d->spi_size);
	}
	if ((m->seen & (PL_BIT(PL_SK) | PL_BIT(PL_SKF))) != 0)
		require(m->sk_at + m->sk.n == all.n);
	require(((m->seen & PL_BIT(PL_SKF)) != 0) == (m->frag_total != 0));
	require(m->frag_number <= m->frag_total);
	require((m->frag_number == 0) == (m->frag_total == 0));
	if ((m->seen & PL_BIT(PL_NONCE)) != 0)
		require(m->nonce.n >= NONCE_MIN && m->nonce.n <= NONCE_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes all = bytes_of(data, size);
	struct rd r = rd_of(all);
	uint8_t again[HDR_LEN];
	struct wr w = wr_of(again, sizeof(again));
	struct msg m;
	struct hdr h;

	if (!hdr_decode(all, &h))
		return 0;
	hdr_encode(&w, &h);
	require(!w.bad && memcmp(again, data, HDR_LEN) == 0);
	hdr_exchange_str(h.exchange);
	rd_bytes(&r, HDR_LEN);
	if (payload_decode(h.next, rd_rest(&r), HDR_LEN, &m) != N_NONE)
		return 0;
	check_msg(&m, all);
	rules_check(h.exchange, (h.flags & HDR_RESPONSE) != 0, &m);
	try_sa(m.sa);
	try_ts(m.tsi);
	try_ts(m.tsr);
	return 0;
}
