/*
 * Roles and Only to Customer (RFC 9234 sections 4 and 5): what each of our
 * roles makes of a route with and without an OTC, on its way in and out.
 */
#include "test/unit/bgp_octets.h"

#include "bgp/export.h"
#include "bgp/import.h"
#include "bgp/open.h"
#include "bgp/role.h"

#define V4(a, b, c, d)	{ ADDR_IPV4, { a, b, c, d } }

#define ATTRS	"40 01 01 00 40 02 06 02 01 0000fdf2 40 03 04 a9fe0a02 "
#define NET	"10 0a02"
#define NO_OTC	"0000 0014 " ATTRS NET
#define REMOTE	"0000 001b " ATTRS "c0 23 04 0000fdf2 " NET	/* 65010 */
#define OTHER	"0000 001b " ATTRS "c0 23 04 000000c8 " NET	/* 200 */

static const struct import with_us = {
	.mode = { .as4 = true, .remote_asn = 65010 },
	.families = OPEN_IPV4, .local_asn = 64512, .router_id = 1,
	.local = V4(169, 254, 10, 1), .remote = V4(169, 254, 10, 2),
	.next_hop4 = V4(169, 254, 10, 1),
};

static struct rib rib;

static void
rib_begin(void)
{
	const uint64_t key[2] = { 1, 3 };

	assert_true(rib_init(&rib, key));
}

/* The route that a peer of this role's counterpart taught. */
static struct import
taught(enum bgp_role role, const char *update, enum attr_verdict *v,
    struct fault *f)
{
	const struct decide_peer peer = { .router_id = 9 };
	enum addr_family eor = ADDR_NONE;
	struct import im = with_us;

	im.role = role;
	im.source = rib_join(&rib, 1, &peer);
	import_places(&im, &rib, &(struct bgp_tables){ .given = false });
	*v = import_update(&im, &rib, octets(update), &eor, f);
	assert_int_equal(rib_held(&rib, im.source), 1);
	return im;
}

static const struct {
	enum bgp_role	role;		/* ours */
	const char	*update;
	bool		used;
	uint32_t	otc;		/* in the RIB; 0: none */
	const char	*why;		/* a word of the reason */
} in[] = {
	{ BGP_ROLE_NONE, NO_OTC, true, 0, NULL },
	{ BGP_ROLE_NONE, REMOTE, true, 65010, NULL },
	{ BGP_ROLE_NONE, OTHER, true, 200, NULL },
	{ BGP_ROLE_PROVIDER, NO_OTC, true, 0, NULL },
	{ BGP_ROLE_PROVIDER, REMOTE, false, 65010, "a customer passes on" },
	{ BGP_ROLE_PROVIDER, OTHER, false, 200, "a customer passes on" },
	{ BGP_ROLE_RS, NO_OTC, true, 0, NULL },
	{ BGP_ROLE_RS, REMOTE, false, 65010, "a route server's client" },
	{ BGP_ROLE_RS, OTHER, false, 200, "a route server's client" },
	{ BGP_ROLE_RS_CLIENT, NO_OTC, true, 65010, NULL },
	{ BGP_ROLE_RS_CLIENT, REMOTE, true, 65010, NULL },
	{ BGP_ROLE_RS_CLIENT, OTHER, true, 200, NULL },
	{ BGP_ROLE_CUSTOMER, NO_OTC, true, 65010, NULL },
	{ BGP_ROLE_CUSTOMER, REMOTE, true, 65010, NULL },
	{ BGP_ROLE_CUSTOMER, OTHER, true, 200, NULL },
	{ BGP_ROLE_PEER, NO_OTC, true, 65010, NULL },
	{ BGP_ROLE_PEER, REMOTE, true, 65010, NULL },
	{ BGP_ROLE_PEER, OTHER, false, 200, "a peer passes on" },
};

static uint32_t
otc_in_rib(const struct import *im)
{
	const struct rib_path *p = rib_path(&rib,
	    rib.source[im->source.slot].taught[0].first);
	uint32_t otc = 0;

	return role_otc(intern_at(&rib.intern, p->attrs), &otc) ? otc : 0;
}

static void
a_route_is_marked_or_kept_out_by_our_role(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		struct prefix net = { V4(10, 2, 0, 0), 16 };
		struct reason why = { "" };
		struct fault f = { 0 };
		enum attr_verdict v;
		struct import im;
		unsigned budget = 100, n;
		uint32_t path[LIMIT_PATHS];

		print_message("%s: row %zu\n", bgp_role_str(in[i].role), i);
		rib_begin();
		im = taught(in[i].role, in[i].update, &v, &f);
		assert_int_equal(v, in[i].used ? ATTR_OK : ATTR_WITHDRAW);
		assert_int_equal(rib_accepted(&rib, im.source), in[i].used);
		assert_int_equal(otc_in_rib(&im), in[i].otc);
		n = rib_paths_from(&rib, rib_find(&rib, BGP_TABLE_MAIN, &net),
		    im.source, path);
		assert_int_equal(n, 1);
		assert_int_equal(import_why_path(&im, &rib,
		    rib_path(&rib, path[0]), &why),
		    in[i].used ? BGP_ACCEPTED : BGP_UNUSABLE);
		if (!in[i].used) {
			assert_non_null(strstr(why.s, in[i].why));
			assert_non_null(strstr(f.text.s, in[i].why));
			assert_non_null(strstr(f.text.s, "10.2.0.0/16"));
		}
		/* Another policy judges it the same. */
		im.portion = 100;
		import_sweep_begin(&im);
		assert_true(import_sweep(&im, &rib, &budget));
		assert_int_equal(rib_accepted(&rib, im.source), in[i].used);
		assert_int_equal(otc_in_rib(&im), in[i].otc);
		edit_fini(&im.edit, &rib.intern);
		rib_fini(&rib);
	}
}

