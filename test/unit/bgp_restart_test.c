/* Graceful restart of a neighbour (RFC 4724 section 4, RFC 8538). */
#include "bgp_stage.h"

static const struct bgp_soft helper = {
	.restart = BGP_RESTART_HELPER, .restart_seconds = 120,
	.stale = { INT64_C(180) * 1000000000 },
};

/* --- how a session ends --- */

static void
by_tcp(struct stage *s)
{
	stage_break(s);
}

static void
by_reset(struct stage *s)
{
	bgp_peer_reset(s->bgp, s->now, 1);
	stage_obey(s);
}

static void
by_shutdown(struct stage *s)
{
	bgp_peer_stop(s->bgp, s->now, 1, true, "maintenance");
	stage_obey(s);
}

static void
by_tunnel(struct stage *s)
{
	bgp_peer_stop(s->bgp, s->now, 1, false, "the tunnel is down");
	stage_obey(s);
}

static void
by_silence(struct stage *s)
{
	stage_wait(s, 31);
}

static void
by_cease_reset(struct stage *s)
{
	stage_notify(s, FAULT_CEASE, FAULT_RESET);
}

static void
by_cease_shutdown(struct stage *s)
{
	stage_notify(s, FAULT_CEASE, FAULT_SHUTDOWN);
}

static void
by_update_error(struct stage *s)
{
	stage_notify(s, FAULT_UPDATE, FAULT_ATTR_LIST);
}

static void
by_hard_reset(struct stage *s)
{
	stage_say(s, octets(MARKER "0017 03 06 09 06 02"));
}

static void
by_our_verdict(struct stage *s)
{
	stage_say(s, octets(MARKER "0017 02 ffff 0000"));
}

static void
by_too_many(struct stage *s)
{
	for (unsigned n = 20; n < 31; n++)
		stage_teach(s, n, 0);
}

static void
by_another_connection(struct stage *s)
{
	struct cap_restart again = both;

	again.restarted = true;
	stage_come(s, &again);
}

static void
by_a_late_one(struct stage *s)
{
	stage_idle(s, 20);
	stage_come(s, &both);
}

static void
by_a_crossing_one(struct stage *s)
{
	struct bgp_peer_info i = stage_info(s);
	uint32_t conn = s->conn;

	stage_open(s, &both, 0x0a000002);
	assert_int_equal(s->said.last.subcode, FAULT_COLLISION);
	s->conn = conn;
	assert_int_equal(i.since.ns, stage_info(s).since.ns);
}

static const struct cap_restart only4 = {
	.there = true, .seconds = 60, .families = OPEN_IPV4, .forwards = 3,
};
static const struct cap_restart helps = { .there = true, .seconds = 60 };
static const struct cap_restart at_once = {
	.there = true, .families = 3, .forwards = 3,
};

