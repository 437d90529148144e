/* One dump over a netlink socket of its own. */
#ifndef TOOLS_NLDUMP_H
#define TOOLS_NLDUMP_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Asks the family for a dump of that type, with a header of zeros of that
 * many octets, and calls each() with every message.  0 or -errno.  What was
 * read is wiped: there may be keys in it.
 */
int	nldump(int family, uint16_t type, size_t header, mnl_cb_t each,
	    void *arg);

#endif
