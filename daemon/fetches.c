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
#define PIECES_MAX	128	/* in one turn; 1 MiB is 32 at least */

void
fetches_init(struct fetches *f, int fd)
{
	*f = (struct fetches){ .fd = fd };
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
	for (size_t i = 0; i < FETCH_AT_A_TIME; i++)
		forget(&f->all[i]);
}

static struct fetching *
find(struct fetches *f, uint32_t token)
{
	for (size_t i = 0; i < FETCH_AT_A_TIME; i++) {
		if (f->all[i].token == token && token != 0)
			return &f->all[i];
	}
	return NULL;
}

static struct fetching *
take(struct fetches *f, struct instant now)
{
	for (size_t i = 0; i < FETCH_AT_A_TIME; i++) {
		struct fetching *k = &f->all[i];

		if (k->token != 0 && span_to_s(instant_since(now, k->since)) <
		    OLD_SECONDS)
			continue;
		forget(k);
		return k;
	}
	return NULL;
}

static bool
send_ask(const struct fetches *f, const struct fetch_ask *ask)
{
	uint8_t buf[FETCH_ASK_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct bytes url = bytes_str(ask->url);

	wr_u32(&w, ask->token);
	wr_u8(&w, ask->kind);
	wr_u16(&w, ask->patience_ms);
	wr_u16(&w, (uint16_t)url.n);
	wr_bytes(&w, url);
	wr_bytes(&w, ask->content);
	return !w.bad && send(f->fd, buf, w.n, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)w.n;
}

const char *
fetches_ask(struct fetches *f, struct instant now,
    const struct fetch_ask *ask)
{
	struct fetching *k = take(f, now);

	if (k == NULL)
		return "too much is being fetched already";
	if (!send_ask(f, ask))
		return "the fetcher takes no more";
	k->token = ask->token;
	k->kind = ask->kind;
	k->since = now;
	return NULL;
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

/* True: that was the first or the last piece of a fetch. */
static bool
hear(struct fetches *f, struct bytes in, struct fetch_result *out)
{
	struct rd r = rd_of(in);
	uint32_t token = rd_u32(&r);
	uint8_t piece = rd_u8(&r);
	struct bytes b = rd_rest(&r);
	struct fetching *k = r.bad ? NULL : find(f, token);

	if (k == NULL || (piece == FETCH_PART && append(k, b)))
		return false;
	*out = (struct fetch_result){ .token = token,
	    .begun = piece == FETCH_BEGUN && b.n == 0 && k->n == 0 };
	if (out->begun)
		return true;
	if (piece == FETCH_END && b.n == 0 && k->n > 0) {
		out->data = k->buf;
		out->n = k->n;
		k->buf = NULL;
	} else if (piece == FETCH_FAILED && b.n > 0) {
		str_escape(out->why, sizeof(out->why), b);
	} else {
		str_set(out->why, sizeof(out->why),
		    "the fetcher's answer makes no sense");
	}
	forget(k);
	return true;
}

bool
fetches_next(struct fetches *f, struct fetch_result *out)
{
	uint8_t buf[FETCH_HEAD + FETCH_PIECE];

	for (int i = 0; i < PIECES_MAX; i++) {
		ssize_t n = recv(f->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n <= 0)
			return false;
		if (hear(f, bytes_of(buf, (size_t)n), out))
			return true;
	}
	return false;
}
