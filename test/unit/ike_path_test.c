/*
 * NAT and its whims, silence, crashes, and going down at every moment (RFC
 * 7296 sections 2.4, 2.23).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/sa.h"
#include "ike_duo.h"
#include "util/array.h"

/* --- NAT --- */

static void
nat(struct duo *d, int side, uint16_t shift)
{
	d->end[side].nat.on = true;
	d->end[side].nat.shift = shift;
	addr_parse(&d->end[side].nat.public, side == LEFT ? "203.0.113.1" :
	    "203.0.113.2");
}

static void
nat_left(struct duo *d)
{
	nat(d, LEFT, 10000);
}

static void
nat_right(struct duo *d)
{
	nat(d, RIGHT, 0);
}

static void
nat_both(struct duo *d)
{
	nat_left(d);
	nat_right(d);
}

static void
forced_left(struct duo *d)
{
	d->end[LEFT].conf[0].force_encap = true;
}

static void
forced_right(struct duo *d)
{
	d->end[RIGHT].conf[0].force_encap = true;
}

static void
unknown_local(struct duo *d)
{
	d->end[LEFT].conf[0].local = addr_any(ADDR_IPV4);
}

static const struct natted {
	const char	*what;
	void		(*prepare)(struct duo *);
	bool		left, right;	/* who is seen behind a NAT, by left */
	uint16_t	port;		/* left's, as right sees it */
} natted[] = {
	{ "initiator behind a NAT", nat_left, true, false, 14500 },
	{ "responder behind a NAT", nat_right, false, true, 4500 },
	{ "both behind a NAT", nat_both, true, true, 14500 },
	{ "initiator wants encapsulation", forced_left, false, false, 4500 },
	{ "responder wants encapsulation", forced_right, false, true, 4500 },
	{ "initiator's address unknown", unknown_local, false, false, 4500 },
};

static void
nat_is_found_and_ports_float(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(natted); i++) {
		const struct natted *n = &natted[i];
		struct ike_peer_info l, r;
		struct duo d;

		print_message("    %s\n", n->what);
		duo_init(&d, 7);
		n->prepare(&d);
		duo_start(&d);
		bring_up(&d, LEFT);
		l = duo_info(&d, LEFT);
		r = duo_info(&d, RIGHT);
		assert_true(l.encap && r.encap);
		assert_int_equal(l.nat_local, n->left);
		assert_int_equal(l.nat_remote, n->right);
		assert_int_equal(r.nat_local, nat_right == n->prepare ||
		    nat_both == n->prepare);
		assert_int_equal(l.path.local.port, 4500);
		assert_true(addr_eq(&l.path.local.addr, &d.end[LEFT].addr));
		assert_int_equal(l.path.remote.port, 4500);
		assert_int_equal(r.path.remote.port, n->port);
		/* It goes on like this over a rekey of either kind. */
		for (int k = 0; k < 4; k++) {
			duo_rekey(&d, k & 1, k < 2);
			duo_run(&d, span_s(5));
			assert_paired(&d);
			assert_true(duo_info(&d, RIGHT).encap);
		}
		assert_int_equal(d.stray, 0);
		shut_down(&d);
	}
}

static void
only_who_is_behind_a_nat_keeps_it_alive(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 8);
	nat_left(&d);
	d.end[LEFT].conf[0].dpd = d.end[RIGHT].conf[0].dpd = false;
	duo_start(&d);
	bring_up(&d, LEFT);
	duo_run(&d, span_s(101));
	assert_int_equal(d.end[LEFT].keepalives, 5);
	assert_int_equal(d.end[RIGHT].keepalives, 0);
	shut_down(&d);
}

static void
a_nat_that_forgets_is_followed(void **state)
{
	static const bool both[] = { false, true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		const struct ike_esp *out;
		struct duo d;

		duo_init(&d, 9);
		nat_left(&d);
		/* A hub with a one-to-one NAT of its own follows as well. */
		if (both[i])
			nat_right(&d);
		duo_start(&d);
		bring_up(&d, LEFT);
		d.end[LEFT].nat.shift = 20000;
		duo_rekey(&d, LEFT, false);
		duo_run(&d, span_s(1));
		assert_int_equal(d.end[RIGHT].events[IKE_EV_PATH], 1);
		assert_int_equal(d.end[LEFT].events[IKE_EV_PATH], 0);
		assert_int_equal(duo_info(&d, RIGHT).path.remote.port, 24500);
		assert_int_equal(d.end[RIGHT].sad.paths, 2);
		out = sad_newest_out(&d.end[RIGHT].sad);
		assert_int_equal(out->dport, 24500);
		assert_paired(&d);
		shut_down(&d);
	}
}

