/*
 * Several paths of a peer to a prefix (RFC 7911): how they come, are replaced,
 * withdrawn and bounded, and which of them carry traffic.
 */
#include <stdio.h>

#include "test/unit/bgp_octets.h"

#include "bgp/import.h"
#include "bgp/nlri.h"
#include "bgp/open.h"

#define V4(a, b, c, d)	{ ADDR_IPV4, { a, b, c, d } }
#define V6(last)	{ ADDR_IPV6, { 0xfd, 0, 0, 0x10, [15] = last } }

/* Paths of one AS number and of two: the longer one is worse. */
#define HOP	"40 03 04 a9fe0a02 "
#define SHORT	"40 01 01 00 40 02 06 02 01 0000fdf2 " HOP
#define LONG	"40 01 01 00 40 02 0a 02 02 0000fdf2 000000c8 " HOP
#define REACH(nlri)	"0000 0014 " SHORT nlri
#define REACH_LONG(nlri) "0000 0018 " LONG nlri
#define NET	"10 0a02"
#define OTHER	"10 0a03"

static struct rib rib;
static struct import im;

static void
begin(uint8_t path_ids)
{
	const uint64_t key[2] = { 1, 3 };
	const struct decide_peer peer = { .router_id = 9 };

	assert_true(rib_init(&rib, key));
	im = (struct import){
		.mode = { .as4 = true, .remote_asn = 65010,
		    .path_ids = path_ids },
		.families = OPEN_IPV4 | OPEN_IPV6,
		.local_asn = 64512, .router_id = 1, .portion = 100,
		.local = V4(169, 254, 10, 1), .remote = V4(169, 254, 10, 2),
		.next_hop4 = V4(169, 254, 10, 1), .next_hop6 = V6(1),
	};
	im.source = rib_join(&rib, 1, &peer);
	import_places(&im, &rib, &(struct bgp_tables){ .n = 0 });
}

static enum attr_verdict
hear(const char *update, struct fault *f)
{
	enum addr_family eor;

	*f = (struct fault){ 0 };
	return import_update(&im, &rib, octets(update), &eor, f);
}

/* "7 3": identifiers of the paths to 10.2.0.0/16, the best first. */
static const char *
paths_now(void)
{
	static char text[200];
	const struct prefix net = { V4(10, 2, 0, 0), 16 };
	uint32_t path[LIMIT_PATHS], n = rib_find(&rib, BGP_TABLE_MAIN, &net);
	unsigned k = n == 0 ? 0 : rib_paths_from(&rib, n, im.source, path);

	text[0] = '\0';
	for (unsigned i = 0; i < k; i++)
		str_add(text, sizeof(text), "%s%u", i > 0 ? " " : "",
		    addpath_get(&rib.ids, path[i]));
	return text;
}

static const struct {
	const char	*what;
	const char	*updates[4];
	uint32_t	held;
	const char	*paths;		/* of 10.2.0.0/16 */
} stories[] = {
	{ "two paths in one message",
	    { REACH("00000007 " NET "00000003 " NET) }, 2, "3 7" },
	{ "two paths in two messages",
	    { REACH("00000007 " NET), REACH_LONG("00000003 " NET) }, 2,
	    "7 3" },
	{ "identifier 0 is one like others",
	    { REACH("00000000 " NET "00000001 " NET) }, 2, "0 1" },
	{ "the largest identifier", { REACH("ffffffff " NET) }, 1,
	    "4294967295" },
	{ "the same identifier replaces", { REACH("00000007 " NET),
	    REACH("00000003 " NET), REACH_LONG("00000003 " NET) }, 2, "7 3" },
	{ "the same identifier of another prefix is another path",
	    { REACH("00000007 " NET "00000007 " OTHER) }, 2, "7" },
	{ "one is withdrawn", { REACH("00000007 " NET "00000003 " NET),
	    "0007 00000003 " NET " 0000" }, 1, "7" },
	{ "one that is not there is withdrawn",
	    { REACH("00000007 " NET), "0007 00000008 " NET " 0000" }, 1, "7" },
	{ "all are withdrawn", { REACH("00000007 " NET "00000003 " NET),
	    "000e 00000003 " NET "00000007 " NET " 0000" }, 0, "" },
	{ "a malformed attribute withdraws that path alone",
	    { REACH("00000007 " NET "00000003 " NET),
	    "0000 0014 40 01 01 03 40 02 06 02 01 0000fdf2 " HOP "00000003 "
	    NET }, 1, "7" },
};

static void
paths_have_an_identity_of_their_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		struct fault f;

		begin(OPEN_IPV4);
		for (size_t k = 0; k < 4 && stories[i].updates[k] != NULL; k++)
			hear(stories[i].updates[k], &f);
		print_message("%s: %s\n", stories[i].what, f.text.s);
		assert_int_equal(rib_held(&rib, im.source), stories[i].held);
		assert_string_equal(paths_now(), stories[i].paths);
		rib_leave(&rib, im.source);
		assert_int_equal(rib.paths.used, 0);
		rib_fini(&rib);
	}
}

