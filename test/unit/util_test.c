/* Bytes, map, pool, timers, time, text and secrets; addr_test has the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/array.h"
#include "util/bytes.h"
#include "util/dict.h"
#include "util/map.h"
#include "util/pool.h"
#include "util/secret.h"
#include "util/str.h"
#include "util/timer.h"

static const uint8_t wire[] = {
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
	0x0d, 0x0e, 0x0f, 0xff,
};

static void
reading_is_big_endian_and_in_order(void **state)
{
	struct rd r = rd_of(bytes_of(wire, sizeof(wire)));
	struct bytes rest;

	(void)state;
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u32(&r), 0x04050607);
	assert_true(rd_u64(&r) == 0x08090a0b0c0d0e0f);
	assert_false(rd_done(&r));
	rest = rd_rest(&r);
	assert_int_equal(rest.n, 1);
	assert_int_equal(rest.p[0], 0xff);
	assert_true(rd_done(&r));
}

static void
reading_past_the_end_sticks_and_gives_zero(void **state)
{
	uint8_t copy[4] = { 9, 9, 9, 9 };
	struct rd r, sub;

	(void)state;
	for (size_t n = 0; n < 8; n++) {
		r = rd_of(bytes_of(wire, n));
		assert_true(rd_u64(&r) == 0);
		assert_true(r.bad);
	}
	r = rd_of(bytes_of(wire, 3));
	rd_u32(&r);
	/* one octet would have been there */
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_bytes(&r, 1).n, 0);
	assert_int_equal(rd_rest(&r).n, 0);
	rd_copy(&r, copy, sizeof(copy));
	assert_memory_equal(copy, "\0\0\0\0", 4);
	sub = rd_sub(&r, 0);
	assert_true(sub.bad);
	assert_false(rd_done(&r));
}

static void
a_sub_reader_ends_where_it_was_told(void **state)
{
	struct rd r = rd_of(bytes_of(wire, 8)), sub = rd_sub(&r, 3);

	(void)state;
	assert_int_equal(rd_u16(&sub), 0x0102);
	assert_int_equal(rd_u16(&sub), 0);
	assert_true(sub.bad);
	assert_false(r.bad);
	assert_int_equal(rd_u8(&r), 0x04);
	sub = rd_sub(&r, 5);
	assert_true(sub.bad);
	assert_true(r.bad);
	r = rd_of(bytes_of(wire, 8));
	assert_int_equal(rd_bytes(&r, SIZE_MAX).n, 0);
	assert_true(r.bad);
}

static void
nothing_can_be_read_from_nothing(void **state)
{
	struct rd r = rd_of((struct bytes){ NULL, 0 });
	uint8_t x = 7;

	(void)state;
	assert_true(rd_done(&r));
	assert_int_equal(rd_rest(&r).n, 0);
	rd_copy(&r, &x, 0);
	assert_int_equal(x, 7);
	assert_true(rd_done(&r));
	assert_int_equal(rd_u8(&r), 0);
	assert_true(r.bad);
}

static void
writing_is_what_reading_reads(void **state)
{
	uint8_t buf[sizeof(wire)];
	struct wr w = wr_of(buf, sizeof(buf));

	(void)state;
	wr_u8(&w, 0x01);
	wr_u16(&w, 0x0203);
	wr_u32(&w, 0x04050607);
	wr_u64(&w, 0x08090a0b0c0d0e0f);
	wr_bytes(&w, (struct bytes){ NULL, 0 });
	wr_bytes(&w, bytes_of(&wire[15], 1));
	assert_true(bytes_eq(wr_done(&w), bytes_of(wire, sizeof(wire))));
	assert_null(wr_space(&w, 1));
	assert_true(w.bad);
	assert_int_equal(wr_done(&w).n, 0);
}

