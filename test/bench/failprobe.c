/*
 * How long packets go on into a path after it was found dead.
 *
 *	failprobe FAR_NETNS NEAR_NETNS DEVICE ROUTES SECONDS
 *
 * Sends UDP packets from NEAR to addresses all over 16.0.0.0 + ROUTES /24s,
 * ten thousand a second, and watches what comes out of DEVICE in FAR.  The
 * verdict is the packet by which the neighbour at FAR ends its BGP session
 * there (TCP with FIN or RST).  Once nothing has come for two seconds since,
 * or after SECONDS, prints
 *
 *	verdict after_ms=T packets=N
 *
 * with the time from the verdict to the last packet, and how many there were
 * after it; or "none" when there was no verdict, or no packet before it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT	4999
#define BGP	179
#define BURST	10		/* packets in a millisecond */
#define QUIET	2.0		/* seconds without a packet */

struct probe {
	int		in, out;
	unsigned	routes;
	bool		verdict;
	double		verdict_at, last;
	unsigned long	before, after;
};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
enter(const char *netns)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
}

static int
watch(const char *device)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL) };
	int size = 16 * 1024 * 1024;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);

	ll.sll_ifindex = (int)if_nametoindex(device);
	if (fd < 0 || ll.sll_ifindex == 0 ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		die(device);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void
see(struct probe *p, const uint8_t *b, size_t n)
{
	size_t ip = n < 20 ? 0 : (size_t)(b[0] & 15) * 4;
	unsigned sport, dport;

	if (ip < 20 || n < ip + 8 || b[0] >> 4 != 4)
		return;
	sport = (unsigned)b[ip] << 8 | b[ip + 1];
	dport = (unsigned)b[ip + 2] << 8 | b[ip + 3];
	if (b[9] == IPPROTO_UDP && dport == PORT) {
		p->last = now();
		if (p->verdict)
			p->after++;
		else
			p->before++;
	}
	if (b[9] == IPPROTO_TCP && (sport == BGP || dport == BGP) &&
	    n >= ip + 20 && (b[ip + 13] & 5) != 0 && !p->verdict) {
		p->verdict = true;
		p->verdict_at = now();
	}
}

static void
receive(struct probe *p)
{
	uint8_t b[2048];
	ssize_t n;

	while ((n = recv(p->in, b, sizeof(b), 0)) > 0)
		see(p, b, (size_t)n);
}

static void
burst(struct probe *p, unsigned *seed)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_port = htons(PORT) };

	for (int i = 0; i < BURST; i++) {
		uint32_t r = (uint32_t)rand_r(seed) % p->routes;

		to.sin_addr.s_addr = htonl((16u << 24) + (r << 8) + 1);
		sendto(p->out, "probe", 5, MSG_DONTWAIT,
		    (struct sockaddr *)&to, sizeof(to));
	}
}

int
main(int argc, char **argv)
{
	struct probe p = { 0 };
	unsigned seed = 1;
	double end;

	if (argc != 6) {
		fprintf(stderr, "usage: failprobe FAR NEAR DEVICE ROUTES "
		    "SECONDS\n");
		return 1;
	}
	p.routes = (unsigned)atoi(argv[4]);
	end = now() + atof(argv[5]);
	enter(argv[1]);
	p.in = watch(argv[3]);
	enter(argv[2]);
	p.out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p.out < 0 || p.routes == 0)
		die("socket");
	while (now() < end && (!p.verdict || now() - p.verdict_at < QUIET ||
	    now() - p.last < QUIET)) {
		struct pollfd fd = { .fd = p.in, .events = POLLIN };

		burst(&p, &seed);
		poll(&fd, 1, 1);
		receive(&p);
	}
	if (!p.verdict || p.before == 0)
		printf("none\n");
	else
		printf("verdict after_ms=%.1f packets=%lu\n", p.after == 0 ?
		    0.1 : (p.last - p.verdict_at) * 1000, p.after);
	return 0;
}
