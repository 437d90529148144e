/*
 * The blocking half of a very small HTTP client: look the name up, connect,
 * send, read.  It has no timers of its own: whoever runs it lets a signal end
 * it (fetcher.c).  What comes is parsed by util/http.c and believed by nobody
 * before its signature was verified.
 */
#include "daemon/fetch_one.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/http.h"

static bool
write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = write(fd, b.p, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		b = bytes_of(b.p + n, b.n - (size_t)n);
	}
	return true;
}

static int
tell(int pipe, char what, struct bytes b)
{
	return write_all(pipe, bytes_of(&what, 1)) && write_all(pipe, b) ? 0 :
	    1;
}

/* The first address that takes a connection; -1: the reason says why. */
static int
dial(const struct http_url *u, struct reason *why)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV | (u->ipv6 ? AI_NUMERICHOST : 0) };
	struct addrinfo *all = NULL;
	char port[8];
	int fd = -1, rc;

	str_fmt(port, sizeof(port), "%u", u->port);
	rc = getaddrinfo(u->host, port, &hints, &all);
	if (rc != 0) {
		reason_set(why, "%s", gai_strerror(rc));
		return -1;
	}
	for (const struct addrinfo *a = all; fd < 0 && a != NULL;
	    a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			break;
		reason_set(why, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(all);
	return fd;
}

static bool
send_request(int fd, const struct http_url *u, const struct fetch_ask *ask,
    struct reason *why)
{
	uint8_t buf[FETCH_ASK_MAX + 1024];
	struct wr w = wr_of(buf, sizeof(buf));

	if (!http_request(u, ask->kind == FETCH_OCSP ?
	    "application/ocsp-request" : NULL, ask->content, &w)) {
		reason_set(why, "the request is too long");
		return false;
	}
	if (write_all(fd, wr_done(&w)))
		return true;
	reason_set(why, "%s", strerror(errno));
	return false;
}

static bool
receive(int fd, size_t max, uint8_t *buf, size_t cap, struct bytes *content,
    struct reason *why)
{
	enum http_state state = HTTP_MORE;
	size_t have = 0;

	while (state == HTTP_MORE && have < cap) {
		ssize_t n = read(fd, buf + have, cap - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			reason_set(why, "%s", strerror(errno));
			return false;
		}
		have += (size_t)n;
		state = http_response(bytes_of(buf, have), n == 0, max,
		    content, why);
	}
	if (state == HTTP_MORE)
		reason_set(why, "the server sends more than %zu octets", max);
	return state == HTTP_DONE;
}

int
fetch_one(const struct fetch_ask *ask, int pipe)
{
	size_t max = fetch_most(ask->kind), cap = max + HTTP_HEAD_MAX + 1;
	uint8_t *buf = malloc(cap);
	struct reason why = { "out of memory" };
	struct bytes content;
	struct http_url u;
	int fd = -1, rc;

	if (buf != NULL && http_url(&u, ask->url, &why))
		fd = dial(&u, &why);
	if (fd >= 0 && send_request(fd, &u, ask, &why) &&
	    receive(fd, max, buf, cap, &content, &why))
		rc = tell(pipe, FETCH_GOT, content);
	else
		rc = tell(pipe, FETCH_NOT, bytes_str(why.s));
	if (fd >= 0)
		close(fd);
	free(buf);
	return rc;
}
