/* Fixed-size holders of key material: set, view, compare, wipe. */
#include "util/secret.h"

#include <string.h>

void
wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

struct bytes
secret_bytes(const struct secret *s)
{
	return bytes_of(s->b, s->n);
}

bool
secret_set(struct secret *s, struct bytes b)
{
	if (b.n > sizeof(s->b))
		return false;
	if (b.n > 0)
		memcpy(s->b, b.p, b.n);
	s->n = (uint16_t)b.n;
	return true;
}

struct bytes
key_bytes(const struct key *k)
{
	return bytes_of(k->b, k->n);
}

bool
key_set(struct key *k, struct bytes b)
{
	if (b.n > sizeof(k->b))
		return false;
	if (b.n > 0)
		memcpy(k->b, b.p, b.n);
	k->n = (uint8_t)b.n;
	return true;
}

bool
secret_eq(struct bytes a, struct bytes b)
{
	uint8_t diff = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		diff |= a.p[i] ^ b.p[i];
	return diff == 0;
}
