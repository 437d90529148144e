/*
 * The choice among proposals, the check of an answer, and the sentence that
 * says why there is none (RFC 7296 sections 2.7 and 3.3, RFC 5282 section 8).
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

#define CHOSEN(number, suite)	number, suite, NULL
#define REFUSED(why)		0, NULL, "no common " why

static const struct choose {
	const char	*what;
	const struct want *ours;
	struct pr	 theirs[PS];
	uint8_t		 number;
	const char	*suite;
	const char	*why;
} choose[] = {
	{ "the only one that there is", &gcm_ike,
	    { { IKE, { GCM256, P384, K20 } } },
	    CHOSEN(1, "AES256-GCM-16/PRF-SHA2-384/ECP-384") },
	{ "our cipher's order wins within a proposal", &cbc_ike,
	    { { IKE, { CBC128, CBC256, P256, I256, K14 } } },
	    CHOSEN(1, "AES256-CBC/SHA2-256-128/PRF-SHA2-256/MODP-2048") },
	{ "our cipher's order wins over proposals", &all_ike,
	    { { IKE, { CBC128, P256, I256, K14 } },
	    { IKE, { CBC256, P256, I256, K14 } },
	    { IKE, { GCM256, P256, K14 } } },
	    CHOSEN(3, "AES256-GCM-16/PRF-SHA2-256/MODP-2048") },
	{ "our order of the others wins within a proposal", &all_ike,
	    { { IKE, { CBC256, P256, P512, I256, I512, K14, K20, K31 } } },
	    CHOSEN(1, "AES256-CBC/SHA2-512-256/PRF-SHA2-512/X25519") },
	{ "our PRF's order wins over proposals", &all_ike,
	    { { IKE, { GCM256, P256, K31 } }, { IKE, { GCM256, P512, K14 } } },
	    CHOSEN(2, "AES256-GCM-16/PRF-SHA2-512/MODP-2048") },
	{ "our MAC's order wins over proposals", &all_ike,
	    { { IKE, { CBC256, P256, I256, K31 } },
	    { IKE, { CBC256, P256, I512, K14 } } },
	    CHOSEN(2, "AES256-CBC/SHA2-512-256/PRF-SHA2-256/MODP-2048") },
	{ "our group's order wins over proposals", &all_ike,
	    { { IKE, { GCM256, P256, K14 } }, { IKE, { GCM256, P256, K20 } },
	    { IKE, { GCM256, P256, K31 } } },
	    CHOSEN(3, "AES256-GCM-16/PRF-SHA2-256/X25519") },
	{ "of equal ones the first is chosen", &gcm_ike,
	    { { IKE, { GCM256, P384, K20 } }, { IKE, { GCM256, P384, K20 } } },
	    CHOSEN(1, "AES256-GCM-16/PRF-SHA2-384/ECP-384") },
	{ "transforms do not join over proposals", &gcm_ike,
	    { { IKE, { GCM256, P384, K14 } }, { IKE, { CBC256, P384, K20 } } },
	    REFUSED("IKE proposal: key exchange group differs: "
	    "ours ECP-384, theirs MODP-2048 ECP-384") },
	{ "what we do not know does not hinder", &gcm_ike,
	    { { IKE, { CHACHA, DES3, GCM256, PSHA1, P384, K2, K20 } } },
	    CHOSEN(1, "AES256-GCM-16/PRF-SHA2-384/ECP-384") },
	/* section 3.3.5: Key Length */
	{ "a cipher without its key length is not ours", &gcm_ike,
	    { { IKE, { GCM_NOLEN, P384, K20 } } },
	    REFUSED("IKE proposal: encryption differs: "
	    "ours AES256-GCM-16, theirs AES_GCM_16") },
	{ "a cipher of another key length is not ours", &gcm_ike,
	    { { IKE, { GCM128, P384, K20 } } },
	    REFUSED("IKE proposal: encryption differs: "
	    "ours AES256-GCM-16, theirs AES128-GCM-16") },
	{ "a PRF with a key length is not ours", &gcm_ike,
	    { { IKE, { GCM256, { 2, 6, 384 }, K20 } } },
	    REFUSED("IKE proposal: PRF differs: "
	    "ours PRF-SHA2-384, theirs PRF-6-384") },
	/* section 3.3.3: what is mandatory, what does not belong */
	{ "an IKE proposal without PRF is refused", &gcm_ike,
	    { { IKE, { GCM256, K20 } } },
	    REFUSED("IKE proposal: PRF differs: "
	    "ours PRF-SHA2-384, theirs none") },
	{ "an IKE proposal without group is refused", &gcm_ike,
	    { { IKE, { GCM256, P384 } } },
	    REFUSED("IKE proposal: key exchange group differs: "
	    "ours ECP-384, theirs none") },
	{ "an IKE proposal of group NONE is refused", &gcm_ike,
	    { { IKE, { GCM256, P384, KNONE } } },
	    REFUSED("IKE proposal: key exchange group differs: "
	    "ours ECP-384, theirs KE-NONE") },
	{ "an IKE proposal with ESN is refused", &gcm_ike,
	    { { IKE, { GCM256, P384, K20, NOESN } } },
	    REFUSED("IKE proposal: ESN differs: "
	    "ours none, theirs NO-ESN") },
	{ "an ESP proposal with a PRF is refused", &all_esp,
	    { { ESP, { GCM256, P384, K20, NOESN } } },
	    REFUSED("ESP proposal: PRF differs: "
	    "ours none, theirs PRF-SHA2-384") },
	{ "an ESP proposal that says nothing of ESN is one without",
	    &all_esp, { { ESP, { GCM256, K20 } } },
	    CHOSEN(1, "AES256-GCM-16/ECP-384") },
	{ "an ESP proposal of nothing but ESN is refused", &all_esp,
	    { { ESP, { GCM256, K20, ESN } } },
	    REFUSED("ESP proposal: ESN differs: ours NO-ESN, theirs ESN") },
	{ "either is fine: no ESN is chosen", &all_esp,
	    { { ESP, { GCM256, K20, ESN, NOESN } } },
	    CHOSEN(1, "AES256-GCM-16/ECP-384") },
	/* AEAD and MAC, section 3.3 and RFC 5282 section 8 */
	{ "a cipher that needs a MAC gets none", &cbc_ike,
	    { { IKE, { CBC256, P256, K14 } } },
	    REFUSED("IKE proposal: integrity differs: "
	    "ours SHA2-256-128, theirs none") },
	{ "a MAC of NONE is none", &cbc_ike,
	    { { IKE, { CBC256, P256, INONE, K14 } } },
	    REFUSED("IKE proposal: integrity differs: "
	    "ours SHA2-256-128, theirs INTEG-NONE") },
	{ "an AEAD with a MAC of NONE is an AEAD", &gcm_ike,
	    { { IKE, { GCM256, P384, INONE, K20 } } },
	    CHOSEN(1, "AES256-GCM-16/PRF-SHA2-384/ECP-384") },
	{ "both kinds in one: the AEAD is chosen without the MAC", &all_ike,
	    { { IKE, { CBC256, GCM256, P512, I512, K31 } } },
	    CHOSEN(1, "AES256-GCM-16/PRF-SHA2-512/X25519") },
	{ "a MAC alone is ours, the AEAD theirs", &cbc_ike,
	    { { IKE, { GCM256, P256, K14 } } },
	    REFUSED("IKE proposal: encryption differs: "
	    "ours AES256-CBC, theirs AES256-GCM-16") },
	{ "a weak MAC is never taken", &cbc_ike,
	    { { IKE, { CBC256, P256, ISHA1, K14 } } },
	    REFUSED("IKE proposal: integrity differs: "
	    "ours SHA2-256-128, theirs SHA1-96") },
	/* ESP and its group */
	{ "ESP with a group", &all_esp,
	    { { ESP, { CBC256, I256, K14, NOESN } } },
	    CHOSEN(1, "AES256-CBC/SHA2-256-128/MODP-2048") },
	{ "ESP without a group where we have none", &plain_esp,
	    { { ESP, { CBC256, I256, NOESN } } },
	    CHOSEN(1, "AES256-CBC/SHA2-256-128") },
	{ "group NONE where we have none", &plain_esp,
	    { { ESP, { GCM256, KNONE, NOESN } } },
	    CHOSEN(1, "AES256-GCM-16") },
	{ "group NONE among others where we have none", &plain_esp,
	    { { ESP, { GCM256, K20, KNONE, NOESN } } },
	    CHOSEN(1, "AES256-GCM-16") },
	{ "a group where we have none is refused", &plain_esp,
	    { { ESP, { GCM256, K20, NOESN } } },
	    REFUSED("ESP proposal: key exchange group differs: "
	    "ours none, theirs ECP-384") },
	{ "no group where we have one is refused", &all_esp,
	    { { ESP, { GCM256, NOESN } } },
	    REFUSED("ESP proposal: key exchange group differs: "
	    "ours X25519 ECP-384 MODP-2048, theirs none") },
	/* the proposal's own fields */
	{ "the one for our protocol is chosen", &all_esp,
	    { { PROTO_AH, 4, { I256, NOESN } },
	    { ESP, { GCM256, K20, NOESN } } },
	    CHOSEN(2, "AES256-GCM-16/ECP-384") },
	{ "AH is not ESP", &all_esp, { { PROTO_AH, 4, { I256, NOESN } } },
	    REFUSED("ESP proposal: theirs are for other protocols") },
	{ "IKE is not ESP", &all_esp, { { IKE, { GCM256, P384, K20 } } },
	    REFUSED("ESP proposal: theirs are for other protocols") },
	{ "an SPI of the wrong size is refused", &gcm_ike,
	    { { PROTO_IKE, 8, { GCM256, P384, K20 } } },
	    REFUSED("IKE proposal: algorithms agree, but theirs is no valid "
	    "choice of one transform per type") },
	{ "a transform type that we do not know is refused", &gcm_ike,
	    { { IKE, { GCM256, P384, K20, { 13, 35, 0 } } } },
	    REFUSED("IKE proposal: algorithms agree, but theirs asks for "
	    "transforms of a type that we do not know") },
	{ "the one without it is chosen", &gcm_ike,
	    { { IKE, { GCM256, P384, K20, { 13, 35, 0 } } },
	    { IKE, { GCM256, P384, K20 } } },
	    CHOSEN(2, "AES256-GCM-16/PRF-SHA2-384/ECP-384") },
	/* explanations */
	{ "the proposal that comes closest tells the difference", &gcm_ike,
	    { { IKE, { DES3, PSHA1, ISHA1, K2 } },
	    { IKE, { GCM256, P384, K14 } }, { IKE, { GCM256, P256, K20 } } },
	    REFUSED("IKE proposal: key exchange group differs: "
	    "ours ECP-384, theirs MODP-1024 MODP-2048 ECP-384") },
	{ "names are told once", &gcm_ike,
	    { { IKE, { CBC128, CBC128, CBC256 } }, { IKE, { CBC128, DES3 } } },
	    REFUSED("IKE proposal: encryption differs: "
	    "ours AES256-GCM-16, theirs AES128-CBC AES256-CBC 3DES") },
	{ "a long list ends in an ellipsis", &gcm_ike,
	    { { IKE, { { 1, 1000, 1 }, { 1, 1001, 1 }, { 1, 1002, 1 },
	    { 1, 1003, 1 }, { 1, 1004, 1 }, { 1, 1005, 1 }, { 1, 1006, 1 },
	    { 1, 1007, 1 }, { 1, 1008, 1 } } } },
	    REFUSED("IKE proposal: encryption differs: ours AES256-GCM-16, "
	    "theirs ENCR-1000-1 ENCR-1001-1 ENCR-1002-1 ENCR-1003-1 "
	    "ENCR-1004-1 ENCR-1005-1 ENCR-1006-1 ...") },
	{ "a name is told that begins another", &gcm_ike,
	    { { IKE, { { 1, 12, 192 }, { 1, 12, 19 } } } },
	    REFUSED("IKE proposal: encryption differs: "
	    "ours AES256-GCM-16, theirs AES_CBC-192 AES_CBC-19") },
	{ "other protocols' transforms are not told", &all_esp,
	    { { PROTO_AH, 4, { I256, NOESN } },
	    { ESP, { CBC256, I384, K20, NOESN } } },
	    REFUSED("ESP proposal: integrity differs: "
	    "ours SHA2-512-256 SHA2-256-128, theirs SHA2-384-192") },
	{ "a proposal of nothing has nothing", &gcm_ike,
	    { { IKE, { { 0, 0, 0 } } } },
	    REFUSED("IKE proposal: encryption differs: "
	    "ours AES256-GCM-16, theirs none") },
};

