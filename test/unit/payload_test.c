/*
 * Payload chains: verdicts, where every field ends up, the limits, and that no
 * chain cut short passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/payload.h"
#include "util/array.h"
#include "wire.h"

#define OCTETS_15	"000102030405060708090a0b0c0d0e"
#define OCTETS_16	OCTETS_15 "0f"
#define CRITICAL	N_UNSUPPORTED_CRITICAL_PAYLOAD
#define SYNTAX		N_INVALID_SYNTAX

static const struct {
	const char	*what;
	uint8_t		 first;
	const char	*chain;
	uint16_t	 verdict;
} rows[] = {
	/* the generic header, sections 2.5 and 3.2 */
	{ "no payload at all is a message", 0, "", N_NONE },
	{ "octets without a payload are refused", 0, "00", SYNTAX },
	{ "an announced payload that is not there is refused", 43, "",
	    SYNTAX },
	{ "a generic header cut short is refused", 43, "000000", SYNTAX },
	{ "a payload length of 0 is refused", 43, "00000000", SYNTAX },
	{ "a payload length of 3 is refused", 43, "00000003", SYNTAX },
	{ "a payload of length 4 is empty", 43, "00000004", N_NONE },
	{ "a payload past the end by one is refused", 43, "00000006 aa",
	    SYNTAX },
	{ "a payload of 65535 that is not there is refused", 43,
	    "0000ffff aa", SYNTAX },
	{ "octets behind the last payload are refused", 43, "00000004 00",
	    SYNTAX },
	{ "a next payload that is not there is refused", 43, "2b000004",
	    SYNTAX },
	{ "reserved bits are ignored", 43, "007f0004", N_NONE },
	{ "an unknown payload is skipped", 200, "00000005 aa", N_NONE },
	{ "what follows an unknown payload is read", 200,
	    "28000005 aa 00000004", SYNTAX },
	{ "an unknown critical payload is refused as such", 200,
	    "00800005 aa", CRITICAL },
	{ "an unknown critical payload behind others is, too", 43,
	    "c8000004 00800004", CRITICAL },
	{ "the critical bit of a known payload is ignored", 43, "00800004",
	    N_NONE },
	{ "IKEv1's types are unknown", 1, "00000004", N_NONE },
	{ "IKEv1's types are unknown, and critical", 1, "00800004",
	    CRITICAL },
	{ "the type below the first is unknown", 32, "00800004", CRITICAL },
	{ "the type above the last is unknown", 49, "00800004", CRITICAL },
	{ "the highest type is unknown", 255, "00800004", CRITICAL },
	{ "a critical payload past the end is a syntax error", 200,
	    "00800005", SYNTAX },
	/* bodies, sections 3.4 to 3.11 */
	{ "KE needs its group and reserved octets", 34, "00000007 001400",
	    SYNTAX },
	{ "KE without data is for the group to refuse", 34,
	    "00000008 00140000", N_NONE },
	{ "IDi needs its type and reserved octets", 35, "00000007 010000",
	    SYNTAX },
	{ "IDr needs its type and reserved octets", 36, "00000007 010000",
	    SYNTAX },
	{ "an identity without data is for policy to refuse", 35,
	    "00000008 01000000", N_NONE },
	{ "AUTH needs its method and reserved octets", 39, "00000007 020000",
	    SYNTAX },
	{ "a nonce of 15 octets is refused", 40, "00000013" OCTETS_15,
	    SYNTAX },
	{ "a nonce of 16 octets is accepted", 40, "00000014" OCTETS_16,
	    N_NONE },
	{ "a notify needs its type", 41, "00000007 000040", SYNTAX },
	{ "a notify may be without SPI and data", 41, "00000008 00004000",
	    N_NONE },
	{ "a notify's SPI past its end is refused", 41,
	    "0000000b 03040000 010203", SYNTAX },
	{ "a notify's SPI ends where its payload does, not the message", 41,
	    "2b00000b 03040000 010203 00000004", SYNTAX },
	{ "a delete needs its count", 42, "00000007 010000", SYNTAX },
	{ "a delete of the IKE SA has no SPI", 42, "00000008 01000000",
	    N_NONE },
	{ "a delete of the IKE SA with an SPI is refused", 42,
	    "0000000c 01040001 01020304", SYNTAX },
	{ "a delete of ESP has SPIs of 4 octets", 42,
	    "0000000c 03040001 01020304", N_NONE },
	{ "a delete of ESP with SPIs of 8 octets is refused", 42,
	    "00000010 03080001 0102030405060708", SYNTAX },
	{ "a delete of ESP without an SPI size is refused", 42,
	    "00000008 03000001", SYNTAX },
	{ "a delete of AH has SPIs of 4 octets", 42,
	    "0000000c 02040001 01020304", N_NONE },
	{ "a delete of AH with SPIs of 2 octets is refused", 42,
	    "0000000a 02020001 0102", SYNTAX },
	{ "a delete of an unknown protocol is not ours to refuse", 42,
	    "0000000a 09020001 0102", N_NONE },
	{ "a delete of nothing is a delete", 42, "00000008 03040000",
	    N_NONE },
	{ "a delete with fewer SPIs than it counts is refused", 42,
	    "0000000c 03040002 01020304", SYNTAX },
	{ "a delete with more SPIs than it counts is refused", 42,
	    "00000010 03040001 0102030405060708", SYNTAX },
	{ "a delete of 65535 SPIs of 255 octets is refused", 42,
	    "0000000c 09ffffff 01020304", SYNTAX },
	/* the Encrypted payload, section 3.14 */
	{ "SK ends a message, and its next is inside", 46, "21000005 aa",
	    N_NONE },
	{ "SK may follow others", 43, "2e000004 23000005 aa", N_NONE },
	{ "anything behind SK is refused", 46, "2b000004 00000004",
	    SYNTAX },
};

