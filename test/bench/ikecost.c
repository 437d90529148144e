/*
 * What one hand-shake costs a responder in instructions: the gateway, the
 * channel to a monitor that does nothing but AUTH values, and lib/ike as the
 * other side, in one process without sockets.  For callgrind:
 *
 *	valgrind --tool=callgrind --toggle-collect=counted ikecost [COUNT]
 *
 * counts the responder alone, after as many uncounted hand-shakes.  With -x it
 * prints instead what Curve25519 alone takes of a processor for one hand-shake
 * (a key pair and a shared secret), in microseconds: nothing can be cheaper.
 *
 *	ikecost -r COUNT
 *
 * sets up so many tunnels, loses all SAs at both ends and resumes them by their
 * tickets (RFC 5723); what either took of the responder's processor, each, is
 * printed in microseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/kex.h"
#include "crypto/prf.h"
#include "crypto/sig.h"
#include "daemon/chan.h"
#include "gw/gw.h"
#include "ike/peer.h"

#define PSK	"bench"

struct cost {
	unsigned	 count;
	struct instant	 now;
	struct gw	*gw;
	struct chan	*engine, *monitor;
	struct drbg	 drbg;
	struct ike	*ike;		/* the other side */
	unsigned	 up;
	bool		 resumption;
	struct ticket_keys tickets;
	double		 us;		/* counted work, of a processor */
};

static void
die(const char *what)
{
	fprintf(stderr, "ikecost: %s\n", what);
	exit(1);
}

/* --- the monitor --- */

static void
answer(struct cost *c, const struct kern_op *op)
{
	struct kern_event e = { .kind = KERN_DONE, .id = op->id,
	    .op = op->kind };

	if (op->kind == KERN_AUTH) {
		const struct alg *a = alg_find(ALG_PRF, op->auth.prf, 0);

		e.auth.n = (uint16_t)prf_psk_auth(a, bytes_str(PSK),
		    bytes_of(op->auth.octets, op->auth.n), op->auth.first,
		    e.auth.value);
		if (e.auth.n == 0)
			die("AUTH failed");
	} else if (op->kind == KERN_LINK_SET) {
		memcpy(e.link.name, op->link.name, sizeof(e.link.name));
		e.link.kind = KERN_LINK_VTI;
		e.link.exists = e.link.up = true;
	}
	if (!chan_put_event(c->monitor, &e))
		die("channel is full");
}

static void
monitor(struct cost *c)
{
	struct kern_op op;

	while (chan_recv(c->monitor) > 0) {
		while (chan_get_op(c->monitor, &op) > 0)
			answer(c, &op);
		chan_flush(c->monitor);
	}
}

/* --- the engine --- */

/* What it wants done; datagrams go to the other side. */
static void
drain(struct cost *c, struct gw_out *mail, unsigned *n)
{
	struct gw_out o;

	while (gw_next(c->gw, &o)) {
		if (o.kind == GW_OUT_KERN && !chan_put_op(c->engine, o.op))
			die("channel is full");
		if (o.kind == GW_OUT_DATAGRAM && *n < 8) {
			mail[(*n)++] = o;
			continue;
		}
		gw_out_fini(&o);
	}
	chan_flush(c->engine);
}

static void __attribute__((noinline))
work(struct cost *c, const struct path *path, struct bytes b,
    struct gw_out *mail, unsigned *n)
{
	struct kern_event e;

	if (b.n > 0)
		gw_datagram(c->gw, c->now, path, b);
	drain(c, mail, n);
	for (;;) {
		monitor(c);
		if (chan_recv(c->engine) <= 0)
			break;
		while (chan_get_event(c->engine, &e) > 0)
			gw_kern(c->gw, c->now, &e);
		drain(c, mail, n);
	}
}

static void __attribute__((noinline))
counted(struct cost *c, const struct path *path, struct bytes b,
    struct gw_out *mail, unsigned *n)
{
	struct timespec t[2];

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[0]);
	work(c, path, b, mail, n);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[1]);
	c->us += (double)(t[1].tv_sec - t[0].tv_sec) * 1e6 +
	    (double)(t[1].tv_nsec - t[0].tv_nsec) / 1e3;
}

/* --- the other side --- */

