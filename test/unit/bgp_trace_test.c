/*
 * Traces of sessions, and dumps of paths with identifiers: every octet against
 * RFC 6396 section 4.4 and RFC 8050.
 */
#include "bgp_stage.h"

#include <stdlib.h>

#include "bgp/mrt.h"
#include "bgp/trace.h"

#define WALL	1700000000
/* Half a second later: time, type, then subtype. */
#define AT	"6553f100 0011 "
#define MICRO	"0007a120 "
/* What follows in each record: AS numbers, interface, AFI, addresses. */
#define ENDS4	"0000fdf2 0000fc00 0000 0001 a9fe0002 a9fe0001 "
#define ENDS2	"fdf2 fc00 0000 0001 a9fe0002 a9fe0001 "
#define PATH4	"40 01 01 00 40 02 06 02 01 0000fdf2 40 03 04 a9fe0002 "
#define PATH2	"40 01 01 00 40 02 04 02 01 fdf2 40 03 04 a9fe0002 "

static struct stage s;

static void
begin(bool paths)
{
	const struct bgp_soft soft = { .restart = BGP_RESTART_OFF };

	stage_new(&s, &soft);
	bgp_peer_del(s.bgp, s.now, 1);
	s.conf.add_path = paths;
	s.conf.next_hop6 = (struct addr){ 0 };
	assert_true(bgp_peer_add(s.bgp, s.now, &s.conf));
	bgp_peer_start(s.bgp, s.now, 1);
	stage_obey(&s);
}

static uint32_t
trace_all(void)
{
	uint32_t number = trace_open(s.bgp, s.now, WALL, NULL, 0);

	assert_int_not_equal(number, 0);
	s.now.ns += 500000000;
	return number;
}

/* What the speaker says to it is not looked at: AS numbers may have 2 octets. */
static void
say(struct bytes b)
{
	struct bgp_out out;

	bgp_stream(s.bgp, s.now, s.conn, b);
	while (bgp_next(s.bgp, &out)) {
		if (out.kind != BGP_OUT_SEND)
			continue;
		while ((b = bgp_pull(s.bgp, out.conn)).n > 0)
			bgp_sent(s.bgp, s.now, out.conn, b.n);
	}
}

static void
open_session(bool paths, bool as4)
{
	const struct open o = {
		.asn = 65010, .router_id = 0x0a000002, .hold_time = 30,
		.families = OPEN_IPV4, .as4 = as4, .refresh = true,
		.paths_out = paths ? OPEN_IPV4 : 0,
	};
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	s.conn = bgp_accepted(s.bgp, s.now, 1);
	assert_int_not_equal(s.conn, 0);
	open_put(&w, &o);
	msg_put_keepalive(&w);
	say(wr_done(&w));
}

/* Is it among those that are there to be read now? */
static bool
has_record(uint32_t number, const char *want)
{
	struct bytes record;
	bool found = false;

	while (trace_next(s.bgp, s.now, number, &record))
		found = found || bytes_eq(record, octets(want));
	return found;
}

static const struct {
	const char	*what;
	bool		paths, as4;
	const char	*heard;		/* behind OPEN and KEEPALIVE */
	const char	*record;
} rows[] = {
	{ "KEEPALIVE heard", false, true, NULL,
	    AT "0004 0000002b " MICRO ENDS4 MARKER "0013 04" },
	{ "KEEPALIVE said", false, true, NULL,
	    AT "0007 0000002b " MICRO ENDS4 MARKER "0013 04" },
	{ "OPEN heard has AS numbers of four octets, whatever follows",
	    false, false, NULL,
	    AT "0004 0000003f " MICRO ENDS4 MARKER "0027 01 04 fdf2 001e "
	    "0a000002 0a 02 08 0104 0001 0001 0200" },
	{ "Established", false, true, NULL,
	    AT "0005 0000001c " MICRO ENDS4 "0005 0006" },
	{ "UPDATE heard", false, true,
	    MARKER "002e 02 0000 0014 " PATH4 "10 0a02",
	    AT "0004 00000046 " MICRO ENDS4 MARKER "002e 02 0000 0014 " PATH4
	    "10 0a02" },
	{ "UPDATE heard with an identifier", true, true,
	    MARKER "0032 02 0000 0014 " PATH4 "00000007 10 0a02",
	    AT "0009 0000004a " MICRO ENDS4 MARKER "0032 02 0000 0014 " PATH4
	    "00000007 10 0a02" },
	{ "UPDATE heard of one with AS numbers of two octets", false, false,
	    MARKER "002c 02 0000 0012 " PATH2 "10 0a02",
	    AT "0001 00000040 " MICRO ENDS2 MARKER "002c 02 0000 0012 " PATH2
	    "10 0a02" },
	{ "UPDATE heard with an identifier and such AS numbers", true, false,
	    MARKER "0030 02 0000 0012 " PATH2 "00000007 10 0a02",
	    AT "0008 00000044 " MICRO ENDS2 MARKER "0030 02 0000 0012 " PATH2
	    "00000007 10 0a02" },
	{ "UPDATE said, which has no identifiers", true, true, NULL,
	    AT "0007 00000047 " MICRO ENDS4 MARKER "002f 02 0000 0014 "
	    "40 01 01 00 40 02 06 02 01 0000fc00 40 03 04 a9fe0001 "
	    "18 0afff0" },
	{ "UPDATE said to one with AS numbers of two octets", false, false,
	    NULL,
	    AT "0006 00000041 " MICRO ENDS2 MARKER "002d 02 0000 0012 "
	    "40 01 01 00 40 02 04 02 01 fc00 40 03 04 a9fe0001 18 0afff0" },
};

