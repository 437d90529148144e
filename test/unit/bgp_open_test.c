/* OPEN and capabilities (RFC 4271 section 6.2, RFC 5492, 6286, 6793, 9072). */
#include "test/unit/bgp_octets.h"

#include "bgp/open.h"

#define OPEN_OF(asn_, id, hold, fam, wide, fresh) { .asn = (asn_),	\
	.router_id = (id), .hold_time = (hold), .families = (fam),	\
	.as4 = (wide), .refresh = (fresh) }

#define HEAD	"04 fdf2 001e 0a000002"		/* AS 65010, 30 s, 10.0.0.2 */

static const struct {
	const char	*what;
	const char	*body;
	int		subcode;	/* -1: fine */
	struct open	open;
} opens[] = {
	{ "no capabilities mean IPv4 and 2-octet AS numbers", HEAD "00", -1,
	    OPEN_OF(65010, 0x0a000002, 30, OPEN_IPV4, false, false) },
	{ "all capabilities in one parameter",
	    HEAD "16 0214 010400010001 010400020001 0200 4104fa56ea01", -1,
	    OPEN_OF(4200000001u, 0x0a000002, 30, OPEN_IPV4 | OPEN_IPV6, true,
	    true) },
	{ "a parameter for each", HEAD "0c 0206010400020001 02020200", -1,
	    OPEN_OF(65010, 0x0a000002, 30, OPEN_IPV6, false, true) },
	{ "a capability with a part of the next one missing",
	    HEAD "0a 0208 4600 400100 020078", 0, { 0 } },
	{ "graceful restart and friends do not hide what follows",
	    HEAD "0a 0208 4600 40020078 0200", -1,
	    OPEN_OF(65010, 0x0a000002, 30, OPEN_IPV4, false, true) },
	{ "other families are no families of ours",
	    HEAD "08 0206 010400190041", -1,
	    OPEN_OF(65010, 0x0a000002, 30, 0, false, false) },
	{ "extended parameters (RFC 9072)",
	    HEAD "ff ff 0009 02 0006 41040000fdf2", -1,
	    OPEN_OF(65010, 0x0a000002, 30, OPEN_IPV4, true, false) },
	{ "extended parameters that are empty", HEAD "ff ff 0000", -1,
	    OPEN_OF(65010, 0x0a000002, 30, OPEN_IPV4, false, false) },
	{ "extended parameters cut short", HEAD "ff ff 0009 02 0006 4104", 0,
	    { 0 } },
	{ "version 3", "03 fdf2 001e 0a000002 00", FAULT_VERSION, { 0 } },
	{ "an unknown optional parameter", HEAD "03 070100", FAULT_PARAMETER,
	    { 0 } },
	{ "authentication, long deprecated", HEAD "03 010100",
	    FAULT_PARAMETER, { 0 } },
	{ "octets behind the parameters", HEAD "00 00", 0, { 0 } },
	{ "parameters longer than the message", HEAD "08 0206 0104", 0,
	    { 0 } },
	{ "a capability longer than its parameter", HEAD "04 0202 4104", 0,
	    { 0 } },
	{ "a 4-octet AS capability of 2 octets", HEAD "06 0204 4102fdf2", 0,
	    { 0 } },
	{ "a role (RFC 9234)", HEAD "05 0203 090103", -1,
	    { .asn = 65010, .router_id = 0x0a000002, .hold_time = 30,
	    .families = OPEN_IPV4, .role = BGP_ROLE_CUSTOMER } },
	{ "the same role twice", HEAD "08 0206 090100 090100", -1,
	    { .asn = 65010, .router_id = 0x0a000002, .hold_time = 30,
	    .families = OPEN_IPV4, .role = BGP_ROLE_PROVIDER } },
	{ "two roles", HEAD "0a 0203 090100 0203 090103", FAULT_ROLE, { 0 } },
	{ "role 5", HEAD "05 0203 090105", FAULT_ROLE, { 0 } },
	{ "add-path of both families and directions (RFC 7911)",
	    HEAD "0c 020a 4508 00010102 00020103", -1,
	    { .asn = 65010, .router_id = 0x0a000002, .hold_time = 30,
	    .families = OPEN_IPV4, .paths_in = OPEN_IPV6,
	    .paths_out = OPEN_IPV4 | OPEN_IPV6 } },
	{ "add-path of 0 and 4 is none, nor of another family",
	    HEAD "10 020e 450c 00010100 00020104 00010403", -1,
	    { .asn = 65010, .router_id = 0x0a000002, .hold_time = 30,
	    .families = OPEN_IPV4 } },
	{ "add-path that is cut short", HEAD "07 0205 4503 000101", 0,
	    { 0 } },
	{ "IPv4 by IPv6 next hops (RFC 8950)",
	    HEAD "10 020e 050c 000100010002 000100040002", -1,
	    { .asn = 65010, .router_id = 0x0a000002, .hold_time = 30,
	    .families = OPEN_IPV4, .extended_hop = true } },
	{ "IPv6 by IPv4 next hops, and other families by IPv6",
	    HEAD "10 020e 050c 000200010001 000100800002", -1,
	    { .asn = 65010, .router_id = 0x0a000002, .hold_time = 30,
	    .families = OPEN_IPV4 } },
	{ "extended next hops that are cut short",
	    HEAD "09 0207 0505 0001000100", 0, { 0 } },
	{ "a role without a value", HEAD "04 0202 0900", 0, { 0 } },
	{ "a role of 2 octets", HEAD "06 0204 09020003", 0, { 0 } },
	{ "a multiprotocol capability of 3 octets",
	    HEAD "07 0205 0103000100", 0, { 0 } },
};

