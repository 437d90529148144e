/* UPDATE: verdicts for the whole, End-of-RIB, packing. */
#include "test/unit/bgp_octets.h"

#include "bgp/nlri.h"
#include "bgp/update.h"

static const struct attr_mode ebgp = { .as4 = true, .remote_asn = 65010 };
static const struct attr_mode ibgp = { .as4 = true, .ibgp = true };

/* Attributes of 20 octets, and with LOCAL_PREF of 27. */
#define THREE	"40 01 01 00 40 02 06 02 01 0000fdf2 40 03 04 a9fe0a02 "
#define TWO	"40 01 01 00 40 02 06 02 01 0000fdf2 "
#define REACH6	"80 0e 1c 0002 01 10 "					\
		"fd000000000000000000000000000002 00 30 fd0200000001 "

static const struct {
	const char	*what;
	const struct attr_mode *mode;
	const char	*body;
	enum attr_verdict verdict;
	uint8_t		subcode;
	enum addr_family eor;
} rows[] = {
	{ "End-of-RIB for IPv4", &ebgp, "0000 0000", ATTR_OK, 0, ADDR_IPV4 },
	{ "End-of-RIB for IPv6", &ebgp, "0000 0006 80 0f 03 0002 01",
	    ATTR_OK, 0, ADDR_IPV6 },
	{ "a route", &ebgp, "0000 0014" THREE "10 0a02", ATTR_OK, 0,
	    ADDR_NONE },
	{ "the default route", &ebgp, "0000 0014" THREE "00", ATTR_OK, 0,
	    ADDR_NONE },
	{ "a withdrawal", &ebgp, "0003 10 0a02 0000", ATTR_OK, 0, ADDR_NONE },
	{ "both at once", &ebgp, "0003 10 0a03 0014" THREE "10 0a02",
	    ATTR_OK, 0, ADDR_NONE },
	{ "an IPv6 route without NEXT_HOP", &ebgp,
	    "0000 002c" TWO REACH6, ATTR_OK, 0, ADDR_NONE },
	/* RFC 7606 section 3 b: the lengths */
	{ "withdrawn routes longer than the message", &ebgp, "0003 10 0a",
	    ATTR_RESET, 1, 0 },
	{ "attributes longer than the message", &ebgp, "0000 0005 4001",
	    ATTR_RESET, 1, 0 },
	/* section 3 d: what must be there */
	{ "no ORIGIN", &ebgp, "0000 0010 40 02 06 02 01 0000fdf2 "
	    "40 03 04 a9fe0a02 10 0a02", ATTR_WITHDRAW, 3, 0 },
	{ "no AS_PATH", &ebgp,
	    "0000 000b 40 01 01 00 40 03 04 a9fe0a02 10 0a02",
	    ATTR_WITHDRAW, 3, 0 },
	{ "no NEXT_HOP with IPv4", &ebgp, "0000 000d" TWO "10 0a02",
	    ATTR_WITHDRAW, 3, 0 },
	{ "no LOCAL_PREF within the AS", &ibgp, "0000 0014" THREE "10 0a02",
	    ATTR_WITHDRAW, 3, 0 },
	{ "no attributes at all", &ebgp, "0000 0000 10 0a02", ATTR_WITHDRAW,
	    3, 0 },
	/* section 5.3: NLRI that cannot be read */
	{ "a prefix of 33 bits", &ebgp, "0000 0014" THREE "21 0a020000 00",
	    ATTR_RESET, 10, 0 },
	{ "a prefix cut short", &ebgp, "0000 0014" THREE "18 0a02",
	    ATTR_RESET, 10, 0 },
	{ "a withdrawn prefix cut short", &ebgp, "0002 10 0a 0000",
	    ATTR_RESET, 10, 0 },
	{ "an IPv6 prefix of 129 bits", &ebgp,
	    "0000 0010 80 0f 0d 0002 01 81 fd00000000000000 00",
	    ATTR_RESET, 10, 0 },
	/* section 5.2: with an error and no NLRI nothing is certain */
	{ "a bad ORIGIN and no route", &ebgp, "0000 0004 40 01 01 09",
	    ATTR_RESET, 6, 0 },
	{ "a bad ORIGIN and a route", &ebgp,
	    "0000 0014 40 01 01 09 40 02 06 02 01 0000fdf2 "
	    "40 03 04 a9fe0a02 10 0a02", ATTR_WITHDRAW, 6, 0 },
	{ "a bad ORIGIN and an IPv6 route", &ebgp,
	    "0000 002c 40 01 01 09 40 02 06 02 01 0000fdf2" REACH6,
	    ATTR_WITHDRAW, 6, 0 },
	{ "a harmless error and no route", &ebgp, "0000 0004 40 06 01 00",
	    ATTR_DISCARD, 5, 0 },
};

static void
each_update_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fault f = { 0 };
		struct update u;

		print_message("%s\n", rows[i].what);
		assert_int_equal(update_parse(&u, octets(rows[i].body),
		    rows[i].mode, &f), rows[i].verdict);
		if (rows[i].verdict == ATTR_OK) {
			assert_int_equal(u.eor, rows[i].eor);
			continue;
		}
		assert_int_equal(f.subcode, rows[i].subcode);
		assert_true(f.text.s[0] != '\0');
	}
}

