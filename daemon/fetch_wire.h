/*
 * What the engine and the fetcher say to each other, in datagrams of a
 * SOCK_SEQPACKET pair.  A request: token (32 bits), kind (8), patience in
 * milliseconds (16), length of the URL (16), URL, OCSP request.  An answer
 * comes in pieces: token (32 bits), what the piece is (8), octets.  Integers
 * are big-endian.
 */
#ifndef DAEMON_FETCH_WIRE_H
#define DAEMON_FETCH_WIRE_H

#include "crypto/ocsp.h"
#include "util/instant.h"

#define FETCH_ASK_MAX	2048	/* octets of a request */
#define FETCH_PIECE	32768	/* of an answer's piece, without its head */
#define FETCH_HEAD	5
#define FETCH_AT_A_TIME	16

enum fetch_kind {
	FETCH_CRL,
	FETCH_OCSP,
	FETCH_KINDS
};

enum fetch_piece {
	FETCH_BEGUN,		/* without octets: the URL is being asked */
	FETCH_PART,		/* of the content; more follows */
	FETCH_END,		/* that was all of it */
	FETCH_FAILED,		/* text: why there is none */
	FETCH_PIECES
};

/* What may come at most. */
static inline size_t
fetch_most(enum fetch_kind kind)
{
	return kind == FETCH_OCSP ? OCSP_RESPONSE_MAX : TRUST_FETCHED_MAX;
}

struct fetch_ask {
	uint32_t	token;
	enum fetch_kind	kind;
	uint16_t	patience_ms;	/* its end then */
	char		url[CERT_URL_LEN];
	struct bytes	content;	/* a view */
};

#endif
