/*
 * Fetches on behalf of IKE SAs that wait for them.  One fetch serves all who
 * need the same; a bounded number is under way, and a URL that gave nothing is
 * not asked again for half a minute, so that a dead responder costs one attempt
 * and not one for each tunnel.  What came is judged by who waits (revoked.c):
 * what is no use by one's CAs may be what another's want, so that a refusal is
 * remembered for those CAs alone.
 */
#include "ike/inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/prf.h"
#include "ike/sa.h"
#include "ike/x_auth.h"
#include "util/array.h"

#define FAILED_SECONDS	30
#define KEPT_SECONDS	5	/* an OCSP answer at least */

static bool
key_of(const struct inquiry_what *w, uint8_t key[static INQUIRY_KEY])
{
	const struct bytes parts[] = { bytes_str(w->url), w->request };

	return sha1(parts, 2, key);
}

/* The same, as those see it who trust these CAs. */
static bool
trust_key_of(const struct inquiry_what *w,
    const uint8_t key[static INQUIRY_KEY], uint8_t out[static INQUIRY_KEY])
{
	uint8_t hashes[TRUST_CA_MAX * TRUST_HASH_LEN];
	struct wr cas = wr_of(hashes, sizeof(hashes));
	struct bytes parts[2] = { bytes_of(key, INQUIRY_KEY) };

	trust_key_hashes(w->trust, &cas);
	parts[1] = wr_done(&cas);
	return sha1(parts, ARRAY_SIZE(parts), out);
}

static bool
is_free(const struct inquiry *q, struct instant now)
{
	return q->url[0] == '\0' || (q->waiting == NULL &&
	    instant_due(q->until, now));
}

/* Under way, or its URL gave nothing; or NULL. */
static struct inquiry *
find(struct inquiries *all, struct instant now, const struct inquiry_what *w,
    const uint8_t key[static INQUIRY_KEY])
{
	for (size_t i = 0; i < INQUIRY_MAX; i++) {
		struct inquiry *q = &all->all[i];

		if (is_free(q, now) || q->kind != w->kind)
			continue;
		if (q->token == 0 ? strcmp(q->url, w->url) == 0 :
		    memcmp(q->key, key, INQUIRY_KEY) == 0)
			return q;
	}
	return NULL;
}

static const struct inquiry_refused *
find_refused(const struct inquiries *all, struct instant now,
    const uint8_t key[static INQUIRY_KEY])
{
	for (size_t i = 0; i < INQUIRY_REFUSED; i++) {
		const struct inquiry_refused *r = &all->refused[i];

		if (!instant_due(r->until, now) &&
		    memcmp(r->key, key, INQUIRY_KEY) == 0)
			return r;
	}
	return NULL;
}

/* A free one, else the failed one that is forgotten first; or NULL. */
static struct inquiry *
take(struct inquiries *all, struct instant now)
{
	struct inquiry *best = NULL;

	for (size_t i = 0; i < INQUIRY_MAX; i++) {
		struct inquiry *q = &all->all[i];

		if (is_free(q, now))
			return q;
		if (q->token == 0 && q->waiting == NULL && (best == NULL ||
		    q->until.ns < best->until.ns))
			best = q;
	}
	return best;
}

static void
fill(struct inquiry *q, const struct inquiry_what *w,
    const uint8_t key[static INQUIRY_KEY])
{
	*q = (struct inquiry){ .kind = w->kind };
	str_set(q->url, sizeof(q->url), w->url);
	memcpy(q->key, key, INQUIRY_KEY);
}

static bool
ask(struct ike_sa *sa, struct inquiry *q, struct instant now,
    const struct inquiry_what *w, struct span patience)
{
	uint8_t *data = w->request.n == 0 ? NULL : malloc(w->request.n);
	struct ike_out *out = NULL;

	if (data != NULL || w->request.n == 0)
		out = out_push(sa->ike, IKE_OUT_FETCH, sa->peer->conf.id);
	if (out == NULL) {
		free(data);
		q->url[0] = '\0';
		return false;
	}
	if (data != NULL)
		memcpy(data, w->request.p, w->request.n);
	q->token = table_token(sa->ike);
	q->until = instant_after(now, patience);
	out->token = q->token;
	out->fetch = q->kind;
	out->patience = patience;
	str_set(out->url, sizeof(out->url), q->url);
	out->data = data;
	out->n = w->request.n;
	return true;
}

