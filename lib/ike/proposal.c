/*
 * Security Association payloads on the wire (RFC 7296 section 3.3).  The peer's
 * proposals are decoded into plain numbers and into the set of our algorithms
 * that each of them has.  What stands on our lists is for the caller; the
 * choice is proposal_choose.c's.
 *
 *  Proposal: | last (1) | 0 | length (2) | number | protocol | SPI size | # |
 *            | SPI ... | transforms ... |
 *  Transform: | last (1) | 0 | length (2) | type | 0 | id (2) | attributes |
 */
#include "ike/proposal.h"

#include <string.h>

#define ATTR_TV		0x8000	/* section 3.3.5: value in place of length */
#define ATTR_KEY_LENGTH	(ATTR_TV | 14)
/* Transforms in one of ours. */
#define OFFER_MAX	(5 * ALGS_MAX + ADDKE_SLOTS * ADDKE_ALTS)
_Static_assert(OFFER_MAX <= TRANSFORMS_MAX, "they are counted in an octet");
_Static_assert(ALG_COUNT <= 64, "struct proposal has a set of 64 bits");
_Static_assert(ALG_TYPES_ALL <= 16, "struct proposal has a set of 16 bits");

/*
 * A transform's attributes.  Section 3.3.6: one with an attribute that we do
 * not know is unusable, others of its type are not.  So is one with two key
 * lengths or a key length of nothing.
 */
static void
decode_attributes(struct rd *r, struct transform *t)
{
	while (r->n > 0) {
		uint16_t type = rd_u16(r), value = rd_u16(r);

		if (type == ATTR_KEY_LENGTH && t->key_bits == 0 && value != 0) {
			t->key_bits = value;
			continue;
		}
		t->unusable = true;
		if ((type & ATTR_TV) == 0)
			rd_bytes(r, value);
	}
}

/* What the choice asks about a proposal, besides its order. */
static void
note_transform(struct proposal *p, struct transform *t)
{
	bool more = t->type >= ALG_ADDKE1;
	const struct alg *a = alg_find(more ? ALG_KE : (enum alg_type)t->type,
	    t->id, t->key_bits);
	uint64_t *algs = more ? &p->addke[t->type - ALG_ADDKE1] : &p->algs;

	t->row = ALG_COUNT;
	p->types |= (uint16_t)(1u << t->type);
	if (t->unusable)
		return;
	if ((t->type == ALG_INTEG || t->type == ALG_KE || more) && t->id == 0)
		p->none |= (uint16_t)(1u << t->type);
	if (a == NULL)
		return;
	t->row = (uint8_t)alg_index(a);
	*algs |= UINT64_C(1) << t->row;
}

static void
decode_transform(struct rd *r, struct proposal *p)
{
	struct transform t = { 0 };
	struct rd body;
	uint16_t len;

	rd_u8(r);
	rd_u8(r);
	len = rd_u16(r);
	if (len < 8) {
		r->bad = true;
		return;
	}
	body = rd_sub(r, len - 4u);
	t.type = rd_u8(&body);
	rd_u8(&body);
	t.id = rd_u16(&body);
	decode_attributes(&body, &t);
	if (body.bad) {
		r->bad = true;
	} else if (t.type < ALG_ENCR || t.type >= ALG_TYPES_ALL) {
		p->unusable = true;	/* section 3.3.6 */
	} else {
		note_transform(p, &t);
		p->t[p->n++] = t;	/* counted in an octet: it fits */
	}
}

static void
decode_proposal(struct rd *r, struct proposal *p)
{
	struct rd body;
	uint8_t spi_size, count;
	uint16_t len;

	rd_u8(r);
	rd_u8(r);
	len = rd_u16(r);
	if (len < 8) {
		r->bad = true;
		return;
	}
	body = rd_sub(r, len - 4u);
	p->number = rd_u8(&body);
	p->proto = rd_u8(&body);
	spi_size = rd_u8(&body);
	count = rd_u8(&body);
	p->spi = rd_bytes(&body, spi_size);
	p->unusable = false;
	p->types = p->none = 0;
	p->algs = 0;
	memset(p->addke, 0, sizeof(p->addke));
	p->n = 0;
	for (unsigned i = 0; i < count && !body.bad; i++)
		decode_transform(&body, p);
	if (!rd_done(&body))
		r->bad = true;
}

/* Two passes, since a bad payload must leave *out alone. */
uint16_t
proposal_decode(struct bytes sa, struct proposals *out)
{
	struct rd r = rd_of(sa);
	struct proposal scratch;
	size_t n;

	for (n = 0; r.n > 0; n++) {
		decode_proposal(&r, &scratch);
		if (r.bad)
			return N_INVALID_SYNTAX;
	}
	if (n == 0)
		return N_INVALID_SYNTAX;
	r = rd_of(sa);
	out->n = (uint8_t)(n < PROPOSALS_MAX ? n : PROPOSALS_MAX);
	for (size_t i = 0; i < out->n; i++)
		decode_proposal(&r, &out->p[i]);
	return N_NONE;
}

/* One to be written; alg NULL: NONE. */
struct sent {
	uint8_t		type;
	const struct alg *alg;
};

static struct sent
sent(const struct alg *a)
{
	return (struct sent){ (uint8_t)a->type, a };
}

static struct sent
sent_addke(unsigned slot, uint8_t code)
{
	return (struct sent){ (uint8_t)(ALG_ADDKE1 + slot), addke_alg(code) };
}

