/*
 * A live tunnel whose hub drains (RFC 5685): the branch that goes elsewhere, or
 * does not.
 */
#include "test/unit/sim_hubs.h"

static void
moves_without_a_packet_lost(enum kern_link_kind kind)
{
	g[BRANCH]->kernel.kind = kind;
	all_started();
	w.tally = (struct world_tally){ 0 };
	probe_for(500, A);
	drain(A, B);
	assert_string_equal(drained(A, "to"), outside[B]);
	probe_for(3000, BRANCH);
	assert_true(is_with(B));
	probe_for(500, B);
	later(200);
	assert_int_equal(w.tally.lost, 0);
	assert_int_equal(w.tally.dropped, 0);
	assert_int_equal(w.tally.arrived, w.tally.sent);
	assert_string_equal(drained(A, "state"), "gone");
	assert_string_equal(drained(B, "state"), "off");
	assert_int_equal(info(A).ike_sas, 0);
	assert_non_null(strstr(gate_text(g[A], "ike-redirect"),
	    "the peer was sent to 203.0.113.1"));
	assert_int_equal(gate_count(g[BRANCH], "child-down"), 0);
	assert_int_equal(gate_count(g[BRANCH], "tunnel-down"), 0);
	assert_int_equal(gate_count(g[BRANCH], "ike-failed"), 0);
	assert_int_equal(gate_count(g[B], "ike-failed"), 0);
	/* And it stays there, through rekeys, though A takes it again. */
	undrain(A);
	asked(BRANCH, "{\"command\":\"rekey\",\"name\":\"vpn/1\","
	    "\"what\":\"ike\"}");
	later(5000);
	asked(B, "{\"command\":\"rekey\",\"name\":\"vpn/1\","
	    "\"what\":\"ike\"}");
	later(5000);
	assert_true(is_with(B));
	assert_true(info(BRANCH).gateway.family != 0);
}

static void
a_live_tunnel_moves_without_a_packet_lost(void **state)
{
	(void)state;
	moves_without_a_packet_lost(KERN_LINK_XFRMI);
}

static void
a_live_tunnel_over_a_vti_moves_as_well(void **state)
{
	const struct kernel_link *l;
	struct addr b;

	(void)state;
	moves_without_a_packet_lost(KERN_LINK_VTI);
	addr_parse(&b, outside[B]);
	l = &g[BRANCH]->kernel.links[0];
	assert_true(addr_eq(&l->l.remote, &b));
}

static bool
is_routed(void)
{
	return check_hops(g[BRANCH], GATE_HOST_0) == 1;
}

static bool
has_two_sas(void)
{
	return info(BRANCH).ike_sas == 2;
}

static bool
is_cut_off(void)
{
	return check_hops(g[BRANCH], GATE_HOST_0) == 0;
}

static bool
is_routed_by_b(void)
{
	return is_routed() && check_hops(g[B], GATE_HOST_1) == 1;
}

static void
bgp_is_up_again_with_the_other_hub_in_a_moment(void **state)
{
	struct instant start_at;

	(void)state;
	for (unsigned i = A; i < GATES; i++)
		ends[i].bgp = true;
	all_started();
	wait_for(is_routed, "a route to the first hub's site", 10, 60);
	later(2000);
	drain(A, B);
	wait_for(has_two_sas, "an IKE SA with each hub", 1, 10);
	wait_for(is_cut_off, "the old hub's route is gone", 1, 30);
	start_at = w.now;
	wait_for(is_routed_by_b, "routes with the other hub", 10, 10);
	print_message("    routes were away for %d ms\n",
	    (int)(instant_since(w.now, start_at).ns / 1000000));
	later(2000);
	assert_true(is_with(B));
	assert_int_equal(gate_count(g[BRANCH], "child-down"), 0);
}

static void
who_has_moved_can_be_sent_on_and_back(void **state)
{
	(void)state;
	all_started();
	drain(A, B);
	wait_with(B, 10);
	drain(B, C);
	wait_with(C, 10);
	later(2000);
	undrain(A);
	drain(C, A);
	wait_with(A, 10);
	later(2000);
	/* Straight back, too. */
	undrain(C);
	drain(A, C);
	wait_with(C, 10);
	undrain(A);
	later(2000);
	drain(C, A);
	wait_with(A, 10);
	later(2000);
	assert_true(is_with(A));
	assert_string_equal(drained(C, "state"), "gone");
	assert_int_equal(gate_count(g[BRANCH], "child-down"), 0);
}

