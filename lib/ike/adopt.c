/*
 * An instance that takes the place of one that died goes on with its IKE SAs.
 * The record (keep.h) may be from an engine that somebody had taken over: it is
 * held against the configuration, and what is out of place in it anywhere is
 * refused as a whole, before anything is made of it.
 *
 * Our request that was open is sent again word by word until it is answered.
 * Probes and deletes then go on as if nothing had happened.  What would need
 * secrets that are gone does not: a child that was being created is deleted with
 * the peer and asked for anew; an IKE SA that was being rekeyed may have a
 * successor at the peer by now, which we could not read, and is not taken.
 *
 * Whether the children are in the kernel, it is asked; one that is not counts
 * as refused (child.c).
 */
#include <stdlib.h>
#include <string.h>

#include "ike/auth.h"
#include "ike/keep.h"
#include "ike/peer.h"
#include "ike/proof.h"
#include "ike/x_redirect.h"
#include "ike/x_sync.h"
#include "ike/xchg.h"

/* An SA that is close to the end of its message ids is lost anyway. */
#define ID_MAX		(UINT32_MAX - UINT32_C(65536))
#define SPI_LEAST	256	/* RFC 4303 section 2.1 */

/* After all have come back another ticket is asked for. */
static const struct span settled = { INT64_C(10) * 1000000000 };
static const struct span delete_patience = { INT64_C(5) * 1000000000 };

/* What our open request becomes; TASK_INIT: it cannot have been. */
static const enum task goes_on[TASKS] = {
	[TASK_NONE] = TASK_NONE,
	[TASK_INIT] = TASK_INIT,
	[TASK_INTER] = TASK_INIT,
	[TASK_AUTH] = TASK_INIT,
	[TASK_DELETE_IKE] = TASK_DELETE_IKE,
	[TASK_DELETE_CHILD] = TASK_DELETE_CHILD,
	[TASK_REKEY_IKE] = TASK_REKEY_IKE,
	[TASK_REKEY_CHILD] = TASK_LOST,
	[TASK_CREATE_CHILD] = TASK_LOST,
	[TASK_DPD] = TASK_DPD,
	[TASK_REDIRECT] = TASK_DPD,
	[TASK_RESUME] = TASK_INIT,
	[TASK_TICKET] = TASK_DPD,
	[TASK_LOST] = TASK_LOST,
};

static bool
no(struct reason *why, const char *text)
{
	reason_set(why, "%s", text);
	return false;
}

/* --- what may be --- */

/* Messages of this SA, one behind the other, all with this id. */
static bool
are_messages(struct bytes b, const struct ike_sa *sa, bool response,
    uint32_t mid)
{
	uint8_t flags = (uint8_t)((sa->initiator ? HDR_INITIATOR : 0) |
	    (response ? HDR_RESPONSE : 0));
	struct rd r = rd_of(b);
	struct hdr h;

	while (r.n > 0) {
		struct rd at = r, len = r;
		struct bytes one;

		rd_bytes(&len, HDR_LENGTH_AT);
		one = rd_bytes(&at, rd_u32(&len));
		if (len.bad || at.bad || !hdr_decode(one, &h) ||
		    h.spi_i != sa->spi_i || h.spi_r != sa->spi_r ||
		    h.flags != flags || h.mid != mid)
			return false;
		r = at;
	}
	return true;
}

static bool
exchanges_fit(const struct keep_sa *k, struct reason *why)
{
	const struct ike_sa *sa = &k->sa;
	enum task task = goes_on[sa->x.task];

	if (sa->x.out_mid > ID_MAX || sa->x.in_mid > ID_MAX)
		return no(why, "its message ids are used up");
	if (task == TASK_INIT)
		return no(why, "malformed: its request is none of its state");
	if (task == TASK_REKEY_IKE)
		return no(why, "a rekey of the IKE SA was under way");
	if (task != TASK_NONE && k->request.n == 0)
		return no(why, "a request was under way that is too long to "
		    "be kept");
	if ((task == TASK_NONE) != (k->request.n == 0) ||
	    (task == TASK_DELETE_IKE) != (sa->state == SA_DELETING) ||
	    !are_messages(k->request, sa, false, sa->x.out_mid) ||
	    !are_messages(k->response, sa, true, sa->x.in_mid - 1))
		return no(why, "malformed: its messages are not of it");
	return true;
}

static bool
keys_fit(const struct keep_sa *k)
{
	const struct suite *s = &k->sa.suite;

	if (s->prf == NULL || s->ke == NULL ||
	    k->sa.keys.sk_d.n != s->prf->key_len)
		return false;
	for (int i = 0; i < 2; i++) {
		if (k->encr[i].n != suite_encr_len(s) ||
		    k->integ[i].n != suite_integ_len(s))
			return false;
	}
	return true;
}

