/* Which of two connections with one peer goes on (RFC 4271 section 6.8). */
#ifndef BGP_COLLIDE_H
#define BGP_COLLIDE_H

#include "bgp/bgp.h"

/* One of the two, as we see it. */
struct collide_side {
	enum bgp_state	state;
	bool		outgoing;	/* we opened it */
};

struct collide_ids {
	uint32_t	local_id, remote_id;
	uint32_t	local_asn, remote_asn;
};

enum collide_verdict {
	COLLIDE_NONE,		/* too early to say */
	COLLIDE_OLD,		/* the one there was goes on */
	COLLIDE_NEW,		/* the one that just got its OPEN goes on */
};

/* fresh has just received the OPEN that ids.remote_id comes from. */
enum collide_verdict	collide(struct collide_side old,
			    struct collide_side fresh,
			    const struct collide_ids *);

#endif
