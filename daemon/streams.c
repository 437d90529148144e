/*
 * TCP for BGP.  The gateway owns what is to be sent; here is only the socket:
 * what it takes is reported back, the rest waits for the next turn.  What all
 * connections together read and send in one turn is bounded, and who was not
 * served is the next: neither one busy neighbour nor a hundred starve IKE.
 */
#include "daemon/streams.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_MAX	16384	/* of one connection: some ms of work */
#define EVENT_COST	64	/* octets that are worth as much as an event */

struct stream {
	int		 fd;
	uint32_t	 number;
	bool		 waiting;	/* for room in the socket */
	bool		 closing;
};

void
streams_init(struct streams *s, int ep, struct gw *gw)
{
	*s = (struct streams){ .ep = ep, .gw = gw };
	streams_begin(s);
}

void
streams_begin(struct streams *s)
{
	s->left = STREAMS_TURN;
	s->served = 0;
}

static void
spend(struct streams *s, size_t octets)
{
	s->left -= octets < s->left ? octets : s->left;
}

int
streams_choose(struct streams *s, const struct poller_event *ev, int n)
{
	unsigned conns = 0;
	int best = -1;

	for (int i = 0; i < n; i++) {
		if (ev[i].kind != POLL_BGP_CONN)
			continue;
		conns++;
		if (best < 0 || ev[i].number - s->last - 1 <
		    ev[best].number - s->last - 1)
			best = i;
	}
	if (s->served >= conns || s->left == 0)
		return -1;
	s->served++;
	s->last = ev[best].number;
	spend(s, EVENT_COST);
	return best;
}

static void
stream_free(struct map *m, struct stream *st)
{
	map_del(m, st->number);
	close(st->fd);
	free(st);
}

static void
map_empty(struct map *m)
{
	struct stream *st;
	size_t pos = 0;

	while ((st = map_each(m, &pos)) != NULL) {
		close(st->fd);
		free(st);
	}
	map_fini(m);
}

void
streams_fini(struct streams *s)
{
	map_empty(&s->conns);
	map_empty(&s->listeners);
}

static void
add(struct streams *s, struct map *m, enum poller_kind kind, uint32_t number,
    int fd)
{
	struct stream *st = calloc(1, sizeof(*st));

	if (st == NULL || !map_put(m, number, st)) {
		free(st);
		close(fd);
		return;
	}
	st->fd = fd;
	st->number = number;
	poller_add(s->ep, fd, kind, number);
}

void
streams_add(struct streams *s, uint32_t conn, int fd)
{
	add(s, &s->conns, POLL_BGP_CONN, conn, fd);
}

void
streams_listen(struct streams *s, uint32_t tunnel, int fd)
{
	streams_unlisten(s, tunnel);
	add(s, &s->listeners, POLL_BGP_LISTENER, tunnel, fd);
}

void
streams_unlisten(struct streams *s, uint32_t tunnel)
{
	struct stream *st = map_get(&s->listeners, tunnel);

	if (st != NULL)
		stream_free(&s->listeners, st);
}

static struct addr
addr_of(const struct sockaddr_storage *ss)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (ss->ss_family == AF_INET) {
		memcpy(&v4, ss, sizeof(v4));
		return addr_from(bytes_of(&v4.sin_addr, 4));
	}
	memcpy(&v6, ss, sizeof(v6));
	return addr_from(bytes_of(&v6.sin6_addr, 16));
}

/* It came through a socket for many: how far it is to this one. */
static bool
set_hops(const struct streams *s, int fd, uint32_t listener,
    const struct addr *from)
{
	bool four = from->family == ADDR_IPV4;
	int level = four ? IPPROTO_IP : IPPROTO_IPV6;
	uint8_t out, in;
	int ttl, least;

	if (!gw_hops(s->gw, listener, from, &out, &in))
		return true;
	ttl = out;
	least = in;
	return setsockopt(fd, level, four ? IP_TTL : IPV6_UNICAST_HOPS, &ttl,
	    sizeof(ttl)) == 0 &&
	    setsockopt(fd, level, four ? IP_MINTTL : IPV6_MINHOPCOUNT, &least,
	    sizeof(least)) == 0;
}

void
streams_accept(struct streams *s, struct instant now, uint32_t tunnel)
{
	struct stream *l = map_get(&s->listeners, tunnel);
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	struct addr from;
	uint32_t conn;
	int fd;

	if (l == NULL)
		return;
	fd = accept4(l->fd, (struct sockaddr *)&ss, &n,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	from = addr_of(&ss);
	conn = gw_accept(s->gw, now, tunnel, &from);
	if (conn == 0) {
		close(fd);
		return;
	}
	if (!set_hops(s, fd, tunnel, &from)) {
		gw_stream_closed(s->gw, now, conn, strerror(errno));
		close(fd);
		return;
	}
	streams_add(s, conn, fd);
	streams_send(s, now, conn);
}

static void
lost(struct streams *s, struct instant now, struct stream *st,
    const char *why)
{
	uint32_t conn = st->number;

	stream_free(&s->conns, st);
	gw_stream_closed(s->gw, now, conn, why);
}

void
streams_readable(struct streams *s, struct instant now, uint32_t conn)
{
	struct stream *st = map_get(&s->conns, conn);
	uint8_t buf[READ_MAX];
	ssize_t n;

	if (st == NULL)
		return;
	n = read(st->fd, buf, sizeof(buf));
	if (n > 0)
		spend(s, (size_t)n);
	if (n > 0)
		gw_stream(s->gw, now, conn, bytes_of(buf, (size_t)n));
	else if (n == 0)
		lost(s, now, st, "closed by the neighbor");
	else if (errno != EAGAIN && errno != EINTR)
		lost(s, now, st, strerror(errno));
}

static void
want_write(struct streams *s, struct stream *st, bool want)
{
	if (st->waiting != want)
		poller_want_write(s->ep, st->fd, POLL_BGP_CONN, st->number,
		    want);
	st->waiting = want;
}

void
streams_send(struct streams *s, struct instant now, uint32_t conn)
{
	struct stream *st = map_get(&s->conns, conn);
	struct bytes b;
	ssize_t n;

	while (st != NULL) {
		if (s->left == 0) {
			want_write(s, st, true);
			return;
		}
		b = gw_stream_pull(s->gw, conn);
		if (b.n == 0) {
			want_write(s, st, false);
			if (st->closing)
				stream_free(&s->conns, st);
			return;
		}
		n = send(st->fd, b.p, b.n, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			want_write(s, st, true);
			return;
		}
		if (n < 0) {
			lost(s, now, st, strerror(errno));
			return;
		}
		spend(s, (size_t)n);
		gw_stream_sent(s->gw, now, conn, (size_t)n);
		st = map_get(&s->conns, conn);
	}
}

void
streams_close(struct streams *s, struct instant now, uint32_t conn)
{
	struct stream *st = map_get(&s->conns, conn);

	if (st == NULL)
		return;
	st->closing = true;
	streams_send(s, now, conn);
}
