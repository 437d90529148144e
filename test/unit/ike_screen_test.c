/*
 * Strangers turned away early get what they would get by the whole way (RFC
 * 7296 section 2.6), and all others go that way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/build.h"
#include "ike/table.h"
#include "ike_duo.h"
#include "util/array.h"

struct opening {
	uint8_t		b[1024];
	size_t		n;
	struct path	path;
};

static struct ike *
right(const struct duo *d)
{
	return d->end[RIGHT].ike;
}

/* An opening, and right, which asks everybody for cookies. */
static void
begin(struct duo *d, struct opening *o)
{
	struct duo_rule keep = {
		.from = LEFT, .exchange = IKE_SA_INIT, .nth = 1, .until = 1,
		.fate = DUO_KEEP,
	};
	struct bytes m;

	duo_init(d, 31);
	d->end[RIGHT].limits.cookie_above = 0;
	d->rules = &keep;
	d->rules_n = 1;
	duo_start(d);
	duo_up(d, LEFT);
	m = duo_kept(d);
	assert_in_range(m.n, HDR_LEN, sizeof(o->b) - 64);
	memcpy(o->b, m.p, m.n);
	o->n = m.n;
	o->path.local = (struct endpoint){ d->end[RIGHT].addr, 500 };
	o->path.remote = (struct endpoint){ d->end[LEFT].addr, 500 };
	duo_drop_kept(d);
	duo_down(d, LEFT);
	d->rules_n = 0;
}

/* What right sends when it gets this; its length. */
static size_t
whole_way(struct duo *d, const struct opening *o, uint8_t *reply, size_t cap)
{
	struct ike_out out;
	size_t n = 0;

	ike_datagram(right(d), d->now, &o->path, bytes_of(o->b, o->n));
	while (ike_next(right(d), &out)) {
		if (out.kind == IKE_OUT_DATAGRAM) {
			assert_int_equal(n, 0);
			assert_in_range(out.n, 1, cap);
			memcpy(reply, out.data, out.n);
			n = out.n;
		}
		ike_out_fini(&out);
	}
	return n;
}

/* -1: it goes the whole way; else the answer's length. */
static int
screen(struct duo *d, const struct opening *o, uint8_t *reply)
{
	size_t n;

	return ike_screen(right(d), d->now, &o->path, bytes_of(o->b, o->n),
	    reply, &n) ? (int)n : -1;
}

/* The octets at a place of the opening are others. */
static const struct change {
	const char	*what;
	size_t		at;
	uint8_t		b;
	bool		screened;
} changes[] = {
	{ "as it is", 0, 1, true },
	{ "an SPI of the responder's", 8, 1, false },
	{ "a notify first, and so another chain", 16, PL_NOTIFY, false },
	{ "version 3", 17, 0x30, false },
	{ "a minor version", 17, 0x21, true },
	{ "another exchange", 18, IKE_AUTH, false },
	{ "not by an initiator", 19, 0, false },
	{ "a response", 19, HDR_INITIATOR | HDR_RESPONSE, false },
	{ "message id 1", 23, 1, false },
	{ "another length", 27, 0, false },
	{ "a critical payload", 29, 0x80, false },
	{ "a payload longer than all", 30, 0xff, false },
	{ "a payload shorter than its header", 31, 3, false },
};

static void
who_is_screened_gets_what_the_whole_way_has(void **state)
{
	uint8_t reply[IKE_SCREEN_MAX], other[2048];
	struct opening o, as_it_was;
	struct duo d;

	(void)state;
	begin(&d, &as_it_was);
	/* There is no cookie before the first is asked for. */
	assert_int_equal(screen(&d, &as_it_was, reply), -1);
	assert_true(whole_way(&d, &as_it_was, other, sizeof(other)) > 0);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(changes); i++) {
		const struct change *c = &changes[i / 2];
		int n;

		o = as_it_was;
		o.b[c->at] = c->b;
		if (i % 2 == 1) {	/* on 4500 */
			o.path.local.port = o.path.remote.port = 4500;
			memmove(o.b + 4, o.b, o.n);
			memset(o.b, 0, 4);
			o.n += 4;
		}
		n = screen(&d, &o, reply);
		if ((n >= 0) != c->screened)
			fail_msg("%s: %d", c->what, n);
		if (n < 0)
			continue;
		assert_int_equal(whole_way(&d, &o, other, sizeof(other)), n);
		assert_memory_equal(reply, other, n);
	}
	assert_int_equal(right(&d)->half_open, 0);
	shut_down(&d);
}

static void
below_the_threshold_nobody_is_screened(void **state)
{
	uint8_t reply[IKE_SCREEN_MAX], other[2048];
	struct opening o;
	struct duo d;

	(void)state;
	begin(&d, &o);
	whole_way(&d, &o, other, sizeof(other));
	assert_true(screen(&d, &o, reply) > 0);
	right(&d)->limits.cookie_above = 1;
	assert_int_equal(screen(&d, &o, reply), -1);
	shut_down(&d);
}

