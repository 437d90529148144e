/* What a NOTIFICATION says: codes, subcodes, data and the sentence for us. */
#ifndef BGP_FAULT_H
#define BGP_FAULT_H

#include "util/str.h"

enum fault_code {		/* RFC 4271 section 4.5, and as cited */
	FAULT_HEADER = 1,
	FAULT_OPEN,
	FAULT_UPDATE,
	FAULT_HOLD_TIMER,
	FAULT_FSM,
	FAULT_CEASE,
	FAULT_REFRESH,		/* RFC 7313 */
	FAULT_SEND_HOLD,	/* RFC 9687 */
};

enum fault_header {
	FAULT_NOT_SYNCHRONIZED = 1,
	FAULT_MESSAGE_LENGTH,
	FAULT_MESSAGE_TYPE,
};

enum fault_open {
	FAULT_OPEN_UNSPECIFIC = 0,	/* RFC 5492 */
	FAULT_VERSION,
	FAULT_PEER_AS,
	FAULT_ROUTER_ID,
	FAULT_PARAMETER,
	FAULT_HOLD_TIME = 6,
	FAULT_CAPABILITY,		/* RFC 5492 */
	FAULT_ROLE = 11,		/* RFC 9234 */
};

enum fault_update {
	FAULT_ATTR_LIST = 1,
	FAULT_ATTR_UNKNOWN,
	FAULT_ATTR_MISSING,
	FAULT_ATTR_FLAGS,
	FAULT_ATTR_LENGTH,
	FAULT_ORIGIN,
	FAULT_NEXT_HOP = 8,
	FAULT_ATTR_OPTIONAL,
	FAULT_NETWORK,
	FAULT_AS_PATH,
};

enum fault_fsm {			/* RFC 6608 */
	FAULT_FSM_UNSPECIFIC = 0,
	FAULT_IN_OPEN_SENT,
	FAULT_IN_OPEN_CONFIRM,
	FAULT_IN_ESTABLISHED,
};

enum fault_cease {			/* RFC 4486, and as cited */
	FAULT_MAX_PREFIXES = 1,
	FAULT_SHUTDOWN,
	FAULT_DECONFIGURED,
	FAULT_RESET,
	FAULT_REJECTED,
	FAULT_CONF_CHANGE,
	FAULT_COLLISION,
	FAULT_RESOURCES,
	FAULT_HARD_RESET,		/* RFC 8538: what is meant is inside */
	FAULT_BFD_DOWN,			/* RFC 9384 */
};

#define FAULT_REFRESH_LENGTH	1	/* of FAULT_REFRESH */

#define FAULT_DATA	256	/* RFC 9003: 255 octets and their number */

/* An error that we found and, when it is worth that, tell the peer. */
struct fault {
	uint8_t		code, subcode;
	bool		hard;		/* as a Hard Reset (RFC 8538) */
	uint16_t	n;
	uint8_t		data[FAULT_DATA];
	struct reason	text;		/* one sentence for the operator */
};

/*
 * Is it meant to end the session for good, or longer than its routes should
 * stay (RFC 8538 section 5)?
 */
bool	fault_is_final(const struct fault *);
/* Sets all but the text; data that is too long is left out. */
void	fault_set(struct fault *, unsigned code, unsigned subcode,
	    struct bytes data);
/*
 * "6/2 Cease, Administrative Shutdown: "text"": the last part where the data
 * is a shutdown communication (RFC 9003).  "6/9 Cease, Hard Reset for 6/2
 * ..." where it wraps another one.
 */
void	fault_str(char *, size_t size, unsigned code, unsigned subcode,
	    struct bytes data);
/* Shutdown communication from plain text; at most what data holds. */
void	fault_shutdown(struct fault *, unsigned subcode, const char *text);

#endif
