/*
 * ML-KEM in IKE SAs, where the OpenSSL that runs has it: as the first key
 * exchange and as an additional one (RFC 9370), in set-ups and rekeys of both
 * kinds from both ends, in fragments, on a bad link; against a peer that
 * computes its keys by itself; and values that encode no key.
 *
 * Without it, that an instance which was told to use it says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/wire_peer.h"

#include "ike_duo.h"
#include "util/array.h"

#define SMALL	300	/* octets of an IP datagram */
#define GCM	"AES256-GCM-16/"
#define IKE_GCM	"AES256-GCM-16/PRF-SHA2-256/"

struct sides {
	struct addke	ike, esp;
};

/* Both ends have these groups and additional slots, for both kinds of SA. */
static void
set(struct duo *d, struct sides *s, const char *groups, const char *slots)
{
	s->ike = s->esp = duo_addke(slots);
	for (int i = 0; i < 2; i++) {
		struct ike_peer_conf *conf = &d->end[i].conf[0];

		conf->ike.ke = conf->esp.ke = duo_algs(ALG_KE, groups);
		if (slots[0] != '\0')
			conf->ike.addke = &s->ike;
		if (slots[0] != '\0')
			conf->esp.addke = &s->esp;
	}
}

static void
assert_suites(const struct duo *d, const char *methods)
{
	char buf[SUITE_STRLEN], want[SUITE_STRLEN];

	for (int side = LEFT; side <= RIGHT; side++) {
		struct ike_peer_info info = duo_info(d, side);

		str_fmt(want, sizeof(want), IKE_GCM "%s", methods);
		assert_string_equal(suite_str(&info.suite, buf), want);
		str_fmt(want, sizeof(want), GCM "%s", methods);
		assert_string_equal(suite_str(&info.child_suite, buf), want);
	}
}

static void
rekey_all(struct duo *d)
{
	for (unsigned v = 0; v < 4; v++) {
		assert_true(duo_rekey(d, v & 1 ? LEFT : RIGHT, v < 2));
		duo_run(d, span_s(20));
		assert_paired(d);
	}
}

static const struct {
	const char	*groups, *slots, *suite;
} rows[] = {
	{ "36", "", "ML-KEM-768" },
	{ "37", "", "ML-KEM-1024" },
	{ "35", "", "ML-KEM-512" },
	{ "31", "36", "X25519+ML-KEM-768" },
	{ "20", "37/21", "ECP-384+ML-KEM-1024+ECP-521" },
	{ "31", "35 none/36 37", "X25519+ML-KEM-512+ML-KEM-768" },
	{ "35", "36/37", "ML-KEM-512+ML-KEM-768+ML-KEM-1024" },
	{ "36 31", "36", "X25519+ML-KEM-768" },
};

static void
sas_are_made_and_rekeyed_from_both_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sides s;
		struct duo d;

		print_message("    %s, %s\n", rows[i].groups, rows[i].slots);
		duo_init(&d, 1 + i);
		set(&d, &s, rows[i].groups, rows[i].slots);
		duo_start(&d);
		bring_up(&d, i % 2 == 0 ? LEFT : RIGHT);
		watch_traffic(&d);
		rekey_all(&d);
		assert_suites(&d, rows[i].suite);
		finish(&d);
	}
}

static void
another_group_is_asked_for_and_given(void **state)
{
	static const struct {
		const char	*left, *right, *suite;
	} ways[] = {
		{ "31 36", "36", "ML-KEM-768" },
		{ "36 31", "31", "X25519" },
		{ "37 36 35", "35", "ML-KEM-512" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct sides s;
		struct duo d;

		duo_init(&d, 50 + i);
		set(&d, &s, ways[i].left, "");
		d.end[RIGHT].conf[0].ike.ke = duo_algs(ALG_KE, ways[i].right);
		d.end[RIGHT].conf[0].esp.ke = d.end[RIGHT].conf[0].ike.ke;
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		rekey_all(&d);
		assert_suites(&d, ways[i].suite);
		finish(&d);
	}
}

static void
long_values_go_in_fragments(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	duo_init(&d, 60);
	set(&d, &s, "31", "36/37");
	for (int i = 0; i < 2; i++)
		d.end[i].conf[0].fragment_size = SMALL;
	d.link.mtu = SMALL;
	duo_start(&d);
	bring_up(&d, LEFT);
	watch_traffic(&d);
	rekey_all(&d);
	assert_suites(&d, "X25519+ML-KEM-768+ML-KEM-1024");
	for (int i = 0; i < 2; i++) {
		assert_true(d.end[i].fragments > 20);
		assert_int_equal(d.end[i].too_long, 0);
	}
	finish(&d);
}

static void
chance_does_not_stop_it(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct sides s;
		struct duo d;

		duo_init(&d, 100 + seed);
		set(&d, &s, seed % 2 == 0 ? "36" : "31",
		    seed % 2 == 0 ? "" : "36");
		d.link.loss = 25;
		d.link.repeat = 15;
		d.link.jitter = span_ms(900);
		d.end[LEFT].keep_up = true;
		d.end[LEFT].retry_at = d.now;
		duo_start(&d);
		if (!duo_run_up(&d, span_s(240)))
			assert_paired(&d);
		d.link.loss = d.link.repeat = 0;
		shut_down(&d);
	}
}