/* --- those who do not leave --- */

static void
who_does_not_follow_redirects_is_kept_and_named(void **state)
{
	(void)state;
	ends[BRANCH].connection = NULL;
	all_started();
	drain(A, B);
	later(70000);
	assert_true(is_with(A));
	assert_string_equal(drained(A, "state"), "kept");
	assert_string_equal(drained(A, "reason"),
	    "the peer does not follow redirects (RFC 5685)");
	/* It may even come back. */
	gate_crash(g[BRANCH], false);
	start(BRANCH);
	wait_with(A, 60);
	assert_int_equal(gate_count(g[A], "ike-redirect"), 0);
}

static void
a_hub_that_is_not_listed_is_not_followed(void **state)
{
	(void)state;
	ends[BRANCH].connection = "accept_redirect = true; "
	    "redirect_gateways = [ \"203.0.113.64/26\" ];";
	all_started();
	drain(A, B);
	later(20000);
	assert_true(is_with(A));
	assert_string_equal(drained(A, "state"), "told");
	later(20000);
	assert_string_equal(drained(A, "state"), "staying");
	assert_non_null(strstr(drained(A, "reason"), "has not left"));
	assert_explained(BRANCH, "redirect-refused");
	assert_non_null(strstr(gate_text(g[BRANCH], "ike-refused"),
	    "redirect_gateways does not allow it"));
	drain(A, C);
	wait_with(C, 10);
}

static void
a_hub_that_does_not_answer_costs_nothing(void **state)
{
	(void)state;
	all_started();
	link_to[B]->cut = true;
	drain(A, B);
	w.tally = (struct world_tally){ 0 };
	probe_for(50000, A);
	later(200);
	assert_int_equal(w.tally.lost + w.tally.dropped, 0);
	assert_int_equal(w.tally.arrived, w.tally.sent);
	assert_true(is_with(A));
	assert_string_equal(drained(A, "state"), "staying");
	assert_explained(BRANCH, "no-answer");
	/* When it is told again, the other hub is there. */
	link_to[B]->cut = false;
	wait_with(B, 70);
}

static void
a_hub_without_the_key_costs_nothing(void **state)
{
	(void)state;
	g[B]->psk[1] = "another secret";
	all_started();
	drain(A, B);
	w.tally = (struct world_tally){ 0 };
	probe_for(20000, A);
	assert_int_equal(w.tally.lost + w.tally.dropped, 0);
	assert_true(is_with(A));
	assert_int_equal(info(B).ike_sas, 0);
	assert_true(gate_count(g[B], "ike-failed") > 0);
	assert_int_equal(gate_count(g[BRANCH], "child-down"), 0);
}

static void
a_hub_that_refuses_the_child_costs_nothing(void **state)
{
	(void)state;
	ends[B].connection = "local_ipv4_network_cidr = \"10.9.0.0/16\"; "
	    "remote_ipv4_network_cidr = \"10.8.0.0/16\";";
	ends[BRANCH].connection = "accept_redirect = true; "
	    "local_ipv4_network_cidr = \"10.2.0.0/16\"; "
	    "remote_ipv4_network_cidr = \"10.1.0.0/16\";";
	ends[A].connection = "local_ipv4_network_cidr = \"10.2.0.0/16\"; "
	    "remote_ipv4_network_cidr = \"10.1.0.0/16\";";
	all_started();
	drain(A, B);
	w.tally = (struct world_tally){ 0 };
	probe_for(40000, A);
	assert_int_equal(w.tally.lost + w.tally.dropped, 0);
	assert_true(is_with(A));
	assert_int_equal(info(B).ike_sas, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_live_tunnel_moves_without_a_packet_lost),
		STORY(a_live_tunnel_over_a_vti_moves_as_well),
		STORY(bgp_is_up_again_with_the_other_hub_in_a_moment),
		STORY(who_has_moved_can_be_sent_on_and_back),
		STORY(who_does_not_follow_redirects_is_kept_and_named),
		STORY(a_hub_that_is_not_listed_is_not_followed),
		STORY(a_hub_that_does_not_answer_costs_nothing),
		STORY(a_hub_without_the_key_costs_nothing),
		STORY(a_hub_that_refuses_the_child_costs_nothing),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
