/*
 * BGP roles and the Only to Customer attribute (RFC 9234): what the two ends
 * of a session are to each other, and the routes that may not pass for it.
 */
#ifndef BGP_ROLE_H
#define BGP_ROLE_H

#include "bgp/bgp.h"
#include "bgp/intern.h"

/* As the capability has it; NONE: no such role. */
enum bgp_role	role_of_wire(uint8_t);
uint8_t		role_to_wire(enum bgp_role);
/* What the remote is, when we are this. */
enum bgp_role	role_other(enum bgp_role);

/* Has the route an OTC?  Its AS number, where asn is not NULL. */
bool		role_otc(const struct attrs *, uint32_t *asn);
/*
 * Section 5 on the way in, where ours is this role.  NULL: the route may be
 * used; otherwise why it is a leak.
 */
const char	*role_leak(enum bgp_role, uint32_t remote_asn,
		    const struct attrs *);
/* Does a route that comes without an OTC get one, the remote's AS number? */
bool		role_marks_in(enum bgp_role);
/* Section 5 on the way out: is a route with an OTC kept from such a remote? */
bool		role_keeps_back(enum bgp_role);
/* Does one that goes without an OTC get one, our AS number? */
bool		role_marks_out(enum bgp_role);

#endif
