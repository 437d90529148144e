/*
 * Some prefixes and what is said of each, on their way into UPDATEs: those
 * that go out with the same attributes together.
 */
#ifndef BGP_BATCH_H
#define BGP_BATCH_H

#include "bgp/group.h"
#include "bgp/rib.h"

#define BATCH_MOST	1024
#define BATCH_ATTRS	3072	/* octets of attributes that we pass on */

struct item {
	struct prefix	prefix;
	uint32_t	attrs;		/* 0: withdraw */
	uint32_t	pack;
	uint32_t	net;
	uint32_t	from;		/* best path's attributes; 0: none */
	uint16_t	slot;		/* who taught that */
};

struct batch {
	size_t		n;
	size_t		octets;		/* that they may take, about */
	struct item	item[BATCH_MOST];
};

void	batch_begin(struct batch *);
/* Holds the attributes until the end; pack is filled in. */
void	batch_add(struct batch *, struct rib *, const struct item *);
bool	batch_full(const struct batch *);
void	batch_end(struct batch *, struct rib *);

/* Items that go out alike, with their attributes as they are on the wire. */
struct alike {
	size_t		first, n;
	uint32_t	attrs;		/* 0: withdrawals */
	uint32_t	also;		/* others that encode to the same */
	struct bytes	b;
	uint8_t		room[BATCH_ATTRS];
};

/* Before batch_alike(): puts them in order. */
void	batch_sort(struct batch *);
/* The items behind those of the last time; n is 0 at first.  False: none. */
bool	batch_alike(const struct batch *, const struct export_conf *,
	    const struct rib *, struct alike *);
/*
 * UPDATEs with n prefixes of one family; attrs.p NULL: withdrawals.  False:
 * no room.
 */
bool	batch_put(struct wr *, const struct export_conf *, struct bytes attrs,
	    const struct prefix *, size_t n);
/* Has IPv4 an IPv6 next hop there, as IPv6 has (RFC 8950)? */
bool	batch_hop6(const struct export_conf *, const struct prefix *);

#endif
