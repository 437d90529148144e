/*
 * Session resumption (RFC 5723) beside the other extensions, and from both ends
 * at once.
 */
#include "test/unit/ike_home.h"

static void
both_ends_at_once_end_with_one_pair(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 30; seed++) {
		struct home h;

		home_init(&h, 500 + seed);
		h.d.end[RIGHT].keep_up = true;
		h.d.link.jitter = span_ms(200);
		duo_start(&h.d);
		duo_run(&h.d, span_s(60));
		assert_paired(&h.d);
		for (int i = 0; i < 3; i++) {
			duo_crash(&h.d, seed & 1 ? LEFT : RIGHT);
			if (seed % 3 == 0)
				duo_run(&h.d, span_s(30));
			duo_run(&h.d, span_s(120));
			assert_paired(&h.d);
		}
		shut_down(&h.d);
	}
}

static void
with_ppk(struct home *h)
{
	for (int i = 0; i < 2; i++) {
		struct ike_peer_conf *c = &h->d.end[i].conf[0];

		str_set(c->ppk_id, sizeof(c->ppk_id), "k");
		c->ppk_required = true;
		h->d.end[i].ppk = "a key that no quantum computer finds";
	}
}

static void
with_nat(struct home *h)
{
	h->d.end[LEFT].nat.on = true;
	addr_parse(&h->d.end[LEFT].nat.public, "203.0.113.1");
	h->d.end[LEFT].nat.shift = 10000;
}

static void
with_childless(struct home *h)
{
	h->d.end[LEFT].conf[0].childless = IKE_CHILDLESS_FORCE;
	h->d.end[RIGHT].conf[0].childless = IKE_CHILDLESS_FORCE;
}

static struct addke slots;

static void
with_more_key_exchanges(struct home *h)
{
	slots = duo_addke("20/21 none");
	h->d.end[LEFT].conf[0].ike.addke = &slots;
	h->d.end[RIGHT].conf[0].ike.addke = &slots;
}

static void
with_small_fragments(struct home *h)
{
	h->d.link.mtu = 576;
	h->d.end[LEFT].conf[0].fragment_size = 576;
	h->d.end[RIGHT].conf[0].fragment_size = 576;
}

static void
with_cbc(struct home *h)
{
	for (int i = 0; i < 2; i++) {
		struct offer *o = &h->d.end[i].conf[0].ike;

		o->encr = duo_algs(ALG_ENCR, "AES256");
		o->integ = duo_algs(ALG_INTEG, "SHA2-512");
		o->prf = duo_algs(ALG_PRF, "SHA2-512");
	}
}

static void
with_anybody(struct home *h)
{
	h->d.end[RIGHT].conf[0].remote = addr_any(ADDR_IPV4);
}

static const struct extension {
	const char	*what;
	void		(*set)(struct home *);
} extensions[] = {
	{ "PPKs on both sides", with_ppk },
	{ "NAT", with_nat },
	{ "childless", with_childless },
	{ "additional key exchanges", with_more_key_exchanges },
	{ "fragments", with_small_fragments },
	{ "CBC and SHA2-512", with_cbc },
	{ "a peer from anywhere", with_anybody },
};

static void
resumption_goes_with_every_extension(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
		struct home h;
		bool nat = extensions[i].set == with_nat;

		print_message("    %s\n", extensions[i].what);
		home_init(&h, 60 + i);
		h.rules[NRULES] = (struct duo_rule){ .from = LEFT,
		    .exchange = IKE_INTERMEDIATE, .nth = 1, .until = 9999,
		    .fate = DUO_PASS };
		h.d.rules_n = NRULES + 1;
		extensions[i].set(&h);
		home_start(&h);
		h.rules[NRULES].seen = 0;
		lose_right(&h);
		assert_resumed(&h, 1);
		assert_int_equal(h.rules[NRULES].seen, 0);
		assert_int_equal(duo_info(&h.d, LEFT).nat_local, nat);
		assert_int_equal(duo_info(&h.d, RIGHT).ppk,
		    extensions[i].set == with_ppk);
		/* What follows from its keys goes on. */
		assert_true(duo_rekey(&h.d, RIGHT, IKE));
		duo_run(&h.d, span_s(5));
		assert_true(duo_rekey(&h.d, LEFT, CHILD));
		duo_run(&h.d, span_s(5));
		assert_paired(&h.d);
		home_end(&h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_at_once_end_with_one_pair),
		cmocka_unit_test(resumption_goes_with_every_extension),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
