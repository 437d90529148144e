/*
 * Proposals on the wire: what decodes, the limits, exact octets of what we
 * send, round trips.  The choice among them is choice_test.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/proposal.h"
#include "offers.h"
#include "util/array.h"
#include "wire.h"

#define SYNTAX	N_INVALID_SYNTAX

static const struct {
	const char	*what;
	const char	*sa;
	uint16_t	 verdict;
	uint8_t		 proposals, transforms;	/* of the first */
	bool		 unusable;
} decode[] = {
	{ "one proposal of one transform",
	    "00000014 01010001 0000000c 01000014 800e0100",
	    N_NONE, 1, 1, false },
	{ "an SPI before the transforms",
	    "00000018 01030401 01020304 0000000c 01000014 800e0100",
	    N_NONE, 1, 1, false },
	{ "two proposals",
	    "02000010 01010001 00000008 02000005"
	    "00000010 02010001 00000008 02000005", N_NONE, 2, 1, false },
	{ "a proposal without transforms is none that fits",
	    "00000008 01010000", N_NONE, 1, 0, false },
	{ "a transform of an unknown type spoils its proposal",
	    "00000018 01010002 03000008 02000005 00000008 0d000023",
	    N_NONE, 1, 1, true },
	{ "a transform of type 0 does, too",
	    "00000010 01010001 00000008 00000005", N_NONE, 1, 0, true },
	{ "an unknown type with an unknown attribute does, too",
	    "00000014 01010001 0000000c 0d000023 80010001",
	    N_NONE, 1, 0, true },
	{ "an unknown attribute of fixed length is read over",
	    "00000018 01010001 00000010 01000014 80010001 800e0100",
	    N_NONE, 1, 1, false },
	{ "an unknown attribute with a length is read over",
	    "0000001a 01010001 00000012 01000014 00010002 aabb 800e0100",
	    N_NONE, 1, 1, false },
	{ "reserved octets and the marks of the last are ignored",
	    "07ff0010 01010001 09ff0008 02ff0005", N_NONE, 1, 1, false },
	{ "an empty body is refused", "", SYNTAX, 0, 0, false },
	{ "a proposal header cut short is refused", "000000", SYNTAX, 0, 0,
	    false },
	{ "a proposal length of 0 is refused", "00000000 01010000", SYNTAX,
	    0, 0, false },
	{ "a proposal length of 7 is refused", "00000007 01010000", SYNTAX,
	    0, 0, false },
	{ "a proposal past the end is refused", "00000009 01010000", SYNTAX,
	    0, 0, false },
	{ "a proposal with octets to spare is refused",
	    "00000009 01010000 00", SYNTAX, 0, 0, false },
	{ "octets behind the last proposal are refused",
	    "00000008 01010000 00", SYNTAX, 0, 0, false },
	{ "an SPI past its proposal is refused",
	    "0000000b 01030400 010203", SYNTAX, 0, 0, false },
	{ "more transforms than it counts are refused",
	    "00000018 01010001 03000008 02000005 00000008 02000006",
	    SYNTAX, 0, 0, false },
	{ "fewer transforms than it counts are refused",
	    "00000010 01010002 00000008 02000005", SYNTAX, 0, 0, false },
	{ "a transform length of 0 is refused",
	    "00000010 01010001 00000000 02000005", SYNTAX, 0, 0, false },
	{ "a transform length of 7 is refused",
	    "00000010 01010001 00000007 02000005", SYNTAX, 0, 0, false },
	{ "a transform past its proposal is refused",
	    "00000010 01010001 00000009 02000005", SYNTAX, 0, 0, false },
	{ "a transform past its proposal into the next is refused",
	    "02000010 01010001 00000010 02000005"
	    "00000010 02010001 00000008 02000005", SYNTAX, 0, 0, false },
	{ "an attribute without its value is refused",
	    "00000012 01010001 0000000a 01000014 800e", SYNTAX, 0, 0,
	    false },
	{ "half an attribute is refused",
	    "00000011 01010001 00000009 01000014 80", SYNTAX, 0, 0, false },
	{ "an attribute past its transform is refused",
	    "00000016 01010001 0000000e 01000014 00010003 aabb", SYNTAX, 0,
	    0, false },
};

