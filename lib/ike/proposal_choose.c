/*
 * The choice among proposals (RFC 7296 sections 2.7 and 3.3, RFC 5282 section
 * 8), the check of an answer to ours, and the sentence that says why there is
 * none.  In our order, which is the default, the choice walks our own lists, so
 * that a long offer cannot talk us down; each question about a proposal is one
 * look into the set of algorithms that decoding left, so that its length does
 * not cost us time either.
 *
 * Which group a Key Exchange payload must have is for the caller.
 */
#include "ike/proposal.h"

#include <string.h>

#include "util/array.h"

static bool
is_aead(const struct alg *encr)
{
	return (encr->flags & ALG_AEAD) != 0;
}

static bool
has(const struct proposal *p, const struct alg *a)
{
	return (p->algs >> alg_index(a) & 1) != 0;
}

static unsigned
place(const struct alg_list *l, const struct alg *a)
{
	unsigned i = 0;

	while (i < l->n && alg_at(l->row[i]) != a)
		i++;
	return i;
}

/* The row of a transform if it is on our list, or NULL. */
static const struct alg *
ours_of(const struct transform *t, const struct alg_list *ours)
{
	const struct alg *a = alg_at(t->row);

	return a != NULL && place(ours, a) < ours->n ? a : NULL;
}

/* The first that both have, in our order or in theirs; NULL: none. */
static const struct alg *
first_common(const struct proposal *p, enum alg_type type,
    const struct alg_list *ours, enum offer_order order)
{
	const struct alg *a;

	for (size_t i = 0; order != ORDER_PEER && i < ours->n; i++) {
		if (has(p, alg_at(ours->row[i])))
			return alg_at(ours->row[i]);
	}
	for (size_t i = 0; order == ORDER_PEER && i < p->n; i++) {
		if (p->t[i].type == type &&
		    (a = ours_of(&p->t[i], ours)) != NULL)
			return a;
	}
	return NULL;
}

/*
 * Does the proposal ask for this type?  A MAC or group of NONE among others
 * leaves the choice to us (sections 3.3.2 and 3.3.3).
 */
static bool
wants_type(const struct proposal *p, unsigned type)
{
	return ((p->types & ~p->none) >> type & 1) != 0;
}

/* What we can do about ESN; a list that is empty says that we do without. */
static struct alg_list
esn_of(const struct offer *o)
{
	if (o->esn.n > 0)
		return o->esn;
	return (struct alg_list){
		.n = 1,
		.row = { (uint8_t)alg_index(alg_find(ALG_ESN, ESN_NO, 0)) },
	};
}

/* --- key exchanges, RFC 9370 section 2.2.1 --- */

#define TRIES_MAX	4096	/* so that no pair of lists costs us time */

/* A search for methods that are all different, the main one first. */
struct search {
	const struct proposal *p;
	const struct addke *ours;	/* NULL: without any */
	const struct alg_list *ke;
	enum offer_order order;
	struct suite	*s;
	unsigned	tries;
	unsigned	deepest;	/* slot that could not be filled */
};

/* One that we have chosen already is no additional one. */
static bool
is_taken(const struct suite *s, unsigned slot, const struct alg *a)
{
	bool taken = s->ke == a;

	for (unsigned i = 0; i < slot; i++)
		taken |= addke_alg(s->addke[i]) == a;
	return taken;
}

static bool
proposes(const struct proposal *p, unsigned slot, uint8_t code)
{
	const struct alg *a = addke_alg(code);

	if (a == NULL)
		return (p->none >> (ALG_ADDKE1 + slot) & 1) != 0;
	return (p->addke[slot] >> alg_index(a) & 1) != 0;
}

static bool
is_listed(const struct addke *ours, unsigned slot, uint8_t code)
{
	return memchr(ours->alt[slot], code, ours->n[slot]) != NULL;
}

static bool	fill(struct search *, unsigned slot);

static bool
try_code(struct search *f, unsigned slot, uint8_t code)
{
	const struct alg *a = addke_alg(code);

	if (!proposes(f->p, slot, code) || !is_listed(f->ours, slot, code) ||
	    (a != NULL && is_taken(f->s, slot, a)))
		return false;
	f->s->addke[slot] = code;
	return fill(f, slot + 1);
}

