/*
 * A branch and three hubs in the simulated world: hubs that drain (RFC 5685),
 * the branch that follows them, or does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "gw/tunnel.h"
#include "sim/check.h"
#include "sim/gate.h"
#include "sim/link.h"
#include "sim/packet.h"
#include "util/array.h"

enum { A, BRANCH, B, C, GATES };	/* the order is that of probes */

static const char *const outside[GATES] = {
	"192.0.2.1", "198.51.100.1", "203.0.113.1", "203.0.113.65",
};

struct end {
	const char	*connection, *tunnel;	/* more keys */
	const char	*more;		/* another connection */
	bool		anywhere;	/* no remote address */
	bool		bgp;
	unsigned	tunnels;	/* 0: 1 */
};

static struct world w;
static struct gate *g[GATES];
static struct link *link_to[GATES];	/* from the branch */
static struct end ends[GATES];

static int
set_up(void **state)
{
	static const char *const names[] = { "a", "branch", "b", "c" };

	(void)state;
	memset(ends, 0, sizeof(ends));
	world_init(&w, 1);
	for (unsigned i = 0; i < GATES; i++)
		g[i] = gate_new(&w, names[i], KERN_LINK_XFRMI);
	for (unsigned i = 0; i < GATES; i++) {
		if (i != BRANCH)
			link_to[i] = link_new(&w, g[i], outside[i], g[BRANCH],
			    outside[BRANCH]);
	}
	ends[BRANCH].connection = "accept_redirect = true;";
	return 0;
}

static int
tear_down(void **state)
{
	bool trouble = w.trouble.s[0] != '\0';

	(void)state;
	if (trouble)
		print_error("%s\n", w.trouble.s);
	world_fini(&w);
	return trouble;
}

static void
write_conf(unsigned i)
{
	const struct end *e = &ends[i];
	bool hub = i != BRANCH;
	char text[4096];

	str_fmt(text, sizeof(text), "asn = %u; allow_short_lifetimes = true; "
	    "connections = ( { name = \"vpn\"; role = \"%s\"; %s = [ \"%s\" ]; "
	    "%s local_id = \"%s\"; remote_id = \"%s\"; "
	    "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ]; "
	    "phase1_integrity_algorithms = [ \"SHA2-256\" ]; "
	    "phase1_dh_group_numbers = [ 31 ]; "
	    "phase2_encryption_algorithms = [ \"AES128-GCM-16\" ]; "
	    "phase2_dh_group_numbers = [ 31 ]; %s tunnels = (",
	    hub ? 64512 : 65010, hub ? "hub" : "device",
	    e->bgp ? "networks" : "routes",
	    hub == e->bgp ? "10.1.0.0/16" : "10.2.0.0/16",
	    !e->bgp ? "" : hub ? "remote_asn = 65010;" : "remote_asn = 64512;",
	    hub ? "hub.example" : "branch.example",
	    hub ? "branch.example" : "hub.example",
	    e->connection == NULL ? "" : e->connection);
	str_add(text, sizeof(text), "{ local_outside_ip_address = \"%s\"; "
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; %s ", outside[i],
	    e->tunnel == NULL ? "" : e->tunnel);
	if (!e->anywhere)
		str_add(text, sizeof(text), "remote_outside_ip_address = "
		    "\"%s\"; ", outside[hub ? BRANCH : A]);
	str_add(text, sizeof(text), "} ); }%s%s );", e->more == NULL ? "" : ",",
	    e->more == NULL ? "" : e->more);
	gate_conf(g[i], text);
}

static void
start(unsigned i)
{
	write_conf(i);
	gate_start(g[i]);
}

static void
later(unsigned ms)
{
	world_run(&w, span_ms(ms));
	assert_string_equal(w.trouble.s, "");
}

static struct ike_peer_info
info(unsigned i)
{
	struct gw_tunnel *t = gw_tunnel_find(g[i]->gw, "vpn", 1);
	struct ike_peer_info out = { 0 };

	assert_non_null(t);
	ike_peer_get(g[i]->gw->ike, t->id, &out);
	return out;
}

