/*
 * The map of map.c with text for keys: FNV-1a, and backward-shift deletion, so
 * that there are no tombstones.  Grows at three quarters.
 */
#include "util/dict.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct dict_slot {
	const char	*key;		/* NULL: free */
	void		*value;
};

static size_t
home(const struct dict *d, const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32) & (d->size - 1);
}

void
dict_fini(struct dict *d)
{
	free(d->slots);
	*d = (struct dict){ 0 };
}

/* The slot of the key, or the free one where it would go. */
static struct dict_slot *
find(const struct dict *d, const char *key)
{
	size_t i = home(d, key);

	while (d->slots[i].key != NULL && strcmp(d->slots[i].key, key) != 0)
		i = (i + 1) & (d->size - 1);
	return &d->slots[i];
}

static bool
grow(struct dict *d)
{
	struct dict big = { .size = d->size == 0 ? 16 : d->size * 2 };

	big.slots = calloc(big.size, sizeof(*big.slots));
	if (big.slots == NULL)
		return false;
	for (size_t i = 0; i < d->size; i++) {
		if (d->slots[i].key != NULL)
			*find(&big, d->slots[i].key) = d->slots[i];
	}
	big.used = d->used;
	dict_fini(d);
	*d = big;
	return true;
}

void *
dict_get(const struct dict *d, const char *key)
{
	return d->used == 0 ? NULL : find(d, key)->value;
}

bool
dict_put(struct dict *d, const char *key, void *value)
{
	struct dict_slot *s;

	if (d->used * 4 >= d->size * 3 && !grow(d))
		return false;
	s = find(d, key);
	if (s->key == NULL)
		d->used++;
	*s = (struct dict_slot){ .key = key, .value = value };
	return true;
}

void *
dict_del(struct dict *d, const char *key)
{
	struct dict_slot *s = d->used == 0 ? NULL : find(d, key);
	size_t hole, i;
	void *value;

	if (s == NULL || s->key == NULL)
		return NULL;
	value = s->value;
	hole = i = (size_t)(s - d->slots);
	for (;;) {
		i = (i + 1) & (d->size - 1);
		if (d->slots[i].key == NULL)
			break;
		/* Move back whatever would no longer be found past the hole. */
		if (((i - home(d, d->slots[i].key)) & (d->size - 1)) >=
		    ((i - hole) & (d->size - 1))) {
			d->slots[hole] = d->slots[i];
			hole = i;
		}
	}
	d->slots[hole] = (struct dict_slot){ 0 };
	d->used--;
	return value;
}
