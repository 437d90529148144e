/* Enhanced route refresh, both ways (RFC 7313). */
#include "bgp_stage.h"

static const struct bgp_soft soft = {
	.restart = BGP_RESTART_HELPER, .restart_seconds = 120,
	.stale = { INT64_C(60) * 1000000000 },
};

static void
begin(struct stage *s, const struct cap_restart *cap)
{
	stage_new(s, &soft);
	stage_come(s, cap);
	stage_teach(s, 1, 0);
	stage_teach(s, 2, 0);
	stage_teach(s, V6(1), 0);
	s->routes = 0;
}

/* --- the neighbour sends its routes again --- */

static void
whole(struct stage *s)
{
	stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
	assert_true(stage_stale(s, 1) && stage_stale(s, 2));
	assert_false(stage_stale(s, V6(1)));
	stage_teach(s, 1, 0);
	assert_int_equal(s->routes, 0);
	stage_refresh(s, REFRESH_END, ADDR_IPV4);
}

static void
no_end(struct stage *s)
{
	stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
	stage_teach(s, 1, 0);
	stage_idle(s, 55);
	assert_true(stage_has(s, 2));
	stage_idle(s, 10);
	assert_non_null(strstr(s->log, "1 IPv4 routes are removed: the "
	    "refresh that began did not end in time"));
}

static void
no_beginning(struct stage *s)
{
	stage_refresh(s, REFRESH_END, ADDR_IPV4);
}

static void
two_beginnings(struct stage *s)
{
	stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
	stage_teach(s, 2, 0);
	stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
	stage_teach(s, 1, 0);
	assert_true(stage_has(s, 2));
	stage_refresh(s, REFRESH_END, ADDR_IPV4);
}

static void
very_many_beginnings(struct stage *s)
{
	for (unsigned i = 0; i < 1000; i++) {
		stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
		stage_teach(s, 1, 0);
		assert_false(stage_stale(s, 1));
		assert_true(stage_has(s, 1));
	}
	assert_int_equal(stage_info(s).restart.stale, 0);
}

static void
another_family(struct stage *s)
{
	stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
	stage_refresh(s, REFRESH_END, ADDR_IPV6);
	assert_true(stage_has(s, 2));
	stage_teach(s, 1, 0);
	stage_refresh(s, REFRESH_END, ADDR_IPV4);
}

static void
amid_it_the_session_ends(struct stage *s)
{
	stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
	stage_teach(s, 1, 0);
	stage_break(s);
	assert_true(stage_has(s, 2));
	stage_come(s, &both);
	stage_teach(s, 1, 0);
	stage_teach(s, 2, 0);
	stage_eor(s, ADDR_IPV4);
}

/* The time of the refresh runs out while our last words wait to be read. */
static void
amid_it_we_end_the_session(struct stage *s)
{
	stage_refresh(s, REFRESH_BEGIN, ADDR_IPV4);
	stage_idle(s, 57);
	bgp_stream(s->bgp, s->now, s->conn, octets(MARKER "0013 09"));
	s->now = instant_after(s->now, span_s(4));
	bgp_tick(s->bgp, s->now);
	assert_true(stage_info(s).restart.holding);
	assert_true(stage_has(s, 1) && stage_has(s, 2));
	stage_obey(s);
	stage_come(s, &both_n);
	stage_teach(s, 1, 0);
	stage_teach(s, 2, 0);
	stage_eor(s, ADDR_IPV4);
}

static void
unknown_subtypes(struct stage *s)
{
	stage_say(s, octets(MARKER "0017 05 0001 0301"));
	stage_say(s, octets(MARKER "0017 05 0001 ff01"));
	assert_non_null(strstr(s->log, "ROUTE-REFRESH of unknown subtype 3 is "
	    "ignored"));
	assert_non_null(strstr(s->log, "unknown subtype 255"));
}

