/* Identities, RFC 7296 section 3.5: what a side says it is. */
#ifndef IKE_ID_H
#define IKE_ID_H

#include "ike/payload.h"
#include "util/str.h"

#define ID_DATA_MAX	512

enum id_type {
	ID_IPV4_ADDR = 1,
	ID_FQDN = 2,
	ID_RFC822_ADDR = 3,
	ID_IPV6_ADDR = 5,
	ID_DER_ASN1_DN = 9,
	ID_KEY_ID = 11,
};

struct id {
	uint8_t		type;		/* 0: any identity */
	uint16_t	n;		/* ID_DATA_MAX at most */
	const uint8_t	*data;		/* borrowed */
};

/*
 * The same identity?  Domain names and addresses of mail compare without
 * regard to case, X.500 names by RFC 5280 section 7.1, everything else octet
 * by octet.
 */
bool		id_same(uint8_t type, struct bytes data, const struct pl_id *);
/* True also where any identity is wanted. */
bool		id_matches(const struct id *wanted, const struct pl_id *);
/* Equal for identities that match, and for few that do not. */
uint64_t	id_hash(uint8_t type, struct bytes data);
void		id_encode(struct wr *, uint8_t type, struct bytes data);
/* "198.51.100.1 (ID_IPV4_ADDR)" */
void		id_str(uint8_t type, struct bytes data, char *, size_t);

#endif