static bool
is_named(const struct addr *a)
{
	return addr_is_set(a) && !addr_is_any(a);
}

static bool
path_fits(const struct ike_peer_conf *conf, const struct ike_sa *sa)
{
	const struct path *p = &sa->path;

	if (!is_named(&p->local.addr) || !is_named(&p->remote.addr) ||
	    p->local.port == 0 || p->remote.port == 0)
		return false;
	if (is_named(&conf->local) && !addr_eq(&conf->local, &p->local.addr))
		return false;
	if (sa->redirected && x_redirect_allows(conf, &p->remote.addr))
		return true;
	return !is_named(&conf->remote) || sa_may_move(sa) ||
	    addr_eq(&conf->remote, &p->remote.addr);
}

static bool
has_alg(const struct alg_list *l, const struct alg *a)
{
	bool found = a == NULL;

	for (size_t i = 0; i < l->n; i++)
		found |= alg_at(l->row[i]) == a;
	return found;
}

/* An offer that does not say does without. */
static bool
esn_fits(const struct offer *o, const struct suite *s)
{
	return o->esn.n == 0 ? !s->esn : has_alg(&o->esn,
	    alg_find(ALG_ESN, s->esn ? ESN_YES : ESN_NO, 0));
}

static bool
child_keys_fit(const struct keep_child *k)
{
	const unsigned e = suite_encr_len(&k->c.suite);
	const unsigned a = suite_integ_len(&k->c.suite);

	if (!k->has_keys)
		return true;
	return k->keys.encr_i.n == e && k->keys.encr_r.n == e &&
	    k->keys.integ_i.n == a && k->keys.integ_r.n == a;
}

static bool
child_fits(const struct ike_peer_conf *conf, const struct keep_sa *of,
    const struct keep_child *k)
{
	const struct child *c = &k->c;

	/* What is only to be deleted with the peer, as an orphan is. */
	if (!c->in_kernel && !c->out_kernel && !child_current(c))
		return c->spi_in >= SPI_LEAST && child_keys_fit(k);
	/* Who is yet to send gets its keys from here. */
	if (c->spi_in < SPI_LEAST || c->spi_out < SPI_LEAST ||
	    k->local_ts.n == 0 || k->remote_ts.n == 0 ||
	    !child_keys_fit(k) || (child_current(c) && !c->out_kernel &&
	    !k->has_keys) ||
	    (c->state == CHILD_LIVE && !(c->in_kernel && c->out_kernel)) ||
	    (c->state == CHILD_INSTALLING && !c->in_kernel))
		return false;
	return has_alg(&conf->esp.encr, c->suite.encr) &&
	    has_alg(&conf->esp.integ, c->suite.integ) &&
	    esn_fits(&conf->esp, &c->suite) &&
	    ts_within(&k->local_ts, &conf->local_ts) &&
	    ts_within(&k->remote_ts, &conf->remote_ts) &&
	    addr_eq(&c->path.local.addr, &of->sa.path.local.addr) &&
	    addr_eq(&c->path.remote.addr, &of->sa.path.remote.addr) &&
	    (!c->encap || (c->path.local.port != 0 &&
	    c->path.remote.port != 0));
}

static bool
sa_fits(const struct ike_peer *p, const struct keep_sa *k, struct instant now,
    struct reason *why)
{
	const struct ike_sa *sa = &k->sa;

	if (sa->state != SA_ESTABLISHED && sa->state != SA_REKEYED &&
	    sa->state != SA_DELETING)
		return no(why, "malformed: it was not established");
	if (sa->spi_i == 0 || sa->spi_r == 0 || !keys_fit(k))
		return no(why, "malformed: its SPIs or keys");
	if (!auth_suite_fits(p, &sa->suite))
		return no(why, "its IKE algorithms are not allowed any more");
	if (!path_fits(&p->conf, sa))
		return no(why, "it is between other addresses");
	if (sa->state == SA_ESTABLISHED && instant_due(sa->expire_at, now))
		return no(why, "its life is over");
	if (!exchanges_fit(k, why))
		return false;
	for (unsigned i = 0; i < k->children_n; i++) {
		if (!child_fits(&p->conf, k, &k->child[i]))
			return no(why, "a child SA is not what the "
			    "configuration allows");
	}
	return true;
}

static bool
fits(const struct ike_peer *p, const struct keep *k, struct instant now,
    struct reason *why)
{
	if (memcmp(k->rules, p->tickets.rules, sizeof(k->rules)) != 0)
		return no(why, "the tunnel's identities, keys or certificates "
		    "are not those that it was set up with");
	for (unsigned i = 0; i < k->n; i++) {
		if (!sa_fits(p, &k->sa[i], now, why))
			return false;
	}
	return true;
}

/* --- what is made of it --- */

