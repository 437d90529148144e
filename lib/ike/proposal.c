/*
 * Negotiation of algorithms (RFC 7296 sections 2.7 and 3.3).  The peer's
 * proposals are decoded into plain numbers; the choice walks our own lists in
 * our own order, so that a long offer cannot talk us down.  What stands on our
 * lists, and which group a Key Exchange payload must have, is for the caller.
 *
 *  Proposal: | last (1) | 0 | length (2) | number | protocol | SPI size | # |
 *            | SPI ... | transforms ... |
 *  Transform: | last (1) | 0 | length (2) | type | 0 | id (2) | attributes |
 */
#include "ike/proposal.h"

#include <string.h>

#include "util/array.h"

#define ATTR_TV		0x8000	/* section 3.3.5: value in place of length */
#define ATTR_KEY_LENGTH	(ATTR_TV | 14)
#define OFFER_MAX	(4 * ALGS_MAX + 1)	/* transforms in one of ours */

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
	if (body.bad)
		r->bad = true;
	else if (t.type < ALG_ENCR || t.type > ALG_ESN ||
	    p->n == TRANSFORMS_MAX)
		p->unusable = true;	/* section 3.3.6 */
	else
		p->t[p->n++] = t;
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
	p->n = 0;
	for (unsigned i = 0; i < count && !body.bad; i++)
		decode_transform(&body, p);
	if (!rd_done(&body))
		r->bad = true;
}

uint16_t
proposal_decode(struct bytes sa, struct proposals *out)
{
	struct rd r = rd_of(sa);
	struct proposals ps;
	struct proposal surplus;

	ps.n = 0;
	while (r.n > 0) {
		bool fits = ps.n < PROPOSALS_MAX;

		decode_proposal(&r, fits ? &ps.p[ps.n] : &surplus);
		if (r.bad)
			return N_INVALID_SYNTAX;
		if (fits)
			ps.n++;
	}
	if (ps.n == 0)
		return N_INVALID_SYNTAX;
	/* Most often it is a small part of what there is room for. */
	out->n = ps.n;
	for (size_t i = 0; i < ps.n; i++)
		memcpy(&out->p[i], &ps.p[i], offsetof(struct proposal, t) +
		    ps.p[i].n * sizeof(ps.p[i].t[0]));
	return N_NONE;
}

static void
encode_transform(struct wr *w, const struct alg *a, bool last)
{
	wr_u8(w, last ? 0 : 3);
	wr_u8(w, 0);
	wr_u16(w, a->key_bits != 0 ? 12 : 8);
	wr_u8(w, (uint8_t)a->type);
	wr_u8(w, 0);
	wr_u16(w, a->id);
	if (a->key_bits != 0) {
		wr_u16(w, ATTR_KEY_LENGTH);
		wr_u16(w, a->key_bits);
	}
}

/* A proposal of the given transforms. */
static void
encode_proposal(struct wr *w, const struct alg **algs, size_t n, bool last,
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
		encode_transform(w, algs[i], i + 1 == n);
	wr_patch_u16(w, at + 2, (uint16_t)(w->n - at));
}

static bool
is_aead(const struct alg *encr)
{
	return (encr->flags & ALG_AEAD) != 0;
}

/*
 * Our transforms of one kind of cipher; 0 when we have no such cipher, or for
 * want of a MAC cannot use it.
 */
static size_t
gather(const struct offer *o, bool aead, const struct alg **out)
{
	size_t n = 0;

	for (size_t i = 0; i < o->encr.n; i++) {
		if (is_aead(o->encr.alg[i]) == aead)
			out[n++] = o->encr.alg[i];
	}
	if (n == 0 || (!aead && o->integ.n == 0))
		return 0;
	for (size_t i = 0; o->proto == PROTO_IKE && i < o->prf.n; i++)
		out[n++] = o->prf.alg[i];
	for (size_t i = 0; !aead && i < o->integ.n; i++)
		out[n++] = o->integ.alg[i];
	for (size_t i = 0; i < o->ke.n; i++)
		out[n++] = o->ke.alg[i];
	if (o->proto == PROTO_ESP)
		out[n++] = alg_find(ALG_ESN, ESN_NO, 0);
	return n;
}