/* Section 2.1: what has an answer gets it again. */
static void
a_request_that_has_its_sa_is_not_screened(void **state)
{
	uint8_t reply[IKE_SCREEN_MAX], first[2048], again[2048];
	struct opening o;
	struct duo d;
	size_t n;

	(void)state;
	begin(&d, &o);
	whole_way(&d, &o, first, sizeof(first));
	right(&d)->limits.cookie_above = 1;
	n = whole_way(&d, &o, first, sizeof(first));
	assert_int_equal(right(&d)->half_open, 1);
	assert_int_equal(screen(&d, &o, reply), -1);
	assert_int_equal(whole_way(&d, &o, again, sizeof(again)), n);
	assert_memory_equal(first, again, n);
	o.b[0] ^= 1;
	assert_true(screen(&d, &o, reply) > 0);
	duo_run(&d, span_s(31));
	shut_down(&d);
}

/* Who returns a cookie comes in. */
static void
a_cookie_goes_the_whole_way(void **state)
{
	struct duo_rule keep = {
		.from = LEFT, .exchange = IKE_SA_INIT, .nth = 2, .until = 2,
		.fate = DUO_KEEP,
	};
	uint8_t reply[IKE_SCREEN_MAX];
	struct opening o;
	struct duo d;
	struct bytes m;

	(void)state;
	begin(&d, &o);
	duo_run(&d, span_s(1));
	d.rules = &keep;
	d.rules_n = 1;
	duo_up(&d, LEFT);
	duo_run(&d, span_ms(50));
	m = duo_kept(&d);
	assert_in_range(m.n, HDR_LEN, sizeof(o.b));
	memcpy(o.b, m.p, m.n);
	o.n = m.n;
	assert_int_equal(o.b[HDR_NEXT_AT], PL_NOTIFY);
	assert_int_equal(screen(&d, &o, reply), -1);
	duo_drop_kept(&d);
	duo_run(&d, span_s(10));
	assert_paired(&d);
	shut_down(&d);
}

/* With this payload behind the others, or PL_NONE. */
static size_t
write_small(uint8_t *buf, size_t cap, uint64_t spi_i, size_t nonce,
    enum payload_type more)
{
	const struct hdr h = { .spi_i = spi_i, .version = HDR_VERSION,
	    .exchange = IKE_SA_INIT, .flags = HDR_INITIATOR };
	const uint8_t octets[300] = { 1 };
	struct build b;

	build_begin(&b, buf, cap, &h);
	build_bytes(&b, PL_SA, (struct bytes){ 0 });
	build_ke(&b, 31, (struct bytes){ 0 });
	build_bytes(&b, PL_NONCE, bytes_of(octets, nonce));
	if (more != PL_NONE)
		build_bytes(&b, more, bytes_of(octets, 20));
	return build_end(&b, NULL).n;
}

static void
no_more_octets_go_out_than_came_in(void **state)
{
	static const struct {
		size_t		nonce;
		int		n;
	} rows[] = {
		{ 15, -1 }, { 16, 0 }, { 24, 0 }, { 25, 69 }, { 256, 69 },
		{ 257, -1 },
	};
	uint8_t reply[IKE_SCREEN_MAX], other[2048];
	struct opening o;
	struct duo d;

	(void)state;
	begin(&d, &o);
	whole_way(&d, &o, other, sizeof(other));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		o.n = write_small(o.b, sizeof(o.b), 7 + i, rows[i].nonce,
		    PL_NONE);
		assert_int_equal(screen(&d, &o, reply), rows[i].n);
		assert_int_equal(whole_way(&d, &o, other, sizeof(other)),
		    rows[i].n > 0 ? rows[i].n : 0);
	}
	shut_down(&d);
}

/* RFC 7296 appendix C.1: nothing else belongs there. */
static void
with_a_payload_of_other_exchanges_it_goes_the_whole_way(void **state)
{
	uint8_t reply[IKE_SCREEN_MAX], other[2048];
	struct opening o;
	struct duo d;

	(void)state;
	begin(&d, &o);
	whole_way(&d, &o, other, sizeof(other));
	for (unsigned type = PL_SA; type <= PL_SKF; type++) {
		int n;

		if (type == PL_NOTIFY)
			continue;
		o.n = write_small(o.b, sizeof(o.b), type, 32, type);
		assert_true(o.n > 0);
		n = screen(&d, &o, reply);
		if ((n > 0) != (type == PL_VENDOR))
			fail_msg("payload %u: %d", type, n);
		if (n >= 0 && whole_way(&d, &o, other, sizeof(other)) !=
		    (size_t)n)
			fail_msg("payload %u the whole way", type);
	}
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_screened_gets_what_the_whole_way_has),
		cmocka_unit_test(below_the_threshold_nobody_is_screened),
		cmocka_unit_test(a_request_that_has_its_sa_is_not_screened),
		cmocka_unit_test(a_cookie_goes_the_whole_way),
		cmocka_unit_test(no_more_octets_go_out_than_came_in),
		cmocka_unit_test(
		    with_a_payload_of_other_exchanges_it_goes_the_whole_way),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
