/*
 * When the BFD core says something, and when it gives up hearing: intervals,
 * jitter, polls and demand mode (RFC 5880 sections 6.5 to 6.8.7).
 */
#include "bfd_stage.h"

static void
a_session_that_is_not_up_sends_once_per_second(void **state)
{
	(void)state;
	begun();
	later(60000);
	/* 75 to 100 % of a second each. */
	assert_in_range(sent, 61, 81);
	assert_int_equal(last.desired_tx, 1000000);
	assert_int_equal(last.required_rx, 300000);
}

static void
jitter_shortens_each_interval_by_up_to_a_quarter(void **state)
{
	struct instant before;
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	come_up();
	hears(BFD_UP);
	for (int i = 0; i < 500; i++) {
		int64_t d;

		before = last_at;
		now = bfd_deadline(b);
		bfd_tick(b, now);
		drain();
		hears(BFD_UP);
		d = instant_since(last_at, before).ns;
		least = d < least ? d : least;
		most = d > most ? d : most;
	}
	assert_in_range(least, 225000000, 230000000);
	assert_in_range(most, 295000000, 300000000);
}

/* "no more than 90%" where one lost packet is enough (section 6.8.7). */
static void
a_multiplier_of_one_leaves_room_for_the_way(void **state)
{
	const struct bfd_conf one = { { 300000000 }, 1 };
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	bfd_change(b, now, TUNNEL, &one);
	come_up();
	hears(BFD_UP);
	later(0);
	for (int i = 0; i < 500; i++) {
		struct instant before = last_at;
		int64_t d;

		now = bfd_deadline(b);
		bfd_tick(b, now);
		drain();
		hears(BFD_UP);
		d = instant_since(last_at, before).ns;
		least = d < least ? d : least;
		most = d > most ? d : most;
	}
	assert_in_range(least, 225000000, 230000000);
	assert_in_range(most, 265000000, 270000000);
}

static void
the_slower_of_both_sides_decides(void **state)
{
	struct control c;

	(void)state;
	come_up();
	c = theirs(BFD_UP);
	c.required_rx = 700000;
	c.desired_tx = 500000;
	c.multiplier = 4;
	gets(&c);
	assert_int_equal(info().tx_interval.ns, span_ms(700).ns);
	assert_int_equal(info().detect_time.ns, span_ms(2000).ns);
	c.required_rx = 10000;
	c.desired_tx = 10000;
	gets(&c);
	assert_int_equal(info().tx_interval.ns, span_ms(300).ns);
	assert_int_equal(info().detect_time.ns, span_ms(1200).ns);
}

/* "the local system MUST honor the new interval immediately" (6.8.3). */
static void
a_shorter_interval_of_the_peer_is_honoured_at_once(void **state)
{
	struct control c;

	(void)state;
	come_up();
	c = theirs(BFD_UP);
	c.required_rx = 60000000;
	c.desired_tx = 60000000;
	gets(&c);
	later(100);
	sent = 0;
	later(1000);
	assert_int_equal(sent, 0);
	c.required_rx = 300000;
	gets(&c);
	later(0);
	assert_int_equal(sent, 1);
}

static void
a_poll_is_answered_with_final_at_once(void **state)
{
	(void)state;
	come_up();
	heard_with(BFD_UP, CONTROL_POLL);
	assert_int_equal(sent, 1);
	assert_int_equal(last.flags, CONTROL_FINAL);
	/* Both at once: it is never said in one packet (section 6.8.7). */
	bfd_change(b, now, TUNNEL, &(struct bfd_conf){ { 400000000 }, 3 });
	drain();
	assert_int_equal(last.flags, CONTROL_POLL);
	heard_with(BFD_UP, CONTROL_POLL);
	assert_int_equal(last.flags, CONTROL_FINAL);
}

static void
a_session_that_comes_up_polls_for_its_interval(void **state)
{
	(void)state;
	begun();
	hears(BFD_DOWN);
	hears(BFD_INIT);
	assert_int_equal(last.state, BFD_UP);
	assert_int_equal(last.flags, CONTROL_POLL);
	assert_int_equal(last.desired_tx, 300000);
	heard_with(BFD_UP, 0);
	assert_true(info().polling);
	heard_with(BFD_UP, CONTROL_FINAL);
	assert_false(info().polling);
	sent = 0;
	later(300);
	assert_true(sent > 0);
	assert_int_equal(last.flags, 0);
}

