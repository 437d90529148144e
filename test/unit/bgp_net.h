/*
 * Speakers in one process for bgp_speaker_test.c: a virtual clock, TCP as two
 * queues of octets per connection that are delivered in random cuts and random
 * order, and what each host was told.  Node a and node b are neighbours on a
 * tunnel of their own; all randomness comes from the seed.
 */
#ifndef TEST_BGP_NET_H
#define TEST_BGP_NET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bgp/bgp.h"
#include "crypto/prf.h"
#include "util/array.h"

#define NODES	4
#define WIRES	64

struct pipe {
	uint8_t		octets[1 << 18];
	size_t		head, n;
};

struct wire {			/* one TCP connection */
	bool		open, up;
	int		node[2];	/* [0] connected; -1: the test */
	uint32_t	peer[2], conn[2];
	bool		closing[2];	/* that end closes once it is drained */
	struct pipe	to[2];		/* octets for that end */
};

struct table {
	unsigned	n;
	struct bgp_route route[32];
};

struct net {
	unsigned	seed;
	struct drbg	dice;
	struct instant	now;
	struct drbg	drbg[NODES];
	struct bgp	*bgp[NODES];
	uint32_t	asn[NODES];
	struct table	table[NODES];	/* as BGP_OUT_ROUTE told it */
	char		log[NODES][16384];
	bool		cut[NODES][NODES];	/* the tunnel is dead */
	struct wire	wire[WIRES];
};

static struct net *net;

static struct addr
ip(const char *s)
{
	struct addr a = { 0 };

	assert_true(addr_parse(&a, s));
	return a;
}

static struct prefix
pfx(const char *s)
{
	struct prefix p = { 0 };

	assert_true(prefix_parse(&p, s));
	return p;
}

/* Node a's name for node b, and its address towards it. */
static uint32_t
peer_id(int a, int b)
{
	return (uint32_t)(10 * (a + 1) + b);
}

static struct addr
inside(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;
	char text[ADDR_STRLEN];

	snprintf(text, sizeof(text), "169.254.%d.%d", 10 * low + high,
	    a == low ? 1 : 2);
	return ip(text);
}

static struct addr
inside6(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;
	char text[ADDR_STRLEN];

	snprintf(text, sizeof(text), "fd00:%d::%d", 10 * low + high,
	    a == low ? 1 : 2);
	return ip(text);
}

static void
net_new(unsigned seed, int nodes)
{
	uint8_t octets[DRBG_SEED_LEN] = { (uint8_t)seed, (uint8_t)(seed >> 8) };

	net = calloc(1, sizeof(*net));
	assert_non_null(net);
	net->seed = seed;
	net->now = (struct instant){ 1000000000000 };
	drbg_seed(&net->dice, octets);
	for (int i = 0; i < nodes; i++) {
		octets[2] = (uint8_t)(i + 1);
		net->asn[i] = i == 0 ? 64512 : 4200000000u + (uint32_t)i;
		drbg_seed(&net->drbg[i], octets);
		net->bgp[i] = bgp_new(0x0a000001u + (uint32_t)i,
		    &net->drbg[i]);
		assert_non_null(net->bgp[i]);
	}
}

static void
net_free(void)
{
	for (int i = 0; i < NODES; i++)
		bgp_free(net->bgp[i]);
	free(net);
}

static struct bgp_peer_conf
conf_of(int a, int b)
{
	return (struct bgp_peer_conf){
		.id = peer_id(a, b), .local = inside(a, b),
		.remote = inside(b, a), .next_hop4 = inside(a, b),
		.next_hop6 = inside6(a, b), .local_asn = net->asn[a],
		.remote_asn = net->asn[b], .hold_time = 30,
	};
}

static void
add_peer(int a, int b, const struct bgp_peer_conf *conf)
{
	struct bgp_peer_conf plain = conf_of(a, b);

	assert_true(bgp_peer_add(net->bgp[a], net->now,
	    conf == NULL ? &plain : conf));
	bgp_peer_start(net->bgp[a], net->now, peer_id(a, b));
}

