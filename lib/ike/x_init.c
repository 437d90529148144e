/*
 * IKE_SA_INIT by its initiator, and what both sides make of the two messages
 * (RFC 7296 sections 1.2, 2.6, 2.7, 2.23; RFC 7383 section 2.3).  Whom it comes
 * to is x_init_resp.c.
 *
 *   HDR, [N(COOKIE),] SAi1, KEi, Ni, N(NAT..)  -->
 *                        <--  HDR, SAr1, KEr, Nr, N(NAT..)
 */
#include "ike/x_init_inner.h"

#include <stdlib.h>
#include <string.h>

#include "ike/certs.h"
#include "ike/nat.h"
#include "ike/peer.h"
#include "ike/x_inter.h"
#include "ike/x_ppk.h"
#include "ike/x_redirect.h"
#include "ike/x_resume.h"
#include "ike/xchg.h"

#define RESTARTS_MAX	4	/* for cookies and other groups */

/* How long after an error that nobody vouches for we still try. */
static const struct span doubting = { INT64_C(3) * 1000000000 };

struct bytes
x_init_nonce(const struct nonce *n)
{
	return bytes_of(n->b, n->n);
}

void
x_init_draw(struct nonce *n, struct drbg *drbg, size_t len)
{
	n->n = (uint16_t)len;
	drbg_fill(drbg, n->b, len);
}

void
x_init_nonce_set(struct nonce *n, struct bytes b)
{
	n->n = (uint16_t)b.n;
	memcpy(n->b, b.p, b.n);
}

/*
 * Section 2.23: a source hash that cannot match makes the peer encapsulate.
 * So does one of an address that we do not know.
 */
bool
x_init_hides(const struct ike_sa *sa)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;

	return conf->force_encap || (sa->initiator &&
	    (!addr_is_set(&conf->local) || addr_is_any(&conf->local)));
}

/* Sends, or sends again after a cookie or another group was asked for. */
static bool
send_request(struct ike_sa *sa, struct instant now)
{
	struct setup *s = sa->setup;
	struct build b;

	xchg_begin(sa, &b, IKE_SA_INIT, false);
	if (s->cookie_n > 0)
		build_notify(&b, N_COOKIE, bytes_of(s->cookie, s->cookie_n));
	proposal_encode(build_payload(&b, PL_SA), &s->offer,
	    (struct bytes){ 0 });
	build_ke(&b, s->ke->id, kex_public(s->kex));
	build_bytes(&b, PL_NONCE, x_init_nonce(&s->ni));
	nat_build(&b, sa->spi_i, 0, &sa->path, x_init_hides(sa));
	if (sa->peer->conf.fragmentation)
		build_notify(&b, N_FRAGMENTATION_SUPPORTED,
		    (struct bytes){ 0 });
	if (s->offer.addke != NULL)
		x_inter_announce(&b);
	certs_build_init(&b, sa);
	x_ppk_build_init(&b, sa);
	x_redirect_build_init(&b, sa);
	return xchg_request(sa, now, &b, TASK_INIT, 0) &&
	    x_init_keep(sa, bytes_of(sa->x.request, sa->x.request_n), true);
}

bool
x_init_keep(struct ike_sa *sa, struct bytes raw, bool by_initiator)
{
	struct setup *s = sa->setup;

	return by_initiator ? xchg_keep(&s->init_i, &s->init_i_n, raw) :
	    xchg_keep(&s->init_r, &s->init_r_n, raw);
}

static bool
use_group(struct ike_sa *sa, const struct alg *ke)
{
	struct kex *kex = kex_new(ke, sa->ike->drbg);

	if (kex == NULL)
		return false;
	kex_free(sa->setup->kex);
	sa->setup->kex = kex;
	sa->setup->ke = ke;
	return true;
}

struct ike_sa *
x_init_open(struct ike_peer *peer, struct instant now, uint64_t spi)
{
	struct ike *ike = peer->ike;
	const struct ike_peer_conf *conf = &peer->conf;
	struct ike_sa *sa = sa_new(ike, now, peer, true, spi, 0);

	if (sa == NULL) {
		peer_story(peer, STORY_LIMIT);
		peer_failed(peer, "limit of %u IKE SAs reached",
		    ike->limits.sas);
		return NULL;
	}
	sa->path = (struct path){
		.local = { conf->local, IKE_PORT },
		.remote = { conf->remote, IKE_PORT },
	};
	if (!addr_is_set(&conf->local))
		sa->path.local.addr = addr_any((enum addr_family)
		    conf->remote.family);
	x_redirect_begin(sa);
	sa->setup = calloc(1, sizeof(*sa->setup));
	if (sa->setup == NULL) {
		sa_die(sa, now, "out of memory");
		return NULL;
	}
	sa->setup->offer = conf->ike;
	return sa;
}

