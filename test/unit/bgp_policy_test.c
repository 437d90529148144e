/*
 * Policies: the order of terms, what each condition holds for, and which ones
 * are alike.
 */
#include "test/unit/bgp_route.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_are_asked_in_order_and_see_what_was_set),
		cmocka_unit_test(each_condition_holds_where_it_says),
		cmocka_unit_test(communities_match_by_any_all_or_none),
		cmocka_unit_test(likes_are_alike_and_others_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
