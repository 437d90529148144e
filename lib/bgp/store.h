/*
 * Many small objects of one size, named by 32-bit numbers.  Chunks never move,
 * so a pointer stays good until its object is freed; numbers are reused.
 */
#ifndef BGP_STORE_H
#define BGP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_CHUNK	4096	/* objects */

struct store {
	size_t		 size;		/* of an object, at least 4 octets */
	uint8_t		**chunk;	/* owned */
	uint32_t	 chunks;
	uint32_t	 n;		/* numbers given out: 1 to n */
	uint32_t	 used;
	uint32_t	 spare;		/* list of freed ones */
	uint32_t	 limit;
};

void		store_init(struct store *, size_t size, uint32_t limit);
void		store_fini(struct store *);
uint32_t	store_new(struct store *);	/* zeroed; 0: no more */
/* The object reads as zero but for its first four octets. */
void		store_free(struct store *, uint32_t id);

static inline void *
store_at(const struct store *s, uint32_t id)
{
	return s->chunk[(id - 1) / STORE_CHUNK] +
	    (id - 1) % STORE_CHUNK * s->size;
}

#endif
