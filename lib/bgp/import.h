/* A received UPDATE into the RIB: which of its routes may be used. */
#ifndef BGP_IMPORT_H
#define BGP_IMPORT_H

#include "bgp/rib.h"
#include "bgp/update.h"

struct import {
	struct attr_mode mode;
	uint8_t		families;	/* negotiated: OPEN_IPV4 | OPEN_IPV6 */
	uint32_t	local_asn, router_id;
	struct addr	local, remote;	/* of the session */
	struct addr	remote_other;	/* its next hop of the other family */
	struct addr	next_hop4, next_hop6;	/* ours */
	uint32_t	max_prefixes;	/* 0: no limit */
	struct rib_ref	source;
};

/*
 * ATTR_RESET: fault is for the peer.  ATTR_DISCARD or ATTR_WITHDRAW: the text
 * is for the log.  Out of memory, and more prefixes than configured (RFC 4486),
 * reset with Cease.
 */
enum attr_verdict	import_update(const struct import *, struct rib *,
			    struct bytes body, struct fault *);

/* Why a path that came in this way may not be chosen; false: it may. */
bool	import_refusal(const struct import *, const struct attrs *,
	    struct reason *why);

#endif
