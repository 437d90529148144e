/*
 * Records of what is kept.  One list of fields serves for writing and reading,
 * so that the two cannot differ; it begins with its version, and what has
 * another one is not read: the SA is then negotiated anew, as everything is
 * that does not fit.
 *
 * Exchanges that need secrets beyond the SA's own (a key exchange under way) are
 * not in it, only their messages; what becomes of them is adopt.c's business.
 */
#include "ike/keep.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ike/pack.h"
#include "ike/peer.h"
#include "ike/proof.h"
#include "ike/x_sync.h"
#include "util/array.h"

/* Writes or reads the same fields: one of the two is set. */
struct codec {
	struct wr	*w;
	struct rd	*r;
};

#define CODE(name, type, put, get)					\
static void								\
name(struct codec *c, type *v)						\
{									\
	if (c->w != NULL)						\
		put(c->w, *v);						\
	else								\
		*v = get(c->r);						\
}
#define CODE_BY(name, type, put, get)					\
static void								\
name(struct codec *c, type *v)						\
{									\
	if (c->w != NULL)						\
		put(c->w, v);						\
	else								\
		get(c->r, v);						\
}

CODE(code_u8, uint8_t, wr_u8, rd_u8)
CODE(code_u32, uint32_t, wr_u32, rd_u32)
CODE(code_u64, uint64_t, wr_u64, rd_u64)
CODE(code_instant, struct instant, pack_instant, unpack_instant)
CODE_BY(code_addr, struct addr, pack_addr, unpack_addr)
CODE_BY(code_path, struct path, pack_path, unpack_path)
CODE_BY(code_suite, struct suite, pack_suite, unpack_suite)
CODE_BY(code_key, struct key, pack_key, unpack_key)
CODE_BY(code_vouch, struct vouch, pack_vouch, unpack_vouch)
CODE_BY(code_ts, struct ts_list, pack_ts, unpack_ts)
CODE_BY(code_nonce, struct nonce_key, pack_nonce, unpack_nonce)

static void
code_fixed(struct codec *c, uint8_t *b, size_t n)
{
	if (c->w != NULL)
		wr_bytes(c->w, bytes_of(b, n));
	else
		rd_copy(c->r, b, n);
}

/* A number below limit, for an enum. */
static unsigned
code_enum(struct codec *c, unsigned v, unsigned limit)
{
	uint8_t n = (uint8_t)v;

	code_u8(c, &n);
	if (c->r != NULL && n >= limit)
		c->r->bad = true;
	return n < limit ? n : 0;
}

static void
code_octets(struct codec *c, struct bytes *b, size_t most)
{
	if (c->w != NULL)
		pack_octets(c->w, *b);
	else
		*b = unpack_octets(c->r, most);
}

static void
code_blob(struct codec *c, uint8_t *b, size_t *n, size_t cap)
{
	struct bytes view = bytes_of(b, *n);

	code_octets(c, &view, cap);
	if (c->r == NULL)
		return;
	*n = view.n;
	if (view.n > 0)
		memcpy(b, view.p, view.n);
}

/* As bits of a word; one that means nothing must not be set. */
static void
code_bools(struct codec *c, bool *const *v, size_t n)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= c->w != NULL && *v[i] ? UINT32_C(1) << i : 0;
	code_u32(c, &bits);
	if (c->r == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		*v[i] = (bits >> i & 1) != 0;
	c->r->bad |= n < 32 && bits >> n != 0;
}

static void
code_instants(struct codec *c, struct instant *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		code_instant(c, v[i]);
}

/* --- what a record is made of --- */

static void
child_fields(struct codec *x, struct keep_child *k)
{
	struct child *c = &k->c;
	bool esn = c->suite.esn, unsaid = c->suite.esn_unsaid;
	bool *const bools[] = {
		&c->encap, &c->initiated, &c->created, &c->in_kernel,
		&c->out_kernel, &c->want_delete, &c->want_rekey, &esn, &unsaid,
		&k->has_keys,
	};
	struct instant *const instants[] = {
		&c->created_at, &c->rekey_at, &c->expire_at, &c->gone_at,
		&c->retry_at, &c->cull_at, &c->overdue_at, &c->switch_at,
	};

	code_u32(x, &c->spi_in);
	code_u32(x, &c->spi_out);
	code_u32(x, &c->replaces);
	c->state = (enum child_state)code_enum(x, c->state,
	    CHILD_LINGERING + 1);
	code_bools(x, bools, ARRAY_SIZE(bools));
	code_suite(x, &c->suite);
	c->suite.esn = esn;
	c->suite.esn_unsaid = unsaid;
	code_ts(x, &k->local_ts);
	code_ts(x, &k->remote_ts);
	code_path(x, &c->path);
	code_nonce(x, &c->lowest);
	code_instants(x, instants, ARRAY_SIZE(instants));
	if (!k->has_keys)
		return;
	code_key(x, &k->keys.encr_i);
	code_key(x, &k->keys.integ_i);
	code_key(x, &k->keys.encr_r);
	code_key(x, &k->keys.integ_r);
}

