/*
 * The RIB, its journal and what sessions announce: a peer that reads all
 * UPDATEs must end with what the table says, however late it reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bgp/export.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "util/array.h"

#define PREFIXES	300
#define SOURCES		3

static struct rib rib;
static uint32_t dice_state;

static uint32_t
dice(uint32_t n)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (dice_state >> 8) % n;
}

static void
rib_begin(uint32_t seed)
{
	const uint64_t key[2] = { 0x1234567890abcdef, 0xfedcba0987654321 };

	dice_state = seed;
	assert_true(rib_init(&rib, key));
}

static struct prefix
prefix_no(unsigned i)
{
	struct prefix p = { { ADDR_IPV4, { 10, (uint8_t)(i >> 8),
	    (uint8_t)i } }, 24 };

	if (i % 3 == 0) {
		p.addr = (struct addr){ ADDR_IPV6, { 0xfd, 0, (uint8_t)(i >> 8),
		    (uint8_t)i } };
		p.len = 64;
	}
	return p;
}

/* A path of these AS numbers. */
static uint32_t
attrs_of(uint32_t first, uint32_t second, uint32_t med)
{
	union attrs_buf buf;
	struct wr w;

	attr_originate(&buf);
	w = wr_of(buf.attrs.data, 64);
	wr_u8(&w, 2);
	wr_u8(&w, 2);
	wr_u32(&w, first);
	wr_u32(&w, second);
	buf.attrs.path_n = (uint16_t)w.n;
	buf.attrs.hops = 2;
	buf.attrs.neighbour = first;
	buf.attrs.med = med;
	buf.attrs.next_hop = (struct addr){ ADDR_IPV4, { 1, 1, 1, 1 } };
	return intern_get(&rib.intern, &buf.attrs);
}

static struct rib_ref
join(unsigned i, bool ibgp)
{
	const struct decide_peer d = {
		.ibgp = ibgp, .router_id = i, .inside = i % 2 == 0,
		.addr = { ADDR_IPV4, { 169, 254, (uint8_t)i, 2 } },
	};
	struct rib_ref ref = rib_join(&rib, i, &d);

	assert_int_not_equal(ref.slot, 0);
	return ref;
}

static void
reach(struct rib_ref ref, unsigned prefix, uint32_t attrs)
{
	struct prefix p = prefix_no(prefix);

	assert_true(rib_reach(&rib, ref, BGP_TABLE_MAIN, &p, attrs, true));
	intern_drop(&rib.intern, attrs);
}

static void
unreach(struct rib_ref ref, unsigned prefix)
{
	struct prefix p = prefix_no(prefix);

	rib_unreach(&rib, ref, BGP_TABLE_MAIN, &p);
}

static void
own(unsigned prefix)
{
	union attrs_buf buf;

	attr_originate(&buf);
	reach(rib_self(), prefix, intern_get(&rib.intern, &buf.attrs));
}

/* The peer: what it was told last about each prefix. */

struct peer_view {
	bool		has[PREFIXES];
	uint32_t	as[PREFIXES][3];
	unsigned	updates, eor4, eor6;
};

static unsigned
number_of(const struct prefix *p)
{
	for (unsigned i = 0; i < PREFIXES; i++) {
		struct prefix q = prefix_no(i);

		if (prefix_eq(p, &q))
			return i;
	}
	fail();
	return 0;
}

static void
view_reach(struct peer_view *v, struct bytes nlri, enum addr_family family,
    const struct attr_set *set)
{
	struct rd r = rd_of(nlri), path;
	struct prefix p;

	while (nlri_next(&r, family, &p)) {
		unsigned i = number_of(&p);

		v->has[i] = true;
		path = rd_of(set->value[ATTR_AS_PATH]);
		rd_u16(&path);
		for (unsigned k = 0; k < 3; k++)
			v->as[i][k] = rd_u32(&path);
	}
}

static void
view_unreach(struct peer_view *v, struct bytes nlri, enum addr_family family)
{
	struct rd r = rd_of(nlri);
	struct prefix p;

	while (nlri_next(&r, family, &p)) {
		unsigned i = number_of(&p);

		assert_true(v->has[i]);	/* only what it was told is taken */
		v->has[i] = false;
	}
}

