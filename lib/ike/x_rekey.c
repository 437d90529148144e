/*
 * Rekeying the IKE SA (RFC 7296 sections 1.3.2, 2.8, 2.18, 2.25.2).
 *
 *   HDR, SK {SA, Ni, KEi}  -->
 *                          <--  HDR, SK {SA, Nr, KEr}
 *
 * The successor inherits the children; the old SA is deleted by whoever made
 * the successor.  When both sides rekey at once there are two successors: the
 * one with the lowest nonce is deleted by its creator.
 */
#include "ike/x_rekey.h"

#include <stdlib.h>

#include "ike/peer.h"
#include "ike/proof.h"
#include "ike/task.h"
#include "ike/x_follow.h"
#include "ike/x_info.h"
#include "ike/x_ticket.h"
#include "ike/xchg.h"

static const struct span grace = { INT64_C(10) * 1000000000 };
static const struct span retry = { INT64_C(30) * 1000000000 };

static struct bytes
spi_bytes(uint64_t spi, uint8_t buf[static 8])
{
	struct wr w = wr_of(buf, 8);

	wr_u64(&w, spi);
	return wr_done(&w);
}

static uint64_t
spi_of(struct bytes b)
{
	struct rd r = rd_of(b);

	return rd_u64(&r);
}

static bool
send_request(struct ike_sa *sa, struct instant now)
{
	struct create *x = sa->create;
	uint8_t spi[8];
	struct build b;

	xchg_begin_sk(sa, &b, CREATE_CHILD_SA, false);
	proposal_encode(build_payload(&b, PL_SA), &x->offer,
	    spi_bytes(x->spi, spi));
	build_bytes(&b, PL_NONCE, bytes_of(x->ni, NONCE_OURS));
	build_ke(&b, kex_alg(x->kex)->id, kex_public(x->kex));
	return xchg_request(sa, now, &b, TASK_REKEY_IKE, 0);
}

void
x_rekey_request(struct ike_sa *sa, struct instant now)
{
	struct create *x = calloc(1, sizeof(*x));
	struct drbg *drbg = sa->ike->drbg;

	sa->want_rekey = x == NULL;
	if (x == NULL) {
		sa->retry_at = instant_after(now, retry);
		return;
	}
	sa_create_free(sa);
	sa->create = x;
	x->offer = sa->peer->conf.ike;
	offer_prefer(&x->offer, &sa->suite);
	x->spi = table_sa_spi(sa->ike);
	drbg_fill(drbg, x->ni, sizeof(x->ni));
	x->kex = kex_new(alg_at(x->offer.ke.row[0]), drbg);
	if (x->kex == NULL || !send_request(sa, now))
		sa_die(sa, now, "cannot build CREATE_CHILD_SA");
}

/* What both sides of a rekey have in hand when they make the successor. */
struct rekey {
	bool		initiator;
	uint64_t	spi_i, spi_r;
	struct suite	suite;
	struct bytes	ni, nr;
	const struct secret *g_ir;
	struct bytes	more;		/* secrets of RFC 9370 */
};

/* The successor, established and without children.  NULL: it failed. */
static struct ike_sa *
successor(struct ike_sa *sa, struct instant now, const struct rekey *k)
{
	struct keys_seed seed = {
		.ni = k->ni, .nr = k->nr, .spi_i = k->spi_i,
		.spi_r = k->spi_r, .g_ir = k->g_ir, .more = k->more,
		.old_sk_d = &sa->keys.sk_d, .old_prf = sa->suite.prf,
	};
	struct ike_sa *n;
	bool ok;

	n = sa_new(sa->ike, now, sa->peer, k->initiator, k->spi_i, k->spi_r);
	if (n == NULL)
		return NULL;
	n->suite = k->suite;
	n->path = sa->path;
	n->nat_local = sa->nat_local;
	n->nat_remote = sa->nat_remote;
	n->encap = sa->encap;
	n->opened = sa->opened;
	n->frags = sa->frags;
	n->syncs = sa->syncs;
	n->ppk = sa->ppk;
	n->redirected = sa->redirected;
	n->redirects = sa->redirects;
	n->leaving = sa->leaving;
	n->want_redirect = sa->want_redirect;
	n->came_from = sa->came_from;
	n->resumed = sa->resumed;
	ok = k->spi_i != 0 && k->spi_r != 0 &&
	    keys_derive(&n->suite, &seed, &n->keys);
	if (!ok) {
		sa_die(n, now, NULL);
		return NULL;
	}
	sa_establish(n, now);
	/* It stands in its predecessor's place in every election. */
	n->lowest = sa->lowest;
	n->established_at = sa->established_at;
	n->cull_at = sa->cull_at;
	n->child_by = sa->child_by;
	proof_inherit(sa, n, now);
	return n;
}

