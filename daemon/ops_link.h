/* KERN_LINK_SET and KERN_LINK_DEL, for the table of ops.c. */
#ifndef DAEMON_OPS_LINK_H
#define DAEMON_OPS_LINK_H

#include "daemon/monitor.h"

void	ops_link_set(struct monitor *, const struct kern_op *);
void	ops_link_del(struct monitor *, const struct kern_op *);

#endif