static bool
is_up(unsigned i)
{
	struct ike_peer_info n = info(i);

	return n.child && n.ike_sas == 1 && n.children == 1;
}

/* With this hub, in its and in the branch's view. */
static bool
is_with(unsigned hub)
{
	struct ike_peer_info n = info(BRANCH);
	struct addr a;

	addr_parse(&a, outside[hub]);
	return is_up(hub) && is_up(BRANCH) &&
	    addr_eq(&n.path.remote.addr, &a);
}

static void
wait_with(unsigned hub, unsigned most_s)
{
	struct instant until = instant_after(w.now, span_s(most_s));

	while (!is_with(hub) && w.now.ns < until.ns)
		later(100);
	if (!is_with(hub))
		fail_msg("the branch is not with %s: %s, %s", g[hub]->name,
		    info(BRANCH).why.s, info(hub).why.s);
}

static void
all_started(void)
{
	for (unsigned i = A; i < GATES; i++)
		start(i);
	wait_with(A, 20);
	later(3000);
}

static json_t *
asked(unsigned i, const char *request)
{
	json_t *answer = gate_ctl(g[i], request);

	assert_non_null(answer);
	return answer;
}

static void
drain(unsigned from, unsigned to)
{
	char request[128];

	str_fmt(request, sizeof(request), "{\"command\":\"drain\",\"to\":"
	    "\"%s\"}", outside[to]);
	assert_true(json_is_true(json_object_get(asked(from, request), "ok")));
}

static void
undrain(unsigned from)
{
	assert_true(json_is_true(json_object_get(asked(from,
	    "{\"command\":\"undrain\"}"), "ok")));
}

/* A member of the tunnel's "drain" in what is shown. */
static const char *
drained(unsigned i, const char *member)
{
	json_t *t = json_array_get(json_object_get(asked(i,
	    "{\"command\":\"show\"}"), "tunnels"), 0);
	const char *s = json_string_value(json_object_get(json_object_get(t,
	    "drain"), member));

	assert_non_null(s);
	return s;
}

static void
assert_explained(unsigned i, const char *code)
{
	json_t *e = json_array_get(json_object_get(asked(i,
	    "{\"command\":\"explain\",\"name\":\"vpn/1\"}"), "explained"), 0);

	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(e, "failure"), "code")), code);
}

static void
probe_for(unsigned ms, unsigned hub)
{
	for (unsigned i = 0; i < ms; i += 5) {
		packet_probe(g[BRANCH], GATE_HOST_1, GATE_HOST_0, i);
		if (hub != BRANCH)
			packet_probe(g[hub], GATE_HOST_0, GATE_HOST_1, i);
		later(5);
	}
}

/* --- a live tunnel --- */

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

