/*
 * VPCs of the gateway (gw/vpcs.h) and guards (gw/guards.h), with a kernel that
 * nods and remembers routes: which are there, and which are announced, as
 * interfaces and addresses come and go.
 */
#include "unit/conf_text.h"

#include <errno.h>

#include "bgp/look.h"
#include "crypto/prf.h"
#include "gw/inner.h"

#define MOST	64

static struct gw *gw;
static struct instant now;

/* What the kernel has. */
static struct kern_route routes[MOST];
static struct kern_nexthop hops[MOST];
static unsigned routes_n, hops_n;
static unsigned asked[KERN_OP_KINDS];
static struct kern_lan lan;		/* as last asked for */
static int lan_error, guard_error;

static void
drop_route(unsigned i)
{
	routes[i] = routes[--routes_n];
}

static void
route_op(const struct kern_op *op)
{
	for (unsigned i = 0; i < routes_n; i++) {
		if (routes[i].table == op->route.table &&
		    routes[i].metric == op->route.metric &&
		    prefix_eq(&routes[i].prefix, &op->route.prefix)) {
			drop_route(i);
			break;
		}
	}
	assert_true(routes_n < MOST);
	if (op->kind == KERN_ROUTE_SET)
		routes[routes_n++] = op->route;
}

/* With a nexthop the kernel drops its routes. */
static void
nexthop_op(const struct kern_op *op)
{
	for (unsigned i = 0; i < hops_n; i++) {
		if (hops[i].id == op->nexthop.id) {
			hops[i] = hops[--hops_n];
			break;
		}
	}
	assert_true(hops_n < MOST);
	if (op->kind == KERN_NEXTHOP_SET) {
		hops[hops_n++] = op->nexthop;
		return;
	}
	for (unsigned i = routes_n; i-- > 0;) {
		if (routes[i].nexthop == op->nexthop.id)
			drop_route(i);
	}
}

static int
execute(const struct kern_op *op)
{
	asked[op->kind]++;
	if (op->kind == KERN_LAN_SET) {
		lan = op->lan;
		return lan_error;
	}
	if (op->kind == KERN_ROUTE_SET && op->route.nexthop == 0 &&
	    guard_error != 0)
		return guard_error;
	if (op->kind == KERN_ROUTE_SET || op->kind == KERN_ROUTE_DEL)
		route_op(op);
	if (op->kind == KERN_NEXTHOP_SET || op->kind == KERN_NEXTHOP_DEL)
		nexthop_op(op);
	return 0;
}

/* Until it is quiet. */
static void
work(void)
{
	struct gw_out o;

	memset(asked, 0, sizeof(asked));
	while (gw_next(gw, &o)) {
		if (o.kind == GW_OUT_KERN) {
			struct kern_event e = { .kind = KERN_DONE,
			    .id = o.op->id, .op = o.op->kind };
			struct kern_op op = { .kind = o.op->kind };

			memcpy(&op, o.op, kern_op_size(op.kind, 0));
			e.error = execute(&op);
			str_set(e.text, sizeof(e.text), "refused");
			gw_kern(gw, now, &e);
		}
		gw_out_fini(&o);
	}
}

static void
tick(unsigned s)
{
	now = instant_after(now, span_s(s));
	gw_tick(gw, now);
	work();
}

static struct prefix
net(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text));
	return p;
}

/* The interface, with up to two networks. */
static void
state_is(const char *name, bool exists, bool up, const char *a, const char *b)
{
	struct kern_event e = { .kind = KERN_LAN_STATE };

	str_set(e.lan.name, sizeof(e.lan.name), name);
	e.lan.exists = exists;
	e.lan.up = up;
	if (a != NULL)
		e.lan.nets[e.lan.n++] = net(a);
	if (b != NULL)
		e.lan.nets[e.lan.n++] = net(b);
	gw_kern(gw, now, &e);
	work();
}

