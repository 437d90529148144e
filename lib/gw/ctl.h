/*
 * The control protocol between vpnctl and the daemon: one JSON object per
 * line each way on a unix stream socket.
 *
 *   request   {"command":"show","name":"vpn-branch1/1","what":"ike"}
 *   answer    {"ok":true, ...} or {"ok":false,"exit":3,"error":"no such ..."}
 *
 * This file is the parser of requests; answers are built where the state is.
 */
#ifndef GW_CTL_H
#define GW_CTL_H

#include "gw/conf.h"
#include "gw/kern.h"

#define CTL_LINE_MAX	4096	/* longest request with its newline */

enum ctl_command {
	CTL_SHOW,		/* all tunnels, or name */
	CTL_TABLES,
	CTL_VPCS,
	CTL_ROUTES,
	CTL_COUNTERS,		/* all, or those of name's tunnels */
	CTL_BGP,		/* all neighbours, or name */
	CTL_BGP_ROUTES,		/* what: best, or received, ... by name */
	CTL_BGP_DUMP,		/* MRT records; cursor */
	CTL_BGP_TRACE,		/* the same, as they happen; of all, or name */
	CTL_BGP_REFRESH,	/* ask for routes again */
	CTL_BGP_CLEAR,		/* end the session; it comes back */
	CTL_BGP_SHUTDOWN,	/* end it until: ; text goes to the peer */
	CTL_BGP_START,
	CTL_BFD,		/* all sessions, or name */
	CTL_UP,
	CTL_DOWN,
	CTL_REKEY,		/* what: ike or child */
	CTL_RELOAD,
	CTL_APPLY,		/* candidate; confirm_within: seconds */
	CTL_CONFIRM,
	CTL_UNDO,
	CTL_RESTART,		/* the daemon, by what is on the disk */
	CTL_EXPLAIN,		/* a name, or the address of a stranger */
	CTL_EXPLAIN_ROUTE,	/* prefix */
	CTL_KEYS,		/* of IKE SAs; to root alone */
	CTL_DRAIN,		/* all tunnels, or name; to: an address */
	CTL_UNDRAIN,
	CTL_REPLACE,		/* what: maintenance, or nothing */
	CTL_COMMANDS
};

enum ctl_what {
	CTL_WHAT_CHILD,		/* of rekey; its default */
	CTL_WHAT_IKE,
	CTL_WHAT_BEST,		/* of bgp-routes; its default */
	CTL_WHAT_RECEIVED,
	CTL_WHAT_ACCEPTED,
	CTL_WHAT_ADVERTISED,
	CTL_WHAT_MAINTENANCE,	/* of replace-tunnel: what is pending, too */
	CTL_WHAT_END,		/* of bgp-trace: no more of it */
	CTL_WHATS
};

#define CTL_CONFIRM_MAX	86400	/* seconds to confirm in */
#define CTL_DUMP_SEQUENCE 12	/* octets of a record before its number */
#define CTL_TEXT_MAX	256	/* a shutdown communication, with NUL */

enum ctl_exit {			/* of vpnctl; part of the answer */
	CTL_EXIT_OK = 0,
	CTL_EXIT_USAGE = 1,
	CTL_EXIT_UNREACHABLE = 2,
	CTL_EXIT_NO_OBJECT = 3,
	CTL_EXIT_FAILED = 4,
	CTL_EXIT_TIMEOUT = 5,
	CTL_EXIT_CONF = 6,
};

struct ctl_request {
	enum ctl_command command;
	enum ctl_what	what;
	char		name[CONF_NAME_LEN + 8];	/* "" : all */
	struct prefix	prefix;		/* EXPLAIN_ROUTE; an address is one */
	uint64_t	cursor;		/* where an answer in parts goes on */
	char		text[CTL_TEXT_MAX];	/* BGP_SHUTDOWN; UTF-8 */
	struct addr	to;		/* unset: none was given */
	char		table[CONF_NAME_LEN];	/* of routes; "": none */
	char		candidate[KERN_TOKEN_LEN];	/* APPLY: of a file */
	uint32_t	seconds;	/* APPLY: to confirm in; 0: it is */
};

/* One line without its newline.  False: *why says what is wrong with it. */
bool		ctl_parse(struct bytes line, struct ctl_request *,
		    struct reason *why);
const char	*ctl_command_str(enum ctl_command);	/* "show" */
const char	*ctl_what_str(enum ctl_what);		/* "child" */
/*
 * Splits "CONN/N" or "CONN"; *tunnel is 0 for the whole connection.  False:
 * not of that shape.
 */
bool		ctl_name(const char *, char conn[static CONF_NAME_LEN],
		    unsigned *tunnel);

#endif
