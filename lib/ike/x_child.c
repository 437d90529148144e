/*
 * CREATE_CHILD_SA for children in both directions (RFC 7296 sections 1.3.1,
 * 1.3.3, 2.8, 2.25); what is agreed on there is x_child_deal.c's.
 *
 *   HDR, SK {[N(REKEY_SA),] SA, Ni, [KEi,] TSi, TSr}  -->
 *                          <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 *
 * When both sides rekey the same child, the exchange with the lowest of the
 * four nonces loses and its creator deletes what came of it (section 2.8.1).
 */
#include "ike/x_child.h"

#include <stdlib.h>
#include <string.h>

#include "ike/peer.h"
#include "ike/task.h"
#include "ike/x_follow.h"
#include "ike/x_rekey.h"
#include "ike/xchg.h"

static const struct span retry = { INT64_C(30) * 1000000000 };

static uint32_t
spi_of(struct bytes b)
{
	struct rd r = rd_of(b);

	return rd_u32(&r);
}

/* --- initiator --- */

static bool
send_request(struct ike_sa *sa, struct instant now, const struct child *old)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct create *x = sa->create;
	struct build b;

	xchg_begin_sk(sa, &b, CREATE_CHILD_SA, false);
	if (old != NULL)
		build_notify_spi(&b, N_REKEY_SA, PROTO_ESP, old->spi_in,
		    (struct bytes){ 0 });
	x_child_build_sa(&b, &x->offer, x->spi_in);
	build_bytes(&b, PL_NONCE, bytes_of(x->ni, NONCE_OURS));
	if (x->kex != NULL)
		build_ke(&b, kex_alg(x->kex)->id, kex_public(x->kex));
	x_child_build_ts(&b, &conf->local_ts, &conf->remote_ts);
	return xchg_request(sa, now, &b, old != NULL ? TASK_REKEY_CHILD :
	    TASK_CREATE_CHILD, old != NULL ? old->spi_in : 0);
}

/* Again later: the peer is busy, or refused. */
static void
put_off(struct ike_sa *sa, struct instant at, struct child *old)
{
	if (old != NULL) {
		old->want_rekey = child_current(old);
		old->retry_at = at;
	} else if (sa_current_child(sa) == NULL) {
		sa->want_child = true;
		sa->retry_at = at;
	}
}

void
x_child_request(struct ike_sa *sa, struct instant now, struct child *old)
{
	struct create *x = calloc(1, sizeof(*x));
	struct drbg *drbg = sa->ike->drbg;

	if (x == NULL) {
		put_off(sa, instant_after(now, retry), old);
		return;
	}
	if (old != NULL)
		old->want_rekey = false;
	else
		sa->want_child = false;
	sa_create_free(sa);
	sa->create = x;
	x->offer = sa->peer->conf.esp;
	/* No group was agreed for a child yet: the IKE SA's is a good guess. */
	offer_prefer(&x->offer, &(struct suite){ .ke = sa->suite.ke });
	if (old != NULL) {
		/* Its suite and PFS group first: the peer took them before. */
		offer_prefer(&x->offer, &old->suite);
		x->old_in = old->spi_in;
	}
	x->spi_in = table_child_spi(sa->ike);
	drbg_fill(drbg, x->ni, sizeof(x->ni));
	if (x->offer.ke.n > 0)
		x->kex = kex_new(alg_at(x->offer.ke.row[0]), drbg);
	if ((x->offer.ke.n > 0 && x->kex == NULL) ||
	    !send_request(sa, now, old))
		sa_die(sa, now, "cannot build CREATE_CHILD_SA");
}

/* Section 2.25.1: the peer does not have it; make a new one instead. */
static void
not_found(struct ike_sa *sa, struct instant now, struct child *old)
{
	if (old == NULL || !child_current(old))
		return;
	child_hand_over(old, now);
	child_linger(old, now);
	sa->want_child = sa_current_child(sa) == NULL;
}

/* The child that we meant to rekey went, or the peer replaced it. */
static bool
overtaken(const struct create *x, const struct child *old)
{
	return x->old_in != 0 && (old == NULL || !child_current(old) ||
	    child_heir(old) != NULL);
}

