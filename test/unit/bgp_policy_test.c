/*
 * What policies are made of: prefix lists, AS-path patterns, communities, the
 * setters, the order of terms, and what a session does besides its policy.
 */
#include "test/unit/bgp_octets.h"

#include <stdio.h>
#include <stdlib.h>

#include "bgp/aspath.h"
#include "bgp/attr.h"
#include "bgp/edit.h"

static uint32_t dice_state = 1;

static uint32_t
dice(uint32_t n)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (dice_state >> 8) % n;
}

static struct prefix
pfx(const char *s)
{
	struct prefix p = { 0 };

	assert_true(prefix_parse(&p, s));
	return p;
}

/* --- prefix lists --- */

static const struct {
	const char	*what;
	const char	*list[6];
	const char	*prefix;
	bool		in;
} lists[] = {
	{ "itself", { "10.1.0.0/16" }, "10.1.0.0/16", true },
	{ "a part of it without le", { "10.1.0.0/16" }, "10.1.1.0/24", false },
	{ "what covers it", { "10.1.0.0/16" }, "10.0.0.0/8", false },
	{ "a part with le", { "10.0.0.0/8 le 24" }, "10.1.1.0/24", true },
	{ "too long for le", { "10.0.0.0/8 le 24" }, "10.1.1.0/25", false },
	{ "le includes itself", { "10.0.0.0/8 le 24" }, "10.0.0.0/8", true },
	{ "ge excludes itself", { "10.0.0.0/8 ge 9" }, "10.0.0.0/8", false },
	{ "ge alone is open", { "10.0.0.0/8 ge 9" }, "10.0.0.1/32", true },
	{ "between both", { "10.0.0.0/8 ge 16 le 24" }, "10.9.0.0/16", true },
	{ "below both", { "10.0.0.0/8 ge 16 le 24" }, "10.0.0.0/15", false },
	{ "in any order", { "10.0.0.0/8 le 24 ge 16" }, "10.9.0.0/24", true },
	{ "all of a family", { "0.0.0.0/0 le 32" }, "192.0.2.0/24", true },
	{ "but not of the other", { "0.0.0.0/0 le 32" }, "fd00::/8", false },
	{ "the default route alone", { "0.0.0.0/0" }, "0.0.0.0/0", true },
	{ "no part of it", { "0.0.0.0/0" }, "10.0.0.0/8", false },
	{ "IPv6", { "fd00::/8 le 64" }, "fd12:3456::/64", true },
	{ "the first one decides: deny",
	    { "deny 10.1.0.0/16 le 32", "permit 10.0.0.0/8 le 32" },
	    "10.1.2.0/24", false },
	{ "the first one decides: permit",
	    { "permit 10.0.0.0/8 le 32", "deny 10.1.0.0/16 le 32" },
	    "10.1.2.0/24", true },
	{ "the wider one may come last",
	    { "deny 10.1.2.0/24", "10.1.0.0/16 le 24", "deny 0.0.0.0/0 le 32" },
	    "10.1.3.0/24", true },
	{ "same network twice, other lengths",
	    { "10.0.0.0/8 ge 24 le 24", "deny 10.0.0.0/8 le 32" },
	    "10.1.1.0/24", true },
	{ "same network twice, the other length",
	    { "10.0.0.0/8 ge 24 le 24", "deny 10.0.0.0/8 le 32" },
	    "10.1.0.0/16", false },
	{ "an empty list has nothing", { NULL }, "10.0.0.0/8", false },
	{ "behind a sibling", { "10.0.0.0/9", "10.0.0.0/16", "10.0.0.0/8 le 9" },
	    "10.128.0.0/9", true },
};

static void
prefix_lists_permit_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct prefix p = pfx(lists[i].prefix);
		struct plist_entry e[6];
		struct reason why;
		struct plist *l;
		size_t n = 0;

		print_message("%s\n", lists[i].what);
		for (; n < 6 && lists[i].list[n] != NULL; n++)
			assert_true(plist_entry_parse(&e[n], lists[i].list[n],
			    &why));
		l = plist_new(e, n);
		assert_non_null(l);
		assert_int_equal(plist_permits(l, &p), lists[i].in);
		plist_free(l);
	}
}

static const struct {
	const char *text, *why;
} bad_entries[] = {
	{ "", "must have a network like 10.1.0.0/16, not \"\"" },
	{ "permit", "must have a network like 10.1.0.0/16, not \"\"" },
	{ "10.1.0.0", "must have a network like 10.1.0.0/16, not "
	    "\"10.1.0.0\"" },
	{ "10.1.0.1/16", "10.1.0.1/16 has host bits set; its network is "
	    "10.1.0.0/16" },
	{ "10.1.0.0/16 eq 16", "must have \"ge N\" or \"le N\" behind the "
	    "network, not \"eq 16\"" },
	{ "10.1.0.0/16 ge", "must have a prefix length behind ge and le, not "
	    "\"\"" },
	{ "10.1.0.0/16 ge 17 ge 18", "must have each of ge and le once, not "
	    "\"ge 18\"" },
	{ "10.1.0.0/16 ge 15", "must have 16 <= ge <= le <= 32, not ge 15 and "
	    "le 32" },
	{ "10.1.0.0/16 le 33", "must have 16 <= ge <= le <= 32, not ge 16 and "
	    "le 33" },
	{ "10.1.0.0/16 ge 25 le 24", "must have 16 <= ge <= le <= 32, not "
	    "ge 25 and le 24" },
};

