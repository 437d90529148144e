/*
 * ROUTE-REFRESH (RFC 2918 section 4, RFC 7313 sections 4 and 5).  A plain one
 * asks us for all routes of a family; between a mark of the beginning (BoRR)
 * and one of the end (EoRR) the peer sends all of its own, and what it did not
 * send again is then gone.  When the end does not come in the time that stale
 * routes may stay, they go.  Marks from who has not the capability, of
 * families that the session has not, and before the End-of-RIB of one that
 * restarts gracefully, are read over.
 */
#include "bgp/refresh.h"

#include "bgp/limit.h"
#include "bgp/peer.h"
#include "bgp/session.h"

#define ASK_ROOM	64
#define END_TIME	span_s(180)	/* where no other is given */

const char *
refresh_ask(struct bgp *b, struct session *s)
{
	uint8_t families = s->import.families;
	struct wr w;

	if (!s->open.refresh)
		return "the remote cannot send its routes again (RFC 2918)";
	w = outq_begin(&s->out, ASK_ROOM);
	if ((families & OPEN_IPV4) != 0)
		msg_put_refresh(&w, REFRESH_REQUEST, ADDR_IPV4);
	if ((families & OPEN_IPV6) != 0)
		msg_put_refresh(&w, REFRESH_REQUEST, ADDR_IPV6);
	session_queue(b, s, &w);
	s->peer->counts.refreshes_out++;
	return NULL;
}

/*
 * RFC 7313 section 5: the data "MUST contain the complete ROUTE-REFRESH
 * message"; of one that is longer than a NOTIFICATION can be, its beginning.
 */
static void
whole_message(struct fault *f, struct bytes body)
{
	uint8_t data[FAULT_DATA];
	struct wr w = wr_of(data, sizeof(data));
	struct rd r = rd_of(body);
	size_t room = sizeof(data) - MSG_HEADER, at;

	at = msg_begin(&w, MSG_ROUTE_REFRESH);
	wr_bytes(&w, rd_bytes(&r, body.n < room ? body.n : room));
	wr_patch_u16(&w, at + 16, (uint16_t)(MSG_HEADER + body.n));
	fault_set(f, FAULT_REFRESH, FAULT_REFRESH_LENGTH, wr_done(&w));
}

static bool
length_ok(struct bgp *b, struct session *s, struct bytes body)
{
	uint16_t length = (uint16_t)(MSG_HEADER + body.n);
	const uint8_t len[2] = { (uint8_t)(length >> 8), (uint8_t)length };
	uint8_t subtype = msg_refresh(body).subtype;
	struct fault f = { 0 };

	if (body.n == 4)
		return true;
	if (s->open.enhanced && body.n >= 3 &&
	    (subtype == REFRESH_BEGIN || subtype == REFRESH_END))
		whole_message(&f, body);
	else
		fault_set(&f, FAULT_HEADER, FAULT_MESSAGE_LENGTH,
		    bytes_of(len, 2));
	reason_set(&f.text, "the remote sent ROUTE-REFRESH with impossible "
	    "length %u", length);
	session_event(b, s, FSM_ERROR, &f);
	return false;
}

static void
hear_request(struct bgp *b, struct session *s, enum addr_family family)
{
	s->peer->counts.refreshes_in++;
	export_refresh(&s->export, family);
	session_want(b, s, SESSION_WANT_SEND);
}

static void
hear_begin(struct bgp *b, struct session *s, enum addr_family family,
    uint8_t bit)
{
	struct span stale = s->peer->conf.soft.stale;

	if (s->open.restart.there && (s->eor & bit) == 0)
		return;
	/* Without its alarm it might never end. */
	if (!speaker_alarm(b, &s->alarm[ALARM_REFRESH],
	    stale.ns != 0 ? stale : END_TIME))
		return;
	rib_mark(&b->rib, s->import.source, family);
	s->refreshing |= bit;
}

static void
remove_stale(struct bgp *b, struct session *s, enum addr_family family,
    const char *why)
{
	uint32_t n = rib_purge(&b->rib, s->import.source, family);
	struct reason text;

	s->refreshing &= family == ADDR_IPV6 ? (uint8_t)~OPEN_IPV6 :
	    (uint8_t)~OPEN_IPV4;
	if (s->refreshing == 0)
		timer_clear(&b->timers, &s->alarm[ALARM_REFRESH].timer);
	if (n == 0)
		return;
	reason_set(&text, "%u %s routes are removed: %s", n,
	    restart_family_str(family), why);
	speaker_report(b, s->peer->conf.id, BGP_EVENT_RESTART, text.s);
}

static void
hear_end(struct bgp *b, struct session *s, enum addr_family family,
    uint8_t bit)
{
	if ((s->refreshing & bit) != 0)
		remove_stale(b, s, family, "a refresh came without them");
}

static void
unknown_subtype(struct bgp *b, struct session *s, uint8_t subtype)
{
	struct reason text;

	reason_set(&text, "ROUTE-REFRESH of unknown subtype %u is ignored",
	    subtype);
	speaker_report(b, s->peer->conf.id, BGP_EVENT_UPDATE_ERROR, text.s);
}

void
refresh_hear(struct bgp *b, struct session *s, struct bytes body)
{
	struct refresh q = msg_refresh(body);
	enum addr_family family = msg_family(q.afi, q.safi);
	uint8_t bit = family == ADDR_IPV6 ? OPEN_IPV6 : OPEN_IPV4;

	if (!length_ok(b, s, body))
		return;
	session_say(b, s, FSM_REFRESH, "");
	if (s->open.enhanced && q.subtype > REFRESH_END) {
		unknown_subtype(b, s, q.subtype);
		return;
	}
	if (family == ADDR_NONE || (s->import.families & bit) == 0 ||
	    (q.subtype != REFRESH_REQUEST && !s->open.enhanced))
		return;
	if (q.subtype == REFRESH_REQUEST)
		hear_request(b, s, family);
	else if (q.subtype == REFRESH_BEGIN)
		hear_begin(b, s, family, bit);
	else
		hear_end(b, s, family, bit);
}

void
refresh_expires(struct bgp *b, struct session *s)
{
	static const char why[] = "the refresh that began did not end in time";

	if ((s->refreshing & OPEN_IPV4) != 0)
		remove_stale(b, s, ADDR_IPV4, why);
	if ((s->refreshing & OPEN_IPV6) != 0)
		remove_stale(b, s, ADDR_IPV6, why);
}
