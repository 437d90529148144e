/* Sentences on the heap.  They are nobody's secret, and are not wiped. */
#include "util/note.h"

#include <stdlib.h>
#include <string.h>

void
note_set(struct note *n, const char *s)
{
	char *old = n->s;

	n->s = *s == '\0' ? NULL : strndup(s, sizeof(struct reason) - 1);
	free(old);
}

void
note_clear(struct note *n)
{
	free(n->s);
	n->s = NULL;
}

const char *
note_str(const struct note *n)
{
	return n->s == NULL ? "" : n->s;
}

struct reason
note_reason(const struct note *n)
{
	struct reason why;

	str_set(why.s, sizeof(why.s), note_str(n));
	return why;
}
