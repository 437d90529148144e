/*
 * The table of what may cross between two IKEv2 peers: one row per scenario,
 * one or more plays per row, each of them one exact interleaving (script.h).
 * The files collide_*.c hold the rows, collide.c runs them.
 *
 * A and B both have something to do; N1 and N2 are the nonces of their
 * requests, N3 is B's in its answer to A, N4 A's in its answer to B.  RFC 7296
 * section 2.8.1: when the lowest is N1 or N3 the exchange that A began loses,
 * when it is N2 or N4 the one that B began.
 */
#ifndef TEST_SIM_COLLIDE_H
#define TEST_SIM_COLLIDE_H

#include "sim/script.h"

enum { ONCE, BOTH };			/* the ends also swap their parts */

struct collide_play {
	const char	*what;
	const char	*lowest;	/* "13": once with N1, once with N3 the
					   lowest; NULL: as they fall */
	bool		both;
	const char	*script;	/* with "any": in every order that there
					   is, for a few seeds */
};

struct collide_run;

struct collide_row {
	const char	*id, *layer, *title, *expected;
	const struct collide_play *plays;
	size_t		plays_n;
	bool		cold;		/* the plays start with nothing */
	void		(*more)(struct collide_run *);	/* generated plays */
};

struct collide_rows {
	const struct collide_row *row;
	size_t		n;
};

extern const struct collide_rows collide_ike, collide_child, collide_cross,
    collide_delete, collide_init, collide_other, collide_resume;

/* Counts a variant that .more has run; the text says what was wrong. */
void	collide_count(struct collide_run *, bool ok, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

#endif
