/*
 * Additional key exchanges between IKE_SA_INIT and IKE_AUTH (RFC 9370 section
 * 2.2.2), one IKE_INTERMEDIATE exchange (RFC 9242) for each, in order of their
 * transform types.
 *
 *   HDR, SK {KEi(n)}  -->
 *                     <--  HDR, SK {KEr(n)}
 *
 *   SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr)
 *
 * Both messages are protected by the keys of before; afterwards both sides go
 * over to the new ones.  The peer is not authenticated yet: that its messages
 * were not tampered with is found out by AUTH, which covers them all.
 */
#include "ike/x_inter.h"

#include <stdlib.h>

#include "ike/intauth.h"
#include "ike/peer.h"
#include "ike/x_auth.h"
#include "ike/x_init.h"
#include "ike/xchg.h"

void
x_inter_announce(struct build *b)
{
	build_notify(b, N_INTERMEDIATE_SUPPORTED, (struct bytes){ 0 });
}

bool
x_inter_spoken(const struct msg *m)
{
	return msg_notify(m, N_INTERMEDIATE_SUPPORTED) != NULL;
}

bool
x_inter_expect(struct ike_sa *sa)
{
	int slot = suite_addke(&sa->suite, 0);

	if (slot < 0)
		return true;
	sa->setup->inter = calloc(1, sizeof(*sa->setup->inter));
	if (sa->setup->inter == NULL)
		return false;
	sa->setup->inter->slot = (int8_t)slot;
	sa->setup->inter->auth_mid = 1 + suite_addkes(&sa->suite);
	return true;
}

bool
x_inter_awaited(const struct ike_sa *sa)
{
	return sa->setup != NULL && sa->setup->inter != NULL &&
	    sa->setup->inter->slot >= 0;
}

struct seal *
x_inter_seal_again(const struct ike_sa *sa)
{
	const struct inter *x = sa->setup == NULL ? NULL : sa->setup->inter;

	return x != NULL && x->before != NULL ? x->before : sa_seal_in(sa);
}

void
x_inter_free(struct ike_sa *sa)
{
	struct inter *x = sa->setup->inter;

	if (x == NULL)
		return;
	kex_free(x->kex);
	seal_free(x->before);
	wipe(x, sizeof(*x));
	free(x);
	sa->setup->inter = NULL;
}

static const struct alg *
method(const struct ike_sa *sa)
{
	return addke_alg(sa->suite.addke[sa->setup->inter->slot]);
}

/* A message of either side goes into its chain, before the keys change. */
static bool
chain(struct ike_sa *sa, bool of_initiator, struct bytes head,
    struct bytes inner)
{
	struct inter *x = sa->setup->inter;

	return intauth_add(of_initiator ? &x->of_i : &x->of_r, sa->suite.prf,
	    of_initiator ? &sa->keys.sk_pi : &sa->keys.sk_pr, head, inner);
}

/* The message that is being built, which is about to be sealed. */
static bool
chain_own(struct ike_sa *sa, struct build *b)
{
	struct bytes inner = build_inside(b);

	return inner.p != NULL && chain(sa, sa->initiator,
	    bytes_of(b->w.p, b->sk_at + BUILD_GENERIC_LEN), inner);
}

/* The next generation of keys; the peer's requests of the last one may repeat. */
static bool
advance(struct ike_sa *sa, const struct secret *shared)
{
	struct inter *x = sa->setup->inter;
	struct keys_seed seed = x_init_seed(sa);
	struct keys next;

	seed.g_ir = shared;
	seed.old_sk_d = &sa->keys.sk_d;
	seed.old_prf = sa->suite.prf;
	if (!keys_derive(&sa->suite, &seed, &next))
		return false;
	seal_free(x->before);
	x->before = sa_seal_in(sa);
	if (sa->initiator)
		sa->keys.seal_r = NULL;
	else
		sa->keys.seal_i = NULL;
	keys_fini(&sa->keys);
	sa->keys = next;
	wipe(&next, sizeof(next));
	x->slot = (int8_t)suite_addke(&sa->suite, x->slot + 1);
	return true;
}

