/*
 * RFC 7383 without an IKE SA: what is split can be opened fragment by fragment
 * and put together again in any order, and what a hostile sender makes of it
 * stays within its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "ike/frag.h"
#include "util/array.h"

#define WAIT ((struct instant){ INT64_C(7) })

static bool
add(struct frag **f, const struct frag_part *p, size_t *pool)
{
	return frag_add(f, p, pool, FRAG_POOL_MAX, WAIT);
}

/* --- splitting --- */

struct message {
	struct drbg	drbg;
	struct seal	*out, *in;
	struct build	b;
	uint8_t		buf[IKE_MSG_MAX];
	uint8_t		plain[IKE_MSG_MAX];
	size_t		plain_n;
};

static struct seal *
seal_of(const struct suite *s)
{
	static const uint8_t key[KEY_MAX] = { 42 };

	return seal_new(s, bytes_of(key, suite_encr_len(s)),
	    bytes_of(key, suite_integ_len(s)));
}

/* A message with one payload, so that so many octets are inside SK. */
static void
message_init(struct message *m, const char *encr, const char *integ, size_t n)
{
	static const struct hdr h = {
		.spi_i = 1, .spi_r = 2, .version = HDR_VERSION,
		.exchange = INFORMATIONAL, .flags = HDR_INITIATOR, .mid = 5,
	};
	static const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	const struct suite s = {
		.encr = alg_by_conf(ALG_ENCR, encr),
		.integ = integ == NULL ? NULL : alg_by_conf(ALG_INTEG, integ),
	};
	struct bytes inside;
	uint8_t *body;

	drbg_seed(&m->drbg, seed);
	m->out = seal_of(&s);
	m->in = seal_of(&s);
	assert_true(m->out != NULL && m->in != NULL);
	build_begin(&m->b, m->buf, sizeof(m->buf), &h);
	build_sk(&m->b, m->out);
	if (n >= 4) {
		body = wr_space(build_payload(&m->b, PL_VENDOR), n - 4);
		assert_non_null(body);
		drbg_fill(&m->drbg, body, n - 4);
	}
	inside = build_inside(&m->b);
	assert_int_equal(inside.n, n);
	m->plain_n = n;
	if (n > 0)
		memcpy(m->plain, inside.p, n);
}

static void
message_fini(struct message *m)
{
	seal_free(m->out);
	seal_free(m->in);
}

/* One of a row of fragments, opened in place. */
struct got {
	struct msg	m;
	struct hdr	h;
	size_t		n;		/* octets of the message */
	struct bytes	plain;
};

static unsigned
open_all(struct message *m, uint8_t *all, size_t n,
    struct got got[static FRAG_TOTAL_MAX])
{
	struct rd r = rd_of(bytes_of(all, n));
	unsigned count = 0;

	while (r.n > 0) {
		struct got *g = &got[count++];
		struct rd length = r;
		uint8_t *at = all + n - r.n;
		struct bytes one;

		assert_true(count <= FRAG_TOTAL_MAX);
		rd_bytes(&length, HDR_LENGTH_AT);
		one = rd_bytes(&r, rd_u32(&length));
		assert_true(hdr_decode(one, &g->h));
		assert_int_equal(g->h.next, PL_SKF);
		assert_int_equal(payload_decode(g->h.next, bytes_of(
		    one.p + HDR_LEN, one.n - HDR_LEN), HDR_LEN, &g->m),
		    N_NONE);
		g->n = one.n;
		assert_true(seal_open(m->in, at, g->m.sk_at, one.n,
		    &g->plain));
	}
	return count;
}

static void
put_together(const struct message *m, const struct got *got, unsigned count,
    unsigned step)
{
	struct frag *f = NULL;
	size_t pool = 0;
	struct bytes plain;
	uint8_t first;

	for (unsigned i = 0; i < count; i++) {
		/* step and count have no divisor in common */
		const struct got *g = &got[(i + 1) * step % count];
		struct frag_part part = {
			.exchange = g->h.exchange, .first = g->m.sk_next,
			.number = g->m.frag_number, .total = g->m.frag_total,
			.plain = g->plain,
		};

		assert_false(frag_join(f, &first, &plain));
		assert_true(add(&f, &part, &pool));
	}
	assert_true(frag_join(f, &first, &plain));
	assert_int_equal(first, m->plain_n == 0 ? PL_NONE : PL_VENDOR);
	assert_int_equal(plain.n, m->plain_n);
	assert_memory_equal(plain.p, m->plain, m->plain_n);
	frag_drop(&f, &pool);
	assert_null(f);
	assert_int_equal(pool, 0);
}

