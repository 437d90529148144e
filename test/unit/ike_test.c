/*
 * Setting up: suites, identities, keys, selectors, refusals and their reasons
 * (RFC 7296 sections 1.2, 2.7, 2.9, 2.15, 2.21).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "ike/sa.h"
#include "ike_duo.h"
#include "util/array.h"

static void
either_side_can_initiate(void **state)
{
	(void)state;
	for (int side = LEFT; side <= RIGHT; side++) {
		struct duo d;

		duo_init(&d, 1);
		duo_start(&d);
		bring_up(&d, side);
		assert_true(duo_info(&d, side).initiator);
		assert_false(duo_info(&d, !side).initiator);
		assert_int_equal(d.end[LEFT].events[IKE_EV_CHILD_UP], 1);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_CHILD_UP], 1);
		assert_false(duo_info(&d, side).encap);
		shut_down(&d);
	}
}

static void
set_suite(struct offer *o, const char *encr, const char *integ,
    const char *prf_name, const char *ke)
{
	o->encr = duo_algs(ALG_ENCR, encr);
	o->integ = duo_algs(ALG_INTEG, integ);
	if (o->proto == PROTO_IKE)
		o->prf = duo_algs(ALG_PRF, prf_name);
	o->ke = duo_algs(ALG_KE, ke);
}

static void
every_suite_gives_both_ends_the_same_keys(void **state)
{
	static const char *const encr[] = {
		"AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16",
	};
	static const char *const hash[] = {
		"SHA2-256", "SHA2-384", "SHA2-512",
	};
	static const char *const ke[] = { "14", "19", "20", "31" };

	(void)state;
	for (size_t i = 0; i < 4 * 3 * 4; i++) {
		const char *e = encr[i / 12], *h = hash[i / 4 % 3];
		const char *integ = i / 12 < 2 ? h : "", *k = ke[i % 4];
		struct duo d;

		duo_init(&d, i);
		for (int side = LEFT; side <= RIGHT; side++) {
			struct ike_peer_conf *c = &d.end[side].conf[0];

			set_suite(&c->ike, e, integ, h, k);
			set_suite(&c->esp, e, integ, h, k);
		}
		duo_start(&d);
		bring_up(&d, LEFT);
		assert_string_equal(duo_info(&d, RIGHT).suite.ke->conf, k);
		assert_null(duo_info(&d, RIGHT).child_suite.ke);
		assert_true(duo_rekey(&d, LEFT, true));
		duo_run(&d, span_s(5));
		assert_paired(&d);
		assert_string_equal(duo_info(&d, RIGHT).child_suite.ke->conf,
		    k);
		assert_true(duo_rekey(&d, RIGHT, false));
		duo_run(&d, span_s(5));
		assert_paired(&d);
		shut_down(&d);
	}
}

/* --- refusals --- */

static void
other_psk(struct duo *d)
{
	d->end[RIGHT].psk[0] = "another secret";
}

static void
no_psk_left(struct duo *d)
{
	d->end[LEFT].psk[0] = NULL;
}

static void
no_psk_right(struct duo *d)
{
	d->end[RIGHT].psk[0] = NULL;
}

static void
right_expects_other(struct duo *d)
{
	d->end[RIGHT].conf[0].remote_id = duo_id("other.example");
}

static void
left_expects_other(struct duo *d)
{
	d->end[LEFT].conf[0].remote_id = duo_id("other.example");
}

static void
other_cipher(struct duo *d)
{
	set_suite(&d->end[LEFT].conf[0].ike, "AES128", "SHA2-256", "SHA2-256",
	    "31");
}

static void
other_group(struct duo *d)
{
	d->end[LEFT].conf[0].ike.ke = duo_algs(ALG_KE, "14");
}

static void
nobody_there(struct duo *d)
{
	d->end[LEFT].conf[0].remote = d->end[RIGHT].addr;
	d->end[LEFT].conf[0].remote.b[3] = 9;
}

