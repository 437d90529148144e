/*
 * Interfaces and their route tables as the engine states them, again and
 * again, over a kernel that is a table here: the ways by which packets get to
 * a route table must be there whenever the interface is, and nothing that
 * nobody states any more must stay.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/log.h"
#include "daemon/nl_inside.h"
#include "daemon/nl_link.h"
#include "daemon/nl_route.h"
#include "daemon/nl_table.h"
#include "daemon/ops_link.h"
#include "util/array.h"

#define TABLE	100

static struct monitor m;
static struct nl nl;
static struct nlq xfrm, route;

/* --- the kernel --- */

static struct {
	uint32_t	mtu;
	unsigned	vrf;		/* in which the interface is */
	unsigned	sets;		/* of the interface, with all that it has */
	bool		rule[2];	/* by family */
	bool		device;		/* the VRF's */
	bool		bare;		/* for a moment there was no way */
} kernel;

static void
look(void)
{
	kernel.bare |= kernel.vrf == 0 && !(kernel.rule[0] && kernel.rule[1]);
}

struct nl_sock *
nl_link_open(void)
{
	return NULL;
}

int
nl_link_errno(int error)
{
	return error;
}

int
nl_link_set(struct nl *n, const struct kern_link *l, unsigned vrf, char *text)
{
	(void)n;
	(void)text;
	kernel.mtu = l->mtu;
	kernel.vrf = vrf;
	kernel.sets++;
	look();
	return 0;
}

int
nl_link_mtu(struct nl *n, const char *name, uint32_t mtu)
{
	(void)n;
	(void)name;
	kernel.mtu = mtu;
	return 0;
}

enum kern_link_kind
nl_link_kind(const struct nl *n, const struct kern_link *l)
{
	(void)n;
	return l->kind;
}

void
nl_link_state(struct nl *n, const char *name, bool *exists, bool *up)
{
	(void)n;
	(void)name;
	*exists = *up = true;
}

int
nl_link_del(struct nl *n, const char *name, char *text)
{
	(void)n;
	(void)text;
	if (strcmp(name, "vrf100") != 0 || !kernel.device)
		return ENODEV;
	kernel.device = false;
	kernel.vrf = 0;
	look();
	return 0;
}

bool
nl_link_event(const struct nlmsghdr *h, struct kern_event *e)
{
	(void)h;
	(void)e;
	return false;
}

int
nl_vrf_set(struct nl *n, const struct kern_table *t, unsigned *ifindex,
    char *text)
{
	(void)n;
	(void)t;
	(void)text;
	kernel.device = true;
	*ifindex = 7;
	return 0;
}

struct kern_route
nl_last_resort(enum addr_family family, uint32_t table)
{
	return (struct kern_route){ .prefix = { .addr = addr_any(family) },
	    .table = table, .metric = 4278198272u };
}

int
nl_rule(struct nl *n, const struct nl_rule *r, bool add, char *text)
{
	(void)n;
	(void)text;
	kernel.rule[r->family == ADDR_IPV6] = add;
	return 0;
}

void
nl_route_unreachable(struct nlq *q, const struct kern_route *r, bool replace,
    const struct nl_op *op)
{
	(void)replace;
	(void)q;
	(void)r;
	(void)op;
}

void
nl_route_del(struct nlq *q, const struct kern_route *r,
    const struct nl_op *op)
{
	(void)q;
	(void)r;
	(void)op;
}

bool
nl_route_event(const struct nlmsghdr *h, uint32_t *nexthop,
    struct kern_route *r)
{
	(void)h;
	(void)nexthop;
	(void)r;
	return false;
}

bool
nl_route_only_others(struct nl *n)
{
	(void)n;
	return true;
}

/* --- the engine --- */

static void
state_table(enum kern_vrf vrf)
{
	struct kern_op op = { .kind = KERN_TABLE_SET };

	op.table.number = TABLE;
	op.table.vrf = vrf;
	str_set(op.table.vrf_name, sizeof(op.table.vrf_name), "vrf100");
	rtable_set(&m, &op);
}