static void
test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(decode); i++) {
		const struct wire w = wire(decode[i].sa);
		static struct proposals ps;

		print_message("  %s\n", decode[i].what);
		ps.n = 99;
		assert_int_equal(proposal_decode(wire_bytes(&w), &ps),
		    decode[i].verdict);
		if (decode[i].verdict != N_NONE) {
			assert_int_equal(ps.n, 99);
			continue;
		}
		assert_int_equal(ps.n, decode[i].proposals);
		assert_int_equal(ps.p[0].n, decode[i].transforms);
		assert_int_equal(ps.p[0].unusable, decode[i].unusable);
	}
}

static void
test_decode_fields(void **state)
{
	const struct wire w = wire(
	    "02000020 05030402 a1a2a3a4 0300000c 0100000c 800e0080"
	    "00000008 05000001"
	    "00000010 06010001 00000008 0400001f");
	static struct proposals ps;
	const struct proposal *p = &ps.p[0];

	(void)state;
	assert_int_equal(proposal_decode(wire_bytes(&w), &ps), N_NONE);
	assert_int_equal(ps.n, 2);
	assert_int_equal(p->number, 5);
	assert_int_equal(p->proto, PROTO_ESP);
	assert_wire(p->spi, "a1a2a3a4");
	assert_int_equal(p->n, 2);
	assert_int_equal(p->t[0].type, ALG_ENCR);
	assert_int_equal(p->t[0].id, ENCR_AES_CBC);
	assert_int_equal(p->t[0].key_bits, 128);
	assert_int_equal(p->t[1].type, ALG_ESN);
	assert_int_equal(p->t[1].id, ESN_YES);
	p = &ps.p[1];
	assert_int_equal(p->number, 6);
	assert_int_equal(p->proto, PROTO_IKE);
	assert_int_equal(p->spi.n, 0);
	assert_int_equal(p->t[0].type, ALG_KE);
	assert_int_equal(p->t[0].id, 31);
	assert_int_equal(p->t[0].key_bits, 0);
	assert_false(p->t[0].unusable);
}

static void
test_limits(void **state)
{
	const struct offer o = offer_of(PROTO_IKE, &gcm_ike);
	static const struct pr good = { IKE, { GCM256, P384, K20 } };
	static const struct pr bad = { IKE, { DES3 } };
	static uint8_t buf[16384];
	static struct proposals ps;
	struct choice c;

	(void)state;
	/* the last that fits is seen, one behind it is not */
	for (unsigned n = PROPOSALS_MAX; n <= PROPOSALS_MAX + 1; n++) {
		struct wr w = wr_of(buf, sizeof(buf));

		for (unsigned i = 1; i < n; i++)
			put_proposal(&w, &bad, (uint8_t)i, false);
		put_proposal(&w, &good, (uint8_t)n, true);
		assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
		assert_int_equal(ps.n, PROPOSALS_MAX);
		assert_int_equal(proposal_choose(&ps, &o, 0, &c),
		    n == PROPOSALS_MAX);
		/* and yet it is checked */
		assert_int_equal(proposal_decode(bytes_of(buf, w.n - 1),
		    &ps), SYNTAX);
	}
	/* as many transforms as an octet counts, the good ones last */
	for (unsigned n = TRANSFORMS_MAX - 3; n <= TRANSFORMS_MAX; n++) {
		struct wr w = wr_of(buf, sizeof(buf));

		wr_u16(&w, 0);
		wr_u16(&w, (uint16_t)(8 + 8 * (n - 1) + 12));
		wr_u32(&w, 0x01010000 | n);
		for (unsigned i = 0; i < n; i++)
			put_transform(&w, i < n - 3 ? &bad.t[0] :
			    &good.t[i - (n - 3)], i + 1 == n);
		assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
		assert_int_equal(ps.p[0].n, n);
		assert_true(proposal_choose(&ps, &o, 0, &c));
	}
}

/* Everything that we have, opt-ins too: ids in the order of the table. */
static struct offer
everything(uint8_t proto)
{
	struct offer o = { .proto = proto };
	struct alg_list *const lists[ALG_TYPES] = {
		[ALG_ENCR] = &o.encr, [ALG_INTEG] = &o.integ,
		[ALG_PRF] = proto == PROTO_IKE ? &o.prf : NULL,
		[ALG_KE] = &o.ke,
		[ALG_ESN] = proto == PROTO_ESP ? &o.esn : NULL,
	};
	const struct alg *a;

	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		if (lists[a->type] == NULL)
			continue;
		assert_true(lists[a->type]->n < ALGS_MAX);
		lists[a->type]->row[lists[a->type]->n++] =
		    (uint8_t)alg_index(a);
	}
	return o;
}