static const struct {
	const char	*what;
	const struct cap_restart *cap;	/* the neighbour's */
	bool		off;		/* we do not */
	void		(*end)(struct stage *);
	bool		stay4, stay6;
	bool		hard;		/* we send a Hard Reset */
} ends[] = {
	{ "TCP breaks, and nobody restarts gracefully", &none, false, by_tcp,
	    false, false, false },
	{ "TCP breaks", &both, false, by_tcp, true, true, false },
	{ "TCP breaks, but we do not help", &both, true, by_tcp, false,
	    false, false },
	{ "TCP breaks, who only helps keeps nothing", &helps, false, by_tcp,
	    false, false, false },
	{ "TCP breaks, the neighbour keeps one family", &only4, false, by_tcp,
	    true, false, false },
	{ "TCP breaks, the restart time is 0", &at_once, false, by_tcp,
	    false, false, false },
	{ "a NOTIFICATION without the N bit", &both, false, by_cease_reset,
	    false, false, false },
	{ "a NOTIFICATION with it", &both_n, false, by_cease_reset, true,
	    true, false },
	{ "an error of ours, with it", &both_n, false, by_update_error, true,
	    true, false },
	{ "a shutdown that is no Hard Reset", &both_n, false,
	    by_cease_shutdown, true, true, false },
	{ "a Hard Reset", &both_n, false, by_hard_reset, false, false,
	    false },
	{ "silence without the N bit", &both, false, by_silence, false, false,
	    false },
	{ "silence with it", &both_n, false, by_silence, true, true, false },
	{ "nonsense without the N bit", &both, false, by_our_verdict, false,
	    false, false },
	{ "nonsense with it", &both_n, false, by_our_verdict, true, true,
	    false },
	{ "an operator's reset without the N bit", &both, false, by_reset,
	    false, false, false },
	{ "an operator's reset with it", &both_n, false, by_reset, true, true,
	    false },
	{ "an operator's shutdown without the N bit", &both, false,
	    by_shutdown, false, false, false },
	{ "an operator's shutdown with it", &both_n, false, by_shutdown,
	    false, false, true },
	{ "a limit of prefixes", &both_n, false, by_too_many, false, false,
	    true },
	{ "the tunnel is down", &both_n, false, by_tunnel, false, false,
	    false },
	{ "another connection of who restarted", &both, false,
	    by_another_connection, true, true, false },
	{ "another connection after a while", &both, false, by_a_late_one,
	    true, true, false },
	{ "a connection that crosses is no end", &both, false,
	    by_a_crossing_one, true, true, false },
};

static void
routes_stay_when_the_end_promises_another_session(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct bgp_soft soft = helper;
		struct stage s;

		print_message("%s\n", ends[i].what);
		if (ends[i].off)
			soft.restart = BGP_RESTART_OFF;
		soft.max_in = 10;
		stage_new(&s, &soft);
		stage_come(&s, ends[i].cap);
		assert_int_equal(s.said.restart.there, !ends[i].off);
		assert_int_equal(s.said.restart.families, 0);
		stage_teach(&s, 1, 0);
		stage_teach(&s, V6(1), 0);
		s.routes = 0;
		ends[i].end(&s);
		assert_int_equal(stage_has(&s, 1), ends[i].stay4);
		assert_int_equal(stage_has(&s, V6(1)), ends[i].stay6);
		if (ends[i].stay4 && ends[i].stay6)
			assert_int_equal(s.routes, 0);
		if (ends[i].hard)
			assert_int_equal(s.said.last.subcode,
			    FAULT_HARD_RESET);
		else if (s.said.notifications > 0)
			assert_int_not_equal(s.said.last.subcode,
			    FAULT_HARD_RESET);
		stage_free(&s);
	}
}

static void
a_hard_reset_carries_what_it_is_for(void **state)
{
	struct stage s;

	(void)state;
	stage_new(&s, &helper);
	stage_come(&s, &both_n);
	by_shutdown(&s);
	assert_int_equal(s.said.last.code, FAULT_CEASE);
	assert_int_equal(s.said.last.subcode, FAULT_HARD_RESET);
	assert_memory_equal(s.said.last.data.p, "\x06\x02\x0bmaintenance", 14);
	assert_non_null(strstr(s.log, "sent 6/2 Cease, Administrative "
	    "Shutdown (as a Hard Reset): maintenance"));
	bgp_peer_start(s.bgp, s.now, 1);
	stage_come(&s, &both_n);
	stage_say(&s, octets(MARKER "001a 03 06 09 06 02 02 6f 6b"));
	assert_non_null(strstr(s.log, "received 6/9 Cease, Hard Reset for "
	    "6/2 Cease, Administrative Shutdown: \"ok\""));
	stage_free(&s);
}

/* --- how the neighbour comes back --- */

static void
never(struct stage *s)
{
	stage_wait(s, 59);
	assert_true(stage_has(s, 1) && stage_has(s, 2));
	stage_wait(s, 2);
}

