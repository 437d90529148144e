/*
 * Session resumption seen from a gateway (RFC 5723): engines that die and are
 * started anew with the monitor's ticket keys, and what an operator is told.
 */
#include "test/unit/sim_pair.h"

#include "sim/kept.h"

#define RESUMES	"session_resumption = true;"

static void
resuming(void)
{
	p.hub_conf.connection = RESUMES;
	p.branch_conf.connection = RESUMES "dpd_timeout_seconds = 30;"
	    "dpd_timeout_action = \"restart\";";
	started();
}

static bool
is(struct gate *g, const char *member)
{
	json_t *o = json_object_get(pair_show(g, "vpn/1"), "resumption");

	assert_non_null(json_object_get(o, member));
	return json_is_true(json_object_get(o, member));
}

/*
 * The hub's engine dies, and what was kept of its SAs is of no use to the next
 * one; keys and kernel stay with its monitor, or not.
 */
static void
lose_hub(bool engine_alone)
{
	gate_crash(p.hub, engine_alone);
	kept_forget(p.hub);
	gate_start(p.hub);
	later(90000);
	all_up();
}

static void
an_engine_takes_the_tickets_of_the_one_before_it(void **state)
{
	(void)state;
	resuming();
	assert_true(is(p.branch, "enabled") && is(p.hub, "enabled"));
	assert_false(is(p.branch, "resumed") || is(p.hub, "resumed"));
	assert_string_not_equal(pair_get(p.branch, "vpn/1",
	    "resumption.ticket_until"), "");
	assert_string_equal(pair_get(p.hub, "vpn/1",
	    "resumption.ticket_until"), "");
	lose_hub(true);
	assert_true(is(p.branch, "resumed") && is(p.hub, "resumed"));
	assert_int_equal(gate_count(p.branch, "ike-resumed"), 2);
	assert_int_equal(gate_count(p.branch, "ticket-refused"), 0);
	assert_string_equal(pair_get(p.branch, "vpn/1",
	    "resumption.refused"), "");
}

static void
a_daemon_that_was_restarted_refuses_and_says_why(void **state)
{
	(void)state;
	resuming();
	lose_hub(false);
	assert_false(is(p.branch, "resumed") || is(p.hub, "resumed"));
	assert_string_equal(pair_get(p.branch, "vpn/1",
	    "resumption.refused"), "refused-by-peer");
	assert_string_equal(pair_get(p.hub, "vpn/1", "resumption.refused"),
	    "unknown-key");
	assert_string_not_equal(pair_get(p.hub, "vpn/1",
	    "resumption.refused_at"), "");
	assert_int_equal(gate_count(p.hub, "ticket-refused"), 2);
}

static json_t *
fact(struct gate *g, const char *name)
{
	json_t *e, *f;
	size_t i;

	gate_ctl(g, "{\"command\":\"explain\",\"name\":\"vpn/1\"}");
	e = json_array_get(json_object_get(g->answer, "explained"), 0);
	json_array_foreach(json_object_get(e, "facts"), i, f) {
		if (strcmp(json_string_value(json_object_get(f, "name")),
		    name) == 0)
			return json_object_get(f, "value");
	}
	return NULL;
}

static void
explain_tells_how_the_session_came_to_be(void **state)
{
	(void)state;
	resuming();
	assert_string_equal(json_string_value(fact(p.branch, "session")),
	    "set up from scratch");
	assert_non_null(fact(p.branch, "ticket"));
	assert_null(fact(p.hub, "ticket"));
	lose_hub(true);
	assert_string_equal(json_string_value(fact(p.hub, "session")),
	    "resumed by a ticket (RFC 5723)");
	assert_null(fact(p.hub, "ticket refused"));
	lose_hub(false);
	assert_non_null(strstr(json_string_value(fact(p.hub,
	    "ticket refused")), "(unknown-key) at "));
}

static void
another_key_makes_the_tickets_void_but_touches_no_tunnel(void **state)
{
	unsigned downs;

	(void)state;
	resuming();
	downs = gate_count(p.branch, "tunnel-down");
	/* As the monitor marks it when the secret has changed. */
	memset(gw_tunnel_find(p.branch->gw, "vpn", 1)->gw->conf->connections[0]
	    .tunnels[0].secret_mark, 7, CONF_MARK_LEN);
	tunnel_creds(gw_tunnel_find(p.branch->gw, "vpn", 1),
	    &p.branch->gw->conf->connections[0].tunnels[0]);
	later(30000);
	assert_int_equal(gate_count(p.branch, "tunnel-down"), downs);
	lose_hub(true);
	assert_false(is(p.branch, "resumed"));
	assert_string_equal(pair_get(p.branch, "vpn/1",
	    "resumption.refused"), "tunnel-changed");
	/* The other tunnel's key is what it was. */
	assert_int_equal(gate_count(p.branch, "ike-resumed"), 1);
}

static void
without_the_setting_there_are_no_tickets(void **state)
{
	(void)state;
	started();
	assert_false(is(p.branch, "enabled"));
	lose_hub(true);
	assert_false(is(p.branch, "resumed"));
	assert_int_equal(gate_count(p.branch, "ike-resumed"), 0);
	assert_null(fact(p.branch, "session"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(an_engine_takes_the_tickets_of_the_one_before_it),
		STORY(a_daemon_that_was_restarted_refuses_and_says_why),
		STORY(explain_tells_how_the_session_came_to_be),
		STORY(another_key_makes_the_tickets_void_but_touches_no_tunnel),
		STORY(without_the_setting_there_are_no_tickets),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
