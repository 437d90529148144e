/*
 * Route churn against the reference of bgp_model.c: six neighbours of every
 * kind announce, withdraw, come and go, ask for a refresh, or do not read for
 * a while; networks of our own come and go; policies and the like change amid
 * sessions.  After every step Loc-RIB, what
 * the host was told of it (the FIB) and the Adj-RIB-Out of everybody who reads
 * must be what the reference says.  A seed that fails is printed and replays.
 *
 *	bgp_explore [--check | --seeds N | --seed S]
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/aspath.h"
#include "bgp/bgp.h"
#include "bgp/limit.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/speaker.h"
#include "bgp/update.h"
#include "crypto/prf.h"
#include "sim/bgp_policies.h"
#include "util/array.h"

#define OTHER_ASN	65099	/* of ours, towards one neighbour */
#define STEPS		250

static const struct model_peer kinds[MODEL_PEERS] = {
	{ .asn = 65010, .local_asn = EXPLORE_ASN, .as4 = true, .transit = true,
	    .router_id = 60 },
	{ .asn = 65010, .local_asn = EXPLORE_ASN, .as4 = true, .transit = true,
	    .router_id = 50 },
	{ .asn = 65020, .local_asn = EXPLORE_ASN, .transit = true,
	    .router_id = 40 },
	{ .asn = EXPLORE_ASN, .local_asn = EXPLORE_ASN, .ibgp = true, .as4 = true,
	    .transit = true, .router_id = 30 },
	{ .asn = EXPLORE_ASN, .local_asn = EXPLORE_ASN, .ibgp = true, .as4 = true,
	    .transit = true, .router_id = 20 },
	{ .asn = 65030, .local_asn = OTHER_ASN, .as4 = true,
	    .router_id = 10 },
};

struct world {
	struct model	model;
	struct bgp	*bgp;
	struct drbg	drbg, chance;
	struct instant	now;
	uint32_t	conn[MODEL_PEERS];	/* 0: down */
	bool		lazy[MODEL_PEERS];	/* does not read */
	bool		behind;		/* routes wait to be judged again */
	struct model_told told[MODEL_PEERS][MODEL_NETS];
	unsigned	fib[MODEL_TABLES][MODEL_NETS];	/* bit per peer */
	unsigned	fib_best[MODEL_TABLES][MODEL_NETS];
	struct reason	why;
};

