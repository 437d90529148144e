/*
 * Who calls a hub that drains (RFC 5685) is sent to another one, or is not let
 * in.
 */
#include "test/unit/sim_hubs.h"

static void
a_caller_is_sent_away_at_once(void **state)
{
	(void)state;
	start(A);
	start(B);
	start(C);
	drain(A, B);
	start(BRANCH);
	wait_with(B, 10);
	assert_int_equal(info(A).ike_sas, 0);
	assert_non_null(strstr(gate_text(g[BRANCH], "ike-redirect"),
	    "192.0.2.1 redirects us to 203.0.113.1 in IKE_SA_INIT"));
	assert_true(info(B).came_from.family != 0);
	later(60000);
	assert_true(is_with(B));
}

static void
so_is_one_from_anywhere_where_all_such_are(void **state)
{
	(void)state;
	ends[A].anywhere = true;
	start(A);
	start(B);
	start(C);
	drain(A, B);
	start(BRANCH);
	wait_with(B, 10);
	assert_non_null(strstr(gate_text(g[BRANCH], "ike-redirect"),
	    "192.0.2.1 redirects us to 203.0.113.1 in IKE_SA_INIT"));
	assert_int_equal(info(A).ike_sas, 0);
}

/* Another of them is not drained: who calls is known only when it is up. */
static void
else_it_is_sent_away_once_it_is_known(void **state)
{
	(void)state;
	ends[A].anywhere = true;
	ends[A].more = other;
	start(A);
	start(B);
	start(C);
	asked(A, "{\"command\":\"drain\",\"to\":\"203.0.113.1\","
	    "\"name\":\"vpn\"}");
	start(BRANCH);
	wait_with(B, 10);
	assert_non_null(strstr(gate_text(g[BRANCH], "ike-redirect"),
	    "192.0.2.1 redirects us to 203.0.113.1 in INFORMATIONAL"));
	later(5000);
	assert_int_equal(info(A).ike_sas, 0);
	assert_int_equal(gate_count(g[BRANCH], "child-down"), 0);
	/* Unless nobody new is let in: then it is told so in IKE_AUTH. */
	gate_crash(g[BRANCH], false);
	asked(A, "{\"command\":\"drain\",\"name\":\"vpn\"}");
	start(BRANCH);
	later(20000);
	assert_non_null(strstr(info(BRANCH).why.s, "IKE_AUTH with "
	    "TEMPORARY_FAILURE"));
	assert_int_equal(info(A).children, 0);
}

static void
when_the_other_hub_is_lost_the_first_one_is_called_again(void **state)
{
	(void)state;
	all_started();
	drain(A, B);
	wait_with(B, 10);
	undrain(A);
	link_to[B]->cut = true;
	wait_with(A, 120);
	assert_false(info(BRANCH).gateway.family != 0);
	later(60000);
	assert_true(is_with(A));
}

static void
two_hubs_that_drain_to_each_other_keep_the_caller(void **state)
{
	(void)state;
	start(A);
	start(B);
	start(C);
	drain(A, B);
	drain(B, A);
	start(BRANCH);
	wait_with(B, 20);
	later(60000);
	assert_true(is_with(B));
	assert_string_equal(drained(B, "state"), "kept");
	assert_string_equal(drained(B, "reason"), "it comes from there");
	/* So it does when the order is given once more. */
	drain(B, A);
	later(20000);
	assert_true(is_with(B));
	assert_string_equal(drained(B, "state"), "kept");
	assert_int_equal(gate_count(g[BRANCH], "ike-redirect"), 1);
}

static void
a_ring_of_hubs_is_left_after_five_redirects(void **state)
{
	(void)state;
	start(A);
	start(B);
	start(C);
	drain(A, B);
	drain(B, C);
	drain(C, A);
	start(BRANCH);
	later(60000);
	assert_explained(BRANCH, "redirect-loop");
	/* Six events: each of the redirects, and the way back. */
	assert_in_range(gate_count(g[BRANCH], "ike-redirect"), 6, 6);
	later(200000);
	assert_in_range(gate_count(g[BRANCH], "ike-redirect"), 6, 6);
	undrain(A);
	wait_with(A, 60);
}

/* --- nobody new --- */

static void
without_an_address_nobody_new_is_let_in(void **state)
{
	(void)state;
	all_started();
	asked(A, "{\"command\":\"drain\"}");
	later(10000);
	assert_true(is_with(A));
	assert_string_equal(drained(A, "state"), "kept");
	/* What is up lives on. */
	asked(BRANCH, "{\"command\":\"rekey\",\"name\":\"vpn/1\","
	    "\"what\":\"ike\"}");
	later(5000);
	assert_true(is_with(A));
	gate_crash(g[BRANCH], false);
	start(BRANCH);
	later(60000);
	assert_false(is_up(BRANCH));
	assert_non_null(strstr(info(BRANCH).why.s, "TEMPORARY_FAILURE"));
	assert_explained(A, "draining");
	undrain(A);
	wait_with(A, 60);
}

static void
nor_from_anywhere(void **state)
{
	(void)state;
	ends[A].anywhere = true;
	start(A);
	asked(A, "{\"command\":\"drain\",\"name\":\"vpn\"}");
	start(BRANCH);
	later(30000);
	assert_non_null(strstr(info(BRANCH).why.s, "TEMPORARY_FAILURE"));
	assert_int_equal(info(A).children, 0);
	asked(A, "{\"command\":\"undrain\",\"name\":\"vpn\"}");
	wait_with(A, 60);
}

static void
a_tunnel_that_drains_is_not_begun_either(void **state)
{
	(void)state;
	ends[A].connection = "startup_action = \"start\";";
	ends[BRANCH].connection = "startup_action = \"add\";";
	start(A);
	start(BRANCH);
	wait_with(A, 20);
	assert_true(info(A).initiator);
	drain(A, B);
	later(1000);
	assert_string_equal(drained(A, "state"), "kept");
	gate_crash(g[BRANCH], false);
	start(BRANCH);
	later(120000);
	assert_false(is_up(A));
	assert_string_equal(drained(A, "state"), "gone");
	undrain(A);
	wait_with(A, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_caller_is_sent_away_at_once),
		STORY(so_is_one_from_anywhere_where_all_such_are),
		STORY(else_it_is_sent_away_once_it_is_known),
		STORY(when_the_other_hub_is_lost_the_first_one_is_called_again),
		STORY(two_hubs_that_drain_to_each_other_keep_the_caller),
		STORY(a_ring_of_hubs_is_left_after_five_redirects),
		STORY(without_an_address_nobody_new_is_let_in),
		STORY(nor_from_anywhere),
		STORY(a_tunnel_that_drains_is_not_begun_either),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
