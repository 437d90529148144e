/*
 * Which payloads an exchange must and may carry, in which direction: bit sets
 * that are tested in one expression before any handler runs (RFC 7296
 * appendix C).
 */
#ifndef IKE_RULES_H
#define IKE_RULES_H

#include "ike/payload.h"

/*
 * Does a message (SK's inside once decrypted) have what its exchange asks for
 * and nothing that it does not know?  Verdict N_NONE, N_INVALID_SYNTAX, or
 * N_AUTHENTICATION_FAILED for an IKE_AUTH request without AUTH: its sender
 * wants EAP (section 2.16).  A response with an error notify, and one to the
 * first request with a cookie or TICKET_NACK, need not carry the rest: a
 * handler looks at seen before it takes AUTH for granted.
 */
uint16_t	rules_check(uint8_t exchange, bool response,
		    const struct msg *);

#endif
