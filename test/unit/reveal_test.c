/* Keys for a protocol analyser: who gets them, and whether they are right. */
#include "test/unit/sim_pair.h"

#define KEYS	"{\"command\":\"keys\"}"

/* The nth IKE SA of the tunnel; a copy that the caller drops. */
static json_t *
sa_of(struct gate *g, size_t tunnel, size_t n)
{
	json_t *a = gate_ctl(g, KEYS), *list, *sa;

	assert_non_null(a);
	assert_true(json_is_true(json_object_get(a, "ok")));
	list = json_array_get(json_object_get(a, "tunnels"), tunnel);
	sa = json_array_get(json_object_get(list, "ike"), n);
	assert_non_null(sa);
	return json_incref(sa);
}

static size_t
text_len(const json_t *sa, const char *key)
{
	return strlen(json_string_value(json_object_get(sa, key)));
}

static void
both_ends_show_the_same_keys(void **state)
{
	json_t *hub, *branch;

	(void)state;
	started();
	for (size_t t = 0; t < 2; t++) {
		hub = sa_of(p.hub, t, 0);
		branch = sa_of(p.branch, t, 0);
		assert_true(json_equal(hub, branch));
		assert_int_equal(text_len(hub, "spi_i"), 16);
		assert_int_equal(text_len(hub, "sk_ei"), 40);
		assert_int_equal(text_len(hub, "sk_er"), 40);
		assert_int_equal(text_len(hub, "sk_ai"), 0);
		assert_string_not_equal(json_string_value(json_object_get(hub,
		    "sk_ei")), json_string_value(json_object_get(hub,
		    "sk_er")));
		json_decref(hub);
		json_decref(branch);
	}
}

static void
a_separate_mac_has_keys_of_its_own(void **state)
{
	json_t *hub;

	(void)state;
	p.hub_conf.tunnel[0] = p.branch_conf.tunnel[0] =
	    "phase1_encryption_algorithms = [ \"AES128\" ]; "
	    "phase1_integrity_algorithms = [ \"SHA2-384\" ];";
	started();
	hub = sa_of(p.hub, 0, 0);
	assert_int_equal(text_len(hub, "sk_er"), 32);
	assert_int_equal(text_len(hub, "sk_ai"), 96);
	assert_int_equal(text_len(hub, "sk_ar"), 96);
	assert_string_equal(json_string_value(json_object_get(hub, "integ")),
	    "SHA2-384-192");
	json_decref(hub);
}

static void
a_rekeyed_sa_has_other_keys(void **state)
{
	json_t *before, *after;

	(void)state;
	started();
	before = sa_of(p.hub, 0, 0);
	done(p.hub, "{\"command\":\"rekey\",\"name\":\"vpn/1\","
	    "\"what\":\"ike\"}");
	later(5000);
	after = sa_of(p.hub, 0, 0);
	assert_string_not_equal(json_string_value(json_object_get(before,
	    "sk_ei")), json_string_value(json_object_get(after, "sk_ei")));
	json_decref(before);
	json_decref(after);
}

static void
nobody_but_root_is_shown_keys(void **state)
{
	static const uint32_t others[] = { 1, 1000, 65534, UINT32_MAX };
	json_t *a;

	(void)state;
	started();
	for (size_t i = 0; i < 4; i++) {
		a = gate_ctl_as(p.hub, others[i], KEYS);
		assert_non_null(a);
		assert_true(json_is_false(json_object_get(a, "ok")));
		assert_null(json_object_get(a, "tunnels"));
		assert_int_equal(json_integer_value(json_object_get(a,
		    "exit")), 4);
	}
	assert_int_equal(gate_count(p.hub, "keys-read"), 0);
}

static void
the_log_says_who_read_keys(void **state)
{
	(void)state;
	started();
	done(p.hub, KEYS);
	assert_int_equal(gate_count(p.hub, "keys-read"), 1);
	assert_string_equal(gate_text(p.hub, "keys-read"),
	    "keys of 2 IKE SAs were read by uid 0");
	done(p.hub, "{\"command\":\"keys\",\"name\":\"vpn/2\"}");
	assert_string_equal(gate_text(p.hub, "keys-read"),
	    "keys of 1 IKE SAs were read by uid 0");
}

static void
a_gateway_without_sas_shows_none(void **state)
{
	json_t *a;

	(void)state;
	pair_write(&p);
	gate_start(p.hub);
	a = gate_ctl(p.hub, KEYS);
	assert_non_null(a);
	assert_int_equal(json_array_size(json_object_get(json_array_get(
	    json_object_get(a, "tunnels"), 0), "ike")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(both_ends_show_the_same_keys),
		STORY(a_separate_mac_has_keys_of_its_own),
		STORY(a_rekeyed_sa_has_other_keys),
		STORY(nobody_but_root_is_shown_keys),
		STORY(the_log_says_who_read_keys),
		STORY(a_gateway_without_sas_shows_none),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
