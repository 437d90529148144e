/*
 * Keys of session resumption's tickets (RFC 5723 section 9.5), which turn by the
 * clock of whoever has them.
 */
#ifndef CRYPTO_TICKET_KEYS_H
#define CRYPTO_TICKET_KEYS_H

#include "util/instant.h"
#include "util/secret.h"

#define TICKET_KEY	32

/*
 * Two keys with names, by the epoch's lowest bit, each for one epoch of sealing
 * and one more of opening.  What the next one comes from says nothing of those before:
 * a key whose time is over cannot be made again.
 */
struct ticket_keys {
	uint32_t	epoch;		/* 1..; 0: there are none */
	struct instant	turn_at;	/* the next epoch begins */
	uint32_t	name[2];	/* drawn by the key, in the ticket */
	uint8_t		key[2][TICKET_KEY];
	uint8_t		next[TICKET_KEY];
};

void		ticket_keys_init(struct ticket_keys *,
		    const uint8_t seed[static TICKET_KEY], struct instant now);
/* Goes on to the epoch of now; who has a copy comes to the same keys. */
void		ticket_keys_turn(struct ticket_keys *, struct instant now);
/* Which of the two has this name; -1: none, or it is gone. */
int		ticket_keys_find(const struct ticket_keys *, uint32_t name);

#endif