static const struct {
	const char	*encr, *integ;
	size_t		room, plain;
	unsigned	total;
} splits[] = {
	/* GCM: 28 + 8 + 8 (IV) + 1 (pad length) + 16 (ICV) = 61 around it */
	{ "AES256-GCM-16", NULL, 161, 0, 1 },
	{ "AES256-GCM-16", NULL, 161, 4, 1 },
	{ "AES256-GCM-16", NULL, 161, 100, 1 },
	{ "AES256-GCM-16", NULL, 161, 101, 2 },
	{ "AES256-GCM-16", NULL, 161, 200, 2 },
	{ "AES256-GCM-16", NULL, 161, 201, 3 },
	{ "AES256-GCM-16", NULL, 62, 160, 160 },
	{ "AES256-GCM-16", NULL, 1252, 10000, 9 },
	{ "AES256-GCM-16", NULL, 548, 65438, 135 },
	{ "AES256-GCM-16", NULL, IKE_MSG_MAX, 65438, 1 },
	/* CBC: 28 + 8 + 16 (IV) + n * 16 + 16 (ICV); a length octet at least */
	{ "AES256", "SHA2-256", 164, 95, 1 },
	{ "AES256", "SHA2-256", 164, 96, 2 },
	{ "AES256", "SHA2-256", 179, 95, 1 },
	{ "AES256", "SHA2-256", 179, 96, 2 },
	{ "AES256", "SHA2-256", 180, 96, 1 },
	{ "AES128", "SHA2-512", 524, 65400, 152 },
	{ "AES128", "SHA2-384", 1252, 2500, 3 },
};

static void
every_fragment_fits_and_together_they_are_the_message(void **state)
{
	static struct got got[FRAG_TOTAL_MAX];
	static struct message m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(splits); i++) {
		unsigned total = splits[i].total, count;
		uint8_t *all;
		size_t n;

		print_message("    %s %s, %zu octets, %zu inside\n",
		    splits[i].encr, splits[i].integ == NULL ? "" :
		    splits[i].integ, splits[i].room, splits[i].plain);
		message_init(&m, splits[i].encr, splits[i].integ,
		    splits[i].plain);
		assert_true(frag_end(&m.b, &m.drbg, splits[i].room, &all, &n));
		count = open_all(&m, all, n, got);
		assert_int_equal(count, total);
		for (unsigned k = 0; k < count; k++) {
			assert_true(got[k].n <= splits[i].room);
			/* All but the last are as long as may be. */
			if (k + 1 < count)
				assert_true(got[k].n + 16 > splits[i].room);
			assert_int_equal(got[k].m.frag_number, k + 1);
			assert_int_equal(got[k].m.frag_total, total);
			assert_int_equal(got[k].h.mid, 5);
			assert_int_equal(got[k].h.exchange, INFORMATIONAL);
			/* section 2.5 */
			assert_true(k == 0 || got[k].m.sk_next == PL_NONE);
		}
		put_together(&m, got, count, 1);
		put_together(&m, got, count, count == 1 ? 1 : count - 1);
		put_together(&m, got, count, total % 7 == 0 ? 1 : 7);
		free(all);
		message_fini(&m);
	}
}

static void
what_was_inside_is_wiped_from_the_builder(void **state)
{
	static const uint8_t nothing[500];
	static struct message m;
	uint8_t *all;
	size_t n;

	(void)state;
	message_init(&m, "AES256-GCM-16", NULL, 500);
	assert_true(frag_end(&m.b, &m.drbg, 200, &all, &n));
	assert_memory_equal(m.buf + HDR_LEN, nothing, sizeof(nothing));
	free(all);
	message_fini(&m);
}

static const struct {
	const char	*what;
	size_t		room, plain;
} hopeless[] = {
	{ "no room at all", 0, 100 },
	{ "room for no octet", 61, 100 },
	{ "161 fragments", 62, 161 },
	{ "more room than a message may have", IKE_MSG_MAX + 1, 100 },
};

static void
what_cannot_be_split_is_not(void **state)
{
	static struct message m;
	uint8_t *all = NULL;
	size_t n = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hopeless); i++) {
		print_message("    %s\n", hopeless[i].what);
		message_init(&m, "AES256-GCM-16", NULL, hopeless[i].plain);
		assert_false(frag_end(&m.b, &m.drbg, hopeless[i].room, &all,
		    &n));
		message_fini(&m);
	}
	/* Outside of SK: IKE_SA_INIT never goes in fragments. */
	message_init(&m, "AES256-GCM-16", NULL, 0);
	build_begin(&m.b, m.buf, sizeof(m.buf), &(struct hdr){ .mid = 0 });
	build_notify(&m.b, N_COOKIE, (struct bytes){ 0 });
	assert_false(frag_end(&m.b, &m.drbg, 200, &all, &n));
	build_sk(&m.b, m.out);
	build_notify(&m.b, N_COOKIE, (struct bytes){ 0 });
	assert_false(frag_end(&m.b, &m.drbg, 200, &all, &n));
	assert_null(all);
	assert_int_equal(n, 77);
	message_fini(&m);
}

