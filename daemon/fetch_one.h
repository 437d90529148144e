/* One object fetched over HTTP, in a process that is there for nothing else. */
#ifndef DAEMON_FETCH_ONE_H
#define DAEMON_FETCH_ONE_H

#include "daemon/fetch_wire.h"

#define FETCH_GOT	'+'	/* first octet on the pipe: content follows */
#define FETCH_NOT	'-'	/* the reason follows */

/* Fetches and writes the outcome to the pipe; the exit status. */
int	fetch_one(const struct fetch_ask *, int pipe);

#endif
