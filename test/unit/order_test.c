/*
 * Whose order counts in the choice, and what becomes of extended sequence
 * numbers (RFC 7296 sections 2.7 and 3.3.2).
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

static const struct want wide_ike = {
	"AES256-GCM-16 CHACHA20-POLY1305 AES128-GCM-16 AES256 AES128",
	"SHA2-512 SHA2-256 SHA1", "SHA2-512 SHA2-256 SHA1", "31 20 14 2",
};
static const struct want wide_esp = {
	"AES256-GCM-16 AES128-GCM-16 AES256 AES128", "", "SHA2-512 SHA2-256",
	"",
};

#define CHACHA_POLY { 1, 28, 0 }

static const struct {
	const char	*what;
	enum offer_order order;
	struct pr	 theirs[PS];
	uint8_t		 number;
	const char	*suite;
} orders[] = {
	{ "ours: the strongest of all", ORDER_OURS,
	    { { IKE, { CBC128, PSHA1, ISHA1, K2 } },
	    { IKE, { GCM128, CHACHA_POLY, GCM256, P256, P512, K2, K31 } } },
	    2, "AES256-GCM-16/PRF-SHA2-512/X25519" },
	{ "the peer's: its first proposal", ORDER_PEER,
	    { { IKE, { CBC128, PSHA1, ISHA1, K2 } },
	    { IKE, { GCM128, CHACHA_POLY, GCM256, P256, P512, K2, K31 } } },
	    1, "AES128-CBC/SHA1-96/PRF-SHA1/MODP-1024" },
	{ "the peer's: its first transforms", ORDER_PEER,
	    { { IKE, { GCM128, CHACHA_POLY, GCM256, P256, P512, K14, K31 } } },
	    1, "AES128-GCM-16/PRF-SHA2-256/MODP-2048" },
	{ "the peer's: what we do not have is passed over", ORDER_PEER,
	    { { IKE, { DES3, CHACHA_POLY, GCM256, P384, P256, K19, K20 } } },
	    1, "CHACHA20-POLY1305/PRF-SHA2-256/ECP-384" },
	{ "the peer's: a proposal that lacks something is passed over",
	    ORDER_PEER, { { IKE, { GCM256, P384, K31 } },
	    { IKE, { CBC256, P256, K31 } },
	    { IKE, { CBC256, P256, I256, K31 } } },
	    3, "AES256-CBC/SHA2-256-128/PRF-SHA2-256/X25519" },
	{ "the peer's: a cipher without its MAC is passed over", ORDER_PEER,
	    { { IKE, { CBC256, GCM128, P256, K31 } } },
	    1, "AES128-GCM-16/PRF-SHA2-256/X25519" },
	{ "AWS's: the lowest of all, whatever the order", ORDER_AWS,
	    { { IKE, { GCM256, GCM128, P512, P256, PSHA1, K31, K14, K2 } },
	    { IKE, { CBC256, CBC128, P512, P256, PSHA1, I512, ISHA1, K31,
	    K14, K2 } } },
	    2, "AES128-CBC/SHA1-96/PRF-SHA1/MODP-1024" },
	{ "AWS's: key lengths count within a cipher", ORDER_AWS,
	    { { IKE, { GCM256, GCM128, CHACHA_POLY, P512, K31 } } },
	    1, "AES128-GCM-16/PRF-SHA2-512/X25519" },
	{ "AWS's: what it does not have itself comes last", ORDER_AWS,
	    { { IKE, { CHACHA_POLY, P512, K31 } },
	    { IKE, { GCM256, P512, K31, K20 } } },
	    2, "AES256-GCM-16/PRF-SHA2-512/ECP-384" },
};

static void
the_configured_order_decides(void **state)
{
	static struct proposals ps;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct offer o = offer_of(PROTO_IKE, &wide_ike);
		char suite[SUITE_STRLEN];
		struct choice c;

		print_message("  %s\n", orders[i].what);
		o.order = orders[i].order;
		peer_says(orders[i].theirs, 1, &ps);
		assert_true(proposal_choose(&ps, &o, 0, &c));
		assert_string_equal(suite_str(&c.suite, suite),
		    orders[i].suite);
		assert_int_equal(c.number, orders[i].number);
	}
}

static void
no_order_takes_what_we_do_not_have(void **state)
{
	static const struct pr theirs[PS] = {
		{ IKE, { GCM256, P256, { 4, 24, 0 } } },
		{ IKE, { CBC256, P256, K31 } },
		{ PROTO_IKE, 8, { GCM256, P256, K31 } },
		{ IKE, { GCM256, P256, K31, { 6, 36, 0 } } },
	};
	static const enum offer_order all[] = {
		ORDER_OURS, ORDER_PEER, ORDER_AWS,
	};
	static struct proposals ps;

	(void)state;
	peer_says(theirs, 1, &ps);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct offer o = offer_of(PROTO_IKE, &wide_ike);
		struct choice c;

		o.order = all[i];
		assert_false(proposal_choose(&ps, &o, 0, &c));
	}
}

static struct offer
esp_offer(const char *esns)
{
	struct offer o = offer_of(PROTO_ESP, &wide_esp);

	for (const char *s = esns; *s != '\0'; s++)
		o.esn.row[o.esn.n++] = (uint8_t)alg_index(alg_find(ALG_ESN,
		    *s == 'Y' ? ESN_YES : ESN_NO, 0));
	return o;
}

/* Ours is a string of Y and N, in order; "" says nothing of it. */
static const struct {
	const char	*what, *ours;
	enum offer_order order;
	struct pr	 theirs[PS];
	const char	*suite, *why;
	bool		 unsaid;
} esns[] = {
	{ "both have both", "YN", ORDER_OURS,
	    { { ESP, { GCM256, NOESN, ESN } } }, "AES256-GCM-16/ESN", NULL,
	    false },
	{ "we prefer none", "NY", ORDER_OURS,
	    { { ESP, { GCM256, ESN, NOESN } } }, "AES256-GCM-16", NULL, false },
	{ "the peer prefers none and counts", "YN", ORDER_PEER,
	    { { ESP, { GCM256, NOESN, ESN } } }, "AES256-GCM-16", NULL, false },
	{ "AWS's order has no opinion", "YN", ORDER_AWS,
	    { { ESP, { GCM256, NOESN, ESN } } }, "AES256-GCM-16/ESN", NULL,
	    false },
	{ "the peer has none", "YN", ORDER_OURS,
	    { { ESP, { GCM256, NOESN } } }, "AES256-GCM-16", NULL, false },
	{ "the peer insists", "YN", ORDER_OURS, { { ESP, { GCM256, ESN } } },
	    "AES256-GCM-16/ESN", NULL, false },
	{ "the peer says nothing", "YN", ORDER_OURS, { { ESP, { GCM256 } } },
	    "AES256-GCM-16", NULL, true },
	{ "the peer says nothing and counts", "YN", ORDER_PEER,
	    { { ESP, { GCM256 } } }, "AES256-GCM-16", NULL, true },
	{ "the peer says nothing, we insist", "Y", ORDER_OURS,
	    { { ESP, { GCM256 } } }, NULL, "no common ESP proposal: "
	    "ESN differs: ours ESN, theirs none", false },
	{ "the peer insists, we do without", "N", ORDER_OURS,
	    { { ESP, { GCM256, ESN } } }, NULL, "no common ESP proposal: "
	    "ESN differs: ours NO-ESN, theirs ESN", false },
	{ "the same where our list is empty", "", ORDER_OURS,
	    { { ESP, { GCM256, ESN } } }, NULL, "no common ESP proposal: "
	    "ESN differs: ours NO-ESN, theirs ESN", false },
	{ "the proposal with ESN wins", "YN", ORDER_OURS,
	    { { ESP, { GCM256, NOESN } }, { ESP, { GCM256, ESN } } },
	    "AES256-GCM-16/ESN", NULL, false },
	{ "but not over the better cipher", "YN", ORDER_OURS,
	    { { ESP, { GCM256, NOESN } }, { ESP, { GCM128, ESN } } },
	    "AES256-GCM-16", NULL, false },
	{ "a type of ESN that nobody knows is none", "YN", ORDER_OURS,
	    { { ESP, { GCM256, { 5, 2, 0 } } } }, NULL,
	    "no common ESP proposal: ESN differs: ours ESN NO-ESN, "
	    "theirs ESN-2", false },
};

