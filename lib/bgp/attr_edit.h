/*
 * Changes to an attribute set under construction.  False: the result would be
 * longer than we let a route be (limit.h); the set is left as it was.
 */
#ifndef BGP_ATTR_EDIT_H
#define BGP_ATTR_EDIT_H

#include "bgp/community.h"
#include "bgp/intern.h"

struct community_list {
	size_t		n;
	struct community_pattern *v;
};

/* n AS numbers in front, the first one outermost. */
bool	attr_edit_prepend(union attrs_buf *, const uint32_t *, size_t n);
/* One AS number for another, all over the path (as-override). */
bool	attr_edit_replace_asn(union attrs_buf *, uint32_t from, uint32_t to);
/* Private AS numbers but keep become "to"; to 0: they are left out. */
bool	attr_edit_no_private(union attrs_buf *, uint32_t keep, uint32_t to);
/*
 * Communities of all kinds: drops all, or those that one of del matches, then
 * adds those of add that are not there.
 */
bool	attr_edit_communities(union attrs_buf *, bool all,
	    const struct community_list *del,
	    const struct community_list *add);
/* Does one of the set's communities match? */
bool	attr_has_community(const struct attrs *,
	    const struct community_pattern *);

#endif