void
x_init_request(struct ike_peer *peer, struct instant now)
{
	struct ike_sa *sa = x_init_open(peer, now, table_sa_spi(peer->ike));

	if (sa == NULL)
		return;
	x_init_draw(&sa->setup->ni, peer->ike->drbg, NONCE_OURS);
	if (!use_group(sa, alg_at(peer->conf.ike.ke.row[0])) ||
	    !send_request(sa, now))
		sa_die(sa, now, "cannot build IKE_SA_INIT");
}

static void
restart(struct ike_sa *sa, struct instant now)
{
	sa->spi_r = 0;
	sa->setup->redirect_to = (struct addr){ 0 };
	xchg_fini(sa);
	if (++sa->setup->restarts > RESTARTS_MAX)
		sa_die(sa, now, "the peer keeps asking for another cookie or "
		    "key exchange group");
	else if (!(sa->setup->resume != NULL ? x_resume_send : send_request)(
	    sa, now))
		sa_die(sa, now, "cannot build the first request");
}

/*
 * Section 2.21.1: "Because all error notifications are completely
 * unauthenticated, the recipient should continue trying for some time before
 * giving up."  The first one is reported, and cuts that time short.
 */
void
x_init_doubt(struct ike_sa *sa, struct instant now, const struct reason *why)
{
	sa->spi_r = 0;
	if (sa->setup->why.s[0] != '\0')
		return;
	sa->setup->why = *why;
	peer_failed(sa->peer, "%s", why->s);
	sa->x.give_up_at = instant_min(sa->x.give_up_at,
	    instant_after(now, doubting));
	sa_touch(sa);
}

/* Only the first one is told. */
struct story *
x_init_doubt_story(struct ike_sa *sa, enum story_code code)
{
	return sa->setup->why.s[0] != '\0' ? NULL :
	    peer_story(sa->peer, code);
}

void
x_init_cookie(struct ike_sa *sa, struct instant now, struct bytes cookie)
{
	/* "... MUST be between 1 and 64 octets in length (inclusive)" */
	if (cookie.n == 0 || cookie.n > sizeof(sa->setup->cookie))
		return;
	/* A late copy of the answer that asked for it. */
	if (bytes_eq(cookie, bytes_of(sa->setup->cookie, sa->setup->cookie_n)))
		return;
	memcpy(sa->setup->cookie, cookie.p, cookie.n);
	sa->setup->cookie_n = (uint8_t)cookie.n;
	restart(sa, now);
}

/* The group that an INVALID_KE_PAYLOAD asks for, if it is one of ours. */
static const struct alg *
asked_group(const struct offer *o, struct bytes data)
{
	struct rd r = rd_of(data);
	uint16_t group = rd_u16(&r);

	for (size_t i = 0; i < o->ke.n; i++) {
		if (!r.bad && alg_at(o->ke.row[i])->id == group)
			return alg_at(o->ke.row[i]);
	}
	return NULL;
}

/* Section 1.2: retried with the group that the responder named. */
static void
restart_with_group(struct ike_sa *sa, struct instant now, struct bytes data)
{
	const struct alg *ke = asked_group(&sa->setup->offer, data);
	struct reason why;

	/* A late copy of the answer that asked for it. */
	if (ke == sa->setup->ke)
		return;
	if (ke == NULL) {
		story_proposals(x_init_doubt_story(sa, STORY_KEY_EXCHANGE),
		    &sa->setup->offer, NULL);
		reason_set(&why, "the peer asks for key exchange group %u, "
		    "which we do not offer",
		    data.n == 2 ? data.p[0] << 8 | data.p[1] : 0);
		x_init_doubt(sa, now, &why);
		return;
	}
	if (use_group(sa, ke))
		restart(sa, now);
	else
		sa_die(sa, now, "cannot make a key for %s", ke->name);
}

static bool
answer_is_error(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_COOKIE);
	struct reason why;

	if (n != NULL && (m->seen & PL_BIT(PL_SA)) == 0) {
		x_init_cookie(sa, now, n->data);
		return true;
	}
	n = msg_error(m);
	if (n == NULL)
		return false;
	if (n->type == N_INVALID_KE_PAYLOAD) {
		restart_with_group(sa, now, n->data);
		return true;
	}
	if (n->type == N_NO_PROPOSAL_CHOSEN) {
		story_proposals(x_init_doubt_story(sa, STORY_NO_PROPOSAL),
		    &sa->setup->offer, NULL);
		reason_set(&why, "the peer accepts none of our IKE proposals, "
		    "or does not know us (NO_PROPOSAL_CHOSEN)");
	} else {
		story_notify(x_init_doubt_story(sa, STORY_ERROR_NOTIFY),
		    IKE_SA_INIT, n->type);
		reason_set(&why, "the peer answered IKE_SA_INIT with %s (%u)",
		    notify_str(n->type), n->type);
	}
	x_init_doubt(sa, now, &why);
	return true;
}