static struct bgp_peer_info
info(int a, int b)
{
	struct bgp_peer_info i = { 0 };

	assert_true(bgp_peer_get(net->bgp[a], peer_id(a, b), &i));
	return i;
}

/* The table of a node. */

static struct bgp_route *
route(int node, const char *text)
{
	struct prefix p = pfx(text);

	for (unsigned i = 0; i < net->table[node].n; i++) {
		if (prefix_eq(&net->table[node].route[i].prefix, &p))
			return &net->table[node].route[i];
	}
	return NULL;
}

static void
take_route(int node, const struct bgp_route *r)
{
	struct table *t = &net->table[node];
	unsigned i = 0;

	while (i < t->n && !prefix_eq(&t->route[i].prefix, &r->prefix))
		i++;
	if (r->n == 0) {
		assert_true(i < t->n);	/* never gone before it was there */
		t->route[i] = t->route[--t->n];
		return;
	}
	assert_true(i < ARRAY_SIZE(t->route));
	t->route[i] = *r;
	if (i == t->n)
		t->n++;
}

/* What bgp_route_each() shows is what BGP_OUT_ROUTE told. */
static void
check_tables(void)
{
	for (int node = 0; node < NODES && net->bgp[node] != NULL; node++) {
		struct bgp_route r;
		size_t pos = 0;
		unsigned n = 0;

		while (bgp_route_each(net->bgp[node], &pos, &r)) {
			struct bgp_route *told = NULL;
			char text[PREFIX_STRLEN];

			told = route(node, prefix_str(&r.prefix, text));
			assert_non_null(told);
			assert_int_equal(told->n, r.n);
			assert_memory_equal(told->paths, r.paths,
			    sizeof(r.paths));
			n++;
		}
		assert_int_equal(n, net->table[node].n);
	}
}

/* The network between them. */

static void
wire_close(struct wire *w, int from)
{
	w->open = false;
	if (w->up && w->node[!from] >= 0)
		bgp_closed(net->bgp[w->node[!from]], net->now,
		    w->conn[!from], NULL);
}

static void
connect_to(int node, const struct bgp_out *out)
{
	struct wire *w = net->wire;

	while (w->open)
		w++;
	assert_true(w < net->wire + WIRES);
	memset(w, 0, sizeof(*w));
	w->open = true;
	w->node[0] = node;
	w->peer[0] = out->peer;
	w->conn[0] = out->conn;
	w->node[1] = -1;
	for (int b = 0; b < NODES; b++) {
		struct addr there = inside(b, node), here = inside(node, b);

		if (b != node && addr_eq(&there, &out->remote) &&
		    addr_eq(&here, &out->local))
			w->node[1] = b;
	}
	assert_true(w->node[1] >= 0);
	w->peer[1] = peer_id(w->node[1], node);
}

static struct wire *
wire_of(int node, uint32_t conn, int *end)
{
	for (struct wire *w = net->wire; w < net->wire + WIRES; w++) {
		for (*end = 0; w->open && *end < 2; (*end)++) {
			if (w->node[*end] == node && w->conn[*end] == conn)
				return w;
		}
	}
	return NULL;
}

static void
drain(int node, uint32_t conn)
{
	int end = 0;
	struct wire *w = wire_of(node, conn, &end);
	struct bytes b;
	struct pipe *p;
	size_t n;

	if (w == NULL)
		return;
	p = &w->to[!end];
	b = bgp_pull(net->bgp[node], conn);
	if (b.n == 0 || p->head + p->n + b.n > sizeof(p->octets)) {
		if (b.n == 0 && w->closing[end] && p->n == 0)
			wire_close(w, end);
		return;
	}
	n = 1 + drbg_below(&net->dice, (uint32_t)b.n);
	memcpy(p->octets + p->head + p->n, b.p, n);
	p->n += n;
	bgp_sent(net->bgp[node], net->now, conn, n);
}

