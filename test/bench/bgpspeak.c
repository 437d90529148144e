/*
 * A BGP speaker for the lab and for measurements: lib/bgp with real sockets
 * around it and nothing else, so that it can be run against other speakers and
 * timed without tunnels and kernel routes.
 *
 *	bgpspeak [-qTP] [-t SECONDS] [-H HOLD] [-n COUNT] [-4 ADDR] [-6 ADDR]
 *	    [-x REMOTE,PEER_ASN,LOCAL] LOCAL REMOTE ASN ROUTER_ID PEER_ASN [NETWORK ...]
 *
 * -q no line per route; -P passive; -n originates COUNT more prefixes, /24s
 * from 16.0.0.0 on; -4 and -6 are our next hops, by default LOCAL for its own
 * family; -x adds another peer; -T passes on to each what the others taught.
 * Prints events as they come, and Loc-RIB at the end: after -t seconds, on
 * SIGINT or SIGTERM, or at the end of the standard input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bgp/bgp.h"
#include "crypto/prf.h"

#define CONNS	32
#define PEERS	8
#define PORT	179

struct conn {
	int		fd;		/* -1: free */
	uint32_t	id;
	bool		connecting, blocked, closing;
};

static struct conn conns[CONNS];
static struct bgp_peer_conf peers[PEERS];
static int listener[PEERS];
static unsigned npeers;
static struct bgp *bgp;
static struct instant begun;
static bool quiet;
static unsigned long routes_told;
static volatile sig_atomic_t stop;

static struct instant
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct instant){ ts.tv_sec * 1000000000LL + ts.tv_nsec };
}

static double
elapsed(void)
{
	return (double)instant_since(now(), begun).ns / 1e9;
}

static void
die(const char *what)
{
	fprintf(stderr, "bgpspeak: %s\n", what);
	exit(1);
}

static socklen_t
sockaddr_of(struct sockaddr_storage *ss, const struct addr *a, uint16_t port)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->family == ADDR_IPV4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->b, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a->b, 16);
	return sizeof(*in6);
}

static struct addr
addr_of(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const void *)ss;
	const struct sockaddr_in6 *in6 = (const void *)ss;

	if (ss->ss_family == AF_INET)
		return addr_from(bytes_of(&in->sin_addr, 4));
	return addr_from(bytes_of(&in6->sin6_addr, 16));
}

