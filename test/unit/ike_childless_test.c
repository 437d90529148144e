/* IKE SAs without a child at first (RFC 6023): every pair of wishes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike_duo.h"
#include "util/array.h"

/* CREATE_CHILD_SA requests that went by until the tunnel was up. */
static unsigned
created(const struct duo_rule *rules)
{
	return rules[0].seen + rules[1].seen;
}

enum outcome {
	AT_ONCE,		/* the child comes with IKE_AUTH */
	AFTER,			/* by CREATE_CHILD_SA, with PFS */
	NOT,			/* there is no tunnel, and it says why */
};

#define NEVER	IKE_CHILDLESS_NEVER
#define ALLOW	IKE_CHILDLESS_ALLOW
#define PREFER	IKE_CHILDLESS_PREFER
#define FORCE	IKE_CHILDLESS_FORCE

static const struct row {
	enum ike_childless initiator, responder;
	enum outcome	outcome;
} rows[] = {
	{ NEVER, NEVER, AT_ONCE }, { NEVER, ALLOW, AT_ONCE },
	{ NEVER, PREFER, AT_ONCE },
	{ ALLOW, NEVER, AT_ONCE }, { ALLOW, ALLOW, AT_ONCE },
	{ ALLOW, PREFER, AT_ONCE },
	{ PREFER, NEVER, AT_ONCE }, { PREFER, ALLOW, AFTER },
	{ PREFER, PREFER, AFTER }, { PREFER, FORCE, AFTER },
	{ FORCE, NEVER, NOT }, { FORCE, ALLOW, AFTER },
	{ FORCE, PREFER, AFTER }, { FORCE, FORCE, AFTER },
	/* the first one is refused, the next one is welcome */
	{ NEVER, FORCE, AFTER }, { ALLOW, FORCE, AFTER },
};

static void
every_pair_of_wishes_has_its_outcome(void **state)
{
	static const char *const names[] = {
		"never", "allow", "prefer", "force",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct duo_rule watch[] = {
			{ .from = LEFT, .exchange = CREATE_CHILD_SA,
			    .nth = 1, .until = 99, .fate = DUO_PASS },
			{ .from = RIGHT, .exchange = CREATE_CHILD_SA,
			    .nth = 1, .until = 99, .fate = DUO_PASS },
		};
		struct duo d;

		print_message("    %s, %s\n", names[r->initiator],
		    names[r->responder]);
		duo_init(&d, 11 + i);
		d.rules = watch;
		d.rules_n = ARRAY_SIZE(watch);
		d.end[LEFT].conf[0].childless = r->initiator;
		d.end[RIGHT].conf[0].childless = r->responder;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_s(50));
		if (r->outcome == NOT) {
			assert_non_null(strstr(duo_info(&d, LEFT).why.s,
			    "RFC 6023"));
			assert_empty(&d);
			shut_down(&d);
			continue;
		}
		assert_paired(&d);
		if (r->outcome == AFTER)
			assert_true(created(watch) > 0);
		else
			assert_int_equal(created(watch), 0);
		assert_true((duo_info(&d, LEFT).child_suite.ke != NULL) ==
		    (r->outcome == AFTER));
		shut_down(&d);
	}
}

/* Who it is, is not known yet when it has to be said. */
static void
what_is_announced_fits_everybody_who_may_be_meant(void **state)
{
	struct ike_peer_info info;
	struct duo d;

	(void)state;
	duo_init(&d, 78);
	duo_add_peer(&d, RIGHT);
	d.end[RIGHT].conf[0].remote_id = duo_id("other.example");
	d.end[RIGHT].conf[0].childless = NEVER;
	d.end[RIGHT].conf[0].fragmentation = false;
	d.end[LEFT].conf[0].childless = FORCE;
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(5));
	assert_sound(&d);
	assert_true(ike_peer_get(d.end[RIGHT].ike, DUO_PEER + 1, &info));
	assert_true(info.child);
	assert_true(sa_at(&d, LEFT)->frags);
	shut_down(&d);
}

static void
a_childless_tunnel_rekeys_and_survives_a_crash(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 77);
	d.end[LEFT].conf[0].childless = FORCE;
	d.end[RIGHT].conf[0].childless = FORCE;
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_true(duo_rekey(&d, RIGHT, CHILD));
	duo_run(&d, span_s(5));
	assert_paired(&d);
	assert_true(duo_rekey(&d, LEFT, IKE));
	duo_run(&d, span_s(5));
	assert_paired(&d);
	d.end[LEFT].keep_up = true;
	duo_crash(&d, LEFT);
	if (!duo_run_up(&d, span_s(60)))
		assert_paired(&d);
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_wishes_has_its_outcome),
		cmocka_unit_test(
		    what_is_announced_fits_everybody_who_may_be_meant),
		cmocka_unit_test(
		    a_childless_tunnel_rekeys_and_survives_a_crash),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