static void __attribute__((format(printf, 2, 3)))
wrong(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->why.s[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(w->why.s, sizeof(w->why.s), fmt, ap);
	va_end(ap);
}

static uint32_t
below(struct world *w, uint32_t n)
{
	return drbg_below(&w->chance, n);
}

static unsigned
net_of(const struct prefix *p)
{
	return p->addr.b[1] < MODEL_NETS ? p->addr.b[1] : 0;
}

static struct addr
inside(unsigned peer, uint8_t last)
{
	return (struct addr){ ADDR_IPV4, { 169, 254, (uint8_t)peer, last } };
}

static struct addr
inside6(unsigned peer, uint8_t last)
{
	return (struct addr){ ADDR_IPV6,
	    { 0xfe, 0x01, [13] = (uint8_t)peer, [15] = last } };
}

/* --- what the speaker says --- */

static uint8_t
communities_of(const struct attrs *a)
{
	struct rd r = rd_of(attrs_find(a, ATTR_COMMUNITIES));
	uint8_t set = 0;

	while (r.n > 0) {
		uint32_t c = rd_u32(&r);

		for (unsigned i = 0; i < EXPLORE_COMMUNITIES; i++)
			set |= (uint8_t)(c == explore_community(i)) << i;
	}
	return set;
}

static void
read_route(struct world *w, unsigned peer, const struct attrs *a,
    enum addr_family family, struct bytes nlri)
{
	struct model_told t = { .there = a != NULL };
	struct rd r = rd_of(nlri);
	struct prefix p;

	if (a != NULL) {
		t.n = aspath_list(attrs_path(a), t.as, ARRAY_SIZE(t.as));
		t.origin = a->origin;
		t.communities = communities_of(a);
		t.has_med = (a->has & ATTRS_MED) != 0;
		t.med = a->med;
		t.local_pref = kinds[peer].ibgp ? a->local_pref : 0;
	}
	while (family != ADDR_NONE && nlri_next(&r, family, &p))
		w->told[peer][net_of(&p)] = t;
}

static void
read_update(struct world *w, unsigned peer, struct bytes body)
{
	const struct attr_mode mode = {
		.ibgp = kinds[peer].ibgp, .as4 = kinds[peer].as4,
		.remote_asn = kinds[peer].as4 ? kinds[peer].local_asn :
		    OPEN_AS_TRANS,
	};
	union attrs_buf buf;
	struct update u;
	struct fault f;

	if (update_parse(&u, body, &mode, &f) != ATTR_OK) {
		wrong(w, "peer %u is told what it must refuse: %s", peer,
		    f.text.s);
		return;
	}
	attr_canon(&buf, &u.attrs, &mode, &u.attrs.next_hop);
	read_route(w, peer, NULL, ADDR_IPV4, u.withdrawn);
	read_route(w, peer, NULL, u.attrs.unreach.family,
	    u.attrs.unreach.nlri);
	read_route(w, peer, &buf.attrs, ADDR_IPV4, u.nlri);
	read_route(w, peer, &buf.attrs, u.attrs.reach.family,
	    u.attrs.reach.nlri);
}

/* All that waits for this peer, in pieces that end anywhere. */
static void
drain(struct world *w, unsigned peer)
{
	static uint8_t stream[1 << 20];
	struct bytes b;
	struct fault f;
	struct msg m;
	struct rd r;
	size_t n = 0;

	while (w->conn[peer] != 0 &&
	    (b = bgp_pull(w->bgp, w->conn[peer])).n > 0 &&
	    n + b.n <= sizeof(stream)) {
		size_t take = 1 + below(w, (uint32_t)b.n);

		memcpy(stream + n, b.p, take);
		n += take;
		bgp_sent(w->bgp, w->now, w->conn[peer], take);
	}
	r = rd_of(bytes_of(stream, n));
	while (msg_next(&r, &m, &f) == MSG_WHOLE) {
		if (m.type == MSG_UPDATE)
			read_update(w, peer, m.body);
		else if (m.type == MSG_NOTIFICATION)
			wrong(w, "peer %u is sent a NOTIFICATION", peer);
	}
	if (r.n != 0)
		wrong(w, "peer %u is sent half a message", peer);
}

static void
read_fib(struct world *w, const struct bgp_route *r)
{
	unsigned net = net_of(&r->prefix), set = 0, table = 0;

	while (table < MODEL_TABLES && explore_table(table) != r->table)
		table++;
	if (table == MODEL_TABLES) {
		wrong(w, "net %u: the FIB is told of table %u", net, r->table);
		return;
	}
	for (unsigned i = 0; i < r->n; i++)
		set |= 1u << (r->paths[i].peer - 1);
	w->fib[table][net] = set;
	w->fib_best[table][net] = r->n > 0 ? r->paths[0].peer - 1 : 0;
}

static void
obey(struct world *w)
{
	struct bgp_out out;

	for (bool any = true; any;) {
		any = false;
		while (bgp_next(w->bgp, &out)) {
			any = true;
			if (out.kind == BGP_OUT_ROUTE)
				read_fib(w, &out.route);
		}
		for (unsigned i = 0; i < MODEL_PEERS; i++) {
			if (!w->lazy[i])
				drain(w, i);
		}
	}
}

/* --- what the neighbours say --- */

static void
put_attr(struct wr *w, uint8_t flags, uint8_t type, struct bytes value)
{
	wr_u8(w, flags);
	wr_u8(w, type);
	wr_u8(w, (uint8_t)value.n);
	wr_bytes(w, value);
}

static void
put_u32(struct wr *w, uint8_t flags, uint8_t type, uint32_t v)
{
	uint8_t b[4];
	struct wr value = wr_of(b, sizeof(b));

	wr_u32(&value, v);
	put_attr(w, flags, type, wr_done(&value));
}

static void
put_as_path(struct wr *w, unsigned peer, const struct model_path *p)
{
	uint8_t b[64];
	struct wr value = wr_of(b, sizeof(b));

	if (p->n > 0) {
		wr_u8(&value, ASPATH_SEQUENCE);
		wr_u8(&value, (uint8_t)p->n);
	}
	for (unsigned i = 0; i < p->n; i++) {
		if (kinds[peer].as4)
			wr_u32(&value, p->as[i]);
		else
			wr_u16(&value, (uint16_t)p->as[i]);
	}
	put_attr(w, 0x40, ATTR_AS_PATH, wr_done(&value));
}

static void
put_reach(struct wr *w, unsigned peer, struct bytes nlri)
{
	const struct addr hop = inside6(peer, 2);
	uint8_t b[200];
	struct wr value = wr_of(b, sizeof(b));

	wr_u16(&value, AFI_IPV6);
	wr_u8(&value, SAFI_UNICAST);
	wr_u8(&value, 16);
	wr_bytes(&value, addr_bytes(&hop));
	wr_u8(&value, 0);
	wr_bytes(&value, nlri);
	put_attr(w, 0x80, ATTR_MP_REACH, wr_done(&value));
}

static void
put_attrs(struct wr *w, unsigned peer, const struct model_path *p)
{
	const struct addr hop = inside(peer, 2);
	uint8_t b[4 * EXPLORE_COMMUNITIES];
	struct wr communities = wr_of(b, sizeof(b));

	put_attr(w, 0x40, ATTR_ORIGIN, bytes_of(&p->origin, 1));
	put_as_path(w, peer, p);
	put_attr(w, 0x40, ATTR_NEXT_HOP, addr_bytes(&hop));
	if (p->has_med)
		put_u32(w, 0x80, ATTR_MED, p->med);
	if (kinds[peer].ibgp)
		put_u32(w, 0x40, ATTR_LOCAL_PREF, p->local_pref);
	for (unsigned i = 0; i < EXPLORE_COMMUNITIES; i++) {
		if ((p->communities >> i & 1) != 0)
			wr_u32(&communities, explore_community(i));
	}
	if (communities.n > 0)
		put_attr(w, 0xc0, ATTR_COMMUNITIES, wr_done(&communities));
}

static void
hear(struct world *w, unsigned peer, struct bytes b)
{
	struct rd r = rd_of(b);

	while (r.n > 0)
		bgp_stream(w->bgp, w->now, w->conn[peer],
		    rd_bytes(&r, 1 + below(w, (uint32_t)r.n)));
}

/* Some prefixes of one family, as bits. */
static unsigned
some_nets(struct world *w)
{
	unsigned v4 = (1u << EXPLORE_IPV4) - 1, all = (1u << MODEL_NETS) - 1;
	unsigned family = below(w, 3) > 0 ? v4 : all & ~v4, set = 0;

	while (set == 0)
		set = family & below(w, all + 1) & below(w, all + 1);
	return set;
}

static struct bytes
nlri_of(unsigned set, uint8_t *room, size_t size)
{
	struct wr w = wr_of(room, size);

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		struct prefix p = explore_prefix(net);

		if ((set >> net & 1) != 0)
			nlri_put(&w, &p);
	}
	return wr_done(&w);
}

