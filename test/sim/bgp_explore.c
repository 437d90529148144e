/*
 * Route churn against the reference of bgp_model.c: six neighbours of every
 * kind announce, withdraw, come and go, ask for a refresh, or do not read for
 * a while; two of them have several paths to a prefix (add-path), four have a
 * role; networks of our own come and go; policies and the like change amid
 * sessions; sessions end gracefully and otherwise, and neighbours come back
 * with what they had, with something else, or too late.  After every step
 * Loc-RIB, what the host was told of it (the FIB) and the Adj-RIB-Out of
 * everybody who reads must be what the reference says.  A seed that fails is
 * printed and replays.
 *
 *	bgp_explore [--check | --seeds N | --seed S]
 */
#include <string.h>

#include "bgp/aspath.h"
#include "bgp/bgp.h"
#include "bgp/limit.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/speaker.h"
#include "bgp/update.h"
#include "sim/bgp_policies.h"
#include "sim/bgp_restarts.h"
#include "sim/bgp_speech.h"
#include "sim/trial.h"
#include "util/array.h"

#define STEPS		250

static const enum bgp_role ours[] = {
	[MODEL_NO_ROLE] = BGP_ROLE_NONE,
	[MODEL_ITS_PROVIDER] = BGP_ROLE_PROVIDER,
	[MODEL_ITS_CUSTOMER] = BGP_ROLE_CUSTOMER,
	[MODEL_ITS_PEER] = BGP_ROLE_PEER,
};

struct world {
	struct model	model;
	struct bgp	*bgp;
	struct trial	trial;
	struct instant	now;
	uint32_t	conn[MODEL_PEERS];	/* 0: down */
	bool		lazy[MODEL_PEERS];	/* does not read */
	bool		behind;		/* routes wait to be judged again */
	struct restarts	restarts[MODEL_PEERS];
	bool		doubted[MODEL_PEERS][MODEL_NETS];	/* by BoRR */
	struct model_told told[MODEL_PEERS][MODEL_NETS];
	unsigned	fib[MODEL_TABLES][MODEL_NETS];	/* bit per peer */
	unsigned	fib_best[MODEL_TABLES][MODEL_NETS];
};

#define wrong(w, ...)	trial_wrong(&(w)->trial, __VA_ARGS__)

static uint32_t
below(struct world *w, uint32_t n)
{
	return trial_below(&w->trial, n);
}

static unsigned
net_of(const struct prefix *p)
{
	return p->addr.b[1] < MODEL_NETS ? p->addr.b[1] : 0;
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
		t.local_pref = speech_kinds[peer].ibgp ? a->local_pref : 0;
		if (!role_otc(a, &t.otc))
			t.otc = 0;
	}
	while (family != ADDR_NONE && nlri_next(&r, family, &p)) {
		w->told[peer][net_of(&p)] = t;
		w->doubted[peer][net_of(&p)] = false;
	}
}

/* As a neighbour must take our marks (RFC 7313 section 4). */
static void
read_refresh(struct world *w, unsigned peer, struct bytes body)
{
	struct refresh q = msg_refresh(body);
	bool v6 = q.afi == AFI_IPV6;

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		if ((net >= EXPLORE_IPV4) != v6)
			continue;
		if (q.subtype == REFRESH_BEGIN)
			w->doubted[peer][net] = true;
		else if (w->doubted[peer][net])
			w->told[peer][net].there = false;
	}
}

/* It leads to us, by the address that this peer knows. */
static void
check_hop(struct world *w, unsigned peer, const struct update *u)
{
	const struct addr ours4 = speech_inside(peer, 1);
	const struct addr ours6 = speech_inside6(peer, 1);

	if (u->nlri.n > 0 && !addr_eq(&u->attrs.next_hop, &ours4))
		wrong(w, "peer %u is told of an IPv4 next hop that is not "
		    "ours", peer);
	if (u->attrs.reach.nlri.n > 0 &&
	    !addr_eq(&u->attrs.reach.next_hop, &ours6))
		wrong(w, "peer %u is told of an IPv6 next hop that is not "
		    "ours", peer);
}

