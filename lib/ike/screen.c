/*
 * Strangers turned away early.  While cookies are asked of everybody (RFC 7296
 * section 2.6) an IKE_SA_INIT request without one gets the answer that input.c
 * and x_init_resp.c would give it, for as little as can be: only what a cookie
 * is made of is looked at, nothing is allocated, nothing is kept and no event
 * is told.  Whatever is in any way unusual goes the whole way.
 */
#include <string.h>

#include "ike/build.h"
#include "ike/table.h"
#include "ike/x_init.h"

#define NEEDED	(PL_BIT(PL_SA) | PL_BIT(PL_KE) | PL_BIT(PL_NONCE))
#define ALLOWED	(NEEDED | PL_BIT(PL_NOTIFY) | PL_BIT(PL_VENDOR))

static bool
is_bare_opening(struct bytes raw, struct hdr *h)
{
	return raw.n <= X_INIT_OPENING_MAX && hdr_decode(raw, h) &&
	    h->version >> 4 == 2 && h->exchange == IKE_SA_INIT &&
	    (h->flags & (HDR_INITIATOR | HDR_RESPONSE)) == HDR_INITIATOR &&
	    h->spi_i != 0 && h->spi_r == 0 && h->mid == 0;
}

static bool
is_cookie(struct bytes notify)
{
	struct rd r = rd_of(notify);

	rd_u16(&r);
	return rd_u16(&r) == N_COOKIE && !r.bad;
}

/* May this payload stand in such a request, behind those that were seen? */
static bool
is_usual(uint8_t type, struct bytes body, uint32_t seen)
{
	if (type < PL_SA || type > PL_SKF || (PL_BIT(type) & ALLOWED) == 0)
		return false;
	return type == PL_NOTIFY ? !is_cookie(body) :
	    (PL_BIT(type) & NEEDED & seen) == 0;
}

/*
 * The nonce of a request that has what it needs, each of it once, and nothing
 * that is critical, a cookie, or not for such a request; else empty.
 */
static struct bytes
nonce_of(struct bytes raw, uint8_t next)
{
	struct bytes nonce = { 0 };
	struct rd r = rd_of(raw);
	uint32_t seen = 0;

	rd_bytes(&r, HDR_LEN);
	for (int i = 0; i < PAYLOADS_MAX && next != PL_NONE && !r.bad; i++) {
		uint8_t type = next, flags;
		uint16_t len;
		struct bytes body;

		next = rd_u8(&r);
		flags = rd_u8(&r);
		len = rd_u16(&r);
		if (flags != 0 || len < BUILD_GENERIC_LEN)
			return (struct bytes){ 0 };
		body = rd_bytes(&r, len - BUILD_GENERIC_LEN);
		if (!is_usual(type, body, seen))
			return (struct bytes){ 0 };
		if (type == PL_NONCE)
			nonce = body;
		seen |= PL_BIT(type);
	}
	if (r.bad || r.n != 0 || next != PL_NONE || (seen & NEEDED) != NEEDED ||
	    nonce.n < NONCE_MIN || nonce.n > NONCE_MAX)
		return (struct bytes){ 0 };
	return nonce;
}

/* RFC 3948 section 2.2: behind the non-ESP marker, where there is one. */
static size_t
write_reply(const struct ike *ike, const struct path *path,
    const struct hdr *h, struct bytes cookie,
    uint8_t out[static IKE_SCREEN_MAX])
{
	size_t marker = path->local.port == IKE_PORT_NATT ? 4 : 0;
	const struct hdr answer = {
		.spi_i = h->spi_i, .version = HDR_VERSION,
		.exchange = IKE_SA_INIT, .flags = HDR_RESPONSE,
	};
	struct build b;
	size_t n;

	memset(out, 0, marker);
	build_begin(&b, out + marker, IKE_SCREEN_MAX - marker, &answer);
	build_notify(&b, N_COOKIE, cookie);
	n = build_end(&b, ike->drbg).n;
	/* Never more octets out than in: whoever asked may be another. */
	return n == 0 || n > h->length ? 0 : marker + n;
}

bool
ike_screen(struct ike *ike, struct instant now, const struct path *path,
    struct bytes datagram, uint8_t reply[static IKE_SCREEN_MAX], size_t *n)
{
	struct rd r = rd_of(datagram);
	uint8_t cookie[COOKIE_LEN];
	struct bytes raw, nonce;
	struct hdr h;

	if (ike->half_open < ike->limits.cookie_above || !ike->jar_ready ||
	    (path->local.port == IKE_PORT_NATT && rd_u32(&r) != 0))
		return false;
	raw = rd_rest(&r);
	if (r.bad || !is_bare_opening(raw, &h))
		return false;
	nonce = nonce_of(raw, h.next);
	if (nonce.n == 0 || x_init_find(ike, path, h.spi_i) != NULL ||
	    !cookie_make(&ike->jar, ike->drbg, now, nonce, &path->remote,
	    h.spi_i, cookie))
		return false;
	*n = write_reply(ike, path, &h, bytes_of(cookie, COOKIE_LEN), reply);
	return true;
}
