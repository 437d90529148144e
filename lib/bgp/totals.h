/* How much a speaker holds and has done. */
#ifndef BGP_TOTALS_H
#define BGP_TOTALS_H

#include "bgp/bgp.h"

struct bgp_totals {
	uint64_t	prefixes[2];	/* IPv4, IPv6 */
	uint64_t	paths;
	uint64_t	attribute_sets;
	/* Octets of memory, also where it is free for the next ones. */
	uint64_t	prefix_octets, path_octets, attribute_octets;
	uint64_t	journal;	/* entries now */
	uint64_t	journal_entries;	/* ever made */
	uint64_t	decisions;	/* how often paths of a prefix were ranked */
};

void	bgp_totals(const struct bgp *, struct bgp_totals *);

#endif
