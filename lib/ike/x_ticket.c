/*
 * Tickets between the two sides of an IKE SA (RFC 5723).
 *
 *	IKE_AUTH or INFORMATIONAL request: N(TICKET_REQUEST)  -->
 *	    <--  N(TICKET_LT_OPAQUE), or N(TICKET_ACK), or N(TICKET_NACK)
 *
 * Who opened the SA asks and keeps at most one ticket, for as long as the SA or
 * a lost SA lives; who is asked keeps nothing but the moment up to which the
 * tickets it gave to this peer are void.  A ticket never outlives the IKE SA's
 * lifetime nor the peer's certificate.
 */
#include "ike/x_ticket.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/auth.h"
#include "ike/keep.h"
#include "ike/peer.h"
#include "ike/x_resume.h"
#include "ike/xchg.h"

/* Of others: what a first request, which is never in fragments, can carry. */
#define HELD_MAX	2048

static const struct span lifetime_max = { INT64_C(86400) * 1000000000 };
/* After TICKET_ACK; and never sooner than that for a ticket that is short. */
static const struct span later = { INT64_C(2) * 1000000000 };

static int64_t
wall(const struct ike *ike, struct instant now)
{
	return ike->wall + now.ns / 1000000000;
}

/* --- the tunnel --- */

static void
put_id(struct wr *w, const struct id *id)
{
	wr_u8(w, id->type);
	wr_u16(w, id->n);
	wr_bytes(w, bytes_of(id->data, id->n));
}

void
x_ticket_rules(struct ike_peer *p)
{
	const struct ike_peer_conf *c = &p->conf;
	uint8_t buf[2 * (3 + ID_DATA_MAX) + 3 + IKE_PPK_ID_LEN + TICKET_DIGEST];
	struct wr w = wr_of(buf, sizeof(buf));
	struct bytes all;

	put_id(&w, &c->local_id);
	put_id(&w, &c->remote_id);
	wr_u8(&w, (uint8_t)c->local_auth);
	wr_u8(&w, (uint8_t)c->remote_auth);
	wr_u8(&w, c->ppk_required);
	wr_bytes(&w, bytes_of(c->ppk_id, sizeof(c->ppk_id)));
	wr_bytes(&w, bytes_of(p->creds.mark, TICKET_DIGEST));
	all = wr_done(&w);
	/* Without a digest no ticket fits: not even one of before. */
	if (!sha256(&all, 1, p->tickets.rules))
		memset(p->tickets.rules, 0xff, TICKET_DIGEST);
}

static void
drop(struct ike_peer *p)
{
	resume_free(p->tickets.held);
	p->tickets.held = NULL;
}

void
x_ticket_fini(struct ike_peer *p)
{
	drop(p);
	free(p->tickets.vouch);
	p->tickets.vouch = NULL;
}

struct ike_resumption
x_ticket_info(const struct ike_peer *p)
{
	const struct peer_tickets *t = &p->tickets;

	return (struct ike_resumption){
		.count = t->resumed, .refused = t->refused,
		.refused_at = t->refused_at,
		.ticket_until = t->held != NULL ? t->held->s.expires :
		    (struct instant){ 0 },
	};
}

void
x_ticket_refused(struct ike_peer *p, struct instant now,
    enum ticket_verdict v)
{
	p->tickets.refused = v;
	p->tickets.refused_at = wall(p->ike, now);
	out_event(p->ike, p->conf.id, IKE_EV_TICKET, "%s (%s)",
	    ticket_text(v), ticket_code_str(v));
}

static enum ticket_verdict
judge_vouch(const struct ike_peer *p, struct instant now,
    const struct vouch *v)
{
	bool look = p->creds.trust != NULL &&
	    p->creds.policy.crl != TRUST_CRL_IGNORED;

	if (v->until != 0 && v->until <= wall(p->ike, now))
		return TICKET_CERT_EXPIRED;
	for (unsigned i = 0; look && i < v->n; i++) {
		if (serial_revoked(p->creds.trust, &v->cert[i]))
			return TICKET_CERT_REVOKED;
	}
	return TICKET_GOOD;
}

enum ticket_verdict
x_ticket_judge(const struct ike_peer *p, struct instant now,
    const struct session *s)
{
	if (instant_due(s->expires, now))
		return TICKET_EXPIRED;
	if (memcmp(s->rules, p->tickets.rules, TICKET_DIGEST) != 0)
		return TICKET_CHANGED;
	if (!auth_suite_fits(p, &s->suite))
		return TICKET_ALGORITHM;
	return judge_vouch(p, now, &s->vouch);
}

