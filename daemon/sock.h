/* Sockets that only the privileged half may open. */
#ifndef DAEMON_SOCK_H
#define DAEMON_SOCK_H

#include <sys/types.h>

#include "gw/kern.h"

#define SOCK_BGP_PORT	179

struct sock_udp {
	int		family;
	uint16_t	port;
	bool		with_xfrm;
	bool		also;	/* one more, where we have that port already */
	int		buffer;	/* octets; the kernel takes twice that */
};

/*
 * All return a descriptor (close-on-exec, non-blocking) or -errno, and on
 * failure say in *what which step it was.
 */

/* IKE: UDP port 500 or 4500 on all addresses of AF_INET or AF_INET6. */
int	sock_udp(const struct sock_udp *, const char **what);
/*
 * A password of this address, or of all that share so many of its bits:
 * nothing is heard from there, and nothing sent there, that is not signed with
 * it (RFC 2385).  The kernel has a copy then.
 */
struct sock_key {
	struct prefix	of;
	struct bytes	password;
};

/* BGP: listening on local; the backlog is short, the peers are few. */
int	sock_listen(const struct kern_conn *, const struct sock_key *,
	    size_t keys, const char **what);
/* BGP: on its way to remote; writable when it got there or failed. */
int	sock_connect(const struct kern_conn *, const struct sock_key *,
	    size_t keys, const char **what);
/* BFD (RFC 5881): what comes to port 3784 of local, with its TTL. */
int	sock_bfd_listen(const struct kern_conn *, const char **what);
/* BFD: to port 3784 of remote, from a port of those that it may come from. */
int	sock_bfd_connect(const struct kern_conn *, const char **what);
/* How a connect ended: 0 or an errno. */
int	sock_connected(int fd);
/* The control socket, mode 0600; an old one of that name is replaced. */
int	sock_control(const char *path, const char **what);
/* Locked for as long as it is open; -EEXIST: *holder has it. */
int	sock_pidfile(const char *path, pid_t *holder, const char **what);

#endif
