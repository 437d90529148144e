/* Chunked objects with a free list threaded through their first octets. */
#include "bgp/store.h"

#include <stdlib.h>
#include <string.h>

void
store_init(struct store *s, size_t size, uint32_t limit)
{
	*s = (struct store){ .size = size, .limit = limit };
}

void
store_fini(struct store *s)
{
	for (uint32_t i = 0; i < s->chunks; i++)
		free(s->chunk[i]);
	free(s->chunk);
	*s = (struct store){ 0 };
}

static bool
store_grow(struct store *s)
{
	uint8_t **dir = s->chunk;

	if ((s->chunks & (s->chunks - 1)) == 0) {	/* 0 or a power of 2 */
		dir = realloc(dir,
		    (s->chunks == 0 ? 1 : 2 * (size_t)s->chunks) *
		    sizeof(*dir));
		if (dir == NULL)
			return false;
		s->chunk = dir;
	}
	dir[s->chunks] = malloc(STORE_CHUNK * s->size);
	if (dir[s->chunks] == NULL)
		return false;
	s->chunks++;
	return true;
}

uint32_t
store_new(struct store *s)
{
	uint32_t id = s->spare;

	if (s->used >= s->limit)
		return 0;
	if (id != 0) {
		memcpy(&s->spare, store_at(s, id), sizeof(s->spare));
	} else {
		if (s->n == s->chunks * STORE_CHUNK && !store_grow(s))
			return 0;
		id = ++s->n;
	}
	memset(store_at(s, id), 0, s->size);
	s->used++;
	return id;
}

void
store_free(struct store *s, uint32_t id)
{
	void *p = store_at(s, id);

	memset(p, 0, s->size);
	memcpy(p, &s->spare, sizeof(s->spare));
	s->spare = id;
	s->used--;
}