/* A set-up that must fail; what each side says; nothing stays behind. */
static const struct refusal {
	const char	*what;
	void		(*prepare)(struct duo *);
	const char	*left, *right;
} refusals[] = {
	{ "pre-shared keys differ", other_psk,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys differ, or it does not expect our identity "
	    "left.example (ID_FQDN)",
	    "the peer's AUTH value does not match: pre-shared keys differ" },
	{ "the initiator has no pre-shared key", no_psk_left,
	    "no pre-shared key for this peer", "" },
	{ "the responder has no pre-shared key", no_psk_right,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys differ, or it does not expect our identity "
	    "left.example (ID_FQDN)",
	    "no pre-shared key for this peer" },
	{ "the responder expects somebody else", right_expects_other,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys differ, or it does not expect our identity "
	    "left.example (ID_FQDN)",
	    "the peer's identity is left.example (ID_FQDN), expected "
	    "other.example (ID_FQDN)" },
	{ "the initiator wants somebody else", left_expects_other,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys differ, or it does not expect our identity "
	    "left.example (ID_FQDN)",
	    "the peer wants to talk to other.example (ID_FQDN), we are "
	    "right.example (ID_FQDN)" },
	{ "no common cipher", other_cipher,
	    "the peer accepts none of our IKE proposals, or does not know us "
	    "(NO_PROPOSAL_CHOSEN)",
	    "no common IKE proposal: encryption differs: ours AES256-GCM-16, "
	    "theirs AES128-CBC" },
	{ "no common group", other_group,
	    "the peer accepts none of our IKE proposals, or does not know us "
	    "(NO_PROPOSAL_CHOSEN)",
	    "no common IKE proposal: key exchange group differs: ours X25519 "
	    "ECP-256, theirs MODP-2048" },
	{ "nobody answers", nobody_there,
	    "no answer from 198.51.100.9:500 to IKE_SA_INIT after 12 "
	    "transmissions", "" },
};

static void
a_refused_set_up_says_why_on_both_sides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct duo d;

		print_message("    %s\n", r->what);
		duo_init(&d, 3);
		r->prepare(&d);
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_s(40));
		assert_why(&d, LEFT, r->left);
		assert_why(&d, RIGHT, r->right);
		assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_UP], 0);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_IKE_UP], 0);
		assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_DOWN], 1);
		assert_empty(&d);
		shut_down(&d);
	}
}

static void
the_initiator_checks_who_answers(void **state)
{
	struct duo_rule keep = {
		.from = RIGHT, .exchange = IKE_AUTH, .response = true,
		.nth = 1, .until = 1, .fate = DUO_KEEP,
	};
	struct duo d;

	(void)state;
	duo_init(&d, 4);
	d.rules = &keep;
	d.rules_n = 1;
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_ms(100));
	table_peer(d.end[LEFT].ike, DUO_PEER)->conf.remote_id =
	    duo_id("other.example");
	duo_release(&d);
	duo_run(&d, span_s(5));
	assert_why(&d, LEFT, "the peer's identity is right.example (ID_FQDN), "
	    "expected other.example (ID_FQDN)");
	assert_why(&d, RIGHT, "the peer refused to authenticate us "
	    "(AUTHENTICATION_FAILED)");
	assert_empty(&d);
	shut_down(&d);
}

static void
one_that_is_administratively_down_takes_nobody(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 5);
	duo_start(&d);
	ike_peer_accept(d.end[RIGHT].ike, DUO_PEER, false);
	duo_up(&d, LEFT);
	duo_run(&d, span_s(5));
	assert_string_equal(d.end[RIGHT].said[IKE_EV_REFUSED].s,
	    "IKE_SA_INIT from 192.0.2.1:500 refused: tunnel is "
	    "administratively down");
	assert_empty(&d);
	ike_peer_accept(d.end[RIGHT].ike, DUO_PEER, true);
	bring_up(&d, LEFT);
	shut_down(&d);
}

static void
a_stranger_does_not_hide_why_a_peer_is_up(void **state)
{
	struct duo d;
	uint32_t second;

	(void)state;
	duo_init(&d, 6);
	/* The same address, but a cipher that the other end does not take. */
	second = duo_add_peer(&d, LEFT);
	set_suite(&d.end[LEFT].conf[1].ike, "AES128", "SHA2-256", "SHA2-256",
	    "31");
	duo_start(&d);
	bring_up(&d, LEFT);
	ike_peer_up(d.end[LEFT].ike, d.now, second);
	duo_run(&d, span_s(5));
	assert_why(&d, RIGHT, "");
	assert_int_equal(d.end[RIGHT].events[IKE_EV_FAILED], 0);
	assert_in_range(d.end[RIGHT].events[IKE_EV_REFUSED], 1, 9);
	assert_paired(&d);
	shut_down(&d);
}

/* --- the child of IKE_AUTH --- */

