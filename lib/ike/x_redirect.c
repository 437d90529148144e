/*
 * An initiator that is redirected (RFC 5685): in the answer to IKE_SA_INIT
 * (section 3), in that to IKE_AUTH (section 6), or later by the responder's
 * INFORMATIONAL (section 5).  The responder's part is x_redirect_resp.c.
 *
 *   HDR, SAi1, KEi, Ni, N(REDIRECT_SUPPORTED)  -->
 *                        <--  HDR, N(REDIRECT, new gateway, Ni)
 *   and there: HDR, SAi1, KEi, Ni, N(REDIRECTED_FROM, old gateway)  -->
 *
 * Whoever we are sent to must prove the same identity with the same key as
 * the gateway that is configured: a redirect says where, never whom to trust.
 * The one in IKE_SA_INIT is not authentic.  It must carry our nonce, and the
 * gateway's own answer, should one come within a moment, goes before it.  An
 * SA that is up stays until its successor carries the tunnel.  When nothing is
 * left with the new gateway, the configured one is called again.  Names are
 * not resolved.
 */
#include "ike/x_redirect.h"

#include "ike/peer.h"
#include "ike/x_info.h"
#include "ike/x_init_inner.h"

/* Section 7: MAX_REDIRECTS in REDIRECT_LOOP_DETECT_PERIOD. */
#define MOST		5
static const struct span period = { INT64_C(300) * 1000000000 };

/* For the answer of the gateway that we have asked. */
static const struct span moment = { INT64_C(1) * 1000000000 };
/* For what was made with the old gateway, once the tunnel has moved. */
static const struct span settling = { INT64_C(1) * 1000000000 };
/* For the new gateway to come to a child. */
static const struct span patience = { INT64_C(20) * 1000000000 };

void
x_redirect_begin(struct ike_sa *sa)
{
	const struct redirect *r = &sa->peer->redirect;

	sa->redirected = addr_is_set(&r->gateway);
	if (sa->redirected)
		sa->path.remote.addr = r->gateway;
}

static void
build_gateway(struct build *b, uint16_t type, const struct addr *a)
{
	uint8_t data[2 + 16];
	struct wr w = wr_of(data, sizeof(data));

	redirect_encode(&w, a, (struct bytes){ 0 });
	build_notify(b, type, wr_done(&w));
}

/* Section 9.3: who was redirected supports redirects. */
void
x_redirect_build_init(struct build *b, const struct ike_sa *sa)
{
	if (!sa->peer->conf.accept_redirect)
		return;
	if (sa->redirected && addr_is_set(&sa->peer->redirect.from))
		build_gateway(b, N_REDIRECTED_FROM, &sa->peer->redirect.from);
	else
		build_notify(b, N_REDIRECT_SUPPORTED, (struct bytes){ 0 });
}

/* --- whether to follow --- */

static bool
is_gateway(const struct addr *a)
{
	return !addr_is_any(a) && !addr_is_loopback(a) &&
	    !addr_is_multicast(a);
}

static bool
is_listed(const struct ike_peer_conf *c, const struct addr *a)
{
	if (c->gateways_n == 0 || addr_eq(a, &c->remote))
		return true;
	for (size_t i = 0; i < c->gateways_n; i++) {
		if (prefix_has(&c->gateways[i], a))
			return true;
	}
	return false;
}

bool
x_redirect_allows(const struct ike_peer_conf *c, const struct addr *a)
{
	return c->accept_redirect && is_gateway(a) && is_listed(c, a);
}

/* What is wrong with the address itself; NULL: nothing. */
static const char *
unfit(const struct ike_sa *sa, const struct redirect_to *g)
{
	const struct ike_peer_conf *c = &sa->peer->conf;

	if (!c->accept_redirect)
		return "accept_redirect is not set";
	if (g->type == REDIRECT_FQDN)
		return "names are not resolved here, only an address can be "
		    "followed";
	if (!addr_is_set(&g->addr))
		return "only IPv4 and IPv6 addresses can be followed";
	if (g->addr.family != sa->path.remote.addr.family)
		return "it is of the other address family than ours";
	if (!is_gateway(&g->addr))
		return "this is no gateway's address";
	if (addr_eq(&g->addr, &sa->path.remote.addr))
		return "it is there already";
	if (!is_listed(c, &g->addr))
		return "redirect_gateways does not allow it";
	return NULL;
}

