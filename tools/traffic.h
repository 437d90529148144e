/* What went through tunnels, and what the kernel dropped of it. */
#ifndef TOOLS_TRAFFIC_H
#define TOOLS_TRAFFIC_H

#include <jansson.h>

#include "gw/ctl.h"

/*
 * Puts into each of the daemon's tunnels, as show answers them, a member
 * "traffic" with what its interface counts (octets and packets in clear, after
 * decryption and before encryption), and one "esp" with what its SAs dropped;
 * those that live: the numbers begin anew with new keys.  An interface that is
 * not there has none.  Needs CAP_NET_ADMIN, in the daemon's network namespace.
 * Anything but CTL_EXIT_OK was complained about.
 */
enum ctl_exit	traffic_add(json_t *tunnels);
/*
 * The network namespace's errors of IPsec, {"InNoStates":0,...}; empty where
 * the kernel does not count them.
 */
json_t		*traffic_errors(void);

#endif
