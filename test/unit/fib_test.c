/*
 * The forwarding table (gw/fib.h): what is asked of the kernel when routes
 * and tunnels change, counted message by message, and that a kernel that does
 * as Linux does ends with what was wanted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "crypto/drbg.h"
#include "crypto/prf.h"
#include "gw/fib.h"
#include "sim/kernel.h"
#include "util/array.h"

#define ROUTES		200u
#define TUNNELS		3u

static struct queue out;
static struct fib *fib;
static struct kernel kernel;
static unsigned ran[KERN_OP_KINDS], failed;

static void
link_of(uint32_t tunnel, char name[static KERN_IFNAME_LEN])
{
	str_fmt(name, KERN_IFNAME_LEN, "vpn%u", tunnel);
}

static void
link_up(uint32_t tunnel)
{
	struct kern_op op = { .kind = KERN_LINK_SET, .link = { .up = true } };
	char text[KERN_TEXT_LEN];

	link_of(tunnel, op.link.name);
	assert_int_equal(kernel_do(&kernel, &op, text), 0);
}

static int
set_up(void **state)
{
	(void)state;
	out = (struct queue){ 0 };
	fib = fib_new(&out, 42);
	kernel_init(&kernel, KERN_LINK_VTI);
	memset(ran, 0, sizeof(ran));
	failed = 0;
	for (uint32_t t = 1; t <= TUNNELS; t++)
		link_up(t);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fib_free(fib);
	queue_fini(&out);
	return 0;
}

/* The kernel does it all, and says so. */
static void
work(void)
{
	char text[KERN_TEXT_LEN];
	struct gw_out o;

	do {
		fib_work(fib, 4096);
		while (queue_pop(&out, &o)) {
			int error = kernel_do(&kernel, o.op, text);

			ran[o.op->kind]++;
			failed += error != 0;
			fib_done(fib, o.op->id, error);
			gw_out_fini(&o);
		}
	} while (fib_pending(fib));
}

/* What was asked of the kernel since the last look. */
static void
expect(unsigned nexthops, unsigned groups, unsigned routes)
{
	work();
	assert_int_equal(ran[KERN_NEXTHOP_SET] + ran[KERN_NEXTHOP_DEL],
	    nexthops);
	assert_int_equal(ran[KERN_GROUP_SET] + ran[KERN_GROUP_DEL], groups);
	assert_int_equal(ran[KERN_ROUTE_SET] + ran[KERN_ROUTE_DEL], routes);
	assert_int_equal(failed, 0);
	memset(ran, 0, sizeof(ran));
}

static struct prefix
prefix_of(unsigned i)
{
	struct prefix p = { .addr = { .family = ADDR_IPV4,
	    .b = { 10, (uint8_t)(i >> 8), (uint8_t)i } }, .len = 24 };

	return p;
}

static struct addr
gateway_of(uint32_t tunnel)
{
	return (struct addr){ ADDR_IPV4, { 169, 254, (uint8_t)tunnel, 1 } };
}

/* mask: bit t - 1 for tunnel t. */
static struct fib_hops
hops_of(unsigned mask, bool learned)
{
	struct fib_hops h = { 0 };

	for (uint32_t t = 1; t <= TUNNELS; t++) {
		if ((mask >> (t - 1) & 1) != 0)
			h.v[h.n++] = (struct fib_hop){ t, learned ?
			    gateway_of(t) : addr_any(ADDR_IPV4) };
	}
	return h;
}

static void
learn(unsigned i, unsigned mask)
{
	struct fib_hops h = hops_of(mask, true);
	struct prefix p = prefix_of(i);

	fib_set(fib, FIB_BGP, FIB_TABLE_MAIN, &p, &h);
}

static void
learn_all(unsigned mask)
{
	for (unsigned i = 0; i < ROUTES; i++)
		learn(i, mask);
}

static void
up(uint32_t tunnel)
{
	char name[KERN_IFNAME_LEN];

	link_of(tunnel, name);
	fib_tunnel_up(fib, tunnel, name);
	fib_taught(fib, tunnel, true);
}

static void
down(uint32_t tunnel)
{
	fib_tunnel_down(fib, tunnel);
	fib_taught(fib, tunnel, false);
}

/* The tunnels over which the kernel sends to prefix i, as bits. */
static unsigned
leads(unsigned i)
{
	const struct kernel_nexthop *hops[KERN_GROUP_MAX];
	struct prefix p = prefix_of(i);
	unsigned mask = 0;

	for (unsigned k = 0; k < kernel.routes_n; k++) {
		if (!prefix_eq(&kernel.routes[k].r.prefix, &p))
			continue;
		for (unsigned n = kernel_hops(&kernel, &kernel.routes[k],
		    hops); n > 0; n--)
			mask |= 1u << (hops[n - 1]->dev[3] - '1');
	}
	return mask;
}

