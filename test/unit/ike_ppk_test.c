/*
 * Post-quantum pre-shared keys (RFC 8784): who has which, who insists, and
 * what keys come of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ike_duo.h"
#include "util/array.h"

#define SECRET	"a key that no quantum computer finds"

enum outcome { MIXED, PLAIN, NOT };

/* The left one initiates. */
static const struct row {
	const char	*what;
	struct {
		const char *id;		/* "": no PPK */
		bool	required;
		const char *secret;
	} left, right;
	enum outcome	outcome;
	const char	*why_left, *why_right;
} rows[] = {
	{ "neither has one", { "", false, NULL }, { "", false, NULL },
	    PLAIN, NULL, NULL },
	{ "both have it", { "k", false, SECRET }, { "k", false, SECRET },
	    MIXED, NULL, NULL },
	{ "both insist", { "k", true, SECRET }, { "k", true, SECRET },
	    MIXED, NULL, NULL },
	{ "the initiator insists", { "k", true, SECRET },
	    { "k", false, SECRET }, MIXED, NULL, NULL },
	{ "the responder insists", { "k", false, SECRET },
	    { "k", true, SECRET }, MIXED, NULL, NULL },
	{ "the responder lacks it", { "k", false, SECRET },
	    { "", false, NULL }, PLAIN, NULL, NULL },
	{ "the initiator lacks it", { "", false, NULL },
	    { "k", false, SECRET }, PLAIN, NULL, NULL },
	{ "they name different ones", { "k", false, SECRET },
	    { "q", false, SECRET }, PLAIN, NULL, NULL },
	{ "one name begins like the other", { "key", false, SECRET },
	    { "k", false, SECRET }, PLAIN, NULL, NULL },
	{ "the responder lacks what the initiator insists on",
	    { "k", true, SECRET }, { "", false, NULL }, NOT,
	    "the peer does not do PPKs (RFC 8784), which ppk_required asks "
	    "for", "" },
	{ "the initiator lacks what the responder insists on",
	    { "", false, NULL }, { "k", true, SECRET }, NOT,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys differ, or it does not expect our identity "
	    "left.example (ID_FQDN)",
	    "the peer does not use a PPK (RFC 8784), which ppk_required asks "
	    "for" },
	{ "different names, and the initiator insists", { "k", true, SECRET },
	    { "q", false, SECRET }, NOT,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys or PPKs differ, or it does not expect our "
	    "identity left.example (ID_FQDN)",
	    "the peer insists on a PPK that we do not have" },
	{ "different names, and the responder insists", { "k", false, SECRET },
	    { "q", true, SECRET }, NOT,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys or PPKs differ, or it does not expect our "
	    "identity left.example (ID_FQDN)",
	    "the peer does not use the PPK \"q\", which ppk_required asks "
	    "for" },
	{ "one name, two keys", { "k", false, SECRET },
	    { "k", false, "another" }, NOT,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys or PPKs differ, or it does not expect our "
	    "identity left.example (ID_FQDN)",
	    "the peer's AUTH value does not match: pre-shared keys or PPKs "
	    "differ" },
	{ "the initiator's key store has none", { "k", false, NULL },
	    { "k", false, SECRET }, NOT, "no ppk for this peer", "" },
	{ "the responder's key store has none", { "k", false, SECRET },
	    { "k", false, NULL }, NOT,
	    "the peer refused to authenticate us (AUTHENTICATION_FAILED): "
	    "pre-shared keys or PPKs differ, or it does not expect our "
	    "identity left.example (ID_FQDN)", "no ppk for this peer" },
};

/* prf+(PPK, SK_d) of one block, straight from the RFC. */
static void
naive(const struct key *sk_d, uint8_t out[32])
{
	uint8_t data[KEY_MAX + 1];
	unsigned n = 0;

	memcpy(data, sk_d->b, sk_d->n);
	data[sk_d->n] = 1;
	assert_non_null(HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), data,
	    (size_t)sk_d->n + 1, out, &n));
	assert_int_equal(n, 32);
}

static void
configure(struct duo *d, const struct row *r)
{
	struct ike_peer_conf *left = &d->end[LEFT].conf[0];
	struct ike_peer_conf *right = &d->end[RIGHT].conf[0];

	str_set(left->ppk_id, sizeof(left->ppk_id), r->left.id);
	str_set(right->ppk_id, sizeof(right->ppk_id), r->right.id);
	left->ppk_required = r->left.required;
	right->ppk_required = r->right.required;
	d->end[LEFT].ppk = r->left.secret;
	d->end[RIGHT].ppk = r->right.secret;
}

