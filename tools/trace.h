/* bgp trace: what is said in BGP sessions, as MRT records (RFC 6396). */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include "tools/client.h"

struct trace_options {
	const char	*name;		/* of a neighbor; "": all */
	const char	*file;		/* "-": standard output */
	unsigned	seconds, count;	/* when it ends; 0: no matter */
};

/* Until it ends or is interrupted; says how many there were on stderr. */
enum ctl_exit	trace_run(const struct client *, bool json,
		    const struct trace_options *);

#endif
