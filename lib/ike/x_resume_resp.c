/*
 * IKE_SESSION_RESUME by its responder (RFC 5723 sections 4.3.2, 4.3.3, 9.3).  It
 * keeps nothing and tells nothing but TICKET_NACK before a ticket of ours is
 * there, unaltered and in force, for a tunnel that is still as it was; and no
 * old SA gives way before IKE_AUTH has proved that the ticket is its holder's.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/sig.h"
#include "ike/auth.h"
#include "ike/nat.h"
#include "ike/peer.h"
#include "ike/x_init_inner.h"
#include "ike/x_redirect.h"
#include "ike/x_resume.h"
#include "ike/x_ticket.h"
#include "ike/xchg.h"

/* Is the IKE SA of this session still there, and meant to stay? */
static bool
is_alive(const struct ike_peer *p, const struct session *s)
{
	for (const struct ike_sa *o = p->sas; o != NULL; o = o->peer_next) {
		if (o->spi_i == s->spi_i && o->spi_r == s->spi_r)
			return o->state == SA_ESTABLISHED && !o->want_delete;
	}
	return false;
}

static enum ticket_verdict
judge(const struct ike_peer *p, struct instant now, const struct session *s)
{
	if (!p->accept)
		return TICKET_DOWN;
	if (p->redirect.draining)
		return TICKET_DRAINING;
	if (instant_due(s->issued, p->tickets.void_until) && !is_alive(p, s))
		return p->tickets.void_why;
	return x_ticket_judge(p, now, s);
}

/* Whose session it is, of those who may be at this path. */
static enum ticket_verdict
find_peer(struct ike *ike, struct instant now, const struct path *path,
    const struct session *s, struct ike_peer **out)
{
	enum ticket_verdict v = TICKET_NO_TUNNEL;
	struct ike_peer *p = NULL;

	while ((p = index_by_path(&ike->peers, path, p)) != NULL) {
		if (!p->conf.resumption)
			continue;
		v = TICKET_CHANGED;
		if (memcmp(s->rules, p->tickets.rules, TICKET_DIGEST) != 0)
			continue;
		*out = p;
		return judge(p, now, s);
	}
	return v;
}

/* The one tunnel that expects this address, if the session names none. */
static struct ike_peer *
suspect(struct ike *ike, const struct path *path)
{
	struct ike_peer *p = index_by_path(&ike->peers, path, NULL);

	return p != NULL && p->conf.resumption && !index_is_anybody(p) ? p :
	    NULL;
}

/* "... with an unprotected N(TICKET_NACK) notification" */
static void
refuse(struct ike *ike, struct instant now, const struct path *path,
    const struct hdr *h, struct ike_peer *p, enum ticket_verdict v)
{
	char from[ENDPOINT_STRLEN];

	if (p == NULL)
		p = suspect(ike, path);
	if (p != NULL)
		x_ticket_refused(p, now, v);
	else
		out_stranger(ike, path, "IKE_SESSION_RESUME from %s refused: "
		    "%s (%s)", endpoint_str(&path->remote, from),
		    ticket_text(v), ticket_code_str(v));
	if (x_init_may_refuse(ike, now))
		x_init_refuse(ike, path, h, N_TICKET_NACK,
		    (struct bytes){ 0 });
}

static void
answer(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	struct build b;

	sa->x.in_mid = 1;
	xchg_begin(sa, &b, IKE_SESSION_RESUME, true);
	build_bytes(&b, PL_NONCE, x_init_nonce(&sa->setup->nr));
	if (msg_notify(m, N_NAT_DETECTION_SOURCE_IP) != NULL)
		nat_build(&b, sa->spi_i, sa->spi_r, &sa->path,
		    x_init_hides(sa));
	if (sa->frags)
		build_notify(&b, N_FRAGMENTATION_SUPPORTED,
		    (struct bytes){ 0 });
	if (x_init_childless(sa))
		build_notify(&b, N_CHILDLESS_SUPPORTED, (struct bytes){ 0 });
	xchg_respond(sa, now, &b, true);
}