static void
unknown_families(struct stage *s)
{
	stage_say(s, octets(MARKER "0017 05 0001 0102"));
	stage_say(s, octets(MARKER "0017 05 0019 0141"));
	stage_say(s, octets(MARKER "0017 05 0019 0241"));
	assert_int_equal(stage_info(s).restart.stale, 0);
}

static const struct {
	const char	*what;
	const struct cap_restart *cap;
	bool		eor;		/* sent before */
	void		(*happens)(struct stage *);
	bool		first, second;	/* are there then */
} rows[] = {
	{ "all but one", &none, false, whole, true, false },
	{ "with graceful restart", &both, true, whole, true, false },
	{ "an end that never comes", &none, false, no_end, true, false },
	{ "an end without a beginning", &none, false, no_beginning, true,
	    true },
	{ "two beginnings", &none, false, two_beginnings, true, false },
	{ "more beginnings than epochs", &none, false, very_many_beginnings,
	    true, false },
	{ "the end of the other family", &none, false, another_family, true,
	    false },
	{ "the session ends amid it", &both, true, amid_it_the_session_ends,
	    true, true },
	{ "we end the session amid it", &both_n, true,
	    amid_it_we_end_the_session, true, true },
	{ "subtypes that nobody knows", &none, false, unknown_subtypes, true,
	    true },
	{ "families that are not ours", &none, false, unknown_families, true,
	    true },
};

static void
what_a_refresh_does_not_contain_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stage s;

		print_message("%s\n", rows[i].what);
		begin(&s, rows[i].cap);
		if (rows[i].eor)
			stage_eor(&s, ADDR_IPV4);
		rows[i].happens(&s);
		assert_int_not_equal(s.conn, 0);
		assert_int_equal(stage_has(&s, 1), rows[i].first);
		assert_int_equal(stage_has(&s, 2), rows[i].second);
		assert_true(stage_has(&s, V6(1)));
		stage_free(&s);
	}
}

/* RFC 7313 section 4: its marks do not count before its End-of-RIB. */
static void
marks_before_end_of_rib_are_read_over(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, &both);
	stage_refresh(&s, REFRESH_BEGIN, ADDR_IPV4);
	assert_false(stage_stale(&s, 1));
	stage_refresh(&s, REFRESH_END, ADDR_IPV4);
	assert_true(stage_has(&s, 1));
	stage_free(&s);
}

/* --- we send ours --- */

static void
our_refresh_stands_between_marks(void **state)
{
	struct stage s;

	(void)state;
	begin(&s, &none);
	assert_true(s.said.enhanced);
	assert_string_equal(s.said.order, "uee");
	stage_refresh(&s, REFRESH_REQUEST, ADDR_IPV4);
	assert_string_equal(s.said.order, "ueeBuE");
	assert_int_equal(s.said.begin[0], 1);
	assert_int_equal(s.said.end[0], 1);
	stage_refresh(&s, REFRESH_REQUEST, ADDR_IPV6);
	assert_string_equal(s.said.order, "ueeBuEBE");
	assert_int_equal(s.said.begin[1], 1);
	assert_int_equal(stage_info(&s).counts.refreshes_in, 2);
	assert_true(stage_info(&s).enhanced);
	stage_free(&s);
}

/* What came before anything was sent is answered after End-of-RIB. */
static void
a_refresh_waits_for_end_of_rib(void **state)
{
	const struct open o = {
		.asn = 65010, .router_id = 2, .hold_time = 30,
		.families = OPEN_IPV4 | OPEN_IPV6, .as4 = true,
		.refresh = true, .enhanced = true, .restart = both,
	};
	uint8_t room[512];
	struct wr w = wr_of(room, sizeof(room));
	struct stage s;

	(void)state;
	stage_new(&s, &soft);
	s.conn = bgp_accepted(s.bgp, s.now, 1);
	open_put(&w, &o);
	msg_put_keepalive(&w);
	msg_put_refresh(&w, REFRESH_REQUEST, ADDR_IPV4);
	msg_put_refresh(&w, REFRESH_REQUEST, ADDR_IPV6);
	stage_say(&s, wr_done(&w));
	assert_string_equal(s.said.order, "ueBuEeBE");
	stage_free(&s);
}

