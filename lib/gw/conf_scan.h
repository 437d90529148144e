/* First pass over configuration text, before libconfig sees it. */
#ifndef GW_CONF_SCAN_H
#define GW_CONF_SCAN_H

#include "util/str.h"

#define CONF_TEXT_MAX	(64u << 20)	/* octets of configuration */

/*
 * A NUL-terminated copy for libconfig, owned by the caller; line numbers stay
 * what they are.  NULL: *line and *why say what is wrong.
 */
char	*conf_scan(struct bytes text, int *line, struct reason *why);

#endif
