/*
 * Descriptors of the engine's loop.  Each has an owner: what kind of thing it
 * is and that thing's number; the loop switches on the kind.
 */
#ifndef DAEMON_POLLER_H
#define DAEMON_POLLER_H

#include <stdbool.h>
#include <stdint.h>

enum poller_kind {
	POLL_CHANNEL,
	POLL_UDP,		/* number: enum engine_udp */
	POLL_CTL_LISTENER,
	POLL_CTL_CLIENT,	/* number: client */
	POLL_BGP_LISTENER,	/* number: tunnel */
	POLL_BGP_CONN,		/* number: connection */
	POLL_FETCHER,
	POLL_BFD,		/* number: tunnel */
};

struct poller_event {
	enum poller_kind kind;
	uint32_t	number;
	bool		in, out, hup;
};

#define POLLER_EVENTS	64	/* of one turn */

/* All 0 or -errno. */
int	poller_open(void);	/* the descriptor */
int	poller_add(int ep, int fd, enum poller_kind, uint32_t number);
int	poller_want_write(int ep, int fd, enum poller_kind, uint32_t number,
	    bool want);
/* Waits; the number of events, or -errno. */
int	poller_wait(int ep, struct poller_event ev[static POLLER_EVENTS],
	    int timeout_ms);

#endif
