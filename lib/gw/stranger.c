/*
 * A small table of refused strangers by address.  It is bounded: a flood from
 * many addresses pushes older ones out and costs nothing else.
 */
#include "gw/stranger.h"

static bool
is_free(const struct stranger *s)
{
	return s->from.family == ADDR_NONE;
}

const struct stranger *
stranger_find(const struct strangers *l, const struct addr *from)
{
	for (size_t i = 0; i < STRANGERS; i++) {
		if (!is_free(&l->v[i]) && addr_eq(&l->v[i].from, from))
			return &l->v[i];
	}
	return NULL;
}

/* The place of this address, a free one, or that of the longest silent. */
static struct stranger *
place(struct strangers *l, const struct addr *from)
{
	struct stranger *best = &l->v[0];

	for (size_t i = 0; i < STRANGERS; i++) {
		struct stranger *s = &l->v[i];

		if (!is_free(s) && addr_eq(&s->from, from))
			return s;
		if (!is_free(best) && (is_free(s) || s->at < best->at))
			best = s;
	}
	*best = (struct stranger){ .from = *from };
	return best;
}

void
stranger_note(struct strangers *l, const struct addr *from, int64_t at,
    const char *why)
{
	struct stranger *s = place(l, from);

	s->at = at;
	s->count++;
	str_set(s->why.s, sizeof(s->why.s), why);
}
