/*
 * An IKE SA is authenticated once and rekeyed for ever; certificates are not
 * good for ever.  So the peer's chain is kept and judged again: when its first
 * certificate expires, at once when new credentials come (a reload, with other
 * CAs or CRLs), and after each rekey of the IKE SA; the latter two with CRLs and
 * OCSP answers fetched anew where the credentials say so.  What is certainly
 * wrong (expired, revoked, no CA of ours) ends the IKE SA; what cannot be told
 * (no CRL in force, no answer, a certificate of tomorrow because the clock was
 * set back) does not, as it was good when the SA was set up.
 *
 * So that certificates can be replaced without a gap, whoever can call the
 * other sets up a new IKE SA beside the old one, which then gives way as the
 * older of two (peer.c): within a minute after our own certificate was replaced
 * and from an hour before the peer's runs out, in case that it has another one.
 * This is the reauthentication of RFC 7296 section 2.8.3, make before break.
 * Who cannot call (the peer may be anywhere) leaves it to the other end.
 */
#include "ike/proof.h"

#include <stdlib.h>
#include <string.h>

#include "ike/auth.h"
#include "ike/pack.h"
#include "ike/peer.h"
#include "ike/revoked.h"
#include "ike/x_info.h"
#include "ike/x_init.h"
#include "ike/x_resume.h"

#define LAST_CALL	60	/* seconds before the end: nothing new then */

/* What concerns all SAs at once takes so many milliseconds for each of them. */
#define CHECK_MS	1
#define CALL_MS		20
#define ASK_MS		100

static const struct span lead = { INT64_C(3600) * 1000000000 };
static const struct span spread = { INT64_C(60) * 1000000000 };
static const struct span settled = { INT64_C(1) * 1000000000 };
static const struct span patience = { INT64_C(4) * 1000000000 };

/* Shared by an SA and its successors. */
struct proof {
	unsigned	refs;
	uint32_t	epoch;		/* of the credentials that judged it */
	int64_t		until;		/* Unix seconds */
	struct vouch	vouch;		/* resumed: there are no certificates */
	size_t		n;		/* certificates */
	size_t		len[CERT_CHAIN_MAX];
	uint8_t		der[];		/* one behind the other */
};

bool
proof_fetches(const struct ike_creds *c)
{
	return c->fetch && c->policy.crl != TRUST_CRL_IGNORED;
}

static void
leave(struct ike_sa *sa)
{
	if (sa->proof != NULL && --sa->proof->refs == 0)
		free(sa->proof);
	sa->proof = NULL;
}

bool
proof_keep(struct ike_sa *sa, const struct cert_chain *chain, int64_t until)
{
	struct proof *p;
	size_t n = 0;

	for (size_t i = 0; i < chain->n; i++)
		n += cert_der(chain->cert[i]).n;
	p = malloc(sizeof(*p) + n);
	if (p == NULL)
		return false;
	*p = (struct proof){ .refs = 1, .until = until, .n = chain->n,
	    .epoch = sa->peer->creds_epoch };
	n = 0;
	for (size_t i = 0; i < chain->n; i++) {
		struct bytes der = cert_der(chain->cert[i]);

		memcpy(p->der + n, der.p, der.n);
		p->len[i] = der.n;
		n += der.n;
	}
	leave(sa);
	sa->proof = p;
	return true;
}

static bool
read_chain(const struct proof *p, struct cert_chain *chain)
{
	struct bytes der[CERT_CHAIN_MAX];
	struct reason why;
	size_t at = 0;

	for (size_t i = 0; i < p->n; i++) {
		der[i] = bytes_of(p->der + at, p->len[i]);
		at += p->len[i];
	}
	return cert_chain_read(chain, der, p->n, &why);
}

/* --- when --- */

static int64_t
wall_at(const struct ike *ike, struct instant now)
{
	return ike->wall + now.ns / 1000000000;
}

static struct instant
expiry(const struct ike_sa *sa, struct instant now)
{
	int64_t left = sa->proof->until - wall_at(sa->ike, now);

	/* The second in which it expires is its last one. */
	if (left > INT32_MAX)
		return INSTANT_NEVER;
	return instant_after(now, span_s(left < 0 ? 1 : left + 1));
}

static bool
may_call(const struct ike_peer *p)
{
	return p->accept && addr_is_set(&p->conf.remote) &&
	    !addr_is_any(&p->conf.remote);
}

