/*
 * Fetches under way, as the engine sees them.  A lost request or answer is no
 * matter: IKE waits for a few seconds and goes on, and its place here is taken
 * by the next one when it is old.
 */
#include "daemon/fetches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define OLD_SECONDS	10	/* longer than anybody waits */
#define PIECES_MAX	64	/* in one turn */

void
fetches_init(struct fetches *f, int fd, struct gw *gw)
{
	*f = (struct fetches){ .fd = fd, .gw = gw };
}

static void
forget(struct fetching *k)
{
	free(k->buf);
	*k = (struct fetching){ .token = 0 };
}

void
fetches_fini(struct fetches *f)
{
	for (size_t i = 0; i < FETCHES_MAX; i++)
		forget(&f->all[i]);
}

static struct fetching *
find(struct fetches *f, uint32_t token)
{
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		if (f->all[i].token == token && token != 0)
			return &f->all[i];
	}
	return NULL;
}

static struct fetching *
take(struct fetches *f, struct instant now)
{
	for (size_t i = 0; i < FETCHES_MAX; i++) {
		struct fetching *k = &f->all[i];

		if (k->token != 0 && span_to_s(instant_since(now, k->since)) <
		    OLD_SECONDS)
			continue;
		forget(k);
		return k;
	}
	return NULL;
}

static void
fail(struct fetches *f, struct instant now, uint32_t token, const char *why)
{
	gw_fetched(f->gw, now, token, (struct bytes){ 0 }, why);
}

static bool
send_ask(const struct fetches *f, const struct gw_out *o)
{
	uint8_t buf[FETCH_ASK_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct bytes url = bytes_str(o->url);

	wr_u32(&w, o->token);
	wr_u8(&w, o->ocsp ? FETCH_OCSP : FETCH_CRL);
	wr_u16(&w, (uint16_t)url.n);
	wr_bytes(&w, url);
	wr_bytes(&w, bytes_of(o->data, o->n));
	return !w.bad && send(f->fd, buf, w.n, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)w.n;
}

void
fetches_ask(struct fetches *f, struct instant now, const struct gw_out *o)
{
	struct fetching *k = take(f, now);

	if (k == NULL || !send_ask(f, o)) {
		fail(f, now, o->token, k == NULL ?
		    "too much is being fetched already" :
		    "the fetcher takes no more");
		return;
	}
	k->token = o->token;
	k->kind = o->ocsp ? FETCH_OCSP : FETCH_CRL;
	k->since = now;
}

/* False: it is more than was asked for, or there is no memory. */
static bool
append(struct fetching *k, struct bytes b)
{
	size_t most = fetch_most(k->kind);

	if (b.n > most - k->n)
		return false;
	if (k->n + b.n > k->cap) {
		size_t cap = 2 * (k->n + b.n);
		uint8_t *buf = realloc(k->buf, cap);

		if (buf == NULL)
			return false;
		k->buf = buf;
		k->cap = cap;
	}
	if (b.n > 0)
		memcpy(k->buf + k->n, b.p, b.n);
	k->n += b.n;
	return true;
}

static void
hear(struct fetches *f, struct instant now, struct bytes in)
{
	struct rd r = rd_of(in);
	uint32_t token = rd_u32(&r);
	uint8_t piece = rd_u8(&r);
	struct bytes b = rd_rest(&r);
	struct fetching *k = r.bad ? NULL : find(f, token), done;
	char why[160];

	if (k == NULL)
		return;
	if (piece == FETCH_PART && append(k, b))
		return;
	done = *k;
	*k = (struct fetching){ .token = 0 };
	if (piece == FETCH_END && b.n == 0) {
		gw_fetched(f->gw, now, token, bytes_of(done.buf, done.n),
		    NULL);
	} else if (piece == FETCH_FAILED) {
		str_escape(why, sizeof(why), b);
		fail(f, now, token, why);
	} else {
		fail(f, now, token, "the fetcher's answer makes no sense");
	}
	free(done.buf);
}

void
fetches_readable(struct fetches *f, struct instant now)
{
	uint8_t buf[FETCH_HEAD + FETCH_PIECE];

	for (int i = 0; i < PIECES_MAX; i++) {
		ssize_t n = recv(f->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n <= 0)
			return;
		hear(f, now, bytes_of(buf, (size_t)n));
	}
}
