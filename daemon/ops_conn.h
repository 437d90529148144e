/* Operations that open a socket for the engine. */
#ifndef DAEMON_OPS_CONN_H
#define DAEMON_OPS_CONN_H

#include "daemon/ops.h"

/* KERN_LISTEN; KERN_BFD_LISTEN and KERN_BFD_CONNECT; KERN_CONNECT. */
void	ops_conn_listen(struct monitor *, const struct kern_op *);
void	ops_conn_bfd(struct monitor *, const struct kern_op *);
void	ops_conn_connect(struct monitor *, const struct kern_op *);
/* The end of a connect: descriptor (taken over) or an errno. */
void	ops_conn_dialled(struct monitor *, uint32_t id, int fd, int error);

#endif
