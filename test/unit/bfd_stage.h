/*
 * A BFD speaker with two tunnels and a peer whose every word the test chooses,
 * for bfd_test.c and bfd_interval_test.c.
 */
#ifndef TEST_UNIT_BFD_STAGE_H
#define TEST_UNIT_BFD_STAGE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "bfd/control.h"
#include "crypto/prf.h"

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

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
