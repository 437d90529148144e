/*
 * Cookies (RFC 7296 section 2.6): whom one is good for, and for how long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "ike/cookie.h"

static struct drbg drbg;
static const struct instant start = { INT64_C(1000) * 1000000000 };
static const uint8_t nonce[32] = { 1, 2, 3 };

static struct endpoint
endpoint(const char *text, uint16_t port)
{
	struct endpoint e = { .port = port };

	assert_true(addr_parse(&e.addr, text));
	return e;
}

static void
made(struct cookie_jar *jar, struct instant at, uint8_t out[COOKIE_LEN])
{
	struct endpoint from = endpoint("192.0.2.1", 500);

	assert_true(cookie_make(jar, &drbg, at, bytes_of(nonce, 32), &from, 7,
	    out));
}

static bool
good(struct cookie_jar *jar, struct instant at, const uint8_t *cookie)
{
	struct endpoint from = endpoint("192.0.2.1", 500);

	return cookie_check(jar, &drbg, at, bytes_of(nonce, 32), &from, 7,
	    bytes_of(cookie, COOKIE_LEN));
}

static struct instant
later(int64_t s)
{
	return instant_after(start, span_s(s));
}

static void
a_cookie_is_good_for_its_initiator_alone(void **state)
{
	static const struct {
		const char	*what, *addr;
		uint16_t	port;
		uint64_t	spi;
		size_t		nonce_n, cookie_n;
		int		flip;	/* octet of the cookie, or -1 */
		bool		good;
	} rows[] = {
		{ "the same", "192.0.2.1", 500, 7, 32, COOKIE_LEN, -1, true },
		{ "address", "192.0.2.2", 500, 7, 32, COOKIE_LEN, -1, false },
		{ "family", "2001:db8::1", 500, 7, 32, COOKIE_LEN, -1,
		    false },
		{ "port", "192.0.2.1", 501, 7, 32, COOKIE_LEN, -1, false },
		{ "SPI", "192.0.2.1", 500, 8, 32, COOKIE_LEN, -1, false },
		{ "nonce", "192.0.2.1", 500, 7, 31, COOKIE_LEN, -1, false },
		{ "short", "192.0.2.1", 500, 7, 32, COOKIE_LEN - 1, -1,
		    false },
		{ "empty", "192.0.2.1", 500, 7, 32, 0, -1, false },
		{ "generation", "192.0.2.1", 500, 7, 32, COOKIE_LEN, 0,
		    false },
		{ "first", "192.0.2.1", 500, 7, 32, COOKIE_LEN, 1, false },
		{ "last", "192.0.2.1", 500, 7, 32, COOKIE_LEN,
		    COOKIE_LEN - 1, false },
	};
	struct cookie_jar jar;
	uint8_t cookie[COOKIE_LEN];

	(void)state;
	cookie_init(&jar, &drbg, start);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct endpoint from = endpoint(rows[i].addr, rows[i].port);

		print_message("    %s\n", rows[i].what);
		made(&jar, start, cookie);
		if (rows[i].flip >= 0)
			cookie[rows[i].flip] ^= 0x80;
		assert_int_equal(cookie_check(&jar, &drbg, start,
		    bytes_of(nonce, rows[i].nonce_n), &from, rows[i].spi,
		    bytes_of(cookie, rows[i].cookie_n)), rows[i].good);
	}
}

static void
a_secret_is_renewed_and_the_one_before_it_honoured(void **state)
{
	uint8_t first[COOKIE_LEN], second[COOKIE_LEN], third[COOKIE_LEN];
	struct cookie_jar jar;

	(void)state;
	cookie_init(&jar, &drbg, start);
	made(&jar, start, first);
	assert_true(good(&jar, later(119), first));
	made(&jar, later(119), second);
	assert_memory_equal(first, second, COOKIE_LEN);
	made(&jar, later(121), second);
	assert_memory_not_equal(first, second, COOKIE_LEN);
	assert_true(good(&jar, later(121), first));
	assert_true(good(&jar, later(121), second));
	made(&jar, later(242), third);
	assert_false(good(&jar, later(242), first));
	assert_true(good(&jar, later(242), second));
	assert_true(good(&jar, later(242), third));
}

/* However long nobody asked for one. */
static void
an_old_cookie_is_not_good_after_a_pause(void **state)
{
	uint8_t cookie[COOKIE_LEN];
	struct cookie_jar jar;

	(void)state;
	cookie_init(&jar, &drbg, start);
	made(&jar, start, cookie);
	assert_true(good(&jar, later(130), cookie));
	cookie_init(&jar, &drbg, start);
	made(&jar, start, cookie);
	assert_false(good(&jar, later(241), cookie));
	cookie_init(&jar, &drbg, start);
	made(&jar, start, cookie);
	assert_false(good(&jar, later(1000000), cookie));
	for (int i = 0; i < 600; i++) {
		made(&jar, later(2000000 + i * 121), cookie);
		assert_true(good(&jar, later(2000000 + i * 121), cookie));
	}
}

static int
init_all(void **state)
{
	static const uint8_t seed[DRBG_SEED_LEN] = { 5 };

	(void)state;
	drbg_seed(&drbg, seed);
	return crypto_init() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_is_good_for_its_initiator_alone),
		cmocka_unit_test(
		    a_secret_is_renewed_and_the_one_before_it_honoured),
		cmocka_unit_test(an_old_cookie_is_not_good_after_a_pause),
	};

	return cmocka_run_group_tests(tests, init_all, NULL);
}
