/*
 * Hash map from a 64-bit key to a pointer: open addressing, linear probing,
 * power-of-two size.  For keys that we choose ourselves (SPIs, ids); a key
 * that a peer chooses is mixed with a secret by the caller first.
 */
#ifndef UTIL_MAP_H
#define UTIL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot;

struct map {
	struct map_slot	*slots;		/* owned */
	size_t		 size;		/* 0 or a power of two */
	size_t		 used;
	struct map_slot	*old;		/* owned; while it grows */
	size_t		 old_size, moved;
};

void	map_fini(struct map *);		/* an all-zero map is valid and empty */
void	*map_get(const struct map *, uint64_t key);	/* NULL: absent */
/* Inserts or replaces; value must not be NULL; false: out of memory. */
bool	map_put(struct map *, uint64_t key, void *value);
/* Returns what was there, or NULL. */
void	*map_del(struct map *, uint64_t key);
/*
 * Visits in no order; *pos starts at 0; NULL at the end.  Not while the map
 * changes.
 */
void	*map_each(const struct map *, size_t *pos);

#endif
