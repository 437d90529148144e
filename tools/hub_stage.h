/*
 * The directory as it is to be, beside the one that is: made of links to what
 * stays and of new files, and exchanged with it in one step.
 */
#ifndef TOOLS_HUB_STAGE_H
#define TOOLS_HUB_STAGE_H

#include "tools/hub_set.h"

#define HUB_STAGE	".vpnctl"	/* behind the directory's name */

/* Makes it, on the disk; one that was left by a killed vpnctl goes. */
enum ctl_exit	hub_stage_make(const struct hub_set *,
		    char stage[static HUB_PATH]);
/* Nothing of it any more. */
void		hub_stage_remove(const char *stage);
/* Each in the place of the other, and back; where none was, it moves. */
enum ctl_exit	hub_stage_swap(const struct hub_set *, const char *stage);
enum ctl_exit	hub_stage_unswap(const struct hub_set *, const char *stage);
/* Has somebody changed what is in the directory since it was read? */
bool		hub_stage_stale(const struct hub_set *);

#endif
