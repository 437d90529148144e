/*
 * Instances that die and are followed by others (ike/keep.h): what is in a
 * record, what is refused of one, and that the peer does not notice, whatever
 * was under way.  The tap on the wire watches over message ids, repeated octets
 * and IVs in all of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/keep.h"
#include "ike_duo.h"
#include "util/array.h"

static struct keep *
decoded(const struct duo_end *e)
{
	struct keep *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	assert_true(keep_decode(bytes_of(e->kept[0], e->kept_n[0]), k));
	return k;
}

static void
assert_same_key(const struct key *a, const struct key *b)
{
	assert_true(bytes_eq(key_bytes(a), key_bytes(b)));
}

static void
assert_same_child(const struct keep_child *a, const struct keep_child *b)
{
	assert_int_equal(a->c.spi_in, b->c.spi_in);
	assert_int_equal(a->c.spi_out, b->c.spi_out);
	assert_int_equal(a->c.state, b->c.state);
	assert_int_equal(a->c.suite.esn, b->c.suite.esn);
	assert_ptr_equal(a->c.suite.encr, b->c.suite.encr);
	assert_ptr_equal(a->c.suite.integ, b->c.suite.integ);
	assert_memory_equal(&a->local_ts, &b->local_ts, sizeof(a->local_ts));
	assert_memory_equal(&a->remote_ts, &b->remote_ts,
	    sizeof(a->remote_ts));
	assert_true(path_eq(&a->c.path, &b->c.path));
	assert_true(a->c.rekey_at.ns == b->c.rekey_at.ns &&
	    a->c.expire_at.ns == b->c.expire_at.ns);
	assert_int_equal(nonce_cmp(&a->c.lowest, &b->c.lowest), 0);
}

static void
assert_same_sa(const struct keep_sa *a, const struct keep_sa *b)
{
	assert_true(a->sa.spi_i == b->sa.spi_i && a->sa.spi_r == b->sa.spi_r);
	assert_int_equal(a->sa.state, b->sa.state);
	assert_int_equal(a->sa.initiator, b->sa.initiator);
	assert_int_equal(a->sa.frags, b->sa.frags);
	assert_int_equal(a->sa.syncs, b->sa.syncs);
	assert_int_equal(a->sa.x.out_mid, b->sa.x.out_mid);
	assert_int_equal(a->sa.x.in_mid, b->sa.x.in_mid);
	assert_true(bytes_eq(a->response, b->response));
	assert_true(path_eq(&a->sa.path, &b->sa.path));
	assert_ptr_equal(a->sa.suite.ke, b->sa.suite.ke);
	assert_same_key(&a->sa.keys.sk_d, &b->sa.keys.sk_d);
	for (int i = 0; i < 2; i++) {
		assert_same_key(&a->encr[i], &b->encr[i]);
		assert_same_key(&a->integ[i], &b->integ[i]);
	}
	assert_true(a->sa.rekey_at.ns == b->sa.rekey_at.ns &&
	    a->sa.expire_at.ns == b->sa.expire_at.ns &&
	    a->sa.established_at.ns == b->sa.established_at.ns);
	assert_int_equal(a->children_n, 1);
	assert_int_equal(b->children_n, 1);
	assert_same_child(&a->child[0], &b->child[0]);
}

static void
a_successor_deposits_what_it_was_given_but_for_a_leap_of_its_iv(void **state)
{
	struct duo d;

	(void)state;
	set_up(&d, 1);
	duo_run(&d, span_s(60));
	for (int i = 0; i < 2; i++) {
		struct duo_end *e = &d.end[i];
		struct keep *was = decoded(e), *is;

		assert_true(was->sa[0].counting);
		duo_succeed(&d, i);
		duo_check(&d);
		is = decoded(e);
		assert_int_equal(was->n, 1);
		assert_int_equal(is->n, 1);
		assert_memory_equal(was->rules, is->rules, sizeof(was->rules));
		assert_same_sa(&was->sa[0], &is->sa[0]);
		assert_true(is->sa[0].iv == was->sa[0].iv + KEEP_IV_GAP);
		free(was);
		free(is);
	}
	duo_run(&d, span_s(60));
	assert_paired(&d);
	shut_down(&d);
}

static void
nothing_is_kept_of_a_tunnel_that_is_down(void **state)
{
	struct duo d;

	(void)state;
	set_up(&d, 2);
	assert_true(d.end[LEFT].kept_n[0] > 0);
	duo_down(&d, LEFT);
	duo_run(&d, span_s(10));
	assert_int_equal(d.end[LEFT].kept_n[0], 0);
	assert_int_equal(d.end[RIGHT].kept_n[0], 0);
	shut_down(&d);
}

static void
a_record_is_made_only_when_something_in_it_is_another(void **state)
{
	unsigned n;
	struct duo d;

	(void)state;
	set_up(&d, 3);
	duo_run(&d, span_s(1));
	n = d.end[LEFT].deposits;
	duo_run(&d, span_s(1));
	assert_int_equal(d.end[LEFT].deposits, n);
	shut_down(&d);
}

/* --- records that are refused --- */

