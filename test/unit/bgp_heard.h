/*
 * A speaker with one neighbour that says anything, and the verdict on it: what
 * the speaker does to the session and to a route that it had learned before.
 * What is said is heard in many ways: whole, octet by octet, and once cut at
 * every place in two; the verdict must be the same.
 */
#ifndef TEST_UNIT_BGP_HEARD_H
#define TEST_UNIT_BGP_HEARD_H

#include "bgp_octets.h"

#include "bgp/bgp.h"
#include "bgp/limit.h"
#include "bgp/msg.h"
#include "bgp/open.h"
#include "crypto/prf.h"

/* Attributes that are right, in the widths of a 4-octet and a 2-octet peer. */
#define ORIGIN	"40010100 "
#define PATH	"40020602010000fdf2 "
#define PATH2	"4002040201fdf2 "
#define HOP	"400304a9fe0002 "
#define PREF	"40050400000064 "
#define GOOD	ORIGIN PATH HOP
#define GOOD2	ORIGIN PATH2 HOP
#define GOODI	ORIGIN "400200 " HOP PREF
#define NET	"100a02 "		/* 10.2.0.0/16, which it has learned */

#define LOCAL_ASN	4200000000u
#define LOCAL_ID	0x0a000001u

enum kind {			/* of the neighbour */
	E4,			/* AS 65010, 4-octet AS numbers */
	E2,			/* AS 65010, 2-octet AS numbers */
	IB,			/* our own AS */
};

enum verdict {
	ACCEPT,			/* the route is there, nothing is said */
	DISCARD,		/* it is there, something was left out */
	WITHDRAW,		/* it is gone, the session stays */
	IGNORE,			/* nothing changes */
	REPORT,			/* nothing changes, an error is reported */
	RESET,			/* NOTIFICATION of this code, then closed */
	CLOSED,			/* closed without a word */
};

/* An UPDATE from its three parts; withdrawn, attributes and NLRI as hex. */
struct update_row {
	const char	*what;
	enum kind	kind;
	const char	*withdrawn, *attrs, *nlri;
	enum verdict	verdict;
	uint8_t		subcode;	/* of code 3, with RESET */
};

static const struct {
	uint32_t	asn;
	bool		as4;
} kinds[] = {
	[E4] = { 65010, true }, [E2] = { 65010, false },
	[IB] = { LOCAL_ASN, true },
};

struct heard {
	struct bgp	*bgp;
	struct instant	now;
	uint32_t	conn;
	bool		closed, told;	/* told: an UPDATE error was reported */
	uint8_t		code, subcode;	/* of our NOTIFICATION; 0: none */
};

static inline void
read_sent(struct heard *h, struct bytes sent)
{
	struct rd r = rd_of(sent);
	struct notification n;
	struct fault f;
	struct msg m;

	while (msg_next(&r, &m, &f) == MSG_WHOLE) {
		if (m.type != MSG_NOTIFICATION)
			continue;
		n = msg_notification(m.body);
		h->code = n.code;
		h->subcode = n.subcode;
	}
}

static inline void
drain(struct heard *h)
{
	struct bgp_out out;
	struct bytes b;

	while (bgp_next(h->bgp, &out)) {
		if (out.kind == BGP_OUT_EVENT &&
		    out.event == BGP_EVENT_UPDATE_ERROR)
			h->told = true;
		if (out.kind != BGP_OUT_SEND && out.kind != BGP_OUT_CLOSE)
			continue;
		while ((b = bgp_pull(h->bgp, out.conn)).n > 0) {
			read_sent(h, b);
			bgp_sent(h->bgp, h->now, out.conn, b.n);
		}
		h->closed |= out.kind == BGP_OUT_CLOSE &&
		    out.conn == h->conn;
	}
}

static inline void
say(struct heard *h, struct bytes b)
{
	if (h->closed)
		return;
	bgp_stream(h->bgp, h->now, h->conn, b);
	drain(h);
}

static inline struct bytes
framed(struct wr *w, const struct update_row *u)
{
	size_t at = msg_begin(w, MSG_UPDATE);
	struct bytes gone = octets(u->withdrawn), attrs = octets(u->attrs);

	wr_u16(w, (uint16_t)gone.n);
	wr_bytes(w, gone);
	wr_u16(w, (uint16_t)attrs.n);
	wr_bytes(w, attrs);
	wr_bytes(w, octets(u->nlri));
	msg_end(w, at);
	assert_false(w->bad);
	return wr_done(w);
}

/* The route that a row may change. */
static inline void
learn(struct heard *h, enum kind kind)
{
	static const char *const attrs[] = {
		[E4] = GOOD, [E2] = GOOD2, [IB] = GOODI,
	};
	const struct update_row u = { "", kind, "", attrs[kind], NET, 0, 0 };
	uint8_t room[LIMIT_MESSAGE];
	struct wr w = wr_of(room, sizeof(room));

	say(h, framed(&w, &u));
}

