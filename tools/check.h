/* `vpnctl check`: the daemon's own check of configuration and secrets. */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include "gw/ctl.h"

/* File and secrets may be NULL: the daemon's defaults. */
enum ctl_exit	check_run(const char *file, const char *secrets, bool json);

/* With another directory in the place of conf.d; the first error as ours. */
enum ctl_exit	check_directory(const char *file, const char *dir,
		    const char *secrets);

#endif
