/*
 * What a message between the two simulated ends says, read with the keys of
 * either end at the moment when it is sent.
 */
#ifndef TEST_SIM_MAIL_H
#define TEST_SIM_MAIL_H

#include "ike/ike.h"
#include "ike/payload.h"

struct mail {
	int		from;
	uint8_t		exchange;
	bool		response;
	bool		opened;		/* what follows is known */
	bool		bare;		/* nothing in it */
	bool		deletes_ike, deletes_esp;
	bool		selectors;	/* it is about a child */
	uint16_t	error;		/* notify, or N_NONE */
	uint16_t	nonce_n;
	uint8_t		nonce[NONCE_MAX];
	struct hdr	h;
};

/* One line of the table of names. */
struct mail_like {
	const char	*name;
	uint8_t		exchange;
	bool		response;
	enum { MAIL_ANY, MAIL_BARE, MAIL_DELETES_ESP, MAIL_DELETES_IKE } body;
	int		from;		/* filled in by who asks */
};

/* A message that nobody can open any more is known by its header alone. */
void		mail_read(struct mail *, int from, const struct ike *to,
		    const struct ike *by, struct bytes);
bool		mail_is(const struct mail *, const struct mail_like *);
/* "create", "created", "del", ...; NULL: no such name. */
const struct mail_like *mail_named(const char *, size_t n);

#endif