/* --- giving --- */

/* Section 6.2: no longer than the IKE SA, nor than what it rests on. */
static int64_t
seconds_left(const struct ike_sa *sa, struct instant now)
{
	const struct vouch *v = sa->peer->tickets.vouch;
	struct span left = instant_since(instant_min(sa->expire_at,
	    instant_after(now, lifetime_max)), now);
	int64_t s = span_to_s(left);

	if (v != NULL && v->until - wall(sa->ike, now) < s)
		s = v->until - wall(sa->ike, now);
	return s;
}

/* Of the SA as it is; ours is the identity of whom the ticket is for. */
static bool
session_of(const struct ike_sa *sa, struct instant now, int64_t seconds,
    bool ours, struct session *out)
{
	const struct peer_tickets *t = &sa->peer->tickets;
	struct session s = {
		.suite = sa->suite, .sk_d = sa->keys.sk_d, .ppk = sa->ppk,
		.spi_i = sa->spi_i, .spi_r = sa->spi_r,
		.expires = instant_after(now, span_s(seconds)),
	};
	bool ok = t->proved && auth_own_digest(sa->peer,
	    ours ? s.idi : s.idr);

	/* Those that are void by now were issued before. */
	s.issued = instant_after(now, (struct span){ now.ns <=
	    t->void_until.ns ? t->void_until.ns - now.ns + 1 : 0 });
	memcpy(ours ? s.idr : s.idi, t->peer_id, TICKET_DIGEST);
	memcpy(s.rules, t->rules, TICKET_DIGEST);
	if (t->vouch != NULL)
		s.vouch = *t->vouch;
	if (ok)
		*out = s;
	wipe(&s, sizeof(s));
	return ok;
}

static bool
build_ticket(struct build *b, struct ike_sa *sa, struct instant now)
{
	int64_t seconds = seconds_left(sa, now);
	uint8_t data[4 + TICKET_MAX];
	struct wr w = wr_of(data, sizeof(data));
	struct session s;
	bool ok;

	if (seconds < 1 || !session_of(sa, now, seconds, false, &s))
		return false;
	wr_u32(&w, (uint32_t)seconds);
	ok = ticket_seal(&sa->ike->tickets, sa->ike->drbg, now, &s, &w);
	wipe(&s, sizeof(s));
	if (ok)
		build_notify(b, N_TICKET_LT_OPAQUE, wr_done(&w));
	return ok;
}

/* Without it, we are one who never heard of RFC 5723. */
static bool
is_asked(const struct ike_sa *sa, const struct msg *m)
{
	return msg_notify(m, N_TICKET_REQUEST) != NULL &&
	    sa->peer->conf.resumption && sa->ike->tickets.epoch != 0;
}

void
x_ticket_build_answer(struct build *b, struct ike_sa *sa, struct instant now,
    const struct msg *m)
{
	if (is_asked(sa, m) && (sa->state != SA_ESTABLISHED ||
	    !build_ticket(b, sa, now)))
		build_notify(b, N_TICKET_NACK, (struct bytes){ 0 });
}

void
x_ticket_build_later(struct build *b, const struct ike_sa *sa,
    const struct msg *m)
{
	if (is_asked(sa, m))
		build_notify(b, N_TICKET_ACK, (struct bytes){ 0 });
}

/* --- asking and keeping --- */

void
x_ticket_build_request(struct build *b, const struct ike_sa *sa)
{
	if (sa->peer->conf.resumption)
		build_notify(b, N_TICKET_REQUEST, (struct bytes){ 0 });
}

/*
 * Another one before this one ends, should the peer's be short.  That of a
 * successor is asked for when there is one.
 */
static void
plan(struct ike_sa *sa, struct instant now, int64_t seconds)
{
	int64_t most = span_to_s(lifetime_max);
	struct span d = span_ms((seconds < most ? seconds : most) * 750);
	struct span fuzz = drbg_span(sa->ike->drbg,
	    (struct span){ d.ns / 8 });

	d.ns -= fuzz.ns;
	sa->ticket_at = instant_after(now, d.ns > later.ns ? d : later);
}

static void
keep(struct ike_sa *sa, struct instant now, struct bytes data)
{
	struct ike_peer *p = sa->peer;
	struct rd r = rd_of(data);
	int64_t seconds = rd_u32(&r), most;
	struct bytes opaque = rd_rest(&r);
	struct resume *held;

	if (r.bad || seconds == 0 || opaque.n == 0 || opaque.n > HELD_MAX)
		return;
	plan(sa, now, seconds);
	most = seconds_left(sa, now);
	held = resume_new(opaque);
	if (held == NULL || most < 1 || !session_of(sa, now,
	    seconds < most ? seconds : most, true, &held->s)) {
		resume_free(held);
		return;
	}
	if (sa->redirected)
		held->gateway = sa->path.remote.addr;
	drop(p);
	p->tickets.held = held;
}

