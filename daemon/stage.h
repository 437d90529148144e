/*
 * The configuration file and those beside it: FILE is always one that was
 * kept, FILE.candidate is one that may be undone, FILE.previous what FILE was
 * before.
 */
#ifndef DAEMON_STAGE_H
#define DAEMON_STAGE_H

#include <stdbool.h>

#include "util/bytes.h"

#define STAGE_PATH	4096

struct stage {
	char		file[STAGE_PATH];	/* where the links lead */
	char		candidate[STAGE_PATH], previous[STAGE_PATH];
	const char	*what;		/* what failed last, "rename" */
};

/* 0 or -errno, as all of them; the file must be there. */
int	stage_open(struct stage *, const char *path);
/* The candidate is on the disk afterwards, with mode and owner of the file. */
int	stage_write(struct stage *, struct bytes text);
/*
 * It takes the file's place in one step; *kept: the file's content is that of
 * FILE.previous now; *synced: all of it is on the disk.  Where it could not,
 * there is no candidate any more.
 */
int	stage_commit(struct stage *, bool *kept, bool *synced);
/* No candidate any more.  True: there was one. */
bool	stage_drop(struct stage *);

#endif
