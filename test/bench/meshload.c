/*
 * Many BGP neighbors in one process, that cost as little as can be: each
 * announces routes of its own to one speaker and counts what it hears of the
 * others' from it.
 *
 *	meshload PEERS ROUTES FIRST_LOCAL REMOTE
 *
 * Neighbor i has the address FIRST_LOCAL + i and the AS 64600 + i, announces
 * ROUTES /24s (from 16.0.0.0 + i * ROUTES on) with an AS_PATH for each
 * thousand of them, once all sessions are up, and ends when all have heard of
 * all others' routes.  Prints
 *
 *	sum seconds=T prefixes=N messages=N octets=N
 *
 * with what was heard; messages are UPDATEs.  Exit status 1: not all came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/bytes.h"

#define PEERS_MAX	200
#define HEADER		19
#define MESSAGE		4096
#define PACK		1000		/* prefixes of one UPDATE */
#define PATIENCE	600.0		/* seconds */

enum { OPEN = 1, UPDATE, NOTIFICATION, KEEPALIVE };

struct neighbor {
	int		fd;
	bool		up;
	size_t		n;		/* octets in in[] */
	unsigned	sent;		/* prefixes */
	size_t		out_n, out_at;
	unsigned long	prefixes;
	uint8_t		in[65536], out[MESSAGE];
};

static struct neighbor *neighbors;
static unsigned peers, routes;
static unsigned long messages, octets;

