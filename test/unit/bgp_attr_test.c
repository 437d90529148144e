/*
 * Path attributes: the RFC 7606 verdicts, one row per rule, and attributes on
 * their way through: in, canonical, out.
 */
#include "test/unit/bgp_octets.h"

#include "bgp/aspath.h"
#include "bgp/attr.h"

static const struct attr_mode ebgp = { .as4 = true, .remote_asn = 65010 };
static const struct attr_mode ibgp = { .as4 = true, .ibgp = true };
static const struct attr_mode old = { .remote_asn = 65010 };

#define ORIGIN	"40 01 01 00 "
#define PATH	"40 02 06 02 01 0000fdf2 "
#define PATH2	"40 02 04 02 01 fdf2 "
#define HOP	"40 03 04 a9fe0a02 "

static const struct {
	const char	*what;
	const struct attr_mode *mode;
	const char	*attrs;
	enum attr_verdict verdict;
	uint8_t		subcode;
	const char	*text;
} rows[] = {
	{ "none at all", &ebgp, "", ATTR_OK, 0, NULL },
	{ "the usual three", &ebgp, ORIGIN PATH HOP, ATTR_OK, 0, NULL },
	{ "an extended length", &ebgp, "50 01 0001 00", ATTR_OK, 0, NULL },
	/* RFC 7606 section 7.1 */
	{ "ORIGIN of two octets", &ebgp, "40 01 02 0000", ATTR_WITHDRAW, 5,
	    "ORIGIN: wrong length" },
	{ "ORIGIN with an undefined value", &ebgp, "40 01 01 03",
	    ATTR_WITHDRAW, 6, "ORIGIN: undefined value" },
	/* 7.2 */
	{ "AS_PATH with a segment of type 5", &ebgp, "40 02 06 05 01 0000fdf2",
	    ATTR_WITHDRAW, 11, "AS_PATH: a segment of unknown type" },
	{ "AS_PATH with a confederation segment", &ebgp,
	    "40 02 06 03 01 0000fdf2", ATTR_WITHDRAW, 11,
	    "AS_PATH: a segment of unknown type" },
	{ "AS_PATH with an overrun", &ebgp, "40 02 06 02 02 0000fdf2",
	    ATTR_WITHDRAW, 11, "AS_PATH: a segment runs past the attribute" },
	{ "AS_PATH with a lonely octet", &ebgp, "40 02 07 02 01 0000fdf2 02",
	    ATTR_WITHDRAW, 11, "AS_PATH: a segment runs past the attribute" },
	{ "AS_PATH with an empty segment", &ebgp,
	    "40 02 08 02 01 0000fdf2 02 00", ATTR_WITHDRAW, 11,
	    "AS_PATH: an empty segment" },
	{ "AS 0 in AS_PATH (RFC 7607)", &ebgp,
	    "40 02 0a 02 02 0000fdf2 00000000", ATTR_WITHDRAW, 11,
	    "AS_PATH: AS 0, which is reserved" },
	{ "AS_PATH that begins with another AS", &ebgp,
	    "40 02 06 02 01 0000fdf3", ATTR_WITHDRAW, 11,
	    "AS_PATH: the first AS is not the neighbour's" },
	{ "AS_PATH that begins with a set", &ebgp,
	    "40 02 06 01 01 0000fdf2", ATTR_WITHDRAW, 11,
	    "AS_PATH: the first AS is not the neighbour's" },
	{ "an empty AS_PATH from another AS", &ebgp, "40 02 00",
	    ATTR_WITHDRAW, 11, "AS_PATH: the first AS is not the neighbour's" },
	{ "an empty AS_PATH from our AS", &ibgp, "40 02 00", ATTR_OK, 0,
	    NULL },
	{ "AS_PATH of 2-octet numbers", &old, PATH2, ATTR_OK, 0, NULL },
	/* 7.3 */
	{ "NEXT_HOP of 5 octets", &ebgp, "40 03 05 a9fe0a0200",
	    ATTR_WITHDRAW, 5, "NEXT_HOP: wrong length" },
	/* 7.4 */
	{ "MULTI_EXIT_DISC of 3 octets", &ebgp, "80 04 03 000001",
	    ATTR_WITHDRAW, 5, "MULTI_EXIT_DISC: wrong length" },
	/* 7.5 */
	{ "LOCAL_PREF from another AS", &ebgp, "40 05 04 000000c8",
	    ATTR_DISCARD, 5, "LOCAL_PREF: not allowed from another AS" },
	{ "LOCAL_PREF of 3 octets from our AS", &ibgp, "40 05 03 0000c8",
	    ATTR_WITHDRAW, 5, "LOCAL_PREF: wrong length" },
	/* 7.6 */
	{ "ATOMIC_AGGREGATE that is not empty", &ebgp, "40 06 01 00",
	    ATTR_DISCARD, 5, "ATOMIC_AGGREGATE: it must be empty" },
	/* 7.7 */
	{ "AGGREGATOR of 6 octets with 4-octet numbers", &ebgp,
	    "c0 07 06 fdf2 0a000002", ATTR_DISCARD, 9,
	    "AGGREGATOR: wrong length" },
	{ "AGGREGATOR of 8 octets with 2-octet numbers", &old,
	    "c0 07 08 0000fdf2 0a000002", ATTR_DISCARD, 9,
	    "AGGREGATOR: wrong length" },
	{ "AGGREGATOR with AS 0", &ebgp, "c0 07 08 00000000 0a000002",
	    ATTR_DISCARD, 9, "AGGREGATOR: AS 0, which is reserved" },
	/* 7.8, 7.14, RFC 8092 section 6 */
	{ "COMMUNITIES of 5 octets", &ebgp, "c0 08 05 fdf2000100",
	    ATTR_WITHDRAW, 5, "COMMUNITIES: wrong length" },
	{ "COMMUNITIES that are empty", &ebgp, "c0 08 00", ATTR_WITHDRAW, 5,
	    "COMMUNITIES: wrong length" },
	{ "EXTENDED_COMMUNITIES of 9 octets", &ebgp,
	    "c0 10 09 0002fdf20000000100", ATTR_WITHDRAW, 5,
	    "EXTENDED_COMMUNITIES: wrong length" },
	{ "LARGE_COMMUNITIES of 11 octets", &ebgp,
	    "c0 20 0b 0000fdf200000001000000", ATTR_WITHDRAW, 5,
	    "LARGE_COMMUNITIES: wrong length" },
	/* 7.9, 7.10 */
	{ "ORIGINATOR_ID from another AS", &ebgp, "80 09 04 0a000009",
	    ATTR_DISCARD, 9, "ORIGINATOR_ID: not allowed from another AS" },
	{ "ORIGINATOR_ID of 3 octets from our AS", &ibgp, "80 09 03 0a0000",
	    ATTR_WITHDRAW, 5, "ORIGINATOR_ID: wrong length" },
	{ "CLUSTER_LIST from another AS", &ebgp, "80 0a 04 0a000009",
	    ATTR_DISCARD, 9, "CLUSTER_LIST: not allowed from another AS" },
	/* 7.11, 7.12: nothing to withdraw can be located */
	{ "MP_REACH_NLRI cut short", &ebgp, "80 0e 03 000201", ATTR_RESET, 9,
	    "MP_REACH_NLRI: it is cut short" },
	{ "MP_REACH_NLRI with a next hop of 5 octets", &ebgp,
	    "80 0e 0a 0002 01 05 0000000000 00", ATTR_RESET, 9,
	    "MP_REACH_NLRI: an IPv6 next hop of wrong length" },
	{ "MP_REACH_NLRI with a next hop past the end", &ebgp,
	    "80 0e 05 0002 01 10 00", ATTR_RESET, 9,
	    "MP_REACH_NLRI: it is cut short" },
	{ "MP_UNREACH_NLRI cut short", &ebgp, "80 0f 02 0002", ATTR_RESET, 9,
	    "MP_UNREACH_NLRI: it is cut short" },
	{ "MP_REACH_NLRI of a family we do not speak", &ebgp,
	    "80 0e 06 0019 41 00 00 01", ATTR_OK, 0, NULL },
	/* section 3 c, g; section 4 */
	{ "ORIGIN with the Optional flag", &ebgp, "c0 01 01 00",
	    ATTR_WITHDRAW, 4, "ORIGIN: wrong flags" },
	{ "MULTI_EXIT_DISC with the Transitive flag", &ebgp,
	    "c0 04 04 00000001", ATTR_WITHDRAW, 4,
	    "MULTI_EXIT_DISC: wrong flags" },
	{ "MP_UNREACH_NLRI with wrong flags", &ebgp, "c0 0f 03 000201",
	    ATTR_WITHDRAW, 4, "MP_UNREACH_NLRI: wrong flags" },
	{ "the low flags are nobody's business", &ebgp, "4f 01 01 00",
	    ATTR_OK, 0, NULL },
	{ "an attribute twice", &ebgp, ORIGIN ORIGIN, ATTR_DISCARD, 1,
	    "ORIGIN: it appears twice" },
	{ "an unknown attribute twice", &ebgp, "c0 63 00 c0 63 00",
	    ATTR_DISCARD, 1, "attribute 99: it appears twice" },
	{ "MP_UNREACH_NLRI twice", &ebgp, "80 0f 03 000201 80 0f 03 000201",
	    ATTR_RESET, 1, "MP_UNREACH_NLRI: it appears twice" },
	{ "a length past the end", &ebgp, "40 01 02 00", ATTR_WITHDRAW, 5,
	    "an attribute runs past the end of the attributes" },
	{ "a header cut short", &ebgp, "40 01", ATTR_WITHDRAW, 5,
	    "an attribute runs past the end of the attributes" },
	/* RFC 4271 section 5 and 6.3 */
	{ "unknown and optional transitive", &ebgp, "c0 63 01 00", ATTR_OK, 0,
	    NULL },
	{ "unknown and optional", &ebgp, "80 63 01 00", ATTR_OK, 0, NULL },
	{ "unknown and well-known", &ebgp, "40 63 01 00", ATTR_RESET, 2,
	    "attribute 99: well-known by its flags, but not known to us" },
	/* RFC 6793 section 6 */
	{ "AS4_PATH from one who needs none", &ebgp,
	    "c0 11 06 02 01 0000fdf2", ATTR_DISCARD, 9,
	    "AS4_PATH: the remote speaks 4-octet AS numbers itself" },
	{ "AS4_PATH that is malformed", &old, "c0 11 06 02 02 0000fdf2",
	    ATTR_DISCARD, 9, "AS4_PATH: a segment runs past the attribute" },
	{ "AS4_AGGREGATOR of 7 octets", &old, "c0 12 07 00000000000000",
	    ATTR_DISCARD, 5, "AS4_AGGREGATOR: wrong length" },
	/* the strongest of several, the first of its kind */
	{ "a discard and a withdraw", &ebgp, "40 06 01 00 40 01 01 09",
	    ATTR_WITHDRAW, 6, "ORIGIN: undefined value" },
	{ "two withdraws", &ebgp, "40 01 01 09 80 04 03 000001",
	    ATTR_WITHDRAW, 6, "ORIGIN: undefined value" },
	{ "a withdraw and a reset", &ebgp, "40 01 01 09 40 63 00", ATTR_RESET,
	    2, NULL },
};

