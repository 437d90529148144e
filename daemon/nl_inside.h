/* What a tunnel interface wears: addresses and sysctls. */
#ifndef DAEMON_NL_INSIDE_H
#define DAEMON_NL_INSIDE_H

#include "daemon/nl.h"

/* The inside addresses; on an adopted interface no others stay. */
int		nl_inside_addrs(struct nl *, const struct kern_link *,
		    int ifindex, bool adopted, char *text);
/* rp_filter, disable_policy, disable_xfrm. */
int		nl_inside_sysctl(const char *ifname, char *text);

/* It forwards what comes in there, whatever the host does. */
void		nl_inside_forward(const char *ifname);

/*
 * Writes /proc/sys/PATH, unless value is NULL; 0 or an errno.  The old value
 * goes into was (NUL terminated, without newline) unless that is NULL.
 */
int		nl_sysctl(const char *path, const char *value, char *was,
		    size_t was_size);

/* libnl's error as an errno (nl_link.c). */
int		nl_link_errno(int);

#endif
