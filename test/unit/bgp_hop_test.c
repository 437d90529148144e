/*
 * IPv4 networks with IPv6 next hops (RFC 8950): on the wire, on their way in,
 * and between two speakers of which both, or only one, can do so.
 */
#include "test/unit/bgp_net.h"

#include "bgp/import.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/rib.h"

#define NETWORKS	2000

static const struct addr hop6 = { ADDR_IPV6, { 0xfd, [15] = 2 } };

static void
a_message_is_filled_and_read_again(void **state)
{
	static const uint8_t attrs[] = { 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0,
	    0, 0xfd, 0xf2 };
	const struct attr_mode mode = { .as4 = true, .remote_asn = 65010,
	    .extended_hop = true };
	static struct prefix list[NETWORKS];
	uint8_t room[5000];
	struct wr w = wr_of(room, sizeof(room));
	struct update u;
	struct fault f;
	struct msg m;
	struct rd r;
	unsigned n;
	size_t fit;

	(void)state;
	for (unsigned i = 0; i < NETWORKS; i++)
		list[i] = (struct prefix){ { ADDR_IPV4, { 10, (uint8_t)(i >> 8),
		    (uint8_t)i } }, 24 };
	fit = update_put_reach(&w, bytes_of(attrs, sizeof(attrs)), &hop6, list,
	    NETWORKS);
	assert_int_equal(fit, (4096 - 23 - sizeof(attrs) - 25) / 4);
	r = rd_of(wr_done(&w));
	assert_int_equal(msg_next(&r, &m, &f), MSG_WHOLE);
	assert_int_equal(update_parse(&u, m.body, &mode, &f), ATTR_OK);
	assert_int_equal(u.nlri.n, 0);
	assert_int_equal(u.attrs.reach.family, ADDR_IPV4);
	assert_true(addr_eq(&u.attrs.reach.next_hop, &hop6));
	assert_true(nlri_check(u.attrs.reach.nlri, ADDR_IPV4, false, &n));
	assert_int_equal(n, fit);
}

/* MP_REACH_NLRI of 10.2.0.0/16 with a next hop of so many octets. */
static struct bytes
update_of(const struct addr *hop, uint8_t octets, uint8_t *room, size_t size)
{
	struct wr w = wr_of(room, size);

	wr_u16(&w, 0);
	wr_u16(&w, (uint16_t)(13 + 3 + 5 + octets + 3));
	wr_bytes(&w, bytes_of("\x40\x01\x01\x00\x40\x02\x06\x02\x01\x00\x00"
	    "\xfd\xf2\x80\x0e", 15));
	wr_u8(&w, (uint8_t)(5 + octets + 3));
	wr_bytes(&w, bytes_of("\x00\x01\x01", 3));
	wr_u8(&w, octets);
	wr_bytes(&w, addr_bytes(hop));
	for (size_t i = addr_bytes(hop).n; i < octets; i++)
		wr_u8(&w, i == 16 ? 0xfe : i == 17 ? 0x80 : 1);
	wr_bytes(&w, bytes_of("\x00\x10\x0a\x02", 4));
	return wr_done(&w);
}

static const struct {
	const char	*what;
	struct addr	hop;
	uint8_t		octets;
	bool		agreed;
	enum attr_verdict verdict;
	bool		used;
} rows[] = {
	{ "the neighbour", { ADDR_IPV6, { 0xfd, [15] = 2 } }, 16, true,
	    ATTR_OK, true },
	{ "the neighbour, with a link-local address",
	    { ADDR_IPV6, { 0xfd, [15] = 2 } }, 32, true, ATTR_OK, true },
	{ "another router", { ADDR_IPV6, { 0xfd, [15] = 3 } }, 16, true,
	    ATTR_WITHDRAW, false },
	{ "ourselves", { ADDR_IPV6, { 0xfd, [15] = 1 } }, 16, true,
	    ATTR_WITHDRAW, false },
	{ "IPv4 in disguise", { ADDR_IPV6, { [10] = 0xff, [11] = 0xff,
	    [12] = 10 } }, 16, true, ATTR_WITHDRAW, false },
	{ "an IPv4 next hop all the same", { ADDR_IPV4, { 169, 254, 1, 2 } },
	    4, true, ATTR_OK, true },
	{ "an IPv4 next hop where nothing was agreed",
	    { ADDR_IPV4, { 169, 254, 1, 2 } }, 4, false, ATTR_OK, true },
	{ "IPv6 where nothing was agreed", { ADDR_IPV6, { 0xfd, [15] = 2 } },
	    16, false, ATTR_RESET, false },
	{ "both addresses where nothing was agreed",
	    { ADDR_IPV6, { 0xfd, [15] = 2 } }, 32, false, ATTR_RESET, false },
	{ "an address and eight octets", { ADDR_IPV6, { 0xfd, [15] = 2 } },
	    24, true, ATTR_RESET, false },
	{ "an address and one octet", { ADDR_IPV6, { 0xfd, [15] = 2 } }, 17,
	    true, ATTR_RESET, false },
};

