/*
 * What is kept of a failure: the code that scripts match, and the facts of
 * both sides that an operator needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "ike/story.h"
#include "ike_duo.h"
#include "util/array.h"

static void
other_cipher(struct duo *d)
{
	d->end[LEFT].conf[0].ike.encr = duo_algs(ALG_ENCR, "AES128");
	d->end[LEFT].conf[0].ike.integ = duo_algs(ALG_INTEG, "SHA2-256");
}

static void
other_group(struct duo *d)
{
	d->end[LEFT].conf[0].ike.ke = duo_algs(ALG_KE, "14");
}

static void
nobody_there(struct duo *d)
{
	d->end[LEFT].conf[0].remote = d->end[RIGHT].addr;
	d->end[LEFT].conf[0].remote.b[3] = 9;
}

static void
other_nets(struct duo *d)
{
	struct prefix p = { .addr = { ADDR_IPV4, { 10, 9 } }, .len = 16 };

	d->end[LEFT].conf[0].remote_ts.ts[0] = ts_prefix(&p);
}

static void
other_esp(struct duo *d)
{
	d->end[LEFT].conf[0].esp.encr = duo_algs(ALG_ENCR, "AES128");
	d->end[LEFT].conf[0].esp.integ = duo_algs(ALG_INTEG, "SHA2-256");
}

static void
kernel_refuses(struct duo *d)
{
	duo_refuse(d, RIGHT, 1);
}

/* After LEFT tried: what one side keeps.  part: in the named fact. */
static const struct row {
	const char	*what;
	void		(*prepare)(struct duo *);
	int		side;
	const char	*code, *fact, *part;
} rows[] = {
	{ "a cipher that the responder lacks", other_cipher, RIGHT,
	    "no-common-proposal", "ours", "AES256-GCM-16" },
	{ "the proposal as it came", other_cipher, RIGHT,
	    "no-common-proposal", "theirs", "1: AES128-CBC" },
	{ "where the two first differ", other_cipher, RIGHT,
	    "no-common-proposal", "verdict", "encryption differs" },
	{ "the initiator knows only its own", other_cipher, LEFT,
	    "no-common-proposal", "theirs", "does not say" },
	{ "a group that the responder lacks", other_group, RIGHT,
	    "no-common-proposal", "verdict", "key exchange group differs" },
	{ "silence", nobody_there, LEFT,
	    "no-answer", "request", "IKE_SA_INIT, sent 12 times" },
	{ "silence, and from where to where", nobody_there, LEFT,
	    "no-answer", "path", "198.51.100.9:500" },
	{ "selectors of the peer", other_nets, RIGHT,
	    "traffic-selectors", "offered", "10.9.0.0/16" },
	{ "selectors that are allowed", other_nets, RIGHT,
	    "traffic-selectors", "allowed", "10.2.0.0/16" },
	{ "an ESP cipher that the responder lacks", other_esp, RIGHT,
	    "no-common-proposal", "verdict", "no common ESP proposal" },
	{ "an SA that the kernel refuses", kernel_refuses, RIGHT,
	    "kernel", "kernel", "" },
};

static const char *
fact_of(const struct story *s, const char *wanted)
{
	const char *name, *value;
	size_t pos = 0;

	while (story_next(s, &pos, &name, &value)) {
		if (strcmp(name, wanted) == 0)
			return value;
	}
	return NULL;
}

static void
a_failure_is_kept_with_its_code_and_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		const struct story *s;
		const char *value;
		struct duo d;

		print_message("    %s\n", r->what);
		duo_init(&d, 5);
		r->prepare(&d);
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_s(40));
		s = ike_peer_story(d.end[r->side].ike, DUO_PEER);
		assert_non_null(s);
		assert_string_equal(story_code_str(s->code), r->code);
		assert_string_not_equal(story_remedy(s->code), "");
		value = fact_of(s, r->fact);
		assert_non_null(value);
		assert_non_null(strstr(value, r->part));
		shut_down(&d);
	}
}

/* Whose turn it was not has not failed. */
static void
a_peer_that_was_not_meant_has_no_story(void **state)
{
	struct ike_peer_info info;
	struct duo d;

	(void)state;
	duo_init(&d, 8);
	duo_add_peer(&d, RIGHT);
	d.end[RIGHT].conf[0].ike.ke = duo_algs(ALG_KE, "14");
	d.end[RIGHT].conf[0].remote_id = duo_id("other.example");
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(2));
	assert_true(ike_peer_get(d.end[RIGHT].ike, DUO_PEER + 1, &info));
	assert_true(info.child);
	assert_null(ike_peer_story(d.end[RIGHT].ike, DUO_PEER));
	assert_string_equal(duo_info(&d, RIGHT).why.s, "");
	d.end[RIGHT].conf[0].ike.ke = duo_algs(ALG_KE, "31");
	shut_down(&d);
}

/* The same, found out by its name. */
static void
a_peer_that_was_only_guessed_has_no_story(void **state)
{
	struct ike_peer_info info;
	struct duo d;

	(void)state;
	duo_init(&d, 9);
	duo_add_peer(&d, RIGHT);
	d.end[RIGHT].conf[0].remote_id = duo_id("other.example");
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(2));
	assert_true(ike_peer_get(d.end[RIGHT].ike, DUO_PEER + 1, &info));
	assert_true(info.child);
	assert_null(ike_peer_story(d.end[RIGHT].ike, DUO_PEER));
	shut_down(&d);
}

static void
a_failure_without_details_does_not_wear_older_ones(void **state)
{
	struct duo d;
	const struct story *s;

	(void)state;
	duo_init(&d, 6);
	other_cipher(&d);
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(1));
	peer_failed(table_peer(d.end[RIGHT].ike, DUO_PEER), "something else");
	s = ike_peer_story(d.end[RIGHT].ike, DUO_PEER);
	assert_string_equal(story_code_str(s->code), "other");
	assert_null(fact_of(s, "ours"));
	duo_fini(&d);
}

static void
facts_that_do_not_fit_are_left_out(void **state)
{
	static struct story s;
	char longest[STORY_TEXT];
	const char *name, *value;
	size_t pos = 0, n = 0;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	story_begin(&s, STORY_OTHER);
	story_add(&s, "a", "%d", 1);
	story_add(&s, "too long", "%s", longest);
	story_add(&s, "b", "%d", 2);
	while (story_next(&s, &pos, &name, &value))
		n++;
	assert_int_equal(n, 2);
	assert_string_equal(fact_of(&s, "b"), "2");
}

static void
without_memory_there_is_no_story_and_no_harm(void **state)
{
	(void)state;
	story_begin(NULL, STORY_OTHER);
	story_add(NULL, "a", "b");
	assert_null(fact_of(NULL, "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_kept_with_its_code_and_facts),
		cmocka_unit_test(
		    a_failure_without_details_does_not_wear_older_ones),
		cmocka_unit_test(a_peer_that_was_not_meant_has_no_story),
		cmocka_unit_test(a_peer_that_was_only_guessed_has_no_story),
		cmocka_unit_test(facts_that_do_not_fit_are_left_out),
		cmocka_unit_test(without_memory_there_is_no_story_and_no_harm),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