static void
join(struct ike_sa *sa, struct inquiry *q)
{
	struct ike_sa **p;

	for (p = &q->waiting; *p != NULL; p = &(*p)->wait_next)
		;
	*p = sa;
	sa->inquiry = q;
	sa->wait_next = NULL;
	sa_touch(sa);
}

enum inquiry_state
inquiry_look(struct ike_sa *sa, struct instant now,
    const struct inquiry_what *w, struct span patience, struct bytes *answer,
    struct reason *why)
{
	struct inquiries *all = &sa->ike->inquiries;
	uint8_t key[INQUIRY_KEY], trust_key[INQUIRY_KEY];
	const struct inquiry_refused *r;
	struct inquiry *q;

	if (!key_of(w, key) || !trust_key_of(w, key, trust_key)) {
		reason_set(why, "out of memory");
		return INQUIRY_FAILED;
	}
	r = find_refused(all, now, trust_key);
	if (r != NULL) {
		*why = r->why;
		return INQUIRY_FAILED;
	}
	q = find(all, now, w, key);
	if (q != NULL && q == all->here) {
		*answer = all->answer;
		return INQUIRY_HERE;
	}
	if (q != NULL && q->token == 0) {
		*why = q->why;
		return INQUIRY_FAILED;
	}
	if (instant_due(sa->wait_until, now)) {
		reason_set(why, "no answer from %.160s", w->url);
		return INQUIRY_FAILED;
	}
	if (q == NULL) {
		q = take(all, now);
		if (q == NULL) {
			reason_set(why, "too much is being fetched already");
			return INQUIRY_FAILED;
		}
		fill(q, w, key);
		if (!ask(sa, q, now, w, patience)) {
			reason_set(why, "out of memory");
			return INQUIRY_FAILED;
		}
	}
	join(sa, q);
	return INQUIRY_ASKED;
}

void
inquiry_useless(struct ike *ike, struct instant now,
    const struct inquiry_what *w, const struct reason *why)
{
	struct inquiry_refused *r = &ike->inquiries.refused[0];
	uint8_t key[INQUIRY_KEY];

	if (!key_of(w, key) || !trust_key_of(w, key, key))
		return;
	for (size_t i = 1; i < INQUIRY_REFUSED; i++) {
		if (ike->inquiries.refused[i].until.ns < r->until.ns)
			r = &ike->inquiries.refused[i];
	}
	memcpy(r->key, key, INQUIRY_KEY);
	r->until = instant_after(now, span_s(FAILED_SECONDS));
	r->why = *why;
}

void
inquiry_leave(struct ike_sa *sa)
{
	struct inquiry *q = sa->inquiry;
	struct ike_sa **p;

	if (q == NULL)
		return;
	for (p = &q->waiting; *p != sa; p = &(*p)->wait_next)
		;
	*p = sa->wait_next;
	sa->inquiry = NULL;
}

struct instant
inquiry_deadline(const struct ike_sa *sa)
{
	return sa->inquiry == NULL ? INSTANT_NEVER :
	    instant_min(sa->wait_until, sa->inquiry->until);
}

/*
 * The URL gave nothing; but one that was never asked has failed only for those
 * who wait now.
 */
static void
failed(struct inquiry *q, struct instant now)
{
	q->token = 0;
	q->until = instant_after(now, q->begun ? span_s(FAILED_SECONDS) :
	    (struct span){ 1 });
}

/*
 * Those who wait go on; each may come to wait for something else, even in
 * this place when it was the last one here: then at the end of the line.
 */
