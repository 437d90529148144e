/*
 * Records of IKE SAs that an engine has left (ike/keep.h), as one would leave
 * them that somebody had taken over.  The digest of the tunnel is made right, so
 * that what is behind it counts.  What is refused leaves nothing; what is taken
 * can be kept again, is read as the same SAs, and lives through the next minute
 * of a host that answers everything.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/keep.h"
#include "offer_all.h"

#define RULES_AT	1	/* behind the version */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct instant start = { INT64_C(1000) * 1000000000 };

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static struct ts_list
anything(void)
{
	struct ts_list l = { .n = 2 };
	struct prefix p;

	require(prefix_parse(&p, "0.0.0.0/0"));
	l.ts[0] = ts_prefix(&p);
	require(prefix_parse(&p, "::/0"));
	l.ts[1] = ts_prefix(&p);
	return l;
}

static struct ike *
instance(struct drbg *drbg)
{
	const struct ike_limits limits = {
		.sas = 20, .half_open = 10, .half_open_per_peer = 10,
		.cookie_above = 10,
	};
	const struct ike_peer_conf conf = {
		.id = 1, .ike = offer_all(PROTO_IKE, true),
		.esp = offer_all(PROTO_ESP, true),
		.local_ts = anything(), .remote_ts = anything(),
		.ike_lifetime = span_s(28800), .child_lifetime = span_s(3600),
		.rekey_margin = span_s(270), .dpd = true,
		.dpd_timeout = span_s(30), .fragmentation = true,
		.fragment_size = 1280, .message_id_sync = true,
		.resumption = true,
	};
	struct ike *ike = ike_new(&limits, drbg);

	require(ike != NULL && ike_peer_add(ike, &conf));
	return ike;
}

/* Half of what it asks for is there. */
static void
host(struct ike *ike, struct instant now)
{
	struct ike_out out;
	unsigned n = 0;

	while (ike_next(ike, &out)) {
		uint32_t token = out.token;
		bool asks = out.kind == IKE_OUT_SA_HOLD ||
		    out.kind == IKE_OUT_SA_ADD;

		if (out.kind == IKE_OUT_SA_ADD)
			require(out.esp.encr.n > 0);
		ike_out_fini(&out);
		if (asks)
			ike_installed(ike, now, token,
			    n++ % 3 == 2 ? "it is not there" : NULL);
	}
}

static void
live(struct ike *ike)
{
	struct instant now = start;

	host(ike, now);
	for (int i = 0; i < 60; i++) {
		now = instant_after(now, span_s(1));
		ike_tick(ike, now);
		host(ike, now);
		if (i == 20)
			ike_peer_rekey(ike, now, 1, true);
	}
}

/* What is kept of it says the same. */
static void
keep_again(const struct ike *ike, const struct keep *was)
{
	static uint8_t buf[IKE_KEEP_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct keep *is = calloc(1, sizeof(*is));

	require(is != NULL && ike_keep(ike, 1, &w));
	require(keep_decode(wr_done(&w), is));
	require(is->n == was->n);
	for (unsigned i = 0; i < is->n; i++) {
		unsigned k = 0;

		while (k < was->n && was->sa[k].sa.spi_i !=
		    is->sa[i].sa.spi_i)
			k++;
		require(k < was->n);
		require(was->sa[k].sa.x.out_mid == is->sa[i].sa.x.out_mid);
		require(was->sa[k].sa.x.in_mid == is->sa[i].sa.x.in_mid);
		/* It may have had something to say at once. */
		require(!was->sa[k].counting || is->sa[i].iv -
		    (was->sa[k].iv + KEEP_IV_GAP) < 16);
	}
	free(is);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct keep *was = calloc(1, sizeof(*was));
	uint8_t *record = malloc(size + 1);
	unsigned sas, children;
	struct reason why;
	struct drbg drbg;
	struct ike *ike;

	require(crypto_init() && was != NULL && record != NULL);
	drbg_seed(&drbg, seed);
	ike = instance(&drbg);
	memcpy(record, data, size);
	if (size >= RULES_AT + TICKET_DIGEST)
		memcpy(record + RULES_AT, table_peer(ike, 1)->tickets.rules,
		    TICKET_DIGEST);
	if (ike_adopt(ike, start, 1, bytes_of(record, size), &why)) {
		require(keep_decode(bytes_of(record, size), was));
		keep_again(ike, was);
		live(ike);
	} else {
		ike_count(ike, &sas, &children);
		require(sas == 0 && children == 0 && why.s[0] != '\0');
	}
	ike_free(ike);
	free(record);
	free(was);
	return 0;
}
