/*
 * A crowd of customer gateways for measurements: lib/ike with real sockets
 * around it and no kernel.  It drives N hand-shakes, at most M at a time,
 * against any IKEv2 responder, keeps every SA and answers for it, and says
 * what that cost the responder.
 *
 *	ikeload [-n COUNT] [-m OUTSTANDING] [-s STEP] [-w SECONDS] [-p PID]...
 *	    [-t SECONDS] [-K PSK] LOCAL REMOTE
 *
 * Gateway i (from 0) has the address LOCAL + i, which must be local here and
 * routed back, port 500, the identity g<i>.bench.example, and expects the
 * responder to be hub.bench.example.  -p, once per process of the responder:
 * their processor time and resident memory are added up.  -s says them again
 * after every so many SAs; -w waits before memory is read the last time; -t
 * keeps the SAs up so long afterwards.  -i INDEX begins at another gateway.
 *
 * Prints lines of key=value: "step" and "sum"; times are microseconds, memory
 * is KB.  The exit status is 0 when every hand-shake was done.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/prf.h"
#include "crypto/sig.h"
#include "daemon/mono.h"
#include "daemon/sock.h"
#include "daemon/udp.h"
#include "ike/ike.h"

#define PIDS	8

struct cost {
	double		cpu;		/* microseconds */
	long		rss;		/* KB */
};

struct load {
	unsigned	count, outstanding, step, first;
	int		wait, stay;
	const char	*psk;
	struct addr	local, remote;
	int		pids[PIDS];
	unsigned	pids_n;

	int		fd[2];		/* ports 500 and 4500 */
	struct udp_in	*in;
	struct udp_out	mail;
	struct drbg	drbg;
	struct ike	*ike;
	struct instant	*began;		/* per gateway */
	double		*latency;	/* microseconds, of those done */
	bool		*up;
	unsigned	started, done, failures, lost;
	struct instant	begun;
	struct cost	at_start, at_step;
	unsigned	step_from;
};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "ikeload: %s: %s\n", what, why);
	exit(2);
}

/* --- what the responder costs --- */

/* Nanoseconds on a processor of every thread (Documentation/scheduler). */
static double
cpu_of(int pid)
{
	char path[64 + 256];
	unsigned long long ns;
	double sum = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (dir == NULL)
		die(path, "the responder has gone");
	while ((e = readdir(dir)) != NULL) {
		FILE *f;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid,
		    e->d_name);
		f = fopen(path, "r");
		if (f != NULL && fscanf(f, "%llu", &ns) == 1)
			sum += (double)ns / 1e3;
		if (f != NULL)
			fclose(f);
	}
	closedir(dir);
	return sum;
}

