/*
 * IKE_AUTH with certificates: what authenticates, and certificates that are
 * replaced or run out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/certs.h"
#include "unit/cert_duo.h"
#include "unit/wire.h"
#include "util/array.h"

/* --- what authenticates --- */

static const struct {
	const char	*key;
	bool		 pss;
	const char	*used;
} keys[] = {
	{ "RSA-2048", false, "RSA" }, { "RSA-3072", true, "RSA-PSS" },
	{ "P-256", false, "ECDSA-P256" }, { "P-384", false, "ECDSA-P384" },
	{ "P-521", false, "ECDSA-P521" }, { "ED25519", false, "Ed25519" },
	{ "ED448", false, "Ed448" },
};

static void
keys_of_every_kind_authenticate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct both *b = both_new(keys[i].key);

		print_message("    %s\n", keys[i].used);
		for (int k = 0; k < 2; k++)
			b->d.end[k].creds.rsa_pss = keys[i].pss;
		duo_start(&b->d);
		bring_up(&b->d, i % 2 == 0 ? LEFT : RIGHT);
		for (int k = 0; k < 2; k++) {
			struct ike_peer_info info = duo_info(&b->d, k);

			assert_true(info.cert_seen && info.cert.ok);
			assert_string_equal(info.cert.subject, subjects[!k]);
			assert_string_equal(info.cert.issuer,
			    "CN=subordinate");
			assert_true(info.cert.not_after ==
			    CA_NOW + 365 * CA_DAY);
			assert_memory_equal(info.cert.used.name, keys[i].used,
			    strlen(keys[i].used));
		}
		shut_down(&b->d);
		both_free(b);
	}
}

static void
one_side_may_have_a_certificate_and_the_other_a_key(void **state)
{
	(void)state;
	for (int which = 0; which < 4; which++) {
		struct both *b = both_new("P-256");
		int keyed = which % 2, starts = which / 2;

		b->d.end[keyed].conf[0].local_auth = IKE_AUTH_PSK;
		b->d.end[!keyed].conf[0].remote_auth = IKE_AUTH_PSK;
		duo_start(&b->d);
		bring_up(&b->d, starts);
		assert_false(duo_info(&b->d, !keyed).cert_seen);
		assert_true(duo_info(&b->d, keyed).cert.ok);
		shut_down(&b->d);
		both_free(b);
	}
}

#define PSS_256 "46 0e 00 3041 06092a864886f70d01010a 3034 a00f 300d" \
	"0609608648016503040201 0500 a11c 301a 06092a864886f70d010108" \
	"300d 0609608648016503040201 0500 a203020120"
#define RSA_512	"12 0e 00 300d 06092a864886f70d01010d 0500"

/* RFC 9593: what the peer takes goes before what rsa_pss says. */
static const struct {
	const char	*what, *data;
	bool		 pss;		/* our wish */
	const char	*used;
} methods[] = {
	{ "nothing of it", "02 02", false, "RSA-SHA2-256" },
	{ "PSS alone", PSS_256, false, "RSA-PSS-SHA2-256" },
	{ "PKCS #1 alone", RSA_512, true, "RSA-SHA2-512" },
	{ "both, and we wish PSS", PSS_256 RSA_512, true,
	    "RSA-PSS-SHA2-256" },
	{ "both, and we do not", PSS_256 RSA_512, false, "RSA-SHA2-512" },
	{ "it is malformed", PSS_256 "04 0e 00", false, "RSA-SHA2-256" },
};

static void
announced_methods_are_chosen_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		struct both *b = both_new("RSA-2048");
		struct wire data = wire(methods[i].data);
		struct msg m = { .notifies_n = 1, .notifies = {
		    { .type = N_SUPPORTED_AUTH_METHODS,
		    .data = wire_bytes(&data) } } };
		struct duo *d = &b->d;
		struct ike_sa *sa;

		print_message("    %s\n", methods[i].what);
		d->end[LEFT].creds.rsa_pss = methods[i].pss;
		sa = start_to_sign(d);
		sa->setup->methods = 0;
		certs_hear(sa, &m);
		sa->peer->creds_epoch++;	/* so that it asks again */
		duo_run(d, span_s(8));
		assert_paired(d);
		assert_string_equal(duo_info(d, RIGHT).cert.used.name,
		    methods[i].used);
		shut_down(d);
		both_free(b);
	}
}

/* In the answer to IKE_SA_INIT as far as it may be long, and in IKE_AUTH. */
static const struct {
	const char	*what;
	bool		 psk, cookie, left;
} announcing[] = {
	{ "a shared key", true, false, true },
	{ "signatures are too much for so short a question", false, false,
	    false },
	{ "signatures behind a cookie", false, true, true },
};