/* The successor carries the tunnel from here. */
static void
succeed(struct ike_sa *sa, struct instant now, struct ike_sa *n)
{
	sa_migrate(sa, n);
	sa->want_rekey = false;
	sa->peer->rekeys++;
	x_ticket_rekeyed(n, now);
	out_event(sa->ike, sa->peer->conf.id, IKE_EV_REKEYED, "IKE SA");
}

static struct ike_sa *
theirs(const struct ike_sa *sa)
{
	uint64_t spi = sa->create->theirs_spi;

	return spi == 0 ? NULL : map_get(&sa->ike->sas, spi);
}

/* --- initiator --- */

/* The peer's own rekey goes on when ours is refused. */
static void
yield_to_theirs(struct ike_sa *sa, struct instant now)
{
	struct ike_sa *n = theirs(sa);

	if (n == NULL)
		return;
	succeed(sa, now, n);
	sa_state(sa, now, SA_REKEYED);
}

static void
refused(struct ike_sa *sa, struct instant now, const struct pl_notify *error)
{
	if (error->type == N_INVALID_KE_PAYLOAD &&
	    sa->create->follow == NULL &&
	    sa_create_regroup(sa, error->data) &&
	    send_request(sa, now))
		return;
	sa->want_rekey = sa->state == SA_ESTABLISHED;
	sa->retry_at = task_later(sa, now);
	/* RFC 9370: with its state lost, all of it once more. */
	if (error->type != N_TEMPORARY_FAILURE &&
	    error->type != N_STATE_NOT_FOUND) {
		peer_failed(sa->peer, "the peer refused to rekey the IKE SA: "
		    "%s (%u)", notify_str(error->type), error->type);
		sa->retry_at = instant_after(now, retry);
	}
	if (sa->create->collided)
		yield_to_theirs(sa, now);
	sa_create_free(sa);
}

bool
x_rekey_expired(struct ike_sa *sa, struct instant now)
{
	if (theirs(sa) == NULL)
		return false;
	xchg_done(sa);
	yield_to_theirs(sa, now);
	sa_create_free(sa);
	return true;
}

bool
x_rekey_overtaken(struct ike_sa *sa, struct instant now)
{
	struct ike_sa *n = sa->x.task == TASK_REKEY_IKE ? theirs(sa) : NULL;

	if (n == NULL)
		return false;
	if (!sa->create->overtaken)
		succeed(sa, now, n);
	sa->create->overtaken = true;
	sa_state(sa, now, SA_REKEYED);
	sa->x.give_up_at = instant_min(sa->x.give_up_at,
	    instant_after(now, grace));
	return true;
}

/* The late answer: what the peer made of our request goes, by us. */
static void
conclude(struct ike_sa *sa, struct instant now, struct ike_sa *ours)
{
	struct ike_sa *n = theirs(sa);

	if (ours != NULL)
		ours->want_delete = true;
	if (ours != NULL && n != NULL)
		sa_recheck(n, now, RECHECK_LOST);
	sa_die(sa, now, NULL);
}

static bool
has_lost(const struct create *x, const struct nonce_key *lowest)
{
	return x->collided && nonce_cmp(lowest, &x->theirs) < 0;
}

/*
 * The peer's exchange stays.  Its key exchanges may not be done yet, or nothing
 * came of it after all: then we try again, once it is not under way any more.
 */
static void
go_with_theirs(struct ike_sa *sa, struct instant now, struct ike_sa *other)
{
	if (other == NULL) {
		sa->want_rekey = true;
		sa->retry_at = task_later(sa, now);
		return;
	}
	succeed(sa, now, other);
	sa_recheck(other, now, RECHECK_LOST);
	sa_state(sa, now, SA_REKEYED);
}

