/*
 * Messages lost, repeated and late, and datagrams that mean nothing (RFC 7296
 * sections 2.1 to 2.5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/build.h"
#include "ike/sa.h"
#include "ike_duo.h"
#include "util/array.h"

/* Everything that an SA goes through, each side rekeying both kinds. */
static void
whole_life(struct duo *d)
{
	duo_up(d, LEFT);
	if (!duo_run_up(d, span_s(20)))
		assert_paired(d);
	watch_traffic(d);
	for (int i = 0; i < 4; i++) {
		assert_true(duo_rekey(d, i & 1, i < 2));
		duo_run(d, span_s(10));
		assert_paired(d);
	}
	assert_no_packet_lost(d);
	assert_int_equal(duo_info(d, LEFT).rekeys, 2);
	assert_int_equal(duo_info(d, LEFT).child_rekeys, 2);
	assert_int_equal(duo_info(d, RIGHT).rekeys, 2);
	assert_int_equal(duo_info(d, RIGHT).child_rekeys, 2);
	d->esp_at = INSTANT_NEVER;
	duo_down(d, LEFT);
	duo_run(d, span_s(20));
}

static void
each_message_may_be_lost_repeated_or_late(void **state)
{
	static const uint8_t exchanges[] = {
		IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL,
	};
	static const enum duo_fate fates[] = { DUO_DROP, DUO_TWICE, DUO_LATE };
	unsigned hit = 0;

	(void)state;
	for (unsigned i = 0; i < 4 * 3 * 4 * 6; i++) {
		struct duo_rule rule = {
			.from = i & 1, .response = (i & 2) != 0,
			.exchange = exchanges[i / 4 % 4],
			.fate = fates[i / 16 % 3],
			.nth = 1 + i / 48, .until = 1 + i / 48,
			.delay = span_ms(1300),
		};
		struct duo d;

		duo_init(&d, i);
		d.rules = &rule;
		d.rules_n = 1;
		duo_start(&d);
		whole_life(&d);
		assert_empty(&d);
		hit += rule.seen >= rule.nth;
		shut_down(&d);
	}
	/* The rules were about something. */
	assert_true(hit > 70);
}

static void
a_repeated_answer_is_the_same_octet_for_octet(void **state)
{
	struct duo_rule lost[] = {
		{ .from = RIGHT, .exchange = IKE_AUTH, .response = true,
		    .nth = 1, .until = 3, .fate = DUO_DROP },
		{ .from = RIGHT, .exchange = CREATE_CHILD_SA, .response = true,
		    .nth = 1, .until = 2, .fate = DUO_DROP },
	};
	struct duo d;

	(void)state;
	duo_init(&d, 2);
	d.rules = lost;
	d.rules_n = 2;
	duo_start(&d);
	bring_up(&d, LEFT);
	assert_int_equal(d.end[LEFT].tap.again, 3);
	assert_int_equal(d.end[RIGHT].tap.again, 3);
	duo_rekey(&d, LEFT, true);
	duo_run(&d, span_s(10));
	assert_paired(&d);
	assert_int_equal(d.end[RIGHT].tap.again, 5);
	shut_down(&d);
}

/* --- datagrams that mean nothing --- */

struct forged {
	uint8_t		b[256];
	size_t		n;
};

/* What the real peer could seal, with a header as the test wants it. */
static struct bytes
forge(struct forged *f, const struct ike_sa *sa, struct drbg *drbg,
    const struct hdr *h, bool sealed)
{
	struct build b;
	struct bytes m;

	build_begin(&b, f->b, sizeof(f->b), h);
	if (sealed)
		build_sk(&b, sa_seal_out(sa));
	build_notify(&b, N_INITIAL_CONTACT, (struct bytes){ 0 });
	m = build_end(&b, drbg);
	assert_true(m.n > 0);
	return m;
}

/* The header of left's next request, and how it is spoilt. */
static void
good(struct hdr *h)
{
	(void)h;
}

static void
unknown_spi_r(struct hdr *h)
{
	h->spi_r++;
}

static void
unknown_spi_i(struct hdr *h)
{
	h->spi_i++;
}

static void
id_too_high(struct hdr *h)
{
	h->mid++;
}

static void
id_far_too_high(struct hdr *h)
{
	h->mid = UINT32_MAX;
}

static void
old_id_of_another_exchange(struct hdr *h)
{
	h->mid--;
}

static void
not_from_the_initiator(struct hdr *h)
{
	h->flags &= (uint8_t)~HDR_INITIATOR;
}

static void
response_to_nothing(struct hdr *h)
{
	h->flags |= HDR_RESPONSE;
}

static void
auth_once_more(struct hdr *h)
{
	h->exchange = IKE_AUTH;
}