/* Another instance of that end, with the tunnel and nothing else. */
static struct ike *
fresh(struct duo *d, int side, const struct ike_peer_conf *conf)
{
	struct duo_end *e = &d->end[side];
	struct ike *ike = ike_new(&e->limits, &e->drbg);

	assert_non_null(ike);
	assert_true(ike_peer_add(ike, conf));
	return ike;
}

static void
assert_nothing_taken(struct ike *ike)
{
	unsigned sas, children;

	ike_count(ike, &sas, &children);
	assert_int_equal(sas + children, 0);
	assert_int_equal(ike->tokens_child.used, 0);
	assert_int_equal(ike->timers.n, 0);
}

static void
no_part_of_a_record_is_one(void **state)
{
	struct reason why;
	struct duo_end *e;
	struct ike *ike;
	struct duo d;

	(void)state;
	set_up(&d, 4);
	duo_run(&d, span_s(60));
	e = &d.end[LEFT];
	ike = fresh(&d, LEFT, &e->conf[0]);
	for (size_t n = 0; n < e->kept_n[0]; n++) {
		assert_false(ike_adopt(ike, d.now, DUO_PEER,
		    bytes_of(e->kept[0], n), &why));
		assert_string_equal(why.s,
		    "malformed, or of another version");
		assert_nothing_taken(ike);
	}
	assert_true(ike_adopt(ike, d.now, DUO_PEER, bytes_of(e->kept[0],
	    e->kept_n[0]), &why));
	ike_free(ike);
	shut_down(&d);
}

static void
of_another_version_or_with_more_behind_it_it_is_none(void **state)
{
	uint8_t b[IKE_KEEP_MAX];
	struct reason why;
	struct duo_end *e;
	struct ike *ike;
	struct duo d;

	(void)state;
	set_up(&d, 5);
	e = &d.end[LEFT];
	memcpy(b, e->kept[0], e->kept_n[0]);
	ike = fresh(&d, LEFT, &e->conf[0]);
	b[e->kept_n[0]] = 0;
	assert_false(ike_adopt(ike, d.now, DUO_PEER, bytes_of(b,
	    e->kept_n[0] + 1), &why));
	for (int v = 0; v < 256; v++) {
		b[0] = (uint8_t)v;
		if (v == e->kept[0][0])
			continue;
		assert_false(ike_adopt(ike, d.now, DUO_PEER, bytes_of(b,
		    e->kept_n[0]), &why));
		assert_nothing_taken(ike);
	}
	ike_free(ike);
	shut_down(&d);
}

/* One octet of it is another: it may be taken or not, but nothing breaks. */
static void
no_octet_that_was_changed_does_any_harm(void **state)
{
	uint8_t b[IKE_KEEP_MAX];
	struct reason why;
	struct duo_end *e;
	struct duo d;

	(void)state;
	set_up(&d, 6);
	e = &d.end[LEFT];
	for (size_t i = 0; i < e->kept_n[0]; i++) {
		struct ike *ike = fresh(&d, LEFT, &e->conf[0]);
		struct ike_out out;

		memcpy(b, e->kept[0], e->kept_n[0]);
		b[i] ^= (uint8_t)(1u << i % 8);
		if (!ike_adopt(ike, d.now, DUO_PEER, bytes_of(b,
		    e->kept_n[0]), &why))
			assert_nothing_taken(ike);
		ike_tick(ike, instant_after(d.now, span_s(5)));
		while (ike_next(ike, &out))
			ike_out_fini(&out);
		ike_free(ike);
	}
	shut_down(&d);
}