/* "eth1", "eth1 10.1.0.1", "unreachable", or "" where there is no route. */
static const char *
way(uint32_t table, const char *prefix, uint32_t metric)
{
	static char text[64];
	struct prefix p = net(prefix);
	char hop[ADDR_STRLEN];

	for (unsigned i = 0; i < routes_n; i++) {
		if (routes[i].table != table || routes[i].metric != metric ||
		    !prefix_eq(&routes[i].prefix, &p))
			continue;
		if (routes[i].nexthop == 0)
			return "unreachable";
		for (unsigned k = 0; k < hops_n; k++) {
			if (hops[k].id != routes[i].nexthop)
				continue;
			str_fmt(text, sizeof(text), "%s%s%s", hops[k].dev,
			    addr_is_any(&hops[k].gateway) ? "" : " ",
			    addr_is_any(&hops[k].gateway) ? "" :
			    addr_str(&hops[k].gateway, hop));
			return text;
		}
		return "nowhere";
	}
	return "";
}

static bool
is_told(uint16_t table, const char *prefix)
{
	struct prefix p = net(prefix);
	struct look_path path;

	return look_paths(gw->bgp, table, &p, &path, 1) == 1 &&
	    path.peer == 0;
}

#undef CONN
#define CONN(s)	"connections = ( { name = \"a\"; role = \"hub\"; " s	\
	" tunnels = ( { " OUTSIDE " interface_name = \"va\"; } ); } );"
#define TABLES	"asn = 64512; route_tables = ( { name = \"blue\"; table = "	\
	"100; routes = ( %s ); }, { name = \"red\"; table = 200; } );"
#define VPC(name, eth, s) "{ name = \"" name "\"; interfaces = [ \"" eth	\
	"\" ]; " s " }"
#define BLUE	"association = \"blue\";"

static struct conf *
conf_of(const char *statics, const char *vpcs, const char *conn)
{
	char text[4000], line[600];
	struct conf *c;

	snprintf(text, sizeof(text), TABLES " vpcs = ( %s ); %s", statics,
	    vpcs, conn);
	c = parse(text, line);
	assert_string_equal(line, "");
	return c;
}

static void
start(const char *statics, const char *vpcs, const char *conn)
{
	uint8_t seed[DRBG_SEED_LEN] = { 1 };

	now = (struct instant){ 1000000000 };
	gw = gw_new(conf_of(statics, vpcs, conn), now, 1700000000, seed,
	    (struct bytes){ 0 });
	assert_non_null(gw);
	work();
}

static void
reload(const char *statics, const char *vpcs, const char *conn)
{
	gw_reload(gw, now, conf_of(statics, vpcs, conn));
	work();
}

static int
end(void **state)
{
	(void)state;
	gw_free(gw);
	gw = NULL;
	routes_n = hops_n = 0;
	lan_error = guard_error = 0;
	return 0;
}

static void
networks_of_an_interface_come_and_go_with_its_addresses(void **state)
{
	(void)state;
	start("", VPC("v", "eth1", BLUE), CONN(""));
	assert_int_equal(asked[KERN_LAN_SET], 1);
	assert_string_equal(lan.name, "eth1");
	assert_int_equal(lan.table, 100);
	assert_string_equal(way(100, "10.1.0.0/16", 0), "");
	state_is("eth1", true, true, "10.1.0.0/16", NULL);
	assert_string_equal(way(100, "10.1.0.0/16", 0), "eth1");
	assert_string_equal(way(254, "10.1.0.0/16", 0), "");
	assert_true(is_told(100, "10.1.0.0/16"));
	assert_false(is_told(254, "10.1.0.0/16"));
	state_is("eth1", true, true, "10.1.0.0/16", "fd00:1::/64");
	assert_string_equal(way(100, "fd00:1::/64", 0), "eth1");
	assert_true(is_told(100, "fd00:1::/64"));
	state_is("eth1", true, true, "10.2.0.0/16", NULL);
	assert_string_equal(way(100, "10.1.0.0/16", 0), "");
	assert_string_equal(way(100, "fd00:1::/64", 0), "");
	assert_string_equal(way(100, "10.2.0.0/16", 0), "eth1");
	assert_false(is_told(100, "10.1.0.0/16"));
	assert_true(is_told(100, "10.2.0.0/16"));
}

