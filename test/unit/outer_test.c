/*
 * BGP neighbours outside of tunnels (gw/outer.h, gw/door.h, gw/port.h): two
 * gateways that are each other's, with a wire between them and kernels that
 * grant all; and callers from a prefix, one by one and in a flood.
 */
#include "unit/conf_text.h"

#include <errno.h>

#include "crypto/prf.h"
#include "gw/gw.h"
#include "gw/outer.h"
#include "util/map.h"

#define OPS	256

/* A gateway and what it asked its kernel for. */
struct side {
	struct gw	*gw;
	struct side	*other;
	struct addr	addr;		/* on the wire */
	bool		up;		/* its interface */
	uint32_t	door;		/* listens; 0: not */
	uint8_t		ttl, least;	/* of it */
	unsigned	listens, routes, looks;
	struct map	peers;		/* connection -> the other's */
	struct kern_nexthop hop;	/* the last one */
	char		said[4096];	/* the last answer */
	char		log[65536];
};

static struct side hub, core;
static struct instant now;

#define HUB	"asn = 64512; router_id = \"1.1.1.1\"; connections = ( ); "
#define CORE	"asn = 65010; router_id = \"2.2.2.2\"; connections = ( ); " \
	"neighbors = ( { name = \"hub\"; remote_asn = 64512; interface = "  \
	"\"lan0\"; local_ip_address = \"10.0.0.2\"; remote_ip_address = "   \
	"\"10.0.0.1\"; networks = [ \"10.11.0.0/16\" ]; } );"
#define AT	"interface = \"lan0\"; local_ip_address = \"10.0.0.1\"; "
#define OF_CORE	"{ name = \"core\"; remote_asn = 65010; " AT		\
	"remote_ip_address = \"10.0.0.2\"; networks = [ \"10.1.0.0/16\" ]; }"
#define POOL(s)	"{ name = \"lab\"; remote_asn = ( 65010, \"65020-65030\" ); " \
	AT "remote_ip_prefix = \"10.0.0.0/24\"; " s "}"

static void	run(void);

static void
done(struct side *s, const struct kern_op *op)
{
	struct kern_event e = { .kind = KERN_DONE, .id = op->id,
	    .op = op->kind };

	if (op->kind == KERN_LINK_LOOK) {
		s->looks++;
		e.link.exists = true;
		e.link.up = s->up;
		str_set(e.link.name, sizeof(e.link.name), op->link.name);
	}
	gw_kern(s->gw, now, &e);
}

static void
cross(struct side *s, uint32_t conn, uint32_t theirs)
{
	map_put(&s->peers, conn, (void *)(uintptr_t)theirs);
	map_put(&s->other->peers, theirs, (void *)(uintptr_t)conn);
}

/* Whoever listens at the other end takes the call, or does not. */
static void
call(struct side *s, const struct kern_op *op)
{
	struct kern_event e = { .kind = KERN_DONE, .id = op->id,
	    .op = KERN_CONNECT };
	uint32_t conn = s->other->door == 0 || !s->up ? 0 :
	    gw_accept(s->other->gw, now, s->other->door, &s->addr);

	if (conn == 0) {
		e.error = ECONNREFUSED;
		str_set(e.text, sizeof(e.text), "refused");
	} else {
		cross(s, op->conn.id, conn);
	}
	gw_kern(s->gw, now, &e);
}

static void
operation(struct side *s, const struct kern_op *op)
{
	if (op->kind == KERN_LISTEN) {
		s->door = op->conn.id;
		s->ttl = op->conn.ttl;
		s->least = op->conn.min_ttl;
		s->listens++;
	}
	if (op->kind == KERN_UNLISTEN)
		s->door = 0;
	if (op->kind == KERN_NEXTHOP_SET)
		s->hop = op->nexthop;
	if (op->kind == KERN_NEXTHOP_DEL)	/* its routes go with it */
		s->routes = 0;
	if (op->kind == KERN_ROUTE_SET)
		s->routes++;
	if (op->kind == KERN_ROUTE_DEL)
		s->routes--;
	if (op->kind == KERN_CONNECT) {
		call(s, op);
		return;
	}
	done(s, op);
}

