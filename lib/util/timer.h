/*
 * Timers: a binary heap of deadlines embedded in their owners.  The earliest
 * is found in O(1); set and clear are O(log n).
 */
#ifndef UTIL_TIMER_H
#define UTIL_TIMER_H

#include <stddef.h>

#include "util/instant.h"

struct timer {
	struct instant	 at;
	size_t		 slot;		/* 1 + index in the heap; 0: idle */
};

struct timers {
	struct timer	**heap;		/* owned; the timers are not */
	size_t		 n, cap;
};

void		timers_fini(struct timers *);
/* (Re)arms; INSTANT_NEVER clears.  False: out of memory, left idle. */
bool		timer_set(struct timers *, struct timer *, struct instant at);
void		timer_clear(struct timers *, struct timer *);
struct instant	timers_next(const struct timers *);
/* Takes the earliest timer that is due out of the heap, or NULL. */
struct timer	*timers_pop(struct timers *, struct instant now);

#endif