static bool
fill_theirs(struct search *f, unsigned slot)
{
	for (size_t i = 0; i < f->p->n; i++) {
		const struct transform *t = &f->p->t[i];
		const struct alg *a = alg_at(t->row);

		if (t->type == ALG_ADDKE1 + slot && !t->unusable &&
		    (a != NULL || t->id == KE_NONE) &&
		    try_code(f, slot, addke_code(a)))
			return true;
	}
	return false;
}

/* Fills this slot and those behind it; false: it cannot be done. */
static bool
fill(struct search *f, unsigned slot)
{
	bool offered, wanted;

	if (slot == ADDKE_SLOTS)
		return true;
	offered = (f->p->types >> (ALG_ADDKE1 + slot) & 1) != 0;
	wanted = f->ours != NULL && f->ours->n[slot] > 0;
	f->s->addke[slot] = 0;
	if (slot > f->deepest)
		f->deepest = slot;
	if (++f->tries > TRIES_MAX)
		return false;
	if (!offered)
		return (!wanted || is_listed(f->ours, slot, ADDKE_NONE)) &&
		    fill(f, slot + 1);
	if (!wanted) {
		/* Theirs may be left out, and the answer says that it is. */
		f->s->addke[slot] = ADDKE_NONE;
		return proposes(f->p, slot, ADDKE_NONE) && fill(f, slot + 1);
	}
	if (f->order == ORDER_PEER)
		return fill_theirs(f, slot);
	for (size_t i = 0; i < f->ours->n[slot]; i++) {
		if (try_code(f, slot, f->ours->alt[slot][i]))
			return true;
	}
	return false;
}

/* The method of the first exchange, by the order that counts, then the rest. */
static bool
fill_from(struct search *f, const struct alg *first)
{
	f->s->ke = first;
	return fill(f, 0);
}

static bool
key_exchanges(struct search *f)
{
	struct alg_list left = *f->ke;
	const struct alg *a;

	if (left.n == 0)
		return !wants_type(f->p, ALG_KE) && fill_from(f, NULL);
	while ((a = first_common(f->p, ALG_KE, &left, f->order)) != NULL) {
		if (fill_from(f, a))
			return true;
		for (unsigned i = place(&left, a); i + 1 < left.n; i++)
			left.row[i] = left.row[i + 1];
		left.n--;
	}
	return false;
}

bool
offer_has_addke(const struct offer *o, const struct suite *s)
{
	for (unsigned slot = 0; slot < ADDKE_SLOTS; slot++) {
		bool ours = o->addke != NULL && o->addke->n[slot] > 0;
		uint8_t code = s->addke[slot] == 0 ? ADDKE_NONE :
		    s->addke[slot];

		if (ours ? !is_listed(o->addke, slot, code) :
		    code != ADDKE_NONE)
			return false;
	}
	return true;
}

/*
 * One proposal against ours with one cipher fixed.  missing gets the first
 * transform type that has nothing in common, in the order of depth[] below.
 */
static bool
match(const struct proposal *p, const struct offer *o, const struct alg *encr,
    struct suite *out, unsigned *missing)
{
	const struct alg *const no_esn = alg_find(ALG_ESN, ESN_NO, 0);
	const struct alg_list esns = esn_of(o);
	bool ike = o->proto == PROTO_IKE, aead = is_aead(encr);
	/* Sections 3.3.2 and 3.3.3 have it in every proposal; not all do. */
	bool unsaid = !ike && (p->types >> ALG_ESN & 1) == 0 &&
	    place(&esns, no_esn) < esns.n;
	struct suite s = { .encr = encr };
	struct search f = {
		.p = p, .ours = o->addke, .ke = &o->ke, .order = o->order,
		.s = &s,
	};
	const struct alg *esn = NULL;
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
		{ ALG_ESN, !ike && !unsaid, false, &esns, &esn },
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
		*steps[i].chosen = first_common(p, steps[i].type,
		    steps[i].ours, o->order);
		if (*steps[i].chosen == NULL)
			return false;
	}
	if (!key_exchanges(&f)) {
		*missing = f.tries > 0 ? ALG_ADDKE1 + f.deepest : ALG_KE;
		return false;
	}
	s.esn = esn != NULL && esn->id == ESN_YES;
	s.esn_unsaid = unsaid;
	*out = s;
	return true;
}

static bool
usable(const struct proposal *p, const struct offer *o, size_t spi_size)
{
	return p->proto == o->proto && !p->unusable && p->spi.n == spi_size;
}

