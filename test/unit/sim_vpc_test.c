/*
 * A VPC at the hub, as the branch sees it: what its interface is in is
 * announced, and follows it, over sessions that come and go.
 */
#include "unit/sim_pair.h"

#define INSIDE	"10.44.1.1"

static int
vpc_set_up(void **state)
{
	set_up(state);
	p.hub_conf.top = "vpcs = ( { name = \"v\"; interfaces = [ \"eth1\" ]; "
	    "} );";
	return 0;
}

/* The monitor tells of the interface, as it does after KERN_LAN_SET. */
static void
interface_is(bool exists, bool up, const char *net)
{
	struct kern_event e = { .kind = KERN_LAN_STATE };

	str_set(e.lan.name, sizeof(e.lan.name), "eth1");
	e.lan.exists = exists;
	e.lan.up = up;
	if (net != NULL)
		assert_true(prefix_parse(&e.lan.nets[e.lan.n++], net));
	gate_note(p.hub, &e);
	later(5000);
}

static unsigned
ways(void)
{
	return check_hops(p.branch, INSIDE);
}

static void
a_network_is_announced_while_its_interface_is_up(void **state)
{
	(void)state;
	started();
	assert_int_equal(p.hub->kernel.ran[KERN_LAN_SET], 1);
	assert_int_equal(ways(), 0);
	interface_is(true, true, "10.44.0.0/16");
	assert_int_equal(ways(), 2);
	interface_is(true, false, "10.44.0.0/16");
	assert_int_equal(ways(), 0);
	interface_is(true, true, "10.44.0.0/16");
	assert_int_equal(ways(), 2);
	interface_is(true, true, "10.45.0.0/16");
	assert_int_equal(ways(), 0);
	assert_int_equal(check_hops(p.branch, "10.45.1.1"), 2);
	interface_is(false, false, NULL);
	assert_int_equal(check_hops(p.branch, "10.45.1.1"), 0);
}

static void
one_that_is_known_before_the_session_is_announced_with_it(void **state)
{
	(void)state;
	pair_start(&p);
	interface_is(true, true, "10.44.0.0/16");
	all_up();
	later(5000);
	assert_int_equal(ways(), 2);
}

static void
another_engine_asks_and_announces_again(void **state)
{
	(void)state;
	started();
	interface_is(true, true, "10.44.0.0/16");
	gate_crash(p.hub, true);
	gate_start(p.hub);
	all_up();
	later(5000);
	assert_int_equal(p.hub->kernel.ran[KERN_LAN_SET], 2);
	assert_int_equal(ways(), 0);
	interface_is(true, true, "10.44.0.0/16");
	assert_int_equal(ways(), 2);
}

/* What is the hub's own is not taken from a branch that has it too. */
static void
a_vpcs_network_comes_before_what_a_branch_announces(void **state)
{
	(void)state;
	p.branch_conf.networks = "\"10.2.0.0/16\", \"10.44.0.0/16\"";
	started();
	assert_int_equal(check_hops(p.hub, INSIDE), 2);
	interface_is(true, true, "10.44.0.0/16");
	assert_int_equal(check_hops(p.hub, INSIDE), 0);
	interface_is(true, false, "10.44.0.0/16");
	assert_int_equal(check_hops(p.hub, INSIDE), 2);
}

#define VPC(f) cmocka_unit_test_setup_teardown(f, vpc_set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VPC(a_network_is_announced_while_its_interface_is_up),
		VPC(one_that_is_known_before_the_session_is_announced_with_it),
		VPC(another_engine_asks_and_announces_again),
		VPC(a_vpcs_network_comes_before_what_a_branch_announces),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