static void
pass(struct side *s, uint32_t conn)
{
	uint32_t theirs = (uint32_t)(uintptr_t)map_get(&s->peers, conn);
	struct bytes b;
	uint8_t copy[8192];

	while ((b = gw_stream_pull(s->gw, conn)).n > 0) {
		size_t n = b.n < sizeof(copy) ? b.n : sizeof(copy);

		memcpy(copy, b.p, n);
		gw_stream_sent(s->gw, now, conn, n);
		if (theirs != 0)
			gw_stream(s->other->gw, now, theirs,
			    bytes_of(copy, n));
	}
}

static void
hang_up(struct side *s, uint32_t conn)
{
	uint32_t theirs = (uint32_t)(uintptr_t)map_del(&s->peers, conn);

	if (theirs == 0)
		return;
	map_del(&s->other->peers, theirs);
	gw_stream_closed(s->other->gw, now, theirs, "closed");
}

static bool
drain(struct side *s)
{
	struct gw_out o;
	bool any = false;

	while (s->gw != NULL && gw_next(s->gw, &o)) {
		any = true;
		if (o.kind == GW_OUT_KERN)
			operation(s, o.op);
		else if (o.kind == GW_OUT_STREAM)
			pass(s, o.conn);
		else if (o.kind == GW_OUT_CLOSE)
			hang_up(s, o.conn);
		else if (o.kind == GW_OUT_EVENT)
			str_add(s->log, sizeof(s->log), "%s %s: %s\n",
			    o.tunnel, o.name, o.text.s);
		else if (o.kind == GW_OUT_CTL)
			str_fmt(s->said, sizeof(s->said), "%.*s", (int)o.n,
			    (const char *)o.data);
		gw_out_fini(&o);
	}
	return any;
}

static void
run(void)
{
	bool any = true;

	while (any) {
		any = drain(&hub);
		any = drain(&core) || any;
	}
}

/* So many seconds, both at a time. */
static void
pass_time(unsigned seconds)
{
	for (unsigned i = 0; i < seconds * 4; i++) {
		now = instant_after(now, span_ms(250));
		gw_tick(hub.gw, now);
		if (core.gw != NULL)
			gw_tick(core.gw, now);
		run();
	}
}

static struct gw *
gw_of(const char *text, uint8_t luck)
{
	uint8_t seed[DRBG_SEED_LEN] = { luck };
	char line[600];
	struct conf *c = parse(text, line);
	struct gw *gw;

	assert_string_equal(line, "");
	gw = gw_new(c, now, 1700000000, seed, (struct bytes){ 0 });
	assert_non_null(gw);
	return gw;
}

static void
begin(const char *hub_text, const char *core_text)
{
	now = (struct instant){ 1000000000 };
	hub.up = core.up = true;
	hub.other = &core;
	core.other = &hub;
	assert_true(addr_parse(&hub.addr, "10.0.0.1"));
	assert_true(addr_parse(&core.addr, "10.0.0.2"));
	hub.gw = gw_of(hub_text, 1);
	if (core_text != NULL)
		core.gw = gw_of(core_text, 2);
	run();
	pass_time(3);
}

static void
side_end(struct side *s)
{
	gw_free(s->gw);
	map_fini(&s->peers);
	*s = (struct side){ .gw = NULL };
}

static int
end(void **state)
{
	(void)state;
	side_end(&hub);
	side_end(&core);
	return 0;
}

static void
ask(struct side *s, const char *line)
{
	s->said[0] = '\0';
	gw_ctl(s->gw, now, 1, 0, bytes_str(line));
	run();
}

