/*
 * The generator: RFC 8439's keystream, replay, erasure, uniform ranges.  The
 * vectors beyond the first run come from a ChaCha20 written in Python.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/prf.h"
#include "hex.h"
#include "util/array.h"

static void
seed_counting(struct drbg *d)
{
	uint8_t seed[DRBG_SEED_LEN];

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	drbg_seed(d, seed);
}

static void
output_is_the_chacha20_keystream_behind_the_next_key(void **state)
{
	static const uint8_t zero[DRBG_SEED_LEN];
	uint8_t out[1000];
	struct drbg d;

	(void)state;
	/* RFC 8439 appendix A.1, test vector 1: octets 32 to 63 */
	drbg_seed(&d, zero);
	drbg_fill(&d, out, sizeof(out));
	assert_hex(bytes_of(out, 32), "da41597c5157488d7724e03fb8d84a37"
	    "6a43b8f41518a11cc387b669b2ee6586");
	/* over the end of the first run and of the second */
	assert_hex(bytes_of(out + 472, 24),
	    "53f81d17161784dbafbdad2845b93cdbb2fe6463d2fe162a");
	assert_hex(bytes_of(out + 952, 16), "9d0952ecbe341456835c9677f558611a");

	seed_counting(&d);
	drbg_fill(&d, out, sizeof(out));
	assert_hex(bytes_of(out, 32), "2b23cce7a26023ab3f0eef693ac87f64"
	    "258235eab1f7a32dc22762a0485b410c");
	assert_hex(bytes_of(out + 472, 24),
	    "4fe41f026a6d9cf22d41a59c90e41a8e7a4dccaa1c460699");
	assert_hex(bytes_of(out + 952, 16), "a867b2295c9451775fd844af20c38ddc");
}

static void
pieces_of_any_length_make_the_same_stream(void **state)
{
	uint8_t whole[3000], pieces[3000];
	size_t at = 0;
	struct drbg d;

	(void)state;
	seed_counting(&d);
	drbg_fill(&d, whole, sizeof(whole));
	seed_counting(&d);
	for (size_t n = 0; at < sizeof(pieces); n++) {
		size_t left = sizeof(pieces) - at, take = n < left ? n : left;

		drbg_fill(&d, pieces + at, take);
		at += take;
	}
	assert_memory_equal(whole, pieces, sizeof(whole));
}

static void
integers_are_big_endian_wherever_it_runs(void **state)
{
	struct drbg d;

	(void)state;
	seed_counting(&d);
	assert_int_equal(drbg_u32(&d), 0x2b23cce7);
	assert_true(drbg_u64(&d) == 0xa26023ab3f0eef69);
}

static void
what_was_given_out_is_gone_from_the_state(void **state)
{
	static const uint8_t zero[480];
	uint8_t seed[DRBG_SEED_LEN], out[100];
	struct drbg d;

	(void)state;
	memset(seed, 0x5a, sizeof(seed));
	drbg_seed(&d, seed);
	drbg_fill(&d, out, sizeof(out));
	assert_memory_equal(d.pool, zero, sizeof(out));
	assert_memory_not_equal(d.pool + sizeof(out), zero, 100);
	assert_memory_not_equal(d.key, seed, sizeof(seed));
	drbg_fini(&d);
	assert_memory_equal(d.key, zero, sizeof(d.key));
	assert_memory_equal(d.pool, zero, sizeof(d.pool));
}

static void
a_reseed_depends_on_old_state_and_new_entropy(void **state)
{
	static const struct {
		size_t		 before;	/* octets drawn first */
		const char	*entropy, *expected;
	} cases[] = {
		{ 5, "more entropy", "fca5fb4d1a7515307625ab614db3cfa8" },
		{ 0, "more entropy", "8e64ab9b1a81ec3bdbaa726784ba9e55" },
		{ 5, "more entropx", "1b4e3f20cd1c5fa08118ccd726762c31" },
		{ 5, "", "e0a56bb6d25c191a144f511c700f7f99" },
	};
	uint8_t out[16];
	struct drbg d;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		seed_counting(&d);
		drbg_fill(&d, out, cases[i].before);
		drbg_reseed(&d, bytes_str(cases[i].entropy));
		drbg_fill(&d, out, sizeof(out));
		assert_hex(bytes_of(out, 16), cases[i].expected);
	}
}