/* Section 2.8.1 between our successor and the one that the peer made. */
static void
settle(struct ike_sa *sa, struct instant now, struct ike_sa *ours,
    const struct nonce_key *lowest)
{
	struct ike_sa *other = sa->create->collided ? theirs(sa) : NULL;
	bool lost = has_lost(sa->create, lowest);

	/* Taken down meanwhile: so is what came of it. */
	ours->want_delete = sa->want_delete;
	if (lost) {
		ours->want_delete = true;
		go_with_theirs(sa, now, other);
		return;
	}
	succeed(sa, now, ours);
	x_follow_forget(sa);
	sa->want_delete = true;
	if (other != NULL) {
		other->cull_at = instant_after(now, grace);
		other->stray = true;
		sa_touch(other);
	}
}

/* The first of the additional key exchanges, unless the peer's has won. */
static enum follow_step
follow_up(struct ike_sa *sa, struct instant now, const struct msg *m,
    const struct rekey *k, const struct nonce_key *lowest)
{
	struct create *x = sa->create;

	if (x->overtaken || has_lost(x, lowest))
		return FOLLOW_LOST;
	if (x_follow_of_ike(sa))
		x_follow_forget(sa);
	x->follow = follow_new(&k->suite, k->ni, k->nr, k->g_ir);
	if (x->follow == NULL)
		return FOLLOW_BAD;
	x->follow->spi_i = k->spi_i;
	x->follow->spi_r = k->spi_r;
	return x_follow_begin(sa, now, TASK_REKEY_IKE, m) ? FOLLOW_MORE :
	    FOLLOW_BAD;
}

/* What the answer gives: our successor, unless there is more to do first. */
static enum follow_step
answered(struct ike_sa *sa, struct instant now, const struct msg *m,
    struct ike_sa **n, struct nonce_key *lowest)
{
	struct create *x = sa->create;
	struct secret g_ir = { 0 };
	struct rekey k = {
		.initiator = true, .spi_i = x->spi, .g_ir = &g_ir,
		.ni = bytes_of(x->ni, NONCE_OURS), .nr = m->nonce,
	};
	enum follow_step step = FOLLOW_BAD;
	struct proposals ps;
	struct choice c;

	if ((m->seen & PL_BIT(PL_KE)) == 0 ||
	    proposal_decode(m->sa, &ps) != N_NONE ||
	    !proposal_accept(&ps, &x->offer, 8, &c) ||
	    c.suite.ke != kex_alg(x->kex) || m->ke.group != c.suite.ke->id ||
	    !kex_shared(x->kex, m->ke.data, &g_ir))
		return FOLLOW_BAD;
	k.spi_r = spi_of(c.spi);
	k.suite = c.suite;
	*lowest = nonce_lowest(k.ni, k.nr);
	if (suite_addkes(&k.suite) > 0)
		step = follow_up(sa, now, m, &k, lowest);
	else if ((*n = successor(sa, now, &k)) != NULL)
		step = FOLLOW_DONE;
	wipe(&g_ir, sizeof(g_ir));
	return step;
}

static struct rekey
rekey_of(const struct follow *f, bool initiator)
{
	return (struct rekey){
		.initiator = initiator, .spi_i = f->spi_i, .spi_r = f->spi_r,
		.suite = f->suite, .g_ir = &f->first, .more = follow_more(f),
		.ni = bytes_of(f->ni.b, f->ni.n),
		.nr = bytes_of(f->nr.b, f->nr.n),
	};
}

/* The same for an answer to IKE_FOLLOWUP_KE. */
static enum follow_step
followed(struct ike_sa *sa, struct instant now, const struct msg *m,
    struct ike_sa **n, struct nonce_key *lowest)
{
	enum follow_step step = sa->create->overtaken ? FOLLOW_LOST :
	    x_follow_answer(sa, now, TASK_REKEY_IKE, m);
	struct rekey k;