static void
a_longer_interval_waits_for_the_answer(void **state)
{
	(void)state;
	come_up();
	bfd_change(b, now, TUNNEL, &(struct bfd_conf){ { 900000000 }, 3 });
	drain();
	assert_int_equal(last.desired_tx, 900000);
	assert_int_equal(last.required_rx, 900000);
	hears(BFD_UP);
	assert_int_equal(info().tx_interval.ns, span_ms(300).ns);
	/* The peer may be slower at once. */
	assert_int_equal(info().detect_time.ns, span_ms(2700).ns);
	heard_with(BFD_UP, CONTROL_FINAL);
	assert_int_equal(info().tx_interval.ns, span_ms(900).ns);
}

static void
a_shorter_detection_waits_for_the_answer(void **state)
{
	struct control c;

	(void)state;
	come_up();
	bfd_change(b, now, TUNNEL, &(struct bfd_conf){ { 100000000 }, 3 });
	drain();
	c = theirs(BFD_UP);
	c.desired_tx = c.required_rx = 100000;
	gets(&c);
	assert_int_equal(info().tx_interval.ns, span_ms(100).ns);
	assert_int_equal(info().detect_time.ns, span_ms(900).ns);
	c.flags = CONTROL_FINAL;
	gets(&c);
	assert_int_equal(info().detect_time.ns, span_ms(300).ns);
}

/* The answer to the first poll is none to the second. */
static void
a_change_amid_a_poll_has_a_poll_of_its_own(void **state)
{
	(void)state;
	come_up();
	bfd_change(b, now, TUNNEL, &(struct bfd_conf){ { 600000000 }, 3 });
	bfd_change(b, now, TUNNEL, &(struct bfd_conf){ { 900000000 }, 3 });
	drain();
	heard_with(BFD_UP, CONTROL_FINAL);
	assert_true(info().polling);
	assert_int_equal(info().tx_interval.ns, span_ms(300).ns);
	heard_with(BFD_UP, CONTROL_FINAL);
	assert_false(info().polling);
	assert_int_equal(info().tx_interval.ns, span_ms(900).ns);
}

static void
a_peer_that_wants_no_packets_gets_none(void **state)
{
	struct control c;

	(void)state;
	come_up();
	c = theirs(BFD_UP);
	c.required_rx = 0;
	c.desired_tx = 60000000;
	gets(&c);
	later(60000);
	assert_int_equal(sent, 0);
	c.flags = CONTROL_POLL;
	gets(&c);
	assert_int_equal(sent, 1);
}

/* Section 6.8.7; but a poll of ours goes out, and what it polls for, too. */
static void
a_peer_in_demand_mode_is_left_alone_while_both_are_up(void **state)
{
	struct control c;

	(void)state;
	come_up();
	c = theirs(BFD_UP);
	c.flags = CONTROL_DEMAND;
	c.desired_tx = 60000000;
	gets(&c);
	assert_true(info().remote_demand);
	later(10000);
	assert_int_equal(sent, 0);
	bfd_change(b, now, TUNNEL, &(struct bfd_conf){ { 500000000 }, 3 });
	later(1600);
	assert_true(sent >= 3);
	assert_int_equal(last.flags, CONTROL_POLL);
	c.flags = CONTROL_DEMAND | CONTROL_FINAL;
	gets(&c);
	sent = 0;
	later(10000);
	assert_int_equal(sent, 0);
	c.flags = 0;
	gets(&c);
	later(1000);
	assert_true(sent > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_that_is_not_up_sends_once_per_second),
		TEST(jitter_shortens_each_interval_by_up_to_a_quarter),
		TEST(a_multiplier_of_one_leaves_room_for_the_way),
		TEST(the_slower_of_both_sides_decides),
		TEST(a_shorter_interval_of_the_peer_is_honoured_at_once),
		TEST(a_poll_is_answered_with_final_at_once),
		TEST(a_session_that_comes_up_polls_for_its_interval),
		TEST(a_longer_interval_waits_for_the_answer),
		TEST(a_shorter_detection_waits_for_the_answer),
		TEST(a_change_amid_a_poll_has_a_poll_of_its_own),
		TEST(a_peer_that_wants_no_packets_gets_none),
		TEST(a_peer_in_demand_mode_is_left_alone_while_both_are_up),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
