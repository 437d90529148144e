/*
 * Open-addressing map with backward-shift deletion, so that there are no
 * tombstones and look-ups stay short for ever.  Grows at three quarters.
 */
#include "util/map.h"

#include <stdlib.h>

struct map_slot {
	uint64_t	 key;
	void		*value;		/* NULL: free */
};

static size_t
map_home(const struct map *m, uint64_t key)
{
	key ^= key >> 33;
	key *= 0xff51afd7ed558ccdULL;
	key ^= key >> 33;
	return (size_t)key & (m->size - 1);
}

void
map_fini(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

/* The slot of the key, or the free one where it would go. */
static struct map_slot *
map_find(const struct map *m, uint64_t key)
{
	size_t i = map_home(m, key);

	while (m->slots[i].value != NULL && m->slots[i].key != key)
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

static bool
map_grow(struct map *m)
{
	struct map big = { .size = m->size == 0 ? 16 : m->size * 2 };

	big.slots = calloc(big.size, sizeof(*big.slots));
	if (big.slots == NULL)
		return false;
	for (size_t i = 0; i < m->size; i++) {
		if (m->slots[i].value != NULL)
			*map_find(&big, m->slots[i].key) = m->slots[i];
	}
	big.used = m->used;
	map_fini(m);
	*m = big;
	return true;
}

void *
map_get(const struct map *m, uint64_t key)
{
	return m->used == 0 ? NULL : map_find(m, key)->value;
}

bool
map_put(struct map *m, uint64_t key, void *value)
{
	struct map_slot *s;

	if (m->used * 4 >= m->size * 3 && !map_grow(m))
		return false;
	s = map_find(m, key);
	if (s->value == NULL)
		m->used++;
	*s = (struct map_slot){ .key = key, .value = value };
	return true;
}

void *
map_del(struct map *m, uint64_t key)
{
	struct map_slot *s = m->used == 0 ? NULL : map_find(m, key);
	size_t hole, i;
	void *value;

	if (s == NULL || s->value == NULL)
		return NULL;
	value = s->value;
	hole = i = (size_t)(s - m->slots);
	for (;;) {
		i = (i + 1) & (m->size - 1);
		if (m->slots[i].value == NULL)
			break;
		/* Move back whatever would no longer be found past the hole. */
		if (((i - map_home(m, m->slots[i].key)) & (m->size - 1)) >=
		    ((i - hole) & (m->size - 1))) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].value = NULL;
	m->used--;
	return value;
}

void *
map_each(const struct map *m, size_t *pos)
{
	while (*pos < m->size) {
		void *v = m->slots[(*pos)++].value;

		if (v != NULL)
			return v;
	}
	return NULL;
}
