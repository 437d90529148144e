/* The UPDATE message (RFC 4271 section 4.3, RFC 4760). */
#ifndef BGP_UPDATE_H
#define BGP_UPDATE_H

#include "bgp/attr.h"

/* Have the prefixes of the family path identifiers in this session? */
bool	update_has_ids(const struct attr_mode *, enum addr_family);

struct update {
	struct bytes	withdrawn;	/* IPv4, well-formed */
	struct bytes	nlri;		/* IPv4, well-formed */
	struct attr_set	attrs;		/* attrs.reach, .unreach: likewise */
	enum addr_family eor;		/* End-of-RIB of this family */
};

/*
 * Pure decoding with the RFC 7606 verdict.  ATTR_RESET: nothing of it may be
 * used; ATTR_WITHDRAW: what it announces is to be withdrawn.  With any verdict
 * but ATTR_OK, fault says why.
 */
enum attr_verdict	update_parse(struct update *, struct bytes body,
			    const struct attr_mode *, struct fault *);

/*
 * Writes one UPDATE with as many of the n prefixes, all of one family, as fit
 * and returns how many that were; 0: not even one.  attrs are encoded
 * attributes; next_hop, an IPv6 address, is for MP_REACH_NLRI, which IPv6
 * needs; without it IPv4 stands in the classic field.
 */
size_t	update_put_reach(struct wr *, struct bytes attrs,
	    const struct addr *next_hop, const struct prefix *, size_t n);
size_t	update_put_unreach(struct wr *, const struct prefix *, size_t n);
void	update_put_eor(struct wr *, enum addr_family);

#endif