static int
tcp_socket(const struct addr *local, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(&ss, local, port);
	int one = 1, fd;

	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct conn *
conn_by_id(uint32_t id)
{
	for (struct conn *c = conns; c < conns + CONNS; c++) {
		if (c->fd >= 0 && c->id == id)
			return c;
	}
	return NULL;
}

static struct conn *
conn_new(int fd, uint32_t id)
{
	for (struct conn *c = conns; c < conns + CONNS; c++) {
		if (c->fd < 0) {
			*c = (struct conn){ .fd = fd, .id = id };
			return c;
		}
	}
	close(fd);
	return NULL;
}

static void
conn_close(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
}

static void
start_connect(const struct bgp_out *out)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(&ss, &out->remote, PORT);
	int fd = tcp_socket(&out->local, 0);
	struct conn *c;

	if (fd < 0 || (connect(fd, (struct sockaddr *)&ss, len) < 0 &&
	    errno != EINPROGRESS)) {
		bgp_connected(bgp, now(), out->conn, strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	c = conn_new(fd, out->conn);
	if (c == NULL)
		bgp_connected(bgp, now(), out->conn, "too many connections");
	else
		c->connecting = true;
}

/* Sends until the socket takes no more or there is no more. */
static void
flush(struct conn *c)
{
	struct bytes b;
	ssize_t n;

	while (!c->connecting && (b = bgp_pull(bgp, c->id)).n > 0) {
		n = send(c->fd, b.p, b.n, MSG_NOSIGNAL);
		c->blocked = n < 0 && errno == EAGAIN;
		if (c->blocked)
			return;
		if (n < 0) {
			bgp_closed(bgp, now(), c->id, strerror(errno));
			conn_close(c);
			return;
		}
		bgp_sent(bgp, now(), c->id, (size_t)n);
	}
	c->blocked = false;
	if (c->closing)
		conn_close(c);
}

static void
print_route(const struct bgp_route *r)
{
	char text[PREFIX_STRLEN], hop[ADDR_STRLEN];

	printf("%s", prefix_str(&r->prefix, text));
	for (unsigned i = 0; i < r->n; i++)
		printf(" via %s peer %u", addr_str(&r->paths[i].gateway, hop),
		    r->paths[i].peer);
	printf(r->n == 0 ? " gone\n" : " as");
	for (unsigned i = 0; i < r->as_path_n; i++)
		printf(" %u", r->as_path[i]);
	if (r->n > 0)
		printf("\n");
}

static void
obey(const struct bgp_out *out)
{
	struct conn *c = conn_by_id(out->conn);

	switch (out->kind) {
	case BGP_OUT_CONNECT:
		start_connect(out);
		break;
	case BGP_OUT_CLOSE:
		if (c != NULL) {
			c->closing = true;
			c->connecting = false;
			flush(c);
		}
		break;
	case BGP_OUT_SEND:
		if (c != NULL && !c->blocked)
			flush(c);
		break;
	case BGP_OUT_ROUTE:
		routes_told++;
		if (!quiet) {
			printf("%8.3f route ", elapsed());
			print_route(&out->route);
		}
		break;
	case BGP_OUT_EVENT:
		printf("%8.3f peer %u: %s\n", elapsed(), out->peer,
		    out->text.s);
		break;
	}
}

static void
obey_all(void)
{
	struct bgp_out out;

	while (bgp_next(bgp, &out))
		obey(&out);
	fflush(stdout);
}

static void
accept_one(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int got = accept4(fd, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct addr from;
	uint32_t id = 0;

	if (got < 0)
		return;
	from = addr_of(&ss);
	for (unsigned i = 0; i < npeers && id == 0; i++) {
		if (addr_eq(&from, &peers[i].remote))
			id = bgp_accepted(bgp, now(), peers[i].id);
	}
	if (id == 0)
		close(got);
	else
		conn_new(got, id);
}

static void
finish_connect(struct conn *c)
{
	socklen_t len = sizeof(int);
	int err = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	c->connecting = false;
	bgp_connected(bgp, now(), c->id, err == 0 ? NULL : strerror(err));
	if (err != 0)
		conn_close(c);
}

static void
receive(struct conn *c)
{
	static uint8_t buf[1 << 18];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

	if (n > 0) {
		bgp_stream(bgp, now(), c->id, bytes_of(buf, (size_t)n));
	} else if (n == 0 || errno != EAGAIN) {
		bgp_closed(bgp, now(), c->id, n == 0 ? "closed by the remote" :
		    strerror(errno));
		conn_close(c);
	}
}

static void
serve(struct conn *c, short events)
{
	if (c->connecting && (events & (POLLOUT | POLLERR | POLLHUP)) != 0) {
		finish_connect(c);
		return;
	}
	if ((events & POLLOUT) != 0)
		flush(c);
	if (c->fd >= 0 && (events & (POLLIN | POLLERR | POLLHUP)) != 0)
		receive(c);
}

static int
timeout_ms(struct instant end)
{
	struct instant next = instant_min(end, bgp_deadline(bgp));
	int64_t ns = instant_since(next, now()).ns;

	return ns <= 0 ? 0 : ns > 60000000000LL ? 60000 :
	    (int)(ns / 1000000) + 1;
}

/* One turn of the loop; false: the standard input has ended. */
static bool
turn(struct instant end)
{
	struct pollfd pfd[1 + PEERS + CONNS];
	struct conn *which[CONNS];
	nfds_t n = 0;
	char junk[64];

	pfd[n++] = (struct pollfd){ .fd = 0, .events = POLLIN };
	for (unsigned i = 0; i < npeers; i++)
		pfd[n++] = (struct pollfd){ .fd = listener[i],
		    .events = POLLIN };
	for (struct conn *c = conns; c < conns + CONNS; c++) {
		if (c->fd < 0)
			continue;
		which[n - 1 - npeers] = c;
		pfd[n++] = (struct pollfd){ .fd = c->fd, .events =
		    (short)((c->connecting ? 0 : POLLIN) |
		    (c->connecting || c->blocked ? POLLOUT : 0)) };
	}
	if (poll(pfd, n, timeout_ms(end)) < 0 && errno != EINTR)
		die("poll");
	bgp_tick(bgp, now());
	for (nfds_t i = 1; i < n; i++) {
		if (pfd[i].revents != 0 && i <= npeers)
			accept_one(pfd[i].fd);
		else if (pfd[i].revents != 0)
			serve(which[i - 1 - npeers], pfd[i].revents);
	}
	obey_all();
	return pfd[0].revents == 0 || read(0, junk, sizeof(junk)) > 0;
}

static void
report(void)
{
	struct bgp_peer_info info;
	struct bgp_route r;
	struct rusage ru;
	unsigned long n = 0;
	size_t pos = 0;

	while (bgp_route_each(bgp, &pos, &r)) {
		if (!quiet) {
			printf("loc-rib ");
			print_route(&r);
		}
		n++;
	}
	getrusage(RUSAGE_SELF, &ru);
	for (unsigned i = 0; i < npeers; i++) {
		bgp_peer_get(bgp, peers[i].id, &info);
		printf("peer %u: %s, hold time %u, received %u, advertised %u"
		    "%s%s\n", info.id, bgp_state_str(info.state),
		    info.hold_time, info.received, info.advertised,
		    info.why.s[0] == '\0' ? "" : ": ", info.why.s);
	}
	printf("loc-rib has %lu routes, %lu told, %ld KB resident, "
	    "%.2f s user, %.2f s system\n", n, routes_told, ru.ru_maxrss,
	    (double)ru.ru_utime.tv_sec + (double)ru.ru_utime.tv_usec / 1e6,
	    (double)ru.ru_stime.tv_sec + (double)ru.ru_stime.tv_usec / 1e6);
}

static void
on_signal(int sig)
{
	stop = sig;
}

static void
must_addr(struct addr *a, const char *s)
{
	if (!addr_parse(a, s))
		die("an address is not valid");
}

/* REMOTE,PEER_ASN,LOCAL */
static void
add_extra(char *s)
{
	struct bgp_peer_conf *p = &peers[npeers];
	char *asn = strchr(s, ','), *local = NULL;

	if (npeers == PEERS || asn == NULL ||
	    (local = strchr(asn + 1, ',')) == NULL)
		die("-x wants REMOTE,PEER_ASN,LOCAL");
	*asn++ = *local++ = '\0';
	must_addr(&p->remote, s);
	must_addr(&p->local, local);
	p->remote_asn = (uint32_t)strtoul(asn, NULL, 10);
	npeers++;
}

static void
add_peers(const struct bgp_peer_conf *common)
{
	for (unsigned i = 0; i < npeers; i++) {
		struct bgp_peer_conf c = *common;

		c.id = i + 1;
		c.local = peers[i].local;
		c.remote = peers[i].remote;
		c.remote_asn = peers[i].remote_asn;
		if (c.local.family == ADDR_IPV4)
			c.next_hop4 = c.local;
		else
			c.next_hop6 = c.local;
		peers[i] = c;
		listener[i] = tcp_socket(&c.local, PORT);
		if (listener[i] < 0 || listen(listener[i], 8) < 0)
			listener[i] = -1;	/* shared with another peer */
		if (!bgp_peer_add(bgp, now(), &c))
			die("cannot add a peer");
		bgp_peer_start(bgp, now(), c.id);
	}
}

static void
add_networks(char **text, unsigned long many)
{
	struct prefix p = { .addr = { .family = ADDR_IPV4 }, .len = 24 };

	for (; *text != NULL; text++) {
		struct prefix one;

		if (!prefix_parse(&one, *text) ||
		    !bgp_network_add(bgp, now(), BGP_TABLE_MAIN, &one))
			die("a network is not valid");
	}
	for (unsigned long i = 0; i < many; i++) {
		p.addr.b[0] = (uint8_t)(16 + (i >> 16));
		p.addr.b[1] = (uint8_t)(i >> 8);
		p.addr.b[2] = (uint8_t)i;
		if (!bgp_network_add(bgp, now(), BGP_TABLE_MAIN, &p))
			die("out of memory");
	}
}

struct options {
	struct bgp_peer_conf common;
	unsigned long	many;
	struct instant	end;
	uint32_t	router_id;
};

static uint32_t
number(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (*s == '\0' || *end != '\0' || n > UINT32_MAX)
		die("a number is not valid");
	return (uint32_t)n;
}

static void
take_option(struct options *o, int opt)
{
	switch (opt) {
	case 'q':
		quiet = true;
		break;
	case 'T':
		o->common.transit = true;
		break;
	case 'P':
		o->common.passive = true;
		break;
	case 't':
		o->end = instant_after(begun, span_s(number(optarg)));
		break;
	case 'H':
		o->common.hold_time = (uint16_t)number(optarg);
		break;
	case 'n':
		o->many = number(optarg);
		break;
	case '4':
		must_addr(&o->common.next_hop4, optarg);
		break;
	case '6':
		must_addr(&o->common.next_hop6, optarg);
		break;
	case 'x':
		add_extra(optarg);
		break;
	default:
		exit(1);
	}
}

/* Returns the networks. */
static char **
take_arguments(struct options *o, int argc, char **argv)
{
	struct addr id;
	struct rd r;
	int opt;

	npeers = 1;
	while ((opt = getopt(argc, argv, "+qTPt:H:n:4:6:x:")) != -1)
		take_option(o, opt);
	argv += optind;
	if (argc - optind < 5)
		die("usage: bgpspeak [options] LOCAL REMOTE ASN ROUTER_ID "
		    "PEER_ASN [NETWORK ...]");
	must_addr(&peers[0].local, argv[0]);
	must_addr(&peers[0].remote, argv[1]);
	o->common.local_asn = number(argv[2]);
	must_addr(&id, argv[3]);
	r = rd_of(addr_bytes(&id));
	o->router_id = rd_u32(&r);
	peers[0].remote_asn = number(argv[4]);
	return argv + 5;
}

int
main(int argc, char **argv)
{
	struct options o = {
		.common = { .hold_time = 90 }, .end = INSTANT_NEVER,
	};
	uint8_t seed[DRBG_SEED_LEN];
	struct drbg drbg;
	char **networks;

	begun = now();
	networks = take_arguments(&o, argc, argv);
	for (struct conn *c = conns; c < conns + CONNS; c++)
		c->fd = -1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (!crypto_init() || getrandom(seed, sizeof(seed), 0) < 0)
		die("no randomness");
	drbg_seed(&drbg, seed);
	bgp = bgp_new(o.router_id, &drbg);
	if (bgp == NULL)
		die("out of memory");
	add_networks(networks, o.many);
	add_peers(&o.common);
	obey_all();
	while (!stop && !instant_due(o.end, now()) && turn(o.end))
		;
	report();
	for (unsigned i = 0; i < npeers; i++)
		bgp_peer_stop(bgp, now(), peers[i].id, true, "bgpspeak ends");
	obey_all();
	bgp_free(bgp);
	drbg_fini(&drbg);
	crypto_fini();
	return 0;
}