static void
view_update(struct peer_view *v, struct bytes body)
{
	const struct attr_mode mode = { .as4 = true, .remote_asn = 64512 };
	struct fault f;
	struct update u;

	assert_int_equal(update_parse(&u, body, &mode, &f), ATTR_OK);
	v->updates++;
	v->eor4 += u.eor == ADDR_IPV4;
	v->eor6 += u.eor == ADDR_IPV6;
	view_unreach(v, u.withdrawn, ADDR_IPV4);
	view_unreach(v, u.attrs.unreach.nlri, ADDR_IPV6);
	view_reach(v, u.nlri, ADDR_IPV4, &u.attrs);
	view_reach(v, u.attrs.reach.nlri, ADDR_IPV6, &u.attrs);
}

/* One fill; false: nothing was due. */
static bool
view_pull(struct peer_view *v, struct export *e)
{
	static uint8_t room[EXPORT_ROOM];
	struct wr w = wr_of(room, sizeof(room));
	struct fault f;
	struct msg m;
	struct rd r;

	assert_true(export_fill(e, &rib, &w));
	r = rd_of(wr_done(&w));
	while (r.n > 0) {
		assert_int_equal(msg_next(&r, &m, &f), MSG_WHOLE);
		view_update(v, m.body);
	}
	return w.n > 0;
}

static const struct export_conf transit = {
	.table = BGP_TABLE_MAIN,
	.local_asn = 64512, .remote_asn = 65000, .as4 = true, .transit = true,
	.families = OPEN_IPV4 | OPEN_IPV6,
	.next_hop4 = { ADDR_IPV4, { 169, 254, 0, 1 } },
	.next_hop6 = { ADDR_IPV6, { 0xfd, [15] = 1 } },
};

/* What the peer must have in the end. */
static void
compare(const struct peer_view *v, const struct export *e)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PREFIXES; i++) {
		struct prefix p = prefix_no(i);
		struct bgp_route route = { 0 };
		uint32_t net = p.addr.family == ADDR_IPV6 ? RIB_IPV6 : 0;
		uint16_t slot = 0;
		uint32_t attrs = 0;

		while (rib_each(&rib, &net)) {
			struct prefix q = rib_prefix(&rib, net);

			if (!prefix_eq(&p, &q))
				continue;
			rib_route(&rib, net, &route);
			attrs = rib_best(&rib, net, &slot);
		}
		if (attrs != 0 && slot != 0 && (slot == e->source.slot ||
		    !e->conf.transit || (e->conf.insiders &&
		    !rib.source[slot].decide.inside)))
			attrs = 0;
		assert_int_equal(v->has[i], attrs != 0);
		count += attrs != 0;
		if (attrs == 0 || slot == 0)
			continue;
		assert_int_equal(v->as[i][0], 64512);
		assert_int_equal(v->as[i][1], route.as_path[0]);
		assert_int_equal(v->as[i][2], route.as_path[1]);
	}
	assert_int_equal(e->advertised, count);
}

static void
churn(struct rib_ref *source, unsigned steps)
{
	while (steps-- > 0) {
		unsigned s = dice(SOURCES), p = dice(PREFIXES);

		switch (dice(12)) {
		case 0:
			rib_leave(&rib, source[s]);
			source[s] = join(s + 1, false);
			break;
		case 1:
			own(p);
			break;
		case 2:
			unreach(rib_self(), p);
			break;
		case 3: case 4: case 5:
			unreach(source[s], p);
			break;
		default:
			reach(source[s], p, attrs_of(65001 + s, 100 + dice(5),
			    dice(2)));
			break;
		}
	}
}

