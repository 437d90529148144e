/* Waiting until tunnels are what was asked for. */
#ifndef TOOLS_WAIT_H
#define TOOLS_WAIT_H

#include "tools/client.h"

/*
 * Asks the daemon for up, down, rekey or replace-tunnel and looks at what is
 * named until all that is named is done or the client's timeout is over.
 * *answer is the last state seen, owned by the caller.
 */
enum ctl_exit	wait_for(const struct client *, enum ctl_command,
		    const char *name, const char *what, json_t **answer);

#endif
