/*
 * `vpnctl apply`: another configuration in the place of the running one, for
 * good or until the time is up in which it had to be confirmed.
 */
#ifndef DAEMON_APPLY_H
#define DAEMON_APPLY_H

#include "daemon/conffile.h"
#include "util/instant.h"

struct monitor;

struct apply {
	bool		pending;
	struct conffile	previous;	/* what ran before; while pending */
	struct instant	undo_at;	/* never: not pending */
};

/* At the start: a candidate that nobody has confirmed was undone by now. */
void	apply_init(struct monitor *);
/* At the end: what is pending will not be there at the next start. */
void	apply_fini(struct monitor *);
/* In a child: without touching a key. */
void	apply_forget(struct apply *);
/* KERN_APPLY, CONFIRM, UNDO: 0, or an errno with *why, and all is as it was. */
int	apply_run(struct monitor *, const struct kern_op *,
	    struct reason *why);
/* Undoes when the time is up. */
void	apply_tick(struct monitor *, struct instant now);
/* Seconds that are left, at least 1; 0: nothing is pending. */
uint32_t apply_left(const struct apply *, struct instant now);

#endif