/* --- gathering --- */

#define STEPS	8

struct step {
	uint16_t	number, total;
	const char	*text;
	bool		kept;
	uint8_t		first;
	uint8_t		exchange;	/* 0: CREATE_CHILD_SA */
};

#define FROM(first, n, total, s)	{ n, total, s, true, first, 0 }
#define KEEP(n, total, s)	{ n, total, s, true, 0, 0 }
#define DROP(n, total, s)	{ n, total, s, false, 40, 0 }
#define OTHER(n, total, s)	{ n, total, s, false, 0, INFORMATIONAL }

static const struct {
	const char	*what;
	struct step	step[STEPS];	/* up to one without text */
	const char	*whole;		/* NULL: something is missing */
	uint8_t		first;
} gatherings[] = {
	{ "in order", { FROM(33, 1, 3, "one"), KEEP(2, 3, "two"),
	    KEEP(3, 3, "three") }, "onetwothree", 33 },
	{ "backwards", { KEEP(3, 3, "three"), KEEP(2, 3, "two"),
	    FROM(33, 1, 3, "one") }, "onetwothree", 33 },
	{ "a single one", { FROM(41, 1, 1, "all") }, "all", 41 },
	{ "nothing inside", { FROM(0, 1, 1, "") }, "", 0 },
	{ "some with nothing inside", { FROM(33, 1, 3, ""),
	    KEEP(2, 3, "two"), KEEP(3, 3, "") }, "two", 33 },
	{ "one missing", { KEEP(1, 3, "one"), KEEP(3, 3, "three") },
	    NULL, 0 },
	/* "Next Payload ... in the very first fragment", others are ignored */
	{ "Next Payload in others", { FROM(40, 2, 2, "two"),
	    FROM(33, 1, 2, "one") }, "onetwo", 33 },
	{ "number 0", { DROP(0, 2, "x"), FROM(33, 1, 2, "one"),
	    KEEP(2, 2, "two") }, "onetwo", 33 },
	{ "total 0", { DROP(0, 0, "x"), DROP(1, 0, "x") }, NULL, 0 },
	{ "a number above the total", { DROP(3, 2, "x"),
	    FROM(33, 1, 2, "one"), DROP(3, 2, "x"),
	    KEEP(2, 2, "two") }, "onetwo", 33 },
	{ "the same twice", { FROM(33, 1, 2, "one"),
	    DROP(1, 2, "one"), KEEP(2, 2, "two") }, "onetwo", 33 },
	{ "the same number with other octets: the first counts",
	    { FROM(33, 1, 2, "one"), DROP(1, 2, "other"),
	    KEEP(2, 2, "two") }, "onetwo", 33 },
	/* The sender found that its fragments were too long (section 2.5.2). */
	{ "a larger total replaces all", { FROM(33, 1, 2, "on"),
	    KEEP(2, 3, "b"), FROM(34, 1, 3, "a"),
	    KEEP(3, 3, "c") }, "abc", 34 },
	{ "a smaller total is of the past", { FROM(33, 1, 3, "a"),
	    DROP(1, 2, "one"), DROP(2, 2, "two"),
	    KEEP(2, 3, "b"), DROP(1, 1, "x"),
	    KEEP(3, 3, "c") }, "abc", 33 },
	{ "a larger total that is out of range replaces nothing",
	    { FROM(33, 1, 2, "one"), DROP(1, FRAG_TOTAL_MAX + 1, "x"),
	    DROP(2, 65535, "x"), KEEP(2, 2, "two") }, "onetwo", 33 },
	{ "the largest total", { KEEP(FRAG_TOTAL_MAX, FRAG_TOTAL_MAX, "x") },
	    NULL, 0 },
	{ "huge totals", { DROP(1, FRAG_TOTAL_MAX + 1, "x"),
	    DROP(65535, 65535, "x") }, NULL, 0 },
	{ "another exchange under the same id", { FROM(33, 1, 2, "one"),
	    OTHER(2, 2, "x"), OTHER(2, 9, "x"), KEEP(2, 2, "two") }, "onetwo", 33 },
	{ "a flood of first fragments", { KEEP(1, 2, "a"),
	    KEEP(1, 3, "b"), KEEP(1, 4, "c"), KEEP(1, 5, "d"),
	    KEEP(1, 6, "e"), KEEP(1, 160, "f"),
	    DROP(1, 159, "g") }, NULL, 0 },
};

