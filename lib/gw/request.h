/* A control request under way: who asks, for what, and the answer. */
#ifndef GW_REQUEST_H
#define GW_REQUEST_H

#include <jansson.h>

#include "gw/ctl.h"
#include "gw/inner.h"
#include "gw/neighbors.h"

struct request {
	struct gw	*gw;
	struct instant	 now;
	uint32_t	 client, uid;
	struct ctl_request r;
	char		 connection[CONF_NAME_LEN];
	unsigned	 number;	/* 0: all of the connection */
	uint16_t	 table;		/* 0: none was named */
	struct addr	 neighbor;	/* set: named by this, not by name */
};

/* Each request gets one of these, once.  The JSON is taken over. */
void	request_answer(const struct request *, json_t *);
void	request_done(const struct request *);
/* Some routes, and where to go on; 0: these were the last. */
#define REQUEST_PAGE	1000
void	request_page(const struct request *, json_t *routes, uint64_t cursor);
void	request_page_of(const struct request *, const char *member, json_t *,
	    uint64_t cursor);
void	request_refuse(const struct request *, enum ctl_exit,
	    const char *why);

/* Is the tunnel one of those that it names?  Without a name: all are. */
bool	request_names(const struct request *, const struct gw_tunnel *);
/* That, and it is not about to end. */
bool	request_chose(const struct request *, const struct gw_tunnel *);
/* The same of a neighbour; a prefix's name is also of those who called. */
bool	request_chose_neighbor(const struct request *,
	    const struct neighbor *);

#endif