static void
entries_that_say_nothing_are_refused(void **state)
{
	struct plist_entry e;
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_entries); i++) {
		assert_false(plist_entry_parse(&e, bad_entries[i].text, &why));
		assert_string_equal(why.s, bad_entries[i].why);
	}
}

static struct prefix
some_prefix(void)
{
	struct prefix p = { { ADDR_IPV4, { 10, (uint8_t)dice(3),
	    (uint8_t)(64 * dice(4)), (uint8_t)(64 * dice(4)) } },
	    (uint8_t)dice(33) };

	if (dice(4) == 0)
		p.addr = (struct addr){ ADDR_IPV6, { 0xfd, (uint8_t)dice(3) } };
	return prefix_network(&p);
}

/* What RFCs would call the definition. */
static bool
naively(const struct plist_entry *e, size_t n, const struct prefix *p)
{
	for (size_t i = 0; i < n; i++) {
		if (prefix_covers(&e[i].prefix, p) && p->len >= e[i].ge &&
		    p->len <= e[i].le)
			return e[i].permit;
	}
	return false;
}

static void
long_lists_agree_with_their_definition(void **state)
{
	static struct plist_entry e[400];

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		size_t n = dice(ARRAY_SIZE(e));
		struct plist *l, *same;

		for (size_t i = 0; i < n; i++) {
			e[i].prefix = some_prefix();
			e[i].ge = (uint8_t)(e[i].prefix.len + dice(4));
			e[i].le = (uint8_t)(e[i].ge + dice(9));
			e[i].permit = dice(2) == 0;
		}
		l = plist_new(e, n);
		same = plist_new(e, n);
		assert_true(plist_eq(l, same));
		for (unsigned k = 0; k < 400; k++) {
			struct prefix p = some_prefix();

			assert_int_equal(plist_permits(l, &p),
			    naively(e, n, &p));
		}
		plist_free(same);
		if (n > 0) {
			e[0].permit = !e[0].permit;
			same = plist_new(e, n);
			assert_false(plist_eq(l, same));
			plist_free(same);
		}
		plist_free(l);
	}
}

/* --- AS paths --- */

/* "65001 65002 {1 2}" in our form. */
static struct bytes
path_of(const char *s)
{
	static uint8_t ring[4][2048];
	static unsigned next;
	struct wr w = wr_of(ring[next++ % 4], sizeof(ring[0]));

	while (*s != '\0') {
		bool set = *s == '{';
		size_t at = w.n;
		uint8_t n = 0;

		s += set;
		wr_u8(&w, set ? ASPATH_SET : ASPATH_SEQUENCE);
		wr_u8(&w, 0);
		while (*s != '\0' && *s != '}' && (*s != '{' || set)) {
			char *end;

			wr_u32(&w, (uint32_t)strtoul(s, &end, 10));
			s = end + strspn(end, " ");
			n++;
		}
		s += *s == '}';
		s += strspn(s, " ");
		wr_patch_u8(&w, at + 1, n);
	}
	assert_false(w.bad);
	return wr_done(&w);
}

static const struct {
	const char	*pattern, *path;
	bool		matches;
} paths[] = {
	{ "^65001 .* 65002$", "65001 65002", true },
	{ "^65001 .* 65002$", "65001 1 2 3 65002", true },
	{ "^65001 .* 65002$", "65001 1 2 3 65002 4", false },
	{ "^65001 .* 65002$", "4 65001 65002", false },
	{ "^65001 .* 65002$", "65001", false },
	{ "65001", "1 2 65001 3", true },
	{ "65001", "1 2 6500 3", false },
	{ "_65001_", "65001", true },
	{ "_65001_", "165001 650011", false },
	{ "^65001_", "65001 2", true },
	{ "^65001_", "2 65001", false },
	{ "_65001$", "2 65001", true },
	{ "_65001$", "65001 2", false },
	{ "^$", "", true },
	{ "^$", "1", false },
	{ ".", "", false },
	{ ".*", "", true },
	{ "^.$", "1", true },
	{ "^.$", "1 2", false },
	{ "^65001+$", "65001 65001 65001", true },
	{ "^65001+$", "65001 65001 2", false },
	{ "^65001+$", "", false },
	{ "^65001? 2$", "2", true },
	{ "^65001? 2$", "65001 65001 2", false },
	{ "^65001* 2$", "65001 65001 2", true },
	{ "^(1|2|64512-65534) 3$", "65000 3", true },
	{ "^(1|2|64512-65534) 3$", "2 3", true },
	{ "^(1|2|64512-65534) 3$", "3 3", false },
	{ "^(1|2)+$", "1 2 1 1 2", true },
	{ "64512-65534", "1 2 65535", false },
	{ "64512-65534", "1 2 65534", true },
	{ "^1 .* 2 .* 3$", "1 2 2 3 2 4 3", true },
	{ "^4200000000$", "4200000000", true },
	{ "1 2", "1 {2 3}", true },
	{ "1 3$", "1 {2 3}", true },
	{ "1 2 3", "1 {2 3}", false },
	{ "^. .$", "1 {2 3}", true },
	{ ".* .* .* .* .* .* .* .* .* .* 1", "2 2 2 2 2 2 2 2 2 2 2 2 2 2", false },
};

