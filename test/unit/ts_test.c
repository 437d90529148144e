/*
 * Traffic selectors: what decodes, what is left out, round trips, narrowing
 * (RFC 7296 section 2.9) and the check of an answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "ike/ts.h"
#include "util/array.h"
#include "wire.h"

#define SYNTAX	N_INVALID_SYNTAX
#define TEN_8	"07 00 0010 0000 ffff 0a000000 0affffff "
#define TCP_80	"07 06 0010 0050 0050 c0000201 c0000201 "
#define V6	"08 11 0028 0000 ffff " \
	"20010db8000000000000000000000000 20010db80000000000000000000000ff "

static const struct {
	const char	*what;
	const char	*body;
	uint16_t	 verdict;
	const char	*list;
} decode[] = {
	{ "one IPv4 selector", "01000000" TEN_8, N_NONE, "10.0.0.0/8" },
	{ "protocol and port", "01000000" TCP_80, N_NONE,
	    "192.0.2.1/32[6/80]" },
	{ "one IPv6 selector", "01000000" V6, N_NONE,
	    "2001:db8::/120[17]" },
	{ "three selectors", "03000000" TEN_8 TCP_80 V6, N_NONE,
	    "10.0.0.0/8 192.0.2.1/32[6/80] 2001:db8::/120[17]" },
	{ "reserved octets are ignored", "01ffffff" TEN_8, N_NONE,
	    "10.0.0.0/8" },
	{ "a range that is no prefix",
	    "01000000 07 00 0010 0000 ffff 0a000005 0a000009", N_NONE,
	    "10.0.0.5-10.0.0.9" },
	{ "a range of ports",
	    "01000000 07 06 0010 0400 07ff 0a000005 0a000005", N_NONE,
	    "10.0.0.5/32[6/1024-2047]" },
	{ "the whole of IPv4",
	    "01000000 07 00 0010 0000 ffff 00000000 ffffffff", N_NONE,
	    "0.0.0.0/0" },
	{ "a type that we do not know is left out",
	    "02000000 0a 00 0008 00000000" TEN_8, N_NONE, "10.0.0.0/8" },
	{ "nothing but types that we do not know is an empty list",
	    "01000000 0a 00 0008 00000000", N_NONE, "none" },
	{ "a type that we do not know has 8 octets at least",
	    "01000000 0a 00 0007 000000", SYNTAX, NULL },
	{ "a backwards range of addresses is left out",
	    "01000000 07 00 0010 0000 ffff 0a000009 0a000005", N_NONE,
	    "none" },
	{ "opaque ports are left out",
	    "01000000 07 06 0010 ffff 0000 0a000000 0affffff", N_NONE,
	    "none" },
	{ "an empty body is refused", "", SYNTAX, NULL },
	{ "a count cut short is refused", "010000", SYNTAX, NULL },
	{ "no selectors are refused", "00000000", SYNTAX, NULL },
	{ "selectors beyond the count are refused", "01000000" TEN_8 TEN_8,
	    SYNTAX, NULL },
	{ "a count beyond the selectors is refused", "02000000" TEN_8,
	    SYNTAX, NULL },
	{ "an octet behind the selectors is refused", "01000000" TEN_8 "00",
	    SYNTAX, NULL },
	{ "a selector length of 0 is refused",
	    "01000000 07 00 0000 0000 ffff 0a000000 0affffff", SYNTAX, NULL },
	{ "a selector length of 7 is refused",
	    "01000000 07 00 0007 0000 ffff 0a000000 0affffff", SYNTAX, NULL },
	{ "IPv4 addresses in an IPv6 selector are refused",
	    "01000000 08 00 0010 0000 ffff 0a000000 0affffff", SYNTAX, NULL },
	{ "IPv6 lengths in an IPv4 selector are refused",
	    "01000000 07 00 0028 0000 ffff "
	    "20010db8000000000000000000000000 "
	    "20010db80000000000000000000000ff", SYNTAX, NULL },
	{ "a selector that is short by one is refused",
	    "01000000 07 00 000f 0000 ffff 0a000000 0affff", SYNTAX, NULL },
	{ "a selector that is long by one is refused",
	    "01000000 07 00 0011 0000 ffff 0a000000 0affffff 00", SYNTAX,
	    NULL },
	{ "a selector past the end is refused",
	    "01000000 07 00 ffff 0000 ffff 0a000000 0affffff", SYNTAX, NULL },
};

static void
test_decode(void **state)
{
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(decode); i++) {
		const struct wire w = wire(decode[i].body);
		struct ts_list l = { .n = 77 };

		print_message("  %s\n", decode[i].what);
		assert_int_equal(ts_decode(wire_bytes(&w), &l),
		    decode[i].verdict);
		if (decode[i].verdict != N_NONE) {
			assert_int_equal(l.n, 77);
			continue;
		}
		ts_str(&l, text, sizeof(text));
		assert_string_equal(text, decode[i].list);
	}
}

/* Selectors beyond TS_MAX are read, checked and left out. */
static void
test_limit(void **state)
{
	const struct wire one = wire(TEN_8);
	uint8_t buf[4 + 16 * 255];

	(void)state;
	for (unsigned n = TS_MAX - 1; n <= 255; n++) {
		struct wr w = wr_of(buf, sizeof(buf));
		struct ts_list l;

		wr_u8(&w, (uint8_t)n);
		wr_zero(&w, 3);
		for (unsigned i = 0; i < n; i++)
			wr_bytes(&w, wire_bytes(&one));
		assert_int_equal(ts_decode(wr_done(&w), &l), N_NONE);
		assert_int_equal(l.n, n < TS_MAX ? n : TS_MAX);
		assert_int_equal(ts_decode(bytes_of(buf, w.n - 1), &l),
		    SYNTAX);
	}
}

