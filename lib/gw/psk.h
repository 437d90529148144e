/* Pre-shared keys as AWS makes and takes them. */
#ifndef GW_PSK_H
#define GW_PSK_H

#include "crypto/drbg.h"

#define PSK_MADE_LEN	32	/* characters of one that is made */

/* 32 of [A-Za-z0-9._], the first no 0, and NUL: more than 191 bits. */
void		psk_make(struct drbg *, char[static PSK_MADE_LEN + 1]);
/* What a key must be that this one is not; NULL: it is fine. */
const char	*psk_fault(const char *);

#endif
