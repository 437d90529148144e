/*
 * Requests, responses and their retransmission.  The window is one in both
 * directions (RFC 7296 section 2.3 default).  A request is resent after 0.5 s,
 * 1 s, then every 2 s with jitter until the peer counts as dead; what is
 * resent is the stored octets, never a second encoding.
 */
#include "ike/xchg.h"

#include <stdlib.h>
#include <string.h>

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

static struct span
resend_delay(struct ike_sa *sa)
{
	int64_t ms = sa->x.tries == 1 ? 500 : sa->x.tries == 2 ? 1000 : 2000;
	struct span jitter = drbg_span(sa->ike->drbg, span_ms(ms / 4));

	return (struct span){ span_ms(ms).ns + jitter.ns };
}

/* How long a request may stay without an answer. */
static struct span
patience(const struct ike_sa *sa)
{
	struct span d = sa->peer->conf.dpd_timeout;

	return (struct span){ d.ns - d.ns / 4 };
}

bool
xchg_request(struct ike_sa *sa, struct instant now, struct build *b,
    enum task task, uint32_t subject)
{
	struct bytes msg = build_end(b, sa->ike->drbg);
	size_t n = 0;

	if (msg.n == 0 || !xchg_keep(&sa->x.request, &n, msg))
		return false;
	sa->x.request_n = (uint16_t)n;
	sa->x.task = task;
	sa->x.subject = subject;
	sa->x.exchange = b->w.p[HDR_EXCHANGE_AT];
	sa->x.tries = 1;
	sa->x.resend_at = instant_after(now, resend_delay(sa));
	sa->x.give_up_at = instant_after(now, patience(sa));
	out_datagram(sa->ike, sa->peer->conf.id, &sa->path, msg);
	sa_touch(sa);
	return true;
}

void
xchg_resend(struct ike_sa *sa, struct instant now)
{
	sa->x.tries++;
	sa->x.resend_at = instant_after(now, resend_delay(sa));
	out_datagram(sa->ike, sa->peer->conf.id, &sa->path,
	    bytes_of(sa->x.request, sa->x.request_n));
}

void
xchg_done(struct ike_sa *sa)
{
	free(sa->x.request);
	sa->x.request = NULL;
	sa->x.request_n = 0;
	sa->x.task = TASK_NONE;
	sa->x.subject = 0;
	sa->x.out_mid++;
	sa_touch(sa);
}

void
xchg_release(struct ike_sa *sa, struct instant now)
{
	(void)now;
	sa->x.answering = false;
	xchg_repeat(sa, &sa->x.reply_path);
	sa_touch(sa);
}

void
xchg_respond(struct ike_sa *sa, struct instant now, struct build *b, bool hold)
{
	struct bytes msg = build_end(b, sa->ike->drbg);
	size_t n = 0;

	if (msg.n == 0 || !xchg_keep(&sa->x.response, &n, msg)) {
		xchg_drop(sa);
		return;
	}
	sa->x.response_n = (uint16_t)n;
	if (!hold)
		xchg_release(sa, now);
}

void
xchg_repeat(struct ike_sa *sa, const struct path *path)
{
	out_datagram(sa->ike, sa->peer->conf.id, path,
	    bytes_of(sa->x.response, sa->x.response_n));
}

void
xchg_drop(struct ike_sa *sa)
{
	free(sa->x.response);
	sa->x.response = NULL;
	sa->x.response_n = 0;
	sa->x.answering = false;
}

void
xchg_refuse(struct ike_sa *sa, struct instant now, uint8_t exchange,
    uint16_t type, struct bytes data)
{
	struct build b;

	xchg_begin_sk(sa, &b, exchange, true);
	build_notify(&b, type, data);
	xchg_respond(sa, now, &b, false);
}

void
xchg_fini(struct ike_sa *sa)
{
	free(sa->x.request);
	free(sa->x.response);
	sa->x.request = sa->x.response = NULL;
	sa->x.task = TASK_NONE;
}
