/*
 * Pre-shared keys with AWS's alphabet of 64 characters, so that each takes six
 * bits and none is likelier than another.
 */
#include "gw/psk.h"

#include <string.h>

#include "util/secret.h"

static const char alphabet[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";

_Static_assert(sizeof(alphabet) == 64 + 1, "six bits choose one");

void
psk_make(struct drbg *drbg, char out[static PSK_MADE_LEN + 1])
{
	uint8_t octets[PSK_MADE_LEN];

	drbg_fill(drbg, octets, sizeof(octets));
	for (size_t i = 0; i < PSK_MADE_LEN; i++)
		out[i] = alphabet[octets[i] & 63];
	/* One of the other 63 in the place of a 0. */
	if (out[0] == '0')
		out[0] = alphabet[1 + drbg_below(drbg, 63)];
	out[PSK_MADE_LEN] = '\0';
	wipe(octets, sizeof(octets));
}

const char *
psk_fault(const char *s)
{
	size_t n = strlen(s);

	if (n < 8 || n > 64 || s[0] == '0' || strspn(s, alphabet) != n)
		return "8 to 64 letters, digits, \".\" and \"_\", not "
		    "beginning with 0";
	return NULL;
}
