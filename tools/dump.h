/* bgp dump: what neighbors taught, as MRT records (RFC 6396). */
#ifndef TOOLS_DUMP_H
#define TOOLS_DUMP_H

#include <stdbool.h>

#include "tools/client.h"

/* file: "-" for standard output. */
enum ctl_exit	dump_run(const struct client *, bool json, const char *file);

#endif