static void
test_everything_in_one_offer(void **state)
{
	static const struct {
		uint8_t proto;
		const char *spi;
		size_t octets;
	} rows[] = {
		{ PROTO_IKE, "0102030405060708", 16 + 32 + 4 * 8 + 18 * 8 +
		    16 + 24 + 4 * 8 + 4 * 8 + 18 * 8 },
		{ PROTO_ESP, "01020304", 12 + 32 + 18 * 8 + 2 * 8 +
		    12 + 24 + 4 * 8 + 18 * 8 + 2 * 8 },
	};
	static struct proposals ps;
	uint8_t buf[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct offer o = everything(rows[i].proto);
		const struct wire spi = wire(rows[i].spi);
		struct wr w = wr_of(buf, sizeof(buf));
		struct choice c;

		proposal_encode(&w, &o, wire_bytes(&spi));
		assert_false(w.bad);
		assert_int_equal(w.n, rows[i].octets);
		assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
		assert_int_equal(ps.n, 2);
		assert_int_equal(proposal_count(&o), 2);
		assert_false(ps.p[0].unusable || ps.p[1].unusable);
		assert_true(proposal_choose(&ps, &o, spi.n, &c));
		assert_ptr_equal(c.suite.encr, alg_at(o.encr.row[0]));
		assert_ptr_equal(c.suite.ke, alg_at(o.ke.row[0]));
		assert_int_equal(c.suite.esn, rows[i].proto == PROTO_ESP);
	}
}

static const struct {
	const char	*what;
	uint8_t		 proto;
	struct want	 ours;
	const char	*spi;
	const char	*sa;
} encode[] = {
	{ "AEADs alone are one proposal without MAC", PROTO_IKE,
	    { "AES256-GCM-16 AES128-GCM-16", "SHA2-384", "SHA2-256", "20" },
	    "", "00000030 01010004 0300000c 01000014 800e0100"
	    "0300000c 01000014 800e0080 03000008 02000006"
	    "00000008 04000014" },
	{ "MACs alone are one proposal", PROTO_IKE,
	    { "AES256", "SHA2-256", "SHA2-256", "14" }, "",
	    "0000002c 01010004 0300000c 0100000c 800e0100"
	    "03000008 02000005 03000008 0300000c 00000008 0400000e" },
	{ "both are two proposals, our first cipher's first", PROTO_IKE,
	    { "AES256 AES256-GCM-16", "SHA2-256", "SHA2-256", "14" }, "",
	    "0200002c 01010004 0300000c 0100000c 800e0100"
	    "03000008 02000005 03000008 0300000c 00000008 0400000e"
	    "00000024 02010003 0300000c 01000014 800e0100"
	    "03000008 02000005 00000008 0400000e" },
	{ "ESP has no PRF, an SPI and no ESN", PROTO_ESP,
	    { "AES256-GCM-16", "SHA2-256", "SHA2-256", "31" }, "c1c2c3c4",
	    "00000028 01030403 c1c2c3c4 0300000c 01000014 800e0100"
	    "03000008 0400001f 00000008 05000000" },
	{ "ESP may be without a group", PROTO_ESP,
	    { "AES128", "", "SHA2-512", "" }, "c1c2c3c4",
	    "00000028 01030403 c1c2c3c4 0300000c 0100000c 800e0080"
	    "03000008 0300000e 00000008 05000000" },
	{ "a cipher that needs a MAC and has none is not offered",
	    PROTO_ESP, { "AES128 AES256-GCM-16", "", "", "" }, "c1c2c3c4",
	    "00000020 01030402 c1c2c3c4 0300000c 01000014 800e0100"
	    "00000008 05000000" },
	{ "the IKE SA's rekeying has an SPI of 8", PROTO_IKE,
	    { "AES256-GCM-16", "SHA2-256", "", "31" }, "0102030405060708",
	    "0000002c 01010803 0102030405060708"
	    "0300000c 01000014 800e0100 03000008 02000005"
	    "00000008 0400001f" },
};