static void
patterns_match_as_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct pathexp e;
		struct reason why;

		print_message("%s ~ %s\n", paths[i].path, paths[i].pattern);
		assert_true(pathexp_parse(&e, paths[i].pattern, &why));
		assert_int_equal(pathexp_match(&e, path_of(paths[i].path)),
		    paths[i].matches);
	}
}

static const struct {
	const char *text, *why;
} bad_paths[] = {
	{ "", "must not be empty; the empty path is \"^$\" at \"\"" },
	{ "65001 x", "must have an AS number, \".\" or \"(\" at \"x\"" },
	{ "4294967296", "must have an AS number, \".\" or \"(\" at "
	    "\"4294967296\"" },
	{ "2-1", "must have an AS number, \".\" or \"(\" at \"2-1\"" },
	{ "(1|2", "must have \"|\" or \")\" at \"\"" },
	{ "()", "must have an AS number at \")\"" },
	{ "^1$ 2", "nothing may stand behind \"$\" at \"2\"" },
	{ "*", "must have an AS number, \".\" or \"(\" at \"*\"" },
	{ "(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25|"
	    "26|27|28|29|30|31|32|33)",
	    "more AS numbers than a pattern may have at \"|33)\"" },
};

static void
patterns_that_are_none_are_refused(void **state)
{
	struct pathexp e;
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_paths); i++) {
		assert_false(pathexp_parse(&e, bad_paths[i].text, &why));
		assert_string_equal(why.s, bad_paths[i].why);
	}
}

/* --- communities --- */

static const struct {
	const char	*pattern;
	enum community_kind kind;
	const char	*octets;
	bool		matches;
} communities[] = {
	{ "65010:100", COMMUNITY_PLAIN, "fdf20064", true },
	{ "65010:100", COMMUNITY_PLAIN, "fdf20065", false },
	{ "65010:*", COMMUNITY_PLAIN, "fdf2ffff", true },
	{ "65010:*", COMMUNITY_PLAIN, "fdf3ffff", false },
	{ "*:100", COMMUNITY_PLAIN, "00010064", true },
	{ "65010:100-199", COMMUNITY_PLAIN, "fdf200c7", true },
	{ "65010:100-199", COMMUNITY_PLAIN, "fdf200c8", false },
	{ "no-export", COMMUNITY_PLAIN, "ffffff01", true },
	{ "no-advertise", COMMUNITY_PLAIN, "ffffff02", true },
	{ "no-peer", COMMUNITY_PLAIN, "ffffff04", true },
	{ "blackhole", COMMUNITY_PLAIN, "ffff029a", true },
	{ "graceful-shutdown", COMMUNITY_PLAIN, "ffff0000", true },
	{ "65010:1:2", COMMUNITY_LARGE, "0000fdf20000000100000002", true },
	{ "65010:1:2", COMMUNITY_LARGE, "0000fdf20000000100000003", false },
	{ "4200000000:*:*", COMMUNITY_LARGE, "fa56ea00ffffffff00000003", true },
	{ "*:*", COMMUNITY_LARGE, "0000fdf20000000100000003", false },
	{ "rt:65010:100", COMMUNITY_EXTENDED, "0002fdf200000064", true },
	{ "rt:65010:100", COMMUNITY_EXTENDED, "02020000fdf20064", true },
	{ "rt:65010:100", COMMUNITY_EXTENDED, "0003fdf200000064", false },
	{ "soo:65010:100", COMMUNITY_EXTENDED, "0003fdf200000064", true },
	{ "rt:4200000000:7", COMMUNITY_EXTENDED, "0202fa56ea000007", true },
	{ "rt:192.0.2.1:7", COMMUNITY_EXTENDED, "0102c00002010007", true },
	{ "rt:192.0.2.1:7", COMMUNITY_EXTENDED, "0202c00002010007", false },
	{ "rt:*:7", COMMUNITY_EXTENDED, "0102c00002010007", true },
	{ "rt:*:*", COMMUNITY_EXTENDED, "4002fdf200000064", false },
	{ "ext:*", COMMUNITY_EXTENDED, "4002fdf200000064", true },
	{ "ext:0x4002fdf200000064", COMMUNITY_EXTENDED, "4002fdf200000064",
	    true },
	{ "ext:0x4002fdf200000064", COMMUNITY_EXTENDED, "4002fdf200000065",
	    false },
};