static void
records_are_what_the_rfcs_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t number;

		print_message("%s\n", rows[i].what);
		begin(rows[i].paths);
		number = trace_all();
		open_session(rows[i].paths, rows[i].as4);
		if (rows[i].heard != NULL)
			say(octets(rows[i].heard));
		assert_true(has_record(number, rows[i].record));
		stage_free(&s);
	}
}

static void
only_those_that_were_asked_for_are_traced(void **state)
{
	const uint32_t other = 2, this = 1;
	uint32_t all, others, one;
	struct bytes record;

	(void)state;
	begin(false);
	all = trace_all();
	others = trace_open(s.bgp, s.now, WALL, &other, 1);
	one = trace_open(s.bgp, s.now, WALL, &this, 1);
	open_session(false, true);
	assert_false(trace_next(s.bgp, s.now, others, &record));
	assert_true(trace_next(s.bgp, s.now, one, &record));
	assert_true(trace_next(s.bgp, s.now, all, &record));
	trace_close(s.bgp, one);
	assert_false(trace_is_open(s.bgp, one));
	assert_false(trace_next(s.bgp, s.now, one, &record));
	assert_true(trace_is_open(s.bgp, all));
	stage_free(&s);
}

static void
what_finds_no_room_is_dropped_and_counted(void **state)
{
	const struct bytes keepalive = octets(MARKER "0013 04");
	unsigned most = TRACE_OCTETS / (12 + 0x2b), got = 0;
	struct bytes record;
	uint32_t number;

	(void)state;
	begin(false);
	open_session(false, true);
	number = trace_all();
	for (unsigned i = 0; i < most + 100; i++)
		stage_say(&s, keepalive);
	assert_int_equal(trace_dropped(s.bgp, number), 100);
	for (; got < 50; got++)
		assert_true(trace_next(s.bgp, s.now, number, &record));
	/* There is room for as many as were read. */
	for (unsigned i = 0; i < 60; i++)
		stage_say(&s, keepalive);
	assert_int_equal(trace_dropped(s.bgp, number), 110);
	for (; trace_next(s.bgp, s.now, number, &record); got++)
		assert_int_equal(record.n, 12 + 0x2b);
	assert_int_equal(got, most + 50);
	stage_free(&s);
}

static void
one_that_nobody_reads_ends(void **state)
{
	uint32_t number[TRACE_MOST];

	(void)state;
	begin(false);
	open_session(false, true);
	for (unsigned i = 0; i < TRACE_MOST; i++)
		number[i] = trace_all();
	assert_int_equal(trace_open(s.bgp, s.now, WALL, NULL, 0), 0);
	stage_idle(&s, 20);
	assert_false(has_record(number[2], ""));
	stage_idle(&s, 15);
	stage_say(&s, octets(MARKER "0013 04"));
	for (unsigned i = 0; i < TRACE_MOST; i++)
		assert_int_equal(trace_is_open(s.bgp, number[i]), i == 2);
	assert_int_not_equal(trace_open(s.bgp, s.now, WALL, NULL, 0), 0);
	stage_free(&s);
}

static struct bytes
dump_next(struct mrt *m)
{
	static uint8_t room[4096];
	size_t n = 0;
	uint8_t *p = mrt_next(s.bgp, m, &n);

	assert_false(m->no_memory);
	if (p == NULL)
		return (struct bytes){ 0 };
	memcpy(room, p, n);
	free(p);
	return bytes_of(room, n);
}

/* Ours is in a record without them; in any number of pieces. */
static void
a_dump_has_identifiers_in_records_of_their_own(void **state)
{
	static const char paths[] = "6553f100 000d 0008 00000057 00000000 "
	    "10 0a02 0002 "
	    "0001 6553f100 00000003 001b " PATH4 "40 05 04 00000064 "
	    "0001 6553f100 00000007 001b " PATH4 "40 05 04 00000064 ";
	const struct prefix own = { { ADDR_IPV4, { 10, 2 } }, 16 };

	(void)state;
	for (unsigned visits = 1; visits <= 100; visits += 99) {
		struct mrt m = { .wall = WALL };
		bool plain = false, ids = false;

		begin(true);
		open_session(true, true);
		assert_true(bgp_network_add(s.bgp, s.now, BGP_TABLE_MAIN,
		    &own));
		stage_say(&s, octets(MARKER "0039 02 0000 0014 " PATH4
		    "00000007 10 0a02 00000003 10 0a02"));
		m.now = s.now;
		do {
			struct bytes b;

			m.visits = visits;
			while ((b = dump_next(&m)).n > 0) {
				struct rd r = rd_of(b);

				rd_bytes(&r, 16);
				if (rd_u8(&r) != 16)
					continue;
				plain = plain || b.p[7] == 2;
				ids = ids || bytes_eq(b, octets(paths));
			}
		} while (m.visits == 0);
		assert_true(plain && ids);
		stage_free(&s);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_what_the_rfcs_say),
		cmocka_unit_test(only_those_that_were_asked_for_are_traced),
		cmocka_unit_test(what_finds_no_room_is_dropped_and_counted),
		cmocka_unit_test(one_that_nobody_reads_ends),
		cmocka_unit_test(
		    a_dump_has_identifiers_in_records_of_their_own),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
