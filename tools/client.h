/* The daemon's control socket, seen from vpnctl. */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include <jansson.h>

#include "gw/ctl.h"

#define CLIENT_SOCKET	"/run/vpnd/ctl.sock"

struct client {
	const char	*path;		/* of the socket */
	unsigned	 timeout;	/* seconds that an answer may take */
	/* An error that begins with this name means that file; or NULL. */
	const char	*ours, *theirs;
};

/*
 * One request, taken over, and its answer, owned by the caller and without
 * its "ok".  Anything but CTL_EXIT_OK was complained about; no answer then.
 */
enum ctl_exit	client_ask(const struct client *, json_t *request,
		    json_t **answer);
/* Is there a daemon at the other end?  Does not complain. */
bool		client_reaches(const struct client *);
/* A member's text; "" when it is not there or no text. */
const char	*answer_text(const json_t *, const char *key);
/* What lies at "ike.state", at "" the object itself; NULL: nothing. */
const json_t	*answer_at(const json_t *, const char *path);
int64_t		client_now(void);	/* milliseconds, monotonic */

#endif
