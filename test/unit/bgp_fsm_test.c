/*
 * The state machine: the table against RFC 4271 section 8.2.2, then one
 * speaker and its octets: what it answers in which state, and its timers.
 */
#include "test/unit/bgp_octets.h"

#include "bgp/bgp.h"
#include "bgp/fsm.h"
#include "crypto/prf.h"

static const struct {
	const char	*what;
	enum bgp_state	state;
	enum fsm_event	event;
	enum bgp_state	next;
	unsigned	act;
	uint8_t		code, subcode;
} rows[] = {
	{ "start connects", BGP_IDLE, FSM_START, BGP_CONNECT, FSM_DO_CONNECT,
	    0, 0 },
	{ "idle ignores TCP", BGP_IDLE, FSM_TCP_UP, BGP_IDLE, 0, 0, 0 },
	{ "idle ignores messages", BGP_IDLE, FSM_UPDATE, BGP_IDLE, 0, 0, 0 },
	{ "TCP up sends OPEN", BGP_CONNECT, FSM_TCP_UP, BGP_OPEN_SENT,
	    FSM_DO_OPEN, 0, 0 },
	{ "an accepted connection too", BGP_ACTIVE, FSM_TCP_UP,
	    BGP_OPEN_SENT, FSM_DO_OPEN, 0, 0 },
	{ "a refused connection ends the attempt", BGP_CONNECT,
	    FSM_TCP_FAILS, BGP_IDLE, 0, 0, 0 },
	{ "a slow one is given up", BGP_CONNECT, FSM_CONNECT_EXPIRES,
	    BGP_IDLE, FSM_DO_CLOSE, 0, 0 },
	{ "OPEN is answered by KEEPALIVE", BGP_OPEN_SENT, FSM_OPEN,
	    BGP_OPEN_CONFIRM, FSM_DO_KEEPALIVE, 0, 0 },
	{ "no OPEN in time", BGP_OPEN_SENT, FSM_HOLD_EXPIRES, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_CLOSE, 4, 0 },
	{ "KEEPALIVE makes it up", BGP_OPEN_CONFIRM, FSM_KEEPALIVE,
	    BGP_ESTABLISHED, FSM_DO_UP, 0, 0 },
	{ "keepalives are sent before it is up", BGP_OPEN_CONFIRM,
	    FSM_KEEPALIVE_EXPIRES, BGP_OPEN_CONFIRM, FSM_DO_KEEPALIVE, 0, 0 },
	{ "and after", BGP_ESTABLISHED, FSM_KEEPALIVE_EXPIRES,
	    BGP_ESTABLISHED, FSM_DO_KEEPALIVE, 0, 0 },
	{ "the hold timer takes the routes", BGP_ESTABLISHED,
	    FSM_HOLD_EXPIRES, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_DOWN | FSM_DO_CLOSE, 4, 0 },
	{ "the send hold timer too (RFC 9687)", BGP_ESTABLISHED,
	    FSM_SEND_HOLD_EXPIRES, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_DOWN | FSM_DO_CLOSE, 8, 0 },
	{ "lost TCP takes the routes", BGP_ESTABLISHED, FSM_TCP_FAILS,
	    BGP_IDLE, FSM_DO_DOWN, 0, 0 },
	{ "NOTIFICATION is not answered", BGP_ESTABLISHED, FSM_NOTIFICATION,
	    BGP_IDLE, FSM_DO_DOWN | FSM_DO_CLOSE, 0, 0 },
	{ "updates", BGP_ESTABLISHED, FSM_UPDATE, BGP_ESTABLISHED, 0, 0, 0 },
	{ "route refresh", BGP_ESTABLISHED, FSM_REFRESH, BGP_ESTABLISHED, 0,
	    0, 0 },
	/* RFC 6608 */
	{ "UPDATE in OpenSent", BGP_OPEN_SENT, FSM_UPDATE, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_CLOSE, 5, 1 },
	{ "KEEPALIVE in OpenSent", BGP_OPEN_SENT, FSM_KEEPALIVE, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_CLOSE, 5, 1 },
	{ "UPDATE in OpenConfirm", BGP_OPEN_CONFIRM, FSM_UPDATE, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_CLOSE, 5, 2 },
	{ "OPEN in OpenConfirm", BGP_OPEN_CONFIRM, FSM_OPEN, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_CLOSE, 5, 2 },
	{ "OPEN in Established", BGP_ESTABLISHED, FSM_OPEN, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_DOWN | FSM_DO_CLOSE, 5, 3 },
	{ "collision", BGP_OPEN_CONFIRM, FSM_OPEN_COLLISION, BGP_IDLE,
	    FSM_DO_NOTIFY | FSM_DO_CLOSE, 6, 7 },
};