static void
each_error_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fault f = { 0 };
		struct attr_set set;
		char plain[256];

		print_message("%s\n", rows[i].what);
		str_set(plain, sizeof(plain), rows[i].attrs);
		assert_int_equal(attr_decode(&set, octets(plain),
		    rows[i].mode, &f), rows[i].verdict);
		if (rows[i].verdict == ATTR_OK)
			continue;
		assert_int_equal(f.code, FAULT_UPDATE);
		assert_int_equal(f.subcode, rows[i].subcode);
		if (rows[i].text != NULL)
			assert_string_equal(f.text.s, rows[i].text);
	}
}

static void
paths_and_communities_are_capped(void **state)
{
	static uint8_t room[8192];
	struct wr w = wr_of(room, sizeof(room));
	struct fault f = { 0 };
	struct attr_set set;

	(void)state;
	attr_put(&w, ATTR_TRANSITIVE, ATTR_AS_PATH, 2 + 255 * 4 + 6);
	wr_u16(&w, 0x02ff);
	for (int i = 0; i < 255; i++)
		wr_u32(&w, 65010);
	wr_u16(&w, 0x0201);
	wr_u32(&w, 65010);
	assert_int_equal(attr_decode(&set, wr_done(&w), &ebgp, &f),
	    ATTR_WITHDRAW);
	assert_string_equal(f.text.s,
	    "AS_PATH: more AS numbers than we accept");
	w = wr_of(room, sizeof(room));
	attr_put(&w, ATTR_OPTIONAL | ATTR_TRANSITIVE, ATTR_COMMUNITIES,
	    256 * 4);
	wr_zero(&w, 256 * 4);
	assert_int_equal(attr_decode(&set, wr_done(&w), &ebgp, &f),
	    ATTR_WITHDRAW);
	assert_string_equal(f.text.s,
	    "COMMUNITIES: more entries than we accept");
	w = wr_of(room, sizeof(room));
	for (unsigned i = 0; i <= LIMIT_UNKNOWN; i++)
		attr_put(&w, ATTR_OPTIONAL | ATTR_TRANSITIVE,
		    (uint8_t)(100 + i), 0);
	assert_int_equal(attr_decode(&set, wr_done(&w), &ebgp, &f),
	    ATTR_WITHDRAW);
}

