/* Events of the kernel on their way to the engine. */
#ifndef DAEMON_KEVENTS_H
#define DAEMON_KEVENTS_H

#include "daemon/monitor.h"

/* A good number of those that are there. */
void	kevents_xfrm(struct monitor *);
void	kevents_link(struct monitor *);
void	kevents_route(struct monitor *);
/* All link events that are there, but for those of one name. */
void	kevents_drain_links(struct monitor *, const char *name);

#endif