static struct model_path
some_path(struct world *w, unsigned peer)
{
	struct model_path p = {
		.there = true, .origin = (uint8_t)below(w, 3),
		.has_med = below(w, 2) == 0, .med = below(w, 3),
		.local_pref = kinds[peer].ibgp ? 90 + below(w, 3) * 10 : 100,
		.communities = (uint8_t)(below(w, 16) & below(w, 16)),
	};
	unsigned more = below(w, 3);

	p.communities |= (uint8_t)((below(w, 8) == 0 ? MODEL_NO_EXPORT : 0) |
	    (below(w, 8) == 0 ? MODEL_NO_ADVERTISE : 0) |
	    (below(w, 10) == 0 ? MODEL_SHUTDOWN : 0));
	if (!p.has_med)
		p.med = 0;
	if (!kinds[peer].ibgp)
		p.as[p.n++] = kinds[peer].asn;
	while (more-- > 0) {
		uint32_t as = explore_pool[below(w,
		    kinds[peer].as4 ? EXPLORE_POOL : 5)];

		/* Our own AS in it now and then. */
		if (as != EXPLORE_ASN || below(w, 4) == 0)
			p.as[p.n++] = as;
	}
	return p;
}

static void
announce(struct world *w, unsigned peer)
{
	uint8_t room[512], nlri_room[200], attrs_room[300];
	struct wr m = wr_of(room, sizeof(room));
	struct wr a = wr_of(attrs_room, sizeof(attrs_room));
	unsigned set = some_nets(w);
	bool v6 = set >> EXPLORE_IPV4 != 0;
	struct model_path p = some_path(w, peer);
	struct bytes nlri = nlri_of(set, nlri_room, sizeof(nlri_room));
	size_t at = msg_begin(&m, MSG_UPDATE);

	if (v6)
		put_reach(&a, peer, nlri);
	put_attrs(&a, peer, &p);
	wr_u16(&m, 0);
	wr_u16(&m, (uint16_t)a.n);
	wr_bytes(&m, wr_done(&a));
	if (!v6)
		wr_bytes(&m, nlri);
	msg_end(&m, at);
	for (unsigned net = 0; net < MODEL_NETS; net++) {
		if ((set >> net & 1) != 0)
			w->model.in[peer][net] = p;
	}
	hear(w, peer, wr_done(&m));
}

