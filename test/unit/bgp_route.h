/*
 * Routes, and what policies are made of, from texts; for the tests of each of
 * them.
 */
#ifndef TEST_BGP_ROUTE_H
#define TEST_BGP_ROUTE_H

#include "test/unit/bgp_octets.h"

#include <stdlib.h>

#include "bgp/aspath.h"
#include "bgp/attr.h"
#include "bgp/policy.h"

/* Below n, the same numbers in every run. */
static inline uint32_t
dice(uint32_t n)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

static inline struct prefix
pfx(const char *s)
{
	struct prefix p = { 0 };

	assert_true(prefix_parse(&p, s));
	return p;
}

/* "65001 65002 {1 2}" in our form. */
static inline struct bytes
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

/* A learned route. */
static inline void
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

static inline void
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

static inline void
assert_rest(const union attrs_buf *buf, const char *hex)
{
	assert_true(bytes_eq(attrs_rest(&buf->attrs), octets(hex)));
}

static inline struct community_list
list_of(const char *const *s, size_t n)
{
	struct community_list l = { n, calloc(n + 1, sizeof(*l.v)) };
	struct reason why;

	assert_non_null(l.v);
	for (size_t i = 0; i < n; i++)
		assert_true(community_parse(&l.v[i], s[i], &why));
	return l;
}

static inline struct policy_term *
terms_of(const struct policy_term *t, size_t n)
{
	struct policy_term *v = calloc(n + 1, sizeof(*v));

	assert_non_null(v);
	memcpy(v, t, n * sizeof(*v));
	return v;
}

static inline struct policy *
policy_of(const struct policy_term *t, size_t n)
{
	struct policy *p = NULL;

	assert_int_equal(policy_new(&p, "p", terms_of(t, n), n), POLICY_FINE);
	return p;
}

static inline struct plist **
plists(const char *s)
{
	struct plist **l = malloc(sizeof(*l));
	struct plist_entry e;
	struct reason why;

	assert_true(plist_entry_parse(&e, s, &why));
	*l = plist_new(&e, 1);
	return l;
}

#endif