void
x_ticket_hear(struct ike_sa *sa, struct instant now, const struct msg *m)
{
	const struct pl_notify *n = msg_notify(m, N_TICKET_LT_OPAQUE);
	bool ack = msg_notify(m, N_TICKET_ACK) != NULL;

	if (!sa->peer->conf.resumption || !sa->opened)
		return;
	sa->peer->tickets.spoken = n != NULL || ack;
	if (n != NULL)
		keep(sa, now, n->data);
	else if (ack && sa->x.exchange == IKE_AUTH)
		sa->ticket_at = instant_after(now, later);
}

void
x_ticket_request(struct ike_sa *sa, struct instant now)
{
	struct build b;

	sa->want_ticket = false;
	xchg_begin_sk(sa, &b, INFORMATIONAL, false);
	x_ticket_build_request(&b, sa);
	if (!xchg_request(sa, now, &b, TASK_TICKET, 0))
		sa_die(sa, now, "cannot build INFORMATIONAL");
}

void
x_ticket_answer(struct ike_sa *sa, struct instant now,
    const struct path *path, const struct msg *m)
{
	(void)path;
	xchg_done(sa);
	x_ticket_hear(sa, now, m);
}

/* --- beginnings and ends --- */

static void
void_until(struct ike_peer *p, struct instant now, enum ticket_verdict why)
{
	p->tickets.void_until = now;
	p->tickets.void_why = why;
	keep_touch(p);
}

struct instant
ike_tickets_void(const struct ike *ike, uint32_t id)
{
	const struct ike_peer *p = table_peer(ike, id);

	return p == NULL ? (struct instant){ 0 } : p->tickets.void_until;
}

void
ike_tickets_end(struct ike *ike, uint32_t id, struct instant until)
{
	struct ike_peer *p = table_peer(ike, id);

	if (p != NULL && until.ns > 0)
		void_until(p, until, TICKET_ENDED);
}

static void
remember_vouch(struct ike_peer *p, const struct vouch *v)
{
	if (v->until == 0) {
		free(p->tickets.vouch);
		p->tickets.vouch = NULL;
		return;
	}
	if (p->tickets.vouch == NULL)
		p->tickets.vouch = malloc(sizeof(*p->tickets.vouch));
	p->tickets.proved &= p->tickets.vouch != NULL;
	if (p->tickets.proved)
		*p->tickets.vouch = *v;
}

void
x_ticket_proved(struct ike_sa *sa, struct instant now, const struct pl_id *id)
{
	const struct setup *s = sa->setup;
	struct ike_peer *p = sa->peer;

	if (!p->conf.resumption)
		return;
	drop(p);
	void_until(p, now, s->resume != NULL ? TICKET_USED : TICKET_ENDED);
	p->tickets.spoken = false;
	p->tickets.proved = sha256(&id->body, 1, p->tickets.peer_id);
	remember_vouch(p, s->resume != NULL ? &s->resume->s.vouch :
	    &s->vouch);
}

void
x_ticket_rekeyed(struct ike_sa *n, struct instant now)
{
	struct ike_peer *p = n->peer;

	if (!p->conf.resumption)
		return;
	drop(p);
	void_until(p, now, TICKET_ENDED);
	n->want_ticket = n->opened && p->tickets.spoken;
	sa_touch(n);
}

/* Does another SA carry the tunnel on, as after a collision? */
static bool
is_spare(const struct ike_sa *sa)
{
	for (struct ike_sa *o = sa->peer->sas; o != NULL; o = o->peer_next) {
		if (o != sa && o->state == SA_ESTABLISHED && !o->want_delete)
			return true;
	}
	return false;
}

void
x_ticket_end(struct ike_sa *sa, struct instant now)
{
	struct ike_peer *p = sa->peer;
	const struct resume *held = p->tickets.held;

	/* One that was never up has none. */
	if (instant_is_never(sa->established_at))
		return;
	if (held != NULL && held->s.spi_i == sa->spi_i &&
	    held->s.spi_r == sa->spi_r)
		drop(p);
	if (!is_spare(sa))
		void_until(p, now, TICKET_ENDED);
}

void
x_ticket_down(struct ike_peer *p, struct instant now)
{
	drop(p);
	void_until(p, now, TICKET_ENDED);
}