static void
fragments_are_gathered_within_the_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gatherings); i++) {
		struct frag *f = NULL;
		struct bytes plain;
		size_t pool = 0;
		uint8_t first;

		print_message("    %s\n", gatherings[i].what);
		for (size_t k = 0; k < STEPS; k++) {
			const struct step *s = &gatherings[i].step[k];
			struct frag_part p = {
				.exchange = s->exchange != 0 ? s->exchange :
				    CREATE_CHILD_SA,
				.first = s->first, .number = s->number,
				.total = s->total,
			};

			if (s->text == NULL)
				break;
			p.plain = bytes_str(s->text);
			assert_int_equal(frag_wants(f, &p), s->kept);
			assert_int_equal(add(&f, &p, &pool),
			    s->kept);
			if (f != NULL)
				assert_int_equal(frag_until(f).ns, WAIT.ns);
		}
		assert_int_equal(frag_join(f, &first, &plain),
		    gatherings[i].whole != NULL);
		if (gatherings[i].whole != NULL) {
			assert_true(bytes_eq(plain,
			    bytes_str(gatherings[i].whole)));
			assert_int_equal(first, gatherings[i].first);
		}
		frag_drop(&f, &pool);
		assert_int_equal(pool, 0);
		assert_true(instant_is_never(frag_until(f)));
	}
}

static const uint8_t big[IKE_MSG_MAX];

static struct frag_part
part(uint16_t number, uint16_t total, size_t n)
{
	return (struct frag_part){ .exchange = IKE_AUTH, .first = PL_VENDOR,
	    .number = number, .total = total, .plain = bytes_of(big, n) };
}

static void
a_message_that_grows_too_long_is_forgotten(void **state)
{
	struct frag_part a = part(1, 3, 40000), b = part(2, 3, 25503),
	    c = part(3, 3, 1), d = part(3, 3, 0);
	struct frag *f = NULL;
	struct bytes plain;
	size_t pool = 0;
	uint8_t first;

	(void)state;
	assert_true(add(&f, &a, &pool));
	assert_true(add(&f, &b, &pool));
	assert_false(add(&f, &c, &pool));
	assert_null(f);
	assert_int_equal(pool, 0);
	/* Exactly as much as may be. */
	assert_true(add(&f, &a, &pool));
	assert_true(add(&f, &b, &pool));
	assert_true(add(&f, &d, &pool));
	assert_true(frag_join(f, &first, &plain));
	assert_int_equal(plain.n, IKE_MSG_MAX);
	frag_drop(&f, &pool);
	assert_int_equal(pool, 0);
}

static void
all_messages_together_stay_within_the_pool(void **state)
{
	static struct frag *f[1000];
	struct frag_part most = part(1, 2, IKE_MSG_MAX), rest = part(2, 2, 0);
	size_t n = 0, half, pool = 0;
	struct bytes plain;
	uint8_t first;

	(void)state;
	/* Those who have not authenticated leave the other half alone. */
	while (n < ARRAY_SIZE(f) &&
	    frag_add(&f[n], &most, &pool, FRAG_POOL_OPEN, WAIT))
		n++;
	half = n;
	while (n < ARRAY_SIZE(f) && add(&f[n], &most, &pool))
		n++;
	assert_in_range(n, 250, 260);
	assert_true(pool <= FRAG_POOL_MAX);
	assert_true(half > 100 && half <= n / 2);
	assert_null(f[n]);
	/* Whose message has begun may end it once another one is gone. */
	frag_drop(&f[0], &pool);
	assert_true(add(&f[1], &rest, &pool));
	assert_true(frag_join(f[1], &first, &plain));
	assert_true(add(&f[n], &most, &pool));
	for (size_t i = 0; i <= n; i++)
		frag_drop(&f[i], &pool);
	assert_int_equal(pool, 0);
}

static int
init_all(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_fragment_fits_and_together_they_are_the_message),
		cmocka_unit_test(what_was_inside_is_wiped_from_the_builder),
		cmocka_unit_test(what_cannot_be_split_is_not),
		cmocka_unit_test(fragments_are_gathered_within_the_rules),
		cmocka_unit_test(a_message_that_grows_too_long_is_forgotten),
		cmocka_unit_test(all_messages_together_stay_within_the_pool),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
