/*
 * Time as values: an instant on a monotonic clock and a span between two.
 * The clock belongs to the caller (real in the daemon, virtual in the
 * simulator); lib/ never reads one.
 */
#ifndef UTIL_INSTANT_H
#define UTIL_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

struct instant {
	int64_t		ns;
};

struct span {
	int64_t		ns;
};

#define INSTANT_NEVER	((struct instant){ INT64_MAX })
#define SPAN_ZERO	((struct span){ 0 })

static inline struct span
span_s(int64_t s)
{
	return (struct span){ s * 1000000000 };
}

static inline struct span
span_ms(int64_t ms)
{
	return (struct span){ ms * 1000000 };
}

static inline int64_t
span_to_s(struct span d)
{
	return d.ns / 1000000000;
}

static inline bool
instant_is_never(struct instant t)
{
	return t.ns == INT64_MAX;
}

/* t + d; saturates at INSTANT_NEVER, and never stays never with d < 0 too. */
static inline struct instant
instant_after(struct instant t, struct span d)
{
	if (instant_is_never(t) || (d.ns > 0 && t.ns > INT64_MAX - d.ns))
		return INSTANT_NEVER;
	return (struct instant){ t.ns + d.ns };
}

/* later - earlier */
static inline struct span
instant_since(struct instant later, struct instant earlier)
{
	return (struct span){ later.ns - earlier.ns };
}

static inline bool
instant_due(struct instant t, struct instant now)
{
	return t.ns <= now.ns;
}

static inline struct instant
instant_min(struct instant a, struct instant b)
{
	return a.ns < b.ns ? a : b;
}

#endif