static bool
is_loop(const struct redirect *r, struct instant now)
{
	return r->count >= MOST &&
	    instant_since(now, r->counted_from).ns <= period.ns;
}

/* How the redirect reads, and whether it may be followed. */
static bool
may_follow(const struct ike_sa *sa, struct instant now,
    const struct redirect_to *g, enum story_code *code, struct reason *why)
{
	const char *fault = unfit(sa, g);
	char to[REDIRECT_NAMELEN];

	*code = STORY_REDIRECT;
	if (fault == NULL && is_loop(&sa->peer->redirect, now)) {
		*code = STORY_REDIRECT_LOOP;
		fault = "it is the sixth redirect within 5 minutes, a loop";
	}
	if (fault != NULL)
		reason_set(why, "the peer redirects us to %s, which is not "
		    "followed: %s", redirect_str(g, to), fault);
	return fault == NULL;
}

static void
tell(struct story *s, const struct ike_sa *sa, const struct redirect_to *g,
    const char *exchange)
{
	char to[REDIRECT_NAMELEN], by[ADDR_STRLEN];

	story_add(s, "redirected to", "%s", redirect_str(g, to));
	story_add(s, "by", "%s", addr_str(&sa->path.remote.addr, by));
	story_add(s, "in", "%s", exchange);
	story_add(s, "authentic", "%s", sa->state == SA_INIT_SENT ?
	    "no, but whoever sent it has seen our request" : "yes");
}

/* --- following --- */

/* Another that is redirected, and with which there is something to expect. */
static bool
has_other(const struct ike_peer *p, const struct ike_sa *sa)
{
	for (const struct ike_sa *o = p->sas; o != NULL;
	    o = o->peer_next) {
		if (o != sa && o->redirected && !o->leaving &&
		    o->state <= SA_REKEYED)
			return true;
	}
	return false;
}

/* To the gateway that we were to leave, else to the one that is configured. */
static void
go_home(struct ike_peer *p)
{
	struct redirect *r = &p->redirect;
	char home[ADDR_STRLEN], was[ADDR_STRLEN];

	addr_str(&r->gateway, was);
	r->gateway = r->from = (struct addr){ 0 };
	r->moving = false;
	for (struct ike_sa *o = p->sas; o != NULL; o = o->peer_next) {
		if (o->leaving && o->redirected)
			r->gateway = o->path.remote.addr;
		o->leaving = false;
	}
	if (p->accept)
		out_event(p->ike, p->conf.id, IKE_EV_REDIRECTED,
		    "nothing is left with %s: back to %s", was,
		    addr_str(addr_is_set(&r->gateway) ? &r->gateway :
		    &p->conf.remote, home));
}

/* From here on attempts are for that gateway; one begins at once. */
static void
follow(struct ike_sa *sa, struct instant now, const struct addr *to,
    const char *exchange)
{
	struct ike_peer *p = sa->peer;
	struct redirect *r = &p->redirect;
	const struct ike_sa *newest = p->sas;
	char is[ADDR_STRLEN], was[ADDR_STRLEN];

	if (r->count == 0 ||
	    instant_since(now, r->counted_from).ns > period.ns) {
		r->counted_from = now;
		r->count = 0;
	}
	r->count++;
	r->from = sa->path.remote.addr;
	r->gateway = *to;
	out_event(p->ike, p->conf.id, IKE_EV_REDIRECTED,
	    "%s redirects us to %s in %s", addr_str(&r->from, was),
	    addr_str(to, is), exchange);
	x_init_request(p, now);
	if (p->sas == newest && !has_other(p, NULL))
		go_home(p);
}

/*
 * Section 3: "The client MUST verify" that the nonce is its own, so that only
 * who has seen the request can redirect it.  Anything else is dropped.
 */
bool
x_redirect_hear_init(struct ike_sa *sa, struct instant now,
    const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_REDIRECT);
	struct setup *s = sa->setup;
	enum story_code code;
	struct redirect_to g;
	struct reason why;

	if (n == NULL || (m->seen & PL_BIT(PL_SA)) != 0)
		return false;
	sa->spi_r = 0;
	if (!redirect_decode(n->data, &g) ||
	    !bytes_eq(g.nonce, x_init_nonce(&s->ni)) ||
	    addr_is_set(&s->redirect_to))
		return true;
	if (!may_follow(sa, now, &g, &code, &why)) {
		tell(x_init_doubt_story(sa, code), sa, &g, "IKE_SA_INIT");
		x_init_doubt(sa, now, &why);
		return true;
	}
	s->redirect_to = g.addr;
	sa->x.give_up_at = instant_min(sa->x.give_up_at,
	    instant_after(now, moment));
	sa_touch(sa);
	return true;
}

