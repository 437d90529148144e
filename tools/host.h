/* Addresses of the machine that we run on. */
#ifndef TOOLS_HOST_H
#define TOOLS_HOST_H

#include "util/addr.h"

/* Does one of its interfaces have this address? */
bool	host_has(const struct addr *);
/*
 * Where packets to there come from, as routes are now; no packet is sent.
 * False: no route, or a loopback address, and *source is left alone.
 */
bool	host_source(const struct addr *to, struct addr *source);

#endif