static struct ts_list
net(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text));
	return (struct ts_list){ .n = 1, .ts = { ts_prefix(&p) } };
}

static void
wide_left(struct duo *d)
{
	d->end[LEFT].conf[0].local_ts = d->end[LEFT].conf[0].remote_ts =
	    net("0.0.0.0/0");
}

static void
wide_right(struct duo *d)
{
	d->end[RIGHT].conf[0].local_ts = d->end[RIGHT].conf[0].remote_ts =
	    net("0.0.0.0/0");
}

static void
selectors_are_narrowed_to_what_both_allow(void **state)
{
	static void (*const wide[])(struct duo *) = { wide_left, wide_right };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		struct ike_peer_info l, r;
		struct duo d;
		char text[80];

		duo_init(&d, 7);
		wide[i](&d);
		duo_start(&d);
		bring_up(&d, LEFT);
		l = duo_info(&d, LEFT);
		r = duo_info(&d, RIGHT);
		ts_str(&l.local_ts, text, sizeof(text));
		assert_string_equal(text, "10.1.0.0/16");
		ts_str(&l.remote_ts, text, sizeof(text));
		assert_string_equal(text, "10.2.0.0/16");
		ts_str(&r.local_ts, text, sizeof(text));
		assert_string_equal(text, "10.2.0.0/16");
		ts_str(&r.remote_ts, text, sizeof(text));
		assert_string_equal(text, "10.1.0.0/16");
		shut_down(&d);
	}
}

static void
other_nets(struct duo *d)
{
	d->end[LEFT].conf[0].remote_ts = net("10.9.0.0/16");
}

static void
other_esp(struct duo *d)
{
	set_suite(&d->end[LEFT].conf[0].esp, "AES128", "SHA2-256", "", "31");
}

/* The child fails; the IKE SA stays, and one is made when that is mended. */
static const struct childless {
	const char	*what;
	void		(*prepare)(struct duo *);
	const char	*left, *right;
} childless[] = {
	{ "no common selectors", other_nets,
	    "the peer refused the child SA: TS_UNACCEPTABLE (38)",
	    "child SA refused: traffic selectors: offered 10.1.0.0/16 to "
	    "10.9.0.0/16, allowed 10.1.0.0/16 to 10.2.0.0/16" },
	{ "no common ESP cipher", other_esp,
	    "the peer refused the child SA: NO_PROPOSAL_CHOSEN (14)",
	    "child SA refused: no common ESP proposal: encryption differs: "
	    "ours AES256-GCM-16, theirs AES128-CBC" },
};

static void
a_refused_child_leaves_the_ike_sa_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(childless); i++) {
		struct ike_peer *p;
		struct duo d;

		print_message("    %s\n", childless[i].what);
		duo_init(&d, 8);
		duo_start(&d);
		p = table_peer(d.end[LEFT].ike, DUO_PEER);
		childless[i].prepare(&d);
		p->conf = d.end[LEFT].conf[0];
		duo_up(&d, LEFT);
		duo_run(&d, span_s(1));
		assert_why(&d, LEFT, childless[i].left);
		assert_why(&d, RIGHT, childless[i].right);
		for (int side = LEFT; side <= RIGHT; side++) {
			assert_int_equal(duo_info(&d, side).state,
			    IKE_ESTABLISHED);
			assert_int_equal(duo_info(&d, side).children, 0);
		}
		/* Both ends agree again: only the child is made. */
		p->conf.esp = d.end[RIGHT].conf[0].esp;
		p->conf.remote_ts = d.end[RIGHT].conf[0].local_ts;
		duo_up(&d, LEFT);
		duo_run(&d, span_s(1));
		assert_paired(&d);
		assert_int_equal(d.end[LEFT].events[IKE_EV_IKE_UP], 1);
		shut_down(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_side_can_initiate),
		cmocka_unit_test(every_suite_gives_both_ends_the_same_keys),
		cmocka_unit_test(a_refused_set_up_says_why_on_both_sides),
		cmocka_unit_test(the_initiator_checks_who_answers),
		cmocka_unit_test(
		    one_that_is_administratively_down_takes_nobody),
		cmocka_unit_test(a_stranger_does_not_hide_why_a_peer_is_up),
		cmocka_unit_test(selectors_are_narrowed_to_what_both_allow),
		cmocka_unit_test(a_refused_child_leaves_the_ike_sa_up),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