static void
read_update(struct world *w, unsigned peer, struct bytes body)
{
	const struct attr_mode mode = {
		.ibgp = speech_kinds[peer].ibgp, .as4 = speech_kinds[peer].as4,
		.remote_asn = speech_kinds[peer].as4 ? speech_kinds[peer].local_asn :
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
	check_hop(w, peer, &u);
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
		else if (m.type == MSG_ROUTE_REFRESH)
			read_refresh(w, peer, m.body);
		else if (m.type == MSG_NOTIFICATION)
			wrong(w, "peer %u is sent NOTIFICATION %u/%u", peer,
			    msg_notification(m.body).code,
			    msg_notification(m.body).subcode);
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
hear(struct world *w, unsigned peer, struct bytes b)
{
	struct rd r = rd_of(b);

	while (r.n > 0)
		bgp_stream(w->bgp, w->now, w->conn[peer],
		    rd_bytes(&r, 1 + below(w, (uint32_t)r.n)));
}

static void
announce(struct world *w, unsigned peer)
{
	uint8_t room[512];
	struct wr m = wr_of(room, sizeof(room));
	unsigned set = speech_nets(&w->trial.chance);
	unsigned which = speech_which(&w->trial.chance, peer);
	struct model_path p = speech_path(&w->trial.chance, peer);

	speech_announce(&m, peer, set, which, &p);
	for (unsigned net = 0; net < MODEL_NETS; net++) {
		if ((set >> net & 1) == 0)
			continue;
		w->model.in[peer][net][which] = p;
		w->restarts[peer].stale[net][which] = false;
	}
	hear(w, peer, wr_done(&m));
}

static void
withdraw(struct world *w, unsigned peer)
{
	uint8_t room[512];
	struct wr m = wr_of(room, sizeof(room));
	unsigned set = speech_nets(&w->trial.chance);
	unsigned which = speech_which(&w->trial.chance, peer);

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		if ((set >> net & 1) != 0)
			w->model.in[peer][net][which].there = false;
	}
	speech_withdraw(&m, peer, set, which);
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
come(struct world *w, unsigned peer, bool restarted)
{
	struct restarts *r = &w->restarts[peer];
	struct open o = {
		.asn = speech_kinds[peer].asn,
		.router_id = speech_kinds[peer].router_id,
		.hold_time = 90, .families = OPEN_IPV4 | OPEN_IPV6,
		.as4 = speech_kinds[peer].as4, .refresh = true, .enhanced = true,
		.restart = restarts_cap(&w->trial.chance, r->cap.there),
		.role = role_other(ours[speech_kinds[peer].role]),
		.paths_out = speech_kinds[peer].add_path ?
		    OPEN_IPV4 | OPEN_IPV6 : 0,
	};
	uint8_t room[256];
	struct wr m = wr_of(room, sizeof(room));

	if (restarted)
		o.restart.there = o.restart.restarted = true;
	w->conn[peer] = bgp_accepted(w->bgp, w->now, peer + 1);
	if (w->conn[peer] == 0) {
		wrong(w, "peer %u is not let in", peer);
		return;
	}
	open_put(&m, &o);
	msg_put_keepalive(&m);
	hear(w, peer, wr_done(&m));
	memset(w->told[peer], 0, sizeof(w->told[peer]));
	memset(w->doubted[peer], 0, sizeof(w->doubted[peer]));
	restarts_come(r, &w->model, peer, &o.restart);
}

static void
lost(struct world *w, unsigned peer)
{
	w->conn[peer] = 0;
	w->lazy[peer] = false;
	memset(w->told[peer], 0, sizeof(w->told[peer]));
}

/* It is gone, and what was sent to it and not read with it. */
static void
go(struct world *w, unsigned peer)
{
	bgp_closed(w->bgp, w->now, w->conn[peer], "it went");
	lost(w, peer);
	restarts_end(&w->restarts[peer], &w->model, peer, w->now, false);
}

static void
say_and_go(struct world *w, unsigned peer, bool hard)
{
	struct fault f = { 0 };
	uint8_t room[64];
	struct wr m = wr_of(room, sizeof(room));
	uint32_t conn = w->conn[peer];

	fault_set(&f, FAULT_CEASE, FAULT_RESET, (struct bytes){ 0 });
	f.hard = hard;
	msg_put_notification(&m, &f);
	hear(w, peer, wr_done(&m));
	bgp_closed(w->bgp, w->now, conn, NULL);
	lost(w, peer);
	if (hard)
		restarts_stop(&w->restarts[peer], &w->model, peer);
	else
		restarts_end(&w->restarts[peer], &w->model, peer, w->now,
		    true);
}

/* Its new connection is there before we know of the end of the old one. */
static void
replace(struct world *w, unsigned peer)
{
	struct restarts *r = &w->restarts[peer];
	uint32_t old = w->conn[peer];

	if (!r->cap.there || r->cap.families == 0) {
		go(w, peer);
		return;
	}
	restarts_end(r, &w->model, peer, w->now, false);
	w->lazy[peer] = false;
	come(w, peer, true);
	bgp_closed(w->bgp, w->now, old, NULL);
}

/* Our own end of the tunnel. */
static void
stop(struct world *w, unsigned peer)
{
	bgp_peer_stop(w->bgp, w->now, peer + 1, false, "the tunnel is down");
	if (w->conn[peer] != 0)
		bgp_closed(w->bgp, w->now, w->conn[peer], NULL);
	lost(w, peer);
	bgp_peer_start(w->bgp, w->now, peer + 1);
	restarts_stop(&w->restarts[peer], &w->model, peer);
}

static void
leave(struct world *w, unsigned peer)
{
	switch (below(w, 6)) {
	case 0:
		say_and_go(w, peer, false);
		break;
	case 1:
		say_and_go(w, peer, true);
		break;
	case 2:
		replace(w, peer);
		break;
	case 3:
		stop(w, peer);
		break;
	default:
		go(w, peer);
		break;
	}
}

static void
say_mark(struct world *w, unsigned peer)
{
	uint32_t what = below(w, 3);
	bool v6 = below(w, 2) == 0;
	enum addr_family family = v6 ? ADDR_IPV6 : ADDR_IPV4;
	uint8_t room[64], bit = v6 ? OPEN_IPV6 : OPEN_IPV4;
	struct wr m = wr_of(room, sizeof(room));
	struct restarts *r = &w->restarts[peer];

	if (what == 0)
		update_put_eor(&m, family);
	else
		msg_put_refresh(&m, what == 1 ? REFRESH_BEGIN : REFRESH_END,
		    family);
	hear(w, peer, wr_done(&m));
	if (what == 0)
		restarts_eor(r, &w->model, peer, bit);
	else if (what == 1)
		restarts_begin(r, &w->model, peer, w->now, bit);
	else
		restarts_finish(r, &w->model, peer, bit);
}

/* Timers are exact, other work is not. */
static void
pass(struct world *w)
{
	w->now = instant_after(w->now,
	    below(w, 12) == 0 ? span_s(1) : span_ms(1));
	for (unsigned i = 0; i < MODEL_PEERS; i++)
		restarts_time(&w->restarts[i], &w->model, i, w->now);
	bgp_tick(w->bgp, w->now);
}

/* --- policies --- */

/* It is told what another one is. */
static void
soft_like(struct model_peer *p, const struct model_peer *other)
{
	p->table = other->table;
	p->export = other->export;
	p->drain = other->drain;
	p->override = !p->ibgp && other->override;
	p->tell_loops = other->tell_loops;
	p->no_private = other->no_private;
}

static void
some_soft(struct world *w, struct model_peer *p)
{
	uint32_t what = below(w, 10);

	if (below(w, 4) == 0) {
		soft_like(p, &w->model.peer[below(w, MODEL_PEERS)]);
		return;
	}
	if (what == 8)
		p->table = below(w, MODEL_TABLES);
	else if (what == 9)
		p->into = below(w, 1u << MODEL_TABLES);
	else if (what < 3)
		p->import = explore_policy(&w->trial.chance);
	else if (what < 6)
		p->export = explore_policy(&w->trial.chance);
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
		if ((unsigned)__builtin_popcount(got) != r.n)
			wrong(w, "net %u: a peer is there twice", net);
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
	    a->local_pref == b->local_pref && a->otc == b->otc));
}