static bool
has_child(const struct keep *k, uint32_t spi_in)
{
	bool found = false;

	for (unsigned i = 0; i < k->n; i++) {
		for (unsigned j = 0; j < k->sa[i].children_n; j++)
			found |= k->sa[i].child[j].c.spi_in == spi_in;
	}
	return found;
}

/* It speaks of its own children only: no other tunnel's are any of its own. */
static void
cut_off(struct keep *k)
{
	for (unsigned i = 0; i < k->n; i++) {
		struct keep_sa *sa = &k->sa[i];

		if (!has_child(k, sa->sa.x.subject))
			sa->sa.x.subject = 0;
		for (unsigned j = 0; j < sa->children_n; j++) {
			if (!has_child(k, sa->child[j].c.replaces))
				sa->child[j].c.replaces = 0;
		}
	}
}

/* No later than what a fresh one would get. */
static struct instant
at_most(struct instant t, struct instant now, struct span d)
{
	return instant_min(t, instant_after(now, d));
}

static bool
take_child(struct ike_sa *sa, struct instant now, const struct keep_child *k)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct child c = k->c;

	c.ts = ts_pair_new(&k->local_ts, &k->remote_ts);
	if (c.ts == NULL)
		return false;
	c.created_at = instant_min(c.created_at, now);
	if (child_current(&c))
		c.expire_at = at_most(c.expire_at, now, conf->child_lifetime);
	/* Its delete is not what is open any more. */
	if (c.state == CHILD_DELETING && (sa->x.task != TASK_DELETE_CHILD ||
	    sa->x.subject != c.spi_in)) {
		c.state = CHILD_REPLACED;
		c.want_delete = true;
	}
	return child_adopt(sa, now, &c, k->has_keys ? &k->keys : NULL) != NULL;
}

/*
 * A child of which the peer may have heard, or even have one, goes again; then
 * what it was for is begun anew.
 */
static bool
take_orphan(struct ike_sa *sa, struct instant now, const struct keep_sa *k)
{
	struct child *old = child_by_in(sa->ike, k->sa.x.subject);
	struct child orphan = {
		.spi_in = k->orphan, .state = CHILD_REPLACED,
		.suite = k->sa.suite, .path = sa->path, .want_delete = true,
		.rekey_at = INSTANT_NEVER, .expire_at = INSTANT_NEVER,
		.gone_at = INSTANT_NEVER, .cull_at = INSTANT_NEVER,
		.overdue_at = INSTANT_NEVER, .switch_at = INSTANT_NEVER,
		.created_at = now,
	};

	if (sa->x.task != TASK_LOST || k->sa.x.task == TASK_LOST)
		return true;
	sa->want_child |= old == NULL;
	if (old != NULL && old->sa == sa)
		old->want_rekey = child_current(old);
	return k->orphan < SPI_LEAST ||
	    child_adopt(sa, now, &orphan, NULL) != NULL;
}

static bool
take_keys(struct ike_sa *sa, const struct keep_sa *k)
{
	sa->suite = k->sa.suite;
	sa->keys.sk_d = k->sa.keys.sk_d;
	sa->keys.seal_i = seal_new(&sa->suite, key_bytes(&k->encr[0]),
	    key_bytes(&k->integ[0]));
	sa->keys.seal_r = seal_new(&sa->suite, key_bytes(&k->encr[1]),
	    key_bytes(&k->integ[1]));
	if (sa->keys.seal_i == NULL || sa->keys.seal_r == NULL)
		return false;
	if (k->counting)
		seal_go_on(sa_seal_out(sa), k->iv + KEEP_IV_GAP);
	return true;
}

static void
take_flags(struct ike_sa *sa, const struct ike_sa *of)
{
	sa->opened = of->opened;
	sa->resumed = of->resumed;
	sa->nat_local = of->nat_local;
	sa->nat_remote = of->nat_remote;
	sa->encap = of->encap;
	sa->frags = of->frags;
	sa->syncs = of->syncs;
	sa->ppk = of->ppk;
	sa->stray = of->stray;
	sa->redirected = of->redirected;
	sa->redirects = of->redirects;
	sa->leaving = of->leaving;
	sa->came_from = of->came_from;
	sa->outdated = of->outdated;
	sa->want_child = of->want_child;
	sa->lowest = of->lowest;
	sa->path = of->path;
}

/* What ends with the state of being established has no time otherwise. */
static void
take_times(struct ike_sa *sa, struct instant now, const struct ike_sa *of)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;

	sa->created_at = instant_min(of->created_at, now);
	sa->established_at = instant_min(of->established_at, now);
	sa_state(sa, now, of->state);
	if (sa->nat_local && sa->encap)
		sa->keepalive_at = now;
	sa->want_delete = of->want_delete && of->state != SA_DELETING;
	if (of->state != SA_ESTABLISHED)
		return;
	sa->rekey_at = at_most(of->rekey_at, now, conf->ike_lifetime);
	sa->expire_at = at_most(of->expire_at, now, conf->ike_lifetime);
	sa->want_rekey = of->want_rekey;
	sa->retry_at = at_most(of->retry_at, now, conf->ike_lifetime);
	sa->cull_at = of->cull_at;
	sa->child_by = of->child_by;
	sa_heard(sa, now);
}

