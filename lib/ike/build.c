/*
 * The encoder of whole messages (RFC 7296 sections 3.1, 3.2, 3.14).  A message
 * that does not fit turns the writer bad and ends as an empty one.
 */
#include "ike/build.h"

void
build_begin(struct build *b, uint8_t *buf, size_t cap, const struct hdr *h)
{
	*b = (struct build){ .w = wr_of(buf, cap), .next_at = HDR_NEXT_AT };
	hdr_encode(&b->w, h);
	wr_patch_u8(&b->w, b->next_at, PL_NONE);
}

/* A payload's length field; what it cannot express does not fit. */
static void
build_length(struct build *b, size_t at, size_t len)
{
	if (len > UINT16_MAX)
		b->w.bad = true;
	wr_patch_u16(&b->w, at + 2, (uint16_t)len);
}

static void
build_close(struct build *b)
{
	if (b->body_at != 0)
		build_length(b, b->body_at, b->w.n - b->body_at);
	b->body_at = 0;
}

/* The generic header of a payload; its length follows when it is closed. */
static size_t
build_generic(struct build *b, enum payload_type type)
{
	size_t at = b->w.n;

	wr_patch_u8(&b->w, b->next_at, (uint8_t)type);
	b->next_at = at;
	wr_zero(&b->w, BUILD_GENERIC_LEN);
	return at;
}

void
build_sk(struct build *b, struct seal *seal)
{
	build_close(b);
	b->sk_at = build_generic(b, PL_SK);
	b->seal = seal;
	wr_zero(&b->w, seal_iv_len(seal));
}

struct wr *
build_payload(struct build *b, enum payload_type type)
{
	build_close(b);
	b->body_at = build_generic(b, type);
	return &b->w;
}

void
build_bytes(struct build *b, enum payload_type type, struct bytes body)
{
	wr_bytes(build_payload(b, type), body);
}

static struct wr *
build_ke_head(struct build *b, uint16_t group)
{
	struct wr *w = build_payload(b, PL_KE);

	wr_u16(w, group);
	wr_u16(w, 0);
	return w;
}

void
build_ke(struct build *b, uint16_t group, struct bytes data)
{
	wr_bytes(build_ke_head(b, group), data);
}

uint8_t *
build_ke_space(struct build *b, uint16_t group, size_t n)
{
	return wr_space(build_ke_head(b, group), n);
}

void
build_notify(struct build *b, uint16_t type, struct bytes data)
{
	struct wr *w = build_payload(b, PL_NOTIFY);

	wr_u8(w, PROTO_NONE);
	wr_u8(w, 0);
	wr_u16(w, type);
	wr_bytes(w, data);
}

void
build_notify_spi(struct build *b, uint16_t type, uint8_t proto, uint32_t spi,
    struct bytes data)
{
	struct wr *w = build_payload(b, PL_NOTIFY);

	wr_u8(w, proto);
	wr_u8(w, 4);
	wr_u16(w, type);
	wr_u32(w, spi);
	wr_bytes(w, data);
}

void
build_delete_esp(struct build *b, uint32_t spi)
{
	struct wr *w = build_payload(b, PL_DELETE);

	wr_u8(w, PROTO_ESP);
	wr_u8(w, 4);
	wr_u16(w, 1);
	wr_u32(w, spi);
}

void
build_delete_ike(struct build *b)
{
	struct wr *w = build_payload(b, PL_DELETE);

	wr_u8(w, PROTO_IKE);
	wr_u8(w, 0);
	wr_u16(w, 0);
}

struct bytes
build_inside(struct build *b)
{
	size_t at;

	build_close(b);
	if (b->w.bad || b->sk_at == 0)
		return (struct bytes){ 0 };
	at = b->sk_at + BUILD_GENERIC_LEN + seal_iv_len(b->seal);
	return bytes_of(b->w.p + at, b->w.n - at);
}

size_t
build_size(struct build *b)
{
	struct bytes plain = build_inside(b);

	if (b->w.bad)
		return 0;
	return b->sk_at == 0 ? b->w.n : b->sk_at + BUILD_GENERIC_LEN + plain.n +
	    seal_overhead(b->seal, plain.n);
}

struct bytes
build_end(struct build *b, struct drbg *drbg)
{
	size_t total = build_size(b);

	if (total == 0 || total > b->w.cap)
		return (struct bytes){ 0 };
	wr_patch_u32(&b->w, HDR_LENGTH_AT, (uint32_t)total);
	if (b->sk_at == 0)
		return wr_done(&b->w);
	build_length(b, b->sk_at, total - b->sk_at);
	if (b->w.bad || !seal_protect(b->seal, drbg, b->w.p,
	    b->sk_at + BUILD_GENERIC_LEN, build_inside(b).n))
		return (struct bytes){ 0 };
	return bytes_of(b->w.p, total);
}
