/* What control clients ask for, done and answered. */
#ifndef GW_COMMAND_H
#define GW_COMMAND_H

#include "gw/ctl.h"
#include "gw/inner.h"

void	command_run(struct gw *, struct instant, uint32_t client, uint32_t uid,
	    struct bytes);
/*
 * The monitor has read the configuration again, taken another one, kept or
 * undone that, or says why not.
 */
void	command_reloaded(struct gw *, struct instant,
	    const struct kern_event *);

#endif