static void
refused(struct ike_sa *sa, struct instant now, const struct pl_notify *error,
    struct child *old)
{
	switch (error->type) {
	case N_TEMPORARY_FAILURE:
	case N_STATE_NOT_FOUND:		/* RFC 9370: all of it once more */
		put_off(sa, task_later(sa, now), old);
		break;
	case N_CHILD_SA_NOT_FOUND:
		not_found(sa, now, old);
		break;
	case N_INVALID_KE_PAYLOAD:
		if (overtaken(sa->create, old)) {
			put_off(sa, task_later(sa, now), old);
			break;
		}
		if (sa->create->follow == NULL &&
		    sa_create_regroup(sa, error->data) &&
		    send_request(sa, now, old))
			return;		/* the request is out again */
		/* FALLTHROUGH */
	default:
		x_child_tell(sa, CREATE_CHILD_SA, &sa->create->offer,
		    error->type);
		peer_failed(sa->peer, "the peer refused to %s the child SA: "
		    "%s (%u)", old != NULL ? "rekey" : "create",
		    notify_str(error->type), error->type);
		put_off(sa, instant_after(now, retry), old);
		break;
	}
	sa_create_free(sa);
}

static bool
shared(struct create *x, const struct msg *m, const struct suite *s,
    struct secret *g_ir)
{
	if (s->ke == NULL)
		return true;
	return (m->seen & PL_BIT(PL_KE)) != 0 && m->ke.group == s->ke->id &&
	    x->kex != NULL && kex_alg(x->kex) == s->ke &&
	    kex_shared(x->kex, m->ke.data, g_ir);
}

/* What the peer made when both of us rekeyed this one. */
static void
theirs_lost(struct ike_sa *sa, struct instant now, uint32_t old_in)
{
	for (struct child *c = sa->children; c != NULL; c = c->next) {
		if (c->replaces == old_in && !c->initiated && child_current(c))
			child_lost(c, now);
	}
}

/* The peer deleted the old one: what it made has taken over and stays. */
static bool
theirs_stays(const struct ike_sa *sa)
{
	const struct create *x = sa->create;
	const struct child *old = child_by_in(sa->ike, x->old_in);
	const struct child *c = child_by_in(sa->ike, x->theirs_in);

	return x->old_in != 0 && x->collided && c != NULL &&
	    child_usable(c) && (old == NULL || !child_current(old));
}

/* Section 2.8.1: the exchange with the lowest nonce goes. */
static bool
has_lost(const struct create *x, const struct child_deal *deal)
{
	struct nonce_key ours = nonce_lowest(deal->ni, deal->nr);

	return x->collided && nonce_cmp(&ours, &x->theirs) < 0;
}

/*
 * All is agreed: the child, or what is left of it after a collision.  Not
 * valid: the peer's key exchange value was not.
 */
static void
created(struct ike_sa *sa, struct instant now, struct child_deal *deal,
    bool valid)
{
	struct create *x = sa->create;
	struct child *c = NULL;

	deal->lost = theirs_stays(sa) || has_lost(x, deal);
	if (valid && x->doomed != deal->spi_out)
		c = child_new(sa, now, deal);
	if (x->doomed == deal->spi_out) {
		put_off(sa, task_later(sa, now),
		    child_by_in(sa->ike, x->old_in));
	} else if (c == NULL) {
		peer_failed(sa->peer, "the peer's key exchange value for the "
		    "child SA is not valid");
		sa->want_delete = true;
	} else if (deal->lost) {
		sa_recheck(sa, now, RECHECK_LOST);
	} else if (deal->replaces != 0) {
		if (x->collided)
			theirs_lost(sa, now, deal->replaces);
		sa->peer->child_rekeys++;
		out_event(sa->ike, sa->peer->conf.id, IKE_EV_REKEYED,
		    "child SA");
	}
}

static enum task
task_of(const struct create *x)
{
	return x->old_in != 0 ? TASK_REKEY_CHILD : TASK_CREATE_CHILD;
}

/*
 * RFC 9370 section 2.2.4: the first of the additional key exchanges, unless
 * the peer's exchange has won: then ours ends here.
 */
