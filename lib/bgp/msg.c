/*
 * Framing of the BGP stream, and the messages without inner structure:
 * KEEPALIVE, NOTIFICATION, ROUTE-REFRESH (RFC 4271 sections 4.1, 4.4, 4.5 and
 * 6.1, RFC 2918).  Decoding is pure; what follows from a message is the
 * session's business.  Messages over 4096 octets (RFC 8654) are refused.
 */
#include "bgp/msg.h"

#include "bgp/limit.h"

static const struct {
	const char	*name;
	size_t		 min, max;	/* with header */
} types[MSG_TYPES] = {
	[MSG_OPEN] = { "OPEN", 29, LIMIT_MESSAGE },
	[MSG_UPDATE] = { "UPDATE", 23, LIMIT_MESSAGE },
	[MSG_NOTIFICATION] = { "NOTIFICATION", 21, LIMIT_MESSAGE },
	[MSG_KEEPALIVE] = { "KEEPALIVE", MSG_HEADER, MSG_HEADER },
	/* Its length is judged by its subtype (RFC 7313 section 5). */
	[MSG_ROUTE_REFRESH] = { "ROUTE-REFRESH", MSG_HEADER, LIMIT_MESSAGE },
};

const char *
msg_name(enum msg_type type)
{
	return types[type].name;
}

/* RFC 4271 section 6.1: the marker, then the length, then the type. */
static bool
header_ok(struct bytes marker, uint16_t length, uint8_t type, struct fault *f)
{
	uint8_t len[2] = { (uint8_t)(length >> 8), (uint8_t)length };
	bool known = type > 0 && type < MSG_TYPES;

	for (size_t i = 0; i < marker.n; i++) {
		if (marker.p[i] == 0xff)
			continue;
		fault_set(f, FAULT_HEADER, FAULT_NOT_SYNCHRONIZED,
		    (struct bytes){ 0 });
		reason_set(&f->text, "the remote's message does not begin with "
		    "the BGP marker");
		return false;
	}
	if (length < MSG_HEADER || length > LIMIT_MESSAGE ||
	    (known && (length < types[type].min || length > types[type].max))) {
		fault_set(f, FAULT_HEADER, FAULT_MESSAGE_LENGTH,
		    bytes_of(len, 2));
		reason_set(&f->text, "the remote sent a message of type %u "
		    "with impossible length %u", type, length);
		return false;
	}
	if (!known) {
		fault_set(f, FAULT_HEADER, FAULT_MESSAGE_TYPE,
		    bytes_of(&type, 1));
		reason_set(&f->text, "the remote sent a message of unknown "
		    "type %u", type);
		return false;
	}
	return true;
}

enum msg_verdict
msg_next(struct rd *r, struct msg *m, struct fault *f)
{
	struct rd h = *r, whole;
	struct bytes marker;
	uint16_t length;
	uint8_t type;

	if (r->n < MSG_HEADER)
		return MSG_PARTIAL;
	marker = rd_bytes(&h, 16);
	length = rd_u16(&h);
	type = rd_u8(&h);
	if (!header_ok(marker, length, type, f))
		return MSG_BAD;
	if (r->n < length)
		return MSG_PARTIAL;
	whole = rd_sub(r, length);
	rd_bytes(&whole, MSG_HEADER);
	*m = (struct msg){ .type = type, .body = rd_rest(&whole) };
	return MSG_WHOLE;
}

size_t
msg_length(struct bytes b)
{
	struct rd r = rd_of(b);

	if (b.n < MSG_HEADER)
		return 0;
	rd_bytes(&r, 16);
	return rd_u16(&r);
}

size_t
msg_begin(struct wr *w, enum msg_type type)
{
	size_t at = w->n;

	wr_u64(w, UINT64_MAX);
	wr_u64(w, UINT64_MAX);
	wr_u16(w, 0);
	wr_u8(w, (uint8_t)type);
	return at;
}

void
msg_end(struct wr *w, size_t at)
{
	wr_patch_u16(w, at + 16, (uint16_t)(w->n - at));
}

void
msg_put_keepalive(struct wr *w)
{
	msg_end(w, msg_begin(w, MSG_KEEPALIVE));
}

void
msg_put_notification(struct wr *w, const struct fault *f)
{
	size_t at = msg_begin(w, MSG_NOTIFICATION);

	if (f->hard) {
		wr_u8(w, FAULT_CEASE);
		wr_u8(w, FAULT_HARD_RESET);
	}
	wr_u8(w, f->code);
	wr_u8(w, f->subcode);
	wr_bytes(w, bytes_of(f->data, f->n));
	msg_end(w, at);
}

struct notification
msg_notification(struct bytes body)
{
	struct rd r = rd_of(body);
	struct notification n = { .code = rd_u8(&r) };

	n.subcode = rd_u8(&r);
	n.data = rd_rest(&r);
	return n;
}

struct refresh
msg_refresh(struct bytes body)
{
	struct rd r = rd_of(body);
	struct refresh q = { .afi = rd_u16(&r) };

	q.subtype = rd_u8(&r);
	q.safi = rd_u8(&r);
	return q;
}

void
msg_put_refresh(struct wr *w, enum refresh_subtype subtype,
    enum addr_family family)
{
	size_t at = msg_begin(w, MSG_ROUTE_REFRESH);

	wr_u16(w, msg_afi(family));
	wr_u8(w, (uint8_t)subtype);
	wr_u8(w, SAFI_UNICAST);
	msg_end(w, at);
}

unsigned
msg_count(struct bytes b, enum msg_type type)
{
	struct rd r = rd_of(b);
	struct fault f;
	struct msg m;
	unsigned n = 0;

	while (msg_next(&r, &m, &f) == MSG_WHOLE)
		n += m.type == type;
	return n;
}

uint16_t
msg_afi(enum addr_family family)
{
	return family == ADDR_IPV6 ? AFI_IPV6 : AFI_IPV4;
}

enum addr_family
msg_family(uint16_t afi, uint8_t safi)
{
	if (safi != SAFI_UNICAST)
		return ADDR_NONE;
	return afi == AFI_IPV4 ? ADDR_IPV4 :
	    afi == AFI_IPV6 ? ADDR_IPV6 : ADDR_NONE;
}
