/*
 * Communities (RFC 1997, 4360, 5668, 8092) as numbers with ranges.  An
 * extended one is either a route target or site of origin, in the three types
 * that differ in what its administrator is, or eight octets and no more.
 */
#include "bgp/community.h"

#include <string.h>

#include "bgp/attr.h"
#include "util/array.h"

enum {
	TYPE_AS2 = 0,		/* |  AS 2  |  number 4  | */
	TYPE_IPV4 = 1,		/* |  address 4  | number 2 | */
	TYPE_AS4 = 2,		/* |  AS 4  | number 2 | */
	TYPES = 7,		/* all of them, as bits */
	SUBTYPE_RT = 2,
	SUBTYPE_SOO = 3,
};

static const struct {
	const char	*name;
	uint32_t	value;
} names[] = {
	{ "no-export", COMMUNITY_NO_EXPORT },
	{ "no-advertise", COMMUNITY_NO_ADVERTISE },
	{ "no-export-subconfed", COMMUNITY_NO_EXPORT_SUBCONFED },
	{ "no-peer", COMMUNITY_NO_PEER },
	{ "blackhole", COMMUNITY_BLACKHOLE },
	{ "graceful-shutdown", COMMUNITY_GRACEFUL_SHUTDOWN },
	{ "accept-own", COMMUNITY_ACCEPT_OWN },
	{ "llgr-stale", COMMUNITY_LLGR_STALE },
	{ "no-llgr", COMMUNITY_NO_LLGR },
};

size_t
community_octets(enum community_kind kind)
{
	static const uint8_t octets[COMMUNITY_KINDS] = {
		[COMMUNITY_PLAIN] = 4, [COMMUNITY_EXTENDED] = 8,
		[COMMUNITY_LARGE] = 12,
	};

	return octets[kind];
}

uint8_t
community_attr(enum community_kind kind)
{
	static const uint8_t types[COMMUNITY_KINDS] = {
		[COMMUNITY_PLAIN] = ATTR_COMMUNITIES,
		[COMMUNITY_EXTENDED] = ATTR_EXT_COMMUNITIES,
		[COMMUNITY_LARGE] = ATTR_LARGE_COMMUNITIES,
	};

	return types[kind];
}

/* --- text --- */

static bool
fail(const char *s, struct reason *why)
{
	char text[64];

	str_escape(text, sizeof(text), bytes_of(s, strnlen(s, 40)));
	reason_set(why, "must be a community like 65010:100, 65010:1:2, "
	    "rt:65010:100 or no-export, not \"%s\"", text);
	return false;
}

static bool
by_name(struct community_pattern *c, const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].name, s) != 0)
			continue;
		c->kind = COMMUNITY_PLAIN;
		c->number[0].lo = c->number[0].hi = names[i].value >> 16;
		c->number[1].lo = c->number[1].hi = names[i].value & 0xffff;
		return true;
	}
	return false;
}

/* "*", "N" or "N-M" */
static bool
parse_part(const char **s, uint32_t max, struct range *out)
{
	if (**s != '*')
		return range_parse(s, max, out);
	++*s;
	*out = (struct range){ 0, max };
	return true;
}

static bool
colon(const char **s)
{
	if (**s != ':')
		return false;
	++*s;
	return true;
}

static bool
parse_plain(struct community_pattern *c, const char *s)
{
	c->kind = COMMUNITY_PLAIN;
	return parse_part(&s, UINT16_MAX, &c->number[0]) && colon(&s) &&
	    parse_part(&s, UINT16_MAX, &c->number[1]) && *s == '\0';
}

static bool
parse_large(struct community_pattern *c, const char *s)
{
	c->kind = COMMUNITY_LARGE;
	return parse_part(&s, UINT32_MAX, &c->number[0]) && colon(&s) &&
	    parse_part(&s, UINT32_MAX, &c->number[1]) && colon(&s) &&
	    parse_part(&s, UINT32_MAX, &c->number[2]) && *s == '\0';
}

