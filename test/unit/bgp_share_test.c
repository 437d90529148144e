/*
 * Sessions that announce together: each must be told what it would be told
 * alone, whoever of them comes first and however late the others are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bgp/attr.h"
#include "bgp/export.h"
#include "bgp/nlri.h"
#include "bgp/open.h"
#include "bgp/update.h"
#include "util/array.h"

#define PREFIXES	400
#define PEERS		4

/* What a peer was told last about each prefix; as: the last of its path. */
struct view {
	bool		has[PREFIXES];
	uint32_t	as[PREFIXES];
	struct addr	hop[PREFIXES];
	unsigned	eor;
};

static struct rib rib;
static struct groups groups;
static struct rib_ref source[PEERS];
static uint32_t state_of_dice;
static bool insiders;		/* told of what every other one taught */

static uint32_t
dice(uint32_t n)
{
	state_of_dice = state_of_dice * 1664525 + 1013904223;
	return (state_of_dice >> 8) % n;
}

static struct prefix
prefix_no(unsigned i)
{
	struct prefix p = { { ADDR_IPV4, { 10, (uint8_t)(i >> 8),
	    (uint8_t)i } }, 24 };

	if (i % 4 == 0) {
		p.addr = (struct addr){ ADDR_IPV6, { 0xfd, 0, (uint8_t)(i >> 8),
		    (uint8_t)i } };
		p.len = 64;
	}
	return p;
}

static unsigned
number_of(const struct prefix *p)
{
	return p->addr.family == ADDR_IPV6 ?
	    (unsigned)p->addr.b[2] << 8 | p->addr.b[3] :
	    (unsigned)p->addr.b[1] << 8 | p->addr.b[2];
}