static void
assert_says(struct side *s, const char *line, const char *want)
{
	ask(s, line);
	if (strstr(s->said, want) == NULL)
		fail_msg("%s: no %s in %s", line, want, s->said);
}

static void
assert_lacks(struct side *s, const char *line, const char *want)
{
	ask(s, line);
	if (strstr(s->said, want) != NULL)
		fail_msg("%s: %s in %s", line, want, s->said);
}

static void
link_is(struct side *s, bool up)
{
	struct kern_event e = { .kind = KERN_LINK_STATE,
	    .link = { .name = "lan0", .exists = true } };

	s->up = e.link.up = up;
	gw_kern(s->gw, now, &e);
	run();
}

static void
reload(struct side *s, const char *text)
{
	char line[600];
	struct conf *c = parse(text, line);

	assert_string_equal(line, "");
	gw_reload(s->gw, now, c);
	run();
}

#define SHOW	"{\"command\":\"bgp\"}"
#define UP	"\"state\":\"Established\""

/* --- neighbours that are named --- */

static void
a_session_comes_up_and_its_routes_lead_to_the_neighbor(void **state)
{
	char gateway[ADDR_STRLEN];

	(void)state;
	begin(HUB "neighbors = ( " OF_CORE " );", CORE);
	assert_says(&hub, SHOW, UP);
	assert_says(&hub, SHOW, "\"sort\":\"outside\"");
	assert_int_equal(hub.routes, 1);
	assert_string_equal(hub.hop.dev, "lan0");
	assert_string_equal(addr_str(&hub.hop.gateway, gateway), "10.0.0.2");
	assert_int_equal(hub.ttl, 1);
	assert_int_equal(hub.least, 0);
	assert_int_equal(core.routes, 1);
	assert_says(&hub, "{\"command\":\"explain-route\",\"prefix\":"
	    "\"10.11.0.0/16\"}", "\"from\":\"core\"");
	assert_says(&hub, "{\"command\":\"bgp\",\"name\":\"10.0.0.2\"}", UP);
	assert_says(&hub, "{\"command\":\"counters\",\"name\":\"core\"}",
	    "\"bgp_accepted\",\"tunnel\":\"core\"");
	assert_says(&hub, "{\"command\":\"explain\",\"name\":\"core\"}",
	    "\"state\":\"UP\"");
}

static void
the_routes_do_not_outlive_the_interface(void **state)
{
	(void)state;
	begin(HUB "neighbors = ( " OF_CORE " );", CORE);
	assert_int_equal(hub.routes, 1);
	link_is(&hub, false);
	assert_int_equal(hub.routes, 0);
	assert_says(&hub, SHOW, "interface lan0 is down");
	link_is(&hub, true);
	pass_time(35);
	assert_says(&hub, SHOW, UP);
	assert_int_equal(hub.routes, 1);
}

static void
nor_the_session(void **state)
{
	(void)state;
	begin(HUB "neighbors = ( " OF_CORE " );", CORE);
	ask(&core, "{\"command\":\"bgp-shutdown\",\"name\":\"hub\"}");
	pass_time(2);
	assert_int_equal(hub.routes, 0);
	assert_lacks(&hub, SHOW, UP);
	ask(&core, "{\"command\":\"bgp-start\",\"name\":\"hub\"}");
	pass_time(35);
	assert_int_equal(hub.routes, 1);
}

static void
an_operator_shuts_it_down_and_starts_it(void **state)
{
	(void)state;
	begin(HUB "neighbors = ( " OF_CORE " );", CORE);
	assert_says(&hub, "{\"command\":\"bgp-shutdown\",\"name\":\"core\","
	    "\"text\":\"new cards\"}", "\"ok\":true");
	pass_time(1);
	assert_int_equal(hub.routes, 0);
	assert_says(&hub, SHOW, "new cards");
	assert_non_null(strstr(core.log, "new cards"));
	ask(&hub, "{\"command\":\"bgp-start\",\"name\":\"core\"}");
	pass_time(35);
	assert_says(&hub, SHOW, UP);
	assert_says(&hub, "{\"command\":\"bgp-refresh\",\"name\":\"core\"}",
	    "\"ok\":true");
	assert_says(&hub, "{\"command\":\"bgp-clear\",\"name\":\"nobody\"}",
	    "\"exit\":3");
}

