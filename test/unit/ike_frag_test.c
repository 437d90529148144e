/*
 * IKE messages in fragments between two instances (RFC 7383): who may do it,
 * on paths that take nothing longer, with loss, and against a peer that knows
 * the keys and breaks the rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/frag.h"
#include "ike/sa.h"
#include "ike_duo.h"
#include "util/array.h"

#define SMALL	150	/* octets of an IP datagram: 53 inside of each */

static void
small_init(struct duo *d, uint64_t seed)
{
	duo_init(d, seed);
	for (int i = 0; i < 2; i++)
		d->end[i].conf[0].fragment_size = SMALL;
	d->link.mtu = SMALL;
}

static void
rekey_all(struct duo *d)
{
	for (int i = 0; i < 4; i++) {
		assert_true(duo_rekey(d, i & 1, i < 2));
		duo_run(d, span_s(15));
		assert_paired(d);
	}
}

/* --- who does it, and when --- */

static void
long_messages_get_through_a_narrow_path(void **state)
{
	(void)state;
	for (int v = 0; v < 4; v++) {
		struct duo d;

		small_init(&d, 1);
		/* With NAT: port 4500, four octets less. */
		d.end[LEFT].nat.on = (v & 1) != 0;
		addr_parse(&d.end[LEFT].nat.public, "203.0.113.1");
		if ((v & 2) != 0) {
			addr_parse(&d.end[LEFT].addr, "2001:db8::1");
			addr_parse(&d.end[RIGHT].addr, "2001:db8::2");
			addr_parse(&d.end[LEFT].nat.public, "2001:db8::3");
		}
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		rekey_all(&d);
		for (int i = 0; i < 2; i++) {
			assert_true(d.end[i].fragments > 15);
			assert_int_equal(d.end[i].too_long, 0);
		}
		finish(&d);
	}
}

static const struct {
	const char	*what;
	bool		left, right;
	unsigned	mtu;
	bool		up, fragments;
} wishes[] = {
	{ "both", true, true, SMALL, true, true },
	{ "left alone", true, false, SMALL, false, false },
	{ "right alone", false, true, SMALL, false, false },
	{ "none", false, false, SMALL, false, false },
	{ "left alone, on a path that takes all", true, false, 0, true,
	    false },
	{ "right alone, on a path that takes all", false, true, 0, true,
	    false },
};

/* Section 2.3: both have to say so. */
static void
fragments_are_sent_only_if_both_ends_do_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct duo d;

		print_message("    %s\n", wishes[i].what);
		small_init(&d, 2);
		d.end[LEFT].conf[0].fragmentation = wishes[i].left;
		d.end[RIGHT].conf[0].fragmentation = wishes[i].right;
		d.link.mtu = wishes[i].mtu;
		duo_start(&d);
		duo_up(&d, LEFT);
		assert_int_equal(duo_run_up(&d, span_s(20)), wishes[i].up);
		assert_int_equal(d.end[LEFT].fragments > 0,
		    wishes[i].fragments);
		assert_int_equal(d.end[RIGHT].fragments > 0,
		    wishes[i].fragments);
		shut_down(&d);
	}
}

static void
messages_that_fit_go_out_whole(void **state)
{
	struct duo d;

	(void)state;
	duo_init(&d, 3);
	duo_start(&d);
	bring_up(&d, LEFT);
	rekey_all(&d);
	assert_true(sa_at(&d, LEFT)->frags && sa_at(&d, RIGHT)->frags);
	assert_int_equal(d.end[LEFT].fragments, 0);
	assert_int_equal(d.end[RIGHT].fragments, 0);
	shut_down(&d);
}

/* --- loss --- */

static void
each_fragment_may_be_lost_repeated_or_late(void **state)
{
	static const struct {
		uint8_t	exchange;
		bool	response;
	} messages[] = {
		{ IKE_AUTH, false }, { IKE_AUTH, true },
		{ CREATE_CHILD_SA, false }, { CREATE_CHILD_SA, true },
	};
	static const enum duo_fate fates[] = { DUO_DROP, DUO_TWICE, DUO_LATE };
	unsigned hit = 0;

	(void)state;
	for (unsigned i = 0; i < 4 * 3 * 8 * 2; i++) {
		struct duo_rule rule = {
			.from = i / 96, .exchange = messages[i % 4].exchange,
			.response = messages[i % 4].response,
			.fate = fates[i / 4 % 3], .nth = 1 + i / 12 % 8,
			.until = 1 + i / 12 % 8, .delay = span_ms(1300),
		};
		struct duo d;

		small_init(&d, i);
		d.rules = &rule;
		d.rules_n = 1;
		duo_start(&d);
		bring_up(&d, LEFT);
		watch_traffic(&d);
		rekey_all(&d);
		hit += rule.seen >= rule.nth;
		finish(&d);
	}
	assert_true(hit > 90);
}