static void
patterns_match_communities(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(communities); i++) {
		struct bytes b = octets(communities[i].octets);
		struct community_pattern c;
		uint8_t room[COMMUNITY_OCTETS];
		struct wr w = wr_of(room, sizeof(room));
		struct reason why;

		print_message("%s\n", communities[i].pattern);
		assert_true(community_parse(&c, communities[i].pattern, &why));
		assert_int_equal(community_match(&c, communities[i].kind, b),
		    communities[i].matches);
		assert_int_equal(community_is_one(&c),
		    strpbrk(communities[i].pattern, "*-") == NULL ||
		    communities[i].pattern[0] == 'n' ||
		    communities[i].pattern[0] == 'g');
		if (!community_is_one(&c))
			continue;
		community_put(&w, &c);
		assert_int_equal(w.n, community_octets(
		    (enum community_kind)c.kind));
		assert_true(community_match(&c, (enum community_kind)c.kind,
		    wr_done(&w)));
	}
}

/* What is shown can be written into a policy, and is then the same. */
static void
communities_are_written_as_they_are_read(void **state)
{
	static const struct {
		enum community_kind kind;
		const char	*octets, *text;
	} rows[] = {
		{ COMMUNITY_PLAIN, "fdf20064", "65010:100" },
		{ COMMUNITY_PLAIN, "ffff0000", "graceful-shutdown" },
		{ COMMUNITY_PLAIN, "ffff0001", "accept-own" },
		{ COMMUNITY_PLAIN, "ffff0006", "llgr-stale" },
		{ COMMUNITY_PLAIN, "ffff0007", "no-llgr" },
		{ COMMUNITY_PLAIN, "ffff029a", "blackhole" },
		{ COMMUNITY_PLAIN, "ffffff01", "no-export" },
		{ COMMUNITY_PLAIN, "ffffff02", "no-advertise" },
		{ COMMUNITY_PLAIN, "ffffff03", "no-export-subconfed" },
		{ COMMUNITY_PLAIN, "ffffff04", "no-peer" },
		{ COMMUNITY_PLAIN, "ffffff05", "65535:65285" },
		{ COMMUNITY_LARGE, "ffffffffffffffffffffffff",
		    "4294967295:4294967295:4294967295" },
		{ COMMUNITY_EXTENDED, "0002fdf2ffffffff",
		    "rt:65010:4294967295" },
		{ COMMUNITY_EXTENDED, "0003fdf200000064", "soo:65010:100" },
		{ COMMUNITY_EXTENDED, "0102c00002010007", "rt:192.0.2.1:7" },
		{ COMMUNITY_EXTENDED, "0103ffffffffffff",
		    "soo:255.255.255.255:65535" },
		{ COMMUNITY_EXTENDED, "0202fa56ea000007", "rt:4200000000:7" },
		{ COMMUNITY_EXTENDED, "4002fdf200000064",
		    "ext:0x4002fdf200000064" },
		{ COMMUNITY_EXTENDED, "0004fdf200000064",
		    "ext:0x0004fdf200000064" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes b = octets(rows[i].octets);
		uint8_t room[COMMUNITY_OCTETS];
		struct wr w = wr_of(room, sizeof(room));
		char text[COMMUNITY_TEXT];
		struct community_pattern c;
		struct reason why;

		assert_string_equal(community_str(rows[i].kind, b, text),
		    rows[i].text);
		assert_true(community_parse(&c, text, &why));
		assert_int_equal(c.kind, rows[i].kind);
		community_put(&w, &c);
		assert_true(bytes_eq(wr_done(&w), b));
	}
}

static void
what_is_no_community_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "65010", "65010:", ":1", "65536:1", "1:65536", "1:2:3:4",
		"rt:65010", "rt:1:2:3", "rt:4200000000:65536",
		"rt:192.0.2.1:65536", "rt:fd00::1:1", "ext:0x12", "ext:",
		"no-exports", "1:2-1", "1:2 ", "soo:*",
	};
	struct community_pattern c;
	struct reason why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		print_message("%s\n", bad[i]);
		assert_false(community_parse(&c, bad[i], &why));
		assert_non_null(strstr(why.s, "must be a community like"));
	}
}

/* --- setters --- */

static struct community_list
list_of(const char *const *s, size_t n)
{
	struct community_list l = { n, calloc(n + 1, sizeof(*l.v)) };
	struct reason why;

	assert_non_null(l.v);
	for (size_t i = 0; i < n; i++)
		assert_true(community_parse(&l.v[i], s[i], &why));
	return l;
}

/* A learned route. */
static void
route(union attrs_buf *buf, const char *path, const char *rest)
{
	struct attrs *a = &buf->attrs;
	struct bytes p = path_of(path), r = octets(rest);

	attr_originate(buf);
	memcpy(buf->attrs.data, p.p, p.n);
	a->path_n = (uint16_t)p.n;
	if (r.n > 0)
		memcpy(buf->attrs.data + p.n, r.p, r.n);
	a->rest_n = (uint16_t)r.n;
	a->hops = (uint16_t)aspath_hops(attrs_path(a));
	a->neighbour = aspath_first(attrs_path(a), 4);
	a->next_hop = (struct addr){ ADDR_IPV4, { 169, 254, 1, 2 } };
	attr_heed(a);
}

