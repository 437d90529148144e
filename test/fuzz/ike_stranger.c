/*
 * A whole datagram as a stranger sends it, to an instance that takes anybody:
 * whatever it is, no more octets go out than came in.  What the decoders make
 * of it is in ike_message.c.
 */
#include <stdlib.h>

#include "crypto/prf.h"
#include "fuzz/offer_all.h"
#include "ike/ike.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* The sender's address is not proven: it may be somebody else's. */
static void
try_instance(struct bytes all, bool cookies, bool drained)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	const struct ike_limits limits = {
		.sas = 10, .half_open = 10, .half_open_per_peer = 10,
		.cookie_above = cookies ? 0 : 10,
	};
	/* RFC 9370, for whoever does it. */
	static const struct addke more = {
		.n = { 3 }, .alt = { { 18, 20, ADDKE_NONE } },
	};
	struct ike_peer_conf conf = {
		.id = 1, .ike = offer_all(PROTO_IKE, true),
		.esp = offer_all(PROTO_ESP, true),
		.dpd_timeout = span_s(30), .resumption = true,
	};
	const struct addr other = { ADDR_IPV6, { 0x20, 1 } };
	struct path path = { .local = { .port = 500 }, .remote = { .port =
	    500 } };
	uint8_t reply[IKE_SCREEN_MAX];
	struct ticket_keys keys;
	struct ike_out out;
	struct drbg drbg;
	struct ike *ike;
	size_t n = 0;

	conf.ike.addke = &more;
	drbg_seed(&drbg, seed);
	addr_parse(&path.local.addr, "192.0.2.1");
	addr_parse(&path.remote.addr, "192.0.2.2");
	ike = ike_new(&limits, &drbg);
	require(ike != NULL && ike_peer_add(ike, &conf));
	ticket_keys_init(&keys, seed, (struct instant){ 0 });
	ike_tickets(ike, &keys);
	ike_peer_drain(ike, (struct instant){ 1 }, conf.id, drained, &other);
	ike_datagram(ike, (struct instant){ 1 }, &path, all);
	while (ike_next(ike, &out)) {
		if (out.kind == IKE_OUT_DATAGRAM)
			n += out.n;
		ike_out_fini(&out);
	}
	require(n <= all.n);
	/* Again, now that cookies may have been asked for. */
	require(!ike_screen(ike, (struct instant){ 1 }, &path, all, reply,
	    &n) || (cookies && n <= all.n));
	ike_free(ike);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes all = bytes_of(data, size);

	require(crypto_init());
	try_instance(all, false, false);
	try_instance(all, true, false);
	try_instance(all, false, true);
	return 0;
}
