/* drain: peers are sent to another gateway, or nobody new is let in. */
#ifndef TOOLS_DRAIN_H
#define TOOLS_DRAIN_H

#include "tools/client.h"

/* to "": nowhere; name "": all tunnels. */
enum ctl_exit	drain_run(const struct client *, bool json, const char *to,
		    const char *name);
enum ctl_exit	drain_end(const struct client *, bool json, const char *name);

#endif
