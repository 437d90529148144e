/*
 * The restarting speaker (RFC 4724 section 4.1): until those who taught before
 * have taught again nobody acts on a route, and what our OPEN says of us is so.
 */
#include "bgp_stage.h"

static const struct bgp_soft full = {
	.restart = BGP_RESTART_FULL, .restart_seconds = 120,
	.stale = { INT64_C(180) * 1000000000 },
};

static const struct cap_restart restarted = {
	.there = true, .restarted = true, .seconds = 60, .families = 3,
	.forwards = 3,
};

/* After a restart, in which this was kept. */
static void
begin(struct stage *s, const struct bgp_soft *soft, bool ipv4, bool ipv6,
    int64_t most)
{
	stage_new(s, soft);
	bgp_kept(s->bgp, 1, ipv4, ipv6);
	bgp_defer(s->bgp, s->now, span_s(most));
	stage_obey(s);
}

static void
ends_of(struct stage *s)
{
	stage_eor(s, ADDR_IPV4);
	assert_true(bgp_defers(s->bgp));
	stage_eor(s, ADDR_IPV6);
}

/* --- what is waited for --- */

static void
by_both_ends(struct stage *s)
{
	stage_come(s, &both);
	stage_teach(s, 1, 0);
	assert_true(bgp_defers(s->bgp));
	ends_of(s);
}

static void
by_nothing_graceful(struct stage *s)
{
	stage_come(s, &none);
}

static void
by_one_that_restarted(struct stage *s)
{
	stage_come(s, &restarted);
}

/* Its session is over, but a reset is none of the tunnel's. */
static void
by_the_session_after_a_hard_reset(struct stage *s)
{
	stage_come(s, &both_n);
	stage_say(s, octets(MARKER "0017 03 06 09 06 02"));
	assert_true(bgp_defers(s->bgp));
	stage_come(s, &both_n);
	ends_of(s);
}

static void
by_the_tunnel(struct stage *s)
{
	stage_come(s, &both);
	bgp_peer_stop(s->bgp, s->now, 1, false, "the tunnel is down");
}

static void
by_the_host(struct stage *s)
{
	bgp_unkept(s->bgp, s->now, 1);
}

static void
by_removal(struct stage *s)
{
	bgp_peer_del(s->bgp, s->now, 1);
}

static void
by_time(struct stage *s)
{
	stage_come(s, &both);
	stage_idle(s, 59);
	assert_true(bgp_defers(s->bgp));
	stage_idle(s, 2);
}

static void
by_the_second_session(struct stage *s)
{
	stage_come(s, &both);
	stage_eor(s, ADDR_IPV4);
	stage_break(s);
	assert_true(bgp_defers(s->bgp));
	stage_come(s, &both);
	stage_eor(s, ADDR_IPV6);
}

static const struct {
	const char	*what;
	void		(*end)(struct stage *);
} ends[] = {
	{ "End-of-RIB of both families", by_both_ends },
	{ "a neighbour that knows nothing of it", by_nothing_graceful },
	{ "a neighbour that has restarted itself", by_one_that_restarted },
	{ "the session after a Hard Reset",
	    by_the_session_after_a_hard_reset },
	{ "its tunnel is down", by_the_tunnel },
	{ "the host has lost its routes", by_the_host },
	{ "it leaves the configuration", by_removal },
	{ "the time is up", by_time },
	{ "the rest comes in another session", by_the_second_session },
};

static void
the_choice_is_put_off_until(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct stage s;

		begin(&s, &full, true, true, 60);
		if (!bgp_defers(s.bgp))
			fail_msg("%s: nothing is put off", ends[i].what);
		ends[i].end(&s);
		stage_obey(&s);
		if (bgp_defers(s.bgp))
			fail_msg("%s: it goes on", ends[i].what);
		if (strstr(s.log, "routes are chosen now") == NULL)
			fail_msg("%s: nothing is said", ends[i].what);
		stage_free(&s);
	}
}

static void
who_kept_nothing_puts_nothing_off(void **state)
{
	struct bgp_soft off = full;
	struct stage s;

	(void)state;
	begin(&s, &full, false, false, 60);
	assert_false(bgp_defers(s.bgp));
	stage_free(&s);
	off.restart = BGP_RESTART_OFF;
	begin(&s, &off, true, true, 60);
	assert_false(bgp_defers(s.bgp));
	stage_free(&s);
}

