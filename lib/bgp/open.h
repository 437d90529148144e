/* The OPEN message and its capabilities (RFC 4271 section 4.2, RFC 5492). */
#ifndef BGP_OPEN_H
#define BGP_OPEN_H

#include "bgp/cap_restart.h"
#include "bgp/msg.h"
#include "bgp/role.h"

#define OPEN_AS_TRANS	23456	/* RFC 6793 */

/* Address families as bits. */
#define OPEN_IPV4	1u
#define OPEN_IPV6	2u

uint8_t	open_family(enum addr_family);	/* its bit; NONE: 0 */

struct open {
	uint32_t	asn;		/* of the 4-octet capability if there */
	uint32_t	router_id;	/* host order */
	uint16_t	hold_time;	/* seconds */
	uint8_t		families;	/* OPEN_IPV4 | OPEN_IPV6 */
	bool		as4;		/* RFC 6793 */
	bool		refresh;	/* RFC 2918 */
	bool		extended_hop;	/* IPv4 by IPv6 next hops: RFC 8950 */
	bool		enhanced;	/* RFC 7313 */
	struct cap_restart restart;	/* RFC 4724 */
	enum bgp_role	role;		/* RFC 9234; NONE: it says nothing */
	uint8_t		paths_in;	/* families of which it takes and */
	uint8_t		paths_out;	/* tells several paths: RFC 7911 */
};

/* What we are and what we expect, to judge a peer's OPEN by. */
struct open_want {
	uint32_t	local_asn, remote_asn;
	const struct bgp_asns *asns;	/* remote_asn 0: any of these */
	uint32_t	router_id;	/* ours */
	uint8_t		families;
	bool		only_extended;	/* IPv4 by IPv6 next hops or not */
	enum bgp_role	role;		/* ours, or NONE */
	bool		role_strict;	/* the remote must have one */
};

/* Pure decoding; false: fault says what to tell the peer and the operator. */
bool	open_parse(struct open *, struct bytes body, struct fault *);
/* RFC 4271 section 6.2: is this OPEN one that we can go on with? */
bool	open_check(const struct open *, const struct open_want *,
	    struct fault *);
/* Families that both can, as far as we can with this remote. */
uint8_t	open_common(const struct open *, uint8_t ours, bool only_extended);
void	open_put(struct wr *, const struct open *);

#endif
