/*
 * Route requests go to the kernel in a thread of their own: one of them may
 * take the kernel a tenth of a second, and what IKE asks of the monitor must
 * not wait for it.  The thread does nothing but send a batch and take its
 * answers; all else about them stays with the loop.
 */
#ifndef DAEMON_HAUL_H
#define DAEMON_HAUL_H

#include <pthread.h>
#include <stdbool.h>

#include "daemon/nl.h"

#define HAUL_BATCHES	8	/* on their way, done, or being filled */
#define HAUL_AHEAD	2	/* the kernel has one, and the next lies ready */

struct haul {
	struct nl	*nl;		/* nl->route is the batch to be filled */
	struct nlq	*batch[HAUL_BATCHES];	/* a ring; [0] is nl's */
	unsigned	first, n;	/* given away and not taken back */
	int		news;		/* eventfd: a batch is done */
	pthread_t	thread;
	pthread_mutex_t	lock;		/* of what follows */
	pthread_cond_t	more, done;
	unsigned	given, finished;	/* counts */
	bool		stop;
};

/* 0 or -errno; with nl NULL nothing is ever hauled. */
int		haul_start(struct haul *, struct nl *);
/* What is on its way comes to its end first. */
void		haul_stop(struct haul *);
/*
 * Gives away what was filled, if it is anything: as long as few are on their
 * way, or when it is full.  False: it is full, and has to wait.
 */
bool		haul_give(struct haul *);
/* Is there room for another request in what is filled, or behind it? */
bool		haul_room(const struct haul *);
/* Those on their way, from the oldest on, and the one that is filled; NULL. */
const struct nlq *haul_each(const struct haul *, unsigned i);
/* The oldest batch that is done, with its answers; NULL: none, or none yet. */
struct nlq	*haul_take(struct haul *, bool wait);
/* It was looked at, and is empty again. */
void		haul_back(struct haul *);

#endif