static void
sa_bools(struct codec *x, struct keep_sa *k)
{
	struct ike_sa *sa = &k->sa;
	bool *const bools[] = {
		&sa->initiator, &sa->opened, &sa->want_delete, &sa->want_rekey,
		&sa->want_child, &sa->resumed, &sa->nat_local, &sa->nat_remote,
		&sa->encap, &sa->frags, &sa->syncs, &sa->ppk, &sa->stray,
		&sa->redirected, &sa->redirects, &sa->leaving, &sa->outdated,
		&k->counting,
	};

	code_bools(x, bools, ARRAY_SIZE(bools));
}

static void
sa_keys(struct codec *x, struct keep_sa *k)
{
	code_suite(x, &k->sa.suite);
	code_key(x, &k->sa.keys.sk_d);
	for (int i = 0; i < 2; i++) {
		code_key(x, &k->encr[i]);
		code_key(x, &k->integ[i]);
	}
	code_u64(x, &k->iv);
}

static void
sa_exchanges(struct codec *x, struct keep_sa *k)
{
	struct xchg *e = &k->sa.x;

	code_u32(x, &e->out_mid);
	code_u32(x, &e->in_mid);
	e->task = (enum task)code_enum(x, e->task, TASKS);
	code_u32(x, &e->subject);
	code_u8(x, &e->exchange);
	code_u32(x, &k->orphan);
	code_octets(x, &k->request, KEEP_MESSAGE);
	code_octets(x, &k->response, KEEP_MESSAGE);
	code_instant(x, &e->forget_at);
}

static void
sa_fields(struct codec *x, struct keep_sa *k)
{
	struct ike_sa *sa = &k->sa;
	struct instant *const instants[] = {
		&sa->created_at, &sa->established_at, &sa->state_until,
		&sa->rekey_at, &sa->expire_at, &sa->retry_at, &sa->cull_at,
		&sa->child_by,
	};

	sa->state = (enum sa_state)code_enum(x, sa->state, SA_STATES);
	sa_bools(x, k);
	code_u64(x, &sa->spi_i);
	code_u64(x, &sa->spi_r);
	code_path(x, &sa->path);
	code_addr(x, &sa->came_from);
	sa_keys(x, k);
	sa_exchanges(x, k);
	code_nonce(x, &sa->lowest);
	code_instants(x, instants, ARRAY_SIZE(instants));
	code_blob(x, k->sync, &k->sync_n, sizeof(k->sync));
	code_blob(x, k->proof, &k->proof_n, sizeof(k->proof));
	k->children_n = (uint8_t)code_enum(x, k->children_n,
	    KEEP_CHILDREN + 1);
	for (unsigned i = 0; i < k->children_n; i++)
		child_fields(x, &k->child[i]);
}

static void
fields(struct codec *x, struct keep *k)
{
	bool *const bools[] = { &k->spoken, &k->proved };

	code_fixed(x, k->rules, sizeof(k->rules));
	code_u32(x, &k->rekeys);
	code_u32(x, &k->child_rekeys);
	code_bools(x, bools, ARRAY_SIZE(bools));
	code_fixed(x, k->peer_id, sizeof(k->peer_id));
	code_vouch(x, &k->vouch);
	k->n = (uint8_t)code_enum(x, k->n, KEEP_SAS + 1);
	for (unsigned i = 0; i < k->n; i++)
		sa_fields(x, &k->sa[i]);
}

bool
keep_decode(struct bytes record, struct keep *k)
{
	struct rd r = rd_of(record);
	struct codec x = { .r = &r };

	r.bad |= rd_u8(&r) != KEEP_VERSION;
	if (!r.bad)
		fields(&x, k);
	return rd_done(&r) && k->n > 0;
}

/* --- from what is --- */

/*
 * An answer that is held is not given yet: the peer will ask again, and then
 * finds nobody who has heard of it.
 */
static bool
is_to_be_kept(const struct ike_sa *sa)
{
	if ((sa->state != SA_ESTABLISHED && sa->state != SA_REKEYED &&
	    sa->state != SA_DELETING) || sa->keys.seal_i == NULL)
		return false;
	return !sa->x.answering || sa->x.response == NULL ||
	    sa->x.response[HDR_EXCHANGE_AT] != IKE_AUTH;
}