static void
other_identity(struct ike_peer_conf *c)
{
	c->remote_id = duo_id("somebody.else");
}

static void
other_cipher(struct ike_peer_conf *c)
{
	c->ike.encr = duo_algs(ALG_ENCR, "AES128-GCM-16");
}

static void
other_esp(struct ike_peer_conf *c)
{
	c->esp.encr = duo_algs(ALG_ENCR, "AES128-GCM-16");
}

static void
only_esn(struct ike_peer_conf *c)
{
	c->esp.esn = (struct alg_list){ .n = 1, .row = {
	    (uint8_t)alg_index(alg_find(ALG_ESN, ESN_YES, 0)) } };
}

static void
other_remote(struct ike_peer_conf *c)
{
	addr_parse(&c->remote, "198.51.100.77");
}

static void
other_local(struct ike_peer_conf *c)
{
	addr_parse(&c->local, "192.0.2.77");
}

static void
fewer_selectors(struct ike_peer_conf *c)
{
	struct prefix p;

	assert_true(prefix_parse(&p, "10.2.3.0/24"));
	c->remote_ts.ts[0] = ts_prefix(&p);
}

static void
as_it_was(struct ike_peer_conf *c)
{
	(void)c;
}

static const struct {
	const char	*what;
	void		(*change)(struct ike_peer_conf *);
	int64_t		later;		/* seconds */
	const char	*why;		/* NULL: it is taken */
} changes[] = {
	{ "nothing", as_it_was, 0, NULL },
	{ "the peer's identity", other_identity, 0, "the tunnel's identities, "
	    "keys or certificates are not those that it was set up with" },
	{ "IKE's algorithms", other_cipher, 0,
	    "its IKE algorithms are not allowed any more" },
	{ "ESP's algorithms", other_esp, 0,
	    "a child SA is not what the configuration allows" },
	{ "ESP's sequence numbers", only_esn, 0,
	    "a child SA is not what the configuration allows" },
	{ "the peer's address", other_remote, 0,
	    "it is between other addresses" },
	{ "our address", other_local, 0, "it is between other addresses" },
	{ "the networks", fewer_selectors, 0,
	    "a child SA is not what the configuration allows" },
	{ "the time of day, by a day", as_it_was, 86400, "its life is over" },
};

static void
what_does_not_fit_the_configuration_is_refused(void **state)
{
	struct duo d;

	(void)state;
	set_up(&d, 7);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct duo_end *e = &d.end[LEFT];
		struct ike_peer_conf conf = e->conf[0];
		struct reason why = { "" };
		struct ike *ike;
		bool ok;

		changes[i].change(&conf);
		ike = fresh(&d, LEFT, &conf);
		ok = ike_adopt(ike, instant_after(d.now,
		    span_s(changes[i].later)), DUO_PEER,
		    bytes_of(e->kept[0], e->kept_n[0]), &why);
		if (ok != (changes[i].why == NULL) ||
		    (!ok && strcmp(why.s, changes[i].why) != 0))
			fail_msg("%s: %s", changes[i].what,
			    ok ? "taken" : why.s);
		if (!ok)
			assert_nothing_taken(ike);
		ike_free(ike);
	}
	shut_down(&d);
}

static void
who_has_an_sa_takes_no_record(void **state)
{
	struct reason why;
	struct duo_end *e;
	struct duo d;

	(void)state;
	set_up(&d, 8);
	e = &d.end[LEFT];
	assert_false(ike_adopt(e->ike, d.now, DUO_PEER, bytes_of(e->kept[0],
	    e->kept_n[0]), &why));
	assert_string_equal(why.s, "it has an IKE SA already");
	assert_false(ike_adopt(e->ike, d.now, 99, bytes_of(e->kept[0],
	    e->kept_n[0]), &why));
	assert_string_equal(why.s, "there is no such tunnel");
	assert_paired(&d);
	shut_down(&d);
}