static enum follow_step
follow_up(struct ike_sa *sa, struct instant now, const struct msg *m,
    const struct child_deal *deal)
{
	struct create *x = sa->create;

	if (has_lost(x, deal)) {
		put_off(sa, task_later(sa, now),
		    child_by_in(sa->ike, x->old_in));
		return FOLLOW_LOST;
	}
	if (x->collided && x_follow_of_child(sa, x->old_in))
		x_follow_forget(sa);
	if (x->collided && x->old_in != 0)
		theirs_lost(sa, now, x->old_in);
	x->follow = follow_new(&deal->suite, deal->ni, deal->nr, deal->g_ir);
	if (x->follow == NULL)
		return FOLLOW_BAD;
	follow_deal(x->follow, deal);
	return x_follow_begin(sa, now, task_of(x), m) ? FOLLOW_MORE :
	    FOLLOW_BAD;
}

/* An answer to CREATE_CHILD_SA whose payloads are as they should be. */
static enum follow_step
answered(struct ike_sa *sa, struct instant now, const struct msg *m,
    struct child_deal *deal)
{
	struct create *x = sa->create;
	struct secret g_ir = { 0 };
	enum follow_step step = FOLLOW_DONE;
	bool valid = shared(x, m, &deal->suite, &g_ir);

	deal->ni = bytes_of(x->ni, NONCE_OURS);
	deal->nr = m->nonce;
	deal->g_ir = deal->suite.ke != NULL ? &g_ir : NULL;
	if (valid && deal->g_ir != NULL && suite_addkes(&deal->suite) > 0)
		step = follow_up(sa, now, m, deal);
	if (step == FOLLOW_DONE || step == FOLLOW_BAD)
		created(sa, now, deal, valid && step == FOLLOW_DONE);
	wipe(&g_ir, sizeof(g_ir));
	return step;
}

/* An answer to IKE_FOLLOWUP_KE. */
static enum follow_step
followed(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	enum follow_step step = x_follow_answer(sa, now, task_of(sa->create),
	    m);

	if (step != FOLLOW_MORE)
		created(sa, now, &sa->create->follow->deal,
		    step == FOLLOW_DONE);
	return step;
}

void
x_child_answer(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	struct create *x = sa->create;
	struct child *old = child_by_in(sa->ike, x->old_in);
	const struct pl_notify *error = msg_error(m);
	enum follow_step step = FOLLOW_BAD;
	struct reason why;
	struct child_deal deal = {
		.spi_in = x->spi_in, .initiated = true, .created = true,
		.replaces = x->old_in,
	};

	(void)path;
	xchg_done(sa);
	if (error != NULL) {
		refused(sa, now, error, old);
		return;
	}
	if (x->follow != NULL) {
		step = followed(sa, now, m);
	} else if (x_child_accept(sa, m, &x->offer, &deal, &why) != N_NONE) {
		/* The peer has an SA that we cannot name: start over. */
		peer_failed(sa->peer, "%s", why.s);
		sa->want_delete = true;
	} else {
		step = answered(sa, now, m, &deal);
	}
	if (step != FOLLOW_MORE)
		sa_create_free(sa);
}

void
x_child_again(struct ike_sa *sa, struct instant now)
{
	put_off(sa, now, child_by_in(sa->ike, sa->create->old_in));
	sa_create_free(sa);
}

/* --- responder --- */

/* The child that a REKEY_SA notify is about (section 3.10.1: its sender's). */
static struct child *
rekeyed_child(const struct ike_sa *sa, const struct msg *m, bool *rekey)
{
	const struct pl_notify *n = msg_notify(m, N_REKEY_SA);

	*rekey = n != NULL;
	if (n == NULL || n->proto != PROTO_ESP || n->spi.n != 4)
		return NULL;
	return peer_child(sa->peer, spi_of(n->spi));
}

/*
 * Section 2.25.1: what stands in the way of this request, or N_NONE.  A child
 * that we do not know may be the one whose answer is under way to us; one
 * under another SA of the peer is about to come over from a rekeyed SA.
 */