/* Section 2.6.1: the whole answer once, whatever came of the request again. */
static void
an_answer_is_repeated_once_for_all_fragments_of_its_request(void **state)
{
	struct duo_rule lost = {
		.from = RIGHT, .exchange = CREATE_CHILD_SA, .response = true,
		.nth = 1, .until = 99, .fate = DUO_DROP,
	};
	unsigned asked, answered;
	struct duo d;

	(void)state;
	small_init(&d, 4);
	duo_start(&d);
	bring_up(&d, LEFT);
	d.rules = &lost;
	d.rules_n = 1;
	asked = d.end[LEFT].fragments;
	answered = d.end[RIGHT].fragments;
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_ms(400));
	asked = d.end[LEFT].fragments - asked;
	answered = d.end[RIGHT].fragments - answered;
	assert_true(asked > 2 && answered > 2 && asked != answered);
	assert_int_equal(lost.seen, answered);
	/* The request is sent again twice, in full. */
	duo_run(&d, span_ms(2000));
	assert_int_equal(d.end[LEFT].tap.again, 2 * asked);
	assert_int_equal(d.end[RIGHT].tap.again, 2 * answered);
	assert_int_equal(lost.seen, 3 * answered);
	d.rules_n = 0;
	duo_run(&d, span_s(10));
	assert_paired(&d);
	shut_down(&d);
}

/* --- a peer that breaks the rules --- */

/* What left says in fragments under its seal. */
struct chorus {
	struct duo	*d;
	uint8_t		*all;		/* one behind the other */
	size_t		n, total;
	struct bytes	one[FRAG_TOTAL_MAX];
};

/* A request with so many octets of vendor ids inside, split to fit room. */
static void
rehearse(struct chorus *c, struct duo *d, uint8_t exchange, size_t inside,
    size_t room)
{
	static const uint8_t vendor[16384] = { 7 };
	static uint8_t buf[IKE_MSG_MAX];
	struct ike_sa *sa = sa_at(d, LEFT);
	struct hdr h = {
		.spi_i = sa->spi_i, .spi_r = sa->spi_r,
		.version = HDR_VERSION, .exchange = exchange,
		.flags = HDR_INITIATOR, .mid = sa->x.out_mid,
	};
	struct build b;
	struct rd r;

	*c = (struct chorus){ .d = d };
	build_begin(&b, buf, sizeof(buf), &h);
	build_sk(&b, sa_seal_out(sa));
	for (size_t n; inside > 0; inside -= n) {
		n = inside < sizeof(vendor) ? inside : sizeof(vendor);
		build_bytes(&b, PL_VENDOR, bytes_of(vendor, n));
	}
	assert_true(frag_end(&b, &d->end[LEFT].drbg, room, &c->all, &c->n));
	for (r = rd_of(bytes_of(c->all, c->n)); r.n > 0; c->total++) {
		struct rd length = r;

		rd_bytes(&length, HDR_LENGTH_AT);
		c->one[c->total] = rd_bytes(&r, rd_u32(&length));
	}
}

/* Number n of the fragments, 1.., with an octet of it changed; at 0: none. */
static void
sing(struct chorus *c, size_t n, size_t at, uint8_t octet)
{
	static uint8_t b[IKE_MSG_MAX];
	struct bytes m = c->one[n - 1];

	memcpy(b, m.p, m.n);
	if (at > 0)
		b[at] = octet;
	duo_inject(c->d, RIGHT, bytes_of(b, m.n));
	duo_check(c->d);
}

/* Left's request was made behind its back: it counts as sent and answered. */
static void
end_of_song(struct chorus *c)
{
	sa_at(c->d, LEFT)->x.out_mid++;
	for (size_t i = 0; i < c->total; i++)
		tap_hear(&c->d->end[LEFT].tap, c->one[i]);
	free(c->all);
}