static void
bgp_is_up_again_with_the_other_hub_in_a_moment(void **state)
{
	struct instant start_at;

	(void)state;
	for (unsigned i = A; i < GATES; i++)
		ends[i].bgp = true;
	all_started();
	while (check_hops(g[BRANCH], GATE_HOST_0) != 1)
		later(10);
	later(2000);
	drain(A, B);
	while (info(BRANCH).ike_sas != 2)
		later(1);
	while (check_hops(g[BRANCH], GATE_HOST_0) != 0)
		later(1);
	start_at = w.now;
	while (check_hops(g[BRANCH], GATE_HOST_0) != 1 ||
	    check_hops(g[B], GATE_HOST_1) != 1)
		later(10);
	assert_true(instant_since(w.now, start_at).ns < span_s(10).ns);
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

/* --- those who call --- */

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
	ends[A].more = "{ name = \"other\"; role = \"hub\"; routes = [ "
	    "\"10.9.0.0/16\" ]; local_id = \"hub.example\"; remote_id = "
	    "\"other.example\"; tunnels = ( { local_outside_ip_address = "
	    "\"192.0.2.1\"; tunnel_inside_cidr = \"169.254.11.0/30\"; "
	    "phase1_encryption_algorithms = [ \"AES128-GCM-16\" ]; "
	    "phase1_integrity_algorithms = [ \"SHA2-256\" ]; "
	    "phase1_dh_group_numbers = [ 31 ]; } ); }";
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

/* --- orders --- */

static void
an_order_outlives_a_reload_that_makes_the_tunnel_anew(void **state)
{
	(void)state;
	ends[BRANCH].connection = NULL;
	all_started();
	drain(A, B);
	ends[A].connection = "dpd_timeout_seconds = 77;";
	write_conf(A);
	gate_reload(g[A]);
	later(5000);
	assert_string_not_equal(drained(A, "state"), "off");
	assert_string_equal(drained(A, "to"), outside[B]);
	gate_crash(g[A], false);
	start(A);
	assert_string_equal(drained(A, "state"), "off");
}

static const struct {
	const char	*what, *request;
	bool		 ok;
	const char	*state;		/* of the tunnel, after it */
	const char	*error;
} orders[] = {
	{ "all", "\"drain\"", true, "gone", NULL },
	{ "but not this connection", "\"undrain\",\"name\":\"vpn\"", true,
	    "off", NULL },
	{ "but this tunnel", "\"drain\",\"name\":\"vpn/1\"", true, "gone",
	    NULL },
	{ "its connection lifts that, too", "\"undrain\",\"name\":\"vpn\"",
	    true, "off", NULL },
	{ "all again", "\"drain\",\"to\":\"203.0.113.1\"", true, "gone",
	    NULL },
	{ "one that is not there", "\"undrain\",\"name\":\"vpn2\"", false,
	    "gone", "no connection or tunnel named vpn2" },
	{ "not this tunnel", "\"undrain\",\"name\":\"vpn/1\"", true, "off",
	    NULL },
	{ "none", "\"undrain\"", true, "off", NULL },
	{ "to ourselves", "\"drain\",\"to\":\"192.0.2.1\"", false, "off",
	    "192.0.2.1 is this gateway's own address (vpn/1)" },
	{ "to nowhere", "\"drain\",\"to\":\"0.0.0.0\"", false, "off",
	    "0.0.0.0 is not the address of a gateway" },
	{ "to another family",
	    "\"drain\",\"to\":\"2001:db8::9\",\"name\":\"vpn\"", false, "off",
	    "2001:db8::9 is not of the IP version of vpn/1" },
	{ "to a name", "\"drain\",\"to\":\"hub.example\"", false, "off",
	    "\"hub.example\" is not an IPv4 or IPv6 address" },
	{ "undrain has no address", "\"undrain\",\"to\":\"192.0.2.9\"", false,
	    "off", "undrain takes no \"to\"" },
};

static void
the_last_order_counts(void **state)
{
	(void)state;
	start(A);
	later(1000);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		char line[256];
		json_t *answer;

		print_message("    %s\n", orders[i].what);
		str_fmt(line, sizeof(line), "{\"command\":%s}",
		    orders[i].request);
		answer = asked(A, line);
		assert_int_equal(json_is_true(json_object_get(answer, "ok")),
		    orders[i].ok);
		if (orders[i].error != NULL)
			assert_string_equal(json_string_value(json_object_get(
			    answer, "error")), orders[i].error);
		assert_string_equal(drained(A, "state"), orders[i].state);
	}
}

#define STORY(name)							\
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int
init_all(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
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
		STORY(a_caller_is_sent_away_at_once),
		STORY(so_is_one_from_anywhere_where_all_such_are),
		STORY(else_it_is_sent_away_once_it_is_known),
		STORY(when_the_other_hub_is_lost_the_first_one_is_called_again),
		STORY(two_hubs_that_drain_to_each_other_keep_the_caller),
		STORY(a_ring_of_hubs_is_left_after_five_redirects),
		STORY(without_an_address_nobody_new_is_let_in),
		STORY(nor_from_anywhere),
		STORY(a_tunnel_that_drains_is_not_begun_either),
		STORY(an_order_outlives_a_reload_that_makes_the_tunnel_anew),
		STORY(the_last_order_counts),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
