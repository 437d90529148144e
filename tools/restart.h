/* `vpnctl restart`: the daemon becomes the program that is on the disk now. */
#ifndef TOOLS_RESTART_H
#define TOOLS_RESTART_H

#include "tools/client.h"

/* Comes back when the new one answers, or the old one goes on. */
enum ctl_exit	restart_run(const struct client *, bool json);

#endif
