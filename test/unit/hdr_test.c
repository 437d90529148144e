/* The IKE header: what is refused, where each field stands, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/hdr.h"
#include "util/array.h"
#include "wire.h"

#define SPIS	"0102030405060708 1112131415161718 "

static const struct {
	const char	*what;
	const char	*msg;
	bool		 ok;
} rows[] = {
	{ "a header alone is a message", SPIS "00202508 00000007 0000001c",
	    true },
	{ "an empty datagram is refused", "", false },
	{ "27 octets are no header", SPIS "00202508 00000007 000000", false },
	{ "a length above the datagram's is refused",
	    SPIS "00202508 00000007 0000001d", false },
	{ "a length below the datagram's is refused",
	    SPIS "00202508 00000007 0000001c 00", false },
	{ "a length below the header's is refused",
	    SPIS "00202508 00000007 0000001b", false },
	{ "a length of nothing is refused",
	    SPIS "00202508 00000007 00000000", false },
	{ "a length of all ones is refused",
	    SPIS "00202508 00000007 ffffffff", false },
	{ "a length that is right in its lower half alone is refused",
	    SPIS "00202508 00000007 0001001c", false },
	{ "what follows the header is not looked at",
	    SPIS "21202508 00000007 00000020 ffffffff", true },
	{ "another version is for the caller to answer",
	    SPIS "00302508 00000007 0000001c", true },
	{ "unknown exchanges and reserved flags are for the caller to judge",
	    SPIS "0020ffff 00000007 0000001c", true },
};

static void
test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct wire w = wire(rows[i].msg);
		const struct hdr before = { .mid = 0xdeadbeef };
		struct hdr h = before;

		print_message("  %s\n", rows[i].what);
		assert_int_equal(hdr_decode(wire_bytes(&w), &h), rows[i].ok);
		if (!rows[i].ok)
			assert_memory_equal(&h, &before, sizeof(h));
	}
}

static void
test_fields(void **state)
{
	const struct wire w = wire(
	    "0102030405060708 f1f2f3f4f5f6f7f8 2e 20 23 28 80000001 0000001c");
	struct hdr h;

	(void)state;
	assert_true(hdr_decode(wire_bytes(&w), &h));
	assert_true(h.spi_i == UINT64_C(0x0102030405060708));
	assert_true(h.spi_r == UINT64_C(0xf1f2f3f4f5f6f7f8));
	assert_int_equal(h.next, 46);
	assert_int_equal(h.version, HDR_VERSION);
	assert_int_equal(h.exchange, IKE_AUTH);
	assert_int_equal(h.flags, HDR_INITIATOR | HDR_RESPONSE);
	assert_int_equal(h.mid, 0x80000001);
	assert_int_equal(h.length, HDR_LEN);
}

static void
test_encode(void **state)
{
	const struct hdr h = {
		.spi_i = 1, .spi_r = UINT64_C(0x8000000000000000), .next = 33,
		.version = HDR_VERSION, .exchange = IKE_SA_INIT,
		.flags = HDR_INITIATOR, .mid = 0x01020304, .length = 0x0102,
	};
	uint8_t buf[HDR_LEN];
	struct wr w = wr_of(buf, sizeof(buf));

	(void)state;
	hdr_encode(&w, &h);
	assert_wire(wr_done(&w), "0000000000000001 8000000000000000 "
	    "21 20 22 08 01020304 00000102");
	w = wr_of(buf, sizeof(buf) - 1);
	hdr_encode(&w, &h);
	assert_true(w.bad);
}

static void
test_round_trip(void **state)
{
	uint8_t buf[HDR_LEN];

	(void)state;
	for (unsigned bit = 0; bit < 8 * (HDR_LEN - 4); bit++) {
		uint8_t one[HDR_LEN] = { [HDR_LEN - 1] = HDR_LEN };
		struct wr w = wr_of(buf, sizeof(buf));
		struct hdr h;

		one[bit / 8] = (uint8_t)(0x80 >> bit % 8);
		assert_true(hdr_decode(bytes_of(one, sizeof(one)), &h));
		hdr_encode(&w, &h);
		assert_memory_equal(buf, one, sizeof(one));
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(hdr_exchange_str(34), "IKE_SA_INIT");
	assert_string_equal(hdr_exchange_str(35), "IKE_AUTH");
	assert_string_equal(hdr_exchange_str(36), "CREATE_CHILD_SA");
	assert_string_equal(hdr_exchange_str(37), "INFORMATIONAL");
	assert_string_equal(hdr_exchange_str(33), "unknown exchange");
	assert_string_equal(hdr_exchange_str(0), "unknown exchange");
	assert_string_equal(hdr_exchange_str(255), "unknown exchange");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
