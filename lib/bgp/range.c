/* Text to numbers and ranges of them, by which policies match. */
#include "bgp/range.h"

bool
range_number(const char **text, uint32_t max, uint32_t *out)
{
	const char *s = *text;
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = 10 * n + (uint64_t)(*s - '0');
		if (n > max)
			return false;
	}
	*out = (uint32_t)n;
	*text = s;
	return true;
}

bool
range_parse(const char **text, uint32_t max, struct range *out)
{
	const char *s = *text;
	struct range r;

	if (!range_number(&s, max, &r.lo))
		return false;
	r.hi = r.lo;
	if (*s == '-') {
		s++;
		if (!range_number(&s, max, &r.hi) || r.hi < r.lo)
			return false;
	}
	*out = r;
	*text = s;
	return true;
}
