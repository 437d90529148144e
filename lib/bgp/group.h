/*
 * Sessions that announce alike: the same routes with the same attributes but
 * for the next hop, but for what the peer itself has taught or passed on.
 */
#ifndef BGP_GROUP_H
#define BGP_GROUP_H

#include "bgp/edit.h"
#include "bgp/sheet.h"

struct export_conf {
	uint32_t	local_asn, remote_asn;
	bool		ibgp, as4;
	bool		transit;	/* not only what we originate */
	bool		enhanced;	/* refreshes are marked (RFC 7313) */
	uint16_t	table;		/* what is announced */
	enum bgp_role	role;		/* ours (RFC 9234) */
	uint8_t		families;	/* OPEN_IPV4 | OPEN_IPV6 */
	struct addr	next_hop4, next_hop6;	/* next_hop4 unset: RFC 8950 */
	struct edit_conf edit;
};

struct group {
	struct export_conf conf;	/* what is common; policy is held */
	uint32_t	members;	/* 0: free */
};

/* All-zero: there are none. */
struct groups {
	struct group	*at;		/* owned; number 1 first */
	uint32_t	n;
	struct shelf	shelf;
};

void		groups_fini(struct groups *);
/* The number of the one for such sessions; 0: it is for nobody, or memory. */
uint32_t	group_join(struct groups *, const struct export_conf *);
void		group_leave(struct groups *, uint32_t group);
uint32_t	group_members(const struct groups *, uint32_t group);

#endif
