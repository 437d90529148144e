/* Wire octets written down in a test as hex text with blanks between. */
#ifndef TEST_UNIT_WIRE_H
#define TEST_UNIT_WIRE_H

#include <string.h>

#include "util/bytes.h"
#include "util/str.h"

struct wire {
	uint8_t		b[1024];
	size_t		n;
};

/* cmocka's assert_* must be declared before. */
static inline struct wire
wire(const char *text)
{
	struct wire w = { .n = 0 };
	char dense[2 * sizeof(w.b) + 1];
	size_t n = 0;

	for (; *text != '\0'; text++) {
		assert_true(n < sizeof(dense) - 1);
		if (*text != ' ')
			dense[n++] = *text;
	}
	dense[n] = '\0';
	assert_true(str_unhex(w.b, sizeof(w.b), &w.n, dense));
	return w;
}

static inline struct bytes
wire_bytes(const struct wire *w)
{
	return bytes_of(w->b, w->n);
}

/* The octets are those of the text. */
static inline void
assert_wire(struct bytes got, const char *text)
{
	const struct wire want = wire(text);

	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.b, want.n);
}

#endif
