/*
 * RFC 7383 on both sides.  Splitting (section 2.5): every fragment but the
 * last is as long as fits; the first one names the type of the first inner
 * payload, the others none.  Gathering (section 2.6): one message at a time,
 * bounded in octets and in fragments; what is kept has been authenticated by
 * the caller.
 *
 * It does not decide which messages may be fragmented, and does no path MTU
 * discovery (section 2.5.2): the size is configured.
 */
#include "ike/frag.h"

#include <stdlib.h>
#include <string.h>

#include "util/secret.h"

#define SKF_LEN		8	/* generic header, number, total */

struct piece {
	uint8_t		*b;		/* NULL: missing */
	size_t		n;
};

struct frag {
	uint8_t		exchange;
	uint8_t		first;
	uint16_t	total, have;
	size_t		n;		/* octets of all pieces */
	struct instant	until;
	uint8_t		*whole;		/* joined; NULL until then */
	struct piece	piece[];
};

/* --- gathering --- */

bool
frag_wants(const struct frag *f, const struct frag_part *p)
{
	if (p->number == 0 || p->number > p->total ||
	    p->total > FRAG_TOTAL_MAX)
		return false;
	if (f == NULL)
		return true;
	if (p->exchange != f->exchange || p->total < f->total)
		return false;
	return p->total > f->total || f->piece[p->number - 1].b == NULL;
}

struct instant
frag_until(const struct frag *f)
{
	return f == NULL ? INSTANT_NEVER : f->until;
}

static size_t
frame_size(unsigned total)
{
	return sizeof(struct frag) + total * sizeof(struct piece);
}

static void
piece_free(uint8_t *b, size_t n)
{
	if (b != NULL)
		wipe(b, n);
	free(b);
}

void
frag_drop(struct frag **at, size_t *pool)
{
	struct frag *f = *at;

	if (f == NULL)
		return;
	for (size_t i = 0; i < f->total; i++)
		piece_free(f->piece[i].b, f->piece[i].n);
	piece_free(f->whole, f->n);
	*pool -= frame_size(f->total) + f->n;
	free(f);
	*at = NULL;
}

/* The frame for a message of so many fragments, if the pool has room. */
static struct frag *
frame_new(const struct frag_part *p, size_t *pool, size_t most,
    struct instant until)
{
	size_t size = frame_size(p->total);
	struct frag *f;

	if (*pool + size > most)
		return NULL;
	f = calloc(1, size);
	if (f == NULL)
		return NULL;
	f->exchange = p->exchange;
	f->total = p->total;
	f->until = until;
	*pool += size;
	return f;
}

static bool
keep(struct frag *f, const struct frag_part *p, size_t *pool, size_t most)
{
	struct piece *piece = &f->piece[p->number - 1];

	if (*pool + p->plain.n > most)
		return false;
	piece->b = malloc(p->plain.n + 1);
	if (piece->b == NULL)
		return false;
	if (p->plain.n > 0)
		memcpy(piece->b, p->plain.p, p->plain.n);
	piece->n = p->plain.n;
	f->n += p->plain.n;
	f->have++;
	if (p->number == 1)
		f->first = p->first;
	*pool += p->plain.n;
	return true;
}

bool
frag_add(struct frag **at, const struct frag_part *p, size_t *pool,
    size_t most, struct instant until)
{
	if (!frag_wants(*at, p))
		return false;
	if (*at != NULL && p->total > (*at)->total)
		frag_drop(at, pool);
	if (*at == NULL)
		*at = frame_new(p, pool, most, until);
	if (*at == NULL)
		return false;
	if ((*at)->n + p->plain.n > IKE_MSG_MAX) {
		frag_drop(at, pool);
		return false;
	}
	if (keep(*at, p, pool, most))
		return true;
	if ((*at)->have == 0)
		frag_drop(at, pool);
	return false;
}