static void
the_table_says_what_the_rfc_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct fsm_row *r = bgp_fsm_row(rows[i].state,
		    rows[i].event);

		print_message("%s\n", rows[i].what);
		assert_int_equal(r->next, rows[i].next);
		assert_int_equal(r->act, rows[i].act);
		assert_int_equal(r->code, rows[i].code);
		assert_int_equal(r->subcode, rows[i].subcode);
	}
}

static void
every_way_out_of_established_takes_the_routes(void **state)
{
	(void)state;
	for (int ev = 0; ev < FSM_EVENTS; ev++) {
		const struct fsm_row *r = bgp_fsm_row(BGP_ESTABLISHED,
		    (enum fsm_event)ev);

		assert_int_equal(r->next != BGP_ESTABLISHED,
		    (r->act & FSM_DO_DOWN) != 0);
	}
	for (int s = 0; s < FSM_STATES - 1; s++) {
		for (int ev = 0; ev < FSM_EVENTS; ev++)
			assert_int_equal(bgp_fsm_row((enum bgp_state)s,
			    (enum fsm_event)ev)->act & FSM_DO_DOWN, 0);
	}
}

static void
timers_belong_to_the_state(void **state)
{
	(void)state;
	assert_int_equal(bgp_fsm_timers(BGP_IDLE), 0);
	assert_int_equal(bgp_fsm_timers(BGP_CONNECT), FSM_T_CONNECT);
	assert_int_equal(bgp_fsm_timers(BGP_OPEN_SENT), FSM_T_HOLD);
	assert_int_equal(bgp_fsm_timers(BGP_OPEN_CONFIRM),
	    FSM_T_HOLD | FSM_T_KEEPALIVE);
	assert_int_equal(bgp_fsm_timers(BGP_ESTABLISHED),
	    FSM_T_HOLD | FSM_T_KEEPALIVE | FSM_T_SEND_HOLD);
}

/* One speaker whose neighbour is a script of octets. */

#define MARKER	"ffffffffffffffffffffffffffffffff"
#define OPEN	MARKER "0025 01 04 fdf2 001e 0a000002 08 0206 41040000fdf2 "
#define KEEP	MARKER "0013 04 "
#define REFRESH	MARKER "0017 05 00010001 "
#define ROUTE	MARKER "002e 02 0000 0014 40010100 "			\
		"400206 02010000fdf2 400304 a9fe0a02 10 0a02 "

static struct bgp *bgp;
static struct drbg drbg;
static uint32_t max_prefixes;
static struct instant now;
static uint32_t conn, first;	/* the last one, the first one */
static char events[8192];
static unsigned routes, closes, connects;
static uint8_t sent[16384];
static size_t sent_n;

static void
take_out(bool drain)
{
	struct bgp_out out;
	struct bytes b;

	while (bgp_next(bgp, &out)) {
		if (out.kind == BGP_OUT_EVENT)
			str_add(events, sizeof(events), "%s\n", out.text.s);
		routes += out.kind == BGP_OUT_ROUTE && out.route.n > 0;
		closes += out.kind == BGP_OUT_CLOSE && out.conn == first;
		if (out.kind == BGP_OUT_CONNECT) {
			conn = out.conn;
			if (connects++ == 0)
				first = conn;
		}
	}
	while (drain && (b = bgp_pull(bgp, conn)).n > 0) {
		assert_true(sent_n + b.n <= sizeof(sent));
		memcpy(sent + sent_n, b.p, b.n);
		sent_n += b.n;
		bgp_sent(bgp, now, conn, b.n);
	}
}

