/*
 * Protection of one direction of an IKE SA: the Encrypted payload's body (RFC
 * 7296 section 3.14, RFC 5282).  Works in place on a whole message:
 *
 *   | header ... SK generic header | IV | plaintext + padding | ICV |
 *   '---------- aad_n ------------'
 *
 * An AEAD authenticates the first aad_n octets and the plaintext; with a
 * separate MAC the ICV covers everything before it.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "crypto/drbg.h"
#include "crypto/suite.h"
#include "util/secret.h"

struct seal;

/*
 * encr: key with salt; integ: empty with an AEAD.  NULL: wrong lengths or no
 * memory.  Keys are copied; seal_free wipes them.
 */
struct seal	*seal_new(const struct suite *, struct bytes encr,
		    struct bytes integ);
void		seal_free(struct seal *);
/* Copies of its keys; wiped by whoever asks. */
void		seal_keys(const struct seal *, struct key *encr,
		    struct key *integ);
/*
 * An AEAD's next IV, for who will make a seal of the same keys one day and go
 * on there: no IV is ever used twice.  False: none was used yet, or no AEAD.
 */
bool		seal_next_iv(const struct seal *, uint64_t *iv);
void		seal_go_on(struct seal *, uint64_t iv);
/* Octets of IV, padding (with its length octet) and ICV around a plaintext. */
size_t		seal_overhead(const struct seal *, size_t plain_n);
/* Where the plaintext starts behind the aad. */
size_t		seal_iv_len(const struct seal *);
/*
 * msg holds aad_n octets, then a gap of the IV's length, then plain_n octets,
 * and has room for seal_overhead() more than aad and plaintext.  Pads,
 * encrypts, appends the ICV.  An AEAD's IV is a counter kept here that starts
 * at a drawn value; CBC's is drawn.  False: OpenSSL refused.
 */
bool		seal_protect(struct seal *, struct drbg *, uint8_t *msg,
		    size_t aad_n, size_t plain_n);
/*
 * Verifies, then decrypts in place.  On success *plain views the plaintext
 * without its padding.  On failure msg's octets behind aad_n are undefined.
 */
bool		seal_open(struct seal *, uint8_t *msg, size_t aad_n,
		    size_t msg_n, struct bytes *plain);

#endif
