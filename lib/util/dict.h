/*
 * Hash map from text to a pointer: open addressing, linear probing, a power of
 * two slots.  Keys are borrowed: each lives, unchanged, as long as its entry.
 * The hash is not keyed: for names that an operator chose.
 */
#ifndef UTIL_DICT_H
#define UTIL_DICT_H

#include <stdbool.h>
#include <stddef.h>

struct dict_slot;

struct dict {
	struct dict_slot *slots;	/* owned */
	size_t		 size;		/* 0 or a power of two */
	size_t		 used;
};

void	dict_fini(struct dict *);	/* an all-zero dict is valid and empty */
void	*dict_get(const struct dict *, const char *key);	/* or NULL */
/* Inserts or replaces; value must not be NULL; false: out of memory. */
bool	dict_put(struct dict *, const char *key, void *value);
/* Returns what was there, or NULL. */
void	*dict_del(struct dict *, const char *key);

#endif