static void
test_verdicts(void **state)
{
	static struct msg before;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct wire w = wire(rows[i].chain);
		struct msg m = before;

		print_message("  %s\n", rows[i].what);
		assert_int_equal(payload_decode(rows[i].first, wire_bytes(&w),
		    HDR_LEN, &m), rows[i].verdict);
		if (rows[i].verdict == SYNTAX)
			assert_memory_equal(&m, &before, sizeof(m));
	}
}

static void
test_critical_type_is_told(void **state)
{
	const struct wire w = wire("c8000004 00800004");
	struct msg m = { 0 };

	(void)state;
	assert_int_equal(payload_decode(43, wire_bytes(&w), 0, &m), CRITICAL);
	assert_int_equal(m.critical, 200);
}

/* Every type, twice: those that may repeat and those that must not. */
static void
test_repetition(void **state)
{
	static const char *const bodies[] = {
		[PL_KE - 33] = "00140000", [PL_IDI - 33] = "01000000",
		[PL_IDR - 33] = "01000000", [PL_AUTH - 33] = "02000000",
		[PL_NONCE - 33] = OCTETS_16, [PL_NOTIFY - 33] = "00004000",
		[PL_DELETE - 33] = "01000000", [PL_EAP - 33] = "",
		[PL_CERT - 33] = "043000", [PL_CERTREQ - 33] = "04",
	};
	const uint32_t many = PL_BIT(PL_CERT) | PL_BIT(PL_CERTREQ) |
	    PL_BIT(PL_NOTIFY) | PL_BIT(PL_DELETE) | PL_BIT(PL_VENDOR);

	(void)state;
	for (unsigned type = PL_SA; type <= PL_EAP; type++) {
		const char *text = bodies[type - 33];
		const struct wire body = wire(text == NULL ? "" : text);
		uint8_t buf[64];
		struct wr w = wr_of(buf, sizeof(buf));
		struct msg m;

		if (type == PL_SK)
			continue;
		for (unsigned i = 0; i < 2; i++) {
			wr_u8(&w, i == 0 ? (uint8_t)type : PL_NONE);
			wr_u8(&w, 0);
			wr_u16(&w, (uint16_t)(4 + body.n));
			wr_bytes(&w, wire_bytes(&body));
		}
		print_message("  type %u\n", type);
		assert_int_equal(payload_decode((uint8_t)type, wr_done(&w), 0,
		    &m), (many & PL_BIT(type)) != 0 ? N_NONE : SYNTAX);
	}
}

