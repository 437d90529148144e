/*
 * Attributes as text: communities by their well-known names (RFC 1997, 3765,
 * 7999, 8326) or by their numbers.  Reading of such texts is not here.
 */
#include "bgp/attr_text.h"

#include "bgp/attr.h"
#include "util/array.h"
#include "util/str.h"

const char *
attr_origin_str(const struct attrs *a)
{
	static const char *const names[] = {
		[ATTR_IGP] = "IGP", [ATTR_EGP] = "EGP",
		[ATTR_INCOMPLETE] = "incomplete",
	};

	return a->origin < ARRAY_SIZE(names) ? names[a->origin] : "unknown";
}

static void
put_community(struct rd *r, char *text)
{
	static const struct {
		uint32_t	value;
		const char	*name;
	} known[] = {
		{ 0xffff0000, "graceful-shutdown" },
		{ 0xffff029a, "blackhole" },
		{ 0xffffff01, "no-export" },
		{ 0xffffff02, "no-advertise" },
		{ 0xffffff03, "no-export-subconfed" },
		{ 0xffffff04, "no-peer" },
	};
	uint32_t v = rd_u32(r);

	str_fmt(text, ATTR_TEXT_LEN, "%u:%u", v >> 16, v & 0xffff);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].value == v)
			str_set(text, ATTR_TEXT_LEN, known[i].name);
	}
}

static void
put_large(struct rd *r, char *text)
{
	uint32_t a = rd_u32(r), b = rd_u32(r), c = rd_u32(r);

	str_fmt(text, ATTR_TEXT_LEN, "%u:%u:%u", a, b, c);
}

/* RFC 4360 sections 3 to 5, RFC 5668; others as hexadecimal digits. */
static void
put_extended(struct rd *r, char *text)
{
	unsigned type = rd_u8(r), sub = rd_u8(r);
	uint64_t v = (uint64_t)rd_u16(r) << 32;
	const char *kind = sub == 2 ? "rt" : sub == 3 ? "soo" : NULL;
	unsigned low_bits = type == 0 ? 32 : 16;

	v |= rd_u32(r);
	if (kind == NULL || (type != 0 && type != 2)) {
		str_fmt(text, ATTR_TEXT_LEN, "0x%02x%02x%012llx", type, sub,
		    (unsigned long long)v);
		return;
	}
	str_fmt(text, ATTR_TEXT_LEN, "%s:%llu:%llu", kind,
	    (unsigned long long)(v >> low_bits),
	    (unsigned long long)(v & ((UINT64_C(1) << low_bits) - 1)));
}

static const struct {
	enum attr_type	type;
	const char	*name;
	size_t		size;		/* octets of one */
	void		(*put)(struct rd *, char *);
} lists[ATTR_LISTS] = {
	[ATTR_LIST_COMMUNITIES] = { ATTR_COMMUNITIES, "communities", 4,
	    put_community },
	[ATTR_LIST_LARGE] = { ATTR_LARGE_COMMUNITIES, "large_communities", 12,
	    put_large },
	[ATTR_LIST_EXTENDED] = { ATTR_EXT_COMMUNITIES, "extended_communities",
	    8, put_extended },
};

const char *
attr_list_str(enum attr_list list)
{
	return lists[list].name;
}

bool
attr_list_next(const struct attrs *a, enum attr_list list, size_t *pos,
    char text[static ATTR_TEXT_LEN])
{
	struct rd r = rd_of(attrs_find(a, (uint8_t)lists[list].type));

	rd_bytes(&r, *pos);
	if (r.bad || r.n < lists[list].size)
		return false;
	lists[list].put(&r, text);
	*pos += lists[list].size;
	return true;
}
