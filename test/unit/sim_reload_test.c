/*
 * Gateways in the simulated world (test/sim): configurations that change, that
 * do not fit the peer's, and what operators are told about it.
 */
#include "gw/ctl.h"
#include "test/unit/sim_pair.h"
#include "util/array.h"

/* The hub's client asks for a reload of what is in its file now. */
static void
reloaded(struct gate *g, bool ok, const char *error)
{
	unsigned before = g->answers;

	assert_null(gate_ctl(g, "{\"command\":\"reload\"}"));
	world_run(&p.w, span_ms(10));
	assert_int_equal(g->answers, before + 1);
	assert_true(json_is_true(json_object_get(g->answer, "ok")) == ok);
	if (!ok)
		assert_non_null(strstr(json_string_value(json_object_get(
		    g->answer, "error")), error));
}

/* --- reload --- */

static void
a_reload_that_changes_nothing_touches_nothing(void **state)
{
	unsigned ops, downs;

	(void)state;
	started();
	ops = gate_ops(p.hub);
	downs = gate_count(p.branch, "tunnel-down");
	reloaded(p.hub, true, NULL);
	later(60000);
	assert_int_equal(gate_ops(p.hub), ops + 1);
	assert_int_equal(p.hub->kernel.ran[KERN_RELOAD], 1);
	assert_int_equal(gate_count(p.branch, "tunnel-down"), downs);
}

static void
a_reload_of_an_invalid_file_changes_nothing(void **state)
{
	unsigned ops;

	(void)state;
	started();
	ops = gate_ops(p.hub);
	gate_conf(p.hub, "asn = 64512;\nconnections = ( { nmae = 1; } );\n");
	reloaded(p.hub, false, "sim.conf:2: connections[0].nmae");
	later(10000);
	assert_int_equal(gate_ops(p.hub), ops + 1);
	all_up();
}

/* A client asks for this; what it is answered. */
static const json_t *
asked(struct gate *g, const char *request)
{
	const json_t *at_once = gate_ctl(g, request);

	if (at_once != NULL)
		return at_once;
	world_run(&p.w, span_ms(10));
	assert_non_null(g->answer);
	return g->answer;
}

static void
pending(struct gate *g, uint32_t seconds)
{
	struct kern_event e = { .kind = KERN_PENDING };

	e.pending.seconds = seconds;
	gw_kern(g->gw, p.w.now, &e);
}

static void
shows_pending(struct gate *g, bool is, long long least, long long most)
{
	const json_t *a = json_object_get(asked(g, "{\"command\":\"show\"}"),
	    "apply");
	long long left = json_integer_value(json_object_get(a,
	    "seconds_left"));

	assert_true(json_is_true(json_object_get(a, "pending")) == is);
	assert_in_range(left, least, most);
	assert_int_equal(strlen(json_string_value(json_object_get(a,
	    "until"))), is ? 20 : 0);
}

static void
show_tells_what_waits_to_be_confirmed(void **state)
{
	(void)state;
	started();
	shows_pending(p.hub, false, 0, 0);
	pending(p.hub, 60);
	shows_pending(p.hub, true, 59, 60);
	later(20000);
	shows_pending(p.hub, true, 39, 40);
	later(60000);
	shows_pending(p.hub, true, 0, 0);
	pending(p.hub, 0);
	shows_pending(p.hub, false, 0, 0);
}

static void
apply_confirm_and_undo_are_the_monitors_business(void **state)
{
	static const struct {
		const char	*request;
		enum kern_op_kind op;
	} rows[] = {
		{ "{\"command\":\"apply\",\"candidate\":\"a\"}",
		    KERN_APPLY },
		{ "{\"command\":\"confirm\"}", KERN_CONFIRM },
		{ "{\"command\":\"undo\"}", KERN_UNDO },
	};

	(void)state;
	started();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const json_t *j;

		p.hub->kernel.refuse[rows[i].op] = 1;
		j = asked(p.hub, rows[i].request);
		assert_false(json_is_true(json_object_get(j, "ok")));
		assert_int_equal(json_integer_value(json_object_get(j,
		    "exit")), CTL_EXIT_FAILED);
		j = asked(p.hub, rows[i].request);
		assert_true(json_is_true(json_object_get(j, "ok")));
		assert_int_equal(p.hub->kernel.ran[rows[i].op], 2);
	}
	all_up();
}

