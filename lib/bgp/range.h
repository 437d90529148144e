/* Numbers from one to another, and their text: "N", "N-M". */
#ifndef BGP_RANGE_H
#define BGP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct range {
	uint32_t	lo, hi;
};

#define RANGE_ALL	((struct range){ 0, UINT32_MAX })

static inline bool
range_has(const struct range *r, uint32_t n)
{
	return n >= r->lo && n <= r->hi;
}

/*
 * Takes digits off the front of the text, which is left behind them.  False,
 * and the text where it was: no number, or one above max.
 */
bool	range_number(const char **, uint32_t max, uint32_t *out);
/* A number or two with "-" between, in order. */
bool	range_parse(const char **, uint32_t max, struct range *out);

#endif
