/* A received UPDATE into the RIB: which of its routes may be used. */
#ifndef BGP_IMPORT_H
#define BGP_IMPORT_H

#include "bgp/edit.h"
#include "bgp/rib.h"
#include "bgp/update.h"

/* Route tables by number. */
struct places {
	uint8_t		n;
	uint16_t	v[BGP_TABLES_MAX];
};

struct import {
	struct attr_mode mode;
	uint8_t		families;	/* negotiated: OPEN_IPV4 | OPEN_IPV6 */
	uint32_t	local_asn, router_id;
	uint32_t	own_asn;	/* ours as well; 0: none */
	unsigned	allow_own;	/* so often ours may be in AS_PATH */
	struct addr	local, remote;	/* of the session */
	struct addr	remote_other;	/* its next hop of the other family */
	struct addr	next_hop4, next_hop6;	/* ours */
	enum bgp_role	role;		/* ours (RFC 9234) */
	uint32_t	max_prefixes;	/* 0: no limit */
	uint32_t	warn_at;	/* prefixes; 0: never */
	bool		warned;
	bool		told_loop;	/* that our own AS was in a path */
	struct rib_ref	source;
	struct edit	edit;
	unsigned	portion;	/* prefixes to judge again in one go */
	struct places	into;		/* one at least; limbo is one */
	struct places	from;		/* others, which paths may yet leave */
	bool		moving;		/* the sweep brings it there */
	bool		sweeping;	/* all is judged again: */
	uint32_t	at;		/* up to this prefix it was */
};

/* Where the routes of an earlier session's source are, with a move amid it. */
void	import_inherit(struct import *, const struct import *);
/*
 * ATTR_RESET: fault is for the peer.  ATTR_DISCARD or ATTR_WITHDRAW: the text
 * is for the log.  *eor: End-of-RIB of this family.  Out of memory, and more
 * prefixes than configured (RFC 4486), reset with Cease.
 */
enum attr_verdict	import_update(struct import *, struct rib *,
			    struct bytes body, enum addr_family *eor,
			    struct fault *);
/* ATTR_RESET: there are more prefixes than configured, as above. */
enum attr_verdict	import_limit(const struct import *, const struct rib *,
			    struct fault *);
/* More prefixes than warn_at, for the first time since there were fewer? */
bool	import_warns(struct import *, const struct rib *);
/*
 * Where what the peer teaches goes, before the session is up.  Later: with the
 * sweep that has to begin then, where one is due; false: no memory.
 */
void	import_places(struct import *, struct rib *,
	    const struct bgp_tables *);
bool	import_move(struct import *, struct rib *, const struct bgp_tables *,
	    bool *due);
/* What the peer taught is judged anew from here on. */
void	import_sweep_begin(struct import *);
/*
 * Some of it, as long as *budget lasts or a little longer; sweeping is false
 * after the last.  False: no memory.
 */
bool	import_sweep(struct import *, struct rib *, unsigned *budget);
/* Why this path, which the peer taught, is (not) used. */
enum bgp_verdict	import_why_path(const struct import *,
			    const struct rib *, const struct rib_path *,
			    struct reason *);

#endif
