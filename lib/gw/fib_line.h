/*
 * Routes that wait to be settled.  Most stand in line; where that is long, new
 * ones are only marked (loose), for a round to find them.  Private to the fib.
 */
#ifndef GW_FIB_LINE_H
#define GW_FIB_LINE_H

#include "gw/fib_store.h"

struct fib_line {
	uint32_t	head, tail;
	uint32_t	n;		/* in line */
	uint32_t	loose;
};

/* It waits from now on, unless it did. */
void		fib_line_up(struct fib_line *,
		    const struct fib_store *, uint32_t number);
/* Takes the first out; 0: nobody is in line. */
uint32_t	fib_line_next(struct fib_line *,
		    const struct fib_store *);
bool		fib_line_loose(const struct route *);
/* One that is loose does not wait any more. */
void		fib_line_take(struct fib_line *, struct route *);

#endif
