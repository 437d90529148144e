/*
 * Key material in structs of fixed size.  Whoever embeds one wipes it; a
 * secret is never logged, printed or compared with memcmp.
 */
#ifndef UTIL_SECRET_H
#define UTIL_SECRET_H

#include "util/bytes.h"

#define SECRET_MAX	1024	/* largest MODP shared secret (group 18) */

struct secret {
	uint16_t	n;
	uint8_t		b[SECRET_MAX];
};

#define KEY_MAX		72	/* longest symmetric key with its salt */

struct key {
	uint8_t		n;
	uint8_t		b[KEY_MAX];
};

void		wipe(void *, size_t);
struct bytes	secret_bytes(const struct secret *);
bool		secret_set(struct secret *, struct bytes); /* false: too long */
struct bytes	key_bytes(const struct key *);
bool		key_set(struct key *, struct bytes);
/* Equality in time that depends on the lengths alone. */
bool		secret_eq(struct bytes, struct bytes);

#endif
