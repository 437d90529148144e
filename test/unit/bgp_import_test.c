/* Which received routes may be used: next hops, loops, families. */
#include "test/unit/bgp_octets.h"

#include "bgp/import.h"
#include "bgp/open.h"

#define V4(a, b, c, d)	{ ADDR_IPV4, { a, b, c, d } }
#define V6(last)	{ ADDR_IPV6, { 0xfd, 0, 0, 0x10, [15] = last } }

/* A session over IPv4 and one over IPv6, both for both families. */
static const struct import over4 = {
	.mode = { .as4 = true, .remote_asn = 65010 },
	.families = OPEN_IPV4 | OPEN_IPV6,
	.local_asn = 64512, .router_id = 0x0a000001,
	.local = V4(169, 254, 10, 1), .remote = V4(169, 254, 10, 2),
	.next_hop4 = V4(169, 254, 10, 1), .next_hop6 = V6(1),
};
static const struct import over6 = {
	.mode = { .as4 = true, .remote_asn = 65010 },
	.families = OPEN_IPV4 | OPEN_IPV6,
	.local_asn = 64512, .router_id = 0x0a000001,
	.local = V6(1), .remote = V6(2),
	.next_hop4 = V4(169, 254, 10, 1), .next_hop6 = V6(1),
};
/* The neighbour's IPv6 address is known. */
static const struct import tunnel = {
	.mode = { .as4 = true, .remote_asn = 65010 },
	.families = OPEN_IPV4 | OPEN_IPV6,
	.local_asn = 64512, .router_id = 0x0a000001,
	.local = V4(169, 254, 10, 1), .remote = V4(169, 254, 10, 2),
	.remote_other = V6(2),
	.next_hop4 = V4(169, 254, 10, 1), .next_hop6 = V6(1),
};
static const struct import only4 = {
	.mode = { .as4 = true, .remote_asn = 65010 },
	.families = OPEN_IPV4,
	.local_asn = 64512, .router_id = 0x0a000001,
	.local = V4(169, 254, 10, 1), .remote = V4(169, 254, 10, 2),
	.next_hop4 = V4(169, 254, 10, 1),
};
static const struct import within = {
	.mode = { .as4 = true, .ibgp = true },
	.families = OPEN_IPV4,
	.local_asn = 64512, .router_id = 0x0a000001,
	.local = V4(169, 254, 10, 1), .remote = V4(169, 254, 10, 2),
	.next_hop4 = V4(169, 254, 10, 1),
};

#define ORIGIN	"40 01 01 00 "
#define PATH	"40 02 06 02 01 0000fdf2 "
#define HEAD4	"0000 0014 " ORIGIN PATH "40 03 04 "
#define HEAD6	"0000 002c " ORIGIN PATH "80 0e 1c 0002 01 10 "
#define TAIL6	" 00 30 fd0200000001"