/* "ext:*" or "ext:0x" and sixteen digits. */
static bool
parse_octets(struct community_pattern *c, const char *s)
{
	uint8_t octets[8] = { 0 };
	struct rd r = rd_of(bytes_of(octets, sizeof(octets)));
	size_t n;

	c->kind = COMMUNITY_EXTENDED;
	if (strcmp(s, "*") == 0) {
		c->number[0] = c->number[1] = RANGE_ALL;
		return true;
	}
	if (strncmp(s, "0x", 2) != 0 ||
	    !str_unhex(octets, sizeof(octets), &n, s + 2) ||
	    n != sizeof(octets))
		return false;
	c->number[0].lo = c->number[0].hi = rd_u32(&r);
	c->number[1].lo = c->number[1].hi = rd_u32(&r);
	return true;
}

/* The administrator is an IPv4 address. */
static bool
parse_address(const char **s, struct range *out)
{
	size_t n = strcspn(*s, ":");
	char text[ADDR_STRLEN];
	struct addr a;
	struct rd r;

	if (n >= sizeof(text))
		return false;
	memcpy(text, *s, n);
	text[n] = '\0';
	if (!addr_parse(&a, text) || a.family != ADDR_IPV4)
		return false;
	r = rd_of(addr_bytes(&a));
	out->lo = out->hi = rd_u32(&r);
	*s += n;
	return true;
}

static bool
parse_route(struct community_pattern *c, const char *s)
{
	const bool any = *s == '*';
	uint32_t most = UINT16_MAX;

	c->kind = COMMUNITY_EXTENDED;
	if (parse_address(&s, &c->number[0])) {
		c->types = 1u << TYPE_IPV4;
	} else {
		if (!parse_part(&s, UINT32_MAX, &c->number[0]))
			return false;
		c->types = any ? TYPES : 1u << TYPE_AS4;
		if (c->number[0].lo <= UINT16_MAX)
			c->types |= 1u << TYPE_AS2;
	}
	if ((c->types & 1u << TYPE_AS2) != 0)
		most = UINT32_MAX;
	return colon(&s) && parse_part(&s, most, &c->number[1]) &&
	    *s == '\0';
}

static unsigned
colons(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == ':';
	return n;
}

bool
community_parse(struct community_pattern *out, const char *s,
    struct reason *why)
{
	struct community_pattern c;
	bool ok;

	memset(&c, 0, sizeof(c));
	if (strncmp(s, "rt:", 3) == 0 || strncmp(s, "soo:", 4) == 0) {
		c.subtype = s[0] == 'r' ? SUBTYPE_RT : SUBTYPE_SOO;
		ok = parse_route(&c, strchr(s, ':') + 1);
	} else if (strncmp(s, "ext:", 4) == 0) {
		ok = parse_octets(&c, s + 4);
	} else if (colons(s) == 0) {
		ok = by_name(&c, s);
	} else {
		ok = colons(s) == 1 ? parse_plain(&c, s) : parse_large(&c, s);
	}
	if (!ok)
		return fail(s, why);
	memcpy(out, &c, sizeof(c));
	return true;
}

/* --- octets --- */

/* Administrator and number of a route target or site of origin. */
static void
read_route(struct rd *r, uint8_t type, uint32_t *head, uint32_t *tail)
{
	*head = type == TYPE_AS2 ? rd_u16(r) : rd_u32(r);
	*tail = type == TYPE_AS2 ? rd_u32(r) : rd_u16(r);
}

static bool
match_extended(const struct community_pattern *c, struct rd *r)
{
	uint32_t head, tail;
	uint8_t type;

	if (c->subtype == 0) {
		head = rd_u32(r);
		return range_has(&c->number[0], head) &&
		    range_has(&c->number[1], rd_u32(r));
	}
	type = rd_u8(r);
	if (type > TYPE_AS4 || (c->types >> type & 1) == 0 ||
	    rd_u8(r) != c->subtype)
		return false;
	read_route(r, type, &head, &tail);
	return range_has(&c->number[0], head) &&
	    range_has(&c->number[1], tail);
}

bool
community_match(const struct community_pattern *c, enum community_kind kind,
    struct bytes b)
{
	struct rd r = rd_of(b);

