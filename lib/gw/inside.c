/*
 * Allocation of inside blocks.  For IPv4 the lowest that is free, so that it
 * can be foreseen; for IPv6 any, since there are enough of them that two
 * gateways that know nothing of each other do not meet.
 */
#include "gw/inside.h"

#include <string.h>

#include "util/array.h"

#define BLOCKS4	16384u		/* of 4 addresses in a /16 */

bool
inside_reserved(const struct prefix *p)
{
	static const char *const reserved[] = {
		"169.254.0.0/30", "169.254.1.0/30", "169.254.2.0/30",
		"169.254.3.0/30", "169.254.4.0/30", "169.254.5.0/30",
		"169.254.169.252/30",
	};
	struct prefix q;

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (prefix_parse(&q, reserved[i]) && prefix_eq(&q, p))
			return true;
	}
	return false;
}

static struct prefix
block4(unsigned i)
{
	const uint8_t b[4] = { 169, 254, (uint8_t)(i >> 6),
	    (uint8_t)(i << 2) };

	return (struct prefix){ .addr = addr_from(bytes_of(b, sizeof(b))),
	    .len = 30 };
}

/* Marks the blocks that a network takes of those of 169.254.0.0/16. */
static void
mark(uint8_t taken[static BLOCKS4 / 8], const struct prefix *p)
{
	const struct prefix all = { .addr = block4(0).addr, .len = 16 };
	struct prefix net = prefix_network(p);
	struct bytes b = addr_bytes(&net.addr);
	unsigned first, n = net.len >= 30 ? 1 : 1u << (30 - net.len);

	if (net.addr.family != ADDR_IPV4 || !prefix_covers(&all, &net))
		return;
	first = (unsigned)b.p[2] << 6 | b.p[3] >> 2;
	for (unsigned i = first; i < first + n; i++)
		taken[i / 8] |= (uint8_t)(1u << i % 8);
}

bool
inside4_next(const struct prefix *used, size_t n, struct prefix *out)
{
	uint8_t taken[BLOCKS4 / 8] = { 0 };

	for (size_t i = 0; i < n; i++)
		mark(taken, &used[i]);
	for (unsigned i = 0; i < BLOCKS4; i++) {
		struct prefix p = block4(i);

		if ((taken[i / 8] >> i % 8 & 1) != 0 || inside_reserved(&p))
			continue;
		*out = p;
		return true;
	}
	return false;
}

static bool
is_used(const struct prefix *used, size_t n, const struct prefix *p)
{
	for (size_t i = 0; i < n; i++) {
		if (prefix_covers(&used[i], p) || prefix_covers(p, &used[i]))
			return true;
	}
	return false;
}

/* One of 2^118: who is unlucky twice has no random numbers. */
struct prefix
inside6_next(const struct prefix *used, size_t n, struct drbg *drbg)
{
	struct prefix p;
	uint8_t b[16];

	do {
		drbg_fill(drbg, b, sizeof(b));
		b[0] = 0xfd;
		b[15] &= 0xfc;
		p = (struct prefix){ .addr = addr_from(bytes_of(b, sizeof(b))),
		    .len = 126 };
	} while (is_used(used, n, &p));
	return p;
}