static void
all_lead(unsigned mask)
{
	for (unsigned i = 0; i < ROUTES; i++)
		assert_int_equal(leads(i), mask);
}

static void
routes_share_one_group(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	expect(2, 1, ROUTES);
	all_lead(3);
	assert_int_equal(fib_count(fib, 1), ROUTES);
	assert_int_equal(fib_count(fib, 2), ROUTES);
}

static void
a_lost_tunnel_is_one_message_and_coming_back_two(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	down(2);
	expect(1, 0, 0);
	all_lead(1);
	/* BGP takes them back one by one, and brings them again. */
	learn_all(1);
	expect(0, 0, 0);
	up(2);
	expect(0, 0, 0);
	all_lead(1);
	learn_all(3);
	expect(1, 1, 0);
	all_lead(3);
	assert_false(fib_waits(fib));
}

static void
a_tunnel_that_returns_before_bgp_noticed_is_two_messages(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	down(1);
	expect(1, 0, 0);
	up(1);
	expect(1, 1, 0);
	all_lead(3);
}

static void
a_lost_neighbour_counts_as_its_routes(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	fib_taught(fib, 2, false);
	expect(1, 0, 0);
	all_lead(1);
}

static void
who_is_not_taught_again_leaves_the_group(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	down(2);
	learn_all(1);
	work();
	up(2);
	for (unsigned i = 5; i < ROUTES; i++)
		learn(i, 3);
	work();
	assert_true(fib_waits(fib));
	all_lead(1);
	memset(ran, 0, sizeof(ran));
	fib_tick(fib);		/* some joined since the group was torn */
	fib_tick(fib);
	fib_tick(fib);
	work();
	assert_false(fib_waits(fib));
	for (unsigned i = 0; i < ROUTES; i++)
		assert_int_equal(leads(i), i < 5 ? 1 : 3);
	/* Five left, and one or two were scrubbed. */
	assert_in_range(ran[KERN_ROUTE_SET], 5, 8);
	assert_int_equal(failed, 0);
}

static void
a_withdrawal_takes_effect_at_once(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	memset(ran, 0, sizeof(ran));
	learn(7, 1);
	expect(0, 0, 1);
	assert_int_equal(leads(7), 1);
	assert_int_equal(leads(8), 3);
	learn(7, 0);
	expect(0, 0, 1);
	assert_int_equal(leads(7), 0);
}

/* Make before break: no packet finds another way, or none, in between. */
static void
a_route_that_moves_always_leads_somewhere(void **state)
{
	static const unsigned ways[] = { 1, 2, 3, 6, 4, 7, 1, 5, 2 };
	char text[KERN_TEXT_LEN];
	struct gw_out o;

	(void)state;
	up(1);
	up(2);
	up(3);
	learn(0, ways[0]);
	work();
	for (size_t i = 1; i < ARRAY_SIZE(ways); i++) {
		learn(0, ways[i]);
		fib_work(fib, 4096);
		while (queue_pop(&out, &o)) {
			fib_done(fib, o.op->id,
			    kernel_do(&kernel, o.op, text));
			gw_out_fini(&o);
			assert_true(leads(0) != 0);
		}
		assert_int_equal(leads(0), ways[i]);
	}
	assert_int_equal(kernel.failed + kernel.missed, 0);
}

static void
all_of_a_dead_tunnel_go_without_a_message_each(void **state)
{
	(void)state;
	up(1);
	learn_all(1);
	work();
	memset(ran, 0, sizeof(ran));
	down(1);
	expect(1, 0, 0);
	all_lead(0);
	learn_all(0);
	expect(0, 0, 0);
	/* Nothing is left, and it can begin anew. */
	assert_int_equal(fib_tick_in(fib), 0);
	up(1);
	learn_all(1);
	expect(1, 0, ROUTES);
	all_lead(1);
}

static void
routes_that_outlive_their_tunnel_come_back_with_it(void **state)
{
	(void)state;
	up(1);
	learn_all(1);
	work();
	memset(ran, 0, sizeof(ran));
	down(1);
	up(1);
	expect(2, 0, ROUTES);
	all_lead(1);
}

static void
changes_before_the_kernel_is_asked_are_one(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn(0, 1);
	learn(0, 2);
	learn(0, 3);
	learn(0, 2);
	expect(1, 0, 1);
	assert_int_equal(leads(0), 2);
}

