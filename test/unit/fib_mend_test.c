/*
 * The forwarding table (gw/fib.h) and a kernel that loses, refuses or forgets
 * what it was asked for: both end with what was wanted.
 */
#include "fib_stage.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
