/* Addresses, endpoints and prefixes: text, order, arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/addr.h"
#include "util/array.h"

/* Five octets: no address has as many. */
static const uint8_t five[5] = { 10, 0, 0, 1, 0 };

static struct addr
addr_of(const char *text)
{
	struct addr a;

	assert_true(addr_parse(&a, text));
	return a;
}

static void
addresses_keep_their_text(void **state)
{
	static const struct {
		const char	*text, *canonical;
		bool		 any, link_local, loopback, multicast;
	} cases[] = {
		{ "0.0.0.0", NULL, true, false, false, false },
		{ "192.0.2.1", NULL, false, false, false, false },
		{ "127.9.9.9", NULL, false, false, true, false },
		{ "169.254.10.2", NULL, false, false, false, false },
		{ "224.0.0.5", NULL, false, false, false, true },
		{ "239.255.255.255", NULL, false, false, false, true },
		{ "240.0.0.1", NULL, false, false, false, false },
		{ "::", NULL, true, false, false, false },
		{ "::1", NULL, false, false, true, false },
		{ "fe80::1", NULL, false, true, false, false },
		{ "febf::1", NULL, false, true, false, false },
		{ "fec0::1", NULL, false, false, false, false },
		{ "ff02::2", NULL, false, false, false, true },
		{ "2001:DB8:0:0::1", "2001:db8::1",
		    false, false, false, false },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		    false, false, false, true },
	};
	char buf[ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = addr_of(cases[i].text), copy;

		assert_string_equal(addr_str(&a, buf),
		    cases[i].canonical != NULL ?
		    cases[i].canonical : cases[i].text);
		assert_int_equal(addr_is_any(&a), cases[i].any);
		assert_int_equal(addr_is_link_local(&a), cases[i].link_local);
		assert_int_equal(addr_is_loopback(&a), cases[i].loopback);
		assert_int_equal(addr_is_multicast(&a), cases[i].multicast);
		copy = addr_from(addr_bytes(&a));
		assert_true(addr_eq(&a, &copy));
		assert_int_equal(addr_bits(&a), addr_octets(&a) * 8);
	}
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", "01.2.3.4x",
		":::", "1::2::3", "fe80::1%eth0", "12345::", "host", "[::1]",
	};
	struct addr a = addr_of("192.0.2.1"), before = a;
	struct addr none = addr_from(bytes_of(five, 5));
	char buf[ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_false(addr_parse(&a, texts[i]));
		assert_true(addr_eq(&a, &before));
	}
	assert_false(addr_is_set(&none));
	assert_false(addr_is_any(&none));
	assert_int_equal(addr_octets(&none), 0);
	assert_string_equal(addr_str(&none, buf), "none");
}

static void
addresses_sort_by_family_then_value(void **state)
{
	static const char *const order[] = {
		"0.0.0.0", "9.255.255.255", "10.0.0.0", "255.255.255.255",
		"::", "::1", "2001:db8::", "ffff::",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(order); j++) {
			struct addr a = addr_of(order[i]);
			struct addr b = addr_of(order[j]);
			int c = addr_cmp(&a, &b);

			assert_int_equal((c > 0) - (c < 0),
			    (i > j) - (i < j));
			assert_int_equal(addr_eq(&a, &b), i == j);
		}
	}
}

static void
addition_carries_and_wraps_within_the_family(void **state)
{
	static const struct {
		const char	*from;
		unsigned	 n;
		const char	*to;
	} cases[] = {
		{ "169.254.10.0", 0, "169.254.10.0" },
		{ "169.254.10.0", 2, "169.254.10.2" },
		{ "10.0.0.255", 1, "10.0.1.0" },
		{ "10.255.255.255", 1, "11.0.0.0" },
		{ "10.0.0.1", 0x01020304, "11.2.3.5" },
		{ "255.255.255.255", 1, "0.0.0.0" },
		{ "0.0.0.1", 0xffffffff, "0.0.0.0" },
		{ "0.0.0.0", 0xffffffff, "255.255.255.255" },
		{ "::1", 0xffffffff, "::1:0:0" },
		{ "::ffff", 0xffffffff, "::1:0:fffe" },
		{ "fd00::ffff:ffff", 1, "fd00::1:0:0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "::" },
	};
	char buf[ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = addr_of(cases[i].from);
		struct addr sum = addr_plus(&a, cases[i].n);

		assert_string_equal(addr_str(&sum, buf), cases[i].to);
	}
}

static void
endpoints_and_paths_have_text_and_equality(void **state)
{
	struct path p = {
		.local = { addr_of("192.0.2.1"), 500 },
		.remote = { addr_of("2001:db8::1"), 4500 },
	}, q = p;
	struct endpoint longest = {
		addr_of("1111:2222:3333:4444:5555:6666:7777:8888"), 65535,
	};
	char buf[ENDPOINT_STRLEN];

	(void)state;
	assert_string_equal(endpoint_str(&p.local, buf), "192.0.2.1:500");
	assert_string_equal(endpoint_str(&p.remote, buf),
	    "[2001:db8::1]:4500");
	assert_string_equal(endpoint_str(&longest, buf),
	    "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
	assert_true(path_eq(&p, &q));
	q.remote.port = 4501;
	assert_false(endpoint_eq(&p.remote, &q.remote));
	assert_false(path_eq(&p, &q));
	q = p;
	q.local.addr.b[3] = 2;
	assert_false(path_eq(&p, &q));
}

static struct prefix
prefix_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text));
	return p;
}

