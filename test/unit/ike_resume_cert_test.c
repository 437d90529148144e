/*
 * Session resumption of peers that authenticate with certificates (RFC 5723
 * section 4.3.3): none is sent again, but what has become of them counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/serial.h"
#include "ike/x_resume.h"
#include "cert_duo.h"
#include "util/array.h"

static struct both *
resuming(const struct made_spec *left)
{
	struct both *b = both_new("P-256");

	if (left != NULL) {
		side_fini(&b->side[LEFT]);
		side_init(&b->side[LEFT], left);
		certify(b, LEFT);
	}
	for (int i = 0; i < 2; i++)
		b->d.end[i].conf[0].resumption = true;
	b->d.end[LEFT].keep_up = true;
	duo_start(&b->d);
	bring_up(&b->d, LEFT);
	return b;
}

static void
lose_right(struct both *b)
{
	duo_crash(&b->d, RIGHT);
	duo_run(&b->d, span_s(90));
	assert_sound(&b->d);
}

static struct ike_resumption
of(const struct both *b, int side)
{
	return duo_info(&b->d, side).resumption;
}

static void
end(struct both *b)
{
	b->d.end[LEFT].keep_up = false;
	duo_run(&b->d, span_s(120));
	shut_down(&b->d);
	both_free(b);
}

/* The CA publishes a list with this serial number, to whom? */
static void
revoke(struct both *b, int told, const struct made *issuer, long serial)
{
	const struct crl_spec spec = { .issuer = issuer, .revoked = serial,
	    .reason = 1 };
	struct bytes pem = ca_crl_pem(&spec);
	struct reason why;

	assert_true(trust_add_crl(b->side[told].trust, pem, &why));
	ca_free(pem);
}

static void
a_session_is_resumed_without_certificates(void **state)
{
	struct both *b = resuming(NULL);
	unsigned sent = b->d.end[RIGHT].fragments;

	(void)state;
	assert_int_equal(of(b, LEFT).count, 0);
	lose_right(b);
	assert_paired(&b->d);
	assert_true(of(b, LEFT).on && of(b, RIGHT).on);
	/* With them, its IKE_AUTH would be long. */
	assert_int_equal(b->d.end[RIGHT].fragments, sent);
	/* And once more: what the first one rests on goes along. */
	lose_right(b);
	assert_paired(&b->d);
	assert_int_equal(of(b, LEFT).count, 2);
	end(b);
}

