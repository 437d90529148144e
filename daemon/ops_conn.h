/* Operations that open a socket; rows of the dispatch table (ops.c). */
#ifndef DAEMON_OPS_CONN_H
#define DAEMON_OPS_CONN_H

#include "daemon/monitor.h"

void	ops_conn_listen(struct monitor *, const struct kern_op *);
void	ops_conn_connect(struct monitor *, const struct kern_op *);
/* KERN_BFD_LISTEN and KERN_BFD_CONNECT. */
void	ops_conn_bfd(struct monitor *, const struct kern_op *);

#endif
