/*
 * Datagrams on their way in: matched to an SA by our SPI, to the window by
 * the message id, to the state by what the state allows, and only then
 * decrypted; fragments are gathered until the message is whole (RFC 7383
 * section 2.6); payloads are checked against the rules of their exchange
 * before any handler runs (RFC 7296 sections 2.1 to 2.5).  What does not fit
 * is dropped without a side effect.
 */
#include <string.h>

#include "ike/peer.h"
#include "ike/rules.h"
#include "ike/sa.h"
#include "ike/task.h"
#include "ike/x_auth.h"
#include "ike/x_child.h"
#include "ike/x_follow.h"
#include "ike/x_info.h"
#include "ike/x_init.h"
#include "ike/x_inter.h"
#include "ike/x_rekey.h"
#include "ike/x_resume.h"
#include "ike/x_sync.h"
#include "ike/xchg.h"

/* For the fragments of one message to come in. */
static const struct span patience = { INT64_C(60) * 1000000000 };

struct packet {
	const struct path *path;
	struct hdr	h;
	struct bytes	raw;
	struct msg	m;
};

static bool
is_response(const struct packet *k)
{
	return (k->h.flags & HDR_RESPONSE) != 0;
}

/* A request that could start an IKE SA. */
static bool
is_opening(const struct packet *k)
{
	return hdr_is_first(k->h.exchange) && !is_response(k) &&
	    (k->h.flags & HDR_INITIATOR) != 0 && k->h.spi_i != 0 &&
	    k->h.spi_r == 0 && k->h.mid == 0;
}

static void
init_request(struct ike *ike, struct instant now, struct packet *k)
{
	struct ike_sa *sa = x_init_find(ike, k->path, k->h.spi_i);

	if (sa != NULL) {
		/* Section 2.1: the same request gets the same octets. */
		if (sa->setup != NULL && sa->state == SA_HALF_OPEN &&
		    bytes_eq(k->raw, bytes_of(sa->setup->init_i,
		    sa->setup->init_i_n)))
			out_datagram(ike, 0, k->path, bytes_of(
			    sa->setup->init_r, sa->setup->init_r_n));
		return;
	}
	if (!is_opening(k) || k->raw.n > X_INIT_OPENING_MAX ||
	    rules_check(k->h.exchange, false, &k->m) != N_NONE)
		return;
	if (k->h.exchange == IKE_SA_INIT)
		x_init_respond(ike, now, k->path, &k->h, &k->m, k->raw);
	else
		x_resume_respond(ike, now, k->path, &k->h, &k->m, k->raw);
}

static void
init_response(struct ike_sa *sa, struct instant now, struct packet *k)
{
	if (rules_check(k->h.exchange, true, &k->m) != N_NONE)
		return;
	sa->spi_r = k->h.spi_r;
	if (x_init_keep(sa, k->raw, false))
		task_answer(sa, now, k->path, &k->m);
}

/* The SA that a datagram names, if it names it rightly. */
static struct ike_sa *
find_sa(const struct ike *ike, const struct packet *k)
{
	bool by_initiator = (k->h.flags & HDR_INITIATOR) != 0;
	struct ike_sa *sa = map_get(&ike->sas,
	    by_initiator ? k->h.spi_r : k->h.spi_i);

	if (sa == NULL || sa->initiator == by_initiator ||
	    sa->spi_i != k->h.spi_i)
		return NULL;
	if (sa->state != SA_INIT_SENT && sa->spi_r != k->h.spi_r)
		return NULL;
	return sa;
}

/* Where a message stands in the window of its SA (section 2.3). */
enum fit {
	FIT_NOT,
	FIT_AGAIN,		/* the last request, which is answered */
	FIT_NEXT,
	FIT_ZERO,		/* none of these, but may synchronise ids */
};

static enum fit
fit_of(const struct ike_sa *sa, const struct packet *k)
{
	const struct xchg *x = &sa->x;
	bool fits;

	if (is_response(k)) {
		fits = x->task != TASK_NONE && k->h.mid == x->out_mid &&
		    k->h.exchange == x->exchange &&
		    sa_allows(sa, k->h.exchange, true);
		return fits ? FIT_NEXT : FIT_NOT;
	}
	if (k->h.mid + 1 == x->in_mid && x->response != NULL &&
	    !x->answering && x->response[HDR_EXCHANGE_AT] == k->h.exchange)
		return FIT_AGAIN;
	fits = k->h.mid == x->in_mid && !x->answering &&
	    sa_allows(sa, k->h.exchange, false);
	if (!fits && x_sync_may(sa, &k->h))
		return FIT_ZERO;
	return fits ? FIT_NEXT : FIT_NOT;
}

/* A half-open SA learns its path, maybe on the other port, from IKE_AUTH. */
static void
follow_path(struct ike_sa *sa, const struct path *path)
{
	if (sa->state == SA_HALF_OPEN) {
		sa->path = *path;
		sa->encap &= path->local.port == IKE_PORT_NATT;
	} else if (sa_may_move(sa)) {
		sa_path(sa, path);
	}
}

