/*
 * Tickets of session resumption (RFC 5723).  The first octet says how the rest
 * is meant: as a ticket that somebody presents, or as what is inside one.  The
 * latter only comes from who has the keys, and must all the same do no harm:
 * what decodes is sealed, opened again to the same, and presented to an
 * instance for whose tunnel it is; that answers with no more than came.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/build.h"
#include "ike/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct instant now = { INT64_C(1000000000) };

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static struct ticket_keys
keys_of(void)
{
	static const uint8_t seed[TICKET_KEY] = { 5 };
	struct ticket_keys k;

	ticket_keys_init(&k, seed, (struct instant){ 0 });
	return k;
}

/* All that a suite can be made of. */
static struct offer
offer_all(void)
{
	struct offer o = { .proto = PROTO_IKE };
	struct alg_list *const lists[ALG_TYPES] = {
		[ALG_ENCR] = &o.encr, [ALG_PRF] = &o.prf,
		[ALG_INTEG] = &o.integ, [ALG_KE] = &o.ke,
	};
	const struct alg *a;

	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		struct alg_list *l = lists[a->type];

		if (l != NULL && l->n < ALGS_MAX)
			l->row[l->n++] = (uint8_t)i;
	}
	return o;
}

static void
present(struct ike *ike, struct drbg *drbg, struct bytes ticket)
{
	static const uint8_t nonce[32] = { 9 };
	struct hdr h = { .spi_i = 77, .version = HDR_VERSION,
	    .exchange = IKE_SESSION_RESUME, .flags = HDR_INITIATOR };
	uint8_t buf[8192];
	struct path path = { .local = { .port = 500 },
	    .remote = { .port = 500 } };
	struct ike_out out;
	struct bytes all;
	struct build b;
	size_t n = 0;

	addr_parse(&path.local.addr, "192.0.2.1");
	addr_parse(&path.remote.addr, "192.0.2.2");
	build_begin(&b, buf, sizeof(buf), &h);
	build_bytes(&b, PL_NONCE, bytes_of(nonce, sizeof(nonce)));
	build_notify(&b, N_TICKET_OPAQUE, ticket);
	all = build_end(&b, drbg);
	if (all.n == 0)
		return;
	ike_datagram(ike, now, &path, all);
	while (ike_next(ike, &out)) {
		if (out.kind == IKE_OUT_DATAGRAM)
			n += out.n;
		ike_out_fini(&out);
	}
	require(n <= all.n);
}

/* It is for the tunnel of this instance, so far as that can be. */
static void
try_inside(struct ike *ike, struct drbg *drbg, struct session *s)
{
	struct ticket_keys keys = keys_of();
	uint8_t sealed[TICKET_MAX];
	struct wr w = wr_of(sealed, sizeof(sealed));
	struct session got;
	enum ticket_verdict v;

	memcpy(s->rules, table_peer(ike, 1)->tickets.rules, TICKET_DIGEST);
	require(ticket_seal(&keys, drbg, now, s, &w));
	v = ticket_open(&keys, now, wr_done(&w), &got);
	require(v == TICKET_GOOD || v == TICKET_EXPIRED);
	require((v == TICKET_GOOD) == (s->expires.ns > now.ns &&
	    s->issued.ns <= now.ns));
	if (v == TICKET_GOOD) {
		require(got.sk_d.n == s->sk_d.n);
		require(memcmp(got.sk_d.b, s->sk_d.b, s->sk_d.n) == 0);
		require(got.suite.encr == s->suite.encr);
		require(got.vouch.n == s->vouch.n);
	}
	present(ike, drbg, wr_done(&w));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	const struct ike_limits limits = {
		.sas = 10, .half_open = 10, .half_open_per_peer = 10,
		.cookie_above = 10,
	};
	const struct ike_peer_conf conf = {
		.id = 1, .ike = offer_all(), .dpd_timeout = span_s(30), .resumption = true,
	};
	struct rd r = rd_of(bytes_of(data, size));
	bool inside = (rd_u8(&r) & 1) != 0;
	struct ticket_keys keys;
	struct session s;
	struct drbg drbg;
	struct ike *ike;

	require(crypto_init());
	keys = keys_of();
	drbg_seed(&drbg, seed);
	ike = ike_new(&limits, &drbg);
	require(ike != NULL && ike_peer_add(ike, &conf));
	ike_tickets(ike, &keys);
	if (!inside)
		present(ike, &drbg, rd_rest(&r));
	else if (ticket_decode(rd_rest(&r), &s))
		try_inside(ike, &drbg, &s);
	ike_free(ike);
	return 0;
}