static void
speaker_new(void)
{
	const uint8_t seed[DRBG_SEED_LEN] = { 5 };
	const struct bgp_peer_conf c = {
		.id = 1, .local = { ADDR_IPV4, { 169, 254, 10, 1 } },
		.remote = { ADDR_IPV4, { 169, 254, 10, 2 } },
		.next_hop4 = { ADDR_IPV4, { 169, 254, 10, 1 } },
		.local_asn = 64512, .remote_asn = 65010, .hold_time = 90,
		.soft.max_in = max_prefixes,
	};

	events[0] = '\0';
	routes = closes = connects = 0;
	sent_n = 0;
	now = (struct instant){ 1000 };
	drbg_seed(&drbg, seed);
	bgp = bgp_new(0x0a000001, &drbg);
	assert_non_null(bgp);
	assert_true(bgp_peer_add(bgp, now, &c));
	bgp_peer_start(bgp, now, 1);
	take_out(true);
}

static void
hear(const char *text)
{
	struct bytes b = octets(text);

	for (size_t i = 0; i < b.n; i++)
		bgp_stream(bgp, now, conn, bytes_of(b.p + i, 1));
	take_out(true);
}

static enum bgp_state
state_now(void)
{
	struct bgp_peer_info info;

	assert_true(bgp_peer_get(bgp, 1, &info));
	return info.state;
}

/* Lets time pass to the next deadline, at most to the end. */
static void
pass(int64_t seconds, bool drain)
{
	struct instant end = instant_after(now, span_s(seconds));

	while (instant_due(bgp_deadline(bgp), end)) {
		now = bgp_deadline(bgp);
		bgp_tick(bgp, now);
		take_out(drain);
	}
	now = end;
}

static const struct {
	const char	*what;
	const char	*heard;		/* after TCP is up */
	enum bgp_state	state;
	const char	*note;		/* the NOTIFICATION event */
} answers[] = {
	{ "OPEN and KEEPALIVE", OPEN KEEP, BGP_ESTABLISHED, NULL },
	{ "OPEN alone", OPEN, BGP_OPEN_CONFIRM, NULL },
	{ "UPDATE first", ROUTE, BGP_ACTIVE, "sent 5/1" },
	{ "KEEPALIVE first", KEEP, BGP_ACTIVE, "sent 5/1" },
	{ "ROUTE-REFRESH first", REFRESH, BGP_ACTIVE, "sent 5/1" },
	{ "UPDATE before KEEPALIVE", OPEN ROUTE, BGP_ACTIVE, "sent 5/2" },
	{ "OPEN twice", OPEN OPEN, BGP_ACTIVE, "sent 5/2" },
	{ "OPEN when established", OPEN KEEP OPEN, BGP_ACTIVE, "sent 5/3" },
	{ "no marker", "00000000000000000000000000000000 0013 04",
	    BGP_ACTIVE, "sent 1/1" },
	{ "a bad length", MARKER "0012 04", BGP_ACTIVE, "sent 1/2" },
	{ "a bad type", MARKER "0013 07", BGP_ACTIVE, "sent 1/3" },
	{ "a bad length when established", OPEN KEEP MARKER "1001 02",
	    BGP_ACTIVE, "sent 1/2" },
	{ "hold time 2", MARKER "001d 01 04 fdf2 0002 0a000002 00",
	    BGP_ACTIVE, "sent 2/6" },
	{ "NLRI that cannot be read",
	    OPEN KEEP MARKER "0019 02 0000 0000 21 00", BGP_ACTIVE,
	    "sent 3/10" },
	{ "NOTIFICATION", OPEN KEEP MARKER "0015 03 06 04", BGP_ACTIVE,
	    "received 6/4 Cease, Administrative Reset" },
	{ "NOTIFICATION first", MARKER "0015 03 02 02", BGP_ACTIVE,
	    "received 2/2 OPEN Message Error, Bad Peer AS" },
	{ "an error that only withdraws", OPEN KEEP ROUTE MARKER
	    "002e 02 0000 0014 40010109 400206 02010000fdf2 400304 a9fe0a02 "
	    "10 0a02", BGP_ESTABLISHED, NULL },
};