static bool
take_exchanges(struct ike_sa *sa, struct instant now, const struct keep_sa *k)
{
	const struct xchg *of = &k->sa.x;

	sa->x.out_mid = of->out_mid;
	sa->x.in_mid = of->in_mid;
	sa->x.task = goes_on[of->task];
	sa->x.subject = of->subject;
	if (!xchg_go_on(sa, now, k->request, k->response, of->forget_at))
		return false;
	if (k->request.n > 0)
		sa->x.exchange = sa->x.request[HDR_EXCHANGE_AT];
	if (sa->state == SA_DELETING || sa->want_delete)
		sa->x.give_up_at = at_most(sa->x.give_up_at, now,
		    delete_patience);
	return true;
}

static bool
take_sa(struct ike_peer *p, struct instant now, const struct keep_sa *k)
{
	struct ike_sa *sa = sa_new(p->ike, now, p, k->sa.initiator,
	    k->sa.spi_i, k->sa.spi_r);

	if (sa == NULL)
		return false;
	take_flags(sa, &k->sa);
	if (!take_keys(sa, k))
		return false;
	take_times(sa, now, &k->sa);
	if (!take_exchanges(sa, now, k) ||
	    !x_sync_adopt(sa, bytes_of(k->sync, k->sync_n)) ||
	    !proof_adopt(sa, now, bytes_of(k->proof, k->proof_n)))
		return false;
	for (unsigned i = 0; i < k->children_n; i++) {
		if (!take_child(sa, now, &k->child[i]))
			return false;
	}
	return take_orphan(sa, now, k);
}

/* After the SAs, since nothing of it is undone. */
static void
take_peer(struct ike_peer *p, struct instant now, const struct keep *k)
{
	struct peer_tickets *t = &p->tickets;

	p->rekeys = k->rekeys;
	p->child_rekeys = k->child_rekeys;
	t->spoken = k->spoken;
	t->proved = k->proved;
	memcpy(t->peer_id, k->peer_id, sizeof(t->peer_id));
	if (k->vouch.until != 0 && t->vouch == NULL) {
		t->vouch = malloc(sizeof(*t->vouch));
		t->proved &= t->vouch != NULL;
	}
	if (k->vouch.until != 0 && t->vouch != NULL)
		*t->vouch = k->vouch;
	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		if (sa->state == SA_ESTABLISHED && sa->opened &&
		    p->conf.resumption && t->spoken)
			sa->ticket_at = instant_after(now,
			    drbg_span(sa->ike->drbg, settled));
	}
}

/* In the middle something could not be made: as if there had been nothing. */
static void
undo(struct ike_peer *p, struct instant now)
{
	struct ike_sa *sa;

	while ((sa = p->sas) != NULL) {
		sa_die(sa, now, NULL);
		sa_free(sa);
	}
	free(p->cert);
	p->cert = NULL;
}

static bool
take_all(struct ike_peer *p, struct instant now, const struct keep *k,
    struct reason *why)
{
	const struct ike_sa *sa;

	/* The first to be bound is the last in the list. */
	for (unsigned i = k->n; i-- > 0;) {
		if (!take_sa(p, now, &k->sa[i])) {
			undo(p, now);
			return no(why, "malformed, or there is no memory");
		}
	}
	take_peer(p, now, k);
	x_redirect_adopted(p);
	sa = peer_main_sa(p);
	p->was_up = sa != NULL && sa->state == SA_ESTABLISHED;
	out_event(p->ike, p->conf.id, IKE_EV_ADOPTED, "%s",
	    p->was_up ? "the IKE SA goes on" : "the end of the IKE SA goes on");
	return true;
}

bool
ike_adopt(struct ike *ike, struct instant now, uint32_t id,
    struct bytes record, struct reason *why)
{
	struct ike_peer *p = table_peer(ike, id);
	struct keep *k = calloc(1, sizeof(*k));
	bool ok;

	if (p == NULL || k == NULL || p->sas != NULL)
		ok = no(why, p == NULL ? "there is no such tunnel" : k == NULL ?
		    "there is no memory" : "it has an IKE SA already");
	else if (!keep_decode(record, k))
		ok = no(why, "malformed, or of another version");
	else if ((ok = fits(p, k, now, why))) {
		cut_off(k);
		ok = take_all(p, now, k, why);
	}
	if (k != NULL)
		wipe(k, sizeof(*k));
	free(k);
	sa_settle_all(ike, now);
	return ok;
}