static void
dispatch_request(struct ike_sa *sa, struct instant now, struct packet *k)
{
	const struct msg *m = &k->m;

	switch (k->h.exchange) {
	case IKE_INTERMEDIATE:
		x_inter_respond(sa, now, m);
		break;
	case IKE_AUTH:
		x_auth_respond(sa, now, m, m->first, m->chain);
		break;
	case CREATE_CHILD_SA:
		if ((m->seen & PL_BIT(PL_TSI)) != 0)
			x_child_respond(sa, now, m);
		else
			x_rekey_respond(sa, now, m);
		break;
	case IKE_FOLLOWUP_KE:
		x_follow_respond(sa, now, m);
		break;
	case INFORMATIONAL:
		x_info_respond(sa, now, m);
		break;
	default:
		sa->x.answering = false;
		break;
	}
}

static void
request(struct ike_sa *sa, struct instant now, struct packet *k,
    uint16_t verdict)
{
	struct bytes critical = bytes_of(&k->m.critical,
	    verdict == N_UNSUPPORTED_CRITICAL_PAYLOAD ? 1 : 0);

	xchg_ungather(sa, false);
	sa->x.in_mid++;
	sa->x.answering = true;
	sa->x.reply_path = *k->path;
	if (verdict == N_NONE)
		verdict = rules_check(k->h.exchange, false, &k->m);
	if (verdict == N_NONE) {
		dispatch_request(sa, now, k);
		return;
	}
	if (k->h.exchange == IKE_AUTH)
		x_auth_refuse(sa, now, verdict, critical);
	else if (k->h.exchange == IKE_INTERMEDIATE)
		x_inter_refuse(sa, now, verdict, critical);
	else
		xchg_refuse(sa, now, k->h.exchange, verdict, critical);
}

static void
response(struct ike_sa *sa, struct instant now, struct packet *k,
    uint16_t verdict)
{
	if (verdict == N_NONE)
		verdict = rules_check(k->h.exchange, true, &k->m);
	/* Section 2.21.3: "considered fatal in both peers" */
	if (verdict == N_NONE && k->h.exchange != IKE_AUTH &&
	    msg_notify(&k->m, N_INVALID_SYNTAX) != NULL) {
		sa_die(sa, now, "the peer calls our %s malformed "
		    "(INVALID_SYNTAX)", hdr_exchange_str(k->h.exchange));
		return;
	}
	if (verdict == N_NONE) {
		task_answer(sa, now, k->path, &k->m);
		return;
	}
	story_notify(peer_story(sa->peer, STORY_MALFORMED), k->h.exchange,
	    verdict);
	sa_die(sa, now, "the peer's answer to %s is malformed (%s)",
	    hdr_exchange_str(k->h.exchange), notify_str(verdict));
}

/*
 * A message up to the end of SK's generic header.  RFC 9242 section 3.3.2: one
 * that came in fragments counts as if it had been whole.
 */
static struct bytes
head_of(const struct packet *k, uint8_t first,
    uint8_t buf[static HDR_LEN + BUILD_GENERIC_LEN])
{
	struct wr w = wr_of(buf, HDR_LEN + BUILD_GENERIC_LEN);

	if (k->m.frag_total == 0)
		return bytes_of(k->raw.p, k->m.sk_at);
	wr_bytes(&w, bytes_of(k->raw.p, HDR_LEN));
	wr_patch_u8(&w, HDR_NEXT_AT, PL_SK);
	wr_u8(&w, first);
	wr_zero(&w, BUILD_GENERIC_LEN - 1);
	return wr_done(&w);
}

/* What was inside the SK payload or inside all fragments. */
static void
inside(struct ike_sa *sa, struct instant now, struct packet *k, uint8_t first,
    struct bytes plain)
{
	uint8_t buf[HDR_LEN + BUILD_GENERIC_LEN];
	struct bytes head = head_of(k, first, buf);
	uint16_t verdict = payload_decode(first, plain, HDR_LEN, &k->m);

	k->m.head = head;
	sa_heard(sa, now);
	sa_touch(sa);
	follow_path(sa, k->path);
	if (is_response(k))
		response(sa, now, k, verdict);
	else
		request(sa, now, k, verdict);
}

static struct frag_part
part_of(const struct packet *k, struct bytes plain)
{
	return (struct frag_part){
		.exchange = k->h.exchange, .first = k->m.sk_next,
		.number = k->m.frag_number, .total = k->m.frag_total,
		.plain = plain,
	};
}

/* RFC 7383 section 2.6: is there any use in opening this? */
static bool
is_wanted(const struct ike_sa *sa, const struct packet *k, enum fit fit)
{
	struct frag_part part = part_of(k, (struct bytes){ 0 });

	if (part.total == 0)
		return true;
	if (fit == FIT_ZERO)
		return false;
	/* Section 2.6.1: the answer again, but once for all fragments. */
	if (fit == FIT_AGAIN)
		return part.number == 1;
	return sa->frags && frag_wants(sa->x.gather[is_response(k)], &part);
}

