/*
 * A speaker and one neighbour whose every word the test chooses, for
 * bgp_restart_test.c and bgp_refresh_test.c: sessions come and end in all
 * ways, and what the host is told of routes is counted.
 */
#ifndef TEST_UNIT_BGP_STAGE_H
#define TEST_UNIT_BGP_STAGE_H

#include "bgp_octets.h"

#include "bgp/bgp.h"
#include "bgp/limit.h"
#include "bgp/look.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "crypto/prf.h"

#define MARKER	"ffffffffffffffff ffffffffffffffff"

struct said {			/* of what the speaker sent */
	unsigned	open, update, eor[2], begin[2], end[2];
	struct cap_restart restart;
	bool		enhanced;
	unsigned	notifications;
	struct notification last;
	uint8_t		data[LIMIT_MESSAGE];
	char		order[256];	/* a letter for each message */
};

struct stage {
	struct drbg	drbg;
	struct bgp	*bgp;
	struct instant	now;
	struct bgp_peer_conf conf;
	uint32_t	conn;		/* 0: none */
	unsigned	routes;		/* BGP_OUT_ROUTE since stage_quiet() */
	struct said	said;
	char		log[8192];
};

static const struct cap_restart both = {
	.there = true, .seconds = 60, .families = 3, .forwards = 3,
};
static const struct cap_restart both_n = {
	.there = true, .notify = true, .seconds = 60, .families = 3,
	.forwards = 3,
};
static const struct cap_restart none = { .there = false };

static inline struct prefix
net(unsigned n)
{
	struct prefix p = { { ADDR_IPV4, { 10, (uint8_t)(n >> 8),
	    (uint8_t)n } }, 24 };

	if (n >= 0x10000) {
		p = (struct prefix){ { ADDR_IPV6, { 0x20, 1, (uint8_t)(n >> 8),
		    (uint8_t)n } }, 32 };
	}
	return p;
}

#define V6(n)	(0x10000 + (n))

static inline void
note(struct said *s, char c)
{
	size_t n = strlen(s->order);

	if (n + 1 < sizeof(s->order))
		s->order[n] = c;
}

static inline void
note_update(struct said *s, struct bytes body)
{
	const struct attr_mode mode = { .as4 = true, .remote_asn = 64512 };
	struct update u;
	struct fault f;

	assert_int_equal(update_parse(&u, body, &mode, &f), ATTR_OK);
	if (u.eor != ADDR_NONE)
		s->eor[u.eor == ADDR_IPV6]++;
	else
		s->update++;
	note(s, u.eor != ADDR_NONE ? 'e' : 'u');
}

static inline void
note_refresh(struct said *s, struct bytes body)
{
	struct refresh q = msg_refresh(body);
	unsigned f = q.afi == AFI_IPV6;

	s->begin[f] += q.subtype == REFRESH_BEGIN;
	s->end[f] += q.subtype == REFRESH_END;
	note(s, "rBE"[q.subtype]);
}

static inline void
read_said(struct said *s, struct bytes sent)
{
	struct rd r = rd_of(sent);
	struct fault f;
	struct open o;
	struct msg m;

	while (msg_next(&r, &m, &f) == MSG_WHOLE) {
		if (m.type == MSG_OPEN) {
			assert_true(open_parse(&o, m.body, &f));
			s->open++;
			s->restart = o.restart;
			s->enhanced = o.enhanced;
		} else if (m.type == MSG_UPDATE) {
			note_update(s, m.body);
		} else if (m.type == MSG_ROUTE_REFRESH) {
			note_refresh(s, m.body);
		} else if (m.type == MSG_NOTIFICATION) {
			s->notifications++;
			s->last = msg_notification(m.body);
			memcpy(s->data, s->last.data.p, s->last.data.n);
			s->last.data = bytes_of(s->data, s->last.data.n);
		}
	}
	assert_int_equal(r.n, 0);
}

static inline void
stage_obey(struct stage *s)
{
	struct bgp_out out;
	struct bytes b;

	while (bgp_next(s->bgp, &out)) {
		s->routes += out.kind == BGP_OUT_ROUTE;
		if (out.kind == BGP_OUT_EVENT)
			str_add(s->log, sizeof(s->log), "%s\n", out.text.s);
		if (out.kind == BGP_OUT_CLOSE && out.conn == s->conn)
			s->conn = 0;
		if (out.kind != BGP_OUT_SEND && out.kind != BGP_OUT_CLOSE)
			continue;
		while ((b = bgp_pull(s->bgp, out.conn)).n > 0) {
			read_said(&s->said, b);
			bgp_sent(s->bgp, s->now, out.conn, b.n);
		}
	}
}

