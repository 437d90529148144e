/*
 * All randomness of lib/: a ChaCha20 generator with fast key erasure, seeded
 * by the caller (getrandom in the daemon, the run's seed in the simulator), so
 * that a run replays bit for bit and lib/ itself draws nothing.
 */
#ifndef CRYPTO_DRBG_H
#define CRYPTO_DRBG_H

#include "util/bytes.h"
#include "util/instant.h"

#define DRBG_SEED_LEN	32

struct drbg {
	uint8_t		key[32];
	uint8_t		pool[480];	/* unread keystream */
	uint16_t	left;		/* octets of pool not given out */
};

void		drbg_seed(struct drbg *,
		    const uint8_t seed[static DRBG_SEED_LEN]);
/* Mixes more entropy in. */
void		drbg_reseed(struct drbg *, struct bytes);
void		drbg_fini(struct drbg *);	/* wipes */
void		drbg_fill(struct drbg *, void *, size_t);
uint32_t	drbg_u32(struct drbg *);
uint64_t	drbg_u64(struct drbg *);
/* Uniform in [0, n); 0 for n = 0. */
uint32_t	drbg_below(struct drbg *, uint32_t n);
/* Uniform in [0, d). */
struct span	drbg_span(struct drbg *, struct span d);

#endif
