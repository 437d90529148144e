/*
 * The monitor's side of the fetcher: there is one as long as a tunnel asks for
 * CRLs or OCSP to be fetched, and when it dies there is another one soon.
 * What it is asked and what it answers is between the engine and it.
 */
#ifndef DAEMON_HELPER_H
#define DAEMON_HELPER_H

#include "daemon/spawn.h"
#include "gw/conf.h"
#include "util/instant.h"

struct helper {
	pid_t		pid;		/* 0: none at the moment */
	int		fd[2];		/* engine's end, fetcher's end */
	bool		wanted;
	struct instant	start_at;	/* never: it runs, or need not */
	struct instant	since;		/* the last one was started */
	int64_t		pause;		/* seconds before the next, if it dies */
};

/* For a new engine: a new pair, and the fetcher of the old one ends. */
int	helper_renew(struct helper *);		/* 0 or -errno */
void	helper_fini(struct helper *);
/* Does this configuration need one? */
void	helper_conf(struct helper *, const struct conf *);
/* Starts it when that is due. */
void	helper_tick(struct helper *, struct instant now,
	    const struct spawn_user *, void (*forget)(void *), void *of);
/* After SIGCHLD. */
void	helper_reap(struct helper *);

#endif