static void
host_bits_of_a_prefix_are_cleared(void **state)
{
	struct rd r = rd_of(octets("0f 0aff 00 20 01020304"));
	struct prefix p;
	char text[PREFIX_STRLEN];

	(void)state;
	assert_true(nlri_next(&r, ADDR_IPV4, &p));
	assert_string_equal(prefix_str(&p, text), "10.254.0.0/15");
	assert_true(nlri_next(&r, ADDR_IPV4, &p));
	assert_string_equal(prefix_str(&p, text), "0.0.0.0/0");
	assert_true(nlri_next(&r, ADDR_IPV4, &p));
	assert_string_equal(prefix_str(&p, text), "1.2.3.4/32");
	assert_false(nlri_next(&r, ADDR_IPV4, &p));
	assert_false(r.bad);
}

/* What was written, read back. */
static unsigned
read_back(struct bytes wire, enum addr_family family, bool reach,
    struct prefix *first)
{
	struct rd r = rd_of(wire), nlri;
	struct fault f;
	struct update u;
	struct prefix p;
	struct msg m;
	unsigned n = 0;

	assert_int_equal(msg_next(&r, &m, &f), MSG_WHOLE);
	assert_int_equal(r.n, 0);
	assert_int_equal(m.type, MSG_UPDATE);
	assert_int_equal(update_parse(&u, m.body, &ebgp, &f), ATTR_OK);
	nlri = rd_of(family == ADDR_IPV4 ? (reach ? u.nlri : u.withdrawn) :
	    (reach ? u.attrs.reach.nlri : u.attrs.unreach.nlri));
	while (nlri_next(&nlri, family, &p)) {
		if (n++ == 0)
			*first = p;
	}
	return n;
}

static void
make_prefixes(struct prefix *p, size_t n, enum addr_family family)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = (struct prefix){ .addr = addr_any(family),
		    .len = family == ADDR_IPV4 ? 24 : 64 };
		p[i].addr.b[0] = family == ADDR_IPV4 ? 10 : 0xfd;
		p[i].addr.b[1] = (uint8_t)(i >> 8);
		p[i].addr.b[2] = (uint8_t)i;
	}
}

static void
prefixes_are_packed_until_the_message_is_full(void **state)
{
	static const struct {
		enum addr_family family;
		bool	reach;
		size_t	fit;	/* of 24 or 64 bits */
	} packs[] = {
		{ ADDR_IPV4, true, (4096 - 23 - 20) / 4 },
		{ ADDR_IPV4, false, (4096 - 23) / 4 },
		{ ADDR_IPV6, true, (4096 - 23 - 20 - 25) / 9 },
		{ ADDR_IPV6, false, (4096 - 23 - 7) / 9 },
	};
	static struct prefix p[1500];
	const struct addr hop = { ADDR_IPV6, { 0xfd, [15] = 2 } };
	struct bytes attrs = octets(THREE);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packs); i++) {
		uint8_t room[5000];
		struct wr w = wr_of(room, sizeof(room));
		struct prefix first;
		size_t n;

		make_prefixes(p, ARRAY_SIZE(p), packs[i].family);
		n = packs[i].reach ?
		    update_put_reach(&w, attrs, packs[i].family == ADDR_IPV6 ?
		    &hop : NULL, p, ARRAY_SIZE(p)) :
		    update_put_unreach(&w, p, ARRAY_SIZE(p));
		assert_int_equal(n, packs[i].fit);
		assert_true(w.n <= 4096);
		assert_int_equal(read_back(wr_done(&w), packs[i].family,
		    packs[i].reach, &first), n);
		assert_true(prefix_eq(&first, &p[0]));
	}
}

static void
attributes_that_leave_no_room_are_refused(void **state)
{
	static uint8_t big[4096], room[5000];
	struct wr w = wr_of(room, sizeof(room));
	struct prefix p = { .addr = { ADDR_IPV4, { 10 } }, .len = 24 };

	(void)state;
	assert_int_equal(update_put_reach(&w, bytes_of(big, 4070), NULL, &p,
	    1), 0);
	assert_int_equal(update_put_reach(&w, bytes_of(big, 4090), NULL, &p,
	    1), 0);
	assert_int_equal(w.n, 0);
	assert_int_equal(update_put_reach(&w, bytes_of(big, 4069), NULL, &p,
	    1), 1);
	assert_int_equal(w.n, 4096);
}

static void
end_of_rib_is_recognised_when_read_back(void **state)
{
	static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		uint8_t room[64];
		struct wr w = wr_of(room, sizeof(room));
		struct update u;
		struct fault f;
		struct msg m;
		struct rd r;

		update_put_eor(&w, families[i]);
		r = rd_of(wr_done(&w));
		assert_int_equal(msg_next(&r, &m, &f), MSG_WHOLE);
		assert_int_equal(update_parse(&u, m.body, &ebgp, &f), ATTR_OK);
		assert_int_equal(u.eor, families[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_update_gets_its_verdict),
		cmocka_unit_test(host_bits_of_a_prefix_are_cleared),
		cmocka_unit_test(prefixes_are_packed_until_the_message_is_full),
		cmocka_unit_test(attributes_that_leave_no_room_are_refused),
		cmocka_unit_test(end_of_rib_is_recognised_when_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
