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
#include "ike/x_redirect.h"
#include "ike/xchg.h"

#define ANSWER_MAX	1200	/* octets that need no IP fragments */
#define NONCE_LEAST	24	/* octets of ours */

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

/* Of whoever sends from there to this address of ours. */
static uint64_t
endpoint_key(const struct ike *ike, const struct path *path)
{
	const struct path ours = { .remote = path->local };

	return init_key(ike, path, init_key(ike, &ours, 0));
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
		.exchange = h->exchange, .flags = HDR_RESPONSE,
	};
	uint8_t buf[64 + NONCE_MAX];	/* a REDIRECT with its nonce */
	struct build b;

	build_begin(&b, buf, sizeof(buf), &out);
	build_notify(&b, type, data);
	/* Never more octets out than in: whoever asked may be another. */
	if (b.w.n <= h->length)
		out_datagram(ike, 0, path, build_end(&b, ike->drbg));
}

bool
x_init_cookie_passes(struct ike *ike, struct instant now,
    const struct path *path, const struct hdr *h, const struct msg *m,
    bool wanted)
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

static bool
suits(const struct ike_peer *p, const struct msg *m,
    const struct proposals *ps, struct choice *out)
{
	struct choice c;
	struct reason why;

	if (!proposal_choose(ps, &p->conf.ike, 0, &c) ||
	    !can_follow(m, &c, &why))
		return false;
	*out = c;
	return true;
}

/*
 * The quota of half-open SAs.  A peer with an address of its own has its own,
 * whatever goes on elsewhere; those from anywhere share what there is.
 */
static bool
has_room(const struct ike *ike, const struct ike_peer *p)
{
	return index_is_anybody(p) ? ike->half_open < ike->limits.half_open :
	    p->half_open < ike->limits.half_open_per_peer;
}

/*
 * The first peer for this path whose algorithms suit, and the choice.  Of
 * several at one address nobody knows before IKE_AUTH which one it is: an
 * opening is counted for the first that has room, so that together they have as
 * many as each would have alone.  Where none has, it is the last of them.
 */