static void
a_mapping_seen_by_the_kernel_is_followed(void **state)
{
	struct endpoint from;
	struct duo d;

	(void)state;
	duo_init(&d, 10);
	nat_left(&d);
	duo_start(&d);
	bring_up(&d, LEFT);
	d.end[LEFT].nat.shift = 20000;
	from = (struct endpoint){ d.end[LEFT].nat.public, 24500 };
	ike_mapping(d.end[RIGHT].ike, d.now, duo_info(&d, RIGHT).spi_in,
	    &from);
	duo_run(&d, span_ms(100));
	assert_int_equal(duo_info(&d, RIGHT).path.remote.port, 24500);
	assert_int_equal(sad_newest_out(&d.end[RIGHT].sad)->dport, 24500);
	/* Who is not behind a NAT does not move. */
	from.port = 1;
	ike_mapping(d.end[LEFT].ike, d.now, duo_info(&d, LEFT).spi_in, &from);
	duo_run(&d, span_ms(100));
	assert_int_equal(duo_info(&d, LEFT).path.remote.port, 4500);
	shut_down(&d);
}

/* --- silence --- */

static void
a_silent_peer_is_dead_after_the_timeout_and_comes_back(void **state)
{
	struct instant cut;
	struct duo d;

	(void)state;
	duo_init(&d, 11);
	d.end[LEFT].keep_up = true;
	duo_start(&d);
	bring_up(&d, LEFT);
	duo_run(&d, span_s(100));
	assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_DOWN], 0);
	d.link.loss = 100;
	cut = d.now;
	while (d.end[LEFT].events[IKE_EV_CHILD_DOWN] == 0 &&
	    instant_since(d.now, cut).ns < span_s(60).ns)
		duo_run(&d, span_ms(100));
	assert_in_range(span_to_s(instant_since(d.now, cut)), 20, 31);
	assert_string_equal(d.end[LEFT].said[IKE_EV_CHILD_DOWN].s,
	    "no answer from 198.51.100.1:500 to INFORMATIONAL after 12 "
	    "transmissions");
	duo_run(&d, span_s(20));
	assert_int_equal(d.end[RIGHT].sad.n, 0);
	d.link.loss = 0;
	assert_true(duo_run_up(&d, span_s(30)));
	shut_down(&d);
}

/* When a request that nobody answers goes, and when that is over. */
static const struct schedule {
	const char	*what;
	unsigned	first_ms, max_s, tries, dpd_s;
	unsigned	sent;
	unsigned	least_ms, most_ms;	/* until it is given up */
} schedules[] = {
	{ "nothing said: 0.5, 1, then every 2 seconds", 0, 0, 0, 30, 12,
	    22000, 23500 },
	{ "the same, said", 500, 2, 0, 30, 12, 22000, 23500 },
	{ "five repetitions", 500, 2, 5, 40, 6, 9500, 11900 },
	{ "one repetition", 500, 2, 1, 30, 2, 1500, 1900 },
	{ "it doubles up to the limit", 1000, 8, 4, 60, 5, 23000, 28800 },
	{ "no doubling", 3000, 3, 3, 60, 4, 12000, 15100 },
	{ "the DPD timeout comes before the tries", 10000, 10, 100, 40, 3,
	    29900, 30100 },
};

static void
a_request_is_repeated_as_configured(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(schedules); i++) {
		const struct schedule *s = &schedules[i];
		struct instant begun;
		struct duo d;
		int64_t ms;

		print_message("    %s\n", s->what);
		duo_init(&d, 11);
		d.end[LEFT].conf[0].resend_first = span_ms(s->first_ms);
		d.end[LEFT].conf[0].resend_max = span_s(s->max_s);
		d.end[LEFT].conf[0].resends = s->tries;
		d.end[LEFT].conf[0].dpd_timeout = span_s(s->dpd_s);
		d.link.loss = 100;
		duo_start(&d);
		begun = d.now;
		duo_up(&d, LEFT);
		while (d.end[LEFT].events[IKE_EV_IKE_DOWN] == 0 &&
		    instant_since(d.now, begun).ns < span_s(100).ns)
			duo_run(&d, span_ms(10));
		ms = instant_since(d.now, begun).ns / 1000000;
		assert_in_range(ms, s->least_ms, s->most_ms);
		assert_in_range(d.end[LEFT].sent, s->sent -
		    (s->tries == 0), s->sent);
		shut_down(&d);
	}
}

static void
an_idle_peer_is_probed_only_when_asked_for(void **state)
{
	static const bool dpd[] = { false, true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dpd); i++) {
		struct duo d;
		unsigned sent;

		duo_init(&d, 12);
		d.end[LEFT].conf[0].dpd = d.end[RIGHT].conf[0].dpd = dpd[i];
		duo_start(&d);
		bring_up(&d, LEFT);
		duo_run(&d, span_s(5));
		sent = d.end[LEFT].sent + d.end[RIGHT].sent;
		duo_run(&d, span_s(100));
		sent = d.end[LEFT].sent + d.end[RIGHT].sent - sent;
		if (dpd[i])
			assert_in_range(sent, 20, 60);
		else
			assert_int_equal(sent, 0);
		shut_down(&d);
	}
}