static const char more_hub[] = ", { name = \"more\"; role = \"hub\";"
    " remote_asn = 65010; tunnels = ( {"
    " local_outside_ip_address = \"192.0.2.3\";"
    " remote_outside_ip_address = \"198.51.100.1\";"
    " tunnel_inside_cidr = \"169.254.12.0/30\"; } ); }";
static const char more_branch[] = ", { name = \"more\"; role = \"device\";"
    " remote_asn = 64512; tunnels = ( {"
    " local_outside_ip_address = \"198.51.100.1\";"
    " remote_outside_ip_address = \"192.0.2.3\";"
    " tunnel_inside_cidr = \"169.254.12.0/30\"; } ); }";

static void
a_connection_added_and_removed_leaves_the_others_alone(void **state)
{
	struct ike_peer_info before, after;
	unsigned sets;

	(void)state;
	link_new(&p.w, p.hub, "192.0.2.3", p.branch, "198.51.100.1");
	started();
	before = info(p.hub, "vpn", 1);
	sets = p.hub->kernel.ran[KERN_LINK_SET];
	p.hub_conf.more = more_hub;
	p.branch_conf.more = more_branch;
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	reloaded(p.branch, true, NULL);
	all_up();
	later(5000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 3);
	assert_string_equal(pair_get(p.hub, "more/1", "state"), "UP");
	p.hub_conf.more = p.branch_conf.more = NULL;
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	reloaded(p.branch, true, NULL);
	later(10000);
	all_up();
	after = info(p.hub, "vpn", 1);
	assert_true(before.spi_i == after.spi_i);
	assert_int_equal(before.spi_in, after.spi_in);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
	assert_int_equal(p.hub->kernel.links_n, 2);
	assert_int_equal(p.hub->kernel.sas_n, 4);
	/* The new one's, and its MTU's once its suite is known. */
	assert_int_equal(p.hub->kernel.ran[KERN_LINK_SET], sets + 2);
	assert_int_equal(p.hub->kernel.ran[KERN_LINK_DEL], 1);
}

static void
an_option_of_one_tunnel_touches_only_that_one(void **state)
{
	struct ike_peer_info before, after;

	(void)state;
	started();
	before = info(p.hub, "vpn", 2);
	p.hub_conf.tunnel[0] = "replay_window_size = 2048;";
	pair_write(&p);
	packet_probes(&p.w, span_ms(5));
	reloaded(p.hub, true, NULL);
	all_up();
	later(60000);
	after = info(p.hub, "vpn", 2);
	assert_true(before.spi_i == after.spi_i);
	assert_int_equal(before.spi_in, after.spi_in);
	assert_int_equal(kernel_newest(&p.hub->kernel, KERN_ID_BASE + 1,
	    KERN_IN)->sa.replay_window, 2048);
	assert_int_equal(kernel_newest(&p.hub->kernel, KERN_ID_BASE + 2,
	    KERN_IN)->sa.replay_window, 1024);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
	packet_probes(&p.w, SPAN_ZERO);
	later(1000);
	assert_int_equal(p.w.tally.lost, 0);
	assert_int_equal(p.w.tally.arrived, p.w.tally.sent);
}

static void
a_tunnel_is_changed_though_its_peer_is_silent(void **state)
{
	(void)state;
	started();
	p.link[0]->cut = true;
	p.hub_conf.tunnel[0] = "replay_window_size = 2048;";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	later(15000);
	assert_int_equal(gw_tunnel_find(p.hub->gw, "vpn",
	    1)->conf->replay_window, 2048);
	p.link[0]->cut = false;
	all_up();
}

