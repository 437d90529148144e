/*
 * Records of SAs (ike/keep.h) of an engine that somebody had taken over: what
 * well-formed ones say that no honest engine would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/keep.h"
#include "ike/x_info.h"
#include "ike/xchg.h"
#include "ike_duo.h"
#include "util/array.h"

#define OTHER	(DUO_PEER + 1)	/* tunnel */

static uint8_t octets[IKE_KEEP_MAX];

/* As the engine of that end would be kept now. */
static struct bytes
record(const struct duo *d, int side)
{
	struct wr w = wr_of(octets, sizeof(octets));

	assert_true(ike_keep(d->end[side].ike, DUO_PEER, &w));
	return wr_done(&w);
}

/* A successor of it that has another tunnel of that kind, too. */
static struct ike *
successor(struct duo *d, int side)
{
	struct duo_end *e = &d->end[side];
	struct ike_peer_conf conf = e->conf[0];
	struct ike *ike = ike_new(&e->limits, &e->drbg);

	assert_non_null(ike);
	assert_true(ike_peer_add(ike, &conf));
	conf.id = OTHER;
	assert_true(ike_peer_add(ike, &conf));
	return ike;
}

/* The kernel has whatever it is asked for. */
static void
serve(struct ike *ike, struct instant now)
{
	struct ike_out out;

	while (ike_next(ike, &out)) {
		uint32_t token = out.token;
		bool asks = out.kind == IKE_OUT_SA_HOLD;

		ike_out_fini(&out);
		if (asks)
			ike_installed(ike, now, token, NULL);
	}
}

/* What LEFT has, under other SPIs; and its child is to replace that one. */
static void
in_place_of(struct duo *d, uint32_t spi_in)
{
	struct ike_sa *sa = sa_at(d, LEFT);
	struct child *c = child_at(d, LEFT);

	xchg_drop(sa);
	sa->spi_i ^= 1;
	c->spi_in ^= 1;
	c->replaces = spi_in;
	c->initiated = true;
}

static void
no_child_replaces_one_of_another_tunnel(void **state)
{
	struct reason why;
	struct child *c;
	uint32_t spi_in;
	struct ike *ike;
	struct duo d;

	(void)state;
	set_up(&d, 1);
	spi_in = child_at(&d, LEFT)->spi_in;
	ike = successor(&d, LEFT);
	assert_true(ike_adopt(ike, d.now, OTHER, record(&d, LEFT), &why));
	serve(ike, d.now);
	in_place_of(&d, spi_in);
	assert_true(ike_adopt(ike, d.now, DUO_PEER, record(&d, LEFT), &why));
	serve(ike, d.now);
	c = child_by_in(ike, spi_in);
	assert_non_null(c);
	assert_int_equal(c->sa->peer->conf.id, OTHER);
	assert_int_equal(c->state, CHILD_LIVE);
	assert_false(c->want_delete);
	ike_free(ike);
	duo_fini(&d);
}

static void
no_delete_is_of_a_child_of_another_tunnel(void **state)
{
	struct reason why;
	uint32_t spi_in;
	struct ike *ike;
	struct duo d;

	(void)state;
	set_up(&d, 2);
	spi_in = child_at(&d, LEFT)->spi_in;
	ike = successor(&d, LEFT);
	assert_true(ike_adopt(ike, d.now, OTHER, record(&d, LEFT), &why));
	in_place_of(&d, 0);
	x_info_delete_child(sa_at(&d, LEFT), d.now, child_at(&d, LEFT));
	sa_at(&d, LEFT)->x.subject = spi_in;
	assert_true(ike_adopt(ike, d.now, DUO_PEER, record(&d, LEFT), &why));
	assert_int_equal(table_peer(ike, DUO_PEER)->sas->x.task,
	    TASK_DELETE_CHILD);
	assert_int_equal(table_peer(ike, DUO_PEER)->sas->x.subject, 0);
	ike_free(ike);
	duo_fini(&d);
}

