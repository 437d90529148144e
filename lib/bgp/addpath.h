/* Several paths of one peer to a prefix (RFC 7911, receiving). */
#ifndef BGP_ADDPATH_H
#define BGP_ADDPATH_H

#include "bgp/decide.h"

/*
 * Path identifiers by the number of a path.  All zero: nobody has one, and
 * there is no array.
 */
struct addpath {
	uint32_t	*id;		/* owned */
	uint32_t	n;
};

void		addpath_fini(struct addpath *);
uint32_t	addpath_get(const struct addpath *, uint32_t path);
/* False: no memory, which 0 never needs. */
bool		addpath_set(struct addpath *, uint32_t path, uint32_t id);
/*
 * Of n paths that may share traffic, in the order of decide(), those that lead
 * to another one's peer and next hop go behind; how many are left in front.
 */
unsigned	addpath_share(struct decide_path *, unsigned n);

#endif