/* The SA is made and answers, with no more octets than came. */
static bool
open_half(struct ike_sa *sa, struct instant now, const struct session *s,
    const struct msg *m, struct bytes raw)
{
	bool ok;

	sa->setup = calloc(1, sizeof(*sa->setup));
	if (sa->setup == NULL)
		return false;
	sa->setup->resume = resume_new((struct bytes){ 0 });
	if (sa->setup->resume == NULL)
		return false;
	sa->setup->resume->s = *s;
	x_init_nonce_set(&sa->setup->ni, m->nonce);
	x_init_draw(&sa->setup->nr, sa->ike->drbg, NONCE_OURS);
	if (!x_resume_derive(sa))
		return false;
	x_init_float(sa, m, &sa->path);
	sa->frags = x_init_fragments(sa, m);
	x_redirect_hear_opening(sa, m);
	answer(sa, now, m);
	ok = sa->x.response != NULL && sa->x.response_n <= raw.n &&
	    x_init_keep(sa, raw, true) && x_init_keep(sa,
	    bytes_of(sa->x.response, sa->x.response_n), false);
	if (ok)
		xchg_release(sa, now);
	return ok;
}

/* A ticket that is good; section 9.3: cookies as with IKE_SA_INIT. */
static void
take(struct ike *ike, struct instant now, const struct path *path,
    const struct hdr *h, const struct msg *m, struct bytes raw,
    struct ike_peer *p, const struct session *s)
{
	struct ike_sa *sa;

	if (!x_init_cookie_passes(ike, now, path, h, m,
	    x_init_is_crowded(ike, p)) || !x_init_within_limits(ike, p,
	    path))
		return;
	sa = x_init_half_open(ike, now, path, p, h->spi_i);
	if (sa != NULL && !open_half(sa, now, s, m, raw))
		sa_die(sa, now, NULL);
}

void
x_resume_respond(struct ike *ike, struct instant now, const struct path *path,
    const struct hdr *h, const struct msg *m, struct bytes raw)
{
	const struct pl_notify *n = msg_notify(m, N_TICKET_OPAQUE);
	struct ike_peer *p = NULL;
	enum ticket_verdict v;
	struct session s;

	if (n == NULL || !x_init_cookie_passes(ike, now, path, h, m,
	    ike->half_open >= ike->limits.cookie_above))
		return;
	v = ticket_open(&ike->tickets, now, n->data, &s);
	if (v != TICKET_GOOD) {
		refuse(ike, now, path, h, NULL, v);
		return;
	}
	v = find_peer(ike, now, path, &s, &p);
	if (v != TICKET_GOOD)
		refuse(ike, now, path, h, p, v);
	else
		take(ike, now, path, h, m, raw, p, &s);
	wipe(&s, sizeof(s));
}

/*
 * "The IDi value sent in the IKE_AUTH exchange MUST be identical to the value
 * included in the ticket", and so IDr, if it is there.  Meanwhile the same
 * ticket may have been used, or the tunnel taken down.
 */
struct ike_peer *
x_resume_identify(const struct ike_sa *sa, const struct msg *m,
    struct reason *why)
{
	const struct session *s = &sa->setup->resume->s;
	const struct peer_tickets *t = &sa->peer->tickets;

	if (!sa->peer->accept)
		return NULL;
	if (instant_due(s->issued, t->void_until) && !is_alive(sa->peer, s))
		reason_set(why, "resumption refused: %s",
		    ticket_text(t->void_why));
	else if (!auth_id_digest_is(&m->idi, s->idi) ||
	    ((m->seen & PL_BIT(PL_IDR)) != 0 &&
	    !auth_id_digest_is(&m->idr, s->idr)))
		reason_set(why, "resumption refused: the identities are not "
		    "those of the ticket");
	else
		return sa->peer;
	return NULL;
}