/* A path that does not say who taught it: several have the same. */
static uint32_t
attrs_of(uint32_t first, uint32_t second, uint32_t med)
{
	union attrs_buf buf;
	struct wr w;

	attr_originate(&buf);
	w = wr_of(buf.attrs.data, 64);
	wr_u16(&w, 0x0202);
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
join(unsigned i)
{
	const struct decide_peer d = {
		.router_id = i + 1, .inside = i % 2 == 1,
		.addr = { ADDR_IPV4, { 169, 254, (uint8_t)i, 2 } },
	};
	struct rib_ref ref = rib_join(&rib, i + 1, &d);

	assert_int_not_equal(ref.slot, 0);
	return ref;
}

static void
begin(uint32_t seed)
{
	const uint64_t key[2] = { 0x1234567890abcdef, 0xfedcba0987654321 };

	state_of_dice = seed;
	insiders = seed > 2 && seed % 2 == 0;
	assert_true(rib_init(&rib, key));
	groups = (struct groups){ .n = 0 };
	for (unsigned i = 0; i < PEERS; i++)
		source[i] = join(i);
}

static void
end(void)
{
	groups_fini(&groups);
	rib_fini(&rib);
}

static void
reach(unsigned peer, unsigned i, uint32_t attrs)
{
	struct prefix p = prefix_no(i);

	assert_true(rib_reach(&rib, source[peer], BGP_TABLE_MAIN, &p, attrs,
	    true));
	intern_drop(&rib.intern, attrs);
}

static void
unreach(unsigned peer, unsigned i)
{
	struct prefix p = prefix_no(i);

	rib_unreach(&rib, source[peer], BGP_TABLE_MAIN, &p);
}

static void
start(struct export *e, unsigned peer, bool shares)
{
	const struct export_conf conf = {
		.table = BGP_TABLE_MAIN, .local_asn = 64512,
		.remote_asn = 65001 + peer, .as4 = true, .transit = true,
		.insiders = insiders,
		.families = OPEN_IPV4 | OPEN_IPV6, .enhanced = true,
		.next_hop4 = { ADDR_IPV4, { 169, 254, (uint8_t)peer, 1 } },
		.next_hop6 = { ADDR_IPV6, { 0xfd, (uint8_t)peer, [15] = 1 } },
	};

	assert_true(export_start(e, &rib, &conf, source[peer]));
	if (shares)
		export_share(e, &groups);
}

static void
view_routes(struct view *v, struct bytes nlri, enum addr_family family,
    const struct attr_set *a, const struct addr *hop)
{
	struct rd r = rd_of(nlri), path = rd_of(a->value[ATTR_AS_PATH]);
	uint32_t second = 0;
	struct prefix p;

	if (hop != NULL) {
		rd_bytes(&path, 10);
		second = rd_u32(&path);
	}
	while (nlri_next(&r, family, &p)) {
		unsigned i = number_of(&p);

		assert_true(hop != NULL || v->has[i]);
		v->has[i] = hop != NULL;
		v->as[i] = second;
		v->hop[i] = hop != NULL ? *hop : (struct addr){ 0 };
	}
}

static void
view_update(struct view *v, struct bytes body)
{
	const struct attr_mode mode = { .as4 = true, .remote_asn = 64512 };
	struct update u;
	struct fault f;

	assert_int_equal(update_parse(&u, body, &mode, &f), ATTR_OK);
	v->eor += u.eor != ADDR_NONE;
	view_routes(v, u.withdrawn, ADDR_IPV4, &u.attrs, NULL);
	view_routes(v, u.attrs.unreach.nlri, ADDR_IPV6, &u.attrs, NULL);
	view_routes(v, u.nlri, ADDR_IPV4, &u.attrs, &u.attrs.next_hop);
	view_routes(v, u.attrs.reach.nlri, ADDR_IPV6, &u.attrs,
	    &u.attrs.reach.next_hop);
}

/* One fill; false: nothing was due. */
static bool
pull(struct view *v, struct export *e)
{
	static uint8_t room[EXPORT_ROOM];
	struct wr w = wr_of(room, sizeof(room));
	struct fault f;
	struct msg m;
	struct rd r;

	assert_true(export_fill(e, &rib, &w));
	for (r = rd_of(wr_done(&w)); r.n > 0;) {
		assert_int_equal(msg_next(&r, &m, &f), MSG_WHOLE);
		if (m.type == MSG_UPDATE)
			view_update(v, m.body);
	}
	return w.n > 0;
}

static void
pull_all(struct view *v, struct export *e)
{
	while (pull(v, e))
		;
	assert_false(export_pending(e, &rib));
}

static void
a_sheet_is_made_once_and_thrown_away_when_all_have_read_it(void **state)
{
	struct export e[PEERS];
	struct view v[PEERS] = { 0 };

	(void)state;
	begin(1);
	for (unsigned i = 0; i < PEERS; i++)
		start(&e[i], i, true);
	for (unsigned i = 0; i < PEERS; i++)
		pull_all(&v[i], &e[i]);
	assert_int_equal(group_members(&groups, e[0].group), PEERS);
	for (unsigned i = 0; i < PREFIXES; i++)
		reach(0, i, attrs_of(65001, 100, 0));
	for (unsigned i = 0; i < PEERS; i++) {
		const struct sheet *s = TAILQ_FIRST(&groups.shelf.sheets);

		assert_true((s != NULL) == (i > 0));
		pull_all(&v[i], &e[i]);
		assert_int_equal(e[i].advertised, i == 0 ? 0 : PREFIXES);
		assert_true(i == 0 || i == PEERS - 1 ||
		    s == TAILQ_FIRST(&groups.shelf.sheets));
	}
	assert_int_equal(groups.shelf.size, 0);
	for (unsigned i = 0; i < PEERS; i++)
		export_stop(&e[i], &rib);
	end();
}

/* The same attributes from two: in the same messages, but for those two. */
static void
each_has_its_own_next_hop_and_not_what_it_taught(void **state)
{
	struct export e[PEERS];
	struct view v[PEERS] = { 0 };

	(void)state;
	begin(2);
	for (unsigned i = 0; i < PEERS; i++)
		start(&e[i], i, true);
	for (unsigned i = 1; i < 20; i++)
		reach(i % 2, i, attrs_of(100, 200, 0));
	reach(2, 21, attrs_of(100, 65004, 0));
	for (unsigned i = 0; i < PEERS; i++) {
		pull_all(&v[i], &e[i]);
		for (unsigned n = 1; n < 20; n++) {
			assert_int_equal(v[i].has[n], i != n % 2);
			assert_true(i == n % 2 || addr_eq(&v[i].hop[n],
			    n % 4 == 0 ? &e[i].conf.next_hop6 :
			    &e[i].conf.next_hop4));
		}
		assert_int_equal(v[i].has[21], i != 2 && i != 3);
	}
	/* Another one is better: it has to be taken from that one alone. */
	for (unsigned i = 1; i < 20; i++) {
		reach(3, i, attrs_of(100, 300, 0));
		unreach(i % 2, i);
	}
	for (unsigned i = 0; i < PEERS; i++) {
		pull_all(&v[i], &e[i]);
		for (unsigned n = 1; n < 20; n++)
			assert_int_equal(v[i].has[n], i != 3);
		export_stop(&e[i], &rib);
	}
	end();
}

static void
churn(unsigned steps)
{
	while (steps-- > 0) {
		unsigned peer = dice(PEERS), i = dice(PREFIXES);

		if (dice(400) == 0) {
			for (unsigned n = 0; n < PREFIXES; n++)
				unreach(peer, n);
		} else if (dice(3) == 0) {
			unreach(peer, i);
		} else {
			reach(peer, i, attrs_of(100 + dice(2),
			    dice(4) == 0 ? 65001 + dice(PEERS) : 200,
			    dice(2)));
		}
	}
}

static void
assert_same_views(const struct view *a, const struct view *b)
{
	for (unsigned i = 0; i < PREFIXES; i++) {
		assert_int_equal(a->has[i], b->has[i]);
		if (a->has[i]) {
			assert_int_equal(a->as[i], b->as[i]);
			assert_true(addr_eq(&a->hop[i], &b->hop[i]));
		}
	}
	assert_int_equal(a->eor, b->eor);
}

static void
together_they_are_told_what_they_are_alone(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		struct export e[PEERS], alone[PEERS];
		struct view v[PEERS] = { 0 }, w[PEERS] = { 0 };

		begin(seed);
		churn(dice(3000));
		for (unsigned i = 0; i < PEERS; i++) {
			start(&e[i], i, true);
			start(&alone[i], i, false);
			churn(dice(50));
		}
		for (unsigned round = 0; round < 60; round++) {
			unsigned i = dice(PEERS);

			pull(&v[i], &e[i]);
			churn(dice(4) == 0 ? dice(900) : 0);
			if (dice(12) == 0) {
				export_refresh(&e[i], ADDR_IPV4);
				export_refresh(&alone[i], ADDR_IPV4);
			}
		}
		for (unsigned i = 0; i < PEERS; i++) {
			pull_all(&v[i], &e[i]);
			pull_all(&w[i], &alone[i]);
			assert_same_views(&v[i], &w[i]);
			assert_int_equal(e[i].advertised, alone[i].advertised);
			export_stop(&e[i], &rib);
			export_stop(&alone[i], &rib);
		}
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_sheet_is_made_once_and_thrown_away_when_all_have_read_it),
		cmocka_unit_test(
		    each_has_its_own_next_hop_and_not_what_it_taught),
		cmocka_unit_test(together_they_are_told_what_they_are_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
