/*
 * Certificates that run out, are revoked or are replaced while an IKE SA that
 * was authenticated with them lives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/cert_duo.h"
#include "util/array.h"

#define CRL_URL	"http://crl.example/sub.crl"

/* Another certificate for a side, as after a reload. */
static struct ike_creds
renewed(struct both *b, int which, struct side *fresh, int64_t until)
{
	struct made_spec spec = leaf_spec(which, "P-384");
	struct ike_creds c;

	spec.subject = which == LEFT ? "CN=left renewed" : "CN=right renewed";
	spec.serial = 99;
	spec.until = until;
	side_init(fresh, &spec);
	c = creds_of_side(fresh);
	b->d.end[which].key = fresh->key;
	return c;
}

/* The side's certificate ends then, and it has it from the start. */
static void
ends_at(struct both *b, int which, int64_t until)
{
	struct made_spec spec = leaf_spec(which, "P-256");

	side_fini(&b->side[which]);
	spec.until = until;
	side_init(&b->side[which], &spec);
	certify(b, which);
}

static struct ike_creds
revoking(struct both *b, int which, long serial)
{
	struct bytes crl = ca_crl_pem(&(struct crl_spec){ .issuer = &sub,
	    .revoked = serial, .reason = -1 });
	struct bytes above = ca_crl_pem(&(struct crl_spec){ .issuer = &root });
	struct side *s = &b->side[which];
	struct bytes pem = made_pem((const struct made *[]){ &root, &sub }, 2);
	struct ike_creds c = creds_of_side(s);
	struct trust *t = trust_new();
	struct reason why;

	assert_true(trust_add_pem(t, pem, &why));
	assert_true(trust_add_crl(t, crl, &why));
	assert_true(trust_add_crl(t, above, &why));
	ca_free(pem);
	ca_free(crl);
	ca_free(above);
	trust_free(s->trust);
	s->trust = c.trust = t;
	return c;
}

static void
give(struct both *b, int which, const struct ike_creds *c)
{
	ike_peer_creds(b->d.end[which].ike, DUO_PEER, c);
}

/* --- revocation and CAs --- */

static void
a_certificate_revoked_by_a_reload_ends_the_tunnel_at_once(void **state)
{
	(void)state;
	for (int who = LEFT; who <= RIGHT; who++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		struct ike_creds c;

		duo_start(d);
		bring_up(d, LEFT);
		duo_run(d, span_s(100));
		c = revoking(b, !who, 10 + who);
		give(b, !who, &c);
		duo_run(d, span_s(2));
		begins(d, !who, "the peer's certificate is not good any more, "
		    "at depth 0: ");
		assert_false(duo_info(d, !who).cert.ok);
		assert_empty(d);
		/* And it does not come again. */
		duo_up(d, LEFT);
		assert_false(duo_run_up(d, span_s(10)));
		shut_down(d);
		both_free(b);
	}
}

static void
a_reload_that_revokes_another_changes_nothing(void **state)
{
	static const long serials[] = { 0, 77 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(serials); i++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		struct ike_peer_info was;
		struct ike_creds c;

		duo_start(d);
		bring_up(d, LEFT);
		was = duo_info(d, LEFT);
		c = revoking(b, RIGHT, serials[i]);
		give(b, RIGHT, &c);
		duo_run(d, span_s(200));
		assert_paired(d);
		assert_true(duo_info(d, LEFT).spi_i == was.spi_i);
		assert_int_equal(duo_info(d, LEFT).spi_in, was.spi_in);
		shut_down(d);
		both_free(b);
	}
}

static void
a_ca_that_is_ours_no_more_ends_the_tunnel(void **state)
{
	struct both *b = both_new("P-256");
	struct trust *t = trust_in(&other_root);
	struct duo *d = &b->d;
	struct ike_creds c;

	(void)state;
	duo_start(d);
	bring_up(d, LEFT);
	c = creds_of_side(&b->side[RIGHT]);
	c.trust = t;
	give(b, RIGHT, &c);
	duo_run(d, span_s(2));
	assert_empty(d);
	begins(d, RIGHT, "the peer's certificate is not good any more, at "
	    "depth ");
	shut_down(d);
	trust_free(t);
	both_free(b);
}

