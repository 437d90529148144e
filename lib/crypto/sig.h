/*
 * Signatures of IKE_AUTH: RFC 7296 sections 2.15 and 3.8, RFC 7427 (method
 * 14), RFC 8420 (Ed25519, Ed448), RFC 4754 (ECDSA, methods 9 to 11).
 *
 * Signing needs a private key, which only the privileged side holds; it never
 * looks into what a peer sent.  Verifying needs a certificate's public key.
 * ECDSA and RSA-PSS draw on OpenSSL's own generator, so that two signatures
 * of the same octets differ, and ECDSA's in length too; RSA (PKCS #1 v1.5),
 * Ed25519 and Ed448 repeat exactly.
 */
#ifndef CRYPTO_SIG_H
#define CRYPTO_SIG_H

#include "crypto/cert.h"
#include "util/bytes.h"
#include "util/str.h"

/* AUTH methods, RFC 7296 section 3.8 and its registry. */
enum sig_method {
	SIG_METHOD_RSA = 1,		/* PKCS #1 v1.5 */
	SIG_METHOD_PSK = 2,		/* no signature; not handled here */
	SIG_METHOD_ECDSA_256 = 9,	/* P-256 with SHA2-256, r | s */
	SIG_METHOD_ECDSA_384 = 10,
	SIG_METHOD_ECDSA_521 = 11,
	SIG_METHOD_DIGITAL = 14,	/* AlgorithmIdentifier, signature */
};

/* Hash algorithms, RFC 7427 section 7 and RFC 8420. */
enum sig_hash {
	SIG_SHA1 = 1,
	SIG_SHA2_256 = 2,
	SIG_SHA2_384 = 3,
	SIG_SHA2_512 = 4,
	SIG_IDENTITY = 5,
};

/* Sets of hash algorithms. */
#define SIG_BIT(hash)	(1U << (hash))
#define SIG_ANNOUNCED	SIG_BIT(0)	/* the notify came, whatever it held */

enum {				/* flags of signing and verifying */
	SIG_RSA_PSS = 1,	/* sign with RSASSA-PSS, not PKCS #1 v1.5 */
	SIG_SHA1_OK = 2,	/* opt in to SHA-1; never by default */
};

#define SIG_VALUE_MAX	1152	/* longest AUTH data: RSA 8192 in PSS */
#define SIG_NAME_LEN	32	/* "ECDSA-P256-SHA2-256" */

/*
 * What we take, for our SIGNATURE_HASH_ALGORITHMS notify (RFC 7427 section 4):
 * SHA2-256, -384, -512 and Identity, and SHA-1 with SIG_SHA1_OK.
 */
unsigned	sig_hashes(unsigned flags);
/* The notify's data: 16 bits per algorithm. */
void		sig_hashes_write(struct wr *, unsigned set);
/*
 * Unknown algorithms are left out of the set, which holds SIG_ANNOUNCED so
 * that it is never empty.  False: an odd length, which is malformed.
 */
bool		sig_hashes_read(struct bytes, unsigned *set);

/* A private key.  Its owner frees it, which wipes it. */
struct sig_key;

/*
 * From unencrypted PEM (PKCS #8, PKCS #1, SEC 1).  NULL: not such a key,
 * encrypted, RSA outside 2048 to 8192 bits, or a curve other than P-256,
 * P-384, P-521, Ed25519 and Ed448; the reason says which.
 */
struct sig_key	*sig_key_load(struct bytes pem, struct reason *);
void		sig_key_free(struct sig_key *);		/* NULL is fine */
/* "RSA-3072", "ECDSA-P256", "Ed25519"; lives as long as the key. */
const char	*sig_key_name(const struct sig_key *);
/* Is it the key of this certificate? */
bool		sig_key_matches(const struct sig_key *, const struct cert *);

/* What was used, for logs and show. */
struct sig_used {
	char		name[SIG_NAME_LEN];	/* "RSA-PSS-SHA2-256" */
};

/*
 * Signs octets (InitiatorSignedOctets or its mirror) and writes the AUTH
 * payload's data behind its four fixed octets.  announced is the peer's set
 * of hash algorithms, or 0 when it sent none: then ECDSA keys use methods 9 to
 * 11, RSA needs SIG_SHA1_OK, and Ed25519 and Ed448 cannot be used.
 * False: no common hash, or no room; method, value and used are then
 * untouched.  used may be NULL.
 */
bool		sig_sign(const struct sig_key *, unsigned announced,
		    unsigned flags, struct bytes octets,
		    enum sig_method *method, struct wr *value,
		    struct sig_used *used, struct reason *);
/*
 * Is data, as in an AUTH payload of this method, the signature of octets by
 * the certificate's key?  False with the reason: an algorithm that we do not
 * have or that is too weak, one that is not the key's, or a signature that is
 * wrong.  used is set when true.  The certificate itself is not looked at:
 * that is trust_verify()'s and cert_has_id()'s.
 */
bool		sig_verify(const struct cert *, uint8_t method,
		    struct bytes data, struct bytes octets, unsigned flags,
		    struct sig_used *used, struct reason *);

#endif
