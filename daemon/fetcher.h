/*
 * The fetcher: gets CRLs and OCSP answers over HTTP for the engine, which
 * cannot open a socket, in a process that has nothing worth taking.
 */
#ifndef DAEMON_FETCHER_H
#define DAEMON_FETCHER_H

#include "daemon/fetch_wire.h"

/*
 * Serves until the other end is closed; the exit status.  Called in the child
 * with every privilege gone already and no other descriptor open.
 */
int	fetcher_run(int sock);

#endif
