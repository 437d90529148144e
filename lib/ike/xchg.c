/*
 * Requests, responses and their retransmission.  The window is one in both
 * directions (RFC 7296 section 2.3 default).  A request is resent after a time
 * that doubles up to a limit, with jitter, until the peer counts as dead
 * (section 2.4 leaves "the number of retries and length of timeouts" to us);
 * what is resent is the stored octets, never a second encoding; of a message
 * that went out in fragments, all of them (RFC 7383 section 2.5).
 */
#include "ike/xchg.h"

#include <stdlib.h>
#include <string.h>

#include "ike/peer.h"

/* Section 2.1: an answer may be forgotten "after a timeout of several minutes". */
static const struct span memory = { INT64_C(240) * 1000000000 };

bool
xchg_keep(uint8_t **to, size_t *n, struct bytes b)
{
	uint8_t *copy = malloc(b.n == 0 ? 1 : b.n);

	if (copy == NULL)
		return false;
	if (b.n > 0)
		memcpy(copy, b.p, b.n);
	free(*to);
	*to = copy;
	*n = b.n;
	return true;
}

void
xchg_begin(const struct ike_sa *sa, struct build *b, uint8_t exchange,
    bool response)
{
	struct hdr h = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = HDR_VERSION,
		.exchange = exchange,
		.flags = (uint8_t)((sa->initiator ? HDR_INITIATOR : 0) |
		    (response ? HDR_RESPONSE : 0)),
		.mid = response ? sa->x.in_mid - 1 : sa->x.out_mid,
	};

	build_begin(b, sa->ike->scratch, sizeof(sa->ike->scratch), &h);
}

void
xchg_begin_sk(const struct ike_sa *sa, struct build *b, uint8_t exchange,
    bool response)
{
	xchg_begin(sa, b, exchange, response);
	build_sk(b, sa_seal_out(sa));
}

/* Of a configuration that does not say. */
static const struct span resend_first = { INT64_C(500) * 1000000 };
static const struct span resend_max = { INT64_C(2) * 1000000000 };

static struct span
resend_delay(struct ike_sa *sa)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	struct span d = conf->resend_first.ns != 0 ? conf->resend_first :
	    resend_first;
	int64_t max = conf->resend_max.ns != 0 ? conf->resend_max.ns :
	    resend_max.ns;
	struct span jitter;

	for (unsigned i = 1; i < sa->x.tries && d.ns < max; i++)
		d.ns *= 2;
	if (d.ns > max)
		d.ns = max;
	jitter = drbg_span(sa->ike->drbg, (struct span){ d.ns / 4 });
	return (struct span){ d.ns + jitter.ns };
}

/* How long a request may stay without an answer. */
static struct span
patience(const struct ike_sa *sa)
{
	struct span d = sa->peer->conf.dpd_timeout;

	return (struct span){ d.ns - d.ns / 4 };
}

/* Octets of an IKE message along this path before it is split; 0: never. */
static size_t
room(const struct ike_sa *sa, const struct path *path)
{
	const struct ike_peer_conf *conf = &sa->peer->conf;
	size_t around = path->remote.addr.family == ADDR_IPV6 ? 48 : 28;

	if (!sa->frags || !conf->fragmentation)
		return 0;
	if (path->local.port == IKE_PORT_NATT)
		around += 4;
	return conf->fragment_size > around ? conf->fragment_size - around : 1;
}

/* Ends a message and keeps it; RFC 7383 section 2.5: in fragments if long. */
static bool
finish(struct ike_sa *sa, struct build *b, const struct path *path,
    uint8_t **to, uint32_t *n)
{
	size_t most = room(sa, path), len = 0;
	uint8_t *all = NULL;
	bool ok;

	if (b->sk_at != 0 && most != 0 && build_size(b) > most) {
		ok = frag_end(b, sa->ike->drbg, most, &all, &len);
	} else {
		struct bytes m = build_end(b, sa->ike->drbg);

		ok = m.n > 0 && xchg_keep(&all, &len, m);
	}
	if (!ok)
		return false;
	free(*to);
	*to = all;
	*n = (uint32_t)len;
	return true;
}

/* What finish() has kept, each fragment in a datagram of its own. */
static void
send(const struct ike_sa *sa, const struct path *path, const uint8_t *kept,
    size_t n)
{
	struct rd all = rd_of(bytes_of(kept, n));

	while (all.n >= HDR_LEN) {
		struct rd h = all;

		rd_bytes(&h, HDR_LENGTH_AT);
		out_datagram(sa->ike, sa->peer->conf.id, path,
		    rd_bytes(&all, rd_u32(&h)));
	}
}

bool
xchg_request(struct ike_sa *sa, struct instant now, struct build *b,
    enum task task, uint32_t subject)
{
	if (!finish(sa, b, &sa->path, &sa->x.request, &sa->x.request_n))
		return false;
	sa->x.task = task;
	sa->x.subject = subject;
	sa->x.exchange = b->w.p[HDR_EXCHANGE_AT];
	sa->x.tries = 1;
	sa->x.resend_at = instant_after(now, resend_delay(sa));
	sa->x.give_up_at = instant_after(now, patience(sa));
	send(sa, &sa->path, sa->x.request, sa->x.request_n);
	sa_touch(sa);
	return true;
}