	if (step != FOLLOW_DONE)
		return step;
	k = rekey_of(sa->create->follow, true);
	*lowest = nonce_lowest(k.ni, k.nr);
	*n = successor(sa, now, &k);
	return *n != NULL ? FOLLOW_DONE : FOLLOW_BAD;
}

static void
not_valid(struct ike_sa *sa, struct instant now)
{
	peer_failed(sa->peer, "the peer's answer to our IKE rekey is "
	    "not valid");
	if (theirs(sa) != NULL)
		x_info_wind_up(theirs(sa), now);
	sa->want_delete = true;
}

void
x_rekey_answer(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	const struct pl_notify *error = msg_error(m);
	enum follow_step step = FOLLOW_BAD;
	struct ike_sa *n = NULL;
	struct nonce_key lowest;

	(void)path;
	xchg_done(sa);
	if (error == NULL)
		step = (sa->create->follow == NULL ? answered : followed)(sa,
		    now, m, &n, &lowest);
	if (step == FOLLOW_MORE)
		return;
	if (sa->create->overtaken) {
		conclude(sa, now, n);
		return;
	}
	if (error != NULL) {
		refused(sa, now, error);
		return;
	}
	if (step == FOLLOW_LOST)
		go_with_theirs(sa, now, theirs(sa));
	else if (step == FOLLOW_DONE)
		settle(sa, now, n, &lowest);
	else
		not_valid(sa, now);
	sa_create_free(sa);
}

void
x_rekey_again(struct ike_sa *sa, struct instant now)
{
	if (sa->create->overtaken) {
		conclude(sa, now, NULL);
		return;
	}
	sa->want_rekey = sa->state == SA_ESTABLISHED;
	sa->retry_at = now;
	if (sa->create->collided)
		yield_to_theirs(sa, now);
	sa_create_free(sa);
}

/* --- responder --- */

bool
x_rekey_undecided(const struct ike_sa *sa)
{
	for (struct ike_sa *o = sa->peer->sas; o != NULL; o = o->peer_next) {
		if (o->create != NULL && o->create->theirs_spi != 0 &&
		    theirs(o) == sa)
			return true;
	}
	return false;
}

/* Section 2.25.2: what stands in the way, or N_NONE. */
uint16_t
x_rekey_obstacle(const struct ike_sa *sa)
{
	bool busy = sa->x.task == TASK_CREATE_CHILD ||
	    sa->x.task == TASK_REKEY_CHILD || sa->x.task == TASK_DELETE_CHILD;

	if (sa->state != SA_ESTABLISHED || sa->want_delete || busy ||
	    x_rekey_undecided(sa))
		return N_TEMPORARY_FAILURE;
	return N_NONE;
}

/* The same for a new request: ours has met one, or is far ahead of it. */
static uint16_t
obstacle(const struct ike_sa *sa)
{
	if (sa->x.task == TASK_REKEY_IKE && (sa->create->collided ||
	    sa->create->follow != NULL))
		return N_TEMPORARY_FAILURE;
	return x_rekey_obstacle(sa);
}

static void
answer(struct ike_sa *sa, struct instant now, const struct msg *m,
    const struct rekey *k, const struct kex *kex, uint8_t number)
{
	uint8_t spi[8];
	struct build b;

	xchg_begin_sk(sa, &b, CREATE_CHILD_SA, true);
	proposal_encode_chosen(build_payload(&b, PL_SA), &k->suite, PROTO_IKE,
	    number, spi_bytes(k->spi_r, spi));
	build_bytes(&b, PL_NONCE, k->nr);
	build_ke(&b, kex_alg(kex)->id, kex_public(kex));
	if (suite_addkes(&k->suite) > 0)
		x_follow_link(sa, &b);
	x_ticket_build_later(&b, sa, m);
	xchg_respond(sa, now, &b, false);
}

/* The peer's exchange is good; n NULL: but there is more of it to come. */
static void
made(struct ike_sa *sa, struct instant now, struct ike_sa *n,
    const struct rekey *k)
{
	if (sa->x.task == TASK_REKEY_IKE) {
		/* The children wait for the answer to ours. */
		sa->create->collided = true;
		sa->create->theirs = nonce_lowest(k->ni, k->nr);
		sa->create->theirs_spi = n != NULL ? n->spi_r : 0;
	} else if (n != NULL) {
		succeed(sa, now, n);
		sa_state(sa, now, SA_REKEYED);
	}
}