/* As the caller asks for it: what it must be, or why it is not. */
static void
assert_choice(const struct choose *row, const struct proposals *ps,
    const struct offer *o, bool (*decide)(const struct proposals *,
    const struct offer *, size_t, struct choice *))
{
	struct choice c = { .number = 99 };
	char suite[SUITE_STRLEN];
	struct reason why;

	print_message("  %s\n", row->what);
	if (decide(ps, o, o->proto == PROTO_IKE ? 0 : 4, &c)) {
		assert_non_null(row->suite);
		assert_string_equal(suite_str(&c.suite, suite), row->suite);
		assert_int_equal(c.number, row->number);
		assert_false(c.suite.esn);
		if (o->proto == PROTO_ESP)
			assert_int_equal(c.spi.p[0], row->number << 4);
		return;
	}
	assert_null(row->suite);
	assert_int_equal(c.number, 99);
	proposal_explain(ps, o, &why);
	assert_string_equal(why.s, row->why);
}

static void
test_choose(void **state)
{
	static struct proposals ps;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(choose); i++) {
		const struct offer o = offer_of(choose[i].ours == &all_esp ||
		    choose[i].ours == &plain_esp ? PROTO_ESP : PROTO_IKE,
		    choose[i].ours);

		peer_says(choose[i].theirs, 1, &ps);
		assert_choice(&choose[i], &ps, &o, proposal_choose);
	}
}

