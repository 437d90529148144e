/* What the tests of the IKE core do with a pair of instances. */
#ifndef TEST_UNIT_IKE_DUO_H
#define TEST_UNIT_IKE_DUO_H

#include "crypto/prf.h"
#include "ike/peer.h"
#include "sim/duo.h"

enum { IKE = false, CHILD = true };	/* what is rekeyed */

/* The set-up of a group: what computes keys is ready. */
static inline int
init_all(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

/* cmocka's assert_* must be declared before. */
static inline void
assert_sound(const struct duo *d)
{
	if (d->trouble.s[0] != '\0')
		fail_msg("%s", d->trouble.s);
}

static inline void
assert_paired(const struct duo *d)
{
	struct reason why;

	assert_sound(d);
	if (!duo_paired(d, &why))
		fail_msg("%s (left: %s, right: %s)", why.s,
		    duo_info(d, LEFT).why.s, duo_info(d, RIGHT).why.s);
}

static inline void
assert_empty(const struct duo *d)
{
	struct reason why;

	assert_sound(d);
	if (!duo_empty(d, &why))
		fail_msg("%s", why.s);
}

static inline void
assert_why(const struct duo *d, int side, const char *text)
{
	struct ike_peer_info info = duo_info(d, side);

	assert_string_equal(info.why.s, text);
}

/* Set up from the given side, with everything as it should be. */
static inline void
bring_up(struct duo *d, int side)
{
	duo_up(d, side);
	if (!duo_run_up(d, span_s(10)))
		assert_paired(d);
	assert_sound(d);
}

/* Both sides go down, and nothing may be left. */
static inline void
shut_down(struct duo *d)
{
	d->end[LEFT].keep_up = d->end[RIGHT].keep_up = false;
	duo_down(d, LEFT);
	duo_down(d, RIGHT);
	duo_run(d, span_s(60));
	assert_empty(d);
	duo_fini(d);
}

/* The SA that carries the tunnel, from the inside. */
static inline struct ike_sa *
sa_at(const struct duo *d, int side)
{
	return peer_main_sa(table_peer(d->end[side].ike, DUO_PEER));
}

static inline struct child *
child_at(const struct duo *d, int side)
{
	return sa_current_child(sa_at(d, side));
}

static inline void
watch_traffic(struct duo *d)
{
	d->esp_every = span_ms(5);
	d->esp_at = d->now;
}

static inline void
assert_no_packet_lost(const struct duo *d)
{
	for (int i = 0; i < 2; i++) {
		assert_true(d->end[i].esp_sent > 0);
		assert_int_equal(d->end[i].esp_lost, 0);
		assert_int_equal(d->end[i].esp_none, 0);
	}
}

static inline void
set_up(struct duo *d, uint64_t seed)
{
	duo_init(d, seed);
	duo_start(d);
	bring_up(d, LEFT);
	watch_traffic(d);
}

/* One pair, no gap on the way to it, no failure reported. */
static inline void
assert_clean(struct duo *d)
{
	duo_run(d, span_s(30));
	assert_paired(d);
	assert_no_packet_lost(d);
	for (int side = LEFT; side <= RIGHT; side++) {
		assert_int_equal(d->end[side].events[IKE_EV_FAILED], 0);
		assert_int_equal(d->end[side].events[IKE_EV_CHILD_DOWN], 0);
		assert_int_equal(d->end[side].events[IKE_EV_IKE_DOWN], 0);
	}
}

static inline void
finish(struct duo *d)
{
	assert_clean(d);
	d->esp_at = INSTANT_NEVER;
	shut_down(d);
}

#endif
