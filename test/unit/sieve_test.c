/*
 * The program that sorts datagrams by class: as this machine's kernel runs it,
 * and for many addresses as an interpreter does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sieve.h"
#include "daemon/sock.h"
#include "ike/hdr.h"
#include "ike/payload.h"
#include "util/array.h"
#include "util/bytes.h"

static const uint32_t key[4] = {
	0x9e3779b8, 0x7f4a7c14, 0xc2b2ae3c, 0x27d4eb2e,
};

static struct addr
addr(const char *s)
{
	struct addr a;

	assert_true(addr_parse(&a, s));
	return a;
}

/* --- messages --- */

static const struct message {
	const char	*what;
	bool		marker;
	uint8_t		first, exchange, flags;
	unsigned	other;		/* 1: of the two classes of its sender */
} messages[] = {
	{ "an opening", false, PL_SA, IKE_SA_INIT, HDR_INITIATOR, 0 },
	{ "on 4500", true, PL_SA, IKE_SA_INIT, HDR_INITIATOR, 0 },
	{ "with a cookie", false, PL_NOTIFY, IKE_SA_INIT, HDR_INITIATOR,
	    1 },
	{ "its answer", false, PL_SA, IKE_SA_INIT, HDR_RESPONSE, 1 },
	{ "IKE_AUTH", true, PL_SK, IKE_AUTH, HDR_INITIATOR, 1 },
	{ "of a responder", false, PL_SK, INFORMATIONAL, 0, 1 },
};

static size_t
write_message(const struct message *m, uint8_t buf[static 64])
{
	struct wr w = wr_of(buf, 64);

	if (m->marker)
		wr_u32(&w, 0);
	wr_zero(&w, 16);
	wr_u8(&w, m->first);
	wr_u8(&w, HDR_VERSION);
	wr_u8(&w, m->exchange);
	wr_u8(&w, m->flags);
	wr_zero(&w, 8);
	return wr_done(&w).n;
}

/* --- an interpreter of what sieve.c uses --- */

struct packet {
	uint8_t		b[64];		/* from the UDP header's end on */
	size_t		n;
	uint8_t		ip[40];
};

static uint32_t
load(const struct packet *p, uint32_t k)
{
	uint32_t net = (uint32_t)SKF_NET_OFF;
	struct rd r;

	if (k >= net) {
		assert_true(k - net + 4 <= sizeof(p->ip));
		r = rd_of(bytes_of(p->ip + (k - net), 4));
		return rd_u32(&r);
	}
	r = rd_of(bytes_of(p->b, p->n));
	rd_bytes(&r, k);
	return rd_u32(&r);
}

static uint32_t
run(const struct sock_filter *f, size_t n, const struct packet *p)
{
	uint32_t a = 0, x = 0, m[BPF_MEMWORDS] = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *c = &f[i];

		switch (c->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			/* Beyond its end: the kernel returns 0. */
			if (c->k < 64 && c->k + 4 > p->n)
				return 0;
			a = load(p, c->k);
			break;
		case BPF_LD | BPF_IMM:		a = c->k; break;
		case BPF_LD | BPF_MEM:		a = m[c->k]; break;
		case BPF_ST:			m[c->k] = a; break;
		case BPF_MISC | BPF_TAX:	x = a; break;
		case BPF_MISC | BPF_TXA:	a = x; break;
		case BPF_ALU | BPF_ADD | BPF_K:	a += c->k; break;
		case BPF_ALU | BPF_ADD | BPF_X:	a += x; break;
		case BPF_ALU | BPF_MUL | BPF_K:	a *= c->k; break;
		case BPF_ALU | BPF_AND | BPF_K:	a &= c->k; break;
		case BPF_ALU | BPF_RSH | BPF_K:	a >>= c->k; break;
		case BPF_ALU | BPF_LSH | BPF_X:	a <<= x; break;
		case BPF_JMP | BPF_JA:		i += c->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += a == c->k ? c->jt : c->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			i += a >= c->k ? c->jt : c->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += (a & c->k) != 0 ? c->jt : c->jf;
			break;
		case BPF_RET | BPF_K:		return c->k;
		case BPF_RET | BPF_A:		return a;
		default:
			fail_msg("instruction %zu has code %#x", i, c->code);
		}
	}
	fail_msg("the program runs off its end");
	return 0;
}

