/*
 * What a BGP neighbour may say, right and malformed, and the verdict on it:
 * rows of tables that the unit tests put before lib/bgp and the lab's hostile
 * neighbour before a whole vpnd.  We are AS 4200000000, 10.0.0.1 and
 * 169.254.30.1, it is 169.254.30.2.
 */
#ifndef TEST_HOSTILE_BGP_ROWS_H
#define TEST_HOSTILE_BGP_ROWS_H

#include "bgp/bgp.h"

/* Attributes that are right, in the widths of a 4-octet and a 2-octet peer. */
#define ORIGIN	"40010100 "
#define PATH	"40020602010000fdf2 "
#define PATH2	"4002040201fdf2 "
#define HOP	"400304a9fe1e02 "
#define PREF	"40050400000064 "
#define GOOD	ORIGIN PATH HOP
#define GOOD2	ORIGIN PATH2 HOP
#define GOODI	ORIGIN "400200 " HOP PREF
#define NET	"100a02 "		/* 10.2.0.0/16, which it has learned */

#define LOCAL_ASN	4200000000u
#define LOCAL_ID	0x0a000001u

enum kind {			/* of the neighbour */
	E4,			/* AS 65010, 4-octet AS numbers */
	E2,			/* AS 65010, 2-octet AS numbers */
	IB,			/* our own AS */
};

enum verdict {
	ACCEPT,			/* the route is there, nothing is said */
	DISCARD,		/* it is there, something was left out */
	WITHDRAW,		/* it is gone, the session stays */
	IGNORE,			/* nothing changes */
	REPORT,			/* nothing changes, an error is reported */
	RESET,			/* NOTIFICATION of this code, then closed */
	CLOSED,			/* closed without a word */
};

/* An UPDATE from its three parts; withdrawn, attributes and NLRI as hex. */
struct update_row {
	const char	*what;
	enum kind	kind;
	const char	*withdrawn, *attrs, *nlri;
	enum verdict	verdict;
	uint8_t		subcode;	/* of code 3, with RESET */
};

/* Octets as they come, in a state of the session. */
struct raw_row {
	const char	*what;
	enum kind	kind;
	enum bgp_state	state;
	const char	*octets;
	enum verdict	verdict;
	uint8_t		code, subcode;
};

#endif
