/*
 * What the monitor keeps for session resumption (RFC 5723): the keys of tickets,
 * so that a new engine takes those that the one before it gave, and the key of
 * the marks by which an engine sees that a secret has changed.  All of it is
 * drawn at start and lives in memory alone, until the monitor ends: one that
 * takes its place has it all.
 */
#ifndef DAEMON_TICKETS_H
#define DAEMON_TICKETS_H

#include "crypto/ticket_keys.h"
#include "daemon/conffile.h"

struct tickets {
	struct ticket_keys keys;
	struct ticket_keys handed;	/* a copy, while an engine is born */
	uint8_t		mark_key[TICKET_KEY];
};

/* Keys of a monitor before this one stay.  False: no randomness. */
bool	tickets_init(struct tickets *);
/* At keys.turn_at; keys whose time is over are gone then. */
void	tickets_turn(struct tickets *);
/* Marks the secrets of all tunnels that resume sessions. */
void	tickets_mark(const struct tickets *, struct conffile *);

/* Around the fork: what the engine is given, and that we keep one copy. */
struct ticket_keys *tickets_hand(struct tickets *);
void	tickets_handed(struct tickets *);
/* In a child: all but what was handed. */
void	tickets_forget(struct tickets *);
void	tickets_fini(struct tickets *);

#endif