static void
withdraw(struct world *w, unsigned peer)
{
	uint8_t room[512];
	struct wr m = wr_of(room, sizeof(room));
	struct prefix list[MODEL_NETS];
	unsigned set = some_nets(w);
	size_t n = 0;

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		if ((set >> net & 1) == 0)
			continue;
		list[n++] = explore_prefix(net);
		w->model.in[peer][net].there = false;
	}
	update_put_unreach(&m, list, n);
	hear(w, peer, wr_done(&m));
}

static void
refresh(struct world *w, unsigned peer)
{
	uint8_t room[64];
	struct wr m = wr_of(room, sizeof(room));
	size_t at = msg_begin(&m, MSG_ROUTE_REFRESH);

	wr_u16(&m, below(w, 2) == 0 ? AFI_IPV4 : AFI_IPV6);
	wr_u8(&m, 0);
	wr_u8(&m, SAFI_UNICAST);
	msg_end(&m, at);
	hear(w, peer, wr_done(&m));
}

static void
come(struct world *w, unsigned peer)
{
	const struct open o = {
		.asn = kinds[peer].asn, .router_id = kinds[peer].router_id,
		.hold_time = 90, .families = OPEN_IPV4 | OPEN_IPV6,
		.as4 = kinds[peer].as4, .refresh = true,
	};
	uint8_t room[256];
	struct wr m = wr_of(room, sizeof(room));

	w->conn[peer] = bgp_accepted(w->bgp, w->now, peer + 1);
	if (w->conn[peer] == 0) {
		wrong(w, "peer %u is not let in", peer);
		return;
	}
	open_put(&m, &o);
	msg_put_keepalive(&m);
	hear(w, peer, wr_done(&m));
	w->model.peer[peer].up = true;
}

static void
go(struct world *w, unsigned peer)
{
	bgp_closed(w->bgp, w->now, w->conn[peer], "it went");
	w->conn[peer] = 0;
	w->lazy[peer] = false;
	w->model.peer[peer].up = false;
	memset(w->model.in[peer], 0, sizeof(w->model.in[peer]));
	memset(w->told[peer], 0, sizeof(w->told[peer]));
}

/* --- policies --- */

static void
some_soft(struct world *w, struct model_peer *p)
{
	uint32_t what = below(w, 10);

	if (what == 8)
		p->table = below(w, MODEL_TABLES);
	else if (what == 9)
		p->into = below(w, 1u << MODEL_TABLES);
	else if (what < 3)
		p->import = explore_policy(&w->chance);
	else if (what < 6)
		p->export = explore_policy(&w->chance);
	else if (what == 6)
		p->drain = below(w, 4) == 0;
	if (below(w, 4) > 0)
		return;
	p->allow_own = below(w, 3);
	p->override = !p->ibgp && below(w, 2) == 0;
	p->tell_loops = below(w, 3) == 0;
	p->no_private = below(w, 3) == 0;
	p->heed = below(w, 4) > 0;
}