/* Adj-RIB-In is counted once, in however many tables it is. */
static void
check_held(struct world *w, unsigned peer)
{
	struct bgp_peer_info info;
	unsigned held = 0, told = 0;

	for (unsigned net = 0; net < MODEL_NETS; net++) {
		for (unsigned k = 0; k < MODEL_PATHS; k++)
			held += w->model.in[peer][net][k].there;
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

	pass(w);
	if (w->conn[peer] == 0 && what < 60)
		come(w, peer, false);
	else if (w->conn[peer] == 0 && what < 70)
		stop(w, peer);
	else if (w->conn[peer] == 0)
		change(w, peer);
	else if (what < 47)
		announce(w, peer);
	else if (what < 65)
		withdraw(w, peer);
	else if (what < 72)
		leave(w, peer);
	else if (what < 82)
		say_mark(w, peer);
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
	memset(w, 0, sizeof(*w));
	trial_begin(&w->trial, seed);
	w->now = (struct instant){ 1000000000 };
	w->model.asn = EXPLORE_ASN;
	memcpy(w->model.peer, speech_kinds, sizeof(speech_kinds));
	for (unsigned i = 0; i < MODEL_PEERS; i++)
		w->model.peer[i].into = 1;
	w->bgp = bgp_new(0x0a000001, &w->trial.drbg);
	if (below(w, 2) == 0)
		w->bgp->sweep = 1 + below(w, 8);
	for (unsigned i = 0; i < MODEL_PEERS; i++) {
		struct bgp_peer_conf c = {
			.id = i + 1, .local = speech_inside(i, 1),
			.remote = speech_inside(i, 2), .next_hop4 = speech_inside(i, 1),
			.next_hop6 = speech_inside6(i, 1),
			.local_asn = speech_kinds[i].local_asn,
			.own_asn = speech_kinds[i].local_asn == EXPLORE_ASN ? 0 :
			    EXPLORE_ASN,
			.remote_asn = speech_kinds[i].asn, .hold_time = 90,
			.passive = true, .transit = speech_kinds[i].transit,
			.role = ours[speech_kinds[i].role], .role_strict = true,
			.add_path = speech_kinds[i].add_path,
		};

		restarts_stop(&w->restarts[i], &w->model, i);
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
	for (n = 0; n < STEPS && !trial_failed(&w.trial); n++)
		step(&w);
	/* In the end everybody reads. */
	memset(w.lazy, 0, sizeof(w.lazy));
	w.behind = false;
	catch_up(&w);
	obey(&w);
	check(&w);
	bgp_free(w.bgp);
	reason_set(why, "step %u: %s", n, w.trial.why.s);
	return !trial_failed(&w.trial);
}

int
main(int argc, char **argv)
{
	static const struct trial_kind kind = { "bgp_explore",
	    "worlds of route churn", 300, world_runs };

	return trial_main(&kind, argc, argv);
}