static struct instant
later(struct ike_sa *sa, struct instant now, struct span least,
    struct span more)
{
	struct span jitter = drbg_span(sa->ike->drbg, more);

	return instant_after(instant_after(now, least), jitter);
}

/* At some time of that in which it is done with all SAs. */
static struct instant
in_turn(struct ike_sa *sa, struct instant now, int ms, struct span least)
{
	struct span all = span_ms((int64_t)sa->ike->sas.used * ms);

	return later(sa, now, (struct span){ 0 }, all.ns > least.ns ? all :
	    least);
}

/* An hour before the end, and then whenever half of what is left has passed. */
static void
plan(struct ike_sa *sa, struct instant now)
{
	struct span quarter = { lead.ns / 4 };
	struct span left;

	sa->renew_at = INSTANT_NEVER;
	if (sa->outdated) {
		sa->renew_at = in_turn(sa, now, CALL_MS, spread);
		return;
	}
	if (sa->proof == NULL || instant_is_never(expiry(sa, now)))
		return;
	left = instant_since(expiry(sa, now), now);
	if (left.ns > lead.ns + quarter.ns)
		sa->renew_at = later(sa, now, (struct span){ left.ns - lead.ns -
		    quarter.ns }, quarter);
	else if (left.ns > 2 * span_s(LAST_CALL).ns)
		sa->renew_at = later(sa, now, (struct span){ left.ns * 3 / 8 },
		    (struct span){ left.ns / 4 });
}

/* A ticket (RFC 5723) says what they were, but holds none. */
static void
keep_vouch(struct ike_sa *sa, const struct vouch *v)
{
	struct proof *p;

	if (v->until == 0)
		return;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		sa->outdated = true;
		return;
	}
	p->refs = 1;
	p->epoch = sa->peer->creds_epoch;
	p->until = v->until;
	p->vouch = *v;
	sa->proof = p;
}

void
proof_start(struct ike_sa *sa, struct instant now)
{
	if (sa->setup->resume != NULL && sa->proof == NULL)
		keep_vouch(sa, &sa->setup->resume->s.vouch);
	if (sa->proof != NULL)
		sa->check_at = sa->proof->epoch != sa->peer->creds_epoch ?
		    now : expiry(sa, now);
	sa->news = false;
	plan(sa, now);
}

void
proof_inherit(const struct ike_sa *from, struct ike_sa *to, struct instant now)
{
	to->outdated = from->outdated;
	to->news = from->news;
	to->renew_at = from->renew_at;
	to->renew_wait = from->renew_wait;
	if (from->proof == NULL)
		return;
	to->proof = from->proof;
	to->proof->refs++;
	to->check_at = to->ask_at = instant_after(now, settled);
}

/* The timer is due: there is no time here to set it to. */
static void
wake(struct ike_sa *sa)
{
	sa->news = true;
	if (sa->state == SA_ESTABLISHED)
		timer_set(&sa->ike->timers, &sa->timer,
		    (struct instant){ 0 });
}

static bool
same_leaf(const struct cert_chain *a, const struct cert_chain *b)
{
	return a != NULL && b != NULL &&
	    bytes_eq(cert_der(a->cert[0]), cert_der(b->cert[0]));
}

void
proof_creds(struct ike_peer *p, const struct ike_creds *creds)
{
	bool other = p->conf.local_auth == IKE_AUTH_CERTIFICATE &&
	    creds->chain != NULL && !same_leaf(p->creds.chain, creds->chain);

	for (struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		/* Whom a ticket's CA was cannot be told: from scratch, then. */
		sa->outdated |= other || (sa->proof != NULL &&
		    sa->proof->n == 0 && memcmp(p->creds.mark, creds->mark,
		    sizeof(creds->mark)) != 0);
		if (sa->outdated || sa->proof != NULL)
			wake(sa);
	}
}

void
proof_clock(struct ike *ike)
{
	for (struct ike_peer *p = ike->peers.all; p != NULL;
	    p = p->in[INDEX_ALL].next) {
		for (struct ike_sa *sa = p->sas; sa != NULL;
		    sa = sa->peer_next) {
			if (sa->proof != NULL)
				wake(sa);
		}
	}
}