#define NOT_ONE	"IKE proposal: algorithms agree, but theirs is no valid " \
	"choice of one transform per type"

static const struct choose accept[] = {
	{ "one of ours", &all_ike, { { IKE, { GCM256, P512, K20 } } },
	    CHOSEN(1, "AES256-GCM-16/PRF-SHA2-512/ECP-384") },
	{ "our last choice is still ours", &all_ike,
	    { { IKE, { CBC128, P256, I256, K14 } } },
	    CHOSEN(1, "AES128-CBC/SHA2-256-128/PRF-SHA2-256/MODP-2048") },
	{ "a MAC of NONE beside an AEAD is none", &all_ike,
	    { { IKE, { GCM256, P512, INONE, K20 } } },
	    CHOSEN(1, "AES256-GCM-16/PRF-SHA2-512/ECP-384") },
	{ "group NONE beside no group of ours is none", &plain_esp,
	    { { ESP, { GCM256, KNONE, NOESN } } },
	    CHOSEN(1, "AES256-GCM-16") },
	{ "two proposals are refused", &all_ike,
	    { { IKE, { GCM256, P512, K20 } }, { IKE, { GCM256, P512, K20 } } },
	    REFUSED(NOT_ONE) },
	{ "two ciphers are refused", &all_ike,
	    { { IKE, { GCM256, CBC256, P512, I512, K20 } } },
	    REFUSED(NOT_ONE) },
	{ "one cipher twice is refused", &all_ike,
	    { { IKE, { GCM256, GCM256, P512, K20 } } }, REFUSED(NOT_ONE) },
	{ "two PRFs are refused", &all_ike,
	    { { IKE, { GCM256, P512, P256, K20 } } }, REFUSED(NOT_ONE) },
	{ "two MACs are refused", &all_ike,
	    { { IKE, { CBC256, P512, I512, I256, K20 } } },
	    REFUSED(NOT_ONE) },
	{ "two groups are refused", &all_ike,
	    { { IKE, { GCM256, P512, K20, K14 } } }, REFUSED(NOT_ONE) },
	{ "a group and NONE are two groups", &plain_esp,
	    { { ESP, { GCM256, K20, KNONE, NOESN } } },
	    REFUSED("ESP proposal: algorithms agree, but theirs is no valid "
	    "choice of one transform per type") },
	{ "ESN and none are two", &plain_esp,
	    { { ESP, { GCM256, ESN, NOESN } } },
	    REFUSED("ESP proposal: algorithms agree, but theirs is no valid "
	    "choice of one transform per type") },
	{ "a MAC beside an AEAD is refused", &all_ike,
	    { { IKE, { GCM256, P512, I512, K20 } } }, REFUSED(NOT_ONE) },
	{ "an answer that says nothing of ESN is one without", &plain_esp,
	    { { ESP, { GCM256 } } }, CHOSEN(1, "AES256-GCM-16") },
	{ "what we did not offer is refused", &all_ike,
	    { { IKE, { GCM128, P512, K20 } } },
	    REFUSED("IKE proposal: encryption differs: ours AES256-GCM-16 "
	    "AES256-CBC AES128-CBC, theirs AES128-GCM-16") },
	{ "a group that we did not offer is refused", &all_ike,
	    { { IKE, { GCM256, P512, K19 } } },
	    REFUSED("IKE proposal: key exchange group differs: "
	    "ours X25519 ECP-384 MODP-2048, theirs ECP-256") },
	{ "ESN that we did not offer is refused", &plain_esp,
	    { { ESP, { GCM256, ESN } } },
	    REFUSED("ESP proposal: ESN differs: ours NO-ESN, theirs ESN") },
	{ "a transform with an unknown attribute beside ours counts",
	    &all_ike, { { IKE, { GCM256, { 1, 20, 0 }, P512, K20 } } },
	    REFUSED(NOT_ONE) },
};

