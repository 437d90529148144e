/*
 * Additional key exchanges when a child is made or an SA is rekeyed (RFC 9370
 * section 2.2.4).  CREATE_CHILD_SA agrees on them, then there is one
 * IKE_FOLLOWUP_KE for each; a link that the responder draws holds them
 * together.
 *
 *   HDR, SK {.., Ni, KEi(0), ..}  -->
 *             <--  HDR, SK {.., Nr, KEr(0), .., N(ADDITIONAL_KEY_EXCHANGE)}
 *   HDR, SK {KEi(n), N(ADDITIONAL_KEY_EXCHANGE)}  -->
 *             <--  HDR, SK {KEr(n) [, N(ADDITIONAL_KEY_EXCHANGE)]}
 *
 * Nothing is made before the last one.  The initiator's part is one task, from
 * the first request to the last answer; of the peer's at most one is pending.
 * What comes of it is x_child.c's and x_rekey.c's.
 */
#include "ike/x_follow.h"

#include <stdlib.h>
#include <string.h>

#include "ike/x_child.h"
#include "ike/x_rekey.h"
#include "ike/xchg.h"

/* Longer than a peer repeats a request that nobody answers. */
static const struct span patience = { INT64_C(90) * 1000000000 };

static void
keep_nonce(struct nonce *n, struct bytes b)
{
	n->n = (uint16_t)b.n;
	memcpy(n->b, b.p, b.n);
}

struct follow *
follow_new(const struct suite *s, struct bytes ni, struct bytes nr,
    const struct secret *first)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->slot = (int8_t)suite_addke(s, 0);
	f->suite = *s;
	keep_nonce(&f->ni, ni);
	keep_nonce(&f->nr, nr);
	f->first = *first;
	f->until = INSTANT_NEVER;
	f->more_cap = suite_addkes(s) * SECRET_MAX;
	f->more = malloc(f->more_cap);
	if (f->more == NULL) {
		follow_free(f);
		return NULL;
	}
	return f;
}

void
follow_deal(struct follow *f, const struct child_deal *deal)
{
	f->deal = *deal;
	f->deal.ni = bytes_of(f->ni.b, f->ni.n);
	f->deal.nr = bytes_of(f->nr.b, f->nr.n);
	f->deal.g_ir = &f->first;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	kex_free(f->kex);
	if (f->more != NULL)
		wipe(f->more, f->more_cap);
	free(f->more);
	free(f->link);
	wipe(f, sizeof(*f));
	free(f);
}

struct bytes
follow_more(const struct follow *f)
{
	return bytes_of(f->more, f->more_n);
}

static const struct alg *
method(const struct follow *f)
{
	return addke_alg(f->suite.addke[f->slot]);
}

/* One more secret; there is room for as many as there are slots in use. */
static void
take(struct follow *f, const struct secret *s)
{
	memcpy(f->more + f->more_n, s->b, s->n);
	f->more_n += s->n;
	f->deal.more = follow_more(f);
	f->slot = (int8_t)suite_addke(&f->suite, f->slot + 1);
}

/* --- initiator --- */

/* The peer's link for the next one, whatever is in it. */
static bool
keep_link(struct follow *f, const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_ADDITIONAL_KEY_EXCHANGE);

	return n != NULL && xchg_keep(&f->link, &f->link_n, n->data);
}

static bool
send_request(struct ike_sa *sa, struct instant now, enum task task)
{
	struct follow *f = sa->create->follow;
	struct build b;

	kex_free(f->kex);
	f->kex = kex_new(method(f), sa->ike->drbg);
	if (f->kex == NULL)
		return false;
	xchg_begin_sk(sa, &b, IKE_FOLLOWUP_KE, false);
	build_ke(&b, method(f)->id, kex_public(f->kex));
	build_notify(&b, N_ADDITIONAL_KEY_EXCHANGE,
	    bytes_of(f->link, f->link_n));
	return xchg_request(sa, now, &b, task, sa->create->old_in);
}

bool
x_follow_begin(struct ike_sa *sa, struct instant now, enum task task,
    const struct msg *m)
{
	return keep_link(sa->create->follow, m) && send_request(sa, now, task);
}

/* The peer's value must be one of the method in hand. */
static bool
take_answer(struct follow *f, const struct msg *m)
{
	struct secret s = { 0 };
	bool ok = m->ke.group == method(f)->id &&
	    kex_shared(f->kex, m->ke.data, &s);

	if (ok)
		take(f, &s);
	wipe(&s, sizeof(s));
	return ok;
}

