/* The daemon's clock: lib/ is given instants, here is where they come from. */
#ifndef DAEMON_MONO_H
#define DAEMON_MONO_H

#include <time.h>

#include "util/instant.h"

static inline struct instant
mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct instant){ ts.tv_sec * 1000000000LL + ts.tv_nsec };
}

/* For poll and epoll: milliseconds until then, rounded up; -1: for ever. */
static inline int
mono_until(struct instant at, struct instant now)
{
	int64_t ms;

	if (instant_is_never(at))
		return -1;
	if (at.ns <= now.ns)
		return 0;
	ms = (at.ns - now.ns + 999999) / 1000000;
	return ms > 3600000 ? 3600000 : (int)ms;
}

#endif