static const struct {
	const char	*what;
	const struct import *im;
	const char	*body;
	uint32_t	held, accepted;
	const char	*text;		/* NULL: no complaint */
} rows[] = {
	{ "the neighbour itself", &over4, HEAD4 "a9fe0a02 10 0a02", 1, 1,
	    NULL },
	{ "another router behind it", &over4, HEAD4 "a9fe0a09 10 0a02", 1, 0,
	    "routes are not used: their next hop 169.254.10.9 is not the "
	    "neighbour (10.2.0.0/16)" },
	{ "ourselves", &over4, HEAD4 "a9fe0a01 10 0a02", 1, 0,
	    "routes are not used: their next hop 169.254.10.1 is ours "
	    "(10.2.0.0/16)" },
	{ "nothing", &over4, HEAD4 "00000000 10 0a02", 1, 0,
	    "routes are not used: their next hop 0.0.0.0 is no address of a "
	    "router (10.2.0.0/16)" },
	{ "a group", &over4, HEAD4 "e0000001 10 0a02 10 0a03", 2, 0,
	    "routes are not used: their next hop 224.0.0.1 is no address of "
	    "a router (10.2.0.0/16 and 1 more)" },
	{ "any IPv6 router, over IPv4", &over4,
	    HEAD6 "fd000010000000000000000000000077" TAIL6, 1, 1, NULL },
	{ "the neighbour's IPv6 address, over IPv4", &tunnel,
	    HEAD6 "fd000010000000000000000000000002" TAIL6, 1, 1, NULL },
	{ "another IPv6 address than the neighbour's, over IPv4", &tunnel,
	    HEAD6 "fd000010000000000000000000000077" TAIL6, 1, 0,
	    "routes are not used: their next hop fd00:10::77 is not the "
	    "neighbour (fd02:0:1::/48)" },
	{ "our IPv6 address, over IPv4", &over4,
	    HEAD6 "fd000010000000000000000000000001" TAIL6, 1, 0,
	    "routes are not used: their next hop fd00:10::1 is ours "
	    "(fd02:0:1::/48)" },
	{ "a link-local one, over IPv4", &over4,
	    HEAD6 "fe800000000000000000000000000002" TAIL6, 1, 0,
	    "routes are not used: their next hop fe80::2 is link-local "
	    "(fd02:0:1::/48)" },
	{ "IPv4 in disguise", &over4,
	    HEAD6 "00000000000000000000ffffa9fe0a02" TAIL6, 1, 0,
	    "routes are not used: their next hop ::ffff:169.254.10.2 is no "
	    "address of a router (fd02:0:1::/48)" },
	{ "the IPv6 neighbour", &over6,
	    HEAD6 "fd000010000000000000000000000002" TAIL6, 1, 1, NULL },
	{ "not the IPv6 neighbour", &over6,
	    HEAD6 "fd000010000000000000000000000003" TAIL6, 1, 0,
	    "routes are not used: their next hop fd00:10::3 is not the "
	    "neighbour (fd02:0:1::/48)" },
	{ "any IPv4 router, over IPv6", &over6, HEAD4 "a9fe0a02 10 0a02", 1, 1,
	    NULL },
	{ "our IPv4 address, over IPv6", &over6, HEAD4 "a9fe0a01 10 0a02", 1,
	    0, "routes are not used: their next hop 169.254.10.1 is ours "
	    "(10.2.0.0/16)" },
	{ "a family that was not agreed on", &only4,
	    HEAD6 "fd000010000000000000000000000002" TAIL6, 0, 0, NULL },
	{ "our AS in the path", &over4, "0000 0018 " ORIGIN
	    "40 02 0a 02 02 0000fdf2 0000fc00 40 03 04 a9fe0a02 10 0a02", 1,
	    0, "routes are not used: AS_PATH contains our own AS 64512, which "
	    "is told once a session (10.2.0.0/16)" },
	{ "our AS in a set", &over4, "0000 001a " ORIGIN
	    "40 02 0c 02 01 0000fdf2 01 01 0000fc00 40 03 04 a9fe0a02 "
	    "10 0a02", 1, 0, "routes are not used: AS_PATH contains our own "
	    "AS 64512, which is told once a session (10.2.0.0/16)" },
	{ "what we reflected ourselves", &within, "0000 001c " ORIGIN
	    "40 02 00 40 03 04 a9fe0a02 40 05 04 00000064 "
	    "80 09 04 0a000001 10 0a02", 1, 0, "routes are not used: "
	    "ORIGINATOR_ID is our own, which is told once a session "
	    "(10.2.0.0/16)" },
	{ "what another one originated", &within, "0000 001c " ORIGIN
	    "40 02 00 40 03 04 a9fe0a02 40 05 04 00000064 "
	    "80 09 04 0a000003 10 0a02", 1, 1, NULL },
};

/* Of each path: is it refused, and does the reason say so when asked later? */
static void
check_refusals(const struct rib *rib, const struct import *im)
{
	static const char *const known[] = {
		"is no address of a router", "is ours", "is link-local",
		"is not the neighbour", "it has come through ourselves",
	};
	uint32_t id = 0, net;

	while (rib_taught_each(rib, im->source, &id, &net)) {
		const struct rib_path *p = rib_path(rib, id);
		struct reason why = { "" };
		unsigned found = 0;

		assert_int_equal(import_why_path(im, rib, p, &why),
		    p->flags & PATH_ELIGIBLE ? BGP_ACCEPTED : BGP_UNUSABLE);
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found += strstr(why.s, known[i]) != NULL;
		assert_int_equal(found, (p->flags & PATH_ELIGIBLE) == 0);
	}
}

static void
only_usable_routes_are_accepted(void **state)
{
	const uint64_t key[2] = { 1, 3 };
	const struct decide_peer peer = { .router_id = 9 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct import im = *rows[i].im;
		enum addr_family eor = ADDR_NONE;
		struct fault f = { 0 };
		struct rib rib;
		enum attr_verdict v;

		print_message("%s\n", rows[i].what);
		assert_true(rib_init(&rib, key));
		im.source = rib_join(&rib, 1, &peer);
		import_places(&im, &rib, &(struct bgp_tables){
		    .given = false });
		v = import_update(&im, &rib, octets(rows[i].body), &eor,
		    &f);
		assert_int_equal(v, rows[i].text == NULL ? ATTR_OK :
		    ATTR_WITHDRAW);
		if (rows[i].text != NULL)
			assert_string_equal(f.text.s, rows[i].text);
		assert_int_equal(rib_held(&rib, im.source), rows[i].held);
		assert_int_equal(rib_accepted(&rib, im.source),
		    rows[i].accepted);
		check_refusals(&rib, &im);
		rib_fini(&rib);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_usable_routes_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