struct instant
proof_deadline(const struct ike_sa *sa)
{
	if (sa->state != SA_ESTABLISHED || sa->want_delete)
		return INSTANT_NEVER;
	if (sa->news)
		return (struct instant){ 0 };
	return instant_min(sa->check_at, instant_min(sa->ask_at,
	    sa->renew_at));
}

/* --- the peer's certificates, once more --- */

/* Is it certain?  What is only unknown was known when the SA was set up. */
static bool
is_final(enum trust_result r)
{
	return r != TRUST_OK && r != TRUST_NOT_YET && r != TRUST_NO_CRL &&
	    r != TRUST_CRL_EXPIRED && r != TRUST_CRL_BAD;
}

static void
over(struct ike_sa *sa, struct instant now, unsigned depth, const char *why)
{
	struct ike_cert_info *c = sa->peer->cert;
	struct story *s = peer_story(sa->peer, STORY_CERTIFICATE);

	if (c != NULL) {
		c->ok = false;
		c->depth = depth;
		reason_set(&c->why, "%s", why);
		story_add(s, "certificate", "%s", c->subject);
		story_add(s, "issued by", "%s", c->issuer);
	}
	story_add(s, "verdict", "at depth %u: %s", depth, why);
	peer_failed(sa->peer, "the peer's certificate is not good any more, at "
	    "depth %u: %s", depth, why);
	x_info_wind_up(sa, now);
}

/* By what we have ourselves. */
static void
judge(struct ike_sa *sa, struct instant now, const struct cert_chain *chain)
{
	const struct ike_creds *creds = &sa->peer->creds;
	struct trust_policy policy = creds->policy;
	struct trust_verdict v;

	sa->proof->epoch = sa->peer->creds_epoch;
	if (policy.crl == TRUST_CRL_REQUIRED)
		policy.crl = TRUST_CRL_IF_ANY;
	trust_verify(creds->trust, chain, wall_at(sa->ike, now), &policy, &v);
	if (is_final(v.result)) {
		over(sa, now, v.depth, v.why.s);
		return;
	}
	if (v.result == TRUST_OK)
		sa->proof->until = v.chain_until;
	sa->check_at = v.result == TRUST_OK ? expiry(sa, now) :
	    instant_after(now, lead);
}

/* The same of an SA that was resumed. */
static void
judge_vouch(struct ike_sa *sa, struct instant now)
{
	const struct ike_creds *creds = &sa->peer->creds;
	const struct vouch *v = &sa->proof->vouch;
	bool revoked = false;

	for (unsigned i = 0; i < v->n &&
	    creds->policy.crl != TRUST_CRL_IGNORED; i++)
		revoked |= serial_revoked(creds->trust, &v->cert[i]);
	sa->proof->epoch = sa->peer->creds_epoch;
	sa->check_at = expiry(sa, now);
	if (revoked)
		over(sa, now, 0, "a certificate of those that the session was "
		    "opened with was revoked");
	else if (v->until < wall_at(sa->ike, now))
		over(sa, now, 0, "a certificate of those that the session was "
		    "opened with has expired");
}

static void
check(struct ike_sa *sa, struct instant now)
{
	struct cert_chain chain;

	sa->check_at = instant_after(now, lead);
	if (sa->peer->creds.trust == NULL)
		return;
	if (sa->proof->n == 0) {
		judge_vouch(sa, now);
		return;
	}
	if (!read_chain(sa->proof, &chain))
		return;
	judge(sa, now, &chain);
	cert_chain_fini(&chain);
}

/* By what others say. */
void
proof_resume(struct ike_sa *sa, struct instant now)
{
	struct cert_chain chain;
	struct reason why;
	unsigned depth = 0;

	if (sa->proof == NULL || sa->proof->n == 0 || sa->want_delete ||
	    sa->peer->creds.trust == NULL || !read_chain(sa->proof, &chain))
		return;
	if (revoked_since(sa, now, &chain, &depth, &why) == AUTH_BAD)
		over(sa, now, depth, why.s);
	cert_chain_fini(&chain);
}

static void
ask(struct ike_sa *sa, struct instant now)
{
	sa->ask_at = INSTANT_NEVER;
	sa->wait_until = instant_after(now, patience);
	if (proof_fetches(&sa->peer->creds) && sa->inquiry == NULL)
		proof_resume(sa, now);
}

/* --- a new SA beside the old one --- */