static void
a_neighbor_behind_a_router_is_reached_through_it(void **state)
{
	char gateway[ADDR_STRLEN];
	struct gw_outer *o;
	struct kern_conn c = { .ttl = 0 };

	(void)state;
	begin(HUB "neighbors = ( { name = \"far\"; remote_asn = 65010; " AT
	    "remote_ip_address = \"10.0.0.2\"; multihop_ttl = 3; "
	    "gateway_ip_address = \"10.0.0.9\"; bgp_ttl_security = true; "
	    "} );", CORE);
	assert_says(&hub, SHOW, UP);
	assert_int_equal(hub.routes, 1);
	assert_string_equal(addr_str(&hub.hop.gateway, gateway), "10.0.0.9");
	o = outer_get(hub.gw, OUTER_ID + 1);
	assert_non_null(o);
	outer_conn(o, &c);
	assert_int_equal(c.ttl, 255);
	assert_int_equal(c.min_ttl, 253);
	assert_int_equal(hub.ttl, 255);
	assert_int_equal(hub.least, 253);
}

static void
a_reload_touches_who_is_another_one_alone(void **state)
{
	unsigned listens;

	(void)state;
	begin(HUB "neighbors = ( " OF_CORE " );", CORE);
	listens = hub.listens;
	reload(&hub, HUB "neighbors = ( " OF_CORE ", "
	    POOL("max_neighbors = 5; ") " );");
	pass_time(2);
	assert_says(&hub, SHOW, "\"established\":1");
	assert_says(&hub, SHOW, UP);
	assert_int_equal(hub.listens, listens + 1);
	reload(&hub, HUB);
	pass_time(1);
	assert_int_equal(hub.routes, 0);
	assert_int_equal(hub.door, 0);
	assert_lacks(&core, SHOW, UP);
}

/* --- those who call --- */

static void
who_calls_from_a_prefix_is_a_neighbor_until_he_goes(void **state)
{
	(void)state;
	begin(HUB "neighbors = ( " POOL("") " );", CORE);
	assert_says(&hub, SHOW, "\"tunnel\":\"lab@10.0.0.2\"");
	assert_says(&hub, SHOW, "1 of 100 neighbors are there");
	assert_says(&hub, "{\"command\":\"bgp\",\"name\":\"lab@10.0.0.2\"}",
	    "\"asn\":65010");
	assert_int_equal(hub.routes, 1);
	assert_says(&hub, "{\"command\":\"bgp-shutdown\",\"name\":"
	    "\"lab@10.0.0.2\"}", "shut lab down");
	link_is(&core, false);
	pass_time(60);
	assert_lacks(&hub, SHOW, "lab@10.0.0.2");
	assert_says(&hub, SHOW, "0 of 100 neighbors are there");
	assert_int_equal(hub.routes, 0);
}

static void
one_of_another_as_gets_no_session(void **state)
{
	(void)state;
	begin(HUB "neighbors = ( { name = \"lab\"; remote_asn = "
	    "\"65020-65030\"; " AT "remote_ip_prefix = \"10.0.0.0/24\"; } );",
	    CORE);
	pass_time(5);
	assert_lacks(&hub, SHOW, UP);
	assert_non_null(strstr(hub.log, "remote AS is 65010, which is not "
	    "among those expected"));
	assert_int_equal(hub.routes, 0);
}

