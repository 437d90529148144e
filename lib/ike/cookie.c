/*
 * Cookie = generation | SHA-256(secret | Ni | IPi | port | SPIi), as RFC 7296
 * section 2.6 suggests.  The secret is renewed every two minutes; the one
 * before it is still honoured, for two more.
 */
#include "ike/cookie.h"

#include <string.h>

#include "crypto/prf.h"
#include "util/secret.h"

static const struct span lifetime = { INT64_C(120) * 1000000000 };

void
cookie_init(struct cookie_jar *jar, struct drbg *drbg, struct instant now)
{
	*jar = (struct cookie_jar){ .renew_at = instant_after(now, lifetime) };
	drbg_fill(drbg, jar->secret, sizeof(jar->secret));
}

static void
renew(struct cookie_jar *jar, struct drbg *drbg, struct instant now)
{
	struct instant over = instant_after(jar->renew_at, lifetime);

	if (!instant_due(jar->renew_at, now))
		return;
	/* After a pause both are too old. */
	for (int i = instant_due(over, now) ? 2 : 1; i > 0; i--) {
		jar->generation++;
		drbg_fill(drbg, jar->secret[jar->generation & 1], 32);
	}
	jar->renew_at = instant_after(now, lifetime);
}

static bool
digest(const uint8_t secret[static 32], struct bytes ni,
    const struct endpoint *from, uint64_t spi_i, uint8_t out[static 32])
{
	uint8_t tail[10];
	struct wr w = wr_of(tail, sizeof(tail));
	struct bytes parts[] = {
		bytes_of(secret, 32), ni, addr_bytes(&from->addr),
		bytes_of(tail, sizeof(tail)),
	};

	wr_u16(&w, from->port);
	wr_u64(&w, spi_i);
	return sha256(parts, 4, out);
}

bool
cookie_make(struct cookie_jar *jar, struct drbg *drbg, struct instant now,
    struct bytes ni, const struct endpoint *from, uint64_t spi_i,
    uint8_t out[static COOKIE_LEN])
{
	renew(jar, drbg, now);
	out[0] = jar->generation;
	return digest(jar->secret[jar->generation & 1], ni, from, spi_i,
	    out + 1);
}

bool
cookie_check(struct cookie_jar *jar, struct drbg *drbg, struct instant now,
    struct bytes ni, const struct endpoint *from, uint64_t spi_i,
    struct bytes got)
{
	uint8_t age, want[32];

	renew(jar, drbg, now);
	if (got.n != COOKIE_LEN)
		return false;
	age = (uint8_t)(jar->generation - got.p[0]);
	return age <= 1 && digest(jar->secret[got.p[0] & 1], ni, from, spi_i,
	    want) && secret_eq(bytes_of(want, 32), bytes_of(got.p + 1, 32));
}