static void
test_accept(void **state)
{
	static struct proposals ps;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accept); i++) {
		const struct offer o = offer_of(accept[i].ours == &plain_esp ?
		    PROTO_ESP : PROTO_IKE, accept[i].ours);

		peer_says(accept[i].theirs, 1, &ps);
		assert_choice(&accept[i], &ps, &o, proposal_accept);
	}
}

/* "the proposal number ... MUST match the number on the proposal sent" */
static void
test_accept_number(void **state)
{
	static const struct pr p[PS] = { { IKE, { GCM256, P384, K20 } } };
	const struct want two = { "AES256-GCM-16 AES256", "SHA2-384",
	    "SHA2-256", "20" };
	const struct offer one = offer_of(PROTO_IKE, &gcm_ike);
	const struct offer both = offer_of(PROTO_IKE, &two);
	static struct proposals ps;
	struct choice c;

	(void)state;
	for (unsigned number = 0; number <= 255; number++) {
		peer_says(p, (uint8_t)number, &ps);
		assert_int_equal(proposal_accept(&ps, &one, 0, &c),
		    number == 1);
		assert_int_equal(proposal_accept(&ps, &both, 0, &c),
		    number == 1 || number == 2);
		assert_true(proposal_choose(&ps, &one, 0, &c));
	}
}