static void
an_interface_that_is_down_or_gone_is_no_way(void **state)
{
	(void)state;
	start("", VPC("v", "eth1", BLUE "prefixes = [ \"10.1.0.0/16\" ];"),
	    CONN(""));
	state_is("eth1", false, false, NULL, NULL);
	assert_false(is_told(100, "10.1.0.0/16"));
	for (unsigned i = 0; i < 3; i++) {
		state_is("eth1", true, true, "10.1.9.0/24", NULL);
		assert_string_equal(way(100, "10.1.0.0/16", 0), "eth1");
		assert_true(is_told(100, "10.1.0.0/16"));
		state_is("eth1", i != 1, false, NULL, NULL);
		assert_string_equal(way(100, "10.1.0.0/16", 0), "");
		assert_false(is_told(100, "10.1.0.0/16"));
	}
}

static void
the_main_table_gets_no_route_of_the_kernels_own(void **state)
{
	(void)state;
	start("", VPC("v", "eth1", "prefixes = [ \"10.1.0.0/16\", "
	    "\"10.3.0.0/16\" ];"), CONN(""));
	assert_int_equal(lan.table, 0);
	state_is("eth1", true, true, "10.1.0.0/16", NULL);
	assert_string_equal(way(254, "10.1.0.0/16", 0), "");
	assert_string_equal(way(254, "10.3.0.0/16", 0), "eth1");
	assert_true(is_told(254, "10.1.0.0/16"));
	assert_true(is_told(254, "10.3.0.0/16"));
}

static void
routers_are_on_the_interface_that_has_their_network(void **state)
{
	(void)state;
	start("", "{ name = \"v\"; interfaces = [ \"eth1\", \"eth2\" ]; " BLUE
	    "next_hop = \"10.2.0.1\"; prefixes = ( \"10.5.0.0/16\", "
	    "{ prefix = \"10.6.0.0/16\"; next_hop = \"10.1.0.1\"; } ); }",
	    CONN(""));
	assert_int_equal(asked[KERN_LAN_SET], 2);
	state_is("eth1", true, true, "10.1.0.0/16", NULL);
	state_is("eth2", true, true, "10.2.0.0/16", NULL);
	assert_string_equal(way(100, "10.5.0.0/16", 0), "eth2 10.2.0.1");
	assert_string_equal(way(100, "10.6.0.0/16", 0), "eth1 10.1.0.1");
	state_is("eth2", true, false, "10.2.0.0/16", NULL);
	assert_string_equal(way(100, "10.5.0.0/16", 0), "");
	assert_false(is_told(100, "10.5.0.0/16"));
}

static void
a_tables_own_route_comes_before_a_vpc(void **state)
{
	static const char black[] =
	    "{ prefix = \"10.1.0.0/16\"; blackhole = true; }";
	static const char egress[] =
	    "{ prefix = \"0.0.0.0/0\"; vpc = \"v\"; }";

	(void)state;
	start(black, VPC("v", "eth1", BLUE "next_hop = \"10.1.0.1\";"),
	    CONN(""));
	state_is("eth1", true, true, "10.1.0.0/16", NULL);
	assert_string_equal(way(100, "10.1.0.0/16", 0), "");
	assert_true(hops[0].blackhole);
	reload(egress, VPC("v", "eth1", BLUE "next_hop = \"10.1.0.1\";"),
	    CONN(""));
	assert_string_equal(way(100, "10.1.0.0/16", 0), "eth1");
	assert_string_equal(way(100, "0.0.0.0/0", 0), "eth1 10.1.0.1");
	state_is("eth1", true, false, "10.1.0.0/16", NULL);
	assert_string_equal(way(100, "0.0.0.0/0", 0), "");
}

static void
a_reload_moves_adds_and_removes(void **state)
{
	(void)state;
	start("", VPC("v", "eth1", BLUE), CONN(""));
	state_is("eth1", true, true, "10.1.0.0/16", NULL);
	reload("", VPC("v", "eth1", BLUE), CONN(""));
	assert_int_equal(asked[KERN_LAN_SET] + asked[KERN_ROUTE_SET] +
	    asked[KERN_ROUTE_DEL], 0);
	reload("", VPC("v", "eth1", "association = \"red\"; forwarding = "
	    "\"tunnels\";"), CONN(""));
	assert_int_equal(asked[KERN_LAN_SET], 1);
	assert_true(lan.table == 200 && lan.closed);
	assert_string_equal(way(100, "10.1.0.0/16", 0), "");
	assert_false(is_told(100, "10.1.0.0/16"));
	assert_string_equal(way(200, "10.1.0.0/16", 0), "eth1");
	reload("", "", CONN(""));
	assert_int_equal(asked[KERN_LAN_DEL], 1);
	assert_int_equal(routes_n + hops_n, 0);
	assert_false(is_told(200, "10.1.0.0/16"));
}