static void
change(struct world *w, unsigned peer)
{
	struct bgp_soft soft;

	some_soft(w, &w->model.peer[peer]);
	soft = explore_soft(&w->model.peer[peer]);
	bgp_peer_change(w->bgp, w->now, peer + 1, &soft);
	explore_soft_end(&soft);
	w->behind = w->behind || below(w, 3) == 0;
}

static void
toggle_own(struct world *w)
{
	unsigned net = below(w, MODEL_NETS), table = below(w, MODEL_TABLES);
	struct prefix p = explore_prefix(net);
	bool *own = &w->model.own[table][net];

	*own = !*own;
	if (*own)
		bgp_network_add(w->bgp, w->now, explore_table(table), &p);
	else
		bgp_network_del(w->bgp, w->now, explore_table(table), &p);
}

/* --- is it as it should be? --- */

static void
check_chosen(struct world *w, unsigned table, unsigned net)
{
	const struct prefix p = explore_prefix(net);
	struct bgp_route r = { .n = 0 };
	unsigned best = 0, set = 0, got = 0;

	if (!w->model.own[table][net])
		set = model_choose(&w->model, table, net, &best);
	if (bgp_route_get(w->bgp, explore_table(table), &p, &r)) {
		for (unsigned i = 0; i < r.n; i++)
			got |= 1u << (r.paths[i].peer - 1);
	}
	if (got != set || (set != 0 && r.paths[0].peer - 1 != best))
		wrong(w, "net %u: table %u has peers %x, expected %x, best %u",
		    net, table, got, set, best);
	if (w->fib[table][net] != set ||
	    (set != 0 && w->fib_best[table][net] != best))
		wrong(w, "net %u: the FIB of table %u was told of peers %x, "
		    "expected %x, best %u", net, table, w->fib[table][net],
		    set, best);
}

static bool
same_told(const struct model_told *a, const struct model_told *b)
{
	return a->there == b->there && (!a->there || (a->n == b->n &&
	    memcmp(a->as, b->as, a->n * sizeof(a->as[0])) == 0 &&
	    a->origin == b->origin && a->communities == b->communities &&
	    a->has_med == b->has_med && a->med == b->med &&
	    a->local_pref == b->local_pref));
}

/* Adj-RIB-In is counted once, in however many tables it is. */
static void
check_held(struct world *w, unsigned peer)
{
	struct bgp_peer_info info;
	unsigned held = 0, told = 0;

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		held += w->model.in[peer][net].there;
		told += w->told[peer][net].there;
	}
	if (!bgp_peer_get(w->bgp, peer + 1, &info) ||
	    !w->model.peer[peer].up)
		return;
	if (info.held != held)
		wrong(w, "peer %u: %u routes are held, expected %u", peer,
		    info.held, held);
	if (!w->lazy[peer] && info.advertised != told)
		wrong(w, "peer %u: %u routes are advertised, expected %u",
		    peer, info.advertised, told);
}

static void
check(struct world *w)
{
	for (unsigned i = 0; i < MODEL_PEERS; i++)
		check_held(w, i);
	for (unsigned net = 0; net < MODEL_NETS; net++) {
		for (unsigned i = 0; i < MODEL_TABLES; i++)
			check_chosen(w, i, net);
		for (unsigned i = 0; i < MODEL_PEERS; i++) {
			struct model_told t = model_told(&w->model, i, net);

			if (!w->lazy[i] && !same_told(&t, &w->told[i][net]))
				wrong(w, "net %u: peer %u was told %d, path "
				    "of %u, expected %d, path of %u", net, i,
				    w->told[i][net].there,
				    w->told[i][net].n, t.there, t.n);
		}
	}
}

/* The host has time for what the speaker has to do at once, or for some. */
static void
catch_up(struct world *w)
{
	if (w->behind && below(w, 2) == 0)
		bgp_tick(w->bgp, w->now);
	while (!w->behind && instant_due(bgp_deadline(w->bgp), w->now))
		bgp_tick(w->bgp, w->now);
}

