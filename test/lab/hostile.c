/*
 * The table of broken rules (test/hostile) over UDP against a running vpnd.
 * What the daemon should begin by itself it is told to over its control
 * socket (gw/ctl.h).
 *
 *	usage: hostile VPND CALLER CALLED STRANGER CONTROL-SOCKET TUNNEL [NAME]
 *
 * The first four are addresses: the daemon's, and three of ours of which the
 * first two are configured.  TUNNEL is what the daemon calls the one that it
 * initiates.  The SPI of another peer's child may come in OTHER_SPI.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "crypto/prf.h"
#include "hostile/table.h"

#define SOCKETS		(FROMS + 1)	/* the last: another port */

struct lab {
	int		fd[SOCKETS];
	struct sockaddr_in to;
	const char	*control, *tunnel;
};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in
endpoint(const char *text, uint16_t port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		die(text);
	return a;
}

static int
udp_open(const char *text, uint16_t port)
{
	struct sockaddr_in a = endpoint(text, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	/* Large messages go in fragments whatever the path says. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die(text);
	return fd;
}

static void
wire_send(void *self, enum rogue_from from, bool other_port, struct bytes m)
{
	struct lab *l = self;
	int fd = l->fd[other_port ? FROMS : (int)from];

	if (sendto(fd, m.p, m.n, 0, (struct sockaddr *)&l->to,
	    sizeof(l->to)) < 0)
		die("sendto");
}

static size_t
wire_recv(void *self, struct span most, uint8_t *buf)
{
	struct lab *l = self;
	struct pollfd p[SOCKETS];
	ssize_t n;

	for (int i = 0; i < SOCKETS; i++)
		p[i] = (struct pollfd){ .fd = l->fd[i], .events = POLLIN };
	if (poll(p, SOCKETS, (int)(most.ns / 1000000)) <= 0)
		return 0;
	for (int i = 0; i < SOCKETS; i++) {
		if ((p[i].revents & POLLIN) == 0)
			continue;
		n = recv(l->fd[i], buf, ROGUE_MAX, 0);
		return n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* One request, one line of answer that is not looked at. */
static void
wire_wish(void *self, enum rogue_wish wish)
{
	static const char *const requests[] = {
		[WISH_UP] = "\"command\":\"up\"",
		[WISH_DOWN] = "\"command\":\"down\"",
		[WISH_REKEY_CHILD] = "\"command\":\"rekey\",\"what\":\"child\"",
		[WISH_REKEY_IKE] = "\"command\":\"rekey\",\"what\":\"ike\"",
	};
	struct lab *l = self;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char line[256], answer[4096];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	str_set(to.sun_path, sizeof(to.sun_path), l->control);
	str_fmt(line, sizeof(line), "{%s,\"name\":\"%s\"}\n", requests[wish],
	    l->tunnel);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	    write(fd, line, strlen(line)) < 0 ||
	    read(fd, answer, sizeof(answer)) <= 0)
		die(l->control);
	close(fd);
}

static struct instant
wire_now(void *self)
{
	struct timespec t;

	(void)self;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct instant){ (int64_t)t.tv_sec * 1000000000 + t.tv_nsec };
}

int
main(int argc, char **argv)
{
	static struct rogue r;
	struct lab lab;
	struct rogue_wire wire = {
		.self = &lab, .patience = span_ms(4000),
		.quiet = span_ms(150),
		.send = wire_send, .recv = wire_recv, .wish = wire_wish,
		.now = wire_now,
	};
	struct table_run run = { .r = &r };
	const char *spi = getenv("OTHER_SPI");

	if (argc < 7 || !crypto_init()) {
		fprintf(stderr, "usage: hostile VPND CALLER CALLED STRANGER "
		    "CONTROL-SOCKET TUNNEL [NAME]\n");
		return 2;
	}
	lab.to = endpoint(argv[1], IKE_PORT);
	for (int i = 0; i < FROMS; i++)
		lab.fd[i] = udp_open(argv[2 + i], IKE_PORT);
	lab.fd[FROMS] = udp_open(argv[2], 4444);
	lab.control = argv[5];
	lab.tunnel = argv[6];
	run.only = argc > 7 ? argv[7] : NULL;
	table_rogue(&r, &wire);
	r.other_spi = spi == NULL ? 0x12345678 :
	    (uint32_t)strtoul(spi, NULL, 16);
	table_all(&run);
	rogue_fini(&r);
	return table_end(&run);
}