static void
test_round_trip(void **state)
{
	const struct wire w = wire("03000000" TEN_8 TCP_80 V6);
	uint8_t buf[128];
	struct wr out = wr_of(buf, sizeof(buf));
	struct ts_list l;

	(void)state;
	assert_int_equal(ts_decode(wire_bytes(&w), &l), N_NONE);
	ts_encode(&out, &l);
	assert_wire(wr_done(&out), "03000000" TEN_8 TCP_80 V6);
	for (size_t cap = 0; cap < w.n; cap++) {
		out = wr_of(buf, cap);
		ts_encode(&out, &l);
		assert_true(out.bad);
	}
}

/* One selector as ts_str writes it: "10.0.0.0/8", "10.0.0.1-10.0.0.9[6/80]". */
static struct ts
sel(char *s)
{
	char *upper = strchr(s, '['), *dash;
	unsigned proto, from, to;
	struct prefix p;
	struct ts t;
	int n;

	if (upper != NULL)
		*upper++ = '\0';
	dash = strchr(s, '-');
	if (dash == NULL) {
		assert_true(prefix_parse(&p, s));
		t = ts_prefix(&p);
	} else {
		t = (struct ts){ .port_hi = 65535 };
		*dash++ = '\0';
		assert_true(addr_parse(&t.lo, s));
		assert_true(addr_parse(&t.hi, dash));
	}
	if (upper == NULL)
		return t;
	n = sscanf(upper, "%u/%u-%u", &proto, &from, &to);
	assert_in_range(n, 1, 3);
	t.proto = (uint8_t)proto;
	if (n > 1)
		t.port_lo = t.port_hi = (uint16_t)from;
	if (n > 2)
		t.port_hi = (uint16_t)to;
	return t;
}

/* Selectors with blanks between. */
static struct ts_list
sels(const char *text)
{
	struct ts_list l = { 0 };
	char buf[512], *save = NULL;

	assert_true(strlen(text) < sizeof(buf));
	str_set(buf, sizeof(buf), text);
	for (char *s = strtok_r(buf, " ", &save); s != NULL;
	    s = strtok_r(NULL, " ", &save)) {
		assert_true(l.n < TS_MAX);
		l.ts[l.n++] = sel(s);
	}
	return l;
}

