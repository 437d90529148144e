/*
 * Messages written payload by payload: the builder keeps the Next Payload and
 * length fields, opens an SK payload and seals it at the end.
 */
#ifndef IKE_BUILD_H
#define IKE_BUILD_H

#include "crypto/seal.h"
#include "ike/payload.h"

#define BUILD_GENERIC_LEN	4	/* of a payload's generic header */

struct build {
	struct wr	w;
	size_t		next_at;	/* where the next payload's type goes */
	size_t		body_at;	/* start of the open payload, or 0 */
	size_t		sk_at;		/* SK's generic header, or 0 */
	struct seal	*seal;
};

/* Writes the header; Next Payload and Length are filled in later. */
void		build_begin(struct build *, uint8_t *buf, size_t cap,
		    const struct hdr *);
/* Opens an SK payload: everything that follows is inside it. */
void		build_sk(struct build *, struct seal *);
/* Closes the open payload and opens one of this type; write its body. */
struct wr	*build_payload(struct build *, enum payload_type);
/* A whole payload. */
void		build_bytes(struct build *, enum payload_type, struct bytes);
void		build_ke(struct build *, uint16_t group, struct bytes data);
/* Room for a value of n octets that comes later; NULL: it did not fit. */
uint8_t		*build_ke_space(struct build *, uint16_t group, size_t n);
void		build_notify(struct build *, uint16_t type, struct bytes data);
/* With protocol and SPI, for REKEY_SA and CHILD_SA_NOT_FOUND. */
void		build_notify_spi(struct build *, uint16_t type, uint8_t proto,
		    uint32_t spi, struct bytes data);
/* Delete of an ESP SA, or of the IKE SA itself. */
void		build_delete_esp(struct build *, uint32_t spi);
void		build_delete_ike(struct build *);
/* Octets that the message has when it is ended; 0: it did not fit. */
size_t		build_size(struct build *);
/* What is inside the SK payload, whole; empty (NULL): none, or no fit. */
struct bytes	build_inside(struct build *);
/* Closes, fills in, seals.  Empty: it did not fit, or sealing failed. */
struct bytes	build_end(struct build *, struct drbg *);

#endif
