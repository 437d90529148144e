/*
 * A hub with thousands of peers that may come from anywhere (branches without a
 * fixed address) answers each IKE_SA_INIT for all of them, as RFC 7296 shows
 * who it is in IKE_AUTH only.  What they have in common is found once for each
 * local address and kept until the configuration changes: a stranger's datagram
 * must not make us walk through all of them.  Whether a peer is refused for now
 * matters only where an opening has to suit it.
 */
#include "ike/anyone.h"

#include <string.h>

#include "ike/table.h"

unsigned
anyone_traits(const struct ike_peer *p)
{
	const struct ike_peer_conf *c = &p->conf;
	bool theirs = c->remote_auth == IKE_AUTH_CERTIFICATE;
	bool ours = c->local_auth == IKE_AUTH_CERTIFICATE;

	return (c->fragmentation ? ANYONE_FRAGMENTS : 0U) |
	    (c->childless != IKE_CHILDLESS_NEVER ? ANYONE_CHILDLESS : 0U) |
	    (c->ppk_id[0] != '\0' ? ANYONE_PPK : 0U) |
	    (ours || theirs ? ANYONE_SIGNS : 0U) |
	    (theirs ? ANYONE_BY_SIGNATURE : ANYONE_BY_PSK);
}

bool
anyone_has_ca(struct bytes cas, const uint8_t *hash)
{
	struct rd r = rd_of(cas);

	while (r.n >= TRUST_HASH_LEN) {
		if (bytes_eq(rd_bytes(&r, TRUST_HASH_LEN),
		    bytes_of(hash, TRUST_HASH_LEN)))
			return true;
	}
	return false;
}

void
anyone_add_cas(struct wr *to, struct bytes cas)
{
	struct rd r = rd_of(cas);

	while (r.n >= TRUST_HASH_LEN) {
		struct bytes hash = rd_bytes(&r, TRUST_HASH_LEN);

		if (to->n < to->cap && !anyone_has_ca(wr_done(to), hash.p))
			wr_bytes(to, hash);
	}
}

void
anyone_add_cas_of(struct wr *to, const struct ike_peer *p)
{
	uint8_t buf[TRUST_CA_MAX * TRUST_HASH_LEN];
	struct wr all = wr_of(buf, sizeof(buf));

	if (p->conf.remote_auth != IKE_AUTH_CERTIFICATE ||
	    p->creds.trust == NULL)
		return;
	trust_key_hashes(p->creds.trust, &all);
	anyone_add_cas(to, wr_done(&all));
}

static bool
same_algs(const struct alg_list *a, const struct alg_list *b)
{
	return a->n == b->n && memcmp(a->row, b->row, a->n) == 0;
}

/* Each peer has a copy of its own. */
static bool
same_addke(const struct addke *a, const struct addke *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool
anyone_same_offer(const struct ike_peer *a, const struct ike_peer *b)
{
	const struct offer *o = &a->conf.ike, *u = &b->conf.ike;

	return o->order == u->order && same_algs(&o->encr, &u->encr) &&
	    same_algs(&o->prf, &u->prf) && same_algs(&o->integ, &u->integ) &&
	    same_algs(&o->ke, &u->ke) && same_addke(o->addke, u->addke);
}

static void
look_at_offer(struct anyone *a, struct ike_peer *p)
{
	a->down |= !p->accept;
	if (!p->accept)
		return;
	for (size_t i = 0; i < a->offers_n; i++) {
		if (anyone_same_offer(a->offers[i], p))
			return;
	}
	if (a->offers_n < ANYONE_OFFERS)
		a->offers[a->offers_n++] = p;
	else
		a->more = true;
}

/* The one walk: most of them trust the same CAs. */
static void
look(struct anyone *a, const struct ike *ike, const struct addr *local)
{
	const struct path path = { .local.addr = *local };
	const struct trust *last = NULL;
	struct ike_peer *p = NULL;
	struct wr cas = wr_of(a->cas, sizeof(a->cas));

	*a = (struct anyone){ .local = *local };
	while ((p = index_by_path(&ike->peers, &path, p)) != NULL) {
		a->traits |= anyone_traits(p);
		look_at_offer(a, p);
		if (p->conf.remote_auth != IKE_AUTH_CERTIFICATE ||
		    p->creds.trust == last)
			continue;
		anyone_add_cas_of(&cas, p);
		last = p->creds.trust;
	}
	a->cas_n = cas.n;
}

const struct anyone *
anyone_at(struct ike *ike, const struct addr *local)
{
	struct anyone_memory *m = &ike->anyone;
	struct anyone *a;

	for (size_t i = 0; i < m->n; i++) {
		if (addr_eq(&m->at[i].local, local))
			return &m->at[i];
	}
	a = &m->at[m->next];
	m->next = (m->next + 1) % ANYONE_LOCALS;
	if (m->n < ANYONE_LOCALS)
		m->n++;
	look(a, ike, local);
	return a;
}

struct ike_peer *
anyone_to_try(struct ike *ike, const struct path *path,
    const struct ike_peer *prev)
{
	const struct anyone *a = anyone_at(ike, &path->local.addr);
	struct ike_peer *p;
	size_t i = 0;

	if (prev == NULL || !index_is_anybody(prev)) {
		p = index_by_address(&ike->peers, path, prev);
		return p != NULL || a->offers_n == 0 ? p : a->offers[0];
	}
	while (i < a->offers_n && a->offers[i] != prev)
		i++;
	if (i + 1 < a->offers_n)
		return a->offers[i + 1];
	/* Behind the last that is remembered: all who are left. */
	return a->more ? index_by_path(&ike->peers, path, prev) : NULL;
}

void
anyone_forget(struct ike *ike)
{
	ike->anyone.n = ike->anyone.next = 0;
}
