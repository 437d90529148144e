/*
 * The usual pair of gateways for cmocka: fixture, and words for the stories.
 * The world checks its invariants after every step; a test that fails says its
 * seed and step, and the same seed replays it bit for bit.
 */
#ifndef TEST_UNIT_SIM_PAIR_H
#define TEST_UNIT_SIM_PAIR_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "crypto/prf.h"
#include "gw/tunnel.h"
#include "sim/pair.h"

static struct pair p;

static inline int
set_up(void **state)
{
	(void)state;
	pair_init(&p, 1);
	return 0;
}

static inline int
tear_down(void **state)
{
	bool trouble = p.w.trouble.s[0] != '\0';

	(void)state;
	if (trouble)
		print_error("%s\n", p.w.trouble.s);
	pair_fini(&p);
	return trouble;
}

static inline void
all_up(void)
{
	pair_run_up(&p, span_s(90));
	assert_string_equal(p.w.trouble.s, "");
}

static inline void
started(void)
{
	pair_start(&p);
	all_up();
	world_run(&p.w, span_s(5));
}

static inline void
later(unsigned ms)
{
	world_run(&p.w, span_ms(ms));
	assert_string_equal(p.w.trouble.s, "");
}

static inline void
probes(unsigned every_ms)
{
	p.w.tally = (struct world_tally){ 0 };
	packet_probes(&p.w, span_ms(every_ms));
}

static inline void
no_probe_was_lost(void)
{
	const struct world_tally *t = &p.w.tally;

	packet_probes(&p.w, SPAN_ZERO);
	later(500);
	assert_int_equal(t->lost, 0);
	assert_int_equal(t->dropped, 0);
	assert_int_equal(t->arrived, t->sent);
	assert_true(t->sent > 0);
}

static inline void
done(struct gate *g, const char *request)
{
	json_t *answer = gate_ctl(g, request);

	assert_non_null(answer);
	assert_true(json_is_true(json_object_get(answer, "ok")));
}

static inline void
hops(unsigned n)
{
	assert_int_equal(check_hops(p.hub, GATE_HOST_1), n);
	assert_int_equal(check_hops(p.branch, GATE_HOST_0), n);
}

/* How long until the gate's route has so many next hops. */
static inline struct span
until_hops(const struct gate *g, const char *dst, unsigned n, unsigned most_s)
{
	struct instant start = p.w.now;

	while (check_hops(g, dst) != n &&
	    instant_since(p.w.now, start).ns < span_s(most_s).ns)
		later(10);
	assert_int_equal(check_hops(g, dst), n);
	return instant_since(p.w.now, start);
}

static inline struct ike_peer_info
info(const struct gate *g, const char *connection, unsigned tunnel)
{
	struct gw_tunnel *t = gw_tunnel_find(g->gw, connection, tunnel);
	struct ike_peer_info i = { 0 };

	assert_non_null(t);
	ike_peer_get(g->gw->ike, t->id, &i);
	return i;
}

#define STORY(name)							\
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