#define NUMBER_AT	(HDR_LEN + 5)
#define TOTAL_AT	(HDR_LEN + 7)

static void
wrong_icv(struct chorus *c)
{
	size_t last = c->one[0].n - 1;

	sing(c, 1, last, c->one[0].p[last] ^ 1);
	sing(c, 2, HDR_LEN + 20, 0xee);
}

/* What is changed is authenticated: no such fragment was ever sealed. */
static void
number_changed(struct chorus *c)
{
	sing(c, 1, NUMBER_AT, 0);
	sing(c, 1, NUMBER_AT, 2);
	sing(c, 1, NUMBER_AT, 200);
}

static void
total_changed(struct chorus *c)
{
	sing(c, 1, TOTAL_AT, 0);
	sing(c, 1, TOTAL_AT, (uint8_t)(c->total + 1));
	sing(c, 1, TOTAL_AT, (uint8_t)(c->total - 1));
	sing(c, 1, TOTAL_AT - 1, 0xff);
}

static void
id_of_another_message(struct chorus *c)
{
	sing(c, 1, HDR_LEN - 5, 99);
}

static void
not_encrypted_exchange(struct chorus *c)
{
	sing(c, 1, HDR_EXCHANGE_AT, IKE_SA_INIT);
}

static void
as_a_response(struct chorus *c)
{
	sing(c, 1, HDR_EXCHANGE_AT + 1, HDR_INITIATOR | HDR_RESPONSE);
}

static void
cut_short(struct chorus *c)
{
	uint8_t b[HDR_LEN + 8];

	for (uint8_t n = HDR_LEN; n <= sizeof(b); n++) {
		memcpy(b, c->one[0].p, n);
		b[HDR_LENGTH_AT + 2] = 0;
		b[HDR_LENGTH_AT + 3] = n;
		b[HDR_LEN + 2] = 0;
		b[HDR_LEN + 3] = (uint8_t)(n - HDR_LEN);
		duo_inject(c->d, RIGHT, bytes_of(b, n));
		duo_check(c->d);
	}
}

static const struct {
	const char	*what;
	void		(*sing)(struct chorus *);
} forgeries[] = {
	{ "a wrong ICV", wrong_icv },
	{ "another number", number_changed },
	{ "another total", total_changed },
	{ "another message id", id_of_another_message },
	{ "fragments of IKE_SA_INIT", not_encrypted_exchange },
	{ "a response to nothing", as_a_response },
	{ "cut short", cut_short },
};

/* Nothing is kept before it is authenticated (section 2.6). */
static void
what_is_not_authentic_leaves_nothing_behind(void **state)
{
	static struct chorus c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forgeries); i++) {
		struct duo d;
		unsigned sent;

		print_message("    %s\n", forgeries[i].what);
		duo_init(&d, 5);
		duo_start(&d);
		bring_up(&d, LEFT);
		rehearse(&c, &d, INFORMATIONAL, 400, 200);
		assert_true(c.total >= 3);
		sent = d.end[RIGHT].sent;
		forgeries[i].sing(&c);
		assert_int_equal(d.end[RIGHT].ike->gathered, 0);
		/* The same in the midst of a good message. */
		sing(&c, c.total, 0, 0);
		forgeries[i].sing(&c);
		for (size_t k = 1; k < c.total; k++) {
			assert_int_equal(d.end[RIGHT].sent, sent);
			assert_true(d.end[RIGHT].ike->gathered > 0);
			sing(&c, k, 0, 0);
		}
		assert_int_equal(d.end[RIGHT].sent, sent + 1);
		assert_int_equal(d.end[RIGHT].ike->gathered, 0);
		end_of_song(&c);
		assert_paired(&d);
		rekey_all(&d);
		shut_down(&d);
	}
}