/* Required, but there is none: nothing is known against the peer. */
static void
a_crl_that_is_missing_does_not_end_what_is_up(void **state)
{
	struct both *b = both_new("P-256");
	struct duo *d = &b->d;
	struct ike_creds c;

	(void)state;
	duo_start(d);
	bring_up(d, LEFT);
	c = creds_of_side(&b->side[RIGHT]);
	c.policy.crl = TRUST_CRL_REQUIRED;
	give(b, RIGHT, &c);
	duo_run(d, span_s(100));
	assert_paired(d);
	shut_down(d);
	both_free(b);
}

/* The CRL of the web is fetched anew when its time is over. */
static void
a_rekey_asks_again_whether_it_was_revoked(void **state)
{
	(void)state;
	for (int revoked = 0; revoked < 2; revoked++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		struct made_spec spec = leaf_spec(LEFT, "P-256");
		struct crl_spec crl = { .issuer = &sub, .reason = -1,
		    .until = CA_NOW + 60 };
		struct bytes before = ca_crl_pem(&crl), after, above;
		struct duo_end *e = &d->end[RIGHT];

		crl.from = CA_NOW - 60;
		crl.until = CA_NOW + CA_DAY;
		crl.revoked = revoked == 1 ? 10 : 77;
		after = ca_crl_pem(&crl);
		above = ca_crl_pem(&(struct crl_spec){ .issuer = &root });
		side_fini(&b->side[LEFT]);
		spec.cdp = "URI:" CRL_URL;
		side_init(&b->side[LEFT], &spec);
		certify(b, LEFT);
		e->creds.fetch = true;
		e->pages[0] = (struct duo_page){ .url = CRL_URL,
		    .octets = before };
		duo_start(d);
		bring_up(d, LEFT);
		assert_int_equal(e->pages[0].asked, 1);
		assert_true(duo_rekey(d, LEFT, false));
		duo_run(d, span_s(50));
		assert_paired(d);
		assert_int_equal(e->pages[0].asked, 1);
		e->pages[0].octets = after;
		duo_run(d, span_s(50));
		assert_true(duo_rekey(d, revoked == 1 ? LEFT : RIGHT, false));
		duo_run(d, span_s(10));
		assert_int_equal(e->pages[0].asked, 2);
		if (revoked == 1) {
			assert_empty(d);
			begins(d, RIGHT, "the peer's certificate is not good "
			    "any more, at depth 0: ");
		} else {
			assert_paired(d);
		}
		shut_down(d);
		both_free(b);
		ca_free(before);
		ca_free(after);
		ca_free(above);
	}
}

/* --- time --- */

static void
a_certificate_that_ends_takes_the_tunnel_with_it(void **state)
{
	(void)state;
	for (int who = LEFT; who <= RIGHT; who++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;

		ends_at(b, who, CA_NOW + 4 * 3600);
		duo_start(d);
		bring_up(d, LEFT);
		watch_traffic(d);
		duo_run(d, span_s(4 * 3600 - 60));
		assert_paired(d);
		assert_no_packet_lost(d);
		assert_int_equal(d->end[LEFT].events[IKE_EV_CHILD_DOWN], 0);
		d->esp_at = INSTANT_NEVER;
		duo_run(d, span_s(62));
		begins(d, !who, "the peer's certificate is not good any more, "
		    "at depth 0: ");
		assert_empty(d);
		shut_down(d);
		both_free(b);
	}
}

/* Set forward beyond the end, and back before it: only the former counts. */
static void
a_clock_that_is_set_counts_at_once(void **state)
{
	struct both *b = both_new("P-256");
	struct duo *d = &b->d;

	(void)state;
	duo_start(d);
	bring_up(d, LEFT);
	ike_wall(d->end[RIGHT].ike, d->now, CA_NOW - 100 * CA_DAY);
	duo_run(d, span_s(100));
	assert_paired(d);
	ike_wall(d->end[RIGHT].ike, d->now, CA_NOW + 366 * CA_DAY);
	duo_run(d, span_s(2));
	assert_empty(d);
	begins(d, RIGHT, "the peer's certificate is not good any more, at "
	    "depth 0: ");
	shut_down(d);
	both_free(b);
}

/* --- renewal without a gap --- */

