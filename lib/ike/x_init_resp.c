/*
 * IKE_SA_INIT by its responder (RFC 7296 sections 1.2, 2.6).  It answers an
 * unknown initiator without keeping anything while it has too many half-open
 * SAs, computes no Diffie-Hellman before that, and sends no more to an address
 * that is not proven than came from it.
 */
#include "ike/x_init_inner.h"

#include <stdlib.h>
#include <string.h>

#include "ike/certs.h"
#include "ike/nat.h"
#include "ike/peer.h"
#include "ike/x_inter.h"
#include "ike/x_ppk.h"
#include "ike/xchg.h"

#define ANSWER_MAX	1200	/* octets that need no IP fragments */

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

/* What does not fit one of a thousand alike need not be tried with the rest. */
static bool
same_offer(const struct ike_peer *a, const struct ike_peer *b)
{
	const struct offer *o = &a->conf.ike, *u = &b->conf.ike;

	return o->addke == NULL && memcmp(o, u, sizeof(*o)) == 0;
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
		if (!p->accept || (refused != NULL && same_offer(p, refused)))
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
	build_bytes(&b, PL_NONCE, x_init_nonce(&sa->setup->nr));
	if (detects_nat(m))
		nat_build(&b, sa->spi_i, sa->spi_r, &sa->path, x_init_hides(sa));
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
	x_init_nonce_set(&sa->setup->ni, m->nonce);
	x_init_draw(&sa->setup->nr, sa->ike->drbg);
	kex = kex_new(c->suite.ke, sa->ike->drbg);
	ok = kex != NULL && x_inter_expect(sa) &&
	    x_init_derive(sa, kex, m->ke.data) && x_ppk_hear_init(sa, m, &why);
	if (ok) {
		x_init_float(sa, m, &sa->path);
		sa->frags = x_init_fragments(sa, m);
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