static void
a_static_route_gives_way_while_its_tunnels_are_down(void **state)
{
	struct fib_hops h = hops_of(1, false);
	struct prefix p = prefix_of(0);

	(void)state;
	up(1);
	up(2);
	fib_set(fib, FIB_STATIC, FIB_TABLE_MAIN, &p, &h);
	learn(0, 2);
	work();
	assert_int_equal(leads(0), 1);
	down(1);
	work();
	assert_int_equal(leads(0), 2);
	up(1);
	work();
	assert_int_equal(leads(0), 1);
	assert_int_equal(failed, 0);
}

static void
what_the_kernel_lost_is_stated_again(void **state)
{
	struct prefix p = prefix_of(3);

	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	/* As if somebody had deleted a nexthop, the group, one route. */
	for (unsigned i = 0; i < 2; i++) {
		uint32_t id = kernel.nexthops[0].id;
		struct kern_op op = { .kind = KERN_NEXTHOP_DEL,
		    .nexthop = { .id = id } };
		char text[KERN_TEXT_LEN];

		kernel_do(&kernel, &op, text);
		fib_object_changed(fib, id);
		work();
		all_lead(3);
	}
	kernel.routes[0] = kernel.routes[--kernel.routes_n];
	for (unsigned i = 0; i < ROUTES; i++) {
		if (leads(i) == 0)
			p = prefix_of(i);
	}
	fib_route_changed(fib, FIB_TABLE_MAIN, &p);
	memset(ran, 0, sizeof(ran));
	expect(0, 0, 1);
	all_lead(3);
}

static void
a_resync_states_everything(void **state)
{
	enum kern_link_kind kind = kernel.kind;

	(void)state;
	up(1);
	up(2);
	learn_all(3);
	learn(0, 1);
	fib_work(fib, 4096);		/* asked, and the answers are lost */
	queue_fini(&out);
	kernel_init(&kernel, kind);
	link_up(1);
	link_up(2);
	fib_resync(fib);
	expect(2, 1, ROUTES);
	for (unsigned i = 0; i < ROUTES; i++)
		assert_int_equal(leads(i), i == 0 ? 1 : 3);
}

/* A table larger than what is on its way at a time: a sweep must wait. */
static void
a_resync_goes_on_until_all_was_asked_for(void **state)
{
	struct fib_hops h = hops_of(1, true);
	unsigned n = 3 * FIB_WINDOW, sent = 0;
	struct gw_out o;

	(void)state;
	up(1);
	for (unsigned i = 0; i < n; i++) {
		struct prefix p = prefix_of(i);

		fib_set(fib, FIB_BGP, FIB_TABLE_MAIN, &p, &h);
	}
	do {
		fib_work(fib, 4096);
		while (queue_pop(&out, &o)) {
			fib_done(fib, o.op->id, 0);
			gw_out_fini(&o);
		}
	} while (fib_pending(fib));
	assert_false(fib_restating(fib));
	fib_resync(fib);
	while (fib_restating(fib)) {
		fib_work(fib, 4096);
		while (queue_pop(&out, &o)) {
			sent += o.op->kind == KERN_ROUTE_SET;
			fib_done(fib, o.op->id, 0);
			gw_out_fini(&o);
		}
	}
	assert_int_equal(sent, n);
}

static void
a_refused_route_is_tried_again(void **state)
{
	(void)state;
	up(1);
	kernel.refuse[KERN_NEXTHOP_SET] = 1;
	learn_all(1);
	work();
	assert_int_equal(failed, ROUTES + 1);
	failed = 0;
	memset(ran, 0, sizeof(ran));
	fib_retry(fib);
	expect(1, 0, ROUTES);
	all_lead(1);
}

static void
only_so_many_are_on_their_way(void **state)
{
	struct gw_out o;
	unsigned n = 0;

	(void)state;
	up(1);
	for (unsigned i = 0; i < 2 * FIB_WINDOW; i++) {
		struct fib_hops h = hops_of(1, true);
		struct prefix p = { .addr = { .family = ADDR_IPV4,
		    .b = { 11, (uint8_t)(i >> 8), (uint8_t)i } }, .len = 24 };

		fib_set(fib, FIB_BGP, FIB_TABLE_MAIN, &p, &h);
	}
	fib_work(fib, 4096);
	fib_work(fib, 4096);
	assert_false(fib_pending(fib));
	while (queue_pop(&out, &o)) {
		n += o.op->kind == KERN_ROUTE_SET;
		fib_done(fib, o.op->id, 0);
		gw_out_fini(&o);
	}
	assert_int_equal(n, FIB_WINDOW);
	assert_true(fib_pending(fib));
}

static void
the_scrub_mends_what_nobody_told(void **state)
{
	(void)state;
	up(1);
	up(2);
	learn_all(3);
	work();
	kernel.routes_n /= 2;
	for (unsigned i = 0; i < 2 * ROUTES; i++) {
		fib_tick(fib);
		work();
	}
	assert_int_equal(kernel.routes_n, ROUTES);
	all_lead(3);
}

