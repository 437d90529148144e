/*
 * Hostile neighbours of a speaker with four peers, one of them within our AS,
 * one with 2-octet AS numbers, one with add-path and a role, each Established
 * before it is first heard.  Two of them restart gracefully, and one of these on
 * NOTIFICATION, too.
 * The input is a script of steps: octets or framed messages from one of the
 * peers, time that passes, connections, networks, stops, times in which nobody
 * reads.  Whatever the speaker
 * sends in return must be messages that we would accept ourselves.  The parsers
 * alone are in bgp_message.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"
#include "bgp/limit.h"
#include "bgp/open.h"
#include "bgp/trace.h"
#include "bgp/update.h"
#include "crypto/prf.h"

#define PEERS		4
#define LOCAL_ASN	4200000000u

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct {
	uint32_t	asn;
	bool		as4, transit;
	bool		rich;		/* add-path, and we are its customer */
	struct cap_restart restart;
} kinds[PEERS] = {
	{ 65010, true, true, false, { .there = true, .restarted = true,
	    .notify = true, .seconds = 20, .families = 3, .forwards = 3 } },
	{ LOCAL_ASN, true, true, false, { .there = true, .seconds = 20,
	    .families = 3, .forwards = OPEN_IPV4 } },
	{ 65020, false, false, false, { .there = false } },
	{ 65030, true, true, true, { .there = false } },
};

struct host {
	struct bgp	*bgp;
	struct instant	now;
	uint32_t	conn[PEERS];
	uint32_t	connecting[PEERS];
	unsigned	routes;
	bool		deaf;		/* nobody reads */
	uint32_t	trace;
};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static struct addr
v4(uint8_t third, uint8_t last)
{
	return (struct addr){ ADDR_IPV4, { 169, 254, third, last } };
}

static struct addr
v6(uint8_t last)
{
	return (struct addr){ ADDR_IPV6, { 0xfd, [15] = last } };
}

/* What we send is what we would take. */
static void
check_sent(unsigned peer, struct bytes sent)
{
	const struct attr_mode mode = {
		.ibgp = kinds[peer].asn == LOCAL_ASN, .as4 = kinds[peer].as4,
		.remote_asn = kinds[peer].as4 ? LOCAL_ASN : OPEN_AS_TRANS,
	};
	struct rd r = rd_of(sent);
	struct update u;
	struct open o;
	struct fault f;
	struct msg m;

	while (r.n > 0) {
		check(msg_next(&r, &m, &f) == MSG_WHOLE);
		if (m.type == MSG_UPDATE)
			check(update_parse(&u, m.body, &mode, &f) == ATTR_OK);
		if (m.type == MSG_OPEN)
			check(open_parse(&o, m.body, &f));
	}
}

static void
drain(struct host *h, uint32_t conn)
{
	unsigned peer = 0;
	struct bytes b;

	if (h->deaf)
		return;
	while (peer < PEERS - 1 && h->conn[peer] != conn)
		peer++;
	while ((b = bgp_pull(h->bgp, conn)).n > 0) {
		if (h->conn[peer] == conn)
			check_sent(peer, b);
		bgp_sent(h->bgp, h->now, conn, b.n);
	}
}

static void
obey(struct host *h)
{
	struct bgp_out out;

	while (bgp_next(h->bgp, &out)) {
		switch (out.kind) {
		case BGP_OUT_CONNECT:
			h->connecting[out.peer - 1] = out.conn;
			break;
		case BGP_OUT_CLOSE:
		case BGP_OUT_SEND:
			drain(h, out.conn);
			break;
		case BGP_OUT_ROUTE:
			check(out.route.n <= BGP_PATHS_MAX);
			check(out.route.n > 0 || h->routes > 0);
			h->routes += out.route.n > 0;
			break;
		case BGP_OUT_EVENT:
			check(strlen(out.text.s) < sizeof(out.text.s));
			break;
		}
	}
}

static void
hear_or_not(struct host *h)
{
	h->deaf = !h->deaf;
	for (unsigned i = 0; i < PEERS; i++)
		drain(h, h->conn[i]);
}

static void
framed(struct host *h, unsigned peer, uint8_t type, struct bytes body)
{
	uint8_t room[LIMIT_MESSAGE];
	struct wr w = wr_of(room, sizeof(room));
	size_t at = msg_begin(&w, type);

	wr_bytes(&w, body);
	msg_end(&w, at);
	if (!w.bad)
		bgp_stream(h->bgp, h->now, h->conn[peer], wr_done(&w));
}