/* RFC 9370: no successor before the last key exchange. */
static bool
await(struct ike_sa *sa, struct instant now, const struct rekey *k)
{
	struct follow *f = follow_new(&k->suite, k->ni, k->nr, k->g_ir);

	if (f == NULL)
		return false;
	f->ike = true;
	f->spi_i = k->spi_i;
	f->spi_r = k->spi_r;
	x_follow_await(sa, now, f);
	return true;
}

/* Keys, the successor, the answer. */
static void
create(struct ike_sa *sa, struct instant now, const struct msg *m,
    const struct choice *c)
{
	uint8_t nr[NONCE_OURS];
	struct secret g_ir = { 0 };
	struct rekey k = {
		.spi_i = spi_of(c->spi), .suite = c->suite, .ni = m->nonce,
		.nr = bytes_of(nr, sizeof(nr)), .g_ir = &g_ir,
	};
	struct kex *kex = NULL;
	enum kex_result result;
	struct ike_sa *n = NULL;
	bool ok = false;

	drbg_fill(sa->ike->drbg, nr, sizeof(nr));
	k.spi_r = table_sa_spi(sa->ike);
	result = kex_respond(c->suite.ke, sa->ike->drbg, m->ke.data, &kex,
	    &g_ir);
	if (result == KEX_OK && suite_addkes(&k.suite) > 0)
		ok = await(sa, now, &k);
	else if (result == KEX_OK)
		ok = (n = successor(sa, now, &k)) != NULL;
	wipe(&g_ir, sizeof(g_ir));
	if (ok) {
		answer(sa, now, m, &k, kex, c->number);
		made(sa, now, n, &k);
	} else {
		xchg_refuse(sa, now, CREATE_CHILD_SA,
		    result == KEX_INVALID ? N_INVALID_SYNTAX :
		    N_TEMPORARY_FAILURE, (struct bytes){ 0 });
	}
	kex_free(kex);
}

void
x_rekey_followed(struct ike_sa *sa, struct instant now, const struct kex *kex)
{
	struct rekey k = rekey_of(sa->pending, false);
	struct ike_sa *n = successor(sa, now, &k);
	struct build b;

	if (n == NULL) {
		xchg_refuse(sa, now, IKE_FOLLOWUP_KE, N_TEMPORARY_FAILURE,
		    (struct bytes){ 0 });
		return;
	}
	xchg_begin_sk(sa, &b, IKE_FOLLOWUP_KE, true);
	build_ke(&b, kex_alg(kex)->id, kex_public(kex));
	xchg_respond(sa, now, &b, false);
	made(sa, now, n, &k);
}

void
x_rekey_respond(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	uint16_t verdict = obstacle(sa);
	struct offer offer = sa->peer->conf.ike;
	struct reason why = { "" };
	struct proposals ps;
	struct choice c;
	uint8_t group[2];
	struct wr w = wr_of(group, sizeof(group));

	offer_prefer(&offer, &sa->suite);
	if (verdict == N_NONE && proposal_decode(m->sa, &ps) != N_NONE)
		verdict = N_INVALID_SYNTAX;
	if (verdict == N_NONE && !proposal_choose(&ps, &offer, 8, &c)) {
		verdict = N_NO_PROPOSAL_CHOSEN;
		proposal_explain(&ps, &offer, &why);
		peer_failed(sa->peer, "IKE rekey refused: %s", why.s);
	}
	/* Section 3.1: an SPI "MUST NOT be zero". */
	if (verdict == N_NONE && spi_of(c.spi) == 0)
		verdict = N_NO_PROPOSAL_CHOSEN;
	if (verdict == N_NONE && m->ke.group != c.suite.ke->id) {
		verdict = N_INVALID_KE_PAYLOAD;
		wr_u16(&w, c.suite.ke->id);
	}
	if (verdict != N_NONE)
		xchg_refuse(sa, now, CREATE_CHILD_SA, verdict, wr_done(&w));
	else
		create(sa, now, m, &c);
}
