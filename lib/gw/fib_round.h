/*
 * A round over all routes: every place of the store once, but not in a row.
 * Private to the fib.
 */
#ifndef GW_FIB_ROUND_H
#define GW_FIB_ROUND_H

#include "gw/fib_table.h"

struct fib_round {
	uint32_t	size[2];	/* of a table: 0 or a power of two */
	uint32_t	at;		/* 0.. of both together */
	uint32_t	left;		/* steps to its end */
};

/*
 * Over all that is there by now: goes on from where it is, or from the start
 * where the store has outgrown it.
 */
void		fib_round_begin(struct fib_round *,
		    const struct fib_table table[static 2]);
/* The next place, while steps are left: its route's number, or 0: none. */
uint32_t	fib_round_step(struct fib_round *,
		    const struct fib_table table[static 2]);

#endif