static void
test_encode(void **state)
{
	uint8_t buf[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(encode); i++) {
		const struct offer o = offer_of(encode[i].proto,
		    &encode[i].ours);
		const struct wire spi = wire(encode[i].spi);
		struct wr w = wr_of(buf, sizeof(buf));

		print_message("  %s\n", encode[i].what);
		proposal_encode(&w, &o, wire_bytes(&spi));
		assert_wire(wr_done(&w), encode[i].sa);
	}
}

/* Whatever we choose from our own offer passes as an answer to it. */
static void
test_round_trip(void **state)
{
	static const struct {
		uint8_t proto;
		const struct want *ours;
		const char *spi;
	} rows[] = {
		{ PROTO_IKE, &all_ike, "" },
		{ PROTO_IKE, &gcm_ike, "0102030405060708" },
		{ PROTO_IKE, &cbc_ike, "" },
		{ PROTO_ESP, &all_esp, "01020304" },
		{ PROTO_ESP, &plain_esp, "01020304" },
	};
	static struct proposals ps;
	uint8_t buf[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct offer o = offer_of(rows[i].proto, rows[i].ours);
		const struct wire spi = wire(rows[i].spi);
		struct wr w = wr_of(buf, sizeof(buf));
		struct choice chosen, accepted;
		char a[SUITE_STRLEN], b[SUITE_STRLEN];

		proposal_encode(&w, &o, wire_bytes(&spi));
		assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
		assert_true(proposal_choose(&ps, &o, spi.n, &chosen));
		assert_ptr_equal(chosen.suite.encr, alg_at(o.encr.row[0]));
		w = wr_of(buf, sizeof(buf));
		proposal_encode_chosen(&w, &chosen.suite, o.proto,
		    chosen.number, wire_bytes(&spi));
		assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
		assert_true(proposal_accept(&ps, &o, spi.n, &accepted));
		assert_string_equal(suite_str(&accepted.suite, a),
		    suite_str(&chosen.suite, b));
		assert_int_equal(accepted.number, chosen.number);
		assert_wire(accepted.spi, rows[i].spi);
		assert_false(proposal_accept(&ps, &o, spi.n + 1, &accepted));
	}
}

static void
test_encode_chosen(void **state)
{
	const struct suite esp = {
		.encr = alg_by_conf(ALG_ENCR, "AES256"),
		.integ = alg_by_conf(ALG_INTEG, "SHA2-256"),
		.esn = true,
	};
	const struct wire spi = wire("c1c2c3c4");
	uint8_t buf[128];
	struct wr w = wr_of(buf, sizeof(buf));

	(void)state;
	proposal_encode_chosen(&w, &esp, PROTO_ESP, 3, wire_bytes(&spi));
	assert_wire(wr_done(&w), "00000028 03030403 c1c2c3c4"
	    "0300000c 0100000c 800e0100 03000008 0300000c"
	    "00000008 05000001");
}

static void
test_prefer(void **state)
{
	struct offer o = offer_of(PROTO_IKE, &all_ike);
	const struct suite s = {
		.encr = alg_by_conf(ALG_ENCR, "AES128"),
		.prf = alg_by_conf(ALG_PRF, "SHA2-384"),	/* not ours */
		.integ = alg_by_conf(ALG_INTEG, "SHA2-512"),	/* first */
		.ke = alg_by_conf(ALG_KE, "20"),
	};
	const struct suite none = { .encr = s.encr };

	(void)state;
	offer_prefer(&o, &s);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(o.encr.n, 3);
		assert_string_equal(alg_at(o.encr.row[0])->conf, "AES128");
		assert_string_equal(alg_at(o.encr.row[1])->conf,
		    "AES256-GCM-16");
		assert_string_equal(alg_at(o.encr.row[2])->conf, "AES256");
		assert_int_equal(o.prf.n, 2);
		assert_string_equal(alg_at(o.prf.row[0])->conf, "SHA2-512");
		assert_string_equal(alg_at(o.integ.row[0])->conf, "SHA2-512");
		assert_string_equal(alg_at(o.ke.row[0])->conf, "20");
		assert_string_equal(alg_at(o.ke.row[1])->conf, "31");
		assert_string_equal(alg_at(o.ke.row[2])->conf, "14");
		offer_prefer(&o, &none);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_fields),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_everything_in_one_offer),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_encode_chosen),
		cmocka_unit_test(test_prefer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