static void
tunnel_dies(struct stage *s)
{
	stage_wait(s, 5);
	by_tunnel(s);
}

static void
turned_off(struct stage *s)
{
	struct bgp_soft soft = helper;

	soft.restart = BGP_RESTART_OFF;
	bgp_peer_change(s->bgp, s->now, 1, &soft);
	stage_obey(s);
}

static void
with_some(struct stage *s)
{
	stage_wait(s, 30);
	stage_come(s, &both);
	assert_true(stage_stale(s, 1) && stage_stale(s, 2));
	stage_teach(s, 1, 0);
	assert_false(stage_stale(s, 1));
	assert_int_equal(s->routes, 0);
	assert_int_equal(stage_info(s).restart.stale, 2);
	assert_true(stage_info(s).restart.awaiting);
	stage_eor(s, ADDR_IPV4);
	assert_true(stage_has(s, V6(1)));
	stage_eor(s, ADDR_IPV6);
	assert_false(stage_info(s).restart.awaiting);
}

static void
with_others(struct stage *s)
{
	stage_come(s, &both);
	stage_teach(s, 1, 7);
	assert_int_equal(s->routes, 1);
	stage_teach(s, 3, 0);
	stage_eor(s, ADDR_IPV4);
	stage_eor(s, ADDR_IPV6);
	assert_true(stage_has(s, 3));
}

static void
without_state(struct stage *s)
{
	struct cap_restart c = both;

	c.forwards = 0;
	stage_come(s, &c);
}

static void
without_state_of_ipv4(struct stage *s)
{
	struct cap_restart c = both;

	c.forwards = OPEN_IPV6;
	stage_come(s, &c);
	assert_true(stage_has(s, V6(1)));
	stage_eor(s, ADDR_IPV6);
}

static void
with_one_family_less(struct stage *s)
{
	struct cap_restart c = both;

	c.families = OPEN_IPV6;
	stage_come(s, &c);
	assert_true(stage_has(s, V6(1)));
	stage_eor(s, ADDR_IPV6);
}

static void
without_the_capability(struct stage *s)
{
	stage_come(s, &none);
}

static void
as_another_router(struct stage *s)
{
	stage_open(s, &both, 0x0a000077);
}

static void
without_an_end(struct stage *s)
{
	stage_wait(s, 50);
	stage_come(s, &both);
	stage_teach(s, 1, 0);
	stage_idle(s, 125);
	assert_true(stage_has(s, 2));
	stage_idle(s, 10);
}

static void
and_goes_again(struct stage *s)
{
	stage_come(s, &both);
	stage_teach(s, 1, 0);
	stage_break(s);
}

static void
withdrawing_one(struct stage *s)
{
	const struct prefix p = net(2);
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	stage_come(s, &both);
	update_put_unreach(&w, &p, 1);
	stage_say(s, wr_done(&w));
	stage_teach(s, 1, 0);
	assert_false(stage_has(s, 2));
	stage_eor(s, ADDR_IPV4);
	stage_eor(s, ADDR_IPV6);
}

static const struct {
	const char	*what;
	void		(*happens)(struct stage *);
	bool		first, second, v6;	/* are there then */
	const char	*log;
} returns[] = {
	{ "never", never, false, false, false,
	    "3 stale routes are removed: the remote did not come back in "
	    "time" },
	{ "never: the tunnel dies", tunnel_dies, false, false, false,
	    "3 stale routes are removed: the tunnel is down" },
	{ "never: it is turned off", turned_off, false, false, false,
	    "graceful restart was turned off" },
	{ "with some of its routes", with_some, true, false, false,
	    "the remote has sent its IPv4 routes again: 1 stale ones are "
	    "removed" },
	{ "with others", with_others, true, false, false, "" },
	{ "having forgotten how it forwards", without_state, false, false,
	    false, "2 stale IPv4 routes are removed: the remote has not "
	    "preserved its forwarding state" },
	{ "having forgotten one family", without_state_of_ipv4, false, false,
	    false, "" },
	{ "with one family less", with_one_family_less, false, false, false,
	    "2 stale IPv4 routes are removed: the remote no longer keeps the "
	    "family" },
	{ "without the capability", without_the_capability, false, false,
	    false, "the remote no longer restarts gracefully" },
	{ "as another router", as_another_router, false, false, false,
	    "the remote is another router now" },
	{ "and never ends", without_an_end, true, false, false,
	    "the remote did not send all its routes again in time" },
	{ "and goes again: what was stale is gone", and_goes_again, true,
	    false, false, "" },
	{ "and withdraws what is stale", withdrawing_one, true, false, false,
	    "" },
};