static void
a_certificate_that_was_revoked_meanwhile_resumes_nothing(void **state)
{
	static const struct {
		const struct made *issuer;
		long		serial;
	} rows[] = { { &sub, 10 }, { &root, 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct both *b = resuming(NULL);

		revoke(b, RIGHT, rows[i].issuer, rows[i].serial);
		lose_right(b);
		assert_int_equal(of(b, RIGHT).refused, TICKET_CERT_REVOKED);
		assert_int_equal(of(b, RIGHT).count, 0);
		assert_int_equal(of(b, LEFT).refused, TICKET_REFUSED);
		/* Nor does it from scratch. */
		assert_false(duo_info(&b->d, LEFT).child);
		assert_non_null(strstr(duo_info(&b->d, RIGHT).why.s,
		    "revoked"));
		end(b);
	}
}

static void
somebody_elses_revocation_is_no_matter(void **state)
{
	struct both *b = resuming(NULL);

	(void)state;
	revoke(b, RIGHT, &sub, 99);
	lose_right(b);
	assert_int_equal(of(b, RIGHT).count, 1);
	end(b);
}

static void
where_revocation_is_ignored_it_is(void **state)
{
	struct both *b = both_new("P-256");

	(void)state;
	for (int i = 0; i < 2; i++) {
		b->d.end[i].conf[0].resumption = true;
		b->d.end[i].creds.policy.crl = TRUST_CRL_IGNORED;
	}
	b->d.end[LEFT].keep_up = true;
	duo_start(&b->d);
	bring_up(&b->d, LEFT);
	revoke(b, RIGHT, &sub, 10);
	lose_right(b);
	assert_int_equal(of(b, RIGHT).count, 1);
	end(b);
}

/* Who holds the ticket looks at the other one's certificate. */
static void
a_ticket_of_a_peer_that_was_revoked_is_not_used(void **state)
{
	struct both *b = resuming(NULL);

	(void)state;
	revoke(b, LEFT, &sub, 11);
	lose_right(b);
	assert_int_equal(of(b, LEFT).refused, TICKET_CERT_REVOKED);
	assert_int_equal(of(b, RIGHT).refused, TICKET_GOOD);
	assert_int_equal(of(b, LEFT).count, 0);
	end(b);
}

static void
a_ticket_ends_with_the_certificate(void **state)
{
	struct made_spec spec = leaf_spec(LEFT, "P-256");
	struct instant until;
	struct both *b;

	(void)state;
	spec.until = CA_NOW + 2000;
	b = resuming(&spec);
	/* To the second. */
	until = instant_after((struct instant){ 0 }, span_s(1000 + 2001));
	assert_true(of(b, LEFT).ticket_until.ns > 0);
	assert_true(of(b, LEFT).ticket_until.ns <= until.ns);
	/* The clock of the host was set: it has ended already. */
	b->d.end[RIGHT].wall = CA_NOW + 2001;
	lose_right(b);
	assert_int_equal(of(b, RIGHT).refused, TICKET_CERT_EXPIRED);
	assert_int_equal(of(b, RIGHT).count, 0);
	end(b);
}

static void
another_mark_of_the_hosts_makes_tickets_void(void **state)
{
	struct both *b = resuming(NULL);
	struct ike_creds creds = b->d.end[LEFT].creds;

	(void)state;
	creds.mark[0] = 1;
	ike_peer_creds(b->d.end[LEFT].ike, DUO_PEER, &creds);
	lose_right(b);
	assert_paired(&b->d);
	assert_int_equal(of(b, LEFT).refused, TICKET_CHANGED);
	assert_int_equal(of(b, LEFT).count, 0);
	end(b);
}

/* --- serial numbers --- */

static void
a_certificate_is_known_by_issuer_and_serial_number(void **state)
{
	struct made_spec spec = leaf_spec(LEFT, "P-256");
	struct made leaf = ca_make(&spec);
	struct cert *c = made_cert(&leaf), *ca = made_cert(&sub);
	struct trust *t = trust_in(&root);
	const struct crl_spec none = { .issuer = &sub },
	    other = { .issuer = &root, .revoked = 10, .reason = -1 },
	    expired = { .issuer = &sub, .revoked = 10, .reason = -1,
	    .from = CA_NOW - 40 * CA_DAY, .until = CA_NOW - 30 * CA_DAY };
	const struct crl_spec *const lists[] = { &none, &other, &expired };
	struct serial s, of_ca;
	struct reason why;

	(void)state;
	assert_true(serial_of(c, &s) && serial_of(ca, &of_ca));
	assert_int_equal(s.n, 1);
	assert_int_equal(s.b[0], 10);
	assert_memory_not_equal(s.issuer, of_ca.issuer, SERIAL_ISSUER);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct bytes pem = ca_crl_pem(lists[i]);
		struct trust *fresh = trust_in(&root);

		assert_false(serial_revoked(fresh, &s));
		assert_true(trust_add_crl(fresh, pem, &why));
		assert_true(serial_revoked(fresh, &s) ==
		    (lists[i] == &expired));
		assert_false(serial_revoked(fresh, &of_ca));
		trust_free(fresh);
		ca_free(pem);
	}
	trust_free(t);
	cert_free(c);
	cert_free(ca);
	made_fini(&leaf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_resumed_without_certificates),
		cmocka_unit_test(
		    a_certificate_that_was_revoked_meanwhile_resumes_nothing),
		cmocka_unit_test(somebody_elses_revocation_is_no_matter),
		cmocka_unit_test(where_revocation_is_ignored_it_is),
		cmocka_unit_test(
		    a_ticket_of_a_peer_that_was_revoked_is_not_used),
		cmocka_unit_test(a_ticket_ends_with_the_certificate),
		cmocka_unit_test(
		    another_mark_of_the_hosts_makes_tickets_void),
		cmocka_unit_test(
		    a_certificate_is_known_by_issuer_and_serial_number),
	};

	return cmocka_run_group_tests(tests, make_cas, free_cas);
}