static void
esn_is_negotiated(void **state)
{
	static struct proposals ps;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(esns); i++) {
		struct offer o = esp_offer(esns[i].ours);
		char suite[SUITE_STRLEN];
		struct reason why;
		struct choice c;

		print_message("  %s\n", esns[i].what);
		o.order = esns[i].order;
		peer_says(esns[i].theirs, 1, &ps);
		assert_int_equal(proposal_choose(&ps, &o, 4, &c),
		    esns[i].suite != NULL);
		if (esns[i].suite == NULL) {
			proposal_explain(&ps, &o, &why);
			assert_string_equal(why.s, esns[i].why);
			continue;
		}
		assert_string_equal(suite_str(&c.suite, suite),
		    esns[i].suite);
		assert_int_equal(c.suite.esn_unsaid, esns[i].unsaid);
	}
}

static void
an_answer_repeats_what_was_said_of_esn(void **state)
{
	static const struct {
		struct pr	 theirs[PS];
		const char	*answer;
	} rows[] = {
		{ { { ESP, { GCM256, NOESN, ESN } } },
		    "00000020 01030402 c1c2c3c4 0300000c 01000014 800e0100"
		    "00000008 05000001" },
		{ { { ESP, { GCM256, NOESN } } },
		    "00000020 01030402 c1c2c3c4 0300000c 01000014 800e0100"
		    "00000008 05000000" },
		{ { { ESP, { GCM256 } } },
		    "00000018 01030401 c1c2c3c4 0000000c 01000014 800e0100" },
	};
	const struct offer o = esp_offer("YN");
	const struct wire spi = wire("c1c2c3c4");
	static struct proposals ps;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t buf[64];
		struct wr w = wr_of(buf, sizeof(buf));
		struct choice c, again;

		peer_says(rows[i].theirs, 1, &ps);
		assert_true(proposal_choose(&ps, &o, 4, &c));
		proposal_encode_chosen(&w, &c.suite, PROTO_ESP, c.number,
		    wire_bytes(&spi));
		assert_wire(wr_done(&w), rows[i].answer);
		assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
		assert_true(proposal_accept(&ps, &o, 4, &again));
		assert_int_equal(again.suite.esn, c.suite.esn);
	}
}