bool
frag_join(struct frag *f, uint8_t *first, struct bytes *plain)
{
	struct wr w;

	if (f == NULL || f->have < f->total)
		return false;
	if (f->whole == NULL)
		f->whole = malloc(f->n + 1);
	if (f->whole == NULL)
		return false;
	w = wr_of(f->whole, f->n);
	for (size_t i = 0; i < f->total; i++)
		wr_bytes(&w, bytes_of(f->piece[i].b, f->piece[i].n));
	*first = f->first;
	*plain = wr_done(&w);
	return true;
}

/* --- splitting --- */

/* The longest plaintext that a fragment of so many octets has room for. */
static size_t
piece_max(const struct seal *seal, size_t room)
{
	size_t fixed = HDR_LEN + SKF_LEN, n;

	if (room > IKE_MSG_MAX || room < fixed + seal_overhead(seal, 0))
		return 0;
	/* A plaintext of no octets is padded the most. */
	n = room - fixed - seal_overhead(seal, 0);
	while (fixed + n + 1 + seal_overhead(seal, n + 1) <= room)
		n++;
	return n;
}

static bool
write_one(struct wr *w, const struct build *b, struct drbg *drbg,
    const struct frag_part *p)
{
	size_t at = w->n, sealed = p->plain.n + seal_overhead(b->seal,
	    p->plain.n), aad = HDR_LEN + SKF_LEN;
	uint8_t *rest;

	wr_bytes(w, bytes_of(b->w.p, HDR_LEN));
	wr_patch_u8(w, at + HDR_NEXT_AT, PL_SKF);
	wr_patch_u32(w, at + HDR_LENGTH_AT, (uint32_t)(aad + sealed));
	wr_u8(w, p->first);
	wr_u8(w, 0);
	wr_u16(w, (uint16_t)(SKF_LEN + sealed));
	wr_u16(w, p->number);
	wr_u16(w, p->total);
	rest = wr_space(w, sealed);
	if (rest == NULL)
		return false;
	if (p->plain.n > 0)
		memcpy(rest + seal_iv_len(b->seal), p->plain.p, p->plain.n);
	return seal_protect(b->seal, drbg, w->p + at, aad, p->plain.n);
}

/* All of them, as long as each may be. */
static bool
write_all(struct wr *w, const struct build *b, struct drbg *drbg,
    struct bytes plain, size_t most, unsigned total)
{
	uint8_t first = b->w.p[b->sk_at];
	struct rd r = rd_of(plain);

	for (unsigned i = 1; i <= total; i++) {
		/* Section 2.5: the rest have a Next Payload of zero. */
		struct frag_part p = {
			.first = i == 1 ? first : PL_NONE,
			.number = (uint16_t)i, .total = (uint16_t)total,
			.plain = rd_bytes(&r, r.n < most ? r.n : most),
		};

		if (!write_one(w, b, drbg, &p))
			return false;
	}
	return rd_done(&r);
}

bool
frag_end(struct build *b, struct drbg *drbg, size_t room, uint8_t **out,
    size_t *n)
{
	struct bytes plain = build_inside(b);
	size_t most, total;
	uint8_t *buf;
	struct wr w;
	bool ok;

	/* Section 2.5.3: no message has anything outside of SK as well. */
	if (plain.p == NULL || b->sk_at != HDR_LEN)
		return false;
	most = piece_max(b->seal, room);
	total = most == 0 ? 0 : plain.n == 0 ? 1 : (plain.n + most - 1) / most;
	if (total == 0 || total > FRAG_TOTAL_MAX)
		return false;
	buf = malloc(total * room);
	if (buf == NULL)
		return false;
	w = wr_of(buf, total * room);
	ok = write_all(&w, b, drbg, plain, most, (unsigned)total);
	wipe(b->w.p + HDR_LEN, b->w.n - HDR_LEN);
	if (!ok) {
		free(buf);
		return false;
	}
	*n = w.n;
	*out = realloc(buf, w.n);
	if (*out == NULL)
		*out = buf;
	return true;
}
