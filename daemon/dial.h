/* TCP connects under way, each with its time limit. */
#ifndef DAEMON_DIAL_H
#define DAEMON_DIAL_H

#include <stddef.h>
#include <stdint.h>

#include "util/timer.h"

#define DIAL_SECONDS	10
#define DIAL_MAX	1024	/* at one time */

struct dial {
	struct dial	*next;
	struct timer	 timer;
	uint32_t	 id;		/* of the operation */
	int		 fd;		/* owned */
};

/* An all-zero one is valid and empty. */
struct dials {
	struct dial	*head;
	size_t		 n;
	struct timers	 timers;
};

/* Takes fd over; NULL: no memory or too many, fd is still the caller's. */
struct dial	*dial_new(struct dials *, uint32_t id, int fd,
		    struct instant now);
struct dial	*dial_find(const struct dials *, int fd);
/* Takes it out of the list; its descriptor, which is now the caller's. */
int		dial_end(struct dials *, struct dial *);
/* One whose time is up, still in the list; NULL: none. */
struct dial	*dial_due(struct dials *, struct instant now);
/* Closes all of them. */
void		dials_fini(struct dials *);

#endif
