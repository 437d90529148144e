/* ESP SAs with their keys, from the kernel. */
#ifndef TOOLS_KERNSA_H
#define TOOLS_KERNSA_H

#include <jansson.h>

#include "gw/ctl.h"

/*
 * Puts into each of the daemon's tunnels a member "esp" that lists its SAs in
 * this network namespace.  Needs CAP_NET_ADMIN.  Anything but CTL_EXIT_OK was
 * complained about.
 */
enum ctl_exit	kernsa_add(json_t *tunnels);

#endif