static void
who_has_not_the_capability_sees_no_marks(void **state)
{
	const struct open o = {
		.asn = 65010, .router_id = 2, .hold_time = 30,
		.families = OPEN_IPV4 | OPEN_IPV6, .as4 = true,
		.refresh = true,
	};
	uint8_t room[512];
	struct wr w = wr_of(room, sizeof(room));
	struct stage s;

	(void)state;
	stage_new(&s, &soft);
	s.conn = bgp_accepted(s.bgp, s.now, 1);
	open_put(&w, &o);
	msg_put_keepalive(&w);
	stage_say(&s, wr_done(&w));
	stage_teach(&s, 1, 0);
	stage_refresh(&s, REFRESH_REQUEST, ADDR_IPV4);
	assert_string_equal(s.said.order, "ueeue");
	stage_refresh(&s, REFRESH_BEGIN, ADDR_IPV4);
	stage_refresh(&s, REFRESH_END, ADDR_IPV4);
	assert_true(stage_has(&s, 1));
	assert_int_not_equal(s.conn, 0);
	stage_free(&s);
}

/* --- section 5 --- */

static const struct {
	const char	*what, *octets;
	uint8_t		code, subcode;
	const char	*data;
} bad[] = {
	{ "a beginning that is too long", MARKER "0018 05 0001 0101 00",
	    FAULT_REFRESH, FAULT_REFRESH_LENGTH,
	    MARKER "0018 05 0001 0101 00" },
	{ "an end that is too short", MARKER "0016 05 0001 02",
	    FAULT_REFRESH, FAULT_REFRESH_LENGTH, MARKER "0016 05 0001 02" },
	{ "a request that is too long", MARKER "0018 05 0001 0001 00",
	    FAULT_HEADER, FAULT_MESSAGE_LENGTH, "0018" },
	{ "nothing at all", MARKER "0013 05", FAULT_HEADER,
	    FAULT_MESSAGE_LENGTH, "0013" },
};

static void
a_wrong_length_ends_the_session(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct bytes data = octets(bad[i].data);
		struct stage s;

		print_message("%s\n", bad[i].what);
		begin(&s, &none);
		stage_say(&s, octets(bad[i].octets));
		assert_int_equal(s.conn, 0);
		assert_int_equal(s.said.last.code, bad[i].code);
		assert_int_equal(s.said.last.subcode, bad[i].subcode);
		assert_int_equal(s.said.last.data.n, data.n);
		assert_memory_equal(s.said.last.data.p, data.p, data.n);
		stage_free(&s);
	}
}

/* A neighbour may say it as often as it likes. */
static void
reports_of_refreshes_are_bounded(void **state)
{
	struct stage s;
	struct bgp_out out;
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));
	unsigned n = 0;

	(void)state;
	begin(&s, &none);
	msg_put_refresh(&w, REFRESH_BEGIN, ADDR_IPV4);
	msg_put_refresh(&w, REFRESH_END, ADDR_IPV4);
	for (unsigned i = 0; i < 1000; i++) {
		stage_teach_quietly(&s, i, 0);
		bgp_stream(s.bgp, s.now, s.conn, wr_done(&w));
	}
	while (bgp_next(s.bgp, &out))
		n += out.kind == BGP_OUT_EVENT;
	assert_int_equal(n, LIMIT_EVENTS + 1);
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_refresh_does_not_contain_goes),
		cmocka_unit_test(marks_before_end_of_rib_are_read_over),
		cmocka_unit_test(our_refresh_stands_between_marks),
		cmocka_unit_test(a_refresh_waits_for_end_of_rib),
		cmocka_unit_test(who_has_not_the_capability_sees_no_marks),
		cmocka_unit_test(a_wrong_length_ends_the_session),
		cmocka_unit_test(reports_of_refreshes_are_bounded),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
