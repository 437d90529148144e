/*
 * Route tables of the gateway (gw/tables.h), with a kernel that only nods: the
 * order in which it is asked for tables, interfaces and routes, at the start
 * and when a reload moves them.
 */
#include "unit/conf_text.h"

#include <errno.h>

#include "crypto/prf.h"
#include "gw/gw.h"

#define MOST	320

static struct gw *gw;
static struct instant now;
static struct kern_op asked[MOST];
static unsigned asked_n;
static uint16_t refused;	/* KERN_TABLE_SET of this number */
static unsigned failures;	/* events of that */

static void
answer(const struct kern_op *op)
{
	struct kern_event e = { .kind = KERN_DONE, .id = op->id,
	    .op = op->kind };

	if (op->kind == KERN_TABLE_SET && op->table.number == refused) {
		e.error = EOPNOTSUPP;
		str_set(e.text, sizeof(e.text), "no VRF devices");
	}
	if (op->kind == KERN_LINK_SET) {
		e.link.exists = e.link.up = true;
		e.link.kind = KERN_LINK_XFRMI;
	}
	gw_kern(gw, now, &e);
}

/* Until it is quiet; what it asked for is in asked[]. */
static void
work(void)
{
	struct gw_out o;

	asked_n = 0;
	failures = 0;
	while (gw_next(gw, &o)) {
		if (o.kind == GW_OUT_EVENT)
			failures += strcmp(o.name, "table-failed") == 0;
		if (o.kind == GW_OUT_KERN) {
			struct kern_op op = { .kind = o.op->kind };

			memcpy(&op, o.op, kern_op_size(o.op->kind, 0));
			assert_true(asked_n < MOST);
			asked[asked_n++] = op;
			answer(&op);
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

/* Where in asked[] it is, for the first time; MOST: nowhere. */
static unsigned
place(enum kern_op_kind kind, uint32_t table)
{
	for (unsigned i = 0; i < asked_n; i++) {
		const struct kern_op *op = &asked[i];
		uint32_t of = kind == KERN_LINK_SET ? op->link.table :
		    kind == KERN_ROUTE_SET || kind == KERN_ROUTE_DEL ?
		    op->route.table : op->table.number;

		if (op->kind == kind && of == table)
			return i;
	}
	return MOST;
}

static bool
asks(enum kern_op_kind kind)
{
	for (unsigned i = 0; i < asked_n; i++) {
		if (asked[i].kind == kind)
			return true;
	}
	return false;
}

/* One connection; what stands in route_tables, and its association. */
static struct conf *
conf_of(const char *tables, const char *association)
{
	char text[4000], line[600];
	struct conf *c;

	snprintf(text, sizeof(text), "route_tables = ( %s ); connections = ( "
	    "{ name = \"a\"; role = \"hub\"; association = \"%s\"; "
	    "propagation = [ ]; tunnels = ( { %s interface_name = \"va\"; } "
	    "); } );", tables, association, OUTSIDE);
	c = parse(text, line);
	assert_string_equal(line, "");
	return c;
}

#define BLACK	"{ prefix = \"10.66.0.0/16\"; blackhole = true; }"
#define BLUE(s)	"{ name = \"blue\"; table = 100; routes = ( " s " ); }"
#define RED	"{ name = \"red\"; table = 200; }"

static int
begin(void **state)
{
	uint8_t seed[DRBG_SEED_LEN] = { 1 };

	(void)state;
	now = (struct instant){ 1000000000 };
	refused = 0;
	gw = gw_new(conf_of(BLUE(BLACK) ", " RED, "blue"), now, 1700000000,
	    seed, (struct bytes){ 0 });
	assert_non_null(gw);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	gw_free(gw);
	return 0;
}

static void
reload(const char *tables, const char *association)
{
	gw_reload(gw, now, conf_of(tables, association));
	work();
}

static void
tables_come_before_interfaces(void **state)
{
	(void)state;
	work();
	assert_true(place(KERN_TABLE_SET, 100) < place(KERN_LINK_SET, 100));
	assert_true(place(KERN_LINK_SET, 100) < MOST);
	assert_true(place(KERN_TABLE_SET, 200) < MOST);
	assert_string_equal(asked[place(KERN_TABLE_SET, 100)].table.alias,
	    "vpnd:table/blue");
	assert_string_equal(asked[place(KERN_TABLE_SET, 100)].table.vrf_name,
	    "vrf100");
}

static void
a_blackhole_is_there_from_the_start(void **state)
{
	unsigned i;

	(void)state;
	work();
	i = place(KERN_ROUTE_SET, 100);
	assert_true(place(KERN_TABLE_SET, 100) < i && i < MOST);
	for (unsigned k = 0; k < asked_n; k++) {
		if (asked[k].kind == KERN_NEXTHOP_SET)
			assert_true(asked[k].nexthop.blackhole &&
			    asked[k].nexthop.id == asked[i].route.nexthop);
	}
	reload(BLUE("") ", " RED, "blue");
	assert_true(place(KERN_ROUTE_DEL, 100) < MOST);
	reload(BLUE(BLACK) ", " RED, "blue");
	assert_true(place(KERN_ROUTE_SET, 100) < MOST);
}

static void
a_reload_that_changes_nothing_asks_for_nothing(void **state)
{
	(void)state;
	work();
	reload(BLUE(BLACK) ", " RED, "blue");
	assert_int_equal(asked_n, 0);
}

static void
an_association_moves_with_its_interface(void **state)
{
	(void)state;
	work();
	reload(BLUE(BLACK) ", " RED, "red");
	assert_int_equal(asked_n, 1);
	assert_int_equal(place(KERN_LINK_SET, 200), 0);
	reload(BLUE(BLACK) ", " RED, "main");
	assert_int_equal(asked_n, 1);
	assert_int_equal(place(KERN_LINK_SET, 0), 0);
}

static void
a_table_goes_after_its_interfaces_and_comes_before_them(void **state)
{
	(void)state;
	work();
	reload(RED, "red");
	assert_true(place(KERN_LINK_SET, 200) < place(KERN_TABLE_DEL, 100));
	assert_true(place(KERN_TABLE_DEL, 100) < MOST);
	assert_true(place(KERN_ROUTE_DEL, 100) < MOST);
	assert_false(asks(KERN_LINK_DEL));
	reload(RED ", { name = \"green\"; table = 300; }", "green");
	assert_true(place(KERN_TABLE_SET, 300) < place(KERN_LINK_SET, 300));
	assert_true(place(KERN_LINK_SET, 300) < MOST);
	assert_int_equal(place(KERN_TABLE_DEL, 200), MOST);
}

static void
another_way_to_the_table_concerns_its_interfaces(void **state)
{
	(void)state;
	work();
	reload(BLUE(BLACK) ", { name = \"red\"; table = 200; vrf = "
	    "\"never\"; }", "blue");
	assert_int_equal(asked_n, 1);
	assert_int_equal(place(KERN_TABLE_SET, 200), 0);
	reload("{ name = \"blue\"; table = 100; vrf = \"never\"; routes = ( "
	    BLACK " ); }, " RED, "blue");
	assert_true(place(KERN_TABLE_SET, 100) < place(KERN_LINK_SET, 100));
	assert_true(place(KERN_LINK_SET, 100) < MOST);
}

static void
a_refused_table_is_asked_for_again(void **state)
{
	(void)state;
	refused = 200;
	work();
	assert_int_equal(failures, 1);
	tick(4);
	assert_int_equal(place(KERN_TABLE_SET, 200), MOST);
	tick(2);
	assert_int_equal(place(KERN_TABLE_SET, 200), 0);
	assert_int_equal(failures, 1);
	refused = 0;
	tick(6);
	assert_int_equal(place(KERN_TABLE_SET, 200), 0);
	assert_int_equal(failures, 0);
	tick(60);
	assert_int_equal(place(KERN_TABLE_SET, 200), MOST);
}

/* They may have got there by rules, without its VRF device. */
static void
interfaces_move_into_a_table_that_was_refused_at_first(void **state)
{
	(void)state;
	refused = 100;
	work();
	assert_int_equal(failures, 1);
	assert_true(place(KERN_LINK_SET, 100) < MOST);
	tick(6);
	assert_int_equal(place(KERN_LINK_SET, 100), MOST);
	refused = 0;
	tick(6);
	assert_int_equal(place(KERN_TABLE_SET, 100), 0);
	assert_true(place(KERN_LINK_SET, 100) < MOST);
}

/* Its last resort, or its VRF device, by which interfaces left it. */
static void
a_table_that_somebody_touched_is_stated_again(void **state)
{
	struct kern_event e = { .kind = KERN_CHANGED };

	(void)state;
	work();
	e.changed.prefix.addr = addr_any(ADDR_IPV4);
	e.changed.table = 100;
	gw_kern(gw, now, &e);
	work();
	assert_true(place(KERN_TABLE_SET, 100) < place(KERN_LINK_SET, 100));
	assert_true(place(KERN_LINK_SET, 100) < MOST);
	e = (struct kern_event){ .kind = KERN_OVERRUN };
	gw_kern(gw, now, &e);
	work();
	assert_true(place(KERN_TABLE_SET, 200) < MOST);
	assert_true(place(KERN_TABLE_SET, 100) < place(KERN_LINK_SET, 100));
	assert_true(place(KERN_LINK_SET, 100) < MOST);
}

/* CONF_TABLES of them with a route each, with numbers from this one on. */
static void
reload_all(unsigned first)
{
	char text[3000] = "";

	for (unsigned i = 0; i < CONF_TABLES; i++)
		str_add(text, sizeof(text), "%s{ name = \"t%u\"; table = %u; "
		    "routes = ( " BLACK " ); }", i == 0 ? "" : ", ",
		    first + i, first + i);
	gw_reload(gw, now, conf_of(text, "main"));
}

static void
all_tables_may_be_replaced_by_others_at_once(void **state)
{
	(void)state;
	work();
	reload_all(300);
	work();
	reload_all(400);
	reload_all(500);
	work();
	for (unsigned i = 0; i < CONF_TABLES; i++) {
		assert_true(place(KERN_ROUTE_DEL, 300 + i) < MOST);
		assert_true(place(KERN_ROUTE_SET, 500 + i) < MOST);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tables_come_before_interfaces),
		TEST(a_blackhole_is_there_from_the_start),
		TEST(a_reload_that_changes_nothing_asks_for_nothing),
		TEST(an_association_moves_with_its_interface),
		TEST(a_table_goes_after_its_interfaces_and_comes_before_them),
		TEST(another_way_to_the_table_concerns_its_interfaces),
		TEST(a_refused_table_is_asked_for_again),
		TEST(interfaces_move_into_a_table_that_was_refused_at_first),
		TEST(a_table_that_somebody_touched_is_stated_again),
		TEST(all_tables_may_be_replaced_by_others_at_once),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
