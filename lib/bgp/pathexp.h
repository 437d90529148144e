/*
 * Patterns over AS paths, written as engineers write them for other routers,
 * but over AS numbers, not over their digits:
 *
 *	^65001 .* 65002$	begins with 65001, ends with (comes from) 65002
 *	_65001_			has 65001 somewhere; so does: 65001
 *	^$			the empty path
 *	^65001+$		65001 once or more, and nothing else
 *	(65001|65100-65199)	one of these; in place of any number
 *	. ? * +			any AS; none or one, any, one or more of these
 *
 * Blanks and "_" separate numbers.  An AS_SET in a path stands for one AS, and
 * is each of its members.
 */
#ifndef BGP_PATHEXP_H
#define BGP_PATHEXP_H

#include "bgp/range.h"
#include "util/bytes.h"
#include "util/str.h"

#define PATHEXP_ITEMS	60	/* "+" and an open end count as one more */
#define PATHEXP_RANGES	32

struct pathexp_item {
	uint8_t		first, n;	/* of the ranges: the AS is in one */
	bool		skip;		/* may be left out */
	bool		again;		/* may be repeated */
};

/* All octets that are not in use are zero. */
struct pathexp {
	uint8_t		n, ranges;
	struct pathexp_item item[PATHEXP_ITEMS];
	struct range	range[PATHEXP_RANGES];
};

/* False: why says what is wrong with it. */
bool	pathexp_parse(struct pathexp *, const char *, struct reason *why);
/* A path in our form (aspath.h), whole. */
bool	pathexp_match(const struct pathexp *, struct bytes path);

#endif
