/*
 * A certificate by issuer and serial number, which is all that a CRL knows of
 * it (RFC 5280 section 5.1.2.6): small enough to be kept where the certificate
 * itself is not.
 */
#ifndef CRYPTO_SERIAL_H
#define CRYPTO_SERIAL_H

#include "crypto/trust.h"

#define SERIAL_MAX	20	/* RFC 5280 section 4.1.2.2 */
#define SERIAL_ISSUER	16	/* octets of the issuer's digest */

struct serial {
	uint8_t		issuer[SERIAL_ISSUER];	/* SHA-256 of its name, cut */
	uint8_t		n;
	uint8_t		b[SERIAL_MAX];
};

/* False: the serial number is longer than it may be, negative, or none. */
bool		serial_of(const struct cert *, struct serial *);
/*
 * Does a CRL that we hold name it?  One that has ended counts, too: what was
 * revoked stays so.  Nothing is verified: that was done when the CRL came.
 */
bool		serial_revoked(const struct trust *, const struct serial *);

#endif
