/*
 * What a session does to attributes besides its policy, and which results it
 * keeps.
 */
#include "test/unit/bgp_route.h"

#include "bgp/edit.h"

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

static const struct {
	const char	*what;
	struct edit_conf conf;
	uint32_t	given, med;	/* that comes in; that comes out */
	uint8_t		has;		/* of what is about it */
} meds[] = {
	{ "one for all that is told", { .exports = true, .med = 200 }, 5, 200,
	    ATTRS_MED | ATTRS_MED_OUT },
	{ "one where there is none", { .med = 100 }, 0, 100, ATTRS_MED },
	{ "but not in place of another", { .med = 100 }, 5, 5, ATTRS_MED },
	{ "as it is", { .exports = true, .rank = 1 }, 5, 5, ATTRS_MED },
};

static void
a_session_has_a_med_of_its_own(void **state)
{
	const struct hash_key key = { 1, 3 };
	const struct prefix p = pfx("10.0.0.0/8");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(meds); i++) {
		const struct attrs *out;
		union attrs_buf buf;
		struct intern in;
		struct edit e;
		uint32_t from, to = 0;

		print_message("%s\n", meds[i].what);
		intern_init(&in, key);
		edit_init(&e, &meds[i].conf);
		route(&buf, "7", "");
		buf.attrs.med = meds[i].given;
		buf.attrs.has |= meds[i].given != 0 ? ATTRS_MED : 0;
		from = intern_get(&in, &buf.attrs);
		assert_true(edit_touches(&e, &buf.attrs));
		assert_true(edit_run(&e, &in, from, &p, &to));
		out = intern_at(&in, to);
		assert_int_equal(out->med, meds[i].med);
		assert_int_equal(out->has & (ATTRS_MED | ATTRS_MED_OUT),
		    meds[i].has);
		intern_drop(&in, from);
		edit_fini(&e, &in);
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
		cmocka_unit_test(sessions_change_what_they_are_told_to),
		cmocka_unit_test(a_session_has_a_med_of_its_own),
		cmocka_unit_test(results_are_kept_and_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
