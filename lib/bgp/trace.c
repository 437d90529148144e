/*
 * Traces: BGP4MP_ET records (RFC 6396 sections 3 and 4.4; RFC 8050 section 3)
 * in a buffer of fixed size for each reader.  A reader who is slow loses what
 * finds no room, which is counted, and nothing waits for it.  AS numbers in a
 * record have four octets, but for UPDATEs of a session whose AS_PATH has two,
 * which need another subtype.  A message is recorded when it was understood as
 * one, or put in the queue; what a peer sends after its session's end is not.
 */
#include "bgp/trace.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/attr.h"
#include "bgp/open.h"
#include "bgp/peer.h"
#include "bgp/session.h"

enum {
	BGP4MP_ET = 17,
	STATE_CHANGE_AS4 = 5,
};

#define HEADER	12

_Static_assert(TRACE_MOST == SPEAKER_TRACES, "the speaker has them");

/* RFC 6396 section 4.4.2 and on, RFC 8050 section 3. */
static const uint16_t subtypes[2][2][2] = {	/* [as4][ours][add-path] */
	{ { 1, 8 }, { 6, 10 } },
	{ { 4, 9 }, { 7, 11 } },
};

struct trace {
	uint32_t	number;
	uint32_t	*peers;		/* owned; NULL: all */
	size_t		peers_n;
	struct instant	begun, read;	/* when somebody did so last */
	int64_t		wall;		/* when it was begun */
	uint64_t	dropped;
	size_t		at, n;		/* [at, n) of room is to be read */
	uint8_t		room[TRACE_OCTETS];
};

static void
discard(struct bgp *b, unsigned i)
{
	free(b->traces[i]->peers);
	free(b->traces[i]);
	b->traces[i] = b->traces[--b->traces_n];
}

void
trace_close_all(struct bgp *b)
{
	while (b->traces_n > 0)
		discard(b, 0);
}

static void
forget_unread(struct bgp *b, struct instant now)
{
	for (unsigned i = b->traces_n; i-- > 0;) {
		if (instant_since(now, b->traces[i]->read).ns >
		    TRACE_PATIENCE.ns)
			discard(b, i);
	}
}

uint32_t
trace_open(struct bgp *b, struct instant now, int64_t wall,
    const uint32_t *peers, size_t n)
{
	struct trace *t;

	forget_unread(b, now);
	if (b->traces_n == TRACE_MOST || (t = malloc(sizeof(*t))) == NULL)
		return 0;
	*t = (struct trace){
		.number = b->last_trace + 1, .peers_n = n, .begun = now,
		.read = now, .wall = wall,
	};
	if (n > 0 && (t->peers = malloc(n * sizeof(*peers))) == NULL) {
		free(t);
		return 0;
	}
	if (n > 0)
		memcpy(t->peers, peers, n * sizeof(*peers));
	b->traces[b->traces_n++] = t;
	return ++b->last_trace;
}

static unsigned
find(const struct bgp *b, uint32_t number)
{
	unsigned i = 0;

	while (i < b->traces_n && b->traces[i]->number != number)
		i++;
	return i;
}

void
trace_close(struct bgp *b, uint32_t number)
{
	unsigned i = find(b, number);

	if (i < b->traces_n)
		discard(b, i);
}

bool
trace_is_open(const struct bgp *b, uint32_t number)
{
	return find(b, number) < b->traces_n;
}

uint64_t
trace_dropped(const struct bgp *b, uint32_t number)
{
	unsigned i = find(b, number);

	return i < b->traces_n ? b->traces[i]->dropped : 0;
}

bool
trace_next(struct bgp *b, struct instant now, uint32_t number,
    struct bytes *record)
{
	unsigned i = find(b, number);
	struct trace *t = i < b->traces_n ? b->traces[i] : NULL;
	struct rd r;

	if (t == NULL)
		return false;
	t->read = now;
	if (t->at == t->n)
		return false;
	r = rd_of(bytes_of(t->room + t->at, t->n - t->at));
	rd_bytes(&r, HEADER - 4);
	*record = bytes_of(t->room + t->at, HEADER + rd_u32(&r));
	t->at += record->n;
	return true;
}

/* --- records --- */

static bool
is_of(const struct trace *t, uint32_t peer)
{
	for (size_t i = 0; i < t->peers_n; i++) {
		if (t->peers[i] == peer)
			return true;
	}
	return t->peers_n == 0;
}

/*
 *  | timestamp | type, subtype | length | microseconds |
 *  | peer AS | local AS | interface, AFI | peer address | local address |
 */
static void
put_head(struct wr *w, const struct trace *t, const struct peer *p,
    struct instant now, uint16_t subtype, bool as4)
{
	const struct bgp_peer_conf *c = &p->conf;
	struct span since = instant_since(now, t->begun);
	const struct addr any = { .family = c->remote.family };
	const struct addr *local = c->local.family == c->remote.family ?
	    &c->local : &any;

