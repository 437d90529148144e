/* Cookies against floods of IKE_SA_INIT, RFC 7296 section 2.6. */
#ifndef IKE_COOKIE_H
#define IKE_COOKIE_H

#include "crypto/drbg.h"
#include "util/addr.h"
#include "util/instant.h"

#define COOKIE_LEN	33	/* secret's generation, SHA-256 */

struct cookie_jar {
	uint8_t		secret[2][32];	/* by generation's lowest bit */
	uint8_t		generation;
	struct instant	renew_at;
};

void		cookie_init(struct cookie_jar *, struct drbg *, struct instant);
/* A cookie for this initiator; nothing about it is remembered. */
bool		cookie_make(struct cookie_jar *, struct drbg *, struct instant,
		    struct bytes ni, const struct endpoint *from,
		    uint64_t spi_i, uint8_t out[static COOKIE_LEN]);
/* Did we make it for this initiator, no more than four minutes ago? */
bool		cookie_check(struct cookie_jar *, struct drbg *,
		    struct instant, struct bytes ni,
		    const struct endpoint *from, uint64_t spi_i, struct bytes);

#endif
