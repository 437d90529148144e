/*
 * The BFD core by itself: what of RFC 5880 section 6.8.6 is discarded, how the
 * state machine goes, and what is said when.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "bfd/control.h"
#include "crypto/prf.h"
#include "test/unit/hex.h"
#include "util/array.h"

#define TUNNEL	7
#define OTHER	8
#define THEIRS	0x0a0b0c0du

static struct drbg drbg;
static struct bfd *b;
static struct instant now;
/* What was put out since drain(). */
static unsigned sent, ups, downs, admins, silents;
static struct control last;		/* of those that were sent */
static struct instant last_at;
static struct reason why;

static const struct bfd_conf usual = { { 300000000 }, 3 };

static void
drain(void)
{
	struct bfd_out o;

	while (bfd_next(b, now, &o)) {
		switch (o.kind) {
		case BFD_OUT_SEND:
			assert_int_equal(control_read(&last,
			    bytes_of(o.octets, sizeof(o.octets))), BFD_TAKEN);
			sent++;
			last_at = now;
			break;
		case BFD_OUT_STATE:
			ups += o.up;
			downs += !o.up && !o.admin;
			admins += !o.up && o.admin;
			why = o.why;
			break;
		case BFD_OUT_SILENT:
			silents++;
			break;
		}
	}
}

/* Time goes on, timer by timer. */
static void
later(int64_t ms)
{
	struct instant until = instant_after(now, span_ms(ms));
	struct instant next;

	while ((next = bfd_deadline(b)).ns <= until.ns) {
		if (next.ns > now.ns)
			now = next;
		bfd_tick(b, now);
		drain();
	}
	now = until;
	bfd_tick(b, now);
	drain();
}

static struct bfd_info
info(void)
{
	struct bfd_info i;

	assert_true(bfd_get(b, TUNNEL, &i));
	return i;
}

/* A packet of a peer that is like us. */
static struct control
theirs(enum bfd_state state)
{
	return (struct control){
		.state = state, .multiplier = 3, .my_discr = THEIRS,
		.your_discr = state == BFD_DOWN ? 0 : info().discr,
		.desired_tx = state == BFD_UP ? 300000 : 1000000,
		.required_rx = 300000,
	};
}

static enum bfd_verdict
gets(const struct control *c)
{
	uint8_t octets[BFD_OCTETS];
	enum bfd_verdict v;

	control_write(c, octets);
	v = bfd_packet(b, now, TUNNEL, BFD_TTL, bytes_of(octets,
	    sizeof(octets)));
	drain();
	return v;
}

static enum bfd_verdict
hears(enum bfd_state state)
{
	struct control c = theirs(state);

	return gets(&c);
}

static void
heard_with(enum bfd_state state, unsigned flags)
{
	struct control c = theirs(state);

	c.flags = (uint8_t)flags;
	assert_int_equal(gets(&c), BFD_TAKEN);
}

static int
set_up(void **state)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 5 };

	(void)state;
	drbg_seed(&drbg, seed);
	now = (struct instant){ 1000000000 };
	sent = ups = downs = admins = silents = 0;
	b = bfd_new(&drbg);
	assert_true(bfd_add(b, TUNNEL, &usual));
	assert_true(bfd_add(b, OTHER, &usual));
	assert_false(bfd_add(b, OTHER, &usual));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	bfd_free(b);
	return 0;
}

static void
begun(void)
{
	bfd_start(b, now, TUNNEL);
	drain();
}

/* Up, and the peer knows our intervals. */
static void
come_up(void)
{
	begun();
	hears(BFD_DOWN);
	hears(BFD_INIT);
	assert_int_equal(info().state, BFD_UP);
	heard_with(BFD_UP, CONTROL_FINAL);
	assert_false(info().polling);
	sent = 0;
}

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

/* --- intervals --- */

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

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
		TEST(a_host_that_was_busy_is_told_whom_to_read_first),
		TEST(a_session_goes_with_all_that_it_had_to_say),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