static void
resume(struct inquiry *q, struct instant now)
{
	struct ike_sa *sa;
	size_t n = 0;

	for (sa = q->waiting; sa != NULL; sa = sa->wait_next)
		n++;
	while (n-- > 0 && (sa = q->waiting) != NULL) {
		inquiry_leave(sa);
		x_auth_resume(sa, now);
	}
}

void
inquiry_expired(struct ike_sa *sa, struct instant now)
{
	struct inquiry *q = sa->inquiry;

	if (q->token != 0 && instant_due(q->until, now)) {
		failed(q, now);
		reason_set(&q->why, q->begun ? "no answer from %.160s" :
		    "%.160s could not be asked in time", q->url);
		resume(q, now);
		return;
	}
	inquiry_leave(sa);
	x_auth_resume(sa, now);
}

/* One that is still awaited; or NULL. */
static struct inquiry *
under_way(struct inquiries *all, struct instant now, uint32_t token)
{
	for (size_t i = 0; i < INQUIRY_MAX && token != 0; i++) {
		if (all->all[i].token == token &&
		    !instant_due(all->all[i].until, now))
			return &all->all[i];
	}
	return NULL;
}

void
ike_fetching(struct ike *ike, struct instant now, uint32_t token)
{
	struct inquiry *q = under_way(&ike->inquiries, now, token);

	if (q != NULL)
		q->begun = true;
}

void
ike_fetched(struct ike *ike, struct instant now, uint32_t token,
    struct bytes answer, const char *why)
{
	struct inquiries *all = &ike->inquiries;
	struct inquiry *q = under_way(all, now, token);

	if (q != NULL && why != NULL) {
		failed(q, now);
		reason_set(&q->why, "no answer from %.120s: %.100s", q->url,
		    why);
		resume(q, now);
	} else if (q != NULL) {
		all->here = q;
		all->answer = answer;
		resume(q, now);
		all->here = NULL;
		all->answer = (struct bytes){ 0 };
		*q = (struct inquiry){ .token = 0 };
	}
	sa_settle_all(ike, now);
}

/* --- OCSP answers --- */

static void
drop(struct inquiry_ocsp *o)
{
	free(o->der);
	*o = (struct inquiry_ocsp){ .der = NULL };
}

void
inquiry_keep(struct ike *ike, struct bytes request, struct bytes answer,
    int64_t wall, int64_t until)
{
	struct inquiry_ocsp *o = &ike->inquiries.ocsp[0];
	struct inquiry_ocsp fresh = { .until = until, .n = answer.n };

	if (!sha1(&request, 1, fresh.key) || answer.n == 0)
		return;
	/* For this one handshake at least. */
	if (fresh.until < wall + KEPT_SECONDS)
		fresh.until = wall + KEPT_SECONDS;
	for (size_t i = 0; i < INQUIRY_OCSP; i++) {
		struct inquiry_ocsp *k = &ike->inquiries.ocsp[i];

		if (k->der != NULL && memcmp(k->key, fresh.key,
		    INQUIRY_KEY) == 0) {
			o = k;
			break;
		}
		if (k->until < o->until)
			o = k;
	}
	fresh.der = malloc(answer.n);
	if (fresh.der == NULL)
		return;
	memcpy(fresh.der, answer.p, answer.n);
	drop(o);
	*o = fresh;
}

struct bytes
inquiry_kept(struct ike *ike, struct bytes request, int64_t wall)
{
	uint8_t key[INQUIRY_KEY];

	if (!sha1(&request, 1, key))
		return (struct bytes){ 0 };
	for (size_t i = 0; i < INQUIRY_OCSP; i++) {
		struct inquiry_ocsp *k = &ike->inquiries.ocsp[i];

		if (k->der == NULL || memcmp(k->key, key, INQUIRY_KEY) != 0)
			continue;
		if (wall < k->until)
			return bytes_of(k->der, k->n);
		drop(k);
	}
	return (struct bytes){ 0 };
}

void
inquiries_fini(struct inquiries *all)
{
	for (size_t i = 0; i < INQUIRY_OCSP; i++)
		drop(&all->ocsp[i]);
}
