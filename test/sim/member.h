/*
 * Another member of one end's cluster, which takes that end's IKE SA over and
 * synchronises message ids (RFC 6311).  It has the SA's keys and says for
 * itself what it believes the ids to be.  The pair must hold its datagrams.
 */
#ifndef TEST_SIM_MEMBER_H
#define TEST_SIM_MEMBER_H

#include "sim/duo.h"

struct member_ids {
	uint32_t	nonce;
	uint32_t	send, recv;
};

struct member_answer {
	struct member_ids ids;
	uint8_t		octets[512];
	size_t		n;
};

/* Says it in the name of this end; the other end deals with it at once. */
void	member_ask(struct duo *, int side, const struct member_ids *);
/* The same with any data in the notify. */
void	member_say(struct duo *, int side, struct bytes data);
/* The answer that is under way to this end, taken off.  False: there is none. */
bool	member_hear(struct duo *, int side, struct member_answer *);
/* From here on it is the one who speaks for this end. */
void	member_take_over(struct duo *, int side, const struct member_answer *);

#endif
