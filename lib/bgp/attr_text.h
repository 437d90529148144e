/* Attributes as operators write them. */
#ifndef BGP_ATTR_TEXT_H
#define BGP_ATTR_TEXT_H

#include "bgp/intern.h"

enum attr_list {
	ATTR_LIST_COMMUNITIES,	/* RFC 1997: "65000:100", "no-export" */
	ATTR_LIST_LARGE,	/* RFC 8092: "65000:1:2" */
	ATTR_LIST_EXTENDED,	/* RFC 4360: "rt:65000:1", "0x0300..." */
	ATTR_LISTS
};

#define ATTR_TEXT_LEN	40

const char	*attr_origin_str(const struct attrs *);	/* "IGP" */
const char	*attr_list_str(enum attr_list);	/* "communities" */
/* The next community of a list; pos starts at 0.  False: no more. */
bool		attr_list_next(const struct attrs *, enum attr_list,
		    size_t *pos, char text[static ATTR_TEXT_LEN]);

#endif