static void
a_next_hop_is_taken_where_it_was_agreed_on(void **state)
{
	const uint64_t key[2] = { 1, 3 };
	const struct decide_peer peer = { .router_id = 9 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct import im = {
			.mode = { .as4 = true, .remote_asn = 65010,
			    .extended_hop = rows[i].agreed },
			.families = OPEN_IPV4 | OPEN_IPV6,
			.local_asn = 64512, .router_id = 1,
			.local = { ADDR_IPV6, { 0xfd, [15] = 1 } },
			.remote = hop6,
			.next_hop6 = { ADDR_IPV6, { 0xfd, [15] = 1 } },
		};
		struct fault f = { 0 };
		enum addr_family eor;
		uint8_t room[128];
		struct rib rib;

		print_message("%s\n", rows[i].what);
		assert_true(rib_init(&rib, key));
		im.source = rib_join(&rib, 1, &peer);
		import_places(&im, &rib, &(struct bgp_tables){ .n = 0 });
		assert_int_equal(import_update(&im, &rib, update_of(
		    &rows[i].hop, rows[i].octets, room, sizeof(room)), &eor,
		    &f), rows[i].verdict);
		assert_int_equal(rib_accepted(&rib, im.source), rows[i].used);
		rib_fini(&rib);
	}
}

static void
pair(bool can, bool has_hop4)
{
	struct bgp_peer_conf a, b;

	net_new(1, 2);
	a = conf_of(0, 1);
	b = conf_of(1, 0);
	a.next_hop4 = b.next_hop4 = (struct addr){ ADDR_NONE, { 0 } };
	if (has_hop4)
		b.next_hop4 = inside(1, 0);
	a.extended_hop = true;
	b.extended_hop = can;
	network(0, "10.1.0.0/16");
	network(1, "10.2.0.0/16");
	network(1, "fd02::/48");
	add_peer(0, 1, &a);
	add_peer(1, 0, &b);
	run(5000);
	assert_true(established(0, 1));
}

static void
two_that_can_have_ipv4_without_an_ipv4_address(void **state)
{
	struct addr hop;

	(void)state;
	pair(true, false);
	assert_true(info(0, 1).ipv4);
	assert_true(info(0, 1).extended_hop);
	hop = inside6(1, 0);
	assert_non_null(route(0, "10.2.0.0/16"));
	assert_true(addr_eq(&route(0, "10.2.0.0/16")->paths[0].gateway, &hop));
	assert_true(addr_eq(&route(0, "fd02::/48")->paths[0].gateway, &hop));
	hop = inside6(0, 1);
	assert_true(addr_eq(&route(1, "10.1.0.0/16")->paths[0].gateway, &hop));
	bgp_network_del(net->bgp[1], net->now, BGP_TABLE_MAIN,
	    &(struct prefix){ { ADDR_IPV4, { 10, 2 } }, 16 });
	run(1000);
	assert_null(route(0, "10.2.0.0/16"));
	net_free();
}

static void
one_that_has_an_ipv4_address_announces_it(void **state)
{
	struct addr hop;

	(void)state;
	pair(true, true);
	hop = inside(1, 0);
	assert_true(addr_eq(&route(0, "10.2.0.0/16")->paths[0].gateway, &hop));
	hop = inside6(0, 1);
	assert_true(addr_eq(&route(1, "10.1.0.0/16")->paths[0].gateway, &hop));
	net_free();
}

static void
with_one_that_cannot_there_is_no_ipv4(void **state)
{
	(void)state;
	pair(false, true);
	assert_false(info(0, 1).ipv4);
	assert_true(info(0, 1).ipv6);
	assert_false(info(0, 1).extended_hop);
	assert_null(route(0, "10.2.0.0/16"));
	assert_non_null(route(0, "fd02::/48"));
	assert_null(route(1, "10.1.0.0/16"));
	net_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_filled_and_read_again),
		cmocka_unit_test(a_next_hop_is_taken_where_it_was_agreed_on),
		cmocka_unit_test(
		    two_that_can_have_ipv4_without_an_ipv4_address),
		cmocka_unit_test(one_that_has_an_ipv4_address_announces_it),
		cmocka_unit_test(with_one_that_cannot_there_is_no_ipv4),
	};

	return crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