/* Young ones are elected by nonce and may lose; then it is tried again. */
static void
our_new_certificate_is_shown_within_minutes_and_nothing_is_lost(void **state)
{
	static const int64_t ages[] = { 2, 70, 3000 };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(ages); i++) {
		struct both *b = both_new("P-256");
		struct duo *d = &b->d;
		int who = i % 2 == 0 ? LEFT : RIGHT;
		struct side fresh;
		struct ike_creds c;

		duo_start(d);
		bring_up(d, LEFT);
		watch_traffic(d);
		duo_run(d, span_s(ages[i / 2]));
		c = renewed(b, who, &fresh, 0);
		give(b, who, &c);
		duo_run(d, span_s(ages[i / 2] < 60 ? 300 : 70));
		assert_paired(d);
		assert_no_packet_lost(d);
		assert_string_equal(duo_info(d, !who).cert.subject,
		    who == LEFT ? "CN=left renewed" : "CN=right renewed");
		assert_int_equal(d->end[LEFT].events[IKE_EV_CHILD_DOWN], 0);
		assert_int_equal(d->end[RIGHT].events[IKE_EV_CHILD_DOWN], 0);
		shut_down(d);
		side_fini(&fresh);
		both_free(b);
	}
}

/* Right calls before the end of the one that it knows. */
static void
a_peer_that_cannot_call_shows_its_new_certificate_when_called(void **state)
{
	struct both *b = both_new("P-256");
	struct duo *d = &b->d;
	struct side fresh;
	struct ike_creds c;

	(void)state;
	ends_at(b, LEFT, CA_NOW + 4 * 3600);
	addr_parse(&d->end[LEFT].conf[0].remote, "0.0.0.0");
	duo_start(d);
	bring_up(d, RIGHT);
	watch_traffic(d);
	duo_run(d, span_s(3600));
	c = renewed(b, LEFT, &fresh, CA_NOW + 100 * CA_DAY);
	give(b, LEFT, &c);
	duo_run(d, span_s(600));
	assert_string_equal(duo_info(d, RIGHT).cert.subject, subjects[LEFT]);
	duo_run(d, span_s(4 * 3600));
	assert_paired(d);
	assert_no_packet_lost(d);
	assert_string_equal(duo_info(d, RIGHT).cert.subject,
	    "CN=left renewed");
	assert_int_equal(d->end[RIGHT].events[IKE_EV_CHILD_DOWN], 0);
	shut_down(d);
	side_fini(&fresh);
	both_free(b);
}

/* It is tried, and goes on being tried, but what is up stays up. */
static void
a_new_certificate_that_is_refused_costs_nothing(void **state)
{
	struct both *b = both_new("P-256");
	struct duo *d = &b->d;
	struct side fresh;
	struct ike_creds c;

	(void)state;
	duo_start(d);
	bring_up(d, LEFT);
	watch_traffic(d);
	duo_run(d, span_s(100));
	c = renewed(b, LEFT, &fresh, CA_NOW - 1000);
	give(b, LEFT, &c);
	duo_run(d, span_s(600));
	assert_paired(d);
	assert_no_packet_lost(d);
	assert_in_range(d->end[LEFT].events[IKE_EV_FAILED], 2, 6);
	begins(d, LEFT, REFUSED);
	shut_down(d);
	side_fini(&fresh);
	both_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_certificate_revoked_by_a_reload_ends_the_tunnel_at_once),
		cmocka_unit_test(a_reload_that_revokes_another_changes_nothing),
		cmocka_unit_test(a_ca_that_is_ours_no_more_ends_the_tunnel),
		cmocka_unit_test(a_crl_that_is_missing_does_not_end_what_is_up),
		cmocka_unit_test(a_rekey_asks_again_whether_it_was_revoked),
		cmocka_unit_test(a_certificate_that_ends_takes_the_tunnel_with_it),
		cmocka_unit_test(a_clock_that_is_set_counts_at_once),
		cmocka_unit_test(
		    our_new_certificate_is_shown_within_minutes_and_nothing_is_lost),
		cmocka_unit_test(
		    a_peer_that_cannot_call_shows_its_new_certificate_when_called),
		cmocka_unit_test(a_new_certificate_that_is_refused_costs_nothing),
	};

	return cmocka_run_group_tests(tests, make_cas, free_cas);
}
