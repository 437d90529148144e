/*
 * A forwarding table and a kernel that does as Linux does, for fib_test.c and
 * fib_mend_test.c; what is asked of the kernel is counted message by message.
 */
#ifndef TEST_UNIT_FIB_STAGE_H
#define TEST_UNIT_FIB_STAGE_H

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

static inline void
link_of(uint32_t tunnel, char name[static KERN_IFNAME_LEN])
{
	str_fmt(name, KERN_IFNAME_LEN, "vpn%u", tunnel);
}

static inline void
link_up(uint32_t tunnel)
{
	struct kern_op op = { .kind = KERN_LINK_SET, .link = { .up = true } };
	char text[KERN_TEXT_LEN];

	link_of(tunnel, op.link.name);
	assert_int_equal(kernel_do(&kernel, &op, text), 0);
}

static inline int
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

static inline int
tear_down(void **state)
{
	(void)state;
	fib_free(fib);
	queue_fini(&out);
	return 0;
}

/* The kernel does it all, and says so. */
static inline void
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
static inline void
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

static inline struct prefix
prefix_of(unsigned i)
{
	struct prefix p = { .addr = { .family = ADDR_IPV4,
	    .b = { 10, (uint8_t)(i >> 8), (uint8_t)i } }, .len = 24 };

	return p;
}

static inline struct addr
gateway_of(uint32_t tunnel)
{
	return (struct addr){ ADDR_IPV4, { 169, 254, (uint8_t)tunnel, 1 } };
}

/* mask: bit t - 1 for tunnel t. */
static inline struct fib_hops
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

static inline void
learn(unsigned i, unsigned mask)
{
	struct fib_hops h = hops_of(mask, true);
	struct prefix p = prefix_of(i);

	fib_set(fib, FIB_BGP, FIB_TABLE_MAIN, &p, &h);
}

static inline void
learn_all(unsigned mask)
{
	for (unsigned i = 0; i < ROUTES; i++)
		learn(i, mask);
}

static inline void
up(uint32_t tunnel)
{
	char name[KERN_IFNAME_LEN];

	link_of(tunnel, name);
	fib_tunnel_up(fib, tunnel, name);
	fib_taught(fib, tunnel, true);
}

static inline void
down(uint32_t tunnel)
{
	fib_tunnel_down(fib, tunnel);
	fib_taught(fib, tunnel, false);
}

/* The tunnels over which the kernel sends to prefix i, as bits. */
static inline unsigned
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

static inline void
all_lead(unsigned mask)
{
	for (unsigned i = 0; i < ROUTES; i++)
		assert_int_equal(leads(i), mask);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