/* Authentic, but the message is not one that may be. */
static void
a_whole_message_in_the_midst_of_fragments_counts(void **state)
{
	static struct chorus c;
	struct duo d;
	struct ike_sa *sa;

	(void)state;
	duo_init(&d, 6);
	duo_start(&d);
	bring_up(&d, LEFT);
	rehearse(&c, &d, INFORMATIONAL, 400, 200);
	for (size_t k = 1; k < c.total; k++)
		sing(&c, k, 0, 0);
	assert_true(d.end[RIGHT].ike->gathered > 300);
	/* Left's own next request has the same message id. */
	duo_rekey(&d, LEFT, CHILD);
	duo_run(&d, span_s(10));
	assert_paired(&d);
	assert_int_equal(d.end[RIGHT].ike->gathered, 0);
	/* What is left of the others is of the past. */
	sing(&c, c.total, 0, 0);
	sing(&c, 1, 0, 0);
	assert_int_equal(d.end[RIGHT].ike->gathered, 0);
	sa = sa_at(&d, RIGHT);
	assert_null(sa->x.gather[0]);
	free(c.all);
	shut_down(&d);
}

static void
fragments_without_leave_are_not_looked_at(void **state)
{
	static struct chorus c;
	struct duo d;
	unsigned sent;

	(void)state;
	duo_init(&d, 7);
	d.end[RIGHT].conf[0].fragmentation = false;
	duo_start(&d);
	bring_up(&d, LEFT);
	rehearse(&c, &d, INFORMATIONAL, 400, 200);
	sent = d.end[RIGHT].sent;
	for (size_t k = 1; k <= c.total; k++)
		sing(&c, k, 0, 0);
	assert_int_equal(d.end[RIGHT].sent, sent);
	assert_int_equal(d.end[RIGHT].ike->gathered, 0);
	free(c.all);
	shut_down(&d);
}

static void
a_message_of_64_kib_gets_through(void **state)
{
	static const size_t rooms[] = { 548, 1252, 65503 };
	static struct chorus c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		struct duo d;
		unsigned sent;

		duo_init(&d, 8);
		duo_start(&d);
		bring_up(&d, LEFT);
		/* Four vendor ids in all: 16 octets of headers. */
		rehearse(&c, &d, INFORMATIONAL, 65400, rooms[i]);
		sent = d.end[RIGHT].sent;
		for (size_t k = 1; k <= c.total; k++) {
			assert_int_equal(d.end[RIGHT].sent, sent);
			sing(&c, k, 0, 0);
		}
		assert_int_equal(d.end[RIGHT].sent, sent + 1);
		end_of_song(&c);
		rekey_all(&d);
		shut_down(&d);
	}
}

static void
a_seal_inside_of_fragments_is_refused(void **state)
{
	static const uint8_t types[] = { PL_SK, PL_SKF };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		static uint8_t buf[2048];
		uint8_t *all;
		struct ike_sa *sa;
		struct build b;
		struct duo d;
		struct hdr h;
		size_t n;

		duo_init(&d, 9);
		duo_start(&d);
		bring_up(&d, LEFT);
		sa = sa_at(&d, LEFT);
		h = (struct hdr){
			.spi_i = sa->spi_i, .spi_r = sa->spi_r,
			.version = HDR_VERSION, .exchange = INFORMATIONAL,
			.flags = HDR_INITIATOR, .mid = sa->x.out_mid++,
		};
		build_begin(&b, buf, sizeof(buf), &h);
		build_sk(&b, sa_seal_out(sa));
		build_bytes(&b, (enum payload_type)types[i],
		    bytes_str("\0\1\0\1 and so on"));
		assert_true(frag_end(&b, &d.end[LEFT].drbg, 500, &all, &n));
		duo_inject(&d, RIGHT, bytes_of(all, n));
		tap_hear(&d.end[LEFT].tap, bytes_of(all, n));
		free(all);
		duo_check(&d);
		/* RFC 7296 section 2.21.3: "considered fatal in both peers" */
		assert_why(&d, RIGHT, "the peer's INFORMATIONAL request is "
		    "malformed (INVALID_SYNTAX)");
		assert_int_equal(duo_info(&d, RIGHT).children, 0);
		shut_down(&d);
	}
}

/* --- what is kept, and for how long --- */

