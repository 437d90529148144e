/* The counters as an answer to a control client. */
#ifndef GW_COMMAND_COUNTERS_H
#define GW_COMMAND_COUNTERS_H

#include "gw/request.h"

void	command_counters(struct request *);
/* The monitor has said what it has counted. */
void	command_counted(struct gw *, struct instant,
	    const struct kern_event *);

#endif