static void
networks_and_static_routes_follow_a_reload(void **state)
{
	(void)state;
	p.hub_conf.more = ", { name = \"fixed\"; role = \"hub\";"
	    " routes = [ \"10.9.0.0/16\" ]; tunnels = ( {"
	    " local_outside_ip_address = \"192.0.2.3\"; } ); }";
	p.branch_conf.more = ", { name = \"fixed\"; role = \"device\";"
	    " routes = [ \"10.8.0.0/16\" ]; tunnels = ( {"
	    " local_outside_ip_address = \"198.51.100.1\";"
	    " remote_outside_ip_address = \"192.0.2.3\"; } ); }";
	link_new(&p.w, p.hub, "192.0.2.3", p.branch, "198.51.100.1");
	started();
	assert_int_equal(check_hops(p.hub, "10.9.1.1"), 1);
	assert_int_equal(check_hops(p.branch, "10.8.1.1"), 1);
	p.branch_conf.networks = "\"10.2.0.0/16\", \"10.3.0.0/16\"";
	pair_write(&p);
	reloaded(p.branch, true, NULL);
	later(5000);
	all_up();
	assert_int_equal(check_hops(p.hub, "10.3.0.1"), 2);
	p.branch_conf.networks = "\"10.3.0.0/16\"";
	p.branch_conf.more = NULL;
	pair_write(&p);
	reloaded(p.branch, true, NULL);
	later(15000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 0);
	assert_int_equal(check_hops(p.hub, "10.3.0.1"), 2);
	assert_int_equal(check_hops(p.hub, "10.9.1.1"), 0);
	assert_int_equal(check_hops(p.branch, "10.8.1.1"), 0);
}

static void
what_becomes_ours_is_not_routed_into_a_tunnel(void **state)
{
	(void)state;
	started();
	p.hub_conf.networks = "\"10.1.0.0/16\", \"10.2.0.0/16\"";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	later(5000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 0);
	p.hub_conf.networks = NULL;
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	later(5000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
	all_up();
}

static void
another_as_or_router_id_starts_bgp_anew(void **state)
{
	struct bgp_peer_info bgp;

	(void)state;
	started();
	p.hub_conf.asn = 64999;
	p.hub_conf.top = "router_id = \"9.9.9.9\";";
	p.branch_conf.remote_asn = 64999;
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	reloaded(p.branch, true, NULL);
	later(10000);
	all_up();
	later(2000);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
	assert_true(bgp_peer_get(p.branch->gw->bgp, gw_tunnel_find(
	    p.branch->gw, "vpn", 1)->id, &bgp));
	assert_int_equal(bgp.remote_router_id, 0x09090909);
}

/* The mark stands for the key, which only the monitor has. */
static void
another_bgp_authentication_renews_the_session_and_nothing_below(void **state)
{
	struct ike_peer_info before, after;
	struct bgp_peer_info bgp;
	unsigned listens, ups;

	(void)state;
	started();
	before = info(p.hub, "vpn", 1);
	listens = p.hub->kernel.ran[KERN_LISTEN];
	ups = gate_count(p.hub, "tunnel-up");
	p.hub_conf.tunnel[0] = "bgp_authentication = \"md5\";";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	assert_int_equal(p.hub->kernel.ran[KERN_LISTEN], listens + 1);
	assert_int_equal(p.hub->kernel.ran[KERN_UNLISTEN], 1);
	later(60000);
	all_up();
	after = info(p.hub, "vpn", 1);
	assert_true(before.spi_i == after.spi_i);
	assert_int_equal(before.spi_in, after.spi_in);
	assert_true(bgp_peer_get(p.hub->gw->bgp, gw_tunnel_find(p.hub->gw,
	    "vpn", 1)->id, &bgp));
	assert_int_equal(bgp.counts.established, 2);
	assert_true(bgp_peer_get(p.hub->gw->bgp, gw_tunnel_find(p.hub->gw,
	    "vpn", 2)->id, &bgp));
	assert_int_equal(bgp.counts.established, 1);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
	assert_true(gate_count(p.hub, "tunnel-up") <= ups + 1);
	/* Likewise with another key, and not at all with the same. */
	reloaded(p.hub, true, NULL);
	assert_int_equal(p.hub->kernel.ran[KERN_LISTEN], listens + 1);
}

static void
what_an_operator_took_down_stays_down(void **state)
{
	(void)state;
	started();
	done(p.hub, "{\"command\":\"down\",\"name\":\"vpn/1\"}");
	later(5000);
	p.hub_conf.tunnel[0] = "replay_window_size = 2048;";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	later(20000);
	assert_int_equal(gw_tunnel_find(p.hub->gw, "vpn",
	    1)->conf->replay_window, 2048);
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "admin");
	done(p.hub, "{\"command\":\"up\",\"name\":\"vpn/1\"}");
	all_up();
}