static long
rss_of(int pid)
{
	char path[64], line[128];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (f == NULL)
		die(path, "the responder has gone");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

static struct cost
cost_now(const struct load *l)
{
	struct cost c = { 0 };

	for (unsigned i = 0; i < l->pids_n; i++) {
		c.cpu += cpu_of(l->pids[i]);
		c.rss += rss_of(l->pids[i]);
	}
	return c;
}

static void
step(struct load *l)
{
	struct cost c;

	if (l->step == 0 || l->done % l->step != 0)
		return;
	c = cost_now(l);
	printf("step sas=%u cpu_us=%.1f rss_kb=%ld\n", l->first + l->done,
	    (c.cpu - l->at_step.cpu) / (l->done - l->step_from), c.rss);
	fflush(stdout);
	l->at_step = c;
	l->step_from = l->done;
}

/* --- gateways --- */

/* Into buf, which the identity borrows. */
static struct id
fqdn(char buf[static 64], const char *fmt, unsigned i)
{
	snprintf(buf, 64, fmt, i);
	return (struct id){ .type = ID_FQDN, .n = (uint16_t)strlen(buf),
	    .data = (const uint8_t *)buf };
}

static uint8_t
must(enum alg_type type, uint16_t id, uint16_t bits)
{
	const struct alg *a = alg_find(type, id, bits);

	if (a == NULL)
		die("algorithm", "unknown");
	return (uint8_t)alg_index(a);
}

static void
add_gateway(struct load *l, unsigned i)
{
	const struct prefix any = { .addr = addr_any(ADDR_IPV4) };
	char own[64], hub[64];
	struct ike_peer_conf c = {
		.id = i + 1, .local = addr_plus(&l->local, l->first + i),
		.remote = l->remote,
		.local_id = fqdn(own, "g%u.bench.example", l->first + i),
		.remote_id = fqdn(hub, "hub.bench.example", 0),
		.ike_lifetime = span_s(28800), .child_lifetime = span_s(14400),
		.rekey_margin = span_s(270), .rekey_fuzz = 100,
		.dpd_timeout = span_s(120),
		.local_ts = { .n = 1, .ts = { ts_prefix(&any) } },
		.remote_ts = { .n = 1, .ts = { ts_prefix(&any) } },
		.ike = { .proto = PROTO_IKE,
		    .encr = { 1, { must(ALG_ENCR, ENCR_AES_GCM_16, 128) } },
		    .prf = { 1, { must(ALG_PRF, PRF_HMAC_SHA2_256, 0) } },
		    .ke = { 1, { must(ALG_KE, KE_CURVE25519, 0) } } },
		.esp = { .proto = PROTO_ESP,
		    .encr = { 1, { must(ALG_ENCR, ENCR_AES_GCM_16, 128) } } },
	};

	if (!ike_peer_add(l->ike, &c))
		die("gateway", "out of memory");
}

static void
start_some(struct load *l)
{
	while (l->started < l->count &&
	    l->started - l->done < l->outstanding) {
		unsigned i = l->started++;

		l->began[i] = mono_now();
		ike_peer_up(l->ike, l->began[i], i + 1);
	}
}

static void
event(struct load *l, const struct ike_out *o)
{
	unsigned i = o->peer - 1;

	if (o->event == IKE_EV_CHILD_UP && !l->up[i]) {
		struct span took = instant_since(mono_now(), l->began[i]);

		l->up[i] = true;
		l->latency[l->done++] = (double)took.ns / 1e3;
		step(l);
	} else if (o->event == IKE_EV_FAILED) {
		if (l->failures++ < 5)
			fprintf(stderr, "ikeload: g%u: %s\n", l->first + i,
			    o->why.s);
	} else if (o->event == IKE_EV_IKE_DOWN) {
		l->lost += l->up[i];
		if (!l->up[i])
			ike_peer_up(l->ike, mono_now(), o->peer);
	}
}

static void
auth(struct load *l, const struct ike_out *o)
{
	uint8_t value[2 * PRF_MAX];
	size_t n = prf_psk_auth(o->prf, bytes_str(l->psk), bytes_of(o->data,
	    o->n), o->first, value);

	if (n == 0)
		die("AUTH", "failed");
	ike_auth_value(l->ike, mono_now(), o->token, SIG_METHOD_PSK,
	    bytes_of(value, n), NULL);
}

static void
flush(struct load *l)
{
	struct endpoint to;

	while (udp_flush(&l->mail, &to) != 0)
		;
}

static void
put(struct load *l, struct ike_out *o)
{
	int fd = l->fd[o->path.local.port != IKE_PORT];

	if (!udp_out_has_room(&l->mail, fd))
		flush(l);
	udp_out_put(&l->mail, fd, &o->path, o->data, o->n);
	o->data = NULL;
}

static void
drain(struct load *l)
{
	struct ike_out o;

	while (ike_next(l->ike, &o)) {
		if (o.kind == IKE_OUT_DATAGRAM)
			put(l, &o);
		else if (o.kind == IKE_OUT_AUTH)
			auth(l, &o);
		else if (o.kind == IKE_OUT_SA_ADD)
			ike_installed(l->ike, mono_now(), o.token, NULL);
		else if (o.kind == IKE_OUT_EVENT && o.peer != 0)
			event(l, &o);
		ike_out_fini(&o);
	}
	flush(l);
}

static void
receive(struct load *l, unsigned which)
{
	struct path path;
	int n;

	while ((n = udp_recv(l->fd[which], which == 0 ? IKE_PORT :
	    IKE_PORT_NATT, l->in)) > 0) {
		for (int i = 0; i < n; i++) {
			struct bytes b = udp_in_get(l->in, (unsigned)i, &path);

			ike_datagram(l->ike, mono_now(), &path, b);
		}
		drain(l);
	}
}

/* Runs until this time, or until all is done. */
static void
run(struct load *l, struct instant until, bool to_the_end)
{
	while (mono_now().ns < until.ns && (to_the_end ||
	    l->done < l->count)) {
		struct pollfd p[2] = {
			{ .fd = l->fd[0], .events = POLLIN },
			{ .fd = l->fd[1], .events = POLLIN },
		};
		struct instant at = instant_min(until, ike_deadline(l->ike));

		start_some(l);
		drain(l);
		poll(p, 2, mono_until(at, mono_now()));
		for (unsigned i = 0; i < 2; i++)
			receive(l, i);
		ike_tick(l->ike, mono_now());
		drain(l);
	}
}

/* --- the whole --- */

static int
by_size(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static double
percentile(const struct load *l, unsigned p)
{
	return l->done == 0 ? 0 : l->latency[(l->done - 1) * p / 100];
}

static void
sum_up(struct load *l, double seconds, const struct cost *busy)
{
	struct cost end = cost_now(l);
	unsigned n = l->done == 0 ? 1 : l->done;

	qsort(l->latency, l->done, sizeof(*l->latency), by_size);
	printf("sum done=%u failures=%u lost=%u seconds=%.2f rate=%.0f "
	    "p50_us=%.0f p99_us=%.0f max_us=%.0f cpu_us=%.1f rss0_kb=%ld "
	    "rss_kb=%ld rss_each_kb=%.2f\n",
	    l->done, l->failures, l->lost, seconds, l->done / seconds,
	    percentile(l, 50), percentile(l, 99), percentile(l, 100),
	    (busy->cpu - l->at_start.cpu) / n, l->at_start.rss, end.rss,
	    (double)(end.rss - l->at_start.rss) / n);
	fflush(stdout);
}

static void
set_up(struct load *l)
{
	static const struct ike_limits limits = {
		.sas = 200000, .half_open = 1, .cookie_above = 1,
		.half_open_per_peer = 1,
	};
	uint8_t seed[DRBG_SEED_LEN];
	const char *what;

	if (!crypto_init() || getrandom(seed, sizeof(seed), 0) < 0)
		die("crypto", "does not start");
	drbg_seed(&l->drbg, seed);
	l->ike = ike_new(&limits, &l->drbg);
	l->began = calloc(l->count, sizeof(*l->began));
	l->latency = calloc(l->count, sizeof(*l->latency));
	l->up = calloc(l->count, sizeof(*l->up));
	l->in = udp_in_new();
	if (l->ike == NULL || l->began == NULL || l->latency == NULL ||
	    l->up == NULL || l->in == NULL)
		die("memory", "out of it");
	for (unsigned i = 0; i < 2; i++) {
		const struct sock_udp u = { .family = AF_INET,
		    .port = i == 0 ? IKE_PORT : IKE_PORT_NATT,
		    .buffer = 2 * 1024 * 1024 };

		l->fd[i] = sock_udp(&u, &what);
		if (l->fd[i] < 0)
			die(what, strerror(-l->fd[i]));
	}
	for (unsigned i = 0; i < l->count; i++)
		add_gateway(l, i);
}

static int
usage(void)
{
	fprintf(stderr, "usage: ikeload [-n COUNT] [-m OUTSTANDING] "
	    "[-s STEP] [-w SECONDS] [-p PID]... [-t SECONDS] [-i INDEX] "
	    "[-K PSK] LOCAL REMOTE\n");
	return 2;
}

static bool
options(struct load *l, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:m:s:w:p:t:i:K:")) != -1) {
		long v = c == 'K' || c == '?' ? 0 : strtol(optarg, NULL, 10);

		switch (c) {
		case 'n': l->count = (unsigned)v; break;
		case 'm': l->outstanding = (unsigned)v; break;
		case 's': l->step = (unsigned)v; break;
		case 'w': l->wait = (int)v; break;
		case 't': l->stay = (int)v; break;
		case 'i': l->first = (unsigned)v; break;
		case 'K': l->psk = optarg; break;
		case 'p':
			if (l->pids_n < PIDS)
				l->pids[l->pids_n++] = (int)v;
			break;
		default:
			return false;
		}
	}
	return l->count > 0 && l->outstanding > 0 && optind + 2 == argc &&
	    addr_parse(&l->local, argv[optind]) &&
	    addr_parse(&l->remote, argv[optind + 1]);
}

int
main(int argc, char **argv)
{
	static struct load l = { .count = 1000, .outstanding = 32, .wait = 2,
	    .psk = "bench" };
	struct cost busy;
	double seconds;

	if (!options(&l, argc, argv))
		return usage();
	set_up(&l);
	l.at_start = l.at_step = cost_now(&l);
	l.begun = mono_now();
	run(&l, instant_after(l.begun, span_s(600)), false);
	seconds = (double)instant_since(mono_now(), l.begun).ns / 1e9;
	busy = cost_now(&l);
	run(&l, instant_after(mono_now(), span_s(l.wait)), true);
	sum_up(&l, seconds, &busy);
	run(&l, instant_after(mono_now(), span_s(l.stay)), true);
	ike_free(l.ike);
	return l.done == l.count && l.lost == 0 ? 0 : 1;
}
