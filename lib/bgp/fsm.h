/* The finite state machine of a connection attempt as a table. */
#ifndef BGP_FSM_H
#define BGP_FSM_H

#include "bgp/bgp.h"

#define FSM_STATES	(BGP_ESTABLISHED + 1)

enum fsm_event {		/* numbers of RFC 4271 section 8.1 behind */
	FSM_START,		/* 1, 3: connect */
	FSM_STOP,		/* 2, 8 */
	FSM_CONNECT_EXPIRES,	/* 9 */
	FSM_HOLD_EXPIRES,	/* 10 */
	FSM_KEEPALIVE_EXPIRES,	/* 11 */
	FSM_SEND_HOLD_EXPIRES,	/* 29, RFC 9687 */
	FSM_TCP_UP,		/* 16, 17 */
	FSM_TCP_FAILS,		/* 18 */
	FSM_OPEN,		/* 19 */
	FSM_OPEN_COLLISION,	/* 23 */
	FSM_REPLACED,		/* its successor is there, RFC 4724 section 5 */
	FSM_ERROR,		/* 21, 22, 28: what we tell the peer is given */
	FSM_NOTIFICATION,	/* 24, 25 */
	FSM_KEEPALIVE,		/* 26 */
	FSM_UPDATE,		/* 27 */
	FSM_REFRESH,		/* RFC 2918 */
	FSM_EVENTS
};

enum {				/* what to do, in this order */
	FSM_DO_CONNECT = 1,	/* open TCP */
	FSM_DO_OPEN = 2,	/* send OPEN */
	FSM_DO_KEEPALIVE = 4,	/* send KEEPALIVE */
	FSM_DO_UP = 8,		/* the session begins: RIB, dump */
	FSM_DO_NOTIFY = 16,	/* send NOTIFICATION */
	FSM_DO_DOWN = 32,	/* the session ends: its routes go */
	FSM_DO_CLOSE = 64,	/* close TCP */
};

enum {				/* timers that run in a state */
	FSM_T_CONNECT = 1,
	FSM_T_HOLD = 2,
	FSM_T_KEEPALIVE = 4,
	FSM_T_SEND_HOLD = 8,
};

struct fsm_row {
	uint8_t		next;		/* enum bgp_state; IDLE: it is over */
	uint8_t		act;		/* FSM_DO_ */
	uint8_t		code, subcode;	/* of the NOTIFICATION; 0: as given */
};

const struct fsm_row	*bgp_fsm_row(enum bgp_state, enum fsm_event);
/* Is the message one to act upon in this state? */
bool			bgp_fsm_expects(enum bgp_state, enum fsm_event);
unsigned		bgp_fsm_timers(enum bgp_state);

#endif