static void
assert_path(const union attrs_buf *buf, const char *path)
{
	const struct attrs *a = &buf->attrs;
	uint32_t got[64], want[64];
	unsigned n = aspath_list(attrs_path(a), got, 64);

	assert_int_equal(n, aspath_list(path_of(path), want, 64));
	assert_memory_equal(got, want, n * sizeof(got[0]));
	assert_int_equal(a->hops, aspath_hops(attrs_path(a)));
	assert_null(aspath_error(attrs_path(a), 4));
}

static void
assert_rest(const union attrs_buf *buf, const char *hex)
{
	assert_true(bytes_eq(attrs_rest(&buf->attrs), octets(hex)));
}

static void
as_numbers_are_put_in_front_and_replaced(void **state)
{
	static const uint32_t two[] = { 1, 2 };
	union attrs_buf buf;

	(void)state;
	route(&buf, "65001 65002", "");
	assert_true(attr_edit_prepend(&buf, two, 2));
	assert_path(&buf, "1 2 65001 65002");
	assert_int_equal(buf.attrs.path_n, 2 + 16);
	assert_int_equal(buf.attrs.neighbour, 65001);
	route(&buf, "", "c0080004fdf20064");
	assert_true(attr_edit_prepend(&buf, two, 2));
	assert_path(&buf, "1 2");
	assert_rest(&buf, "c0080004fdf20064");
	route(&buf, "1 2 1 {1 3}", "");
	assert_true(attr_edit_replace_asn(&buf, 1, 9));
	assert_path(&buf, "9 2 9 {9 3}");
	route(&buf, "65001 1 {65002} 4200000000 2 65534 65535", "");
	assert_true(attr_edit_no_private(&buf, 0, 0));
	assert_path(&buf, "1 2 65535");
	route(&buf, "65001 1 65002", "");
	assert_true(attr_edit_no_private(&buf, 65002, 0));
	assert_path(&buf, "1 65002");
	assert_true(attr_edit_no_private(&buf, 0, 7));
	assert_path(&buf, "1 7");
	route(&buf, "65001", "");
	assert_true(attr_edit_no_private(&buf, 0, 0));
	assert_int_equal(buf.attrs.path_n, 0);
}

static void
a_path_that_would_be_too_long_is_left(void **state)
{
	uint32_t many[POLICY_PREPEND] = { 0 };
	union attrs_buf buf;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < POLICY_PREPEND; i++)
		many[i] = i + 1;
	route(&buf, "65001", "");
	while (attr_edit_prepend(&buf, many, POLICY_PREPEND))
		n++;
	assert_int_equal(n, (255 - 1) / POLICY_PREPEND);
	assert_int_equal(buf.attrs.hops, 1 + n * POLICY_PREPEND);
}

static const struct {
	const char	*what, *rest;
	bool		all;
	const char	*del[3], *add[3];
	const char	*out;
	uint8_t		has;
} edits[] = {
	{ "the first one", "", false, { 0 }, { "65010:100" },
	    "c0080004fdf20064", 0 },
	{ "one that is there", "c0080004fdf20064", false, { 0 },
	    { "65010:100" }, "c0080004fdf20064", 0 },
	{ "one behind", "c0080004fdf20064", false, { 0 }, { "65010:101" },
	    "c0080008fdf20064fdf20065", 0 },
	{ "all of an AS", "c008000cfdf2006400010001fdf20065", false,
	    { "65010:*" }, { 0 }, "c008000400010001", 0 },
	{ "the last one", "c0080004fdf20064", false, { "*:*" }, { 0 }, "", 0 },
	{ "no longer no-export", "c0080004ffffff01", false, { "no-export" },
	    { "no-advertise" }, "c0080004ffffff02", ATTRS_NO_ADVERTISE },
	{ "all kinds, among others",
	    "c00700080000fdf20a000002c0630002abcd", false, { 0 },
	    { "65010:1:2", "65010:100", "rt:65010:1" },
	    "c00700080000fdf20a000002c0080004fdf20064"
	    "c01000080002fdf200000001c020000c0000fdf20000000100000002"
	    "c0630002abcd", 0 },
	{ "these alone", "c0080004fdf20064c020000c0000fdf20000000100000002",
	    true, { 0 }, { "graceful-shutdown" }, "c0080004ffff0000",
	    ATTRS_SHUTDOWN },
	{ "large ones stay", "c0080004fdf20064c020000c0000fdf2000000010000000"
	    "2", false, { "*:*" }, { 0 },
	    "c020000c0000fdf20000000100000002", 0 },
	{ "extended ones go", "c01000104002fdf2000000010002fdf200000001",
	    false, { "rt:*:*" }, { 0 }, "c01000084002fdf200000001", 0 },
};

