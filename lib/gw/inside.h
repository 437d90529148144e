/*
 * Blocks for the inside of tunnels, as AWS has them: a /30 in 169.254.0.0/16
 * and a /126 in fd00::/8, the first address the hub's, the second the
 * customer's.  Seven of the /30 are kept for others.
 */
#ifndef GW_INSIDE_H
#define GW_INSIDE_H

#include "crypto/drbg.h"
#include "util/addr.h"

/* Is it one of those that AWS keeps for itself? */
bool		inside_reserved(const struct prefix *);
/*
 * The lowest /30 that is neither reserved nor in used, networks in any order;
 * false: there is none left.
 */
bool		inside4_next(const struct prefix *used, size_t n,
		    struct prefix *out);
/* A random /126 (RFC 4193 section 3.2) that none of those covers. */
struct prefix	inside6_next(const struct prefix *used, size_t n,
		    struct drbg *);

#endif