/* A fragment that is authentic; the last one missing makes a message. */
static void
gather(struct ike_sa *sa, struct instant now, struct packet *k,
    struct bytes plain)
{
	struct frag_part part = part_of(k, plain);
	struct frag **at = &sa->x.gather[is_response(k)], *whole;
	uint8_t first;

	if (!frag_add(at, &part, &sa->ike->gathered,
	    sa->state < SA_ESTABLISHED ? FRAG_POOL_OPEN : FRAG_POOL_MAX,
	    instant_after(now, patience)) ||
	    !frag_join(*at, &first, &plain)) {
		sa_touch(sa);
		return;
	}
	whole = *at;
	*at = NULL;
	inside(sa, now, k, first, plain);
	frag_drop(&whole, &sa->ike->gathered);
}

/*
 * Opens the SK or SKF payload and goes on with what is inside.  The SA is not
 * touched by what nobody vouches for, nor by what was there before: a record of
 * it would be made (keep.h) for every such datagram.  Section 2.1:
 * a repeated request gets its answer again and does nothing else.
 */
static void
protected(struct ike_sa *sa, struct instant now, struct packet *k,
    enum fit fit)
{
	uint8_t buf[UINT16_MAX];
	struct bytes plain;
	struct seal *seal = sa_seal_in(sa);

	if (fit == FIT_AGAIN && k->h.exchange == IKE_INTERMEDIATE)
		seal = x_inter_seal_again(sa);
	if (k->raw.n > sizeof(buf) || seal == NULL || !is_wanted(sa, k, fit))
		return;
	memcpy(buf, k->raw.p, k->raw.n);
	if (!seal_open(seal, buf, k->m.sk_at, k->raw.n, &plain))
		return;
	if (k->m.frag_total == 0 && x_sync_may(sa, &k->h) &&
	    x_sync_respond(sa, now, k->path, k->m.sk_next, plain))
		sa_touch(sa);
	else if (fit == FIT_AGAIN)
		xchg_repeat(sa, k->path);
	else if (k->m.frag_total != 0)
		gather(sa, now, k, plain);
	else if (fit == FIT_NEXT)
		inside(sa, now, k, k->m.sk_next, plain);
	wipe(buf, k->raw.n);
}

static void
message(struct ike *ike, struct instant now, struct packet *k)
{
	bool init = hdr_is_first(k->h.exchange);
	struct ike_sa *sa;
	uint16_t verdict;
	enum fit fit;

	verdict = payload_decode(k->h.next, bytes_of(k->raw.p + HDR_LEN,
	    k->raw.n - HDR_LEN), HDR_LEN, &k->m);
	/* Section 2.5: "the response ... MUST include" who asked for it. */
	if (verdict == N_UNSUPPORTED_CRITICAL_PAYLOAD && is_opening(k))
		x_init_refuse(ike, k->path, &k->h, verdict,
		    bytes_of(&k->m.critical, 1));
	if (verdict != N_NONE)
		return;
	if (init != ((k->m.seen & (PL_BIT(PL_SK) | PL_BIT(PL_SKF))) == 0))
		return;
	if (init && !is_response(k)) {
		init_request(ike, now, k);
		return;
	}
	sa = find_sa(ike, k);
	fit = sa == NULL ? FIT_NOT : fit_of(sa, k);
	if (fit == FIT_NOT)
		return;
	if (!init) {
		protected(sa, now, k, fit);
		return;
	}
	sa_touch(sa);
	init_response(sa, now, k);
}

/* Section 2.5: a higher version is told ours; a lower one would not care. */
static void
other_version(struct ike *ike, const struct packet *k)
{
	char from[ENDPOINT_STRLEN];

	if (k->h.version >> 4 > 2 && is_opening(k))
		x_init_refuse(ike, k->path, &k->h, N_INVALID_MAJOR_VERSION,
		    (struct bytes){ 0 });
	out_stranger(ike, k->path, "%s speaks IKE version %u, we speak only "
	    "version 2", endpoint_str(&k->path->remote, from),
	    k->h.version >> 4);
}

void
ike_datagram(struct ike *ike, struct instant now, const struct path *path,
    struct bytes raw)
{
	struct packet k = { .path = path };
	struct rd r = rd_of(raw);

	/* RFC 3948 section 2.2: the non-ESP marker is four zero octets. */
	if (path->local.port == IKE_PORT_NATT && (rd_u32(&r) != 0 || r.bad))
		return;
	k.raw = rd_rest(&r);
	if (!hdr_decode(k.raw, &k.h))
		return;
	if (k.h.version >> 4 != 2)
		other_version(ike, &k);
	else
		message(ike, now, &k);
	sa_settle_all(ike, now);
}
