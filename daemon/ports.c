/*
 * IKE's sockets: four on each port, for peers and strangers, for what opens an
 * IKE SA and what does not.  In one turn each is read for so many batches and
 * no more, peers first; what strangers send beyond that waits in the kernel,
 * and what does not fit there is dropped by it at no cost of ours.  Which
 * datagram goes where the kernel is told by a program made from the addresses
 * of the peers, again whenever these change.  Where it has no such program the
 * datagrams are spread over all sockets, and all are read.
 */
#include "daemon/ports.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "daemon/mono.h"
#include "daemon/poller.h"
#include "util/array.h"

/* Batches of one socket in one turn. */
static const unsigned batches[SIEVE_CLASSES] = {
	[SIEVE_PEER_OTHER] = 4,
	[SIEVE_PEER_OPENING] = 2,
	[SIEVE_STRANGER_OTHER] = 1,
	[SIEVE_STRANGER_OPENING] = 2,
};

/* Many peers come up at once: one program for all of them. */
static const struct span sieve_pause = { INT64_C(1) * 1000000000 };
static const struct span count_pause = { INT64_C(5) * 1000000000 };

static const uint16_t udp_port[ENGINE_UDP_N] = {
	[ENGINE_UDP4_500] = 500, [ENGINE_UDP4_4500] = 4500,
	[ENGINE_UDP6_500] = 500, [ENGINE_UDP6_4500] = 4500,
};

/* A socket's number: by class, so that the higher one goes first. */
static enum engine_udp
port_of(uint32_t number)
{
	return (enum engine_udp)(number % ENGINE_UDP_N);
}

static enum sieve_class
class_of(uint32_t number)
{
	return (enum sieve_class)(number / ENGINE_UDP_N);
}

static int
socket_of(const struct ports *p, uint32_t number)
{
	return p->boot->udp[port_of(number)][class_of(number)];
}

/* --- in --- */

void
ports_ready(struct ports *p, uint32_t number)
{
	if (number < PORTS_SOCKETS)
		p->left[number] = batches[class_of(number)];
}

static void
read_batch(struct ports *p, uint32_t number)
{
	int n = udp_recv(socket_of(p, number), udp_port[port_of(number)],
	    p->in);
	struct instant now = mono_now();
	struct path path;

	if (n > 0 && p->count_at.ns == INSTANT_NEVER.ns)
		p->count_at = instant_after(now, count_pause);
	p->left[number] = n == UDP_BATCH ? p->left[number] - 1 : 0;
	for (int i = 0; i < n; i++) {
		struct bytes b = udp_in_get(p->in, (unsigned)i, &path);

		gw_datagram(p->gw, now, &path, b);
	}
}

bool
ports_read(struct ports *p)
{
	for (uint32_t i = PORTS_SOCKETS; i > 0; i--) {
		if (p->left[i - 1] == 0)
			continue;
		read_batch(p, i - 1);
		return true;
	}
	return false;
}

/* --- out --- */

/* A lost datagram is sent again by IKE; the reason is worth a line. */
static void
complain(const struct endpoint *to, int error)
{
	char text[ENDPOINT_STRLEN], quoted[LOG_QUOTE_LEN];

	if (error != -EAGAIN)
		log_event(LEVEL_WARNING, "send-failed", "to=%s why=%s",
		    endpoint_str(to, text),
		    log_quote(quoted, strerror(-error)));
}

void
ports_flush(struct ports *p)
{
	struct endpoint to;
	int error;

	while ((error = udp_flush(&p->out, &to)) != 0)
		complain(&to, error);
}

void
ports_send(struct ports *p, struct gw_out *o)
{
	bool v6 = o->path.remote.addr.family == ADDR_IPV6;
	bool natt = o->path.local.port == 4500;
	int fd = p->boot->udp[v6 ? (natt ? ENGINE_UDP6_4500 :
	    ENGINE_UDP6_500) : (natt ? ENGINE_UDP4_4500 : ENGINE_UDP4_500)][0];

	if (fd < 0) {
		complain(&o->path.remote, -EAFNOSUPPORT);
		return;
	}
	if (!udp_out_has_room(&p->out, fd))
		ports_flush(p);
	udp_out_put(&p->out, fd, &o->path, o->data, o->n);
	o->data = NULL;
}