static struct bytes
short_enough(const uint8_t *p, size_t n)
{
	return bytes_of(p, p == NULL || n > KEEP_MESSAGE ? 0 : n);
}

static void
take_children(struct keep_sa *k, const struct ike_sa *sa)
{
	for (const struct child *c = sa->children; c != NULL &&
	    k->children_n < KEEP_CHILDREN; c = c->next) {
		struct keep_child *to = &k->child[k->children_n];

		if (c->answer)
			continue;
		*to = (struct keep_child){ .c = *c,
		    .has_keys = c->keys != NULL };
		ts_pair_get(c->ts, &to->local_ts, &to->remote_ts);
		if (to->has_keys)
			to->keys = *c->keys;
		k->children_n++;
	}
}

static void
take_sa(struct keep_sa *k, const struct ike_sa *sa)
{
	struct wr sync = wr_of(k->sync, sizeof(k->sync));
	struct wr proof = wr_of(k->proof, sizeof(k->proof));

	memset(k, 0, offsetof(struct keep_sa, sync));
	k->sa = *sa;
	seal_keys(sa->keys.seal_i, &k->encr[0], &k->integ[0]);
	seal_keys(sa->keys.seal_r, &k->encr[1], &k->integ[1]);
	k->counting = seal_next_iv(sa_seal_out(sa), &k->iv);
	k->request = short_enough(sa->x.request, sa->x.request_n);
	if (sa->create != NULL && sa->x.task != TASK_REKEY_IKE)
		k->orphan = sa->create->spi_in;
	if (sa->x.answering)
		k->sa.x.in_mid--;
	else
		k->response = short_enough(sa->x.response,
		    sa->x.response_n);
	x_sync_pack(sa, &sync);
	k->sync_n = sync.bad ? 0 : sync.n;
	proof_pack(sa, &proof);
	k->proof_n = proof.bad ? 0 : proof.n;
	take_children(k, sa);
}

static void
take(struct keep *k, const struct ike_peer *p)
{
	const struct ike_sa *main = peer_main_sa(p);

	memset(k, 0, offsetof(struct keep, sa));
	memcpy(k->rules, p->tickets.rules, sizeof(k->rules));
	k->rekeys = p->rekeys;
	k->child_rekeys = p->child_rekeys;
	k->spoken = p->tickets.spoken;
	k->proved = p->tickets.proved;
	memcpy(k->peer_id, p->tickets.peer_id, sizeof(k->peer_id));
	if (p->tickets.vouch != NULL)
		k->vouch = *p->tickets.vouch;
	if (main != NULL && is_to_be_kept(main))
		take_sa(&k->sa[k->n++], main);
	for (const struct ike_sa *sa = p->sas; sa != NULL && k->n < KEEP_SAS;
	    sa = sa->peer_next) {
		if (sa != main && is_to_be_kept(sa))
			take_sa(&k->sa[k->n++], sa);
	}
}

/* Its room is forty times what a record takes, and one goes with each message. */
static void
forget(struct keep *k)
{
	for (unsigned i = 0; i < k->n; i++) {
		struct keep_sa *sa = &k->sa[i];

		wipe(sa->child, sa->children_n * sizeof(sa->child[0]));
		wipe(sa, offsetof(struct keep_sa, sync));
	}
	free(k);
}

bool
ike_keep(const struct ike *ike, uint32_t id, struct wr *w)
{
	const struct ike_peer *p = table_peer(ike, id);
	struct codec x = { .w = w };
	struct keep *k;

	if (p == NULL || p->sas == NULL)
		return true;
	k = malloc(sizeof(*k));
	if (k == NULL)
		return false;
	take(k, p);
	if (k->n > 0) {
		wr_u8(w, KEEP_VERSION);
		fields(&x, k);
	}
	forget(k);
	return !w->bad;
}

void
keep_touch(struct ike_peer *p)
{
	if (p->keep)
		return;
	p->keep = true;
	p->keep_next = p->ike->keep;
	p->ike->keep = p;
}

void
keep_forget(struct ike_peer *p)
{
	struct ike_peer **at = &p->ike->keep;

	if (!p->keep)
		return;
	while (*at != p)
		at = &(*at)->keep_next;
	*at = p->keep_next;
	p->keep = false;
}

bool
ike_keep_next(struct ike *ike, uint32_t *id)
{
	struct ike_peer *p = ike->keep;

	if (p == NULL)
		return false;
	*id = p->conf.id;
	keep_forget(p);
	return true;
}
