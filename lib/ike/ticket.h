/*
 * Tickets by value of session resumption (RFC 5723 sections 5, 6 and 9.5): what
 * is in one of ours, and how it is sealed.  Whoever holds a ticket cannot read
 * it; only we, or another engine that was given the same keys, can.
 */
#ifndef IKE_TICKET_H
#define IKE_TICKET_H

#include "crypto/drbg.h"
#include "crypto/serial.h"
#include "crypto/suite.h"
#include "crypto/ticket_keys.h"
#include "util/instant.h"
#include "util/secret.h"

#define TICKET_MAX	512	/* octets of one of ours, sealed */
#define TICKET_DIGEST	32
#define TICKET_CERTS	4

/* Why a ticket is good for nothing. */
enum ticket_verdict {
	TICKET_GOOD,
	TICKET_MALFORMED,	/* not of our making, or of another version */
	TICKET_UNKNOWN_KEY,	/* sealed with a key that we do not have */
	TICKET_ALTERED,		/* it was tampered with */
	TICKET_EXPIRED,
	TICKET_USED,		/* resumed with before */
	TICKET_ENDED,		/* its IKE SA was deleted or replaced */
	TICKET_NO_TUNNEL,	/* nobody there may resume */
	TICKET_CHANGED,		/* tunnel, keys or certificates are others */
	TICKET_DOWN,		/* administratively */
	TICKET_DRAINING,	/* who calls is sent elsewhere (RFC 5685) */
	TICKET_ALGORITHM,	/* we do not allow its algorithms any more */
	TICKET_CERT_EXPIRED,	/* of the peer */
	TICKET_CERT_REVOKED,
	/* Of who presented it: */
	TICKET_REFUSED,		/* the peer says TICKET_NACK, or an error */
	TICKET_NOT_PROVED,	/* the peer refused IKE_AUTH with it */
	TICKET_VERDICTS
};

/* "unknown-key": scripts match it; codes are added, never changed. */
const char	*ticket_code_str(enum ticket_verdict);
/* A sentence for an operator. */
const char	*ticket_text(enum ticket_verdict);

/* The certificates that a peer was authenticated by. */
struct vouch {
	int64_t		until;	/* the first to expire, seconds since 1970;
				   0: there was no certificate */
	uint8_t		n;
	struct serial	cert[TICKET_CERTS];
};

/*
 * What lives on of an IKE SA.  IDi is the identity of who holds the ticket,
 * whichever side opened the SA.  Whoever has one wipes it.
 */
struct session {
	struct suite	suite;		/* of the IKE SA */
	struct key	sk_d;
	uint64_t	spi_i, spi_r;	/* of the IKE SA, to find it by */
	bool		ppk;		/* its keys were mixed: RFC 8784 */
	uint8_t		idi[TICKET_DIGEST], idr[TICKET_DIGEST];	/* SHA-256
					   of the payloads' bodies */
	uint8_t		rules[TICKET_DIGEST];	/* of the tunnel, then */
	struct instant	issued, expires;
	struct vouch	vouch;		/* for the holder's identity */
};

/* Writes at most TICKET_MAX octets.  False: no keys, or OpenSSL refused. */
bool		ticket_seal(struct ticket_keys *, struct drbg *,
		    struct instant now, const struct session *, struct wr *);
/* Good, malformed, unknown key, altered or expired; out only when good. */
enum ticket_verdict ticket_open(struct ticket_keys *, struct instant now,
		    struct bytes, struct session *out);
/*
 * What is inside, for who has opened it; false: malformed.  ticket_open()
 * calls it: nobody but who has the keys gets that far.
 */
bool		ticket_decode(struct bytes plain, struct session *out);

#endif