static const struct {
	const char	*what;
	const char	*theirs, *ours;
	const char	*both;
} narrow[] = {
	{ "equal ones stay", "10.0.0.0/8", "10.0.0.0/8",
	    "10.0.0.0/8" },
	{ "theirs within ours stays", "10.1.0.0/16",
	    "0.0.0.0/0", "10.1.0.0/16" },
	{ "theirs around ours becomes ours", "0.0.0.0/0",
	    "10.1.0.0/16", "10.1.0.0/16" },
	{ "what does not meet is nothing", "10.1.0.0/16",
	    "10.2.0.0/16", "none" },
	{ "families do not meet", "::/0", "0.0.0.0/0",
	    "none" },
	{ "IPv6 narrows as IPv4 does", "::/0",
	    "2001:db8:1::/48", "2001:db8:1::/48" },
	{ "both families at once",
	    "0.0.0.0/0 ::/0",
	    "fd00::/8 192.168.0.0/16",
	    "192.168.0.0/16 fd00::/8" },
	{ "several of each meet pairwise",
	    "10.1.0.0/16 10.2.0.0/16",
	    "10.1.1.0/24 10.2.2.0/24 10.3.0.0/16",
	    "10.1.1.0/24 10.2.2.0/24" },
	{ "theirs goes first in order",
	    "10.2.0.0/16 10.1.0.0/16",
	    "10.1.0.0/16 10.2.0.0/16",
	    "10.2.0.0/16 10.1.0.0/16" },
	{ "the first, specific one is in what is left (the packet's)",
	    "10.1.2.3/32[6/4500] 10.1.0.0/16",
	    "10.0.0.0/8", "10.1.0.0/16" },
	{ "it alone is left when the rest is not allowed",
	    "10.1.2.3/32[6/443] 172.16.0.0/12",
	    "10.0.0.0/8", "10.1.2.3/32[6/443]" },
	{ "the same twice is once",
	    "10.0.0.0/8 10.0.0.0/8", "10.0.0.0/8",
	    "10.0.0.0/8" },
	{ "a wide one swallows narrow ones before it",
	    "10.1.0.0/16 10.2.0.0/16 0.0.0.0/0",
	    "10.0.0.0/8", "10.0.0.0/8" },
	{ "a narrow one after a wide one adds nothing",
	    "10.0.0.0/8 10.2.0.0/16", "0.0.0.0/0",
	    "10.0.0.0/8" },
	/* protocols and ports */
	{ "a protocol narrows any", "10.0.0.0/8[6]",
	    "10.0.0.0/8", "10.0.0.0/8[6]" },
	{ "any is narrowed by a protocol", "10.0.0.0/8",
	    "10.0.0.0/8[17]", "10.0.0.0/8[17]" },
	{ "two protocols do not meet", "10.0.0.0/8[6]",
	    "10.0.0.0/8[17]", "none" },
	{ "one port stays", "10.0.0.0/8[6/80]",
	    "10.0.0.0/8", "10.0.0.0/8[6/80]" },
	{ "a port narrows a range of ports",
	    "10.0.0.0/8[6/1-1000]",
	    "10.0.0.0/8[6/80]", "10.0.0.0/8[6/80]" },
	{ "a range of ports is cut to its first",
	    "10.0.0.0/8[6/1-1000]",
	    "10.0.0.0/8[6/1000-2000]",
	    "10.0.0.0/8[6/1000]" },
	{ "all ports but the last are a range",
	    "10.0.0.0/8[6/0-65534]", "10.0.0.0/8",
	    "10.0.0.0/8[6/0]" },
	{ "ports that do not meet are nothing",
	    "10.0.0.0/8[6/1-79]",
	    "10.0.0.0/8[6/80]", "none" },
	{ "ICMP echo is a type in the upper octet",
	    "10.0.0.0/8[1/2048]",
	    "0.0.0.0/0", "10.0.0.0/8[1/2048]" },
	{ "any protocol does not swallow a wider network of one",
	    "10.1.0.0/16 10.0.0.0/8[6]",
	    "0.0.0.0/0", "10.1.0.0/16 10.0.0.0/8[6]" },
	/* ranges that are not prefixes */
	{ "a range becomes its prefixes", "10.0.0.5-10.0.0.9",
	    "0.0.0.0/0", "10.0.0.5/32 10.0.0.6/31 10.0.0.8/31" },
	{ "a range is cut before it is split",
	    "10.0.0.5-10.0.0.9", "10.0.0.0/29",
	    "10.0.0.5/32 10.0.0.6/31" },
	{ "two ranges overlap", "10.0.0.0-10.0.0.11",
	    "10.0.0.8-10.0.1.255", "10.0.0.8/30" },
	{ "a range up to the last address ends there",
	    "255.255.255.253-255.255.255.255",
	    "0.0.0.0/0", "255.255.255.253/32 255.255.255.254/31" },
	{ "a range of IPv6 becomes prefixes",
	    "2001:db8::ffff-2001:db8::1:1", "::/0",
	    "2001:db8::ffff/128 2001:db8::1:0/127" },
	{ "a range has as many prefixes as there is room",
	    "10.0.0.1-10.0.3.254", "0.0.0.0/0",
	    "10.0.0.1/32 10.0.0.2/31 10.0.0.4/30 10.0.0.8/29 10.0.0.16/28 "
	    "10.0.0.32/27 10.0.0.64/26 10.0.0.128/25" },
	{ "prefixes get their room before ranges",
	    "10.0.0.1-10.0.3.254 10.1.0.0/16 10.2.0.0/16", "0.0.0.0/0",
	    "10.1.0.0/16 10.2.0.0/16 10.0.0.1/32 10.0.0.2/31 10.0.0.4/30 "
	    "10.0.0.8/29 10.0.0.16/28 10.0.0.32/27" },
	{ "what a wide one swallows makes room when the list is full",
	    "10.0.0.0/24 10.0.2.0/24 10.0.4.0/24 10.0.6.0/24 "
	    "10.1.0.0/24 10.1.2.0/24 10.1.4.0/24 0.0.0.0/0",
	    "10.0.0.0/16 10.1.0.0/16",
	    "10.0.0.0/16 10.1.0.0/16" },
};