void
proposal_encode(struct wr *w, const struct offer *o, struct bytes spi)
{
	const struct alg *head[OFFER_MAX], *tail[OFFER_MAX];
	bool aead = o->encr.n > 0 && is_aead(o->encr.alg[0]);
	size_t head_n = gather(o, aead, head), tail_n = gather(o, !aead, tail);
	uint8_t number = 1;

	if (head_n > 0)
		encode_proposal(w, head, head_n, tail_n == 0, number++,
		    o->proto, spi);
	if (tail_n > 0)
		encode_proposal(w, tail, tail_n, true, number, o->proto, spi);
}

void
proposal_encode_chosen(struct wr *w, const struct suite *s, uint8_t proto,
    uint8_t number, struct bytes spi)
{
	const struct alg *algs[ALG_TYPES];
	size_t n = 0;

	algs[n++] = s->encr;
	if (s->prf != NULL)
		algs[n++] = s->prf;
	if (s->integ != NULL)
		algs[n++] = s->integ;
	if (s->ke != NULL)
		algs[n++] = s->ke;
	if (proto == PROTO_ESP)
		algs[n++] = alg_find(ALG_ESN, s->esn ? ESN_YES : ESN_NO, 0);
	encode_proposal(w, algs, n, true, number, proto, spi);
}

static bool
has_type(const struct proposal *p, enum alg_type type)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->t[i].type == type)
			return true;
	}
	return false;
}

static bool
has(const struct proposal *p, const struct alg *a)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct transform *t = &p->t[i];

		if (!t->unusable && t->type == a->type && t->id == a->id &&
		    t->key_bits == a->key_bits)
			return true;
	}
	return false;
}

static const struct alg *
first_common(const struct proposal *p, const struct alg_list *ours)
{
	for (size_t i = 0; i < ours->n; i++) {
		if (has(p, ours->alg[i]))
			return ours->alg[i];
	}
	return NULL;
}

/*
 * Does the proposal ask for this type?  A MAC or group of NONE among others
 * leaves the choice to us (sections 3.3.2 and 3.3.3).
 */
static bool
wants_type(const struct proposal *p, enum alg_type type)
{
	bool may_be_none = type == ALG_INTEG || type == ALG_KE;

	for (size_t i = 0; i < p->n && may_be_none; i++) {
		const struct transform *t = &p->t[i];

		if (!t->unusable && t->type == type && t->id == 0)
			return false;
	}
	return has_type(p, type);
}

/*
 * One proposal against ours with one cipher fixed.  missing gets the first
 * transform type that has nothing in common, in the order of depth[] below.
 */
static bool
match(const struct proposal *p, const struct offer *o, const struct alg *encr,
    struct suite *out, enum alg_type *missing)
{
	const struct alg_list no_esn = {
		.n = 1, .alg = { alg_find(ALG_ESN, ESN_NO, 0) },
	};
	bool ike = o->proto == PROTO_IKE, aead = is_aead(encr);
	struct suite s = { .encr = encr };
	const struct alg *esn;
	const struct {
		enum alg_type type;
		bool needed;
		bool idle;	/* may be there without being needed */
		const struct alg_list *ours;
		const struct alg **chosen;
	} steps[] = {
		{ ALG_PRF, ike, false, &o->prf, &s.prf },
		/* RFC 5282 section 8: with an AEAD none is selected */
		{ ALG_INTEG, !aead, true, &o->integ, &s.integ },
		{ ALG_KE, o->ke.n > 0, false, &o->ke, &s.ke },
		{ ALG_ESN, !ike, false, &no_esn, &esn },
	};

