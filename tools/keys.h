/* "vpnctl keys": what a protocol analyser needs to read captured packets. */
#ifndef TOOLS_KEYS_H
#define TOOLS_KEYS_H

#include "tools/client.h"

struct keys_form {
	bool		 json;
	bool		 wireshark;	/* as text, to standard output */
	const char	*dir;		/* as files in it; NULL: not */
};

/* name: "" for all tunnels. */
enum ctl_exit	keys_run(const struct client *, const char *name,
		    const struct keys_form *);

#endif
