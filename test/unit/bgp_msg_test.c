/* Framing and the small messages (RFC 4271 sections 4 and 6.1). */
#include "test/unit/bgp_octets.h"

#include "bgp/limit.h"
#include "bgp/msg.h"

#define MARKER	"ffffffffffffffff ffffffffffffffff"

static const struct {
	const char	*what;
	const char	*stream;
	enum msg_verdict verdict;
	enum msg_type	type;		/* of a whole one */
	size_t		body;
	uint8_t		code, subcode;	/* of a bad one */
	const char	*data;
} frames[] = {
	{ "nothing", "", MSG_PARTIAL, 0, 0, 0, 0, NULL },
	{ "all of a header but one octet", MARKER "0013",
	    MSG_PARTIAL, 0, 0, 0, 0, NULL },
	{ "a keepalive", MARKER "0013 04", MSG_WHOLE, MSG_KEEPALIVE, 0,
	    0, 0, NULL },
	{ "a keepalive and more behind it", MARKER "0013 04 ffff",
	    MSG_WHOLE, MSG_KEEPALIVE, 0, 0, 0, NULL },
	{ "a notification", MARKER "0016 03 0602 00",
	    MSG_WHOLE, MSG_NOTIFICATION, 3, 0, 0, NULL },
	{ "an empty update", MARKER "0017 02 0000 0000",
	    MSG_WHOLE, MSG_UPDATE, 4, 0, 0, NULL },
	{ "an update whose end is missing", MARKER "0018 02 0000 0000",
	    MSG_PARTIAL, 0, 0, 0, 0, NULL },
	{ "a route refresh", MARKER "0017 05 0001 0001",
	    MSG_WHOLE, MSG_ROUTE_REFRESH, 4, 0, 0, NULL },
	{ "a marker that is not all ones",
	    "ffffffffffffffff fffffffffffffffe 0013 04",
	    MSG_BAD, 0, 0, 1, 1, "" },
	{ "a length below the header's", MARKER "0012 04",
	    MSG_BAD, 0, 0, 1, 2, "0012" },
	{ "a length above 4096", MARKER "1001 02",
	    MSG_BAD, 0, 0, 1, 2, "1001" },
	{ "a keepalive with a body", MARKER "0014 04 00",
	    MSG_BAD, 0, 0, 1, 2, "0014" },
	{ "an open that is too short", MARKER "001c 01",
	    MSG_BAD, 0, 0, 1, 2, "001c" },
	{ "an update that is too short", MARKER "0016 02",
	    MSG_BAD, 0, 0, 1, 2, "0016" },
	{ "a notification that is too short", MARKER "0014 03",
	    MSG_BAD, 0, 0, 1, 2, "0014" },
	{ "a route refresh of any length, which its subtype decides",
	    MARKER "0018 05 0001 0101 00", MSG_WHOLE, MSG_ROUTE_REFRESH, 5,
	    0, 0, NULL },
	{ "an unknown type", MARKER "0013 06", MSG_BAD, 0, 0, 1, 3, "06" },
	{ "type 0", MARKER "0013 00", MSG_BAD, 0, 0, 1, 3, "00" },
};

static void
frames_are_cut_and_judged_by_their_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		struct rd r = rd_of(octets(frames[i].stream));
		size_t before = r.n;
		struct fault f = { 0 };
		struct msg m = { 0 };

		print_message("%s\n", frames[i].what);
		assert_int_equal(msg_next(&r, &m, &f), frames[i].verdict);
		if (frames[i].verdict != MSG_WHOLE)
			assert_int_equal(r.n, before);
		if (frames[i].verdict == MSG_WHOLE) {
			assert_int_equal(m.type, frames[i].type);
			assert_int_equal(m.body.n, frames[i].body);
			assert_int_equal(before - r.n, 19 + m.body.n);
		}
		if (frames[i].verdict == MSG_BAD) {
			assert_int_equal(f.code, frames[i].code);
			assert_int_equal(f.subcode, frames[i].subcode);
			assert_true(bytes_eq(bytes_of(f.data, f.n),
			    octets(frames[i].data)));
			assert_true(f.text.s[0] != '\0');
		}
	}
}

static void
keepalive_is_the_header_alone(void **state)
{
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));

	(void)state;
	msg_put_keepalive(&w);
	assert_true(bytes_eq(wr_done(&w), octets(MARKER "0013 04")));
}