static void
test_fields_of_init(void **state)
{
	const struct wire w = wire(
	    "22000006 a1a2"				/* SA */
	    "2800000b 0013ffff c1c2c3"			/* KE */
	    "29000014" OCTETS_16			/* Nonce */
	    "2900000a 01004006 e1e2"			/* COOKIE */
	    "0000000d 03044009 01020304 ee");		/* REKEY_SA */
	struct msg m;

	(void)state;
	assert_int_equal(payload_decode(33, wire_bytes(&w), HDR_LEN, &m),
	    N_NONE);
	assert_int_equal(m.seen, PL_BIT(PL_SA) | PL_BIT(PL_KE) |
	    PL_BIT(PL_NONCE) | PL_BIT(PL_NOTIFY));
	assert_int_equal(m.critical, 0);
	assert_int_equal(m.first, PL_SA);
	assert_ptr_equal(m.chain.p, w.b);
	assert_int_equal(m.chain.n, w.n);
	assert_wire(m.sa, "a1a2");
	assert_int_equal(m.ke.group, 19);
	assert_wire(m.ke.data, "c1c2c3");
	assert_wire(m.nonce, OCTETS_16);
	assert_int_equal(m.notifies_n, 2);
	assert_int_equal(m.notifies[0].type, N_COOKIE);
	assert_int_equal(m.notifies[0].proto, PROTO_NONE);
	assert_int_equal(m.notifies[0].spi.n, 0);
	assert_wire(m.notifies[0].data, "e1e2");
	assert_int_equal(m.notifies[1].type, N_REKEY_SA);
	assert_int_equal(m.notifies[1].proto, PROTO_ESP);
	assert_wire(m.notifies[1].spi, "01020304");
	assert_wire(m.notifies[1].data, "ee");
	assert_ptr_equal(msg_notify(&m, N_REKEY_SA), &m.notifies[1]);
	assert_null(msg_notify(&m, N_INITIAL_CONTACT));
	assert_null(msg_error(&m));
}

static void
test_fields_of_auth(void **state)
{
	const struct wire w = wire(
	    "2400000a 01aabbcc d1d2"			/* IDi */
	    "25000009 02000000 d3"			/* IDr */
	    "27000009 04 d4d5d6d7"			/* CERT */
	    "2c00000a 02010203 f1f2"			/* AUTH */
	    "2d000005 f3"				/* TSi */
	    "29000005 f4"				/* TSr */
	    "29000008 00004000"				/* INITIAL_CONTACT */
	    "29000008 00000026"				/* TS_UNACCEPTABLE */
	    "00000008 0000000e");			/* NO_PROPOSAL_CHOSEN */
	struct msg m;

	(void)state;
	assert_int_equal(payload_decode(35, wire_bytes(&w), 0, &m), N_NONE);
	assert_int_equal(m.idi.type, 1);
	assert_wire(m.idi.data, "d1d2");
	/* section 2.15: signed as it came, reserved octets and all */
	assert_wire(m.idi.body, "01aabbcc d1d2");
	assert_int_equal(m.idr.type, 2);
	assert_wire(m.idr.data, "d3");
	assert_wire(m.idr.body, "02000000 d3");
	assert_int_equal(m.auth.method, 2);
	assert_wire(m.auth.data, "f1f2");
	assert_wire(m.tsi, "f3");
	assert_wire(m.tsr, "f4");
	assert_ptr_equal(msg_error(&m), &m.notifies[1]);
	assert_int_equal(msg_error(&m)->type, N_TS_UNACCEPTABLE);
}

