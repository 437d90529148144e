/*
 * Keyed hashing of what peers choose (prefixes, attributes), so that nobody
 * without the key can aim at one bucket.  Not for anything but hash tables.
 */
#ifndef BGP_HASH_H
#define BGP_HASH_H

#include <string.h>

#include "util/bytes.h"

struct hash_key {
	uint64_t	seed;
	uint64_t	mul;		/* odd */
};

static inline uint64_t
hash_word(const struct hash_key *k, uint64_t h, uint64_t word)
{
	h = (h ^ word) * k->mul;
	return h ^ h >> 32;
}

static inline uint32_t
hash_end(const struct hash_key *k, uint64_t h)
{
	return (uint32_t)(hash_word(k, h, k->seed >> 7) >> 16);
}

static inline uint32_t
hash_bytes(const struct hash_key *k, struct bytes b)
{
	uint64_t h = k->seed ^ b.n, word;
	size_t i = 0;

	for (; b.n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, b.p + i, sizeof(word));
		h = hash_word(k, h, word);
	}
	if (i < b.n) {
		word = 0;
		memcpy(&word, b.p + i, b.n - i);
		h = hash_word(k, h, word);
	}
	return hash_end(k, h);
}

#endif
