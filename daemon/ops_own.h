/* Operations on the daemon itself; rows of ops.c. */
#ifndef DAEMON_OPS_OWN_H
#define DAEMON_OPS_OWN_H

#include "daemon/monitor.h"

void	ops_own_reload(struct monitor *, const struct kern_op *);
void	ops_own_apply(struct monitor *, const struct kern_op *);	/* and after */
void	ops_own_count(struct monitor *, const struct kern_op *);

#endif
