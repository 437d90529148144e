/*
 * IKE_SESSION_RESUME by its initiator, and what both sides derive from it (RFC
 * 5723 sections 4.3.2, 4.3.4 and 5).  Whom it comes to is x_resume_resp.c.
 *
 *   HDR, [N(COOKIE),] Ni, N(TICKET_OPAQUE), N(NAT..)  -->
 *                        <--  HDR, Nr, N(NAT..)
 *
 * There is no key exchange: what is new are the nonces.  Whatever else comes
 * back, or nothing, leads to IKE_SA_INIT within the same attempt; nothing that
 * the peer says here is authenticated, so it costs us no more than that.
 */
#include "ike/x_resume.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/auth.h"
#include "ike/nat.h"
#include "ike/peer.h"
#include "ike/x_auth.h"
#include "ike/x_init_inner.h"
#include "ike/x_redirect.h"
#include "ike/x_ticket.h"
#include "ike/xchg.h"

struct resume *
resume_new(struct bytes opaque)
{
	struct resume *r = calloc(1, sizeof(*r) + opaque.n);

	if (r == NULL)
		return NULL;
	r->n = opaque.n;
	if (opaque.n > 0)
		memcpy(r->opaque, opaque.p, opaque.n);
	return r;
}

void
resume_free(struct resume *r)
{
	if (r == NULL)
		return;
	wipe(r, sizeof(*r) + r->n);
	free(r);
}

/*
 * Section 5.1: SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr), "10 ASCII
 * characters, with no NULL terminator": the formula of a rekey, with these in
 * place of a shared secret.
 */
bool
x_resume_derive(struct ike_sa *sa)
{
	static const char label[] = "Resumption";
	const struct session *s = &sa->setup->resume->s;
	struct keys_seed seed = x_init_seed(sa);
	struct secret text = { 0 };

	secret_set(&text, bytes_str(label));
	seed.g_ir = &text;
	seed.old_sk_d = &s->sk_d;
	seed.old_prf = s->suite.prf;
	sa->suite = s->suite;
	sa->ppk = s->ppk;
	sa->lowest = nonce_lowest(seed.ni, seed.nr);
	return keys_derive(&sa->suite, &seed, &sa->keys);
}

/* AUTH = prf(SK_px, what a side signs): nothing of the host is in it. */
static bool
auth_value(const struct ike_sa *sa, bool of_initiator, struct bytes id_body,
    uint8_t out[static PRF_MAX])
{
	const struct key *sk_p = of_initiator ? &sa->keys.sk_pi :
	    &sa->keys.sk_pr;
	size_t n = 0;
	uint8_t *octets = auth_octets(sa, of_initiator, id_body, &n);
	struct bytes all = bytes_of(octets, n);
	bool ok = octets != NULL && prf(sa->suite.prf, key_bytes(sk_p), &all,
	    1, out);

	free(octets);
	return ok;
}

bool
x_resume_sign(struct ike_sa *sa)
{
	uint8_t body[AUTH_ID_BODY_MAX], value[PRF_MAX];
	struct wr w = wr_of(body, sizeof(body));

	if (!auth_own_body(sa->peer, &w) ||
	    !auth_value(sa, sa->initiator, wr_done(&w), value))
		return false;
	sa->setup->auth_n = sa->suite.prf->key_len;
	memcpy(sa->setup->auth, value, sa->setup->auth_n);
	sa->setup->auth_method = SIG_METHOD_PSK;
	return true;
}

bool
x_resume_check(const struct ike_sa *sa, const struct msg *m,
    const struct pl_id *id, struct reason *why)
{
	const struct session *s = &sa->setup->resume->s;
	uint8_t value[PRF_MAX];

	if (!auth_id_digest_is(id, sa->initiator ? s->idr : s->idi)) {
		reason_set(why, "the peer's identity is not the one of the "
		    "resumed session");
		return false;
	}
	if (m->auth.method == SIG_METHOD_PSK &&
	    auth_value(sa, !sa->initiator, id->body, value) &&
	    secret_eq(m->auth.data, bytes_of(value, sa->suite.prf->key_len)))
		return true;
	peer_story(sa->peer, STORY_AUTH_VALUE);
	reason_set(why, "the peer's AUTH value is not that of the resumed "
	    "session");
	return false;
}

void
x_resume_done(struct ike_sa *sa, struct instant now)
{
	const struct session *s = &sa->setup->resume->s;
	struct ike_peer *p = sa->peer;

	for (struct ike_sa *o = p->sas; o != NULL; o = o->peer_next) {
		if (o != sa && o->spi_i == s->spi_i && o->spi_r == s->spi_r)
			sa_die(o, now, NULL);
	}
	sa->resumed = true;
	p->tickets.resumed++;
	out_event(sa->ike, p->conf.id, IKE_EV_RESUMED, "the session was "
	    "resumed by a ticket of %s, without a key exchange",
	    sa->initiator ? "the peer's" : "ours");
}

