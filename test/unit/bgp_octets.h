/* Octets written as hex, with blanks where they help the reader. */
#ifndef TEST_BGP_OCTETS_H
#define TEST_BGP_OCTETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/array.h"
#include "util/str.h"

/* Good until the eighth call after this one. */
static struct bytes
octets(const char *text)
{
	static uint8_t ring[8][8192];
	static unsigned next;
	uint8_t *out = ring[next++ % ARRAY_SIZE(ring)];
	static char plain[2 * sizeof(ring[0]) + 1];
	size_t n = 0, len = 0;

	for (; *text != '\0'; text++) {
		assert_true(n < sizeof(plain) - 1);
		if (*text != ' ')
			plain[n++] = *text;
	}
	plain[n] = '\0';
	assert_true(str_unhex(out, sizeof(ring[0]), &len, plain));
	return bytes_of(out, len);
}

#endif
