/*
 * AS-path patterns: a list of items, each a set of AS numbers that may be left
 * out or repeated.  Matching goes through the path once and keeps, as bits,
 * before which items it may stand: no backtracking, and the time is bounded by
 * the length of the path alone.
 */
#include "bgp/pathexp.h"

#include <string.h>

#include "bgp/aspath.h"

_Static_assert(PATHEXP_ITEMS < 64, "one bit per place, and the end");

static bool
fail(struct reason *why, const char *what, const char *at)
{
	char text[64];

	str_escape(text, sizeof(text), bytes_of(at, strnlen(at, 20)));
	reason_set(why, "%s at \"%s\"", what, text);
	return false;
}

static bool
add_range(struct pathexp *e, struct range r, struct reason *why,
    const char *at)
{
	if (e->ranges == PATHEXP_RANGES)
		return fail(why, "more AS numbers than a pattern may have",
		    at);
	e->range[e->ranges++] = r;
	return true;
}

static bool
add_item(struct pathexp *e, struct pathexp_item it, struct reason *why,
    const char *at)
{
	if (e->n == PATHEXP_ITEMS)
		return fail(why, "longer than a pattern may be", at);
	e->item[e->n++] = it;
	return true;
}

/* ".*" */
static bool
add_any(struct pathexp *e, struct reason *why, const char *at)
{
	struct pathexp_item it = { e->ranges, 1, true, true };

	return add_range(e, RANGE_ALL, why, at) && add_item(e, it, why, at);
}

/* Inside parentheses: numbers with "|" between. */
static bool
parse_choice(struct pathexp *e, const char **text, struct reason *why)
{
	struct range r;

	do {
		++*text;		/* "(" or "|" */
		if (!range_parse(text, UINT32_MAX, &r))
			return fail(why, "must have an AS number", *text);
		if (!add_range(e, r, why, *text))
			return false;
	} while (**text == '|');
	if (**text != ')')
		return fail(why, "must have \"|\" or \")\"", *text);
	++*text;
	return true;
}

/* What an AS may be. */
static bool
parse_atom(struct pathexp *e, const char **text, struct reason *why)
{
	struct range r = RANGE_ALL;

	if (**text == '(')
		return parse_choice(e, text, why);
	if (**text == '.')
		++*text;
	else if (!range_parse(text, UINT32_MAX, &r))
		return fail(why, "must have an AS number, \".\" or \"(\"",
		    *text);
	return add_range(e, r, why, *text);
}

static bool
parse_item(struct pathexp *e, const char **text, struct reason *why)
{
	struct pathexp_item it = { .first = e->ranges };
	const char *at = *text;
	char how;

	if (!parse_atom(e, text, why))
		return false;
	it.n = (uint8_t)(e->ranges - it.first);
	how = **text;
	if (how != '\0' && strchr("?*+", how) != NULL)
		++*text;
	if (how == '+' && !add_item(e, it, why, at))
		return false;
	it.skip = how == '?' || how == '*' || how == '+';
	it.again = how == '*' || how == '+';
	return add_item(e, it, why, at);
}

bool
pathexp_parse(struct pathexp *out, const char *text, struct reason *why)
{
	static const char blanks[] = " \t_";
	const char *s = text + strspn(text, blanks);
	struct pathexp e;

	memset(&e, 0, sizeof(e));
	if (*s == '\0')
		return fail(why, "must not be empty; the empty path is \"^$\"",
		    text);
	if (*s == '^')
		s++;
	else if (!add_any(&e, why, s))
		return false;
	for (s += strspn(s, blanks); *s != '\0' && *s != '$';
	    s += strspn(s, blanks)) {
		if (!parse_item(&e, &s, why))
			return false;
	}
	if (*s == '$') {
		s++;
		s += strspn(s, blanks);
		if (*s != '\0')
			return fail(why, "nothing may stand behind \"$\"", s);
	} else if (!add_any(&e, why, s)) {
		return false;
	}
	memcpy(out, &e, sizeof(e));
	return true;
}

/* From these places also behind every item that may be left out. */
static uint64_t
skip(const struct pathexp *e, uint64_t at)
{
	for (unsigned i = 0; i < e->n; i++) {
		if ((at >> i & 1) != 0 && e->item[i].skip)
			at |= UINT64_C(1) << (i + 1);
	}
	return at;
}

static bool
item_has(const struct pathexp *e, const struct pathexp_item *it, uint32_t asn)
{
	for (unsigned i = 0; i < it->n; i++) {
		if (range_has(&e->range[it->first + i], asn))
			return true;
	}
	return false;
}

/* Where one may stand after this AS. */
static uint64_t
step(const struct pathexp *e, uint64_t at, uint32_t asn)
{
	uint64_t next = 0;

	for (unsigned i = 0; i < e->n; i++) {
		if ((at >> i & 1) != 0 && item_has(e, &e->item[i], asn))
			next |= UINT64_C(1) << (e->item[i].again ? i : i + 1);
	}
	return skip(e, next);
}

bool
pathexp_match(const struct pathexp *e, struct bytes path)
{
	struct rd r = rd_of(path);
	uint64_t at = skip(e, 1);
	struct aspath_part part;

	while (at != 0 && aspath_next(&r, &part)) {
		uint64_t any = 0;

		while (at != 0 && part.asns.n > 0) {
			uint64_t next = step(e, at, rd_u32(&part.asns));

			if (part.type == ASPATH_SET)
				any |= next;
			else
				at = next;
		}
		if (part.type == ASPATH_SET)
			at = any;
	}
	return (at >> e->n & 1) != 0;
}
