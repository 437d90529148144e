/* What bgp_explore draws from: prefixes, AS numbers, communities, policies. */
#ifndef TEST_SIM_BGP_POLICIES_H
#define TEST_SIM_BGP_POLICIES_H

#include "bgp/bgp.h"
#include "sim/bgp_model.h"

#define EXPLORE_ASN	4200000000u
#define EXPLORE_IPV4	12	/* nets; the rest of MODEL_NETS is IPv6 */
#define EXPLORE_POOL	7	/* the first five fit into two octets */
#define EXPLORE_COMMUNITIES	7	/* bits of MODEL_... */

extern const uint32_t explore_pool[EXPLORE_POOL];

struct prefix	explore_prefix(unsigned net);
uint32_t	explore_community(unsigned bit);
uint16_t	explore_table(unsigned table);	/* its number */
struct model_policy explore_policy(struct drbg *);
/*
 * What may change of a peer.  Whoever is given it holds the policies; these
 * are let go with explore_soft_end().
 */
struct bgp_soft	explore_soft(const struct model_peer *);
void		explore_soft_end(struct bgp_soft *);

#endif