static struct ike_peer *
choose_peer(struct ike *ike, const struct path *path, const struct msg *m,
    const struct proposals *ps, struct choice *c)
{
	struct ike_peer *p = NULL, *refused = NULL, *full = NULL;
	char from[ENDPOINT_STRLEN];
	bool down = anyone_at(ike, &path->local.addr)->down;

	while ((p = anyone_to_try(ike, path, p)) != NULL) {
		/* No peer's address is a reason to use what others share. */
		if (full != NULL && index_is_anybody(p))
			break;
		down |= !p->accept;
		if (!p->accept || (refused != NULL &&
		    anyone_same_offer(p, refused)))
			continue;
		if (!suits(p, m, ps, c))
			refused = p;
		else if (has_room(ike, p))
			return p;
		else
			full = p;
	}
	if (full != NULL)
		return full;
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

/*
 * Section 2.10: a nonce "MUST be at least half the key size of the negotiated
 * pseudorandom function".  Ours is shorter than that of most initiators, which
 * leaves room for what we have to announce in an answer that is no longer than
 * its request.
 */
static size_t
nonce_len(const struct suite *s)
{
	return s->prf->key_len / 2 > NONCE_LEAST ? s->prf->key_len / 2 :
	    NONCE_LEAST;
}

/* The answer, but for our public value: where that goes, or NULL. */
static uint8_t *
build_answer(struct ike_sa *sa, struct build *b, const struct msg *m)
{
	const struct alg *ke = sa->suite.ke;
	uint8_t *public;

	sa->x.in_mid = 1;
	xchg_begin(sa, b, IKE_SA_INIT, true);
	proposal_encode_chosen(build_payload(b, PL_SA), &sa->suite,
	    PROTO_IKE, sa->setup->number, (struct bytes){ 0 });
	public = build_ke_space(b, ke->id, ke->answer_len);
	build_bytes(b, PL_NONCE, x_init_nonce(&sa->setup->nr));
	if (detects_nat(m))
		nat_build(b, sa->spi_i, sa->spi_r, &sa->path, x_init_hides(sa));
	if (sa->frags)
		build_notify(b, N_FRAGMENTATION_SUPPORTED,
		    (struct bytes){ 0 });
	if (x_init_childless(sa))
		build_notify(b, N_CHILDLESS_SUPPORTED, (struct bytes){ 0 });
	if (sa->setup->inter != NULL)
		x_inter_announce(b);
	certs_build_init(b, sa);
	x_ppk_build_init(b, sa);
	/* What can be missed is no reason for another cookie. */
	certs_build_methods(b, sa, msg_notify(m, N_COOKIE) != NULL ?
	    ANSWER_MAX : HDR_LEN + m->chain.n);
	return public;
}

/*
 * RFC 7296 section 3.10.1: INVALID_SYNTAX is for encrypted messages, so that we
 * tell ourselves only.
 */
static void
say_invalid(const struct ike_sa *sa)
{
	struct reason why;

	reason_set(&why, "the peer's key exchange value for %s is not valid",
	    sa->suite.ke->name);
	peer_story(sa->peer, STORY_KEY_EXCHANGE);
	peer_refused(sa->peer, why.s);
}

/* Our key and what follows from it; then the answer may go. */
static bool
answer(struct ike_sa *sa, struct instant now, struct build *b,
    uint8_t *public, const struct msg *m)
{
	struct secret g_ir = { 0 };
	struct kex *kex = NULL;
	enum kex_result result = kex_respond(sa->suite.ke, sa->ike->drbg,
	    m->ke.data, &kex, &g_ir);
	bool ok = result == KEX_OK && x_init_derive(sa, &g_ir);

	wipe(&g_ir, sizeof(g_ir));
	if (ok) {
		memcpy(public, kex_public(kex).p, kex_public(kex).n);
		xchg_respond(sa, now, b, true);
	}
	if (result == KEX_INVALID)
		say_invalid(sa);
	kex_free(kex);
	return ok && sa->x.response != NULL;
}

/*
 * Everything is agreed: the SA is made and answers.  It sends no more than
 * came to an address that has not shown a cookie, and computes no
 * Diffie-Hellman before it knows that.
 */
static bool
open_half(struct ike_sa *sa, struct instant now, const struct hdr *h,
    const struct msg *m, const struct choice *c, struct bytes raw)
{
	struct reason why;
	struct build b;
	uint8_t *public;

	sa->setup = calloc(1, sizeof(*sa->setup));
	if (sa->setup == NULL)
		return false;
	sa->suite = c->suite;
	sa->setup->number = c->number;
	x_init_nonce_set(&sa->setup->ni, m->nonce);
	x_init_draw(&sa->setup->nr, sa->ike->drbg, nonce_len(&sa->suite));
	if (!x_inter_expect(sa) || !x_ppk_hear_init(sa, m, &why))
		return false;
	x_init_float(sa, m, &sa->path);
	sa->frags = x_init_fragments(sa, m);
	x_redirect_hear_opening(sa, m);
	certs_hear(sa, m);
	public = build_answer(sa, &b, m);
	if (public == NULL || !x_init_cookie_passes(sa->ike, now, &sa->path,
	    h, m, build_size(&b) > raw.n) ||
	    !answer(sa, now, &b, public, m) || !x_init_keep(sa, raw, true) ||
	    !x_init_keep(sa, bytes_of(sa->x.response, sa->x.response_n),
	    false))
		return false;
	xchg_release(sa, now);
	return true;
}

/*
 * Several peers behind one address have ports of their own: one that begins
 * again and again leaves half of what they have together to the others.
 */
static bool
leaves_others_room(const struct ike *ike, const struct path *path)
{
	unsigned n = table_openings(ike, endpoint_key(ike, path));
	struct ike_peer *p = NULL;
	unsigned together = 0;

	if (n < ike->limits.half_open_per_peer)
		return true;
	while ((p = index_by_path(&ike->peers, path, p)) != NULL &&
	    !index_is_anybody(p))
		together += p->accept ? ike->limits.half_open_per_peer : 0;
	return n < together / 2;
}

bool
x_init_within_limits(struct ike *ike, struct ike_peer *p,
    const struct path *path)
{
	char from[ENDPOINT_STRLEN];

	if (!has_room(ike, p)) {
		out_event(ike, p->conf.id, IKE_EV_DROPPED, "IKE_SA_INIT "
		    "dropped: %u half-open IKE SAs, %u of this peer",
		    ike->half_open, p->half_open);
		return false;
	}
	if (index_is_anybody(p) || leaves_others_room(ike, path))
		return true;
	out_event(ike, p->conf.id, IKE_EV_DROPPED, "IKE_SA_INIT dropped: %u "
	    "half-open IKE SAs of %s alone, and others share its address",
	    table_openings(ike, endpoint_key(ike, path)),
	    endpoint_str(&path->remote, from));
	return false;
}

/* Nobody may use up a peer's quota from an address not his own. */
bool
x_init_is_crowded(const struct ike *ike, const struct ike_peer *p)
{
	return !index_is_anybody(p) &&
	    2 * p->half_open >= ike->limits.half_open_per_peer;
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

struct ike_sa *
x_init_half_open(struct ike *ike, struct instant now, const struct path *path,
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
	/* Those from anywhere have no quota that others could be kept from. */
	sa->endpoint_key = index_is_anybody(peer) ? 0 :
	    endpoint_key(ike, path);
	table_opening(ike, sa->endpoint_key);
	peer->half_open++;
	sa_state(sa, now, SA_HALF_OPEN);
	sa->init_key = init_key(ike, path, spi_i);
	if (map_put(&ike->inits, sa->init_key, sa))
		return sa;
	sa_die(sa, now, NULL);
	return NULL;
}

/*
 * A bucket of one second's refusals, kept as the moment at which it was empty:
 * whom nobody knows is told so, but not all of a flood.
 */
bool
x_init_may_refuse(struct ike *ike, struct instant now)
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

	if (!x_init_cookie_passes(ike, now, path, h, m,
	    ike->half_open >= ike->limits.cookie_above) ||
	    proposal_decode(m->sa, &ps) != N_NONE)
		return;
	peer = choose_peer(ike, path, m, &ps, &c);
	if (peer == NULL) {
		if (x_init_may_refuse(ike, now))
			x_init_refuse(ike, path, h, N_NO_PROPOSAL_CHOSEN,
			    (struct bytes){ 0 });
		return;
	}
	if (x_redirect_turn_away(peer, path, h, m))
		return;
	if (!group_fits(ike, path, h, m, c.suite.ke) ||
	    !x_init_cookie_passes(ike, now, path, h, m,
	    x_init_is_crowded(ike, peer)) ||
	    !x_init_within_limits(ike, peer, path))
		return;
	sa = x_init_half_open(ike, now, path, peer, h->spi_i);
	if (sa != NULL && !open_half(sa, now, h, m, &c, raw))
		sa_die(sa, now, NULL);
}