/* --- initiator --- */

static bool
send_request(struct ike_sa *sa, struct instant now)
{
	struct inter *x = sa->setup->inter;
	struct build b;

	kex_free(x->kex);
	x->kex = kex_new(method(sa), sa->ike->drbg);
	if (x->kex == NULL)
		return false;
	xchg_begin_sk(sa, &b, IKE_INTERMEDIATE, false);
	build_ke(&b, method(sa)->id, kex_public(x->kex));
	return chain_own(sa, &b) && xchg_request(sa, now, &b, TASK_INTER, 0);
}

void
x_inter_next(struct ike_sa *sa, struct instant now)
{
	if (!x_inter_awaited(sa)) {
		x_auth_start(sa, now);
		return;
	}
	sa_state(sa, now, SA_INTER_SENT);
	if (!send_request(sa, now))
		sa_die(sa, now, "cannot build IKE_INTERMEDIATE");
}

static bool
refused(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	const struct pl_notify *error = msg_error(m);

	if (error == NULL)
		return false;
	story_notify(peer_story(sa->peer, STORY_ERROR_NOTIFY),
	    IKE_INTERMEDIATE, error->type);
	sa_die(sa, now, "the peer answered IKE_INTERMEDIATE with %s (%u)",
	    notify_str(error->type), error->type);
	return true;
}

void
x_inter_answer(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	struct inter *x = sa->setup->inter;
	struct secret shared = { 0 };
	bool ok;

	(void)path;
	xchg_done(sa);
	if (refused(sa, now, m))
		return;
	ok = chain(sa, false, m->head, m->chain) &&
	    m->ke.group == method(sa)->id &&
	    kex_shared(x->kex, m->ke.data, &shared) && advance(sa, &shared);
	wipe(&shared, sizeof(shared));
	if (ok) {
		x_inter_next(sa, now);
		return;
	}
	peer_story(sa->peer, STORY_KEY_EXCHANGE);
	sa_die(sa, now, "the peer's value of the additional key exchange %s "
	    "is not valid", method(sa)->name);
}

/* --- responder --- */

void
x_inter_refuse(struct ike_sa *sa, struct instant now, uint16_t type,
    struct bytes data)
{
	struct reason why;

	reason_set(&why, "the peer's IKE_INTERMEDIATE request is malformed "
	    "(%s)", notify_str(type));
	peer_refused(sa->peer, why.s);
	xchg_refuse(sa, now, IKE_INTERMEDIATE, type, data);
	sa_setup_free(sa);
	sa_state(sa, now, SA_REFUSED);
}

/* KEr goes out with the keys of before. */
static bool
answer(struct ike_sa *sa, struct instant now, struct kex *kex)
{
	struct build b;

	xchg_begin_sk(sa, &b, IKE_INTERMEDIATE, true);
	build_ke(&b, kex_alg(kex)->id, kex_public(kex));
	if (!chain_own(sa, &b))
		return false;
	xchg_respond(sa, now, &b, true);
	return sa->x.response != NULL;
}

void
x_inter_respond(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	const struct alg *ke = method(sa);
	struct secret shared = { 0 };
	struct kex *kex = NULL;
	enum kex_result result = KEX_INVALID;
	bool ok;

	if (m->ke.group == ke->id)
		result = kex_respond(ke, sa->ike->drbg, m->ke.data, &kex,
		    &shared);
	ok = result == KEX_OK && chain(sa, true, m->head, m->chain) &&
	    answer(sa, now, kex) && advance(sa, &shared);
	wipe(&shared, sizeof(shared));
	kex_free(kex);
	if (ok)
		xchg_release(sa, now);
	else if (result == KEX_INVALID)
		x_inter_refuse(sa, now, N_INVALID_SYNTAX, (struct bytes){ 0 });
	else
		sa_die(sa, now, "out of memory");
}