static const struct attr_out to_ebgp = {
	.as4 = true, .local_asn = 64512,
	.next_hop = { ADDR_IPV4, { 169, 254, 10, 1 } },
};
static const struct attr_out to_ibgp = {
	.as4 = true, .ibgp = true, .local_asn = 64512,
	.next_hop = { ADDR_IPV4, { 169, 254, 10, 1 } },
};
static const struct attr_out to_old = {
	.local_asn = 4200000000u,
	.next_hop = { ADDR_IPV4, { 169, 254, 10, 1 } },
};
static const struct attr_out to_v6 = { .as4 = true, .local_asn = 64512 };

#define SELF	"40 03 04 a9fe0a01 "

static const struct {
	const char	*what;
	const struct attr_mode *from;
	const char	*in;
	const struct attr_out *to;
	const char	*out;
} passes[] = {
	{ "ours in front, next hop self", &ebgp, ORIGIN PATH HOP, &to_ebgp,
	    ORIGIN "40 02 0a 02 02 0000fc00 0000fdf2 " SELF },
	{ "no NEXT_HOP where MP_REACH_NLRI has it", &ebgp, ORIGIN PATH HOP,
	    &to_v6, ORIGIN "40 02 0a 02 02 0000fc00 0000fdf2" },
	{ "a set keeps its place", &ebgp,
	    ORIGIN "40 02 10 02 01 0000fdf2 01 02 00000001 00000002" HOP,
	    &to_ebgp, ORIGIN "40 02 14 02 02 0000fc00 0000fdf2 "
	    "01 02 00000001 00000002" SELF },
	{ "MED and LOCAL_PREF stay at home", &ibgp, ORIGIN "40 02 00" HOP
	    "80 04 04 00000007 40 05 04 000000c8", &to_ebgp,
	    ORIGIN "40 02 06 02 01 0000fc00" SELF },
	{ "within the AS they go on and the path is untouched", &ibgp,
	    ORIGIN PATH HOP "80 04 04 00000007 40 05 04 000000c8", &to_ibgp,
	    ORIGIN PATH SELF "80 04 04 00000007 40 05 04 000000c8" },
	{ "within the AS there is always a LOCAL_PREF", &ebgp,
	    ORIGIN PATH HOP, &to_ibgp,
	    ORIGIN PATH SELF "40 05 04 00000064" },
	{ "communities of all kinds are carried", &ebgp, ORIGIN PATH HOP
	    "40 06 00 c0 07 08 0000fdf2 0a000002 c0 08 04 fdf20001"
	    "c0 10 08 0002fdf200000001 c0 20 0c 000000010000000200000003",
	    &to_ebgp, ORIGIN "40 02 0a 02 02 0000fc00 0000fdf2 " SELF
	    "40 06 00 c0 07 08 0000fdf2 0a000002 c0 08 04 fdf20001"
	    "c0 10 08 0002fdf200000001 c0 20 0c 000000010000000200000003" },
	{ "non-transitive extended communities stay", &ebgp, ORIGIN PATH HOP
	    "c0 10 10 4002fdf200000001 0002fdf200000002", &to_ebgp,
	    ORIGIN "40 02 0a 02 02 0000fc00 0000fdf2 " SELF
	    "c0 10 08 0002fdf200000002" },
	{ "and go on within the AS", &ebgp, ORIGIN PATH HOP
	    "c0 10 08 4002fdf200000001", &to_ibgp,
	    ORIGIN PATH SELF "40 05 04 00000064 c0 10 08 4002fdf200000001" },
	{ "unknown transitive ones become Partial", &ebgp, ORIGIN PATH HOP
	    "c0 63 02 abcd 80 64 01 00", &to_ebgp,
	    ORIGIN "40 02 0a 02 02 0000fc00 0000fdf2 " SELF
	    "e0 63 02 abcd" },
	{ "AS_TRANS and AS4_PATH for a peer with 2 octets", &ebgp,
	    ORIGIN "40 02 0a 02 02 0000fdf2 fa56ea01" HOP, &to_old,
	    ORIGIN "40 02 08 02 03 5ba0 fdf2 5ba0" SELF
	    "c0 11 0e 02 03 fa56ea00 0000fdf2 fa56ea01" },
	{ "AS4_AGGREGATOR likewise", &ebgp,
	    ORIGIN PATH HOP "c0 07 08 fa56ea01 0a000002", &to_old,
	    ORIGIN "40 02 06 02 02 5ba0 fdf2" SELF "c0 07 06 5ba0 0a000002"
	    "c0 11 0a 02 02 fa56ea00 0000fdf2"
	    "c0 12 08 fa56ea01 0a000002" },
	{ "AS4_PATH comes home", &old, ORIGIN
	    "40 02 08 02 03 fdf2 5ba0 5ba0" HOP
	    "c0 11 0a 02 02 fa56ea01 fa56ea02", &to_ebgp,
	    ORIGIN "40 02 14 02 02 0000fc00 0000fdf2 "
	    "02 02 fa56ea01 fa56ea02" SELF },
	{ "an AS4_PATH longer than AS_PATH is ignored", &old, ORIGIN PATH2 HOP
	    "c0 11 0a 02 02 fa56ea01 fa56ea02", &to_ebgp,
	    ORIGIN "40 02 0a 02 02 0000fc00 0000fdf2 " SELF },
	{ "an AGGREGATOR that is not AS_TRANS makes both stale", &old, ORIGIN
	    "40 02 06 02 02 fdf2 5ba0" HOP "c0 07 06 fdf2 0a000002"
	    "c0 11 06 02 01 fa56ea01 c0 12 08 fa56ea01 0a000002", &to_ebgp,
	    ORIGIN "40 02 0e 02 03 0000fc00 0000fdf2 00005ba0" SELF
	    "c0 07 08 0000fdf2 0a000002" },
	{ "AS4_AGGREGATOR comes home", &old, ORIGIN PATH2 HOP
	    "c0 07 06 5ba0 0a000002 c0 12 08 fa56ea01 0a000002", &to_ebgp,
	    ORIGIN "40 02 0a 02 02 0000fc00 0000fdf2 " SELF
	    "c0 07 08 fa56ea01 0a000002" },
};

