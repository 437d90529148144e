/*
 * Payloads, RFC 7296 section 3.2 on: bytes to a struct of views, nothing else.
 * Everything in struct msg points into the buffer that was decoded.
 */
#ifndef IKE_PAYLOAD_H
#define IKE_PAYLOAD_H

#include "crypto/cert.h"
#include "ike/hdr.h"
#include "ike/notify.h"
#include "util/bytes.h"

enum payload_type {
	PL_NONE = 0,
	PL_SA = 33,
	PL_KE = 34,
	PL_IDI = 35,
	PL_IDR = 36,
	PL_CERT = 37,
	PL_CERTREQ = 38,
	PL_AUTH = 39,
	PL_NONCE = 40,
	PL_NOTIFY = 41,
	PL_DELETE = 42,
	PL_VENDOR = 43,
	PL_TSI = 44,
	PL_TSR = 45,
	PL_SK = 46,
	PL_CP = 47,
	PL_EAP = 48,
	PL_SKF = 53,		/* RFC 7383 */
};

/* Bit of a payload type in a set; types 33..64 fit. */
#define PL_BIT(type)	(UINT32_C(1) << ((type) - 33))

/*
 * More payloads than these make a message invalid, so that nothing of an
 * accepted one goes unseen.  A peer with many addresses may well send dozens
 * of notifies; Delete payloads are at most one per protocol.
 */
#define PAYLOADS_MAX	64	/* in one message */
#define NOTIFIES_MAX	PAYLOADS_MAX
#define DELETES_MAX	8
#define CERTREQS_MAX	8	/* the rest are hints that we pass over */
#define NONCE_MIN	16	/* section 3.9 */
#define NONCE_MAX	256

enum {				/* protocol ids, section 3.3.1 */
	PROTO_NONE = 0,
	PROTO_IKE = 1,
	PROTO_AH = 2,
	PROTO_ESP = 3,
};

struct pl_ke {
	uint16_t	group;
	struct bytes	data;
};

struct pl_id {
	uint8_t		type;
	struct bytes	data;
	struct bytes	body;		/* as it came: what AUTH signs */
};

enum {				/* certificate encodings, section 3.6 */
	CERT_X509_SIGNATURE = 4,
};

struct pl_auth {
	uint8_t		method;
	struct bytes	data;
};

struct pl_notify {
	uint8_t		proto;		/* PROTO_NONE without an SPI */
	uint16_t	type;
	struct bytes	spi;
	struct bytes	data;
};

struct pl_delete {
	uint8_t		proto;
	uint8_t		spi_size;	/* 0 with IKE, 4 with AH and ESP */
	uint16_t	n;		/* 0 when spi_size is 0 */
	struct bytes	spis;		/* n * spi_size octets */
};

struct msg {
	uint8_t		first;		/* type of the first payload of */
	struct bytes	chain;		/* all of them, as they came */
	struct bytes	head;		/* what stood before them: from the IKE
					   header to SK's generic header */
	uint32_t	seen;		/* set of PL_BIT */
	uint8_t		critical;	/* unknown critical payload's type */
	struct bytes	sa, nonce, tsi, tsr, sk;	/* bodies */
	uint8_t		sk_next;	/* first payload inside SK or SKF */
	size_t		sk_at;		/* where what is sealed starts */
	uint16_t	frag_number;	/* of SKF, 1.. */
	uint16_t	frag_total;	/* of SKF; 0: it is none */
	struct pl_ke	ke;
	struct pl_id	idi, idr;
	struct pl_auth	auth;
	/*
	 * CERT of encoding 4, in order: up to one more than may come; and
	 * CERTREQ of it: the hashes.  Others, also those that name a URL
	 * (RFC 7296 section 3.6), are passed over.
	 */
	uint8_t		certs_n, certreqs_n;
	struct bytes	certs[CERT_CHAIN_MAX + 1];
	struct bytes	certreqs[CERTREQS_MAX];
	uint8_t		notifies_n;
	struct pl_notify notifies[NOTIFIES_MAX];
	uint8_t		deletes_n;
	struct pl_delete deletes[DELETES_MAX];
};

/*
 * Decodes a chain of payloads that begins with type first; at is the chain's
 * offset in the whole message (for sk_at).  The verdict is N_NONE,
 * N_INVALID_SYNTAX or N_UNSUPPORTED_CRITICAL_PAYLOAD (section 2.5); with the
 * last one, critical alone is set, else a failure leaves the struct as it was.
 * An SK or SKF payload must be the last one; sk is what is sealed in it.
 */
uint16_t	payload_decode(uint8_t first, struct bytes chain, size_t at,
		    struct msg *);
/* The first notify of this type, or NULL. */
const struct pl_notify *msg_notify(const struct msg *, uint16_t type);
/* The first error notify, or NULL. */
const struct pl_notify *msg_error(const struct msg *);

#endif