static uint32_t
class_from(const struct sock_filter *f, size_t n, const struct addr *from,
    const struct message *m)
{
	struct packet p = { .n = 0 };
	struct bytes src = addr_bytes(from);

	p.n = write_message(m, p.b);
	memcpy(p.ip + (from->family == ADDR_IPV6 ? 8 : 12), src.p, src.n);
	return run(f, n, &p);
}

/* --- tests --- */

static void
messages_of_peers_and_strangers_are_told_apart(void **state)
{
	static const struct {
		const char *peer, *stranger;
	} who[] = {
		{ "198.51.100.2", "198.51.100.3" },
		{ "2001:db8::2", "2001:db8::3" },
	};
	static struct sock_filter f[SIEVE_PROGRAM];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(who) * ARRAY_SIZE(messages); i++) {
		const struct message *m = &messages[i / 2];
		struct addr peer = addr(who[i % 2].peer);
		struct addr stranger = addr(who[i % 2].stranger);
		struct sieve s;
		size_t n;

		sieve_init(&s, i % 2 == 1, key, SIEVE_BITS_MAX);
		sieve_add(&s, &peer);
		n = sieve_program(&s, m->marker, f);
		if (class_from(f, n, &peer, m) != SIEVE_PEER_OPENING + m->other
		    || class_from(f, n, &stranger, m) != m->other)
			fail_msg("%s: another class", m->what);
	}
}

static void
esp_and_scraps_stay_with_the_first_socket(void **state)
{
	static struct sock_filter f[SIEVE_PROGRAM];
	struct packet p = { .b = { 1 }, .n = 64 };
	struct sieve s;
	size_t n;

	(void)state;
	sieve_init(&s, false, key, SIEVE_BITS_MIN);
	n = sieve_program(&s, true, f);
	assert_int_equal(run(f, n, &p), 0);
	for (p.n = 0, p.b[0] = 0; p.n < 20; p.n++)
		assert_int_equal(run(f, n, &p), 0);
}

/* The nth of many, spread as customers are. */
static struct addr
nth(uint32_t n, bool v6)
{
	struct addr a = addr(v6 ? "2001:db8::" : "0.0.0.0");
	uint32_t x = n * 2654435761u;

	memcpy(a.b + (v6 ? 4 : 0), &x, sizeof(x));
	return a;
}

static const uint32_t peers[] = { 0, 1, 2, 100, 1000, 10000, 100000 };

/* Every peer passes; of others as many as the set is full. */
static void
every_peer_passes_and_few_others(void **state)
{
	static struct sock_filter f[SIEVE_PROGRAM];
	static struct sieve s;

	(void)state;
	for (size_t i = 0; i < 4 * ARRAY_SIZE(peers); i++) {
		uint32_t count = peers[i / 4], passed = 0;
		bool v6 = (i & 1) != 0;
		uint32_t bits = (i & 2) != 0 ? SIEVE_BITS_MAX : SIEVE_BITS_MIN;
		size_t n;

		sieve_init(&s, v6, key, bits);
		for (uint32_t k = 0; k < count; k++) {
			struct addr a = nth(k, v6), other = nth(k, !v6);

			sieve_add(&s, &a);
			sieve_add(&s, &other);
		}
		n = sieve_program(&s, false, f);
		assert_in_range(n, 1, SIEVE_PROGRAM);
		for (uint32_t k = 0; k < count; k += count / 100 + 1) {
			struct addr a = nth(k, v6);

			assert_true(sieve_has(&s, &a));
			assert_int_equal(class_from(f, n, &a, &messages[0]),
			    SIEVE_PEER_OPENING);
		}
		for (uint32_t k = 0; k < 10000; k++) {
			struct addr a = nth(k + 1000000, v6);
			bool has = sieve_has(&s, &a);

			passed += has;
			assert_int_equal(class_from(f, n, &a, &messages[0]),
			    has ? SIEVE_PEER_OPENING : SIEVE_STRANGER_OPENING);
		}
		/* Twice what chance says, and a few. */
		assert_in_range(passed, 0, 10000 * (uint64_t)count / bits * 2 +
		    20);
	}
}