/* The cookie makes the long request come twice; both have the same key. */
static void
a_cookie_may_be_asked_for_first(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	duo_init(&d, 70);
	set(&d, &s, "37", "");
	d.end[RIGHT].limits.cookie_above = 0;
	duo_start(&d);
	bring_up(&d, LEFT);
	watch_traffic(&d);
	assert_string_equal(duo_info(&d, LEFT).suite.ke->name, "ML-KEM-1024");
	finish(&d);
}

/* --- a peer that computes its keys by itself --- */

static void
keys_follow_from_the_secret_as_with_other_methods(void **state)
{
	static const char *const slots[] = { "20/35", "20/36", "20/37" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		static struct wire_peer w;
		struct ike_peer_info info;

		begin_with(&w, slots[i], (uint16_t)(35 + i));
		say_init(&w);
		say_inter(&w, "20");
		say_inter(&w, slots[i] + 3);
		say_auth(&w);
		info = duo_info(&w.d, RIGHT);
		assert_int_equal(info.ike_sas, 1);
		assert_int_equal(addke_alg(info.suite.addke[1])->id, 35 + i);
		end(&w);
	}
}

static void
what_encodes_no_key_is_refused(void **state)
{
	static const struct {
		const char	*what;
		size_t		 n;
		uint8_t		 fill;
	} bad[] = {
		{ "nothing", 0, 0 },
		{ "an octet less", 1183, 0 },
		{ "an octet more", 1185, 0 },
		{ "as long as a ciphertext", 1088, 0 },
		{ "coefficients out of range", 1184, 0xff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		static struct wire_peer w;
		struct buf inner = { 0 };
		uint8_t value[1200];

		print_message("    %s\n", bad[i].what);
		memset(value, bad[i].fill, sizeof(value));
		begin_with(&w, "20/36", 36);
		say_init(&w);
		say_inter(&w, "20");
		ke_octets(&inner, 0, 36, bytes_of(value, bad[i].n));
		exchange(&w, IKE_INTERMEDIATE, PL_KE, &inner);
		assert_int_equal(inside(&w, PL_NOTIFY).p[3],
		    N_INVALID_SYNTAX);
		end(&w);
	}
}

/* --- an OpenSSL without --- */

static void
without_it_nothing_is_sent(void **state)
{
	struct sides s;
	struct duo d;

	(void)state;
	duo_init(&d, 1);
	set(&d, &s, "36", "");
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(5));
	assert_why(&d, LEFT, "cannot build IKE_SA_INIT");
	assert_int_equal(d.end[LEFT].sent, 0);
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest with[] = {
		cmocka_unit_test(sas_are_made_and_rekeyed_from_both_ends),
		cmocka_unit_test(another_group_is_asked_for_and_given),
		cmocka_unit_test(long_values_go_in_fragments),
		cmocka_unit_test(chance_does_not_stop_it),
		cmocka_unit_test(a_cookie_may_be_asked_for_first),
		cmocka_unit_test(
		    keys_follow_from_the_secret_as_with_other_methods),
		cmocka_unit_test(what_encodes_no_key_is_refused),
	};
	const struct CMUnitTest without[] = {
		cmocka_unit_test(without_it_nothing_is_sent),
	};

	if (!crypto_init())
		return 1;
	return crypto_has(alg_find(ALG_KE, KE_ML_KEM_768, 0)) ?
	    cmocka_run_group_tests(with, init_all, NULL) :
	    cmocka_run_group_tests(without, init_all, NULL);
}
