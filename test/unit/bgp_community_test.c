/*
 * Communities: which ones a pattern matches, and their text.
 */
#include "test/unit/bgp_octets.h"

#include "bgp/community.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_communities),
		cmocka_unit_test(communities_are_written_as_they_are_read),
		cmocka_unit_test(what_is_no_community_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
