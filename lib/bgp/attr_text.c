/*
 * Attributes as text.  Communities are read and written in community.c: here
 * is only which of them a route has.
 */
#include "bgp/attr_text.h"

#include "bgp/attr.h"
#include "util/array.h"

const char *
attr_origin_str(const struct attrs *a)
{
	static const char *const names[] = {
		[ATTR_IGP] = "IGP", [ATTR_EGP] = "EGP",
		[ATTR_INCOMPLETE] = "incomplete",
	};

	return a->origin < ARRAY_SIZE(names) ? names[a->origin] : "unknown";
}

const char *
attr_list_str(enum community_kind kind)
{
	static const char *const names[COMMUNITY_KINDS] = {
		[COMMUNITY_PLAIN] = "communities",
		[COMMUNITY_EXTENDED] = "extended_communities",
		[COMMUNITY_LARGE] = "large_communities",
	};

	return names[kind];
}

bool
attr_list_next(const struct attrs *a, enum community_kind kind, size_t *pos,
    char text[static COMMUNITY_TEXT])
{
	struct rd r = rd_of(attrs_find(a, community_attr(kind)));
	struct bytes one;

	rd_bytes(&r, *pos);
	one = rd_bytes(&r, community_octets(kind));
	if (r.bad)
		return false;
	community_str(kind, one, text);
	*pos += one.n;
	return true;
}
