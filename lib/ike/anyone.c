/*
 * A hub with thousands of peers that may come from anywhere (branches without a
 * fixed address) answers each IKE_SA_INIT for all of them, as RFC 7296 shows
 * who it is in IKE_AUTH only.  What they have in common is found once for each
 * local address and kept until the configuration changes: a stranger's datagram
 * must not make us walk through all of them.  Whether a peer is refused for now
 * is no matter here.
 */
#include "ike/anyone.h"

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

/* The one walk: most of them trust the same CAs. */
static void
look(struct anyone *a, const struct ike *ike, const struct addr *local)
{
	const struct path path = { .local.addr = *local };
	const struct trust *last = NULL;
	const struct ike_peer *p = NULL;
	struct wr cas = wr_of(a->cas, sizeof(a->cas));

	*a = (struct anyone){ .local = *local };
	while ((p = index_by_path(&ike->peers, &path, p)) != NULL) {
		a->traits |= anyone_traits(p);
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

void
anyone_forget(struct ike *ike)
{
	ike->anyone.n = ike->anyone.next = 0;
}
