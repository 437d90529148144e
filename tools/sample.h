/* What there is to measure at one moment: the daemon's answers, the kernel's. */
#ifndef TOOLS_SAMPLE_H
#define TOOLS_SAMPLE_H

#include "tools/client.h"

struct sample {
	int64_t		wall_ms;	/* since 1970 */
	/* Owned; tunnels as show answers them, with traffic.h's members. */
	json_t		*tunnels;
	json_t		*by_name;	/* of tunnels */
	json_t		*counters;	/* name: list of {tunnel, value} */
	json_t		*errors;	/* traffic_errors() */
};

/* Anything but CTL_EXIT_OK was complained about; nothing to free then. */
enum ctl_exit	sample_take(struct sample *, const struct client *);
void		sample_free(struct sample *);
/* The tunnel of that name; NULL: none. */
const json_t	*sample_tunnel(const struct sample *, const char *name);
/* The address of the hub's end, as CloudWatch's TunnelIpAddress; "". */
const char	*sample_tunnel_ip(const json_t *tunnel);

#endif
