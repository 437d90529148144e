/* apply, confirm, undo: another configuration, for good or on trial. */
#ifndef TOOLS_APPLY_H
#define TOOLS_APPLY_H

#include <stdbool.h>

#include "tools/client.h"

/* seconds: until it is undone unless confirmed; 0: it is confirmed. */
enum ctl_exit	apply_run(const struct client *, bool json, const char *file,
		    unsigned seconds);
/* "60s", "5m", "1h", or seconds; false: not that, or not 1 s to 24 h. */
bool		apply_time(const char *, unsigned *seconds);

#endif
