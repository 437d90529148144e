/* The BFD Control packet on the wire (RFC 5880 section 4.1). */
#ifndef BFD_CONTROL_H
#define BFD_CONTROL_H

#include "bfd/bfd.h"

#define CONTROL_VERSION	1
#define CONTROL_LEAST	BFD_OCTETS	/* without authentication */
#define CONTROL_AUTH	26		/* with: type and length at least */

enum control_flag {		/* as they stand in the second octet */
	CONTROL_POLL = 0x20,
	CONTROL_FINAL = 0x10,
	CONTROL_INDEPENDENT = 0x08,	/* C: of the control plane */
	CONTROL_AUTHENTIC = 0x04,	/* A: an authentication section */
	CONTROL_DEMAND = 0x02,
	CONTROL_MULTIPOINT = 0x01,
};

struct control {
	uint8_t		version;
	uint8_t		diag;		/* enum bfd_diag, or unassigned */
	enum bfd_state	state;
	uint8_t		flags;		/* enum control_flag */
	uint8_t		multiplier;
	uint8_t		length;		/* as it says itself */
	uint32_t	my_discr, your_discr;
	/* Microseconds. */
	uint32_t	desired_tx, required_rx, required_echo_rx;
};

/*
 * Decodes and applies those rules of section 6.8.6 that need no session.
 * BFD_TAKEN: none of them discards it; otherwise out is untouched.
 */
enum bfd_verdict control_read(struct control *out, struct bytes);
/* Version and length are filled in. */
void		control_write(const struct control *,
		    uint8_t octets[static BFD_OCTETS]);

#endif