static void
auth_value(struct cost *c, const struct ike_out *o)
{
	uint8_t value[2 * PRF_MAX];
	size_t n = prf_psk_auth(o->prf, bytes_str(PSK), bytes_of(o->data,
	    o->n), o->first, value);

	if (n == 0)
		die("AUTH failed");
	ike_auth_value(c->ike, c->now, o->token, SIG_METHOD_PSK,
	    bytes_of(value, n), NULL);
}

static void
deliver(struct cost *c, const struct ike_out *o, bool count)
{
	struct path back = { o->path.remote, o->path.local };
	struct gw_out mail[8];
	unsigned n = 0;

	(count ? counted : work)(c, &back, bytes_of(o->data, o->n), mail, &n);
	for (unsigned i = 0; i < n; i++) {
		back = (struct path){ mail[i].path.remote,
		    mail[i].path.local };
		ike_datagram(c->ike, c->now, &back, bytes_of(mail[i].data,
		    mail[i].n));
		gw_out_fini(&mail[i]);
	}
}

static void
handshake(struct cost *c, uint32_t id, bool count)
{
	struct ike_out o;

	c->now.ns += 1000000;
	ike_peer_up(c->ike, c->now, id);
	while (ike_next(c->ike, &o)) {
		if (o.kind == IKE_OUT_DATAGRAM)
			deliver(c, &o, count);
		else if (o.kind == IKE_OUT_AUTH)
			auth_value(c, &o);
		else if (o.kind == IKE_OUT_SA_ADD)
			ike_installed(c->ike, c->now, o.token, NULL);
		else if (o.kind == IKE_OUT_EVENT)
			c->up += o.event == IKE_EV_CHILD_UP;
		ike_out_fini(&o);
	}
}

/* --- set up --- */

static struct conf *
hub_conf(unsigned n, bool resumption)
{
	char *text = malloc(64 + n * 640);
	struct conf_error why;
	struct conf *conf;
	int at;

	if (text == NULL)
		die("out of memory");
	at = sprintf(text, "connections = (");
	for (unsigned i = 0; i < n; i++)
		at += sprintf(text + at, "%s{ name = \"g%u\"; role = \"hub\";"
		    "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ];"
		    "phase1_integrity_algorithms = [ \"SHA2-256\" ];"
		    "phase1_dh_group_numbers = [ 31 ];"
		    "phase2_encryption_algorithms = [ \"AES128-GCM-16\" ];"
		    "session_resumption = %s;"
		    "tunnels = ( { local_outside_ip_address = \"192.0.2.2\";"
		    "remote_outside_ip_address = \"10.64.%u.%u\";"
		    "local_id = \"hub.bench.example\";"
		    "remote_id = \"g%u.bench.example\"; } ); }",
		    i == 0 ? "" : ",", i, resumption ? "true" : "false",
		    i / 256, i % 256, i);
	at += sprintf(text + at, ");");
	conf = conf_parse(bytes_of(text, (size_t)at), "bench", &why);
	free(text);
	if (conf == NULL)
		die(why.why.s);
	return conf;
}

static void
add_gateway(struct cost *c, const struct conf_connection *hub, unsigned i)
{
	const struct conf_tunnel *t = &hub->tunnels[0];
	const struct prefix any = { .addr = addr_any(ADDR_IPV4) };
	struct ike_peer_conf p = {
		.id = i + 1, .local = t->remote, .remote = t->local,
		.local_id = { .type = ID_FQDN, .n = t->remote_id.n,
		    .data = t->remote_id.data },
		.ike_lifetime = span_s(28800), .child_lifetime = span_s(3600),
		.rekey_margin = span_s(270), .dpd_timeout = span_s(600),
		.local_ts = { .n = 1, .ts = { ts_prefix(&any) } },
		.remote_ts = { .n = 1, .ts = { ts_prefix(&any) } },
		.ike = { .proto = PROTO_IKE,
		    .encr = { 1, { t->phase1.encr.row[0] } },
		    .prf = { 1, { (uint8_t)alg_index(alg_find(ALG_PRF,
			PRF_HMAC_SHA2_256, 0)) } },
		    .ke = { 1, { t->phase1.ke.row[0] } } },
		.esp = { .proto = PROTO_ESP,
		    .encr = { 1, { t->phase2.encr.row[0] } } },
		.resumption = c->resumption,
	};

	if (!ike_peer_add(c->ike, &p))
		die("out of memory");
}