static const struct {
	const char	*what;
	const char	*update;
	uint8_t		ids;		/* families that have them */
	bool		reset;
} broken[] = {
	{ "an identifier alone", REACH("00000007"), OPEN_IPV4, true },
	{ "an identifier that is cut", REACH("00000007 " NET "000000"),
	    OPEN_IPV4, true },
	{ "a prefix cut behind its identifier", REACH("00000007 10 0a"),
	    OPEN_IPV4, true },
	{ "a withdrawn one without an identifier", "0003 " NET " 0000",
	    OPEN_IPV4, true },
	{ "no identifier where there is none", REACH(NET), OPEN_IPV6, false },
	{ "IPv6 with its identifier", "0000 0030 40 01 01 00 "
	    "40 02 06 02 01 0000fdf2 80 0e 20 0002 01 10 "
	    "fd000010000000000000000000000002 00 00000009 30 fd0200000001",
	    OPEN_IPV6, false },
	{ "IPv6 without one", "0000 002c 40 01 01 00 "
	    "40 02 06 02 01 0000fdf2 80 0e 1c 0002 01 10 "
	    "fd000010000000000000000000000002 00 30 fd0200000001",
	    OPEN_IPV4, false },
	{ "IPv6 with an identifier that is cut", "0000 0027 40 01 01 00 "
	    "40 02 06 02 01 0000fdf2 80 0e 17 0002 01 10 "
	    "fd000010000000000000000000000002 00 000009", OPEN_IPV6, true },
};

static void
what_cannot_be_read_resets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct fault f;

		print_message("%s\n", broken[i].what);
		begin(broken[i].ids);
		assert_int_equal(hear(broken[i].update, &f),
		    broken[i].reset ? ATTR_RESET : ATTR_OK);
		assert_int_equal(rib_held(&rib, im.source), !broken[i].reset);
		if (broken[i].reset)
			assert_int_equal(f.subcode, FAULT_NETWORK);
		rib_fini(&rib);
	}
}

static enum attr_verdict
hear_id(unsigned id, const char *net, struct fault *f)
{
	char text[200];

	snprintf(text, sizeof(text), REACH("%08x ") "%s", id, net);
	return hear(text, f);
}

static void
a_peer_has_so_many_paths_to_a_prefix_and_no_more(void **state)
{
	struct fault f;

	(void)state;
	begin(OPEN_IPV4);
	for (unsigned id = 1; id <= LIMIT_PATHS; id++)
		assert_int_equal(hear_id(id, NET, &f), ATTR_OK);
	assert_int_equal(rib_held(&rib, im.source), LIMIT_PATHS);
	assert_int_equal(hear_id(99, NET, &f), ATTR_DISCARD);
	assert_string_equal(f.text.s,
	    "1 paths are ignored: 10.2.0.0/16 has 16 already");
	assert_int_equal(rib_held(&rib, im.source), LIMIT_PATHS);
	/* What is there may change, other prefixes come, room is reused. */
	assert_int_equal(hear_id(LIMIT_PATHS, NET, &f), ATTR_OK);
	assert_int_equal(hear_id(99, OTHER, &f), ATTR_OK);
	assert_int_equal(hear("0007 00000004 " NET " 0000", &f), ATTR_OK);
	assert_int_equal(hear_id(99, NET, &f), ATTR_OK);
	assert_int_equal(rib_held(&rib, im.source), LIMIT_PATHS + 1);
	/* Every path counts for a limit of prefixes. */
	im.max_prefixes = LIMIT_PATHS + 1;
	assert_int_equal(hear_id(5, NET, &f), ATTR_OK);
	assert_int_equal(hear_id(1, OTHER, &f), ATTR_RESET);
	assert_int_equal(f.subcode, FAULT_MAX_PREFIXES);
	rib_fini(&rib);
}

/* Some of its paths are in one table, the others still in that of before. */
static void
amid_a_move_the_paths_in_all_tables_count(void **state)
{
	const struct bgp_tables to = { .given = true, .n = 1, .into = { 5 } };
	const struct prefix net = { V4(10, 2, 0, 0), 16 };
	uint32_t path[LIMIT_PATHS];
	unsigned budget = 100;
	struct fault f;
	bool due;

	(void)state;
	begin(OPEN_IPV4);
	for (unsigned id = 1; id <= LIMIT_PATHS; id++)
		assert_int_equal(hear_id(id, NET, &f), ATTR_OK);
	assert_true(import_move(&im, &rib, &to, &due));
	assert_true(due);
	assert_int_equal(hear_id(3, NET, &f), ATTR_OK);
	assert_int_equal(hear_id(99, NET, &f), ATTR_DISCARD);
	assert_int_equal(hear("0007 00000004 " NET " 0000", &f), ATTR_OK);
	assert_int_equal(hear_id(99, NET, &f), ATTR_OK);
	assert_int_equal(hear_id(100, NET, &f), ATTR_DISCARD);
	import_sweep_begin(&im);
	assert_true(import_sweep(&im, &rib, &budget));
	assert_int_equal(rib_paths_from(&rib, rib_find(&rib, 5, &net),
	    im.source, path), LIMIT_PATHS);
	assert_int_equal(rib_held(&rib, im.source), LIMIT_PATHS);
	rib_fini(&rib);
}