/* Each waits for the other's interface, and one of them waits longer. */
static void
what_is_down_stays_down_when_it_takes_another_interface(void **state)
{
	(void)state;
	p.hub_conf.tunnel[0] = "interface_name = \"one\";";
	p.hub_conf.tunnel[1] = "interface_name = \"two\";";
	started();
	done(p.hub, "{\"command\":\"down\",\"name\":\"vpn/1\"}");
	later(5000);
	p.hub_conf.tunnel[0] = "interface_name = \"two\";";
	p.hub_conf.tunnel[1] = "interface_name = \"one\";";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	later(20000);
	assert_string_equal(gw_tunnel_find(p.hub->gw, "vpn",
	    1)->conf->ifname, "two");
	assert_string_equal(pair_get(p.hub, "vpn/1", "layer"), "admin");
	assert_string_equal(pair_get(p.hub, "vpn/2", "state"), "UP");
	/* One that is gone for good is forgotten. */
	p.hub_conf.tunnel[1] = p.hub_conf.tunnel[0] = NULL;
	p.hub_conf.name = "renamed";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	all_up();
	p.hub_conf.name = "vpn";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	all_up();
}

static void
an_interface_goes_from_one_connection_to_another(void **state)
{
	(void)state;
	started();
	p.hub_conf.name = "renamed";
	pair_write(&p);
	reloaded(p.hub, true, NULL);
	later(30000);
	all_up();
	assert_null(gw_tunnel_find(p.hub->gw, "vpn", 1));
	assert_non_null(gw_tunnel_find(p.hub->gw, "renamed", 1));
	assert_int_equal(p.hub->kernel.links_n, 2);
	assert_int_equal(p.hub->kernel.sas_n, 4);
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 2);
}

/* --- what does not fit --- */

static void
says(struct gate *g, const char *layer, const char *reason)
{
	const char *why;

	assert_string_equal(pair_get(g, "vpn/1", "state"), "DOWN");
	assert_string_equal(pair_get(g, "vpn/1", "layer"), layer);
	why = pair_get(g, "vpn/1", "reason");
	if (strstr(why, reason) == NULL)
		fail_msg("%s says \"%s\", not \"%s\"", g->name, why, reason);
}

static void
a_wrong_key_is_named_as_the_reason(void **state)
{
	(void)state;
	p.hub->psk[1] = "another.secret";
	pair_start(&p);
	later(60000);
	says(p.hub, "ike", "pre-shared keys differ");
	says(p.branch, "ike", "AUTHENTICATION_FAILED");
	assert_string_equal(pair_get(p.hub, "vpn/2", "state"), "UP");
	p.hub->psk[1] = p.branch->psk[1];
	all_up();
}

