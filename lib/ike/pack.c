/*
 * The formats of pack.h: integers big-endian, lists with their number before
 * them.  No length is believed and no number of an algorithm: what is not in
 * the table of suite.h is no value.
 */
#include "ike/pack.h"

/* A slot of RFC 9370 that holds KE_NONE, beside 0 for one that is not used. */
#define SLOT_NONE	UINT16_MAX

static void
pack_alg(struct wr *w, const struct alg *a)
{
	wr_u16(w, a == NULL ? 0 : a->id);
	wr_u16(w, a == NULL ? 0 : a->key_bits);
}

static void
pack_slot(struct wr *w, uint8_t code)
{
	const struct alg *a = addke_alg(code);

	wr_u16(w, code == ADDKE_NONE ? SLOT_NONE : a == NULL ? 0 : a->id);
}

void
pack_suite(struct wr *w, const struct suite *s)
{
	pack_alg(w, s->encr);
	pack_alg(w, s->prf);
	pack_alg(w, s->integ);
	pack_alg(w, s->ke);
	for (unsigned i = 0; i < ADDKE_SLOTS; i++)
		pack_slot(w, s->addke[i]);
}

/* NULL, also where the number is 0 and may be. */
static const struct alg *
unpack_alg(struct rd *r, enum alg_type type, bool may_lack)
{
	uint16_t id = rd_u16(r), bits = rd_u16(r);
	const struct alg *a = alg_find(type, id, bits);

	if (a == NULL && !(may_lack && id == 0))
		r->bad = true;
	return id == 0 ? NULL : a;
}

static uint8_t
unpack_slot(struct rd *r)
{
	uint16_t id = rd_u16(r);
	const struct alg *a;

	if (id == 0 || id == SLOT_NONE)
		return id == 0 ? 0 : ADDKE_NONE;
	a = alg_find(ALG_KE, id, 0);
	if (a == NULL) {
		r->bad = true;
		return 0;
	}
	return addke_code(a);
}

/* An AEAD stands alone, everything else has a MAC. */
void
unpack_suite(struct rd *r, struct suite *s)
{
	s->encr = unpack_alg(r, ALG_ENCR, false);
	s->prf = unpack_alg(r, ALG_PRF, true);
	s->integ = unpack_alg(r, ALG_INTEG, true);
	s->ke = unpack_alg(r, ALG_KE, true);
	for (unsigned i = 0; i < ADDKE_SLOTS; i++)
		s->addke[i] = unpack_slot(r);
	r->bad |= s->encr == NULL ||
	    ((s->encr->flags & ALG_AEAD) != 0) != (s->integ == NULL);
}

void
pack_key(struct wr *w, const struct key *k)
{
	wr_u8(w, k->n);
	wr_bytes(w, key_bytes(k));
}

void
unpack_key(struct rd *r, struct key *k)
{
	uint8_t n = rd_u8(r);
	struct bytes b = rd_bytes(r, n);

	if (r->bad || !key_set(k, b))
		r->bad = true;
}

int64_t
unpack_time(struct rd *r)
{
	uint64_t n = rd_u64(r);

	r->bad |= n > INT64_MAX;
	return r->bad ? 0 : (int64_t)n;
}

void
pack_vouch(struct wr *w, const struct vouch *v)
{
	wr_u64(w, (uint64_t)v->until);
	wr_u8(w, v->n);
	for (unsigned i = 0; i < v->n; i++) {
		wr_bytes(w, bytes_of(v->cert[i].issuer, SERIAL_ISSUER));
		wr_u8(w, v->cert[i].n);
		wr_bytes(w, bytes_of(v->cert[i].b, v->cert[i].n));
	}
}

void
unpack_vouch(struct rd *r, struct vouch *v)
{
	v->until = unpack_time(r);
	v->n = rd_u8(r);
	r->bad |= v->n > TICKET_CERTS;
	for (unsigned i = 0; !r->bad && i < v->n; i++) {
		struct serial *c = &v->cert[i];

		rd_copy(r, c->issuer, SERIAL_ISSUER);
		c->n = rd_u8(r);
		r->bad |= c->n == 0 || c->n > SERIAL_MAX;
		if (!r->bad)
			rd_copy(r, c->b, c->n);
	}
}

void
pack_instant(struct wr *w, struct instant t)
{
	wr_u64(w, (uint64_t)t.ns);
}

struct instant
unpack_instant(struct rd *r)
{
	return (struct instant){ unpack_time(r) };
}

void
pack_addr(struct wr *w, const struct addr *a)
{
	wr_u8(w, a->family);
	wr_bytes(w, addr_bytes(a));
}

void
unpack_addr(struct rd *r, struct addr *a)
{
	uint8_t family = rd_u8(r);

	*a = (struct addr){ 0 };
	if (family != ADDR_NONE)
		*a = addr_from(rd_bytes(r, family == ADDR_IPV4 ? 4 : 16));
	r->bad |= a->family != family;
}

void
pack_path(struct wr *w, const struct path *p)
{
	pack_addr(w, &p->local.addr);
	wr_u16(w, p->local.port);
	pack_addr(w, &p->remote.addr);
	wr_u16(w, p->remote.port);
}

void
unpack_path(struct rd *r, struct path *p)
{
	unpack_addr(r, &p->local.addr);
	p->local.port = rd_u16(r);
	unpack_addr(r, &p->remote.addr);
	p->remote.port = rd_u16(r);
	r->bad |= p->local.addr.family != p->remote.addr.family;
}

void
pack_ts(struct wr *w, const struct ts_list *l)
{
	wr_u8(w, l->n);
	for (unsigned i = 0; i < l->n; i++) {
		const struct ts *t = &l->ts[i];

		wr_u8(w, t->proto);
		wr_u16(w, t->port_lo);
		wr_u16(w, t->port_hi);
		pack_addr(w, &t->lo);
		pack_addr(w, &t->hi);
	}
}

void
unpack_ts(struct rd *r, struct ts_list *l)
{
	*l = (struct ts_list){ .n = rd_u8(r) };
	r->bad |= l->n > TS_MAX;
	for (unsigned i = 0; !r->bad && i < l->n; i++) {
		struct ts *t = &l->ts[i];

		t->proto = rd_u8(r);
		t->port_lo = rd_u16(r);
		t->port_hi = rd_u16(r);
		unpack_addr(r, &t->lo);
		unpack_addr(r, &t->hi);
		r->bad |= !addr_is_set(&t->lo) ||
		    t->lo.family != t->hi.family ||
		    addr_cmp(&t->lo, &t->hi) > 0 || t->port_lo > t->port_hi;
	}
}

void
pack_nonce(struct wr *w, const struct nonce_key *k)
{
	wr_u8(w, k->n);
	wr_bytes(w, bytes_of(k->b, k->n));
}

void
unpack_nonce(struct rd *r, struct nonce_key *k)
{
	k->n = rd_u8(r);
	r->bad |= k->n > sizeof(k->b);
	if (!r->bad)
		rd_copy(r, k->b, k->n);
}

void
pack_octets(struct wr *w, struct bytes b)
{
	wr_u32(w, (uint32_t)b.n);
	wr_bytes(w, b);
}

struct bytes
unpack_octets(struct rd *r, size_t most)
{
	uint32_t n = rd_u32(r);

	r->bad |= n > most;
	return r->bad ? (struct bytes){ 0 } : rd_bytes(r, n);
}
