/*
 * IKE_SA_INIT on both sides (RFC 7296 sections 1.2, 2.6, 2.7, 2.23; RFC 7383
 * section 2.3).
 *
 *   HDR, [N(COOKIE),] SAi1, KEi, Ni, N(NAT..)  -->
 *                        <--  HDR, SAr1, KEr, Nr, N(NAT..)
 *
 * The responder answers an unknown initiator without keeping anything while it
 * has too many half-open SAs, and computes no Diffie-Hellman before that.
 */
#include "ike/x_init.h"

#include <stdlib.h>
#include <string.h>

#include "ike/certs.h"
#include "ike/nat.h"
#include "ike/peer.h"
#include "ike/x_inter.h"
#include "ike/x_ppk.h"
#include "ike/xchg.h"

#define RESTARTS_MAX	4	/* for cookies and other groups */
#define ANSWER_MAX	1200	/* octets that need no IP fragments */

/* How long after an error that nobody vouches for we still try. */
static const struct span doubting = { INT64_C(3) * 1000000000 };

static struct bytes
nonce_bytes(const struct nonce *n)
{
	return bytes_of(n->b, n->n);
}

static void
nonce_draw(struct nonce *n, struct drbg *drbg)
{
	n->n = NONCE_OURS;
	drbg_fill(drbg, n->b, NONCE_OURS);
}

static void
nonce_set(struct nonce *n, struct bytes b)
{
	n->n = (uint16_t)b.n;
	memcpy(n->b, b.p, b.n);
}

/*
 * Section 2.23: a source hash that cannot match makes the peer encapsulate.
 * So does one of an address that we do not know.
 */
static bool
hides(const struct ike_sa *sa)
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
	build_bytes(&b, PL_NONCE, nonce_bytes(&s->ni));
	nat_build(&b, sa->spi_i, 0, &sa->path, hides(sa));
	if (sa->peer->conf.fragmentation)
		build_notify(&b, N_FRAGMENTATION_SUPPORTED,
		    (struct bytes){ 0 });
	if (s->offer.addke != NULL)
		x_inter_announce(&b);
	certs_build_init(&b, sa);
	x_ppk_build_init(&b, sa);
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

void
x_init_request(struct ike_peer *peer, struct instant now)
{
	struct ike *ike = peer->ike;
	const struct ike_peer_conf *conf = &peer->conf;
	struct ike_sa *sa = sa_new(ike, now, peer, true,
	    table_sa_spi(ike), 0);

	if (sa == NULL) {
		peer_story(peer, STORY_LIMIT);
		peer_failed(peer, "limit of %u IKE SAs reached",
		    ike->limits.sas);
		return;
	}
	sa->path = (struct path){
		.local = { conf->local, IKE_PORT },
		.remote = { conf->remote, IKE_PORT },
	};
	if (!addr_is_set(&conf->local))
		sa->path.local.addr = addr_any((enum addr_family)
		    conf->remote.family);
	sa->setup = calloc(1, sizeof(*sa->setup));
	if (sa->setup == NULL) {
		sa_die(sa, now, "out of memory");
		return;
	}
	sa->setup->offer = conf->ike;
	nonce_draw(&sa->setup->ni, ike->drbg);
	if (!use_group(sa, conf->ike.ke.alg[0]) || !send_request(sa, now))
		sa_die(sa, now, "cannot build IKE_SA_INIT");
}

static void
restart(struct ike_sa *sa, struct instant now)
{
	sa->spi_r = 0;
	xchg_fini(sa);
	if (++sa->setup->restarts > RESTARTS_MAX)
		sa_die(sa, now, "the peer keeps asking for another cookie or "
		    "key exchange group");
	else if (!send_request(sa, now))
		sa_die(sa, now, "cannot build IKE_SA_INIT");
}

/*
 * Section 2.21.1: "Because all error notifications are completely
 * unauthenticated, the recipient should continue trying for some time before
 * giving up."  The first one is reported, and cuts that time short.
 */
static void
doubt(struct ike_sa *sa, struct instant now, const struct reason *why)
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
static struct story *
doubt_story(struct ike_sa *sa, enum story_code code)
{
	return sa->setup->why.s[0] != '\0' ? NULL :
	    peer_story(sa->peer, code);
}