	wr_u32(w, (uint32_t)(t->wall + span_to_s(since)));
	wr_u16(w, BGP4MP_ET);
	wr_u16(w, subtype);
	wr_u32(w, 0);
	wr_u32(w, (uint32_t)(since.ns % 1000000000 / 1000));
	if (as4) {
		wr_u32(w, c->remote_asn);
		wr_u32(w, c->local_asn);
	} else {
		wr_u16(w, (uint16_t)c->remote_asn);
		wr_u16(w, c->local_asn > UINT16_MAX ? OPEN_AS_TRANS :
		    (uint16_t)c->local_asn);
	}
	wr_u16(w, 0);
	wr_u16(w, msg_afi((enum addr_family)c->remote.family));
	wr_bytes(w, addr_bytes(&c->remote));
	wr_bytes(w, addr_bytes(local));
}

struct record {
	uint8_t		room[HEADER + 4 + 12 + 32 + LIMIT_MESSAGE];
	struct wr	w;
};

/* For each trace the header is its own. */
static void
keep(struct trace *t, struct record *rec)
{
	struct wr *w = &rec->w;

	wr_patch_u32(w, HEADER - 4, (uint32_t)(w->n - HEADER));
	if (!w->bad && sizeof(t->room) - t->n < w->n) {
		memmove(t->room, t->room + t->at, t->n - t->at);
		t->n -= t->at;
		t->at = 0;
	}
	if (w->bad || sizeof(t->room) - t->n < w->n) {
		t->dropped++;
		return;
	}
	memcpy(t->room + t->n, w->p, w->n);
	t->n += w->n;
}

/* Whose UPDATE it is: RFC 4760's attributes say so, or it is of IPv4. */
static enum addr_family
family_of(struct bytes update)
{
	struct rd r = rd_of(update);

	rd_bytes(&r, rd_u16(&r));
	r = rd_sub(&r, rd_u16(&r));
	while (r.n > 0 && !r.bad) {
		uint8_t flags = rd_u8(&r), type = rd_u8(&r);
		struct rd value = rd_sub(&r, (flags & ATTR_EXTENDED) != 0 ?
		    rd_u16(&r) : rd_u8(&r));

		if (type == ATTR_MP_REACH || type == ATTR_MP_UNREACH) {
			uint16_t afi = rd_u16(&value);

			return msg_family(afi, rd_u8(&value));
		}
	}
	return ADDR_IPV4;
}

static void
put_message(struct wr *w, const struct msg *m)
{
	size_t at = msg_begin(w, m->type);

	wr_bytes(w, m->body);
	msg_end(w, at);
}

static void
message(struct bgp *b, const struct session *s, const struct msg *m,
    bool ours)
{
	bool update = m->type == MSG_UPDATE;
	bool as4 = !update || s->open.as4;
	bool ids = update && !ours && s->up && s->import.mode.path_ids != 0 &&
	    update_has_ids(&s->import.mode, family_of(m->body));
	struct record rec;

	forget_unread(b, b->now);
	for (unsigned i = 0; i < b->traces_n; i++) {
		struct trace *t = b->traces[i];

		if (!is_of(t, s->peer->conf.id))
			continue;
		rec.w = wr_of(rec.room, sizeof(rec.room));
		put_head(&rec.w, t, s->peer, b->now, subtypes[as4][ours][ids],
		    as4);
		put_message(&rec.w, m);
		keep(t, &rec);
	}
}

void
trace_heard(struct bgp *b, const struct session *s, unsigned type,
    struct bytes body)
{
	const struct msg m = { .type = (enum msg_type)type, .body = body };

	if (b->traces_n > 0 && s->peer != NULL)
		message(b, s, &m, false);
}

void
trace_said(struct bgp *b, const struct session *s, struct bytes messages)
{
	struct rd r = rd_of(messages);
	struct fault f;
	struct msg m;

	if (b->traces_n == 0 || s->peer == NULL)
		return;
	while (msg_next(&r, &m, &f) == MSG_WHOLE)
		message(b, s, &m, true);
}

/* RFC 6396 section 4.4.1: states count from 1, in the RFC's order. */
void
trace_state(struct bgp *b, const struct peer *p, enum bgp_state from,
    enum bgp_state to)
{
	struct record rec;

	for (unsigned i = 0; i < b->traces_n; i++) {
		struct trace *t = b->traces[i];

		if (!is_of(t, p->conf.id))
			continue;
		rec.w = wr_of(rec.room, sizeof(rec.room));
		put_head(&rec.w, t, p, b->now, STATE_CHANGE_AS4, true);
		wr_u16(&rec.w, (uint16_t)(from + 1));
		wr_u16(&rec.w, (uint16_t)(to + 1));
		keep(t, &rec);
	}
}
