/*
 * The monitor: the privileged process.  It does for the engine what the
 * kernel would not let it do itself, after looking whether it may.
 */
#ifndef DAEMON_MONITOR_H
#define DAEMON_MONITOR_H

#include <sys/types.h>

#include "daemon/apply.h"
#include "daemon/chan.h"
#include "daemon/conffile.h"
#include "daemon/dial.h"
#include "daemon/engine.h"
#include "daemon/fence.h"
#include "daemon/haul.h"
#include "daemon/helper.h"
#include "daemon/iface.h"
#include "daemon/keeps.h"
#include "daemon/renew.h"
#include "daemon/lans.h"
#include "daemon/rtables.h"
#include "daemon/sas.h"
#include "daemon/spawn.h"
#include "daemon/stated.h"
#include "daemon/sysctls.h"
#include "daemon/tickets.h"
#include "daemon/turns.h"
#include "util/timer.h"

enum phase {			/* bits: a row of ops.c allows several */
	PHASE_START = 1,	/* until the engine has stated all it wants */
	PHASE_RUN = 2,
	PHASE_STOP = 4,		/* the engine is taking leave */
};

struct monitor {
	/* Set up by main.c. */
	struct conffile	files;
	const char	*secrets;	/* -s, or NULL */
	const char	*rundir;	/* of the control socket */
	const char	*empty;		/* root directory of the engine */
	struct spawn_user user;
	struct engine_boot boot;	/* all but chan and conf */
	struct nl	*nl;		/* NULL: --kernel=none */
	struct haul	haul;		/* of its route requests */
	unsigned	claims;		/* among those, not answered yet */
	struct sysctls	sysctls;

	enum phase	phase;
	pid_t		engine;		/* 0: none at the moment */
	struct chan	*chan;		/* NULL: none */
	struct chan	*keep;		/* of its deposits, until it is dead */
	struct instant	engine_since;
	unsigned	engine_deaths;	/* in a row */
	bool		overrun;	/* to be told as soon as it fits */
	unsigned	owed;		/* KERN_RESYNC_DONE by the engine */
	bool		stopping;

	struct kern_counts counts;	/* but those of the nlqs */
	unsigned	untold;		/* of the engine: TELL_ bits */
	struct apply	apply;

	struct stated	stated;
	struct ifaces	ifaces;
	struct rtables	rtables;
	struct lans	lans;
	struct fence	fence;
	struct sas	sas;
	struct dials	dials;
	struct helper	fetcher;
	struct tickets	tickets;
	struct keeps	keeps;
	int		pid_file;
	struct renew	renew;

	const char	*not_news;	/* interface whose events we cause */
	bool		flushed;	/* it was down in between */
	int		epoll, signals;
	uint32_t	chan_events;	/* of epoll, as set */
	struct instant	restart_at, stop_at;
	struct turns	turns;
};

/* Runs the engine until SIGTERM or SIGINT; the exit status. */
int	monitor_run(struct monitor *);

/* For ops.c: to the engine; what does not fit turns into an overrun. */
void	monitor_event(struct monitor *, const struct kern_event *);
/* Zeroed with its padding, since it goes to another process. */
void	monitor_event_init(struct kern_event *, enum kern_event_kind);
/* The engine lacks an event: it has to state all again. */
void	monitor_state_again(struct monitor *);
/* Waits in the loop for a connect that is under way. */
bool	monitor_watch_dial(struct monitor *, struct dial *);

#endif
