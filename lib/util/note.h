/*
 * A sentence that is mostly not there, like the reason of a failure: it takes
 * memory only while it says something.
 */
#ifndef UTIL_NOTE_H
#define UTIL_NOTE_H

#include "util/str.h"

/* All-zero: says nothing. */
struct note {
	char		*s;		/* owned; NULL: "" */
};

/* No longer than a reason; "" says nothing, and so does what has no memory. */
void		note_set(struct note *, const char *);
void		note_clear(struct note *);
const char	*note_str(const struct note *);	/* never NULL */
struct reason	note_reason(const struct note *);

#endif
