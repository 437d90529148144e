/*
 * A round over all routes: every place of the store once, but not in a row.
 * Private to the fib.
 */
#ifndef GW_FIB_ROUND_H
#define GW_FIB_ROUND_H

#include "gw/fib_store.h"

struct fib_round {
	uint32_t	size[2 * FIB_SLOTS];	/* 0 or a power of two */
	unsigned	in;		/* table and family, in a row */
	uint32_t	at;		/* steps in it */
	uint32_t	left;		/* steps to the end of the round */
};

/*
 * Over all that is there by now: goes on from where it is, or from the start
 * where the store has outgrown it.
 */
void		fib_round_begin(struct fib_round *,
		    const struct fib_store *);
/* Has it begun from the start and not gone on? */
bool		fib_round_starts(const struct fib_round *);
/* The next place, while steps are left: its route's number, or 0: none. */
uint32_t	fib_round_step(struct fib_round *,
		    const struct fib_store *);

#endif