static void
stale_routes_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(returns); i++) {
		struct stage s;

		print_message("%s\n", returns[i].what);
		stage_new(&s, &helper);
		stage_come(&s, &both);
		stage_teach(&s, 1, 0);
		stage_teach(&s, 2, 0);
		stage_teach(&s, V6(1), 0);
		stage_break(&s);
		assert_true(stage_stale(&s, 1) && stage_stale(&s, V6(1)));
		assert_true(stage_info(&s).restart.holding);
		assert_int_equal(stage_info(&s).restart.stale, 3);
		assert_int_equal(stage_info(&s).held, 3);
		s.routes = 0;
		returns[i].happens(&s);
		assert_int_equal(stage_has(&s, 1), returns[i].first);
		assert_int_equal(stage_has(&s, 2), returns[i].second);
		assert_int_equal(stage_has(&s, V6(1)), returns[i].v6);
		if (strstr(s.log, returns[i].log) == NULL)
			fail_msg("not logged: %s\n%s", returns[i].log, s.log);
		stage_free(&s);
	}
}

/* RFC 8538 section 4.1. */
static void
with_notification_what_was_stale_stays_but_not_for_ever(void **state)
{
	struct stage s;

	(void)state;
	stage_new(&s, &helper);
	stage_come(&s, &both_n);
	stage_teach(&s, 1, 0);
	stage_teach(&s, 2, 0);
	for (unsigned i = 0; i < 3; i++) {
		stage_break(&s);
		stage_wait(&s, 50);
		assert_true(stage_has(&s, 1) && stage_has(&s, 2));
		stage_come(&s, &both_n);
		stage_teach(&s, 1, 0);
	}
	assert_true(stage_has(&s, 2));
	stage_idle(&s, 31);
	assert_true(stage_has(&s, 1));
	assert_false(stage_has(&s, 2));
	stage_free(&s);
}

static void
another_policy_judges_what_is_stale(void **state)
{
	static const struct {
		uint8_t	times;
		bool	has;
	} rows[] = { { 0, false }, { 1, true }, { 0, false } };
	const struct prefix p = net(1);
	struct bgp_soft soft = helper;
	struct look_path path;
	struct stage s;

	(void)state;
	soft.allow_own = 1;
	stage_new(&s, &soft);
	stage_come(&s, &both);
	/* AS_PATH 65010 64512: ours is in it once. */
	stage_say(&s, octets(MARKER "0033 02 0000 0018 40010100 40020a0202"
	    "0000fdf2 0000fc00 400304a9fe0002 180a0001"));
	assert_true(stage_has(&s, 1));
	stage_break(&s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		soft.allow_own = rows[i].times;
		bgp_peer_change(s.bgp, s.now, 1, &soft);
		stage_wait(&s, 1);
		assert_int_equal(stage_has(&s, 1), rows[i].has);
		assert_true(stage_stale(&s, 1));
	}
	assert_int_equal(look_paths(s.bgp, BGP_TABLE_MAIN, &p, &path, 1), 1);
	assert_string_equal(path.why.s, "it has come through ourselves");
	stage_free(&s);
}

