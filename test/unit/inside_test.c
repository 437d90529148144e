/* Inside blocks and pre-shared keys as AWS hands them out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "gw/inside.h"
#include "gw/psk.h"
#include "util/array.h"

#define BLOCKS	16384

static const uint8_t seed[DRBG_SEED_LEN] = { 7 };

static struct prefix
net(const char *s)
{
	struct prefix p;

	assert_true(prefix_parse(&p, s));
	return p;
}

static void
the_lowest_free_block_is_taken(void **state)
{
	static const struct {
		const char	*what;
		const char	*used[4];
		const char	*want;
	} rows[] = {
		{ "the first is reserved", { NULL }, "169.254.0.4/30" },
		{ "one is used", { "169.254.0.4/30" }, "169.254.0.8/30" },
		{ "a gap is filled", { "169.254.0.4/30", "169.254.0.12/30" },
		    "169.254.0.8/30" },
		{ "in any order", { "169.254.0.8/30", "169.254.0.4/30" },
		    "169.254.0.12/30" },
		{ "host bits do not matter", { "169.254.0.6/30" },
		    "169.254.0.8/30" },
		{ "a whole /24, and the reserved one behind it",
		    { "169.254.0.0/24" }, "169.254.1.4/30" },
		{ "an address in it", { "169.254.0.5/32" }, "169.254.0.8/30" },
		{ "all but the last /30", { "169.254.0.0/17",
		    "169.254.128.0/18", "169.254.192.0/19",
		    "169.254.224.0/20" }, "169.254.240.0/30" },
		{ "what is elsewhere", { "10.0.0.0/8", "fd00::/8",
		    "169.253.0.4/30", "0.0.0.0/0" }, "169.254.0.4/30" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prefix used[4], got;
		char text[PREFIX_STRLEN];
		size_t n = 0;

		for (; n < 4 && rows[i].used[n] != NULL; n++)
			used[n] = net(rows[i].used[n]);
		assert_true(inside4_next(used, n, &got));
		if (strcmp(prefix_str(&got, text), rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].what, text);
	}
}

static void
every_block_but_those_reserved_is_handed_out_once(void **state)
{
	struct prefix *used = calloc(BLOCKS, sizeof(*used));
	struct prefix p, last = net("169.254.0.0/30");
	const struct prefix all = net("169.254.0.0/16");
	size_t n = 0;

	(void)state;
	assert_non_null(used);
	/* Six of the seven lie here; then a jump to the last one. */
	while (n < 400 && inside4_next(used, n, &p)) {
		assert_true(prefix_cmp(&last, &p) < 0);
		assert_true(prefix_covers(&all, &p) && p.len == 30);
		assert_false(inside_reserved(&p));
		last = used[n++] = p;
	}
	used[n++] = net("169.254.0.0/17");
	used[n++] = net("169.254.128.0/19");
	used[n++] = net("169.254.160.0/21");
	used[n++] = net("169.254.168.0/24");
	used[n++] = net("169.254.169.0/25");
	used[n++] = net("169.254.169.128/26");
	used[n++] = net("169.254.169.192/27");
	used[n++] = net("169.254.169.224/28");
	used[n++] = net("169.254.169.240/29");
	used[n++] = net("169.254.169.248/30");
	assert_true(inside4_next(used, n, &p));
	assert_true(prefix_eq(&p, (struct prefix[]){ net("169.254.170.0/30") }));
	free(used);
}

static void
when_none_is_left_it_says_so(void **state)
{
	const struct prefix all = net("169.254.0.0/16");
	const struct prefix most[] = { net("169.254.0.0/17"),
	    net("169.254.128.0/17") };
	struct prefix got = net("192.0.2.0/24");

	(void)state;
	assert_false(inside4_next(&all, 1, &got));
	assert_false(inside4_next(most, 2, &got));
	/* What was there stays. */
	assert_true(prefix_eq(&got, (struct prefix[]){ net("192.0.2.0/24") }));
}

static void
ipv6_blocks_are_random_and_not_used(void **state)
{
	const struct prefix all = net("fd00::/8");
	struct prefix v[64];
	struct drbg drbg, again;
	struct prefix first;

	(void)state;
	drbg_seed(&drbg, seed);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct prefix n;

		v[i] = inside6_next(v, i, &drbg);
		n = prefix_network(&v[i]);
		assert_true(prefix_eq(&n, &v[i]));
		assert_true(prefix_covers(&all, &v[i]) && v[i].len == 126);
	}
	/* The same numbers again, but now the block is used. */
	drbg_seed(&again, seed);
	first = inside6_next(NULL, 0, &again);
	assert_true(prefix_eq(&first, &v[0]));
	drbg_seed(&again, seed);
	first = inside6_next(v, 1, &again);
	assert_true(prefix_eq(&first, &v[1]));
}

static void
a_key_that_is_made_is_one_that_aws_takes(void **state)
{
	char key[PSK_MADE_LEN + 1], before[PSK_MADE_LEN + 1] = "";
	unsigned count[256] = { 0 };
	struct drbg drbg;

	(void)state;
	drbg_seed(&drbg, seed);
	for (int i = 0; i < 4000; i++) {
		psk_make(&drbg, key);
		assert_int_equal(strlen(key), PSK_MADE_LEN);
		assert_null(psk_fault(key));
		assert_string_not_equal(key, before);
		strcpy(before, key);
		for (const char *p = key; *p != '\0'; p++)
			count[(uint8_t)*p]++;
	}
	/* 2000 of each are to be expected. */
	for (int c = 0; c < 256; c++) {
		bool in = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || c == '.' || c == '_';

		if (in ? count[c] < 1700 || count[c] > 2300 : count[c] != 0)
			fail_msg("%c: %u times", c, count[c]);
	}
}

static void
keys_that_aws_refuses_are_known(void **state)
{
	static const struct {
		const char	*key;
		bool		good;
	} rows[] = {
		{ "1234567", false }, { "12345678", true },
		{ "0123456789", false }, { "_.aZ0123", true },
		{ "", false }, { "with blank", false }, { "dollar$12", false },
		{ "hyphen-12", false },
		{ "a123456789a123456789a123456789a123456789a123456789"
		    "a123456789abcd", true },
		{ "a123456789a123456789a123456789a123456789a123456789"
		    "a123456789abcde", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if ((psk_fault(rows[i].key) == NULL) != rows[i].good)
			fail_msg("%s", rows[i].key);
	}
}

static int
set_up(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	crypto_fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_free_block_is_taken),
		cmocka_unit_test(
		    every_block_but_those_reserved_is_handed_out_once),
		cmocka_unit_test(when_none_is_left_it_says_so),
		cmocka_unit_test(ipv6_blocks_are_random_and_not_used),
		cmocka_unit_test(a_key_that_is_made_is_one_that_aws_takes),
		cmocka_unit_test(keys_that_aws_refuses_are_known),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
