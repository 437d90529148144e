/*
 * Instances that die and are followed by others (ike/keep.h) while, or after,
 * the tunnel was redirected (RFC 5685).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/keep.h"
#include "ike_duo.h"

#define ELSEWHERE	"203.0.113.77"	/* nobody is there */

static void
start(struct duo *d, uint64_t seed)
{
	duo_init(d, seed);
	d->end[LEFT].conf[0].accept_redirect = true;
	duo_start(d);
	bring_up(d, LEFT);
}

/* As if left's SA had come about by a redirect to where right is. */
static struct ike_sa *
redirected(struct duo *d)
{
	struct ike_sa *sa = sa_at(d, LEFT);

	sa->redirected = true;
	sa_touch(sa);
	sa_settle_all(d->end[LEFT].ike, d->now);
	duo_check(d);
	return sa;
}

static void
redirect(struct duo *d)
{
	assert_true(ike_peer_redirect(d->end[RIGHT].ike, d->now, DUO_PEER));
	duo_check(d);
	duo_run(d, span_ms(200));
	assert_true(sa_at(d, LEFT)->leaving);
}

/* Where its next attempt goes. */
static bool
is_sent_to(const struct duo *d, const struct addr *to)
{
	return addr_eq(&table_peer(d->end[LEFT].ike, DUO_PEER)->
	    redirect.gateway, to);
}

/* The call went with who made it; the next redirect is heard. */
static void
an_sa_is_not_left_for_a_gateway_that_nobody_calls(void **state)
{
	struct addr to;
	struct duo d;

	(void)state;
	start(&d, 1);
	assert_true(addr_parse(&to, ELSEWHERE));
	ike_peer_drain(d.end[RIGHT].ike, d.now, DUO_PEER, true, &to);
	redirect(&d);
	duo_succeed(&d, LEFT);
	duo_check(&d);
	assert_int_equal(d.end[LEFT].adopted, 1);
	assert_false(sa_at(&d, LEFT)->leaving);
	redirect(&d);
	assert_true(is_sent_to(&d, &to));
	duo_run(&d, span_s(90));
	assert_paired(&d);
	shut_down(&d);
}

static void
probation_is_over_with_a_child_for_a_successor_too(void **state)
{
	struct ike_sa *sa;
	struct duo d;

	(void)state;
	start(&d, 2);
	sa = redirected(&d);
	sa->child_by = instant_after(d.now, span_s(20));
	sa_touch(sa);
	sa_settle_all(d.end[LEFT].ike, d.now);
	duo_check(&d);
	duo_succeed(&d, LEFT);
	duo_run(&d, span_s(1));
	assert_int_equal(d.end[LEFT].adopted, 1);
	assert_true(instant_is_never(sa_at(&d, LEFT)->child_by));
	assert_paired(&d);
	shut_down(&d);
}

static void
a_successor_stays_with_the_gateway_that_it_was_sent_to(void **state)
{
	struct duo d;

	(void)state;
	/* Also where it was to leave that one, and the call is gone. */
	for (int leaving = 0; leaving < 2; leaving++) {
		start(&d, 3);
		sa_at(&d, LEFT)->leaving = leaving;
		redirected(&d);
		duo_succeed(&d, LEFT);
		duo_check(&d);
		assert_int_equal(d.end[LEFT].adopted, 1);
		assert_true(is_sent_to(&d, &d.end[RIGHT].addr));
		assert_paired(&d);
		shut_down(&d);
	}
}

static void
where_redirects_are_not_followed_any_more_it_does_not(void **state)
{
	struct ike_peer_conf *conf;
	struct duo d;

	(void)state;
	for (int i = 0; i < 2; i++) {
		start(&d, 4);
		redirected(&d);
		conf = &d.end[LEFT].conf[0];
		assert_true(addr_parse(&conf->remote, ELSEWHERE));
		conf->accept_redirect = i == 1;
		duo_succeed(&d, LEFT);
		assert_int_equal(d.end[LEFT].adopted, i);
		assert_int_equal(d.end[LEFT].refused, 1 - i);
		duo_fini(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_sa_is_not_left_for_a_gateway_that_nobody_calls),
		cmocka_unit_test(
		    probation_is_over_with_a_child_for_a_successor_too),
		cmocka_unit_test(
		    a_successor_stays_with_the_gateway_that_it_was_sent_to),
		cmocka_unit_test(
		    where_redirects_are_not_followed_any_more_it_does_not),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