void
xchg_resend(struct ike_sa *sa, struct instant now)
{
	unsigned most = sa->peer->conf.resends;

	sa->x.tries++;
	sa->x.resend_at = instant_after(now, resend_delay(sa));
	/* The last one gets as long for its answer as another one would. */
	if (most != 0 && sa->x.tries > most)
		sa->x.give_up_at = instant_min(sa->x.give_up_at,
		    sa->x.resend_at);
	send(sa, &sa->path, sa->x.request, sa->x.request_n);
}

bool
xchg_go_on(struct ike_sa *sa, struct instant now, struct bytes request,
    struct bytes response, struct instant forget_at)
{
	struct instant most = instant_after(now, memory);
	size_t n = 0, m = 0;

	if ((request.n > 0 && !xchg_keep(&sa->x.request, &n, request)) ||
	    (response.n > 0 && !xchg_keep(&sa->x.response, &m, response)))
		return false;
	sa->x.request_n = (uint32_t)n;
	sa->x.response_n = (uint32_t)m;
	sa->x.forget_at = m == 0 ? INSTANT_NEVER : instant_min(forget_at, most);
	if (n == 0)
		return true;
	/* It may or may not have gone out, and the answer may be lost. */
	sa->x.tries = 0;
	sa->x.resend_at = instant_after(now, drbg_span(sa->ike->drbg,
	    resend_first));
	sa->x.give_up_at = instant_after(now, patience(sa));
	return true;
}

void
xchg_done(struct ike_sa *sa)
{
	free(sa->x.request);
	sa->x.request = NULL;
	sa->x.request_n = 0;
	xchg_ungather(sa, true);
	sa->x.task = TASK_NONE;
	sa->x.subject = 0;
	sa->x.out_mid++;
	sa_touch(sa);
}

void
xchg_release(struct ike_sa *sa, struct instant now)
{
	sa->x.answering = false;
	sa->x.forget_at = instant_after(now, memory);
	xchg_repeat(sa, &sa->x.reply_path);
	sa_touch(sa);
}

void
xchg_respond(struct ike_sa *sa, struct instant now, struct build *b, bool hold)
{
	if (finish(sa, b, &sa->x.reply_path, &sa->x.response,
	    &sa->x.response_n)) {
		if (!hold)
			xchg_release(sa, now);
		return;
	}
	peer_failed(sa->peer, "our answer to the peer's %s cannot be built",
	    hdr_exchange_str(b->w.p[HDR_EXCHANGE_AT]));
	xchg_drop(sa);
}

void
xchg_repeat(struct ike_sa *sa, const struct path *path)
{
	send(sa, path, sa->x.response, sa->x.response_n);
}

void
xchg_drop(struct ike_sa *sa)
{
	free(sa->x.response);
	sa->x.response = NULL;
	sa->x.response_n = 0;
	sa->x.forget_at = INSTANT_NEVER;
	sa->x.answering = false;
}

void
xchg_refuse(struct ike_sa *sa, struct instant now, uint8_t exchange,
    uint16_t type, struct bytes data)
{
	struct reason why;
	struct build b;

	xchg_begin_sk(sa, &b, exchange, true);
	build_notify(&b, type, data);
	xchg_respond(sa, now, &b, false);
	if (type == N_INVALID_SYNTAX && exchange != IKE_AUTH &&
	    exchange != IKE_INTERMEDIATE) {
		reason_set(&why, "the peer's %s request is malformed "
		    "(INVALID_SYNTAX)", hdr_exchange_str(exchange));
		sa_broken(sa, now, why.s);
	}
}

void
xchg_ungather(struct ike_sa *sa, bool response)
{
	frag_drop(&sa->x.gather[response], &sa->ike->gathered);
}

struct instant
xchg_stale_at(const struct ike_sa *sa)
{
	/* What is worked on is not answered yet: there is nothing to forget. */
	struct instant forget = sa->x.answering ? INSTANT_NEVER :
	    sa->x.forget_at;

	return instant_min(forget, instant_min(frag_until(sa->x.gather[0]),
	    frag_until(sa->x.gather[1])));
}

void
xchg_tidy(struct ike_sa *sa, struct instant now)
{
	if (!sa->x.answering && instant_due(sa->x.forget_at, now))
		xchg_drop(sa);
	for (int i = 0; i < 2; i++) {
		if (instant_due(frag_until(sa->x.gather[i]), now))
			xchg_ungather(sa, i);
	}
}

void
xchg_fini(struct ike_sa *sa)
{
	free(sa->x.request);
	free(sa->x.response);
	sa->x.request = sa->x.response = NULL;
	sa->x.forget_at = INSTANT_NEVER;
	xchg_ungather(sa, false);
	xchg_ungather(sa, true);
	sa->x.task = TASK_NONE;
}