/* They keep ours no longer than we have asked for. */
static void
it_is_no_longer_than_the_restart_time(void **state)
{
	struct bgp_soft brief = full;
	struct stage s;

	(void)state;
	brief.restart_seconds = 20;
	begin(&s, &brief, true, true, 60);
	stage_wait(&s, 19);
	assert_true(bgp_defers(s.bgp));
	stage_wait(&s, 2);
	assert_false(bgp_defers(s.bgp));
	stage_free(&s);
}

/* --- meanwhile --- */

static void
the_host_hears_of_routes_when_it_is_over(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, &full, true, true, 60);
	stage_come(&s, &both);
	stage_teach(&s, 1, 0);
	stage_teach(&s, 2, 0);
	assert_int_equal(s.routes, 0);
	assert_false(bgp_busy(s.bgp));	/* or the host would not sleep */
	ends_of(&s);
	assert_int_equal(s.routes, 2);
	stage_free(&s);
}

static void
who_keeps_ours_is_told_when_it_is_over(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, &full, true, true, 60);
	stage_come(&s, &both);
	assert_int_equal(s.said.update + s.said.eor[0] + s.said.eor[1], 0);
	ends_of(&s);
	assert_int_equal(s.said.update, 1);
	assert_int_equal(s.said.eor[0], 1);
	assert_int_equal(s.said.eor[1], 1);
	stage_free(&s);
}

static void
who_does_not_is_told_at_once(void **state)
{
	struct bgp_soft helper = full;
	struct stage s;

	(void)state;
	helper.restart = BGP_RESTART_HELPER;
	begin(&s, &helper, true, true, 60);
	stage_come(&s, &both);
	assert_true(bgp_defers(s.bgp));
	assert_int_equal(s.said.update, 1);
	assert_int_equal(s.said.eor[0], 1);
	stage_free(&s);
}

/* --- the truth --- */

static void
our_open_says_what_was_kept(void **state)
{
	static const struct {
		const char	*what;
		bool		ipv4, ipv6, lost;
		uint8_t		forwards;
	} rows[] = {
		{ "both families", true, true, false, 3 },
		{ "IPv4 alone", true, false, false, OPEN_IPV4 },
		{ "IPv6 alone", false, true, false, OPEN_IPV6 },
		{ "nothing", false, false, false, 0 },
		{ "what was lost again", true, true, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stage s;

		begin(&s, &full, rows[i].ipv4, rows[i].ipv6, 60);
		if (rows[i].lost)
			bgp_unkept(s.bgp, s.now, 1);
		stage_come(&s, &both);
		if (!s.said.restart.restarted ||
		    s.said.restart.families != 3 ||
		    s.said.restart.forwards != rows[i].forwards)
			fail_msg("%s: F is %u", rows[i].what,
			    s.said.restart.forwards);
		stage_free(&s);
	}
}

static void
what_the_next_life_will_be_told(void **state)
{
	bool ipv4, ipv6;
	struct stage s;

	(void)state;
	begin(&s, &full, true, false, 60);
	assert_true(bgp_keeps(s.bgp, 1, &ipv4, &ipv6));
	assert_true(ipv4 && !ipv6);
	assert_false(bgp_keeps(s.bgp, 2, &ipv4, &ipv6));
	stage_wait(&s, 61);	/* the neighbour never came */
	assert_false(bgp_keeps(s.bgp, 1, &ipv4, &ipv6));
	stage_come(&s, &both);
	assert_true(bgp_keeps(s.bgp, 1, &ipv4, &ipv6));
	assert_true(ipv4 && ipv6);
	stage_teach(&s, 1, 0);
	stage_break(&s);	/* its routes stay, since it will be back */
	assert_true(bgp_keeps(s.bgp, 1, &ipv4, &ipv6));
	stage_wait(&s, 61);
	assert_false(bgp_keeps(s.bgp, 1, &ipv4, &ipv6));
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_choice_is_put_off_until),
		cmocka_unit_test(who_kept_nothing_puts_nothing_off),
		cmocka_unit_test(it_is_no_longer_than_the_restart_time),
		cmocka_unit_test(the_host_hears_of_routes_when_it_is_over),
		cmocka_unit_test(who_keeps_ours_is_told_when_it_is_over),
		cmocka_unit_test(who_does_not_is_told_at_once),
		cmocka_unit_test(our_open_says_what_was_kept),
		cmocka_unit_test(what_the_next_life_will_be_told),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