static void
ranges_reject_the_incomplete_run_and_reduce_the_rest(void **state)
{
	static const struct {
		const char	*octets;
		uint32_t	 n, expected;
		unsigned	 used;
	} draws[] = {
		/* 2^64 = 1 mod 3: one value too many */
		{ "ffffffffffffffff0000000000000005", 3, 2, 16 },
		{ "fffffffffffffffe0000000000000005", 3, 2, 8 },
		{ "fffffffffffffffd0000000000000005", 3, 1, 8 },
		/* 2^64 = 6 mod 10 */
		{ "fffffffffffffffa000000000000000d", 10, 3, 16 },
		{ "fffffffffffffff9000000000000000d", 10, 9, 8 },
		/* a power of two rejects nothing */
		{ "ffffffffffffffff0000000000000005", 8, 7, 8 },
		{ "ffffffffffffffff0000000000000005", 1, 0, 8 },
		{ "ffffffffffffffff0000000000000005", 0, 0, 0 },
		{ "00000000ffffffff0000000000000005", UINT32_MAX, 0, 8 },
		{ "00000000fffffffe0000000000000005", UINT32_MAX,
		    UINT32_MAX - 1, 8 },
	};
	struct drbg d;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(draws); i++) {
		drbg_give(&d, draws[i].octets);
		assert_int_equal(drbg_below(&d, draws[i].n),
		    draws[i].expected);
		assert_int_equal(16 - d.left, draws[i].used);
	}
}

static void
small_ranges_are_hit_evenly(void **state)
{
	unsigned hits[7] = { 0 };
	struct drbg d;

	(void)state;
	seed_counting(&d);
	for (unsigned i = 0; i < 70000; i++)
		hits[drbg_below(&d, 7)]++;
	/* 10000 each, standard deviation 93; the seed is fixed */
	for (size_t i = 0; i < ARRAY_SIZE(hits); i++)
		assert_in_range(hits[i], 9500, 10500);
}

static void
spans_stay_below_their_limit_and_reach_far(void **state)
{
	struct span limit = span_s(270), most = SPAN_ZERO;
	struct drbg d;

	(void)state;
	seed_counting(&d);
	for (unsigned i = 0; i < 1000; i++) {
		struct span got = drbg_span(&d, limit);

		assert_true(got.ns >= 0 && got.ns < limit.ns);
		if (got.ns > most.ns)
			most = got;
	}
	assert_true(most.ns > limit.ns / 100 * 95);
	assert_true(drbg_span(&d, SPAN_ZERO).ns == 0);
	assert_true(drbg_span(&d, span_s(-5)).ns == 0);
	drbg_give(&d, "7ffffffffffffffe");
	assert_true(drbg_span(&d, (struct span){ INT64_MAX }).ns ==
	    INT64_MAX - 1);
}

static void
without_algorithms_it_aborts_rather_than_be_guessed(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = { 0, 0 };
		struct drbg d;

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		crypto_fini();
		seed_counting(&d);
		drbg_u32(&d);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static int
setup(void **state)
{
	(void)state;
	return crypto_init() ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	crypto_fini();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    output_is_the_chacha20_keystream_behind_the_next_key),
		cmocka_unit_test(pieces_of_any_length_make_the_same_stream),
		cmocka_unit_test(integers_are_big_endian_wherever_it_runs),
		cmocka_unit_test(what_was_given_out_is_gone_from_the_state),
		cmocka_unit_test(a_reseed_depends_on_old_state_and_new_entropy),
		cmocka_unit_test(
		    ranges_reject_the_incomplete_run_and_reduce_the_rest),
		cmocka_unit_test(small_ranges_are_hit_evenly),
		cmocka_unit_test(spans_stay_below_their_limit_and_reach_far),
		cmocka_unit_test(
		    without_algorithms_it_aborts_rather_than_be_guessed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
