/*
 * Announcements of authentication methods (RFC 9593 section 3.2): the data of
 * SUPPORTED_AUTH_METHODS, and what follows from it for a signature of ours.
 */
#ifndef CRYPTO_SIG_METHODS_H
#define CRYPTO_SIG_METHODS_H

#include "crypto/sig.h"

#define SIG_METHODS_MAX	512	/* octets of all that we announce */

/* What we take from the peer: its pre-shared key, its signature, or both. */
void		sig_methods_write(struct wr *, bool psk, bool signatures);
/*
 * A set of what the peer takes, never empty; what we do not know is left out.
 * False: malformed, and the set as it was.
 */
bool		sig_methods_read(struct bytes, uint32_t *set);
/*
 * Narrows the hashes and flags for sig_sign() with this certificate's key to
 * what the peer takes.  With nothing in common, or a peer without RFC 7427
 * (hashes 0), they stay: an announcement is a hint.
 */
void		sig_methods_choose(uint32_t set, const struct cert *,
		    unsigned *hashes, unsigned *flags);

#endif