static uint16_t
obstacle(const struct ike_sa *sa, bool rekey, const struct child *old)
{
	if (sa->state != SA_ESTABLISHED || sa->want_delete ||
	    sa->x.task == TASK_REKEY_IKE || x_rekey_undecided(sa))
		return N_TEMPORARY_FAILURE;
	/* The peer has answered ours, which is far ahead of this. */
	if (sa->create != NULL && sa->create->follow != NULL &&
	    sa->create->old_in == (old != NULL ? old->spi_in : 0))
		return N_TEMPORARY_FAILURE;
	if (!rekey)
		return N_NONE;
	if (old == NULL)
		return sa->create != NULL ? N_TEMPORARY_FAILURE :
		    N_CHILD_SA_NOT_FOUND;
	if (old->sa != sa || !child_current(old) || old->want_delete ||
	    child_heir(old) != NULL)
		return N_TEMPORARY_FAILURE;
	return N_NONE;
}

static void
refuse(struct ike_sa *sa, struct instant now, uint16_t type,
    const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_REKEY_SA);
	struct build b;

	if (type != N_CHILD_SA_NOT_FOUND || n == NULL || n->spi.n != 4) {
		xchg_refuse(sa, now, CREATE_CHILD_SA, type,
		    (struct bytes){ 0 });
		return;
	}
	xchg_begin_sk(sa, &b, CREATE_CHILD_SA, true);
	build_notify_spi(&b, type, PROTO_ESP, spi_of(n->spi),
	    (struct bytes){ 0 });
	xchg_respond(sa, now, &b, false);
}

/* Section 1.3: another group is asked for by number. */
static bool
group_fits(struct ike_sa *sa, struct instant now, const struct msg *m,
    const struct alg *ke)
{
	uint8_t group[2];
	struct wr w = wr_of(group, sizeof(group));

	if (ke == NULL || ((m->seen & PL_BIT(PL_KE)) != 0 &&
	    m->ke.group == ke->id))
		return true;
	wr_u16(&w, ke->id);
	xchg_refuse(sa, now, CREATE_CHILD_SA, N_INVALID_KE_PAYLOAD,
	    wr_done(&w));
	return false;
}

/* Our own request for the same thing is under way: remember the nonces. */
static void
note_collision(struct ike_sa *sa, const struct child *old,
    const struct nonce_key *theirs, uint32_t theirs_in)
{
	uint32_t old_in = old != NULL ? old->spi_in : 0;

	if ((sa->x.task == TASK_REKEY_CHILD ||
	    sa->x.task == TASK_CREATE_CHILD) && sa->create->old_in == old_in) {
		sa->create->collided = true;
		sa->create->theirs = *theirs;
		sa->create->theirs_in = theirs_in;
	}
}

static void
answer(struct ike_sa *sa, struct instant now, const struct child_deal *deal,
    uint8_t number, struct kex *kex, struct child *c)
{
	uint8_t spi[4];
	struct wr w = wr_of(spi, sizeof(spi));
	struct build b;

	wr_u32(&w, deal->spi_in);
	xchg_begin_sk(sa, &b, CREATE_CHILD_SA, true);
	proposal_encode_chosen(build_payload(&b, PL_SA), &deal->suite,
	    PROTO_ESP, number, wr_done(&w));
	build_bytes(&b, PL_NONCE, deal->nr);
	if (kex != NULL)
		build_ke(&b, kex_alg(kex)->id, kex_public(kex));
	x_child_build_ts(&b, &deal->remote_ts, &deal->local_ts);
	if (c != NULL)
		c->answer = true;
	else
		x_follow_link(sa, &b);
	xchg_respond(sa, now, &b, c != NULL);
}

/* It stands: what it means for what else is there or on its way. */
static void
made(struct ike_sa *sa, struct instant now, struct child *c,
    struct child *old)
{
	note_collision(sa, old, &c->lowest, c->spi_in);
	if (old != NULL)
		child_superseded(old, now);
	if (old == NULL && sa->x.task != TASK_CREATE_CHILD)
		child_elect(c, now);
}

