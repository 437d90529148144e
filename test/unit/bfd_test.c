/*
 * The BFD core by itself: what of RFC 5880 section 6.8.6 is discarded, and how
 * the state machine goes.
 */
#include "bfd_stage.h"

#include "test/unit/hex.h"
#include "util/array.h"

/* --- the wire --- */

static const struct {
	const char	*what;
	const char	*octets;
	enum bfd_verdict verdict;
} packets[] = {
	{ "Down, of a peer that does not know us",
	    "20 40 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_TAKEN },
	{ "AdminDown, of such a one",
	    "27 00 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_TAKEN },
	{ "octets behind its length",
	    "20 40 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000 ff",
	    BFD_TAKEN },
	{ "nothing", "", BFD_BAD_LENGTH },
	{ "all but the last octet",
	    "20 40 03 18 0a0b0c0d 00000000 000f4240 000493e0 000000",
	    BFD_BAD_LENGTH },
	{ "version 0",
	    "00 40 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_VERSION },
	{ "version 2",
	    "40 40 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_VERSION },
	{ "a length of 23",
	    "20 40 03 17 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_LENGTH },
	{ "a length of 25, which with the A bit is too short",
	    "20 44 03 19 0a0b0c0d 00000000 000f4240 000493e0 00000000 0101",
	    BFD_BAD_LENGTH },
	{ "a length above the datagram's",
	    "20 40 03 19 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_LENGTH },
	{ "a multiplier of zero",
	    "20 40 00 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_MULTIPLIER },
	{ "the multipoint bit",
	    "20 41 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_MULTIPOINT },
	{ "no discriminator of its own",
	    "20 40 03 18 00000000 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_DISCRIMINATOR },
	{ "Init, without ours",
	    "20 80 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_STATE },
	{ "Up, without ours",
	    "20 c0 03 18 0a0b0c0d 00000000 000f4240 000493e0 00000000",
	    BFD_BAD_STATE },
	{ "Up, with one that nobody has",
	    "20 c0 03 18 0a0b0c0d 00000001 000f4240 000493e0 00000000",
	    BFD_NO_SESSION },
	{ "authentication",
	    "20 44 03 1a 0a0b0c0d 00000000 000f4240 000493e0 00000000 0103",
	    BFD_BAD_AUTHENTICATION },
};

static struct octets
spaced(const char *text)
{
	char plain[128];
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text != ' ')
			plain[n++] = *text;
	}
	plain[n] = '\0';
	return unhex(plain);
}

static void
packets_are_taken_or_discarded_by_the_rules(void **state)
{
	(void)state;
	begun();
	for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
		uint64_t before = info().counts.dropped[packets[i].verdict];
		struct octets o = spaced(packets[i].octets);
		enum bfd_verdict v = bfd_packet(b, now, TUNNEL, BFD_TTL,
		    octets_bytes(&o));

		if (v != packets[i].verdict)
			print_error("%s: %s\n", packets[i].what,
			    bfd_verdict_str(v));
		assert_int_equal(v, packets[i].verdict);
		assert_int_equal(info().counts.dropped[v],
		    v == BFD_TAKEN ? 0 : before + 1);
	}
	assert_int_equal(info().counts.in, 3);
}

static void
a_packet_from_more_than_a_hop_away_is_discarded(void **state)
{
	uint8_t octets[BFD_OCTETS];
	struct control c;

	(void)state;
	begun();
	c = theirs(BFD_DOWN);
	control_write(&c, octets);
	for (unsigned ttl = 0; ttl < 255; ttl++)
		assert_int_equal(bfd_packet(b, now, TUNNEL, ttl,
		    bytes_of(octets, sizeof(octets))), BFD_BAD_TTL);
	assert_int_equal(info().state, BFD_DOWN);
	assert_int_equal(info().counts.dropped[BFD_BAD_TTL], 255);
}

static void
a_discriminator_is_good_for_its_own_tunnel_only(void **state)
{
	uint8_t octets[BFD_OCTETS];
	struct control c;

	(void)state;
	come_up();
	bfd_start(b, now, OTHER);
	drain();
	c = theirs(BFD_UP);
	control_write(&c, octets);
	assert_int_equal(bfd_packet(b, now, OTHER, BFD_TTL,
	    bytes_of(octets, sizeof(octets))), BFD_NO_SESSION);
	assert_int_equal(bfd_packet(b, now, 99, BFD_TTL,
	    bytes_of(octets, sizeof(octets))), BFD_NO_SESSION);
}

/* --- the state machine --- */

/* RFC 5880 section 6.2 and 6.8.6: what becomes of our state. */
static const struct {
	enum bfd_state	ours, heard, next;
	enum bfd_diag	diag;
} steps[] = {
	{ BFD_DOWN, BFD_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_NONE },
	{ BFD_DOWN, BFD_DOWN, BFD_INIT, BFD_DIAG_NONE },
	{ BFD_DOWN, BFD_INIT, BFD_UP, BFD_DIAG_NONE },
	{ BFD_DOWN, BFD_UP, BFD_DOWN, BFD_DIAG_NONE },
	{ BFD_INIT, BFD_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN },
	{ BFD_INIT, BFD_DOWN, BFD_INIT, BFD_DIAG_NONE },
	{ BFD_INIT, BFD_INIT, BFD_UP, BFD_DIAG_NONE },
	{ BFD_INIT, BFD_UP, BFD_UP, BFD_DIAG_NONE },
	{ BFD_UP, BFD_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN },
	{ BFD_UP, BFD_DOWN, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN },
	{ BFD_UP, BFD_INIT, BFD_UP, BFD_DIAG_NONE },
	{ BFD_UP, BFD_UP, BFD_UP, BFD_DIAG_NONE },
};

static void
each_state_heard_in_each_state_leads_where_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		bfd_halt(b, now, TUNNEL);
		begun();
		if (steps[i].ours >= BFD_INIT)
			hears(BFD_DOWN);
		if (steps[i].ours == BFD_UP)
			hears(BFD_INIT);
		assert_int_equal(info().state, steps[i].ours);
		assert_int_equal(hears(steps[i].heard), BFD_TAKEN);
		assert_int_equal(info().state, steps[i].next);
		assert_int_equal(info().diag, steps[i].diag);
		assert_int_equal(last.state, steps[i].next);
	}
}

static void
a_change_of_state_is_said_at_once(void **state)
{
	(void)state;
	begun();
	assert_int_equal(sent, 1);
	assert_int_equal(last.state, BFD_DOWN);
	assert_int_equal(last.your_discr, 0);
	hears(BFD_DOWN);
	assert_int_equal(sent, 2);
	assert_int_equal(last.state, BFD_INIT);
	assert_int_equal(last.your_discr, THEIRS);
	assert_int_equal(last.my_discr, info().discr);
	hears(BFD_INIT);
	assert_int_equal(sent, 3);
	assert_int_equal(last.state, BFD_UP);
	assert_int_equal(ups, 1);
}

static void
silence_is_a_failure_after_the_detection_time(void **state)
{
	struct instant heard;

	(void)state;
	come_up();
	heard = now;
	hears(BFD_UP);
	later(899);
	assert_int_equal(info().state, BFD_UP);
	assert_int_equal(downs, 0);
	later(1);
	assert_int_equal(info().state, BFD_DOWN);
	assert_int_equal(info().diag, BFD_DIAG_EXPIRED);
	assert_int_equal(info().remote_discr, 0);
	assert_int_equal(instant_since(last_at, heard).ns, span_ms(900).ns);
	assert_int_equal(downs, 1);
	assert_string_equal(why.s, "control detection time expired: nothing "
	    "heard for 900 ms (3 x 300 ms)");
	assert_int_equal(last.diag, BFD_DIAG_EXPIRED);
	assert_int_equal(last.desired_tx, 1000000);
}

static void
a_peer_that_is_heard_is_not_dead(void **state)
{
	(void)state;
	come_up();
	for (int i = 0; i < 200; i++) {
		later(850);
		hears(BFD_UP);
	}
	assert_int_equal(info().state, BFD_UP);
	assert_int_equal(info().counts.downs, 0);
}

static void
administrative_ends_are_no_failures(void **state)
{
	(void)state;
	come_up();
	heard_with(BFD_ADMIN_DOWN, 0);
	assert_int_equal(admins, 1);
	assert_int_equal(downs, 0);
	assert_int_equal(info().state, BFD_DOWN);
	/* It says so once, as some do, and is silent from then on. */
	later(10000);
	assert_int_equal(info().remote_discr, 0);
	assert_int_equal(info().remote_state, BFD_ADMIN_DOWN);
	hears(BFD_DOWN);
	hears(BFD_INIT);
	assert_int_equal(ups, 2);
	bfd_stop(b, now, TUNNEL);
	drain();
	assert_int_equal(admins, 2);
	assert_int_equal(last.state, BFD_ADMIN_DOWN);
	assert_int_equal(last.diag, BFD_DIAG_ADMIN_DOWN);
}

/* "for at least a Detection Time" (section 6.8.16), then no more. */
static void
the_peer_is_told_that_we_end_for_a_detection_time(void **state)
{
	struct instant start;

	(void)state;
	come_up();
	start = now;
	bfd_stop(b, now, TUNNEL);
	drain();
	assert_int_equal(sent, 1);
	assert_int_equal(hears(BFD_UP), BFD_NOT_WANTED);
	later(2999);
	assert_true(sent >= 3 && sent <= 4);
	assert_int_equal(silents, 0);
	later(1);
	assert_int_equal(silents, 1);
	assert_int_equal(instant_since(now, start).ns, span_s(3).ns);
	sent = 0;
	later(60000);
	assert_int_equal(sent, 0);
	assert_false(info().running);
	begun();
	assert_int_equal(info().state, BFD_DOWN);
	assert_int_equal(sent, 1);
}

static void
a_path_that_is_gone_is_left_in_silence(void **state)
{
	(void)state;
	come_up();
	bfd_halt(b, now, TUNNEL);
	drain();
	later(60000);
	assert_int_equal(sent, 0);
	assert_int_equal(downs + admins, 0);
	assert_true(instant_is_never(bfd_deadline(b)));
	assert_int_equal(hears(BFD_DOWN), BFD_NOT_WANTED);
}

static void
another_start_has_another_discriminator(void **state)
{
	uint32_t before;

	(void)state;
	come_up();
	before = info().discr;
	assert_int_not_equal(before, 0);
	bfd_halt(b, now, TUNNEL);
	begun();
	assert_int_not_equal(info().discr, before);
	bfd_start(b, now, TUNNEL);
	drain();
	assert_int_equal(sent, 1);
}

/* --- the host --- */

static void
a_host_that_was_busy_is_told_whom_to_read_first(void **state)
{
	uint32_t id = 0;
	size_t pos = 0;

	(void)state;
	come_up();
	now = instant_after(now, span_ms(2000));
	assert_true(bfd_dying(b, now, &pos, &id));
	assert_int_equal(id, TUNNEL);
	assert_false(bfd_dying(b, now, &pos, &id));
	hears(BFD_UP);
	pos = 0;
	assert_false(bfd_dying(b, now, &pos, &id));
	later(0);
	assert_int_equal(info().state, BFD_UP);
	/* Our own packets were late, which is counted. */
	assert_int_equal(info().counts.late, 1);
	assert_true(info().counts.latest.ns > span_ms(1500).ns);
}

static void
a_session_goes_with_all_that_it_had_to_say(void **state)
{
	struct bfd_out o;

	(void)state;
	come_up();
	heard_with(BFD_UP, 0);
	bfd_start(b, now, OTHER);
	bfd_del(b, OTHER);
	bfd_del(b, TUNNEL);
	bfd_del(b, TUNNEL);
	assert_false(bfd_next(b, now, &o));
	assert_true(instant_is_never(bfd_deadline(b)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_are_taken_or_discarded_by_the_rules),
		TEST(a_packet_from_more_than_a_hop_away_is_discarded),
		TEST(a_discriminator_is_good_for_its_own_tunnel_only),
		TEST(each_state_heard_in_each_state_leads_where_it_should),
		TEST(a_change_of_state_is_said_at_once),
		TEST(silence_is_a_failure_after_the_detection_time),
		TEST(a_peer_that_is_heard_is_not_dead),
		TEST(administrative_ends_are_no_failures),
		TEST(the_peer_is_told_that_we_end_for_a_detection_time),
		TEST(a_path_that_is_gone_is_left_in_silence),
		TEST(another_start_has_another_discriminator),
		TEST(a_host_that_was_busy_is_told_whom_to_read_first),
		TEST(a_session_goes_with_all_that_it_had_to_say),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