/* --- what was under way --- */

/* Left has put a request out, and dies; it is answered all the same. */
static void
die_after(struct duo *d, uint64_t seed, void (*ask)(struct duo *))
{
	duo_init(d, seed);
	duo_start(d);
	bring_up(d, LEFT);
	duo_run(d, span_s(3));
	watch_traffic(d);
	d->end[LEFT].events[IKE_EV_FAILED] = 0;
	ask(d);
	assert_true(sa_at(d, LEFT)->x.task != TASK_NONE);
	duo_succeed(d, LEFT);
	duo_check(d);
}

static void
rekey_child(struct duo *d)
{
	assert_true(duo_rekey(d, LEFT, CHILD));
}

static void
rekey_ike(struct duo *d)
{
	assert_true(duo_rekey(d, LEFT, IKE));
}

static void
probe(struct duo *d)
{
	sa_at(d, LEFT)->want_dpd = true;
	sa_touch(sa_at(d, LEFT));
	sa_settle_all(d->end[LEFT].ike, d->now);
	duo_check(d);
}

static void
a_probe_goes_on(void **state)
{
	uint64_t spi;
	struct duo d;

	(void)state;
	die_after(&d, 10, probe);
	spi = duo_info(&d, LEFT).spi_i;
	assert_int_equal(sa_at(&d, LEFT)->x.task, TASK_DPD);
	duo_run(&d, span_s(2));
	assert_int_equal(sa_at(&d, LEFT)->x.task, TASK_NONE);
	assert_true(duo_info(&d, LEFT).spi_i == spi);
	finish(&d);
}

static void
a_child_being_rekeyed_is_rekeyed_again(void **state)
{
	struct ike_peer_info was, is;
	struct duo d;

	(void)state;
	die_after(&d, 11, rekey_child);
	was = duo_info(&d, LEFT);
	/* And once more before it was answered. */
	duo_succeed(&d, LEFT);
	duo_check(&d);
	assert_int_equal(d.end[LEFT].adopted, 2);
	assert_int_equal(sa_at(&d, LEFT)->x.task, TASK_LOST);
	duo_run(&d, span_s(10));
	is = duo_info(&d, LEFT);
	assert_true(is.spi_i == was.spi_i && is.spi_in != was.spi_in);
	assert_int_equal(d.end[LEFT].events[IKE_EV_FAILED], 0);
	finish(&d);
}

static void
an_ike_sa_being_rekeyed_is_set_up_anew(void **state)
{
	struct duo d;

	(void)state;
	die_after(&d, 12, rekey_ike);
	assert_int_equal(d.end[LEFT].refused, 1);
	assert_int_equal(d.end[LEFT].adopted, 0);
	d.end[LEFT].keep_up = true;
	duo_run(&d, span_s(90));
	assert_paired(&d);
	d.esp_at = INSTANT_NEVER;
	shut_down(&d);
}

/* The answer did not arrive, and whoever gave it is gone. */
static void
an_answer_is_given_again_by_who_did_not_give_it(void **state)
{
	struct duo_rule lost = {
		.from = RIGHT, .exchange = CREATE_CHILD_SA, .response = true,
		.nth = 1, .until = 1, .fate = DUO_DROP,
	};
	unsigned again;
	struct duo d;

	(void)state;
	duo_init(&d, 13);
	d.rules = &lost;
	d.rules_n = 1;
	duo_start(&d);
	bring_up(&d, LEFT);
	duo_run(&d, span_s(3));
	watch_traffic(&d);
	assert_true(duo_rekey(&d, LEFT, CHILD));
	duo_run(&d, span_ms(300));
	assert_int_equal(lost.seen, 1);
	again = d.end[RIGHT].tap.again;
	duo_succeed(&d, RIGHT);
	duo_check(&d);
	duo_run(&d, span_s(10));
	assert_true(d.end[RIGHT].tap.again > again);
	assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
	finish(&d);
}