static void
test_narrow(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(narrow); i++) {
		const struct ts_list theirs = sels(narrow[i].theirs);
		const struct ts_list ours = sels(narrow[i].ours);
		struct ts_list both;

		print_message("  %s\n", narrow[i].what);
		ts_narrow(&theirs, &ours, &both);
		ts_str(&both, text, sizeof(text));
		assert_string_equal(text, narrow[i].both);
		if (both.n == 0)
			continue;
		assert_true(ts_within(&both, &theirs));
		assert_true(ts_within(&both, &ours));
	}
}

/* 8 of theirs by 2 of ours are 16, of which the first TS_MAX are kept. */
static void
test_narrow_overflow(void **state)
{
	const struct ts_list ours = sels("0.0.0.0/0[6] 0.0.0.0/0[17]");
	struct ts_list theirs = { 0 }, both;
	char text[512];

	(void)state;
	for (unsigned i = 0; i < TS_MAX; i++) {
		struct prefix p = { { ADDR_IPV4, { 10, (uint8_t)i } }, 16 };

		theirs.ts[theirs.n++] = ts_prefix(&p);
	}
	ts_narrow(&theirs, &ours, &both);
	ts_str(&both, text, sizeof(text));
	assert_string_equal(text, "10.0.0.0/16[6] 10.0.0.0/16[17] "
	    "10.1.0.0/16[6] 10.1.0.0/16[17] 10.2.0.0/16[6] 10.2.0.0/16[17] "
	    "10.3.0.0/16[6] 10.3.0.0/16[17]");
}

