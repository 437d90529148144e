/* Operations on interfaces. */
#ifndef DAEMON_OPS_LINK_H
#define DAEMON_OPS_LINK_H

#include "daemon/ops.h"

/* KERN_LINK_SET, _DEL and _LOOK; checked, and answered by them. */
void	ops_link_set(struct monitor *, const struct kern_op *);
void	ops_link_del(struct monitor *, const struct kern_op *);
void	ops_link_look(struct monitor *, const struct kern_op *);

#endif
