/*
 * Exchanges that cross, written down as words.  Two ends, A and B, are set up
 * (or not, when cold); from then on every datagram is held until a word says
 * what becomes of it, so that a script is one exact interleaving.  After every
 * word the world runs for a moment, so that kernels and key stores answer, and
 * the invariants are checked.
 *
 *	A!ike A!child		A rekeys its IKE SA, its child
 *	A!del A!down A!up	A deletes its child, the IKE SA; wants to be up
 *	A!soft A!hard		A's kernel says so of the first child
 *	A!del1			A deletes the first child, replaced or not
 *	A!del2			A deletes the newest child, in any state
 *	A!again			A forgets that it has rekeyed the first child
 *	A!recheck		A rekeys once more after a collision, to be sure
 *	A!lose			A loses its child without a word
 *	A!alive			A takes the first child for not replaced
 *	A!misplace		A has its children under its other IKE SA
 *	A!crash A!keep		A starts anew; A's host keeps it up
 *	A!prefer:19+20		groups for everything from here on
 *	A!more:20+21/none	additional key exchanges from here on: slots
 *				with alternatives
 *	A!childless:force	whether A does IKE SAs without a child
 *	A!slow:300		A's kernel takes so many milliseconds
 *	A!probe			A asks whether B lives
 *	A!tickets		A asks for tickets and gives them
 *	A!forget		A takes its IKE SA for lost, as after silence
 *	A!steal			A rekeys its child and offers the SPI of it
 *	A>create		that message of A's arrives
 *	A>created:NOTIFY	it does and carries this error; without, none
 *	A+create A-create	the same, and a copy stays; it is lost
 *	A~			nothing of A's is under way
 *	[2.1|1.1]		A has two IKE SAs and one child, B one of each
 *	flow noflow		from here on traffic must (need not) flow
 *	nonces			all four are drawn: is their order the wanted?
 *	wait:500		so many milliseconds pass
 *	any			messages arrive, one at a time, in the order of
 *				choice, until none is under way
 *	post hold		everything goes by itself; no longer
 *	one bare gone		post; in the end there is one working pair, an
 *				IKE SA without a child, nothing
 *	child=A ike=A		whose exchange made what there is now
 *	up=0,1 down= ikeup= ikedown= rekeys= failed=
 *				events since the set-up at A and B; those that
 *				are not named must not be
 *	outs=1,1		SAs for sending that were installed since then
 *
 * Messages: init inited resume resumed inter intered auth authed create created follow
 * followed del deleted bye probe ok.
 */
#ifndef TEST_SIM_SCRIPT_H
#define TEST_SIM_SCRIPT_H

#include "sim/duo.h"
#include "sim/mail.h"

#define SCRIPT_COUNTS	7
#define SCRIPT_CHOICES	40

struct script_nonce {
	uint16_t	n;
	uint8_t		b[NONCE_MAX];
};

/* Which of those under way goes next, and among how many that was. */
struct script_order {
	size_t		n;		/* choices that were asked for */
	unsigned	choice[SCRIPT_CHOICES], of[SCRIPT_CHOICES];
};

struct script {
	struct duo	d;
	bool		mirror;		/* A is RIGHT, which did not set up */
	bool		cold;		/* nothing is set up */
	char		lowest;		/* '1'..'4': of N1 to N4; 0: any */
	bool		other_order;	/* nonces fell otherwise */
	bool		flow;
	bool		gap;		/* flow was off at any time */
	uint32_t	first_in[2];	/* by side */
	struct script_nonce nonce[4];
	int		want[SCRIPT_COUNTS][2];	/* by role; -1: any */
	unsigned	had[SCRIPT_COUNTS][2];	/* by side, at the set-up */
	struct script_order *order;	/* for "any"; the caller's */
	unsigned	word;		/* counted from one */
	struct reason	why;		/* "" while all is well */
};

/* False: the set-up itself failed. */
bool	script_begin(struct script *, uint64_t seed);
/* Goes on until the end, or until something is wrong. */
void	script_play(struct script *, const char *words);
/* Counts, then both go down and nothing may be left.  Frees everything. */
bool	script_end(struct script *);
/* False: nothing is wrong, or something else was before. */
bool	script_fail(struct script *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
int	script_side(const struct script *, char role);
/* The SA that carries the tunnel and its child, from the inside; or NULL. */
struct ike_sa *script_sa(const struct script *, int side);
struct child *script_child(const struct script *, int side);

#endif