static void
opens_are_parsed_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(opens); i++) {
		struct open o = { .asn = 7 };
		struct fault f = { 0 };
		bool ok = open_parse(&o, octets(opens[i].body), &f);

		print_message("%s\n", opens[i].what);
		assert_int_equal(ok, opens[i].subcode < 0);
		if (!ok) {
			assert_int_equal(f.code, FAULT_OPEN);
			assert_int_equal(f.subcode, opens[i].subcode);
			assert_int_equal(o.asn, 7);
			continue;
		}
		assert_int_equal(o.asn, opens[i].open.asn);
		assert_int_equal(o.router_id, opens[i].open.router_id);
		assert_int_equal(o.hold_time, opens[i].open.hold_time);
		assert_int_equal(o.families, opens[i].open.families);
		assert_int_equal(o.as4, opens[i].open.as4);
		assert_int_equal(o.refresh, opens[i].open.refresh);
		assert_int_equal(o.role, opens[i].open.role);
		assert_int_equal(o.extended_hop, opens[i].open.extended_hop);
		assert_int_equal(o.paths_in, opens[i].open.paths_in);
		assert_int_equal(o.paths_out, opens[i].open.paths_out);
	}
}

#define MP4	"010400010001 "

/* Capability 64 and what is left of it (RFC 4724 section 3, RFC 8538). */
static const struct {
	const char	*what;
	const char	*caps;		/* all capabilities; the length is added */
	bool		ok;
	struct cap_restart restart;
} restarts[] = {
	{ "none", MP4, true, { .there = false } },
	{ "who only helps", MP4 "4002 0078", true,
	    { .there = true, .seconds = 120 } },
	{ "R and N bits, reserved bits and the longest time", MP4 "4002 ffff",
	    true, { .there = true, .restarted = true, .notify = true,
	    .seconds = 4095 } },
	{ "both families, one preserved", MP4 "400a 0001 00010180 00020100",
	    true, { .there = true, .seconds = 1, .families = 3,
	    .forwards = 1 } },
	{ "reserved flags of a family", MP4 "4006 0001 0001017f", true,
	    { .there = true, .seconds = 1, .families = 1 } },
	{ "families that are not ours", MP4 "400a 0001 00010280 00190180",
	    true, { .there = true, .seconds = 1 } },
	{ "a family twice: the last one", MP4 "400a 0001 00010180 00010100",
	    true, { .there = true, .seconds = 1, .families = 1 } },
	{ "the capability twice: the last one",
	    MP4 "4006 8001 00010180 4002 4002", true,
	    { .there = true, .notify = true, .seconds = 2 } },
	{ "empty", MP4 "4000", false, { .there = false } },
	{ "half a time", MP4 "4001 00", false, { .there = false } },
	{ "a family without flags", MP4 "4005 0001 000101", false,
	    { .there = false } },
	{ "half a family behind a whole one", MP4 "4008 0001 00010180 0002",
	    false, { .there = false } },
};

static void
the_restart_capability_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(restarts); i++) {
		const struct cap_restart *c = &restarts[i].restart;
		uint8_t room[128];
		struct wr w = wr_of(room, sizeof(room));
		struct fault f = { 0 };
		struct open o = { .asn = 7 };
		struct bytes caps;
		bool ok;

		print_message("%s\n", restarts[i].what);
		wr_bytes(&w, octets(HEAD));
		caps = octets(restarts[i].caps);
		wr_u8(&w, (uint8_t)(caps.n + 2));
		wr_u8(&w, 2);
		wr_u8(&w, (uint8_t)caps.n);
		wr_bytes(&w, caps);
		ok = open_parse(&o, wr_done(&w), &f);
		assert_int_equal(ok, restarts[i].ok);
		if (!ok) {
			assert_int_equal(f.code, FAULT_OPEN);
			assert_int_equal(f.subcode, FAULT_OPEN_UNSPECIFIC);
			assert_non_null(strstr(f.text.s, "graceful restart"));
			continue;
		}
		assert_int_equal(o.restart.there, c->there);
		assert_int_equal(o.restart.restarted, c->restarted);
		assert_int_equal(o.restart.notify, c->notify);
		assert_int_equal(o.restart.seconds, c->seconds);
		assert_int_equal(o.restart.families, c->families);
		assert_int_equal(o.restart.forwards, c->forwards);
	}
}

