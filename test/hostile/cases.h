/*
 * The table of broken rules: what the rogue says in which state, and what the
 * RFC asks the other side to do.  Whatever it is, the other side lives, its
 * other tunnel notices nothing, and nothing half done stays behind.
 */
#ifndef TEST_HOSTILE_CASES_H
#define TEST_HOSTILE_CASES_H

#include "hostile/rogue.h"

enum stage {			/* how far it went by the rules */
	FRESH,			/* not at all */
	HALF,			/* IKE_SA_INIT is done */
	UP,			/* established, with a child */
	CALLED,			/* its IKE_SA_INIT waits for our answer */
	CALLED_AUTH,		/* its IKE_AUTH does */
	CALLED_CHILD,		/* its rekey of the child does */
	CALLED_IKE,		/* its rekey of the IKE SA does */
};

enum want {
	WANT_END,		/* no further step */
	WANT_SILENCE,		/* no answer, no further message */
	WANT_ANSWER,		/* an answer without an error */
	WANT_NOTIFY,		/* an answer with this error */
	WANT_REQUEST,		/* called: goes on, or tries again */
	WANT_DELETE,		/* called: the IKE SA is deleted */
};

#define ASK	0x100		/* called, and yet a request of ours */

struct step {
	unsigned	exchange;
	const char	*words;
	enum want	want;
	uint16_t	notify;
};

enum end {
	SOUND,			/* what was begun can be finished */
	CHILDLESS,		/* the IKE SA works, without a child */
	GONE,			/* the IKE SA or the attempt has ended */
	OPEN,			/* either is fine */
};

#define STEPS_MAX	6
#define HOSTILE_GROUPS	6

struct hostile_case {
	const char	*name;
	const char	*rfc;		/* "7296 2.5" */
	enum stage	stage;
	enum end	end;
	struct step	steps[STEPS_MAX];
};

struct hostile_group {
	const char	*name;
	const struct hostile_case *cases;
	size_t		n;
};

extern const struct hostile_group group_header, group_init, group_auth,
    group_child, group_info, group_called;
extern const struct hostile_group *const hostile_groups[HOSTILE_GROUPS];

/* False: why says which step went otherwise. */
bool		judge(struct rogue *, const struct hostile_case *,
		    struct reason *why);
/* "dropped; the attempt goes on" */
void		judge_str(const struct hostile_case *, char *, size_t);

/* Shorthand for the tables. */
#define DROP(x, words)		{ (x), (words), WANT_SILENCE, 0 }
#define OK(x, words)		{ (x), (words), WANT_ANSWER, 0 }
#define NO(x, words, type)	{ (x), (words), WANT_NOTIFY, N_##type }
#define ON(x, words)		{ (x), (words), WANT_REQUEST, 0 }
#define DEL(x, words)		{ (x), (words), WANT_DELETE, 0 }
#define INI	IKE_SA_INIT
#define AUT	IKE_AUTH
#define CRE	CREATE_CHILD_SA
#define INF	INFORMATIONAL
#define GOOD_INIT	"sa ke n"
#define GOOD_AUTH	"idi auth esp tsi tsr"
#define GOOD_CHILD	"esp n ke tsi tsr"
#define GOOD_IKE	"ike n ke"

#endif
