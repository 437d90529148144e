/*
 * Changes of the configuration that wait (gw/upkeep.h), with a kernel that
 * does everything at once and tunnels that only look as if they were up.
 */
#include "unit/conf_text.h"

#include "crypto/prf.h"
#include "gw/gw.h"
#include "gw/inner.h"

static struct gw *gw;
static struct instant now;

#define WAITS	"enable_tunnel_lifecycle_control = true; "		\
	"maintenance_auto_apply_seconds = 60; "
#define NEVER	"enable_tunnel_lifecycle_control = true; "		\
	"maintenance_auto_apply_seconds = 0; "

static struct conf *
conf_with(const char *keys)
{
	char text[2000], line[600];
	struct conf *c;

	snprintf(text, sizeof(text), "asn = 64512; connections = ( { name = "
	    "\"a\"; role = \"hub\"; remote_asn = 65010; %s tunnels = ( { %s "
	    "tunnel_inside_cidr = \"169.254.10.0/30\"; } ); } );", keys,
	    OUTSIDE);
	c = parse(text, line);
	assert_string_equal(line, "");
	return c;
}

static void
work(void)
{
	struct gw_out o;

	while (gw_next(gw, &o)) {
		if (o.kind == GW_OUT_KERN) {
			struct kern_event e = { .kind = KERN_DONE,
			    .id = o.op->id, .op = o.op->kind };

			e.link.exists = e.link.up = true;
			e.link.kind = KERN_LINK_XFRMI;
			gw_kern(gw, now, &e);
		}
		gw_out_fini(&o);
	}
}

static void
pass(unsigned seconds)
{
	for (unsigned s = 0; s < seconds; s++) {
		now = instant_after(now, span_s(1));
		gw_tick(gw, now);
		work();
	}
}

static void
begin(const char *keys, bool up)
{
	uint8_t seed[DRBG_SEED_LEN] = { 1 };

	now = (struct instant){ 1000000000 };
	gw = gw_new(conf_with(keys), now, 1700000000, seed,
	    (struct bytes){ 0 });
	assert_non_null(gw);
	work();
	gw_tunnel_find(gw, "a", 1)->child_up = up;
}

static void
reload(const char *keys)
{
	gw_reload(gw, now, conf_with(keys));
	work();
}

static unsigned
window(void)
{
	return gw_tunnel_find(gw, "a", 1)->conf->replay_window;
}

static const struct {
	const char	*what;
	const char	*before, *after;
	bool		up;
	bool		waits;
	unsigned	after_a_minute;
} rows[] = {
	{ "with lifecycle control it waits for its time", WAITS,
	    WAITS "replay_window_size = 512;", true, true, 512 },
	{ "or for ever", NEVER, NEVER "replay_window_size = 512;", true, true,
	    1024 },
	{ "not without it", "", "replay_window_size = 512;", true, false,
	    512 },
	{ "nor where it goes", WAITS, "replay_window_size = 512;", true, false,
	    512 },
	{ "nor where it comes", "", WAITS "replay_window_size = 512;", true,
	    false, 512 },
	{ "nor while there is nothing to interrupt", WAITS,
	    WAITS "replay_window_size = 512;", false, false, 512 },
	{ "what interrupts nothing is done at once", WAITS,
	    WAITS "max_prefixes_in = 5;", true, false, 1024 },
};

static void
changes_wait_where_they_would_interrupt(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct gw_tunnel *t;

		print_message("%s\n", rows[i].what);
		begin(rows[i].before, rows[i].up);
		reload(rows[i].after);
		t = gw_tunnel_find(gw, "a", 1);
		assert_int_equal(t->upkeep.pending, rows[i].waits);
		if (rows[i].waits)
			assert_int_equal(window(), 1024);
		pass(30);
		if (rows[i].waits)
			assert_int_equal(window(), 1024);
		pass(40);
		assert_int_equal(window(), rows[i].after_a_minute);
		t = gw_tunnel_find(gw, "a", 1);
		assert_int_equal(t->upkeep.replaced_at != 0, rows[i].waits &&
		    rows[i].after_a_minute == 512);
		gw_free(gw);
	}
}

static void
a_change_that_is_taken_back_does_not_wait(void **state)
{
	(void)state;
	begin(WAITS, true);
	reload(WAITS "replay_window_size = 512;");
	assert_true(gw_tunnel_find(gw, "a", 1)->upkeep.pending);
	reload(WAITS);
	assert_false(gw_tunnel_find(gw, "a", 1)->upkeep.pending);
	pass(70);
	assert_true(gw_tunnel_find(gw, "a", 1)->child_up);
	gw_free(gw);
}

static void
a_tunnel_that_goes_does_not_wait(void **state)
{
	struct conf_error why;

	(void)state;
	begin(WAITS, true);
	gw_reload(gw, now, conf_parse(bytes_str("connections = ( );"), "test",
	    &why));
	work();
	pass(10);
	assert_null(gw_tunnel_find(gw, "a", 1));
	gw_free(gw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_wait_where_they_would_interrupt),
		cmocka_unit_test(a_change_that_is_taken_back_does_not_wait),
		cmocka_unit_test(a_tunnel_that_goes_does_not_wait),
	};

	if (!crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