/* A peer that has restarted may count its paths another way. */
static void
stale_paths_make_room_for_others(void **state)
{
	struct fault f;

	(void)state;
	begin(OPEN_IPV4);
	for (unsigned id = 1; id <= LIMIT_PATHS; id++)
		assert_int_equal(hear_id(id, NET, &f), ATTR_OK);
	rib_mark(&rib, im.source, ADDR_IPV4);
	assert_int_equal(hear_id(3, NET, &f), ATTR_OK);
	assert_int_equal(hear_id(101, NET, &f), ATTR_OK);
	assert_int_equal(hear_id(102, NET, &f), ATTR_OK);
	assert_int_equal(rib_held(&rib, im.source), LIMIT_PATHS);
	assert_int_equal(rib_stale(&rib, im.source, ADDR_IPV4),
	    LIMIT_PATHS - 3);
	rib_purge(&rib, im.source, ADDR_IPV4);
	assert_string_equal(paths_now(), "3 101 102");
	/* Back without identifiers. */
	for (unsigned id = 1; id < LIMIT_PATHS - 1; id++)
		hear_id(id, NET, &f);
	rib_mark(&rib, im.source, ADDR_IPV4);
	im.mode.path_ids = 0;
	assert_int_equal(hear(REACH(NET), &f), ATTR_OK);
	assert_int_equal(rib_held(&rib, im.source), LIMIT_PATHS);
	rib_purge(&rib, im.source, ADDR_IPV4);
	assert_string_equal(paths_now(), "0");
	rib_fini(&rib);
}

static void
paths_that_lead_alike_carry_traffic_once(void **state)
{
	const struct decide_peer other = { .router_id = 10 };
	const struct prefix net = { V4(10, 2, 0, 0), 16 };
	struct bgp_route r;
	struct rib_ref ref;
	struct fault f;
	uint32_t id;

	(void)state;
	begin(OPEN_IPV4);
	hear(REACH("00000001 " NET "00000002 " NET "00000003 " NET), &f);
	/* Another peer with an equal path, behind all of them. */
	ref = rib_join(&rib, 2, &other);
	id = rib_path(&rib, rib.source[im.source.slot].taught[0].first)->attrs;
	assert_true(rib_reach(&rib, ref, BGP_TABLE_MAIN, &net, id, true));
	rib_route(&rib, rib_find(&rib, BGP_TABLE_MAIN, &net), &r);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.paths[0].peer, 1);
	assert_int_equal(r.paths[1].peer, 2);
	/* The best goes: the next of the same peer takes its place. */
	hear("0007 00000001 " NET " 0000", &f);
	rib_route(&rib, rib_find(&rib, BGP_TABLE_MAIN, &net), &r);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.paths[0].peer, 1);
	assert_string_equal(paths_now(), "2 3");
	rib_fini(&rib);
}

static void
a_policy_judges_every_path_again(void **state)
{
	unsigned budget = 100;
	struct fault f;

	(void)state;
	begin(OPEN_IPV4);
	hear(REACH("00000001 " NET), &f);
	hear(REACH_LONG("00000002 " NET "00000003 " OTHER), &f);
	assert_int_equal(rib_accepted(&rib, im.source), 3);
	/* 200 in the path is ours from now on. */
	im.local_asn = 200;
	import_sweep_begin(&im);
	assert_true(import_sweep(&im, &rib, &budget));
	assert_int_equal(rib_accepted(&rib, im.source), 1);
	assert_int_equal(rib_held(&rib, im.source), 3);
	assert_string_equal(paths_now(), "1 2");
	rib_fini(&rib);
}

/* A node of 24 octets, and no array of identifiers. */
static void
without_identifiers_nothing_is_paid_for_them(void **state)
{
	struct fault f;

	(void)state;
	assert_int_equal(sizeof(struct rib_path), 24);
	begin(0);
	hear(REACH(NET), &f);
	assert_int_equal(rib_held(&rib, im.source), 1);
	assert_int_equal(rib.ids.n, 0);
	assert_null(rib.ids.id);
	rib_fini(&rib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_have_an_identity_of_their_own),
		cmocka_unit_test(what_cannot_be_read_resets),
		cmocka_unit_test(
		    a_peer_has_so_many_paths_to_a_prefix_and_no_more),
		cmocka_unit_test(amid_a_move_the_paths_in_all_tables_count),
		cmocka_unit_test(stale_paths_make_room_for_others),
		cmocka_unit_test(paths_that_lead_alike_carry_traffic_once),
		cmocka_unit_test(a_policy_judges_every_path_again),
		cmocka_unit_test(without_identifiers_nothing_is_paid_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
