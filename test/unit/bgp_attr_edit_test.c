/*
 * Setters over attributes: AS numbers put in front, replaced and left out,
 * communities added and deleted, and what would be too long.
 */
#include "test/unit/bgp_route.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_numbers_are_put_in_front_and_replaced),
		cmocka_unit_test(a_path_that_would_be_too_long_is_left),
		cmocka_unit_test(communities_are_added_and_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
