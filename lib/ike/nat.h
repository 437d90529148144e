/* NAT detection, RFC 7296 section 2.23. */
#ifndef IKE_NAT_H
#define IKE_NAT_H

#include "ike/build.h"
#include "util/addr.h"

/* SHA-1(SPIi | SPIr | address | port) */
bool		nat_hash(uint64_t spi_i, uint64_t spi_r,
		    const struct endpoint *, uint8_t out[static 20]);
/*
 * Adds both notifies for a message sent along path.  hide: claim a source
 * that cannot match, so that the peer encapsulates whatever the path is.
 */
void		nat_build(struct build *, uint64_t spi_i, uint64_t spi_r,
		    const struct path *, bool hide);

struct nat_view {
	bool		spoken;		/* the peer detects NAT at all */
	bool		local, remote;	/* who is behind one */
};

/* What the peer's notifies say about the path the message took. */
struct nat_view	nat_detect(const struct msg *, uint64_t spi_i,
		    uint64_t spi_r, const struct path *);

#endif
