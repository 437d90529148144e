/* The neighbours of bgp_explore, and what they say as octets. */
#ifndef TEST_SIM_BGP_SPEECH_H
#define TEST_SIM_BGP_SPEECH_H

#include "crypto/drbg.h"
#include "sim/bgp_model.h"
#include "util/addr.h"

extern const struct model_peer speech_kinds[MODEL_PEERS];

struct addr	speech_inside(unsigned peer, uint8_t last);
struct addr	speech_inside6(unsigned peer, uint8_t last);
/*
 * An UPDATE with this path to a set of nets, all of one family; which of the
 * peer's paths to them it is (0 of one that has no others).
 */
void		speech_announce(struct wr *, unsigned peer, unsigned set,
		    unsigned which, const struct model_path *);
void		speech_withdraw(struct wr *, unsigned peer, unsigned set,
		    unsigned which);
/* Some nets of one family, as bits; some path that the peer could have. */
unsigned	speech_nets(struct drbg *);
struct model_path speech_path(struct drbg *, unsigned peer);
unsigned	speech_which(struct drbg *, unsigned peer);

#endif