enum follow_step
x_follow_answer(struct ike_sa *sa, struct instant now, enum task task,
    const struct msg *m)
{
	struct follow *f = sa->create->follow;

	if (!take_answer(f, m))
		return FOLLOW_BAD;
	if (f->slot < 0)
		return FOLLOW_DONE;
	return x_follow_begin(sa, now, task, m) ? FOLLOW_MORE : FOLLOW_BAD;
}

/* --- responder --- */

void
x_follow_forget(struct ike_sa *sa)
{
	follow_free(sa->pending);
	sa->pending = NULL;
	sa_touch(sa);
}

void
x_follow_await(struct ike_sa *sa, struct instant now, struct follow *f)
{
	x_follow_forget(sa);
	sa->pending = f;
	f->until = instant_after(now, patience);
}

struct instant
x_follow_until(const struct ike_sa *sa)
{
	return sa->pending == NULL ? INSTANT_NEVER : sa->pending->until;
}

bool
x_follow_of_ike(const struct ike_sa *sa)
{
	return sa->pending != NULL && sa->pending->ike;
}

bool
x_follow_of_child(const struct ike_sa *sa, uint32_t replaces)
{
	return sa->pending != NULL && !sa->pending->ike &&
	    sa->pending->deal.replaces == replaces;
}

void
x_follow_link(struct ike_sa *sa, struct build *b)
{
	struct follow *f = sa->pending;
	uint8_t link[FOLLOW_LINK];

	drbg_fill(sa->ike->drbg, link, sizeof(link));
	/* Without memory for it, the peer's next one is not known. */
	if (!xchg_keep(&f->link, &f->link_n, bytes_of(link, sizeof(link))))
		f->link_n = 0;
	build_notify(b, N_ADDITIONAL_KEY_EXCHANGE,
	    bytes_of(link, sizeof(link)));
}

static bool
is_known(const struct follow *f, const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_ADDITIONAL_KEY_EXCHANGE);

	return f != NULL && n != NULL && f->link_n > 0 &&
	    bytes_eq(n->data, bytes_of(f->link, f->link_n));
}

static void
refuse(struct ike_sa *sa, struct instant now, uint16_t type)
{
	xchg_refuse(sa, now, IKE_FOLLOWUP_KE, type, (struct bytes){ 0 });
}

static void
answer_more(struct ike_sa *sa, struct instant now, const struct kex *kex)
{
	struct build b;

	sa->pending->until = instant_after(now, patience);
	xchg_begin_sk(sa, &b, IKE_FOLLOWUP_KE, true);
	build_ke(&b, kex_alg(kex)->id, kex_public(kex));
	x_follow_link(sa, &b);
	xchg_respond(sa, now, &b, false);
}

/* All secrets are there: what they were for, and with it the answer. */
static void
finish(struct ike_sa *sa, struct instant now, const struct kex *kex)
{
	if (sa->pending->ike)
		x_rekey_followed(sa, now, kex);
	else
		x_child_followed(sa, now, kex);
	x_follow_forget(sa);
}

/* KEr for the method in hand; the verdict is N_NONE, or why there is none. */
static uint16_t
take_request(struct ike_sa *sa, const struct msg *m, struct kex **kex)
{
	struct follow *f = sa->pending;
	struct secret s = { 0 };
	enum kex_result result;

	if (m->ke.group != method(f)->id)
		return N_INVALID_SYNTAX;
	result = kex_respond(method(f), sa->ike->drbg, m->ke.data, kex, &s);
	if (result == KEX_OK)
		take(f, &s);
	wipe(&s, sizeof(s));
	return result == KEX_OK ? N_NONE : result == KEX_INVALID ?
	    N_INVALID_SYNTAX : N_TEMPORARY_FAILURE;
}

void
x_follow_respond(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	struct follow *f = sa->pending;
	struct kex *kex = NULL;
	uint16_t verdict;

	if (!is_known(f, m)) {
		refuse(sa, now, N_STATE_NOT_FOUND);
		return;
	}
	verdict = f->ike ? x_rekey_obstacle(sa) : x_child_obstacle(sa);
	verdict = verdict == N_NONE ? take_request(sa, m, &kex) :
	    N_TEMPORARY_FAILURE;
	if (verdict != N_NONE) {
		refuse(sa, now, verdict);
		x_follow_forget(sa);
	} else if (f->slot >= 0) {
		answer_more(sa, now, kex);
	} else {
		finish(sa, now, kex);
	}
	kex_free(kex);
}
