/*
 * X.509 certificates (RFC 5280) for IKEv2 (RFC 4945): reading, identities,
 * where to ask about revocation, and what there is to show.  Whether one is
 * to be trusted is crypto/trust.h's; names as text are crypto/dn.h's; OCSP is
 * crypto/ocsp.h's.  Times are Unix seconds.
 */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "util/bytes.h"
#include "util/str.h"

#define CERT_DER_MAX	16384	/* octets of one certificate */
#define CERT_CHAIN_MAX	8	/* certificates that a peer may send */
#define CERT_NAME_LEN	256	/* a name as text; longer ones are cut */
#define CERT_SANS_LEN	512
#define CERT_URL_LEN	256
#define CERT_KEY_LEN	24	/* "RSA-3072" */

struct cert;

/* One certificate in DER with nothing behind it.  NULL: the reason says why. */
struct cert	*cert_read(struct bytes der, struct reason *);
void		cert_free(struct cert *);		/* NULL is fine */
struct bytes	cert_der(const struct cert *);	/* lives as long as cert */

/* Certificates as a peer sent them or as a file holds them: leaf first. */
struct cert_chain {
	size_t		n;
	struct cert	*cert[CERT_CHAIN_MAX];
};

/* From DER each, in the order of the CERT payloads; n from 1. */
bool		cert_chain_read(struct cert_chain *, const struct bytes *der,
		    size_t n, struct reason *);
/* From PEM with one or more certificates; other PEM blocks are skipped. */
bool		cert_chain_read_pem(struct cert_chain *, struct bytes pem,
		    struct reason *);
void		cert_chain_fini(struct cert_chain *);

/*
 * Does the certificate carry this identity (type and data of RFC 7296 section
 * 3.5)?  ID_DER_ASN1_DN is the subject; ID_FQDN, ID_RFC822_ADDR and addresses
 * stand in subjectAltName (names without regard to case, no wildcards).  A
 * certificate without any subjectAltName may hold the FQDN in its common name.
 * If not, the reason names what it holds instead.
 */
bool		cert_has_id(const struct cert *, uint8_t type,
		    struct bytes data, struct reason *);

/*
 * Where OCSP answers (authorityInfoAccess) and where the CRL lies
 * (cRLDistributionPoints): the first http URL.  False: there is none.
 */
bool		cert_ocsp_url(const struct cert *, char[static CERT_URL_LEN]);
bool		cert_crl_url(const struct cert *, char[static CERT_URL_LEN]);

struct cert_info {
	char		subject[CERT_NAME_LEN];
	char		issuer[CERT_NAME_LEN];
	char		serial[48];		/* hex */
	char		sans[CERT_SANS_LEN];	/* "dns:gw1.example, ip:..." */
	char		key[CERT_KEY_LEN];	/* "ECDSA-P256" */
	int64_t		not_before, not_after;
	bool		ca;
};

void		cert_info(const struct cert *, struct cert_info *);
/* The subject in DER, to be sent as ID_DER_ASN1_DN; lives with cert. */
struct bytes	cert_subject(const struct cert *);

#endif
