/*
 * AS-path patterns: which paths they match, and what is none.
 */
#include "test/unit/bgp_route.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_paths),
		cmocka_unit_test(patterns_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