static inline void
stage_new(struct stage *s, const struct bgp_soft *soft)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 9 };
	const struct prefix own = net(0xfff0);

	*s = (struct stage){ .now = { INT64_C(1000000000000) } };
	drbg_seed(&s->drbg, seed);
	s->conf = (struct bgp_peer_conf){
		.id = 1, .local = { ADDR_IPV4, { 169, 254, 0, 1 } },
		.remote = { ADDR_IPV4, { 169, 254, 0, 2 } },
		.next_hop4 = { ADDR_IPV4, { 169, 254, 0, 1 } },
		.next_hop6 = { ADDR_IPV6, { 0xfd, [15] = 1 } },
		.local_asn = 64512, .remote_asn = 65010,
		.hold_time = 30, .passive = true, .soft = *soft,
	};
	s->bgp = bgp_new(0x0a000001, &s->drbg);
	assert_non_null(s->bgp);
	assert_true(bgp_network_add(s->bgp, s->now, BGP_TABLE_MAIN,
	    &own));
	assert_true(bgp_peer_add(s->bgp, s->now, &s->conf));
	bgp_peer_start(s->bgp, s->now, 1);
	stage_obey(s);
}

static inline void
stage_say(struct stage *s, struct bytes b)
{
	bgp_stream(s->bgp, s->now, s->conn, b);
	stage_obey(s);
}

static inline void
stage_open(struct stage *s, const struct cap_restart *cap, uint32_t id)
{
	const struct open o = {
		.asn = 65010, .router_id = id, .hold_time = 30,
		.families = OPEN_IPV4 | OPEN_IPV6, .as4 = true,
		.refresh = true, .enhanced = true, .restart = *cap,
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	s->conn = bgp_accepted(s->bgp, s->now, 1);
	assert_int_not_equal(s->conn, 0);
	open_put(&w, &o);
	msg_put_keepalive(&w);
	stage_say(s, wr_done(&w));
}

static inline void
stage_come(struct stage *s, const struct cap_restart *cap)
{
	stage_open(s, cap, 0x0a000002);
	assert_int_not_equal(s->conn, 0);
}

/* The host does nothing about it yet. */
static inline void
stage_teach_quietly(struct stage *s, unsigned n, uint8_t med)
{
	const struct addr hop6 = { ADDR_IPV6, { 0xfd, [15] = 2 } };
	uint8_t attrs[] = { 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xf2,
	    0x80, 4, 4, 0, 0, 0, med, 0x40, 3, 4, 169, 254, 0, 2 };
	struct prefix p = net(n);
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));
	bool v6 = p.addr.family == ADDR_IPV6;

	assert_int_equal(update_put_reach(&w, bytes_of(attrs, v6 ?
	    sizeof(attrs) - 7 : sizeof(attrs)), v6 ? &hop6 : NULL, &p, 1), 1);
	bgp_stream(s->bgp, s->now, s->conn, wr_done(&w));
}

/* med tells one way to teach a prefix from another. */
static inline void
stage_teach(struct stage *s, unsigned n, uint8_t med)
{
	stage_teach_quietly(s, n, med);
	stage_obey(s);
}

static inline void
stage_eor(struct stage *s, enum addr_family family)
{
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	update_put_eor(&w, family);
	stage_say(s, wr_done(&w));
}

static inline void
stage_refresh(struct stage *s, unsigned subtype, enum addr_family family)
{
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	msg_put_refresh(&w, (enum refresh_subtype)subtype, family);
	stage_say(s, wr_done(&w));
}

static inline void
stage_notify(struct stage *s, unsigned code, unsigned subcode)
{
	struct fault f = { 0 };
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	fault_set(&f, code, subcode, (struct bytes){ 0 });
	msg_put_notification(&w, &f);
	stage_say(s, wr_done(&w));
}

static inline void
stage_break(struct stage *s)
{
	bgp_closed(s->bgp, s->now, s->conn, "Connection reset by peer");
	s->conn = 0;
	stage_obey(s);
}

static inline void
stage_wait(struct stage *s, int64_t seconds)
{
	struct instant end = instant_after(s->now, span_s(seconds)), at;

	while (at = bgp_deadline(s->bgp), instant_due(at, end)) {
		if (at.ns > s->now.ns)
			s->now = at;
		bgp_tick(s->bgp, s->now);
		stage_obey(s);
	}
	s->now = end;
}

/* As stage_wait(), and the neighbour does not fall silent. */
static inline void
stage_idle(struct stage *s, int64_t seconds)
{
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	msg_put_keepalive(&w);
	for (; seconds > 0; seconds -= 5) {
		stage_say(s, wr_done(&w));
		stage_wait(s, seconds < 5 ? seconds : 5);
	}
}

static inline bool
stage_has(const struct stage *s, unsigned n)
{
	const struct prefix p = net(n);
	struct bgp_route r;

	return bgp_route_get(s->bgp, BGP_TABLE_MAIN, &p, &r) && r.n > 0;
}

static inline bool
stage_stale(const struct stage *s, unsigned n)
{
	const struct prefix p = net(n);
	struct look_path path;

	return look_paths(s->bgp, BGP_TABLE_MAIN, &p, &path, 1) == 1 && path.stale;
}

static inline struct bgp_peer_info
stage_info(const struct stage *s)
{
	struct bgp_peer_info i = { 0 };

	assert_true(bgp_peer_get(s->bgp, 1, &i));
	return i;
}

static inline void
stage_free(struct stage *s)
{
	bgp_free(s->bgp);
}

#endif
