/*
 * A flood of IKE_SA_INIT requests that look right: SA, KE, nonce and NAT
 * detection, an SPI and a nonce of their own each.
 *
 *	usage: flood TO RATE SECONDS random NET		sources from NET, a prefix
 *	       flood TO RATE SECONDS from ADDRESS	all in one name
 *	       flood TO RATE SECONDS cookie NET		sources that are ours
 *
 * random and from write whole IP packets and hear nothing.  cookie binds to
 * addresses that this host must have (`ip route add local NET dev lo`) and
 * sends again with the cookie that it is given.  At the end, or at SIGTERM, it
 * says what it has sent and, with cookie, heard.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ike/build.h"
#include "util/addr.h"

#define BATCH		16
#define MESSAGE_MAX	512

struct flood {
	int		fd;
	bool		raw, ours;
	struct sockaddr_in to;
	uint32_t	net, hosts;	/* host order; hosts: mask */
	uint64_t	spi;
	uint8_t		message[MESSAGE_MAX];
	size_t		n, nonce_at;
	unsigned long	sent, failed, octets, heard, heard_octets, cookies;
};

static volatile sig_atomic_t stopped;

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t
chance(void)
{
	static uint32_t pool[1024];
	static size_t left;

	if (left == 0) {
		if (getrandom(pool, sizeof(pool), 0) != sizeof(pool))
			die("getrandom");
		left = 1024;
	}
	return pool[--left];
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One that most would accept: AES-256-GCM, SHA2-256, X25519. */
static void
make_message(struct flood *f)
{
	static const uint8_t sa[] = {
		0, 0, 0, 36, 1, 1, 0, 3,
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
		3, 0, 0, 8, 2, 0, 0, 5,
		0, 0, 0, 8, 4, 0, 0, 31,
	};
	const struct hdr h = {
		.spi_i = 1, .version = HDR_VERSION, .exchange = IKE_SA_INIT,
		.flags = HDR_INITIATOR,
	};
	uint8_t octets[64];
	struct build b;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)chance();
	build_begin(&b, f->message, sizeof(f->message), &h);
	build_bytes(&b, PL_SA, bytes_of(sa, sizeof(sa)));
	build_ke(&b, 31, bytes_of(octets, 32));
	build_bytes(&b, PL_NONCE, bytes_of(octets + 32, 32));
	f->nonce_at = b.w.n - 32;
	build_notify(&b, N_NAT_DETECTION_SOURCE_IP, bytes_of(octets, 20));
	build_notify(&b, N_NAT_DETECTION_DESTINATION_IP, bytes_of(octets, 20));
	f->n = build_end(&b, NULL).n;
}

/* --- whole packets --- */

struct packet {
	struct iphdr	ip;
	struct udphdr	udp;
	uint8_t		data[MESSAGE_MAX];
};

static void
fill(struct flood *f, struct packet *p)
{
	size_t n = sizeof(p->ip) + sizeof(p->udp) + f->n;
	uint32_t r[4] = { chance(), chance(), chance(), chance() };

	*p = (struct packet){
		.ip = {
			.version = 4, .ihl = 5, .ttl = 64,
			.tot_len = htons((uint16_t)n),
			.protocol = IPPROTO_UDP,
			.saddr = htonl(f->net | (r[0] & f->hosts)),
			.daddr = f->to.sin_addr.s_addr,
		},
		.udp = {
			.source = htons(500), .dest = htons(500),
			.len = htons((uint16_t)(sizeof(p->udp) + f->n)),
		},
	};
	memcpy(p->data, f->message, f->n);
	memcpy(p->data, r + 1, 8);		/* SPI */
	memcpy(p->data + f->nonce_at, r, sizeof(r));
}

static void
send_raw(struct flood *f)
{
	static struct packet p[BATCH];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec iov[BATCH];
	int done;

	for (int i = 0; i < BATCH; i++) {
		fill(f, &p[i]);
		iov[i] = (struct iovec){ &p[i], ntohs(p[i].ip.tot_len) };
		m[i].msg_hdr = (struct msghdr){
			.msg_name = &f->to, .msg_namelen = sizeof(f->to),
			.msg_iov = &iov[i], .msg_iovlen = 1,
		};
	}
	done = sendmmsg(f->fd, m, BATCH, 0);
	f->sent += done > 0 ? (unsigned long)done : 0;
	f->failed += done > 0 ? (unsigned long)(BATCH - done) : BATCH;
}

/* --- addresses of ours --- */