static void
attributes_pass_as_they_should(void **state)
{
	const struct addr hop = { ADDR_IPV4, { 169, 254, 10, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++) {
		uint8_t room[4096];
		struct wr w = wr_of(room, sizeof(room));
		struct fault f = { 0 };
		union attrs_buf buf;
		struct attr_set set;

		print_message("%s\n", passes[i].what);
		assert_int_equal(attr_decode(&set, octets(passes[i].in),
		    passes[i].from, &f), ATTR_OK);
		attr_canon(&buf, &set, passes[i].from, &hop);
		attr_encode(&w, &buf.attrs, passes[i].to);
		assert_true(bytes_eq(wr_done(&w), octets(passes[i].out)));
		assert_true(w.n <= attr_encoded_max(&buf.attrs));
	}
}

static void
a_full_segment_gets_a_new_one_before_it(void **state)
{
	static uint8_t in[2048], out[2048];
	struct wr w = wr_of(in, sizeof(in)), o = wr_of(out, sizeof(out));

	(void)state;
	wr_u16(&w, 0x02ff);
	for (uint32_t i = 0; i < 255; i++)
		wr_u32(&w, 1000 + i);
	aspath_prepend(&o, wr_done(&w), 64512, 4);
	assert_int_equal(o.n, w.n + 6);
	assert_null(aspath_error(wr_done(&o), 4));
	assert_int_equal(aspath_hops(wr_done(&o)), 256);
	assert_int_equal(aspath_first(wr_done(&o), 4), 64512);
}

static void
graceful_shutdown_and_no_export_are_noticed(void **state)
{
	const struct addr hop = { ADDR_IPV4, { 169, 254, 10, 2 } };
	struct fault f = { 0 };
	union attrs_buf buf;
	struct attr_set set;

	(void)state;
	assert_int_equal(attr_decode(&set, octets(ORIGIN PATH HOP
	    "c0 08 08 ffff0000 ffffff01"), &ebgp, &f), ATTR_OK);
	attr_canon(&buf, &set, &ebgp, &hop);
	assert_int_equal(buf.attrs.local_pref, 100);
	assert_true((buf.attrs.has & ATTRS_SHUTDOWN) != 0);
	assert_true((buf.attrs.has & ATTRS_NO_EXPORT) != 0);
	assert_true((buf.attrs.has & ATTRS_NO_ADVERTISE) == 0);
}

static void
equal_sets_are_held_once(void **state)
{
	const struct addr hop = { ADDR_IPV4, { 169, 254, 10, 2 } };
	struct hash_key key = { 1, 3 };
	struct intern in;
	uint32_t a, b, c;
	struct fault f;
	union attrs_buf buf;
	struct attr_set set;

	(void)state;
	intern_init(&in, key);
	attr_decode(&set, octets(ORIGIN PATH HOP), &ebgp, &f);
	attr_canon(&buf, &set, &ebgp, &hop);
	a = intern_get(&in, &buf.attrs);
	b = intern_get(&in, &buf.attrs);
	assert_int_equal(a, b);
	assert_int_equal(in.used, 1);
	buf.attrs.med = 1;
	c = intern_get(&in, &buf.attrs);
	assert_int_not_equal(a, c);
	assert_int_equal(intern_at(&in, c)->pack, intern_at(&in, a)->pack);
	intern_drop(&in, a);
	intern_drop(&in, b);
	assert_int_equal(in.used, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		buf.attrs.med = i + 10;
		assert_int_not_equal(intern_get(&in, &buf.attrs), 0);
	}
	assert_int_equal(in.used, 1001);
	buf.attrs.med = 500;
	assert_int_equal(intern_at(&in, intern_get(&in, &buf.attrs))->med,
	    500);
	assert_int_equal(in.used, 1001);
	intern_drop(&in, c);
	intern_fini(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_gets_its_verdict),
		cmocka_unit_test(paths_and_communities_are_capped),
		cmocka_unit_test(attributes_pass_as_they_should),
		cmocka_unit_test(a_full_segment_gets_a_new_one_before_it),
		cmocka_unit_test(graceful_shutdown_and_no_export_are_noticed),
		cmocka_unit_test(equal_sets_are_held_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
