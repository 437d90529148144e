/* The counters as an answer to a control client. */
#ifndef GW_COMMAND_COUNTERS_H
#define GW_COMMAND_COUNTERS_H

#include "gw/request.h"

void	command_counters(struct request *);

#endif