static size_t
texts(const char *const s[3])
{
	size_t n = 0;

	while (n < 3 && s[n] != NULL)
		n++;
	return n;
}

static void
communities_are_added_and_deleted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		struct community_list del = list_of(edits[i].del,
		    texts(edits[i].del));
		struct community_list add = list_of(edits[i].add,
		    texts(edits[i].add));
		union attrs_buf buf;

		print_message("%s\n", edits[i].what);
		route(&buf, "65001", edits[i].rest);
		assert_true(attr_edit_communities(&buf, edits[i].all, &del,
		    &add));
		assert_rest(&buf, edits[i].out);
		assert_int_equal(buf.attrs.has, edits[i].has);
		assert_path(&buf, "65001");
		free(del.v);
		free(add.v);
	}
}

/* --- policies --- */

static struct policy_term *
terms_of(const struct policy_term *t, size_t n)
{
	struct policy_term *v = calloc(n + 1, sizeof(*v));

	assert_non_null(v);
	memcpy(v, t, n * sizeof(*v));
	return v;
}

static struct policy *
policy_of(const struct policy_term *t, size_t n)
{
	struct policy *p = NULL;

	assert_int_equal(policy_new(&p, "p", terms_of(t, n), n), POLICY_FINE);
	return p;
}

static struct community_list *
put(struct community_list *l, const char *s)
{
	*l = list_of(&s, 1);
	return l;
}

static struct pathexp *
pattern(const char *s)
{
	struct pathexp *e = malloc(sizeof(*e));
	struct reason why;

	assert_true(pathexp_parse(e, s, &why));
	return e;
}

static struct plist **
plists(const char *s)
{
	struct plist **l = malloc(sizeof(*l));
	struct plist_entry e;
	struct reason why;

	assert_true(plist_entry_parse(&e, s, &why));
	*l = plist_new(&e, 1);
	return l;
}

static void
terms_are_asked_in_order_and_see_what_was_set(void **state)
{
	const struct policy_side side = { .asn = 64512 };
	struct policy_term t[4] = {
		{ .name = "mark", .then = POLICY_NEXT,
		    .match.paths_n = 1, .match.paths = pattern("^65001") },
		{ .name = "no", .then = POLICY_REJECT,
		    .match.lists_n = 1, .match.lists = plists("10.9.0.0/16") },
		{ .name = "marked", .then = POLICY_ACCEPT,
		    .set.local_pref = { true, 200 }, .set.prepend = 2 },
		{ .name = "never", .then = POLICY_ACCEPT },
	};
	struct prefix ten = pfx("10.1.0.0/16"), nine = pfx("10.9.0.0/16");
	struct policy_verdict v;
	union attrs_buf buf;
	struct policy *p;
	char text[128];

	(void)state;
	put(&t[0].set.add, "65001:1");
	put(&t[2].match.any, "65001:1");
	p = policy_of(t, 3);
	assert_int_not_equal(policy_key(p, &ten), policy_key(p, &nine));
	route(&buf, "65001 5", "");
	v = policy_run(p, policy_key(p, &ten), &side, &buf);
	assert_true(v.accepted);
	assert_int_equal(v.term, 2);
	assert_int_equal(buf.attrs.local_pref, 200);
	assert_path(&buf, "64512 64512 65001 5");
	policy_verdict_str(p, v, text, sizeof(text));
	assert_string_equal(text, "accepted by term \"marked\" of policy "
	    "\"p\"");
	route(&buf, "65001 5", "");
	v = policy_run(p, policy_key(p, &nine), &side, &buf);
	assert_false(v.accepted);
	assert_int_equal(v.term, 1);
	route(&buf, "65002 65001", "");
	v = policy_run(p, policy_key(p, &ten), &side, &buf);
	assert_false(v.accepted);
	assert_int_equal(v.term, POLICY_END);
	policy_verdict_str(p, v, text, sizeof(text));
	assert_string_equal(text, "rejected by the end of policy \"p\"");
	policy_free(p);
}

static const struct {
	const char	*what;
	struct policy_match match;
	const char	*prefix;
	bool		own, holds;
} matches[] = {
	{ "anything", { .lists_n = 0 }, "10.0.0.0/8", false, true },
	{ "IPv4", { .family = ADDR_IPV4 }, "10.0.0.0/8", false, true },
	{ "not IPv4", { .family = ADDR_IPV4 }, "fd00::/8", false, false },
	{ "IPv6", { .family = ADDR_IPV6 }, "fd00::/8", false, true },
	{ "not IPv6", { .family = ADDR_IPV6 }, "10.0.0.0/8", false, false },
	{ "learned", { .source = POLICY_LEARNED }, "10.0.0.0/8", false, true },
	{ "not learned", { .source = POLICY_LEARNED }, "10.0.0.0/8", true,
	    false },
	{ "our own", { .source = POLICY_OWN }, "10.0.0.0/8", true, true },
	{ "not our own", { .source = POLICY_OWN }, "10.0.0.0/8", false,
	    false },
	{ "length", { .hops = { true, { 2, 3 } } }, "10.0.0.0/8", false,
	    true },
	{ "too short", { .hops = { true, { 3, 9 } } }, "10.0.0.0/8", false,
	    false },
	{ "MED", { .med = { true, { 5, 5 } } }, "10.0.0.0/8", false, true },
	{ "no MED at all", { .med = { true, { 0, 9 } } }, "10.0.0.0/8", true,
	    false },
	{ "LOCAL_PREF", { .local_pref = { true, { 100, 100 } } },
	    "10.0.0.0/8", false, true },
	{ "another one", { .local_pref = { true, { 101, 200 } } },
	    "10.0.0.0/8", false, false },
	{ "ORIGIN", { .origin = 3 }, "10.0.0.0/8", false,
	    true },
	{ "not EGP", { .origin = 2 }, "10.0.0.0/8", false,
	    false },
};

