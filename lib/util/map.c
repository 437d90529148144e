/*
 * Open-addressing map with backward-shift deletion, so that there are no
 * tombstones and look-ups stay short for ever.  Grows at three quarters.
 *
 * A large one grows without a pause: the table of before is kept until its
 * entries have moved over, some with every insertion.  In it entries below
 * `moved` are only there so that probing goes on past them, and so are those
 * that were deleted.
 */
#include "util/map.h"

#include <stdlib.h>

#define MOVES		8	/* slots with every insertion; at least 2 */
#define AT_ONCE		4096	/* tables up to this size move as a whole */

struct map_slot {
	uint64_t	 key;
	void		*value;		/* NULL: free */
};

/* The value of what was deleted from a table that is being left. */
static const char nothing;
#define DELETED		((void *)(uintptr_t)&nothing)

static size_t
map_home(size_t size, uint64_t key)
{
	key ^= key >> 33;
	key *= 0xff51afd7ed558ccdULL;
	key ^= key >> 33;
	return (size_t)key & (size - 1);
}

void
map_fini(struct map *m)
{
	free(m->slots);
	free(m->old);
	*m = (struct map){ 0 };
}

/* The slot of the key, or the free one where it would go. */
static struct map_slot *
map_find(struct map_slot *slots, size_t size, uint64_t key)
{
	size_t i = map_home(size, key);

	while (slots[i].value != NULL && slots[i].key != key)
		i = (i + 1) & (size - 1);
	return &slots[i];
}

/* Its slot in the table that is being left; NULL: it is not there. */
static struct map_slot *
map_find_old(const struct map *m, uint64_t key)
{
	struct map_slot *s;

	if (m->old == NULL)
		return NULL;
	s = map_find(m->old, m->old_size, key);
	if (s->value == NULL || s->value == DELETED ||
	    (size_t)(s - m->old) < m->moved)
		return NULL;
	return s;
}

static void
map_move(struct map *m, size_t n)
{
	for (; m->moved < m->old_size && n > 0; n--) {
		const struct map_slot *s = &m->old[m->moved++];

		if (s->value != NULL && s->value != DELETED)
			*map_find(m->slots, m->size, s->key) = *s;
	}
	if (m->moved < m->old_size)
		return;
	free(m->old);
	m->old = NULL;
}

static bool
map_grow(struct map *m)
{
	size_t size = m->size == 0 ? 16 : m->size * 2;
	struct map_slot *slots = calloc(size, sizeof(*slots));

	if (slots == NULL)
		return false;
	m->old = m->slots;
	m->old_size = m->size;
	m->moved = 0;
	m->slots = slots;
	m->size = size;
	if (m->old != NULL && m->old_size <= AT_ONCE)
		map_move(m, m->old_size);
	return true;
}

void *
map_get(const struct map *m, uint64_t key)
{
	const struct map_slot *s;
	void *value;

	if (m->used == 0)
		return NULL;
	value = map_find(m->slots, m->size, key)->value;
	if (value != NULL || m->old == NULL)
		return value;
	s = map_find_old(m, key);
	return s == NULL ? NULL : s->value;
}

bool
map_put(struct map *m, uint64_t key, void *value)
{
	struct map_slot *s;

	if (m->old != NULL)
		map_move(m, MOVES);
	if (m->old == NULL && m->used * 4 >= m->size * 3 && !map_grow(m))
		return false;
	s = map_find_old(m, key);
	if (s == NULL) {
		s = map_find(m->slots, m->size, key);
		m->used += s->value == NULL;
	}
	*s = (struct map_slot){ .key = key, .value = value };
	return true;
}

void *
map_del(struct map *m, uint64_t key)
{
	struct map_slot *s = m->used == 0 ? NULL : map_find_old(m, key);
	size_t hole, i;
	void *value;

	if (s != NULL) {
		value = s->value;
		s->value = DELETED;
		m->used--;
		return value;
	}
	s = m->used == 0 ? NULL : map_find(m->slots, m->size, key);
	if (s == NULL || s->value == NULL)
		return NULL;
	value = s->value;
	hole = i = (size_t)(s - m->slots);
	for (;;) {
		i = (i + 1) & (m->size - 1);
		if (m->slots[i].value == NULL)
			break;
		/* Move back whatever would no longer be found past the hole. */
		if (((i - map_home(m->size, m->slots[i].key)) &
		    (m->size - 1)) >= ((i - hole) & (m->size - 1))) {
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
	while (m->old != NULL && *pos < m->size + m->old_size) {
		size_t i = (*pos)++ - m->size;
		void *v = m->old[i].value;

		if (i >= m->moved && v != NULL && v != DELETED)
			return v;
	}
	return NULL;
}