/* How far down our list of this slot what was chosen is. */
static unsigned
addke_place(const struct offer *o, const struct suite *s, unsigned slot)
{
	uint8_t code = s->addke[slot] == 0 ? ADDKE_NONE : s->addke[slot];
	unsigned i = 0;

	if (o->addke == NULL)
		return 0;
	while (i < o->addke->n[slot] && o->addke->alt[slot][i] != code)
		i++;
	return i;
}

/* How far down our lists a suite is, its cipher aside. */
static uint64_t
rank(const struct offer *o, const struct suite *s)
{
	const struct alg *esn = alg_find(ALG_ESN, s->esn ? ESN_YES : ESN_NO, 0);
	uint64_t r = place(&o->prf, s->prf) << 10 |
	    place(&o->integ, s->integ) << 5 | place(&o->ke, s->ke);

	for (unsigned slot = 0; slot < ADDKE_SLOTS; slot++)
		r = r << 4 | addke_place(o, s, slot);
	return r << 2 | place(&o->esn, esn);
}

/* The best by our lists, over all proposals. */
static const struct proposal *
choose_ours(const struct proposals *ps, const struct offer *o,
    size_t spi_size, struct suite *chosen)
{
	const struct proposal *best = NULL;
	unsigned missing;
	struct suite s;

	for (size_t e = 0; e < o->encr.n && best == NULL; e++) {
		for (size_t i = 0; i < ps->n; i++) {
			const struct proposal *p = &ps->p[i];

			if (!usable(p, o, spi_size) ||
			    !match(p, o, alg_at(o->encr.row[e]), &s, &missing))
				continue;
			if (best != NULL && rank(o, &s) >= rank(o, chosen))
				continue;
			best = p;
			*chosen = s;
		}
	}
	return best;
}

/* The first that will do, in the order in which the peer wrote them. */
static const struct proposal *
choose_peers(const struct proposals *ps, const struct offer *o,
    size_t spi_size, struct suite *chosen)
{
	unsigned missing;

	for (size_t i = 0; i < ps->n; i++) {
		const struct proposal *p = &ps->p[i];
		uint64_t tried = 0;

		for (size_t k = 0; usable(p, o, spi_size) && k < p->n; k++) {
			const struct alg *encr = p->t[k].type == ALG_ENCR ?
			    ours_of(&p->t[k], &o->encr) : NULL;

			/* One that comes a hundred times fails once. */
			if (encr == NULL || (tried >> p->t[k].row & 1) != 0)
				continue;
			if (match(p, o, encr, chosen, &missing))
				return p;
			tried |= UINT64_C(1) << p->t[k].row;
		}
	}
	return NULL;
}

/* By transform id, then by key length. */
static bool
is_lower(const struct alg *a, const struct alg *b)
{
	return a->id != b->id ? a->id < b->id : a->key_bits < b->key_bits;
}

static void
lowest_first(struct alg_list *l)
{
	for (unsigned i = 1; i < l->n; i++) {
		const struct alg *a = alg_at(l->row[i]);
		unsigned k = i;

		for (; k > 0 && is_lower(a, alg_at(l->row[k - 1])); k--)
			l->row[k] = l->row[k - 1];
		l->row[k] = (uint8_t)alg_index(a);
	}
}

/* AWS says nothing of ESN, so that our order of it stays. */
static struct offer
aws_order(const struct offer *o)
{
	struct offer sorted = *o;

	lowest_first(&sorted.encr);
	lowest_first(&sorted.prf);
	lowest_first(&sorted.integ);
	lowest_first(&sorted.ke);
	return sorted;
}

bool
proposal_choose(const struct proposals *ps, const struct offer *o,
    size_t spi_size, struct choice *c)
{
	const struct proposal *p = NULL;
	struct suite s = { 0 };
	struct offer sorted;

	switch (o->order) {
	case ORDER_OURS:
		p = choose_ours(ps, o, spi_size, &s);
		break;
	case ORDER_PEER:
		p = choose_peers(ps, o, spi_size, &s);
		break;
	case ORDER_AWS:
		sorted = aws_order(o);
		p = choose_ours(ps, &sorted, spi_size, &s);
		break;
	}
	if (p == NULL)
		return false;
	*c = (struct choice){ p->number, p->spi, s };
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
	const struct proposal *p = &ps->p[0];
	struct choice got;

	if (ps->n != 1 || !single(p) || p->number < 1 ||
	    p->number > proposal_count(o) ||
	    !proposal_choose(ps, o, spi_size, &got))
		return false;
	/* RFC 5282 section 8 */
	if (is_aead(got.suite.encr) && wants_type(p, ALG_INTEG))
		return false;
	*c = got;
	return true;
}

