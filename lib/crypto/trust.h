/*
 * Whom we believe: CA certificates, CRLs, and the verification of a peer's
 * chain against them (RFC 5280 section 6).  The time is the caller's, in Unix
 * seconds; no clock is read, nothing is fetched.
 */
#ifndef CRYPTO_TRUST_H
#define CRYPTO_TRUST_H

#include "crypto/cert.h"

#define TRUST_CA_MAX	64
#define TRUST_CRL_MAX	64
#define TRUST_HASH_LEN	20
#define TRUST_FETCHED_MAX	(1 << 20)	/* octets of a CRL */
#define TRUST_PATH_MAX	10	/* CAs above a leaf */

struct trust;

struct trust	*trust_new(void);		/* NULL: no memory */
void		trust_free(struct trust *);

/*
 * CA certificates, one or many, in PEM.  Self-signed ones are anchors, others
 * are used to complete chains; one that none of ours issued is an anchor too (a
 * subordinate CA that is trusted by itself), and so is each of a circle of CAs
 * that certify each other.  False, and nothing added:
 * one of them is malformed or not a CA, or there are too many.
 */
bool		trust_add_pem(struct trust *, struct bytes, struct reason *);
/*
 * A CRL, PEM or DER.  Replaces an older one of the same issuer and scope; an
 * older one than ours is passed over.  Add the CAs first: when we have the
 * issuer, its signature must be right.
 */
bool		trust_add_crl(struct trust *, struct bytes, struct reason *);
/*
 * One that was fetched because a certificate of this chain, which led to one
 * of our CAs, wants it: in DER or PEM, at most TRUST_FETCHED_MAX octets, in
 * force at now, and its issuer, which signed it, is among our CAs or leads to
 * one of them within the chain.  It stays as one of trust_add_crl() does, but
 * may make room for another one when it has ended.
 */
bool		trust_add_fetched(struct trust *, const struct cert_chain *,
		    struct bytes, int64_t now, struct reason *);
size_t		trust_anchors(const struct trust *);
size_t		trust_cas(const struct trust *);	/* anchors too */
size_t		trust_crls(const struct trust *);

/*
 * For CERTREQ (RFC 7296 section 3.7): the SHA-1 of each CA's
 * SubjectPublicKeyInfo, one after the other.
 */
void		trust_key_hashes(const struct trust *, struct wr *);

enum trust_crl_mode {
	TRUST_CRL_IF_ANY,	/* revoked is refused, no CRL is no matter */
	TRUST_CRL_REQUIRED,	/* a CRL in force for each of the chain */
	TRUST_CRL_IGNORED,
};

struct trust_policy {
	enum trust_crl_mode crl;
	bool		leaf_vouched;	/* by OCSP: it needs no CRL */
	bool		sha1_ok;	/* certificates signed with SHA-1 */
};

enum trust_result {
	TRUST_OK,
	TRUST_NO_CA,		/* no issuer of it is among our CAs */
	TRUST_EXPIRED,
	TRUST_NOT_YET,
	TRUST_REVOKED,
	TRUST_NO_CRL,
	TRUST_CRL_EXPIRED,
	TRUST_CRL_BAD,		/* forged, or of a kind we cannot use */
	TRUST_NOT_CA,		/* an issuer that may not issue */
	TRUST_BAD_SIGNATURE,
	TRUST_USAGE,		/* keyUsage or EKU does not fit IKE */
	TRUST_CONSTRAINED,	/* path length or name constraints */
	TRUST_WEAK,		/* key or hash too weak */
	TRUST_INVALID,		/* the rest; the reason says */
};

struct trust_verdict {
	enum trust_result result;
	unsigned	depth;		/* of the certificate meant: 0 leaf */
	char		subject[CERT_NAME_LEN];		/* of that one */
	struct reason	why;		/* a sentence with name and cause */
	/* TRUST_NO_CRL, TRUST_CRL_EXPIRED: where one lies, or "". */
	char		crl_url[CERT_URL_LEN];
	/* When TRUST_OK: */
	int64_t		not_after;	/* the leaf's */
	int64_t		chain_until;	/* the first of the chain to expire */
	char		anchor[CERT_NAME_LEN];	/* the CA it led to */
	char		key[CERT_KEY_LEN];	/* the leaf's key */
};

/*
 * Verifies chain->cert[0]; the rest of the chain are candidates in any order.
 * The identity is cert_has_id()'s, the signature sig_verify()'s.  Always
 * fills the verdict; true with TRUST_OK.
 */
bool		trust_verify(const struct trust *, const struct cert_chain *,
		    int64_t now, const struct trust_policy *,
		    struct trust_verdict *);
/*
 * The issuer of the chain's leaf, verified or not: from the chain or our CAs.
 * Borrowed from either; NULL: unknown.
 */
const struct cert *trust_issuer(const struct trust *,
		    const struct cert_chain *);
/*
 * The key hashes of all CAs above the chain's leaf, from the chain or ours (or
 * NULL), nothing verified but their signatures.  True: that is all of them, up
 * to a self-signed one; room for TRUST_PATH_MAX is enough.
 */
bool		trust_path(const struct trust *, const struct cert_chain *,
		    struct wr *);

#endif