static void
random_changes(bool is_transit, bool insiders)
{
	for (uint32_t seed = 1; seed <= 30; seed++) {
		struct rib_ref source[SOURCES];
		struct export_conf conf = transit;
		struct export e;
		struct peer_view v = { 0 };

		rib_begin(seed);
		conf.transit = is_transit;
		conf.insiders = insiders;
		for (unsigned s = 0; s < SOURCES; s++)
			source[s] = join(s + 1, false);
		churn(source, dice(2000));
		assert_true(export_start(&e, &rib, &conf, join(9, false)));
		for (int round = 0; round < 20; round++) {
			for (unsigned n = dice(3); n > 0; n--)
				view_pull(&v, &e);
			churn(source, dice(1500));
			if (dice(8) == 0)
				export_refresh(&e, ADDR_IPV4);
		}
		while (view_pull(&v, &e))
			;
		assert_true(v.eor4 >= 1 && v.eor6 == 1);
		compare(&v, &e);
		export_stop(&e, &rib);
		rib_fini(&rib);
	}
}

static void
a_late_reader_ends_with_the_whole_truth(void **state)
{
	(void)state;
	random_changes(true, false);
}

static void
without_transit_only_our_own_is_told(void **state)
{
	(void)state;
	random_changes(false, false);
}

static void
who_is_told_of_insiders_is_told_of_them_alone(void **state)
{
	(void)state;
	random_changes(true, true);
}

static void
the_prefix_store_is_empty_when_all_is_gone(void **state)
{
	struct rib_ref source[SOURCES];
	uint32_t reader, net;

	(void)state;
	rib_begin(77);
	reader = journal_open(&rib, false);
	for (unsigned s = 0; s < SOURCES; s++)
		source[s] = join(s + 1, false);
	churn(source, 20000);
	for (unsigned s = 0; s < SOURCES; s++)
		rib_leave(&rib, source[s]);
	for (unsigned i = 0; i < PREFIXES; i++)
		unreach(rib_self(), i);
	assert_int_equal(rib.paths.used, 0);
	assert_int_equal(rib.intern.used, 0);
	assert_true(rib.journal_n > 0);
	while (journal_read(&rib, reader, 7, &net))
		assert_int_equal(rib_net(&rib, net)->paths, 0);
	/* What readers have passed goes with the next compaction. */
	for (unsigned i = 0; i < 4 * PREFIXES; i++) {
		own(1);
		unreach(rib_self(), 1);
		while (journal_read(&rib, reader, 7, &net))
			;
	}
	assert_true(rib.table[0].nets.used + rib.table[1].nets.used <= 1);
	rib_fini(&rib);
}

static void
an_old_reference_touches_nothing(void **state)
{
	struct rib_ref old, fresh;

	(void)state;
	rib_begin(1);
	old = join(1, false);
	rib_leave(&rib, old);
	fresh = join(1, false);
	assert_int_equal(old.slot, fresh.slot);
	reach(old, 1, attrs_of(65001, 1, 0));
	assert_int_equal(rib.paths.used, 0);
	reach(fresh, 1, attrs_of(65001, 1, 0));
	rib_leave(&rib, old);
	unreach(old, 1);
	assert_int_equal(rib.paths.used, 1);
	assert_int_equal(rib_accepted(&rib, fresh), 1);
	assert_int_equal(rib_accepted(&rib, old), 0);
	rib_fini(&rib);
}

static const struct {
	const char	*what;
	uint32_t	neighbour, behind;
	uint8_t		has;
	bool		from_ibgp, to_ibgp;
	bool		told;
	bool		by_itself;	/* the peer taught it */
} gates[] = {
	{ "an ordinary route", 65001, 100, 0, false, false, true, false },
	{ "the peer taught it", 65001, 100, 0, false, false, false, true },
	{ "the peer's AS taught it", 65000, 100, 0, false, false, false,
	    false },
	{ "the peer's AS is behind", 65001, 65000, 0, false, false, false,
	    false },
	{ "NO_ADVERTISE", 65001, 100, ATTRS_NO_ADVERTISE, false, false,
	    false, false },
	{ "NO_EXPORT to another AS", 65001, 100, ATTRS_NO_EXPORT, false,
	    false, false, false },
	{ "NO_EXPORT within the AS", 65001, 100, ATTRS_NO_EXPORT, false,
	    true, true, false },
	{ "from iBGP to eBGP", 65001, 100, 0, true, false, true, false },
	{ "from iBGP to iBGP", 65001, 100, 0, true, true, false, false },
};

