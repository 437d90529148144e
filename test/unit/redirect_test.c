/* Gateways in REDIRECT notifies (RFC 5685 section 9.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/redirect.h"
#include "util/array.h"
#include "wire.h"

static const struct {
	const char	*what, *data;
	bool		 ok;
	const char	*gateway;	/* as text */
	bool		 address;
	size_t		 nonce;
} rows[] = {
	{ "an IPv4 address", "01 04 c0000209", true, "192.0.2.9", true, 0 },
	{ "an IPv4 address and a nonce",
	    "01 04 c0000209 000102030405060708090a0b0c0d0e0f", true,
	    "192.0.2.9", true, 16 },
	{ "an IPv6 address", "02 10 20010db8000000000000000000000009", true,
	    "2001:db8::9", true, 0 },
	{ "an IPv6 address and one octet more",
	    "02 10 20010db8000000000000000000000009 ff", true,
	    "2001:db8::9", true, 1 },
	{ "a name", "03 05 67762e6575", true, "gv.eu", false, 0 },
	{ "a name that does not print", "03 03 00 0a 5c", true,
	    "\\x00\\x0a\\x5c", false, 0 },
	{ "a type that nobody knows", "04 02 aabb", true,
	    "a gateway of unknown type 4", false, 0 },
	{ "type 0", "00 01 aa", true, "a gateway of unknown type 0", false,
	    0 },
	{ "nothing", "", false, NULL, false, 0 },
	{ "a type alone", "01", false, NULL, false, 0 },
	{ "no identity", "01 00", false, NULL, false, 0 },
	{ "an empty name", "03 00", false, NULL, false, 0 },
	{ "an IPv4 address of three octets", "01 03 c00002", false, NULL,
	    false, 0 },
	{ "an IPv4 address of sixteen",
	    "01 10 20010db8000000000000000000000009", false, NULL, false, 0 },
	{ "an IPv6 address of four", "02 04 c0000209", false, NULL, false,
	    0 },
	{ "an address that is cut off", "01 04 c00002", false, NULL, false,
	    0 },
	{ "a name that is cut off", "03 ff 6162", false, NULL, false, 0 },
};

static void
data_of_every_shape_is_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct redirect_to g = { .type = 99 };
		struct wire w = wire(rows[i].data);
		char text[REDIRECT_NAMELEN];

		print_message("  %s\n", rows[i].what);
		assert_int_equal(redirect_decode(wire_bytes(&w), &g),
		    rows[i].ok);
		if (!rows[i].ok) {
			assert_int_equal(g.type, 99);
			continue;
		}
		assert_int_equal(addr_is_set(&g.addr), rows[i].address);
		assert_string_equal(redirect_str(&g, text), rows[i].gateway);
		assert_int_equal(g.nonce.n, rows[i].nonce);
	}
}

static void
what_is_written_is_read_again(void **state)
{
	static const char *const addrs[] = { "192.0.2.9", "2001:db8::1:9" };
	static const char *const wires[] = {
		"01 04 c0000209 6e6f6e6365",
		"02 10 20010db8000000000000000000010009 6e6f6e6365",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		uint8_t buf[64];
		struct wr w = wr_of(buf, sizeof(buf));
		struct redirect_to g;
		struct addr a;

		assert_true(addr_parse(&a, addrs[i]));
		redirect_encode(&w, &a, bytes_str("nonce"));
		assert_false(w.bad);
		assert_wire(wr_done(&w), wires[i]);
		assert_true(redirect_decode(wr_done(&w), &g));
		assert_true(addr_eq(&g.addr, &a));
		assert_true(bytes_eq(g.nonce, bytes_str("nonce")));
	}
}

/* The longest name does not run over its text. */
static void
a_long_name_is_cut(void **state)
{
	uint8_t data[2 + 255] = { 3, 255 };
	char text[REDIRECT_NAMELEN];
	struct redirect_to g;

	(void)state;
	memset(data + 2, 0xff, 255);
	assert_true(redirect_decode(bytes_of(data, sizeof(data)), &g));
	assert_true(strlen(redirect_str(&g, text)) < REDIRECT_NAMELEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_of_every_shape_is_read_or_refused),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(a_long_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