/* RFC 9370: the answer, but no child before the last key exchange. */
static bool
await(struct ike_sa *sa, struct instant now, const struct child_deal *deal,
    uint8_t number, struct kex *kex, const struct child *old)
{
	struct nonce_key lowest = nonce_lowest(deal->ni, deal->nr);
	struct follow *f = follow_new(&deal->suite, deal->ni, deal->nr,
	    deal->g_ir);

	if (f == NULL)
		return false;
	follow_deal(f, deal);
	x_follow_await(sa, now, f);
	note_collision(sa, old, &lowest, 0);
	answer(sa, now, deal, number, kex, NULL);
	return true;
}

/* All is agreed: keys, the child, and the answer once it can receive. */
static void
create(struct ike_sa *sa, struct instant now, const struct msg *m,
    struct child_deal *deal, uint8_t number, struct child *old)
{
	struct kex *kex = NULL;
	struct secret g_ir = { 0 };
	uint8_t nr[NONCE_OURS];
	struct child *c = NULL;
	enum kex_result result = KEX_OK;
	bool awaits = false;

	drbg_fill(sa->ike->drbg, nr, sizeof(nr));
	deal->ni = m->nonce;
	deal->nr = bytes_of(nr, sizeof(nr));
	if (deal->suite.ke != NULL) {
		result = kex_respond(deal->suite.ke, sa->ike->drbg,
		    m->ke.data, &kex, &g_ir);
		deal->g_ir = &g_ir;
	}
	if (kex != NULL && suite_addkes(&deal->suite) > 0)
		awaits = await(sa, now, deal, number, kex, old);
	else if (result == KEX_OK)
		c = child_new(sa, now, deal);
	wipe(&g_ir, sizeof(g_ir));
	if (c != NULL) {
		made(sa, now, c, old);
		answer(sa, now, deal, number, kex, c);
	} else if (!awaits) {
		xchg_refuse(sa, now, CREATE_CHILD_SA,
		    result == KEX_INVALID ? N_INVALID_SYNTAX :
		    N_TEMPORARY_FAILURE, (struct bytes){ 0 });
	}
	kex_free(kex);
}

void
x_child_respond(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	bool rekey;
	struct child *old = rekeyed_child(sa, m, &rekey);
	uint16_t verdict = obstacle(sa, rekey, old);
	struct offer offer = sa->peer->conf.esp;
	struct reason why = { "" };
	struct child_deal deal = {
		.created = true, .replaces = old != NULL ? old->spi_in : 0,
	};
	uint8_t number;

	if (verdict == N_NONE) {
		if (old != NULL)
			offer_prefer(&offer, &old->suite);
		verdict = x_child_choose(sa, m, &offer, &deal, &number, &why);
		if (verdict != N_NONE)
			peer_failed(sa->peer, "child SA refused: %s", why.s);
	}
	if (verdict != N_NONE) {
		refuse(sa, now, verdict, m);
		return;
	}
	if (!group_fits(sa, now, m, deal.suite.ke))
		return;
	deal.spi_in = table_child_spi(sa->ike);
	create(sa, now, m, &deal, number, old);
}

uint16_t
x_child_obstacle(const struct ike_sa *sa)
{
	const struct child_deal *deal = &sa->pending->deal;
	const struct child *old = child_by_in(sa->ike, deal->replaces);

	if (deal->replaces != 0 && old == NULL)
		return N_TEMPORARY_FAILURE;
	if (!x_child_spi_free(sa, deal->spi_out))
		return N_TEMPORARY_FAILURE;
	return obstacle(sa, old != NULL, old);
}

void
x_child_followed(struct ike_sa *sa, struct instant now, const struct kex *kex)
{
	const struct child_deal *deal = &sa->pending->deal;
	struct child *c = child_new(sa, now, deal);
	struct build b;

	if (c == NULL) {
		xchg_refuse(sa, now, IKE_FOLLOWUP_KE, N_TEMPORARY_FAILURE,
		    (struct bytes){ 0 });
		return;
	}
	made(sa, now, c, child_by_in(sa->ike, deal->replaces));
	xchg_begin_sk(sa, &b, IKE_FOLLOWUP_KE, true);
	build_ke(&b, kex_alg(kex)->id, kex_public(kex));
	c->answer = true;
	xchg_respond(sa, now, &b, true);
}