static void
test_fields_of_delete(void **state)
{
	const struct wire w = wire(
	    "2a000010 03040002 01020304 05060708"
	    "00000008 0100ffff");
	struct msg m;

	(void)state;
	assert_int_equal(payload_decode(42, wire_bytes(&w), 0, &m), N_NONE);
	assert_int_equal(m.deletes_n, 2);
	assert_int_equal(m.deletes[0].proto, PROTO_ESP);
	assert_int_equal(m.deletes[0].spi_size, 4);
	assert_int_equal(m.deletes[0].n, 2);
	assert_wire(m.deletes[0].spis, "0102030405060708");
	/* a count of SPIs without size counts nothing */
	assert_int_equal(m.deletes[1].proto, PROTO_IKE);
	assert_int_equal(m.deletes[1].n, 0);
	assert_int_equal(m.deletes[1].spis.n, 0);
}

static void
test_fields_of_sk(void **state)
{
	const struct wire w = wire("2e000006 a1a2 23800008 e1e2e3e4");
	struct msg m;

	(void)state;
	assert_int_equal(payload_decode(43, wire_bytes(&w), HDR_LEN, &m),
	    N_NONE);
	assert_int_equal(m.sk_next, PL_IDI);
	assert_int_equal(m.sk_at, HDR_LEN + 6 + 4);
	assert_wire(m.sk, "e1e2e3e4");
}

/* The verdict on n payloads of a type, all with the same body. */
static uint16_t
decode_many(uint8_t type, unsigned n, const char *text, struct msg *m)
{
	static uint8_t buf[8192];
	const struct wire body = wire(text);
	struct wr w = wr_of(buf, sizeof(buf));

	for (unsigned i = 0; i < n; i++) {
		wr_u8(&w, i + 1 < n ? type : PL_NONE);
		wr_u8(&w, 0);
		wr_u16(&w, (uint16_t)(4 + body.n));
		wr_bytes(&w, wire_bytes(&body));
	}
	assert_false(w.bad);
	return payload_decode(type, wr_done(&w), 0, m);
}

static void
test_limits(void **state)
{
	struct msg m;

	(void)state;
	assert_int_equal(decode_many(PL_VENDOR, PAYLOADS_MAX, "", &m),
	    N_NONE);
	assert_int_equal(decode_many(PL_VENDOR, PAYLOADS_MAX + 1, "", &m),
	    SYNTAX);
	assert_int_equal(decode_many(250, PAYLOADS_MAX + 1, "", &m), SYNTAX);
	assert_int_equal(decode_many(PL_NOTIFY, PAYLOADS_MAX, "00004000",
	    &m), N_NONE);
	assert_int_equal(m.notifies_n, PAYLOADS_MAX);
	assert_int_equal(m.notifies[PAYLOADS_MAX - 1].type, 0x4000);
	assert_int_equal(decode_many(PL_DELETE, DELETES_MAX, "03040000",
	    &m), N_NONE);
	assert_int_equal(m.deletes_n, DELETES_MAX);
	assert_int_equal(decode_many(PL_DELETE, DELETES_MAX + 1, "03040000",
	    &m), SYNTAX);
}

static void
test_nonce_lengths(void **state)
{
	uint8_t buf[4 + NONCE_MAX + 1] = { 0 };
	struct msg m;

	(void)state;
	for (size_t n = 0; n <= NONCE_MAX + 1; n++) {
		struct wr w = wr_of(buf, sizeof(buf));

		wr_u16(&w, 0);
		wr_u16(&w, (uint16_t)(4 + n));
		wr_zero(&w, n);
		assert_int_equal(payload_decode(PL_NONCE, wr_done(&w), 0, &m),
		    n >= NONCE_MIN && n <= NONCE_MAX ? N_NONE : SYNTAX);
	}
}