static void
encode_transform(struct wr *w, const struct sent *s, bool last)
{
	uint16_t bits = s->alg == NULL ? 0 : s->alg->key_bits;

	wr_u8(w, last ? 0 : 3);
	wr_u8(w, 0);
	wr_u16(w, bits != 0 ? 12 : 8);
	wr_u8(w, s->type);
	wr_u8(w, 0);
	wr_u16(w, s->alg == NULL ? 0 : s->alg->id);
	if (bits != 0) {
		wr_u16(w, ATTR_KEY_LENGTH);
		wr_u16(w, bits);
	}
}

/* A proposal of the given transforms. */
static void
encode_proposal(struct wr *w, const struct sent *ts, size_t n, bool last,
    uint8_t number, uint8_t proto, struct bytes spi)
{
	size_t at = w->n;

	wr_u8(w, last ? 0 : 2);
	wr_u8(w, 0);
	wr_u16(w, 0);
	wr_u8(w, number);
	wr_u8(w, proto);
	wr_u8(w, (uint8_t)spi.n);
	wr_u8(w, (uint8_t)n);
	wr_bytes(w, spi);
	for (size_t i = 0; i < n; i++)
		encode_transform(w, &ts[i], i + 1 == n);
	wr_patch_u16(w, at + 2, (uint16_t)(w->n - at));
}

static bool
is_aead(const struct alg *encr)
{
	return (encr->flags & ALG_AEAD) != 0;
}

static size_t
gather_addke(const struct addke *a, struct sent *out)
{
	size_t n = 0;

	for (unsigned slot = 0; slot < ADDKE_SLOTS; slot++) {
		for (size_t i = 0; i < a->n[slot]; i++)
			out[n++] = sent_addke(slot, a->alt[slot][i]);
	}
	return n;
}

/*
 * Our transforms of one kind of cipher; 0 when we have no such cipher, or for
 * want of a MAC cannot use it.
 */
static size_t
gather(const struct offer *o, bool aead, bool addke, struct sent *out)
{
	size_t n = 0;

	for (size_t i = 0; i < o->encr.n; i++) {
		if (is_aead(alg_at(o->encr.row[i])) == aead)
			out[n++] = sent(alg_at(o->encr.row[i]));
	}
	if (n == 0 || (!aead && o->integ.n == 0))
		return 0;
	for (size_t i = 0; o->proto == PROTO_IKE && i < o->prf.n; i++)
		out[n++] = sent(alg_at(o->prf.row[i]));
	for (size_t i = 0; !aead && i < o->integ.n; i++)
		out[n++] = sent(alg_at(o->integ.row[i]));
	for (size_t i = 0; i < o->ke.n; i++)
		out[n++] = sent(alg_at(o->ke.row[i]));
	for (size_t i = 0; o->proto == PROTO_ESP && i < o->esn.n; i++)
		out[n++] = sent(alg_at(o->esn.row[i]));
	if (o->proto == PROTO_ESP && o->esn.n == 0)
		out[n++] = sent(alg_find(ALG_ESN, ESN_NO, 0));
	if (addke && o->addke != NULL)
		n += gather_addke(o->addke, out + n);
	return n;
}

/* May all additional key exchanges be left out?  Then we say so twice. */
static bool
may_do_without(const struct addke *a)
{
	if (a == NULL)
		return false;
	for (unsigned slot = 0; slot < ADDKE_SLOTS; slot++) {
		if (a->n[slot] > 0 && memchr(a->alt[slot], ADDKE_NONE,
		    a->n[slot]) == NULL)
			return false;
	}
	return true;
}

unsigned
proposal_count(const struct offer *o)
{
	struct sent unused[OFFER_MAX];
	unsigned n = (gather(o, true, false, unused) > 0) +
	    (gather(o, false, false, unused) > 0);

	return may_do_without(o->addke) ? 2 * n : n;
}

void
proposal_encode(struct wr *w, const struct offer *o, struct bytes spi)
{
	bool aead = o->encr.n > 0 && is_aead(alg_at(o->encr.row[0]));
	unsigned count = proposal_count(o);
	struct sent ts[OFFER_MAX];
	uint8_t number = 1;

	for (int addke = 1; addke >= 0; addke--) {
		for (int kind = 0; kind <= 1; kind++) {
			size_t n = number > count ? 0 : gather(o,
			    kind == 0 ? aead : !aead, addke != 0, ts);

			if (n == 0)
				continue;
			encode_proposal(w, ts, n, number == count, number,
			    o->proto, spi);
			number++;
		}
	}
}

void
proposal_encode_chosen(struct wr *w, const struct suite *s, uint8_t proto,
    uint8_t number, struct bytes spi)
{
	struct sent ts[ALG_TYPES_ALL];
	size_t n = 0;

	ts[n++] = sent(s->encr);
	if (s->prf != NULL)
		ts[n++] = sent(s->prf);
	if (s->integ != NULL)
		ts[n++] = sent(s->integ);
	if (s->ke != NULL)
		ts[n++] = sent(s->ke);
	/* An answer holds no type that the proposal did not have. */
	if (proto == PROTO_ESP && !s->esn_unsaid)
		ts[n++] = sent(alg_find(ALG_ESN, s->esn ? ESN_YES : ESN_NO,
		    0));
	for (unsigned slot = 0; slot < ADDKE_SLOTS; slot++) {
		if (s->addke[slot] != 0)
			ts[n++] = sent_addke(slot, s->addke[slot]);
	}
	encode_proposal(w, ts, n, true, number, proto, spi);
}