static void
a_prefix_that_is_shut_lets_nobody_in(void **state)
{
	(void)state;
	begin(HUB "neighbors = ( " POOL("") " );", CORE);
	assert_says(&hub, SHOW, UP);
	ask(&hub, "{\"command\":\"bgp-shutdown\",\"name\":\"lab\"}");
	pass_time(40);
	assert_lacks(&hub, SHOW, "lab@");
	assert_int_equal(hub.routes, 0);
	ask(&hub, "{\"command\":\"bgp-start\",\"name\":\"lab\"}");
	pass_time(40);
	assert_says(&hub, SHOW, UP);
}

static unsigned
callers(void)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < OUTER_IDS; i++) {
		const struct gw_outer *o = outer_get(hub.gw, OUTER_ID + i);

		n += o != NULL && o->dynamic;
	}
	return n;
}

static uint32_t
call_from(unsigned n)
{
	struct addr a = { ADDR_IPV4, { 10, 0, 0, (uint8_t)n } };
	uint32_t conn = gw_accept(hub.gw, now, hub.door, &a);

	run();
	return conn;
}

static void
a_flood_of_callers_finds_its_bounds(void **state)
{
	unsigned in = 0;

	(void)state;
	begin(HUB "neighbors = ( " POOL("max_neighbors = 8; ") " );", NULL);
	for (unsigned n = 3; n < 250; n++)
		in += call_from(n) != 0;
	assert_true(in > 0);
	assert_true(in <= 20);
	assert_true(callers() <= 8);
	assert_non_null(strstr(hub.log, "too many call at once"));
	assert_null(strstr(hub.log, "10.0.0.200"));
	/* None of them says anything: they make room in time. */
	pass_time(40);
	assert_int_equal(callers(), 0);
	assert_true(call_from(9) != 0);
	assert_int_equal(callers(), 1);
	/* Again and again from one address it is one neighbour. */
	for (unsigned i = 0; i < 50; i++)
		call_from(9);
	assert_int_equal(callers(), 1);
}

static void
a_flood_does_not_displace_who_is_there(void **state)
{
	(void)state;
	begin(HUB "neighbors = ( " POOL("max_neighbors = 2; ") " );", CORE);
	assert_says(&hub, SHOW, UP);
	for (unsigned n = 3; n < 250; n++) {
		call_from(n);
		if (n % 10 == 0)
			pass_time(1);
	}
	assert_says(&hub, "{\"command\":\"bgp\",\"name\":\"lab@10.0.0.2\"}",
	    UP);
	assert_true(callers() <= 2);
	assert_int_equal(hub.routes, 1);
}

static void
a_stranger_is_not_let_in(void **state)
{
	struct addr a;

	(void)state;
	begin(HUB "neighbors = ( " POOL("") ", { name = \"x\"; remote_asn = "
	    "65010; " AT "remote_ip_address = \"10.7.0.1\"; } );", NULL);
	assert_true(addr_parse(&a, "10.1.0.1"));
	assert_int_equal(gw_accept(hub.gw, now, hub.door, &a), 0);
	assert_int_equal(gw_accept(hub.gw, now, hub.door + 7, &a), 0);
	assert_int_equal(callers(), 0);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_teardown(f, end)
	const struct CMUnitTest tests[] = {
		T(a_session_comes_up_and_its_routes_lead_to_the_neighbor),
		T(the_routes_do_not_outlive_the_interface),
		T(nor_the_session),
		T(an_operator_shuts_it_down_and_starts_it),
		T(a_neighbor_behind_a_router_is_reached_through_it),
		T(a_reload_touches_who_is_another_one_alone),
		T(who_calls_from_a_prefix_is_a_neighbor_until_he_goes),
		T(one_of_another_as_gets_no_session),
		T(a_prefix_that_is_shut_lets_nobody_in),
		T(a_flood_of_callers_finds_its_bounds),
		T(a_flood_does_not_displace_who_is_there),
		T(a_stranger_is_not_let_in),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