/* --- sieves --- */

/* 0 or -errno */
static int
attach(int fd, const struct sieve *s, bool marker)
{
	struct sock_filter code[SIEVE_PROGRAM];
	struct sock_fprog prog = {
		.len = (unsigned short)sieve_program(s, marker, code),
		.filter = code,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
	    sizeof(prog)) < 0 ? -errno : 0;
}

static int
attach_family(const struct ports *p, bool v6, uint32_t bits)
{
	const int *plain = p->boot->udp[v6 ? ENGINE_UDP6_500 : ENGINE_UDP4_500];
	const int *natt = p->boot->udp[v6 ? ENGINE_UDP6_4500 :
	    ENGINE_UDP4_4500];
	struct addr at[2];
	struct sieve s;
	size_t pos = 0;
	int rc = 0;

	sieve_init(&s, v6, p->key, bits);
	while (gw_peer_at(p->gw, &pos, at)) {
		sieve_add(&s, &at[0]);
		sieve_add(&s, &at[1]);
	}
	if (plain[0] >= 0)
		rc = attach(plain[0], &s, false);
	if (rc == 0 && natt[0] >= 0)
		rc = attach(natt[0], &s, true);
	return rc;
}

/* Anew for all: some addresses are no peer's any more. */
static void
sieve_anew(struct ports *p)
{
	char quoted[LOG_QUOTE_LEN];

	for (int v6 = 0; v6 <= 1; v6++) {
		int rc = attach_family(p, v6, SIEVE_BITS_MAX);

		if (rc == -ENOMEM)
			rc = attach_family(p, v6, SIEVE_BITS_MIN);
		if (rc != 0)
			log_event(LEVEL_WARNING, "sieve-failed",
			    "family=IPv%d why=%s", v6 ? 6 : 4,
			    log_quote(quoted, strerror(-rc)));
	}
}

/* --- what was dropped --- */

/* The kernel's count since the socket was opened; it wraps. */
static uint32_t
drops(int fd)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t n = sizeof(mem);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &n) < 0)
		return 0;
	return mem[SK_MEMINFO_DROPS];
}

static void
count(struct ports *p)
{
	for (uint32_t i = 0; i < PORTS_SOCKETS; i++) {
		uint32_t n = drops(socket_of(p, i));
		uint32_t more = n - p->dropped[i];

		p->dropped[i] = n;
		if (class_of(i) >= SIEVE_PEER_OPENING)
			p->drops.peers += more;
		else
			p->drops.strangers += more;
	}
	gw_dropped(p->gw, &p->drops);
}

/* --- start, time and end --- */

int
ports_init(struct ports *p, const struct engine_boot *boot, struct gw *gw,
    int ep)
{
	int error = 0;

	*p = (struct ports){
		.boot = boot, .gw = gw, .in = udp_in_new(),
		.count_at = INSTANT_NEVER,
	};
	if (p->in == NULL)
		return -ENOMEM;
	if (getrandom(p->key, sizeof(p->key), 0) != sizeof(p->key))
		return -EIO;
	p->peers_seen = gw_peers_changed(gw) - 1;
	for (uint32_t i = 0; i < PORTS_SOCKETS && error == 0; i++) {
		p->dropped[i] = drops(socket_of(p, i));
		if (socket_of(p, i) >= 0)
			error = poller_add(ep, socket_of(p, i), POLL_UDP, i);
	}
	return error;
}

void
ports_fini(struct ports *p)
{
	udp_out_fini(&p->out);
	udp_in_free(p->in);
}

void
ports_tick(struct ports *p, struct instant now)
{
	if (p->peers_seen != gw_peers_changed(p->gw) &&
	    instant_due(p->sieve_at, now)) {
		p->peers_seen = gw_peers_changed(p->gw);
		p->sieve_at = instant_after(now, sieve_pause);
		sieve_anew(p);
	}
	if (instant_due(p->count_at, now)) {
		p->count_at = INSTANT_NEVER;
		count(p);
	}
}

struct instant
ports_deadline(const struct ports *p)
{
	return p->peers_seen == gw_peers_changed(p->gw) ? p->count_at :
	    instant_min(p->count_at, p->sieve_at);
}