/* Attributes that make one transform unusable, and leave the others be. */
static const struct {
	const char	*what;
	const char	*cipher, *prf;		/* of AES-GCM-16 and the PRF */
	bool		 ok;
} attributes[] = {
	{ "a key length", "800e0100", "", true },
	{ "an unknown attribute before it", "80010001 800e0100", "",
	    false },
	{ "an unknown attribute behind it", "800e0100 80010001", "",
	    false },
	{ "an unknown attribute with a length", "800e0100 00010001 aa", "",
	    false },
	{ "the same key length twice", "800e0100 800e0100", "", false },
	{ "a key length of 0 behind it", "800e0100 800e0000", "", false },
	{ "a key length with a length of its own", "000e0002 0100", "",
	    false },
	{ "a key length of 0 alone", "800e0000", "", false },
	{ "none at all", "", "", false },
	{ "a key length of 0 where none belongs", "800e0100", "800e0000",
	    false },
};

static void
test_attributes(void **state)
{
	const struct offer o = offer_of(PROTO_IKE, &gcm_ike);
	static struct proposals ps;
	struct choice c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const struct wire a = wire(attributes[i].cipher);
		const struct wire b = wire(attributes[i].prf);
		uint8_t buf[64];
		struct wr w = wr_of(buf, sizeof(buf));

		print_message("  %s\n", attributes[i].what);
		wr_u16(&w, 0);
		wr_u16(&w, (uint16_t)(8 + 8 + a.n + 8 + b.n + 8));
		wr_u32(&w, 0x01010003);
		wr_u16(&w, 0x0300);
		wr_u16(&w, (uint16_t)(8 + a.n));
		wr_u32(&w, 0x01000014);
		wr_bytes(&w, wire_bytes(&a));
		wr_u16(&w, 0x0300);
		wr_u16(&w, (uint16_t)(8 + b.n));
		wr_u32(&w, 0x02000006);
		wr_bytes(&w, wire_bytes(&b));
		wr_u64(&w, UINT64_C(0x0000000804000014));
		assert_int_equal(proposal_decode(wr_done(&w), &ps), N_NONE);
		assert_int_equal(ps.p[0].n, 3);
		assert_int_equal(proposal_choose(&ps, &o, 0, &c),
		    attributes[i].ok);
	}
}

/* A group that nobody can use is still a group that is asked for. */
static void
test_unusable_transform_is_wanted(void **state)
{
	const struct wire w = wire("0000002c 01030403 01020304"
	    "0300000c 01000014 800e0100"
	    "0300000c 04000000 80010001"
	    "00000008 05000000");
	const struct offer o = offer_of(PROTO_ESP, &plain_esp);
	static struct proposals ps;
	struct choice c;

	(void)state;
	assert_int_equal(proposal_decode(wire_bytes(&w), &ps), N_NONE);
	assert_false(proposal_choose(&ps, &o, 4, &c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_accept_number),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_unusable_transform_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