static void
establish(struct host *h, unsigned peer)
{
	const struct open o = {
		.asn = kinds[peer].asn, .router_id = peer + 1,
		.hold_time = 30, .families = OPEN_IPV4 | OPEN_IPV6,
		.as4 = kinds[peer].as4, .refresh = true, .enhanced = true,
		.restart = kinds[peer].restart,
		.role = kinds[peer].rich ? BGP_ROLE_PROVIDER : BGP_ROLE_NONE,
		.paths_out = kinds[peer].rich ? OPEN_IPV4 | OPEN_IPV6 : 0,
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	h->conn[peer] = bgp_accepted(h->bgp, h->now, peer + 1);
	open_put(&w, &o);
	msg_put_keepalive(&w);
	bgp_stream(h->bgp, h->now, h->conn[peer], wr_done(&w));
	obey(h);
}

static void
network(struct host *h, bool add, uint8_t octet)
{
	struct prefix p = {
		.addr = { ADDR_IPV4, { 10, octet } }, .len = 16,
	};

	if (octet & 1)
		p.addr = (struct addr){ ADDR_IPV6, { 0xfd, octet } };
	if (add)
		check(bgp_network_add(h->bgp, h->now, BGP_TABLE_MAIN, &p));
	else
		bgp_network_del(h->bgp, h->now, BGP_TABLE_MAIN, &p);
}

static void
start(struct host *h, struct drbg *drbg)
{
	*h = (struct host){ .now = { 1 } };
	h->bgp = bgp_new(0x0a000001, drbg);
	check(h->bgp != NULL);
	network(h, true, 2);
	network(h, true, 3);
	for (unsigned i = 0; i < PEERS; i++) {
		const struct bgp_peer_conf c = {
			.id = i + 1, .local = v4((uint8_t)i, 1),
			.remote = v4((uint8_t)i, 2),
			.next_hop4 = v4((uint8_t)i, 1), .next_hop6 = v6(1),
			.local_asn = LOCAL_ASN, .remote_asn = kinds[i].asn,
			.hold_time = 30, .transit = kinds[i].transit,
			.add_path = kinds[i].rich,
			.role = kinds[i].rich ? BGP_ROLE_CUSTOMER :
			    BGP_ROLE_NONE,
			.soft = { .restart = BGP_RESTART_HELPER,
			    .restart_seconds = 20, .stale = span_s(60) },
		};

		check(bgp_peer_add(h->bgp, h->now, &c));
	}
}

/* |peer and what|argument, or length and octets| */
static void
step(struct host *h, struct rd *r)
{
	uint8_t what = rd_u8(r);
	unsigned peer = (what >> 4) % PEERS;
	struct bgp_peer_info info;
	struct bytes b;

	if (h->conn[peer] == 0) {
		bgp_peer_start(h->bgp, h->now, peer + 1);
		establish(h, peer);
	}
	switch (what & 15) {
	case 0:
		b = rd_bytes(r, rd_u16(r) % (r->n + 1));
		bgp_stream(h->bgp, h->now, h->conn[peer], b);
		break;
	case 1:
		h->now = instant_after(h->now, span_ms(100 * rd_u8(r)));
		bgp_tick(h->bgp, h->now);
		break;
	case 2:
		establish(h, peer);
		break;
	case 3:
		network(h, true, rd_u8(r));
		break;
	case 4:
		network(h, false, rd_u8(r));
		break;
	case 5:
		bgp_peer_stop(h->bgp, h->now, peer + 1, rd_u8(r) & 1, "stop");
		break;
	case 6:
		bgp_peer_start(h->bgp, h->now, peer + 1);
		break;
	case 7:
		bgp_closed(h->bgp, h->now, h->conn[peer], NULL);
		break;
	case 8:
		bgp_connected(h->bgp, h->now, h->connecting[peer],
		    rd_u8(r) & 1 ? "refused" : NULL);
		h->conn[peer] = h->connecting[peer];
		break;
	case 15:
		hear_or_not(h);
		break;
	default:
		b.n = rd_u8(r);
		b = rd_bytes(r, b.n % (r->n + 1));
		framed(h, peer, (what & 15) == 9 ? MSG_OPEN :
		    (what & 15) == 10 ? MSG_ROUTE_REFRESH :
		    (what & 15) == 11 ? MSG_KEEPALIVE :
		    (what & 15) == 12 ? MSG_NOTIFICATION : MSG_UPDATE, b);
		break;
	}
	obey(h);
	check(bgp_peer_get(h->bgp, peer + 1, &info));
	check(info.restart.stale <= info.held);
}

/* Somebody reads along, and begins again when his patience was too long. */
static void
follow(struct host *h)
{
	struct bytes record;

	if (!trace_is_open(h->bgp, h->trace))
		h->trace = trace_open(h->bgp, h->now, 0, NULL, 0);
	while (!h->deaf && trace_next(h->bgp, h->now, h->trace, &record)) {
		struct rd rd = rd_of(record);
		uint32_t n;

		rd_bytes(&rd, 8);
		n = rd_u32(&rd);
		check(n == rd.n && n >= 28);
	}
}

static void
script(struct rd *r)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct drbg drbg;
	struct host h;
	struct bgp_route route;
	size_t pos = 0;

	drbg_seed(&drbg, seed);
	start(&h, &drbg);
	while (r->n > 0) {
		step(&h, r);
		follow(&h);
	}
	while (bgp_route_each(h.bgp, &pos, &route))
		check(route.n > 0 && h.routes > 0);
	bgp_free(h.bgp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(bytes_of(data, size));

	if (crypto_init())
		script(&r);
	return 0;
}
