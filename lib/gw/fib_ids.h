/* Numbers of objects: the longest unused one is given out first. */
#ifndef GW_FIB_IDS_H
#define GW_FIB_IDS_H

#include <stdint.h>

struct fib_ids {
	uint32_t	*free;		/* a ring; owned */
	uint32_t	cap, n, at;
	uint32_t	next;		/* never used before */
	uint32_t	base;		/* they begin behind it */
};

#define FIB_LIVES	8u
#define FIB_IDS_OF_LIFE	(0x100000u / FIB_LIVES)


uint32_t	fib_ids_take(struct fib_ids *);		/* 0: none is left */
void		fib_ids_give(struct fib_ids *, uint32_t);
void		fib_ids_fini(struct fib_ids *);

#endif