/* The responder; another one in its place has its ticket keys. */
static void
start(struct cost *c, struct conf *conf)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	unsigned n = 0;

	c->gw = gw_new(conf, c->now, 0, seed, (struct bytes){ 0 });
	if (c->gw == NULL)
		die("out of memory");
	gw_tickets(c->gw, &c->tickets);
	work(c, NULL, (struct bytes){ 0 }, NULL, &n);
}

static void
set_up(struct cost *c)
{
	static const struct ike_limits limits = {
		.sas = 100000, .half_open = 1, .cookie_above = 1,
		.half_open_per_peer = 1,
	};
	const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct conf *conf = hub_conf(2 * c->count, c->resumption);
	int fd[2];

	drbg_seed(&c->drbg, seed);
	c->ike = ike_new(&limits, &c->drbg);
	if (c->ike == NULL || chan_pair(fd) < 0)
		die("out of memory");
	c->engine = chan_new(fd[0], CHAN_ENGINE, 8192);
	c->monitor = chan_new(fd[1], CHAN_MONITOR, 8192);
	for (unsigned i = 0; i < 2 * c->count; i++)
		add_gateway(c, &conf->connections[i], i);
	c->now = (struct instant){ 1000000000 };
	if (c->engine == NULL || c->monitor == NULL)
		die("out of memory");
	ticket_keys_init(&c->tickets, seed, c->now);
	start(c, conf);
}

static void
tear_down(struct cost *c)
{
	gw_free(c->gw);
	ike_free(c->ike);
	chan_free(c->engine);
	chan_free(c->monitor);
}

/* Both ends lose everything but tickets and their keys. */
static void
lose(struct cost *c)
{
	struct ike_out o;

	gw_free(c->gw);
	start(c, hub_conf(2 * c->count, true));
	for (unsigned i = 0; i < 2 * c->count; i++)
		sa_die(peer_main_sa(table_peer(c->ike, i + 1)), c->now, NULL);
	sa_settle_all(c->ike, c->now);
	while (ike_next(c->ike, &o))
		ike_out_fini(&o);
	c->up = 0;
}

static double
round_of(struct cost *c)
{
	c->us = 0;
	for (unsigned i = 0; i < 2 * c->count; i++)
		handshake(c, i + 1, i >= c->count);
	if (c->up != 2 * c->count)
		die("not every hand-shake was done");
	return c->us / c->count;
}

static int
resumed(struct cost *c)
{
	struct ike_peer_info info;
	double first, again;

	c->resumption = true;
	set_up(c);
	first = round_of(c);
	lose(c);
	again = round_of(c);
	for (unsigned i = 0; i < 2 * c->count; i++) {
		if (!ike_peer_get(c->ike, i + 1, &info) ||
		    !info.resumption.on)
			die("not every session was resumed");
	}
	printf("scratch=%.1f resumed=%.1f\n", first, again);
	tear_down(c);
	return 0;
}

static int
x25519_alone(void)
{
	const struct alg *a = alg_find(ALG_KE, KE_CURVE25519, 0);
	const uint8_t seed[DRBG_SEED_LEN] = { 2 };
	struct kex *other, *k;
	struct timespec t[2];
	struct secret z;
	struct drbg d;

	drbg_seed(&d, seed);
	other = kex_new(a, &d);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[0]);
	for (int i = 0; i < 4000; i++) {
		k = kex_new(a, &d);
		if (k == NULL || !kex_shared(k, kex_public(other), &z))
			die("X25519 failed");
		kex_free(k);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[1]);
	kex_free(other);
	printf("%.1f\n", ((double)(t[1].tv_sec - t[0].tv_sec) * 1e9 +
	    (double)(t[1].tv_nsec - t[0].tv_nsec)) / 4000 / 1e3);
	return 0;
}

int
main(int argc, char **argv)
{
	bool resume = argc > 2 && strcmp(argv[1], "-r") == 0;
	const char *count = argc > 1 ? argv[1 + resume] : "100";
	struct cost c = { .count = (unsigned)strtoul(count, NULL, 10) };

	if (argc > 1 && strcmp(argv[1], "-x") == 0 && crypto_init())
		return x25519_alone();
	if (c.count == 0 || c.count > 10000 || !crypto_init())
		die("usage: ikecost [-x | [-r] COUNT]");
	if (resume)
		return resumed(&c);
	set_up(&c);
	round_of(&c);
	printf("counted=%u\n", c.count);
	tear_down(&c);
	return 0;
}