/* The result may stand where an input did. */
static void
test_narrow_in_place(void **state)
{
	const struct ts_list ours = sels("10.1.0.0/16 10.2.0.0/16");
	struct ts_list l = sels("0.0.0.0/0");
	char text[64];

	(void)state;
	ts_narrow(&l, &ours, &l);
	ts_str(&l, text, sizeof(text));
	assert_string_equal(text, "10.1.0.0/16 10.2.0.0/16");
}

static const struct {
	const char	*what;
	const char	*answer, *offered;
	bool		 ok;
} within[] = {
	{ "the same is within", "10.0.0.0/8", "10.0.0.0/8",
	    true },
	{ "less is within", "10.1.0.0/16", "10.0.0.0/8",
	    true },
	{ "more is not", "10.0.0.0/8", "10.1.0.0/16",
	    false },
	{ "nothing is not", "", "10.0.0.0/8", false },
	{ "each must be within one",
	    "10.1.0.0/16 10.2.0.0/16",
	    "10.2.0.0/16 10.1.0.0/16", true },
	{ "one that is not spoils all",
	    "10.1.0.0/16 10.3.0.0/16",
	    "10.1.0.0/16 10.2.0.0/16", false },
	{ "two halves do not hold the whole", "10.0.0.0/8",
	    "10.0.0.0/9 10.128.0.0/9", false },
	{ "below by one is not within", "9.255.255.255-10.0.0.1",
	    "10.0.0.0/8", false },
	{ "above by one is not within", "10.0.0.1-11.0.0.0",
	    "10.0.0.0/8", false },
	{ "another family is not within", "::/128",
	    "0.0.0.0/0", false },
	{ "one protocol is within any", "10.0.0.0/8[6]",
	    "10.0.0.0/8", true },
	{ "any protocol is not within one", "10.0.0.0/8",
	    "10.0.0.0/8[6]", false },
	{ "one port is within any", "10.0.0.0/8[6/80]",
	    "10.0.0.0/8[6]", true },
	{ "all ports are not within one", "10.0.0.0/8[6]",
	    "10.0.0.0/8[6/80]", false },
	{ "a port above is not within", "10.0.0.0/8[6/80-81]",
	    "10.0.0.0/8[6/80]", false },
	{ "a port below is not within", "10.0.0.0/8[6/79-80]",
	    "10.0.0.0/8[6/80]", false },
};

static void
test_within(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(within); i++) {
		const struct ts_list answer = sels(within[i].answer);
		const struct ts_list offered = sels(within[i].offered);

		print_message("  %s\n", within[i].what);
		assert_int_equal(ts_within(&answer, &offered), within[i].ok);
	}
}

static const struct {
	const char	*what;
	const char	*sel;
	const char	*net;
} nets[] = {
	{ "a prefix is itself", "10.1.2.0/24", "10.1.2.0/24" },
	{ "host bits are cleared", "10.1.2.3/24", "10.1.2.0/24" },
	{ "everything is", "0.0.0.0/0", "0.0.0.0/0" },
	{ "an address is", "10.1.2.3/32", "10.1.2.3/32" },
	{ "all of IPv6 is", "::/0", "::/0" },
	{ "an IPv6 address is", "2001:db8::1/128",
	    "2001:db8::1/128" },
	{ "a range begins with its first prefix",
	    "10.0.0.4-10.0.0.10", "10.0.0.4/30" },
};

static void
test_net(void **state)
{
	char text[PREFIX_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nets); i++) {
		const struct ts_list l = sels(nets[i].sel);
		const struct prefix p = ts_net(&l.ts[0]);

		print_message("  %s\n", nets[i].what);
		assert_string_equal(prefix_str(&p, text), nets[i].net);
	}
}

static void
test_text_is_cut(void **state)
{
	const struct ts_list l = sels("10.1.0.0/16 10.2.0.0/16");
	char text[14];

	(void)state;
	memset(text, 'x', sizeof(text));
	ts_str(&l, text, sizeof(text) - 1);
	assert_string_equal(text, "10.1.0.0/16 ");
	assert_int_equal(text[sizeof(text) - 1], 'x');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_narrow_overflow),
		cmocka_unit_test(test_narrow_in_place),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