static void
step(struct world *w)
{
	unsigned peer = below(w, MODEL_PEERS);
	uint32_t what = below(w, 100);

	w->now = instant_after(w->now, span_ms(1));
	if (w->conn[peer] == 0)
		come(w, peer);
	else if (what < 55)
		announce(w, peer);
	else if (what < 75)
		withdraw(w, peer);
	else if (what < 80)
		go(w, peer);
	else if (what < 88)
		toggle_own(w);
	else if (what < 91)
		refresh(w, peer);
	else if (what < 95)
		w->lazy[peer] = !w->lazy[peer];
	else
		change(w, peer);
	if (below(w, 3) == 0)
		w->behind = false;
	catch_up(w);
	obey(w);
	if (!w->behind)
		check(w);
}

/* --- worlds --- */

static void
begin(struct world *w, uint64_t seed)
{
	uint8_t b[DRBG_SEED_LEN] = { 0 };
	struct wr s = wr_of(b, sizeof(b));

	wr_u64(&s, seed);
	memset(w, 0, sizeof(*w));
	drbg_seed(&w->chance, b);
	b[DRBG_SEED_LEN - 1] = 1;
	drbg_seed(&w->drbg, b);
	w->now = (struct instant){ 1000000000 };
	w->model.asn = EXPLORE_ASN;
	memcpy(w->model.peer, kinds, sizeof(kinds));
	for (unsigned i = 0; i < MODEL_PEERS; i++)
		w->model.peer[i].into = 1;
	w->bgp = bgp_new(0x0a000001, &w->drbg);
	if (below(w, 2) == 0)
		w->bgp->sweep = 1 + below(w, 8);
	for (unsigned i = 0; i < MODEL_PEERS; i++) {
		struct bgp_peer_conf c = {
			.id = i + 1, .local = inside(i, 1),
			.remote = inside(i, 2), .next_hop4 = inside(i, 1),
			.next_hop6 = inside6(i, 1),
			.local_asn = kinds[i].local_asn,
			.own_asn = kinds[i].local_asn == EXPLORE_ASN ? 0 :
			    EXPLORE_ASN,
			.remote_asn = kinds[i].asn, .hold_time = 90,
			.passive = true, .transit = kinds[i].transit,
		};

		if (below(w, 2) == 0)
			some_soft(w, &w->model.peer[i]);
		c.soft = explore_soft(&w->model.peer[i]);
		if (!bgp_peer_add(w->bgp, w->now, &c))
			wrong(w, "no memory");
		explore_soft_end(&c.soft);
		bgp_peer_start(w->bgp, w->now, i + 1);
	}
	obey(w);
}

static bool
world_runs(uint64_t seed, struct reason *why)
{
	static struct world w;
	unsigned n;

	begin(&w, seed);
	for (n = 0; n < STEPS && w.why.s[0] == '\0'; n++)
		step(&w);
	/* In the end everybody reads. */
	memset(w.lazy, 0, sizeof(w.lazy));
	w.behind = false;
	catch_up(&w);
	obey(&w);
	check(&w);
	bgp_free(w.bgp);
	reason_set(why, "step %u: %s", n, w.why.s);
	return w.why.s[0] == '\0';
}

int
main(int argc, char **argv)
{
	unsigned long long first = 1, n = 300, failed = 0;
	struct reason why;

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		n = strtoull(argv[2], NULL, 10);
	else if (argc == 3 && strcmp(argv[1], "--seed") == 0)
		first = strtoull(argv[2], NULL, 10);
	else if (argc != 1 && strcmp(argv[1], "--check") != 0) {
		fprintf(stderr, "usage: bgp_explore "
		    "[--check | --seeds N | --seed S]\n");
		return 2;
	}
	if (argc == 3 && strcmp(argv[1], "--seed") == 0)
		n = 1;
	if (!crypto_init())
		return 1;
	for (unsigned long long i = 0; i < n; i++) {
		if (world_runs(first + i, &why))
			continue;
		printf("# seed %llu: %s\n", first + i, why.s);
		failed++;
	}
	printf("%s - %llu worlds of route churn, %llu failed\n",
	    failed == 0 ? "ok" : "not ok", n, failed);
	return failed == 0 ? 0 : 1;
}
