/* New files beside others, whole or not at all. */
#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

#include <sys/types.h>

#include "gw/ctl.h"
#include "util/bytes.h"

/* Is it there? */
bool		place_taken(const char *path);
/* The directory, unless it is there. */
enum ctl_exit	place_dir(const char *path);
/*
 * A file with this content and mode.  Another one of that name is only
 * replaced by force.  Complains.
 */
enum ctl_exit	place_file(const char *path, struct bytes, mode_t,
		    bool force);
/* All of a file, or of standard input for "-"; the caller frees it. */
enum ctl_exit	place_read(const char *path, size_t max, uint8_t **,
		    size_t *n);

#endif
