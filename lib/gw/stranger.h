/*
 * Those who were refused and are no peer of ours, the latest few: whoever
 * configures a new peer asks why "nothing happens", and the answer is here.
 */
#ifndef GW_STRANGER_H
#define GW_STRANGER_H

#include "util/addr.h"
#include "util/str.h"

#define STRANGERS	32	/* kept; the one silent for longest goes */

struct stranger {
	struct addr	from;		/* unset: a free place */
	int64_t		at;		/* last time, seconds since 1970 */
	uint64_t	count;
	struct reason	why;		/* of the last time */
};

struct strangers {
	struct stranger	v[STRANGERS];
};

void		stranger_note(struct strangers *, const struct addr *,
		    int64_t at, const char *why);
/* NULL: not among those kept. */
const struct stranger *stranger_find(const struct strangers *,
		    const struct addr *);

#endif