union control {
	struct cmsghdr	h;
	char		b[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static void
send_from(struct flood *f, struct in_addr from, const uint8_t *b, size_t n)
{
	union control c = { 0 };
	struct in_pktinfo info = { .ipi_spec_dst = from };
	struct iovec iov;
	struct msghdr m = {
		.msg_name = &f->to, .msg_namelen = sizeof(f->to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &c, .msg_controllen = sizeof(c),
	};
	uint8_t copy[MESSAGE_MAX];

	memcpy(copy, b, n);
	iov = (struct iovec){ copy, n };
	c.h.cmsg_level = IPPROTO_IP;
	c.h.cmsg_type = IP_PKTINFO;
	c.h.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&c.h), &info, sizeof(info));
	if (sendmsg(f->fd, &m, MSG_DONTWAIT) == (ssize_t)n)
		f->sent++;
	else
		f->failed++;
}

static void
send_ours(struct flood *f)
{
	for (int i = 0; i < BATCH; i++) {
		uint32_t r[2] = { chance(), chance() };
		struct in_addr from = {
			htonl(f->net | (r[0] & f->hosts)),
		};

		/* The nonce stays, so that the SPI alone finds the cookie. */
		memcpy(f->message, r, sizeof(r));
		send_from(f, from, f->message, f->n);
	}
}

/* The same message with the cookie in front. */
static void
send_cookie(struct flood *f, struct in_addr from, uint64_t spi_i,
    struct bytes cookie)
{
	const struct hdr h = {
		.spi_i = spi_i, .version = HDR_VERSION,
		.exchange = IKE_SA_INIT, .flags = HDR_INITIATOR,
	};
	uint8_t buf[MESSAGE_MAX];
	struct build b;

	build_begin(&b, buf, sizeof(buf), &h);
	build_notify(&b, N_COOKIE, cookie);
	/* Behind it the old message's chain as it is. */
	wr_patch_u16(&b.w, b.body_at + 2, (uint16_t)(b.w.n - b.body_at));
	wr_patch_u8(&b.w, b.body_at, PL_SA);
	wr_bytes(&b.w, bytes_of(f->message + HDR_LEN, f->n - HDR_LEN));
	wr_patch_u32(&b.w, HDR_LENGTH_AT, (uint32_t)b.w.n);
	if (!b.w.bad) {
		f->cookies++;
		send_from(f, from, buf, b.w.n);
	}
}

static void
hear(struct flood *f)
{
	uint8_t buf[2048];
	union control c;
	struct iovec iov = { buf, sizeof(buf) };
	struct in_pktinfo info;
	const struct pl_notify *n;
	struct msg m;
	struct hdr h;
	ssize_t len;

	for (;;) {
		struct msghdr mh = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &c, .msg_controllen = sizeof(c),
		};

		len = recvmsg(f->fd, &mh, MSG_DONTWAIT);
		if (len < 0)
			return;
		f->heard++;
		f->heard_octets += (unsigned long)len;
		if (CMSG_FIRSTHDR(&mh) == NULL ||
		    !hdr_decode(bytes_of(buf, (size_t)len), &h) ||
		    payload_decode(h.next, bytes_of(buf + HDR_LEN,
		    (size_t)len - HDR_LEN), HDR_LEN, &m) != N_NONE)
			continue;
		memcpy(&info, CMSG_DATA(CMSG_FIRSTHDR(&mh)), sizeof(info));
		n = msg_notify(&m, N_COOKIE);
		if (n != NULL && n->data.n <= 64)
			send_cookie(f, info.ipi_addr, h.spi_i, n->data);
	}
}

/* --- */

static void
open_socket(struct flood *f)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(500),
	};
	int on = 1, size = 8 << 20;

	f->fd = f->raw ? socket(AF_INET, SOCK_RAW, IPPROTO_RAW) :
	    socket(AF_INET, SOCK_DGRAM, 0);
	if (f->fd < 0 || setsockopt(f->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
	    sizeof(size)) != 0)
		die("socket");
	if (!f->raw && (setsockopt(f->fd, IPPROTO_IP, IP_PKTINFO, &on,
	    sizeof(on)) != 0 ||
	    bind(f->fd, (struct sockaddr *)&any, sizeof(any)) != 0))
		die("bind");
}

static void
run(struct flood *f, double rate, double seconds)
{
	double start = now(), end = start + seconds, t;

	while ((t = now()) < end && !stopped) {
		if ((double)(f->sent + f->failed) < (t - start) * rate) {
			if (f->raw)
				send_raw(f);
			else
				send_ours(f);
		} else {
			usleep(500);
		}
		if (!f->raw)
			hear(f);
	}
	t = now() - start;
	printf("sent %lu in %.1f s: %.0f a second, %lu not; %zu octets each",
	    f->sent, t, (double)f->sent / t, f->failed, f->n);
	if (!f->raw)
		printf("; heard %lu, %lu octets, %lu cookies returned",
		    f->heard, f->heard_octets, f->cookies);
	printf("\n");
}

int
main(int argc, char **argv)
{
	static struct flood f;
	struct prefix p;
	struct rd r;

	if (argc != 6 || !prefix_parse(&p, argv[5]) ||
	    inet_pton(AF_INET, argv[1], &f.to.sin_addr) != 1) {
		fprintf(stderr, "usage: flood TO RATE SECONDS "
		    "random|from|cookie PREFIX\n");
		return 2;
	}
	f.to.sin_family = AF_INET;
	f.raw = strcmp(argv[4], "cookie") != 0;
	f.to.sin_port = f.raw ? 0 : htons(500);
	r = rd_of(addr_bytes(&p.addr));
	f.net = rd_u32(&r);
	f.hosts = p.len >= 32 ? 0 : UINT32_MAX >> p.len;
	f.net &= ~f.hosts;
	signal(SIGTERM, stop);
	make_message(&f);
	open_socket(&f);
	run(&f, atof(argv[2]), atof(argv[3]));
	return 0;
}