static inline void
meet(struct heard *h, struct drbg *drbg, enum kind kind, enum bgp_state state)
{
	const struct bgp_peer_conf c = {
		.id = 1, .local = { ADDR_IPV4, { 169, 254, 0, 1 } },
		.remote = { ADDR_IPV4, { 169, 254, 0, 2 } },
		.next_hop4 = { ADDR_IPV4, { 169, 254, 0, 1 } },
		.next_hop6 = { ADDR_IPV6, { 0xfd, [15] = 1 } },
		.local_asn = LOCAL_ASN, .remote_asn = kinds[kind].asn,
		.hold_time = 30, .passive = true,
	};
	const struct open o = {
		.asn = kinds[kind].asn, .router_id = 0x0a000002,
		.hold_time = 30, .families = OPEN_IPV4 | OPEN_IPV6,
		.as4 = kinds[kind].as4,
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	*h = (struct heard){ .now = { 1 }, .bgp = bgp_new(LOCAL_ID, drbg) };
	assert_non_null(h->bgp);
	assert_true(bgp_peer_add(h->bgp, h->now, &c));
	bgp_peer_start(h->bgp, h->now, 1);
	h->conn = bgp_accepted(h->bgp, h->now, 1);
	assert_int_not_equal(h->conn, 0);
	if (state > BGP_OPEN_SENT)
		open_put(&w, &o);
	if (state > BGP_OPEN_CONFIRM)
		msg_put_keepalive(&w);
	say(h, wr_done(&w));
	if (state == BGP_ESTABLISHED)
		learn(h, kind);
	assert_false(h->closed || h->told);
}

static inline bool
has_route(const struct heard *h)
{
	const struct prefix p = { { ADDR_IPV4, { 10, 2 } }, 16 };
	struct bgp_route r;

	return bgp_route_get(h->bgp, BGP_TABLE_MAIN, &p, &r) && r.n > 0;
}

struct expected {
	enum verdict	verdict;
	uint8_t		code, subcode;
	enum bgp_state	state;
};

/* What is wrong, or NULL. */
static inline const char *
judge(const struct heard *h, const struct expected *e)
{
	bool up = e->state == BGP_ESTABLISHED;

	if (h->closed != (e->verdict == RESET || e->verdict == CLOSED))
		return h->closed ? "the session was closed" :
		    "the session was kept";
	if (h->code != (e->verdict == RESET ? e->code : 0) ||
	    h->subcode != (e->verdict == RESET ? e->subcode : 0))
		return "another NOTIFICATION";
	if (has_route(h) != (up && (e->verdict == ACCEPT ||
	    e->verdict == DISCARD || e->verdict == IGNORE ||
	    e->verdict == REPORT)))
		return has_route(h) ? "the route is there" :
		    "the route is gone";
	if (h->told && (e->verdict == ACCEPT || e->verdict == IGNORE))
		return "an error was reported";
	return (e->verdict == DISCARD || e->verdict == REPORT) && !h->told ?
	    "no error was reported" : NULL;
}

/* Of all that was heard in this process. */
static unsigned tries, failures;

/* Heard in parts that end at `first` and then every `step` octets. */
static inline void
hear(const char *what, enum kind kind, struct bytes b, size_t first,
    size_t step, const struct expected *e)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 7 };
	struct drbg drbg;
	struct rd r = rd_of(b);
	struct heard h;
	const char *wrong;

	drbg_seed(&drbg, seed);
	meet(&h, &drbg, kind, e->state);
	say(&h, rd_bytes(&r, first < b.n ? first : b.n));
	while (r.n > 0)
		say(&h, rd_bytes(&r, step < r.n ? step : r.n));
	wrong = judge(&h, e);
	if (wrong != NULL) {
		print_error("%s: %s, NOTIFICATION %u/%u (cut at %zu of %zu)\n",
		    what, wrong, h.code, h.subcode, first, b.n);
		failures++;
	}
	bgp_free(h.bgp);
	tries++;
}

static inline void
hear_all_ways(const char *what, enum kind kind, struct bytes b,
    const struct expected *e)
{
	uint8_t copy[LIMIT_MESSAGE + 16];
	unsigned before = failures;

	assert_true(b.n <= sizeof(copy));
	memcpy(copy, b.p, b.n);
	b = bytes_of(copy, b.n);
	hear(what, kind, b, b.n, b.n, e);
	if (failures > before)
		return;
	hear(what, kind, b, 1, 1, e);
	for (size_t cut = 1; cut < b.n; cut += 1 + b.n / 128)
		hear(what, kind, b, cut, b.n, e);
}

#endif