static void
obey(int node, const struct bgp_out *out)
{
	char *log = net->log[node];
	struct wire *w;
	int end = 0;

	switch (out->kind) {
	case BGP_OUT_CONNECT:
		connect_to(node, out);
		break;
	case BGP_OUT_CLOSE:
		w = wire_of(node, out->conn, &end);
		if (w != NULL && !w->up)
			w->open = false;
		else if (w != NULL)
			w->closing[end] = true;
		break;
	case BGP_OUT_SEND:
		drain(node, out->conn);
		break;
	case BGP_OUT_ROUTE:
		take_route(node, &out->route);
		break;
	case BGP_OUT_EVENT:
		str_add(log, sizeof(net->log[0]), "%u %s\n", out->peer,
		    out->text.s);
		break;
	}
}

static bool
is_cut(const struct wire *w)
{
	if (w->node[0] < 0)
		return false;
	return net->cut[w->node[0]][w->node[1]] ||
	    net->cut[w->node[1]][w->node[0]];
}

static void
establish(struct wire *w)
{
	w->conn[1] = bgp_accepted(net->bgp[w->node[1]], net->now, w->peer[1]);
	if (w->conn[1] == 0) {
		w->open = false;
		bgp_connected(net->bgp[w->node[0]], net->now, w->conn[0],
		    "Connection refused");
		return;
	}
	w->up = true;
	bgp_connected(net->bgp[w->node[0]], net->now, w->conn[0], NULL);
}

/* Moves one connection a little; false: nothing to move. */
static bool
wire_step(struct wire *w)
{
	int end = (int)drbg_below(&net->dice, 2);
	struct pipe *p = &w->to[end];
	size_t n;

	if (!w->open || is_cut(w))
		return false;
	if (!w->up) {
		establish(w);
		return true;
	}
	if (p->n == 0)
		p = &w->to[end = !end];
	if (p->n > 0) {
		n = 1 + drbg_below(&net->dice, (uint32_t)p->n);
		p->head += n;
		p->n -= n;
		if (w->node[end] >= 0)
			bgp_stream(net->bgp[w->node[end]], net->now,
			    w->conn[end],
			    bytes_of(p->octets + p->head - n, n));
		if (p->n == 0)
			p->head = 0;
		return true;
	}
	for (end = 0; end < 2; end++) {
		if (w->closing[end]) {
			drain(w->node[end], w->conn[end]);
			return true;
		}
	}
	return false;
}

/* Until nothing moves at this instant. */
static void
settle(void)
{
	struct bgp_out out;
	bool moved = true;

	while (moved) {
		unsigned first = drbg_below(&net->dice, WIRES);

		moved = false;
		for (int i = 0; i < NODES && net->bgp[i] != NULL; i++) {
			while (bgp_next(net->bgp[i], &out)) {
				obey(i, &out);
				moved = true;
			}
		}
		for (unsigned i = 0; i < WIRES && !moved; i++)
			moved = wire_step(&net->wire[(first + i) % WIRES]);
	}
}

static void
run(int64_t ms)
{
	struct instant end = instant_after(net->now, span_ms(ms)), next;

	for (;;) {
		settle();
		next = end;
		for (int i = 0; i < NODES && net->bgp[i] != NULL; i++)
			next = instant_min(next, bgp_deadline(net->bgp[i]));
		if (instant_due(end, next))
			break;
		if (next.ns > net->now.ns)
			net->now = next;
		for (int i = 0; i < NODES && net->bgp[i] != NULL; i++)
			bgp_tick(net->bgp[i], net->now);
	}
	net->now = end;
	settle();
	check_tables();
}

static inline unsigned
open_wires(void)
{
	unsigned n = 0;

	for (struct wire *w = net->wire; w < net->wire + WIRES; w++)
		n += w->open && w->up;
	return n;
}

static bool
established(int a, int b)
{
	return info(a, b).state == BGP_ESTABLISHED &&
	    info(b, a).state == BGP_ESTABLISHED;
}

static void
network(int node, const char *text)
{
	struct prefix p = pfx(text);

	assert_true(bgp_network_add(net->bgp[node], net->now, BGP_TABLE_MAIN, &p));
}

#endif
