/*
 * The listener for a tunnel's neighbour (gw/neighbor.h), with a kernel whose
 * answers the test holds back.
 */
#include "unit/conf_text.h"

#include "crypto/prf.h"
#include "gw/gw.h"

static struct gw *gw;
static struct instant now;
static unsigned listen_op;	/* id of the last one, unanswered; 0: none */
static unsigned listens, unlistens;
static uint32_t tunnel;		/* whose they were */

static struct conf *
conf_of(const char *name)
{
	char text[2000], line[600];
	struct conf *c;

	snprintf(text, sizeof(text), "asn = 64512; connections = ( { name = "
	    "\"%s\"; role = \"hub\"; remote_asn = 65010; tunnels = ( { %s "
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; "
	    "interface_name = \"va\"; } ); } );", name, OUTSIDE);
	c = parse(text, line);
	assert_string_equal(line, "");
	return c;
}

static void
answer(uint32_t id, enum kern_op_kind kind)
{
	struct kern_event e = { .kind = KERN_DONE, .id = id, .op = kind };

	if (kind == KERN_LINK_SET) {
		e.link.exists = e.link.up = true;
		e.link.kind = KERN_LINK_XFRMI;
	}
	gw_kern(gw, now, &e);
}

/* Until it is quiet; a listener is not there yet. */
static void
work(void)
{
	struct gw_out o;

	while (gw_next(gw, &o)) {
		if (o.kind == GW_OUT_KERN && o.op->kind == KERN_LISTEN) {
			listen_op = o.op->id;
			tunnel = o.op->conn.id;
			listens++;
		} else if (o.kind == GW_OUT_KERN) {
			if (o.op->kind == KERN_UNLISTEN) {
				assert_int_equal(o.op->conn.id, tunnel);
				unlistens++;
			}
			answer(o.op->id, o.op->kind);
		}
		gw_out_fini(&o);
	}
}

static int
begin(void **state)
{
	uint8_t seed[DRBG_SEED_LEN] = { 1 };

	(void)state;
	now = (struct instant){ 1000000000 };
	listens = unlistens = 0;
	gw = gw_new(conf_of("a"), now, 1700000000, seed,
	    (struct bytes){ 0 });
	assert_non_null(gw);
	work();
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
a_listener_that_is_wanted_stays(void **state)
{
	(void)state;
	assert_int_equal(listens, 1);
	answer(listen_op, KERN_LISTEN);
	work();
	assert_int_equal(listens, 1);
	assert_int_equal(unlistens, 0);
}

static void
one_that_comes_when_its_tunnel_is_gone_is_closed(void **state)
{
	struct conf_error why;

	(void)state;
	assert_int_equal(listens, 1);
	gw_reload(gw, now, conf_parse(bytes_str("connections = ( );"), "test",
	    &why));
	for (unsigned s = 0; s < 10; s++) {
		now = instant_after(now, span_s(1));
		gw_tick(gw, now);
		work();
	}
	assert_int_equal(unlistens, 1);
	answer(listen_op, KERN_LISTEN);
	work();
	assert_int_equal(unlistens, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_listener_that_is_wanted_stays, begin, end),
		cmocka_unit_test_setup_teardown(
		    one_that_comes_when_its_tunnel_is_gone_is_closed, begin,
		    end),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