/* Section 2.6: the same request with the cookie in front. */
static void
restart_with_cookie(struct ike_sa *sa, struct instant now, struct bytes cookie)
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
		if (!r.bad && o->ke.alg[i]->id == group)
			return o->ke.alg[i];
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
		story_proposals(doubt_story(sa, STORY_KEY_EXCHANGE),
		    &sa->setup->offer, NULL);
		reason_set(&why, "the peer asks for key exchange group %u, "
		    "which we do not offer",
		    data.n == 2 ? data.p[0] << 8 | data.p[1] : 0);
		doubt(sa, now, &why);
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
		restart_with_cookie(sa, now, n->data);
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
		story_proposals(doubt_story(sa, STORY_NO_PROPOSAL),
		    &sa->setup->offer, NULL);
		reason_set(&why, "the peer accepts none of our IKE proposals, "
		    "or does not know us (NO_PROPOSAL_CHOSEN)");
	} else {
		story_notify(doubt_story(sa, STORY_ERROR_NOTIFY),
		    IKE_SA_INIT, n->type);
		reason_set(&why, "the peer answered IKE_SA_INIT with %s (%u)",
		    notify_str(n->type), n->type);
	}
	doubt(sa, now, &why);
	return true;
}

struct keys_seed
x_init_seed(const struct ike_sa *sa)
{
	return (struct keys_seed){
		.ni = nonce_bytes(&sa->setup->ni),
		.nr = nonce_bytes(&sa->setup->nr),
		.spi_i = sa->spi_i, .spi_r = sa->spi_r,
	};
}

/* g^ir and everything that follows from it. */
static bool
derive(struct ike_sa *sa, struct kex *kex, struct bytes theirs)
{
	struct secret g_ir = { 0 };
	struct keys_seed seed = x_init_seed(sa);
	bool ok;

	seed.g_ir = &g_ir;
	ok = kex_shared(kex, theirs, &g_ir) &&
	    keys_derive(&sa->suite, &seed, &sa->keys);
	wipe(&g_ir, sizeof(g_ir));
	sa->lowest = nonce_lowest(seed.ni, seed.nr);
	return ok;
}

/* Section 2.23: with a NAT on the way, or by option, go to port 4500. */
static void
float_ports(struct ike_sa *sa, const struct msg *m, const struct path *path)
{
	/* The hashes are over the SPIs of their own message's header. */
	struct nat_view v = nat_detect(m, sa->spi_i,
	    sa->initiator ? sa->spi_r : 0, path);

	sa->nat_local = v.local;
	sa->nat_remote = v.remote;
	sa->encap = v.spoken &&
	    (v.local || v.remote || hides(sa));
	if (sa->initiator)
		sa->path.local.addr = path->local.addr;
	if (sa->initiator && sa->encap) {
		sa->path.local.port = IKE_PORT_NATT;
		sa->path.remote.port = IKE_PORT_NATT;
	}
}

static bool
does_fragments(const struct ike_peer *p)
{
	return p->conf.fragmentation;
}

/* RFC 7383 section 2.3: both ends said that they do it. */
static bool
fragments(const struct ike_sa *sa, const struct msg *m)
{
	return msg_notify(m, N_FRAGMENTATION_SUPPORTED) != NULL &&
	    peer_any(sa, does_fragments);
}

static bool
does_childless(const struct ike_peer *p)
{
	return p->conf.childless != IKE_CHILDLESS_NEVER;
}

bool
x_init_childless(const struct ike_sa *sa)
{
	return peer_any(sa, does_childless);
}

/* RFC 6023 section 3.  False: it has to be, and the peer cannot. */
static bool
may_be_childless(struct ike_sa *sa, const struct msg *m)
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
	if (answer_is_error(sa, now, m) || sa->spi_r == 0)
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
	if (!may_be_childless(sa, m)) {
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
	nonce_set(&sa->setup->nr, m->nonce);
	if (!x_inter_expect(sa)) {
		sa_die(sa, now, "out of memory");
		return;
	}
	if (!derive(sa, sa->setup->kex, m->ke.data)) {
		peer_story(sa->peer, STORY_KEY_EXCHANGE);
		sa_die(sa, now, "the peer's key exchange value is not valid");
		return;
	}
	float_ports(sa, m, path);
	sa->frags = fragments(sa, m);
	kex_free(sa->setup->kex);
	sa->setup->kex = NULL;
	xchg_done(sa);
	certs_hear(sa, m);
	x_inter_next(sa, now);
}