static const char *const type_names[ALG_TYPES_ALL] = {
	[ALG_ENCR] = "encryption",
	[ALG_PRF] = "PRF",
	[ALG_INTEG] = "integrity",
	[ALG_KE] = "key exchange group",
	[ALG_ESN] = "ESN",
	[ALG_ADDKE1] = "additional key exchange 1", "additional key exchange 2",
	"additional key exchange 3", "additional key exchange 4",
	"additional key exchange 5", "additional key exchange 6",
	"additional key exchange 7",
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
list_our_addke(const struct addke *ours, unsigned slot, char *buf, size_t size)
{
	for (size_t i = 0; ours != NULL && i < ours->n[slot]; i++) {
		const struct alg *a = addke_alg(ours->alt[slot][i]);

		if (!list_name(buf, size, a == NULL ? "KE-NONE" : a->name))
			return;
	}
}

static void
list_ours(const struct offer *o, unsigned type, char *buf, size_t size)
{
	static const struct alg_list none = { 0 };
	const struct alg_list esns = esn_of(o);
	const struct alg_list *const by_type[ALG_TYPES] = {
		[0] = &none, [ALG_ENCR] = &o->encr, [ALG_PRF] = &o->prf,
		[ALG_INTEG] = &o->integ, [ALG_KE] = &o->ke,
		[ALG_ESN] = o->proto == PROTO_ESP ? &esns : &none,
	};

	str_set(buf, size, "");
	if (type >= ALG_ADDKE1)
		list_our_addke(o->addke, type - ALG_ADDKE1, buf, size);
	for (size_t i = 0; type < ALG_TYPES && i < by_type[type]->n; i++) {
		if (!list_name(buf, size, alg_at(by_type[type]->row[i])->name))
			return;
	}
	if (buf[0] == '\0')
		str_set(buf, size, "none");
}

static void
list_theirs(const struct proposals *ps, const struct offer *o, unsigned type,
    char *buf, size_t size)
{
	enum alg_type named = type >= ALG_ADDKE1 ? ALG_KE : (enum alg_type)type;
	char name[32];

	str_set(buf, size, "");
	for (size_t i = 0; i < ps->n; i++) {
		const struct proposal *p = &ps->p[i];

		for (size_t k = 0; p->proto == o->proto && k < p->n; k++) {
			const struct transform *t = &p->t[k];

			if (t->type == type && !list_name(buf, size,
			    alg_name(named, t->id, t->key_bits, name)))
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
static unsigned
first_difference(const struct proposals *ps, const struct offer *o,
    const struct proposal **closest)
{
	static const uint8_t depth[ALG_TYPES_ALL] = {
		[ALG_ENCR] = 1, [ALG_PRF] = 2, [ALG_INTEG] = 3, [ALG_ESN] = 4,
		[ALG_KE] = 5, [ALG_ADDKE1] = 6, 7, 8, 9, 10, 11, 12,
	};
	unsigned best = 0, missing;
	struct suite s;

	for (size_t i = 0; i < ps->n; i++) {
		const struct proposal *p = &ps->p[i];

		for (size_t e = 0; p->proto == o->proto && e < o->encr.n; e++) {
			if (match(p, o, alg_at(o->encr.row[e]), &s, &missing)) {
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
	unsigned type = first_difference(ps, o, &closest);
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
		l->row[i] = l->row[i - 1];
	l->row[0] = (uint8_t)alg_index(a);
}

void
offer_prefer(struct offer *o, const struct suite *s)
{
	prefer(&o->encr, s->encr);
	prefer(&o->prf, s->prf);
	prefer(&o->integ, s->integ);
	prefer(&o->ke, s->ke);
	/* A suite may hold but one of these; without a cipher it has no ESN. */
	if (s->encr != NULL)
		prefer(&o->esn, alg_find(ALG_ESN, s->esn ? ESN_YES : ESN_NO,
		    0));
}