static void
what_never_becomes_whole_is_forgotten(void **state)
{
	static struct chorus c;
	struct duo d;

	(void)state;
	duo_init(&d, 10);
	/* Nobody probes: left's next request would end it earlier. */
	d.end[LEFT].conf[0].dpd = d.end[RIGHT].conf[0].dpd = false;
	duo_start(&d);
	bring_up(&d, LEFT);
	rehearse(&c, &d, INFORMATIONAL, 4000, 500);
	sing(&c, 2, 0, 0);
	duo_run(&d, span_s(30));
	sing(&c, 1, 0, 0);
	duo_run(&d, span_s(29));
	assert_true(d.end[RIGHT].ike->gathered > 0);
	duo_run(&d, span_s(2));
	assert_int_equal(d.end[RIGHT].ike->gathered, 0);
	/* And may be said once more from the start. */
	for (size_t k = c.total; k > 0; k--)
		sing(&c, k, 0, 0);
	assert_int_equal(d.end[RIGHT].ike->gathered, 0);
	assert_int_equal(sa_at(&d, RIGHT)->x.in_mid, 3);
	end_of_song(&c);
	rekey_all(&d);
	shut_down(&d);
}

static void
fragments_end_with_their_sa(void **state)
{
	static struct chorus c;
	struct duo d;

	(void)state;
	duo_init(&d, 11);
	duo_start(&d);
	bring_up(&d, LEFT);
	rehearse(&c, &d, INFORMATIONAL, 4000, 500);
	sing(&c, 1, 0, 0);
	assert_true(d.end[RIGHT].ike->gathered > 0);
	duo_down(&d, RIGHT);
	duo_run(&d, span_s(5));
	assert_int_equal(d.end[RIGHT].ike->gathered, 0);
	free(c.all);
	shut_down(&d);
}

/* RFC 7296 section 2.1: "after a timeout of several minutes". */
static void
an_answer_is_kept_for_minutes_not_for_ever(void **state)
{
	struct duo d;

	(void)state;
	small_init(&d, 12);
	d.end[LEFT].conf[0].dpd = d.end[RIGHT].conf[0].dpd = false;
	duo_start(&d);
	bring_up(&d, LEFT);
	duo_run(&d, span_s(200));
	assert_non_null(sa_at(&d, RIGHT)->x.response);
	duo_run(&d, span_s(60));
	assert_null(sa_at(&d, RIGHT)->x.response);
	assert_int_equal(sa_at(&d, RIGHT)->x.response_n, 0);
	rekey_all(&d);
	shut_down(&d);
}

/* A request is worked on just when the answer before it may be forgotten. */
static void
an_answer_is_not_forgotten_for_one_that_is_not_ready(void **state)
{
	struct duo d;

	(void)state;
	small_init(&d, 13);
	d.end[LEFT].conf[0].dpd = d.end[RIGHT].conf[0].dpd = false;
	duo_start(&d);
	bring_up(&d, LEFT);
	duo_run(&d, (struct span){ sa_at(&d, RIGHT)->x.forget_at.ns -
	    d.now.ns - span_ms(500).ns });
	d.end[RIGHT].kernel_delay = span_s(5);
	assert_true(duo_rekey(&d, LEFT, CHILD));
	duo_run(&d, span_s(20));
	assert_sound(&d);
	assert_paired(&d);
	assert_int_equal(duo_info(&d, LEFT).child_rekeys, 1);
	d.end[RIGHT].kernel_delay = span_ms(0);
	shut_down(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_messages_get_through_a_narrow_path),
		cmocka_unit_test(fragments_are_sent_only_if_both_ends_do_them),
		cmocka_unit_test(messages_that_fit_go_out_whole),
		cmocka_unit_test(each_fragment_may_be_lost_repeated_or_late),
		cmocka_unit_test(
		    an_answer_is_repeated_once_for_all_fragments_of_its_request),
		cmocka_unit_test(what_is_not_authentic_leaves_nothing_behind),
		cmocka_unit_test(
		    a_whole_message_in_the_midst_of_fragments_counts),
		cmocka_unit_test(fragments_without_leave_are_not_looked_at),
		cmocka_unit_test(a_message_of_64_kib_gets_through),
		cmocka_unit_test(a_seal_inside_of_fragments_is_refused),
		cmocka_unit_test(what_never_becomes_whole_is_forgotten),
		cmocka_unit_test(fragments_end_with_their_sa),
		cmocka_unit_test(an_answer_is_kept_for_minutes_not_for_ever),
		cmocka_unit_test(
		    an_answer_is_not_forgotten_for_one_that_is_not_ready),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