static void
each_condition_holds_where_it_says(void **state)
{
	const struct policy_side side = { .asn = 64512 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
		struct policy_term t = { .match = matches[i].match,
			.then = POLICY_ACCEPT };
		struct policy *p = policy_of(&t, 1);
		struct prefix prefix = pfx(matches[i].prefix);
		union attrs_buf buf;

		print_message("%s\n", matches[i].what);
		route(&buf, matches[i].own ? "" : "65001 5", "");
		if (matches[i].own) {
			buf.attrs.next_hop = (struct addr){ 0 };
		} else {
			buf.attrs.med = 5;
			buf.attrs.has |= ATTRS_MED;
			buf.attrs.origin = ATTR_INCOMPLETE;
		}
		assert_int_equal(policy_run(p, policy_key(p, &prefix), &side,
		    &buf).accepted, matches[i].holds);
		policy_free(p);
	}
}

static void
communities_match_by_any_all_or_none(void **state)
{
	static const char *const two[] = { "65001:1", "65001:2" };
	static const struct {
		const char *rest;
		bool any, all, none;
	} rows[] = {
		{ "", false, false, true },
		{ "c0080004fde90001", true, false, false },
		{ "c0080008fde90001fde90002", true, true, false },
		{ "c0080004fde90003", false, false, true },
	};
	const struct policy_side side = { .asn = 64512 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned how = 0; how < 3; how++) {
			struct policy_term t = { .then = POLICY_ACCEPT };
			struct community_list *l = how == 0 ? &t.match.any :
			    how == 1 ? &t.match.all : &t.match.none;
			bool want = how == 0 ? rows[i].any :
			    how == 1 ? rows[i].all : rows[i].none;
			union attrs_buf buf;
			struct policy *p;

			*l = list_of(two, 2);
			p = policy_of(&t, 1);
			route(&buf, "65001", rows[i].rest);
			assert_int_equal(policy_run(p, 0, &side,
			    &buf).accepted, want);
			policy_free(p);
		}
	}
}

static void
likes_are_alike_and_others_not(void **state)
{
	struct policy *p[6];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(p); i++) {
		struct policy_term t = { .name = "t", .then = POLICY_ACCEPT };

		t.match.lists = plists(i == 2 ? "10.0.0.0/9" : "10.0.0.0/8");
		t.match.lists_n = 1;
		t.match.paths = pattern(i == 3 ? "2" : "1");
		t.match.paths_n = 1;
		put(&t.set.add, i == 4 ? "1:2" : "1:1");
		t.set.med = (struct policy_value){ i == 5, 0 };
		p[i] = policy_of(&t, 1);
	}
	assert_true(policy_eq(p[0], p[1]));
	assert_true(policy_eq(NULL, NULL));
	assert_false(policy_eq(p[0], NULL));
	for (unsigned i = 2; i < ARRAY_SIZE(p); i++)
		assert_false(policy_eq(p[0], p[i]));
	for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
		policy_free(p[i]);
}

/* --- sessions --- */

static const struct {
	const char	*what;
	struct edit_conf conf;
	const char	*path, *rest;
	const char	*path_out, *rest_out;
	uint32_t	local_pref;
} sessions[] = {
	{ "as-override", { .exports = true, .asn = 64512, .peer_asn = 65010,
	    .override = true }, "65010 65010 7", "", "64512 64512 7", "", 100 },
	{ "private ones go", { .exports = true, .asn = 1, .peer_asn = 2,
	    .private_as = BGP_PRIVATE_REMOVE }, "65010 7", "", "7", "", 100 },
	{ "but not the peer's", { .exports = true, .asn = 1,
	    .peer_asn = 65010, .private_as = BGP_PRIVATE_REMOVE },
	    "65010 7 65011", "", "65010 7", "", 100 },
	{ "only where all are private", { .exports = true, .asn = 1,
	    .private_as = BGP_PRIVATE_REMOVE_ONLY }, "65010 7", "",
	    "65010 7", "", 100 },
	{ "all are", { .exports = true, .asn = 1,
	    .private_as = BGP_PRIVATE_REMOVE_ONLY }, "65010 65011", "", "", "",
	    100 },
	{ "private ones become ours", { .exports = true, .asn = 1,
	    .private_as = BGP_PRIVATE_REPLACE }, "65010 7 65011", "", "1 7 1",
	    "", 100 },
	{ "local-as", { .asn = 65001, .first_asn = 64512 }, "7", "",
	    "64512 7", "", 100 },
	{ "a shutdown is heeded", { .heed_shutdown = true }, "7",
	    "c0080004ffff0000", "7", "c0080004ffff0000", 0 },
	{ "or not", { .asn = 1 }, "7", "c0080004ffff0000", "7",
	    "c0080004ffff0000", 100 },
	{ "a shutdown is announced", { .exports = true, .shutdown = true },
	    "7", "c0080004fdf20064", "7", "c0080008fdf20064ffff0000", 0 },
	{ "and begins here", { .shutdown = true }, "7", "c0080004fdf20064",
	    "7", "c0080004fdf20064", 0 },
};

