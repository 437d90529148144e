/*
 * Prefix lists: what they permit, what is no entry, and long ones against their
 * definition.
 */
#include "test/unit/bgp_route.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_lists_permit_what_they_say),
		cmocka_unit_test(entries_that_say_nothing_are_refused),
		cmocka_unit_test(long_lists_agree_with_their_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