static void
die(const char *what)
{
	fprintf(stderr, "meshload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct sockaddr_in
address(const char *text, unsigned plus, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons(port) };

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		die(text);
	a.sin_addr.s_addr = htonl(ntohl(a.sin_addr.s_addr) + plus);
	return a;
}

/* --- what is said --- */

static struct wr
begin(uint8_t *buf, uint8_t type)
{
	struct wr w = wr_of(buf, MESSAGE);

	for (int i = 0; i < 16; i++)
		wr_u8(&w, 0xff);
	wr_u16(&w, 0);
	wr_u8(&w, type);
	return w;
}

static size_t
end(struct wr *w, uint8_t *buf)
{
	buf[16] = (uint8_t)(w->n >> 8);
	buf[17] = (uint8_t)w->n;
	return w->n;
}

/* RFC 4271 section 4.2 with IPv4 unicast (4760) and four-octet AS (6793). */
static size_t
put_open(uint8_t *buf, uint32_t asn, uint32_t id)
{
	struct wr w = begin(buf, OPEN);

	wr_u8(&w, 4);
	wr_u16(&w, (uint16_t)asn);
	wr_u16(&w, 600);
	wr_u32(&w, id);
	wr_u8(&w, 14);
	wr_u8(&w, 2);
	wr_u8(&w, 12);
	wr_u16(&w, 0x0104);
	wr_u32(&w, 0x00010001);
	wr_u16(&w, 0x4104);
	wr_u32(&w, asn);
	return end(&w, buf);
}

static size_t
put_keepalive(uint8_t *buf)
{
	struct wr w = begin(buf, KEEPALIVE);

	return end(&w, buf);
}

static size_t
put_update(uint8_t *buf, unsigned i, uint32_t asn, uint32_t next_hop,
    unsigned from, unsigned n)
{
	struct wr w = begin(buf, UPDATE);

	wr_u16(&w, 0);
	wr_u16(&w, 4 + 3 + 2 + 3 * 4 + 7);
	wr_u32(&w, 0x40010100);
	wr_u16(&w, 0x4002);
	wr_u8(&w, 2 + 3 * 4);
	wr_u16(&w, 0x0203);
	wr_u32(&w, asn);
	wr_u32(&w, 64000 + from / PACK);
	wr_u32(&w, 63000 + i);
	wr_u16(&w, 0x4003);
	wr_u8(&w, 4);
	wr_u32(&w, next_hop);
	for (unsigned k = from; k < from + n; k++) {
		uint32_t net = (16u << 16) + i * routes + k;

		wr_u8(&w, 24);
		wr_u8(&w, (uint8_t)(net >> 16));
		wr_u16(&w, (uint16_t)net);
	}
	return end(&w, buf);
}

static void
next_message(struct neighbor *p, unsigned i, uint32_t next_hop)
{
	unsigned n = routes - p->sent < PACK ? routes - p->sent : PACK;

	p->out_at = 0;
	p->out_n = put_update(p->out, i, 64600 + i, next_hop, p->sent, n);
	p->sent += n;
}

static void
send_some(struct neighbor *p)
{
	ssize_t n = send(p->fd, p->out + p->out_at, p->out_n - p->out_at,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		die("send");
	if (n > 0)
		p->out_at += (size_t)n;
}

/* --- what is heard --- */

/* Some speakers tell it to who taught it as well: that is no progress. */
static bool
is_own(const struct neighbor *p, struct rd r)
{
	uint32_t first = (16u << 16) + (unsigned)(p - neighbors) * routes;
	uint32_t net = (uint32_t)rd_u8(&r) << 16;

	net |= rd_u16(&r);
	return net >= first && net < first + routes;
}

static void
hear_update(struct neighbor *p, struct bytes body)
{
	struct rd r = rd_of(body);

	rd_bytes(&r, rd_u16(&r));
	rd_bytes(&r, rd_u16(&r));
	messages++;
	while (r.n > 0 && !r.bad) {
		size_t n = (rd_u8(&r) + 7u) / 8;

		p->prefixes += n == 3 && !is_own(p, r);
		rd_bytes(&r, n);
	}
}

static void
hear(struct neighbor *p, uint8_t type, struct bytes body)
{
	uint8_t buf[MESSAGE];
	size_t n;

	if (type == OPEN) {
		n = put_keepalive(buf);
		if (send(p->fd, buf, n, MSG_NOSIGNAL) != (ssize_t)n)
			die("send");
	}
	if (type == KEEPALIVE)
		p->up = true;
	if (type == UPDATE)
		hear_update(p, body);
	if (type == NOTIFICATION) {
		fprintf(stderr, "meshload: NOTIFICATION %u/%u\n",
		    body.n > 0 ? body.p[0] : 0, body.n > 1 ? body.p[1] : 0);
		exit(1);
	}
}

static void
receive(struct neighbor *p)
{
	ssize_t n = recv(p->fd, p->in + p->n, sizeof(p->in) - p->n,
	    MSG_DONTWAIT);
	size_t at = 0, len;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("the speaker closed a connection");
	octets += (size_t)n;
	p->n += (size_t)n;
	while (p->n - at >= HEADER) {
		len = (size_t)p->in[at + 16] << 8 | p->in[at + 17];
		if (len < HEADER || len > MESSAGE)
			die("a message without a length");
		if (p->n - at < len)
			break;
		hear(p, p->in[at + 18],
		    bytes_of(p->in + at + HEADER, len - HEADER));
		at += len;
	}
	memmove(p->in, p->in + at, p->n - at);
	p->n -= at;
}

static bool
all_up(void)
{
	for (unsigned i = 0; i < peers; i++) {
		if (!neighbors[i].up)
			return false;
	}
	return true;
}

static unsigned long
heard(void)
{
	unsigned long n = 0;

	for (unsigned i = 0; i < peers; i++)
		n += neighbors[i].prefixes;
	return n;
}

static void
turn(bool begun, const char *first)
{
	struct pollfd fd[PEERS_MAX];

	for (unsigned i = 0; i < peers; i++) {
		struct neighbor *p = &neighbors[i];

		if (begun && p->out_at == p->out_n && p->sent < routes)
			next_message(p, i, ntohl(address(first, i,
			    0).sin_addr.s_addr));
		fd[i] = (struct pollfd){ .fd = p->fd, .events =
		    (short)(POLLIN | (p->out_at < p->out_n ? POLLOUT : 0)) };
	}
	poll(fd, peers, 100);
	for (unsigned i = 0; i < peers; i++) {
		if ((fd[i].revents & POLLOUT) != 0)
			send_some(&neighbors[i]);
		if ((fd[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			receive(&neighbors[i]);
	}
}

/* The speaker may not listen for this neighbor yet: tried for some seconds. */
static int
dial(const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	for (int i = 0; i < 100; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || bind(fd, (const struct sockaddr *)from,
		    sizeof(*from)) < 0)
			die("bind");
		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
			return fd;
		close(fd);
		usleep(100000);
	}
	die("connect");
	return -1;
}

static void
call(unsigned i, const char *first, const char *remote)
{
	struct sockaddr_in from = address(first, i, 0);
	struct sockaddr_in to = address(remote, 0, 179);
	uint8_t buf[MESSAGE];
	size_t n;

	neighbors[i].fd = dial(&from, &to);
	n = put_open(buf, 64600 + i, ntohl(from.sin_addr.s_addr));
	if (send(neighbors[i].fd, buf, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("send");
}

int
main(int argc, char **argv)
{
	unsigned long want;
	double start = now();

	if (argc != 5) {
		fprintf(stderr,
		    "usage: meshload PEERS ROUTES FIRST_LOCAL REMOTE\n");
		return 1;
	}
	peers = (unsigned)atoi(argv[1]);
	routes = (unsigned)atoi(argv[2]);
	if (peers < 2 || peers > PEERS_MAX || routes == 0)
		die("arguments");
	neighbors = calloc(peers, sizeof(*neighbors));
	if (neighbors == NULL)
		die("memory");
	for (unsigned i = 0; i < peers; i++)
		call(i, argv[3], argv[4]);
	while (!all_up() && now() - start < PATIENCE)
		turn(false, argv[3]);
	want = (unsigned long)peers * (peers - 1) * routes;
	start = now();
	while (heard() < want && now() - start < PATIENCE)
		turn(true, argv[3]);
	printf("sum seconds=%.2f prefixes=%lu messages=%lu octets=%lu\n",
	    now() - start, heard(), messages, octets);
	return heard() < want;
}