bool
x_resume_send(struct ike_sa *sa, struct instant now)
{
	const struct resume *r = sa->setup->resume;
	struct setup *s = sa->setup;
	struct build b;

	xchg_begin(sa, &b, IKE_SESSION_RESUME, false);
	if (s->cookie_n > 0)
		build_notify(&b, N_COOKIE, bytes_of(s->cookie, s->cookie_n));
	build_bytes(&b, PL_NONCE, x_init_nonce(&s->ni));
	build_notify(&b, N_TICKET_OPAQUE, bytes_of(r->opaque, r->n));
	nat_build(&b, sa->spi_i, 0, &sa->path, x_init_hides(sa));
	if (sa->peer->conf.fragmentation)
		build_notify(&b, N_FRAGMENTATION_SUPPORTED,
		    (struct bytes){ 0 });
	x_redirect_build_init(&b, sa);
	if (!xchg_request(sa, now, &b, TASK_RESUME, 0))
		return false;
	/* The other half is for IKE_SA_INIT. */
	sa->x.give_up_at = instant_after(now, (struct span){
	    instant_since(sa->x.give_up_at, now).ns / 2 });
	return x_init_keep(sa, bytes_of(sa->x.request, sa->x.request_n), true);
}

/* A ticket that an operator's change has made useless is not even tried. */
static struct resume *
take_held(struct ike_peer *p, struct instant now)
{
	struct resume *r = p->tickets.held;
	enum ticket_verdict v;

	if (r == NULL)
		return NULL;
	p->tickets.held = NULL;
	v = x_ticket_judge(p, now, &r->s);
	if (v == TICKET_GOOD)
		return r;
	x_ticket_refused(p, now, v);
	resume_free(r);
	return NULL;
}

bool
x_resume_request(struct ike_peer *p, struct instant now)
{
	struct resume *r = take_held(p, now);
	struct ike_sa *sa;

	if (r == NULL)
		return false;
	if (r->spi == 0 || map_get(&p->ike->sas, r->spi) != NULL) {
		r->spi = table_sa_spi(p->ike);
		x_init_draw(&r->ni, p->ike->drbg, NONCE_OURS);
	}
	sa = x_init_open(p, now, r->spi);
	if (sa == NULL) {
		p->tickets.held = r;
		return true;
	}
	sa->setup->resume = r;
	sa->setup->ni = r->ni;
	if (!x_resume_send(sa, now))
		sa_die(sa, now, "cannot build IKE_SESSION_RESUME");
	return true;
}

void
x_resume_fall_back(struct ike_sa *sa, struct instant now,
    enum ticket_verdict v)
{
	struct ike_peer *p = sa->peer;

	x_ticket_refused(p, now, v);
	sa_die(sa, now, NULL);
	x_init_request(p, now);
}

void
x_resume_expired(struct ike_sa *sa, struct instant now)
{
	struct ike_peer *p = sa->peer;

	if (p->tickets.held == NULL) {
		p->tickets.held = sa->setup->resume;
		sa->setup->resume = NULL;
	}
	sa_die(sa, now, NULL);
	x_init_request(p, now);
}

/* Keys and all else that the answer brings.  False: we do not go on so. */
static bool
accept_answer(struct ike_sa *sa, const struct path *path,
    const struct msg *m)
{
	if (!x_init_may_be_childless(sa, m))
		return false;
	x_init_nonce_set(&sa->setup->nr, m->nonce);
	if (!x_resume_derive(sa))
		return false;
	x_init_float(sa, m, path);
	sa->frags = x_init_fragments(sa, m);
	return true;
}

void
x_resume_answer(struct ike_sa *sa, struct instant now,
    const struct path *path, const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_COOKIE);
	bool whole = (m->seen & PL_BIT(PL_NONCE)) != 0;

	if (n != NULL && !whole) {
		x_init_cookie(sa, now, n->data);
		return;
	}
	/* "... the initiator should re-initiate a regular IKE exchange" */
	if (!whole || sa->spi_r == 0 || msg_error(m) != NULL ||
	    msg_notify(m, N_TICKET_NACK) != NULL ||
	    !accept_answer(sa, path, m)) {
		x_resume_fall_back(sa, now, TICKET_REFUSED);
		return;
	}
	xchg_done(sa);
	x_auth_start(sa, now);
}
