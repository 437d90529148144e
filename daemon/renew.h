/*
 * The monitor replaces itself by the program that is on the disk now, and keeps
 * what is there: see handover.h.
 */
#ifndef DAEMON_RENEW_H
#define DAEMON_RENEW_H

#include <sys/types.h>

#include "gw/kern.h"
#include "util/instant.h"

struct monitor;

/* Set program and argv; an all-zero rest: nobody has asked for it. */
struct renew {
	const char	*program;	/* its path, as it was started */
	char		**argv;
	pid_t		check;		/* the new one, which looks; or 0 */
	int		said;		/* memory file of what that says */
	uint32_t	op;		/* to be answered */
	pid_t		asker;		/* the engine that waits for it */
	bool		leaving;	/* the engine was told to */
	bool		stop;		/* asked to end meanwhile */
	struct instant	until;		/* it has had its time; or 0 */
};

/* Row of ops.c: answered once it is known whether it can be. */
void		renew_ask(struct monitor *, const struct kern_op *);
/* A child may have ended. */
void		renew_reap(struct monitor *);
void		renew_tick(struct monitor *, struct instant now);
struct instant	renew_deadline(const struct monitor *);
/* The engine is gone: this does not come back, unless it cannot be done. */
void		renew_go(struct monitor *);

#endif
