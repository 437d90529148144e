/*
 * Deposits on their way from an engine to the monitor and to the next engine
 * (daemon/keeps.h): whole records only, of tunnels that there are, whatever the
 * engine sends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>

#include "daemon/keeps.h"
#include "util/array.h"
#include "util/str.h"

static const char text[] =
	"asn = 64512; router_id = \"10.0.0.1\";"
	"connections = ( { name = \"a\"; role = \"hub\"; remote_asn = 65010;"
	"networks = [ \"10.1.0.0/16\" ];"
	"tunnels = ( { local_outside_ip_address = \"192.0.2.1\";"
	"remote_outside_ip_address = \"198.51.100.1\";"
	"tunnel_inside_cidr = \"169.254.10.0/30\"; } ); } );";

struct ends {
	struct chan	*engine, *monitor;
	struct keeps	keeps;
	struct conf	*conf;
};

static void
ends_open(struct ends *e)
{
	struct conf_error err;
	int fd[2];

	*e = (struct ends){ 0 };
	assert_int_equal(chan_pair(fd), 0);
	e->engine = chan_new(fd[0], CHAN_ENGINE, 100);
	e->monitor = chan_new(fd[1], CHAN_MONITOR, 100);
	assert_true(e->engine != NULL && e->monitor != NULL);
	e->conf = conf_parse(bytes_str(text), "test.conf", &err);
	assert_non_null(e->conf);
}

static void
ends_close(struct ends *e)
{
	keeps_fini(&e->keeps);
	chan_free(e->engine);
	chan_free(e->monitor);
	conf_free(e->conf);
}

static int
come(struct ends *e)
{
	assert_int_equal(chan_flush(e->engine), 0);
	return keeps_read(&e->keeps, e->monitor, e->conf, UINT_MAX);
}

/* A part of a record of so many octets, all of them c. */
static void
put(struct ends *e, const char *connection, uint32_t tunnel, uint32_t total,
    uint32_t at, uint16_t n, int c)
{
	struct kern_op op = { .kind = KERN_KEEP };

	str_set(op.keep.connection, sizeof(op.keep.connection), connection);
	op.keep.tunnel = tunnel;
	op.keep.total = total;
	op.keep.at = at;
	op.keep.n = n;
	memset(op.keep.octets, c, n);
	assert_true(chan_put_op(e->engine, &op));
}

/* What the next engine gets is one record of "a/1": n octets, all of them c. */
static void
assert_kept(struct ends *e, size_t n, int c)
{
	struct bytes all = keeps_hand(&e->keeps), b;
	struct rd r = rd_of(all);

	b = rd_bytes(&r, rd_u16(&r));
	assert_true(bytes_eq(b, bytes_str("a/1")));
	b = rd_bytes(&r, rd_u32(&r));
	assert_true(rd_done(&r));
	assert_int_equal(b.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(b.p[i], c);
	keeps_handed(&e->keeps);
}

static void
assert_none(struct ends *e)
{
	assert_int_equal(keeps_count(&e->keeps), 0);
	assert_int_equal(keeps_hand(&e->keeps).n, 0);
	keeps_handed(&e->keeps);
}

static void
the_last_whole_record_is_handed_over(void **state)
{
	struct ends e;

	(void)state;
	ends_open(&e);
	assert_none(&e);
	put(&e, "a", 1, 100, 0, 100, 'x');
	assert_int_equal(come(&e), 0);
	assert_kept(&e, 100, 'x');
	put(&e, "a", 1, 10000, 0, 4608, 'y');
	put(&e, "a", 1, 10000, 4608, 4608, 'y');
	assert_int_equal(come(&e), 0);
	/* It dies here. */
	assert_kept(&e, 100, 'x');
	put(&e, "a", 1, 10000, 0, 4608, 'z');
	put(&e, "a", 1, 10000, 4608, 4608, 'z');
	put(&e, "a", 1, 10000, 9216, 784, 'z');
	assert_int_equal(come(&e), 0);
	assert_kept(&e, 10000, 'z');
	put(&e, "a", 1, 0, 0, 0, 0);
	assert_int_equal(come(&e), 0);
	assert_none(&e);
	ends_close(&e);
}

static void
what_was_sent_is_read_after_its_sender_is_gone(void **state)
{
	struct ends e;

	(void)state;
	ends_open(&e);
	put(&e, "a", 1, 100, 0, 100, 'x');
	assert_int_equal(chan_flush(e.engine), 0);
	chan_free(e.engine);
	e.engine = NULL;
	assert_int_equal(keeps_read(&e.keeps, e.monitor, e.conf, UINT_MAX),
	    -EPIPE);
	assert_kept(&e, 100, 'x');
	ends_close(&e);
}

static void
of_a_tunnel_that_is_not_configured_nothing_is_kept(void **state)
{
	struct ends e;

	(void)state;
	ends_open(&e);
	put(&e, "b", 1, 10, 0, 10, 'x');
	put(&e, "a", 2, 10, 0, 10, 'x');
	put(&e, "a", 0, 10, 0, 10, 'x');
	put(&e, "", 1, 10, 0, 10, 'x');
	assert_int_equal(come(&e), 0);
	assert_none(&e);
	ends_close(&e);
}

static void
a_tunnel_that_goes_takes_its_record_along(void **state)
{
	struct conf_error err;
	struct conf *other;
	struct ends e;

	(void)state;
	ends_open(&e);
	put(&e, "a", 1, 10, 0, 10, 'x');
	assert_int_equal(come(&e), 0);
	keeps_prune(&e.keeps, e.conf);
	assert_kept(&e, 10, 'x');
	other = conf_parse(bytes_str("asn = 64512; router_id = \"10.0.0.1\";"
	    "connections = ();"), "test.conf", &err);
	assert_non_null(other);
	keeps_prune(&e.keeps, other);
	conf_free(other);
	assert_none(&e);
	ends_close(&e);
}

/* Two parts, of which the second is out of place. */
static const struct {
	const char	*what, *connection;
	uint32_t	tunnel, total, at;
	uint16_t	n;
} rows[] = {
	{ "another tunnel's", "b", 1, 100, 50, 50 },
	{ "another number's", "a", 2, 100, 50, 50 },
	{ "of a longer record", "a", 1, 200, 50, 50 },
	{ "with a gap before it", "a", 1, 100, 60, 40 },
	{ "the same place again", "a", 1, 100, 40, 50 },
	{ "a new beginning", "a", 1, 100, 0, 50 },
	{ "longer than the rest", "a", 1, 100, 50, 51 },
	{ "with nothing in it", "a", 1, 100, 50, 0 },
	{ "far behind the end", "a", 1, 100, 0xfffffff0, 100 },
	{ "an end in the middle", "a", 1, 0, 0, 0 },
};

static void
a_part_out_of_place_is_no_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ends e;

		ends_open(&e);
		put(&e, "a", 1, 100, 0, 50, 'x');
		put(&e, rows[i].connection, rows[i].tunnel, rows[i].total,
		    rows[i].at, rows[i].n, 'x');
		if (come(&e) != -EBADMSG)
			fail_msg("%s", rows[i].what);
		assert_none(&e);
		ends_close(&e);
	}
}

