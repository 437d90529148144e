/*
 * A responder that sends its initiators away (RFC 5685): at the first message
 * when whoever may be meant by it is to go to the same gateway (section 3),
 * else in an INFORMATIONAL as soon as the SA is up (section 5), as those are
 * told who are there already.  Not in the answer to IKE_AUTH (section 6):
 * strongSwan 5.9.8 does not survive it.  Only who has announced that it can be
 * redirected is, and nobody who comes during the drain is sent back to where
 * he comes from.  Who goes and who stays is the host's business: an SA whose
 * peer was told and stays is not deleted here.
 */
#include "ike/x_redirect.h"

#include "ike/peer.h"
#include "ike/x_init.h"
#include "ike/xchg.h"

static bool
announces(const struct msg *m)
{
	return msg_notify(m, N_REDIRECT_SUPPORTED) != NULL ||
	    msg_notify(m, N_REDIRECTED_FROM) != NULL;
}

/* Unset: from nowhere, or from one without an address. */
static struct addr
comes_from(const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_REDIRECTED_FROM);
	struct redirect_to g = { 0 };

	if (n != NULL)
		redirect_decode(n->data, &g);
	return g.addr;
}

static bool
alike(const struct ike_peer *p, const struct redirect *r)
{
	return !p->accept || (p->redirect.draining &&
	    addr_eq(&p->redirect.to, &r->to));
}

/* All who may call from anywhere; there may be thousands. */
static bool
anybody_alike(struct ike *ike, const struct redirect *r)
{
	const struct ike_peer *p = ike->peers.anybody;

	if (ike->anybody_drains == DRAIN_UNKNOWN) {
		ike->anybody_drains = DRAIN_ALIKE;
		for (; p != NULL; p = p->in[INDEX_ADDRESS].next) {
			if (!alike(p, r))
				ike->anybody_drains = DRAIN_NOT;
		}
	}
	return ike->anybody_drains == DRAIN_ALIKE;
}

/* Whoever may be meant by this path is sent to the same gateway. */
static bool
all_drain(const struct ike_peer *peer, const struct path *path)
{
	const struct ike_peer *p = NULL;

	if (index_is_anybody(peer))
		return anybody_alike(peer->ike, &peer->redirect);
	while ((p = index_by_path(&peer->ike->peers, path, p)) != NULL &&
	    !index_is_anybody(p)) {
		if (!alike(p, &peer->redirect))
			return false;
	}
	return true;
}

static void
answer_redirect(struct ike_peer *p, const struct path *path,
    const struct hdr *h, const struct msg *m)
{
	uint8_t data[2 + 16 + NONCE_MAX];
	struct wr w = wr_of(data, sizeof(data));

	redirect_encode(&w, &p->redirect.to, m->nonce);
	x_init_refuse(p->ike, path, h, N_REDIRECT, wr_done(&w));
}

bool
x_redirect_turn_away(struct ike_peer *p, const struct path *path,
    const struct hdr *h, const struct msg *m)
{
	const struct redirect *r = &p->redirect;
	struct addr from = comes_from(m);

	if (!r->draining || !all_drain(p, path))
		return false;
	if (!addr_is_set(&r->to)) {
		peer_story(p, STORY_DRAINING);
		peer_refused(p, "IKE_SA_INIT refused: draining, nobody new is "
		    "let in");
		x_init_refuse(p->ike, path, h, N_TEMPORARY_FAILURE,
		    (struct bytes){ 0 });
		return true;
	}
	if (!announces(m) || addr_eq(&from, &r->to))
		return false;
	answer_redirect(p, path, h, m);
	return true;
}

void
x_redirect_hear_opening(struct ike_sa *sa, const struct msg *m)
{
	sa->redirects = announces(m);
	sa->came_from = comes_from(m);
}

bool
x_redirect_closed(const struct ike_sa *sa)
{
	const struct redirect *r = &sa->peer->redirect;

	return r->draining && !addr_is_set(&r->to);
}

/* Can it be told, and is it to be? */
bool
x_redirect_sends(const struct ike_sa *sa)
{
	const struct redirect *r = &sa->peer->redirect;

	return r->draining && addr_is_set(&r->to) && !sa->opened &&
	    sa->redirects && !addr_eq(&r->to, &sa->came_from);
}

void
x_redirect_tell(struct ike_sa *sa, struct instant now)
{
	uint8_t data[2 + 16];
	struct wr w = wr_of(data, sizeof(data));
	struct build b;

	sa->want_redirect = false;
	if (!x_redirect_sends(sa))
		return;
	redirect_encode(&w, &sa->peer->redirect.to, (struct bytes){ 0 });
	xchg_begin_sk(sa, &b, INFORMATIONAL, false);
	build_notify(&b, N_REDIRECT, wr_done(&w));
	if (!xchg_request(sa, now, &b, TASK_REDIRECT, 0))
		sa_die(sa, now, "cannot build INFORMATIONAL");
}

void
x_redirect_told(struct ike_sa *sa, struct instant now,
    const struct path *path, const struct msg *m)
{
	char to[ADDR_STRLEN];

	(void)now;
	(void)path;
	(void)m;
	xchg_done(sa);
	sa->leaving = x_redirect_sends(sa);
	if (sa->leaving)
		out_event(sa->ike, sa->peer->conf.id, IKE_EV_REDIRECTED,
		    "the peer was sent to %s",
		    addr_str(&sa->peer->redirect.to, to));
}

bool
x_redirect_left(struct ike_sa *sa)
{
	char to[ADDR_STRLEN];
	struct reason why;

	if (!sa->leaving || sa->opened || !x_redirect_sends(sa))
		return false;
	reason_set(&why, "draining: the peer went to %s, as it was told",
	    addr_str(&sa->peer->redirect.to, to));
	note_set(&sa->peer->why, why.s);
	return true;
}

void
ike_peer_drain(struct ike *ike, struct instant now, uint32_t id, bool on,
    const struct addr *to)
{
	struct ike_peer *p = table_peer(ike, id);
	bool begins;

	(void)now;
	if (p == NULL)
		return;
	begins = on && !p->redirect.draining;
	ike->anybody_drains = DRAIN_UNKNOWN;
	p->redirect.draining = on;
	p->redirect.to = on && to != NULL ? *to : (struct addr){ 0 };
	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		/* Where it came from is over: it was not drained then. */
		if (begins)
			sa->came_from = (struct addr){ 0 };
		if (!sa->opened && sa->state == SA_ESTABLISHED)
			sa->leaving = false;
	}
}

bool
ike_peer_redirect(struct ike *ike, struct instant now, uint32_t id)
{
	struct ike_peer *p = table_peer(ike, id);
	struct ike_sa *sa = p == NULL ? NULL : peer_main_sa(p);
	bool can = sa != NULL && sa->state == SA_ESTABLISHED &&
	    x_redirect_sends(sa);

	if (can) {
		sa->want_redirect = true;
		sa_touch(sa);
	}
	sa_settle_all(ike, now);
	return can;
}