/* --- the kernel --- */

struct group {
	int		fd[SIEVE_CLASSES];
	uint16_t	port;
};

static void
group_open(struct group *g, int family)
{
	struct sock_udp u = { .family = family, .buffer = 65536 };
	const char *what;

	for (u.port = 42000; u.port < 42100; u.port++) {
		u.also = false;
		g->fd[0] = sock_udp(&u, &what);
		if (g->fd[0] >= 0)
			break;
		assert_int_equal(g->fd[0], -EADDRINUSE);
	}
	assert_true(g->fd[0] >= 0);
	/* Another one like the first finds that it is not alone. */
	assert_int_equal(sock_udp(&u, &what), -EADDRINUSE);
	assert_string_equal(what, "bind");
	u.also = true;
	for (int i = 1; i < SIEVE_CLASSES; i++) {
		g->fd[i] = sock_udp(&u, &what);
		assert_true(g->fd[i] >= 0);
	}
	g->port = u.port;
}

static void
group_close(struct group *g)
{
	for (int i = 0; i < SIEVE_CLASSES; i++)
		close(g->fd[i]);
}

static int
attach(const struct group *g, const struct sieve *s, bool marker)
{
	static struct sock_filter f[SIEVE_PROGRAM];
	struct sock_fprog prog = {
		.len = (unsigned short)sieve_program(s, marker, f),
		.filter = f,
	};

	return setsockopt(g->fd[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
	    &prog, sizeof(prog));
}

/* Which socket gets it; -1: none within a second. */
static int
deliver(const struct group *g, const char *from, const struct message *m)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t buf[64];
	size_t n = write_message(m, buf);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, from, &a.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	a.sin_port = htons(g->port);
	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	assert_int_equal(sendto(fd, buf, n, 0, (struct sockaddr *)&a,
	    sizeof(a)), n);
	close(fd);
	for (int i = 0; i < 1000 * SIEVE_CLASSES; i++) {
		int k = i % SIEVE_CLASSES;

		if (recv(g->fd[k], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			return k;
		if (k == 0)
			usleep(1000);
	}
	return -1;
}

static void
the_kernel_delivers_to_the_class(void **state)
{
	struct addr peer = addr("127.0.0.9");
	struct sieve s;
	struct group g;

	(void)state;
	group_open(&g, AF_INET);
	sieve_init(&s, false, key, SIEVE_BITS_MIN);
	sieve_add(&s, &peer);
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		const struct message *m = &messages[i];

		assert_int_equal(attach(&g, &s, m->marker), 0);
		assert_int_equal(deliver(&g, "127.0.0.9", m),
		    SIEVE_PEER_OPENING + m->other);
		assert_int_equal(deliver(&g, "127.0.0.8", m), m->other);
	}
	group_close(&g);
}

/* It may have no room for the larger one; for the smaller it must. */
static void
the_kernel_takes_a_full_program(void **state)
{
	static struct sieve s;
	struct group g;

	(void)state;
	for (int v6 = 0; v6 <= 1; v6++) {
		group_open(&g, v6 ? AF_INET6 : AF_INET);
		sieve_init(&s, v6, key, SIEVE_BITS_MIN);
		memset(s.word, 0x55, sizeof(s.word));
		assert_int_equal(attach(&g, &s, true), 0);
		sieve_init(&s, v6, key, SIEVE_BITS_MAX);
		memset(s.word, 0x55, sizeof(s.word));
		assert_true(attach(&g, &s, true) == 0 || errno == ENOMEM);
		group_close(&g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_peers_and_strangers_are_told_apart),
		cmocka_unit_test(esp_and_scraps_stay_with_the_first_socket),
		cmocka_unit_test(every_peer_passes_and_few_others),
		cmocka_unit_test(the_kernel_delivers_to_the_class),
		cmocka_unit_test(the_kernel_takes_a_full_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