static void
each_message_is_answered_as_the_state_demands(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		bool over = answers[i].state == BGP_ACTIVE;

		print_message("%s\n", answers[i].what);
		speaker_new();
		bgp_connected(bgp, now, conn, NULL);
		take_out(true);
		hear(answers[i].heard);
		assert_int_equal(state_now(), answers[i].state);
		if (answers[i].note != NULL)
			assert_non_null(strstr(events, answers[i].note));
		assert_int_equal(closes, over);
		assert_int_equal(bgp_pull(bgp, conn).n, 0);
		bgp_free(bgp);
	}
}

static void
establish(void)
{
	speaker_new();
	bgp_connected(bgp, now, conn, NULL);
	take_out(true);
	hear(OPEN KEEP);
	assert_int_equal(state_now(), BGP_ESTABLISHED);
	sent_n = 0;
}

static uint32_t
accepted(void)
{
	struct bgp_peer_info info;

	assert_true(bgp_peer_get(bgp, 1, &info));
	return info.received;
}

static void
an_update_error_withdraws_and_is_named(void **state)
{
	(void)state;
	establish();
	hear(ROUTE);
	assert_int_equal(accepted(), 1);
	hear(MARKER "002e 02 0000 0014 40010109 400206 02010000fdf2 "
	    "400304 a9fe0a02 10 0a02");
	assert_int_equal(accepted(), 0);
	assert_non_null(strstr(events,
	    "ORIGIN: undefined value (10.2.0.0/16)\n"));
	bgp_free(bgp);
}

static void
a_peer_with_too_many_prefixes_is_ceased(void **state)
{
	(void)state;
	max_prefixes = 2;
	establish();
	hear(ROUTE);
	hear(ROUTE);
	hear(MARKER "0031 02 0000 0014 40010100 400206 02010000fdf2 "
	    "400304 a9fe0a02 10 0a02 10 0a03");
	assert_int_equal(state_now(), BGP_ESTABLISHED);
	assert_int_equal(accepted(), 2);
	hear(MARKER "002e 02 0000 0014 40010100 400206 02010000fdf2 "
	    "400304 a9fe0a02 10 0a04");
	assert_int_not_equal(state_now(), BGP_ESTABLISHED);
	assert_non_null(strstr(events, "sent 6/1 Cease, Maximum Number of "
	    "Prefixes Reached: the remote announces more than 2 prefixes"));
	bgp_free(bgp);
	max_prefixes = 0;
}

/* What the remote had against us outlives its silence. */
static void
a_notification_is_remembered_behind_later_failures(void **state)
{
	struct bgp_peer_info info;

	(void)state;
	speaker_new();
	bgp_connected(bgp, now, conn, NULL);
	take_out(true);
	hear(MARKER "0015 03 02 02");
	pass(1, true);
	bgp_connected(bgp, now, conn, "Connection refused");
	take_out(true);
	assert_true(bgp_peer_get(bgp, 1, &info));
	assert_string_equal(info.why.s, "TCP to 169.254.10.2 failed: "
	    "Connection refused (before: received 2/2 OPEN Message Error, "
	    "Bad Peer AS)");
	bgp_free(bgp);
}

