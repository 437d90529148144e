/* Network layer reachability information: prefixes on the wire. */
#ifndef BGP_NLRI_H
#define BGP_NLRI_H

#include "util/addr.h"

/* The next prefix, host bits cleared; false: end, or the reader turned bad. */
bool	nlri_next(struct rd *, enum addr_family, struct prefix *);
/* With ids each has a path identifier in front (RFC 7911); else *id is 0. */
bool	nlri_next_id(struct rd *, enum addr_family, bool ids, struct prefix *,
	    uint32_t *id);
/* Is every prefix of it well-formed?  Counts them. */
bool	nlri_check(struct bytes, enum addr_family, bool ids, unsigned *n);
void	nlri_put(struct wr *, const struct prefix *);
size_t	nlri_size(const struct prefix *);

#endif