static void
nothing_else_comes_this_way_and_nothing_too_long(void **state)
{
	struct kern_op op = { .kind = KERN_RELOAD };
	struct ends e;

	(void)state;
	ends_open(&e);
	assert_true(chan_put_op(e.engine, &op));
	assert_int_equal(come(&e), -EBADMSG);
	ends_close(&e);
	ends_open(&e);
	put(&e, "a", 1, KERN_KEEP_MAX + 1, 0, 100, 'x');
	assert_int_equal(come(&e), -EBADMSG);
	ends_close(&e);
	ends_open(&e);
	put(&e, "a", 1, 100, 50, 50, 'x');
	assert_int_equal(come(&e), -EBADMSG);
	ends_close(&e);
}

/* From one monitor to the next. */
static void
what_was_handed_over_can_be_taken(void **state)
{
	struct keeps next = { .all = NULL };
	struct bytes all, again;
	struct ends e;

	(void)state;
	ends_open(&e);
	put(&e, "a", 1, 100, 0, 100, 'x');
	assert_int_equal(come(&e), 0);
	all = keeps_hand(&e.keeps);
	assert_true(keeps_take(&next, all));
	assert_int_equal(keeps_count(&next), 1);
	again = keeps_hand(&next);
	assert_true(bytes_eq(again, all));
	keeps_fini(&next);
	assert_true(keeps_take(&next, (struct bytes){ 0 }));
	assert_int_equal(keeps_count(&next), 0);
	ends_close(&e);
}

static void
what_is_malformed_is_not_taken_at_all(void **state)
{
	static const struct {
		const char	*what;
		size_t		n;
		uint8_t		b[32];
	} bad[] = {
		{ "a name without a tunnel", 8,
		    { 0, 1, 'b', 0, 0, 0, 1, 9 } },
		{ "no name", 7, { 0, 0, 0, 0, 0, 1, 9 } },
		{ "a NUL in the name", 10,
		    { 0, 3, 'b', '/', 0, 0, 0, 0, 1, 9 } },
		{ "an empty record", 9, { 0, 3, 'b', '/', '1', 0, 0, 0, 0 } },
		{ "a record that is cut", 10,
		    { 0, 3, 'b', '/', '1', 0, 0, 0, 2, 9 } },
		{ "a record that is too long", 10,
		    { 0, 3, 'b', '/', '1', 0, 2, 0, 0, 9 } },
		{ "half a head", 1, { 0 } },
	};
	static const uint8_t good[] =
	    { 0, 3, 'a', '/', '1', 0, 0, 0, 1, 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct keeps t = { .all = NULL };
		uint8_t all[64];

		memcpy(all, good, sizeof(good));
		memcpy(all + sizeof(good), bad[i].b, bad[i].n);
		assert_true(keeps_take(&t, bytes_of(all, sizeof(good))));
		keeps_fini(&t);
		if (keeps_take(&t, bytes_of(all, sizeof(good) + bad[i].n)) ||
		    keeps_count(&t) != 0)
			fail_msg("%s", bad[i].what);
		keeps_fini(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_last_whole_record_is_handed_over),
	cmocka_unit_test(what_was_sent_is_read_after_its_sender_is_gone),
	cmocka_unit_test(of_a_tunnel_that_is_not_configured_nothing_is_kept),
	cmocka_unit_test(a_tunnel_that_goes_takes_its_record_along),
	cmocka_unit_test(a_part_out_of_place_is_no_record),
	cmocka_unit_test(nothing_else_comes_this_way_and_nothing_too_long),
	cmocka_unit_test(what_was_handed_over_can_be_taken),
	cmocka_unit_test(what_is_malformed_is_not_taken_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