/*
 * Chance: hops, tunnels, neighbours, refusals, lost answers.  In the end the
 * kernel has for every prefix the hops that are wanted and alive.
 */
struct model {
	unsigned	want[ROUTES], fixed[ROUTES];
	unsigned	up, taught;
};

static void
step(struct model *m, struct drbg *d)
{
	uint32_t t = 1 + drbg_below(d, TUNNELS);
	unsigned i = drbg_below(d, ROUTES), bit = 1u << (t - 1);
	char name[KERN_IFNAME_LEN];
	struct fib_hops h;
	struct prefix p;

	switch (drbg_below(d, 12)) {
	case 0:
		m->up ^= bit;
		link_of(t, name);
		if ((m->up & bit) != 0)
			fib_tunnel_up(fib, t, name);
		else
			fib_tunnel_down(fib, t);
		break;
	case 1:
		m->taught ^= bit;
		fib_taught(fib, t, (m->taught & bit) != 0);
		break;
	case 2:
		m->fixed[i] = drbg_below(d, 1u << TUNNELS);
		h = hops_of(m->fixed[i], false);
		p = prefix_of(i);
		fib_set(fib, FIB_STATIC, FIB_TABLE_MAIN, &p, &h);
		break;
	case 3:
		for (i = 0; i < ROUTES; i++) {
			m->want[i] ^= (m->want[i] ^ drbg_below(d, 8)) & bit;
			learn(i, m->want[i]);
		}
		break;
	case 4:
		for (i = 0; i < ROUTES; i++) {
			m->want[i] |= bit;
			learn(i, m->want[i]);
		}
		break;
	case 5:
		fib_tick(fib);
		break;
	case 6:
		kernel_link_down(&kernel, (link_of(t, name), name));
		link_up(t);
		fib_flushed(fib, t);
		break;
	case 7:
		kernel.refuse[drbg_below(d, 2) == 0 ? KERN_ROUTE_SET :
		    KERN_GROUP_SET]++;
		break;
	default:
		m->want[i] = drbg_below(d, 1u << TUNNELS);
		learn(i, m->want[i]);
		break;
	}
	if (drbg_below(d, 3) == 0)
		work();
}

static unsigned
model_leads(const struct model *m, unsigned i)
{
	unsigned fixed = m->fixed[i] & m->up;

	return fixed != 0 || m->want[i] == 0 ? fixed :
	    m->want[i] & m->up & m->taught;
}

static void
chance_ends_in_what_is_wanted(void **state)
{
	static struct model m;

	(void)state;
	for (uint8_t seed = 1; seed < 60; seed++) {
		uint8_t b[DRBG_SEED_LEN] = { seed };
		struct drbg d;

		drbg_seed(&d, b);
		memset(&m, 0, sizeof(m));
		tear_down(NULL);
		set_up(NULL);
		for (unsigned i = 0; i < 300; i++)
			step(&m, &d);
		memset(kernel.refuse, 0, sizeof(kernel.refuse));
		for (unsigned i = 0; i < 4; i++) {
			work();
			fib_retry(fib);
			fib_tick(fib);
		}
		work();
		assert_false(fib_waits(fib));
		for (unsigned i = 0; i < ROUTES; i++) {
			if (leads(i) != model_leads(&m, i))
				fail_msg("seed %u: prefix %u leads to %x, "
				    "not %x", seed, i, leads(i),
				    model_leads(&m, i));
		}
		drbg_fini(&d);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(routes_share_one_group),
		TEST(a_lost_tunnel_is_one_message_and_coming_back_two),
		TEST(a_tunnel_that_returns_before_bgp_noticed_is_two_messages),
		TEST(a_lost_neighbour_counts_as_its_routes),
		TEST(who_is_not_taught_again_leaves_the_group),
		TEST(a_withdrawal_takes_effect_at_once),
		TEST(a_route_that_moves_always_leads_somewhere),
		TEST(all_of_a_dead_tunnel_go_without_a_message_each),
		TEST(routes_that_outlive_their_tunnel_come_back_with_it),
		TEST(changes_before_the_kernel_is_asked_are_one),
		TEST(a_static_route_gives_way_while_its_tunnels_are_down),
		TEST(what_the_kernel_lost_is_stated_again),
		TEST(a_resync_states_everything),
		TEST(a_resync_goes_on_until_all_was_asked_for),
		TEST(a_refused_route_is_tried_again),
		TEST(only_so_many_are_on_their_way),
		TEST(the_scrub_mends_what_nobody_told),
		TEST(chance_ends_in_what_is_wanted),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
