/*
 * The engine: all of the protocol code, in a process of its own without any
 * privilege.  What it needs from outside comes as open descriptors.
 */
#ifndef DAEMON_ENGINE_H
#define DAEMON_ENGINE_H

#include <stdbool.h>

#include "crypto/ticket_keys.h"
#include "daemon/log.h"
#include "daemon/sieve.h"

enum engine_udp {		/* order of engine_boot.udp */
	ENGINE_UDP4_500,
	ENGINE_UDP4_4500,
	ENGINE_UDP6_500,
	ENGINE_UDP6_4500,
	ENGINE_UDP_N
};

struct engine_boot {
	int		chan;		/* SOCK_SEQPACKET to the monitor */
	int		keep;		/* another one, for KERN_KEEP alone */
	/* In the order in which they were bound; -1: absent. */
	int		udp[ENGINE_UDP_N][SIEVE_CLASSES];
	int		ctl;		/* control socket, listening */
	int		fetch;		/* SOCK_SEQPACKET to the fetcher */
	int		conf;		/* sealed memfd: configuration text */
	struct ticket_keys *tickets;	/* taken, and wiped; NULL: none */
	struct bytes	kept;		/* by engines before it; wiped, freed */
	const char	*conf_name;	/* its file name, for messages */
	enum log_level	level;
};

/*
 * Runs until the monitor says KERN_STOP or the channel closes; the result is
 * the exit status of the process.  Called in the child with every privilege
 * already gone, signals unblocked, and no other descriptor but 0 to 2 open.
 */
int	engine_run(const struct engine_boot *);

#endif
