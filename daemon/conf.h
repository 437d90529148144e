/* The configuration in force, and what the engine hears of it. */
#ifndef DAEMON_CONF_H
#define DAEMON_CONF_H

#include "daemon/monitor.h"

enum {				/* bits of monitor.untold */
	TELL_CONF = 1,		/* the configuration */
	TELL_PENDING = 2,	/* whether one waits to be confirmed */
};

/* Into the log: what is no error here, but will be one for a peer. */
void	conf_warn(const struct conffile *);
/*
 * Reads the files again: true, and the engine was sent KERN_RELOADED; or
 * false with the reason, and all is as it was.
 */
bool	conf_reload(struct monitor *, struct reason *why);
/* Takes this into use, and the engine is told; returns what was before. */
struct conffile conf_use(struct monitor *, const struct conffile *);
/* These bits too; to the engine, now or as soon as there is room for them. */
void	conf_tell(struct monitor *, unsigned what);

#endif
