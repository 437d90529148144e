/* A set of 32-bit numbers, cheap when they lie together: pages of bits. */
#ifndef BGP_BITS_H
#define BGP_BITS_H

#include <stdbool.h>
#include <stdint.h>

struct bits {
	uint64_t	**page;		/* owned; NULL: all clear */
	uint32_t	 pages;
};

void	bits_fini(struct bits *);	/* an all-zero set is empty */
bool	bits_test(const struct bits *, uint32_t);
bool	bits_set(struct bits *, uint32_t);	/* false: no memory */
void	bits_clear(struct bits *, uint32_t);

#endif
