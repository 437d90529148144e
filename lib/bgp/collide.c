/*
 * Connection collision (RFC 4271 section 6.8, with the tie-break of RFC 6286
 * section 2.3): when two connections with one peer got as far as their OPENs,
 * the one that the speaker with the higher BGP identifier opened goes on; both
 * sides come to the same verdict alone.  An established session beats any new
 * connection.  Of two opened by the same side, the older is the one that side
 * has given up.
 */
#include "bgp/collide.h"

static bool
local_wins(const struct collide_ids *ids)
{
	if (ids->local_id != ids->remote_id)
		return ids->local_id > ids->remote_id;
	return ids->local_asn > ids->remote_asn;
}

enum collide_verdict
collide(struct collide_side old, struct collide_side fresh,
    const struct collide_ids *ids)
{
	if (old.state == BGP_ESTABLISHED)
		return COLLIDE_OLD;
	if (old.state != BGP_OPEN_CONFIRM)
		return COLLIDE_NONE;
	if (old.outgoing == fresh.outgoing)
		return COLLIDE_NEW;
	return fresh.outgoing == local_wins(ids) ? COLLIDE_NEW : COLLIDE_OLD;
}
