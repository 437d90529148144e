/* Test vectors as hex text, and a generator whose next octets are given. */
#ifndef TEST_UNIT_HEX_H
#define TEST_UNIT_HEX_H

#include <string.h>

#include "crypto/drbg.h"
#include "util/str.h"

struct octets {
	uint8_t		b[1024];
	size_t		n;
};

/* Octets of the hex text; cmocka's assert_* must be declared before. */
static inline struct octets
unhex(const char *text)
{
	struct octets o = { .n = 0 };

	assert_true(str_unhex(o.b, sizeof(o.b), &o.n, text));
	return o;
}

static inline struct bytes
octets_bytes(const struct octets *o)
{
	return bytes_of(o->b, o->n);
}

static inline void
assert_hex(struct bytes got, const char *expected)
{
	char text[2 * 1024 + 1];

	str_hex(text, sizeof(text), got);
	assert_string_equal(text, expected);
}

/* The next octets of d are those of the hex text; zero-keyed behind them. */
static inline void
drbg_give(struct drbg *d, const char *text)
{
	const struct octets o = unhex(text);

	*d = (struct drbg){ .left = (uint16_t)o.n };
	assert_true(o.n <= sizeof(d->pool));
	memcpy(d->pool + sizeof(d->pool) - o.n, o.b, o.n);
}

#endif