static void
assert_keys(const struct duo *d, const struct key *before,
    enum outcome outcome)
{
	const struct key *l = &sa_at(d, LEFT)->keys.sk_d;
	const struct key *r = &sa_at(d, RIGHT)->keys.sk_d;
	uint8_t want[32];

	memcpy(want, before->b, 32);
	if (outcome == MIXED)
		naive(before, want);
	assert_int_equal(l->n, 32);
	assert_int_equal(r->n, 32);
	assert_memory_equal(l->b, want, 32);
	assert_memory_equal(r->b, want, 32);
	assert_int_equal(duo_info(d, LEFT).ppk, outcome == MIXED);
	assert_int_equal(duo_info(d, RIGHT).ppk, outcome == MIXED);
}

static void
run(const struct row *r, unsigned seed)
{
	struct duo_rule rule = { .from = LEFT, .exchange = IKE_AUTH, .nth = 1,
	    .until = 1, .fate = DUO_KEEP };
	struct ike_sa *half;
	struct key before = { 0 };
	struct duo d;

	print_message("    %s\n", r->what);
	duo_init(&d, seed);
	configure(&d, r);
	d.rules = &rule;
	d.rules_n = 1;
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_ms(300));
	half = table_peer(d.end[RIGHT].ike, DUO_PEER)->sas;
	if (half != NULL)
		before = half->keys.sk_d;
	duo_release(&d);
	duo_run(&d, span_s(5));
	if (r->outcome == NOT) {
		assert_why(&d, LEFT, r->why_left);
		assert_why(&d, RIGHT, r->why_right);
		assert_int_equal(d.end[LEFT].events[IKE_EV_CHILD_UP] +
		    d.end[RIGHT].events[IKE_EV_CHILD_UP], 0);
		duo_run(&d, span_s(60));
		assert_empty(&d);
	} else {
		assert_paired(&d);
		assert_keys(&d, &before, r->outcome);
		assert_true(duo_rekey(&d, RIGHT, CHILD));
		duo_run(&d, span_s(5));
		assert_true(duo_rekey(&d, LEFT, IKE));
		duo_run(&d, span_s(5));
		assert_paired(&d);
		assert_int_equal(duo_info(&d, RIGHT).ppk,
		    r->outcome == MIXED);
	}
	shut_down(&d);
}

static void
every_case_of_the_table_has_its_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run(&rows[i], (unsigned)i + 1);
}

/* Lost, repeated and late messages find the keys as they should be. */
static void
a_bad_link_does_not_mix_twice(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct duo d;

		duo_init(&d, seed);
		configure(&d, &rows[1 + seed % 8]);
		d.link.loss = 20;
		d.link.repeat = 20;
		d.link.jitter = span_ms(100);
		duo_start(&d);
		d.end[LEFT].keep_up = true;
		if (!duo_run_up(&d, span_s(120)))
			assert_paired(&d);
		d.link.loss = 0;
		shut_down(&d);
	}
}

/* The notify's data, read with the responder's eyes. */
static void
the_answer_without_the_ppk_is_no_answer_to_who_insists(void **state)
{
	static const struct row insists = { "", { "k", true, SECRET },
	    { "k", false, SECRET }, MIXED, NULL, NULL };
	struct duo_rule rule = { .from = LEFT, .exchange = IKE_AUTH, .nth = 1,
	    .until = 9, .fate = DUO_KEEP };
	struct duo d;

	(void)state;
	duo_init(&d, 3);
	configure(&d, &insists);
	d.rules = &rule;
	d.rules_n = 1;
	duo_start(&d);
	duo_up(&d, LEFT);
	duo_run(&d, span_ms(300));
	/* The operator takes the PPK away while IKE_AUTH is under way. */
	table_peer(d.end[RIGHT].ike, DUO_PEER)->conf.ppk_id[0] = '\0';
	duo_release(&d);
	duo_run(&d, span_s(5));
	assert_why(&d, RIGHT, "the peer insists on a PPK that we do not have");
	duo_run(&d, span_s(60));
	assert_empty(&d);
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_of_the_table_has_its_outcome),
		cmocka_unit_test(a_bad_link_does_not_mix_twice),
		cmocka_unit_test(
		    the_answer_without_the_ppk_is_no_answer_to_who_insists),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