	*missing = ALG_ENCR;
	if (!has(p, encr))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		*missing = steps[i].type;
		if (!steps[i].needed) {
			if (!steps[i].idle && wants_type(p, steps[i].type))
				return false;
			continue;
		}
		*steps[i].chosen = first_common(p, steps[i].ours);
		if (*steps[i].chosen == NULL)
			return false;
	}
	*out = s;
	return true;
}

static bool
usable(const struct proposal *p, const struct offer *o, size_t spi_size)
{
	return p->proto == o->proto && !p->unusable && p->spi.n == spi_size;
}

static unsigned
place(const struct alg_list *l, const struct alg *a)
{
	unsigned i = 0;

	while (i < l->n && l->alg[i] != a)
		i++;
	return i;
}

/* How far down our lists a suite is, its cipher aside. */
static unsigned
rank(const struct offer *o, const struct suite *s)
{
	return place(&o->prf, s->prf) << 16 | place(&o->integ, s->integ) << 8 |
	    place(&o->ke, s->ke);
}

bool
proposal_choose(const struct proposals *ps, const struct offer *o,
    size_t spi_size, struct choice *c)
{
	const struct proposal *best = NULL;
	struct suite s, chosen = { 0 };
	enum alg_type missing;

	for (size_t e = 0; e < o->encr.n && best == NULL; e++) {
		for (size_t i = 0; i < ps->n; i++) {
			const struct proposal *p = &ps->p[i];

			if (!usable(p, o, spi_size) ||
			    !match(p, o, o->encr.alg[e], &s, &missing))
				continue;
			if (best != NULL && rank(o, &s) >= rank(o, &chosen))
				continue;
			best = p;
			chosen = s;
		}
	}
	if (best == NULL)
		return false;
	*c = (struct choice){ best->number, best->spi, chosen };
	return true;
}

/* At most one transform of each type. */
static bool
single(const struct proposal *p)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint32_t bit = UINT32_C(1) << p->t[i].type;

		if ((seen & bit) != 0)
			return false;
		seen |= bit;
	}
	return true;
}

bool
proposal_accept(const struct proposals *ps, const struct offer *o,
    size_t spi_size, struct choice *c)
{
	const struct alg *unused[OFFER_MAX];
	unsigned sent = (gather(o, true, unused) > 0) +
	    (gather(o, false, unused) > 0);
	const struct proposal *p = &ps->p[0];
	struct choice got;

	if (ps->n != 1 || !single(p) || p->number < 1 || p->number > sent ||
	    !proposal_choose(ps, o, spi_size, &got))
		return false;
	/* RFC 5282 section 8 */
	if (is_aead(got.suite.encr) && wants_type(p, ALG_INTEG))
		return false;
	*c = got;
	return true;
}

static const char *const type_names[ALG_TYPES] = {
	[ALG_ENCR] = "encryption",
	[ALG_PRF] = "PRF",
	[ALG_INTEG] = "integrity",
	[ALG_KE] = "key exchange group",
	[ALG_ESN] = "ESN",
};

static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = list; (s = strstr(s, word)) != NULL; s++) {
		if ((s == list || s[-1] == ' ') &&
		    (s[n] == ' ' || s[n] == '\0'))
			return true;
	}
	return false;
}

/* Adds a name that is not there yet; false: full, which an ellipsis tells. */
static bool
list_name(char *buf, size_t size, const char *name)
{
	static const char ellipsis[] = " ...";
	size_t n = strlen(buf);

	if (has_word(buf, name))
		return true;
	if (n + 1 + strlen(name) + sizeof(ellipsis) > size) {
		str_add(buf, size, "%s", ellipsis);
		return false;
	}
	str_add(buf, size, "%s%s", n == 0 ? "" : " ", name);
	return true;
}

