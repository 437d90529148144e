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

struct open {
	uint32_t	asn;		/* of the 4-octet capability if there */
	uint32_t	router_id;	/* host order */
	uint16_t	hold_time;	/* seconds */
	uint8_t		families;	/* OPEN_IPV4 | OPEN_IPV6 */
	bool		as4;		/* RFC 6793 */
	bool		refresh;	/* RFC 2918 */
	bool		enhanced;	/* RFC 7313 */
	struct cap_restart restart;	/* RFC 4724 */
	enum bgp_role	role;		/* RFC 9234; NONE: it says nothing */
};

/* What we are and what we expect, to judge a peer's OPEN by. */
struct open_want {
	uint32_t	local_asn, remote_asn;
	uint32_t	router_id;	/* ours */
	uint8_t		families;
	enum bgp_role	role;		/* ours, or NONE */
	bool		role_strict;	/* the remote must have one */
};

/* Pure decoding; false: fault says what to tell the peer and the operator. */
bool	open_parse(struct open *, struct bytes body, struct fault *);
/* RFC 4271 section 6.2: is this OPEN one that we can go on with? */
bool	open_check(const struct open *, const struct open_want *,
	    struct fault *);
void	open_put(struct wr *, const struct open *);

#endif
