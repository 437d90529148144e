/* What the service manager hears of us (sd_notify(3)), where there is one. */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "util/instant.h"

/* Where to, by NOTIFY_SOCKET in the environment; it is taken out of there. */
void	service_init(void);
void	service_ready(void);
/* What is followed by service_ready(), maybe of another program in our place. */
void	service_reloading(void);
/* For that program: NOTIFY_SOCKET is in the environment again. */
void	service_hand(void);
/* The end has begun, and will take so long at most. */
void	service_stopping(struct span most);

#endif