static void
list_ours(const struct offer *o, enum alg_type type, char *buf, size_t size)
{
	static const struct alg_list none = { 0 };
	const struct alg_list *const by_type[ALG_TYPES] = {
		[0] = &none, [ALG_ENCR] = &o->encr, [ALG_PRF] = &o->prf,
		[ALG_INTEG] = &o->integ, [ALG_KE] = &o->ke, [ALG_ESN] = &none,
	};

	str_set(buf, size, "");
	for (size_t i = 0; i < by_type[type]->n; i++) {
		if (!list_name(buf, size, by_type[type]->alg[i]->name))
			return;
	}
	if (type == ALG_ESN && o->proto == PROTO_ESP)
		list_name(buf, size, alg_find(ALG_ESN, ESN_NO, 0)->name);
	if (buf[0] == '\0')
		str_set(buf, size, "none");
}

static void
list_theirs(const struct proposals *ps, const struct offer *o,
    enum alg_type type, char *buf, size_t size)
{
	char name[32];

	str_set(buf, size, "");
	for (size_t i = 0; i < ps->n; i++) {
		const struct proposal *p = &ps->p[i];

		for (size_t k = 0; p->proto == o->proto && k < p->n; k++) {
			const struct transform *t = &p->t[k];

			if (t->type == type && !list_name(buf, size,
			    alg_name(type, t->id, t->key_bits, name)))
				return;
		}
	}
	if (buf[0] == '\0')
		str_set(buf, size, "none");
}

/*
 * The type at which the proposal that comes closest to ours fails; 0 when one
 * has all that we ask for, or when none is for our protocol.
 */
static enum alg_type
first_difference(const struct proposals *ps, const struct offer *o,
    const struct proposal **closest)
{
	static const uint8_t depth[ALG_TYPES] = {
		[ALG_ENCR] = 1, [ALG_PRF] = 2, [ALG_INTEG] = 3, [ALG_KE] = 4,
		[ALG_ESN] = 5,
	};
	enum alg_type best = 0, missing;
	struct suite s;

	for (size_t i = 0; i < ps->n; i++) {
		const struct proposal *p = &ps->p[i];

		for (size_t e = 0; p->proto == o->proto && e < o->encr.n; e++) {
			if (match(p, o, o->encr.alg[e], &s, &missing)) {
				*closest = p;
				return 0;
			}
			if (depth[missing] > depth[best]) {
				*closest = p;
				best = missing;
			}
		}
	}
	return best;
}

void
proposal_explain(const struct proposals *ps, const struct offer *o,
    struct reason *why)
{
	const char *proto = o->proto == PROTO_IKE ? "IKE" : "ESP";
	const struct proposal *closest = NULL;
	enum alg_type type = first_difference(ps, o, &closest);
	char ours[80], theirs[88];

	if (closest == NULL) {
		reason_set(why, "no common %s proposal: theirs are for other "
		    "protocols", proto);
		return;
	}
	if (type == 0) {
		reason_set(why, "no common %s proposal: algorithms agree, but "
		    "theirs %s", proto, closest->unusable ?
		    "asks for transforms of a type that we do not know" :
		    "is no valid choice of one transform per type");
		return;
	}
	list_ours(o, type, ours, sizeof(ours));
	list_theirs(ps, o, type, theirs, sizeof(theirs));
	reason_set(why, "no common %s proposal: %s differs: ours %s, theirs %s",
	    proto, type_names[type], ours, theirs);
}

static void
prefer(struct alg_list *l, const struct alg *a)
{
	unsigned i = place(l, a);

	if (a == NULL || i == l->n)
		return;
	for (; i > 0; i--)
		l->alg[i] = l->alg[i - 1];
	l->alg[0] = a;
}

void
offer_prefer(struct offer *o, const struct suite *s)
{
	prefer(&o->encr, s->encr);
	prefer(&o->prf, s->prf);
	prefer(&o->integ, s->integ);
	prefer(&o->ke, s->ke);
}