static void
each_route_passes_its_gates(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		struct export_conf conf = transit;
		union attrs_buf *buf = calloc(1, sizeof(*buf));
		struct rib_ref teacher;
		struct export e;
		uint32_t id, with;
		static uint8_t room[EXPORT_ROOM];
		struct wr w = wr_of(room, sizeof(room));

		print_message("%s\n", gates[i].what);
		assert_non_null(buf);
		rib_begin(1);
		conf.ibgp = gates[i].to_ibgp;
		id = attrs_of(gates[i].neighbour, gates[i].behind, 0);
		memcpy(buf, intern_at(&rib.intern, id),
		    offsetof(struct attrs, data) +
		    attrs_size(intern_at(&rib.intern, id)));
		buf->attrs.has = gates[i].has;
		with = intern_get(&rib.intern, &buf->attrs);
		intern_drop(&rib.intern, id);
		teacher = join(1, gates[i].from_ibgp);
		reach(teacher, 1, with);
		assert_true(export_start(&e, &rib, &conf,
		    gates[i].by_itself ? teacher : join(9, false)));
		assert_true(export_fill(&e, &rib, &w));
		assert_int_equal(e.advertised, gates[i].told);
		export_stop(&e, &rib);
		rib_fini(&rib);
		free(buf);
	}
}

static void
alike_attributes_share_a_message(void **state)
{
	struct peer_view v = { 0 };
	struct rib_ref one, two;
	struct export e;

	(void)state;
	rib_begin(1);
	one = join(1, false);
	two = join(2, false);
	/* Different sets here, the same on the wire: MED stays at home. */
	for (unsigned i = 0; i < PREFIXES; i++)
		reach(i % 2 ? one : two, i, attrs_of(65001, 100, i % 7));
	assert_true(export_start(&e, &rib, &transit, join(9, false)));
	while (view_pull(&v, &e))
		;
	assert_int_equal(v.updates, 4);	/* one and End-of-RIB per family */
	assert_int_equal(e.advertised, PREFIXES);
	rib_leave(&rib, one);
	rib_leave(&rib, two);
	while (view_pull(&v, &e))
		;
	assert_int_equal(v.updates, 6);
	assert_int_equal(e.advertised, 0);
	export_stop(&e, &rib);
	rib_fini(&rib);
}

/* What changes only who shares the traffic is no news for peers. */
static void
an_equal_path_is_not_announced_again(void **state)
{
	struct peer_view v = { 0 };
	struct rib_ref one, two;
	struct export e;
	uint32_t reader, net;

	(void)state;
	rib_begin(1);
	reader = journal_open(&rib, false);
	one = join(1, false);
	two = join(2, false);
	reach(one, 1, attrs_of(65001, 100, 0));
	assert_true(export_start(&e, &rib, &transit, join(9, false)));
	while (view_pull(&v, &e) || journal_read(&rib, reader, 7, &net))
		;
	assert_int_equal(v.updates, 3);
	reach(two, 1, attrs_of(65001, 100, 0));
	assert_true(journal_read(&rib, reader, JOURNAL_SHARE, &net));
	assert_false(journal_read(&rib, reader, 7, &net));
	while (view_pull(&v, &e))
		;
	assert_int_equal(v.updates, 3);
	export_stop(&e, &rib);
	rib_fini(&rib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_reader_ends_with_the_whole_truth),
		cmocka_unit_test(without_transit_only_our_own_is_told),
		cmocka_unit_test(who_is_told_of_insiders_is_told_of_them_alone),
		cmocka_unit_test(the_prefix_store_is_empty_when_all_is_gone),
		cmocka_unit_test(an_old_reference_touches_nothing),
		cmocka_unit_test(each_route_passes_its_gates),
		cmocka_unit_test(alike_attributes_share_a_message),
		cmocka_unit_test(an_equal_path_is_not_announced_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
