/* IKE's datagrams: received and sent with both addresses known. */
#ifndef DAEMON_UDP_H
#define DAEMON_UDP_H

#include "util/addr.h"

/*
 * One datagram: its length with *path filled (local port as given), 0 when
 * none waits, or -errno.
 */
int	udp_recv(int fd, uint16_t local_port, struct path *, void *buf,
	    size_t cap);
/* 0 or -errno; the source is path's local address. */
int	udp_send(int fd, const struct path *, struct bytes);

#endif
