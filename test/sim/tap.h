/*
 * Listens to what one end sends and knows the rules of RFC 7296 sections 2.1
 * and 2.2: message ids never go back, a request is the next one or the same
 * again, and what is sent again is the same octet for octet, each fragment of
 * it too (RFC 7383); and no IV serves two messages.
 */
#ifndef TEST_SIM_TAP_H
#define TEST_SIM_TAP_H

#include "ike/hdr.h"
#include "util/str.h"

struct tap_line;

struct tap {
	struct tap_line	*lines;		/* one per IKE SA, owned */
	unsigned	again;		/* messages and fragments repeated */
	bool		synchronised;	/* answers with id 0 are about that */
	struct reason	trouble;
};

/* A datagram's IKE message, without the non-ESP marker. */
void	tap_hear(struct tap *, struct bytes);
void	tap_fini(struct tap *);

#endif
