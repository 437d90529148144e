/*
 * Setters of policies and sessions over the canonical form of attr_canon.c:
 * AS_PATH first, then what is carried.  Whatever changes leaves the derived
 * fields right: the length of the path, the bits that communities mean.  The
 * neighbour stays who taught the route, whatever is put in front of the path.
 */
#include "bgp/attr_edit.h"

#include <string.h>

#include "bgp/aspath.h"
#include "bgp/attr.h"

/* AS_PATH and rest anew; the old ones may be where the buffer is. */
static bool
set_data(union attrs_buf *buf, struct bytes path, struct bytes rest)
{
	struct attrs *a = &buf->attrs;
	uint8_t room[ATTRS_DATA];
	struct wr w = wr_of(room, sizeof(room));

	wr_bytes(&w, path);
	wr_bytes(&w, rest);
	if (w.bad || aspath_count(path, 4) > LIMIT_AS_PATH)
		return false;
	memcpy(buf->room + offsetof(struct attrs, data), room, w.n);
	a->path_n = (uint16_t)path.n;
	a->rest_n = (uint16_t)rest.n;
	a->hops = (uint16_t)aspath_hops(attrs_path(a));
	return true;
}

static bool
set_path(union attrs_buf *buf, const struct wr *path)
{
	return !path->bad && set_data(buf, wr_done(path),
	    attrs_rest(&buf->attrs));
}

#define PATH_ROOM	(LIMIT_AS_PATH * 6 + 64)	/* all in segments of 1 */

bool
attr_edit_prepend(union attrs_buf *buf, const uint32_t *asn, size_t n)
{
	uint8_t room[2][PATH_ROOM];
	struct bytes path = attrs_path(&buf->attrs);
	struct wr w = { .bad = true };

	if (n == 0)
		return true;
	while (n-- > 0) {
		w = wr_of(room[n % 2], sizeof(room[0]));
		aspath_prepend(&w, path, asn[n], 4);
		if (w.bad)
			return false;
		path = wr_done(&w);
	}
	return set_path(buf, &w);
}

bool
attr_edit_replace_asn(union attrs_buf *buf, uint32_t from, uint32_t to)
{
	uint8_t room[PATH_ROOM];
	struct wr w = wr_of(room, sizeof(room));

	aspath_replace(&w, attrs_path(&buf->attrs), from, to);
	return set_path(buf, &w);
}

bool
attr_edit_no_private(union attrs_buf *buf, uint32_t keep, uint32_t to)
{
	uint8_t room[PATH_ROOM];
	struct wr w = wr_of(room, sizeof(room));

	aspath_no_private(&w, attrs_path(&buf->attrs), keep, to);
	return set_path(buf, &w);
}

/* --- communities --- */

static bool
matches_one(const struct community_list *l, enum community_kind kind,
    struct bytes b)
{
	for (size_t i = 0; i < l->n; i++) {
		if (community_match(&l->v[i], kind, b))
			return true;
	}
	return false;
}

static bool
has(struct bytes list, struct bytes one)
{
	struct rd r = rd_of(list);

	while (r.n > 0) {
		if (bytes_eq(rd_bytes(&r, one.n), one))
			return true;
	}
	return false;
}

/* Those of one kind as they will be. */
static void
put_kind(struct wr *w, const struct attrs *a, enum community_kind kind,
    bool all, const struct community_list *del,
    const struct community_list *add)
{
	struct rd r = rd_of(attrs_find(a, community_attr(kind)));
	uint8_t room[COMMUNITY_OCTETS];

	while (!all && r.n > 0) {
		struct bytes b = rd_bytes(&r, community_octets(kind));

		if (!matches_one(del, kind, b))
			wr_bytes(w, b);
	}
	for (size_t i = 0; i < add->n; i++) {
		struct wr one = wr_of(room, sizeof(room));

		if (add->v[i].kind != kind)
			continue;
		community_put(&one, &add->v[i]);
		if (!has(wr_done(w), wr_done(&one)))
			wr_bytes(w, wr_done(&one));
	}
}

/* Items of the rest: AGGREGATOR stands before communities, others behind. */
static void
put_others(struct wr *w, const struct attrs *a, bool aggregator)
{
	struct rd r = rd_of(attrs_rest(a));
	struct attrs_item it;

	while (attrs_next(&r, &it)) {
		if (it.type == ATTR_COMMUNITIES ||
		    it.type == ATTR_EXT_COMMUNITIES ||
		    it.type == ATTR_LARGE_COMMUNITIES)
			continue;
		if ((it.type == ATTR_AGGREGATOR) == aggregator)
			attr_put_item(w, it.flags, it.type, it.value);
	}
}

bool
attr_edit_communities(union attrs_buf *buf, bool all,
    const struct community_list *del, const struct community_list *add)
{
	uint8_t room[ATTRS_DATA], list[LIMIT_COMMUNITIES * COMMUNITY_OCTETS];
	struct wr rest = wr_of(room, sizeof(room));
	struct attrs *a = &buf->attrs;

	put_others(&rest, a, true);
	for (unsigned k = 0; k < COMMUNITY_KINDS; k++) {
		struct wr w = wr_of(list, LIMIT_COMMUNITIES *
		    community_octets((enum community_kind)k));

		put_kind(&w, a, (enum community_kind)k, all, del, add);
		if (w.bad)
			return false;
		if (w.n > 0)
			attr_put_item(&rest, ATTR_OPTIONAL | ATTR_TRANSITIVE,
			    community_attr((enum community_kind)k),
			    wr_done(&w));
	}
	put_others(&rest, a, false);
	if (rest.bad || !set_data(buf, attrs_path(a), wr_done(&rest)))
		return false;
	attr_heed(a);
	return true;
}

bool
attr_has_community(const struct attrs *a, const struct community_pattern *c)
{
	enum community_kind kind = (enum community_kind)c->kind;
	struct rd r = rd_of(attrs_find(a, community_attr(kind)));

	while (r.n > 0) {
		if (community_match(c, kind,
		    rd_bytes(&r, community_octets(kind))))
			return true;
	}
	return false;
}