static void
a_missing_key_is_named_as_the_reason(void **state)
{
	(void)state;
	p.branch->psk[1] = NULL;
	pair_start(&p);
	later(60000);
	says(p.branch, "ike", "no pre-shared key for vpn/1");
	p.branch->psk[1] = p.hub->psk[1];
	all_up();
}

static void
a_wrong_as_is_named_as_the_reason(void **state)
{
	(void)state;
	p.hub_conf.remote_asn = 65099;
	pair_start(&p);
	later(60000);
	says(p.hub, "bgp", "65010");
	says(p.hub, "bgp", "65099");
	says(p.branch, "bgp", "Bad Peer AS");
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), 0);
}

static void
no_common_proposal_is_named_as_the_reason(void **state)
{
	(void)state;
	p.hub_conf.tunnel[0] = "phase1_dh_group_numbers = [ 20 ];";
	pair_start(&p);
	later(60000);
	says(p.branch, "ike", "NO_PROPOSAL_CHOSEN");
	says(p.hub, "ike", "ours ECP-384, theirs X25519");
	assert_string_equal(pair_get(p.branch, "vpn/2", "state"), "UP");
}

static void
no_common_esp_proposal_is_named_as_the_reason(void **state)
{
	(void)state;
	p.hub_conf.tunnel[0] =
	    "phase2_encryption_algorithms = [ \"AES256\" ];";
	pair_start(&p);
	later(60000);
	says(p.branch, "child", "NO_PROPOSAL_CHOSEN");
	says(p.hub, "child", "AES256");
	assert_string_equal(pair_get(p.branch, "vpn/2", "state"), "UP");
}

static void
disjoint_networks_are_named_as_the_reason(void **state)
{
	(void)state;
	p.hub_conf.no_bgp = p.branch_conf.no_bgp = true;
	p.hub_conf.tunnel[0] = "local_ipv4_network_cidr = \"10.2.0.0/16\";";
	p.branch_conf.tunnel[0] =
	    "local_ipv4_network_cidr = \"10.7.0.0/16\";";
	pair_start(&p);
	later(60000);
	says(p.branch, "child", "TS_UNACCEPTABLE");
}

static void
an_unreachable_peer_is_named_as_the_reason(void **state)
{
	(void)state;
	p.link[0]->cut = true;
	pair_start(&p);
	later(300000);
	says(p.branch, "ike", "no answer from 192.0.2.1:500");
	p.link[0]->cut = false;
	pair_run_up(&p, span_s(60));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_reload_that_changes_nothing_touches_nothing),
		STORY(a_reload_of_an_invalid_file_changes_nothing),
		STORY(show_tells_what_waits_to_be_confirmed),
		STORY(apply_confirm_and_undo_are_the_monitors_business),
		STORY(a_connection_added_and_removed_leaves_the_others_alone),
		STORY(an_option_of_one_tunnel_touches_only_that_one),
		STORY(a_tunnel_is_changed_though_its_peer_is_silent),
		STORY(networks_and_static_routes_follow_a_reload),
		STORY(another_bgp_authentication_renews_the_session_and_nothing_below),
		STORY(what_becomes_ours_is_not_routed_into_a_tunnel),
		STORY(another_as_or_router_id_starts_bgp_anew),
		STORY(what_an_operator_took_down_stays_down),
		STORY(what_is_down_stays_down_when_it_takes_another_interface),
		STORY(an_interface_goes_from_one_connection_to_another),
		STORY(a_wrong_key_is_named_as_the_reason),
		STORY(a_missing_key_is_named_as_the_reason),
		STORY(a_wrong_as_is_named_as_the_reason),
		STORY(no_common_proposal_is_named_as_the_reason),
		STORY(no_common_esp_proposal_is_named_as_the_reason),
		STORY(disjoint_networks_are_named_as_the_reason),
		STORY(an_unreachable_peer_is_named_as_the_reason),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