	if (c->kind != kind)
		return false;
	switch (kind) {
	case COMMUNITY_PLAIN:
		return range_has(&c->number[0], rd_u16(&r)) &&
		    range_has(&c->number[1], rd_u16(&r));
	case COMMUNITY_EXTENDED:
		return match_extended(c, &r);
	case COMMUNITY_LARGE:
		return range_has(&c->number[0], rd_u32(&r)) &&
		    range_has(&c->number[1], rd_u32(&r)) &&
		    range_has(&c->number[2], rd_u32(&r));
	case COMMUNITY_KINDS:
		break;
	}
	return false;
}

bool
community_is_one(const struct community_pattern *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->number); i++) {
		if (c->number[i].lo != c->number[i].hi)
			return false;
	}
	return true;
}

/* An AS number that fits into two octets has the form for these. */
static void
put_route(struct wr *w, const struct community_pattern *c)
{
	uint32_t head = c->number[0].lo, tail = c->number[1].lo;
	uint8_t type = (c->types & 1u << TYPE_AS2) != 0 ? TYPE_AS2 :
	    (c->types & 1u << TYPE_IPV4) != 0 ? TYPE_IPV4 : TYPE_AS4;

	wr_u8(w, type);
	wr_u8(w, c->subtype);
	if (type == TYPE_AS2) {
		wr_u16(w, (uint16_t)head);
		wr_u32(w, tail);
	} else {
		wr_u32(w, head);
		wr_u16(w, (uint16_t)tail);
	}
}

void
community_put(struct wr *w, const struct community_pattern *c)
{
	switch ((enum community_kind)c->kind) {
	case COMMUNITY_PLAIN:
		wr_u16(w, (uint16_t)c->number[0].lo);
		wr_u16(w, (uint16_t)c->number[1].lo);
		break;
	case COMMUNITY_EXTENDED:
		if (c->subtype != 0) {
			put_route(w, c);
			break;
		}
		wr_u32(w, c->number[0].lo);
		wr_u32(w, c->number[1].lo);
		break;
	case COMMUNITY_LARGE:
		for (size_t i = 0; i < ARRAY_SIZE(c->number); i++)
			wr_u32(w, c->number[i].lo);
		break;
	case COMMUNITY_KINDS:
		break;
	}
}

/* --- back to text --- */

static void
plain_str(uint32_t value, char *text)
{
	str_fmt(text, COMMUNITY_TEXT, "%u:%u", value >> 16, value & 0xffff);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].value == value)
			str_set(text, COMMUNITY_TEXT, names[i].name);
	}
}

static void
extended_str(struct bytes b, char *text)
{
	struct rd r = rd_of(b), all = r;
	uint8_t type = rd_u8(&r), subtype = rd_u8(&r);
	char address[ADDR_STRLEN];
	uint32_t head, tail;

	if (type > TYPE_AS4 ||
	    (subtype != SUBTYPE_RT && subtype != SUBTYPE_SOO)) {
		head = rd_u32(&all);
		str_fmt(text, COMMUNITY_TEXT, "ext:0x%08x%08x", head,
		    rd_u32(&all));
		return;
	}
	read_route(&r, type, &head, &tail);
	str_fmt(address, sizeof(address), "%u", head);
	if (type == TYPE_IPV4)
		str_fmt(address, sizeof(address), "%u.%u.%u.%u", head >> 24,
		    head >> 16 & 0xff, head >> 8 & 0xff, head & 0xff);
	str_fmt(text, COMMUNITY_TEXT, "%s:%s:%u",
	    subtype == SUBTYPE_RT ? "rt" : "soo", address, tail);
}

const char *
community_str(enum community_kind kind, struct bytes b,
    char text[static COMMUNITY_TEXT])
{
	struct rd r = rd_of(b);
	uint32_t n[3];

	switch (kind) {
	case COMMUNITY_PLAIN:
		plain_str(rd_u32(&r), text);
		break;
	case COMMUNITY_EXTENDED:
		extended_str(b, text);
		break;
	case COMMUNITY_LARGE:
		for (size_t i = 0; i < ARRAY_SIZE(n); i++)
			n[i] = rd_u32(&r);
		str_fmt(text, COMMUNITY_TEXT, "%u:%u:%u", n[0], n[1], n[2]);
		break;
	case COMMUNITY_KINDS:
		str_set(text, COMMUNITY_TEXT, "");
		break;
	}
	return text;
}
