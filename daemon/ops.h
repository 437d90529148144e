/* The operations that the engine may ask for: the dispatch table. */
#ifndef DAEMON_OPS_H
#define DAEMON_OPS_H

#include "daemon/monitor.h"

/*
 * Phase, check, run.  Kernel operations may only be queued by it; the answers
 * come with ops_settle(), those about routes once they are there.
 */
void	ops_run(struct monitor *, const struct kern_op *);
/* Is there room for another one about a route?  Answers make some. */
bool	ops_room(const struct monitor *);
/* Sends what is queued to the kernel and answers the engine. */
void	ops_settle(struct monitor *);
/* The same, and waits until nothing is left. */
void	ops_finish(struct monitor *);
/* Answers an operation; error 0 or an errno with text or "". */
void	ops_done(struct monitor *, const struct kern_op *, int error,
	    const char *text);

#endif
