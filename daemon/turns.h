/*
 * How long the turns of a loop take: nothing else is heard of meanwhile, so a
 * long one is what a datagram of IKE has to wait for.
 */
#ifndef DAEMON_TURNS_H
#define DAEMON_TURNS_H

#include <stdint.h>

#include "util/instant.h"

#define TURNS_LONG_MS	5	/* more than that is long */

struct turns {
	uint64_t	n, over;	/* all of them, and the long ones */
	struct span	most, most_cpu;	/* the longest; most processor time */
	struct instant	began;
	struct span	cpu;		/* of this thread, when it began */
};

void	turns_begin(struct turns *);
void	turns_end(struct turns *);
/* At the end of the loop: a line in the log. */
void	turns_tell(const struct turns *, const char *whose);

#endif
