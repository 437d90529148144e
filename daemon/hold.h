/* SAs of an engine before this one that the one that is there goes on with. */
#ifndef DAEMON_HOLD_H
#define DAEMON_HOLD_H

#include "daemon/monitor.h"

/* KERN_SA_HOLD: it is in the kernel as it is said to be, and so stays. */
void	hold_run(struct monitor *, const struct kern_op *);

#endif