static void
prefixes_have_a_network_and_a_last_address(void **state)
{
	static const struct {
		const char	*text, *network, *last;
	} cases[] = {
		{ "0.0.0.0/0", "0.0.0.0/0", "255.255.255.255" },
		{ "10.1.2.3/8", "10.0.0.0/8", "10.255.255.255" },
		{ "10.255.2.3/9", "10.128.0.0/9", "10.255.255.255" },
		{ "169.254.10.6/30", "169.254.10.4/30", "169.254.10.7" },
		{ "10.0.0.1/31", "10.0.0.0/31", "10.0.0.1" },
		{ "10.0.0.1/32", "10.0.0.1/32", "10.0.0.1" },
		{ "::/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "fd00:10::2/126", "fd00:10::/126", "fd00:10::3" },
		{ "fd00::1/127", "fd00::/127", "fd00::1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char buf[PREFIX_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix p = prefix_of(cases[i].text);
		struct prefix network = prefix_network(&p);
		struct addr last = prefix_last(&p);

		assert_string_equal(prefix_str(&p, buf), cases[i].text);
		assert_string_equal(prefix_str(&network, buf),
		    cases[i].network);
		assert_string_equal(addr_str(&last, buf), cases[i].last);
		assert_true(prefix_has(&p, &network.addr));
		assert_true(prefix_has(&p, &last));
	}
}

static void
what_is_no_prefix_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
		"10.0.0.0/ 8", "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/8/8",
		"10.0.0.0/0x8", "10.0/8", "::/129", "/24",
		"10.0.0.0/18446744073709551624", "10.0.0.0/4294967304",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/8",
	};
	struct prefix p = prefix_of("10.0.0.0/8"), before = p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_false(prefix_parse(&p, texts[i]));
		assert_true(prefix_eq(&p, &before));
	}
}

static void
prefixes_hold_addresses_and_each_other(void **state)
{
	static const struct {
		const char	*outer, *inner;
		bool		 covers;
	} cases[] = {
		{ "0.0.0.0/0", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "0.0.0.0/0", false },
		{ "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.0.0.0/9", "10.127.0.0/16", true },
		{ "10.0.0.0/9", "10.128.0.0/16", false },
		{ "10.1.2.4/30", "10.1.2.7/32", true },
		{ "10.1.2.4/30", "10.1.2.8/32", false },
		{ "0.0.0.0/0", "::/0", false },
		{ "::/0", "10.0.0.0/8", false },
		{ "2001:db8::/33", "2001:db8:7fff::/48", true },
		{ "2001:db8::/33", "2001:db8:8000::/48", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix outer = prefix_of(cases[i].outer);
		struct prefix inner = prefix_of(cases[i].inner);

		assert_int_equal(prefix_covers(&outer, &inner),
		    cases[i].covers);
	}
}

static void
prefixes_sort_by_address_then_length(void **state)
{
	static const char *const order[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16",
		"::/0", "::/1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(order); j++) {
			struct prefix p = prefix_of(order[i]);
			struct prefix q = prefix_of(order[j]);
			int c = prefix_cmp(&p, &q);

			assert_int_equal((c > 0) - (c < 0),
			    (i > j) - (i < j));
			assert_int_equal(prefix_eq(&p, &q), i == j);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_keep_their_text),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(addresses_sort_by_family_then_value),
		cmocka_unit_test(addition_carries_and_wraps_within_the_family),
		cmocka_unit_test(endpoints_and_paths_have_text_and_equality),
		cmocka_unit_test(prefixes_have_a_network_and_a_last_address),
		cmocka_unit_test(what_is_no_prefix_is_refused),
		cmocka_unit_test(prefixes_hold_addresses_and_each_other),
		cmocka_unit_test(prefixes_sort_by_address_then_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