static void
a_peer_that_crashed_starts_anew_at_once(void **state)
{
	(void)state;
	for (int side = LEFT; side <= RIGHT; side++) {
		struct duo d;

		duo_init(&d, 13);
		duo_start(&d);
		bring_up(&d, LEFT);
		duo_crash(&d, side);
		bring_up(&d, side);
		assert_string_equal(d.end[!side].said[IKE_EV_FAILED].s,
		    "the peer started anew (INITIAL_CONTACT)");
		duo_run(&d, span_s(120));
		assert_paired(&d);
		assert_int_equal(d.end[!side].events[IKE_EV_IKE_DOWN], 0);
		shut_down(&d);
	}
}

/* --- going down --- */

static void
down_at_any_moment_leaves_nothing(void **state)
{
	(void)state;
	for (int ms = 0; ms < 130; ms++) {
		for (int side = LEFT; side <= RIGHT; side++) {
			struct duo d;

			duo_init(&d, 14);
			duo_start(&d);
			duo_up(&d, LEFT);
			duo_run(&d, span_ms(ms));
			ike_peer_accept(d.end[side].ike, DUO_PEER, false);
			duo_down(&d, side);
			assert_int_equal(duo_info(&d, side).state, IKE_DOWN);
			duo_run(&d, span_s(45));
			if (duo_info(&d, !side).state != IKE_DOWN)
				fail_msg("down at %d ms on side %d is not "
				    "noticed", ms, side);
			assert_empty(&d);
			shut_down(&d);
		}
	}
}

static void
a_peer_may_be_forgotten_at_any_moment(void **state)
{
	(void)state;
	for (int ms = 0; ms < 130; ms++) {
		for (int side = LEFT; side <= RIGHT; side++) {
			struct duo d;

			duo_init(&d, 15);
			duo_start(&d);
			duo_up(&d, LEFT);
			duo_run(&d, span_ms(ms));
			ike_peer_del(d.end[side].ike, d.now, DUO_PEER);
			duo_run(&d, span_s(5));
			assert_int_equal(d.end[side].sad.n, 0);
			assert_true(ike_peer_add(d.end[side].ike,
			    &d.end[side].conf[0]));
			duo_run(&d, span_s(60));
			assert_empty(&d);
			shut_down(&d);
		}
	}
}

static void
down_and_up_again_at_once_gives_one_pair(void **state)
{
	(void)state;
	for (int ms = 0; ms < 130; ms += 3) {
		struct duo d;

		duo_init(&d, 16);
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(ms));
		duo_down(&d, LEFT);
		duo_up(&d, LEFT);
		assert_int_not_equal(duo_info(&d, LEFT).state, IKE_DOWN);
		duo_run(&d, span_s(40));
		assert_paired(&d);
		shut_down(&d);
	}
}

static void
a_peer_may_be_forgotten_in_the_middle_of_a_rekey(void **state)
{
	(void)state;
	for (int i = 0; i < 4 * 60; i++) {
		int side = i & 1;
		struct duo d;

		set_up(&d, (uint64_t)i);
		d.esp_at = INSTANT_NEVER;
		duo_rekey(&d, LEFT, (i & 2) != 0);
		duo_run(&d, span_ms(i / 4));
		ike_peer_del(d.end[side].ike, d.now, DUO_PEER);
		duo_run(&d, span_s(1));
		assert_int_equal(d.end[side].sad.n, 0);
		duo_run(&d, span_s(60));
		assert_empty(&d);
		shut_down(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nat_is_found_and_ports_float),
		cmocka_unit_test(only_who_is_behind_a_nat_keeps_it_alive),
		cmocka_unit_test(a_nat_that_forgets_is_followed),
		cmocka_unit_test(a_mapping_seen_by_the_kernel_is_followed),
		cmocka_unit_test(
		    a_silent_peer_is_dead_after_the_timeout_and_comes_back),
		cmocka_unit_test(a_request_is_repeated_as_configured),
		cmocka_unit_test(an_idle_peer_is_probed_only_when_asked_for),
		cmocka_unit_test(a_peer_that_crashed_starts_anew_at_once),
		cmocka_unit_test(down_at_any_moment_leaves_nothing),
		cmocka_unit_test(a_peer_may_be_forgotten_at_any_moment),
		cmocka_unit_test(down_and_up_again_at_once_gives_one_pair),
		cmocka_unit_test(
		    a_peer_may_be_forgotten_in_the_middle_of_a_rekey),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