static void
test_every_cut_is_refused(void **state)
{
	const struct wire w = wire(
	    "22000006 a1a2 2800000b 00130000 c1c2c3 29000014" OCTETS_16
	    "2a00000e 03044009 01020304 e1e2 2b00000c 03040001 01020304"
	    "25000004 00000005 04");
	struct msg m;

	(void)state;
	assert_int_equal(payload_decode(33, wire_bytes(&w), 0, &m), N_NONE);
	for (size_t n = 0; n < w.n; n++)
		assert_int_equal(payload_decode(33, bytes_of(w.b, n), 0, &m),
		    SYNTAX);
}

/* Hash-and-URL (12, 13) and what nobody knows are passed over. */
static const struct {
	const char	*what, *chain;
	uint8_t		 first;
	uint16_t	 verdict;
	unsigned	 certs, certreqs;
} certificates[] = {
	{ "a certificate", "00000007 043000", PL_CERT, N_NONE, 1, 0 },
	{ "two of them", "25000007 043000 00000007 043001", PL_CERT, N_NONE,
	    2, 0 },
	{ "hash and URL of one", "00000007 0c6161", PL_CERT, N_NONE, 0, 0 },
	{ "hash and URL of a bundle", "25000007 0d6161 00000007 043000",
	    PL_CERT, N_NONE, 1, 0 },
	{ "an encoding that nobody knows", "00000007 ff6161", PL_CERT, N_NONE,
	    0, 0 },
	{ "PKCS #7", "00000007 016161", PL_CERT, N_NONE, 0, 0 },
	{ "an empty certificate", "00000005 04", PL_CERT, N_NONE, 1, 0 },
	{ "no encoding", "00000004", PL_CERT, SYNTAX, 0, 0 },
	{ "a request for any CA", "00000005 04", PL_CERTREQ, N_NONE, 0, 1 },
	{ "a request without encoding", "00000004", PL_CERTREQ, SYNTAX, 0, 0 },
	{ "a request for hash and URL", "00000005 0c", PL_CERTREQ, N_NONE, 0,
	    0 },
};

static void
certificates_of_one_encoding_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(certificates); i++) {
		const struct wire w = wire(certificates[i].chain);
		struct msg m = { 0 };

		print_message("  %s\n", certificates[i].what);
		assert_int_equal(payload_decode(certificates[i].first,
		    wire_bytes(&w), 0, &m), certificates[i].verdict);
		assert_int_equal(m.certs_n, certificates[i].certs);
		assert_int_equal(m.certreqs_n, certificates[i].certreqs);
	}
}

/* However many come: one more than may be, so that it shows. */
static void
certificates_are_counted_up_to_one_too_many(void **state)
{
	(void)state;
	for (unsigned n = 7; n <= PAYLOADS_MAX; n++) {
		uint8_t buf[PAYLOADS_MAX * 6];
		struct wr w = wr_of(buf, sizeof(buf));
		struct msg m = { 0 };

		for (unsigned i = 0; i < n; i++) {
			wr_u8(&w, i + 1 < n ? PL_CERT : PL_NONE);
			wr_u8(&w, 0);
			wr_u16(&w, 6);
			wr_u16(&w, (uint16_t)(CERT_X509_SIGNATURE << 8 | i));
		}
		assert_int_equal(payload_decode(PL_CERT, wr_done(&w), 0, &m),
		    N_NONE);
		assert_int_equal(m.certs_n, n <= CERT_CHAIN_MAX ? n :
		    CERT_CHAIN_MAX + 1);
		assert_int_equal(m.certs[6].p[0], 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_critical_type_is_told),
		cmocka_unit_test(test_repetition),
		cmocka_unit_test(certificates_of_one_encoding_are_seen),
		cmocka_unit_test(certificates_are_counted_up_to_one_too_many),
		cmocka_unit_test(test_fields_of_init),
		cmocka_unit_test(test_fields_of_auth),
		cmocka_unit_test(test_fields_of_delete),
		cmocka_unit_test(test_fields_of_sk),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nonce_lengths),
		cmocka_unit_test(test_every_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