static void
both_ends_announce_their_methods(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(announcing); i++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		struct ike_sa *sa;

		print_message("    %s\n", announcing[i].what);
		if (announcing[i].cookie)
			d->end[RIGHT].limits.cookie_above = 0;
		for (int k = 0; k < 2; k++) {
			/* The question is longer, the answer is not. */
			d->end[k].conf[0].ike.ke = duo_algs(ALG_KE,
			    "31 19 20 21 14 15 16");
			d->end[k].psk_delay = span_s(2);
			if (!announcing[i].psk)
				continue;
			d->end[k].conf[0].local_auth = IKE_AUTH_PSK;
			d->end[k].conf[0].remote_auth = IKE_AUTH_PSK;
		}
		sa = start_to_sign(d);
		assert_int_equal(sa->setup->methods != 0, announcing[i].left);
		while ((sa = sa_at(d, RIGHT)) == NULL ||
		    sa->state < SA_VERIFYING)
			duo_run(d, span_ms(1));
		assert_int_equal(sa->state, announcing[i].psk ? SA_VERIFYING :
		    SA_ANSWERING);
		assert_true(sa->setup->methods != 0);
		duo_run(d, span_s(10));
		assert_paired(d);
		shut_down(d);
		both_free(b);
	}
}

/* RFC 8784: both values are signatures, whichever of them counts. */
static void
certificates_go_with_a_ppk_and_without(void **state)
{
	static const struct {
		const char *left, *right;
		bool	mixed;
	} ids[] = {
		{ "one", "one", true }, { "one", "two", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct both *b = both_new("P-256");

		for (int k = 0; k < 2; k++) {
			struct ike_peer_conf *c = &b->d.end[k].conf[0];

			str_set(c->ppk_id, sizeof(c->ppk_id),
			    k == LEFT ? ids[i].left : ids[i].right);
			b->d.end[k].ppk = "the same at both ends";
		}
		duo_start(&b->d);
		bring_up(&b->d, LEFT);
		for (int k = 0; k < 2; k++)
			assert_int_equal(duo_info(&b->d, k).ppk,
			    ids[i].mixed);
		shut_down(&b->d);
		both_free(b);
	}
}

static struct id
id_of(enum id_type type, const void *data, size_t n)
{
	return (struct id){ .type = (uint8_t)type, .n = (uint16_t)n,
	    .data = data };
}

static struct id
dn_id(const char *text, uint8_t der[static DN_DER_MAX])
{
	struct wr w = wr_of(der, DN_DER_MAX);
	struct reason why;

	assert_true(dn_parse(text, &w, &why));
	return id_of(ID_DER_ASN1_DN, der, w.n);
}

static void
identities_that_the_certificate_carries_authenticate(void **state)
{
	uint8_t der[2][DN_DER_MAX];
	const struct id ours[] = {
		{ .type = 0 },		/* the subject */
		dn_id(subjects[LEFT], der[0]),
		duo_id("left.example"),
		id_of(ID_RFC822_ADDR, "gw@left.example", 15),
		id_of(ID_IPV4_ADDR, "\xc0\0\2\1", 4),
		id_of(ID_IPV6_ADDR, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
		    16),
	};

	(void)state;
	/* Expected by name, and as anybody. */
	for (size_t i = 0; i < 2 * ARRAY_SIZE(ours); i++) {
		const struct id *id = &ours[i / 2];
		struct both *b = both_new("ED25519");

		b->d.end[LEFT].conf[0].local_id = *id;
		b->d.end[RIGHT].conf[0].remote_id = i % 2 == 1 ?
		    (struct id){ .type = 0 } : id->type != 0 ? *id :
		    dn_id("c=de, o=example, cn=LEFT", der[1]);
		duo_start(&b->d);
		bring_up(&b->d, LEFT);
		shut_down(&b->d);
		both_free(b);
	}
}

/* --- time and renewal --- */

static void
renewed(struct both *b, struct side *fresh)
{
	struct made_spec spec = leaf_spec(LEFT, "P-384");
	struct ike_creds creds;

	spec.subject = "CN=left renewed";
	spec.serial = 99;
	side_init(fresh, &spec);
	creds = creds_of_side(fresh);
	b->d.end[LEFT].key = fresh->key;
	ike_peer_creds(b->d.end[LEFT].ike, DUO_PEER, &creds);
}

static void
a_renewed_certificate_is_used_from_the_next_authentication_on(void **state)
{
	struct both *b = both_new("P-256");
	struct duo *d = &b->d;
	struct side fresh;

	(void)state;
	/* Who cannot call does not show it before it is called. */
	addr_parse(&d->end[LEFT].conf[0].remote, "0.0.0.0");
	duo_start(d);
	bring_up(d, RIGHT);
	watch_traffic(d);
	renewed(b, &fresh);
	assert_true(duo_rekey(d, RIGHT, IKE));
	duo_run(d, span_s(5));
	assert_true(duo_rekey(d, LEFT, CHILD));
	assert_clean(d);
	assert_string_equal(duo_info(d, RIGHT).cert.subject, subjects[LEFT]);
	d->esp_at = INSTANT_NEVER;
	duo_down(d, LEFT);
	duo_run(d, span_s(5));
	bring_up(d, RIGHT);
	assert_string_equal(duo_info(d, RIGHT).cert.subject,
	    "CN=left renewed");
	shut_down(d);
	side_fini(&fresh);
	both_free(b);
}

/* The old key signs what the new certificate should prove: asked again. */
static void
a_certificate_that_is_renewed_meanwhile_makes_its_own_signature(void **state)
{
	(void)state;
	for (int starts = LEFT; starts <= RIGHT; starts++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		struct ike_sa *sa;
		struct side fresh;

		d->end[LEFT].psk_delay = span_s(3);
		duo_start(d);
		duo_up(d, starts);
		for (int i = 0; i < 1000; i++) {
			sa = sa_at(d, LEFT);
			if (sa != NULL && (sa->state == SA_SIGNING ||
			    sa->state == SA_ANSWERING))
				break;
			duo_run(d, span_ms(1));
		}
		sa = sa_at(d, LEFT);
		assert_non_null(sa);
		assert_int_equal(sa->state, starts == LEFT ? SA_SIGNING :
		    SA_ANSWERING);
		renewed(b, &fresh);
		assert_true(duo_run_up(d, span_s(20)));
		assert_string_equal(duo_info(d, RIGHT).cert.subject,
		    "CN=left renewed");
		shut_down(d);
		side_fini(&fresh);
		both_free(b);
	}
}

static void
time_goes_on_for_certificates_too(void **state)
{
	struct both *b = both_new("ED25519");
	struct duo *d = &b->d;

	(void)state;
	duo_start(d);
	bring_up(d, LEFT);
	duo_run(d, span_s(3 * 3600));
	assert_paired(d);
	for (int k = 0; k < 2; k++)
		ike_wall(d->end[k].ike, d->now, CA_NOW + 366 * CA_DAY);
	duo_run(d, span_s(5));
	assert_empty(d);		/* see ike_proof_test.c */
	duo_up(d, LEFT);
	duo_run(d, span_s(20));
	begins(d, RIGHT, "the peer's certificate is refused at depth 0: ");
	begins(d, LEFT, US);
	shut_down(d);
	both_free(b);
}

/*
 * Section 2.4: INITIAL_CONTACT is about identities, and another tunnel has the
 * same ones.
 */
static void
a_tunnel_with_a_twin_does_not_speak_of_first_contact(void **state)
{
	(void)state;
	for (int twin = 0; twin < 2; twin++) {
		struct both *b = both_new("ED25519");
		struct duo *d = &b->d;

		d->end[LEFT].conf[0].local_id.type = 0;
		d->end[RIGHT].conf[0].remote_id.type = 0;
		if (twin == 1) {
			duo_add_peer(d, LEFT);
			addr_parse(&d->end[LEFT].conf[1].remote,
			    "198.51.100.9");
		}
		d->end[LEFT].keep_up = true;
		duo_start(d);
		bring_up(d, LEFT);
		duo_run(d, span_s(100));
		duo_crash(d, LEFT);
		duo_up(d, LEFT);
		duo_run(d, span_s(10));
		assert_int_equal(d->end[RIGHT].events[IKE_EV_FAILED],
		    twin == 0);
		duo_run(d, span_s(60));
		assert_paired(d);
		shut_down(d);
		both_free(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_every_kind_authenticate),
		cmocka_unit_test(
		    one_side_may_have_a_certificate_and_the_other_a_key),
		cmocka_unit_test(announced_methods_are_chosen_from),
		cmocka_unit_test(both_ends_announce_their_methods),
		cmocka_unit_test(certificates_go_with_a_ppk_and_without),
		cmocka_unit_test(
		    identities_that_the_certificate_carries_authenticate),
		cmocka_unit_test(
		    a_renewed_certificate_is_used_from_the_next_authentication_on),
		cmocka_unit_test(
		    a_certificate_that_is_renewed_meanwhile_makes_its_own_signature),
		cmocka_unit_test(time_goes_on_for_certificates_too),
		cmocka_unit_test(
		    a_tunnel_with_a_twin_does_not_speak_of_first_contact),
	};

	return cmocka_run_group_tests(tests, make_cas, free_cas);
}