static void
state_link(enum kern_link_kind kind, uint32_t mtu)
{
	struct kern_op op;

	memset(&op, 0, sizeof(op));
	op.kind = KERN_LINK_SET;
	str_set(op.link.name, sizeof(op.link.name), "tun0");
	op.link.kind = kind;
	op.link.mtu = mtu;
	op.link.table = TABLE;
	op.link.up = true;
	ops_link_set(&m, &op);
}

static bool
is_stated(bool ipv6)
{
	return stated_has(&m.stated, stated_rule(&m.stated, ipv6, "tun0",
	    TABLE));
}

static int
set_up(void **state)
{
	(void)state;
	log_init(LEVEL_ERROR);
	memset(&m, 0, sizeof(m));
	memset(&kernel, 0, sizeof(kernel));
	nl.xfrm = &xfrm;
	nl.route = &route;
	nl.link_events = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK);
	if (nl.link_events == NULL || !stated_init(&m.stated))
		return -1;
	m.nl = &nl;
	m.files.conf = calloc(1, sizeof(*m.files.conf));
	return m.files.conf == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ifaces_fini(&m.ifaces);
	stated_fini(&m.stated);
	free(m.files.conf);
	return mnl_socket_close(nl.link_events);
}

/* --- tests --- */

static void
an_mtu_that_is_learned_touches_nothing_else(void **state)
{
	(void)state;
	state_table(KERN_VRF_NEVER);
	state_link(KERN_LINK_VTI, 1400);
	assert_int_equal(kernel.sets, 1);
	state_link(KERN_LINK_VTI, 1438);
	assert_int_equal(kernel.mtu, 1438);
	assert_int_equal(kernel.sets, 1);
}

/* What is not stated in a generation is swept at its end. */
static void
a_new_engine_that_knows_another_mtu_states_the_rules_too(void **state)
{
	(void)state;
	state_table(KERN_VRF_NEVER);
	state_link(KERN_LINK_VTI, 1400);
	state_link(KERN_LINK_VTI, 1438);
	assert_true(is_stated(false) && is_stated(true));
	stated_new_generation(&m.stated);
	state_table(KERN_VRF_NEVER);
	state_link(KERN_LINK_VTI, 1400);
	assert_true(is_stated(false) && is_stated(true));
	assert_int_equal(kernel.mtu, 1400);
}

static void
a_table_that_takes_to_rules_gives_its_vrf_device_up(void **state)
{
	(void)state;
	state_table(KERN_VRF_AUTO);
	state_link(KERN_LINK_XFRMI, 1400);
	assert_int_equal(kernel.vrf, 7);
	assert_true(kernel.device && !kernel.rule[0] && !kernel.rule[1]);
	state_table(KERN_VRF_NEVER);
	state_link(KERN_LINK_XFRMI, 1400);
	assert_int_equal(kernel.vrf, 0);
	assert_true(!kernel.device && kernel.rule[0] && kernel.rule[1]);
	assert_false(kernel.bare);
	state_table(KERN_VRF_AUTO);
	state_link(KERN_LINK_XFRMI, 1400);
	assert_int_equal(kernel.vrf, 7);
	assert_true(kernel.device && !kernel.rule[0] && !kernel.rule[1]);
	assert_false(kernel.bare);
}

/* The configuration has changed while there was no engine. */
static void
tables_that_a_new_engine_does_not_state_are_forgotten(void **state)
{
	(void)state;
	state_table(KERN_VRF_NEVER);
	rtables_prune(&m);
	assert_non_null(rtable_find(&m.rtables, TABLE));
	stated_new_generation(&m.stated);
	rtables_prune(&m);
	assert_null(rtable_find(&m.rtables, TABLE));
	assert_int_equal(m.rtables.n, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(an_mtu_that_is_learned_touches_nothing_else),
		TEST(a_new_engine_that_knows_another_mtu_states_the_rules_too),
		TEST(a_table_that_takes_to_rules_gives_its_vrf_device_up),
		TEST(tables_that_a_new_engine_does_not_state_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