static void
ours_survives_a_round_trip(void **state)
{
	static const struct open ours[] = {
		OPEN_OF(65010, 1, 90, OPEN_IPV4, true, true),
		OPEN_OF(4200000001u, 0xfffffffe, 0, OPEN_IPV4 | OPEN_IPV6, true,
	    true),
		OPEN_OF(1, 1, 3, OPEN_IPV6, false, false),
		{ .asn = 1, .router_id = 1, .families = OPEN_IPV4,
		    .role = BGP_ROLE_PROVIDER },
		{ .asn = 1, .router_id = 1, .families = OPEN_IPV4,
		    .role = BGP_ROLE_PEER, .paths_in = OPEN_IPV6 },
		{ .asn = 1, .router_id = 1, .families = OPEN_IPV4,
		    .paths_in = OPEN_IPV4 | OPEN_IPV6,
		    .paths_out = OPEN_IPV4, .extended_hop = true },
		{ .asn = 1, .router_id = 1, .families = OPEN_IPV4,
		    .enhanced = true, .restart = { .there = true,
		    .seconds = 7 } },
		{ .asn = 1, .router_id = 1, .families = 3,
		    .restart = { .there = true, .restarted = true,
		    .notify = true, .seconds = 4095, .families = 3,
		    .forwards = OPEN_IPV6 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		uint8_t room[256];
		struct wr w = wr_of(room, sizeof(room));
		struct fault f;
		struct open o;
		struct msg m;
		struct rd r;

		open_put(&w, &ours[i]);
		r = rd_of(wr_done(&w));
		assert_int_equal(msg_next(&r, &m, &f), MSG_WHOLE);
		assert_true(open_parse(&o, m.body, &f));
		assert_int_equal(o.asn, ours[i].asn);
		assert_int_equal(o.router_id, ours[i].router_id);
		assert_int_equal(o.hold_time, ours[i].hold_time);
		assert_int_equal(o.families, ours[i].families);
		assert_int_equal(o.as4, ours[i].as4);
		assert_int_equal(o.refresh, ours[i].refresh);
		assert_int_equal(o.enhanced, ours[i].enhanced);
		assert_memory_equal(&o.restart, &ours[i].restart,
		    sizeof(o.restart));
		assert_int_equal(o.role, ours[i].role);
		assert_int_equal(o.extended_hop, ours[i].extended_hop);
		assert_int_equal(o.paths_in, ours[i].paths_in);
		assert_int_equal(o.paths_out, ours[i].paths_out);
	}
}

static void
a_large_as_is_hidden_behind_as_trans(void **state)
{
	const struct open ours = { .asn = 4200000001u, .as4 = true };
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));

	(void)state;
	open_put(&w, &ours);
	assert_int_equal(room[20] << 8 | room[21], OPEN_AS_TRANS);
}

static const struct open_want want = {
	.local_asn = 64512, .remote_asn = 65010, .router_id = 1,
	.families = OPEN_IPV4,
};

static const struct bgp_asns several = {
	.n = 2, .v = { { 65010, 65010 }, { 65020, 65030 } },
};
static const struct open_want any = {
	.local_asn = 64512, .asns = &several, .router_id = 1,
	.families = OPEN_IPV4,
};

static const struct open_want within = {
	.local_asn = 64512, .remote_asn = 64512, .router_id = 1,
	.families = OPEN_IPV4 | OPEN_IPV6,
};

#define WANT_ROLE(of, must) {						\
	.local_asn = 64512, .remote_asn = 65010, .router_id = 1,	\
	.families = OPEN_IPV4, .role = (of), .role_strict = (must) }
static const struct open_want provider = WANT_ROLE(BGP_ROLE_PROVIDER, false);
static const struct open_want strict = WANT_ROLE(BGP_ROLE_PROVIDER, true);
static const struct open_want peer = WANT_ROLE(BGP_ROLE_PEER, true);
static const struct open_want client = WANT_ROLE(BGP_ROLE_RS_CLIENT, true);

static const struct open_want only6 = {
	.local_asn = 64512, .remote_asn = 65010, .router_id = 1,
	.families = OPEN_IPV4, .only_extended = true,
};

#define SAYS(of) { .asn = 65010, .router_id = 2, .hold_time = 30,	\
	.families = OPEN_IPV4, .role = (of) }