/* --- responder --- */

/* Where a half-open SA is found by what its initiator chose. */
static uint64_t
init_key(const struct ike *ike, const struct path *path, uint64_t spi_i)
{
	struct rd r = rd_of(bytes_of(path->remote.addr.b, 16));
	uint64_t h = spi_i ^ ike->mix[0];

	for (int i = 0; i < 2; i++) {
		h ^= rd_u64(&r) ^ ike->mix[1];
		h *= UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return (h ^ path->remote.port) | 1;
}

struct ike_sa *
x_init_find(struct ike *ike, const struct path *path, uint64_t spi_i)
{
	struct ike_sa *sa = map_get(&ike->inits, init_key(ike, path, spi_i));

	return sa != NULL && sa->spi_i == spi_i ? sa : NULL;
}

void
x_init_refuse(struct ike *ike, const struct path *path, const struct hdr *h,
    uint16_t type, struct bytes data)
{
	struct hdr out = {
		.spi_i = h->spi_i, .version = HDR_VERSION,
		.exchange = IKE_SA_INIT, .flags = HDR_RESPONSE,
	};
	uint8_t buf[256];
	struct build b;

	build_begin(&b, buf, sizeof(buf), &out);
	build_notify(&b, type, data);
	/* Never more octets out than in: whoever asked may be another. */
	if (b.w.n <= h->length)
		out_datagram(ike, 0, path, build_end(&b, ike->drbg));
}

/* True: the request may go on. */
static bool
cookie_passes(struct ike *ike, struct instant now, const struct path *path,
    const struct hdr *h, const struct msg *m, bool wanted)
{
	const struct pl_notify *n = msg_notify(m, N_COOKIE);
	uint8_t cookie[COOKIE_LEN];

	if (!wanted)
		return true;
	if (!ike->jar_ready)
		cookie_init(&ike->jar, ike->drbg, now);
	ike->jar_ready = true;
	if (n != NULL && cookie_check(&ike->jar, ike->drbg, now, m->nonce,
	    &path->remote, h->spi_i, n->data))
		return true;
	if (cookie_make(&ike->jar, ike->drbg, now, m->nonce, &path->remote,
	    h->spi_i, cookie))
		x_init_refuse(ike, path, h, N_COOKIE,
		    bytes_of(cookie, COOKIE_LEN));
	return false;
}

/* RFC 9370 section 2.2.1: these need IKE_INTERMEDIATE at both ends. */
static bool
can_follow(const struct msg *m, const struct choice *c, struct reason *why)
{
	if (suite_addkes(&c->suite) == 0 || x_inter_spoken(m))
		return true;
	reason_set(why, "the peer offers additional key exchanges, but does "
	    "not do IKE_INTERMEDIATE (RFC 9242)");
	return false;
}

/* Of those who may be meant, the last one to whom it does not fit. */
static void
say_refused(struct ike_peer *p, const struct msg *m,
    const struct proposals *ps)
{
	struct reason why = { "" };
	struct choice c;

	if (!proposal_choose(ps, &p->conf.ike, 0, &c))
		proposal_explain(ps, &p->conf.ike, &why);
	else
		can_follow(m, &c, &why);
	story_proposals(peer_story(p, STORY_NO_PROPOSAL), &p->conf.ike, ps);
	peer_refused(p, why.s);
}

/* The first peer for this path whose algorithms fit, and the choice. */
static struct ike_peer *
choose_peer(struct ike *ike, const struct path *path, const struct msg *m,
    const struct proposals *ps, struct choice *c)
{
	struct ike_peer *p = NULL, *refused = NULL;
	char from[ENDPOINT_STRLEN];
	bool down = false;
	struct reason why;

	while ((p = index_by_path(&ike->peers, path, p)) != NULL) {
		down |= !p->accept;
		if (!p->accept)
			continue;
		if (proposal_choose(ps, &p->conf.ike, 0, c) &&
		    can_follow(m, c, &why))
			return p;
		refused = p;
	}
	if (refused != NULL)
		say_refused(refused, m, ps);
	else
		out_stranger(ike, path, "IKE_SA_INIT from %s refused: %s",
		    endpoint_str(&path->remote, from), down ?
		    "tunnel is administratively down" :
		    "no peer configured for this address");
	return NULL;
}

/* Does the peer detect NATs?  Only then are our hashes of any use to it. */
static bool
detects_nat(const struct msg *m)
{
	return msg_notify(m, N_NAT_DETECTION_SOURCE_IP) != NULL;
}

/* Octets of our answer, known before a key is made for it. */
static size_t
answer_size(const struct msg *m, const struct suite *s)
{
	size_t sa = 4 + 8 + (s->encr->key_bits != 0 ? 12 : 8) + 8 + 8 +
	    (s->integ != NULL ? 8 : 0);

	/* Each slot is a transform; with any, a notify says that we can. */
	for (int i = 0; i < ADDKE_SLOTS; i++)
		sa += s->addke[i] != 0 ? 8 : 0;
	if (suite_addkes(s) > 0)
		sa += 8;
	return HDR_LEN + sa + 8 + s->ke->public_len + 4 + NONCE_OURS +
	    (detects_nat(m) ? 2 * (8 + 20) : 0);
}

/* It waits until it is known to be no larger than what it answers. */
static void
answer(struct ike_sa *sa, struct instant now, struct kex *kex,
    const struct msg *m)
{
	struct build b;

	sa->x.in_mid = 1;
	xchg_begin(sa, &b, IKE_SA_INIT, true);
	proposal_encode_chosen(build_payload(&b, PL_SA), &sa->suite,
	    PROTO_IKE, sa->setup->number, (struct bytes){ 0 });
	build_ke(&b, sa->suite.ke->id, kex_public(kex));
	build_bytes(&b, PL_NONCE, nonce_bytes(&sa->setup->nr));
	if (detects_nat(m))
		nat_build(&b, sa->spi_i, sa->spi_r, &sa->path, hides(sa));
	if (sa->frags)
		build_notify(&b, N_FRAGMENTATION_SUPPORTED,
		    (struct bytes){ 0 });
	if (x_init_childless(sa))
		build_notify(&b, N_CHILDLESS_SUPPORTED, (struct bytes){ 0 });
	if (sa->setup->inter != NULL)
		x_inter_announce(&b);
	certs_build_init(&b, sa);
	x_ppk_build_init(&b, sa);
	/* What can be missed is no reason for another cookie. */
	certs_build_methods(&b, sa, msg_notify(m, N_COOKIE) != NULL ?
	    ANSWER_MAX : HDR_LEN + m->chain.n);
	xchg_respond(sa, now, &b, true);
}

/* Everything is agreed: the SA is made and answers. */
static bool
open_half(struct ike_sa *sa, struct instant now, const struct hdr *h,
    const struct msg *m, const struct choice *c, struct bytes raw)
{
	struct kex *kex = NULL;
	struct reason why;
	bool ok;

	sa->setup = calloc(1, sizeof(*sa->setup));
	if (sa->setup == NULL)
		return false;
	sa->suite = c->suite;
	sa->setup->number = c->number;
	nonce_set(&sa->setup->ni, m->nonce);
	nonce_draw(&sa->setup->nr, sa->ike->drbg);
	kex = kex_new(c->suite.ke, sa->ike->drbg);
	ok = kex != NULL && x_inter_expect(sa) &&
	    derive(sa, kex, m->ke.data) && x_ppk_hear_init(sa, m, &why);
	if (ok) {
		float_ports(sa, m, &sa->path);
		sa->frags = fragments(sa, m);
		certs_hear(sa, m);
		answer(sa, now, kex, m);
		ok = sa->x.response != NULL && x_init_keep(sa, raw, true) &&
		    x_init_keep(sa, bytes_of(sa->x.response,
		    sa->x.response_n), false) &&
		    cookie_passes(sa->ike, now, &sa->path, h, m,
		    sa->x.response_n > raw.n);
	}
	kex_free(kex);
	if (ok)
		xchg_release(sa, now);
	return ok;
}

/*
 * A peer with an address of its own has its own quota, whatever goes on
 * elsewhere.  Before IKE_AUTH those from anywhere are all alike, and counted
 * for the first of them: they share what there is.
 */
static bool
within_limits(struct ike *ike, struct ike_peer *p)
{
	if (index_is_anybody(p) ? ike->half_open < ike->limits.half_open :
	    p->half_open < ike->limits.half_open_per_peer)
		return true;
	out_event(ike, p->conf.id, IKE_EV_DROPPED,
	    "IKE_SA_INIT dropped: %u half-open IKE SAs, %u of this peer",
	    ike->half_open, p->half_open);
	return false;
}

/* Section 1.2: another group is asked for by number. */
static bool
group_fits(struct ike *ike, const struct path *path, const struct hdr *h,
    const struct msg *m, const struct alg *ke)
{
	uint8_t group[2];
	struct wr w = wr_of(group, sizeof(group));

	if (m->ke.group == ke->id)
		return true;
	wr_u16(&w, ke->id);
	x_init_refuse(ike, path, h, N_INVALID_KE_PAYLOAD, wr_done(&w));
	return false;
}

static struct ike_sa *
half_open(struct ike *ike, struct instant now, const struct path *path,
    struct ike_peer *peer, uint64_t spi_i)
{
	struct ike_sa *sa = sa_new(ike, now, peer, false, spi_i,
	    table_sa_spi(ike));

	if (sa == NULL) {
		out_event(ike, peer->conf.id, IKE_EV_DROPPED,
		    "IKE_SA_INIT dropped: limit of %u IKE SAs reached",
		    ike->limits.sas);
		return NULL;
	}
	sa->path = sa->x.reply_path = *path;
	ike->half_open++;
	peer->half_open++;
	sa_state(sa, now, SA_HALF_OPEN);
	return sa;
}

/*
 * A bucket of one second's refusals, kept as the moment at which it was empty:
 * whom nobody knows is told so, but not all of a flood.
 */
static bool
may_refuse(struct ike *ike, struct instant now)
{
	struct span each;

	if (ike->limits.refusals_per_s == 0)
		return true;
	each.ns = span_s(1).ns / ike->limits.refusals_per_s;
	if (ike->refusals_at.ns < now.ns - span_s(1).ns)
		ike->refusals_at.ns = now.ns - span_s(1).ns;
	if (ike->refusals_at.ns + each.ns > now.ns)
		return false;
	ike->refusals_at.ns += each.ns;
	return true;
}

void
x_init_respond(struct ike *ike, struct instant now, const struct path *path,
    const struct hdr *h, const struct msg *m, struct bytes raw)
{
	struct ike_peer *peer;
	struct proposals ps;
	struct ike_sa *sa;
	struct choice c;

	if (!cookie_passes(ike, now, path, h, m,
	    ike->half_open >= ike->limits.cookie_above) ||
	    proposal_decode(m->sa, &ps) != N_NONE)
		return;
	peer = choose_peer(ike, path, m, &ps, &c);
	if (peer == NULL) {
		if (may_refuse(ike, now))
			x_init_refuse(ike, path, h, N_NO_PROPOSAL_CHOSEN,
			    (struct bytes){ 0 });
		return;
	}
	/*
	 * Nobody may use up a peer's quota from an address not his own, nor
	 * make us send more to it than he sends himself.
	 */
	if (!group_fits(ike, path, h, m, c.suite.ke) ||
	    !cookie_passes(ike, now, path, h, m, (!index_is_anybody(peer) &&
	    2 * peer->half_open >= ike->limits.half_open_per_peer) ||
	    answer_size(m, &c.suite) > raw.n) ||
	    !within_limits(ike, peer))
		return;
	sa = half_open(ike, now, path, peer, h->spi_i);
	if (sa == NULL)
		return;
	sa->init_key = init_key(ike, path, h->spi_i);
	if (!map_put(&ike->inits, sa->init_key, sa) ||
	    !open_half(sa, now, h, m, &c, raw))
		sa_die(sa, now, NULL);
}