static void
writing_past_the_end_sticks_and_changes_nothing(void **state)
{
	uint8_t buf[4] = { 1, 2, 3, 4 };
	struct wr w = wr_of(buf, 3);

	(void)state;
	wr_u32(&w, 0xffffffff);
	wr_u8(&w, 0xff);
	wr_zero(&w, 1);
	wr_bytes(&w, bytes_of(wire, 1));
	assert_true(w.bad);
	assert_memory_equal(buf, "\1\2\3\4", 4);

	w = wr_of(buf, 4);
	wr_u32(&w, 0x01020304);
	assert_null(wr_space(&w, SIZE_MAX));
	wr_patch_u8(&w, 0, 0xff);
	assert_memory_equal(buf, "\1\2\3\4", 4);
	w = wr_of(NULL, 0);
	wr_bytes(&w, (struct bytes){ NULL, 0 });
	wr_zero(&w, 0);
	assert_false(w.bad);
}

static void
patches_stay_inside_what_was_written(void **state)
{
	static const struct {
		size_t	at, n;
		bool	fits;
	} cases[] = {
		{ 0, 1, true }, { 5, 1, true }, { 6, 1, false },
		{ 4, 2, true }, { 5, 2, false }, { 2, 4, true },
		{ 3, 4, false }, { SIZE_MAX, 1, false }, { SIZE_MAX, 4, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t buf[8] = { 0 };
		struct wr w = wr_of(buf, sizeof(buf));

		wr_zero(&w, 6);
		if (cases[i].n == 1)
			wr_patch_u8(&w, cases[i].at, 0x01);
		else if (cases[i].n == 2)
			wr_patch_u16(&w, cases[i].at, 0x0102);
		else
			wr_patch_u32(&w, cases[i].at, 0x01020304);
		assert_int_equal(!w.bad, cases[i].fits);
		if (cases[i].fits)
			assert_memory_equal(buf + cases[i].at, wire,
			    cases[i].n);
	}
}

static void
bytes_compare_as_strings_of_octets(void **state)
{
	static const struct {
		const char	*a, *b;
		int		 sign;
	} cases[] = {
		{ "", "", 0 }, { "", "a", -1 }, { "a", "a", 0 },
		{ "a", "b", -1 }, { "a", "aa", -1 }, { "b", "aa", 1 },
		{ "\x7f", "\x80", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes a = bytes_str(cases[i].a);
		struct bytes b = bytes_str(cases[i].b);
		int ab = bytes_cmp(a, b), ba = bytes_cmp(b, a);

		assert_int_equal((ab > 0) - (ab < 0), cases[i].sign);
		assert_int_equal((ba > 0) - (ba < 0), -cases[i].sign);
		assert_int_equal(bytes_eq(a, b), cases[i].sign == 0);
	}
	assert_true(bytes_eq((struct bytes){ NULL, 0 }, bytes_str("")));
}

/* Keys that share their low bits, as ids of ours do. */
static uint64_t
key_of(unsigned i)
{
	return (uint64_t)i << 32 | (i % 3);
}

static void
a_dict_holds_what_was_put_and_gives_back_what_it_loses(void **state)
{
	struct dict d = { 0 };
	char again[] = "one";
	int a, b;

	(void)state;
	assert_null(dict_get(&d, "one"));
	assert_null(dict_del(&d, "one"));
	assert_true(dict_put(&d, "one", &a));
	assert_true(dict_put(&d, "", &b));
	assert_ptr_equal(dict_get(&d, "one"), &a);
	assert_ptr_equal(dict_get(&d, ""), &b);
	assert_null(dict_get(&d, "on"));
	assert_true(dict_put(&d, again, &b));
	assert_int_equal(d.used, 2);
	assert_ptr_equal(dict_del(&d, "one"), &b);
	assert_null(dict_get(&d, "one"));
	assert_int_equal(d.used, 1);
	dict_fini(&d);
}

static void
a_dict_loses_nothing_while_it_grows_and_shrinks(void **state)
{
	static char names[1000][8];
	struct dict d = { 0 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		str_fmt(names[i], sizeof(names[i]), "n%u", i);
		assert_true(dict_put(&d, names[i], names[i]));
	}
	for (unsigned i = 0; i < 1000; i += 3)
		assert_ptr_equal(dict_del(&d, names[i]), names[i]);
	for (unsigned i = 0; i < 1000; i++)
		assert_ptr_equal(dict_get(&d, names[i]),
		    i % 3 == 0 ? NULL : names[i]);
	dict_fini(&d);
}

static void
a_map_without_anything_in_it_is_empty(void **state)
{
	struct map m = { 0 };
	size_t pos = 0;

	(void)state;
	assert_null(map_get(&m, 1));
	assert_null(map_del(&m, 1));
	assert_null(map_each(&m, &pos));
	map_fini(&m);
}

static void
a_map_replaces_a_value_and_gives_back_what_it_loses(void **state)
{
	struct map m = { 0 };
	int a, b;

	(void)state;
	assert_true(map_put(&m, 0, &a));
	assert_true(map_put(&m, UINT64_MAX, &a));
	assert_true(map_put(&m, 0, &b));
	assert_int_equal(m.used, 2);
	assert_ptr_equal(map_get(&m, 0), &b);
	assert_ptr_equal(map_get(&m, UINT64_MAX), &a);
	assert_ptr_equal(map_del(&m, 0), &b);
	assert_null(map_del(&m, 0));
	assert_null(map_get(&m, 0));
	assert_int_equal(m.used, 1);
	map_fini(&m);
	assert_int_equal(m.size, 0);
}

/* Every even entry is in the map, of the odd ones those above gone. */
static void
assert_map(const struct map *m, const int *values, unsigned n, unsigned gone)
{
	unsigned expected = 0, seen = 0;
	size_t pos = 0;

	for (unsigned i = 0; i < n; i++) {
		bool in = i % 2 == 0 || i > gone;

		expected += in;
		if (map_get(m, key_of(i)) != (in ? &values[i] : NULL))
			fail_msg("entry %u, deleted up to %u", i, gone);
	}
	while (map_each(m, &pos) != NULL)
		seen++;
	assert_int_equal(seen, expected);
	assert_int_equal(m->used, expected);
}

static void
a_map_loses_nothing_while_it_grows_and_shrinks(void **state)
{
	enum { N = 700 };
	static int values[N];
	struct map m = { 0 };

	(void)state;
	for (unsigned i = 0; i < N; i++)
		assert_true(map_put(&m, key_of(i), &values[i]));
	assert_true(m.used * 4 <= m.size * 3);
	assert_map(&m, values, N, 0);
	for (unsigned i = 1; i < N; i += 2) {
		assert_ptr_equal(map_del(&m, key_of(i)), &values[i]);
		assert_map(&m, values, N, i);
	}
	map_fini(&m);
}

/* Large ones grow some slots at a time; what changes meanwhile counts. */
static void
a_large_map_is_whole_while_it_grows(void **state)
{
	enum { N = 30000 };
	static int values[2][N];
	static uint8_t in[N];		/* 0: no, else which value */
	uint32_t chance = 1;
	struct map m = { 0 };
	size_t used = 0, pos = 0, seen = 0;

	(void)state;
	for (unsigned step = 0; step < 6 * N; step++) {
		unsigned i, what;

		chance = chance * 1664525 + 1013904223;
		i = (chance >> 8) % (step / 6 + 1);
		what = chance >> 30;
		if (what == 0) {
			assert_ptr_equal(map_del(&m, key_of(i)), in[i] == 0 ?
			    NULL : &values[in[i] - 1][i]);
			used -= in[i] != 0;
			in[i] = 0;
		} else {
			used += in[i] == 0;
			in[i] = (uint8_t)(1 + what % 2);
			assert_true(map_put(&m, key_of(i),
			    &values[in[i] - 1][i]));
		}
		assert_int_equal(m.used, used);
		if (step % 20000 != 0)
			continue;
		for (i = 0; i < N; i++)
			assert_ptr_equal(map_get(&m, key_of(i)),
			    in[i] == 0 ? NULL : &values[in[i] - 1][i]);
	}
	while (map_each(&m, &pos) != NULL)
		seen++;
	assert_int_equal(seen, used);
	map_fini(&m);
}

static void
a_pool_ends_at_its_limit_and_hands_out_zeroes(void **state)
{
	uint8_t *obj[3], zero[40] = { 0 };
	struct pool p;

	(void)state;
	pool_init(&p, sizeof(zero), 2);
	obj[0] = pool_get(&p);
	obj[1] = pool_get(&p);
	assert_non_null(obj[0]);
	assert_non_null(obj[1]);
	assert_null(pool_get(&p));
	assert_int_equal(p.used, 2);
	for (size_t i = 0; i < 2; i++) {
		memset(obj[i], 0xff, sizeof(zero));
		pool_put(&p, obj[i]);
	}
	pool_put(&p, NULL);
	assert_int_equal(p.used, 0);
	/* the last one back comes first, and had a link to the other */
	obj[2] = pool_get(&p);
	assert_ptr_equal(obj[2], obj[1]);
	assert_memory_equal(obj[2], zero, sizeof(zero));
	assert_memory_equal(pool_get(&p), zero, sizeof(zero));
	assert_null(pool_get(&p));
	pool_put(&p, obj[0]);
	pool_put(&p, obj[1]);
	pool_fini(&p);
}

static void
a_pool_of_tiny_objects_still_keeps_its_list(void **state)
{
	struct pool p;
	void *obj[3];

	(void)state;
	pool_init(&p, 1, 3);
	for (size_t i = 0; i < ARRAY_SIZE(obj); i++)
		obj[i] = pool_get(&p);
	for (size_t i = 0; i < ARRAY_SIZE(obj); i++)
		pool_put(&p, obj[i]);
	for (size_t i = 0; i < ARRAY_SIZE(obj); i++)
		assert_non_null(pool_get(&p));
	for (size_t i = 0; i < ARRAY_SIZE(obj); i++)
		pool_put(&p, obj[i]);
	pool_fini(&p);
	pool_init(&p, 8, 0);
	assert_null(pool_get(&p));
	pool_fini(&p);
}

static struct instant
at(int64_t ns)
{
	return (struct instant){ ns };
}

static void
timers_come_in_the_order_of_their_deadlines(void **state)
{
	enum { N = 200 };
	static struct timer t[N];
	struct timers h = { 0 };
	unsigned popped = 0;
	int64_t last = -1;

	(void)state;
	assert_true(instant_is_never(timers_next(&h)));
	for (unsigned i = 0; i < N; i++)
		assert_true(timer_set(&h, &t[i], at(i * 7919 % 1009)));
	/* some again, earlier and later; every third not at all */
	for (unsigned i = 0; i < N; i += 2)
		assert_true(timer_set(&h, &t[i], at(i * 31 % 1009)));
	for (unsigned i = 0; i < N; i += 3)
		timer_clear(&h, &t[i]);
	while (h.n > 0) {
		struct instant next = timers_next(&h);
		struct timer *got;

		assert_null(timers_pop(&h, at(next.ns - 1)));
		got = timers_pop(&h, next);
		assert_non_null(got);
		assert_true(got->at.ns == next.ns && next.ns >= last);
		assert_int_equal(got->slot, 0);
		assert_true((got - t) % 3 != 0);
		last = next.ns;
		popped++;
	}
	assert_int_equal(popped, N - (N + 2) / 3);
	assert_null(timers_pop(&h, at(INT64_MAX)));
	timers_fini(&h);
}

static void
a_timer_set_to_never_is_idle(void **state)
{
	struct timers h = { 0 };
	struct timer t = { .slot = 0 };

	(void)state;
	timer_clear(&h, &t);
	assert_true(timer_set(&h, &t, INSTANT_NEVER));
	assert_int_equal(h.n, 0);
	assert_true(timer_set(&h, &t, at(5)));
	assert_true(timer_set(&h, &t, INSTANT_NEVER));
	assert_int_equal(h.n, 0);
	assert_int_equal(t.slot, 0);
	timers_fini(&h);
}

static void
time_saturates_at_never(void **state)
{
	(void)state;
	assert_true(instant_after(at(5), span_s(2)).ns == 2000000005);
	assert_true(instant_after(at(5), span_ms(-1)).ns == -999995);
	assert_true(instant_is_never(instant_after(at(INT64_MAX - 1),
	    span_ms(1))));
	assert_true(instant_is_never(instant_after(INSTANT_NEVER,
	    span_s(-270))));
	assert_true(instant_since(at(7), at(9)).ns == -2);
	assert_true(instant_due(at(7), at(7)));
	assert_false(instant_due(at(8), at(7)));
	assert_true(instant_min(INSTANT_NEVER, at(3)).ns == 3);
	assert_int_equal(span_to_s(span_ms(1999)), 1);
}

static void
a_time_is_text_in_utc(void **state)
{
	static const struct {
		int64_t		 wall;
		const char	*text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 1709251199, "2024-02-29T23:59:59Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ 253402300800, "10000-01-01T00:00:00Z" },
		{ INT64_C(1) << 45, "1116918-05-14T19:20:32Z" },
		{ INT64_C(1) << 50, "-" },
		{ INT64_MAX, "-" },
		{ INT64_MIN, "-" },
	};
	char text[STR_UTC_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(str_utc(rows[i].wall, text), rows[i].text);
}

static void
text_is_cut_and_always_ends(void **state)
{
	char buf[6] = "?????";
	struct reason r;

	(void)state;
	str_set(buf, sizeof(buf), "hello world");
	assert_string_equal(buf, "hello");
	str_add(buf, sizeof(buf), "!");
	assert_string_equal(buf, "hello");
	str_fmt(buf, sizeof(buf), "%d", 42);
	str_add(buf, sizeof(buf), "-%s", "abc");
	assert_string_equal(buf, "42-ab");
	str_fmt(buf, 1, "%d", 42);
	assert_string_equal(buf, "");
	reason_set(&r, "%0999d", 7);
	assert_int_equal(strlen(r.s), sizeof(r.s) - 1);
}

static void
escaped_text_is_printable_and_uses_its_whole_buffer(void **state)
{
	static const struct {
		const char	*octets;
		size_t		 n, size;
		const char	*expected;
	} cases[] = {
		{ "abc", 3, 64, "abc" },
		{ "a b~", 4, 64, "a b~" },
		{ "a\\b", 3, 64, "a\\x5cb" },
		{ "\0\n\x7f\xff", 4, 64, "\\x00\\x0a\\x7f\\xff" },
		{ "\"'%", 3, 64, "\"'%" },
		{ "", 0, 64, "" },
		{ "abcd", 4, 5, "abcd" },
		{ "abcde", 5, 5, "abcd" },
		{ "\xff", 1, 5, "\\xff" },
		{ "a\xff", 2, 5, "a" },
		{ "abcd", 4, 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[64];

		str_escape(buf, cases[i].size,
		    bytes_of(cases[i].octets, cases[i].n));
		assert_string_equal(buf, cases[i].expected);
	}
}

static void
hex_goes_there_and_back(void **state)
{
	char text[2 * sizeof(wire) + 1];
	uint8_t back[sizeof(wire)];
	size_t n;

	(void)state;
	str_hex(text, sizeof(text), bytes_of(wire, sizeof(wire)));
	assert_string_equal(text, "0102030405060708090a0b0c0d0e0fff");
	assert_true(str_unhex(back, sizeof(back), &n, text));
	assert_int_equal(n, sizeof(wire));
	assert_memory_equal(back, wire, sizeof(wire));
	assert_true(str_unhex(back, 1, &n, "Fe"));
	assert_int_equal(back[0], 0xfe);
	assert_true(str_unhex(back, 0, &n, ""));
	assert_int_equal(n, 0);
	str_hex(text, 6, bytes_of(wire, sizeof(wire)));
	assert_string_equal(text, "0102");
}

static void
what_is_no_hex_is_refused_and_changes_nothing(void **state)
{
	static const char *const texts[] = {
		"0", "012", "0g", "g0", "0x", " 0", "00 1", "010203zz",
		"0102030405",
	};
	uint8_t out[4] = { 1, 2, 3, 4 };
	size_t n = 4711;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_false(str_unhex(out, sizeof(out), &n, texts[i]));
		assert_memory_equal(out, "\1\2\3\4", 4);
		assert_int_equal(n, 4711);
	}
}

static void
secrets_fit_or_are_refused(void **state)
{
	static uint8_t octets[SECRET_MAX + 1];
	static struct secret s;
	struct key k = { .n = 3 };

	(void)state;
	memset(octets, 0x5a, sizeof(octets));
	assert_true(secret_set(&s, bytes_of(octets, SECRET_MAX)));
	assert_int_equal(secret_bytes(&s).n, SECRET_MAX);
	assert_false(secret_set(&s, bytes_of(octets, SECRET_MAX + 1)));
	assert_int_equal(secret_bytes(&s).n, SECRET_MAX);
	assert_true(secret_set(&s, (struct bytes){ NULL, 0 }));
	assert_int_equal(secret_bytes(&s).n, 0);

	assert_false(key_set(&k, bytes_of(octets, KEY_MAX + 1)));
	assert_int_equal(key_bytes(&k).n, 3);
	assert_true(key_set(&k, bytes_of(octets, KEY_MAX)));
	assert_true(bytes_eq(key_bytes(&k), bytes_of(octets, KEY_MAX)));
	wipe(&k, sizeof(k));
	assert_int_equal(k.n, 0);
	assert_int_equal(k.b[KEY_MAX - 1], 0);
}

static void
secrets_are_equal_only_octet_for_octet(void **state)
{
	uint8_t other[sizeof(wire)];

	(void)state;
	assert_true(secret_eq(bytes_of(wire, 0), (struct bytes){ NULL, 0 }));
	for (size_t i = 0; i < sizeof(wire); i++) {
		memcpy(other, wire, sizeof(wire));
		assert_true(secret_eq(bytes_of(wire, sizeof(wire)),
		    bytes_of(other, sizeof(other))));
		assert_false(secret_eq(bytes_of(wire, sizeof(wire)),
		    bytes_of(other, i)));
		for (unsigned bit = 0; bit < 8; bit++) {
			other[i] = (uint8_t)(wire[i] ^ 1 << bit);
			assert_false(secret_eq(bytes_of(wire, sizeof(wire)),
			    bytes_of(other, sizeof(other))));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_is_big_endian_and_in_order),
		cmocka_unit_test(reading_past_the_end_sticks_and_gives_zero),
		cmocka_unit_test(a_sub_reader_ends_where_it_was_told),
		cmocka_unit_test(nothing_can_be_read_from_nothing),
		cmocka_unit_test(writing_is_what_reading_reads),
		cmocka_unit_test(
		    writing_past_the_end_sticks_and_changes_nothing),
		cmocka_unit_test(patches_stay_inside_what_was_written),
		cmocka_unit_test(bytes_compare_as_strings_of_octets),
		cmocka_unit_test(
		    a_dict_holds_what_was_put_and_gives_back_what_it_loses),
		cmocka_unit_test(
		    a_dict_loses_nothing_while_it_grows_and_shrinks),
		cmocka_unit_test(a_map_without_anything_in_it_is_empty),
		cmocka_unit_test(
		    a_map_replaces_a_value_and_gives_back_what_it_loses),
		cmocka_unit_test(
		    a_map_loses_nothing_while_it_grows_and_shrinks),
		cmocka_unit_test(a_large_map_is_whole_while_it_grows),
		cmocka_unit_test(a_pool_ends_at_its_limit_and_hands_out_zeroes),
		cmocka_unit_test(a_pool_of_tiny_objects_still_keeps_its_list),
		cmocka_unit_test(timers_come_in_the_order_of_their_deadlines),
		cmocka_unit_test(a_timer_set_to_never_is_idle),
		cmocka_unit_test(time_saturates_at_never),
		cmocka_unit_test(text_is_cut_and_always_ends),
		cmocka_unit_test(a_time_is_text_in_utc),
		cmocka_unit_test(
		    escaped_text_is_printable_and_uses_its_whole_buffer),
		cmocka_unit_test(hex_goes_there_and_back),
		cmocka_unit_test(what_is_no_hex_is_refused_and_changes_nothing),
		cmocka_unit_test(secrets_fit_or_are_refused),
		cmocka_unit_test(secrets_are_equal_only_octet_for_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