static void
notifications_survive_a_round_trip(void **state)
{
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof(room));
	struct rd r;
	struct fault f = { 0 }, none;
	struct notification n;
	struct msg m;

	(void)state;
	fault_set(&f, FAULT_OPEN, FAULT_VERSION, octets("0004"));
	msg_put_notification(&w, &f);
	assert_true(bytes_eq(wr_done(&w), octets(MARKER "0017 03 02 01 0004")));
	r = rd_of(wr_done(&w));
	assert_int_equal(msg_next(&r, &m, &none), MSG_WHOLE);
	n = msg_notification(m.body);
	assert_int_equal(n.code, 2);
	assert_int_equal(n.subcode, 1);
	assert_true(bytes_eq(n.data, octets("0004")));
}

static void
refresh_names_its_family(void **state)
{
	struct refresh q;

	(void)state;
	q = msg_refresh(octets("0001 02 01"));
	assert_int_equal(msg_family(q.afi, q.safi), ADDR_IPV4);
	assert_int_equal(q.subtype, 2);
	assert_int_equal(msg_family(1, 2), ADDR_NONE);
	assert_int_equal(msg_family(25, 1), ADDR_NONE);
}

static const struct {
	uint8_t		code, subcode;
	const char	*data;
	const char	*text;
} notes[] = {
	{ 1, 2, "", "1/2 Message Header Error, Bad Message Length" },
	{ 2, 2, "", "2/2 OPEN Message Error, Bad Peer AS" },
	{ 2, 0, "", "2/0 OPEN Message Error" },
	{ 3, 11, "", "3/11 UPDATE Message Error, Malformed AS_PATH" },
	{ 4, 0, "", "4/0 Hold Timer Expired" },
	{ 5, 3, "", "5/3 Finite State Machine Error, "
	    "Receive Unexpected Message in Established State" },
	{ 6, 2, "", "6/2 Cease, Administrative Shutdown" },
	{ 6, 2, "0568656c6c6f", "6/2 Cease, Administrative Shutdown: "
	    "\"hello\"" },
	{ 6, 4, "03 0a 5c 41", "6/4 Cease, Administrative Reset: "
	    "\"\\x0a\\x5cA\"" },
	{ 6, 2, "ff 41", "6/2 Cease, Administrative Shutdown" },
	{ 6, 3, "0141", "6/3 Cease, Peer De-configured" },
	{ 6, 10, "", "6/10 Cease, BFD Down" },
	{ 6, 99, "", "6/99 Cease, unknown subcode" },
	{ 8, 0, "", "8/0 Send Hold Timer Expired" },
	{ 200, 1, "", "200/1 unknown error code" },
	{ 0, 0, "", "0/0 unknown error code" },
};

static void
notifications_read_as_words_and_escape_what_the_peer_says(void **state)
{
	char text[240];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		fault_str(text, sizeof(text), notes[i].code, notes[i].subcode,
		    octets(notes[i].data));
		assert_string_equal(text, notes[i].text);
	}
}

static void
a_shutdown_text_is_cut_to_what_fits(void **state)
{
	struct fault f;
	char text[300], got[400];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fault_shutdown(&f, FAULT_SHUTDOWN, text);
	assert_int_equal(f.n, FAULT_DATA);
	assert_int_equal(f.data[0], 255);
	fault_str(got, sizeof(got), f.code, f.subcode, bytes_of(f.data, f.n));
	text[255] = '\0';
	assert_non_null(strstr(got, text));
	assert_int_equal(strlen(got),
	    strlen("6/2 Cease, Administrative Shutdown: \"\"") + 255);
	fault_shutdown(&f, FAULT_SHUTDOWN, "bye");
	fault_str(got, sizeof(got), f.code, f.subcode, bytes_of(f.data, f.n));
	assert_string_equal(got, "6/2 Cease, Administrative Shutdown: \"bye\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_cut_and_judged_by_their_header),
		cmocka_unit_test(keepalive_is_the_header_alone),
		cmocka_unit_test(notifications_survive_a_round_trip),
		cmocka_unit_test(refresh_names_its_family),
		cmocka_unit_test(
		    notifications_read_as_words_and_escape_what_the_peer_says),
		cmocka_unit_test(a_shutdown_text_is_cut_to_what_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
