/*
 * Linear hashing (Litwin): there are half + split buckets, and with every
 * addition that fills them the bucket `split` is divided between itself and a
 * new one at the end.  There is never a moment in which all is hashed anew,
 * which with a million nodes would be a tenth of a second without IKE.
 */
#include "bgp/buckets.h"

#include <stdlib.h>

#define CHUNK		4096u	/* buckets, allocated together */

static uint32_t *
bucket_at(const struct buckets *b, uint32_t i)
{
	return &b->head[i / CHUNK][i % CHUNK];
}

static bool
chunk_add(struct buckets *b)
{
	uint32_t **dir = realloc(b->head, (b->chunks + 1) * sizeof(*dir));

	if (dir == NULL)
		return false;
	b->head = dir;
	dir[b->chunks] = calloc(CHUNK, sizeof(**dir));
	if (dir[b->chunks] == NULL)
		return false;
	b->chunks++;
	return true;
}

bool
buckets_init(struct buckets *b)
{
	*b = (struct buckets){ .half = CHUNK };
	return chunk_add(b);
}

void
buckets_fini(struct buckets *b)
{
	for (uint32_t i = 0; i < b->chunks; i++)
		free(b->head[i]);
	free(b->head);
	*b = (struct buckets){ 0 };
}

uint32_t *
buckets_head(const struct buckets *b, uint32_t hash)
{
	uint32_t i = hash & (b->half - 1);

	return bucket_at(b, i < b->split ? hash & (2 * b->half - 1) : i);
}

uint32_t
buckets_grow(struct buckets *b, uint32_t used)
{
	uint32_t first;

	if (used < b->half + b->split)
		return 0;
	if ((b->half + b->split) / CHUNK == b->chunks && !chunk_add(b))
		return 0;		/* chains get longer, that is all */
	first = *bucket_at(b, b->split);
	*bucket_at(b, b->split) = 0;
	if (++b->split == b->half) {
		b->half *= 2;
		b->split = 0;
	}
	return first;
}

uint64_t
buckets_octets(const struct buckets *b)
{
	return b->chunks * (sizeof(b->head[0]) +
	    (uint64_t)CHUNK * sizeof(b->head[0][0]));
}