static void
update_errors_are_bounded_and_the_rest_counted(void **state)
{
	struct bytes bad;
	struct bgp_out out;
	unsigned n = 0;

	(void)state;
	establish();
	bad = octets(MARKER "002e 02 0000 0014 40010109 400206 02010000fdf2 "
	    "400304 a9fe0a02 10 0a02");
	for (int i = 0; i < 1000; i++)
		bgp_stream(bgp, now, conn, bad);
	while (bgp_next(bgp, &out)) {
		if (out.kind == BGP_OUT_EVENT) {
			str_set(events, sizeof(events), out.text.s);
			n++;
		}
	}
	assert_int_equal(n, 257);
	assert_string_equal(events, "744 more reports of UPDATEs and "
	    "refreshes");
	bgp_free(bgp);
}

static void
unusable_routes_are_kept_but_not_chosen(void **state)
{
	(void)state;
	establish();
	/* Our own AS in the path; a next hop that is not the neighbour. */
	hear(MARKER "0032 02 0000 0018 40010100 40020a 02020000fdf20000fc00 "
	    "400304 a9fe0a02 10 0a03");
	hear(MARKER "002e 02 0000 0014 40010100 400206 02010000fdf2 "
	    "400304 0a000009 10 0a04");
	assert_int_equal(accepted(), 0);
	assert_int_equal(routes, 0);
	assert_non_null(strstr(events, "routes are not used: their next hop "
	    "10.0.0.9 is not the neighbour (10.4.0.0/16)\n"));
	hear(ROUTE);
	assert_int_equal(accepted(), 1);
	assert_int_equal(routes, 1);
	bgp_free(bgp);
}

static void
route_refresh_is_answered_with_all_routes(void **state)
{
	const struct prefix p = { { ADDR_IPV4, { 10, 1 } }, 16 };
	struct bytes once;
	uint8_t copy[1024];

	(void)state;
	establish();
	assert_true(bgp_network_add(bgp, now, BGP_TABLE_MAIN, &p));
	take_out(true);
	assert_true(sent_n > 0 && sent_n <= sizeof(copy));
	memcpy(copy, sent, sent_n);
	once = bytes_of(copy, sent_n);
	sent_n = 0;
	hear(REFRESH);
	assert_true(sent_n > once.n);	/* and End-of-RIB */
	assert_true(bytes_eq(bytes_of(sent, once.n), once));
	sent_n = 0;
	hear(MARKER "0017 05 00020001");	/* a family that is off */
	assert_int_equal(sent_n, 0);
	assert_int_equal(state_now(), BGP_ESTABLISHED);
	bgp_free(bgp);
}

static void
keepalives_come_within_a_third_of_the_smaller_hold_time(void **state)
{
	struct instant last;
	int64_t least = INT64_MAX, most = 0, took;

	(void)state;
	establish();			/* 90 s offered, 30 s taken */
	for (int i = 0; i < 50; i++) {
		last = now;
		while (sent_n == 0) {
			assert_true(instant_since(bgp_deadline(bgp),
			    last).ns <= span_s(10).ns);
			now = bgp_deadline(bgp);
			bgp_tick(bgp, now);
			take_out(true);
		}
		assert_true(bytes_eq(bytes_of(sent, sent_n), octets(KEEP)));
		took = instant_since(now, last).ns;
		assert_true(took >= span_ms(7400).ns);
		least = took < least ? took : least;
		most = took > most ? took : most;
		sent_n = 0;
		hear(KEEP);
	}
	assert_true(most - least > span_s(1).ns);	/* jitter */
	bgp_free(bgp);
}

static void
silence_ends_the_session_after_the_hold_time(void **state)
{
	(void)state;
	establish();
	pass(29, true);
	assert_int_equal(state_now(), BGP_ESTABLISHED);
	hear(KEEP);
	pass(29, true);
	assert_int_equal(state_now(), BGP_ESTABLISHED);
	pass(2, true);
	assert_int_not_equal(state_now(), BGP_ESTABLISHED);
	assert_non_null(strstr(events, "sent 4/0 Hold Timer Expired: nothing "
	    "heard from the remote for 30 s"));
	bgp_free(bgp);
}

