/* Attributes as operators write them. */
#ifndef BGP_ATTR_TEXT_H
#define BGP_ATTR_TEXT_H

#include "bgp/community.h"
#include "bgp/intern.h"

const char	*attr_origin_str(const struct attrs *);	/* "IGP" */
const char	*attr_list_str(enum community_kind);	/* "communities" */
/* The next community of a kind; pos starts at 0.  False: no more. */
bool		attr_list_next(const struct attrs *, enum community_kind,
		    size_t *pos, char text[static COMMUNITY_TEXT]);

#endif