static void
a_limit_counts_what_is_not_stale(void **state)
{
	struct bgp_soft soft = helper;
	struct stage s;

	(void)state;
	soft.max_in = 10;
	stage_new(&s, &soft);
	stage_come(&s, &both);
	for (unsigned n = 0; n < 10; n++)
		stage_teach(&s, n, 0);
	stage_break(&s);
	stage_come(&s, &both);
	for (unsigned n = 100; n < 110; n++)
		stage_teach(&s, n, 0);
	assert_int_not_equal(s.conn, 0);
	assert_int_equal(stage_info(&s).held, 20);
	stage_eor(&s, ADDR_IPV4);
	assert_int_equal(stage_info(&s).held, 10);
	stage_teach(&s, 200, 0);
	assert_int_equal(s.conn, 0);
	stage_free(&s);
}

static void
many_stale_routes_go_a_portion_at_a_time(void **state)
{
	struct stage s;
	unsigned left = 0;

	(void)state;
	stage_new(&s, &helper);
	stage_come(&s, &both);
	for (unsigned n = 0; n < 6000; n++)
		stage_teach(&s, n, 0);
	stage_break(&s);
	stage_come(&s, &both);
	for (unsigned n = 0; n < 6000; n += 100)
		stage_teach(&s, n, 0);
	stage_eor(&s, ADDR_IPV4);
	assert_int_equal(stage_info(&s).held, 6000 - 2048);
	assert_true(bgp_busy(s.bgp));
	/* One that comes meanwhile is saved. */
	stage_teach(&s, 1, 0);
	while (bgp_busy(s.bgp)) {
		bgp_tick(s.bgp, s.now);
		stage_obey(&s);
	}
	for (unsigned n = 0; n < 6000; n++)
		left += stage_has(&s, n);
	assert_int_equal(left, 61);
	assert_int_equal(stage_info(&s).held, 61);
	assert_int_equal(stage_info(&s).restart.stale, 0);
	stage_free(&s);
}

/* --- what we say of ourselves --- */

static void
in_full_our_open_tells_the_truth(void **state)
{
	struct bgp_soft soft = helper;
	struct stage s;

	(void)state;
	soft.restart = BGP_RESTART_FULL;
	stage_new(&s, &soft);
	stage_come(&s, &both);
	assert_true(s.said.restart.there && s.said.restart.notify);
	assert_int_equal(s.said.restart.seconds, 120);
	assert_int_equal(s.said.restart.families, 3);
	/* Nothing is left of an earlier life. */
	assert_true(s.said.restart.restarted);
	assert_int_equal(s.said.restart.forwards, 0);
	assert_int_equal(s.said.eor[0] + s.said.eor[1], 2);
	stage_break(&s);
	stage_come(&s, &both);
	assert_false(s.said.restart.restarted);
	assert_int_equal(s.said.restart.forwards, 3);
	by_tunnel(&s);
	bgp_peer_start(s.bgp, s.now, 1);
	stage_come(&s, &both);
	assert_int_equal(s.said.restart.forwards, 0);
	stage_free(&s);
}

static void
end_of_rib_is_sent_to_everybody(void **state)
{
	struct bgp_soft soft = { .restart = BGP_RESTART_OFF };
	struct stage s;

	(void)state;
	stage_new(&s, &soft);
	stage_come(&s, &none);
	assert_string_equal(s.said.order, "uee");
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    routes_stay_when_the_end_promises_another_session),
		cmocka_unit_test(a_hard_reset_carries_what_it_is_for),
		cmocka_unit_test(stale_routes_end),
		cmocka_unit_test(
		    with_notification_what_was_stale_stays_but_not_for_ever),
		cmocka_unit_test(another_policy_judges_what_is_stale),
		cmocka_unit_test(a_limit_counts_what_is_not_stale),
		cmocka_unit_test(many_stale_routes_go_a_portion_at_a_time),
		cmocka_unit_test(in_full_our_open_tells_the_truth),
		cmocka_unit_test(end_of_rib_is_sent_to_everybody),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