/* Whatever state it is in: once the kernel has the one, it gets the other. */
static void
who_is_yet_to_send_has_keys_for_it(void **state)
{
	static const enum child_state states[] = {
		CHILD_INSTALLING, CHILD_RECEIVING,
	};
	struct reason why;
	struct ike *ike;
	struct duo d;

	(void)state;
	set_up(&d, 6);
	ike = successor(&d, LEFT);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct child *c = child_at(&d, LEFT);

		assert_null(c->keys);
		c->state = states[i];
		c->out_kernel = false;
		assert_false(ike_adopt(ike, d.now, DUO_PEER, record(&d, LEFT),
		    &why));
		assert_string_equal(why.s, "a child SA is not what the "
		    "configuration allows");
		serve(ike, d.now);
	}
	ike_free(ike);
	duo_fini(&d);
}

/* Both tunnels have the same SPIs: that of the second is in use. */
static void
what_is_refused_late_leaves_nothing(void **state)
{
	const struct ike_peer *p;
	struct ike_peer *left;
	struct reason why;
	struct ike *ike;
	struct duo d;

	(void)state;
	set_up(&d, 3);
	left = table_peer(d.end[LEFT].ike, DUO_PEER);
	left->rekeys = 7;
	left->tickets.spoken = left->tickets.proved = true;
	ike = successor(&d, LEFT);
	assert_true(ike_adopt(ike, d.now, OTHER, record(&d, LEFT), &why));
	assert_int_equal(table_peer(ike, OTHER)->rekeys, 7);
	assert_true(table_peer(ike, OTHER)->tickets.proved);
	assert_false(ike_adopt(ike, d.now, DUO_PEER, record(&d, LEFT), &why));
	assert_string_equal(why.s, "malformed, or there is no memory");
	p = table_peer(ike, DUO_PEER);
	assert_null(p->sas);
	assert_int_equal(p->rekeys, 0);
	assert_false(p->tickets.spoken || p->tickets.proved);
	ike_free(ike);
	duo_fini(&d);
}

static void
no_time_is_before_the_first(void **state)
{
	struct reason why;
	struct ike *ike;
	struct duo d;

	(void)state;
	set_up(&d, 4);
	ike = successor(&d, LEFT);
	for (int i = 0; i < 3; i++) {
		struct ike_sa *sa = sa_at(&d, LEFT);
		struct instant *const times[] = {
			&sa->created_at, &sa->established_at,
			&child_at(&d, LEFT)->created_at,
		};
		struct instant was = *times[i];

		*times[i] = (struct instant){ INT64_MIN };
		assert_false(ike_adopt(ike, d.now, DUO_PEER, record(&d, LEFT),
		    &why));
		assert_string_equal(why.s,
		    "malformed, or of another version");
		*times[i] = was;
	}
	assert_true(ike_adopt(ike, d.now, DUO_PEER, record(&d, LEFT), &why));
	ike_free(ike);
	duo_fini(&d);
}

/* A probe of right's, as left gets it; flip: what is wrong with its MAC. */
static void
probe(struct duo *d, unsigned flip)
{
	const struct ike_sa *from = sa_at(d, RIGHT), *to = sa_at(d, LEFT);
	struct path path = to->path;
	uint8_t buf[256];
	struct bytes m;
	struct build b;

	xchg_begin(from, &b, INFORMATIONAL, false);
	build_sk(&b, sa_seal_out(from));
	m = build_end(&b, &d->end[RIGHT].drbg);
	assert_in_range(m.n, 1, sizeof(buf));
	memcpy(buf, m.p, m.n);
	buf[m.n - 1] ^= (uint8_t)flip;
	ike_datagram(to->ike, d->now, &path, bytes_of(buf, m.n));
}

static void
who_cannot_vouch_for_a_message_causes_no_record(void **state)
{
	const struct ike *ike;
	struct duo d;
	uint32_t id;

	(void)state;
	set_up(&d, 5);
	ike = d.end[LEFT].ike;
	assert_null(ike->keep);
	probe(&d, 1);
	assert_null(ike->keep);
	probe(&d, 0);
	assert_true(ike_keep_next(d.end[LEFT].ike, &id));
	assert_int_equal(id, DUO_PEER);
	/* The same once more gets the same answer. */
	probe(&d, 0);
	assert_null(ike->keep);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_child_replaces_one_of_another_tunnel),
		cmocka_unit_test(no_delete_is_of_a_child_of_another_tunnel),
		cmocka_unit_test(who_is_yet_to_send_has_keys_for_it),
		cmocka_unit_test(what_is_refused_late_leaves_nothing),
		cmocka_unit_test(no_time_is_before_the_first),
		cmocka_unit_test(
		    who_cannot_vouch_for_a_message_causes_no_record),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