static void
sessions_change_what_they_are_told_to(void **state)
{
	const struct hash_key key = { 1, 3 };
	struct prefix p = pfx("10.0.0.0/8");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		struct edit e;
		struct intern in;
		union attrs_buf buf, out;
		uint32_t from, to = 0;

		print_message("%s\n", sessions[i].what);
		intern_init(&in, key);
		edit_init(&e, &sessions[i].conf);
		route(&buf, sessions[i].path, sessions[i].rest);
		from = intern_get(&in, &buf.attrs);
		assert_true(edit_run(&e, &in, from, &p, &to));
		assert_int_not_equal(to, 0);
		memcpy(out.room, intern_at(&in, to),
		    offsetof(struct attrs, data) +
		    attrs_size(intern_at(&in, to)));
		assert_path(&out, sessions[i].path_out);
		assert_rest(&out, sessions[i].rest_out);
		assert_int_equal(out.attrs.local_pref, sessions[i].local_pref);
		if (!sessions[i].conf.exports)
			assert_int_equal(intern_raw(&in, to), from);
		intern_drop(&in, from);
		edit_fini(&e, &in);
		assert_int_equal(in.used, 0);
		intern_fini(&in);
	}
}

/* With few slots and many routes, all of which end. */
static void
results_are_kept_and_let_go(void **state)
{
	const struct hash_key key = { 1, 3 };
	struct policy_term t[2] = {
		{ .then = POLICY_ACCEPT, .set.med = { true, 9 },
		    .match.lists_n = 1, .match.lists = plists("10.0.0.0/8") },
		{ .then = POLICY_ACCEPT, .match.hops = { true, { 1, 1 } } },
	};
	struct edit_conf conf = { .policy = policy_of(t, 2) };
	struct prefix in8 = pfx("10.0.0.0/8"), other = pfx("11.0.0.0/8");
	uint32_t id[500], to;
	union attrs_buf buf;
	struct intern in;
	struct edit e;

	(void)state;
	intern_init(&in, key);
	edit_init(&e, &conf);
	policy_free(conf.policy);
	for (unsigned i = 0; i < ARRAY_SIZE(id); i++) {
		route(&buf, i % 2 == 0 ? "7" : "7 8", "");
		buf.attrs.med = i;
		id[i] = intern_get(&in, &buf.attrs);
	}
	for (unsigned n = 0; n < 20000; n++) {
		unsigned i = dice(ARRAY_SIZE(id));
		bool first = dice(2) == 0;

		assert_true(edit_run(&e, &in, id[i], first ? &in8 : &other,
		    &to));
		if (!first) {
			assert_int_equal(to, i % 2 == 0 ? id[i] : 0);
			continue;
		}
		assert_int_equal(intern_at(&in, to)->med, 9);
		assert_int_equal(intern_raw(&in, to), id[i]);
	}
	assert_true(e.slots >= 512);
	for (unsigned i = 0; i < ARRAY_SIZE(id); i++)
		intern_drop(&in, id[i]);
	edit_fini(&e, &in);
	assert_int_equal(in.used, 0);
	intern_fini(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_lists_permit_what_they_say),
		cmocka_unit_test(entries_that_say_nothing_are_refused),
		cmocka_unit_test(long_lists_agree_with_their_definition),
		cmocka_unit_test(patterns_match_as_paths),
		cmocka_unit_test(patterns_that_are_none_are_refused),
		cmocka_unit_test(patterns_match_communities),
		cmocka_unit_test(communities_are_written_as_they_are_read),
		cmocka_unit_test(what_is_no_community_is_refused),
		cmocka_unit_test(as_numbers_are_put_in_front_and_replaced),
		cmocka_unit_test(a_path_that_would_be_too_long_is_left),
		cmocka_unit_test(communities_are_added_and_deleted),
		cmocka_unit_test(terms_are_asked_in_order_and_see_what_was_set),
		cmocka_unit_test(each_condition_holds_where_it_says),
		cmocka_unit_test(communities_match_by_any_all_or_none),
		cmocka_unit_test(likes_are_alike_and_others_not),
		cmocka_unit_test(sessions_change_what_they_are_told_to),
		cmocka_unit_test(results_are_kept_and_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
