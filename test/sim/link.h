/*
 * The way between two outside addresses: loss, repetition, delay and with it
 * reordering, a NAT in front of the far end, and the knife.
 */
#ifndef TEST_SIM_LINK_H
#define TEST_SIM_LINK_H

#include "sim/world.h"
#include "util/addr.h"

struct link {
	struct gate	*near_gate, *far_gate;
	struct addr	near, far;	/* as the gates know themselves */
	struct addr	public;		/* of far behind its NAT; unset: none */
	uint16_t	shift;		/* public port = private port + shift */
	unsigned	loss, repeat;	/* percent */
	struct span	delay, jitter;
	bool		cut;
	bool		no_esp[2];	/* ESP alone is lost: to the far gate,
					   to the near one */
	unsigned	carried;	/* packets of any kind */
};

/* Joins two gates; owned by the world. */
struct link	*link_new(struct world *, struct gate *near, const char *at,
		    struct gate *far, const char *far_at);
/* A NAT with this address now stands before the far end. */
void		link_nat(struct link *, const char *public, uint16_t shift);

enum link_fate {
	LINK_CARRIED,
	LINK_DROPPED,		/* lost or cut */
	LINK_NOWHERE,		/* no such way, or nobody behind it */
};

/* A packet on its way: where it comes out, how its path looks there, when. */
struct link_trip {
	struct gate	*to;
	struct path	path;
	struct span	time;
	const struct link *link;
};

enum link_fate	link_carry(struct world *, const struct gate *from,
		    const struct path *sent, struct link_trip *);
/* A datagram from a gate; takes the octets over. */
void		link_datagram(struct gate *from, const struct path *,
		    uint8_t *data, size_t n);

#endif