static const struct {
	const char	*what;
	const struct open_want *want;
	struct open	open;
	int		subcode;	/* -1: fine */
	const char	*text;
} checks[] = {
	{ "what we want", &want, OPEN_OF(65010, 2, 30, 3, true, true), -1, "" },
	{ "the same router id in another AS (RFC 6286)", &want,
	    OPEN_OF(65010, 1, 30, 1, true, true), -1, "" },
	{ "no hold time at all", &want, OPEN_OF(65010, 2, 0, 1, true, true), -1,
	    "" },
	{ "another AS", &want, OPEN_OF(65099, 2, 30, 1, true, true),
	    FAULT_PEER_AS, "remote AS is 65099, expected 65010" },
	{ "the first of several AS", &any, OPEN_OF(65010, 2, 30, 1, true,
	    true), -1, "" },
	{ "the last of a range", &any, OPEN_OF(65030, 2, 30, 1, true, true),
	    -1, "" },
	{ "none of several", &any, OPEN_OF(65031, 2, 30, 1, true, true),
	    FAULT_PEER_AS, "remote AS is 65031, which is not among those "
	    "expected" },
	{ "AS 0 where there are several", &any, OPEN_OF(0, 2, 30, 1, true,
	    true), FAULT_PEER_AS, "remote AS is 0, which is reserved" },
	{ "AS 0 (RFC 7607)", &want, OPEN_OF(0, 2, 30, 1, true, true),
	    FAULT_PEER_AS, "remote AS is 0, which is reserved" },
	{ "router id 0", &want, OPEN_OF(65010, 0, 30, 1, true, true),
	    FAULT_ROUTER_ID, "the remote's BGP identifier is 0" },
	{ "our router id in our AS", &within, OPEN_OF(64512, 1, 30, 1, true, true),
	    FAULT_ROUTER_ID,
	    "the remote has the same BGP identifier as we, in the same AS" },
	{ "hold time 1", &want, OPEN_OF(65010, 2, 1, 1, true, true),
	    FAULT_HOLD_TIME, "the remote offers a hold time of 1 s; it must be "
	    "0 or at least 3" },
	{ "hold time 2", &want, OPEN_OF(65010, 2, 2, 1, true, true),
	    FAULT_HOLD_TIME, "the remote offers a hold time of 2 s; it must be "
	    "0 or at least 3" },
	{ "a role where we have none", &want, SAYS(BGP_ROLE_PEER), -1, "" },
	{ "a provider's customer", &provider, SAYS(BGP_ROLE_CUSTOMER), -1,
	    "" },
	{ "a provider's neighbour without a role", &provider,
	    SAYS(BGP_ROLE_NONE), -1, "" },
	{ "the same, strictly", &strict, SAYS(BGP_ROLE_NONE), FAULT_ROLE,
	    "we are provider and the remote has no role, which "
	    "bgp_role_strict requires" },
	{ "two providers", &provider, SAYS(BGP_ROLE_PROVIDER), FAULT_ROLE,
	    "we are provider and the remote says that it is provider, not "
	    "customer" },
	{ "a provider's peer", &strict, SAYS(BGP_ROLE_PEER), FAULT_ROLE,
	    "we are provider and the remote says that it is peer, not "
	    "customer" },
	{ "two peers", &peer, SAYS(BGP_ROLE_PEER), -1, "" },
	{ "a client's route server", &client, SAYS(BGP_ROLE_RS), -1, "" },
	{ "two clients", &client, SAYS(BGP_ROLE_RS_CLIENT), FAULT_ROLE,
	    "we are rs-client and the remote says that it is rs-client, not "
	    "rs-server" },
	{ "IPv4 by IPv6 next hops", &only6, { .asn = 65010, .router_id = 2,
	    .families = OPEN_IPV4, .extended_hop = true }, -1, "" },
	{ "IPv4 without them", &only6, SAYS(BGP_ROLE_NONE), FAULT_CAPABILITY,
	    "no address family in common: ours IPv4, the remote's IPv4 "
	    "without extended next hops (RFC 8950)" },
	{ "another family", &want, OPEN_OF(65010, 2, 30, OPEN_IPV6, true, true),
	    FAULT_CAPABILITY, "no address family in common: ours IPv4, the "
	    "remote's IPv6" },
};

static void
opens_are_judged_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct fault f = { 0 };
		bool ok = open_check(&checks[i].open, checks[i].want, &f);

		print_message("%s\n", checks[i].what);
		assert_int_equal(ok, checks[i].subcode < 0);
		if (ok)
			continue;
		assert_int_equal(f.code, FAULT_OPEN);
		assert_int_equal(f.subcode, checks[i].subcode);
		assert_string_equal(f.text.s, checks[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_are_parsed_or_refused),
		cmocka_unit_test(the_restart_capability_is_understood),
		cmocka_unit_test(ours_survives_a_round_trip),
		cmocka_unit_test(a_large_as_is_hidden_behind_as_trans),
		cmocka_unit_test(opens_are_judged_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