static bool
is_under_way(const struct ike_peer *p)
{
	for (const struct ike_sa *sa = p->sas; sa != NULL; sa = sa->peer_next) {
		if (sa->state < SA_ESTABLISHED && sa->state != SA_HALF_OPEN)
			return true;
	}
	return false;
}

static void
renew(struct ike_sa *sa, struct instant now)
{
	plan(sa, now);
	if (sa->outdated) {
		/* If it comes to nothing, less and less often. */
		sa->renew_wait.ns = sa->renew_wait.ns == 0 ? spread.ns :
		    sa->renew_wait.ns < lead.ns ? sa->renew_wait.ns * 2 :
		    lead.ns;
		sa->renew_at = later(sa, now, sa->renew_wait, spread);
	}
	if (may_call(sa->peer) && peer_main_sa(sa->peer) == sa &&
	    !is_under_way(sa->peer))
		x_init_request(sa->peer, now);
}

static void
take_news(struct ike_sa *sa, struct instant now)
{
	sa->news = false;
	sa->renew_wait = (struct span){ 0 };
	plan(sa, now);
	if (sa->proof == NULL)
		return;
	sa->check_at = in_turn(sa, now, CHECK_MS, span_ms(CHECK_MS));
	sa->ask_at = in_turn(sa, now, ASK_MS, settled);
}

void
proof_tick(struct ike_sa *sa, struct instant now)
{
	if (sa->state != SA_ESTABLISHED || sa->want_delete)
		return;
	if (sa->news)
		take_news(sa, now);
	if (sa->proof != NULL && instant_due(sa->check_at, now))
		check(sa, now);
	if (!sa->want_delete && instant_due(sa->ask_at, now))
		ask(sa, now);
	if (!sa->want_delete && instant_due(sa->renew_at, now))
		renew(sa, now);
}

void
proof_fini(struct ike_sa *sa)
{
	leave(sa);
}

/* --- from one instance to the next --- */

void
proof_pack(const struct ike_sa *sa, struct wr *w)
{
	const struct proof *p = sa->proof;
	size_t n = 0;

	if (p == NULL)
		return;
	wr_u64(w, (uint64_t)p->until);
	pack_vouch(w, &p->vouch);
	wr_u8(w, (uint8_t)p->n);
	for (size_t i = 0; i < p->n; i++) {
		pack_octets(w, bytes_of(p->der + n, p->len[i]));
		n += p->len[i];
	}
}

/* NULL: malformed, or no memory. */
static struct proof *
unpack(struct rd *r)
{
	struct proof head = { .refs = 1, .until = unpack_time(r) }, *p;
	struct bytes der[CERT_CHAIN_MAX];
	size_t n = 0;

	unpack_vouch(r, &head.vouch);
	head.n = rd_u8(r);
	r->bad |= head.n > CERT_CHAIN_MAX;
	for (size_t i = 0; !r->bad && i < head.n; i++) {
		der[i] = unpack_octets(r, r->n);
		head.len[i] = der[i].n;
		n += der[i].n;
	}
	p = rd_done(r) ? malloc(sizeof(*p) + n) : NULL;
	if (p == NULL)
		return NULL;
	*p = head;
	n = 0;
	for (size_t i = 0; i < p->n; i++) {
		memcpy(p->der + n, der[i].p, der[i].n);
		n += der[i].n;
	}
	return p;
}

/* What show tells of it. */
static bool
tell(struct ike_sa *sa, const struct proof *p)
{
	struct ike_cert_info info = { .ok = true, .chain_until = p->until };
	struct cert_chain chain;

	if (p->n == 0)
		return true;
	if (!read_chain(p, &chain))
		return false;
	auth_remember(sa->peer, chain.cert[0], &info);
	cert_chain_fini(&chain);
	return true;
}

bool
proof_adopt(struct ike_sa *sa, struct instant now, struct bytes octets)
{
	struct rd r = rd_of(octets);
	struct proof *p;

	if (octets.n == 0) {
		sa->outdated |= sa->peer->conf.remote_auth ==
		    IKE_AUTH_CERTIFICATE;
		plan(sa, now);
		return true;
	}
	p = unpack(&r);
	if (p == NULL || !tell(sa, p)) {
		free(p);
		return false;
	}
	p->epoch = sa->peer->creds_epoch - 1;
	sa->proof = p;
	sa->check_at = now;
	sa->ask_at = in_turn(sa, now, ASK_MS, settled);
	plan(sa, now);
	return true;
}