static void
init_under_seal(struct hdr *h)
{
	h->exchange = IKE_SA_INIT;
}

static void
unknown_exchange(struct hdr *h)
{
	h->exchange = 38;
}

static void
exchange_of_ikev1(struct hdr *h)
{
	h->exchange = 5;
}

static const struct {
	const char	*what;
	void		(*spoil)(struct hdr *);
	bool		sealed, answered;
} datagrams[] = {
	{ "one that is in order", good, true, true },
	{ "in order but without a seal", good, false, false },
	{ "unknown responder SPI", unknown_spi_r, true, false },
	{ "unknown initiator SPI", unknown_spi_i, true, false },
	{ "message id one too high", id_too_high, true, false },
	{ "message id far too high", id_far_too_high, true, false },
	{ "old id, another exchange", old_id_of_another_exchange, true,
	    false },
	{ "sender's role is wrong", not_from_the_initiator, true, false },
	{ "response to nothing", response_to_nothing, true, false },
	{ "IKE_AUTH once more", auth_once_more, true, false },
	{ "IKE_SA_INIT under seal", init_under_seal, true, false },
	{ "an exchange that we do not know", unknown_exchange, true, false },
	{ "an exchange type of IKEv1", exchange_of_ikev1, true, false },
};

static unsigned
events(const struct duo *d, int side)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(d->end[side].events); i++)
		n += d->end[side].events[i];
	return n;
}

/* Neither output nor a trace in the SA. */
static void
assert_ignored(struct duo *d, struct bytes m)
{
	struct ike_sa *sa = sa_at(d, RIGHT);
	struct xchg before = sa->x;
	struct instant deadline = ike_deadline(d->end[RIGHT].ike);
	unsigned sent = d->end[RIGHT].sent, said = events(d, RIGHT);

	duo_inject(d, RIGHT, m);
	duo_check(d);
	assert_ptr_equal(sa_at(d, RIGHT), sa);
	assert_int_equal(sa->x.in_mid, before.in_mid);
	assert_int_equal(sa->x.out_mid, before.out_mid);
	assert_int_equal(sa->x.answering, before.answering);
	assert_ptr_equal(sa->x.response, before.response);
	assert_int_equal(ike_deadline(d->end[RIGHT].ike).ns, deadline.ns);
	assert_int_equal(d->end[RIGHT].sent, sent);
	assert_int_equal(events(d, RIGHT), said);
}

static void
what_does_not_fit_is_dropped_without_a_trace(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(datagrams); i++) {
		struct forged f;
		struct ike_sa *sa;
		struct bytes m;
		struct duo d;
		struct hdr h;

		print_message("    %s\n", datagrams[i].what);
		duo_init(&d, 3);
		duo_start(&d);
		bring_up(&d, LEFT);
		sa = sa_at(&d, LEFT);
		h = (struct hdr){
			.spi_i = sa->spi_i, .spi_r = sa->spi_r,
			.version = HDR_VERSION, .exchange = INFORMATIONAL,
			.flags = HDR_INITIATOR, .mid = sa->x.out_mid,
		};
		datagrams[i].spoil(&h);
		m = forge(&f, sa, &d.end[LEFT].drbg, &h, datagrams[i].sealed);
		if (datagrams[i].answered) {
			unsigned sent = d.end[RIGHT].sent;

			duo_inject(&d, RIGHT, m);
			duo_check(&d);
			assert_int_equal(d.end[RIGHT].sent, sent + 1);
		} else {
			assert_ignored(&d, m);
		}
		duo_fini(&d);
	}
}

static void
a_half_open_sa_takes_nothing_but_ike_auth(void **state)
{
	static const uint8_t exchanges[] = { CREATE_CHILD_SA, INFORMATIONAL };
	struct duo_rule no_auth = {
		.from = LEFT, .exchange = IKE_AUTH, .nth = 1, .until = 1,
		.fate = DUO_DROP,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(exchanges); i++) {
		struct ike_sa *sa;
		struct forged f;
		struct duo d;
		struct hdr h;
		unsigned sent;

		duo_init(&d, 4);
		d.rules = &no_auth;
		d.rules_n = 1;
		no_auth.seen = 0;
		duo_start(&d);
		duo_up(&d, LEFT);
		duo_run(&d, span_ms(100));
		sa = sa_at(&d, LEFT);
		h = (struct hdr){
			.spi_i = sa->spi_i, .spi_r = sa->spi_r,
			.version = HDR_VERSION, .exchange = exchanges[i],
			.flags = HDR_INITIATOR, .mid = 1,
		};
		sent = d.end[RIGHT].sent;
		duo_inject(&d, RIGHT, forge(&f, sa, &d.end[LEFT].drbg, &h,
		    true));
		duo_check(&d);
		assert_int_equal(d.end[RIGHT].sent, sent);
		assert_int_equal(table_peer(d.end[RIGHT].ike,
		    DUO_PEER)->sas->state, SA_HALF_OPEN);
		/* IKE_AUTH is sent again and goes through. */
		bring_up(&d, LEFT);
		shut_down(&d);
	}
}