enum told { NOTHING, PLAIN, OURS, THEIRS };

static const struct {
	enum bgp_role	role;		/* ours towards who is told */
	enum told	own, without, with;	/* our network; theirs */
} out[] = {
	{ BGP_ROLE_NONE, PLAIN, PLAIN, THEIRS },
	{ BGP_ROLE_PROVIDER, OURS, OURS, THEIRS },
	{ BGP_ROLE_RS, OURS, OURS, THEIRS },
	{ BGP_ROLE_RS_CLIENT, PLAIN, PLAIN, NOTHING },
	{ BGP_ROLE_CUSTOMER, PLAIN, PLAIN, NOTHING },
	{ BGP_ROLE_PEER, OURS, OURS, NOTHING },
};

/* What a session of this role says of the one route that there is. */
static enum told
said(enum bgp_role role)
{
	static uint8_t room[EXPORT_ROOM];
	const struct decide_peer peer = { .router_id = 7 };
	const struct attr_mode mode = { .as4 = true, .remote_asn = 64512 };
	struct export_conf conf = {
		.local_asn = 64512, .remote_asn = 65020, .as4 = true,
		.transit = true, .table = BGP_TABLE_MAIN, .role = role,
		.families = OPEN_IPV4,
		.next_hop4 = V4(169, 254, 20, 1),
	};
	struct rib_ref ref = rib_join(&rib, 2, &peer);
	struct wr w = wr_of(room, sizeof(room));
	enum told told = NOTHING;
	struct attr_set set;
	struct export e;
	struct update u;
	struct fault f;
	struct msg m;
	struct rd r;

	assert_true(export_start(&e, &rib, &conf, ref));
	assert_true(export_fill(&e, &rib, &w));
	r = rd_of(wr_done(&w));
	while (msg_next(&r, &m, &f) == MSG_WHOLE) {
		if (update_parse(&u, m.body, &mode, &f) != ATTR_OK ||
		    u.nlri.n == 0)
			continue;
		set = u.attrs;
		told = !attr_seen(&set, ATTR_OTC) ? PLAIN :
		    bytes_eq(set.value[ATTR_OTC], octets("0000fc00")) ?
		    OURS : THEIRS;
		if (told == THEIRS)
			assert_true(bytes_eq(set.value[ATTR_OTC],
			    octets("000000c8")));
	}
	export_stop(&e, &rib);
	rib_leave(&rib, ref);
	return told;
}

static void
originate(void)
{
	struct prefix net = { V4(10, 1, 0, 0), 16 };
	union attrs_buf buf;
	uint32_t id;

	attr_originate(&buf);
	id = intern_get(&rib.intern, &buf.attrs);
	assert_true(rib_reach(&rib, rib_self(), BGP_TABLE_MAIN, &net, id,
	    true));
	intern_drop(&rib.intern, id);
}

static void
a_route_is_marked_or_kept_back_by_our_role(void **state)
{
	struct fault f = { 0 };
	enum attr_verdict v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(out); i++) {
		print_message("%s\n", bgp_role_str(out[i].role));
		rib_begin();
		originate();
		assert_int_equal(said(out[i].role), out[i].own);
		rib_fini(&rib);
		rib_begin();
		taught(BGP_ROLE_NONE, NO_OTC, &v, &f);
		assert_int_equal(said(out[i].role), out[i].without);
		rib_fini(&rib);
		rib_begin();
		taught(BGP_ROLE_NONE, OTHER, &v, &f);
		assert_int_equal(said(out[i].role), out[i].with);
		rib_fini(&rib);
	}
}

static void
each_role_has_one_name_number_and_counterpart(void **state)
{
	static const char *const names[] = {
		"provider", "rs-server", "rs-client", "customer", "peer",
	};

	(void)state;
	for (uint8_t wire = 0; wire < 5; wire++) {
		enum bgp_role role = role_of_wire(wire);

		assert_string_equal(bgp_role_str(role), names[wire]);
		assert_int_equal(role_to_wire(role), wire);
		assert_int_equal(role_other(role_other(role)), role);
	}
	for (unsigned wire = 5; wire < 256; wire++)
		assert_int_equal(role_of_wire((uint8_t)wire), BGP_ROLE_NONE);
	assert_int_equal(role_other(BGP_ROLE_PEER), BGP_ROLE_PEER);
	assert_int_equal(role_other(BGP_ROLE_PROVIDER), BGP_ROLE_CUSTOMER);
	assert_int_equal(role_other(BGP_ROLE_RS), BGP_ROLE_RS_CLIENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_is_marked_or_kept_out_by_our_role),
		cmocka_unit_test(a_route_is_marked_or_kept_back_by_our_role),
		cmocka_unit_test(
		    each_role_has_one_name_number_and_counterpart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
