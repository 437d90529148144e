/*
 * The story of a failure, kept per peer for whoever asks later: a stable code,
 * and facts as pairs of name and text, beside the one sentence that the log
 * has.  A story never holds a secret.
 *
 * Every function takes NULL for a story and does nothing then: that there was
 * no memory for the details must not stand in the way of a failure.
 */
#ifndef IKE_STORY_H
#define IKE_STORY_H

#include "ike/id.h"
#include "ike/proposal.h"
#include "ike/ts.h"

#define STORY_TEXT	3072	/* octets of names and texts in all */

enum story_code {
	STORY_OTHER,
	STORY_NO_ANSWER,	/* nothing came back until we gave up */
	STORY_NO_PROPOSAL,	/* nothing in common, by our or their word */
	STORY_KEY_EXCHANGE,	/* the peer's value, or the group it asks */
	STORY_PEER_IDENTITY,	/* the peer is not who it should be */
	STORY_OUR_IDENTITY,	/* the peer wants to talk to somebody else */
	STORY_AUTH_METHOD,	/* PSK against certificate and so on */
	STORY_AUTH_VALUE,	/* keys or signatures do not agree */
	STORY_REFUSED_US,	/* the peer answered AUTHENTICATION_FAILED */
	STORY_CERTIFICATE,	/* the peer's does not stand the test */
	STORY_SELECTORS,	/* traffic selectors have nothing in common */
	STORY_ERROR_NOTIFY,	/* the peer answered with an error */
	STORY_MALFORMED,	/* the peer's message breaks the rules */
	STORY_KERNEL,		/* an SA could not be installed */
	STORY_LIMIT,		/* of SAs or memory on our side */
	STORY_DELETED,		/* the peer deleted the SA */
	STORY_REDIRECT,		/* the peer's redirect is not followed */
	STORY_REDIRECT_LOOP,	/* too many of them */
	STORY_DRAINING,		/* we let nobody new in */
	STORY_CODES
};

struct story {
	enum story_code code;
	uint16_t	n;		/* octets of text in use */
	char		text[STORY_TEXT];	/* name NUL value NUL ... */
};

/* "no-common-proposal": scripts match it; codes are added, never changed. */
const char	*story_code_str(enum story_code);
/* What to look at, one sentence; "" when the code alone says nothing. */
const char	*story_remedy(enum story_code);

/* Forgets what was; facts follow. */
void		story_begin(struct story *, enum story_code);
/* A fact that does not fit any more is left out. */
void		story_add(struct story *, const char *name, const char *, ...)
		    __attribute__((format(printf, 3, 4)));
/* Facts in order.  False: no more. */
bool		story_next(const struct story *, size_t *pos,
		    const char **name, const char **value);

/* The error that the peer's answer holds, or that it deserves. */
void		story_notify(struct story *, uint8_t exchange, uint16_t type);
/*
 * Every proposal of both sides, one fact each, and where they first differ.
 * theirs NULL: the peer refused ours without a word about its own.
 */
void		story_proposals(struct story *, const struct offer *ours,
		    const struct proposals *theirs);
/*
 * An identity that came and the one that was wanted (type 0: anybody), with
 * whose word that is, unless from is NULL.
 */
void		story_ids(struct story *, const char *payload,
		    const struct pl_id *got, const char *from,
		    const struct id *wanted);
void		story_id(struct story *, const char *name, const struct id *);
/* Selectors that were offered against those that are allowed. */
void		story_selectors(struct story *, const struct ts_list *offered_i,
		    const struct ts_list *offered_r,
		    const struct ts_list *allowed_i,
		    const struct ts_list *allowed_r);

#endif