struct keys_seed
x_init_seed(const struct ike_sa *sa)
{
	return (struct keys_seed){
		.ni = x_init_nonce(&sa->setup->ni),
		.nr = x_init_nonce(&sa->setup->nr),
		.spi_i = sa->spi_i, .spi_r = sa->spi_r,
	};
}

bool
x_init_derive(struct ike_sa *sa, const struct secret *g_ir)
{
	struct keys_seed seed = x_init_seed(sa);

	seed.g_ir = g_ir;
	sa->lowest = nonce_lowest(seed.ni, seed.nr);
	return keys_derive(&sa->suite, &seed, &sa->keys);
}

/* The initiator's. */
static bool
derive(struct ike_sa *sa, struct bytes theirs)
{
	struct secret g_ir = { 0 };
	bool ok;

	ok = kex_shared(sa->setup->kex, theirs, &g_ir) &&
	    x_init_derive(sa, &g_ir);
	wipe(&g_ir, sizeof(g_ir));
	return ok;
}

/* Section 2.23: with a NAT on the way, or by option, go to port 4500. */
void
x_init_float(struct ike_sa *sa, const struct msg *m, const struct path *path)
{
	/* The hashes are over the SPIs of their own message's header. */
	struct nat_view v = nat_detect(m, sa->spi_i,
	    sa->initiator ? sa->spi_r : 0, path);

	sa->nat_local = v.local;
	sa->nat_remote = v.remote;
	sa->encap = v.spoken &&
	    (v.local || v.remote || x_init_hides(sa));
	if (sa->initiator)
		sa->path.local.addr = path->local.addr;
	if (sa->initiator && sa->encap) {
		sa->path.local.port = IKE_PORT_NATT;
		sa->path.remote.port = IKE_PORT_NATT;
	}
}

/* RFC 7383 section 2.3: both ends said that they do it. */
bool
x_init_fragments(const struct ike_sa *sa, const struct msg *m)
{
	return msg_notify(m, N_FRAGMENTATION_SUPPORTED) != NULL &&
	    (peer_traits(sa) & ANYONE_FRAGMENTS) != 0;
}

bool
x_init_childless(const struct ike_sa *sa)
{
	return (peer_traits(sa) & ANYONE_CHILDLESS) != 0;
}

bool
x_init_may_be_childless(struct ike_sa *sa, const struct msg *m)
{
	bool spoken = msg_notify(m, N_CHILDLESS_SUPPORTED) != NULL;
	enum ike_childless wish = sa->peer->conf.childless;

	sa->setup->childless = spoken && wish >= IKE_CHILDLESS_PREFER;
	return spoken || wish != IKE_CHILDLESS_FORCE;
}

void
x_init_answer(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct msg *m)
{
	const uint32_t whole = PL_BIT(PL_SA) | PL_BIT(PL_KE) | PL_BIT(PL_NONCE);
	struct proposals ps = { 0 };
	struct reason why;
	struct choice c;

	/* Section 3.1: the responder's SPI "MUST NOT be zero" here. */
	if (x_redirect_hear_init(sa, now, m) ||
	    answer_is_error(sa, now, m) || sa->spi_r == 0)
		return;
	if ((m->seen & whole) != whole ||
	    proposal_decode(m->sa, &ps) != N_NONE ||
	    !proposal_accept(&ps, &sa->setup->offer, 0, &c) ||
	    c.suite.ke != sa->setup->ke || m->ke.group != c.suite.ke->id) {
		story_proposals(peer_story(sa->peer, STORY_NO_PROPOSAL),
		    &sa->setup->offer, &ps);
		sa_die(sa, now, "the peer answered with an IKE proposal that "
		    "we did not offer");
		return;
	}
	if (!x_init_may_be_childless(sa, m)) {
		sa_die(sa, now, "the peer does not do IKE SAs without a child "
		    "(RFC 6023), which childless = \"force\" asks for");
		return;
	}
	if (suite_addkes(&c.suite) > 0 && !x_inter_spoken(m)) {
		sa_die(sa, now, "the peer chose additional key exchanges, but "
		    "does not do IKE_INTERMEDIATE (RFC 9242)");
		return;
	}
	if (!x_ppk_hear_init(sa, m, &why)) {
		sa_die(sa, now, "%s", why.s);
		return;
	}
	sa->suite = c.suite;
	x_init_nonce_set(&sa->setup->nr, m->nonce);
	if (!x_inter_expect(sa)) {
		sa_die(sa, now, "out of memory");
		return;
	}
	if (!derive(sa, m->ke.data)) {
		peer_story(sa->peer, STORY_KEY_EXCHANGE);
		sa_die(sa, now, "the peer's key exchange value is not valid");
		return;
	}
	x_init_float(sa, m, path);
	sa->frags = x_init_fragments(sa, m);
	kex_free(sa->setup->kex);
	sa->setup->kex = NULL;
	xchg_done(sa);
	certs_hear(sa, m);
	x_inter_next(sa, now);
}