/* The kernel has yet to answer: nothing was said to the peer. */
static void
a_request_that_was_not_answered_is_as_if_it_had_not_come(void **state)
{
	struct duo d;

	(void)state;
	set_up(&d, 14);
	duo_run(&d, span_s(3));
	watch_traffic(&d);
	d.end[RIGHT].kernel_min = span_ms(400);
	assert_true(duo_rekey(&d, LEFT, CHILD));
	duo_run(&d, span_ms(100));
	assert_true(sa_at(&d, RIGHT)->x.answering);
	d.end[RIGHT].kernel_min = span_ms(0);
	duo_succeed(&d, RIGHT);
	duo_check(&d);
	assert_int_equal(d.end[RIGHT].adopted, 1);
	duo_run(&d, span_s(10));
	assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
	finish(&d);
}

static void
a_child_that_the_kernel_lost_is_made_anew_under_the_same_ike_sa(void **state)
{
	struct ike_peer_info was;
	struct duo d;

	(void)state;
	set_up(&d, 15);
	was = duo_info(&d, LEFT);
	assert_true(sad_sweep(&d.end[LEFT].sad, was.spi_in, true));
	duo_succeed(&d, LEFT);
	d.end[LEFT].keep_up = true;
	duo_run(&d, span_s(60));
	assert_paired(&d);
	assert_true(duo_info(&d, LEFT).spi_i == was.spi_i);
	assert_true(duo_info(&d, LEFT).spi_in != was.spi_in);
	shut_down(&d);
}

static void
processes_may_die_one_after_the_other(void **state)
{
	struct ike_peer_info was;
	struct duo d;

	(void)state;
	set_up(&d, 16);
	watch_traffic(&d);
	was = duo_info(&d, LEFT);
	for (int i = 0; i < 100; i++) {
		duo_run(&d, span_ms(137));
		duo_succeed(&d, i % 2);
		duo_check(&d);
	}
	assert_true(duo_info(&d, LEFT).spi_i == was.spi_i);
	finish(&d);
}

/* What the tap would say if one did. */
static void
who_goes_on_with_a_used_iv_is_caught(void **state)
{
	uint64_t iv;
	struct duo d;

	(void)state;
	set_up(&d, 17);
	duo_run(&d, span_s(60));
	assert_true(seal_next_iv(sa_seal_out(sa_at(&d, LEFT)), &iv));
	duo_succeed(&d, LEFT);
	seal_go_on(sa_seal_out(sa_at(&d, LEFT)), iv - 1);
	duo_run(&d, span_s(60));
	assert_non_null(strstr(d.trouble.s, "an IV is used again"));
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	cmocka_unit_test(
	    a_successor_deposits_what_it_was_given_but_for_a_leap_of_its_iv),
	cmocka_unit_test(nothing_is_kept_of_a_tunnel_that_is_down),
	cmocka_unit_test(a_record_is_made_only_when_something_in_it_is_another),
	cmocka_unit_test(no_part_of_a_record_is_one),
	cmocka_unit_test(of_another_version_or_with_more_behind_it_it_is_none),
	cmocka_unit_test(no_octet_that_was_changed_does_any_harm),
	cmocka_unit_test(what_does_not_fit_the_configuration_is_refused),
	cmocka_unit_test(who_has_an_sa_takes_no_record),
	cmocka_unit_test(a_probe_goes_on),
	cmocka_unit_test(a_child_being_rekeyed_is_rekeyed_again),
	cmocka_unit_test(an_ike_sa_being_rekeyed_is_set_up_anew),
	cmocka_unit_test(an_answer_is_given_again_by_who_did_not_give_it),
	cmocka_unit_test(
	    a_request_that_was_not_answered_is_as_if_it_had_not_come),
	cmocka_unit_test(
	    a_child_that_the_kernel_lost_is_made_anew_under_the_same_ike_sa),
	cmocka_unit_test(processes_may_die_one_after_the_other),
	cmocka_unit_test(who_goes_on_with_a_used_iv_is_caught),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