/* RFC 9687: heard but not listened to. */
static void
a_remote_that_takes_nothing_is_given_up(void **state)
{
	uint32_t was;

	(void)state;
	establish();
	was = conn;
	for (int i = 0; i < 479; i++) {
		struct bytes b = octets(KEEP);

		bgp_stream(bgp, now, was, b);
		pass(1, false);
	}
	assert_int_equal(state_now(), BGP_ESTABLISHED);
	for (int i = 0; i < 12; i++) {
		bgp_stream(bgp, now, was, octets(KEEP));
		pass(1, false);
	}
	assert_int_not_equal(state_now(), BGP_ESTABLISHED);
	assert_non_null(strstr(events, "sent 8/0 Send Hold Timer Expired: "
	    "the remote took nothing for 480 s"));
	/* The host cannot send that either: it is told again, for good. */
	assert_int_equal(closes, 1);
	assert_true(bgp_pull(bgp, was).n > 0);
	pass(6, false);
	assert_int_equal(bgp_pull(bgp, was).n, 0);
	assert_int_equal(closes, 2);
	bgp_free(bgp);
}

static void
failed_attempts_back_off_to_half_a_minute(void **state)
{
	static const int64_t most[] = { 1, 2, 4, 8, 16, 30, 30, 30 };

	(void)state;
	speaker_new();
	for (size_t i = 0; i < ARRAY_SIZE(most); i++) {
		int64_t wait;

		assert_int_equal(connects, i + 1);
		bgp_connected(bgp, now, conn, "Connection refused");
		take_out(true);
		wait = instant_since(bgp_deadline(bgp), now).ns;
		assert_true(wait <= span_s(most[i]).ns);
		assert_true(wait >= span_s(most[i]).ns * 3 / 4);
		now = bgp_deadline(bgp);
		bgp_tick(bgp, now);
		take_out(true);
	}
	assert_non_null(strstr(events, "from Connect to Active: TCP to "
	    "169.254.10.2 failed: Connection refused"));
	bgp_free(bgp);
}

static void
an_attempt_without_an_answer_is_given_up_and_cancelled(void **state)
{
	(void)state;
	speaker_new();
	pass(5, true);
	assert_int_equal(closes, 1);
	assert_int_equal(state_now(), BGP_ACTIVE);
	bgp_free(bgp);
}

static void
a_stopped_peer_accepts_nothing(void **state)
{
	(void)state;
	establish();
	bgp_peer_stop(bgp, now, 1, true, "over");
	assert_int_equal(bgp_accepted(bgp, now, 1), 0);
	assert_int_equal(bgp_accepted(bgp, now, 77), 0);
	take_out(true);
	assert_true(instant_is_never(bgp_deadline(bgp)));
	bgp_free(bgp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_says_what_the_rfc_says),
		cmocka_unit_test(every_way_out_of_established_takes_the_routes),
		cmocka_unit_test(timers_belong_to_the_state),
		cmocka_unit_test(each_message_is_answered_as_the_state_demands),
		cmocka_unit_test(an_update_error_withdraws_and_is_named),
		cmocka_unit_test(a_peer_with_too_many_prefixes_is_ceased),
		cmocka_unit_test(
		    a_notification_is_remembered_behind_later_failures),
		cmocka_unit_test(
		    update_errors_are_bounded_and_the_rest_counted),
		cmocka_unit_test(unusable_routes_are_kept_but_not_chosen),
		cmocka_unit_test(route_refresh_is_answered_with_all_routes),
		cmocka_unit_test(
		    keepalives_come_within_a_third_of_the_smaller_hold_time),
		cmocka_unit_test(silence_ends_the_session_after_the_hold_time),
		cmocka_unit_test(a_remote_that_takes_nothing_is_given_up),
		cmocka_unit_test(failed_attempts_back_off_to_half_a_minute),
		cmocka_unit_test(
		    an_attempt_without_an_answer_is_given_up_and_cancelled),
		cmocka_unit_test(a_stopped_peer_accepts_nothing),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