bool
x_redirect_follow_init(struct ike_sa *sa, struct instant now)
{
	struct addr to = sa->setup->redirect_to;

	if (!addr_is_set(&to))
		return false;
	follow(sa, now, &to, "IKE_SA_INIT");
	sa_die(sa, now, NULL);
	return true;
}

/*
 * Section 6: no child comes with it, and the SA is deleted.  When it is not
 * followed there is nothing to stay for, either, unless there is a child.
 */
bool
x_redirect_hear_auth(struct ike_sa *sa, struct instant now,
    const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_REDIRECT);
	enum story_code code;
	struct redirect_to g;
	struct reason why;

	if (n == NULL || !redirect_decode(n->data, &g))
		return false;
	if (may_follow(sa, now, &g, &code, &why)) {
		follow(sa, now, &g.addr, "IKE_AUTH");
	} else {
		tell(peer_story(sa->peer, code), sa, &g, "IKE_AUTH");
		peer_failed(sa->peer, "%s", why.s);
		if ((m->seen & PL_BIT(PL_SA)) != 0)
			return false;
	}
	sa_setup_free(sa);
	x_info_delete_ike(sa, now, N_NONE);
	return true;
}

/* Only the responder of the first of its line is a gateway (section 5). */
void
x_redirect_hear_info(struct ike_sa *sa, struct instant now,
    const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_REDIRECT);
	struct ike_peer *p = sa->peer;
	enum story_code code;
	struct redirect_to g;
	struct reason why;

	if (n == NULL || sa->state != SA_ESTABLISHED || sa->want_delete ||
	    sa->leaving || !sa->opened || !redirect_decode(n->data, &g))
		return;
	if (!may_follow(sa, now, &g, &code, &why)) {
		tell(peer_story(p, code), sa, &g, "INFORMATIONAL");
		peer_refused(p, why.s);
		return;
	}
	for (struct ike_sa *o = p->sas; o != NULL; o = o->peer_next)
		o->leaving |= o->state == SA_ESTABLISHED;
	p->redirect.moving = true;
	follow(sa, now, &g.addr, "INFORMATIONAL");
}

/* --- the way --- */

void
x_redirect_arrived(struct ike_sa *sa, struct instant now)
{
	if (sa->peer->redirect.moving)
		sa->child_by = instant_after(now, patience);
}

static struct ike_sa *
carrier(const struct ike_peer *p)
{
	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		const struct child *c = sa_current_child(sa);

		if (sa->state == SA_ESTABLISHED && !sa->leaving &&
		    !sa->want_delete && instant_is_never(sa->cull_at) &&
		    c != NULL && child_usable(c))
			return sa;
	}
	return NULL;
}

void
x_redirect_moved(struct ike_peer *p, struct instant now)
{
	struct ike_sa *sa = p->redirect.moving ? carrier(p) : NULL;
	char is[ENDPOINT_STRLEN], was[ADDR_STRLEN];

	if (sa == NULL)
		return;
	p->redirect.moving = false;
	for (struct ike_sa *o = p->sas; o != NULL; o = o->peer_next) {
		o->child_by = INSTANT_NEVER;
		if (o->leaving)
			o->cull_at = instant_min(o->cull_at,
			    instant_after(now, settling));
		sa_touch(o);
	}
	out_event(p->ike, p->conf.id, IKE_EV_PATH,
	    "the tunnel moved from %s to %s, as it was redirected",
	    addr_str(&p->redirect.from, was),
	    endpoint_str(&sa->path.remote, is));
}

/* An SA that is left waits for nothing when no other is on its way. */
void
x_redirect_adopted(struct ike_peer *p)
{
	struct redirect *r = &p->redirect;
	bool arrived = has_other(p, NULL);

	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		sa->leaving &= arrived || !sa->opened;
		r->moving |= !instant_is_never(sa->child_by);
		if (sa->redirected && !sa->leaving)
			r->gateway = sa->path.remote.addr;
		if (sa->leaving && sa->opened)
			r->from = sa->path.remote.addr;
	}
}

void
x_redirect_gone(struct ike_sa *sa)
{
	struct ike_peer *p = sa->peer;

	if (sa->redirected && addr_is_set(&p->redirect.gateway) &&
	    !has_other(p, sa))
		go_home(p);
}
