/* Network layer reachability information: prefixes on the wire. */
#ifndef BGP_NLRI_H
#define BGP_NLRI_H

#include "util/addr.h"

/* The next prefix, host bits cleared; false: end, or the reader turned bad. */
bool	nlri_next(struct rd *, enum addr_family, struct prefix *);
/* Is every prefix of it well-formed?  Counts them. */
bool	nlri_check(struct bytes, enum addr_family, unsigned *n);
void	nlri_put(struct wr *, const struct prefix *);
size_t	nlri_size(const struct prefix *);

#endif
