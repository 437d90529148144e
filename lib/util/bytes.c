/*
 * Bounded reading and writing of wire bytes.  Every parser and encoder of the
 * project goes through these few functions; no other code does arithmetic on
 * pointers into packets.
 */
#include "util/bytes.h"

#include <string.h>

struct bytes
bytes_of(const void *p, size_t n)
{
	return (struct bytes){ .p = p, .n = n };
}

struct bytes
bytes_str(const char *s)
{
	return bytes_of(s, strlen(s));
}

bool
bytes_eq(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int
bytes_cmp(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

struct rd
rd_of(struct bytes b)
{
	return (struct rd){ .p = b.p, .n = b.n };
}

/* The next n octets, or NULL after turning the reader bad. */
static const uint8_t *
rd_take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || r->n < n) {
		r->bad = true;
		r->n = 0;
		return NULL;
	}
	if (n > 0)
		r->p += n;
	r->n -= n;
	return p;
}

static uint64_t
rd_be(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint16_t
rd_u16(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

uint64_t
rd_u64(struct rd *r)
{
	return rd_be(r, 8);
}

struct bytes
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	if (r->bad)
		return (struct bytes){ 0 };
	return (struct bytes){ .p = p, .n = n };
}

struct bytes
rd_rest(struct rd *r)
{
	return rd_bytes(r, r->n);
}

void
rd_copy(struct rd *r, void *to, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	if (r->bad)
		memset(to, 0, n);
	else if (n > 0)
		memcpy(to, p, n);
}

struct rd
rd_sub(struct rd *r, size_t n)
{
	struct rd sub = rd_of(rd_bytes(r, n));

	sub.bad = r->bad;
	return sub;
}

bool
rd_done(const struct rd *r)
{
	return !r->bad && r->n == 0;
}

struct wr
wr_of(void *p, size_t cap)
{
	return (struct wr){ .p = p, .cap = cap };
}

uint8_t *
wr_space(struct wr *w, size_t n)
{
	uint8_t *p;

	if (w->bad || w->cap - w->n < n) {
		w->bad = true;
		return NULL;
	}
	p = w->n > 0 ? w->p + w->n : w->p;	/* w->p may be NULL */
	w->n += n;
	return p;
}

static void
be_put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

static void
wr_be(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_space(w, n);

	if (p != NULL)
		be_put(p, v, n);
}

void
wr_u8(struct wr *w, uint8_t v)
{
	wr_be(w, v, 1);
}

void
wr_u16(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

void
wr_u32(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void
wr_u64(struct wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

void
wr_bytes(struct wr *w, struct bytes b)
{
	uint8_t *p = wr_space(w, b.n);

	if (p != NULL && b.n > 0)
		memcpy(p, b.p, b.n);
}

void
wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_space(w, n);

	if (p != NULL)
		memset(p, 0, n);
}

static void
wr_patch(struct wr *w, size_t at, uint64_t v, size_t n)
{
	if (w->bad || at > w->n || w->n - at < n)
		w->bad = true;
	else
		be_put(w->p + at, v, n);
}

void
wr_patch_u8(struct wr *w, size_t at, uint8_t v)
{
	wr_patch(w, at, v, 1);
}

void
wr_patch_u16(struct wr *w, size_t at, uint16_t v)
{
	wr_patch(w, at, v, 2);
}

void
wr_patch_u32(struct wr *w, size_t at, uint32_t v)
{
	wr_patch(w, at, v, 4);
}

void
wr_patch_bytes(struct wr *w, size_t at, struct bytes b)
{
	if (w->bad)
		return;
	if (at > w->n || b.n > w->n - at)
		w->bad = true;
	else if (b.n > 0)
		memcpy(w->p + at, b.p, b.n);
}

struct bytes
wr_done(const struct wr *w)
{
	if (w->bad)
		return (struct bytes){ 0 };
	return bytes_of(w->p, w->n);
}