static void
what_is_refused_is_asked_for_again(void **state)
{
	(void)state;
	lan_error = EOPNOTSUPP;
	start("", VPC("v", "eth1", BLUE), CONN(""));
	assert_int_equal(asked[KERN_LAN_SET], 1);
	tick(4);
	assert_int_equal(asked[KERN_LAN_SET], 0);
	lan_error = 0;
	tick(2);
	assert_int_equal(asked[KERN_LAN_SET], 1);
	tick(60);
	assert_int_equal(asked[KERN_LAN_SET], 0);
}

static void
lost_events_state_all_again(void **state)
{
	struct kern_event e = { .kind = KERN_OVERRUN };

	(void)state;
	start("", VPC("v", "eth1", BLUE), CONN("routes = [ \"10.9.0.0/16\" "
	    "];"));
	gw_kern(gw, now, &e);
	work();
	assert_int_equal(asked[KERN_LAN_SET], 1);
	assert_int_equal(asked[KERN_ROUTE_SET], 1);
}

static void
what_goes_through_tunnels_is_guarded(void **state)
{
	const uint32_t worst = KERN_METRIC_WORST;

	(void)state;
	start("{ prefix = \"10.8.0.0/16\"; connection = \"a\"; }, "
	    "{ prefix = \"10.7.0.0/16\"; blackhole = true; }", "",
	    CONN("propagation = [ \"main\", \"red\" ]; routes = [ "
	    "\"10.9.0.0/16\", \"0.0.0.0/0\" ]; tunnel_only_networks = [ "
	    "\"10.10.0.0/16\", \"10.9.0.0/16\" ];"));
	assert_string_equal(way(254, "10.9.0.0/16", worst), "unreachable");
	assert_string_equal(way(200, "10.9.0.0/16", worst), "unreachable");
	assert_string_equal(way(254, "10.10.0.0/16", worst), "unreachable");
	assert_string_equal(way(100, "10.8.0.0/16", worst), "unreachable");
	assert_string_equal(way(100, "10.7.0.0/16", worst), "");
	assert_string_equal(way(254, "0.0.0.0/0", worst), "");
	assert_int_equal(asked[KERN_ROUTE_SET], 6);
	reload("", "", CONN("routes = [ \"10.9.0.0/16\" ];"));
	assert_string_equal(way(254, "10.9.0.0/16", worst), "unreachable");
	assert_string_equal(way(200, "10.9.0.0/16", worst), "");
	assert_string_equal(way(254, "10.10.0.0/16", worst), "");
	assert_string_equal(way(100, "10.8.0.0/16", worst), "");
}

static void
a_guard_that_is_touched_or_refused_is_asked_for_again(void **state)
{
	struct kern_event e = { .kind = KERN_CHANGED };

	(void)state;
	guard_error = EEXIST;
	start("", "", CONN("routes = [ \"10.9.0.0/16\" ];"));
	assert_int_equal(routes_n, 0);
	guard_error = 0;
	tick(6);
	assert_int_equal(routes_n, 1);
	routes_n = 0;
	e.changed.prefix = net("10.9.0.0/16");
	e.changed.table = 254;
	gw_kern(gw, now, &e);
	work();
	assert_int_equal(routes_n, 1);
	tick(60);
	assert_int_equal(asked[KERN_ROUTE_SET], 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(networks_of_an_interface_come_and_go_with_its_addresses),
		TEST(an_interface_that_is_down_or_gone_is_no_way),
		TEST(the_main_table_gets_no_route_of_the_kernels_own),
		TEST(routers_are_on_the_interface_that_has_their_network),
		TEST(a_tables_own_route_comes_before_a_vpc),
		TEST(a_reload_moves_adds_and_removes),
		TEST(what_is_refused_is_asked_for_again),
		TEST(lost_events_state_all_again),
		TEST(what_goes_through_tunnels_is_guarded),
		TEST(a_guard_that_is_touched_or_refused_is_asked_for_again),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