/* Each octet of a good request changed, and each length of it. */
static void
a_damaged_message_is_dropped_without_a_trace(void **state)
{
	struct duo_rule keep = {
		.from = LEFT, .exchange = CREATE_CHILD_SA, .nth = 1,
		.until = 1, .fate = DUO_KEEP,
	};
	uint8_t bad[1024];
	struct bytes m;
	struct duo d;

	(void)state;
	duo_init(&d, 5);
	d.rules = &keep;
	d.rules_n = 1;
	duo_start(&d);
	bring_up(&d, LEFT);
	duo_rekey(&d, LEFT, true);
	m = duo_kept(&d);
	assert_in_range(m.n, 100, sizeof(bad));
	for (size_t i = 0; i < m.n; i++) {
		/* Version and its event aside: tested on its own. */
		memcpy(bad, m.p, m.n);
		bad[i] ^= (uint8_t)(i == 17 ? 0x01 : 0x40);
		/* The minor version and reserved flags are to be ignored. */
		if (i == 17 || i == 19)
			continue;
		assert_ignored(&d, bytes_of(bad, m.n));
		assert_ignored(&d, bytes_of(bad, i));
	}
	duo_release(&d);
	duo_run(&d, span_s(5));
	assert_paired(&d);
	assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
	shut_down(&d);
}

static void
a_higher_version_is_told_ours(void **state)
{
	struct duo_rule keep = {
		.from = LEFT, .exchange = IKE_SA_INIT, .nth = 1, .until = 9,
		.fate = DUO_KEEP,
	};
	static const struct {
		uint8_t version;
		unsigned answers;
	} table[] = { { 0x10, 0 }, { 0x30, 1 }, { 0x20, 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint8_t b[1024];
		struct bytes m;
		struct duo d;

		duo_init(&d, 6);
		d.rules = &keep;
		d.rules_n = 1;
		keep.seen = 0;
		duo_start(&d);
		duo_up(&d, LEFT);
		m = duo_kept(&d);
		memcpy(b, m.p, m.n);
		b[17] = table[i].version;
		duo_inject(&d, RIGHT, bytes_of(b, m.n));
		duo_check(&d);
		assert_int_equal(d.end[RIGHT].sent, table[i].answers);
		assert_int_equal(d.end[RIGHT].events[IKE_EV_REFUSED],
		    table[i].version != 0x20);
		duo_fini(&d);
	}
}

/* Section 2.5: an unknown payload is skipped, or refused when critical. */
static void
an_unknown_critical_payload_is_refused(void **state)
{
	struct duo_rule keep = {
		.from = LEFT, .exchange = IKE_SA_INIT, .nth = 1, .until = 9,
		.fate = DUO_KEEP,
	};

	(void)state;
	for (int critical = 0; critical <= 1; critical++) {
		uint8_t b[1024];
		struct bytes m;
		struct wr w;
		struct duo d;

		duo_init(&d, 6);
		d.rules = &keep;
		d.rules_n = 1;
		keep.seen = 0;
		duo_start(&d);
		duo_up(&d, LEFT);
		m = duo_kept(&d);
		/* Payload 200 goes in front. */
		w = wr_of(b, sizeof(b));
		wr_bytes(&w, bytes_of(m.p, HDR_LEN));
		wr_u8(&w, m.p[16]);
		wr_u8(&w, critical ? 0x80 : 0);
		wr_u16(&w, 4);
		wr_bytes(&w, bytes_of(m.p + HDR_LEN, m.n - HDR_LEN));
		wr_patch_u8(&w, 16, 200);
		wr_patch_u32(&w, HDR_LENGTH_AT, (uint32_t)w.n);
		duo_inject(&d, RIGHT, wr_done(&w));
		duo_check(&d);
		assert_int_equal(d.end[RIGHT].sent, 1);
		assert_int_equal(duo_info(&d, RIGHT).ike_sas, !critical);
		duo_fini(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_may_be_lost_repeated_or_late),
		cmocka_unit_test(a_repeated_answer_is_the_same_octet_for_octet),
		cmocka_unit_test(what_does_not_fit_is_dropped_without_a_trace),
		cmocka_unit_test(a_half_open_sa_takes_nothing_but_ike_auth),
		cmocka_unit_test(a_damaged_message_is_dropped_without_a_trace),
		cmocka_unit_test(a_higher_version_is_told_ours),
		cmocka_unit_test(an_unknown_critical_payload_is_refused),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