static void
both_kinds_of_esn_are_offered_ours_first(void **state)
{
	static const struct {
		const char *ours, *sa;
	} rows[] = {
		{ "YN", "00000028 01030403 c1c2c3c4 0300000c 01000014 800e0100"
		    "03000008 05000001 00000008 05000000" },
		{ "N", "00000020 01030402 c1c2c3c4 0300000c 01000014 800e0100"
		    "00000008 05000000" },
		{ "", "00000020 01030402 c1c2c3c4 0300000c 01000014 800e0100"
		    "00000008 05000000" },
	};
	const struct wire spi = wire("c1c2c3c4");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct offer o = esp_offer(rows[i].ours);
		uint8_t buf[64];
		struct wr w = wr_of(buf, sizeof(buf));

		o.encr.n = 1;
		proposal_encode(&w, &o, wire_bytes(&spi));
		assert_wire(wr_done(&w), rows[i].sa);
	}
}

static void
a_rekey_prefers_the_esn_that_was_agreed(void **state)
{
	const struct suite without = {
		.encr = alg_by_conf(ALG_ENCR, "AES128"),
	};
	const struct suite group = { .ke = alg_by_conf(ALG_KE, "14") };
	struct offer o = esp_offer("YN");

	(void)state;
	offer_prefer(&o, &group);
	assert_int_equal(alg_at(o.esn.row[0])->id, ESN_YES);
	offer_prefer(&o, &without);
	assert_int_equal(alg_at(o.esn.row[0])->id, ESN_NO);
	assert_int_equal(alg_at(o.esn.row[1])->id, ESN_YES);
	assert_int_equal(o.esn.n, 2);
}

/* What a hostile peer can make us do is bounded, in any order. */
static void
a_flood_of_transforms_is_read_and_refused(void **state)
{
	static const enum offer_order all[] = {
		ORDER_OURS, ORDER_PEER, ORDER_AWS,
	};
	static const struct tf cipher = GCM256, prf = P256, none = { 4, 1, 0 };
	static uint8_t buf[65535];
	static struct proposals ps;
	struct wr w = wr_of(buf, sizeof(buf));
	unsigned n = 0;

	(void)state;
	/* 26 proposals of 100 ciphers, 154 PRFs and a group of the past */
	for (; n < 26; n++) {
		size_t at = w.n;

		wr_u16(&w, n == 25 ? 0 : 0x0200);
		wr_u16(&w, 0);
		wr_u32(&w, 0x000100ff | (n + 1) << 24);
		for (unsigned i = 0; i < 254; i++)
			put_transform(&w, i < 100 ? &cipher : &prf, false);
		put_transform(&w, &none, true);
		wr_patch_u16(&w, at + 2, (uint16_t)(w.n - at));
	}
	assert_false(w.bad);
	assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
	assert_int_equal(ps.n, 26);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct offer o = offer_of(PROTO_IKE, &wide_ike);
		struct reason why;
		struct choice c;

		o.order = all[i];
		assert_false(proposal_choose(&ps, &o, 0, &c));
		proposal_explain(&ps, &o, &why);
		assert_string_equal(why.s, "no common IKE proposal: "
		    "key exchange group differs: ours X25519 ECP-384 "
		    "MODP-2048 MODP-1024, theirs MODP-768");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configured_order_decides),
		cmocka_unit_test(no_order_takes_what_we_do_not_have),
		cmocka_unit_test(esn_is_negotiated),
		cmocka_unit_test(an_answer_repeats_what_was_said_of_esn),
		cmocka_unit_test(both_kinds_of_esn_are_offered_ours_first),
		cmocka_unit_test(a_rekey_prefers_the_esn_that_was_agreed),
		cmocka_unit_test(a_flood_of_transforms_is_read_and_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
